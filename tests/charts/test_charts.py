"""Each chart by its specification: its words, its size, its colours, and that it draws the table that it was given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import altair as alt
import pandas as pd
import pytest

from r57lib.charts import bars, base, lines
from r57lib.charts.base import Chart, Slider, Texts, with_stamp
from r57lib.charts.theme import COLOURS, adaptive, colour

TEXTS = Texts("The finding", "The measure, unit and date", "The finding for the ear")
DAYS = pd.to_datetime(["2025-06-30", "2025-09-30", "2025-12-31"])
LINES = pd.DataFrame({"day": DAYS, "value": [0.1, 0.2, 0.9], "series": ["a", "a", "b"], "segment": ["1", "1", "2"],
                      "text": ["x", "y", "z"], "name": ["", "10%", "90%"]})  # fmt: skip
PARTS = pd.DataFrame({"row": ["Plan", "Plan", "Law"], "part": ["done", "open", "done"], "share": [0.4, 0.6, 1.0],
                      "text": ["4", "6", "9"], "key": ["done 4", "open 6", "done 9"],
                      "detail": ["4 of 10", "6 of 10", "9 of 9"]})  # fmt: skip
BARS = pd.DataFrame({"row": ["Z", "A"], "value": [5.0, 2.0], "text": ["5", "2"], "part": ["ahead", "behind"],
                     "tick": [6.0, 1.0]})  # fmt: skip
TARGET = pd.DataFrame({"day": DAYS[2:], "value": [0.8], "text": ["target 80%"]})
BREAK = pd.DataFrame({"day": DAYS[1:2], "text": ["another method"]})
INTERVALS = pd.DataFrame(
    {"row": ["of all"], "value": [0.27], "low": [0.24], "high": [0.31], "text": ["27% (24 to 31)"]}
)
ENDS = pd.DataFrame({"row": ["M", "M"], "part": ["offered", "used"], "value": [0.17, 0.54], "low": 0.17, "high": 0.54,
                     "text": "37 points"})  # fmt: skip
GRID = pd.DataFrame({"row": ["B", "B", "A", "A"], "total": ["3", "3", "0", "0"], "column": ["said", "in\nwriting"] * 2,
                     "value": [1, 2, 0, 0], "text": ["1", "2", "", ""]})  # fmt: skip
SPANS = pd.DataFrame({"row": ["B", "A"], "start": DAYS[:2], "end": DAYS[1:], "part": ["said", "signed"],
                      "text": ["to 30/9", "to 31/12"]})  # fmt: skip
PATH = pd.DataFrame({"row": ["p", "p"], "name": "Revenue", "headline": "35.72%", "detail": "to 2028", "day": DAYS[1:],
                     "height": [0.4, 1.0], "text": ["320", "800"], "place": ["start", "end"]})  # fmt: skip
BAND = pd.DataFrame({"day": DAYS[1:], "low": [1, 2], "median": [1, 3], "high": [1, 4], "total": 4, "text": ["x", "y"]})
WAYS = pd.DataFrame({"row": "p", "name": "Share", "headline": "", "detail": "to 2030", "part": ["a", "a", "b", "b"],
                     "at": [0.0, 1.0] * 2, "height": [0.0, 1.0] * 2})  # fmt: skip
SEEN = pd.DataFrame({"row": "p", "part": "b", "seen": [True, True, False], "at": [0.0, 0.4, 1.0],
                     "height": [0.0, 0.1, 1.0], "text": ["16%", "18%", "30%"], "place": ["start", "right", "left"],
                     "tip": "x"})  # fmt: skip
TRIED = pd.DataFrame({"row": "p", "part": "tried", "step": [1, 1, 2, 2], "at": [0.4, 1.0] * 2,
                      "height": [0.1, 0.2, 0.1, 0.3], "text": ["", "20%", "", "30%"]})  # fmt: skip
SLIDER = Slider("tried", "What if", 1, 2, 1, 1)
AHEAD = Slider("ahead", "x", 1, 2, 1, 1)
TRIED_BARS = BARS.assign(step=[1, 2])
TWO = {"a": "series_1", "b": "series_2"}

DRAWN: dict[str, Callable[[], Chart]] = {
    "stacked_bars": lambda: bars.stacked_bars(PARTS, TEXTS, colours={"done": "completed_on_time", "open": "overdue"}),
    "bars": lambda: bars.bars(BARS[["row", "value", "text"]], TEXTS),
    "bars with colours and ticks": lambda: bars.bars(BARS, TEXTS, colours={"ahead": "series_1", "behind": "overdue"}),
    "bars with a slider": lambda: bars.bars(
        TRIED_BARS, TEXTS, colours={"ahead": "series_1", "behind": "overdue"}, sliders=[AHEAD]
    ),
    "intervals": lambda: bars.intervals(INTERVALS, TEXTS),
    "intervals with a row of its own": lambda: bars.intervals(INTERVALS.assign(own=True), TEXTS),
    "with_stamp": lambda: with_stamp(bars.intervals(INTERVALS, TEXTS), "made up"),
    "time_series": lambda: lines.time_series(LINES, TEXTS, colours=TWO, percent=True),
    "time_series with all": lambda: lines.time_series(
        LINES.assign(place=["above", "left", "below_right"]), TEXTS, colours=TWO, targets=TARGET, breaks=BREAK,
        ticks=[0.0, 0.5, 1.0],
    ),
    "dumbbells": lambda: bars.dumbbells(ENDS, TEXTS, colours={"offered": "series_1", "used": "series_4"}),
    "count_grid": lambda: bars.count_grid(GRID, TEXTS),
    "moments": lambda: bars.moments(
        SPANS.assign(tip="signed"), TEXTS, colours={"said": "muted", "signed": "series_1"}, breaks=BREAK
    ),
    "spans": lambda: bars.spans(SPANS, TEXTS, colours={"said": "muted", "signed": "series_1"}, breaks=BREAK),
    "paths": lambda: lines.paths(PATH, TEXTS, points=PATH.tail(1).assign(place="right")),
    "fan": lambda: lines.fan(LINES, TEXTS, colours=TWO),
    "fan with all": lambda: lines.fan(LINES, TEXTS, colours=TWO, band=BAND, deadline=BREAK),
    "path_panels": lambda: lines.path_panels(
        WAYS, TEXTS, colours=TWO, points=SEEN, tried=TRIED, slider=SLIDER
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=DRAWN)
def specification(request: pytest.FixtureRequest) -> dict[str, Any]:
    return DRAWN[request.param]().to_dict()


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a specification."""
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(each)


def marks(specification: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [layer for layer in specification["layer"] if layer["mark"]["type"] == kind]


def test_every_chart_function_is_drawn() -> None:
    functions = {name: each for module in (bars, lines) for name, each in vars(module).items()
                 if getattr(each, "__module__", "") == module.__name__}  # fmt: skip
    own = {name for name, each in functions.items() if "texts" in signature(each).parameters}
    assert own | {"with_stamp"} == {name.split()[0] for name in DRAWN}


def test_title_subtitle_and_description(specification: dict[str, Any]) -> None:
    assert specification["title"] == {"text": "The finding", "subtitle": "The measure, unit and date"}
    assert specification["description"] == "The finding for the ear"


def test_size_follows_the_page(specification: dict[str, Any]) -> None:
    assert specification["width"] == "container"
    assert specification["height"] > 0
    assert specification["autosize"] == {"type": "fit-x", "contains": "padding"}


def test_colours_are_those_of_the_theme_and_all_adapt(specification: dict[str, Any]) -> None:
    text = json.dumps({name: value for name, value in specification.items() if name != "datasets"})
    lights = {light for light, _ in COLOURS.values()}
    assert set(re.findall(r"#[0-9A-Fa-f]{3,8}\b", text)) <= lights
    adapted = json.dumps(adaptive(specification))
    assert set(re.findall(r'"(#[0-9A-Fa-f]{3,8})"', adapted)) == set()
    named = {node[key] for node in nodes(specification["layer"]) for key in ("color", "fill", "stroke")
             if isinstance(node.get(key), str)}  # fmt: skip
    assert named <= {*lights, "transparent"}


def test_no_type_or_font_of_its_own(specification: dict[str, Any]) -> None:
    assert not any("font" in node or "labelFont" in node for node in nodes(specification["layer"]))
    sizes = [node[key] for node in nodes(specification) for key in node if key.lower().endswith("fontsize")]
    assert min(sizes, default=12) >= 12


def test_nothing_is_fetched_and_nothing_computed_but_places(specification: dict[str, Any]) -> None:
    assert not any("url" in node or "aggregate" in node or "bin" in node for node in nodes(specification))
    assert not any("stack" in node for node in nodes(specification))


def test_the_same_table_gives_the_same_chart() -> None:
    for name, draw in DRAWN.items():
        assert json.dumps(draw().to_dict()) == json.dumps(draw().to_dict(validate=False)), name


def test_drawing_leaves_the_table_as_it_is() -> None:
    given = (LINES, PARTS, BARS, TARGET, GRID, PATH, BAND, WAYS, SEEN, TRIED, TRIED_BARS)
    tables = [table.copy() for table in given]
    for draw in DRAWN.values():
        draw().to_dict()
    for before, after in zip(
        tables, (LINES, PARTS, BARS, TARGET, GRID, PATH, BAND, WAYS, SEEN, TRIED, TRIED_BARS), strict=True
    ):
        pd.testing.assert_frame_equal(before, after)


# What each encodes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["stacked_bars", "bars", "count_grid", "spans"])
def test_rows_keep_the_order_of_the_table(name: str) -> None:
    order = {"stacked_bars": ["Plan", "Law"], "bars": ["Z", "A"], "count_grid": ["B", "A"], "spans": ["B", "A"]}
    sorts = [layer["encoding"]["y"]["sort"] for layer in DRAWN[name]().to_dict()["layer"]
             if "sort" in layer["encoding"].get("y", {})]  # fmt: skip
    assert sorts
    assert all(sort == order[name] for sort in sorts)


def test_a_row_has_a_band_of_its_own() -> None:
    one, two = (bars.bars(BARS.head(count), TEXTS).to_dict()["height"] for count in (1, 2))
    assert two == 2 * one


def test_bars_begin_at_zero_and_end_at_the_greatest_or_the_given() -> None:
    def domain(**options: Any) -> list[float]:
        return bars.bars(BARS[["row", "value", "text"]], TEXTS, **options).to_dict()["layer"][0]["encoding"]["x"][
            "scale"]["domain"]  # fmt: skip

    assert domain() == [0, 5.0]
    assert domain(domain=10.0) == [0, 10.0]


def test_bars_of_nothing_still_have_an_axis() -> None:
    nothing = BARS.assign(value=0.0)[["row", "value", "text"]]
    low, high = bars.bars(nothing, TEXTS).to_dict()["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low < high


def test_bars_mark_a_second_value_only_where_there_is_one() -> None:
    plain, ticked = (DRAWN[name]().to_dict() for name in ("bars", "bars with colours and ticks"))
    assert marks(plain, "tick") == []
    assert marks(ticked, "tick")[0]["encoding"]["x"]["field"] == "tick"


def test_colours_go_to_parts_by_name() -> None:
    scale = marks(DRAWN["stacked_bars"]().to_dict(), "bar")[0]["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
        "done": colour("completed_on_time"),
        "open": colour("overdue"),
    }


def test_text_in_a_part_is_legible_on_it() -> None:
    inside = next(layer for layer in marks(DRAWN["stacked_bars"]().to_dict(), "text") if "color" in layer["encoding"])
    scale = inside["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
        "done": colour("on_dark"),
        "open": colour("on_accent"),
    }


def test_each_part_of_a_bar_is_named_under_it_and_by_no_legend() -> None:
    chart = DRAWN["stacked_bars"]().to_dict()
    (rows,) = chart["datasets"].values()
    assert {row["key"] for row in rows} == {"done 4", "open 6", "done 9"}
    assert marks(chart, "bar")[0]["encoding"]["color"]["legend"] is None
    long = PARTS.assign(key=[20 * "x", 20 * "y", "z"], row="Plan")
    (placed,) = bars.stacked_bars(long, TEXTS, colours=TWO | {"done": "series_1", "open": "overdue"}).to_dict()[
        "datasets"].values()  # fmt: skip
    assert [row["narrow_line"] for row in placed] == [0, 1, 1] and [row["wide_line"] for row in placed] == [0, 0, 0]
    assert placed[1]["narrow_at"] == 0 and placed[0]["wide_at"] < placed[1]["wide_at"] < placed[2]["wide_at"]


def test_a_long_label_is_broken_where_a_phone_ends() -> None:
    long = INTERVALS.assign(row="Ministry of Agriculture and Environment (30 fallen due)", text="80%")
    chart = bars.intervals(pd.concat([INTERVALS, long]), TEXTS).to_dict()
    heads = [row["head"] for row in next(iter(chart["datasets"].values()))]
    assert heads == ["\nof all", "Ministry of Agriculture and Environment\n(30 fallen due)"] or all(
        len(line) <= base.FITS for head in heads for line in head.split("\n")
    )
    assert {head.count("\n") for head in heads} == {heads[1].count("\n")}
    assert chart["height"] > 2 * bars.intervals(INTERVALS, TEXTS).to_dict()["height"]


@pytest.mark.parametrize(
    ("text", "beside", "lines"),
    [
        ("short", 0, ["short"]),
        ("Tan A Dai Thanh: 1 commitment, stated", 4, ["Tan A Dai Thanh:", "1 commitment, stated"]),
        ("new in the register → in progress, on track", 0, ["new in the register →", "in progress, on track"]),
        ("Localities", 33, ["Localities", ""]),
    ],
)
def test_a_text_breaks_where_a_reader_pauses(text: str, beside: int, lines: list[str]) -> None:
    assert base.in_lines(text, beside=beside) == lines


def test_what_a_line_would_run_through_has_a_rim_as_wide_as_a_blank() -> None:
    rims = [layer["mark"] for layer in marks(DRAWN["path_panels"]().to_dict(), "text") if "stroke" in layer["mark"]]
    assert rims and all(rim["strokeWidth"] > 8 for rim in rims)


def test_of_two_near_targets_the_lower_has_its_words_below() -> None:
    near = pd.DataFrame({"value": [0.99, 0.9], "text": ["target: 99% by 2030", "target: 90% by 31 December 2025"]})
    chart = lines.time_series(LINES, TEXTS, colours=TWO, targets=near).to_dict()
    drawn = {chart["datasets"][layer["data"]["name"]][0]["text"]: layer["mark"]["dy"]
             for layer in marks(chart, "text") if layer["encoding"]["text"]["field"] == "text"}  # fmt: skip
    assert drawn["target: 99% by 2030"] < 0 < drawn["target: 90% by\n31 December 2025"]


def test_columns_say_their_values_without_an_axis_and_name_their_series_above_on_a_phone() -> None:
    chart = lines.time_series(LINES.assign(column=["June", "Sep", "Dec"]), TEXTS, colours=TWO).to_dict()
    assert all(layer["encoding"]["y"]["axis"] is None for layer in marks(chart, "point"))
    named = [layer for layer in marks(chart, "text") if "expr" in str(layer["mark"].get("opacity"))]
    assert [chart["datasets"][layer["data"]["name"]][0]["name"] for layer in named] == ["● a", "■ b"]


def test_a_long_series_is_named_where_there_is_most_room() -> None:
    days = pd.date_range("2024-01-31", periods=12, freq="ME")
    low, high = [0.1] * 12, [0.12] * 6 + [0.4] * 6
    table = pd.concat(
        pd.DataFrame({"day": days, "value": values, "series": name, "segment": name, "text": "x", "name": ""})
        for name, values in (("a", low), ("b", high))
    )
    chart = lines.time_series(table, TEXTS, colours=TWO).to_dict()
    named = {chart["datasets"][layer["data"]["name"]][0]["series"]: layer["mark"]["dy"]
             for layer in marks(chart, "text") if layer["encoding"]["text"]["field"] == "series"}  # fmt: skip
    assert named["b"] < 0, "above the upper line, where nothing is"


def test_lines_join_one_segment_only() -> None:
    (line,) = marks(DRAWN["time_series"]().to_dict(), "line")
    assert line["encoding"]["detail"]["field"] == "segment"
    assert line["encoding"]["x"]["type"] == "temporal"
    assert line["encoding"]["y"]["scale"]["zero"] is True


def test_a_rank_is_drawn_upside_down() -> None:
    chart = lines.time_series(LINES, TEXTS, colours=TWO, reverse=True, zero=False).to_dict()
    assert marks(chart, "line")[0]["encoding"]["y"]["scale"]["reverse"] is True


def test_several_series_are_named_at_their_first_points_and_told_by_shape_without_a_legend() -> None:
    one = lines.time_series(LINES[LINES["series"] == "a"], TEXTS, colours={"a": "series_1"}).to_dict()
    two = DRAWN["time_series"]().to_dict()
    named = [
        [each for each in marks(drawn, "text") if each["encoding"]["text"]["field"] == "series"] for drawn in (one, two)
    ]
    assert named[0] == [] and named[1]
    assert {row["series"] for each in named[1] for row in two["datasets"][each["data"]["name"]]} == set(LINES["series"])
    assert all(marks(drawn, "line")[0]["encoding"]["color"]["legend"] is None for drawn in (one, two))
    shapes = marks(two, "point")[0]["encoding"]["shape"]["scale"]["range"]
    assert len(set(shapes)) == len(shapes) == 2


def test_targets_and_breaks_are_drawn_where_there_are_any() -> None:
    plain, full = (DRAWN[name]().to_dict() for name in ("time_series", "time_series with all"))
    assert marks(plain, "rule") == []
    assert len(marks(full, "rule")) == 2
    assert all(rule["mark"]["strokeDash"] for rule in marks(full, "rule"))
    empty = lines.time_series(LINES, TEXTS, colours=TWO, targets=TARGET.head(0), breaks=BREAK.head(0)).to_dict()
    assert marks(empty, "rule") == []


def test_ticks_fix_the_axis_and_its_ends() -> None:
    y = marks(DRAWN["time_series with all"]().to_dict(), "line")[0]["encoding"]["y"]
    assert (y["axis"]["values"], y["scale"]["domain"]) == ([0.0, 0.5, 1.0], [0.0, 1.0])


def test_the_parts_of_a_bar_lie_end_to_end() -> None:
    (rows,) = DRAWN["stacked_bars"]().to_dict()["datasets"].values()
    places = [(row["row"], row["start"], row["middle"], row["end"]) for row in rows]
    assert places == [("Plan", 0.0, 0.2, 0.4), ("Plan", 0.4, 0.7, 1.0), ("Law", 0.0, 0.5, 1.0)]


@pytest.mark.parametrize("name", ["intervals", "dumbbells", "stacked_bars"])
def test_shares_stand_on_an_axis_from_0_to_1(name: str) -> None:
    scales = [layer["encoding"]["x"]["scale"] for layer in DRAWN[name]().to_dict()["layer"]
              if "scale" in layer["encoding"].get("x", {}) and layer["encoding"]["x"]["field"] != "at"]  # fmt: skip
    assert scales
    assert all(scale["domain"] == [0, 1] for scale in scales)


def test_no_circle_for_a_count_of_zero() -> None:
    sized = [layer for layer in marks(DRAWN["count_grid"]().to_dict(), "point") if "size" in layer["encoding"]]
    assert [layer["transform"] for layer in sized] == [[{"filter": "datum.value > 0"}]]


def test_what_is_observed_stands_on_its_path_only_where_it_is() -> None:
    plain, observed = lines.paths(PATH, TEXTS).to_dict(), DRAWN["paths"]().to_dict()
    assert len(marks(observed, "point")) == len(marks(plain, "point")) + 1
    assert len(marks(lines.paths(PATH, TEXTS, points=PATH.head(0)).to_dict(), "point")) == len(marks(plain, "point"))


def test_a_fan_is_a_band_around_a_dashed_median_and_only_where_there_is_one() -> None:
    plain, full = (DRAWN[name]().to_dict() for name in ("fan", "fan with all"))
    (area,) = marks(full, "area")
    assert (area["encoding"]["y"]["field"], area["encoding"]["y2"]["field"]) == ("low", "high")
    dashed = [line["encoding"]["y"]["field"] for line in marks(full, "line") if "strokeDash" in line["mark"]]
    assert dashed == ["total", "median"]
    assert marks(plain, "area") == [] and marks(plain, "rule") == []
    assert [line for line in marks(plain, "line") if "strokeDash" in line["mark"]] == []


def test_what_is_made_up_bears_a_stamp_and_a_hatched_frame_and_nothing_among_its_marks() -> None:
    marked, plain = (DRAWN[name]().to_dict()["layer"] for name in ("with_stamp", "intervals"))
    assert "made up" in json.dumps(DRAWN["with_stamp"]().to_dict())
    own, (frame, stamp) = marked[:-2], marked[-2:]
    assert [layer["mark"]["type"] for layer in own] == [layer["mark"]["type"] for layer in plain]
    assert frame["mark"]["type"] == "rect" and not frame["mark"]["filled"] and frame["mark"]["strokeDash"]
    above = [layer["encoding"]["y"]["value"] for layer in (stamp, frame)]
    assert stamp["mark"]["type"] == "text" and above[0] < above[1] < -16, "a label over the highest mark is within"


def test_paths_are_dashed_and_what_was_seen_is_solid() -> None:
    chart = DRAWN["path_panels"]().to_dict()
    path, _, seen = marks(chart, "line")
    assert "strokeDash" in path["mark"] and "strokeDash" not in seen["mark"]
    assert len(chart["datasets"][seen["data"]["name"]]) == 2, "the target is not among what was seen"


def test_a_slider_shows_the_rows_of_its_step_and_computes_nothing() -> None:
    chart = DRAWN["path_panels"]().to_dict()
    (control,) = chart["params"]
    assert control["bind"] == {"input": "range", "min": 1, "max": 2, "step": 1, "name": "What if"}
    shown = [layer for layer in chart["layer"] if "transform" in layer]
    assert len(shown) == 2
    assert all(set(each) == {"filter"} for layer in shown for each in layer["transform"])


def test_a_value_that_moved_away_stays_within_its_panel() -> None:
    def bottom(lowest: float) -> float:
        points = SEEN.assign(height=[0.0, lowest, 1.0])
        chart = lines.path_panels(WAYS, TEXTS, colours=TWO, points=points, tried=TRIED, slider=SLIDER).to_dict()
        return float(marks(chart, "point")[0]["encoding"]["yOffset"]["scale"]["domain"][1])

    assert bottom(0.1) == -0.3 and bottom(-0.5) < -0.5


def test_rows_are_those_that_altair_would_write() -> None:
    table = pd.DataFrame(
        {
            "text": pd.Series(["a", None], dtype="str"), "day": pd.to_datetime(["2025-12-31", None]),
            "value": [0.5, float("inf")], "count": pd.Series([3, None], dtype="Int64"), "own": [True, False],
            "whole": [1, 2],
        }
    )  # fmt: skip
    made = base.finish([alt.Chart(table).mark_point()], TEXTS, height=10)
    (ours,) = base.specification(made)["datasets"].values()
    (usual,) = made.to_dict(validate=False)["datasets"].values()
    assert ours == usual and [[type(cell) for cell in row.values()] for row in ours] == [
        [type(cell) for cell in row.values()] for row in usual
    ]


def test_layers_are_those_that_altair_would_make() -> None:
    first, second = alt.Chart(INTERVALS).mark_point(), alt.Chart(INTERVALS.head(1)).mark_rule()
    for layers in ([first, first.mark_rule()], [first, second]):
        made = base.finish(layers, TEXTS, height=10).to_dict()
        usual = alt.layer(*layers).properties(width="container", height=10).to_dict()
        assert {name: made[name] for name in ("layer", "datasets")} == {
            name: usual[name] for name in ("layer", "datasets")
        }
        assert made.get("data") == usual.get("data")
