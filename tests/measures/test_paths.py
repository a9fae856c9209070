"""Paths to a target, years on the S-curve, and Open SDG's verdicts."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from r57lib.data.codes import OpenSdg, Rating
from r57lib.measures.progress import PATHS, Path, agree, expected, logistic_slope, logistic_years, logit, verdict

SHARES = st.floats(0.001, 0.999)


@pytest.mark.parametrize("path", PATHS)
@given(SHARES, SHARES)
def test_a_path_begins_at_the_baseline_and_ends_at_the_target(path: Path, baseline: float, target: float) -> None:
    assert expected(path, baseline, target, 0) == pytest.approx(baseline)
    assert expected(path, baseline, target, 1) == pytest.approx(target)


@given(SHARES, SHARES, st.floats(-20, 20))
def test_the_s_curve_stays_within_its_bounds(baseline: float, target: float, passed: float) -> None:
    value = expected("logistic", baseline, target, passed)
    assert value is not None and 0 <= value <= 1
    scaled = expected("logistic", 5 * baseline, 5 * target, passed, ceiling=5)
    assert scaled == pytest.approx(5 * value)


@pytest.mark.parametrize("path", PATHS)
@given(SHARES, SHARES, st.floats(0, 1), st.floats(0, 1))
def test_a_path_leads_one_way(path: Path, baseline: float, target: float, one: float, other: float) -> None:
    assume(abs(one - other) > 1e-6 and abs(baseline - target) > 1e-6)
    early, late = (expected(path, baseline, target, passed) for passed in sorted((one, other)))
    assert early is not None and late is not None
    assert (late - early) * (target - baseline) >= 0


def test_a_path_is_undefined_off_its_ground() -> None:
    assert expected("geometric", 0, 5, 0.5) is None and expected("geometric", -1, 5, 0.5) is None
    assert expected("geometric", -4, -1, 0.5) == pytest.approx(-2)
    assert expected("logistic", 0, 0.5, 0.5) is None and expected("logistic", 0.5, 1, 0.5) is None
    assert expected("logistic", 11_591, 68_457, 0.5, ceiling=None) is None
    assert expected("linear", -1, 5, 0.5) == 2
    assert logit(0.0) is None and logit(3.0, None) is None


def test_years_on_the_s_curve_of_the_digital_economy() -> None:
    """By both producers, from two values each, to 30%."""
    for points, years in (([(0, 0.165), (2, 0.1872)], 8.1), ([(0, 0.1287), (4, 0.1402)], 39.1)):
        slope = logistic_slope(points)
        assert logistic_years(points[-1][1], 0.3, slope) == pytest.approx(years, abs=0.05)


def test_the_slope_is_that_of_least_squares() -> None:
    """Of logits -1, 0, 3 in years 0, 1, 2 the slope is (3 - -1) / 2 = 2."""
    from math import exp

    points = [(year, 1 / (1 + exp(-height))) for year, height in ((0, -1), (1, 0), (2, 3))]
    assert logistic_slope(points) == pytest.approx(2)
    assert logistic_slope([(0, 0.1)]) is None and logistic_slope([(1, 0.1), (1, 0.2)]) is None
    assert logistic_slope([(0, 0.0), (1, 0.2)]) is None and logistic_slope(points, ceiling=None) is None


@given(SHARES, SHARES, st.floats(0.5, 20))
def test_two_points_of_a_curve_lead_back_to_its_target(baseline: float, target: float, horizon: float) -> None:
    assume(abs(baseline - target) > 1e-3)
    middle = expected("logistic", baseline, target, 0.5)
    assert middle is not None
    slope = logistic_slope([(0, baseline), (horizon / 2, middle)])
    assert logistic_years(middle, target, slope) == pytest.approx(horizon / 2)


def test_a_curve_that_leads_away_never_arrives() -> None:
    assert logistic_years(0.2, 0.3, -0.1) is None and logistic_years(0.2, 0.3, 0.0) is None
    assert logistic_years(0.2, 0.3, None) is None and logistic_years(0.2, 1.0, 0.1) is None


@pytest.mark.parametrize(
    ("ratio", "found"),
    [(0.95, OpenSdg.SUBSTANTIAL), (0.9499, OpenSdg.MODERATE), (0.731, OpenSdg.MODERATE), (0.6, OpenSdg.MODERATE),
     (0.5999, OpenSdg.LIMITED), (0.219, OpenSdg.LIMITED), (0.0, OpenSdg.LIMITED), (-1e-9, OpenSdg.DETERIORATION),
     (None, None)],
)  # fmt: skip
def test_verdict_at_the_edges_of_its_bands(ratio: float | None, found: OpenSdg | None) -> None:
    assert verdict(ratio) is found
    assert verdict(ratio, reached=True) is OpenSdg.ACHIEVED


@pytest.mark.parametrize(
    ("one", "other", "ours", "same"),
    [
        (OpenSdg.SUBSTANTIAL, OpenSdg.SUBSTANTIAL, Rating.AHEAD, True),
        (OpenSdg.SUBSTANTIAL, OpenSdg.SUBSTANTIAL, Rating.ON_PACE, True),
        (OpenSdg.SUBSTANTIAL, OpenSdg.SUBSTANTIAL, Rating.BEHIND, False),
        (OpenSdg.MODERATE, OpenSdg.MODERATE, Rating.BEHIND, True),
        (OpenSdg.MODERATE, OpenSdg.MODERATE, Rating.ON_PACE, False),
        (None, OpenSdg.LIMITED, Rating.BEHIND, True),
        (OpenSdg.ACHIEVED, OpenSdg.ACHIEVED, Rating.MET, True),
    ],
)
def test_methods_agree_or_not(one: OpenSdg | None, other: OpenSdg, ours: Rating, same: bool) -> None:
    assert agree(one, other, ours) is same
