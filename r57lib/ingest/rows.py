"""Sheets of physical rows, which every file becomes first; the bins where they end; what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from operator import itemgetter
from typing import Any, NamedTuple

from r57lib.errors import R57Error

LIMIT_TEXT = 100_000
"""How many characters a cell may have: three times as many as a spreadsheet lets anybody type."""


MARK = "DỮ LIỆU GIẢ LẬP / SYNTHETIC DATA"
"""What stands above the heading of a sheet that is made up."""

SUMMARIES = {"vi": "Cần sửa (R57)", "en": "To mend (R57)"}
"""The sheets that we add to a workbook that goes back, by language; they are not read when it comes again."""

GUIDE, LISTS = "Hướng dẫn · Guide (R57)", "Danh mục · Lists (R57)"
"""Nor are those that stand beside the form of a blank workbook."""


class Bin(StrEnum):
    """Every physical row ends in exactly one of these."""

    ACCEPTED = "accepted"
    REPAIRED = "repaired"
    QUARANTINED = "quarantined"
    NON_DATA = "non_data"


class Note(NamedTuple):
    """What is said of a cell, of a row (`column` is -1) or of the file (`row` is 0).

    The first letter of `code` says what it means: E an error that quarantines the row, R a repair, W a warning, N the
    reason why a row holds no data. `row` counts as a spreadsheet does, from 1; `column` from 0.
    """

    code: str
    row: int = 0
    column: int = -1
    header: str = ""
    raw: str = ""
    new: str = ""
    hint: str = ""

    @property
    def letter(self) -> str:
        """The column as a spreadsheet names it."""
        return column_letter(self.column) if self.column >= 0 else ""


def column_letter(column: int) -> str:
    """The name of a column that is counted from 0.

    >>> column_letter(0), column_letter(25), column_letter(26)
    ('A', 'Z', 'AA')
    """
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class Rejected(R57Error, ValueError):
    """A file of which nothing is taken in; `code` says why, `values` fill its sentence."""

    def __init__(self, code: str, **values: str) -> None:
        super().__init__(code)
        self.code, self.values = code, values


class Unreadable(ValueError):
    """A cell that holds no value: `code` says why, `hint` what would have been right, `part` what of it can be read."""

    def __init__(self, code: str, hint: str = "", part: Any = None) -> None:
        super().__init__(code)
        self.code, self.hint, self.part = code, hint, part


@dataclass(frozen=True)
class Broken:
    """A cell of a workbook that shows an error, or a formula whose result was not saved."""

    code: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass
class Counts:
    """How many rows were read, and in which bins they ended."""

    bins: dict[Bin, int] = field(default_factory=lambda: dict.fromkeys(Bin, 0))

    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, row_bin: Bin, reason: str = "") -> None:
        """Count a row; one without data with its reason."""
        self.bins[row_bin] += 1
        if reason:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1

    @property
    def rows_read(self) -> int:
        """The physical rows: the sum of the bins."""
        return sum(self.bins.values())


class FieldNote(NamedTuple):
    """What is said of a field of a row."""

    code: str
    field: str
    hint: str = ""


class SheetRow(NamedTuple):
    """A physical row: its number as a spreadsheet shows it, and its cells.

    A cell is a text; in a workbook also a number, a day, a time, a truth value, a `Share` or a `Broken` one. `wrong` is
    the code of what leaves it open where its cells begin and end.
    """

    number: int
    cells: list[Any]
    wrong: str = ""


_BATCH = 4096


def batched(rows: Iterator[SheetRow]) -> Iterator[list[SheetRow]]:
    """The rows, some thousands at a time."""
    while batch := list(islice(rows, _BATCH)):
        yield batch


_KEPT_CELLS, _BEGIN = 2_000_000, 64


def kept_in_memory(read: Callable[[], Iterator[SheetRow]]) -> Callable[[], Iterator[SheetRow]]:
    """The same rows each time that they are asked for; read once, where they are not too many to be kept in memory."""
    kept: list[SheetRow] = []

    def reading() -> Iterator[SheetRow]:
        some: list[SheetRow] = []
        cells, found, count = 0, read(), _BEGIN  # of a heading few rows are asked for
        while batch := list(islice(found, count)):
            if cells <= _KEPT_CELLS:
                cells += sum(map(len, map(itemgetter(1), batch)))
                some.extend(batch)
            if cells > _KEPT_CELLS:
                some.clear()
            yield from batch
            count = _BATCH
        if some and cells <= _KEPT_CELLS:
            kept[:] = some

    return lambda: iter(kept) if kept else reading()


class Share(float):
    """A number that its workbook shows as a percentage."""


@dataclass(frozen=True)
class Sheet:
    """A sheet: its rows from the first on, as often as they are asked for, and what is to be said of it.

    `merged` holds for each merged range its first and last row and column, rows from 1 and columns from 0.
    """

    name: str
    rows: Callable[[], Iterator[SheetRow]]
    notes: tuple[Note, ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
