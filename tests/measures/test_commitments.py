from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from r57lib.data.checks import check_tables
from r57lib.data.tables import Tables
from r57lib.measures.commitments import (
    commitments_due,
    evidence_counts,
    facts_of_enterprises,
    fallen_due,
    growth_asked,
    headline_commitments,
    linear_path,
    pace_of_commitments,
    progress_made,
    proposals_made,
    register,
    statements,
    unpaced_commitments,
)
from tests.builders import Row, build, more, only_row, row

STATIONS = "t-works.stations"
PROMISE = row(
    "commitments",
    fact_id="t-stations",
    commitment_id=STATIONS,
    unit="station",
    target_value=20_000,
    baseline_period="2025-02-19",
)


def update(fact: str, value: object, day: str, **cells: object) -> Row:
    given = {"commitment_id": STATIONS, "reported_on": day} | cells
    return row("commitment_updates", fact_id=fact, obs_value=value, time_period=day, **given)


DECEMBER = update("t-december", 20_758, "2025-12-10")


def money(name: str, first: int | str, last: int | str, start: str, end: str, **cells: str) -> Row:
    given = {"unit": "usd", "baseline_value": first, "target_value": last, "baseline_period": start} | cells
    return row("commitments", fact_id=f"t-{name}", commitment_id=f"t-works.{name}", target_period=end, **given)


GROWTH = [
    money("tan-a", 320_000_000, 800_000_000, "2025", "2028"),
    money("uav", 100_000_000, 500_000_000, "2025", "2026"),
]


def of(folder: Path, promises: list[Row], updates: Iterable[Row] = (), **rows: list[Row]) -> Tables:
    return build(folder, commitments=promises, commitment_updates=list(updates), **rows)


# Pace ----------------------------------------------------------------------------------------------------------------


def test_pace_of_stations_at_10_december_2025(tmp_path: Path) -> None:
    paced = only_row(pace_of_commitments(of(tmp_path, [PROMISE], [DECEMBER])))
    assert paced["achieved"] == pytest.approx(1.0379)
    assert paced["expected"] == pytest.approx(294 / 315)
    assert round(paced["spi"], 3) == 1.112
    assert paced["rating"] == "met"
    assert set(paced["fact_ids"]) == {"t-stations", "t-december"}


@pytest.mark.parametrize(("value", "rating"), [(9_980, "ahead"), (9_500, "on_pace"), (8_900, "behind"), (0, "behind")])
def test_rating_half_way(tmp_path: Path, value: int, rating: str) -> None:
    halfway = row("commitments", **PROMISE | {"baseline_period": "2025-01-01"})
    paced = only_row(pace_of_commitments(of(tmp_path, [halfway], [update("t-july", value, "2025-07-01")])))
    assert paced["expected"] == pytest.approx(181 / 364)
    assert paced["rating"] == rating


@pytest.mark.parametrize(
    ("cells", "updates", "refusal"),
    [
        ({"target_value": ""}, [DECEMBER], "no_number"),
        ({"target_period": ""}, [DECEMBER], "no_deadline"),
        ({"baseline_value": "", "baseline_period": ""}, [DECEMBER], "no_baseline"),
        ({"baseline_period": ""}, [DECEMBER], "no_baseline"),
        ({}, [], "no_observation"),
        ({}, [update("t-empty", "", "2025-12-10")], "no_observation"),
        ({}, [update("t-before", 5, "2025-02-19")], "no_observation"),
        ({}, [update("t-milestone", 5, "2025-12-10", role="milestone")], "no_observation"),
    ],
)
def test_no_pace_without_a_part_of_it(tmp_path: Path, cells: dict[str, str], updates: list[Row], refusal: str) -> None:
    tables = of(tmp_path, [row("commitments", **PROMISE | cells)], updates)
    assert pace_of_commitments(tables).empty
    assert only_row(unpaced_commitments(tables))["refusal"] == refusal


def test_no_pace_between_two_counts_that_do_not_count_the_same(tmp_path: Path) -> None:
    updates = [DECEMBER, update("t-start", 6_500, "2025-02-19", role="baseline")]
    clash = row("known_findings", rule="statement_mismatch", fact_ids="t-start;t-december")
    tables = of(tmp_path, [PROMISE], updates, known_findings=[clash])
    assert only_row(unpaced_commitments(tables))["refusal"] == "other_count"
    other = clash | {"fact_ids": "t-start;t-stations"}
    assert len(pace_of_commitments(of(tmp_path, [PROMISE], updates, known_findings=[other]))) == 1


START = update("t-start", 500, "2025-02-19", role="baseline", reported_on="2025-11-30")


def test_a_baseline_counts_from_the_day_of_its_own_fact(tmp_path: Path) -> None:
    promise = row("commitments", **PROMISE | {"baseline_value": "500", "baseline_fact_id": "t-start"})
    seen = update("t-october", 10_000, "2025-10-01")
    tables = of(tmp_path, [promise], [START, seen])
    before, after = (tables.known(date(2025, 11, day)) for day in (29, 30))
    assert only_row(unpaced_commitments(before))["refusal"] == "no_baseline"
    assert pd.isna(only_row(register(before))["baseline_value"])
    paced = only_row(pace_of_commitments(after))
    assert (paced["baseline_value"], paced["baseline_fact_id"]) == (500, "t-start")
    assert paced["achieved"] == pytest.approx(9_500 / 19_500)


def test_a_corrected_baseline_is_taken_from_the_correction(tmp_path: Path) -> None:
    promise = row("commitments", **PROMISE | {"baseline_value": "500", "baseline_fact_id": "t-start"})
    mended = START | {"fact_id": "t-start-mended", "obs_value": "700", "reported_on": "2025-12-05"}
    tables = of(tmp_path, [promise], [START, mended, DECEMBER])
    values = [only_row(register(tables.known(date(2025, 12, day))))["baseline_value"] for day in (4, 5)]
    assert values == [500, 700]
    assert {each.rule for each in check_tables(tables)} == {"restatement"}


def test_a_promise_that_prints_its_baseline_needs_no_fact_of_it(tmp_path: Path) -> None:
    tables = of(tmp_path, [PROMISE], [DECEMBER])
    assert only_row(register(tables.known(date(2025, 7, 1))))["baseline_value"] == 0
    assert check_tables(tables) == []


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"baseline_value": "50"}, "baseline"),
        ({"baseline_period": "2025-02-18"}, "baseline"),
        ({"baseline_fact_id": "t-december"}, "baseline_fact"),
    ],
)
def test_a_baseline_agrees_with_the_fact_that_it_names(tmp_path: Path, cells: Row, rule: str) -> None:
    promise = row("commitments", **PROMISE | {"baseline_value": "500", "baseline_fact_id": "t-start"} | cells)
    (finding,) = check_tables(of(tmp_path, [promise], [START, DECEMBER]))
    assert finding.rule == rule


def test_every_commitment_is_paced_or_refused(tmp_path: Path) -> None:
    tables = of(tmp_path, [PROMISE, *GROWTH], [DECEMBER])
    names = [*pace_of_commitments(tables)["commitment_id"], *unpaced_commitments(tables)["commitment_id"]]
    assert sorted(names) == sorted(tables["commitments"]["commitment_id"])


@pytest.mark.parametrize(
    ("baseline", "target", "comparator", "seen", "refusal"),
    [
        (95, 95, ">=", 90, "no_change"),
        (98, 95, ">=", 90, "beyond"),
        (98, 95, ">=", 96, "beyond"),
        (4, 5, "<=", 7, "beyond"),
        (9, 5, "<=", 6, ""),
        (9, 5, "<=", 4, ""),
    ],
)
def test_no_share_is_closed_from_the_target_or_beyond_it(
    tmp_path: Path, baseline: int, target: int, comparator: str, seen: int, refusal: str
) -> None:
    cells = {"baseline_value": str(baseline), "target_value": str(target), "comparator": comparator}
    tables = of(tmp_path, [row("commitments", **PROMISE | cells)], [update("t-newest", seen, "2025-12-10")])
    if refusal:
        assert only_row(unpaced_commitments(tables))["refusal"] == refusal
        return
    paced = only_row(pace_of_commitments(tables))
    assert (paced["rating"] == "met") is (seen <= target)
    assert bool(paced["achieved"] >= 1) is (seen <= target)


def test_a_value_that_is_printed_as_nearly_the_promise_does_not_meet_it(tmp_path: Path) -> None:
    nearly = update("t-nearly", 20_000, "2025-12-10", qualifier="nearly")
    assert only_row(pace_of_commitments(of(tmp_path, [PROMISE], [nearly])))["rating"] == "ahead"


OTHER = {"source_id": "t-side", "section": "sidebar"}


def test_no_pace_from_a_value_that_another_count_contradicts(tmp_path: Path) -> None:
    year = update("t-year", 21_000, "2025", reported_on="2026-01-05")
    for inside, paced in ((19_000, 0), (20_500, 1)):
        tables = of(tmp_path / str(inside), [PROMISE], [year, update("t-inside", inside, "2025-12-10", **OTHER)])
        assert len(pace_of_commitments(tables)) == paced
        assert list(unpaced_commitments(tables)["refusal"]) == ["disputed"] * (1 - paced)


# Outcome -------------------------------------------------------------------------------------------------------------

YEAR_END = date(2026, 1, 31)


SHARE = {"unit": "share", "target_value": "0.8"}
AT_MOST = {"comparator": "<=", "target_value": "5"}


@pytest.mark.parametrize(
    ("promise", "values", "outcome", "reason"),
    [
        ({}, [("2025-12-10", 20_758, {})], "met", ""),
        ({}, [("2025-12-31", 20_000, {})], "met", ""),
        ({}, [("2025-12", 21_000, {"reported_on": "2025-12-29"})], "met", ""),
        ({}, [("2025-12-31", 19_999, {})], "missed", ""),
        ({}, [("2025", 19_999, {})], "missed", ""),
        ({}, [("2026-01-10", 19_000, {"qualifier": "more_than"})], "missed", ""),
        ({"unit": "usd"}, [("2026-01-10", 19_000, {})], "not_known", "another_day"),
        ({}, [("2026-01-10", 25_000, {})], "not_known", "another_day"),
        ({}, [("2025-12", 19_000, {"reported_on": "2025-12-29"})], "not_known", "none_since"),
        ({}, [("2025", 20_000, {"kind": "projected", "reported_on": "2025-12-01"})], "not_known", "no_value"),
        ({}, [("2025-12-10", 19_000, OTHER), ("2025", 23_500, {})], "not_known", "sources_disagree"),
        ({}, [("2025-12-10", 20_500, OTHER), ("2025", 23_500, {})], "met", ""),
        ({}, [("2025-12-10", 20_758, {}), ("2026-01-20", 18_000, {})], "not_known", "sources_disagree"),
        (SHARE, [("2025-12-10", "0.9", {}), ("2026-01-20", "0.7", {})], "met", ""),
        ({}, [("2025-12-31", 20_000, {"qualifier": "nearly"})], "missed", ""),
        ({}, [("2025-12-31", 21_000, {"qualifier": "up_to"})], "not_known", "approximate"),
        (AT_MOST, [("2025-12-31", 5, {"qualifier": "nearly"})], "met", ""),
        (AT_MOST, [("2025-12-31", 6, {})], "missed", ""),
        ({"target_value": "", "comparator": ""}, [("2025-12-31", 6, {})], "not_known", "no_number"),
    ],
)  # fmt: skip
def test_outcome(
    tmp_path: Path, promise: Row, values: list[tuple[str, Any, dict[str, str]]], outcome: str, reason: str
) -> None:
    updates = [update(f"t-{number}", value, day, **{"reported_on": "2026-01-30" if "-" not in day else day} | cells)
               for number, (day, value, cells) in enumerate(values)]  # fmt: skip
    seen = only_row(fallen_due(of(tmp_path, [row("commitments", **PROMISE | promise)], updates), YEAR_END))
    assert (seen["outcome"], seen["reason"] or "") == (outcome, reason)


def test_an_outcome_names_the_values_that_it_rests_on(tmp_path: Path) -> None:
    year = update("t-year", 23_500, "2025", reported_on="2026-01-05")
    inside = update("t-inside", 19_000, "2025-12-10", **OTHER)
    seen = only_row(fallen_due(of(tmp_path, [PROMISE], [year, inside]), YEAR_END))
    assert [value.fact_id for value in seen["values"]] == ["t-year", "t-inside"]
    assert seen["fact_ids"] == ("t-stations", "t-year", "t-inside")


def test_what_fell_due_stays_for_twelve_months(tmp_path: Path) -> None:
    tables = of(tmp_path, [PROMISE])
    days = [date(2025, 12, 30), date(2025, 12, 31), date(2026, 12, 30), date(2026, 12, 31)]
    assert [len(fallen_due(tables, day)) for day in days] == [0, 1, 1, 0]


# Counted once --------------------------------------------------------------------------------------------------------


def within(name: str, wider: str, **cells: str) -> Row:
    return row("commitments", **PROMISE | {"fact_id": f"t-{name}", "commitment_id": f"t-works.{name}",
                                           "part_of": f"t-works.{wider}" if wider else ""} | cells)  # fmt: skip


def test_a_commitment_within_a_wider_one_is_counted_with_it(tmp_path: Path) -> None:
    nested = [within("few", "some"), within("some", "all"), within("all", ""), within("other", "")]
    tables = of(tmp_path, nested)
    assert list(register(tables)["whole"]) == ["t-works.all", "t-works.all", "t-works.other", "t-works.all"]
    assert evidence_counts(tables)["count"].sum() == 2
    assert commitments_due(tables)["count"].sum() == 2
    assert list(headline_commitments(tables)["commitment_id"]) == ["t-works.all", "t-works.other"]


def test_a_part_is_counted_by_itself_while_its_whole_is_not_known(tmp_path: Path) -> None:
    tables = of(tmp_path, [within("few", "all"), within("all", "", reported_on="2025-08-01")])
    before = tables.known(date(2025, 7, 31))
    assert list(headline_commitments(before)["commitment_id"]) == ["t-works.few"]
    assert list(headline_commitments(tables)["commitment_id"]) == ["t-works.all"]


def test_teasers_stand_apart(tmp_path: Path) -> None:
    teaser = within("teaser", "", source_id="t-side", section="sidebar")
    tables = of(tmp_path, [PROMISE, teaser])
    assert list(headline_commitments(tables)["commitment_id"]) == [STATIONS]
    assert dict(zip(*(evidence_counts(tables)[name] for name in ("section", "count")), strict=True)) == {
        "body": 1,
        "sidebar": 1,
    }


def test_baselines_and_projections_are_no_progress(tmp_path: Path) -> None:
    start = update("t-start", 10, "2025-01-01", role="baseline")
    hoped = update("t-hoped", 30_000, "2026", kind="projected", reported_on="2025-12-20")
    tables = of(tmp_path, [PROMISE], [DECEMBER, start, hoped])
    assert list(progress_made(tables)["fact_id"]) == ["t-december"]
    assert register(tables).iloc[0]["latest_fact_id"] == "t-december"


# Evidence ------------------------------------------------------------------------------------------------------------

CONTRACT = update("t-contract", "", "2025-09-01", role="milestone", evidence_level="contracted")


def test_an_update_raises_the_level_of_evidence_from_its_day_on(tmp_path: Path) -> None:
    tables = of(tmp_path, [PROMISE], [CONTRACT])
    before, after = (register(tables.known(day)).iloc[0] for day in (date(2025, 8, 31), date(2025, 9, 1)))
    assert (before["evidence_level"], before["evidence_fact_ids"]) == ("stated", ("t-stations",))
    assert (after["evidence_level"], after["evidence_fact_ids"]) == ("contracted", ("t-stations", "t-contract"))


def test_a_weaker_update_lowers_nothing(tmp_path: Path) -> None:
    weaker = update("t-memo", "", "2025-10-01", role="milestone", evidence_level="mou")
    seen = register(of(tmp_path, [PROMISE], [CONTRACT, weaker])).iloc[0]
    assert (seen["evidence_level"], seen["evidence_fact_ids"]) == ("contracted", ("t-stations", "t-contract"))


def test_levels_are_ordered_by_the_ladder_not_by_the_alphabet(tmp_path: Path) -> None:
    verified = update("t-audit", "", "2025-10-01", evidence_level="verified")
    stated = row("commitments", **PROMISE | {"evidence_level": "contracted"})
    assert register(of(tmp_path, [stated], [verified])).iloc[0]["evidence_level"] == "verified"


def test_evidence_ladder_counts_by_enterprise(tmp_path: Path) -> None:
    ladder = evidence_counts(of(tmp_path, [PROMISE, *GROWTH], [CONTRACT]))
    assert set(ladder["enterprise_id"]) == {"t-works"}
    assert dict(zip(ladder["evidence_level"], ladder["count"], strict=True)) == {"contracted": 1, "stated": 2}
    assert set(only_row(ladder, evidence_level="stated")["fact_ids"]) == {"t-tan-a", "t-uav"}


def test_what_fell_due_has_an_outcome_and_no_pace(tmp_path: Path) -> None:
    tables = of(tmp_path, [PROMISE], [DECEMBER])
    eve, day = date(2025, 12, 30), date(2025, 12, 31)
    assert len(pace_of_commitments(tables, day=eve)) == 1 and fallen_due(tables, eve).empty
    assert pace_of_commitments(tables, day=day).empty
    assert only_row(unpaced_commitments(tables, day=day))["refusal"] == "due"
    assert only_row(fallen_due(tables, day))["outcome"] == "met"


@pytest.mark.parametrize(("value", "qualifier", "met"), [(20_000, "exact", False), (20_000, "more_than", True),
                                                         (20_001, "exact", True)])  # fmt: skip
def test_more_than_a_number_is_not_met_by_the_number(tmp_path: Path, value: int, qualifier: str, met: bool) -> None:
    promise = row("commitments", **PROMISE | {"qualifier": "more_than"})
    tables = of(tmp_path, [promise], [update("t-last", value, "2025-12-31", qualifier=qualifier)])
    assert only_row(fallen_due(tables, date(2025, 12, 31)))["outcome"] == ("met" if met else "missed")
    assert register(tables).iloc[0]["reached"] is met


def test_a_count_under_its_ceiling_still_runs_up_before_the_day(tmp_path: Path) -> None:
    ceiling = row("commitments", **PROMISE | {"comparator": "<=", "baseline_value": ""})
    before = of(tmp_path / "a", [ceiling], [update("t-june", 9_000, "2025-06-30")])
    assert register(before).iloc[0]["reached"] is None
    assert only_row(fallen_due(before, date(2025, 12, 31)))["outcome"] == "not_known"
    over = of(tmp_path / "b", [ceiling], [update("t-june", 20_001, "2025-06-30")])
    assert register(over).iloc[0]["reached"] is False
    assert only_row(fallen_due(over, date(2025, 12, 31)))["outcome"] == "missed"
    falling = row("commitments", **ceiling | {"baseline_value": 30_000})
    less = of(tmp_path / "c", [falling], [update("t-june", 9_000, "2025-06-30")])
    assert register(less).iloc[0]["reached"] is True
    assert only_row(fallen_due(less, date(2025, 12, 31)))["outcome"] == "met"


# Observations --------------------------------------------------------------------------------------------------------


def test_the_newest_observation_is_by_period_then_by_publication(tmp_path: Path) -> None:
    corrected = update("t-corrected", 20_700, "2025-12-10", reported_on="2026-01-05")
    older = update("t-older", 9_000, "2025-06-30", reported_on="2026-02-01")
    tables = of(tmp_path, [PROMISE], [corrected, DECEMBER, older])
    assert register(tables).iloc[0]["latest_fact_id"] == "t-corrected"
    assert register(tables.known(date(2025, 12, 31))).iloc[0]["latest_value"] == 20_758


def test_without_an_observation_the_latest_is_missing(tmp_path: Path) -> None:
    seen = register(of(tmp_path, [PROMISE])).iloc[0]
    assert pd.isna(seen["latest_value"])
    assert seen["fact_ids"] == ("t-stations",)


def test_rivals_are_other_counts_of_the_same_time(tmp_path: Path) -> None:
    year = update("t-year", 23_500, "2025", reported_on="2026-01-05", **OTHER)
    inside = update("t-inside", 20_758, "2025-12-10")
    equal = update("t-equal", 23_500, "2025-12-20")
    before = update("t-before", 6_500, "2024", reported_on="2025-01-05")
    tables = of(tmp_path, [PROMISE], [year, inside, equal, before])
    assert register(tables).iloc[0]["rival_fact_ids"] == ("t-inside",)
    assert not register(tables).iloc[0]["disputed"], "both are more than was promised"


def test_the_baseline_says_how_it_is_printed(tmp_path: Path) -> None:
    printed = update(
        "t-start", 6_500, "2024", role="baseline", reported_on="2025-01-05", qualifier="nearly", kind="claimed"
    )
    seen = register(of(tmp_path, [PROMISE], [printed])).iloc[0]
    assert (seen["baseline_qualifier"], seen["baseline_kind"]) == ("nearly", "claimed")
    assert seen["baseline_fact_id"] == "t-start"


# Growth --------------------------------------------------------------------------------------------------------------


def test_implied_growth(tmp_path: Path) -> None:
    grown = growth_asked(of(tmp_path, GROWTH))
    assert list(grown["commitment_id"]) == ["t-works.uav", "t-works.tan-a"], "the steepest first"
    tan_a, uav = (only_row(grown, commitment_id=f"t-works.{name}") for name in ("tan-a", "uav"))
    assert (tan_a["years"], round(100 * tan_a["growth_per_year"], 2)) == (3.0, 35.72)
    assert (uav["years"], uav["growth_per_year"], uav["change"]) == (1.0, pytest.approx(4.0), pytest.approx(4.0))


@pytest.mark.parametrize(
    "cells",
    [
        {"unit": "station"},
        {"baseline_value": "0"},
        {"baseline_value": ""},
        {"baseline_period": ""},
        {"target_value": ""},
        {"target_period": ""},
    ],
    ids=str,
)
def test_no_growth_without_money_at_two_times(tmp_path: Path, cells: dict[str, str]) -> None:
    assert growth_asked(of(tmp_path, [row("commitments", **GROWTH[0] | cells)])).empty


def test_linear_path(tmp_path: Path) -> None:
    path = linear_path(of(tmp_path, GROWTH[:1]))
    assert list(path["year"]) == [2025, 2026, 2027, 2028]
    assert list(path["path_value"] / 1e6) == [320, 480, 640, 800]
    assert list(path["role"]) == ["baseline", "path", "path", "target"]


def test_no_path_over_broken_years(tmp_path: Path) -> None:
    assert linear_path(of(tmp_path, [money("half", 100, 200, "2025-06-30", "2027-12-31")])).empty


# Deadlines, proposals, statements ------------------------------------------------------------------------------------


def test_deadlines_go_together_by_day_enterprise_and_evidence(tmp_path: Path) -> None:
    other = money("more", 1, 2, "2025", "2025-12-31", time_period="2025-03-01")
    undated = money("sometime", 1, 2, "2025", "")
    dated = commitments_due(of(tmp_path, [*GROWTH, PROMISE, other, undated]))
    assert list(dated["target_period"]) == ["2025-12-31", "2026", "2028"], "the earliest first"
    assert list(dated["count"]) == [2, 1, 1]
    assert dated["start"].iloc[0] == pd.Timestamp("2025-03-01")
    assert set(dated["fact_ids"].iloc[0]) == {"t-stations", "t-more"}


def test_proposals_are_listed_apart_and_never_counted(tmp_path: Path) -> None:
    whole = row("proposals", fact_id="t-list", proposal_id="t-list", ordinal="", stated_count=1)
    tables = of(tmp_path, [PROMISE], proposals=more("proposals", whole))
    assert list(proposals_made(tables)["fact_id"]) == ["t-proposal"]
    assert evidence_counts(tables)["count"].sum() == 1


def test_a_proposal_has_its_newest_state_and_the_day_on_which_it_was_known(tmp_path: Path) -> None:
    answers = [row("proposals", fact_id=f"t-{status}", status=status, reported_on=day, time_period=day)
               for status, day in (("rejected", "2025-10-01"), ("under_study", "2025-08-01"))]  # fmt: skip
    tables = of(tmp_path, [PROMISE], proposals=more("proposals", *answers))
    for day, status, known in (("2025-07-31", "raised", "2025-07-01"), ("2025-08-01", "under_study", "2025-08-01"),
                               ("2026-01-01", "rejected", "2025-10-01")):  # fmt: skip
        made = only_row(proposals_made(tables.known(date.fromisoformat(day))))
        assert (made["status"], made["status_on"], made["fact_id"]) == (status, pd.Timestamp(known), "t-proposal")
    assert made["fact_ids"] == ("t-proposal", "t-under_study", "t-rejected")


def test_statements_of_enterprises_and_their_commitments(tmp_path: Path) -> None:
    rows = more(
        "statements",
        row("statements", fact_id="t-on-boats", subject_kind="commitment", subject_id="t-works.boats"),
        row("statements", fact_id="t-on-law", subject_kind="instrument", subject_id="t-resolution"),
    )
    said = statements(build(tmp_path, statements=rows))
    assert list(said["fact_id"]) == ["t-said", "t-on-boats"]
    assert set(said["enterprise_id"]) == {"t-works"}


def test_facts_of_enterprises(tmp_path: Path) -> None:
    assert facts_of_enterprises(build(tmp_path)) == {"t-promise", "t-update", "t-proposal", "t-said"}


def test_nothing_known_gives_empty_tables(tmp_path: Path) -> None:
    before = build(tmp_path).known(date(2020, 1, 1))
    for function in (register, pace_of_commitments, unpaced_commitments, growth_asked, linear_path, commitments_due):
        assert function(before).empty, function.__name__
    assert evidence_counts(before).empty and fallen_due(before, YEAR_END).empty and proposals_made(before).empty
