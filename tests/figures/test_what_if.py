"""What a reader tries with a slider is the measure's own result, in the words of the page; drawn by Vega itself."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest

from r57lib import figures, open_view
from r57lib.charts.base import specification
from r57lib.charts.render import draw
from r57lib.measures.indicators import progress_lines
from r57lib.measures.progress import closed_by_deadline, completion_day, required_run_rate
from r57lib.page.figure import Figure
from r57lib.view.words import Words


def drawn(figure: Figure, **at: float) -> str:
    """The texts of a chart when its sliders stand there."""
    spec: dict[str, Any] = specification(figure.chart)
    assert {each["name"] for each in spec["params"]} >= set(at)
    spec["params"] = [each | {"value": at.get(each["name"], each["value"])} for each in spec["params"]]
    texts = re.findall(r"<text[^>]*>(.*?)</text>", draw(spec, figure.words.language))
    lines = (" ".join(re.sub(r"<[^>]*>", " ", text).split()) for text in texts)
    return html.unescape(" | ".join(lines))


@pytest.fixture(scope="module", params=["en", "vi"])
def pace(request: pytest.FixtureRequest) -> Figure:
    return figures.required_pace(open_view(month="2025-09", language=request.param))


def a_day(words: Words, value: float | None) -> str:
    return words("per_day", value=words.number(value, 1))


@pytest.mark.parametrize("left", [1, 92, 150, 184])
def test_another_deadline_needs_the_pace_of_the_measure(pace: Figure, left: int) -> None:
    words, day = pace.words, date(2025, 9, 30)
    due = day + timedelta(days=left)
    shown = drawn(pace, at_required=left)
    assert words("required_pace.required", deadline=words.date(due)) in shown
    assert a_day(words, required_run_rate(402, day, due)) in shown


@pytest.mark.parametrize("deadline", ["2025-10-01", "2031-01-01", "9999-12-31"])
def test_a_deadline_however_far_can_be_moved_and_makes_no_long_page(deadline: str) -> None:
    figure = figures.required_pace(open_view(month="2025-09", language="en"), deadline=deadline)
    slider = next(each for each in specification(figure.chart)["params"] if each["name"] == "at_required")
    said, left = figure.words.date(date.fromisoformat(deadline)), slider["value"]
    assert figure.words("required_pace.required", deadline=said) in drawn(figure)
    assert (left - slider["bind"]["min"]) % slider["bind"]["step"] == 0
    assert len(figure.html()) < 500_000


@pytest.mark.parametrize("tried", [0.3, 3, 10])
def test_another_pace_ends_on_the_day_of_the_measure(pace: Figure, tried: float) -> None:
    words, done = pace.words, completion_day(402, date(2025, 9, 30), tried)
    shown = drawn(pace, at_run_rate=tried)
    assert words("required_pace.tried", day=words.date(done)) in shown
    assert a_day(words, tried) in shown


def test_where_no_slider_was_moved_the_chart_is_what_its_finding_says(pace: Figure) -> None:
    shown, row = drawn(pace), pace.data.iloc[0]
    assert a_day(pace.words, row["required_run_rate"]) in shown
    assert pace.words("required_pace.run_rate", start=pace.words.date(date(2025, 4, 1))) in shown
    assert pace.words("required_pace.never") in drawn(pace, at_run_rate=0)


@pytest.mark.parametrize("percent", [0, 100, 300])
def test_a_pace_carried_on_closes_what_the_measure_says(percent: int) -> None:
    view = open_view(month="2026-01", language="en")
    shown = drawn(figures.trajectories(view), at_tried=percent)
    rows = progress_lines(view.tables, day=view.day).dropna(subset=["pace_ratio"]).drop_duplicates("indicator_id")
    assert len(rows) == 2
    for closed, elapsed in zip(rows["share_closed"], rows["expected"], strict=True):
        said = view.words.percent(closed_by_deadline(closed, elapsed, percent / 100), 1)
        assert f"At {percent}% of the pace so far: {said} closed" in shown
