"""How much of a page a document's blocks take: good to some lines, which is enough to choose their order by.

Word and PDF set the same sizes in faces of nearly the same width. What is chosen here leaves neither with a page that
is in large part empty because a chart did not fit on it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from math import ceil

from r57lib.report.documents.blocks import Block, Bullets, Contents, Exhibit, Heading, Picture, Text

_HIGH, _LYING, _WIDER = 252.0, 165.0, 1.34
"""Millimetres of text on an upright page and on one that lies, where no row is split, and how much longer its lines."""
_GAP = 65.0
"""So much of it may stay empty before what does not fit."""
_STEP, _PAGE = 4.0, 10.0
"""What the next order of a list costs, and a page, where one that is 25 mm emptier than may be costs 60."""
_MOST, _END = 10, 50.0
"""So many pages are read before the appendix; the signature takes so many mm of the last of them."""
_LINES = {  # letters on a line, mm a line, mm after it
    "lead": (84, 6.0, 1.2),
    "finding": (76, 6.5, 0.9),
    "measure": (103, 5.1, 1.6),
    "note": (103, 5.1, 1.6),
    "source": (103, 5.1, 1.6),
    "item": (83, 6.0, 0.7),
    "cell": (128, 3.3, 0.8),
    "under": (132, 3.9, 2.2),
}
_CAPTION, _START = 10.6, 14.0  # mm of a caption; the least of a text that stands under its heading
_DOUBT = 5.0  # mm: what nearly fills a page may not fit


def height(block: Block, wide: float = 1.0) -> float:
    """Millimetres from a block's first line to what follows it, in lines `wide` times as long as upright ones."""
    if isinstance(block, Exhibit):
        return sum(height(each, wide) for each in block.blocks)
    if isinstance(block, Heading):
        return 9.0
    if isinstance(block, Contents):
        return 12.0 + 7.0 * block.lines
    if isinstance(block, Text):
        return _high(block.style, block.text, wide)
    if isinstance(block, Bullets):
        return 1.2 + sum(_high("item", item, wide) for item in block.items)
    if isinstance(block, Picture):
        return block.size[1] + _CAPTION
    rows = (
        max(_high("cell", cell, wide * share) for cell, share in zip(cells, block.widths, strict=True))
        for cells in (block.header, *block.rows)
    )
    return _CAPTION + sum(rows) + sum(_high("under", line, wide) for line in block.under)


def _high(style: str, text: str, wide: float) -> float:
    letters, line, after = _LINES[style]
    return ceil(len(text) / max(1, letters * wide - 2)) * line + after


class Paper:
    """The pages that are written so far: the number of the last, and what is `left` of it in mm; they may lie."""

    def __init__(self, page: int = 1, *, lying: bool = False) -> None:
        self.page, self.high, self.wide = page, _LYING if lying else _HIGH, _WIDER if lying else 1.0
        self.left, self.gap = self.high, 0.0
        self.headings: tuple[tuple[Heading, int], ...] = ()

    def put(self, blocks: Iterable[Block]) -> None:
        """Write blocks; `gap` is then the most that any of them left empty before it."""
        self.gap, waiting = 0.0, []
        for block in blocks:
            if isinstance(block, Heading):
                waiting.append(block)  # it stays with what follows
                continue
            held, need = sum(map(height, waiting)), height(block, self.wide)
            least = held + (need if isinstance(block, Exhibit) else _START)
            if least > self.left - _DOUBT:
                self.gap = max(self.gap, self.left)
            if least > self.left:
                self._turn()
            self.headings += tuple((heading, self.page) for heading in waiting)
            waiting.clear()
            need += held
            while need > self.left:
                need -= self.left
                self._turn()
            self.left -= need

    def _turn(self) -> None:
        self.page, self.left = self.page + 1, self.high

    def best(self, pieces: Sequence[Sequence[Sequence[Block]]]) -> Sequence[Sequence[Block]]:
        """An order of each piece, whose best come first: those that together leave least of the pages empty.

        Up to `_GAP` of a page may be. What is left of one for a piece follows from all that stands before it.
        """
        ways: dict[tuple[int, int], _Way] = {(0, 0): (0.0, self, ())}
        for orders in pieces:
            found: dict[tuple[int, int], _Way] = {}
            for lost, paper, chosen in ways.values():
                for number, order in enumerate(orders):
                    trial = copy(paper)
                    trial.put(order)
                    cost = lost + max(0.0, trial.gap - _GAP) ** 2 / 10 + _STEP * number
                    place = trial.page, round(trial.left)
                    if place not in found or cost < found[place][0]:
                        found[place] = cost, trial, (*chosen, order)
            ways = found

        def whole(way: _Way) -> float:
            pages = way[1].page + (way[1].left < _END)
            return way[0] + _PAGE * pages + _HIGH * max(0, pages - _MOST)

        return min(ways.values(), key=whole)[2]


_Way = tuple[float, Paper, tuple[Sequence[Block], ...]]
"""What is lost so far, the pages, and the orders that were taken."""


def pages_of(summary: Sequence[Block], body: Sequence[Block], appendix: Sequence[Block]) -> list[tuple[Heading, int]]:
    """The headings that the contents list, each with its page: the summary takes one, and the appendix lies."""
    upright = Paper()
    upright.put(summary)
    upright.page, upright.left = 2, _HIGH
    upright.put(body)
    lying = Paper(upright.page + 1, lying=True)
    lying.put(appendix)
    return [(heading, page) for heading, page in (*upright.headings, *lying.headings) if heading.listed]
