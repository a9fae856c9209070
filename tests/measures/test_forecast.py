"""Forecasts of a register: months, refusals, the interval, and how often it holds what then happens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r57lib.data.codes import Refusal
from r57lib.data.store import Entry, task_versions
from r57lib.ingest.samples import make_tasks
from r57lib.measures.forecast import (
    COVERAGE,
    DAY_COVERAGE,
    FAR_COVERAGE,
    HORIZON,
    MOST_PERIODS,
    backtest,
    completion_forecast,
    monthly,
    steady,
)
from r57lib.measures.register import as_known, with_status
from tests.conftest import ROOT

LAST = date(2026, 1, 31)


def register() -> pd.DataFrame:
    """The tasks of the made-up register, as its newest files have them."""
    rows = [
        {"task_id": each.code, "assigned_date": each.assigned.isoformat(), "deadline": each.due.isoformat(),
         "completed_date": each.completed.isoformat() if each.completed else ""}
        for each in make_tasks()
    ]  # fmt: skip
    receipt = {"kind": "tasks", "reported_on": LAST.isoformat(), "source_id": "sample"}
    return with_status(as_known(task_versions([Entry("0001", receipt, rows)]), LAST), LAST)


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    return register()


def burn_up(months: Sequence[int], *, total: int = 10_000, scopes: Sequence[int] | None = None) -> pd.DataFrame:
    """A history of so many completed each month; the scope stays unless `scopes` says otherwise."""
    days = pd.date_range("2025-01-31", periods=len(months), freq="ME").astype("datetime64[us]")
    history = pd.DataFrame({"day": days, "completed_change": list(months), "total": scopes or [total] * len(months)})
    history["completed"] = history["completed_change"].cumsum()
    history["scope_change"] = history["total"].diff().fillna(0).astype("int64")
    return history.assign(scope_changed=history["scope_change"] != 0)


# Months --------------------------------------------------------------------------------------------------------------


def test_the_months_of_the_sample(sample: pd.DataFrame) -> None:
    """Its totals are the published ones: 679 assigned and 277 completed by the end of September 2025."""
    history = monthly(sample, LAST)
    assert [f"{day:%Y-%m-%d}" for day in history["day"]][::9] == ["2025-04-30", "2026-01-31"]
    september = history[history["day"] == "2025-09-30"].iloc[0]
    assert (september["total"], september["completed"], september["scope_changed"]) == (679, 277, True)
    assert history["completed_change"].sum() == history["completed"].iloc[-1] == sample["completed_date"].notna().sum()
    assert list(steady(history)["completed_change"]) == list(history["completed_change"].iloc[6:])


def test_a_month_that_is_not_over_is_no_period(sample: pd.DataFrame) -> None:
    assert monthly(sample, date(2026, 1, 30))["day"].max() == pd.Timestamp("2025-12-31")
    assert monthly(sample, date(2025, 4, 29)).empty


def test_regular_tasks_stay_out_and_unknown_beginnings_count_from_the_first() -> None:
    days = pd.to_datetime(["2025-01-05", None, "2025-01-05", None])
    done = pd.to_datetime(["2025-03-01", "2025-02-28", "2025-02-01", None])
    tasks = pd.DataFrame({"assigned_date": days, "completed_date": done, "regular": [False, False, True, False]})
    history = monthly(tasks, date(2025, 3, 31))
    assert history["total"].tolist() == [3, 3, 3] and history["completed"].tolist() == [0, 1, 2]
    assert history["scope_change"].tolist() == [1, 0, 0]
    assert monthly(tasks.iloc[3:], LAST).empty and monthly(tasks.iloc[:0], LAST).empty


def test_only_the_newest_months_of_one_scope_count() -> None:
    assert len(steady(burn_up([5] * 12))) == MOST_PERIODS
    assert len(steady(burn_up([5] * 5, scopes=[50, 60, 60, 60, 60]))) == 3
    assert steady(burn_up([5, 5], scopes=[50, 60])).empty


# Refusals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("history", "refusal"),
    [
        (burn_up([]), Refusal.FEW_PERIODS),
        (burn_up([5, 5]), Refusal.FEW_PERIODS),
        (burn_up([5, 5, 5], scopes=[50, 60, 60]), Refusal.SCOPE_CHANGED),
        (burn_up([90, 187, 30], scopes=[330, 679, 679]), Refusal.SCOPE_CHANGED),
        (burn_up([0, 0, 0]), Refusal.NO_PROGRESS),
        (burn_up([5, 5, 5], total=15), Refusal.NOTHING_LEFT),
        (burn_up([15], total=15), Refusal.NOTHING_LEFT),
        (burn_up([1, 0, 0], total=900), Refusal.TOO_UNCERTAIN),
    ],
    ids=str,
)
def test_no_ground_no_date(history: pd.DataFrame, refusal: Refusal) -> None:
    found = completion_forecast(history)
    assert found.refusal is refusal
    assert (found.projected_date, found.low, found.high, found.path) == (None, None, None, ())


def test_the_sample_is_forecast_from_its_third_steady_month_on(sample: pd.DataFrame) -> None:
    refusals = [
        completion_forecast(monthly(sample, day)).refusal
        for day in (date(2025, 5, 31), date(2025, 9, 30), date(2025, 11, 30), date(2025, 12, 31))
    ]
    assert refusals == [Refusal.FEW_PERIODS, Refusal.SCOPE_CHANGED, Refusal.SCOPE_CHANGED, None]


# The interval --------------------------------------------------------------------------------------------------------


def test_a_forecast_is_the_same_each_time_and_names_what_it_rests_on(sample: pd.DataFrame) -> None:
    """300 open and 25.5 a month on average: 11.8 months, too far for an interval."""
    found = completion_forecast(monthly(sample, LAST))
    assert found == completion_forecast(monthly(sample, LAST))
    assert (found.day, found.remaining, found.periods, found.run_rate, found.level) == (LAST, 300, 4, 25.5, 0.8)
    assert (found.projected_date, found.low, found.high) == (date(2027, 1, 24), None, None)
    assert [step.day for step in found.path] == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_even_months_still_have_an_interval() -> None:
    """No month is ever surer than chance: three times ten may be thirty by chance alone."""
    found = completion_forecast(burn_up([10, 10, 10], total=40))
    assert found.low is not None and found.high is not None and (found.high - found.low).days > 20


MONTHS = st.lists(st.integers(0, 60), min_size=3, max_size=8).filter(lambda months: sum(months[-6:]) > 0)


@settings(max_examples=25, deadline=None)
@given(MONTHS, st.integers(1, 200), st.sampled_from([0.5, 0.8, 0.95]))
def test_the_interval_holds_the_median_and_widens_with_its_level(months: list[int], left: int, level: float) -> None:
    found = completion_forecast(burn_up(months, total=sum(months) + left), level=level)
    if found.refusal:
        assert found.refusal is Refusal.TOO_UNCERTAIN
        return
    assert found.projected_date is not None and found.day and len(found.path) <= HORIZON
    for step, after in zip(found.path, found.path[1:], strict=False):
        assert step.low <= step.median <= step.high <= sum(months) + left
        assert (
            step.low <= after.low and step.median <= after.median and step.high <= after.high and step.day < after.day
        )
    wider = completion_forecast(burn_up(months, total=sum(months) + left), level=0.99)
    for step, other in zip(found.path, wider.path, strict=False):
        assert other.low <= step.low and step.high <= other.high
    if found.low is None or found.high is None:
        assert found.path[-1].low < sum(months) + left and len(found.path) == HORIZON
        return
    assert found.day < found.low <= found.projected_date <= found.high
    assert found.path[-1].low == sum(months) + left, "the fan ends where the interval does"
    assert found.path[-1].day >= found.high


# Back-tests ----------------------------------------------------------------------------------------------------------


def test_the_sample_allows_one_trial_and_one_is_not_enough(sample: pd.DataFrame) -> None:
    scores = backtest(monthly(sample, LAST))
    assert scores["trials"].tolist() == [1, 0, 0] and scores["covered"].tolist() == [1, 0, 0]
    assert (
        scores["low"].iloc[0] == pytest.approx(0.2065, abs=5e-5)
        and scores["coverage"].isna().tolist()[1:] == [True] * 2
    )


def test_across_a_change_of_scope_forecasts_fail(sample: pd.DataFrame) -> None:
    """What the refusal spares: the months before and after 330 -> 679 taken as one."""
    scores = backtest(monthly(sample, LAST), heed_scope=False)
    assert scores["trials"].tolist() == [7, 6, 5] and scores["covered"].tolist()[2] <= 2


def test_a_scope_that_grows_after_the_forecast_counts_against_it() -> None:
    grown = burn_up([10, 10, 10, 200], scopes=[100, 100, 100, 500])
    assert backtest(grown, horizons=(1,))["covered"].tolist() == [0]


SHAPES = ("chance alone", "scattered", "quarter ends", "growing", "slowing", "wears off")


def simulated(shape: str, chance: np.random.Generator, months: int = 8) -> list[int]:
    """The months of a register whose rate is steady but for its shape."""
    rate = float(np.exp(chance.uniform(np.log(4), np.log(60))))
    if shape == "chance alone":
        return [int(each) for each in chance.poisson(rate, months)]
    if shape == "scattered":
        return [int(each) for each in chance.poisson(rate * chance.gamma(4, 1 / 4, months))]
    if shape == "quarter ends":
        return [int(each) for each in chance.poisson(rate * np.resize([0.6, 0.8, 1.6], months))]
    if shape in ("growing", "slowing"):
        return [
            int(each) for each in chance.poisson(rate * (1.07 if shape == "growing" else 0.93) ** np.arange(months))
        ]
    left, done = round(16 * rate), []
    for _ in range(months):
        done.append(int(chance.binomial(left, 0.08)))
        left -= done[-1]
    return done


@pytest.mark.whole
@pytest.mark.parametrize("shape", SHAPES)
def test_the_interval_holds_on_simulated_registers(shape: str) -> None:
    """At least 75% in each shape and horizon; `benchmarks/forecast.md` has the coverage of other methods."""
    chance = np.random.default_rng(57)
    scores = pd.concat(backtest(burn_up(simulated(shape, chance))) for _ in range(60))
    totals = scores.groupby("horizon")[["trials", "covered"]].sum()
    assert (totals["trials"] >= 170).all()
    assert (totals["covered"] / totals["trials"]).min() >= 0.75


def test_pages_quote_the_coverage_that_was_measured() -> None:
    """The table at the end of the benchmark's page, and the row of the worst kind far ahead."""
    text = (ROOT / "benchmarks" / "forecast.md").read_text(encoding="utf-8").partition("## What pages quote")[2]
    rows = [[int(each) for each in re.findall(r"\d+", line)] for line in text.splitlines() if re.match(r"\| \d", line)]
    pairs = {row[0]: tuple(zip(row[1::2], row[2::2], strict=True)) for row in rows}
    assert {seen: cells[:HORIZON] for seen, cells in pairs.items()} == COVERAGE
    assert {seen: cells[HORIZON] for seen, cells in pairs.items()} == DAY_COVERAGE
    assert f"The day with 8 months left: {FAR_COVERAGE} to " in text
    assert set(COVERAGE) == set(range(3, MOST_PERIODS + 1))
