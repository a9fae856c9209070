from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from r57lib.data.checks import check_tables, conflicting, require_sound
from r57lib.data.codes import Finding, Severity
from r57lib.data.load import load_tables
from r57lib.data.quotations import register_of
from r57lib.data.tables import Tables
from r57lib.data.task_checks import check_task_codes
from r57lib.errors import BadData
from tests.builders import (
    Row,
    all_valid_rows,
    build,
    copy_data,
    drop_row,
    edit_cell,
    edit_text,
    labels_for,
    more,
    places,
    read_rows,
    row,
    write_folder,
)
from tests.conftest import DATA

LOAD_RULES = {"file_missing", "encoding", "csv", "column_unknown", "column_twice", "column_missing", "row_length"}
LOAD_RULES |= {"character", "case", "required", "nfc", "code", "value", "duplicate", "reference", "ingested_spoilt"}
LOAD_RULES |= {"annotation", "usage_spoilt"}


class Case(NamedTuple):
    """Rows that break one rule, and where the finding must stand."""

    rule: str
    rows: dict[str, list[Row]]
    table: str
    line: int
    column: str
    severity: Severity = Severity.ERROR
    facts: tuple[str, ...] = ()


def count(fact: str, status: str, number: int, **cells: object) -> Row:
    return row("task_snapshots", fact_id=fact, status=status, task_count=number, **cells)


def seen(fact: str, value: float, day: str, **cells: object) -> Row:
    given = {"reported_on": "2026-01-31"} | cells
    return row("observations", fact_id=fact, obs_value=value, time_period=day, **given)


def offered(indicator: str, value: float, **cells: object) -> Row:
    return seen(f"t-{indicator}", value, "2025-06-30", indicator_id=indicator, **cells)


def said(evidence: str, printed: str, table: str = "statements", **cells: object) -> Row:
    return row(table, evidence=evidence, printed_value=printed, **cells)


def ranked(place: int, evidence: str, **cells: object) -> Row:
    given: Row = {"indicator_id": "t-rank", "time_period": "2024", "basis": "year"}
    given |= {"evidence": evidence, "printed_value": f"{place}th", "obs_value": str(place)}
    return row("observations", **given, **cells)


def register(**event: str) -> list[Row]:
    """The quotations of the valid folder, where the fair's was read otherwise."""
    return list(register_of(all_valid_rows() | {"events": [row("events", **event)]}).values())


RANKS = {
    "indicators": more(
        "indicators",
        row("indicators", indicator_id="t-rank", family="t-rank", side="rank", unit="rank", direction="down",
            lower_bound="1", upper_bound=""),
    ),
    "provinces": more("provinces", row("provinces", province_code="t2")),
}  # fmt: skip
NEXT_MONTH = {"time_period": "2025-07-31", "reported_on": "2025-08-01"}
CASES = [
    Case(
        "label_missing",
        {"labels": [label for label in labels_for(all_valid_rows()) if label["key"] != "agency.T-MIN"]},
        "agencies",
        2,
        "agency_id",
    ),
    Case(
        "circle", {"instruments": [row("instruments", parent_id="t-resolution")]}, "instruments", 2, "parent_id",
    ),
    Case("programme", {"programmes": []}, "programmes", 0, ""),
    Case(
        "programme_day", {"instruments": [row("instruments", issued_on="")]}, "programmes", 2, "instrument_id",
    ),
    Case("section", {"events": [row("events", section="sidebar")]}, "events", 2, "section", facts=("t-fair",)),
    Case(
        "reported_before_source",
        {"events": [row("events", time_period="2024", reported_on="2024-12-31")]},
        "events", 2, "reported_on", facts=("t-fair",),
    ),
    Case("reported_before_period", {"events": [row("events", time_period="2025-07-02")]}, "events", 2, "time_period"),
    Case("evidence_length", {"events": [row("events", evidence="word " * 16)]}, "events", 2, "evidence"),
    Case(
        "evidence_value",
        {"events": [said("on 3 May", "4 May", "events", time_period="2025-05")]},
        "events", 2, "printed_value",
    ),
    Case(
        "printed_value",
        {"observations": [row("observations", obs_value="0.53", evidence="reached 53.3%", printed_value="53.3%")]},
        "observations", 2, "obs_value",
    ),
    Case(
        "task_sum",
        {"task_snapshots": [count("t-a", "completed", 5), count("t-b", "completed_on_time", 3),
                            count("t-c", "completed_late", 3)]},
        "task_snapshots", 2, "task_count", facts=("t-a", "t-b", "t-c"),
    ),
    Case(
        "task_share",
        {"task_snapshots": [count("t-a", "total", 1000), count("t-b", "overdue", 166, printed_share="16.5%")]},
        "task_snapshots", 3, "printed_share", facts=("t-b",),
    ),
    Case(
        "task_agencies",
        {"task_snapshots": [count("t-a", "overdue", 5), count("t-b", "overdue", 3, agency_id="T-MIN"),
                            count("t-c", "overdue", 1, agency_id="T-GOV")]},
        "task_snapshots", 2, "task_count", Severity.WARNING, ("t-a", "t-b", "t-c"),
    ),
    Case(
        "scope_change",
        {"task_snapshots": [count("t-a", "total", 330), count("t-b", "total", 679, **NEXT_MONTH)]},
        "task_snapshots", 3, "task_count", Severity.WARNING, ("t-a", "t-b"),
    ),
    Case(
        "task_regress",
        {"task_snapshots": [count("t-a", "completed", 5), count("t-b", "completed", 4, **NEXT_MONTH)]},
        "task_snapshots", 3, "task_count", facts=("t-a", "t-b"),
    ),
    Case("bounds", {"observations": [row("observations", obs_value="1.01")]}, "observations", 2, "obs_value"),
    Case("bounds", {"targets": [row("targets", target_value="-0.01")]}, "targets", 2, "target_value"),
    Case(
        "supply_order",
        {"observations": [offered("procedures_offered_online", 0.5), offered("procedures_end_to_end", 0.51)]},
        "observations", 3, "obs_value", facts=("t-procedures_end_to_end", "t-procedures_offered_online"),
    ),
    Case("deadline", {"targets": [row("targets", target_period="2025-05-31")]}, "targets", 2, "target_period"),
    Case(
        "deadline",
        {"commitments": [row("commitments", baseline_period="2026")]},
        "commitments", 2, "target_period",
    ),
    Case(
        "proposal_count",
        {"proposals": more("proposals", row("proposals", fact_id="t-list", proposal_id="t-list", ordinal="",
                                            stated_count=3))},
        "proposals", 3, "stated_count", facts=("t-list", "t-proposal"),
    ),
    Case(
        "claimant",
        {"system_claims": [row("system_claims", claimant_id="t-nobody")]},
        "system_claims", 2, "claimant_id",
    ),
    Case(
        "statement_mismatch",
        {"known_findings": [row("known_findings", rule="statement_mismatch", fact_ids="t-said;t-fair")]},
        "statements", 2, "evidence", Severity.WARNING, ("t-fair", "t-said"),
    ),
    Case(
        "observation_conflict",
        {"observations": [seen("t-a", 0.40, "2025-12-18"), seen("t-b", 0.59, "2025-12-25")]},
        "observations", 3, "obs_value", Severity.WARNING, ("t-a", "t-b"),
    ),
    Case(
        "restatement",
        {"targets": more("targets", row("targets", fact_id="t-mended", target_value="0.9", reported_on="2025-08-01"))},
        "targets", 3, "target_value", Severity.INFO, ("t-aim", "t-mended"),
    ),
    Case(
        "correction_sum",
        {"task_snapshots": [count("t-a", "completed", 5), count("t-b", "completed_on_time", 3),
                            count("t-c", "completed_late", 2),
                            count("t-d", "completed_on_time", 4, reported_on="2025-08-01")]},
        "task_snapshots", 2, "task_count", Severity.WARNING, ("t-a", "t-d", "t-c"),
    ),
    Case(
        "correction_day",
        {"targets": more("targets", row("targets", fact_id="t-mended", source_id="t-side", section="sidebar",
                                        corrects="t-aim"))},
        "targets", 3, "corrects", facts=("t-aim", "t-mended"),
    ),
    Case(
        "correction_key",
        {"targets": more("targets", row("targets", fact_id="t-mended", source_id="t-side", section="sidebar",
                                        corrects="t-aim", reported_on="2025-08-01", target_period="2026"))},
        "targets", 3, "corrects", facts=("t-aim", "t-mended"),
    ),
    Case(
        "correction_twice",
        {"events": [row("events"), row("events", fact_id="t-new", reported_on="2025-08-01", corrects="t-fair"),
                    row("events", fact_id="t-mended", source_id="t-side", section="sidebar", corrects="t-fair",
                        reported_on="2025-09-01")]},
        "events", 4, "corrects", facts=("t-fair", "t-mended"),
    ),
    Case(
        "baseline_fact",
        {"commitments": [row("commitments", baseline_fact_id="t-start")],
         "commitment_updates": [row("commitment_updates", fact_id="t-start")]},
        "commitments", 2, "baseline_fact_id", facts=("t-promise", "t-start"),
    ),
    Case(
        "known_unused",
        {"known_findings": [row("known_findings")]},
        "known_findings", 2, "finding_id", Severity.WARNING, (),
    ),
    Case(
        "published_after",
        {"sources": [row("sources", published_on="2025-01-02"), row("sources", source_id="t-side", section="sidebar")]},
        "sources", 2, "published_on",
    ),
    Case(
        "source_day",
        {"sources": [row("sources", published_on="", reported_on_precision="not_before"),
                     row("sources", source_id="t-side", section="sidebar")]},
        "sources", 2, "reported_on_precision",
    ),
    Case("annotation_day", {"annotations": [row("annotations", written_on="2025-12-30", month="2026-01")]},
         "annotations", 2, "written_on"),
    Case("day_far", {"events": [row("events", reported_on="2031-07-01")]}, "events", 2, "reported_on"),
    Case("day_unlikely", {"targets": [row("targets", target_period="2056")]}, "targets", 2, "target_period"),
    Case("period_year", {"targets": [row("targets", evidence="by 2026 at last")]}, "targets", 2, "target_period"),
    Case("printed_missing", {"statements": [row("statements", note="Of June.")]}, "statements", 2, "printed_value"),
    Case("printed_day", {"events": [said("opened on July 3", "July 3", "events")]}, "events", 2, "time_period"),
    Case("kind", {"observations": [row("observations", kind="target")]}, "observations", 2, "kind"),
    Case("kind", {"statements": [said("is expected to hire 9", "9", obs_value="9")]}, "statements", 2, "kind"),
    Case("qualifier", {"statements": [said("with almost 9 ships", "9", obs_value="9")]}, "statements", 2, "qualifier"),
    Case(
        "unit_noun",
        {"commitments": [said("build 100 stations", "100", "commitments")]},
        "commitments", 2, "target_value",
    ),
    Case("rank_total", {"observations": [ranked(7, "ranks 7th of 40")], **RANKS}, "observations", 2, "rank_of"),
    Case("rank_beyond", {"observations": [ranked(7, "7th of 6", rank_of="6")], **RANKS}, "observations", 2, "rank_of"),
    Case(
        "rank_tied",
        {"observations": [ranked(7, "is 7th", scope="province", province_code="t1"),
                          ranked(7, "7th is", scope="province", province_code="t2", fact_id="t-twin")], **RANKS},
        "observations", 3, "obs_value", Severity.WARNING, ("t-seen", "t-twin"),
    ),
    Case(
        "direction",
        {"indicators": more("indicators", row("indicators", indicator_id="t-rank", unit="rank", lower_bound="1"))},
        "indicators", 5, "direction",
    ),
    Case(
        "figure_unit",
        {"indicators": more("indicators", row("indicators", indicator_id="t-z", unit="count", figure="supply"))},
        "indicators", 5, "unit",
    ),
    Case(
        "publisher",
        {"sources": [row("sources", publisher="Bao T"), row("sources", source_id="t-side", section="sidebar",
                                                            publisher="Báo T")]},
        "sources", 2, "publisher",
    ),
    Case("not_whole", {"commitments": [row("commitments", target_value="99.5")]}, "commitments", 2, "target_value"),
    Case("quotation_new", {"quotations": register()[1:]}, "targets", 2, "evidence", Severity.WARNING, ("t-aim",)),
    Case("quotation", {"quotations": register(evidence="another fragment")}, "events", 2, "evidence"),
    Case("quotation_source", {"quotations": register(source_id="t-side")}, "events", 2, "source_id"),
    Case(
        "same_fact",
        {"events": more("events", row("events", fact_id="t-twin"))},
        "events", 3, "fact_id", facts=("t-fair", "t-twin"),
    ),
    Case("comparator", {"targets": [row("targets", comparator="<=")]}, "targets", 2, "comparator"),
    Case(
        "target_twice",
        {"targets": more("targets", row("targets", fact_id="t-twin", source_id="t-side", section="sidebar",
                                       target_value="0.9"))},
        "targets", 3, "target_period", facts=("t-aim", "t-twin"),
    ),
    Case(
        "target_order",
        {"targets": more("targets", row("targets", fact_id="t-later", target_period="2030", target_value="0.7"))},
        "targets", 3, "target_period", facts=("t-aim", "t-later"),
    ),
    Case(
        "bounds",
        {"indicators": more("indicators", row("indicators", indicator_id="t-z", upper_bound="100"))},
        "indicators", 5, "upper_bound",
    ),
    Case(
        "target_date",
        {"targets": [row("targets", fact_id=f"t-{scope}", scope=scope, target_period=period) for scope, period in
                     {"national": "2030", "ministries": "2030", "localities": "2035", "viettel": "2030"}.items()]},
        "targets", 4, "target_period", Severity.WARNING, ("t-localities",),
    ),
    Case(
        "province_code",
        {"observations": [seen("t-a", 0.4, "2025-06", scope="province")]},
        "observations", 2, "province_code",
    ),
    Case("basis", {"observations": [row("observations", basis="year")]}, "observations", 2, "basis"),
    Case(
        "series_break",
        {"observations": [seen("t-a", 0.40, "2025-10-26"), seen("t-b", 0.51, "2025-12-18")]},
        "observations", 3, "series_break", Severity.WARNING, ("t-a", "t-b"),
    ),
    Case(
        "baseline",
        {"commitment_updates": [row("commitment_updates", role="baseline", obs_value="1", time_period="2025-01-01")]},
        "commitments", 2, "baseline_value", facts=("t-promise", "t-update"),
    ),
    Case("told_day", {"statements": [row("statements", text_value="2025-06-29")]}, "statements", 2, "text_value"),
    Case(
        "placeholders",
        {"labels": [*labels_for(all_valid_rows()), row("labels", key="t.wish", en="{count} days", vi="{counts} ngày")]},
        "labels", 18, "vi",
    ),
]  # fmt: skip


def test_the_valid_folder_is_silent(tmp_path: Path) -> None:
    assert check_tables(build(tmp_path)) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.table}")
def test_rule_fires_alone_where_it_is_broken(tmp_path: Path, case: Case) -> None:
    found = check_tables(build(tmp_path, **case.rows))
    (finding,) = [each for each in found if each.rule != "restatement" or case.rule == "restatement"]
    assert places([finding]) == [(case.rule, case.table, case.line, case.column)]
    assert finding.severity is case.severity
    if case.facts:
        assert finding.fact_ids == case.facts


def test_every_rule_that_has_words_is_tested() -> None:
    keys = [label["key"] for label in read_rows(DATA, "labels")]
    rules = {key.removeprefix("finding.") for key in keys if key.startswith("finding.")}
    assert {case.rule for case in CASES} | LOAD_RULES == rules


# Near misses ---------------------------------------------------------------------------------------------------------


def found(folder: Path, **rows: list[Row]) -> list[Finding]:
    return check_tables(build(folder, **rows))


def test_a_period_may_begin_on_the_day_of_its_report_and_a_target_lies_ahead(tmp_path: Path) -> None:
    events = [
        row("events", time_period="2025-07"),
        row("events", fact_id="t-plan", event_id="t-ahead", time_period="2026", kind="target"),
    ]
    assert found(tmp_path, events=events) == []


def test_fifteen_words_are_a_fragment(tmp_path: Path) -> None:
    assert found(tmp_path, events=[row("events", evidence="word " * 15)]) == []


@pytest.mark.parametrize(
    ("value", "evidence", "printed", "language"),
    [
        ("0.533", "53.3% of services", "53.3", "en"),
        ("0.533", "53,3% dịch vụ", "53,3%", "vi"),
        ("0.2", "about a fifth", "a fifth", "en"),
        ("0.6", "reached three fifths", "three fifths", "en"),
    ],
)
def test_printed_value(tmp_path: Path, value: str, evidence: str, printed: str, language: str) -> None:
    """The last row reads as 3: a table's value that its evidence does not print is a finding, never a guess."""
    cells = {"qualifier": "about"} if "about" in evidence else {}
    rows = [row("observations", obs_value=value, evidence=evidence, printed_value=printed, **cells)]
    sources = [row("sources", language=language), row("sources", source_id="t-side", section="sidebar")]
    rules = [finding.rule for finding in found(tmp_path, observations=rows, sources=sources)]
    assert rules == (["printed_value"] if printed in ("a fifth", "three fifths") else [])


@pytest.mark.parametrize(
    ("status", "number", "share", "rules"),
    [
        ("overdue", 1602, "16.30%", []),
        ("in_progress", 1602, "16.47%", ["task_share"]),
        ("in_progress", 1602, "16.29%", ["task_share"]),
        ("completed", 7892, "80.3%", []),
        ("completed", 7892, "80%", []),
    ],
)
def test_printed_share_within_half_its_last_digit(
    tmp_path: Path, status: str, number: int, share: str, rules: list[str]
) -> None:
    """Counts of the Government Office on 20 October 2025, of 9,831."""
    rows = [count("t-a", "total", 9831), count("t-b", status, number, printed_share=share)]
    assert [finding.rule for finding in found(tmp_path, task_snapshots=rows)] == rules


@pytest.mark.filterwarnings("error")
def test_a_share_without_a_total_or_of_no_tasks_is_not_judged(tmp_path: Path) -> None:
    alone = count("t-a", "overdue", 5, printed_share="50%")
    assert found(tmp_path / "a", task_snapshots=[alone]) == []
    assert found(tmp_path / "b", task_snapshots=[alone | {"task_count": "0"}, count("t-b", "total", 0)]) == []


@pytest.mark.parametrize(("total", "regular", "rules"), [(1287, 178, []), (1109, None, []), (1287, None, ["task_sum"])])
def test_total_with_regular_tasks(tmp_path: Path, total: int, regular: int | None, rules: list[str]) -> None:
    """The Central Steering Committee's counts of 4 December 2025: 601 + 404 + 104 (+ 178)."""
    rows = [count("t-a", "total", total), count("t-b", "completed", 601), count("t-c", "in_progress", 404)]
    rows += [count("t-d", "overdue", 104)] + ([count("t-e", "regular", regular)] if regular else [])
    assert [finding.rule for finding in found(tmp_path, task_snapshots=rows)] == rules


def test_the_late_and_the_overdue_are_behind_schedule(tmp_path: Path) -> None:
    rows = [count("t-a", "behind_schedule", 33), count("t-b", "completed_late", 12), count("t-c", "overdue", 21)]
    assert found(tmp_path / "a", task_snapshots=rows) == []
    rows[2] = count("t-c", "overdue", 24)
    assert [finding.rule for finding in found(tmp_path / "b", task_snapshots=rows)] == ["task_sum"]


def test_agencies_may_share_tasks(tmp_path: Path) -> None:
    rows = [count("t-a", "overdue", 33), count("t-b", "overdue", 35, agency_id="T-MIN")]
    assert found(tmp_path, task_snapshots=rows) == []


def test_counts_of_different_scopes_are_not_compared(tmp_path: Path) -> None:
    scopes = more("task_scopes", row("task_scopes", scope_id="t-other"))
    rows = [count("t-a", "total", 330), count("t-b", "total", 679, scope_id="t-other", **NEXT_MONTH)]
    assert found(tmp_path, task_snapshots=rows, task_scopes=scopes) == []


def test_history_compares_with_the_last_count_that_was_printed(tmp_path: Path) -> None:
    rows = [
        count("t-a", "completed", 5),
        count("t-b", "overdue", 1, **NEXT_MONTH),
        count("t-c", "completed", 4, time_period="2025-08-31", reported_on="2025-09-01"),
    ]
    (finding,) = found(tmp_path, task_snapshots=rows)
    assert (finding.rule, finding.fact_ids) == ("task_regress", ("t-a", "t-c"))


def test_values_on_their_bounds_and_without_bounds(tmp_path: Path) -> None:
    boats = row("indicators", indicator_id="t-boats", family="t-boats", unit="count", lower_bound="0", upper_bound="")
    rows = [row("observations", obs_value="1"), seen("t-a", 5_000_000, "2025-06-30", indicator_id="t-boats")]
    assert found(tmp_path / "a", observations=rows, indicators=more("indicators", boats)) == []
    rows[1] = seen("t-a", -5, "2025-06-30", indicator_id="t-boats")
    (finding,) = found(tmp_path / "b", observations=rows, indicators=more("indicators", boats))
    assert finding.rule == "bounds"
    assert "nan" not in finding.message + "".join(finding.values.values())
    assert finding.message == "-5 lies outside 0 to ∞"


def test_supply_is_ordered_within_one_scope_and_period(tmp_path: Path) -> None:
    online = offered("procedures_offered_online", 0.5)
    assert found(tmp_path / "a", observations=[online, offered("procedures_end_to_end", 0.5)]) == []
    local = offered("procedures_end_to_end", 0.6, scope="localities")
    assert found(tmp_path / "b", observations=[online, local]) == []


def test_a_list_of_proposals_with_as_many(tmp_path: Path) -> None:
    rows = more("proposals", row("proposals", fact_id="t-list", proposal_id="t-list", ordinal="", stated_count=1))
    assert found(tmp_path, proposals=rows) == []


# Conflicts -----------------------------------------------------------------------------------------------------------


def conflicts(folder: Path, *rows: Row, indicators: list[Row] | None = None) -> list[tuple[str, ...]]:
    tables = {"observations": list(rows)} | ({"indicators": indicators} if indicators else {})
    findings = check_tables(build(folder, **tables))
    return [finding.fact_ids for finding in findings if finding.rule == "observation_conflict"]


@pytest.mark.parametrize(("day", "expected"), [("2025-12-26", [("t-a", "t-b")]), ("2025-12-27", [])])
def test_values_clash_within_31_days_and_not_at_32(tmp_path: Path, day: str, expected: list[tuple[str, ...]]) -> None:
    assert conflicts(tmp_path, seen("t-a", 0.4, "2025-11-25"), seen("t-b", 0.59, day)) == expected


@pytest.mark.parametrize(("value", "expected"), [(0.42, []), (0.421, [("t-a", "t-b")]), (0.379, [("t-a", "t-b")])])
def test_shares_clash_beyond_two_points(tmp_path: Path, value: float, expected: list[tuple[str, ...]]) -> None:
    assert conflicts(tmp_path, seen("t-a", 0.4, "2025-11-25"), seen("t-b", value, "2025-11-30")) == expected


@pytest.mark.parametrize(("value", "expected"), [(980, []), (979, [("t-a", "t-b")])])
def test_numbers_clash_beyond_two_percent(tmp_path: Path, value: int, expected: list[tuple[str, ...]]) -> None:
    counted = row("indicators", unit="count", upper_bound="")
    rows = seen("t-a", 1000, "2025-11-25"), seen("t-b", value, "2025-11-30")
    assert conflicts(tmp_path, *rows, indicators=[counted]) == expected


def test_three_values_like_those_of_5g_are_one_conflict(tmp_path: Path) -> None:
    rows = [seen("t-a", 0.40, "2025-12-18"), seen("t-b", 0.59, "2025-12-25"), seen("t-c", 0.91, "2025-12-31")]
    (finding,) = check_tables(build(tmp_path, observations=rows))
    assert finding.message == "t-usage, national: sources give 40.00%, 59.00%, 91.00% within 31 days"
    assert finding.values["found_shares"] == "0.4;0.59;0.91"


def test_a_steady_monthly_series_is_no_conflict(tmp_path: Path) -> None:
    """Each value agrees with those at most 31 days away, though the first and the last differ."""
    rows = [seen("t-a", 0.40, "2025-09-30"), seen("t-b", 0.415, "2025-10-30"), seen("t-c", 0.43, "2025-11-29")]
    assert conflicts(tmp_path, *rows) == []


def test_a_conflict_names_only_the_values_that_clash(tmp_path: Path) -> None:
    rows = [
        seen("t-a", 0.40, "2025-09-30"),
        seen("t-b", 0.40, "2025-10-30"),
        seen("t-c", 0.60, "2025-11-29"),
        seen("t-d", 0.60, "2025-12-29"),
    ]
    assert conflicts(tmp_path, *rows) == [("t-b", "t-c")]


def test_two_conflicts_far_apart_are_two(tmp_path: Path) -> None:
    rows = [
        seen("t-a", 0.4, "2025-01-31"),
        seen("t-b", 0.5, "2025-02-01"),
        seen("t-c", 0.6, "2025-06-30"),
        seen("t-d", 0.7, "2025-07-01"),
    ]
    assert conflicts(tmp_path, *rows) == [("t-a", "t-b"), ("t-c", "t-d")]


@pytest.mark.parametrize(
    "cells",
    [
        {"basis": "month"},
        {"basis": "year"},
        {"scope": "localities"},
        {"scope": "province", "province_code": "t1"},
        {"kind": "projected"},
        {"source_id": "t-side", "section": "sidebar"},
        {"indicator_id": "procedures_end_to_end"},
    ],
    ids=lambda cells: "-".join(cells.values()),
)
def test_only_like_is_compared_with_like(tmp_path: Path, cells: dict[str, str]) -> None:
    """A month's flow and a point, two levels, a result and a projection, a body and a teaser, two labels."""
    assert conflicts(tmp_path, seen("t-a", 0.4, "2025-11-30"), seen("t-b", 0.59, "2025-11-30", **cells)) == []


def test_rival_definitions_under_one_label_clash(tmp_path: Path) -> None:
    rival = row("indicators", indicator_id="t-usage-other-method")
    rows = seen("t-a", 0.18, "2025"), seen("t-b", 0.14, "2025", indicator_id="t-usage-other-method")
    assert conflicts(tmp_path, *rows, indicators=more("indicators", rival)) == [("t-a", "t-b")]


# Known findings ------------------------------------------------------------------------------------------------------

BROKEN_SUM = [count("t-a", "completed", 5), count("t-b", "completed_on_time", 3), count("t-c", "completed_late", 3)]


def judged(folder: Path, known: Row) -> dict[str, Severity]:
    findings = check_tables(build(folder, task_snapshots=BROKEN_SUM, known_findings=[known]))
    return {finding.rule: finding.severity for finding in findings}


@pytest.mark.parametrize("facts", ["t-a;t-b;t-c", "t-c; t-a ; t-b", "t-a;t-b;t-c;t-seen"])
def test_a_known_defect_of_the_sources_is_a_warning(tmp_path: Path, facts: str) -> None:
    known = row("known_findings", finding_id="t-sum", rule="task_sum", fact_ids=facts)
    assert judged(tmp_path, known) == {"task_sum": Severity.WARNING}
    (finding,) = check_tables(load_tables(tmp_path))
    assert finding.values["known"] == "t-sum"


@pytest.mark.parametrize(("rule", "facts"), [("task_sum", "t-a;t-b"), ("task_share", "t-a;t-b;t-c")])
def test_it_excuses_its_own_rule_and_facts_only(tmp_path: Path, rule: str, facts: str) -> None:
    known = row("known_findings", rule=rule, fact_ids=facts)
    assert judged(tmp_path, known) == {"task_sum": Severity.ERROR, "known_unused": Severity.WARNING}


def test_an_explanation_of_facts_not_yet_known_is_not_unused(tmp_path: Path) -> None:
    tables = build(tmp_path, known_findings=[row("known_findings", fact_ids="t-seen")])
    assert [finding.rule for finding in check_tables(tables)] == ["known_unused"]
    assert check_tables(tables.known(date(2025, 6, 30))) == []


def test_an_explanation_of_an_earlier_month_is_not_unused(tmp_path: Path) -> None:
    """Of two values first, of three when the third is public: each month has its own words."""
    told = (("a", 0.4, "2025-12-01"), ("b", 0.6, "2025-12-02"), ("c", 0.9, "2025-12-20"))
    rows = [seen(f"t-{name}", value, f"2025-11-{28 + n}", reported_on=day) for n, (name, value, day) in enumerate(told)]
    early, late = (row("known_findings", finding_id=name, fact_ids=facts)
                   for name, facts in (("t-early", "t-a;t-b"), ("t-late", "t-a;t-b;t-c")))  # fmt: skip
    tables = build(tmp_path, observations=rows, known_findings=[early, late])
    for day, name in ((date(2025, 12, 5), "t-early"), (date(2025, 12, 31), "t-late")):
        (finding,) = check_tables(tables.known(day))
        assert (finding.rule, finding.values["known"]) == ("observation_conflict", name)


def test_a_second_source_of_a_value_is_no_other_value(tmp_path: Path) -> None:
    rows = [seen("t-a", 0.4, "2025-11-24"), seen("t-b", 0.59, "2025-11-25"), seen("t-c", 0.59, "2025-11-26")]
    (finding,) = check_tables(build(tmp_path, observations=rows))
    assert finding.values["found_shares"] == "0.4;0.59" and finding.fact_ids == ("t-a", "t-b", "t-c")


def test_the_real_5g_conflict_is_a_warning_even_without_its_explanation(tmp_path: Path) -> None:
    folder = copy_data(tmp_path)
    drop_row(folder, "known_findings", "5g-coverage-2026-01")
    drop_row(folder, "known_findings", "5g-coverage-2025-12")
    unexplained = [finding for finding in check_tables(load_tables(folder)) if "known" not in finding.values]
    assert [(finding.rule, finding.severity) for finding in unexplained] == [("observation_conflict", Severity.WARNING)]


def test_a_real_sum_without_its_explanation_is_an_error(tmp_path: Path) -> None:
    folder = copy_data(tmp_path)
    drop_row(folder, "known_findings", "gov-all-2025-10-20-sum")
    (error,) = [each for each in check_tables(load_tables(folder)) if each.severity is Severity.ERROR]
    assert (error.rule, error.values["found_count"], error.values["printed_count"]) == ("task_sum", "9813", "9831")


# All of it -----------------------------------------------------------------------------------------------------------


def test_broken_files_are_told_before_rules_are_read(tmp_path: Path) -> None:
    write_folder(tmp_path, observations=[row("observations", obs_value="5")])
    edit_text(tmp_path, "agencies", "government", "goverment")
    tables = load_tables(tmp_path)
    assert check_tables(tables) == list(tables.findings)
    assert [finding.rule for finding in check_tables(tables)] == ["code"]


def test_errors_come_first(tmp_path: Path) -> None:
    rows = [row("observations", obs_value="5")]
    findings = found(tmp_path, observations=rows, known_findings=[row("known_findings")])
    assert [finding.severity for finding in findings] == [Severity.ERROR, Severity.WARNING]


def test_require_sound_gives_the_warnings_and_stops_at_errors(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    tables = build(folder, known_findings=[row("known_findings")])
    assert [finding.rule for finding in require_sound(tables)] == ["known_unused"]
    line = edit_cell(folder, "events", "t-fair", "section", "sidebar")
    with pytest.raises(BadData, match=rf"data: events.csv line {line}, section: 'sidebar' where source 't-paper'"):
        require_sound(load_tables(folder))


def test_require_sound_names_five_errors_and_counts_the_rest(tmp_path: Path) -> None:
    rows = [row("events", fact_id=f"t-fair-{number}", event_id=f"t-{number}", section="sidebar") for number in range(7)]
    with pytest.raises(BadData, match=r"\(and 2 more; run r57 check\)$") as caught:
        require_sound(build(tmp_path, events=rows))
    assert str(caught.value).count("events.csv line") == 5


def test_codes_of_tasks_that_differ_by_their_case_only_are_named(tmp_path: Path) -> None:
    tables = build(tmp_path)
    rows = [{"task_id": code, "entry": "0001", "row": row} for row, code in enumerate(("A-1", "a-1", "A-1", "B"), 2)]
    tasks = pd.DataFrame(rows).reindex(columns=tables["tasks"].columns)
    changed = replace(tables, frames={**tables.frames, "tasks": tasks})
    (finding,) = check_task_codes(changed)
    assert (finding.rule, finding.place) == ("case", "ingested/0001/rows.csv line 3, task_id")
    assert "'a-1' differs from 'A-1'" in finding.message


def test_conflicts_alone_are_those_that_all_checks_find(real_tables: Tables) -> None:
    """As they are explained: of all that is known, and of what was known on a day."""
    for tables in (real_tables, real_tables.known(date(2025, 12, 31)), real_tables.known(date(2025, 6, 30))):
        found = [finding for finding in check_tables(tables) if finding.rule == "observation_conflict"]
        assert conflicting(tables) == found and found
