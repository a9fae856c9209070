"""An analyst's own altair charts: drawn wherever the notebook is opened, and a figure of ours on a page.

JupyterLab draws them with the extension of `page/lab.py`, and so needs nothing from outside; whoever has no scripts
gets the picture that stands beside.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from functools import cache, wraps
from typing import Any

import altair as alt
from IPython.core.getipython import get_ipython

from r57lib.charts.base import unchecked, with_stamp
from r57lib.charts.fitted import fitted
from r57lib.charts.render import STATIC_WIDTH, draw
from r57lib.charts.theme import adaptive
from r57lib.data.load import load_tables
from r57lib.data.tables import Tables
from r57lib.errors import WrongCall
from r57lib.page.figure import Figure
from r57lib.page.shown import CHART, FIGURE, chart_data
from r57lib.view.view import View, open_view
from r57lib.view.words import LANGUAGES, Words, words_of

MOST_ROWS = 5000
"""A chart with so many rows is refused: it is not to be read, and each row stands in the notebook."""

_NAME = "r57"


class TooManyRows(WrongCall):
    """A chart that nobody can read; the notebook shows the message without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


@cache
def _enable_altair() -> None:
    alt.renderers.enable(_NAME)
    alt.data_transformers.enable(_NAME)


def enable() -> None:
    """Have altair draw with us from now on, until somebody asks it for another renderer, and show views in our style.

    A host that shows them in its own way has said so before.
    """
    _enable_altair()
    shell: Any = get_ipython()
    formatter = shell.display_formatter.mimebundle_formatter if shell else None
    for kind in (View, Tables):
        if formatter and kind not in formatter.type_printers:
            formatter.for_type(kind, _explained)


def _explained(shown: View | Tables, **_: Any) -> dict[str, Any]:
    language = shown.words.language if isinstance(shown, View) else LANGUAGES[0]
    return {FIGURE: {"language": language}, "text/html": shown._repr_html_(), "text/plain": repr(shown)}


@wraps(open_view)
def open_spoken(**arguments: Any) -> View:
    """Open the data for a page, and have own charts write numbers in its language from now on."""
    view = open_view(**arguments)
    for registry in (alt.renderers, alt.data_transformers):
        if registry.active == _NAME:
            registry.enable(_NAME, words=view.words)
    return view


def own_figure(
    chart: Any, words: Words, name: str, *, heading: str = "", question: str = "", synthetic: bool = False
) -> Figure:
    """An own chart as a figure of ours: on a page with picture, theme, alternative text and downloads.

    `chart` is altair's object, or what its mime bundle holds under `CHART`; `name` becomes the figure's id on the page.
    The chart's title is the finding, its subtitle the measure, its `description` the alternative text. What is
    `synthetic` says so, also across the chart. Raises `TooManyRows`.
    """
    if isinstance(chart, Mapping):
        told: dict[str, Any] = dict(chart)
    else:
        with alt.data_transformers.enable(_NAME, words=words):
            told = _told(chart.to_dict(), words.language)
    if isinstance(told["spec"], str):
        told["spec"] = json.loads(told["spec"])
    spec = told["spec"] | {"description": told["description"]}
    return Figure(
        figure_id=name,
        heading=heading,
        question=question,
        title=told["title"],
        subtitle=told["subtitle"],
        columns=(),
        fact_ids=(),
        sources=(),
        words=words,
        draw=lambda: _drawn(spec, words("synthetic.mark") if synthetic else ""),
        synthetic=synthetic,
    )


def _drawn(spec: dict[str, Any], across: str) -> Any:
    """The chart of a specification, with words across it where it is one chart and not several."""
    chart = unchecked(lambda: _chart(spec))  # altair knows not all that Vega does
    several = {"row", "column", "facet"} & spec.get("encoding", {}).keys()
    if not across or several or not isinstance(chart, alt.Chart | alt.LayerChart):
        return chart
    whole = {name: chart._kwds.pop(name) for name in _OF_THE_WHOLE if name in chart._kwds}
    marked: Any = with_stamp(chart, across)
    for name in whole.keys() - {"$schema"}:
        marked[name] = whole[name]
    if "config" in whole:  # room for the words between the chart and its legend
        config = {**whole["config"].to_dict(validate=False)}
        for part, offset in (("legend", 42), ("axisTop", 36)):
            config[part] = {"offset": offset} | config.get(part, {})
        marked.config = config
    return marked


def _chart(spec: dict[str, Any]) -> Any:
    """A specification as altair's object, of which the parts are charts, too."""
    name = next(each for each in _KINDS if each in spec)
    if name == "mark":
        return alt.Chart.from_dict(spec, validate=False)
    if name in ("facet", "repeat"):
        return _KINDS[name](**{**spec, "spec": _chart(spec["spec"])})
    chart: Any = _KINDS[name].from_dict({**spec, name: []}, validate=False)
    chart[name] = [_chart(each) for each in spec[name]]
    return chart


_KINDS: dict[str, Any] = {
    "mark": alt.Chart, "layer": alt.LayerChart, "facet": alt.FacetChart, "repeat": alt.RepeatChart,
    "concat": alt.ConcatChart, "hconcat": alt.HConcatChart, "vconcat": alt.VConcatChart,
}  # fmt: skip
_OF_THE_WHOLE = ("$schema", "datasets", "config", "autosize", "background", "padding", "description")
"""What no layer of a chart may say for itself."""


def _told(specification: dict[str, Any], language: str) -> dict[str, Any]:
    """What an own chart says: its title and subtitle apart from its specification, which is as wide as its place."""
    spec = {**specification}
    if "layer" in spec:  # altair leaves the words of a chart with the layers that were made of it
        layers = spec["layer"]
        for name in ("title", "description"):
            said = next((each[name] for each in layers if name in each), None)
            if said and name not in spec:
                spec[name] = said
                spec["layer"] = [_without(each, name) if each.get(name) == said else each for each in spec["layer"]]
    title = spec.get("title", "")
    told = title if isinstance(title, dict) else {"text": title}
    texts = [
        " ".join(each) if isinstance(each, list) else each for each in (told.get("text", ""), told.get("subtitle", ""))
    ]
    if all(isinstance(each, str) for each in texts):
        spec.pop("title", None)
    else:
        texts = ["", ""]  # an expression: only the chart itself can say it
    spaced = {"row", "column", "facet"} & spec.get("encoding", {}).keys()
    one = not spaced and ("mark" in spec or "layer" in spec)
    if "width" not in spec and one:
        spec["width"] = "container"
    description = spec.get("description") or ". ".join(filter(None, texts)) or "Biểu đồ · Chart"
    return {
        "title": texts[0],
        "subtitle": texts[1],
        "description": description,
        "spec": fitted(spec, language, one=one),
    }


def _without(part: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: each for key, each in part.items() if key != name}


def _rendered(specification: dict[str, Any], *, words: Words | None = None) -> dict[str, Any]:
    """The mime bundle of an own chart: for JupyterLab, for whoever draws nothing, and for whoever shows text."""
    language = words.language if words else LANGUAGES[0]
    told = _told(specification, language)
    title = {"text": textwrap.wrap(told["title"], 62), "subtitle": textwrap.wrap(told["subtitle"], 92)}
    still: dict[str, Any] = {"background": "#FFFFFF"} | told["spec"] | ({"title": title} if told["title"] else {})
    if still.get("width") == "container":
        still["width"] = STATIC_WIDTH
    if still.get("config", {}).get("background") == "transparent":
        still["config"] = still["config"] | {"background": "#FFFFFF"}
    return {
        CHART: chart_data(adaptive(told["spec"]), told["title"], told["subtitle"], told["description"], language),
        "image/svg+xml": draw(still, language),
        "text/plain": told["description"],
    }


def _rows(data: Any, *, words: Words | None = None) -> Any:
    """The rows of a chart as altair writes them; raises `TooManyRows`."""
    try:
        alt.limit_rows(data, max_rows=MOST_ROWS - 1)
    except alt.MaxRowsError:
        both = [words] if words else [words_of(load_tables(None)["labels"], each) for each in LANGUAGES]
        raise TooManyRows("\n".join(_too_many(data, each) for each in both)) from None
    return alt.to_values(data)


def _too_many(data: Any, words: Words) -> str:
    return words("chart.rows", rows=words.number(len(data)), most=words.number(MOST_ROWS))


alt.renderers.register(_NAME, _rendered)
alt.data_transformers.register(_NAME, _rows)
