"""A frame or a series of an analyst's own as a table of ours: numbers to the right, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial
from numbers import Integral, Real
from typing import Any

import pandas as pd

from r57lib.page.columns import Cell, Column, ColumnKind, day
from r57lib.page.templates import render
from r57lib.view.words import MISSING, Words

FrameOrSeries = pd.DataFrame | pd.Series
_ROWS, _CELLS = 1000, 20_000
"""A page shows so many rows of a frame, and of a wide one no more than so many cells."""
_YEAR = re.compile(r"(^|[\W_])(year|năm|nam)($|[\W_])", re.IGNORECASE)


@dataclass(frozen=True)
class OwnTable:
    """A table that a cell shows: `heading` is the frame's `attrs["title"]` or its number, `note` what is left out."""

    figure_id: str
    heading: str
    columns: tuple[Column, ...]
    words: Words = field(repr=False)
    note: str = ""
    left_out: tuple[str, ...] = ()
    synthetic: bool = False

    @cached_property
    def table(self) -> pd.DataFrame:
        """The texts of its cells under their headings."""
        return pd.concat([pd.Series(each.texts, name=each.heading, dtype="str") for each in self.columns], axis=1)

    def _repr_html_(self) -> str:
        return render("own_table.html", table=self, words=self.words)


def own_table(words: Words, frame: FrameOrSeries, figure_id: str, number: int, *, synthetic: bool = False) -> OwnTable:
    """The table of a frame; of a long one its first rows, and a note that says so."""
    heading = str(frame.attrs.get("title") or words("own.table", number=number))
    whole = frame.to_frame() if isinstance(frame, pd.Series) else frame
    rows = min(_ROWS, max(50, _CELLS // max(1, whole.shape[1])))
    columns = tuple(columns_of(words, whole.iloc[:rows]))
    size = f"{words.number(len(whole))} × {words.number(whole.shape[1])}"
    if len(whole) <= rows:
        note = "" if len(whole) and columns else words("own.empty", size=size)
        return OwnTable(figure_id, heading, columns, words, note, synthetic=synthetic)
    note = words("own.rows", shown=words.number(rows), all=words.number(len(whole)))
    beyond = f"DataFrame, beyond {rows:,} of its {len(whole):,} rows,"
    return OwnTable(figure_id, heading, columns, words, note, (beyond,), synthetic)


def columns_of(words: Words, frame: pd.DataFrame) -> Iterator[Column]:
    """The index, where it says more than the place of a row, then each column."""
    index = frame.index
    places = isinstance(index, pd.RangeIndex) and index.name is None
    for level in () if places else range(index.nlevels):
        name = index.names[level]
        yield _column(words, words("own.index") if name is None else name, index.get_level_values(level).to_series())
    for place, name in enumerate(frame.columns):
        yield _column(words, name, frame.iloc[:, place])


def _column(words: Words, name: Any, values: pd.Series[Any]) -> Column:
    heading = " · ".join(str(part) for part in name if str(part)) if isinstance(name, tuple) else str(name)
    kind, write = _form(words, heading, values)
    cells = tuple(_written(each, write) for each in values.array)
    return Column(kind, cells, key=heading, heading=heading)


def _form(words: Words, heading: str, values: pd.Series[Any]) -> tuple[ColumnKind, Callable[[Any], Cell]]:
    """What a column holds, and how one of its values is written."""
    known = [each for each in values.array if not _missing(each)]
    if known and all(isinstance(each, Integral) and not isinstance(each, bool) for each in known):
        year = _YEAR.search(heading) and all(1000 <= each < 3000 for each in known)
        return ("count", _year) if year else ("count", partial(_whole, words))
    if known and all(isinstance(each, Real) and not _is_bool(each) for each in known):
        return "number", partial(_real, words)
    if known and all(isinstance(each, date) for each in known):
        if all(not isinstance(each, datetime) or each == datetime.combine(each.date(), datetime.min.time(), each.tzinfo)
               for each in known):  # fmt: skip
            return "day", lambda each: day(words, each)
        return "words", lambda each: Cell(str(each), f"{words.date(each)} {each:%H:%M:%S}")
    return "words", _said


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")


def _missing(value: Any) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _written(value: Any, write: Callable[[Any], Cell]) -> Cell:
    return Cell(None, MISSING) if _missing(value) else write(value)


def _year(value: Any) -> Cell:
    return Cell(int(value), str(int(value)), "0")


def _whole(words: Words, value: Any) -> Cell:
    return Cell(int(value), words.number(value), "#,##0")


def _real(words: Words, value: Any) -> Cell:
    """A number with four decimals at most; a small one with four digits."""
    size = abs(float(value))
    if size == float("inf"):
        return Cell(None, "∞" if value > 0 else "−∞")
    if 0 < size < 0.01:
        text = f"{float(value):.4g}"
        return Cell(float(value), text.replace(".", "," if words.language == "vi" else "."), "General")
    text = words.plain(value)
    decimals = len(text.partition("," if words.language == "vi" else ".")[2])
    return Cell(float(value), text, "#,##0" + "." * (decimals > 0) + "0" * decimals)


def _said(value: Any) -> Cell:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)
    return Cell(text, text)
