"""A finished table becomes a chart.

Every function takes a table whose columns are ready to be read (texts already in the reader's language) and texts for
title, subtitle and description; it encodes and computes nothing. Colours are names of the theme.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt
import pandas as pd

from r57lib.charts.base import (
    BAND,
    NARROW,
    RIM,
    SHAPES,
    Chart,
    Slider,
    Texts,
    clear_labels,
    colour_scale,
    day_axis,
    finish,
    headed,
    one_colour,
    row_axis,
    row_heads,
    row_values,
    series_breaks,
    tall,
    wrapped_legend,
)
from r57lib.charts.theme import colour


def stacked_bars(table: pd.DataFrame, texts: Texts, *, colours: dict[str, str]) -> Chart:
    """Shares of a whole, one bar a row, the name and number of each part under its bar.

    Columns: row (label above the bar), part (names the colour), share (0-1), text (written in the part, or empty), key
    (written under the bar), detail (tooltip), and optionally pale: whether the row stands back, and name and under: the
    label in two lines; the parts of a row lie end to end in the order of the table. `colours` maps each part to a
    colour of the theme.
    """
    table = headed(_keyed(_end_to_end(table)))
    lines = 1 + int(table["narrow_line"].max())
    up = lines * _KEY // 2
    rows, x = row_axis(table, "row"), alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, 1]))
    hue = alt.Color("part:N", scale=colour_scale(colours), legend=None)
    base = alt.Chart(table)
    bars = base.mark_bar(height=20, yOffset=8 - up).encode(
        x=x,
        x2=alt.X2("end:Q"),
        y=rows,
        color=hue,
        tooltip=[
            alt.Tooltip("row:N", title=" "),
            alt.Tooltip("part:N", title="  "),
            alt.Tooltip("detail:N", title="   "),
        ],
    )
    if "pale" in table:
        bars = bars.encode(opacity=alt.condition("datum.pale", alt.value(0.5), alt.value(1)))
    inside = {
        "completed_on_time": "on_dark",
        "completed": "on_dark",
        "series_1": "on_dark",
        "series_2": "on_dark",
        "muted": "on_dark",
        "overdue": "on_accent",
    }
    ink = {part: inside.get(name, "on_light") for part, name in colours.items()}
    numbers = base.mark_text(dy=8 - up, fontSize=12, baseline="middle").encode(
        x=alt.X("middle:Q", axis=None, scale=alt.Scale(domain=[0, 1])),
        y=rows,
        text=alt.Text("text:N"),
        color=alt.Color("part:N", scale=colour_scale(ink), legend=None),
    )
    names = row_heads(base.transform_filter("datum.start == 0"), rows, table, dy=-15 - up)
    keys = [layer for line in range(lines) for layer in _keys(base, rows, hue, line, 8 - up + 20 + line * _KEY)]
    band = BAND + 5 + _UNDER * ("under" in table) + lines * _KEY
    return finish([bars, numbers, *names, *keys], texts, height=tall(table, band), apart=("color", "x"))


_KEY = 15
"""The height of a line of keys under a bar."""
_ROOM = {"narrow": 258, "middle": 335, "wide": 460}
"""What such a line holds on the narrowest phone, on others and on a desk, in px."""
_LETTER, _SIGN, _GAP = 6.8, 14, 9
"""What a letter takes in it, the square before each key, and what lies between two keys, in px."""


def _keyed(table: pd.DataFrame) -> pd.DataFrame:
    """The parts with the places of their keys: in which line under the bar and how far from its left edge (px)."""
    for name, room in _ROOM.items():
        places: list[tuple[int, float]] = []
        ends: dict[str, tuple[int, float]] = {}
        for row, key in zip(table["row"], table["key"], strict=True):
            line, at = ends.get(row, (0, 0.0))
            width = _SIGN + _LETTER * len(key)
            if at and at + width > room:
                line, at = line + 1, 0.0
            places.append((line, at))
            ends[row] = line, at + width + _GAP
        table[f"{name}_line"] = [line for line, _ in places]
        table[f"{name}_at"] = [at for _, at in places]
    return table


_LAYOUT = f"({NARROW} ? datum.narrow_{{0}} : width < 440 ? datum.middle_{{0}} : datum.wide_{{0}})"


def _keys(base: alt.Chart, rows: alt.Y, hue: alt.Color, line: int, dy: int) -> list[alt.Chart]:
    """A line of keys under each bar: a square in the colour of the part, and its words."""
    placed = base.transform_calculate(line=_LAYOUT.format("line"), at=_LAYOUT.format("at")).transform_filter(
        f"datum.line == {line}"
    )
    at = alt.X("at:Q", axis=None, scale=alt.Scale(domain=[0, 1000], range=[0, 1000], zero=True, nice=False))
    square = placed.mark_point(shape="square", size=80, xOffset=5, yOffset=dy, opacity=1)
    words = placed.mark_text(align="left", baseline="middle", dx=14, dy=dy, fontSize=12)
    return [square.encode(x=at, y=rows, color=hue), words.encode(x=at, y=rows, text=alt.Text("key:N"))]


_UNDER = 14
"""What the second line of a label takes."""


def _end_to_end(table: pd.DataFrame) -> pd.DataFrame:
    """The parts with their places in the bar (0-1) in place of their shares."""
    begun: dict[str, float] = {}
    places = []
    for row, part in zip(table["row"], table["share"], strict=True):
        places.append(begun.get(row, 0.0))
        begun[row] = places[-1] + part
    start, share = pd.Series(places, index=table.index), table["share"]
    return table.drop(columns="share").assign(start=start, middle=start + share / 2, end=start + share)


def bars(
    table: pd.DataFrame,
    texts: Texts,
    *,
    colours: dict[str, str] | None = None,
    domain: float | None = None,
    sliders: Sequence[Slider] = (),
) -> Chart:
    """Horizontal bars from zero, the label above each and its value at its end.

    Columns: row, value, text; with `colours` also part, which names the colour; optional tick, a second value drawn
    as a vertical mark (a target, an expected share), and name and under, the label in two lines. `domain` fixes the
    right end of the axis. With `sliders` a part is one bar, and the table has a row for each `step` of its slider.
    """
    table = headed(_tipped(table))
    rows = row_axis(table, "part" if sliders else "row")
    base = alt.Chart(table)
    for each in sliders:
        base = base.transform_filter(each.shown)
    room = 16 + 8 * int(table["text"].str.len().max())
    top = alt.Scale(
        clamp=True, domain=[0, domain or max(table["value"].max(), 1e-9)], range=[0, alt.ExprRef(f"width - {room}")]
    )
    length = alt.X("value:Q", axis=None, scale=top)
    fill = alt.Color("part:N", scale=colour_scale(colours), legend=None) if colours else one_colour("series_1")
    named = base.mark_text(align="left", baseline="middle", dx=7, dy=8, fontWeight=600)
    layers = [
        base.mark_bar(height=12, yOffset=8).encode(x=length, y=rows, color=fill, tooltip=_TIP),
        *row_heads(base, rows, table),
        named.encode(x=length, y=rows, text=alt.Text("text:N")),
    ]
    if "tick" in table:
        named = base.mark_text(align="left", baseline="middle", dx=9, dy=8, fontWeight=600)
        layers[-1] = named.encode(x=alt.X("edge:Q", axis=None, scale=top), y=rows, text=alt.Text("text:N"))
        layers[-1] = layers[-1].transform_calculate(edge="max(datum.value, datum.tick)")
        mark = base.mark_tick(thickness=3, size=20, yOffset=8, color=colour("reference"))
        layers.append(mark.encode(x=alt.X("tick:Q"), y=rows))
    bands = table.assign(row=table["part"]) if sliders else table
    return finish(layers, texts, height=tall(bands, BAND + _UNDER * ("under" in table)), sliders=sliders)


def intervals(table: pd.DataFrame, texts: Texts) -> Chart:
    """A point and its interval a row, on an axis from 0 to 1.

    Columns: row, value, low, high, text (with the interval in words), and optionally own: whether the row is the one
    that the page is about; the others are then grey.
    """
    table = headed(_tipped(table), "text")
    rows = row_axis(table, "row")
    base = alt.Chart(table)
    percent = alt.Axis(format="%", tickCount=5, title=None)
    whole = alt.X("low:Q", axis=percent, scale=alt.Scale(domain=[0, 1]))
    span = base.mark_bar(height=8, yOffset=8).encode(
        x=whole, x2=alt.X2("high:Q"), y=rows, color=_own(table, "completed_late", "in_progress"), tooltip=_TIP
    )
    point = base.mark_point(yOffset=8, size=110).encode(
        x=alt.X("value:Q"), y=rows, color=_own(table, "completed_on_time", "muted"), tooltip=_TIP
    )
    layers = [span, point, *clear_labels(base, rows, table), *row_values(base, rows, **RIM), *row_values(base, rows)]
    return finish(layers, texts, height=tall(table, BAND), apart=("color",) * ("own" in table))


_TIP = [alt.Tooltip("tip:N", title=" ")]


def _tipped(table: pd.DataFrame) -> pd.DataFrame:
    """The rows with what a mark tells under the mouse: whose value it is, and the value."""
    return table.assign(tip=[f"{row}: {text}" for row, text in zip(table["row"], table["text"], strict=True)])


def _own(table: pd.DataFrame, own: str, other: str) -> Any:
    """The colour of the row that the page is about, and that of the others."""
    if "own" not in table:
        return one_colour(own)
    return alt.Color("own:N", scale=alt.Scale(domain=[True, False], range=[colour(own), colour(other)]), legend=None)


def dumbbells(table: pd.DataFrame, texts: Texts, *, colours: dict[str, str]) -> Chart:
    """Two values a row and the distance between them, on an axis from 0 to 1.

    Columns: row, low, high, text, which tells the two by the shapes of their marks; and for each of the two a row of
    `part` and value. Long form: row, part, value,
    low, high, text.
    """
    table = headed(_tipped(table), "text")
    rows = row_axis(table, "row")
    base = alt.Chart(table)
    percent = alt.Axis(format="%", tickCount=5, title=None)
    whole = alt.Scale(domain=[0, 1])
    span = base.mark_rule(yOffset=8, strokeWidth=3, color=colour("in_progress"))
    hue = alt.Color("part:N", scale=colour_scale(colours), legend=None)
    shape = alt.Shape("part:N", scale=alt.Scale(domain=list(colours), range=SHAPES[: len(colours)]), legend=None)
    layers = [
        span.encode(x=alt.X("low:Q", axis=percent, scale=whole), x2=alt.X2("high:Q"), y=rows),
        base.mark_point(yOffset=8, size=110).encode(
            x=alt.X("value:Q"),
            y=rows,
            color=hue,
            shape=shape,
            tooltip=[alt.Tooltip("part:N"), alt.Tooltip("row:N"), alt.Tooltip("text:N")],
        ),
        *clear_labels(base, rows, table),
        *row_values(base, rows, **RIM),
        *row_values(base, rows),
    ]
    return finish(layers, texts, height=tall(table, BAND))


def count_grid(table: pd.DataFrame, texts: Texts) -> Chart:
    """Counts on the steps of a ladder: one row a name, one column a step, a circle for each count.

    Columns: row (label above the steps), total (written at its right), column (a line break where it may wrap), value,
    text (empty for 0); the order of rows and columns is that of the table.
    """
    table = headed(_staggered(table), "total")
    rows, base = row_axis(table, "row"), alt.Chart(table)
    steps = list(dict.fromkeys(table["column"]))
    breaks = max(step.count("\n") for step in steps)
    axis = alt.Axis(
        title=None, orient="top", labelAngle=0, labelFontSize=12, labelLineHeight=15, domain=False, ticks=False,
        labelExpr=r"split(datum.label, '\n')", labelOverlap=False, labelColor=colour("ink"),
        labelPadding=8 + 15 * breaks,
    )  # fmt: skip
    x = alt.X("column:N", sort=steps, axis=axis)
    size = alt.Size("value:Q", legend=None, scale=alt.Scale(domain=[0, table["value"].max()], range=[260, 900]))
    counted = base.transform_filter("datum.value > 0")
    heads = alt.Chart(table.drop_duplicates("row"))
    layers = [
        base.mark_line(color=colour("grid"), strokeWidth=2, yOffset=12).encode(x=x, y=rows, detail=alt.Detail("row:N")),
        base.mark_point(color=colour("grid"), size=60, yOffset=12).encode(x=x, y=rows),
        counted.mark_point(color=colour("series_1"), yOffset=12).encode(
            x=x, y=rows, size=size, tooltip=[alt.Tooltip("row:N"), alt.Tooltip("column:N"), alt.Tooltip("text:N")]
        ),
        counted.mark_text(color=colour("on_dark"), fontWeight=600, dy=12, baseline="middle").encode(
            x=x, y=rows, text=alt.Text("text:N")
        ),
        *row_heads(heads, rows, table, dy=-18),
        *row_values(heads, rows, "total", dy=-18),
    ]
    return finish(layers, texts, height=tall(table, 64))


_STEP = 17
"""Letters of the names of two steps that stand side by side on the narrowest phone."""


def _staggered(table: pd.DataFrame) -> pd.DataFrame:
    """Every second step named a line lower, where two names would meet on a phone."""
    steps = list(dict.fromkeys(table["column"]))
    wide = [max(map(len, step.split("\n"))) for step in steps]
    if max(map(sum, pairwise(wide)), default=0) <= _STEP:
        return table
    return table.assign(column=table["column"].map(dict(zip(steps, _lowered(steps), strict=True))))


def _lowered(steps: list[str]) -> list[str]:
    return [f"\n{step}" if place % 2 else step for place, step in enumerate(steps)]


def spans(table: pd.DataFrame, texts: Texts, *, colours: dict[str, str], breaks: pd.DataFrame | None = None) -> Chart:
    """Stretches of time, one a row, from its start to its end; the label of a row says what its colour means.

    Columns: row, start and end (datetime), part (names the colour), text (written at the right). `breaks`: day, text,
    drawn as vertical rules.
    """
    table = headed(_tipped(table), "text")
    rows, base = row_axis(table, "row"), alt.Chart(table)
    x = day_axis(5, grid=True, field="start")
    hue = alt.Color("part:N", scale=colour_scale(colours), legend=None)
    layers = [
        *series_breaks(breaks, alt.X("day:T")),
        base.mark_bar(height=6, yOffset=8).encode(x=x, x2=alt.X2("end:T"), y=rows, color=hue, tooltip=_TIP),
        base.mark_point(yOffset=8, size=110).encode(x=alt.X("end:T"), y=rows, color=hue, tooltip=_TIP),
        *clear_labels(base, rows, table),
        *row_values(base, rows, **RIM),
        *row_values(base, rows),
    ]
    return finish(layers, texts, height=tall(table, BAND))


def moments(table: pd.DataFrame, texts: Texts, *, colours: dict[str, str], breaks: pd.DataFrame | None = None) -> Chart:
    """Moments in time, a point each and a bar where it lasts, on one line a row.

    Columns: row (label above the line), start and end (datetime), part (names the colour), tip. `breaks`: day, text,
    drawn as vertical rules.
    """
    table = headed(table)
    rows, base = row_axis(table, "row"), alt.Chart(table)
    heads = alt.Chart(table.drop_duplicates("row"))
    x = day_axis(5, grid=True, padding=12, field="start")
    told = [part for part in colours if part in set(table["part"])]
    hue = alt.Color("part:N", scale=colour_scale({part: colours[part] for part in told}), legend=wrapped_legend(told))
    layers = [
        *series_breaks(breaks, alt.X("day:T")),
        base.mark_bar(height=3, yOffset=8).encode(x=x, x2=alt.X2("end:T"), y=rows, color=hue),
        base.mark_point(yOffset=8, size=110).encode(
            x=alt.X("end:T"), y=rows, color=hue, tooltip=[alt.Tooltip("tip:N", title=" ")]
        ),
        *clear_labels(heads, rows, table),
    ]
    return finish(layers, texts, height=tall(table, BAND))
