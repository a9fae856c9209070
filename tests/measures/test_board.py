"""The status board: each target in one row, its outcome on the day before, the day and the day after its deadline."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from r57lib.measures.board import GROUPS, OUTCOMES, BoardRow, board_rows
from r57lib.measures.indicators import ONE_TARGET, aims
from r57lib.measures.outcomes import KEPT_MONTHS
from r57lib.view.view import open_view
from tests.figures.test_figures import VIEWS
from tests.measures.test_outcomes import RIVAL, aim, of, seen

DEADLINE = date(2025, 12, 31)


def told(rows: list[BoardRow]) -> list[tuple[str, str, str | None]]:
    return [(row.group, row.lead.outcome, row.lead.reason) for row in rows]


@pytest.mark.parametrize("name", VIEWS)
def test_in_every_month_no_target_is_lost_and_none_stands_twice(name: str) -> None:
    month, as_of = VIEWS[name]
    oldest = open_view().everything.oldest_month
    view = open_view(month=str(oldest) if name == "oldest" else month, as_of=as_of)
    every, end = aims(view.tables), pd.Timestamp(view.day)
    kept = every[every["target_period_end"] > end - pd.DateOffset(months=KEPT_MONTHS)]
    rows = board_rows(view.tables, day=view.day)
    shown = Counter(tuple(getattr(goal.target, each) for each in ONE_TARGET) for row in rows for goal in row.goals)
    assert shown == Counter(set(kept[ONE_TARGET].itertuples(index=False, name=None)))
    facts = Counter(fact for row in rows for fact in row.fact_ids if fact in set(every["fact_id"]))
    assert facts == Counter(fact for ids in kept["told_in"] for fact in ids)
    keys = [(row.lead.target.family, row.lead.target.scope) for row in rows]
    assert len(keys) == len(set(keys)), "one row a goal and whom it covers"
    for row in rows:
        newest = max((each.value.day for each in row.history), default=None)
        assert newest in [None, *(value.day for value in row.lead.values), row.newest and row.newest.day], (
            "its last dot"
        )
    places = [(GROUPS.index(row.group), OUTCOMES.index(row.lead.outcome)) for row in rows]
    assert places == sorted(places)


def test_january_2026() -> None:
    view = open_view(month="2026-01")
    rows = board_rows(view.tables, day=view.day)
    assert Counter(row.lead.outcome for row in rows) == {
        "missed": 1, "not_known": 4, "behind": 1, "not_rated": 3, "no_value": 7
    }  # fmt: skip
    assert sum(len(row.goals) for row in rows) == 18
    coverage = next(row for row in rows if row.lead.target.family == "5g_population_coverage")
    assert {value.value for value in coverage.rivals} == {0.4, 0.59, 0.91}
    assert coverage.newest is not None and coverage.newest.period == "2026-01-10"
    assert [goal.target.target_period for goal in coverage.goals] == ["2025-12-31", "2030"]


@pytest.mark.parametrize(
    ("days", "values", "wanted"),
    [
        (-1, [seen(0.79, "2025-12-30")], ("with_values", "not_rated", "one_observation")),
        (-1, [seen(0.80, "2025-12-30")], ("with_values", "reached", None)),
        (-1, [seen(0.2, "2024-12-31"), seen(0.3, "2025-12-30")], ("with_values", "behind", None)),
        (-1, [seen(0.2, "2024-12-31"), seen(0.7998, "2025-12-30")], ("with_values", "ahead", None)),
        (-1, [seen(0.2, "2025-12-29"), seen(0.9, "2025-12-30", **RIVAL)], ("with_values", "not_rated", "conflict")),
        (-1, [], ("no_value", "no_value", None)),
        (0, [seen(0.79, "2025-12-31")], ("fell_due", "missed", None)),
        (0, [seen(0.80, "2025-12-31")], ("fell_due", "met", None)),
        (0, [seen(0.79, "2025-12-30")], ("fell_due", "not_known", "none_since")),
        (0, [], ("fell_due", "not_known", "no_value")),
        (1, [seen(0.79, "2025-12-31")], ("fell_due", "missed", None)),
        (1, [seen(0.79, "2026-01-01")], ("fell_due", "not_known", "another_day")),
        (1, [seen(0.8, "2025-12-31"), seen(0.7, "2025-12-31", **RIVAL)], ("fell_due", "not_known", "sources_disagree")),
        (1, [], ("fell_due", "not_known", "no_value")),
    ],
)  # fmt: skip
def test_around_the_deadline(
    tmp_path: Path, days: int, values: list[dict], wanted: tuple[str, str, str | None]
) -> None:
    tables = of(tmp_path, values, aim(0.8))
    rows = board_rows(tables, day=DEADLINE + timedelta(days=days))
    assert [tuple(None if pd.isna(each) else each for each in one) for one in told(rows)] == [wanted]


def test_two_deadlines_and_two_methods_of_one_goal_are_one_row(tmp_path: Path) -> None:
    both = [aim(0.8, each, day) for each in ("t-one", "t-other") for day in ("2025-12-31", "2030")]
    values = [
        seen(0.2, "2023", "t-one"),
        seen(0.3, "2024", "t-one"),
        seen(0.1, "2023", "t-other"),
        seen(0.2, "2024", "t-other"),
    ]
    tables = of(tmp_path, values, *both)
    (one,) = board_rows(tables, day=date(2025, 6, 30))
    assert [(goal.target.target_period, goal.outcome) for goal in one.goals] == [
        ("2025-12-31", "behind"),
        ("2030", "ahead"),
    ]
    assert {each.indicator_id for each in one.history} == {"t-one", "t-other"} and len(one.lead.values) == 2
    (one,) = board_rows(tables, day=date(2026, 6, 30))
    assert (one.group, one.lead.target.target_period, len(one.goals)) == ("fell_due", "2025-12-31", 2)


def test_methods_that_rate_differently_give_no_rating_of_one(tmp_path: Path) -> None:
    values = [
        seen(0.1, "2024", "t-one"),
        seen(0.7, "2025", "t-one"),
        seen(0.1, "2024", "t-other"),
        seen(0.11, "2025", "t-other"),
    ]
    tables = of(tmp_path, values, aim(0.8, "t-one", "2030"), aim(0.8, "t-other", "2030"))
    assert told(board_rows(tables, day=date(2026, 6, 30))) == [("with_values", "split", None)]


def test_a_target_leaves_the_board_a_year_after_its_day(tmp_path: Path) -> None:
    tables = of(tmp_path, [seen(0.79, "2025-12-31")], aim(0.8))
    assert len(board_rows(tables, day=date(2026, 12, 30))) == 1
    assert board_rows(tables, day=date(2026, 12, 31)) == []
