"""The map of equal tiles: a finished table becomes a chart, as in `charts`."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from r57lib.charts.base import WEIGHT, Chart, Texts, finish
from r57lib.charts.theme import colour

RAMPS = {0: (), 1: (3,), 2: (2, 4), 3: (1, 3, 5), 4: (1, 2, 4, 5), 5: (1, 2, 3, 4, 5)}
"""So many classes -> which shades of the theme they take, from pale to strong."""

_TILE = 49
_WIDEST = 560
_INK = {1: "on_light", 2: "on_light", 3: "on_light", 4: "on_dark", 5: "on_dark"}


def tile_map(table: pd.DataFrame, texts: Texts, *, classes: list[str], no_data: str) -> Chart:
    """A country of equal tiles, coloured by class; a tile without a class is dashed and empty, and the legend says so.

    Columns: row and column (of the grid, from 1), name (a line break where it wraps), text (the value, written under
    the name), part (the class, or `no_data`), own (whether the tile is framed), of (for an island: whose part it is,
    written under its tile; else empty), detail (tooltip). `classes` are all classes from least to greatest, at most 5.
    """
    shades = RAMPS[len(classes)]
    fills = {each: f"class_{shade}" for each, shade in zip(classes, shades, strict=True)} | {no_data: "page"}
    inks = {each: _INK[shade] for each, shade in zip(classes, shades, strict=True)} | {no_data: "ink"}
    base = alt.Chart(table).encode(
        x=_places("column", table, [0, alt.ExprRef(f"min(width, {_WIDEST})")]), y=_places("row", table, alt.Undefined)
    )
    tip = [alt.Tooltip("detail:N", title=" ")]
    legend = alt.Legend(
        title=None, columns=alt.ExprRef("width < 420 ? 1 : 3"), labelLimit=200, symbolType="square",
        symbolSize=170, symbolStrokeWidth=1, symbolStrokeColor=colour("muted"),
    )  # fmt: skip
    fill = alt.Color("part:N", scale=_scale(fills), legend=legend)
    unnamed = alt.Color("part:N", scale=_scale(fills), legend=None)
    tile: dict[str, Any] = {
        "width": alt.RelativeBandSize(0.88),
        "height": alt.RelativeBandSize(0.88),
        "stroke": colour("muted"),
    }
    known, empty = alt.datum.part != no_data, alt.datum.part == no_data
    tiles = [
        base.transform_filter(known).mark_rect(**tile, strokeWidth=1).encode(color=fill, tooltip=tip),
        base.transform_filter(empty).mark_rect(**tile, strokeDash=[3, 3]).encode(color=unnamed, tooltip=tip),
    ]
    ink = alt.Color("part:N", scale=_scale(inks), legend=None)
    named = base.mark_text(dy=-14, lineHeight=13, fontSize=12, baseline="middle", lineBreak="\n")
    framed = base.transform_filter("datum.own").mark_rect(
        fillOpacity=0,
        stroke=colour("ink"),
        strokeWidth=3,
        width=alt.RelativeBandSize(1),
        height=alt.RelativeBandSize(1),
    )
    layers = [
        *tiles,
        framed,
        named.encode(text=alt.Text("name:N"), color=ink),
        base.mark_text(dy=15, fontSize=12, baseline="middle", **WEIGHT).encode(text=alt.Text("text:N"), color=ink),
        _belongs(base),
    ]
    return finish(layers, texts, height=int(table["row"].max()) * _TILE, apart=("color",))


def _places(field: str, table: pd.DataFrame, ends: Any) -> Any:
    """An axis of the grid: every row or column has its place, those without a tile too."""
    scale = alt.Scale(domain=list(range(1, int(table[field].max()) + 1)), range=ends, padding=0)
    return {"row": alt.Y, "column": alt.X}[field](f"{field}:O", axis=None, scale=scale)


def _scale(colours: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(colours), range=[colour(name) for name in colours.values()])


def _belongs(base: alt.Chart) -> alt.Chart:
    """Under an island's tile, from its right edge: whose part it is."""
    texts: alt.Chart = base.transform_filter("datum.of != ''").mark_text(
        align="right", xOffset=alt.ExprRef(f"min(width, {_WIDEST}) / 14"), dy=35, color=colour("muted"),
        fontSize=12, lineBreak="\n", lineHeight=13,
    )  # fmt: skip
    return texts.encode(text=alt.Text("of:N"))
