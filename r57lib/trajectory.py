"""Paths from a baseline to a target, the years that are left on them, and verdicts on the pace.

A straight line; constant growth, which Open SDG's ratio compares; and for shares the S-curve, a form that the EU's
Digital Decade trajectories take.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Literal, get_args

from r57lib.data.codes import OpenSdg, Rating

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
