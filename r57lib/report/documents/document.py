"""The month's report as one document: what it says and shows, in its order, whatever the format it is written in.

It is made of the very parts that the notebooks show. The text leads from finding to finding with their charts; tables
that would break its flow stand in the appendix under their numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from r57lib.charts.base import specification
from r57lib.charts.render import STATIC_WIDTH, draw
from r57lib.charts.theme import CHART_FONT
from r57lib.figures import HEADLINES
from r57lib.page.columns import Column, figures, texts
from r57lib.page.navigation import page_word
from r57lib.page.parts import Board, Brief, Figure, Header, Part, Sentences, Tiles
from r57lib.view.citations import SourceLine
from r57lib.view.view import View
from r57lib.view.words import MISSING, Language, Words

DRAWN_WITH = "Source Sans Pro"
"""The face of the charts: what a machine has of its own must not change their bytes."""
_OPENING, _FIELDS, _LAST = "overview", ("task_completion", "enterprise_commitments", "digital_adoption"), "data_quality"
_INLINE_COLUMNS, _INLINE_ROWS, _FEW_SOURCES = 4, 15, 3
_LYING, _UPRIGHT = 140, 84  # letters of a table on a line
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII")

Style = Literal["lead", "finding", "measure", "note", "source"]


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 3, on a new page or where it comes."""

    level: int
    text: str
    new_page: bool = False
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


Block = Heading | Text | Bullets | Picture | Grid
Chapters = Mapping[str, Sequence[Part]]
"""Notebook -> the parts that it shows, in their order."""


@dataclass(frozen=True)
class Approval:
    """Who approved, on which day, and the SHA-256 of the manifest that was looked at."""

    by: str
    on: date
    digest: str


@dataclass(frozen=True)
class Document:
    """The report of a month in one language; `front` are the texts around it: heads, title, signature, state."""

    language: Language
    title: str
    as_of: date
    front: Mapping[str, str]
    body: tuple[Block, ...]
    appendix: tuple[Block, ...]
    words: Words = field(repr=False)
    approval: Approval | None = None

    @property
    def grids(self) -> list[Grid]:
        """All tables by their numbers."""
        found = [block for block in (*self.body, *self.appendix) if isinstance(block, Grid)]
        return sorted(found, key=lambda grid: int(grid.label.rpartition(" ")[2]))


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


Record = Callable[[GridMaker], Iterable[Block]]
"""Writes the pages on how the figures came about."""


def document_of(view: View, chapters: Chapters, record: Record, approval: Approval | None = None) -> Document:
    """The document of what the notebooks show; `record` writes its last pages, of how the figures came about."""
    writer = _Writer(view)
    body = [writer.opening(), *writer.mark(chapters), *writer.body(chapters)]
    words = view.words
    appendix = [Heading(1, words("document.tables")), *writer.aside] if writer.aside else []
    appendix += [Heading(1, words("document.record"), new_page=bool(writer.aside)), *record(writer.grid)]
    title = words("document.subject", month=words.month(view.month))
    return Document(
        words.language, title, view.as_of, _front(words, approval), tuple(body), tuple(appendix), words, approval
    )


def _front(words: Words, approval: Approval | None) -> dict[str, str]:
    """The texts around the report; those that an office fills in hold dots."""
    front = {key.removeprefix("document.front."): text for key, text in words.labels.items() if "ment.front." in key}
    if approval is None:
        return front | {"state": words("document.draft"), "stamp": words("document.draft.note")}
    said = words("document.approved", by=approval.by, day=words.date(approval.on))
    return front | {"state": "", "stamp": f"{said} {words('document.approved.bytes', digest=approval.digest)}"}


class _Writer:
    """Turns the parts of the notebooks into blocks; tables that are set aside for the appendix gather in `aside`."""

    def __init__(self, view: View) -> None:
        self.words = view.words
        self.facts = len(view.tables.facts())
        self.as_of = view.words.date(view.as_of)
        self.grid = GridMaker(view.words)
        self.aside: list[Block] = []
        self.pictures = self.sections = 0

    def opening(self) -> Text:
        return Text("lead", self.words("document.opening", count=self.words.number(self.facts), day=self.as_of))

    def mark(self, chapters: Chapters) -> Iterator[Text]:
        """That the report holds made-up data, where it does."""
        if any(isinstance(part, Figure) and part.synthetic for parts in chapters.values() for part in parts):
            yield Text("note", self.words("document.synthetic"))

    def body(self, chapters: Chapters) -> Iterator[Block]:
        """Results, results by field, what the assessment rests on, and what is wrong with the figures."""
        if _OPENING in chapters:
            yield self._section("document.results")
            yield from self._chapter(chapters[_OPENING], 2)
        fields = [name for name in (*_FIELDS, *chapters) if name in chapters and name not in (_OPENING, _LAST)]
        if fields:
            yield self._section("document.fields")
        for number, name in enumerate(dict.fromkeys(fields), start=1):
            yield Heading(2, f"{number}. {page_word(name, 'title', self.words)}")
            yield from self._chapter(chapters[name], 3)
        yield from self._assessment(chapters)
        if _LAST in chapters:
            yield self._section("document.quality")
            yield from self._chapter(chapters[_LAST], 2)

    def _section(self, key: str) -> Heading:
        self.sections += 1
        return Heading(1, f"{_ROMAN[self.sections - 1]}. {self.words(key)}")

    def _assessment(self, chapters: Chapters) -> Iterator[Block]:
        """The finding that stands for each notebook, and what changed."""
        items = []
        for name, parts in chapters.items():
            chosen = HEADLINES[name].__name__.replace("_", "-") if name in HEADLINES else ""
            found = next((part for part in parts if isinstance(part, Figure) and part.figure_id == chosen), None)
            if found is not None:
                items.append(f"{page_word(name, 'short', self.words)}: {found.headline}")
        changes = [part for parts in chapters.values() for part in parts if isinstance(part, Sentences)]
        if items or changes:
            yield self._section("document.assessment")
        if items:
            yield Text("lead", self.words("document.assessment.lead"))
            yield Bullets(tuple(items))
        for part in changes:
            yield from self._sentences(part)

    def _sentences(self, part: Sentences) -> Iterator[Block]:
        yield Heading(2, part.heading)
        yield Text("lead", self.words("document.changes.lead", month=part.since) if part.since else part.question)
        if part.rows:
            yield Bullets(tuple(row.text for row in part.rows))
        if part.more or not part.rows:
            yield Text("note", part.more or part.none)

    def _chapter(self, parts: Sequence[Part], level: int) -> Iterator[Block]:
        """The parts of a notebook, the figures with headings of this level: none may be left out between two."""
        for part in parts:
            if isinstance(part, Header):
                for parameter in part.parameters[2:]:  # what was asked for beside month and cut-off
                    yield Text("measure", f"{parameter.name}: {parameter.value}.")
            elif isinstance(part, Brief) and part.lines:
                yield Bullets(tuple(line.text for line in part.lines))
            elif isinstance(part, Tiles):
                yield self._tiles(part)
            elif isinstance(part, Figure):
                yield Heading(level, part.heading)
                yield from self._figure(part)

    def _tiles(self, tiles: Tiles) -> Grid:
        cells = {
            "label": texts(tile.label for tile in tiles.tiles),
            "value": figures("number", [tile.value for tile in tiles.tiles]),
            "change": texts(tile.change for tile in tiles.tiles),
            "note": texts(tile.note for tile in tiles.tiles),
        }
        columns = [replace(each, heading=self.words(f"document.tile.{name}")) for name, each in cells.items()]
        return self.grid(tiles.heading, columns, name="headlines", upright=True)

    def _figure(self, figure: Figure) -> Iterator[Block]:
        if figure.synthetic:
            yield Text("note", f"{self.words('synthetic.mark')}.")
        yield Text("finding", figure.title)
        if figure.subtitle:
            yield Text("measure", figure.subtitle)
        if figure.chart is not None:
            yield self._picture(figure)
        yield from (Text("note", note) for note in figure.notes)
        if not figure.columns or not figure.columns[0].cells:
            yield from self._source(figure, "")
            return
        if isinstance(figure, Board):
            yield self._board(figure)
        few = len(figure.columns) <= _INLINE_COLUMNS and len(figure.columns[0].cells) <= _INLINE_ROWS
        inline = figure.chart is None and few
        grid = self._table(figure, inline)
        if inline:
            yield grid
            return
        self.aside.append(grid)
        yield from self._source(figure, grid.label)

    def _board(self, board: Board) -> Grid:
        """The status board as a reader sees it; its values and facts stand in the appendix."""
        words = self.words
        cells = {
            "due_outcome": [
                words("due.why", outcome=line.outcome, reason=line.reason) if line.reason else line.outcome
                for line in board.lines
            ],
            "indicator": [", ".join(filter(None, (line.name, line.whom))) for line in board.lines],
            "actual": [
                words("dated", value=" · ".join(value for _, value in line.values), period=line.when)
                if line.values
                else MISSING
                for line in board.lines
            ],
            "target": [words("dated", value=line.target, period=line.deadline) for line in board.lines],
        }
        columns = [replace(texts(column), heading=words(f"column.{name}")) for name, column in cells.items()]
        return self.grid(words("board.brief"), columns, name="board", upright=True)

    def _picture(self, figure: Figure) -> Picture:
        self.pictures += 1
        specification = drawable(figure)
        svg = draw(specification, self.words.language)
        label = self.words("document.picture", number=self.pictures)
        return Picture(svg, specification["description"], f"{label}. {figure.heading}")

    def _table(self, figure: Figure, upright: bool) -> Grid:
        made_up = f" ({self.words('synthetic.mark')})" if figure.synthetic else ""
        return self.grid(
            figure.heading + made_up,
            figure.columns,
            name=figure.figure_id,
            under=self._documents(figure.sources),
            sources=tuple(self._said(source) for source in figure.sources),
            upright=upright,
        )

    def _documents(self, sources: Sequence[SourceLine]) -> tuple[str, ...]:
        said = [self._said(source) for source in sources]
        return (f"{self.words('source.heading')}: {'; '.join(said)}.",) if said else ()

    def _said(self, source: SourceLine) -> str:
        teaser = f"; {self.words('section.sidebar')}" if source.teaser else ""
        return f"{source.publisher}, {source.title} ({source.reported}{teaser})"

    def _source(self, figure: Figure, label: str) -> Iterator[Block]:
        """The sources where they are few, else their number; and where the table is."""
        few = len(figure.sources) <= _FEW_SOURCES or not label
        many = self.words("source.many", count=self.words.number(len(figure.sources)))
        parts = [*(self._documents(figure.sources) if few else (f"{many}.",))]
        parts += [self.words("document.see", table=label)] if label else []
        if parts:
            yield Text("source", " ".join(parts))


def drawable(figure: Figure) -> dict[str, Any]:
    """The specification of a figure's chart for a printed page: light colours, the one face, no title of its own."""
    assert figure.chart is not None
    text = json.dumps(specification(figure.chart), ensure_ascii=False)
    specified: dict[str, Any] = json.loads(text.replace(CHART_FONT, DRAWN_WITH))
    specified.pop("title", None)
    return specified | {"width": STATIC_WIDTH}
