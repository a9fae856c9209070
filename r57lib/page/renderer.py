"""An analyst's own altair charts: drawn wherever the notebook is opened, and a figure of ours on a page.

JupyterLab draws them with the extension of `page/lab.py`, and so needs nothing from outside; whoever has no scripts
gets the picture that stands beside.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any

import altair as alt
from IPython.core.getipython import get_ipython

from r57lib.charts.base import unchecked, with_stamp
from r57lib.charts.render import STATIC_WIDTH, draw
from r57lib.charts.theme import BLENDS, COLOURS, TIME_LOCALES, adaptive
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
_DISCRETE = ("threshold", "quantile", "quantize", "ordinal", "bin-ordinal")


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
    fitted = _Fitted(language, _room(spec.get("width")) if one else "", {**spec.get("config", {})})
    spec = fitted.view(spec)
    if fitted.config:
        spec["config"] = fitted.config
    return {"title": texts[0], "subtitle": texts[1], "description": description, "spec": spec}


def _without(part: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: each for key, each in part.items() if key != name}


def _room(width: Any) -> str:
    """How wide a chart is without its axis, the same in every pass: or a legend would grow when its place is fixed."""
    if width == "container":
        seen = f"isFinite(containerSize()[0]) ? containerSize()[0] : {STATIC_WIDTH}"
        return f"(0 * width + ({seen}) - {_AXIS})"
    return str(width) if isinstance(width, int | float) else "width"


def _with_room(told: dict[str, Any]) -> dict[str, Any]:
    """A channel whose outermost marks stand off the edge, unless it says itself how far it goes."""
    scale = told.get("scale", {})
    if told.get("type") not in ("quantitative", "temporal") or scale is None or "bin" in told or "domain" in scale:
        return told
    return {**told, "scale": {"padding": 8, "nice": False} | scale}


@dataclass
class _Fitted:
    """What an analyst has left open in a chart, as pages need it: see `channel`.

    `room` is how wide it is, without its axis, as an expression of Vega, and empty for several side by side; `config`
    is that of the chart.
    """

    language: str
    room: str
    config: dict[str, Any]

    def view(self, part: dict[str, Any]) -> dict[str, Any]:
        """A chart, or one of those that it is made of."""
        made = {**part}
        for name in {"layer", "concat", "hconcat", "vconcat"} & part.keys():
            made[name] = [self.view(each) for each in part[name]]
        if isinstance(part.get("spec"), dict):
            made["spec"] = self.view(part["spec"])
        if "encoding" in part:
            made["encoding"] = {name: self.channel(name, each) for name, each in part["encoding"].items()}
            self._join_legends(made["encoding"])
            if any(isinstance(each, dict) and each.get("bind") == "scales" for each in part.get("params", ())):
                for name in {"x", "y"} & made["encoding"].keys():  # cut at the edges: those at the very ends, too
                    made["encoding"][name] = _with_room(made["encoding"][name])
        return made

    def channel(self, name: str, told: Any) -> Any:
        """What a channel shows: in colours for light and dark, its days and legend to be read in whole."""
        if not isinstance(told, dict):
            return told
        made = {**told}
        if isinstance(told.get("condition"), dict):
            made["condition"] = self.channel(name, told["condition"])
        kind = told.get("type")
        if kind in ("quantitative", "temporal", "ordinal") and told.get("scale", {}) is not None:
            self._blend(name, kind, made)
        if self.language in TIME_LOCALES and (kind == "temporal" or "timeUnit" in told):
            self._name_days(name, made)
        if kind in ("nominal", "ordinal") and name in _LEGENDS and told.get("legend", {}) is not None:
            self._legend(name, made)
        return made

    def _blend(self, name: str, kind: str, made: dict[str, Any]) -> None:
        """Colours between two: of what is given, in a form that stays as it is; else a scheme that follows the ground.

        Nothing lies half-way between two variables.
        """
        scale: dict[str, Any] = made.get("scale", {})
        given = scale.get("range")
        if isinstance(given, list) and kind != "ordinal" and scale.get("type") not in _DISCRETE:
            fixed = [_RGB.get(each, each) if isinstance(each, str) else each for each in given]
            made["scale"] = {**scale, "range": fixed}
        elif name in ("color", "fill", "stroke") and not {"range", "scheme", "interpolate"} & scale.keys():
            schemes = {range_: {"scheme": [written for written, _ in pairs]} for range_, pairs in BLENDS.items()}
            self.config["range"] = schemes | self.config.get("range", {})
            made["scale"] = {**scale, "interpolate": "string"}

    def _name_days(self, name: str, made: dict[str, Any]) -> None:
        """Days by number, as this language has them; where they are named, in its words."""
        self.config["locale"] = {"time": TIME_LOCALES[self.language]} | self.config.get("locale", {})
        self.config.setdefault("timeFormat", "%d/%m/%Y")
        axis = made.get("axis", {})
        form = _DAYS if "timeUnit" not in made else _UNITS.get(str(made["timeUnit"]).removeprefix("utc"))
        if name in ("x", "y") and form and axis is not None and not {"format", "labelExpr"} & axis.keys():
            made["axis"] = {**axis, "format": form}
        if name in _LEGENDS and made.get("legend", {}) is not None:
            form = "%d/%m/%Y" if form is _DAYS else form
            made["legend"] = ({"format": form} if form else {}) | made.get("legend", {})

    def _legend(self, name: str, made: dict[str, Any]) -> None:
        """Its labels in whole, in lines that fit; side by side where there is room for all."""
        legend = {"labelLimit": 0, **made.get("legend", {})}
        orient = legend.get("orient", self.config.get("legend", {}).get("orient", "right"))
        letters = "28"
        if self.room and orient in ("top", "bottom") and "columns" not in legend:
            count = f"length(domain('{name}'))"
            needed = f"({_LETTER} * length(join(domain('{name}'), '')) + {_SYMBOL} * {count})"
            many = f"max(1, min({count}, floor(0.8 * {self.room} * {count} / {needed})))"
            legend["columns"] = {"expr": f"{needed} < {self.room} ? {count} : {many}"}
            letters = f"({needed} < {self.room} ? 99 : max(12, floor(({self.room} / {many} - {_SYMBOL}) / {_LETTER})))"
        lines = f"regexp('(.{{1,' + {letters} + '}})( |$)', 'g')"
        legend.setdefault("labelExpr", rf"split(trim(replace(datum.label, {lines}, '$1\n')), '\n')")
        made["legend"] = legend
        self.config["legend"] = {"layout": {"top": {"direction": "vertical"}}} | self.config.get("legend", {})

    def _join_legends(self, channels: dict[str, Any]) -> None:
        """What colour and shape say together has one legend, if both would write it in the same way."""
        first: dict[str, dict[str, Any]] = {}
        for name in _LEGENDS:
            told = channels.get(name)
            if isinstance(told, dict) and told.get("legend") and isinstance(told.get("field"), str):
                legend: dict[str, Any] = first.setdefault(told["field"], told["legend"])
                same = {key: legend[key] for key in ("columns", "labelExpr") if key in legend}
                channels[name] = {**told, "legend": {**told["legend"], **same}}


_LETTER, _SYMBOL, _AXIS = 7, 30, 80
"""The width of a letter of a legend, on average, of what stands around a label, and of an axis, in pixels."""
_LEGENDS = ("color", "fill", "stroke", "shape", "strokeDash", "size", "opacity")
_DAYS = {
    "year": "%Y", "quarter": "%m/%Y", "month": "%m/%Y", "week": "%d/%m", "date": "%d/%m", "day": "%d/%m",
    "hours": "%H:%M", "minutes": "%H:%M",
}  # fmt: skip
_UNITS = {"yearmonth": "%m/%Y", "yearmonthdate": "%d/%m/%Y", "monthdate": "%d/%m", "yearquarter": "Q%q/%Y"}


_RGB = {
    light: f"rgb({int(light[1:3], 16)},{int(light[3:5], 16)},{int(light[5:], 16)})" for light, _ in COLOURS.values()
}


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
