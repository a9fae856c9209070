"""A finished table becomes a chart.

Every function takes a table whose columns are ready to be read (texts already in the reader's language) and texts for
title, subtitle and description; it encodes and computes nothing. Colours are names of the theme.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from r57lib.chart import Chart, Texts, finish
from r57lib.theme import colour

BAND = 46
RIM: dict[str, Any] = {"stroke": colour("page"), "strokeWidth": 4}  # under a text, so that no line runs through it


def tall(table: pd.DataFrame, step: int) -> int:
    """The height of a chart with one band for each row label."""
    return int(table["row"].nunique()) * step


def x_at(place: int | str) -> alt.XValue:
    """A fixed place: for a bare `alt.value`, altair would go through all of its classes to find the channel's."""
    return alt.XValue(place)  # type: ignore[no-untyped-call]


def y_at(place: int | str) -> alt.YValue:
    return alt.YValue(place)  # type: ignore[no-untyped-call]


def one_colour(name: str) -> alt.ColorValue:
    return alt.ColorValue(colour(name))


def colour_scale(colours: dict[str, str]) -> alt.Scale:
    """Values of a column to colours of the theme, by name."""
    return alt.Scale(domain=list(colours), range=[colour(name) for name in colours.values()])


def row_axis(table: pd.DataFrame, column: str) -> alt.Y:
    """A row for each value, in the order of the table, its label to be written above the mark."""
    return alt.Y(f"{column}:N", sort=list(dict.fromkeys(table[column])), axis=None)


def wrapped_legend() -> alt.Legend:
    """A legend in two columns, or in one where the chart is narrow."""
    return alt.Legend(title=None, columns=alt.ExprRef("width < 520 ? 1 : 2"), labelLimit=330)


def row_labels(base: alt.Chart, rows: alt.Y, text: str, *, dy: int = -13, **mark: Any) -> alt.Chart:
    """Texts above the marks of each row, from the left edge."""
    texts: alt.Chart = base.mark_text(align="left", baseline="middle", dy=dy, x=0, **mark)
    return texts.encode(y=rows, text=alt.Text(f"{text}:N"), x=x_at(0))


def stacked_bars(table: pd.DataFrame, texts: Texts, *, colours: dict[str, str]) -> Chart:
    """Shares of a whole, one bar a row.

    Columns: row (label above the bar), part (label of the part), share (0-1), text (written in the part, or empty),
    start, middle and end (0-1, the part's place in the bar), detail (tooltip). `colours` maps each part to a colour of
    the theme.
    """
    rows = row_axis(table, "row")
    base = alt.Chart(table)
    bars = base.mark_bar(height=20, yOffset=8).encode(
        x=alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, 1])),
        x2=alt.X2("end:Q"),
        y=rows,
        color=alt.Color("part:N", scale=colour_scale(colours), legend=wrapped_legend()),
        tooltip=[
            alt.Tooltip("row:N", title=" "),
            alt.Tooltip("part:N", title="  "),
            alt.Tooltip("detail:N", title="   "),
        ],
    )
    inside = {
        "completed_on_time": "on_dark",
        "series_1": "on_dark",
        "series_2": "on_dark",
        "muted": "on_dark",
        "overdue": "on_accent",
    }
    ink = {part: inside.get(name, "on_light") for part, name in colours.items()}
    numbers = base.mark_text(dy=8, fontSize=12, baseline="middle").encode(
        x=alt.X("middle:Q"),
        y=rows,
        text=alt.Text("text:N"),
        color=alt.Color("part:N", scale=colour_scale(ink), legend=None),
    )
    names = row_labels(base.transform_filter("datum.start == 0"), rows, "row")
    return finish([bars, numbers, names], texts, height=tall(table, BAND + 6), apart=True)


def bars(
    table: pd.DataFrame, texts: Texts, *, colours: dict[str, str] | None = None, domain: float | None = None
) -> Chart:
    """Horizontal bars from zero, the label above each and its value at its end.

    Columns: row, value, text; with `colours` also part, which names the colour; optional tick, a second value drawn
    as a vertical mark (a target, an expected share). `domain` fixes the right end of the axis.
    """
    rows = row_axis(table, "row")
    base = alt.Chart(table)
    room = 16 + 8 * int(table["text"].str.len().max())
    top = alt.Scale(domain=[0, domain or max(table["value"].max(), 1e-9)], range=[0, alt.ExprRef(f"width - {room}")])
    length = alt.X("value:Q", axis=None, scale=top)
    fill = alt.Color("part:N", scale=colour_scale(colours), legend=None) if colours else one_colour("series_1")
    named = base.mark_text(align="left", baseline="middle", dx=7, dy=8, fontWeight=600)
    layers = [
        base.mark_bar(height=12, yOffset=8).encode(x=length, y=rows, color=fill),
        row_labels(base, rows, "row"),
        named.encode(x=length, y=rows, text=alt.Text("text:N")),
    ]
    if "tick" in table:
        named = base.mark_text(align="left", baseline="middle", dx=9, dy=8, fontWeight=600)
        layers[2] = named.encode(x=alt.X("edge:Q", axis=None, scale=top), y=rows, text=alt.Text("text:N"))
        layers[2] = layers[2].transform_calculate(edge="max(datum.value, datum.tick)")
        mark = base.mark_tick(thickness=3, size=20, yOffset=8, color=colour("reference"))
        layers.append(mark.encode(x=alt.X("tick:Q"), y=rows))
    return finish(layers, texts, height=tall(table, BAND))


def row_values(base: alt.Chart, rows: alt.Y, text: str = "text", *, dy: int = -13, **mark: Any) -> list[alt.Chart]:
    """The value of each row, right-aligned above its mark."""
    texts = base.mark_text(align="right", baseline="middle", dy=dy, fontWeight=600, **mark)
    return [texts.encode(x=x_at("width"), y=rows, text=alt.Text(f"{text}:N"))]


def intervals(table: pd.DataFrame, texts: Texts) -> Chart:
    """A point and its interval a row, on an axis from 0 to 1.

    Columns: row, value, low, high, text (with the interval in words), and optionally own: whether the row is the one
    that the page is about; the others are then grey.
    """
    rows = row_axis(table, "row")
    base = alt.Chart(table)
    percent = alt.Axis(format="%", tickCount=5, title=None)
    whole = alt.X("low:Q", axis=percent, scale=alt.Scale(domain=[0, 1]))
    span = base.mark_bar(height=8, yOffset=8).encode(
        x=whole, x2=alt.X2("high:Q"), y=rows, color=_own(table, "completed_late", "in_progress")
    )
    point = base.mark_point(yOffset=8, size=110).encode(
        x=alt.X("value:Q"), y=rows, color=_own(table, "completed_on_time", "muted")
    )
    layers = [span, point, row_labels(base, rows, "row"), *row_values(base, rows)]
    return finish(layers, texts, height=tall(table, BAND), apart="own" in table)


def _own(table: pd.DataFrame, own: str, other: str) -> Any:
    """The colour of the row that the page is about, and that of the others."""
    if "own" not in table:
        return one_colour(own)
    return alt.Color("own:N", scale=alt.Scale(domain=[True, False], range=[colour(own), colour(other)]), legend=None)


def time_series(
    table: pd.DataFrame,
    texts: Texts,
    *,
    colours: dict[str, str],
    percent: bool = False,
    reverse: bool = False,
    targets: pd.DataFrame | None = None,
    breaks: pd.DataFrame | None = None,
    zero: bool = True,
    ticks: list[float] | None = None,
) -> Chart:
    """Values over time: points, joined only within a segment, each line named at its last point.

    Columns: day (datetime), value, series (label), segment, text (tooltip), name (label at the point, or empty), and,
    where names would meet, place (where the name stands: above, below, below_right, left or right of its point).
    `targets`: day, value, text, drawn as dashed marks, and edge (left or right, where the text stands).
    `breaks`: day, text, drawn as vertical rules. `ticks` fix the values of the axis, and its ends.
    """
    base = alt.Chart(table)
    x, y = day_axis(4, grid=False, padding=36), _measure(percent=percent, reverse=reverse, zero=zero, ticks=ticks)
    hue = alt.Color("series:N", scale=colour_scale(colours), legend=_legend(colours))
    tip = [alt.Tooltip("series:N", title=" "), alt.Tooltip("text:N", title="  ")]
    layers = [
        base.mark_line(strokeWidth=2).encode(x=x, y=y, color=hue, detail=alt.Detail("segment:N")),
        base.mark_point().encode(x=x, y=y, color=hue, tooltip=tip),
    ]
    marks = [*_targets(targets, x, y), *series_breaks(breaks, x), *layers, *series_names(table, x, y)]
    return finish(marks, texts, height=280)


def day_axis(count: int, *, grid: bool, padding: int | None = None, field: str = "day") -> alt.X:
    """An axis of time that reads the same in every language: years, months (`10/2025`) or days (`26/10`)."""
    form = "date(datum.value) > 1 ? '%d/%m' : month(datum.value) ? '%m/%Y' : '%Y'"
    axis = alt.Axis(
        title=None, grid=grid, tickCount=count, labelOverlap=True, labelExpr=f"timeFormat(datum.value, {form})"
    )
    return alt.X(f"{field}:T", axis=axis, scale=alt.Scale(padding=padding) if padding else alt.Undefined)


def _measure(*, percent: bool, reverse: bool, zero: bool, ticks: list[float] | None) -> alt.Y:
    """The axis of values of a time series."""
    form = "%" if percent else alt.Undefined
    if ticks:
        axis = alt.Axis(format=form, title=None, values=ticks)
        return alt.Y("value:Q", axis=axis, scale=alt.Scale(domain=[ticks[0], ticks[-1]], reverse=reverse))
    axis = alt.Axis(format=form, title=None, tickCount=5)
    return alt.Y("value:Q", axis=axis, scale=alt.Scale(zero=zero, reverse=reverse, nice=True))


_PLACES: dict[str, dict[str, Any]] = {
    "above": {"dy": -12},
    "below": {"dy": 14},
    "below_right": {"dx": -4, "dy": 15, "align": "left"},
    "left": {"dx": -9, "align": "right"},
    "right": {"dx": 9, "align": "left"},
}


def series_names(table: pd.DataFrame, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The names of points, each on a rim of the page's colour, so that no line runs through it."""
    placed = table if "place" in table else table.assign(place="above")
    layers = []
    for place, rows in placed.groupby("place"):
        base = alt.Chart(rows).encode(x=x, y=y, text=alt.Text("name:N"))
        mark = _PLACES[str(place)] | {"fontWeight": 600, "fontSize": 12, "baseline": "middle"}
        layers += [base.mark_text(**mark, stroke=colour("page"), strokeWidth=4), base.mark_text(**mark)]
    return layers


def _legend(colours: dict[str, str]) -> alt.Legend | None:
    return alt.Legend(title=None, columns=1, labelLimit=320, offset=24) if len(colours) > 1 else None


def _targets(targets: pd.DataFrame | None, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    if targets is None or targets.empty:
        return []
    base, dark = alt.Chart(targets), colour("reference")
    line = base.mark_rule(strokeDash=[5, 4], color=dark).encode(y=y)
    mark = base.mark_point(shape="diamond", filled=False, strokeWidth=2, color=dark).encode(x=x, y=y)
    named = [
        _edge(rows, str(edge), y) for edge, rows in targets.assign(edge=targets.get("edge", "right")).groupby("edge")
    ]
    return [line, mark, *named] if "day" in targets and targets["day"].notna().all() else [line, *named]


def _edge(targets: pd.DataFrame, edge: str, y: alt.Y) -> alt.Chart:
    """The texts of targets at one edge of the chart."""
    left = edge == "left"
    text = alt.Chart(targets).mark_text(
        dy=-11, align="left" if left else "right", fontSize=12, color=colour("reference")
    )
    placed: alt.Chart = text.encode(x=x_at(0 if left else "width"), y=y, text=alt.Text("text:N"))
    return placed


def series_breaks(breaks: pd.DataFrame | None, x: alt.X) -> list[alt.Chart]:
    if breaks is None or breaks.empty:
        return []
    base, dark = alt.Chart(breaks), colour("reference")
    rule = base.mark_rule(strokeDash=[2, 3], color=dark).encode(x=x)
    text = base.mark_text(align="right", dx=-5, fontSize=12, color=dark).encode(x=x, y=y_at(8), text=alt.Text("text:N"))
    return [rule, text]


def dumbbells(table: pd.DataFrame, texts: Texts, *, colours: dict[str, str]) -> Chart:
    """Two values a row and the distance between them, on an axis from 0 to 1.

    Columns: row, low, high, text; and for each of the two a row of `part` and value. Long form: row, part, value,
    low, high, text.
    """
    rows = row_axis(table, "row")
    base = alt.Chart(table)
    percent = alt.Axis(format="%", tickCount=5, title=None)
    whole = alt.Scale(domain=[0, 1])
    span = base.mark_rule(yOffset=8, strokeWidth=3, color=colour("in_progress"))
    hue = alt.Color("part:N", scale=colour_scale(colours), legend=alt.Legend(title=None, columns=1, labelLimit=320))
    layers = [
        span.encode(x=alt.X("low:Q", axis=percent, scale=whole), x2=alt.X2("high:Q"), y=rows),
        base.mark_point(yOffset=8, size=110).encode(
            x=alt.X("value:Q"),
            y=rows,
            color=hue,
            tooltip=[alt.Tooltip("part:N"), alt.Tooltip("row:N"), alt.Tooltip("text:N")],
        ),
        row_labels(base, rows, "row"),
        *row_values(base, rows),
    ]
    return finish(layers, texts, height=tall(table, BAND))


def count_grid(table: pd.DataFrame, texts: Texts) -> Chart:
    """Counts on the steps of a ladder: one row a name, one column a step, a circle for each count.

    Columns: row (label above the steps), total (written at its right), column (a line break where it may wrap), value,
    text (empty for 0); the order of rows and columns is that of the table.
    """
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
        row_labels(heads, rows, "row", dy=-18),
        *row_values(heads, rows, "total", dy=-18),
    ]
    return finish(layers, texts, height=tall(table, 64))


def spans(table: pd.DataFrame, texts: Texts, *, colours: dict[str, str], breaks: pd.DataFrame | None = None) -> Chart:
    """Stretches of time, one a row, from its start to its end; the label of a row says what its colour means.

    Columns: row, start and end (datetime), part (names the colour), text (written at the right). `breaks`: day, text,
    drawn as vertical rules.
    """
    rows, base = row_axis(table, "row"), alt.Chart(table)
    x = day_axis(5, grid=True, field="start")
    hue = alt.Color("part:N", scale=colour_scale(colours), legend=None)
    layers = [
        *series_breaks(breaks, alt.X("day:T")),
        base.mark_bar(height=6, yOffset=8).encode(x=x, x2=alt.X2("end:T"), y=rows, color=hue),
        base.mark_point(yOffset=8, size=110).encode(x=alt.X("end:T"), y=rows, color=hue),
        row_labels(base, rows, "row", **RIM),
        row_labels(base, rows, "row"),
        *row_values(base, rows, **RIM),
        *row_values(base, rows),
    ]
    return finish(layers, texts, height=tall(table, BAND))
