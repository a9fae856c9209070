"""What came of what fell due: the rule at its edges, for shares, running counts and ranks; each target once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from r57lib.data.checks import check_tables
from r57lib.data.tables import Tables
from r57lib.measures.indicators import progress_lines
from r57lib.measures.outcomes import due_targets
from tests.builders import Row, build, more, only_row, row

INDICATORS = more(
    "indicators",
    row("indicators", indicator_id="t-masts", family="t-masts", unit="station", upper_bound=""),
    row("indicators", indicator_id="t-rank", family="t-rank", unit="rank", direction="down", upper_bound=""),
    row("indicators", indicator_id="t-queue", family="t-queue", unit="count", direction="down", upper_bound=""),
    row("indicators", indicator_id="t-one", family="t-both"),
    row("indicators", indicator_id="t-other", family="t-both"),
)
SOURCES = more("sources", row("sources", source_id="t-other-paper", document="t-other-paper"))
DUE = "2025-12-31"


def seen(value: float, day: str, indicator: str = "t-usage", **cells: object) -> Row:
    given = {"fact_id": f"t-{indicator}-{day}-{value}", "reported_on": "2026-03-01"} | cells
    return row("observations", indicator_id=indicator, obs_value=value, time_period=day, **given)


def aim(value: float, indicator: str = "t-usage", day: str = DUE, **cells: object) -> Row:
    given = {"fact_id": f"t-aim-{indicator}-{value}-{day}", "indicator_id": indicator} | cells
    return row("targets", target_value=value, target_period=day, **given)


def of(folder: Path, rows: list[Row], *targets: Row) -> Tables:
    return build(folder, observations=rows, targets=list(targets), indicators=INDICATORS, sources=SOURCES)


RIVAL = {"source_id": "t-other-paper"}
CASES = {
    "reached on the day": ([seen(0.8, DUE)], "met", None),
    "reached before": ([seen(0.85, "2025-06-30")], "met", None),
    "more than what was asked": ([seen(0.8, DUE, qualifier="more_than")], "met", None),
    "not reached on the day": ([seen(0.79, DUE)], "missed", None),
    "nearly is not": ([seen(0.8, DUE, qualifier="nearly")], "missed", None),
    "about cannot be held against it": ([seen(0.8, DUE, qualifier="about")], "not_known", "approximate"),
    "about is no side beside a value that is one": (
        [seen(0.8, "2025-12-18", qualifier="about"), seen(0.85, DUE, **RIVAL)],
        "met",
        None,
    ),
    "about and short on one day": ([seen(0.8, DUE, qualifier="about"), seen(0.6, DUE, **RIVAL)], "missed", None),
    "told before the day": ([seen(0.6, "2025-end", reported_on="2025-12-25")], "not_known", "none_since"),
    "not reached, and nothing since": ([seen(0.51, "2025-12-18", qualifier="more_than")], "not_known", "none_since"),
    "no value": ([seen(0.9, DUE, "t-one")], "not_known", "no_value"),
    "another scope": ([seen(0.9, DUE, scope="localities")], "not_known", "no_value"),
    "a month's flow": ([seen(0.9, "2025-12", basis="month")], "not_known", "another_basis"),
    "a rate of a later day": ([seen(0.7, "2026-01-10")], "not_known", "another_day"),
    "a rate of an earlier and a later day": (
        [seen(0.7, "2025-10-31"), seen(0.9, "2026-01-10")],
        "not_known",
        "another_day",
    ),
    "sources on both sides": ([seen(0.59, "2025-12-25"), seen(0.91, DUE, **RIVAL)], "not_known", "sources_disagree"),
    "sources on one side": ([seen(0.81, "2025-12-25"), seen(0.91, DUE, **RIVAL)], "met", None),
    "one source's own course": ([seen(0.7, "2025-12-10"), seen(0.85, DUE)], "met", None),
    "met and missed again": ([seen(0.9, "2024"), seen(0.75, DUE)], "missed", None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_outcome_of_a_share(tmp_path: Path, case: str) -> None:
    rows, outcome, reason = CASES[case]
    found = only_row(due_targets(of(tmp_path, rows, aim(0.8)), date(2026, 1, 31)))
    assert (found["outcome"], found["reason"] if pd.notna(found["reason"]) else None) == (outcome, reason)


@pytest.mark.parametrize(
    ("value", "day", "qualifier", "outcome"),
    [
        (35000, "2026-01-10", "more_than", "missed"),  # what runs up and is short later was short before
        (70000, "2026-01-10", "exact", "not_known"),  # reached by then, and nobody knows whether in time
        (70000, "2025-11-30", "exact", "met"),
        (16737, "2025-10-31", "exact", "not_known"),
    ],
)
def test_a_running_count_is_judged_by_later_values_too(
    tmp_path: Path, value: int, day: str, qualifier: str, outcome: str
) -> None:
    rows = [seen(value, day, "t-masts", qualifier=qualifier)]
    found = only_row(due_targets(of(tmp_path, rows, aim(68457, "t-masts")), date(2026, 1, 31)))
    assert found["outcome"] == outcome


def test_running_counts_of_later_days_may_contradict_each_other(tmp_path: Path) -> None:
    later = [seen(70000, "2026-01-05", "t-masts"), seen(35000, "2026-01-10", "t-masts", **RIVAL)]
    found = only_row(due_targets(of(tmp_path, later, aim(68457, "t-masts")), date(2026, 1, 31)))
    assert (found["outcome"], found["reason"]) == ("not_known", "sources_disagree")


@pytest.mark.parametrize(
    ("rows", "outcome", "reason"),
    [
        ([(90, "2025-11-30")], "not_known", "none_since"),  # it may have run over the ceiling since
        ([(90, DUE)], "met", None),
        ([(95, "2026-01-10")], "met", None),  # what is under it later was under it before
        ([(101, "2025-11-30")], "missed", None),
        ([(90, "2025-11-30"), (110, "2026-01-10")], "not_known", "another_day"),
        ([(101, "2025-11-30"), (95, "2026-01-10")], "not_known", "another_day"),  # what falls says nothing of between
        ([(120, "2025-10-31"), (99, "2025-11-30")], "met", None),
    ],
)
def test_a_running_count_is_under_its_ceiling_on_the_day_or_later(
    tmp_path: Path, rows: list[tuple[int, str]], outcome: str, reason: str | None
) -> None:
    told = [seen(value, day, "t-queue") for value, day in rows]
    found = only_row(due_targets(of(tmp_path, told, aim(100, "t-queue", comparator="<=")), date(2026, 1, 31)))
    assert (found["outcome"], found["reason"] if pd.notna(found["reason"]) else None) == (outcome, reason)


def test_one_target_of_two_documents_is_counted_once_and_both_are_cited(tmp_path: Path) -> None:
    again = aim(0.8, fact_id="t-again", **RIVAL)
    tables = of(tmp_path / "a", [seen(0.5, "2025-06-30")], aim(0.8), again)
    assert "target_twice" not in {each.rule for each in check_tables(tables)}
    first = f"t-aim-t-usage-0.8-{DUE}"
    assert {first, "t-again"} <= set(only_row(due_targets(tables, date(2026, 1, 31)))["fact_ids"])
    assert {first, "t-again"} <= set(only_row(progress_lines(tables))["fact_ids"])
    other = of(tmp_path / "b", [seen(0.5, "2025-06-30")], aim(0.8), aim(0.9, fact_id="t-again", **RIVAL))
    assert "target_twice" in {each.rule for each in check_tables(other)}


@pytest.mark.parametrize(("due", "outcome"), [("2025-12", "met"), ("2025-Q4", "not_known"), ("2025-H2", "not_known")])
def test_a_month_answers_a_month(tmp_path: Path, due: str, outcome: str) -> None:
    tables = of(tmp_path, [seen(0.85, "2025-12", basis="month")], aim(0.8, day=due))
    assert only_row(due_targets(tables, date(2026, 1, 31)))["outcome"] == outcome


@pytest.mark.parametrize(("place", "outcome"), [(49, "met"), (50, "met"), (51, "missed")])
def test_of_a_rank_the_lower_is_the_better(tmp_path: Path, place: int, outcome: str) -> None:
    tables = of(tmp_path, [seen(place, DUE, "t-rank")], aim(50, "t-rank", comparator="<="))
    assert only_row(due_targets(tables, date(2026, 1, 31)))["outcome"] == outcome


def test_more_than_what_is_asked_is_asked(tmp_path: Path) -> None:
    tables = of(tmp_path, [seen(0.8, DUE)], aim(0.8, qualifier="more_than"))
    assert only_row(due_targets(tables, date(2026, 1, 31)))["outcome"] == "missed"


@pytest.mark.parametrize(
    ("day", "count"),
    [(date(2025, 12, 30), 0), (date(2025, 12, 31), 1), (date(2026, 12, 30), 1), (date(2026, 12, 31), 0)],
)
def test_what_fell_due_stays_for_twelve_months(tmp_path: Path, day: date, count: int) -> None:
    assert len(due_targets(of(tmp_path, [seen(0.9, DUE)], aim(0.8)), day)) == count


def test_a_target_is_one_whatever_the_number_of_producers(tmp_path: Path) -> None:
    both = [aim(0.3, "t-one"), aim(0.3, "t-other")]
    same = of(tmp_path / "a", [seen(0.35, DUE, "t-one"), seen(0.31, DUE, "t-other")], *both)
    found = only_row(due_targets(same, date(2026, 1, 31)))
    assert found["outcome"] == "met" and {"t-aim-t-one-0.3-2025-12-31", "t-aim-t-other-0.3-2025-12-31"} <= set(
        found["fact_ids"]
    )
    unlike = of(tmp_path / "b", [seen(0.35, DUE, "t-one"), seen(0.14, DUE, "t-other")], *both)
    found = only_row(due_targets(unlike, date(2026, 1, 31)))
    assert (found["outcome"], found["reason"]) == ("not_known", "producers_disagree")


def test_the_five_of_the_end_of_2025(real_tables: Tables) -> None:
    """January 2026: stations missed, coverage cannot be said, dossiers not shown to be met."""
    tables = real_tables.known(date(2026, 3, 5))
    found = due_targets(tables, date(2026, 1, 31)).set_index(["indicator_id", "scope"])
    assert {
        place: (row["outcome"], row["reason"] or "")
        for place, row in found.astype({"reason": object}).fillna({"reason": ""}).iterrows()
    } == {
        ("5g_stations", "national"): ("missed", ""),
        ("5g_population_coverage", "national"): ("not_known", "sources_disagree"),
        ("usage_end_to_end", "localities"): ("not_known", "none_since"),
        ("usage_end_to_end", "ministries"): ("not_known", "none_since"),
        ("usage_end_to_end", "national"): ("not_known", "none_since"),
    }
