"""Shared arithmetic of progress: gap, share closed, run rates, pace, growth and intervals.

Each function takes plain numbers and days and gives a number, or None where the quantity is undefined. Rates are 0-1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, exp, log, sqrt
from typing import Literal, get_args

import pandas as pd

from r57lib.data.codes import OpenSdg, Qualifier, Rating

Z95 = 1.959963984540054
ON_PACE = 0.9
MINIMUM_PERIODS = 3
"""No day is forecast from fewer."""
DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class BurnUp:
    """Scope and completed tasks at a day, and what moved since the one before; missing where there is none."""

    day: pd.Timestamp
    total: int
    completed: int
    scope_change: float
    completed_change: float
    scope_changed: bool


def ratio(numerator: float, denominator: float) -> float | None:
    """A rate, undefined where nothing is in the denominator."""
    return numerator / denominator if denominator else None


def wilson(successes: int, trials: int, z: float = Z95) -> tuple[float, float] | None:
    """Wilson's score interval of a share (Wilson 1927), 95% unless `z` says otherwise.

    >>> [round(bound, 4) for bound in wilson(186, 277)]
    [0.6142, 0.7241]
    """
    if not trials:
        return None
    share, z2 = successes / trials, z * z
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = z * sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials)) / (1 + z2 / trials)
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def gap(actual: float, target: float, *, direction: str = "up") -> float:
    """How far the actual value is from its target, in its own unit; 0 or less when it is reached."""
    return target - actual if direction == "up" else actual - target


def reaches(value: float, qualifier: str, target: float, *, direction: str = "up", beyond: bool = False) -> bool | None:
    """Whether a value reaches what was asked, with `beyond` more than reaches it; None where it says too little.

    "About 90%" cannot be held against 90%, nor "up to 95%"; "nearly 90%" is less. "More than 51%" against 80% counts as
    below it: who had more to tell would have told it.

    >>> reaches(0.51, "more_than", 0.5), reaches(0.9, "about", 0.9), reaches(0.9, "nearly", 0.9)
    (True, None, False)
    """
    ahead = value - target if direction == "up" else target - value
    if ahead:
        return None if qualifier == Qualifier.UP_TO and value > target else ahead > 0
    if qualifier in (Qualifier.ABOUT, Qualifier.UP_TO):
        return None
    if qualifier in (Qualifier.MORE_THAN, Qualifier.NEARLY):
        return (qualifier == Qualifier.MORE_THAN) == (direction == "up")
    return not beyond


def share_closed(baseline: float, actual: float, target: float) -> float | None:
    """(actual - baseline) / (target - baseline), undefined where baseline and target are equal.

    >>> round(share_closed(16.5, 18.72, 30), 4)
    0.1644
    """
    return ratio(actual - baseline, target - baseline)


def time_share(start: date, day: date, deadline: date) -> float | None:
    """The share of the time from start to deadline that has passed; in whole years where all three end a year.

    >>> time_share(date(2023, 12, 31), date(2025, 12, 31), date(2030, 12, 31)) == 2 / 7
    True
    """
    return ratio(years_between(start, day), years_between(start, deadline))


def pace(closed: float | None, elapsed: float | None) -> float | None:
    """Share closed over share of time elapsed, the linear progress ratio (earned schedule's SPI); 1 is on pace.

    >>> round(pace(20758 / 20000, 294 / 315), 3)
    1.112
    """
    return None if closed is None or not elapsed or elapsed < 0 else closed / elapsed


def rating(pace_ratio: float | None, closed: float | None = None) -> Rating:
    """Our judgement of a pace: met, ahead (1 and more), on pace (0.9 and more), behind, or unknown."""
    if closed is not None and closed >= 1:
        return Rating.MET
    if pace_ratio is None:
        return Rating.UNKNOWN
    if pace_ratio >= 1:
        return Rating.AHEAD
    return Rating.ON_PACE if pace_ratio >= ON_PACE else Rating.BEHIND


def run_rate(change: float, start: date, end: date) -> float | None:
    """Units a day between two days."""
    return ratio(change, (end - start).days)


def naive_date(completed: int, total: int, start: date, day: date) -> date | None:
    """The day on which the average pace since `start` would end the rest: a yardstick, never a forecast.

    >>> naive_date(277, 679, date(2025, 4, 1), date(2025, 9, 30))
    datetime.date(2026, 6, 21)
    """
    rate = run_rate(completed, start, day)
    return day + timedelta(days=(total - completed) / rate) if rate and rate > 0 else None


def closed_by_deadline(closed: float, elapsed: float, multiple: float = 1) -> float:
    """The share of the gap closed at the deadline, if from now on it closes `multiple` times as fast as so far.

    >>> round(closed_by_deadline(0.164, 0.286), 3), round(closed_by_deadline(0.164, 0.286, 2), 3)
    (0.573, 0.983)
    """
    return closed + multiple * closed / elapsed * (1 - elapsed)


def completion_day(remaining: int, day: date, pace: float) -> date | None:
    """The day on which what remains would be done at `pace` a day from `day` on; what `required_run_rate` turns round.

    >>> completion_day(402, date(2025, 9, 30), 402 / 92)
    datetime.date(2025, 12, 31)
    """
    days = ceil(round(remaining / pace, 9)) if pace > 0 else _FOREVER
    return day + timedelta(days=days) if days < _FOREVER else None


_FOREVER = 100 * 366


def required_run_rate(remaining: float, day: date, deadline: date) -> float | None:
    """Units a day from `day` to reach the rest by `deadline`; undefined on and after the deadline.

    >>> round(required_run_rate(402, date(2025, 9, 30), date(2025, 12, 31)), 3)
    4.37
    """
    days = (deadline - day).days
    return remaining / days if days > 0 else None


def growth_per_year(first: float, last: float, years: float) -> float | None:
    """Compound growth a year, for positive values.

    >>> round(growth_per_year(320, 800, 3), 4)
    0.3572
    """
    if first <= 0 or last <= 0 or years <= 0:
        return None
    return float((last / first) ** (1 / years)) - 1


def years_to_target(first: float, last: float, years: float, target: float) -> float | None:
    """Years until the target along the straight line through two values; None when the line leads away from it.

    >>> round(years_to_target(16.5, 18.72, 2, 30), 1), years_to_target(2, 1, 1, 3)
    (10.2, None)
    """
    if years <= 0 or last == first:
        return None
    left = (target - last) / ((last - first) / years)
    return left if left >= 0 else None


def open_sdg_ratio(
    first: float, last: float, target: float, years: float, horizon: float, *, direction: str = "up"
) -> float | None:
    """Observed over required compound growth, the ratio that Open SDG documents (sdg-build, "Progress measure").

    `years` from the first value to the last, `horizon` from the first value to the target. Undefined where the three
    values do not have one sign; also where one is 0, for which Open SDG would put 0.001, a number of nobody's; and
    where less than a year lies between the two values, for which Open SDG gives none.

    >>> round(open_sdg_ratio(16.5, 18.72, 30, 2, 7), 3), round(open_sdg_ratio(12.87, 14.02, 30, 4, 9), 3)
    (0.731, 0.219)
    """
    if years < 1:
        return None
    sign = -1 if first < 0 else 1
    observed, required = (
        growth_per_year(sign * first, sign * value, span) for value, span in ((last, years), (target, horizon))
    )
    wanted = sign if direction == "up" else -sign
    return None if observed is None or not required else wanted * observed / abs(required)


def years_between(start: date, end: date) -> float:
    """Years from day to day; whole where both are the same day of a year.

    >>> years_between(date(2023, 12, 31), date(2025, 12, 31))
    2.0
    """
    if (start.month, start.day) == (end.month, end.day):
        return float(end.year - start.year)
    return (end - start).days / 365.25


# --- Paths from a baseline to a target, the years that are left on them, and verdicts on the pace ---


Path = Literal["linear", "geometric", "logistic"]
PATHS: tuple[Path, ...] = get_args(Path)

SUBSTANTIAL, MODERATE = 0.95, 0.60
"""Where Open SDG's verdicts begin: ratios of observed to required growth."""


def expected(path: Path, baseline: float, target: float, passed: float, *, ceiling: float | None = 1) -> float | None:
    """The value on a path when the share `passed` of the time from baseline to target is over; None where undefined.

    Linear: y = b + (t - b) p. Geometric: y = b (t / b)^p, for values of one sign. Logistic: logit(y / c) is linear in
    p, for values between 0 and the ceiling c.

    >>> [round(expected(path, 0.165, 0.30, 2 / 7), 4) for path in PATHS]
    [0.2036, 0.1957, 0.1978]
    """
    if path == "geometric":
        return _geometric(baseline, target, passed)
    if path == "logistic":
        return _logistic(baseline, target, passed, ceiling)
    return baseline * (1 - passed) + target * passed


def _geometric(baseline: float, target: float, passed: float) -> float | None:
    return baseline * float((target / baseline) ** passed) if baseline * target > 0 else None


def _logistic(baseline: float, target: float, passed: float, ceiling: float | None) -> float | None:
    start, end = logit(baseline, ceiling), logit(target, ceiling)
    if start is None or end is None or ceiling is None:
        return None
    return ceiling / (1 + exp(-(start * (1 - passed) + end * passed)))


def logit(value: float, ceiling: float | None = 1) -> float | None:
    """log(y / (c - y)), undefined off the open range from 0 to the ceiling.

    >>> logit(0.5), logit(1.0), round(logit(0.3), 4)
    (0.0, None, -0.8473)
    """
    return log(value / (ceiling - value)) if ceiling is not None and 0 < value < ceiling else None


def logistic_slope(points: Sequence[tuple[float, float]], *, ceiling: float | None = 1) -> float | None:
    """Slope a year of the S-curve through points of (years, value): least squares on their logits.

    >>> round(logistic_slope([(0, 0.165), (2, 0.1872)]), 4)
    0.0766
    """
    pairs = [(year, logit(value, ceiling)) for year, value in points]
    known = [(year, height) for year, height in pairs if height is not None]
    if len(known) < len(pairs) or len({year for year, _ in known}) < 2:
        return None
    year, height = (sum(each) / len(known) for each in zip(*known, strict=True))
    across = sum((each - year) ** 2 for each, _ in known)
    return float(sum((each - year) * (other - height) for each, other in known) / across)


def logistic_years(value: float, target: float, slope: float | None, *, ceiling: float | None = 1) -> float | None:
    """Years until the target on the S-curve, [logit(t / c) - logit(y / c)] / k; None where it leads away.

    >>> round(logistic_years(0.1872, 0.30, 0.0765), 1)
    8.1
    """
    here, there = logit(value, ceiling), logit(target, ceiling)
    if not slope or here is None or there is None:
        return None
    left = (there - here) / slope
    return left if left >= 0 else None


def verdict(ratio: float | None, *, reached: bool = False) -> OpenSdg | None:
    """Open SDG's verdict on a ratio of observed to required progress; a target that is reached is achieved whatever it.

    >>> [str(verdict(ratio)) for ratio in (0.95, 0.731, 0.60, 0.219, 0, -0.1, None)]
    ['substantial', 'moderate', 'moderate', 'limited', 'limited', 'deterioration', 'None']
    """
    if reached:
        return OpenSdg.ACHIEVED
    if ratio is None:
        return None
    if ratio < 0:
        return OpenSdg.DETERIORATION
    return OpenSdg.SUBSTANTIAL if ratio >= SUBSTANTIAL else OpenSdg.MODERATE if ratio >= MODERATE else OpenSdg.LIMITED


_LIKE = {
    Rating.MET: {OpenSdg.ACHIEVED},
    Rating.AHEAD: {OpenSdg.SUBSTANTIAL},
    Rating.ON_PACE: {OpenSdg.SUBSTANTIAL},
    Rating.BEHIND: {OpenSdg.MODERATE, OpenSdg.LIMITED, OpenSdg.DETERIORATION},
}


def agree(one: OpenSdg | None, other: OpenSdg | None, ours: Rating) -> bool:
    """Whether both verdicts are the same, and our rating says no other.

    >>> agree(OpenSdg.MODERATE, OpenSdg.LIMITED, Rating.BEHIND), agree(OpenSdg.LIMITED, OpenSdg.LIMITED, Rating.BEHIND)
    (False, True)
    """
    given = {each for each in (one, other) if each is not None}
    return len(given) <= 1 and given <= _LIKE.get(ours, given)
