"""What every file becomes first: sheets of physical rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from r57lib.ingest.bins import Note


class SheetRow(NamedTuple):
    """A physical row: its number as a spreadsheet shows it, and its cells.

    A cell is a text; in a workbook also a number, a day, a time, a truth value, a `Share` or a `Broken` one.
    """

    number: int
    cells: list[Any]


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
