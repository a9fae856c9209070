"""The month's report as one document: what it says and shows, in its order, whatever the format it is written in.

It is made of the very parts that the notebooks show. A page of summary and the contents go ahead; the text then leads
from finding to finding, the weightiest with their charts. The tables stand in the appendix under their numbers, each
with its finding and with how it was made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from r57lib.charts.base import specification
from r57lib.charts.render import STATIC_WIDTH, draw
from r57lib.charts.theme import CHART_FONT
from r57lib.figures import HEADLINES
from r57lib.page.board import Board
from r57lib.page.columns import figures, texts
from r57lib.page.figure import Figure
from r57lib.page.navigation import page_word
from r57lib.page.parts import Brief, Header, Part, Sentences, Tiles
from r57lib.report.documents.blocks import (
    Block,
    Bullets,
    Contents,
    Exhibit,
    Grid,
    GridMaker,
    Heading,
    Picture,
    Text,
)
from r57lib.report.documents.paging import Paper
from r57lib.report.documents.sources import source_said, sources_said
from r57lib.report.documents.typesetting import heights
from r57lib.view.view import View
from r57lib.view.words import MISSING, Language, Words

DRAWN_WITH = "Source Sans Pro"
"""The face of the charts: what a machine has of its own must not change their bytes."""
_OPENING, _FIELDS, _LAST = "overview", ("task_completion", "enterprise_commitments", "digital_adoption"), "data_quality"
_OTHERS = 4
_AROUND = 4
"""Headings of the summary and of the appendix, which the contents list as well."""
_ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII")

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
    """The report of a month in one language; `front` are the texts around it: heads, title, signature, state.

    Its first page is the `summary`; `body` begins with the contents. `chapters` are the figures of each notebook under
    its title, those first whose charts stand in the body.
    """

    language: Language
    title: str
    as_of: date
    front: Mapping[str, str]
    summary: tuple[Block, ...]
    body: tuple[Block, ...]
    appendix: tuple[Block, ...]
    words: Words = field(repr=False)
    approval: Approval | None = None
    chapters: Mapping[str, Sequence[Figure]] = field(default_factory=dict)

    @property
    def grids(self) -> list[Grid]:
        """All tables by their numbers."""
        found = [block for block in (*self.summary, *self.body, *self.appendix) if isinstance(block, Grid)]
        return sorted(found, key=lambda grid: int(grid.label.rpartition(" ")[2]))


Record = Callable[[GridMaker], Iterable[Block]]
"""Writes the pages on how the figures came about."""


def document_of(view: View, chapters: Chapters, record: Record, approval: Approval | None = None) -> Document:
    """The document of what the notebooks show; `record` writes its last pages, of how the figures came about."""
    front = _front(view.words, approval)
    writer = _Writer(view, front)
    summary, body = tuple(writer.summary(chapters)), tuple(writer.body(chapters))
    words = view.words
    appendix = [Heading(1, words("document.tables")), *writer.aside] if writer.aside else []
    appendix += [Heading(1, words("document.record")), *record(writer.grid)]
    title = words("document.subject", month=words.month(view.month))
    return Document(
        words.language,
        title,
        view.as_of,
        front,
        summary,
        body,
        tuple(appendix),
        words,
        approval,
        writer.chapters,
    )


def _front(words: Words, approval: Approval | None) -> dict[str, str]:
    """The texts around the report; those that an office fills in hold dots."""
    front = {key.removeprefix("document.front."): text for key, text in words.labels.items() if "ment.front." in key}
    if approval is None:
        return front | {"state": words("document.draft"), "stamp": words("document.draft.note")}
    said = words("document.approved", by=approval.by, day=words.date(approval.on))
    return front | {"state": "", "stamp": f"{said} {words('document.approved.bytes', digest=approval.digest)}"}


def _headline(name: str, parts: Iterable[Part]) -> Figure | None:
    """The figure whose finding stands for a notebook, among what it shows."""
    chosen = HEADLINES[name].__name__.replace("_", "-") if name in HEADLINES else ""
    return next((part for part in parts if isinstance(part, Figure) and part.figure_id == chosen), None)


@dataclass(frozen=True)
class _Piece:
    """A part of the text in the orders that it may have; of a chapter its title, what it shows, and what is drawn."""

    orders: Sequence[Sequence[Block]]
    title: str = ""
    shown: Sequence[tuple[Figure, Grid | None]] = ()
    drawn: Sequence[tuple[Figure, Grid | None]] = ()


class _Writer:
    """Turns the parts of the notebooks into blocks; what is set aside for the appendix gathers in `aside`."""

    def __init__(self, view: View, front: Mapping[str, str]) -> None:
        self.words, self.front = view.words, front
        self.facts = len(view.tables.facts())
        self.as_of = view.words.date(view.as_of)
        self.grid = GridMaker(view.words)
        self.aside: list[Block] = []
        self.chapters: dict[str, list[Figure]] = {}
        self.pictures = self.sections = 0

    def summary(self, chapters: Chapters) -> Iterator[Block]:
        """What a leader must know, on one page: the brief and the headline figures, before anything else."""
        yield Text("lead", self.words("document.opening", count=self.words.number(self.facts), day=self.as_of))
        shown = [part for parts in chapters.values() for part in parts]
        if any(isinstance(part, Figure) and part.synthetic for part in shown):
            yield Text("note", self.words("document.synthetic"))
        for part in chapters.get(_OPENING, ()):
            if isinstance(part, Brief) and part.lines:
                yield Heading(1, part.heading)
                yield Bullets(tuple(line.text for line in part.lines))
            elif isinstance(part, Tiles):
                yield self._tiles(part)
        found = {name: _headline(name, parts) for name, parts in chapters.items()}
        items = [f"{page_word(name, 'short', self.words)}: {each.headline}" for name, each in found.items() if each]
        if items:
            yield Heading(1, self.words("document.main_findings"))
            yield Bullets(tuple(items))

    def body(self, chapters: Chapters) -> Iterator[Block]:
        """Contents, results, results by field, what the assessment rests on, and what is wrong with the figures."""
        fields = [name for name in (*_FIELDS, *chapters) if name in chapters and name not in (_OPENING, _LAST)]
        pieces: list[_Piece] = []
        if _OPENING in chapters:
            pieces.append(self._chapter(_OPENING, chapters[_OPENING], self._section("document.results")))
        for number, name in enumerate(dict.fromkeys(fields), start=1):
            heads = [self._section("document.fields")] if number == 1 else []
            heads.append(Heading(2, f"{number}. {page_word(name, 'title', self.words)}"))
            pieces.append(self._chapter(name, chapters[name], *heads))
        pieces.append(_Piece([tuple(self._assessment(chapters))]))
        if _LAST in chapters:
            pieces.append(self._chapter(_LAST, chapters[_LAST], self._section("document.quality")))
        listed = [each for piece in pieces for each in piece.orders[0] if isinstance(each, Heading)]
        pieces.insert(0, _Piece([(Contents(self.words("book.contents"), len(listed) + _AROUND),)]))
        for piece, order in zip(pieces, self._ordered([piece.orders for piece in pieces]), strict=True):
            yield from map(self._numbered, order)
            if piece.title:
                self._set_aside(piece, sum(isinstance(block, Exhibit) for block in order))

    def _ordered(self, pieces: Sequence[Sequence[Sequence[Block]]]) -> Iterator[Sequence[Block]]:
        """Each piece in the order that fills the pages."""
        blocks = {id(block): block for orders in pieces for order in orders for block in order}
        *high, end = heights([*blocks.values()], self.words.language, self.front)
        tall = dict(zip(blocks, high, strict=True))
        orders = [[[(block, tall[id(block)]) for block in order] for order in each] for each in pieces]
        for order in Paper(2).best(orders, end):
            yield [block for block, _ in order]

    def _numbered(self, block: Block) -> Block:
        """A chart under the next number."""
        if not isinstance(block, Exhibit):
            return block
        self.pictures += 1
        label = self.words("document.picture", number=self.pictures)
        return Exhibit(tuple(replace(each, caption=f"{label}. {each.caption}") if isinstance(each, Picture) else each
                             for each in block.blocks))  # fmt: skip

    def _section(self, key: str) -> Heading:
        self.sections += 1
        return Heading(1, f"{_ROMAN[self.sections - 1]}. {self.words(key)}")

    def _assessment(self, chapters: Chapters) -> Iterator[Block]:
        """What changed, and where sources disagree."""
        told = [part for parts in chapters.values() for part in parts if isinstance(part, Sentences)]
        if told:
            yield self._section("document.assessment")
        for part in told:
            yield from self._sentences(part)

    def _sentences(self, part: Sentences) -> Iterator[Block]:
        yield Heading(2, part.heading)
        yield Text("lead", self.words("document.changes.lead", month=part.since) if part.since else part.question)
        if part.rows:
            yield Bullets(tuple(row.text for row in part.rows))
        if part.more or not part.rows:
            yield Text("note", part.more or part.none)

    def _chapter(self, name: str, parts: Sequence[Part], *heads: Heading) -> _Piece:
        """The findings of a notebook: the weightiest with their charts, some others in words, in any order."""
        lead: list[Block] = [*heads]
        for part in parts:
            if isinstance(part, Header):  # what was asked for beside month and cut-off
                lead += [Text("measure", f"{each.name}: {each.value}.") for each in part.parameters[2:]]
            elif isinstance(part, Board) and part.lines:
                lead += [Text("finding", part.title), self._board(part)]
        shown = [(part, self._table(part)) for part in parts if isinstance(part, Figure)]
        first = _headline(name, parts)
        drawn = sorted((each for each in shown if each[0].chart is not None), key=lambda each: each[0] is not first)
        drawn = drawn[: 1 if name in (_OPENING, _LAST) else 2]
        exhibits = [self._exhibit(*each) for each in drawn]
        orders: list[tuple[Block, ...]] = []
        for count in range(len(drawn), min(len(drawn), 1) - 1, -1):
            said = self._others([each for each in shown if not any(each is one for one in drawn[:count])])
            for row in (exhibits[:count], exhibits[:count][::-1])[: max(1, count)]:
                orders += [(*lead, *row[:place], *said, *row[place:]) for place in range(count, -1, -1)]
        return _Piece(orders, heads[-1].text.partition(". ")[2], shown, drawn)

    def _set_aside(self, piece: _Piece, charts: int) -> None:
        """What the text does not say of a chapter, of which it shows so many charts."""
        kept = piece.drawn[:charts]
        others = [part for part, _ in piece.shown if not any(part is one for one, _ in kept)]
        self.chapters[piece.title] = [*(part for part, _ in kept), *others]
        self.aside.append(Heading(2, piece.title, listed=False))
        for each in piece.shown:
            self.aside += self._annexed(*each, any(each is one for one in kept))

    def _others(self, shown: Iterable[tuple[Figure, Grid | None]]) -> list[Block]:
        """Findings in words, each with the number of its table, and how many more there are."""
        said = [
            self.words("document.finding", finding=part.headline.rstrip("."), table=grid.label)
            if grid
            else part.headline
            for part, grid in shown
            if not isinstance(part, Board)  # what it finds stands over it
        ]
        blocks: list[Block] = [Bullets(tuple(said[:_OTHERS]))] if said else []
        if more := len(said[_OTHERS:]):
            blocks.append(Text("note", self.words("document.more", count=self.words.number(more))))
        return blocks

    def _annexed(self, figure: Figure, grid: Grid | None, drawn: bool) -> Iterator[Block]:
        """What the text does not say of a figure: its table and how it was made; of one without its chart all of it."""
        if grid is None and not (drawn and not figure.method):
            yield Text("note", figure.heading)
        if not drawn:
            yield Text("finding", figure.headline)
            if figure.subtitle:
                yield Text("measure", figure.subtitle)
        if grid is not None:
            yield grid
        yield from (Text("note", note) for note in figure.notes if not drawn or note in figure.method)
        if grid is None and not drawn and (said := sources_said(figure.sources, self.words, all_of=True)):
            yield Text("source", said)

    def _tiles(self, tiles: Tiles) -> Grid:
        cells = {
            "label": texts(tile.label for tile in tiles.tiles),
            "value": figures("number", [tile.value for tile in tiles.tiles]),
            "change": texts(tile.change for tile in tiles.tiles),
            "note": texts(tile.note for tile in tiles.tiles),
        }
        columns = [replace(each, heading=self.words(f"document.tile.{name}")) for name, each in cells.items()]
        return self.grid(tiles.heading, columns, name="headlines", upright=True)

    def _exhibit(self, figure: Figure, grid: Grid | None) -> Exhibit:
        """A finding with its chart, a caption that has no number yet, and its source."""
        blocks: list[Text | Picture] = [Text("note", f"{self.words('synthetic.mark')}.")] if figure.synthetic else []
        blocks.append(Text("finding", figure.title))
        if figure.subtitle:
            blocks.append(Text("measure", figure.subtitle))
        specification = drawable(figure)
        drawing = draw(specification, self.words.language)
        blocks.append(Picture(drawing, specification["description"], figure.heading))
        blocks += [Text("note", note) for note in figure.notes if note not in figure.method]
        return Exhibit((*blocks, *self._source(figure, grid)))

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

    def _table(self, figure: Figure) -> Grid | None:
        """The table of a figure under the next number, if it has rows."""
        if not figure.columns or not figure.columns[0].cells:
            return None
        made_up = f" ({self.words('synthetic.mark')})" if figure.synthetic else ""
        return self.grid(
            figure.heading + made_up,
            figure.columns,
            name=figure.figure_id,
            under=tuple(filter(None, [sources_said(figure.sources, self.words, all_of=True)])),
            sources=tuple(source_said(source, self.words) for source in figure.sources),
        )

    def _source(self, figure: Figure, grid: Grid | None) -> Iterator[Text]:
        """The sources, and where the table is; all of them, if there is none."""
        said = sources_said(figure.sources, self.words, all_of=grid is None)
        see = self.words("document.see", table=grid.label) if grid else ""
        if said or see:
            yield Text("source", " ".join(filter(None, [said, see])))


def drawable(figure: Figure) -> dict[str, Any]:
    """The specification of a figure's chart for a printed page: light colours, the one face, no title of its own."""
    assert figure.chart is not None
    text = json.dumps(specification(figure.chart), ensure_ascii=False)
    specified: dict[str, Any] = json.loads(text.replace(CHART_FONT, DRAWN_WITH))
    specified.pop("title", None)
    return specified | {"width": STATIC_WIDTH, "background": "white"}
