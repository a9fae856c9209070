"""A first look at all rows of a sheet: what no row says by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from r57lib.ingest import numbers, values
from r57lib.ingest.bins import Unreadable
from r57lib.ingest.cleaning import clean, clean_code
from r57lib.ingest.fields import Field, FileKind
from r57lib.ingest.header import SEARCHED_ROWS, Heading, find_header, twin_error
from r57lib.ingest.sheet import Sheet, SheetRow
from r57lib.ingest.values import Locale, SheetColumn, raw_text


@dataclass
class Survey:
    """What a first look at all rows has found.

    `first_of` and `again` hold for each code the rows that have it, each with the hash of its cells.
    """

    header: Heading
    columns: dict[str, SheetColumn]
    first_of: dict[str, tuple[int, int]]
    again: dict[str, list[tuple[int, int]]]
    last_data_row: int
    width: int


def look_through(sheet: Sheet, kind: FileKind, locale: Locale) -> Survey:
    """Look at all rows of a sheet once; raises `Rejected` for one without a heading that can be used."""
    fields = {each.name: each for each in kind.fields}
    head = list(islice(sheet.rows(), SEARCHED_ROWS))
    header = find_header(head, kind, sheet.merged)
    width = next(len(row.cells) for row in head if row.number == header.rows[-1])
    found = Survey(header, {}, {}, {}, header.rows[-1], width)
    seen = {name: _Seen() for name in header.columns}
    key = header.columns[kind.first.name]
    for row in sheet.rows():
        if row.number <= header.rows[-1] or header.repeats(row.cells):
            continue
        for column, first in header.twins.items():
            if cell_at(row.cells, column) != cell_at(row.cells, first):
                raise twin_error(header, column)
        for name, column in header.columns.items():
            seen[name].look(cell_at(row.cells, column), fields[name], locale)
        _note_key(found, row, key, kind)
    for name, each in seen.items():
        found.columns[name] = each.column("%" in header.titles[header.columns[name]])
    return found


def _note_key(found: Survey, row: SheetRow, key: int, kind: FileKind) -> None:
    code = cell_at(row.cells, key)
    if (code in ("", None) and kind.by_code) or is_bare(row.cells, found.header, kind):
        return
    found.last_data_row = row.number
    if not kind.by_code:
        return  # the key of a fact is known only when its cells are read
    try:
        text = clean_code(raw_text(code))[0].casefold()
    except Unreadable:
        return
    print_of = tuple(_print(cell_at(row.cells, column)) for column in found.header.columns.values())
    place = (row.number, hash(print_of))
    if found.first_of.setdefault(text, place) != place:
        found.again.setdefault(text, [found.first_of[text]]).append(place)


def is_bare(cells: Sequence[Any], header: Heading, kind: FileKind) -> bool:
    """Whether a row has nothing of what makes it a row of this kind, but for its key."""
    names = [each.name for each in kind.fields if each.identifies and each is not kind.first]
    return all(is_empty(cell_at(cells, header.columns.get(name, -1))) for name in names)


@dataclass
class _Seen:
    """What the cells of a column say of it together."""

    month_first: bool = False
    scales: set[str] = field(default_factory=set)
    conventions: set[str] = field(default_factory=set)

    def look(self, cell: Any, each: Field, locale: Locale) -> None:
        """Look at one cell."""
        if each.kind in ("date", "deadline", "period"):
            self.month_first = self.month_first or values.has_month_first(cell)
        elif each.kind == "percent":
            self.scales.add(numbers.percent_scale(cell, locale))
        elif each.kind in ("number", "measure"):
            self.conventions.add(numbers.convention(cell))

    def column(self, declared: bool) -> SheetColumn:
        """What is known after the last cell."""
        scales = self.scales - {""}
        scale = "mixed" if len(scales) > 1 else next(iter(scales), "")
        return SheetColumn(self.month_first, scale, len(self.conventions - {""}) > 1, declared)  # type: ignore[arg-type]


def cell_at(cells: Sequence[Any], column: int) -> Any:
    """The cell of a column; empty where the row is shorter."""
    return cells[column] if 0 <= column < len(cells) else ""


def is_empty(cell: Any) -> bool:
    """Whether nobody sees anything in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip(" \t\r\n\u00a0\u200b\ufeff\u3000"))


def cleaned(cell: str) -> str:
    """The text of a cell as `clean` gives it, or as it is where that cannot be."""
    try:
        return clean(cell)[0]
    except Unreadable:
        return cell


def _print(cell: Any) -> str:
    return cleaned(cell) if isinstance(cell, str) else raw_text(cell)
