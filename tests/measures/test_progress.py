from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from r57lib.data.codes import Rating
from r57lib.measures.progress import (
    gap,
    growth_per_year,
    naive_date,
    open_sdg_ratio,
    pace,
    rating,
    ratio,
    required_run_rate,
    run_rate,
    share_closed,
    time_share,
    wilson,
    years_between,
    years_to_target,
)

VALUES = st.integers(-1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"), [(186, 277, 61.42, 72.41), (186, 301, 56.19, 67.10), (0, 10, 0, 27.75)]
)
def test_wilson(successes: int, trials: int, low: float, high: float) -> None:
    interval = wilson(successes, trials)
    assert interval is not None
    assert [round(100 * bound, 2) for bound in interval] == [low, high]


def test_wilson_of_nothing_is_unknown() -> None:
    assert wilson(0, 0) is None


@given(st.integers(1, 100_000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_wilson_holds_the_share_within_0_and_1(counts: tuple[int, int]) -> None:
    successes, trials = counts
    low, high = wilson(successes, trials) or (1.0, 0.0)
    assert 0 <= low <= successes / trials <= high <= 1
    assert low < high


@given(st.integers(1, 1000), st.integers(0, 1000))
def test_wilson_narrows_with_more_trials_and_mirrors(trials: int, successes: int) -> None:
    assume(successes <= trials)
    low, high = wilson(successes, trials) or (0.0, 0.0)
    more_low, more_high = wilson(10 * successes, 10 * trials) or (0.0, 1.0)
    assert more_high - more_low < high - low
    assert wilson(trials - successes, trials) == pytest.approx((1 - high, 1 - low))


def test_ratio_of_nothing_is_unknown() -> None:
    assert (ratio(3, 4), ratio(3, 0)) == (0.75, None)


def test_gap_counts_towards_the_better_side() -> None:
    assert gap(0.3998, 0.8) == pytest.approx(0.4002)
    assert gap(71, 50, direction="down") == 21
    assert gap(0.9, 0.8) < 0
    assert gap(44, 50, direction="down") < 0


def test_share_closed_is_undefined_without_a_distance() -> None:
    assert share_closed(5, 7, 5) is None
    assert share_closed(16.5, 18.72, 30) == pytest.approx(0.16444, abs=5e-6)


@given(VALUES, VALUES)
def test_share_closed_runs_from_0_at_the_baseline_to_1_at_the_target(baseline: float, target: float) -> None:
    assume(baseline != target)
    assert share_closed(baseline, baseline, target) == 0
    assert share_closed(baseline, target, target) == 1
    assert share_closed(baseline, (baseline + target) / 2, target) == 0.5


def test_linear_progress_by_both_official_methods() -> None:
    """Digital economy to 30% of GDP in 2030: from 2023 (MoST) and from 2021 (statistics office) to 2025."""
    most = pace(share_closed(16.5, 18.72, 30), 2 / 7)
    statistics = pace(share_closed(12.87, 14.02, 30), 4 / 9)
    assert (most, statistics) == (pytest.approx(0.576, abs=5e-4), pytest.approx(0.151, abs=5e-4))


def test_open_sdg_ratio_by_both_official_methods() -> None:
    assert open_sdg_ratio(16.5, 18.72, 30, 2, 7) == pytest.approx(0.731, abs=5e-4)
    assert open_sdg_ratio(12.87, 14.02, 30, 4, 9) == pytest.approx(0.219, abs=5e-4)


def test_open_sdg_ratio_is_undefined_for_what_is_not_positive_or_has_no_way_to_go() -> None:
    assert open_sdg_ratio(0, 5, 10, 1, 5) is None
    assert open_sdg_ratio(-1, 5, 10, 1, 5) is None
    assert open_sdg_ratio(10, 12, 10, 1, 5) is None
    assert open_sdg_ratio(10, 9, 20, 1, 5) == pytest.approx(-0.1 / (2 ** (1 / 5) - 1))


def test_open_sdg_ratio_where_less_is_better_and_below_zero() -> None:
    """Documented with the direction wanted as its sign; a value that rises where it should fall deteriorates."""
    assert open_sdg_ratio(100, 90, 50, 1, 5, direction="down") == pytest.approx(0.1 / (1 - 0.5 ** (1 / 5)))
    assert open_sdg_ratio(100, 110, 50, 1, 5, direction="down") == pytest.approx(-0.1 / (1 - 0.5 ** (1 / 5)))
    assert open_sdg_ratio(-100, -90, -50, 1, 5) == pytest.approx(0.1 / (1 - 0.5 ** (1 / 5)))
    assert open_sdg_ratio(-1, 2, 10, 1, 5) is None and open_sdg_ratio(1, 2, -10, 1, 5) is None


def test_years_to_target_by_both_official_methods() -> None:
    assert years_to_target(16.5, 18.72, 2, 30) == pytest.approx(10.2, abs=0.05)
    assert years_to_target(12.87, 14.02, 4, 30) == pytest.approx(55.6, abs=0.05)


def test_years_to_target_never_comes_on_a_line_that_leads_away() -> None:
    assert years_to_target(18.72, 16.5, 2, 30) is None
    assert years_to_target(5, 5, 2, 30) is None
    assert years_to_target(5, 6, 0, 30) is None
    assert years_to_target(71, 61, 2, 51) == pytest.approx(2)


def test_pace_of_viettel_at_10_december_2025() -> None:
    """20,758 of 20,000 stations after 294 of 315 days."""
    achieved = share_closed(0, 20_758, 20_000)
    elapsed = time_share(date(2025, 2, 19), date(2025, 12, 10), date(2025, 12, 31))
    assert achieved == pytest.approx(1.0379)
    assert elapsed == pytest.approx(294 / 315)
    assert pace(achieved, elapsed) == pytest.approx(1.112, abs=5e-4)


def test_time_share_counts_whole_years_from_end_to_end() -> None:
    assert time_share(date(2023, 12, 31), date(2025, 12, 31), date(2030, 12, 31)) == 2 / 7
    assert time_share(date(2025, 1, 1), date(2025, 6, 1), date(2025, 1, 1)) is None


@pytest.mark.parametrize(("closed", "elapsed"), [(None, 0.5), (0.5, None), (0.5, 0.0), (0.5, -0.1)])
def test_pace_is_unknown_where_a_part_is(closed: float | None, elapsed: float | None) -> None:
    assert pace(closed, elapsed) is None


@pytest.mark.parametrize(
    ("pace_ratio", "closed", "expected"),
    [
        (None, None, Rating.UNKNOWN),
        (None, 1.0, Rating.MET),
        (0.1, 1.2, Rating.MET),
        (1.0, 0.5, Rating.AHEAD),
        (0.999, 0.5, Rating.ON_PACE),
        (0.9, 0.5, Rating.ON_PACE),
        (0.899, 0.5, Rating.BEHIND),
        (-0.5, -0.1, Rating.BEHIND),
    ],
)
def test_rating(pace_ratio: float | None, closed: float | None, expected: Rating) -> None:
    assert rating(pace_ratio, closed) is expected


def test_run_rate_and_required_run_rate() -> None:
    naive = run_rate(277, date(2025, 4, 1), date(2025, 9, 30))
    required = required_run_rate(402, date(2025, 9, 30), date(2025, 12, 31))
    assert naive == pytest.approx(1.522, abs=5e-4)
    assert required == pytest.approx(4.370, abs=5e-4)
    assert naive is not None and required is not None
    assert required / naive == pytest.approx(2.87, abs=5e-3)


def test_naive_date_of_resolution_71() -> None:
    """277 of 679 in 182 days: 1.522 a day."""
    assert naive_date(277, 679, date(2025, 4, 1), date(2025, 9, 30)) == date(2026, 6, 21)
    assert naive_date(0, 679, date(2025, 4, 1), date(2025, 9, 30)) is None
    assert naive_date(5, 679, date(2025, 4, 1), date(2025, 4, 1)) is None


def test_no_rate_without_days() -> None:
    assert run_rate(5, date(2025, 4, 1), date(2025, 4, 1)) is None
    assert required_run_rate(5, date(2025, 12, 31), date(2025, 12, 31)) is None
    assert required_run_rate(5, date(2026, 1, 1), date(2025, 12, 31)) is None


def test_growth_per_year() -> None:
    assert growth_per_year(320, 800, 3) == pytest.approx(0.3572, abs=5e-5)
    assert growth_per_year(100, 500, 1) == pytest.approx(4.0)


@pytest.mark.parametrize(("first", "last", "years"), [(0, 800, 3), (-1, 800, 3), (320, 0, 3), (320, 800, 0)])
def test_growth_is_undefined_off_positive_values_and_years(first: float, last: float, years: float) -> None:
    assert growth_per_year(first, last, years) is None


@given(st.floats(1, 1000), st.floats(1, 1000), st.floats(1, 50))
def test_growth_leads_from_the_first_value_to_the_last(first: float, last: float, years: float) -> None:
    growth = growth_per_year(first, last, years)
    assert growth is not None
    assert first * (1 + growth) ** years == pytest.approx(last)


@given(st.dates(date(1990, 1, 1), date(2060, 12, 31)), st.dates(date(1990, 1, 1), date(2060, 12, 31)))
def test_years_between_are_signed_and_close_to_the_days(start: date, end: date) -> None:
    years = years_between(start, end)
    assert years == pytest.approx((end - start).days / 365.25, abs=0.003)
    assert years == -years_between(end, start)
