"""The status board: a figure whose table is drawn, each row on a scale of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from r57lib.page.figure import Figure
from r57lib.page.templates import render, script_json


@dataclass(frozen=True)
class StripMark:
    """A value on a strip: `kind` is earlier, latest or rival, `series` whose it is (0: there is one), `at` where."""

    kind: str
    series: int
    at: float


@dataclass(frozen=True)
class Strip:
    """The values of a row on a scale of its own, right being better; places in percent from the left."""

    left: str
    right: str
    marks: tuple[StripMark, ...]
    target: float
    joined: tuple[float, float] | None
    label: str


@dataclass(frozen=True)
class BoardLine:
    """A row of the status board in the words of the page; `values` bear the number of their series.

    `place`, `day` and `due` are what its columns are sorted by: the outcome's place, the values' day, the deadline.
    """

    group: str
    place: int
    mark: str
    outcome: str
    reason: str
    name: str
    whom: str
    values: tuple[tuple[int, str], ...]
    when: str
    day: str
    target: str
    deadline: str
    due: str
    strip: Strip | None
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Board(Figure):
    """A figure whose table is drawn: a row a target, in groups that have a heading each."""

    lines: tuple[BoardLine, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)

    def html(self, *, still: bool = True, alive: bool = True) -> str:
        """The section of the page; its rows are those of `table`, in the same order."""
        cited = script_json(self.cited)
        kinds = {mark.kind for line in self.lines if line.strip for mark in line.strip.marks}
        return render("board.html", figure=self, words=self.words, cited=cited, alive=alive, kinds=kinds)
