"""Forecasts of a register: what is completed each month, when the rest may be, and how such forecasts fared.

A forecast holds for an unchanged scope and for months like those it rests on. It has an interval, or it is refused.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil, floor, inf, isinf
from typing import NamedTuple

import numpy as np
import pandas as pd

from r57lib.data.codes import Refusal
from r57lib.data.tables import records
from r57lib.measures.progress import MINIMUM_PERIODS, BurnUp, ratio, wilson

LEVEL = 0.8
MOST_PERIODS = 6
"""Older months say little of the pace of today."""

HORIZON = 3
"""Months ahead for which an interval is given: back-tests hold it so far (`benchmarks/forecast.md`), and no farther."""

MOST_MONTHS = 120
"""A day more than ten years ahead is no answer."""

DRIFT = 0.07
"""By how much the pace may rise or fall from month to month: a few months cannot tell. Without it the interval holds 30
of 100 outcomes where work grows by as much, three months ahead from six."""

COVERAGE: Mapping[int, tuple[tuple[int, int], ...]] = {
    3: ((86, 98), (80, 100), (79, 99)),
    4: ((84, 98), (80, 98), (81, 99)),
    5: ((86, 98), (79, 98), (84, 99)),
    6: ((87, 98), (82, 99), (83, 99)),
}
"""For so many months seen, and one, two and three ahead: how many of 100 outcomes on simulated registers the interval
held, at the least and at the most by the kind of register. `benchmarks/forecast.md` has them."""

DAY_COVERAGE: Mapping[int, tuple[int, int]] = {3: (91, 100), 4: (92, 100), 5: (91, 100), 6: (91, 100)}
"""The same of the interval of the day of completion, where it ends within the horizon."""

FAR_COVERAGE = 52
"""How many at the least one for the day of completion would hold with eight months of work left: it is not given."""

_DRAWS, _SEED = 4000, 57
_Draws = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Step(NamedTuple):
    """What may be completed in all at the end of a month: median, and the bounds of the interval."""

    day: date
    low: int
    median: int
    high: int


@dataclass(frozen=True)
class Forecast:
    """The projected day of completion with its interval, or the reason why there is none.

    `day` is the end of the last month that is over, `remaining` what is open then, `periods` the number of months that
    the forecast rests on, `run_rate` their average (tasks a month). `path` leads month by month to the end of the
    interval of the day, `low` to `high`. Where that lies beyond the horizon there is none: the path ends there, and
    `projected_date` is what the average pace leads to. Where `refusal` says why, there is neither a day nor a path.
    """

    level: float
    day: date | None = None
    remaining: int = 0
    periods: int = 0
    run_rate: float | None = None
    projected_date: date | None = None
    low: date | None = None
    high: date | None = None
    path: tuple[Step, ...] = ()
    refusal: Refusal | None = None


def monthly(tasks: pd.DataFrame, day: date) -> pd.DataFrame:
    """The burn-up of a register, one row a month that is over by `day`; regular tasks stay out.

    `tasks` as of `register.with_status`: a task belongs to the scope from its `assigned_date` on (from the beginning
    where that is unknown), and is completed on its `completed_date`. Columns: day (the month's last), total, completed
    (both cumulative), scope_change, completed_change, scope_changed.
    """
    counted = tasks[~tasks["regular"].astype("bool")]
    begun, done = counted["assigned_date"].dropna(), counted["completed_date"].dropna()
    first = pd.concat([begun, done]).min()
    ends = pd.DatetimeIndex([]) if pd.isna(first) else pd.date_range(first.normalize(), pd.Timestamp(day), freq="ME")
    always = len(counted) - len(begun)
    history = pd.DataFrame({"day": ends.astype("datetime64[us]")})
    history["total"] = [always + int((begun <= end).sum()) for end in ends]
    history["completed"] = [int((done <= end).sum()) for end in ends]
    for name, before in (("total", always), ("completed", 0)):
        change = "scope_change" if name == "total" else "completed_change"
        history[change] = history[name].diff().fillna(history[name] - before).astype("int64")
    return history.assign(scope_changed=history["scope_change"] != 0)


def steady(history: pd.DataFrame) -> pd.DataFrame:
    """The newest months of a burn-up over which the scope stayed, six at most."""
    return history[history["scope_changed"].iloc[::-1].cumsum().iloc[::-1] == 0].tail(MOST_PERIODS)


def completion_forecast(history: pd.DataFrame, *, level: float = LEVEL) -> Forecast:
    """When the tasks still open may be completed, from a burn-up as `monthly` gives it.

    Refused where nothing is left, fewer than three months are over, the scope changed within the last three, nothing
    was completed in them, or their pace leads more than ten years ahead. The same history gives the same forecast.

    The interval is predictive, under Student's t: the months are taken as draws of a normal distribution of unknown
    mean and variance (the posterior predictive under the usual flat prior, Gelman et al., Bayesian Data Analysis, 3rd
    ed., 3.2), cut at 0, with a variance not below the mean, that of counts by chance alone (Poisson); and their pace
    may drift, by an unknown rate a month around 0. Resampling three to six months instead (a bootstrap) gives bounds
    that are too narrow (`benchmarks/forecast.md`). Neither knows what has not been seen: where the tasks left are
    harder than those done, the end comes later.
    """
    refusal = _refusal(history)
    if history.empty:
        return Forecast(level, refusal=refusal)
    last, months = next(records(history.tail(1), BurnUp)), steady(history)["completed_change"].to_numpy(dtype="float64")
    known = Forecast(level, last.day.date(), last.total - last.completed, len(months), refusal=refusal)
    return known if refusal else _projected(known, months, last.completed)


def _refusal(history: pd.DataFrame) -> Refusal | None:
    months = steady(history)
    if len(history) and history["completed"].iloc[-1] >= history["total"].iloc[-1]:
        return Refusal.NOTHING_LEFT
    if len(months) < MINIMUM_PERIODS:
        grown = len(history) >= MINIMUM_PERIODS and bool(history["scope_changed"].iloc[1:].any())
        return Refusal.SCOPE_CHANGED if grown else Refusal.FEW_PERIODS
    return None if months["completed_change"].sum() > 0 else Refusal.NO_PROGRESS


def _projected(known: Forecast, months: _Draws, completed: int) -> Forecast:
    """The forecast itself: from each of many futures what is completed, and when the last task is."""
    assert known.day is not None
    start, rate, ahead = known.day, float(months.mean()), _futures(months, HORIZON).cumsum(axis=1)
    known = replace(known, run_rate=rate)
    low, median, high = _bounds(_ends(ahead, known.remaining), known.level)
    if not isinf(high):
        low_day, day, high_day = (_day_after(start, each) for each in (low, median, high))
        path = _path(known, completed, ahead[:, : ceil(high)])
        return replace(known, projected_date=day, low=low_day, high=high_day, path=path)
    if known.remaining / rate > MOST_MONTHS:
        return replace(known, refusal=Refusal.TOO_UNCERTAIN)
    day = _day_after(start, known.remaining / rate)
    return replace(known, projected_date=day, path=_path(known, completed, ahead))


def _futures(months: _Draws, ahead: int) -> _Draws:
    """Many futures, one a row: how many tasks are completed in each of the months ahead."""
    chance, count = np.random.default_rng(_SEED), len(months)
    variance = max(float(months.var(ddof=1)), float(months.mean()))
    spread = np.sqrt((count - 1) * variance / chance.chisquare(count - 1, _DRAWS))
    rate = months.mean() + spread / np.sqrt(count) * chance.standard_normal(_DRAWS)
    since = np.arange(1, ahead + 1) + (count - 1) / 2  # the mean is the pace of the middle of the months seen
    drift = np.exp(DRIFT * chance.standard_normal(_DRAWS)[:, None] * since)
    future: _Draws = rate[:, None] * drift + spread[:, None] * chance.standard_normal((_DRAWS, ahead))
    return future.clip(min=0.0)


def _ends(ahead: _Draws, remaining: int) -> _Draws:
    """Months until so many are completed, in fractions of a month; infinite where they never are."""
    reached = ahead >= remaining
    month = reached.argmax(axis=1)
    after = np.take_along_axis(ahead, month[:, None], axis=1)[:, 0]
    before = np.where(month > 0, np.take_along_axis(ahead, np.maximum(month - 1, 0)[:, None], axis=1)[:, 0], 0.0)
    part = (remaining - before) / np.where(after > before, after - before, 1.0)
    months: _Draws = np.where(reached.any(axis=1), month + part, inf)
    return months


def _bounds(values: _Draws, level: float) -> tuple[float, float, float]:
    """Lower bound, median and upper bound; each is one of the values, so that infinity stays what it is."""
    shares = ((1 - level) / 2, 0.5, (1 + level) / 2)
    low, median, high = np.quantile(values, shares, method="inverted_cdf")
    return float(low), float(median), float(high)


def _path(known: Forecast, completed: int, ahead: _Draws) -> tuple[Step, ...]:
    assert known.day is not None
    capped = completed + np.minimum(ahead, known.remaining)
    bounds = [_bounds(capped[:, month], known.level) for month in range(capped.shape[1])]
    return tuple(
        Step(_month_end(known.day, month), floor(low), round(median), ceil(high))
        for month, (low, median, high) in enumerate(bounds, start=1)
    )


def _month_end(day: date, ahead: int) -> date:
    """The last day of the month so many months ahead."""
    year, month = divmod(day.year * 12 + day.month - 1 + ahead, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


def _day_after(end: date, months: float) -> date:
    """The day so many months, in fractions, after the end of a month."""
    start, stop = _month_end(end, floor(months)), _month_end(end, floor(months) + 1)
    return start + timedelta(days=ceil((months - floor(months)) * (stop - start).days))


def backtest(
    history: pd.DataFrame, *, horizons: Sequence[int] = (1, 2, 3), level: float = LEVEL, heed_scope: bool = True
) -> pd.DataFrame:
    """How often the interval held what was completed in all so many months later, from each month that has a forecast.

    A row a `Score`, with Wilson's 95% interval. A scope that grew after the forecast counts against it. Without
    `heed_scope`, the months before and after a change of scope are taken together: what the refusal spares.
    """
    seen = history if heed_scope else history.assign(scope_changed=False)
    outcomes = [each for origin in range(len(history)) for each in _held(seen, origin, horizons, level)]
    tried = pd.DataFrame(outcomes, columns=["horizon", "held"])
    rows = [_score(horizon, tried.loc[tried["horizon"] == horizon, "held"].tolist()) for horizon in horizons]
    return pd.DataFrame(rows, columns=Score._fields)


class Score(NamedTuple):
    """How often forecasts held so many months ahead, and the interval of that share."""

    horizon: int
    trials: int
    covered: int
    coverage: float | None
    low: float | None
    high: float | None


def _held(history: pd.DataFrame, origin: int, horizons: Sequence[int], level: float) -> Iterator[tuple[int, bool]]:
    """Each horizon within the history, and whether a forecast made at the end of month `origin` held."""
    known, done = history.iloc[: origin + 1], history["completed"].to_numpy()
    within = [horizon for horizon in horizons if origin + horizon < len(history)]
    if not within or _refusal(known):
        return
    ahead = _futures(steady(known)["completed_change"].to_numpy(dtype="float64"), max(within)).cumsum(axis=1)
    left = known["total"].iloc[-1] - done[origin]
    for horizon in within:
        low, _, high = _bounds(np.minimum(ahead[:, horizon - 1], left), level)
        yield horizon, bool(floor(low) <= done[origin + horizon] - done[origin] <= ceil(high))


def _score(horizon: int, held: list[bool]) -> Score:
    low, high = wilson(sum(held), len(held)) or (None, None)
    return Score(horizon, len(held), sum(held), ratio(sum(held), len(held)), low, high)
