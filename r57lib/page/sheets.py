"""A table as a file for a spreadsheet: the cells that a reader sees, and none that a spreadsheet would run."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time

import pandas as pd

from r57lib.view.words import MISSING, Language

SHEET_FORMATS = {
    "csv": "text/csv;charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The formats of a table and their media types."""

_MARKS: dict[Language, tuple[str, str]] = {"en": (",", "."), "vi": (".", ",")}
"""The marks between thousands and before decimals."""
_FIGURES = {
    language: re.compile(
        rf"(?P<sign>[+\-−]?)(?P<whole>0|[1-9]\d{{0,2}}(?:\{group}\d{{3}})+|[1-9]\d*)(?:\{point}(?P<part>\d+))?(?P<percent>\s?%)?"
    )
    for language, (group, point) in _MARKS.items()
}


def write_table(table: pd.DataFrame, form: str, *, title: str, language: Language, made_on: date) -> bytes:
    """The bytes of a table of texts as `csv` or `xlsx`; raises `KeyError` for another format.

    CSV has a byte-order mark, for Excel, and an apostrophe before each text that would be a formula. In a workbook
    texts are texts, and a column of figures holds numbers shown with the decimals that the reader saw.
    """
    writer = {"csv": _csv, "xlsx": _xlsx}[form]
    return writer(table, title, language, made_on)


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    >>> inert("=HYPERLINK(1)"), inert("-3.5"), inert("@a"), inert("Overdue")
    ("'=HYPERLINK(1)", '-3.5', "'@a", 'Overdue')
    """
    bare = text.lstrip(" \t\r\n\u00a0\u200b\ufeff")
    risky = bare[:1] in tuple("=+-@|＝＋－＠") or text[:1] in ("\t", "\r", "\n")
    figure = any(form.fullmatch(text) for form in _FIGURES.values())
    return f"'{text}" if bare and risky and not figure else text


def _csv(table: pd.DataFrame, title: str, language: Language, made_on: date) -> bytes:
    del title, language, made_on
    safe = table.astype("str").map(inert).rename(columns=inert)
    return safe.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def _xlsx(table: pd.DataFrame, title: str, language: Language, made_on: date) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": title, "created": datetime.combine(made_on, time())})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(table):
            cells = [str(cell) for cell in table[name]]
            sheet.write_string(
                0, column, str(name), book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
            )
            _write_column(book, sheet, column, cells, language)
            sheet.set_column(column, column, min(48, max(12, *(len(cell) + 2 for cell in cells), 12)))
    return buffer.getvalue()


def _write_column(book: object, sheet: object, column: int, cells: list[str], language: Language) -> None:
    """Numbers where all that is not missing is a number, texts otherwise."""
    parsed = [parse_figure(cell, language) for cell in cells]
    numeric = all(figure is not None for figure, cell in zip(parsed, cells, strict=True) if cell != MISSING)
    for row, (cell, figure) in enumerate(zip(cells, parsed, strict=True), start=1):
        if numeric and figure is not None:
            value, form = figure
            sheet.write_number(row, column, value, book.add_format({"num_format": form}))  # type: ignore[attr-defined]
        else:
            sheet.write_string(row, column, cell)  # type: ignore[attr-defined]


def parse_figure(text: str, language: Language) -> tuple[float, str] | None:
    """A figure as its reader sees it: its value and a spreadsheet's format with the same decimals, else nothing.

    >>> parse_figure("1.234,5", "vi"), parse_figure("66.95%", "en"), parse_figure("01", "en")
    ((1234.5, '#,##0.0'), (0.6695, '0.00%'), None)
    """
    match = _FIGURES[language].fullmatch(text)
    if match is None:
        return None
    group, part = _MARKS[language][0], match["part"] or ""
    value = float(f"{match['whole'].replace(group, '')}.{part or 0}") * (-1 if match["sign"] in ("-", "−") else 1)
    decimals = "." * bool(part) + "0" * len(part)
    if match["percent"]:
        return round(value / 100, len(part) + 2), f"0{decimals}%"
    return value, ("#,##0" if group in match["whole"] else "0") + decimals
