"""Writes the tables of a month's document as a workbook that a screen reader can follow, with nothing in it that runs.

A cover, a list of the sheets, and one table a sheet: its number and title in the first cell, then the table, whose
first row is marked as its head, and below it the sources. No cell is merged, no row is empty, no sheet is hidden.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import datetime, time
from textwrap import wrap
from typing import Any

from r57lib.page.sheets import BOOK_OPTIONS, CellWriter
from r57lib.report.documents.blocks import Grid
from r57lib.report.documents.document import Document

_WIDEST, _NARROWEST = 44, 10
_LINE, _LETTERS = 15, 31


def book(document: Document) -> bytes:
    """The tables as a .xlsx file."""
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, BOOK_OPTIONS) as workbook:
        workbook.set_properties({
            "title": document.title,
            "author": document.approval.by if document.approval else "",
            "created": datetime.combine(document.as_of, time()),  # the clock has no place in a file
        })  # fmt: skip
        writer = _Writer(workbook, document)
        writer.cover()
        writer.contents()
        for grid in document.grids:
            writer.sheet(grid)
    return buffer.getvalue()


class _Writer:
    """Writes sheets, each text as a text and each figure as a number with the decimals that a reader sees."""

    def __init__(self, workbook: Any, document: Document) -> None:
        self.workbook, self.document, self.words = workbook, document, document.words
        self.names = sheet_names(document.grids)
        self.title = workbook.add_format({"bold": True, "font_size": 14, "text_wrap": False})
        self.wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.plain = workbook.add_format({"italic": True, "text_wrap": False})
        self.head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.right = workbook.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "align": "right"}
        )
        self.cells = CellWriter(workbook, self.words, valign="top")

    def cover(self) -> None:
        """What the workbook is, its state, and how to read it."""
        words, sheet = self.words, self.workbook.add_worksheet(self.words("book.cover"))
        sheet.set_column(0, 0, 100)
        self._print(sheet)
        sheet.write_string(0, 0, self.document.title, self.title)
        lead = words("parameter.as_of"), words.date(self.document.as_of)
        lines = [words("book.title"), ": ".join(lead), self.document.front["stamp"], words("book.note")]
        for row, line in enumerate(lines, start=1):
            sheet.write_string(row, 0, line, self.wrapped)

    def contents(self) -> None:
        """A line for each sheet, with a link to it."""
        words, grids = self.words, self.document.grids
        sheet = self.workbook.add_worksheet(words("book.contents"))
        sheet.write_string(0, 0, words("book.contents"), self.title)
        header = [words(f"book.{name}") for name in ("go", "table", "rows")]
        self._table(sheet, 1, header, len(grids), "contents")
        for row, grid in enumerate(grids, start=2):
            sheet.write_url(row, 0, f"internal:'{self.names[grid.label]}'!A1", string=grid.label)
            sheet.write_string(row, 1, grid.title)
            sheet.write_number(row, 2, len(grid.rows))
        for place, width in enumerate((14, 70, 10)):
            sheet.set_column(place, place, width)
        self._print(sheet)

    def sheet(self, grid: Grid) -> None:
        """One table: its title, its head, its rows, and below them its sources."""
        sheet = self.workbook.add_worksheet(self.names[grid.label])
        sheet.write_string(0, 0, grid.caption, self.title)
        top, rows = 1, max(1, len(grid.rows))
        self._table(sheet, top, list(grid.header), len(grid.rows), f"r57_{grid.name}")
        for place, column in enumerate(grid.columns):
            if column.right:
                sheet.write_string(top, place, column.heading, self.right)
            self.cells.write(sheet, top + 1, place, column)
        heading = f"{self.words('source.heading')}: "
        for number, source in enumerate(grid.sources):  # one a row: a line of all would be wider than any page
            sheet.write_string(top + rows + 1 + number, 0, source if number else heading + source, self.plain)
        widths = [  # in letters; the head of a column may take two lines
            min(_WIDEST, max(_NARROWEST, len(head) // 2 + 4, 2 + max(map(len, cells), default=0)))
            for head, *cells in zip(grid.header, *grid.rows, strict=True)
        ]
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        for row, cells in enumerate((grid.header, *grid.rows), start=top):
            lines = max(len(wrap(cell, width - 1)) or 1 for cell, width in zip(cells, widths, strict=True))
            sheet.set_row(row, _LINE * lines)  # not every spreadsheet finds its height by itself
        sheet.freeze_panes(top + 1, 1)
        sheet.set_landscape()
        sheet.repeat_rows(0, top)
        sheet.print_area(0, 0, top + rows + len(grid.sources), len(grid.header) - 1)
        self._print(sheet)

    def _print(self, sheet: Any) -> None:
        """A4, as wide as the sheet, with the state and the page below."""
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{self.document.front['state']}&C&P / &N")

    def _table(self, sheet: Any, top: int, header: list[str], rows: int, name: str) -> None:
        """Mark the rows as a table with a head; a table without rows has an empty one, as spreadsheets want it."""
        columns = [{"header": text, "header_format": self.head} for text in header]
        options = {
            "columns": columns,
            "name": name.replace("-", "_"),
            "style": "Table Style Light 1",
            "autofilter": rows > 1,
            "banded_rows": False,
        }
        sheet.add_table(top, 0, top + max(1, rows), len(header) - 1, options)


def sheet_names(grids: Iterable[Grid]) -> dict[str, str]:
    """Label -> the name of a table's sheet: its number and what it holds, as far as 31 letters go.

    >>> from r57lib.report.documents.blocks import Grid
    >>> sheet_names([Grid("Table 7", "Tasks: done/not done, by agency and by month", (), ())])
    {'Table 7': '7 Tasks done not done, by agency'}
    """
    made = {}
    for grid in grids:
        name = re.sub(
            r"\s+", " ", re.sub(r"[\[\]:*?/\\']", " ", f"{grid.label.rpartition(' ')[2]} {grid.title}")
        ).strip()
        if len(name) > _LETTERS:
            name = name[: _LETTERS + 1].rpartition(" ")[0].rstrip(" ,;(–-") or name[:_LETTERS]
        made[grid.label] = name
    return made
