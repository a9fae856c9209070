"""A figure's table as a file for a spreadsheet: what a reader sees, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from math import isfinite
from typing import Any

from r57lib.data.periods import Precision, parse_period
from r57lib.page.columns import NUMBERS, Cell, Column, day_form
from r57lib.view.words import Words

SHEET_FORMATS = {
    "csv": "text/csv;charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The formats of a table and their media types."""
BOOK_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
"""A workbook in which texts are texts."""


def write_table(columns: Sequence[Column], form: str, *, title: str, words: Words, made_on: date) -> bytes:
    """The bytes of a table as `csv` or `xlsx`; raises `KeyError` for another format.

    CSV is what a spreadsheet of the language opens by itself: with a byte-order mark, `;` and decimal commas in
    Vietnamese, `,` and points in English. Numbers are bare (a share is 0-1), days ISO; where there are words around a
    number, the column beside holds it as it is written; a text that would be a formula has an apostrophe before it. In
    a workbook numbers and days are just that, shown as the reader saw them; it has no infinite ones, which are texts.
    """
    return {"csv": _csv, "xlsx": _xlsx}[form](columns, title, words, made_on)


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> inert("=HYPERLINK(1)"), inert("@a"), inert("Overdue")
    ("'=HYPERLINK(1)", "'@a", 'Overdue')
    """
    bare = text.lstrip(" \t\r\n\u00a0\u200b\ufeff")
    risky = bare[:1] in tuple("=+-@|＝＋－＠") or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if bare and risky else text


def _csv(columns: Sequence[Column], title: str, words: Words, made_on: date) -> bytes:
    del title, made_on
    mark = "," if words.language == "vi" else "."
    said = [(head, cells) for column in columns for head, cells in _written(column, words, mark)]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if mark == "," else ",", lineterminator="\r\n")
    writer.writerow([inert(head) for head, _ in said])
    writer.writerows(zip(*(cells for _, cells in said), strict=True))
    return text.getvalue().encode("utf-8-sig")


def _written(column: Column, words: Words, mark: str) -> Iterator[tuple[str, list[str]]]:
    """The heading and cells of a column, and of the one with its words where they say more than its numbers."""
    if column.kind in NUMBERS:
        yield (
            column.heading,
            ["" if cell.value is None else repr(cell.value).replace(".", mark) for cell in column.cells],
        )
        if not all(cell.plain for cell in column.cells):
            yield words("column.as_written", column=column.heading), [inert(text) for text in column.texts]
    else:
        yield (
            column.heading,
            [day.isoformat() if (day := day_of(column, cell)) else inert(cell.text) for cell in column.cells],
        )


def day_of(column: Column, cell: Cell) -> date | None:
    """The day that a cell names, or nothing: a month or a quarter is no day."""
    if cell.value is None or column.kind not in ("day", "period"):
        return None
    if column.kind == "day":
        day: date = cell.value.date()
        return day
    found = parse_period(cell.value)
    return found.start if found.precision is Precision.DAY else None


def _xlsx(columns: Sequence[Column], title: str, words: Words, made_on: date) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, BOOK_OPTIONS) as book:
        book.set_properties({"title": title, "created": datetime.combine(made_on, time())})
        sheet, writer = book.add_worksheet(), CellWriter(book, words)
        sheet.freeze_panes(1, 0)
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.heading, head)
            writer.write(sheet, 1, place, column)
            sheet.set_column(place, place, min(48, max(12, *(len(text) + 2 for text in column.texts), 12)))
    return buffer.getvalue()


class CellWriter:
    """Writes columns into a workbook: numbers and days as such, in the form that a reader sees, all else as text."""

    def __init__(self, book: Any, words: Words, **look: Any) -> None:
        self.book, self.words, self.look = book, words, look
        self.formats: dict[str, Any] = {}

    def write(self, sheet: Any, top: int, place: int, column: Column) -> None:
        """The cells of a column from the row `top` on."""
        for row, cell in enumerate(column.cells, start=top):
            if column.kind in NUMBERS and cell.value is not None and isfinite(cell.value):
                sheet.write_number(row, place, cell.value, self._format(cell.number_format()))
            elif column.kind == "period" and cell.form:  # a year
                sheet.write_number(row, place, int(cell.value), self._format(cell.number_format()))
            elif day := day_of(column, cell):
                form = day_form(self.words, day)
                sheet.write_datetime(row, place, datetime.combine(day, time()), self._format(form))
            else:
                sheet.write_string(row, place, cell.text, self._format(""))

    def _format(self, form: str) -> Any:
        if form not in self.formats:
            look = {"num_format": form} if form else {"text_wrap": True}
            side = {"align": "left"} if "yyyy" in form else {}
            self.formats[form] = self.book.add_format({**self.look, **look, **side})
        return self.formats[form]
