"""The parts of a page: headers, tiles, sentences and findings, as accessible HTML; the plan of one of a live page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from markupsafe import Markup, escape

from r57lib.page.columns import Cell
from r57lib.page.figure import Figure
from r57lib.page.navigation import page_word
from r57lib.page.shown import Shown
from r57lib.page.templates import render, script_json
from r57lib.view.view import View
from r57lib.view.words import Words


@dataclass(frozen=True)
class Tile:
    """A headline: a figure, what it is, how it changed, the facts behind it; `then` is that of a second month."""

    label: str
    value: Cell
    note: str = ""
    change: str = ""
    fact_ids: tuple[str, ...] = ()
    link: str = ""
    then: Tile | None = None


@dataclass(frozen=True)
class Parameter:
    """A parameter of the page, as its reader sees it."""

    name: str
    value: str


@dataclass(frozen=True, repr=False)
class Tiles(Shown):
    """Up to five headlines in a row; `other` names the second month beside which they stand."""

    tiles: tuple[Tile, ...]
    heading: str
    words: Words
    cited: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    other: str = ""

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """The facts behind all of them."""
        return tuple(fact for tile in self.tiles for fact in tile.fact_ids)

    def _repr_html_(self) -> str:
        return render("tiles.html", tiles=self.tiles, other=self.other, words=self.words, cited=script_json(self.cited))


OPEN_SENTENCES = 5
"""So many sentences of a list a page shows; the others are folded."""


@dataclass(frozen=True)
class Sentence:
    """A finding in words, the address of the figure that shows it, and the facts behind it."""

    text: str
    href: str
    shown_by: str
    fact_ids: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class Sentences(Shown):
    """A list of sentences, the weightiest first; `more` says how many are left out, `since` names the earlier month.

    `none` is said where there is no sentence.
    """

    figure_id: str
    heading: str
    question: str
    since: str
    rows: tuple[Sentence, ...]
    words: Words
    none: str
    more: str = ""
    cited: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """The facts behind all of them, each once."""
        return tuple(dict.fromkeys(fact for row in self.rows for fact in row.fact_ids))

    def _repr_html_(self) -> str:
        return render(
            "sentences.html",
            figure_id=self.figure_id,
            heading=self.heading,
            question=self.question,
            rows=self.rows,
            more=self.more,
            nothing=self.none,  # `none` is a word of the templates
            open=OPEN_SENTENCES,
            words=self.words,
            cited=script_json(self.cited),
        )


@dataclass(frozen=True)
class BriefLine:
    """A line of the brief; its `mark` says how it stands, the number of its `answer` is between two pairs of stars.

    `when` is the day that it speaks of, whose last is `end`, `age` how long ago that was, `who` whom the data name.
    """

    mark: str
    answer: str
    why: str
    when: str
    age: str
    who: str
    href: str
    end: date
    fact_ids: tuple[str, ...]
    synthetic: bool = False

    @property
    def text(self) -> str:
        """The answer without its stars; its day, which it may name itself, stands beside its number."""
        before, _, after = self.answer.rpartition("**")
        day = "" if f"({self.when})" in self.answer else f" ({self.when})"
        return f"{before}{day}{after}".replace("**", "")

    @property
    def strong(self) -> Markup:
        """The answer with its number in bold."""
        pieces = self.answer.split("**")
        return Markup("").join(Markup("<strong>{}</strong>").format(each) if n % 2 else escape(each)
                               for n, each in enumerate(pieces))  # fmt: skip


@dataclass(frozen=True, repr=False)
class Brief(Shown):
    """At most five lines on top of a page: what is so, of which day, against what, by whom.

    `counted` says from which day their ages and the days left are counted.
    """

    heading: str
    lines: tuple[BriefLine, ...]
    counted: str
    words: Words
    cited: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """The facts behind all of them, each once."""
        return tuple(dict.fromkeys(fact for line in self.lines for fact in line.fact_ids))

    def _repr_html_(self) -> str:
        return render("brief.html", brief=self, words=self.words, cited=script_json(self.cited))


@dataclass(frozen=True, repr=False)
class Header(Shown):
    """The head of a page: its title, with the `unit` that it is about, its question, month and other parameters.

    `note` says of a unit that nothing is known of it yet.
    """

    page: str
    parameters: tuple[Parameter, ...]
    words: Words
    synthetic: bool = False
    unit: str = ""
    note: str = ""

    def _repr_html_(self) -> str:
        return render(
            "header.html",
            words=self.words,
            page=self.page,
            page_word=page_word,
            parameters=self.parameters,
            synthetic=self.synthetic,
            unit=self.unit,
            note=self.note,
        )


@dataclass(frozen=True, repr=False)
class FindingList(Shown):
    """What the checks found: severity, sentence and facts of each; `told` where some stand elsewhere on the page."""

    rows: tuple[tuple[str, str, str], ...]
    words: Words
    cited: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    told: bool = False

    def _repr_html_(self) -> str:
        cited = script_json(self.cited)
        return render("findings.html", words=self.words, findings=self.rows, told=self.told, cited=cited)


@dataclass(frozen=True)
class Nothing:
    """What is left of a figure whose facts a filter has all taken, or whose register nobody has sent."""

    fact_ids: tuple[str, ...] = ()
    heading: str = ""

    def _repr_html_(self) -> str:
        return ""


Part = Figure | Tiles | Sentences | Brief | Header | FindingList | Nothing


@dataclass(frozen=True)
class Planned:
    """A part of a live page: made from a view when the page asks for it, and anew when a control changes.

    What else a cell asks of it, such as its `data`, it answers as the part that the view has now.
    """

    name: str
    make: Callable[[View], Part] = field(repr=False)
    view: View | None = field(default=None, repr=False)

    @cached_property
    def _now(self) -> Part:
        assert self.view is not None
        return self.make(replace(self.view, live=False))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or self.__dict__.get("view") is None:
            raise AttributeError(f"a part of a live page has no attribute '{name}'")
        return getattr(self._now, name)


def planned(view: View, name: str, make: Callable[[View], Part]) -> Part | Planned:
    """The part itself, or its plan where the view belongs to a live page."""
    if view.live:
        return Planned(name, make, view)
    made = make(view)
    if view.narrowed and isinstance(made, Figure) and not made.fact_ids:
        return made if made.columns and made.columns[0].cells else Nothing()  # what counts documents rests on no fact
    return made
