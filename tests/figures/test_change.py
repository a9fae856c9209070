"""A second month beside that of the page: both values with their days, and a difference where there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from r57lib import figures, open_view
from r57lib.charts.base import specification
from r57lib.data.codes import Status
from r57lib.data.tables import records
from r57lib.errors import WrongCall
from r57lib.figures.change import share_then
from r57lib.measures.task_counts import PublishedCounts, latest_snapshots
from r57lib.page.figure import Figure
from r57lib.page.parts import Tiles
from r57lib.view.filters import apply_filters
from r57lib.view.view import View

SHOWN = ("usage_against_target", "five_g_coverage", "digital_economy_methods", "task_status", "burn_up",
         "on_time_rates", "overdue_burden")  # fmt: skip
PAIRS = [("2025-12", "2025-09"), ("2025-12", "2025-11"), ("2025-10", "2025-05"), ("2026-01", "2025-12")]


def beside(month: str, other: str, language: str = "en") -> View:
    return open_view(month=month, language=language).against(other)


def made(view: View, name: str) -> Figure:
    figure = getattr(figures, name)(view)
    assert isinstance(figure, Figure)
    return figure


def tiles(view: View) -> dict[str, Any]:
    made = figures.headlines(view)
    assert isinstance(made, Tiles)
    return {tile.label: tile for tile in made.tiles}


def column(figure: Figure, key: str) -> list[str]:
    return next(each.texts for each in figure.columns if each.key == key)


@pytest.mark.parametrize(("month", "other"), PAIRS)
@pytest.mark.parametrize("language", ["en", "vi"])
def test_each_headline_shows_what_the_page_of_the_other_month_shows(language: str, month: str, other: str) -> None:
    own, then = tiles(open_view(month=month, language=language)), tiles(open_view(month=other, language=language))
    view = beside(month, other, language)
    for label, tile in tiles(view).items():
        assert (tile.value, tile.note) == (own[label].value, own[label].note)
        if tile.then is None:
            assert label not in then
            continue
        shown = then.get(tile.then.label)
        if shown is not None:  # of a set of tasks that led no page of that month the count is shown all the same
            assert (tile.then.value, tile.then.note) == (shown.value, shown.note)
        assert set(tile.then.fact_ids) <= set(tile.fact_ids)
    html = figures.headlines(view)._repr_html_()
    assert view.words.month(view.earlier.month).lower() in html.lower() and html.count("r57-tile-then") == len(own)


@pytest.mark.parametrize(
    ("month", "other", "label", "change"),
    [
        ("2025-10", "2025-05", "5G coverage of the population", "about +13.52 pp on May 2025"),
        ("2025-12", "2025-09", "5G coverage of the population", "sources disagree"),
        ("2025-12", "2025-09", "Dossiers handled end to end online", "not comparable with the value before"),
        ("2026-01", "2025-12", "Dossiers handled end to end online", "no newer value since December 2025"),
        ("2025-12", "2025-09", "Central Steering Committee: tasks completed", "other tasks: not comparable"),
        ("2025-12", "2025-09", "Central Steering Committee: open tasks overdue", "other tasks: not comparable"),
        ("2025-12", "2025-11", "Central Steering Committee: open tasks overdue",
         "other tasks: not comparable"),
        ("2025-12", "2025-11", "Central Steering Committee: tasks completed",
         "the list grew from 1,132 to 1,287 tasks: not comparable"),
        ("2025-12", "2025-09", "Enterprise commitments beyond words",
         "unchanged; 14 commitments added to the list"),
    ],
)  # fmt: skip
def test_a_difference_stands_only_between_what_compares(month: str, other: str, label: str, change: str) -> None:
    assert tiles(beside(month, other))[label].change == change


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize(("month", "other"), PAIRS)
def test_a_table_has_a_column_a_month_and_the_difference(month: str, other: str, name: str) -> None:
    view = beside(month, other)
    figure, alone = made(view, name), made(open_view(month=month, language="en"), name)
    added = [each.key for each in figure.columns if each.key not in {own.key for own in alone.columns}]
    assert added == ["then", "change"] and len(figure.table) == len(alone.table)
    assert view.words.month(view.earlier.month) in next(each.heading for each in figure.columns if each.key == "then")
    there = set(view.earlier.tables.facts()["fact_id"])
    for then, change, facts in zip(column(figure, "then"), figure.data["change"], figure.data["facts"], strict=True):
        if then in ("–", "no figure"):
            assert change != change, "a difference from nothing"
        else:
            assert "(" in then and there & set(facts), "with its own day, and the fact behind it"
            assert set(facts) <= set(figure.fact_ids)


def test_of_one_series_and_one_basis_the_difference_is_told() -> None:
    figure = made(beside("2025-12", "2025-09"), "digital_economy_methods")
    assert column(figure, "change") == ["about +0.42 pp", "+0.85 pp"]
    assert column(figure, "then") == ["18.3% (2024)", "13.17% (2024)"]


def test_of_one_list_of_tasks_the_difference_is_told() -> None:
    view = beside("2025-12", "2025-11")
    needs = (Status.TOTAL, Status.COMPLETED)
    newest = next(records(latest_snapshots(view.tables, needs=needs).query("scope_id == 'csc'"), PublishedCounts))
    then = newest._replace(completed=500, fact_ids=("earlier",))
    told = share_then(view, (newest, 601, 1287), (then, 500, 1287))
    assert (str(told.value), str(told.change)) == ("38.85% (500 of 1,287, 4 December 2025)", "+7.85 pp")
    grown = share_then(view, (newest, 601, 1287), (then._replace(total=1100), 500, 1100))
    assert grown.change.value is None and str(grown.change).endswith("from 1,100 to 1,287 tasks: not comparable")


@pytest.mark.parametrize(
    ("name", "discs"), [("usage_against_target", 3), ("five_g_coverage", 1), ("digital_economy_methods", 2)]
)
def test_a_chart_marks_what_stood_then(name: str, discs: int) -> None:
    figure = made(beside("2025-12", "2025-09"), name)
    drawn = figure.chart.to_dict()  # type: ignore[union-attr]  # which holds it against the schema
    pale = [each for each in drawn["layer"] if each["mark"].get("opacity") == 0.35 and each["mark"]["type"] == "point"]
    assert [len(drawn["datasets"][each["data"]["name"]]) for each in pale] == [discs]
    assert "end of September 2025" in str(specification(figure.chart))  # type: ignore[arg-type]
    alone = made(open_view(month="2025-12", language="en"), name)
    assert len(alone.chart.to_dict()["layer"]) < len(drawn["layer"])  # type: ignore[union-attr]


def test_bars_of_the_second_month_stand_back_where_it_has_another_count() -> None:
    status = str(specification(made(beside("2025-12", "2025-11"), "task_status").chart))  # type: ignore[arg-type]
    assert "1,132 tasks" in status and "'pale': True" in status
    assert "{'condition': {'test': 'datum.pale', 'value': 0.5}, 'value': 1}" in status
    same = str(specification(made(beside("2026-01", "2025-12"), "task_status").chart))  # type: ignore[arg-type]
    assert "'pale': True" not in same, "one count is drawn once"
    on_time = made(beside("2025-09", "2025-08"), "on_time_rates")
    assert "Of the 90 completed; 28 August 2025" in str(specification(on_time.chart))  # type: ignore[arg-type]
    assert set(column(on_time, "change")) == {"the list grew from 330 to 679 tasks: not comparable"}


def test_overdue_tasks_of_the_second_month_have_a_bar_of_their_own() -> None:
    """No set has two counts of what is in progress: the one of August is made up."""
    view = open_view(month="2025-09", language="en")
    rows = view.everything["task_snapshots"]
    known = rows[rows["fact_id"] == "P-r71-2025-08-28-overdue"]
    more = pd.concat([rows, known.assign(fact_id="made-up", status="in_progress", task_count=236)], ignore_index=True)
    everything = replace(view.everything, frames={**view.everything.frames, "task_snapshots": more})
    figure = made(replace(view, everything=everything).against("2025-08"), "overdue_burden")
    assert column(figure, "then")[:2] == ["1.21% (4 of 330, 28 August 2025)", "1.67% (4 of 240, 28 August 2025)"]
    drawn = figure.chart.to_dict()  # type: ignore[union-attr]
    parts = [row["part"] for data in drawn["datasets"].values() for row in data if "part" in row]
    assert parts[:3] == ["overdue", "then", "overdue"], "one share of each set, and below it that of the month before"


def test_both_months_are_as_known_on_one_day() -> None:
    view = open_view(month="2025-12", as_of="2025-12-20", language="en").against("2025-10")
    assert view.other and view.other.as_of == view.as_of
    then = tiles(open_view(month="2025-10", as_of="2025-12-20", language="en"))
    label = "Dossiers handled end to end online"
    assert tiles(view)[label].then.value == then[label].value


def test_none_leaves_a_page_as_it_is() -> None:
    view = open_view(month="2025-12", language="vi")
    for name in ("headlines", "changes", *SHOWN):
        make = getattr(figures, name)
        assert make(view.against(""))._repr_html_() == make(view)._repr_html_()


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("2025-12", "not before 2025-12.*did you mean '2025-11'"),
        ("2026-01", "not before 2025-12.*did you mean '2025-11'"),
        ("2025-9", "did you mean '2025-09'"),
        ("2013-01", "the data run from 2014-12"),
    ],
)
def test_another_month_is_refused_in_one_line_with_the_nearest(other: str, told: str) -> None:
    view = open_view(month="2025-12", language="en")
    for ask in (view.against, lambda month: apply_filters(view, {"against": month})):
        with pytest.raises(WrongCall, match=told) as refused:
            ask(other)
        assert "\n" not in str(refused.value)


def test_changes_are_told_since_the_second_month() -> None:
    view = open_view(month="2025-12", language="en")
    assert figures.changes(view.against("2025-09")).rows == figures.changes(view, since="2025-09").rows
    assert figures.changes(replace(view)).since == "November 2025"


def test_the_table_of_newer_values_stands_beside_the_second_month() -> None:
    """No fold speaks of last month while the reader looks at another one."""
    figure = made(beside("2025-12", "2025-09"), "what_changed")
    assert figure.title.startswith("New facts since September 2025: ")
    assert "Compared with September 2025" in figure.subtitle and "last month" not in figure.html()
    rows = dict(zip(column(figure, "what"), column(figure, "before"), strict=True))
    assert rows["5G stations"] == "11,591 stations"
    assert made(open_view(month="2025-12", language="en"), "what_changed").title.startswith("New facts since November")


def test_a_month_without_a_change_says_so() -> None:
    page = figures.changes(open_view(month="2025-03", language="en"))._repr_html_()
    assert "<p>No rule finds a change.</p>" in page and "None" not in page
    assert made(open_view(month="2025-03", language="en"), "published_counts").headline == (
        "No count is published up to this month."
    )
    asked = made(open_view(month="2025-03", language="en"), "forecast")
    assert f"{asked.heading}</strong>" in asked.html() and asked.heading.endswith("?")
