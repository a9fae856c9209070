"""The parts of a page: headers, tiles, figures, sentences and findings, as accessible HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from r57lib.charts.base import Chart, specification
from r57lib.charts.render import compiled, static_svg
from r57lib.charts.theme import NUMBER_LOCALES, adaptive
from r57lib.page.assets import beyond_small
from r57lib.page.columns import Cell, Column, tidy
from r57lib.page.navigation import page_word
from r57lib.page.templates import render, script_json
from r57lib.view.citations import SourceLine
from r57lib.view.view import View
from r57lib.view.words import Words

FIGURE = "application/vnd.r57.figure+json"
CHART = "application/vnd.r57.chart+json"
"""What JupyterLab shows with our extension: the HTML of a part in our style, and a chart by itself."""


def chart_data(spec: dict[str, Any], title: str, subtitle: str, description: str, language: str) -> dict[str, Any]:
    """A chart as the extension of JupyterLab draws it, its finding and measure above it as text.

    Its specification is JSON within a text: a notebook is copied and written several times, and of a tree each leaf.
    """
    told = {"title": title, "subtitle": subtitle, "description": description, "language": language}
    return {**told, "locale": NUMBER_LOCALES[language], "spec": json.dumps(spec, ensure_ascii=False)}


class Shown:
    """A part of a page as notebooks show it: in our style where our extension is, and as plain HTML elsewhere."""

    words: Words

    def __repr__(self) -> str:
        told = getattr(self, "heading", "") or getattr(self, "page", "")
        return f"<{type(self).__name__}: {told}>" if told else f"<{type(self).__name__}>"

    def _repr_html_(self) -> str:
        raise NotImplementedError

    def lab_data(self) -> dict[str, Any]:
        """What our extension of JupyterLab goes by, beside the HTML."""
        return {FIGURE: {"language": self.words.language}}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {**self.lab_data(), "text/html": self._repr_html_(), "text/plain": repr(self)}


@dataclass(frozen=True, repr=False)
class Figure(Shown):
    """What one section of a page shows: a finding, its chart or the reason why there is none, its table, its sources.

    `method` are those of its `notes` that a page folds; its table is `closed` where the finding says enough.
    `fact_ids` are the facts that the figure was computed from. A `synthetic` one rests on made-up figures, and says so;
    of a `folded` one a page shows the finding alone until it is opened.
    """

    figure_id: str
    heading: str
    question: str
    title: str
    subtitle: str
    columns: tuple[Column, ...]
    fact_ids: tuple[str, ...]
    sources: tuple[SourceLine, ...]
    words: Words
    draw: Callable[[], Chart] | None = None
    notes: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    cited: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    synthetic: bool = False
    folded: bool = False
    closed: bool = False

    @property
    def headline(self) -> str:
        """The finding as it stands for its notebook elsewhere: with the mark, where it rests on made-up figures."""
        return f"{self.title} ({self.words('synthetic.mark')})" if self.synthetic else self.title

    @cached_property
    def chart(self) -> Chart | None:
        """The chart, drawn when it is first asked for: an index of findings needs none."""
        return self.draw() if self.draw else None

    @cached_property
    def table(self) -> pd.DataFrame:
        """The texts of its table as a reader sees them, under their headings."""
        return pd.DataFrame({column.heading: column.texts for column in self.columns}, dtype="str")

    @cached_property
    def data(self) -> pd.DataFrame:
        """The values of its table, tidy: numbers as Int64 or float64 (shares 0-1), days as datetime64, texts as str.

        A column bears its key. Where its values differ in unit or carry a source's qualifier, `<key>_unit` and
        `<key>_qualifier` stand beside it; `<key>_end` is the last day of a period; `facts` holds lists of fact_ids.
        """
        return tidy(self.columns)

    def __repr__(self) -> str:
        return f"<Figure {self.figure_id}: {self.headline}>"

    def _repr_html_(self) -> str:
        return self.html()

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {**self.lab_data(), "text/html": self.html(alive=False), "text/plain": repr(self)}

    def lab_data(self) -> dict[str, Any]:
        """The same, and the chart by itself: for a notebook whose HTML is not to be trusted."""
        data = super().lab_data()
        if self._adapted:
            spec, language = self._adapted, self.words.language
            told = chart_data(spec, self.title, self.subtitle, spec.get("description", ""), language)
            data[CHART] = told | {"name": self.figure_id}
        return data

    def html(self, *, still: bool = True, alive: bool = True) -> str:
        """The section of the page; `still` adds a picture of the chart, for as long as no script has drawn it.

        Who draws it has it in Vega, and so has the page; without a picture it is Vega-Lite, as it comes. One that is
        not `alive` holds nothing for the scripts of a page.
        """
        return render(
            "figure.html",
            figure=self,
            drawing=self._drawing(still),
            words=self.words,
            cited=script_json(self.cited),
            alive=alive,
        )

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The chart in Vega-Lite, its data and its title among it; empty where there is none."""
        return specification(self.chart) if self.chart is not None else {}

    @cached_property
    def _adapted(self) -> dict[str, Any]:
        """The same in the page's colours, without its title, which the page sets in its own type."""
        return adaptive({name: each for name, each in self.spec.items() if name != "title"})

    @cached_property
    def still(self) -> Markup:
        """The picture of the chart in the page's colours; empty where there is none."""
        return static_svg(self._compiled[1], self.figure_id) if self._adapted else Markup()

    @cached_property
    def _compiled(self) -> tuple[dict[str, Any], str]:
        """The chart in Vega, and its picture as it was drawn."""
        return compiled(self._adapted, self.words.language)

    def _drawing(self, still: bool) -> dict[str, Any] | None:
        if not self._adapted:
            return None
        return {
            "spec": script_json(self._compiled[0] if still else self._adapted),
            "whole": still and bool(beyond_small(self._compiled[0])),
            "svg": self.still if still else "",
            "alt": self._adapted.get("description") or self.title or self.heading,
        }


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
        """The answer without its stars, and its day."""
        return f"{self.answer.replace('**', '')} ({self.when})"

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
