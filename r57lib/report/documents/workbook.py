"""Writes the tables of a month's document as a workbook that a screen reader can follow, with nothing in it that runs.

A cover, a list of the sheets, and one table a sheet: its number and title in the first cell, then the sources, then the
table, whose first row is marked as its head. No cell is merged, no row is empty, no sheet is hidden.
"""

from __future__ import annotations

import io
from datetime import datetime, time
from textwrap import wrap
from typing import Any

from r57lib.page.sheets import BOOK_OPTIONS, CellWriter
from r57lib.report.documents.document import Document, Grid

_WIDEST, _NARROWEST = 60, 10
_LINE = 15


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
        self.title = workbook.add_format({"bold": True, "font_size": 14, "text_wrap": False})
        self.wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.cells = CellWriter(workbook, self.words, valign="top")

    def cover(self) -> None:
        """What the workbook is, its state, and how to read it."""
        words, sheet = self.words, self.workbook.add_worksheet(self.words("book.cover"))
        sheet.set_column(0, 0, 100)
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
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
            sheet.write_url(row, 0, f"internal:'{grid.label}'!A1", string=grid.label)
            sheet.write_string(row, 1, grid.title)
            sheet.write_number(row, 2, len(grid.rows))
        for place, width in enumerate((14, 70, 10)):
            sheet.set_column(place, place, width)
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)

    def sheet(self, grid: Grid) -> None:
        """One table."""
        sheet = self.workbook.add_worksheet(grid.label)
        sheet.write_string(0, 0, grid.caption, self.title)
        heading = f"{self.words('source.heading')}: "
        for row, source in enumerate(grid.sources, start=1):  # one a row: a line of all would be wider than any page
            sheet.write_string(row, 0, source if row > 1 else heading + source)
        top = 1 + len(grid.sources)
        self._table(sheet, top, list(grid.header), len(grid.rows), f"r57_{grid.name}")
        for place, column in enumerate(grid.columns):
            self.cells.write(sheet, top + 1, place, column)
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
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        sheet.print_area(0, 0, top + max(1, len(grid.rows)), len(grid.header) - 1)

    def _table(self, sheet: Any, top: int, header: list[str], rows: int, name: str) -> None:
        """Mark the rows as a table with a head; a table without rows has an empty one, as spreadsheets want it."""
        columns = [{"header": text, "header_format": self.head} for text in header]
        options = {
            "columns": columns,
            "name": name.replace("-", "_"),
            "style": "Table Style Light 1",
            "autofilter": False,
            "banded_rows": False,
        }
        sheet.add_table(top, 0, top + max(1, rows), len(header) - 1, options)
