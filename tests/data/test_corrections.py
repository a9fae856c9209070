"""A correction takes the place of what it corrects from its day on, is told, and is never a conflict."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from r57lib.data.checks import check_tables
from r57lib.data.codes import Finding, Severity
from r57lib.data.load import load_tables
from r57lib.data.periods import Month
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.tables import Tables
from r57lib.measures.commitments import register
from r57lib.measures.indicators import latest_observations
from r57lib.view.citations import finding_sentence
from r57lib.view.words import words_of
from tests.builders import (
    Row,
    build,
    copy_data,
    drop_column,
    more,
    read_rows,
    row,
    valid_rows,
    write_folder,
    write_table,
)

MENDED: dict[str, Row] = {
    "task_snapshots": {"task_count": "10", "printed_share": "100%"},
    "commitments": {"target_value": "120"},
    "commitment_updates": {"obs_value": "45"},
    "proposals": {"status": "adopted"},
    "observations": {"obs_value": "0.41"},
    "targets": {"target_value": "0.85"},
    "events": {"time_period": "2025-06-29"},
    "statements": {"text_value": "longer ago"},
}
"""What each kind of fact may turn out to be: a source says on 1 July what it mends on 1 September."""

OTHER = [*valid_rows("sources"), row("sources", source_id="t-other-paper", document="t-other-paper")]


def mended(table: str, **cells: object) -> Row:
    return row(table, **{"fact_id": "t-mended", "reported_on": "2025-09-01", **MENDED[table], **cells})


def facts(tables: Tables, table: str, day: str, month: Month | None = None) -> set[str]:
    return set(tables.known(date.fromisoformat(day), month=month)[table]["fact_id"])


def found(folder: Path, *rows: Row) -> list[Finding]:
    """What is found in a folder with these rows beside the valid observations."""
    return check_tables(build(folder, sources=OTHER, observations=more("observations", *rows)))


def restated(tables: Tables) -> list[Finding]:
    return [each for each in check_tables(tables) if each.rule == "restatement"]


@pytest.mark.parametrize("table", FACT_TABLES)
def test_a_later_row_of_its_source_takes_the_place_of_a_fact_from_its_day_on(tmp_path: Path, table: str) -> None:
    tables = build(tmp_path, **{table: more(table, mended(table))})
    first, all_first = row(table)["fact_id"], {each["fact_id"] for each in valid_rows(table)}
    assert facts(tables, table, "2025-08-31") == all_first
    assert facts(tables, table, "2025-09-01") == all_first - {first} | {"t-mended"}
    assert not restated(tables.known(date(2025, 8, 31)))
    for looked_at in (tables, tables.known(date(2025, 9, 1))):
        (finding,) = check_tables(looked_at)
        column = next(iter(MENDED[table]))
        assert (finding.rule, finding.severity) == ("restatement", Severity.INFO)
        assert finding.fact_ids == (first, "t-mended")
        assert finding.column == (column if table != "task_snapshots" else "printed_share")


@pytest.mark.parametrize("table", FACT_TABLES)
def test_a_new_document_says_which_fact_it_corrects(tmp_path: Path, table: str) -> None:
    first = row(table)["fact_id"]
    later = mended(table, source_id="t-other-paper", corrects=first)
    tables = build(tmp_path, sources=OTHER, **{table: more(table, later)})
    assert first in facts(tables, table, "2025-08-31") and "t-mended" not in facts(tables, table, "2025-08-31")
    assert first not in facts(tables, table, "2025-09-01") and "t-mended" in facts(tables, table, "2025-09-01")
    assert [each.fact_ids for each in check_tables(tables)] == [(first, "t-mended")]


def test_another_source_that_says_no_such_thing_is_in_conflict(tmp_path: Path) -> None:
    later = mended("observations", source_id="t-other-paper", obs_value="0.6")
    tables = build(tmp_path, sources=OTHER, observations=[row("observations"), later])
    assert facts(tables, "observations", "2025-09-01") == {"t-seen", "t-mended"}
    assert [each.rule for each in check_tables(tables)] == ["observation_conflict"]
    assert [each.rule for each in found(tmp_path, later | {"corrects": "t-seen"})] == ["restatement"]


def test_a_chain_of_corrections_has_one_end_each_day(tmp_path: Path) -> None:
    """The source mends its figure, another document mends that, and then again that document itself."""
    chain = [
        row("observations", obs_value="0.4"),
        mended("observations", obs_value="0.45", reported_on="2025-08-01", fact_id="t-second"),
        mended("observations", obs_value="0.5", source_id="t-other-paper", corrects="t-second", fact_id="t-third"),
        mended("observations", obs_value="0.55", source_id="t-other-paper", reported_on="2025-10-01", fact_id="t-last"),
    ]
    tables = build(tmp_path, sources=OTHER, observations=chain[::-1])
    days = {"2025-07-01": "t-seen", "2025-08-01": "t-second", "2025-09-01": "t-third", "2025-12-31": "t-last"}
    for day, standing in days.items():
        assert facts(tables, "observations", day) == {standing}
    told = [each.fact_ids for each in restated(tables)]
    assert sorted(told) == [("t-second", "t-third"), ("t-seen", "t-second"), ("t-third", "t-last")]
    assert {each.rule for each in check_tables(tables)} == {"restatement"}


@pytest.mark.parametrize("day", ["2025-06-30", "2025-08-15"])
def test_a_month_holds_a_correction_that_came_before_its_end_or_after(tmp_path: Path, day: str) -> None:
    first = row("observations", time_period="2025-06-15", reported_on="2025-06-20")
    later = mended("observations", time_period="2025-06-15", reported_on=day)
    tables = build(tmp_path, observations=[first, later])
    assert facts(tables, "observations", "2025-06-29", Month(2025, 6)) == {"t-seen"}
    assert facts(tables, "observations", day, Month(2025, 6)) == {"t-mended"}
    assert facts(tables, "observations", day, Month(2025, 5)) == set()


def test_a_promise_that_is_mended_in_a_later_month_stays_in_the_months_before(tmp_path: Path) -> None:
    later = mended("commitments", time_period="2025-08-31")
    tables = build(tmp_path, commitments=more("commitments", later))
    assert facts(tables, "commitments", "2025-12-31", Month(2025, 7)) == {"t-promise"}
    assert facts(tables, "commitments", "2025-12-31", Month(2025, 8)) == {"t-mended"}
    assert register(tables.known(date(2025, 12, 31)))["target_value"].tolist() == [120]


def test_other_periods_scopes_kinds_and_teasers_are_no_corrections(tmp_path: Path) -> None:
    others: list[Row] = [
        {"time_period": "2025-06"}, {"scope": "localities"}, {"basis": "month"}, {"kind": "projected"},
        {"source_id": "t-side", "section": "sidebar"}, {"scope": "province", "province_code": "t1"},
    ]  # fmt: skip
    rows = [mended("observations", fact_id=f"t-{number}", **cells) for number, cells in enumerate(others)]
    tables = build(tmp_path, observations=more("observations", *rows))
    assert len(facts(tables, "observations", "2025-09-01")) == 2 + len(rows)
    assert restated(tables) == []


def test_a_row_that_repeats_a_fact_takes_its_place_and_tells_nothing(tmp_path: Path) -> None:
    again = row("observations", fact_id="t-again", reported_on="2025-09-01")
    tables = build(tmp_path, observations=more("observations", again))
    assert "t-seen" not in facts(tables, "observations", "2025-09-01")
    assert check_tables(tables) == []


@pytest.mark.parametrize("table", FACT_TABLES)
def test_two_rows_of_one_source_and_day_are_an_error(tmp_path: Path, table: str) -> None:
    folder = tmp_path / "data"
    write_folder(folder, **{table: more(table, mended(table, reported_on=row(table)["reported_on"]))})
    errors = [each for each in check_tables(load_tables(folder)) if each.severity is Severity.ERROR]
    assert {(each.rule, each.table) for each in errors} <= {
        (rule, table) for rule in ("duplicate", "same_fact", "target_twice")
    }
    assert errors


def test_a_correction_is_judged_like_any_other_row_and_so_is_what_it_corrects(tmp_path: Path) -> None:
    rows = [row("observations", obs_value="1.5"), mended("observations", obs_value="0.5")]
    assert [each.rule for each in check_tables(build(tmp_path, observations=rows))] == ["bounds", "restatement"]


def test_a_file_may_lack_the_column(tmp_path: Path) -> None:
    build(tmp_path)
    for table in FACT_TABLES:
        assert "corrects" in resources()[table].field_names
        drop_column(tmp_path, table, "corrects")
    assert check_tables(load_tables(tmp_path)) == []


# Wrong corrections ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"reported_on": "2025-07-01"}, "correction_day"),
        ({"reported_on": "2025-06-30"}, "correction_day"),
        ({"time_period": "2025-05-31"}, "correction_key"),
        ({"scope": "localities"}, "correction_key"),
        ({"indicator_id": "procedures_end_to_end"}, "correction_key"),
    ],
)
def test_what_says_that_it_corrects_must_be_later_and_of_the_same(tmp_path: Path, cells: Row, rule: str) -> None:
    later = mended("observations", source_id="t-other-paper", corrects="t-seen", **cells)
    errors = [each for each in found(tmp_path, later) if each.severity is Severity.ERROR]
    assert [(each.rule, each.column, each.fact_ids) for each in errors] == [(rule, "corrects", ("t-seen", "t-mended"))]


def test_a_fact_is_corrected_once_and_then_its_correction(tmp_path: Path) -> None:
    side = {"source_id": "t-side", "section": "sidebar", "reported_on": "2025-08-01", "fact_id": "t-side-says"}
    twice = [mended("observations", corrects="t-seen", **cells) for cells in (side, {"source_id": "t-other-paper"})]
    (error,) = [each for each in found(tmp_path, *twice) if each.severity is Severity.ERROR]
    assert (error.rule, error.fact_ids) == ("correction_twice", ("t-seen", "t-mended"))


def test_it_must_name_a_fact_of_its_own_table(tmp_path: Path) -> None:
    build(tmp_path)
    write_table(tmp_path, "observations", more("observations", mended("observations", corrects="t-aim")))
    (finding,) = load_tables(tmp_path).findings
    assert (finding.rule, finding.column, finding.values["value"]) == ("reference", "corrects", "t-aim")


def test_a_commitment_of_two_sources_is_an_error_on_any_day_between(tmp_path: Path) -> None:
    """Also where a third row ends up correcting both."""
    rival = mended("commitments", source_id="t-other-paper", reported_on="2025-08-01", fact_id="t-rival")
    last = mended("commitments", reported_on="2025-10-01", corrects="t-rival", fact_id="t-last")
    for rows in ([rival], [rival, last]):
        findings = check_tables(build(tmp_path, sources=OTHER, commitments=more("commitments", *rows)))
        assert [each.fact_ids for each in findings if each.rule == "duplicate"] == [("t-promise", "t-rival")]


# The real data with two corrections of our own -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the data in which two sources have corrected a figure of theirs."""
    folder = copy_data(tmp_path_factory.mktemp("corrected"))
    told = {
        "F003": ("task_snapshots", {"task_count": "190", "evidence": "190 on schedule", "printed_value": "190",
                                    "reported_on": "2025-10-05"}),
        "P-usage-national-2025-10-26": ("observations", {"obs_value": "0.43", "evidence": "43%", "printed_value": "43%",
                                                         "reported_on": "2025-11-20"}),
    }  # fmt: skip
    for fact, (table, cells) in told.items():
        rows = read_rows(folder, table)
        (first,) = [each for each in rows if each["fact_id"] == fact]
        write_table(folder, table, [*rows, first | cells | {"fact_id": f"{fact}-corrected"}])
    return folder


def test_corrections_of_the_real_data_are_told_and_are_no_conflicts(corrected: Path) -> None:
    tables = load_tables(corrected)
    known, found = check_tables(load_tables()), check_tables(tables)
    told = {(old.rule, old.fact_ids) for old in known}
    new = [each for each in found if each.rule != "quotation_new" and (each.rule, each.fact_ids) not in told]
    assert [(each.rule, each.severity) for each in new] == [
        ("correction_sum", Severity.WARNING), ("restatement", Severity.INFO), ("restatement", Severity.INFO),
    ]  # fmt: skip
    said = {language: [finding_sentence(each, words_of(tables["labels"], language)) for each in new]
            for language in ("en", "vi")}  # fmt: skip
    assert said["en"][1].endswith(", 26 October 2025: value 39.98%, corrected to 43% on 20 November 2025.")
    assert said["en"][2].endswith(", late September 2025: count 186, corrected to 190 on 5 October 2025.")
    assert "cuối tháng 9 năm 2025: số lượng 186, được đính chính thành 190 ngày" in said["vi"][2]
    assert "add up to 281, while 277 is printed" in said["en"][0]


def test_an_indicator_moves_on_the_day_of_its_correction(corrected: Path) -> None:
    tables = load_tables(corrected)
    for day, value in ((date(2025, 11, 19), 0.3998), (date(2025, 11, 20), 0.43)):
        newest = latest_observations(tables.known(day), indicators=["usage_end_to_end"]).set_index("scope")
        assert newest.loc["national", "obs_value"] == value


def test_rows_keep_their_places_in_the_file(corrected: Path) -> None:
    with (corrected / "observations.csv").open(encoding="utf-8", newline="") as file:
        assert "corrects" in next(csv.reader(file))
    frame = load_tables(corrected).known(date(2026, 12, 31))["observations"]
    assert not frame.duplicated("fact_id").any() and pd.Index(frame.index).is_unique
