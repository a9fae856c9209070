"""What a document is made of, whatever its format: headings, texts, lists, drawings, tables, what stays together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from r57lib.page.columns import Column
from r57lib.view.words import Words

_LYING, _UPRIGHT = 140, 84  # letters of a table on a line
_WIDEST, _HIGHEST = 155, 115  # mm of a drawing

Style = Literal["lead", "finding", "measure", "note", "source"]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 or 2; the contents name it if it is `listed`."""

    level: int
    text: str
    listed: bool = True
    kind: str = "heading"


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    style: Style
    text: str
    kind: str = "text"


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]
    kind: str = "bullets"


@dataclass(frozen=True)
class Picture:
    """A chart as a drawing, what it shows in words, and its caption."""

    svg: str
    alt: str
    caption: str
    kind: str = "picture"

    @property
    def size(self) -> tuple[float, float]:
        """Its width and height on paper in mm: as wide as the text, unless it would be too high."""
        found = re.search(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"', self.svg)
        wide, high = float(found[1]), float(found[2])  # type: ignore[index]
        width = min(_WIDEST, _HIGHEST * wide / high)
        return round(width, 1), round(width * high / wide, 1)


@dataclass(frozen=True)
class Grid:
    """A table; `widths` are the shares of its columns.

    `sources` are its documents one by one, `under` the lines that name them below the table.
    """

    label: str
    title: str
    columns: tuple[Column, ...]
    widths: tuple[float, ...]
    name: str = ""
    under: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    kind: str = "grid"

    @property
    def caption(self) -> str:
        """Number and title, as they stand over the table."""
        return f"{self.label}. {self.title}"

    @property
    def header(self) -> tuple[str, ...]:
        """The headings of its columns."""
        return tuple(column.heading for column in self.columns)

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """Its texts."""
        return tuple(zip(*(column.texts for column in self.columns), strict=True))


@dataclass(frozen=True)
class Contents:
    """The list of headings, from a new page on; so many `lines` of it are to be expected."""

    title: str
    lines: int
    kind: str = "contents"


@dataclass(frozen=True)
class Exhibit:
    """A finding with all that shows it; no page ends within it."""

    blocks: tuple[Text | Picture | Grid, ...]
    kind: str = "exhibit"


Block = Heading | Text | Bullets | Picture | Grid | Contents | Exhibit


class GridMaker:
    """Makes tables with their numbers, one after the other."""

    def __init__(self, words: Words) -> None:
        self.words, self.made = words, 0

    def __call__(self, title: str, columns: Sequence[Column], *, upright: bool = False, **more: Any) -> Grid:
        """The next table, on a page that stands `upright` or lies."""
        self.made += 1
        label = self.words("document.table", number=self.made)
        return Grid(label, title, tuple(columns), _widths(columns, _UPRIGHT if upright else _LYING), **more)


def _widths(columns: Sequence[Column], letters: int) -> tuple[float, ...]:
    """Shares that keep words whole and rows low: a text of n letters in a column of w is about n / w lines high."""
    written = [[column.heading, *column.texts] for column in columns]
    least = [2 + max(len(word) for text in cells for word in re.split(r"[ -]", text)) for cells in written]
    wished = [max(0.0, 4 * max(map(len, cells)) ** 0.5 - low) for cells, low in zip(written, least, strict=True)]
    spare = max(0, letters - sum(least)) / (sum(wished) or 1)
    wide = [low + spare * more for low, more in zip(least, wished, strict=True)]
    return tuple(round(each / sum(wide), 4) for each in wide)
