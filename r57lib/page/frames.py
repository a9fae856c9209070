"""A frame or a series of an analyst's own as a table of ours: numbers to the right, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property, partial
from numbers import Integral, Real
from typing import Any

import pandas as pd

from r57lib.page.columns import Cell, Column, ColumnKind, day, tidy
from r57lib.page.templates import render, script_json
from r57lib.view.citations import SourceLine, citations, document_lines
from r57lib.view.view import View
from r57lib.view.words import MISSING, Words

FrameOrSeries = pd.DataFrame | pd.Series
_ROWS, _CELLS = 1000, 20_000
"""A page shows so many rows of a frame, and of a wide one no more than so many cells."""
_LARGE = 10**15
"""From here on a float does not hold every digit."""
_FACTS = ("fact_id", "fact_ids", "facts")
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
    fact_ids: tuple[str, ...] = ()
    sources: tuple[SourceLine, ...] = ()
    cited: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    synthetic: bool = False

    @cached_property
    def table(self) -> pd.DataFrame:
        """The texts of its cells under their headings."""
        return pd.concat([pd.Series(each.texts, name=each.heading, dtype="str") for each in self.columns], axis=1)

    @cached_property
    def data(self) -> pd.DataFrame:
        """Its values, tidy, as those of a figure."""
        return tidy(self.columns)

    def _repr_html_(self) -> str:
        return render("own_table.html", table=self, words=self.words, cited=script_json(self.cited))


def own_table(view: View, frame: FrameOrSeries, figure_id: str, number: int) -> OwnTable:
    """The table of a frame; of a long one its first rows, and a note that says so.

    A column `fact_id`, or `fact_ids` with lists, gives it sources and the mark of made-up figures as a figure has them.
    Of a table without one nobody knows what it rests on: it bears the mark where the data hold any.
    """
    words = view.words
    whole = frame.to_frame() if isinstance(frame, pd.Series) else frame
    rows = min(_ROWS, max(50, _CELLS // max(1, whole.shape[1])))
    shown = whole.iloc[:rows]
    columns = tuple(columns_of(words, shown))
    ids = [fact for fact in fact_ids_in(shown) if fact in view.facts]
    made = OwnTable(
        figure_id,
        str(frame.attrs.get("title") or words("own.table", number=number)),
        columns,
        words,
        fact_ids=tuple(ids),
        sources=document_lines(view, [view.facts[fact].source_id for fact in ids]),
        cited=citations(view, ids),
        synthetic=view.rests_on_made_up(ids) if ids else view.made_up,
    )
    if len(whole) > rows:
        note = words("own.rows", shown=words.number(rows), all=words.number(len(whole)))
        return replace(made, note=note, left_out=(f"DataFrame, beyond {rows:,} of its {len(whole):,} rows,",))
    if not len(whole) or not columns:
        size = f"{words.number(len(whole))} × {words.number(whole.shape[1])}"
        return replace(made, note=words("own.empty", size=size))
    return made


def columns_of(words: Words, frame: pd.DataFrame) -> Iterator[Column]:
    """The index, where it says more than the place of a row, then each column, last that of the facts."""
    index, facts = frame.index, _facts_column(frame)
    places = isinstance(index, pd.RangeIndex) and index.name is None
    for level in () if places else range(index.nlevels):
        name = index.names[level]
        yield _column(words, words("own.index") if name is None else name, index.get_level_values(level).to_series())
    for place, name in enumerate(frame.columns):
        if place != facts:
            yield _column(words, name, frame.iloc[:, place])
    if facts is not None:
        cells = tuple(Cell(ids, ", ".join(ids)) for ids in map(_ids, frame.iloc[:, facts]))
        yield Column("facts", cells, "facts", str(frame.columns[facts]))


def fact_ids_in(frame: pd.DataFrame) -> list[str]:
    """The facts that the rows of a frame name, each once."""
    facts = _facts_column(frame)
    return [] if facts is None else list(dict.fromkeys(fact for cell in frame.iloc[:, facts] for fact in _ids(cell)))


def _facts_column(frame: pd.DataFrame) -> int | None:
    """The place of the one column that names facts; numbers under such a name are a count of them."""
    found = [
        place
        for place, name in enumerate(frame.columns)
        if isinstance(name, str) and name in _FACTS and not pd.api.types.is_numeric_dtype(frame.iloc[:, place])
    ]
    return found[0] if len(found) == 1 else None


def _ids(cell: Any) -> list[str]:
    """The facts that a cell names: a list of them, or one, or several with spaces or commas between."""
    if isinstance(cell, str):
        return cell.replace(",", " ").split()
    return [] if pd.api.types.is_scalar(cell) else [str(each) for each in cell]


def _column(words: Words, name: Any, values: pd.Series[Any]) -> Column:
    heading = " · ".join(str(part) for part in name if str(part)) if isinstance(name, tuple) else str(name)
    kind, write = _form(words, heading, values)
    cells = tuple(_written(each, write) for each in values.array)
    return Column(kind, cells, key=heading, heading=heading)


def _form(words: Words, heading: str, values: pd.Series[Any]) -> tuple[ColumnKind, Callable[[Any], Cell]]:
    """What a column holds, and how one of its values is written."""
    known = [each for each in values.array if not _missing(each)]
    if known and all(isinstance(each, Integral) and not isinstance(each, bool) for each in known):
        if any(abs(each) >= _LARGE for each in known):
            return "words", _said  # the number of an account, to its last digit
        year = _YEAR.search(heading) and all(1000 <= each < 3000 for each in known)
        return ("count", _year) if year else ("count", partial(_whole, words))
    if known and all(_is_bool(each) for each in known):
        return "words", lambda each: Cell(str(bool(each)), words("own.yes" if each else "own.no"))
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
    """A number with four decimals at most; a very small or a very large one with four digits."""
    size = abs(float(value))
    if size == float("inf"):
        return Cell(float(value), "∞" if value > 0 else "−∞")
    if 0 < size < 0.01 or size >= _LARGE:
        text = f"{float(value):.4g}"
        return Cell(float(value), text.replace(".", "," if words.language == "vi" else "."), "General")
    text = words.plain(value)
    decimals = len(text.partition("," if words.language == "vi" else ".")[2])
    return Cell(float(value), text, "#,##0" + "." * (decimals > 0) + "0" * decimals)


def _said(value: Any) -> Cell:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)
    return Cell(text, text)
