from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from r57lib.data.tables import Tables
from r57lib.measures.indicators import (
    apart,
    latest_observations,
    next_target,
    pace_methods,
    progress_lines,
    ranks,
    series,
    supply_levels,
    supply_usage_gap,
    target_gaps,
    verdicts,
)
from tests.builders import Row, build, more, only_row, row

INDICATORS = more(
    "indicators",
    row("indicators", indicator_id="usage_end_to_end", family="usage", figure="usage_against_target"),
    row("indicators", indicator_id="procedures_partial_online", family="partial", side="supply", figure="supply",
        part="in_part"),
    row("indicators", indicator_id="t-rank", family="t-rank", side="rank", unit="rank", direction="down",
        lower_bound="1", upper_bound=""),
    row("indicators", indicator_id="t-down", family="t-down", unit="count", direction="down", upper_bound=""),
    row("indicators", indicator_id="t-economy-one", family="t-economy"),
    row("indicators", indicator_id="t-economy-other", family="t-economy"),
)  # fmt: skip


def seen(fact: str, value: float, day: str, indicator: str = "t-usage", **cells: object) -> Row:
    given = {"reported_on": "2026-01-31"} | cells
    return row("observations", fact_id=fact, indicator_id=indicator, obs_value=value, time_period=day, **given)


def aim(value: float, day: str, indicator: str = "t-usage", **cells: object) -> Row:
    return row("targets", **{"indicator_id": indicator, "target_value": value, "target_period": day} | cells)


def of(folder: Path, *rows: Row, targets: list[Row] | None = None) -> Tables:
    return build(folder, observations=list(rows), targets=targets or [aim(0.8, "2025-12-31")], indicators=INDICATORS)


# Series --------------------------------------------------------------------------------------------------------------


def segments(tables: Tables) -> list[str]:
    return list(series(tables)["segment"])


def test_a_second_source_is_cited_and_makes_no_second_value(tmp_path: Path) -> None:
    rows = [seen("t-b", 0.2, "2025-06-30", reported_on="2025-08-01"), seen("t-a", 0.2, "2025-06-30")]
    other = seen("t-c", 0.3, "2025-06-30", reported_on="2026-02-01")
    tables = of(tmp_path, *rows, other)
    assert list(series(tables)["fact_ids"]) == [("t-b", "t-a"), ("t-c",)]
    (line,) = progress_lines(of(tmp_path / "alone", *rows)).to_dict("records")
    assert line["refusal"] == "one_observation"


def test_values_of_one_kind_are_one_segment_in_time_order(tmp_path: Path) -> None:
    tables = of(tmp_path, seen("t-b", 0.2, "2025-06-30"), seen("t-a", 0.1, "2024-12-31"))
    assert list(series(tables)["fact_id"]) == ["t-a", "t-b"]
    assert len(set(segments(tables))) == 1


@pytest.mark.parametrize(
    "cells",
    [
        {"basis": "month"},
        {"basis": "year"},
        {"scope": "localities"},
        {"scope": "province", "province_code": "t1"},
        {"indicator": "usage_end_to_end"},
        {"series_break": "yes"},
    ],
    ids=str,
)
def test_unlike_values_are_never_joined(tmp_path: Path, cells: dict[str, str]) -> None:
    tables = of(tmp_path, seen("t-a", 0.1, "2024-12-31"), seen("t-b", 0.2, "2025-06-30", **cells))
    assert len(set(segments(tables))) == 2


def test_values_without_a_basis_are_joined_with_none(tmp_path: Path) -> None:
    tables = of(
        tmp_path, seen("t-a", 0.1, "2024-12-31", basis="not_said"), seen("t-b", 0.2, "2025-06-30", basis="not_said")
    )
    assert len(set(segments(tables))) == 2
    (line,) = progress_lines(tables).to_dict("records")
    assert line["refusal"] == "series_break"


def test_a_break_begins_a_new_segment_of_its_own_series_only(tmp_path: Path) -> None:
    tables = of(
        tmp_path,
        seen("t-a", 0.1, "2024-06-30"),
        seen("t-b", 0.2, "2024-12-31"),
        seen("t-c", 0.5, "2025-03-31", series_break="yes"),
        seen("t-d", 0.6, "2025-06-30"),
        seen("t-e", 0.1, "2024-12-31", scope="localities"),
        seen("t-f", 0.2, "2025-06-30", scope="localities"),
    )
    rows = series(tables).set_index("fact_id")["segment"]
    assert rows["t-a"] == rows["t-b"] != rows["t-c"] == rows["t-d"]
    assert rows["t-e"] == rows["t-f"]


def test_teasers_stay_out_unless_asked_for_and_expectations_always(tmp_path: Path) -> None:
    teaser = seen("t-teaser", 0.3, "2025-06-30", source_id="t-side", section="sidebar")
    tables = of(tmp_path, seen("t-a", 0.1, "2024-12-31"), teaser, seen("t-hope", 0.9, "2025-09-30", kind="projected"))
    assert list(series(tables)["fact_id"]) == ["t-a"]
    assert list(series(tables, teasers=True)["fact_id"]) == ["t-a", "t-teaser"]


def test_series_of_named_indicators(tmp_path: Path) -> None:
    tables = of(tmp_path, seen("t-a", 0.1, "2024-12-31"), seen("t-b", 50, "2024-12-31", "t-rank"))
    assert list(series(tables, indicators=["t-rank"])["fact_id"]) == ["t-b"]
    assert series(tables, indicators=[]).empty


def test_latest_is_by_period_then_by_publication(tmp_path: Path) -> None:
    tables = of(
        tmp_path,
        seen("t-corrected", 0.21, "2025-06-30", reported_on="2025-09-01"),
        seen("t-first", 0.2, "2025-06-30", reported_on="2025-07-01"),
        seen("t-old", 0.1, "2024-12-31", reported_on="2025-12-01"),
        seen("t-local", 0.3, "2024-12-31", scope="localities"),
    )
    assert list(latest_observations(tables)["fact_id"]) == ["t-local", "t-corrected"]
    assert list(latest_observations(tables.known(date(2025, 8, 1)))["fact_id"]) == ["t-first"]


def test_apart_cuts_before_and_after_a_contested_value() -> None:
    rows = pd.DataFrame({"fact_id": list("abcde"), "segment": ["s"] * 5})
    cut = list(apart(rows, {"c"})["segment"])
    assert cut[0] == cut[1]
    assert cut[3] == cut[4]
    assert len({cut[1], cut[2], cut[3]}) == 3
    assert len(set(apart(rows, ())["segment"])) == 1


# Progress ------------------------------------------------------------------------------------------------------------


def line(folder: Path, *rows: Row, targets: list[Row] | None = None) -> pd.Series:
    return only_row(progress_lines(of(folder, *rows, targets=targets)))


def test_a_line_with_a_pace(tmp_path: Path) -> None:
    found = line(tmp_path, seen("t-a", 0.2, "2023-12-31"), seen("t-b", 0.4, "2024-12-31"))
    assert (found["baseline_value"], found["actual_value"], found["gap"]) == (0.2, 0.4, pytest.approx(0.4))
    assert found["share_closed"] == pytest.approx(1 / 3)
    assert found["expected"] == 0.5
    assert found["pace_ratio"] == pytest.approx(2 / 3)
    assert (found["rating"], found["refusal"]) == ("behind", None)
    assert set(found["fact_ids"]) == {"t-aim", "t-a", "t-b"}


@pytest.mark.parametrize(
    ("rows", "refusal", "rating"),
    [
        ([], "no_observation", "unknown"),
        ([seen("t-a", 0.2, "2026")], "no_observation", "unknown"),
        ([seen("t-a", 0.2, "2023", scope="localities")], "no_observation", "unknown"),
        ([seen("t-a", 0.2, "2023")], "one_observation", "unknown"),
        ([seen("t-a", 0.2, "2023"), seen("t-b", 0.4, "2024", series_break="yes")], "series_break", "unknown"),
        ([seen("t-a", 0.2, "2023"), seen("t-b", 0.4, "2024", basis="month")], "series_break", "unknown"),
        ([seen("t-a", 0.2, "2024-12-20"), seen("t-b", 0.4, "2024-12-31")], "conflict", "unknown"),
        ([seen("t-a", 0.8, "2023")], None, "met"),
        ([seen("t-a", 0.2, "2023"), seen("t-b", 0.9, "2024", series_break="yes")], None, "met"),
    ],
)
def test_pace_is_refused_without_ground(tmp_path: Path, rows: list[Row], refusal: str | None, rating: str) -> None:
    found = line(tmp_path, *rows)
    assert (found["refusal"], found["rating"]) == (refusal, rating)
    assert pd.isna(found["pace_ratio"])


def test_no_pace_on_ranks(tmp_path: Path) -> None:
    rows = seen("t-a", 86, "2022", "t-rank"), seen("t-b", 71, "2024", "t-rank")
    found = line(tmp_path, *rows, targets=[aim(50, "2030", "t-rank", comparator="<=")])
    assert (found["refusal"], found["gap"]) == ("rank", 21)
    found = line(tmp_path, *rows, targets=[aim(75, "2030", "t-rank", comparator="<=")])
    assert (found["refusal"], found["rating"], found["gap"]) == (None, "met", -4)


def test_rivals_stand_within_a_month_on_the_same_basis(tmp_path: Path) -> None:
    newest = seen("t-new", 0.59, "2024-12-31")
    near, far = seen("t-near", 0.4, "2024-12-04"), seen("t-far", 0.3, "2024-12-03")
    equal, flow = seen("t-equal", 0.59, "2024-12-18"), seen("t-flow", 0.7, "2024-12-30", basis="month")
    assert line(tmp_path, newest, near, far, equal, flow)["other_values"] == ((0.4, "exact"),)
    assert line(tmp_path, newest, far, equal, flow)["other_values"] == ()


def test_a_monthly_series_and_a_correction_have_no_rivals(tmp_path: Path) -> None:
    months = [seen("t-sep", 0.21, "2024-09-30"), seen("t-oct", 0.25, "2024-10-31"), seen("t-nov", 0.3, "2024-11-30")]
    found = line(tmp_path, *months)
    assert (found["refusal"], found["other_values"]) == (None, ())
    corrected = seen("t-new", 0.59, "2024-12-31", reported_on="2025-02-01")
    assert line(tmp_path, seen("t-old", 0.5, "2024-12-31"), corrected)["other_values"] == ()


def test_a_conflict_hides_the_pace_of_a_target_that_one_value_reaches(tmp_path: Path) -> None:
    found = line(tmp_path, seen("t-a", 0.59, "2025-12-25"), seen("t-b", 0.91, "2025-12-31"))
    assert (found["refusal"], found["rating"]) == ("conflict", "unknown")


def test_lines_of_targets_that_are_not_yet_due(tmp_path: Path) -> None:
    targets = [aim(0.8, "2025-12-31"), aim(0.9, "2030", fact_id="t-later")]
    tables = of(tmp_path, seen("t-a", 0.2, "2023"), targets=targets)
    assert list(progress_lines(tables)["fact_id"]) == ["t-aim", "t-later"]
    assert list(progress_lines(tables, day=date(2025, 12, 31))["fact_id"]) == ["t-later"]
    assert len(progress_lines(tables, day=date(2025, 12, 30))) == 2


ECONOMY = [
    seen("t-a", 0.165, "2023", "t-economy-one", basis="year"),
    seen("t-b", 0.1872, "2025", "t-economy-one", basis="year"),
    seen("t-c", 0.1287, "2021", "t-economy-other", basis="year"),
    seen("t-d", 0.1402, "2025", "t-economy-other", basis="year"),
]
ECONOMY_AIMS = [
    aim(0.3, "2030", "t-economy-one", fact_id="t-aim-one"),
    aim(0.3, "2030", "t-economy-other", fact_id="t-aim-other"),
]


@pytest.mark.parametrize(
    ("indicator", "linear", "open_sdg", "years"),
    [("t-economy-one", 0.576, 0.731, 10.2), ("t-economy-other", 0.151, 0.219, 55.6)],
)
def test_two_official_methods_of_the_digital_economy(
    tmp_path: Path, indicator: str, linear: float, open_sdg: float, years: float
) -> None:
    method = only_row(pace_methods(of(tmp_path, *ECONOMY, targets=ECONOMY_AIMS)), indicator_id=indicator)
    assert round(method["linear_ratio"], 3) == linear
    assert round(method["open_sdg_ratio"], 3) == open_sdg
    assert round(method["years_to_target"], 1) == years
    assert method["years_to_target"] == pytest.approx((0.3 - method["actual_value"]) / method["change_per_year"])


def test_one_target_and_two_producers_get_two_verdicts(tmp_path: Path) -> None:
    """Moderate by one, limited by the other; the straight line in the same bands is limited by both, ours behind."""
    rows = verdicts(of(tmp_path, *ECONOMY, targets=ECONOMY_AIMS)).set_index("indicator_id")
    assert rows["open_sdg_verdict"].to_dict() == {"t-economy-one": "moderate", "t-economy-other": "limited"}
    assert rows["linear_verdict"].tolist() == ["limited", "limited"] and rows["rating"].tolist() == ["behind", "behind"]
    assert rows["agree"].to_dict() == {"t-economy-one": False, "t-economy-other": True}


def test_a_line_stands_on_three_paths(tmp_path: Path) -> None:
    """16.5% in 2023 to 30% in 2030: at the end of 2025, after 2 of 7 years, and on another day."""
    tables = of(tmp_path, *ECONOMY, targets=ECONOMY_AIMS)
    found = only_row(verdicts(tables), indicator_id="t-economy-one")
    paths = ["expected_linear", "expected_geometric", "expected_logistic"]
    assert [round(found[path], 4) for path in paths] == [0.2036, 0.1957, 0.1978]
    assert found["expected_linear"] == pytest.approx(0.165 + 0.135 * 2 / 7)
    assert found["expected_geometric"] == pytest.approx(0.165 * (0.3 / 0.165) ** (2 / 7))
    assert found["years_logistic"] == pytest.approx(8.108, abs=5e-4)
    assert found["required_run_rate"] == pytest.approx((0.3 - 0.1872) / 1826)
    later = only_row(verdicts(tables, day=date(2026, 12, 31)), indicator_id="t-economy-one")
    assert list(later[paths]) == list(found[paths]), "the paths are looked at on the day of the value"
    assert later["required_run_rate"] == pytest.approx((0.3 - 0.1872) / (1826 - 365)), "what is needed from now on"
    assert verdicts(tables, day=date(2030, 12, 31)).empty, "what fell due needs no pace"


def test_the_last_step_stands_beside_the_mean_slope(tmp_path: Path) -> None:
    """12.87% in 2021, 13.17% in 2024, 14.02% in 2025: 55.6 years by the mean, 18.8 by the last year's step."""
    middle = seen("t-e", 0.1317, "2024", "t-economy-other", basis="year")
    rows = verdicts(of(tmp_path, *ECONOMY, middle, targets=ECONOMY_AIMS)).set_index("indicator_id")
    assert rows["years_step"]["t-economy-other"] == pytest.approx((0.3 - 0.1402) / 0.0085)
    assert rows["years_to_target"]["t-economy-other"] == pytest.approx(55.6, abs=0.05)
    assert pd.isna(rows["years_step"]["t-economy-one"]), "two values have one step"


def test_open_sdg_gives_no_ratio_within_a_year(tmp_path: Path) -> None:
    halves = [seen("t-a", 0.2, "2024-12-31"), seen("t-b", 0.3, "2025-06-30")]
    found = only_row(verdicts(of(tmp_path, *halves, targets=[aim(0.8, "2030")])))
    assert pd.isna(found["open_sdg_ratio"]) and pd.isna(found["open_sdg_verdict"])
    assert found["linear_ratio"] > 1


@pytest.mark.parametrize(
    ("first", "newest", "unit", "target", "refusal"),
    [
        (0.98, 0.90, "t-usage", 0.95, "baseline_beyond"),
        (0.95, 0.90, "t-usage", 0.95, "baseline_at_target"),
        (40, 60, "t-down", 50, "baseline_beyond"),
        (50, 60, "t-down", 50, "baseline_at_target"),
    ],
)
def test_a_target_that_was_met_and_is_missed_again_is_never_met(
    tmp_path: Path, first: float, newest: float, unit: str, target: float, refusal: str
) -> None:
    rows = [seen("t-a", first, "2023", unit), seen("t-b", newest, "2024", unit)]
    found = only_row(progress_lines(of(tmp_path, *rows, targets=[aim(target, "2026", unit)])))
    assert (found["rating"], found["refusal"]) == ("unknown", refusal)
    assert found["gap"] > 0 and pd.isna(found["share_closed"]), "nothing was open at first: no share of it is closed"


@pytest.mark.parametrize(("qualifier", "rating"), [("exact", "met"), ("nearly", "unknown"), ("about", "unknown")])
def test_nearly_the_target_is_not_the_target(tmp_path: Path, qualifier: str, rating: str) -> None:
    tables = of(tmp_path, seen("t-a", 0.8, "2024-12-31", qualifier=qualifier), targets=[aim(0.8, "2026")])
    assert only_row(progress_lines(tables))["rating"] == rating


def test_a_target_that_is_reached_is_achieved_whatever_the_pace(tmp_path: Path) -> None:
    found = only_row(verdicts(of(tmp_path, seen("t-a", 0.85, "2024-12-31"))))
    assert (found["open_sdg_verdict"], found["linear_verdict"], found["agree"]) == ("achieved", "achieved", True)
    assert pd.isna(found["open_sdg_ratio"]) and pd.isna(found["expected_linear"])


@pytest.mark.parametrize(
    ("rows", "targets"),
    [
        ([seen("t-a", 0.3998, "2025-10-26"), seen("t-b", 0.51, "2025-12-18", series_break="yes")], None),
        ([seen("t-a", 99, "2014", "t-rank"), seen("t-b", 71, "2024", "t-rank")], [aim(50, "2030", "t-rank")]),
    ],
    ids=["a break", "a rank"],
)
def test_a_break_and_a_rank_have_no_path_and_no_verdict(
    tmp_path: Path, rows: list[Row], targets: list[Row] | None
) -> None:
    found = only_row(verdicts(of(tmp_path, *rows, targets=targets)))
    names = ["expected_linear", "expected_logistic", "years_logistic", "open_sdg_ratio", "open_sdg_verdict", "agree"]
    assert found[names].isna().all() and found["refusal"] in ("series_break", "rank")


def test_rival_methods_are_paced_each_by_itself(tmp_path: Path) -> None:
    lines = progress_lines(of(tmp_path, *ECONOMY, targets=ECONOMY_AIMS))
    assert list(lines["other_values"]) == [(), ()]


# Gaps ----------------------------------------------------------------------------------------------------------------


def test_usage_is_40_points_from_its_target_in_66_days(tmp_path: Path) -> None:
    tables = of(tmp_path, seen("t-a", 0.3998, "2025-10-26"))
    found = only_row(target_gaps(tables, indicators=["t-usage"], day=date(2025, 10, 26)))
    assert (round(100 * found["gap"], 2), found["days_left"]) == (40.02, 66)
    assert found["required_run_rate"] == pytest.approx(0.4002 / 66)
    assert found["fact_ids"] == ("t-a", "t-aim")
    later = only_row(target_gaps(tables, indicators=["t-usage"], day=date(2025, 11, 30)))
    assert later["days_left"] == 31, "what is left is counted from the report's day, not from that of the value"
    assert target_gaps(tables, indicators=["t-usage"], day=date(2025, 12, 31)).empty


def test_gaps_only_to_targets_that_are_still_ahead_and_of_the_same_scope(tmp_path: Path) -> None:
    targets = [
        aim(0.8, "2025-12-31"),
        aim(0.9, "2030", fact_id="t-later"),
        aim(0.5, "2030", fact_id="t-local", scope="localities"),
    ]
    tables = of(tmp_path, seen("t-a", 0.4, "2025-06-30"), seen("t-b", 0.5, "2025-12-31"), targets=targets)
    given = {"indicators": ["t-usage"]}
    for day, ahead in ((date(2025, 12, 30), {"t-aim", "t-later"}), (date(2025, 12, 31), {"t-later"})):
        pairs = target_gaps(tables, **given, day=day)[["fact_id", "told_in"]].itertuples(index=False)
        assert {tuple(pair) for pair in pairs} == {(fact, (target,)) for fact in ("t-a", "t-b") for target in ahead}


@pytest.mark.parametrize(
    ("day", "fact"),
    [("2025-01-01", "t-aim"), ("2025-12-30", "t-aim"), ("2025-12-31", "t-later"), ("2031-01-01", "t-later")],
)
def test_next_target(tmp_path: Path, day: str, fact: str) -> None:
    targets = [aim(0.9, "2030", fact_id="t-later"), aim(0.8, "2025-12-31")]
    tables = of(tmp_path, targets=targets)
    found = next_target(tables, indicator="t-usage", scope="national", day=pd.Timestamp(day))
    assert found.fact_id == fact
    assert next_target(tables, indicator="t-rank", scope="national", day=pd.Timestamp(day)) is None


# Supply and usage ----------------------------------------------------------------------------------------------------


def test_what_no_source_prints_of_the_supply_is_derived_and_named(tmp_path: Path) -> None:
    tables = of(
        tmp_path,
        seen("t-a", 0.17, "2025-11-08", "procedures_end_to_end", scope="ministries"),
        seen("t-b", 0.128, "2025-11-08", "procedures_partial_online", scope="ministries"),
        seen("t-c", 0.45, "2025-12-25", "procedures_end_to_end", scope="localities"),
        seen("t-d", 0.939, "2025-12-25", "procedures_offered_online", scope="localities"),
    )
    levels = supply_levels(tables)
    ministries, local = (only_row(levels, scope=scope) for scope in ("ministries", "localities"))
    assert (ministries["online"], ministries["derived"]) == (pytest.approx(0.298), "online")
    assert (local["in_part"], local["derived"]) == (pytest.approx(0.489), "in_part")
    assert list(levels["scope"]) == ["localities", "ministries"], "the newest first"


def test_a_supply_without_its_end_to_end_part_is_left_out(tmp_path: Path) -> None:
    assert supply_levels(of(tmp_path, seen("t-a", 0.9, "2025-11-08", "procedures_offered_online"))).empty


def test_the_newest_periods_of_each_level(tmp_path: Path) -> None:
    rows = [
        seen(f"t-{name}-{day}", value, day, f"procedures_{name}", scope="localities")
        for day in ("2025-08-31", "2025-10-31", "2025-12-31")
        for name, value in (("end_to_end", 0.4), ("offered_online", 0.9))
    ]
    tables = of(tmp_path, *rows)
    assert list(supply_levels(tables)["time_period"]) == ["2025-12-31", "2025-10-31"]
    assert len(supply_levels(tables, newest=1)) == 1


USED = [
    seen("t-u-min", 0.5446, "2025-10-26", "usage_end_to_end", scope="ministries"),
    seen("t-u-loc", 0.1694, "2025-10-26", "usage_end_to_end", scope="localities"),
    seen("t-u-nat", 0.3998, "2025-10-26", "usage_end_to_end"),
]


def test_supply_against_usage_by_level(tmp_path: Path) -> None:
    supply = [
        seen("t-s-min", 0.17, "2025-11-08", "procedures_end_to_end", scope="ministries"),
        seen("t-s-loc", 0.37, "2025-11-08", "procedures_end_to_end", scope="localities"),
        seen("t-s-loc-far", 0.45, "2025-11-20", "procedures_end_to_end", scope="localities"),
        seen("t-s-nat", 0.3136, "2025-10-31", "procedures_end_to_end"),
    ]
    gaps = supply_usage_gap(of(tmp_path, *USED, *supply))
    assert set(gaps["scope"]) == {"ministries", "localities"}, "a national supply is no supply of the nation"
    ministries, local = (only_row(gaps, scope=scope) for scope in ("ministries", "localities"))
    assert round(100 * ministries["supply_usage_gap"], 2) == -37.46
    assert round(100 * local["supply_usage_gap"], 2) == 20.06
    assert local["fact_ids"] == ("t-s-loc", "t-u-loc"), "the nearest in time"


@pytest.mark.parametrize(("day", "count"), [("2025-11-26", 1), ("2025-11-27", 0), ("2025-09-25", 1), ("2025-09-24", 0)])
def test_supply_and_usage_are_paired_within_31_days(tmp_path: Path, day: str, count: int) -> None:
    supply = seen("t-s-min", 0.17, day, "procedures_end_to_end", scope="ministries")
    assert len(supply_usage_gap(of(tmp_path, *USED, supply))) == count


# Ranks ---------------------------------------------------------------------------------------------------------------


def test_ranks_count_places_gained(tmp_path: Path) -> None:
    rows = [
        seen("t-2022", 86, "2022", "t-rank"),
        seen("t-2024-first", 72, "2024", "t-rank", reported_on="2025-01-01"),
        seen("t-2024", 71, "2024", "t-rank"),
        seen("t-2025", 75, "2025", "t-rank"),
    ]
    places = ranks(of(tmp_path, *rows), indicators=["t-rank"])
    assert list(places["fact_id"]) == ["t-2022", "t-2024", "t-2025"]
    assert list(places["gained"].iloc[1:]) == [15, -4]
    assert pd.isna(places["gained"].iloc[0])


def test_nothing_known_gives_empty_tables(tmp_path: Path) -> None:
    before = of(tmp_path, *USED).known(date(2020, 1, 1))
    assert series(before).empty
    assert progress_lines(before).empty
    assert pace_methods(before).empty
    assert verdicts(before).empty
    assert target_gaps(before, indicators=["t-usage"], day=date(2020, 1, 1)).empty
    assert supply_levels(before).empty
    assert supply_usage_gap(before).empty
    assert ranks(before, indicators=["t-rank"]).empty
