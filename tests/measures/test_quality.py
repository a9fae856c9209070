from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from r57lib.data.periods import Month
from r57lib.data.schema import FACT_TABLES
from r57lib.data.tables import Tables
from r57lib.measures.quality import changed_indicators, new_facts, observation_ages, provenance_counts, targets_observed
from tests.builders import Row, build, more, only_row, row


def seen(fact: str, value: float, day: str, **cells: object) -> Row:
    given = {"reported_on": "2026-01-31"} | cells
    return row("observations", fact_id=fact, obs_value=value, time_period=day, **given)


def test_provenance_counts_every_fact_once(tmp_path: Path) -> None:
    counts = provenance_counts(build(tmp_path))
    assert list(counts["table"]) == list(FACT_TABLES)
    assert only_row(counts, table="task_snapshots")["facts_count"] == 4
    assert (counts["with_source"] == counts["facts_count"]).all()
    assert (counts["with_evidence"] == counts["facts_count"]).all()


def test_provenance_tells_days_known_days_of_publication_and_teasers(tmp_path: Path) -> None:
    vague = row("sources", source_id="t-undated", reported_on_precision="not_before", reported_on_reason="a guess")
    events = [
        row("events", fact_id="t-day", time_period="2025-06-30"),
        row("events", fact_id="t-month", time_period="2025-06"),
        row("events", fact_id="t-since", time_period="2020/.."),
        row("events", fact_id="t-range", time_period="2025-06-01/2025-06-02"),
        row("events", fact_id="t-undated-day", source_id="t-undated"),
        row("events", fact_id="t-teaser", source_id="t-side", section="sidebar"),
    ]
    events = [each | {"event_id": each["fact_id"]} for each in events]
    counts = only_row(provenance_counts(build(tmp_path, events=events, sources=more("sources", vague))), table="events")
    assert counts["facts_count"] == 6
    assert counts["dated_to_day"] == 3, "since 2020 is no day, though its first and last day are one"
    assert counts["publication_printed"] == 5
    assert counts["teasers"] == 1


def test_age_of_the_newest_observation(tmp_path: Path) -> None:
    rows = [
        seen("t-a", 0.2, "2025-06-30"),
        seen("t-b", 0.3, "2025-11-30"),
        seen("t-c", 0.3, "2025-Q3", indicator_id="procedures_end_to_end"),
    ]
    ages = observation_ages(build(tmp_path, observations=rows), day=date(2025, 12, 31))
    assert list(ages["indicator_id"]) == ["t-usage", "procedures_end_to_end"], "the freshest first"
    assert list(ages["age_days"]) == [31, 92]
    assert list(ages["fact_ids"]) == [("t-b",), ("t-c",)]


def coverage(folder: Path, *rows: Row) -> pd.Series:
    return only_row(targets_observed(build(folder, observations=list(rows)), instrument="t-resolution"))


def test_a_target_is_covered_by_two_comparable_observations(tmp_path: Path) -> None:
    covered = coverage(tmp_path, seen("t-a", 0.2, "2024"), seen("t-b", 0.3, "2025-06-30"))
    assert (covered["observations"], covered["comparable"], covered["covered"]) == (2, 2, True)
    assert covered["fact_ids"] == ("t-aim", "t-a", "t-b")


def test_a_target_is_not_covered_across_a_break_or_another_basis(tmp_path: Path) -> None:
    broken = coverage(tmp_path, seen("t-a", 0.2, "2024"), seen("t-b", 0.3, "2025-06-30", series_break="yes"))
    assert (broken["observations"], broken["comparable"], broken["covered"]) == (2, 1, False)
    flow = coverage(tmp_path, seen("t-a", 0.2, "2024"), seen("t-b", 0.3, "2025-06", basis="month"))
    assert (flow["observations"], flow["comparable"], flow["covered"]) == (2, 1, False)
    nothing = coverage(tmp_path, seen("t-a", 0.2, "2024", scope="localities"))
    assert (nothing["observations"], nothing["comparable"], nothing["covered"]) == (0, 0, False)


def test_coverage_is_of_one_instrument(tmp_path: Path) -> None:
    targets = more("targets", row("targets", fact_id="t-other-aim", instrument_id=""))
    tables = build(tmp_path, targets=targets)
    assert len(targets_observed(tables, instrument="t-resolution")) == 1
    assert targets_observed(tables, instrument="t-nothing").empty


def months(folder: Path, *rows: Row) -> tuple[Tables, Tables]:
    """What the reports of June and of May hold, both as known at one day."""
    tables, day = build(folder, observations=list(rows)), date(2026, 1, 31)
    return tables.known(day, month=Month(2025, 6)), tables.known(day, month=Month(2025, 5))


def test_new_facts_are_those_of_this_month(tmp_path: Path) -> None:
    now, before = months(tmp_path, seen("t-may", 0.2, "2025-05-31"), seen("t-june", 0.3, "2025-06-10"))
    assert "t-june" in list(new_facts(now, before)["fact_id"])
    assert "t-may" not in list(new_facts(now, before)["fact_id"])
    assert new_facts(before, before).empty


def test_a_change_needs_a_newer_value_and_says_whether_it_compares(tmp_path: Path) -> None:
    now, before = months(
        tmp_path,
        seen("t-a", 0.2, "2025-05-31"),
        seen("t-b", 0.3, "2025-06-10"),
        seen("t-c", 0.5, "2025-05-31", scope="localities"),
        seen("t-d", 0.9, "2025-06-10", scope="localities", series_break="yes"),
        seen("t-e", 0.1, "2025-06-10", scope="ministries"),
        seen("t-f", 0.1, "2025-05-10", indicator_id="procedures_end_to_end"),
    )
    changes = changed_indicators(now, before)
    assert set(changes["indicator_id"]) == {"t-usage"}
    nation, local, new = (only_row(changes, scope=scope) for scope in ("national", "localities", "ministries"))
    assert (round(nation["change"], 9), nation["comparable"]) == (0.1, True)
    assert nation["fact_ids"] == ("t-b", "t-a")
    assert not local["comparable"]
    assert pd.isna(new["obs_value_before"])
    assert new["fact_ids"] == ("t-e",)


def test_each_province_has_a_change_of_its_own(tmp_path: Path) -> None:
    provinces = more("provinces", row("provinces", province_code="t2"))
    rows = [
        seen(f"t-{code}-{month}", value, f"2025-{month:02}-15", scope="province", province_code=code)
        for code, month, value in (("t1", 5, 0.1), ("t1", 6, 0.2), ("t2", 5, 0.4), ("t2", 6, 0.5))
    ]
    tables = build(tmp_path, observations=rows, provinces=provinces)
    now, before = (tables.known(date(2026, 1, 31), month=Month(2025, month)) for month in (6, 5))
    changes = changed_indicators(now, before)
    assert [tuple(ids) for ids in changes["fact_ids"]] == [("t-t1-6", "t-t1-5"), ("t-t2-6", "t-t2-5")]
