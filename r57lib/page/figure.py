"""A figure: what one section of a page shows, with its values, its chart and its sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
from markupsafe import Markup

from r57lib.charts.base import Chart, specification
from r57lib.charts.render import compiled, static_svg
from r57lib.charts.theme import adaptive
from r57lib.page.assets import beyond_small
from r57lib.page.columns import Column, tidy
from r57lib.page.shown import CHART, Shown, chart_data
from r57lib.page.templates import render, script_json
from r57lib.view.citations import SourceLine
from r57lib.view.words import Words


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
