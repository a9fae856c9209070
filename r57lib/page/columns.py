"""A column of a figure's table, said once: what its cells hold, and how they are written.

From it come the figure's tidy `data`, the texts of its `table`, which columns stand to the right, by what they are
sorted, and the cells of its files and documents. Nothing reads a number back from a text.

>>> words = Words("en", {"derived": "{value} (computed)"})
>>> share(words, 0.6715, 2).within(lambda text: words("derived", value=text)).number_format()
'0.00%" (computed)"'
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from itertools import count as count_from
from typing import Any, Literal

import pandas as pd

from r57lib.data.periods import parse_period
from r57lib.view.view import View
from r57lib.view.words import MISSING, Words

ColumnKind = Literal["count", "number", "share", "money", "interval", "day", "period", "words", "facts"]
NUMBERS: frozenset[ColumnKind] = frozenset({"count", "number", "share", "money"})
"""The kinds whose cells are numbers: set to the right, sorted by value, numbers in every file."""
_PLACE = "\ufffc"


@dataclass(frozen=True)
class Cell:
    """A value and its text: `before` and `after` are the words around the figure, `form` a spreadsheet's format of it.

    `value` is a number, a day, the code of a period or a text, and None where nothing is known. `unit` and `qualifier`
    are codes, where a column's cells differ in them.
    """

    value: Any
    text: str
    form: str = ""
    before: str = ""
    after: str = ""
    unit: str = ""
    qualifier: str = ""

    def __str__(self) -> str:
        return self.text

    def within(self, write: Callable[[str], str], *, qualifier: str = "") -> Cell:
        """The same value with more words around its text; `write` gets the text and gives it back among them."""
        text, said = write(self.text), qualifier or self.qualifier
        before, _, after = write(_PLACE).partition(_PLACE)
        if before + self.text + after != text:  # the words depend on the number: 1 station, 2 stations
            before, _, after = text.partition(self.text)
        around = {"before": before + self.before, "after": self.after + after, "qualifier": said}
        return replace(self, text=text, **around)

    @property
    def plain(self) -> bool:
        """Whether the text is the figure alone, or the dash of what is missing."""
        return not (self.before or self.after) and (self.value is not None or self.text == MISSING)

    def number_format(self) -> str:
        """The spreadsheet's format that shows the value as the text does, its words among it."""
        before, after = (f'"{text.replace(chr(34), chr(39))}"' if text else "" for text in (self.before, self.after))
        return ";".join(f"{before}{part}{after}" for part in self.form.split(";"))


@dataclass(frozen=True)
class Column:
    """The cells of one kind under a key; `heading` is the key in the reader's words."""

    kind: ColumnKind
    cells: tuple[Cell, ...]
    key: str = ""
    heading: str = ""

    @property
    def texts(self) -> list[str]:
        """What a reader sees, row by row."""
        return [cell.text for cell in self.cells]

    @property
    def right(self) -> bool:
        """Whether it stands to the right: figures do, days and words do not, in every language."""
        return self.kind in NUMBERS

    @property
    def sort_keys(self) -> list[str] | None:
        """By what its rows are sorted, empty where nothing is known; None for words, which sort as words."""
        if self.kind in ("words", "facts"):
            return None
        return ["" if cell.value is None else self._sort_key(cell.value) for cell in self.cells]

    def _sort_key(self, value: Any) -> str:
        if self.kind == "period":
            return parse_period(value).end.isoformat()
        if self.kind == "interval":
            return f"{value[0]:.12g}"
        return f"{value:%Y-%m-%d}" if self.kind == "day" else f"{float(value):.12g}".replace("inf", "Infinity")

    def rows(self, places: Sequence[int]) -> Column:
        """The column with these rows alone, in this order."""
        return replace(self, cells=tuple(self.cells[place] for place in places))

    def values(self) -> dict[str, tuple[ColumnKind, list[Any]]]:
        """Kind and values by part: its own under no name; beside them unit and qualifier, and the end of periods."""
        own = [cell.value for cell in self.cells]
        if self.kind == "interval":
            low, high = ([value and value[end] for value in own] for end in (0, 1))
            return {"low": ("number", low), "high": ("number", high)}
        found: dict[str, tuple[ColumnKind, list[Any]]] = {"": (self.kind, own)}
        if self.kind == "period":
            found["end"] = "day", [None if value is None else parse_period(value).end for value in own]
        for name in ("unit", "qualifier"):
            said = [getattr(cell, name) or None for cell in self.cells]
            if any(said):
                found[name] = "words", said
        return found


@dataclass(frozen=True)
class TidyColumn:
    """A column of a figure's tidy table: a `part` of a column as it is declared, under a name that stands once."""

    name: str
    part: str
    kind: ColumnKind
    values: Sequence[Any]
    of: Column


def tidy_columns(columns: Iterable[Column]) -> Iterator[TidyColumn]:
    """The columns of the tidy table; of names that stand twice, as in an analyst's frame, the later get a number."""
    taken = set[str]()
    for column in columns:
        for part, (kind, values) in column.values().items():
            name = f"{column.key}_{part}" if part else column.key
            more = (f"{name}.{number}" for number in count_from(1))
            own = next(each for each in chain([name], more) if each not in taken)
            taken.add(own)
            yield TidyColumn(own, part, kind, values, column)


def tidy(columns: Iterable[Column]) -> pd.DataFrame:
    """The values of columns as a frame."""
    return pd.DataFrame({each.name: _typed(each.kind, list(each.values)) for each in tidy_columns(columns)})


def _typed(kind: ColumnKind, values: list[Any]) -> pd.Series[Any]:
    if kind == "facts":
        return pd.Series(values, dtype="object")
    if kind == "day":
        return pd.Series(pd.to_datetime(values).astype("datetime64[us]") if values else [], dtype="datetime64[us]")
    return pd.Series(values, dtype={"count": "Int64", "words": "str", "period": "str"}.get(kind, "float64"))


def tabulate(
    view: View, columns: Mapping[str, Column | Iterable[str]], fact_ids: Iterable[Iterable[str]] | None = None
) -> tuple[Column, ...]:
    """The columns of a figure, named by their labels `column.<key>`; bare texts are words, facts come last."""
    said = {
        key: column
        if isinstance(column, Column)
        else Column("words", tuple(Cell(str(text), str(text)) for text in column))
        for key, column in columns.items()
    }
    if fact_ids is not None:
        said["facts"] = Column("facts", tuple(Cell(list(ids), ", ".join(ids)) for ids in map(list, fact_ids)))
    return tuple(replace(each, key=key, heading=view.words(f"column.{key}")) for key, each in said.items())


def facts_of(columns: tuple[Column, ...]) -> list[list[str]]:
    """The facts behind each row."""
    return [cell.value for column in columns if column.kind == "facts" for cell in column.cells]


# --- one cell -------------------------------------------------------------------------------------------------------


def _cell(value: Any, text: str, form: str, read: Callable[[Any], Any] = float) -> Cell:
    return Cell(None, text) if pd.isna(value) else Cell(read(value), text, form)


def _decimals(words: Words, text: str) -> str:
    """The decimals that a number is written with, as a format writes them."""
    part = text.rstrip("%").partition("," if words.language == "vi" else ".")[2]
    return "." * bool(part) + "0" * len(part)


def count(words: Words, value: Any) -> Cell:
    """A number of things: `1,287`."""
    return _cell(value, words.number(value), "#,##0", int)


def number(words: Words, value: Any, decimals: int | None = None) -> Cell:
    """A number with so many decimals, or with those that it has: `1.522`."""
    text = words.plain(value) if decimals is None else words.number(value, decimals)
    return _cell(value, text, f"#,##0{_decimals(words, text)}")


def signed(words: Words, value: Any, decimals: int = 0) -> Cell:
    """A change in a number, with its sign: `+626`; in a number of things without decimals."""
    form = "#,##0" + "." * (decimals > 0) + "0" * decimals
    return _cell(value, words.signed(value, decimals), f"+{form};−{form};0", float if decimals else int)


def share(words: Words, value: Any, decimals: int | None = None) -> Cell:
    """A rate of 0-1 as a percentage: `67.15%`."""
    text = words.percent(value, decimals)
    return _cell(value, text, f"0{_decimals(words, text)}%")


def interval(words: Words, low: Any, high: Any, decimals: int) -> Cell:
    """Two rates of 0-1: `[61.42%, 72.41%]`, with semicolons where the decimal sign is a comma."""
    if pd.isna(low):
        return Cell(None, MISSING)
    text = words("interval", low=words.percent(low, decimals), high=words.percent(high, decimals))
    return Cell((float(low), float(high)), text)


def points(words: Words, value: Any, decimals: int = 2) -> Cell:
    """A difference of two rates of 0-1, its value in percentage points: `+3.21 pp`."""
    if pd.isna(value):
        return Cell(None, MISSING)
    form = "#,##0" + "." * (decimals > 0) + "0" * decimals
    bare = Cell(float(100 * value), words.signed(100 * value, decimals), f"+{form};−{form};{form}", unit="points")
    return bare.within(lambda text: words("unit.points", value=text))


def amount(words: Words, value: Any, unit: str, qualifier: Any = "exact") -> Cell:
    """A value with its unit and its source's qualifier: `nearly 59%`, `USD 500 million`."""
    if pd.isna(value):
        return Cell(None, MISSING)
    text, said = words.value(value, unit), "" if pd.isna(qualifier) or qualifier == "exact" else str(qualifier)
    if unit == "rank" and said == "up_to":
        top = replace(number(words, value), unit=unit)
        return top.within(lambda figure: words("value.top", value=figure), qualifier=said)
    if unit == "share":
        bare = share(words, value)
    else:
        size, label = words.size(value, unit)
        bare = replace(number(words, value / 10**size), value=float(value))
        bare = replace(bare, form=bare.form + "," * (size // 3))  # a comma after the digits divides by a thousand
        bare = bare.within(lambda figure: words(label, value=figure)) if label else bare
    assert bare.text == text
    bare = replace(bare, unit=unit)
    if not said:
        return bare
    return bare.within(lambda figure: words.qualified(figure, said), qualifier=said)


def day(words: Words, value: date | None) -> Cell:
    """A day: `20 October 2025`, `20/10/2025`."""
    form = day_form(words, value) if value else ""
    return _cell(value, words.date(value), form, lambda each: pd.Timestamp(each).tz_localize(None))


def day_form(words: Words, value: date) -> str:
    """How a spreadsheet shows a day as the page writes it: `05/3/2026`, `5 March 2026`."""
    return "d mmmm yyyy" if words.language == "en" else "dd/mm/yyyy" if value.month < 3 else "dd/m/yyyy"


def period(words: Words, value: Any) -> Cell:
    """A period as precisely as its source gives it, by its code or as a `Period`: `late September 2025`."""
    cell = _cell(value, words.period(value), "", str)
    if cell.value is None or len(cell.value) > 4:
        return cell
    before, year, after = cell.text.partition(cell.value)
    return replace(cell, form="0", before=before, after=after) if year else cell


# --- one column -----------------------------------------------------------------------------------------------------


def figures(kind: ColumnKind, cells: Iterable[Cell]) -> Column:
    """A column of cells that were made one by one."""
    return Column(kind, tuple(cells))


def texts(values: Iterable[str]) -> Column:
    """Words."""
    return Column("words", tuple(Cell(text, text) for text in values))


def counts(words: Words, values: Iterable[Any]) -> Column:
    """Numbers of things."""
    return Column("count", tuple(count(words, value) for value in values))


def numbers(words: Words, values: Iterable[Any], decimals: int | None = None) -> Column:
    """Numbers with so many decimals, or with those that each has."""
    return Column("number", tuple(number(words, value, decimals) for value in values))


def signed_counts(words: Words, values: Iterable[Any]) -> Column:
    """Changes in numbers of things, with their signs."""
    return Column("count", tuple(signed(words, value) for value in values))


def shares(words: Words, values: Iterable[Any], decimals: int | None = None) -> Column:
    """Rates of 0-1 as percentages."""
    return Column("share", tuple(share(words, value, decimals) for value in values))


def ranges(words: Words, lows: Iterable[Any], highs: Iterable[Any], decimals: int) -> Column:
    """Intervals of rates of 0-1."""
    return Column("interval", tuple(interval(words, *ends, decimals) for ends in zip(lows, highs, strict=True)))


def days(words: Words, values: Iterable[date | None]) -> Column:
    """Days."""
    return Column("day", tuple(day(words, value) for value in values))


def periods(words: Words, values: Iterable[Any]) -> Column:
    """Periods, by their codes."""
    return Column("period", tuple(period(words, value) for value in values))
