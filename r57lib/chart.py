"""What every chart has: its look, its words, its frame, and its specification.

altair checks and copies each part as it is made. Both are left out where that changes nothing: the tests validate every
chart of every figure, and a layered chart gets its frame as it is built.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import altair as alt
import pandas as pd
from altair.utils.schemapi import debug_mode

from r57lib.theme import CHART_FONT, colour

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
            "line": {"aria": False, "strokeWidth": 2},
            "point": {"aria": False, "filled": True, "size": 70, "opacity": 1},
            "rule": {"aria": False},
            "tick": {"aria": False},
            "area": {"aria": False},
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
            "legend": {"labelColor": ink, "titleColor": muted, "labelFontSize": 13, "orient": "top", "aria": False},
        }
    }


@dataclass(frozen=True)
class Texts:
    """The words of a chart: title (the finding), subtitle (measure, unit, scope, date), description (for the ear)."""

    title: str
    subtitle: str
    description: str


def finish(layers: Sequence[alt.Chart], texts: Texts, *, height: Any, apart: bool = False) -> Chart:
    """Layers with their words, as wide as their place on the page; `apart`, each layer has its own scale of colours."""
    return _Layers(
        layer=list(layers),
        width="container",
        height=height,
        title=alt.TitleParams(text=texts.title, subtitle=texts.subtitle),
        description=texts.description,
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        resolve=alt.Resolve(scale=alt.ScaleResolveMap(color="independent")) if apart else alt.Undefined,
    )


def with_words_across(chart: Chart, text: str) -> Chart:
    """The chart with a diagonal band under it and words in the band, which go wherever the chart goes.

    Where a single row leaves no room between the marks, the words stand below its end.
    """
    one = alt.Chart(pd.DataFrame({"across": [text]}))
    band = one.mark_rule(clip=True, strokeWidth=40, color=colour("grid"), opacity=0.6)
    x, y = alt.XValue(0), alt.YValue("height")  # type: ignore[no-untyped-call]
    corners = {"x": x, "x2": alt.X2Value("width"), "y": y, "y2": alt.Y2Value(0)}  # type: ignore[no-untyped-call]
    place = _BELOW if isinstance(chart.height, int) and chart.height < _LOW else _WITHIN
    words = one.mark_text(fontSize=15, color=colour("muted"), opacity=0.55, baseline="middle", **place)
    layered: Chart = chart + band.encode(**corners) + words.encode(text=alt.Text("across:N"))
    layered.layer = [*layered.layer[-2:], *layered.layer[:-2]]
    return layered


_LOW = 70
_WITHIN: dict[str, Any] = {
    "angle": alt.ExprRef("-atan2(height, width) * 180 / PI"), "x": alt.ExprRef("width / 2"),
    "y": alt.ExprRef("height / 2"),
}  # fmt: skip
_BELOW: dict[str, Any] = {"align": "right", "x": alt.ExprRef("width"), "y": alt.ExprRef("height + 10")}


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
