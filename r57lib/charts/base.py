"""What every chart has: its look, its words, its frame, and its specification.

altair checks and copies each part as it is made. Both are left out where that changes nothing: the tests validate every
chart of every figure, and a layered chart gets its frame as it is built.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import isfinite
from textwrap import wrap
from typing import Any

import altair as alt
import pandas as pd
from altair.utils.schemapi import debug_mode

from r57lib.charts.theme import CHART_FONT, colour

Chart = alt.LayerChart | alt.Chart


class _Layers(alt.LayerChart):
    """Layers that have neither parameters nor a size of their own.

    altair looks for those, copying every layer four times, whenever a chart is made or copied.
    """

    def __init__(self, layer: Sequence[alt.Chart] = (), data: Any = alt.Undefined, **around: Any) -> None:
        first = layer[0].data if layer else alt.Undefined
        if data is alt.Undefined and all(each.data is first for each in layer):
            data = first
            layer = [_without_data(each) for each in layer]
        super(alt.LayerChart, self).__init__(data=data, layer=list(layer), **around)


def _without_data(chart: alt.Chart) -> alt.Chart:
    bare = chart.copy(deep=False)
    bare.data = alt.Undefined
    return bare


_SERIES = ("series_1", "series_2", "series_3", "series_4", "completed_late", "muted")


@alt.theme.register("r57", enable=True)
def r57() -> alt.theme.ThemeConfig:
    """Quiet charts: no frame, pale grid, type of 13 px, muted axes."""
    ink, muted, grid = colour("ink"), colour("muted"), colour("grid")
    axis: Any = {
        "labelColor": muted,
        "titleColor": muted,
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": "normal",
        "gridColor": grid,
        "domainColor": grid,
        "tickColor": grid,
        "labelLimit": 220,
        "aria": False,
    }
    return {
        "config": {
            "background": "transparent",
            "font": CHART_FONT,
            "padding": 4,
            "view": {"stroke": None},
            "axis": axis,
            "axisY": {"domain": False, "ticks": False},
            "text": {"color": ink, "fontSize": 13, "aria": False},
            "bar": {"aria": False, "color": colour("series_1")},
            "line": {"aria": False, "color": colour("series_1"), "strokeWidth": 2},
            "point": {"aria": False, "color": colour("series_1"), "filled": True, "size": 70, "opacity": 1},
            "rule": {"aria": False},
            "tick": {"aria": False},
            "area": {"aria": False, "color": colour("series_1")},
            "rect": {"aria": False},
            "title": {
                "anchor": "start",
                "color": ink,
                "subtitleColor": muted,
                "fontSize": 16,
                "subtitleFontSize": 13,
                "offset": 12,
                "fontWeight": 600,
            },
            "header": {"labelColor": ink, "titleColor": muted, "labelFontSize": 13, "titleFontSize": 13},
            "range": {"category": [colour(name) for name in _SERIES]},
            "legend": {
                "labelColor": ink,
                "titleColor": muted,
                "labelFontSize": 13,
                "titleFontSize": 13,
                "titleFontWeight": "normal",
                "orient": "top",
                "aria": False,
            },
        }
    }


@dataclass(frozen=True)
class Texts:
    """The words of a chart: title (the finding), subtitle (measure, unit, scope, date), description (for the ear)."""

    title: str
    subtitle: str
    description: str


@dataclass(frozen=True)
class Slider:
    """A control under a chart: of the rows of a part, those are drawn whose `step` it shows.

    It goes from `low` to `high` by `by` and stands at `value`; the rows of each step come finished, as all rows do.
    """

    part: str
    label: str
    low: float
    high: float
    by: float
    value: float

    def parameter(self) -> alt.Parameter:
        """The parameter of Vega, named after the part."""
        control = alt.binding_range(min=self.low, max=self.high, step=self.by, name=self.label)
        return alt.param(name=f"at_{self.part}", value=self.value, bind=control)

    @property
    def shown(self) -> str:
        """Whether a row is drawn, as an expression of Vega."""
        return f"(datum.part != '{self.part}' || abs(datum.step - at_{self.part}) < {self.by / 10})"


def finish(
    layers: Sequence[alt.Chart], texts: Texts, *, height: Any, apart: Sequence[str] = (), sliders: Sequence[Slider] = ()
) -> Chart:
    """Layers with their words, as wide as their place on the page; of the channels `apart` each has its own scale."""
    return _Layers(
        layer=list(layers),
        width="container",
        height=height,
        title=alt.TitleParams(text=texts.title, subtitle=texts.subtitle),
        description=texts.description,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        resolve=alt.Resolve(scale=_independent(apart)) if apart else alt.Undefined,
        params=[each.parameter().param for each in sliders] or alt.Undefined,
    )


def _independent(channels: Sequence[str]) -> alt.ScaleResolveMap:
    return alt.ScaleResolveMap(
        color="independent" if "color" in channels else alt.Undefined,
        x="independent" if "x" in channels else alt.Undefined,
    )


def with_stamp(chart: Chart, text: str) -> Chart:
    """The chart in a hatched frame with a stamp above it, which go wherever the chart goes.

    Nothing lies under or over the marks: a band among them would look like an interval. On a phone the stamp is what
    stands before its comma.
    """
    one = alt.Chart(pd.DataFrame({"stamp": [text]}))
    frame = one.mark_rect(filled=False, stroke=colour("muted"), strokeWidth=2, strokeDash=[3, 4])
    ends = {"x2": alt.X2Value(alt.ExprRef("width + 2")), "y2": alt.Y2Value(alt.ExprRef("height + 2"))}  # type: ignore[no-untyped-call]
    words = one.transform_calculate(said="width < 340 ? split(datum.stamp, ',')[0] : datum.stamp").mark_text(
        align="left", baseline="bottom", fontSize=12, fontWeight=600, color=colour("muted")
    )
    placed = {"x": x_at(0), "y": y_at(-24), "text": alt.Text("said:N")}
    stamped: Chart = chart + frame.encode(x=x_at(-2), y=y_at(-18), **ends) + words.encode(**placed)
    stamped.config = alt.Config(legend=alt.LegendConfig(offset=42), axisTop=alt.AxisConfig(offset=36))
    return stamped


def unchecked(draw: Callable[[], Chart]) -> Chart:
    """The chart that a function draws, without altair's check of each part."""
    with debug_mode(False):
        return draw()


def specification(chart: Chart) -> dict[str, Any]:
    """A chart in Vega-Lite, its data among it."""
    with alt.data_transformers.enable(_ROWS), debug_mode(False):
        return chart.to_dict(validate=False)


def _rows(table: Any, **_: Any) -> dict[str, Any]:
    """The rows of a table as JSON has them: what altair makes of them, without a copy of the table for each column."""
    columns = [_cells(column) for _, column in table.items()]
    names = list(table.columns)
    return {"values": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]}


def _cells(column: pd.Series[Any]) -> list[Any]:
    """Days in full, since a browser would take a bare date for one of another time zone; null for what is missing."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return ["" if pd.isna(day) else day.isoformat() for day in column]
    if pd.api.types.is_float_dtype(column.dtype):
        return [value if isfinite(value) else None for value in column.astype("float64").tolist()]
    return [None if missing else cell for cell, missing in zip(column.tolist(), column.isna().tolist(), strict=True)]


_ROWS = "r57-rows"
alt.data_transformers.register(_ROWS, _rows)


BAND, HEAD_LINE = 46, 15
SHAPES = ["circle", "square", "triangle-up", "diamond"]
"""Of the marks of as many series: none is told by its colour alone."""
RIM: dict[str, Any] = {"stroke": colour("page"), "strokeWidth": 4}  # under a text, so that no line runs through it
NARROW = "width < 300"
"""Whether a chart is drawn on the narrowest phone, as an expression of Vega."""
WEIGHT: dict[str, Any] = {"fontWeight": alt.ExprRef(f"{NARROW} ? 400 : 600")}
FITS = 35
"""Letters that stand side by side on the narrowest phone."""


def in_lines(text: str, *, beside: int = 0, fits: int = FITS) -> list[str]:
    """A text in lines that fit; the last leaves room for so many letters `beside` it.

    Of the places where it may break, one after a colon or an arrow or before a bracket is the best.
    """
    room = fits - beside - 2 * (beside > 0)
    if len(text) <= room:
        return [text]
    spaces = [at for at, letter in enumerate(text) if letter == " " and at <= fits and len(text) - at - 1 <= room]
    if not spaces:
        return [*wrap(text, fits), *[""] * (beside > 0)]
    at = max(spaces, key=lambda at: (text[at - 1] in ":→" or text[at + 1] == "(", min(at, len(text) - at)))
    return [text[:at], text[at + 1 :]]


def headed(table: pd.DataFrame, beside: str = "") -> pd.DataFrame:
    """The table with the label of each row as lines, `head`, all of as many; `beside` is the column of its value.

    Where the table has its lines already, `name` and `under`, these stay.
    """
    if "under" in table:
        return table
    values = table[beside] if beside else [""] * len(table)
    heads = [in_lines(row, beside=len(text)) for row, text in zip(table["row"], values, strict=True)]
    most = max((len(head) for head in heads), default=1)
    return table.assign(head=["\n".join([""] * (most - len(head)) + head) for head in heads])


def tall(table: pd.DataFrame, step: int) -> int:
    """The height of a chart with one band for each row label."""
    more = max(int(table["head"].str.count("\n").max()), 0) * HEAD_LINE if "head" in table else 0
    return int(table["row"].nunique()) * (step + more)


def x_at(place: int | str) -> alt.XValue:
    """A fixed place: for a bare `alt.value`, altair would go through all of its classes to find the channel's."""
    return alt.XValue(place)  # type: ignore[no-untyped-call]


def y_at(place: int | str) -> alt.YValue:
    """The same from the top."""
    return alt.YValue(place)  # type: ignore[no-untyped-call]


def one_colour(name: str) -> alt.ColorValue:
    """A colour of the theme for every mark."""
    return alt.ColorValue(colour(name))


def colour_scale(colours: dict[str, str]) -> alt.Scale:
    """Values of a column to colours of the theme, by name."""
    return alt.Scale(domain=list(colours), range=[colour(name) for name in colours.values()])


def row_axis(table: pd.DataFrame, column: str) -> alt.Y:
    """A row for each value, in the order of the table, its label to be written above the mark."""
    return alt.Y(f"{column}:N", sort=list(dict.fromkeys(table[column])), axis=None)


def wrapped_legend(names: Collection[str]) -> alt.Legend:
    """What some colours mean: in one line where they are few and short, else in two columns, or one on a phone."""
    line = len(names) if sum(len(name) + 4 for name in names) < _SHORT else 0
    columns = f"width < 300 ? 2 : {line}" if line else "width < 420 ? 1 : 2"
    return alt.Legend(title=None, values=list(names), columns=alt.ExprRef(columns), labelLimit=330)


_SHORT = 46


def row_labels(base: alt.Chart, rows: alt.Y, text: str, *, dy: int = -13, **mark: Any) -> alt.Chart:
    """Texts above the marks of each row, from the left edge."""
    texts: alt.Chart = base.mark_text(align="left", baseline="middle", dy=dy, x=0, **mark)
    return texts.encode(y=rows, text=alt.Text(f"{text}:N"), x=x_at(0))


def clear_labels(base: alt.Chart, rows: alt.Y, table: pd.DataFrame) -> list[alt.Chart]:
    """The labels of rows on rims of the page's colour, so that no line of the grid runs through them."""
    return [*row_heads(base, rows, table, **RIM), *row_heads(base, rows, table)]


def row_heads(base: alt.Chart, rows: alt.Y, table: pd.DataFrame, *, dy: int = -13, **mark: Any) -> list[alt.Chart]:
    """The labels of rows as `headed` breaks them; where there are `name` and `under`, these two lines."""
    if "under" not in table:
        up = HEAD_LINE * int(table["head"].str.count("\n").max()) if len(table) else 0
        return [row_labels(base, rows, "head", dy=dy - up, lineBreak="\n", lineHeight=HEAD_LINE, **mark)]
    second = row_labels(base, rows, "under", dy=dy + 4, fontSize=12, color=colour("muted"))
    return [row_labels(base, rows, "name", dy=dy - 12), second]


def row_values(base: alt.Chart, rows: alt.Y, text: str = "text", *, dy: int = -13, **mark: Any) -> list[alt.Chart]:
    """The value of each row, right-aligned above its mark."""
    texts = base.mark_text(align="right", baseline="middle", dy=dy, **WEIGHT, **mark)
    return [texts.encode(x=x_at("width"), y=rows, text=alt.Text(f"{text}:N"))]


def day_axis(count: int, *, grid: bool, padding: int | None = None, field: str = "day") -> alt.X:
    """An axis of time that reads the same in every language: years, months (`9/2025`) or days (`05/3`, `26/10`)."""
    number = "(month(datum.value) < 2 ? '0' : '') + (month(datum.value) + 1)"
    day, year = "timeFormat(datum.value, '%d/')", "year(datum.value)"
    form = f"date(datum.value) > 1 ? {day} + {number} : month(datum.value) ? {number} + '/' + {year} : {year}"
    axis = alt.Axis(title=None, grid=grid, tickCount=count, labelOverlap=True, labelExpr=form)
    return alt.X(f"{field}:T", axis=axis, scale=alt.Scale(padding=padding) if padding else alt.Undefined)


def period_axis(days: pd.Series[pd.Timestamp], *, padding: int) -> alt.X:
    """An axis of months, or of years where they are many, each named at its middle: a value stands over its name."""
    begun, ended = days.min(), days.max()
    step = 12 if 12 * (ended.year - begun.year) + ended.month - begun.month > _MONTHS else 1
    first, last = (each.to_period("Y" if step == 12 else "M") for each in (begun, ended))
    bands = pd.period_range(first, last)
    bands = bands[:: -max(1, -(-len(bands) // _NAMED[step]))][::-1]  # the newest is named
    middles = [{"year": each.year, "month": 7, "date": 1} if step == 12 else
               {"year": each.year, "month": each.month, "date": 15} for each in bands]  # fmt: skip
    number = "(month(datum.value) < 2 ? '0' : '') + (month(datum.value) + 1) + '/' + year(datum.value)"
    axis = alt.Axis(
        title=None, grid=False, values=middles, labelOverlap=True, labelFlush=False,
        labelExpr="year(datum.value)" if step == 12 else number,
    )  # fmt: skip
    ends = [{"year": day.year, "month": day.month, "date": day.day} for day in (first.start_time, last.end_time)]
    return alt.X("day:T", axis=axis, scale=alt.Scale(domain=ends, padding=padding))


_MONTHS, _NAMED = 36, {1: 5, 12: 12}
"""Months from which an axis names years, and how many months or years it names."""


def column_axis(names: Sequence[str]) -> alt.X:
    """A column for each period, named in full: for values of unlike periods, which no axis of time can hold."""
    axis = alt.Axis(
        title=None, labelAngle=0, labelFontSize=12, labelLineHeight=14, labelExpr=r"split(datum.label, '\n')",
        labelOverlap=False, labelPadding=6, ticks=False,
    )  # fmt: skip
    return alt.X("column:N", sort=list(names), axis=axis)


def series_breaks(breaks: pd.DataFrame | None, x: alt.X) -> list[alt.Chart]:
    """A vertical line with its words on each day from which values no longer compare with earlier ones."""
    if breaks is None or breaks.empty:
        return []
    base, dark = alt.Chart(breaks), colour("reference")
    rule = base.mark_rule(strokeDash=[2, 3], color=dark).encode(x=x)
    text = base.mark_text(align="right", dx=-5, fontSize=12, color=dark).encode(x=x, y=y_at(8), text=alt.Text("text:N"))
    return [rule, text]
