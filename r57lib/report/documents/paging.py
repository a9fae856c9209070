"""In which order a document's blocks fill its pages: none is in large part empty because a chart did not fit any more.

Blocks come with their heights, as typst sets them; Word sets the same sizes in a face of nearly the same width.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from math import ceil

from r57lib.report.documents.blocks import Block, Bullets, Grid, Heading, Text

HIGH = 256.2
"""Millimetres of text on an upright page, with the space that would follow its last block."""
_GAP = 60.0
"""So much of it may stay empty before what does not fit."""
_STEP, _PAGE, _ALONE = 4.0, 10.0, 60.0
"""What the next order of a list costs, a page, and one with the signature alone; one 25 mm emptier than may be: 60."""
_MOST = 10  # pages are read before the appendix
_START = 14.0  # mm: the least of a text that stands under its heading
_AGAIN = 8.0  # mm: the head of a table that goes on, and what its last row on a page leaves
_DOUBT = 7.0  # mm: so much shorter a page may be, in Word or by lines that stay together

Measured = Sequence[tuple[Block, float]]
"""Blocks, each with the millimetres from its first line to what follows it."""


class Paper:
    """The pages that are written so far: the number of the last, what is `left` of it in mm, and how bad they are."""

    def __init__(self, page: int = 1, high: float = HIGH) -> None:
        self.page, self.high, self.left, self.lost = page, high, high, 0.0
        self.headings: tuple[tuple[Heading, int], ...] = ()

    def put(self, blocks: Measured) -> None:
        """Write blocks."""
        waiting: list[Heading] = []
        held = 0.0
        for block, need in blocks:
            held += need
            if isinstance(block, Heading):
                waiting.append(block)  # it stays with what follows
                continue
            items = len(block.items) if isinstance(block, Bullets) else 1  # short texts: no page ends within one
            least = held - need + (min(need, _START) if isinstance(block, Grid) else need / items)
            if least > self.left:
                self.lost += max(0.0, self.left - _GAP) ** 2 / 10
                self._turn()
            self.headings += tuple((heading, self.page) for heading in waiting)
            heads = held - need
            while held > self.left:
                if items > 1:
                    held -= max(1, (self.left - heads) // (need / items)) * need / items + heads
                    heads = 0.0
                else:
                    held -= self.left - _AGAIN * isinstance(block, Grid)
                self._turn()
            self.left -= held
            held = 0.0
            waiting.clear()

    def _turn(self) -> None:
        self.page, self.left = self.page + 1, self.high

    def best(self, pieces: Sequence[Sequence[Measured]], end: float) -> Sequence[Measured]:
        """An order of each piece, whose best come first: those that together leave least of the pages empty.

        Up to `_GAP` of a page may be. What is left of one for a piece follows from all that stands before it, and the
        last of them has `end` mm of signature.
        """
        short = copy(self)
        short.high = short.left = self.high - _DOUBT
        ways: dict[tuple[int, int], _Way] = {(0, 0): ((self, short), ())}
        for orders in pieces:
            found: dict[tuple[int, int], _Way] = {}
            for papers, chosen in ways.values():
                for number, order in enumerate(orders):
                    trial = copy(papers[0]), copy(papers[1])
                    for paper in trial:
                        paper.put(order)
                        paper.lost += _STEP * number
                    place = trial[0].page, round(trial[0].left)
                    if place not in found or _lost(trial) < _lost(found[place][0]):
                        found[place] = trial, (*chosen, order)
            ways = found

        def whole(way: _Way) -> float:
            alone = [paper.left < end for paper in way[0]]
            pages = [paper.page + more for paper, more in zip(way[0], alone, strict=True)]
            return (
                _lost(way[0])
                + sum(_ALONE * more for more in alone)
                + sum(_PAGE * each + HIGH * max(0, each - _MOST) for each in pages)
            )

        return min(ways.values(), key=whole)[1]


def _lost(papers: tuple[Paper, Paper]) -> float:
    return papers[0].lost + papers[1].lost


_Way = tuple[tuple[Paper, Paper], tuple[Measured, ...]]
"""The pages, as they are and were they a little shorter, and the orders that were taken."""


def pages_of(summary: Sequence[Block], body: Measured, appendix: Sequence[Block]) -> list[tuple[Heading, int]]:
    """The headings that the contents list, each with its page: the summary takes one, and the appendix lies."""
    upright = Paper(2)
    upright.put(body)
    lying = Paper(upright.page + 1, _LYING)
    lying.put([(block, _estimated(block)) for block in appendix])
    first = [(block, 1) for block in summary if isinstance(block, Heading)]
    return [(heading, page) for heading, page in (*first, *upright.headings, *lying.headings) if heading.listed]


_LYING = 165.0
"""Millimetres of text on a page that lies."""


def _estimated(block: Block) -> float:
    """Millimetres of a block on a page that lies, from its letters: to set all tables for one number takes too long."""
    if isinstance(block, Grid):
        wide = [max(1.0, 172 * share - 2) for share in block.widths]
        rows = (max(ceil(len(cell) / each) for cell, each in zip(cells, wide, strict=True)) for cells in block.rows)
        under = sum(4.0 * ceil(len(line) / 170) + 2.0 for line in block.under)
        return 18.0 + sum(3.3 * lines + 0.8 for lines in rows) + under
    said = block.items if isinstance(block, Bullets) else [block.text] if isinstance(block, Heading | Text) else []
    return sum(5.5 * ceil(len(text) / 125) + 1.5 for text in said)
