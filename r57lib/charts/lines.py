"""Curves of what may come: a burn-up with the fan of its forecast, and paths to a target.

As in `charts`, a finished table is encoded and nothing is computed; the parts that both share live there.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from r57lib.charts.base import (
    NARROW,
    RIM,
    SHAPES,
    WEIGHT,
    Chart,
    Slider,
    Texts,
    colour_scale,
    column_axis,
    day_axis,
    finish,
    in_lines,
    period_axis,
    row_axis,
    series_breaks,
    tall,
    wrapped_legend,
    x_at,
    y_at,
)
from r57lib.charts.theme import colour


def fan(
    table: pd.DataFrame,
    texts: Texts,
    *,
    colours: dict[str, str],
    band: pd.DataFrame | None = None,
    deadline: pd.DataFrame | None = None,
) -> Chart:
    """A burn-up: lines to date, and ahead of them the band of an interval around a dashed median.

    Columns of `table`: day (datetime), value, series (label), segment, text (tooltip), name and place as for
    `time_series`; the names tell the series. `band`: day, low, median, high, total (the scope, carried on), text.
    `deadline`: day, text, a vertical rule.
    """
    base = alt.Chart(table)
    ahead = [table["day"]] + [each["day"] for each in (band, deadline) if each is not None]
    x = period_axis(pd.concat(ahead), padding=12)
    y = alt.Y("value:Q", axis=alt.Axis(title=None, tickCount=5), scale=alt.Scale(zero=True, nice=True))
    hue = alt.Color("series:N", scale=colour_scale(colours), legend=None)
    tip = [alt.Tooltip("series:N", title=" "), alt.Tooltip("text:N", title="  ")]
    layers = [
        *_deadline(deadline, x),
        *_band(band, x),
        base.mark_line(strokeWidth=2).encode(x=x, y=y, color=hue, detail=alt.Detail("segment:N")),
        base.mark_point(size=40).encode(x=x, y=y, color=hue, tooltip=tip),
        *series_names(table, x, y),
    ]
    return finish(layers, texts, height=300)


def _band(band: pd.DataFrame | None, x: alt.X) -> list[alt.Chart]:
    if band is None or band.empty:
        return []
    base, blue = alt.Chart(band), colour("completed_late")
    return [
        base.mark_area(color=blue, opacity=0.35).encode(x=x, y=alt.Y("low:Q"), y2=alt.Y2("high:Q")),
        base.mark_line(color=colour("muted"), strokeDash=[5, 4]).encode(x=x, y=alt.Y("total:Q")),
        base.mark_line(color=colour("completed_on_time"), strokeDash=[5, 4]).encode(x=x, y=alt.Y("median:Q")),
        base.mark_point(opacity=0, size=200).encode(
            x=x, y=alt.Y("median:Q"), tooltip=[alt.Tooltip("text:N", title=" ")]
        ),
    ]


def _deadline(deadline: pd.DataFrame | None, x: alt.X, *, align: str = "right") -> list[alt.Chart]:
    if deadline is None or deadline.empty:
        return []
    base, dark = alt.Chart(deadline), colour("reference")
    style: dict[str, Any] = {
        "align": align,
        "dx": -5 if align == "right" else 5,
        "fontSize": 12,
        "color": dark,
        "baseline": "middle",
    }
    low = alt.YValue(alt.ExprRef("height - 12"))  # type: ignore[no-untyped-call]
    named = {"x": x, "y": low, "text": alt.Text("text:N")}
    texts = [base.mark_text(**style | mark).encode(**named) for mark in (RIM, {})]
    return [base.mark_rule(strokeDash=[5, 4], color=dark).encode(x=x), *texts]


def path_panels(
    table: pd.DataFrame,
    texts: Texts,
    *,
    colours: dict[str, str],
    points: pd.DataFrame,
    tried: pd.DataFrame,
    slider: Slider,
) -> Chart:
    """Paths from a baseline to a target, dashed, one panel a row, and the values so far as a solid line below or above.

    Across: the share of the time that is over; up: the share of the gap that is closed; so every panel has one shape.
    Columns of `table`: row (not shown), name and headline (left and right above the panel), detail (below them), part
    (names the path and its colour), at and height (0-1). `points`: row, part, at, height, text, place as for
    `paths`, tip.
    """
    rows = _panels(table)
    across = alt.X("at:Q", axis=None, scale=alt.Scale(domain=[0, 1], range=[44, alt.ExprRef("width - 44")]))
    low = min(-0.3, float(points["height"].min()) - 0.3)
    placed: dict[str, Any] = {
        "x": across,
        "y": rows,
        "yOffset": alt.YOffset("height:Q", scale=alt.Scale(domain=[1.95, low])),
    }
    unsaid = [part for part in colours if part not in set(points.loc[points["seen"], "part"])]  # the rest has values
    hue = alt.Color("part:N", scale=colour_scale(colours), legend=wrapped_legend(unsaid))
    lines, seen, what_if = alt.Chart(table), alt.Chart(points), alt.Chart(tried).transform_filter(slider.shown)
    reached = what_if.mark_text(align="left", dy=46, fontSize=12, color=colour("series_1"))
    actual = points[points["seen"]]
    layers = [
        lines.mark_line(strokeDash=[5, 4], strokeWidth=1.5).encode(
            **placed, color=hue, detail=[alt.Detail("row:N"), alt.Detail("part:N")]
        ),
        what_if.mark_line(strokeDash=[1, 4], strokeWidth=2.5, strokeCap="round", color=colour("series_1")).encode(
            **placed, detail=alt.Detail("row:N")
        ),
        reached.encode(x=x_at(0), y=_panels(tried).bandPosition(0), text=alt.Text("text:N")),
        alt.Chart(actual).mark_line(strokeWidth=3).encode(**placed, color=hue, detail=alt.Detail("row:N")),
        seen.mark_point(size=80).encode(**placed, color=hue, tooltip=[alt.Tooltip("tip:N", title=" ")]),
        *_path_texts(points, placed, fontWeight=600),
        *_path_heads(table.drop_duplicates("row")),
    ]
    return finish(layers, texts, height=tall(table, _PATH_BAND + 18), sliders=[slider])


_PATH_BAND = 150
_PATH_PLACES: dict[str, dict[str, Any]] = {
    "left": {"dx": -8, "dy": -9, "align": "right"},
    "right": {"dx": 9, "align": "left"},
    "above": {"dy": -13},
    "below": {"dy": 17},
    "start": {"dy": 17, "align": "left"},
    "end": {"dy": 17, "align": "right"},
}


def paths(table: pd.DataFrame, texts: Texts, *, points: pd.DataFrame | None = None) -> Chart:
    """Straight paths to a target, dashed, one a row on a scale of its own from zero; and what has been observed.

    Columns of `table`: row (a name that is not shown), name and headline (left and right above the path), detail (below
    them), day (datetime), height (0-1, the value as a share of the row's greatest), text (the value), place (of the
    text: left, right, above, below, or below at the start or the end of a path). `points`: row, day, height, text,
    place.
    """
    base, rows = alt.Chart(table), _panels(table)
    band = _PATH_BAND + 14 * (max(map(len, _details(table))) - 1)
    top = 2.02 * band / _PATH_BAND - 0.3
    x, high = day_axis(5, grid=False, padding=44), alt.YOffset("height:Q", scale=alt.Scale(domain=[top, -0.3]))
    dark, accent = colour("reference"), colour("series_1")
    placed = {"x": x, "y": rows, "yOffset": high}
    layers = [
        base.mark_line(strokeDash=[5, 4], color=dark).encode(**placed, detail=alt.Detail("row:N")),
        base.mark_point(color=dark, fill=colour("page"), strokeWidth=2, filled=False).encode(**placed),
        *_path_texts(table, placed, color=dark),
        *_path_heads(table.drop_duplicates("row")),
    ]
    if points is not None and not points.empty:
        layers.append(alt.Chart(points).mark_point(color=accent, size=120).encode(**placed))
        layers += _path_texts(points, placed, color=accent, fontWeight=600)
    return finish(layers, texts, height=tall(table, band))


def _path_texts(table: pd.DataFrame, placed: dict[str, Any], **mark: Any) -> list[alt.Chart]:
    """The values of points, each on a rim of the page's colour."""
    layers = []
    for place, rows in table.groupby("place"):
        base = alt.Chart(rows).encode(**placed, text=alt.Text("text:N"))
        style = _PATH_PLACES[str(place)] | {"fontSize": 12, "baseline": "middle"} | mark
        layers += [base.mark_text(**style, **_WIDE_RIM), base.mark_text(**style)]
    return layers


_WIDE_RIM = RIM | {"strokeWidth": 9, "strokeJoin": "round"}
"""As wide as a blank between words, through which a dotted line would be seen."""


def _panels(table: pd.DataFrame) -> alt.Y:
    """A panel for each row, without a gap between them."""
    panels: alt.Y = row_axis(table, "row").scale(paddingInner=0, paddingOuter=0)
    return panels


def _details(heads: pd.DataFrame) -> list[list[str]]:
    return [in_lines(detail, fits=42) for detail in heads["detail"]]


def _path_heads(heads: pd.DataFrame) -> list[alt.Chart]:
    """The two lines above each path."""
    heads = heads.assign(detail=["\n".join(lines) for lines in _details(heads)])
    base, top = alt.Chart(heads), _panels(heads).bandPosition(0)
    left, right = x_at(0), x_at("width")
    below = base.mark_text(align="left", dy=30, fontSize=12, lineBreak="\n", lineHeight=14, color=colour("muted"))
    return [
        base.mark_text(align="left", dy=12).encode(x=left, y=top, text=alt.Text("name:N")),
        base.mark_text(align="right", dy=12, **WEIGHT).encode(x=right, y=top, text=alt.Text("headline:N")),
        below.encode(x=left, y=top, text=alt.Text("detail:N")),
    ]


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
    then: pd.DataFrame | None = None,
) -> Chart:
    """Values over time: points, joined only within a segment; each series is named beside its first point.

    Columns: day (datetime), value, series (label), segment, text (tooltip), name (label at the point, or empty), and,
    where names would meet, place (where the name stands: above, below, below_right, left or right of its point, or, if
    it tells the series too, at its end). With `column`, the name of its period, a value stands in a column of that
    name, and neither on an axis of time nor on one of values, as each is written.
    `targets`: day or column, value, text, drawn as dashed marks, edge (left or right, where the text stands), and
    optionally missing (words under the mark of a value that nobody has published).
    `breaks`: day or column, text, drawn as vertical rules, before the column. `ticks` fix the values of the axis, and
    its ends. `then`: day, text, the end of an earlier month; the points that were its newest, `stood` in the table,
    have a pale disc behind them.
    """
    base = alt.Chart(table)
    x, y = _across(table, targets), _measure(percent=percent, reverse=reverse, zero=zero, ticks=ticks)
    y = y.axis(None) if "column" in table else y
    hue = alt.Color("series:N", scale=colour_scale(colours), legend=None)
    shape = alt.Shape("series:N", scale=alt.Scale(domain=list(colours), range=SHAPES[: len(colours)]), legend=None)
    tip = [alt.Tooltip("series:N", title=" "), alt.Tooltip("text:N", title="  ")]
    layers = [
        base.mark_line(strokeWidth=2).encode(x=x, y=y, color=hue, detail=alt.Detail("segment:N")),
        base.mark_point().encode(x=x, y=y, color=hue, shape=shape, tooltip=tip),
    ]
    before = x.bandPosition(0) if "column" in table else x
    marks = [*_targets(targets, x, y), *series_breaks(breaks, before), *_then(then, table, targets, x, y, hue)]
    told = len(colours) < 2 or table.get("place", pd.Series(dtype="object")).str.startswith("end").any()
    named = [] if told else _first_names(table, x, y, hue)
    if named and "column" in table:
        named = [each.encode(opacity=alt.OpacityValue(alt.ExprRef(f"{NARROW} ? 0 : 1"))) for each in named]
        named += _names_above(table, colours)
    return finish([*marks, *layers, *series_names(table, x, y), *named], texts, height=220)


def _across(table: pd.DataFrame, targets: pd.DataFrame | None) -> alt.X:
    """The columns of a chart, or its axis of time, with those of targets."""
    name = "column" if "column" in table else "day"
    every = pd.concat([table[name], targets[name]] if targets is not None and name in targets else [table[name]])
    return column_axis(list(dict.fromkeys(every))) if name == "column" else period_axis(every, padding=36)


def _first_names(table: pd.DataFrame, x: alt.X, y: alt.Y, hue: alt.Color) -> list[alt.Chart]:
    """The name of each series at its first point, beyond the value that stands there; of a long one in its course."""
    first = table.sort_values("day", kind="stable").drop_duplicates("series")
    low = first.get("place", pd.Series("above", index=first.index)).str.startswith("below")
    side = (first["day"] == first["day"].min()).map({True: "left", False: "right"})  # the first has no room before it
    if "column" in table:
        side[:] = "center"
    if table.groupby("series").size().min() >= _LONG:
        wide = table.pivot(index="day", columns="series", values="value")
        clear = {name: _clearest(wide, name) for name in wide}
        first = table[[clear[name][0] == day for name, day in zip(table["series"], table["day"], strict=True)]]
        low = first["series"].map({name: below for name, (_, below) in clear.items()})
        side = pd.Series("middle", index=first.index)
    layers = []
    for (below, align), rows in first.groupby([low, side]):
        far = 16 if align == "middle" else 29
        style: dict[str, Any] = {
            "align": "center" if align == "middle" else align, "dx": {"left": -6, "right": -12}.get(str(align), 0),
            "dy": far + 1 if below else 1 - far, "fontWeight": 600, "fontSize": 12, "baseline": "middle",
        }  # fmt: skip
        base = alt.Chart(rows).encode(x=x, y=y, text=alt.Text("series:N"))
        layers += [base.mark_text(**style, **RIM), base.mark_text(**style).encode(color=hue)]
    return layers


_LONG = 10
"""Points of a long series."""


def _clearest(wide: pd.DataFrame, name: Any) -> tuple[pd.Timestamp, bool]:
    """The point of a series beside which there is most room for its name, and whether that is below it."""
    span = min(len(name) * len(wide) // 50, (len(wide) - 1) // 2)  # points that the name covers to either side
    found = []
    for at in range(span, len(wide) - span):
        here, around = wide[name].iloc[at], wide.iloc[at - span : at + span + 1]
        for below in (False, True):
            beyond = (here - around if below else around - here).drop(columns=name)
            own = (here - around[name] if below else around[name] - here).max()
            found.append((beyond.where(beyond > 0).min().min(), -own, at, below))
    edge = wide.max().max()
    *_, at, below = max(found, key=lambda each: (edge if pd.isna(each[0]) else each[0]) + 2 * each[1])
    return wide.index[at], below


def _names_above(table: pd.DataFrame, colours: dict[str, str]) -> list[alt.Chart]:
    """The names of series in a line above the chart, where columns are too narrow for them: on the narrowest phone."""
    series = [name for name in colours if name in set(table["series"])]
    layers, at = [], 0
    for name, sign in zip(series, "●■▲◆", strict=False):
        one = alt.Chart(pd.DataFrame({"name": [f"{sign} {name}"]}))
        mark = one.mark_text(
            align="left", fontSize=12, color=colour(colours[name]), opacity=alt.ExprRef(f"{NARROW} ? 1 : 0")
        )
        layers.append(mark.encode(x=x_at(at), y=y_at(-10), text=alt.Text("name:N")))
        at += 18 + 8 * len(name)
    return layers


def _then(
    then: pd.DataFrame | None, table: pd.DataFrame, targets: pd.DataFrame | None, x: alt.X, y: alt.Y, hue: alt.Color
) -> list[alt.Chart]:
    """The end of an earlier month, and a pale disc behind each value that was its newest."""
    if then is None or then.empty:
        return []
    discs = alt.Chart(table[table["stood"]]).mark_point(size=420, opacity=0.35).encode(x=x, y=y, color=hue)
    if "column" in table:
        before = table.loc[table["day"] <= then["day"].iloc[0], "column"]
        return [*_deadline(then.assign(column=before.iloc[-1]), x.bandPosition(1)), discs] if len(before) else [discs]
    days = pd.concat([table["day"], targets["day"]] if targets is not None and "day" in targets else [table["day"]])
    late = then["day"].iloc[0] > days.min() + (days.max() - days.min()) / 2  # its words stand where there is room
    return [*_deadline(then, x, align="right" if late else "left"), discs]


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
    "end": {"dx": 6, "dy": -13, "align": "right"},
    "end_below": {"dx": 6, "dy": 15, "align": "right"},
}


def series_names(table: pd.DataFrame, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """The names of points, each on a rim of the page's colour, so that no line runs through it."""
    placed = table if "place" in table else table.assign(place="above")
    layers = []
    for place, rows in placed.groupby("place"):
        base = alt.Chart(rows).encode(x=x, y=y, text=alt.Text("name:N"))
        mark = (
            _PLACES[str(place)] | WEIGHT | {"fontSize": 12, "baseline": "middle", "lineBreak": "\n", "lineHeight": 14}
        )
        layers += [base.mark_text(**mark, stroke=colour("page"), strokeWidth=4), base.mark_text(**mark)]
    return layers


def _targets(targets: pd.DataFrame | None, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    if targets is None or targets.empty:
        return []
    base, dark = alt.Chart(targets), colour("reference")
    line = base.mark_rule(strokeDash=[5, 4], color=dark).encode(y=y)
    mark = base.mark_point(shape="diamond", filled=False, strokeWidth=2, color=dark).encode(x=x, y=y)
    said = base.mark_text(dy=16, fontSize=12, lineBreak="\n", color=colour("muted"))
    missing = [said.encode(x=x, y=y, text=alt.Text("missing:N"))] if "missing" in targets else []
    placed = targets.assign(edge=targets.get("edge", "right"), below=_hang(targets))
    named = [_edge(rows, str(edge), y, below=bool(below)) for (edge, below), rows in placed.groupby(["edge", "below"])]
    dated = "column" in targets or ("day" in targets and targets["day"].notna().all())
    return [line, mark, *missing, *named] if dated else [line, *named]


_NEAR = 0.15
"""Of the greatest target: a lower one that is so near has its words below its line."""


def _hang(targets: pd.DataFrame) -> pd.Series[bool]:
    """Whether the words of a target would run into those of the next higher one."""
    values, near = list(targets["value"]), _NEAR * float(targets["value"].max())
    return pd.Series([any(0 < other - value < near for other in values) for value in values], index=targets.index)


def _edge(targets: pd.DataFrame, edge: str, y: alt.Y, *, below: bool = False) -> alt.Chart:
    """The texts of targets at one edge of the chart, above their lines, or below them in short lines."""
    left = edge == "left"
    if below:
        targets = targets.assign(text=["\n".join(in_lines(text, fits=20)) for text in targets["text"]])
    text = alt.Chart(targets).mark_text(
        dy=14 if below else -11, align="left" if left else "right", fontSize=12, lineBreak="\n", lineHeight=14,
        color=colour("reference"),
    )  # fmt: skip
    placed: alt.Chart = text.encode(x=x_at(0 if left else "width"), y=y, text=alt.Text("text:N"))
    return placed
