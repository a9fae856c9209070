from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from r57lib.data.codes import Finding, Severity
from r57lib.data.load import find_data, load_tables
from r57lib.data.periods import Month
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.tables import Tables, records
from r57lib.errors import WrongCall
from tests.builders import build, drop_column, edit_cell, edit_text, more, places, read_rows, row, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data")


def the_finding(folder: Path) -> Finding:
    (finding,) = load_tables(folder).findings
    assert finding.severity is Severity.ERROR
    return finding


def test_the_valid_folder_is_read_whole(folder: Path) -> None:
    tables = load_tables(folder)
    assert tables.findings == ()
    for name, table in resources().items():
        frame = tables[name]
        assert len(frame) == len(read_rows(folder, name))
        assert set(table.field_names) <= set(frame.columns)
        assert list(frame["line"]) == list(range(2, 2 + len(frame)))


def test_cells_have_the_types_of_their_kinds(folder: Path) -> None:
    tables = load_tables(folder)
    assert str(tables["observations"]["obs_value"].dtype) == "float64"
    assert str(tables["task_snapshots"]["task_count"].dtype) == "Int64"
    assert str(tables["observations"]["reported_on"].dtype) == "datetime64[us]"
    assert str(tables["observations"]["fact_id"].dtype) == "str"
    assert tables["provinces"]["longitude"].iloc[0] == -106.5


def test_empty_cells_are_missing_not_zero(folder: Path) -> None:
    tables = load_tables(folder)
    assert tables["observations"]["rank_of"].isna().all()
    assert tables["task_snapshots"]["agency_id"].isna().all()
    assert pd.isna(tables["sources"]["reported_on_reason"].iloc[0])


def test_an_empty_table_keeps_its_columns_and_types(folder: Path) -> None:
    tables = build(folder, observations=[], commitments=[], commitment_updates=[])
    assert len(tables["observations"]) == 0
    assert str(tables["observations"]["obs_value"].dtype) == "float64"
    assert str(tables["observations"]["time_period_end"].dtype) == "datetime64[us]"


def test_periods_come_with_their_first_and_last_day(tmp_path: Path) -> None:
    tables = build(tmp_path, observations=[row("observations", time_period="2025-02-late")])
    seen = tables["observations"].iloc[0]
    assert seen["time_period"] == "2025-02-late"
    assert seen["time_period_start"] == pd.Timestamp("2025-02-21")
    assert seen["time_period_end"] == pd.Timestamp("2025-02-28")


# The file ------------------------------------------------------------------------------------------------------------


def test_missing_file(folder: Path) -> None:
    (folder / "targets.csv").unlink()
    finding = the_finding(folder)
    assert places([finding]) == [("file_missing", "targets", 0, "")]
    assert finding.place == "targets.csv"
    assert "No such file" in finding.message


def test_not_utf_8_names_the_line(folder: Path) -> None:
    edit_text(folder, "labels", "Goodbye", "Goodbye ☠")
    path = folder / "labels.csv"
    path.write_bytes(path.read_bytes().replace("☠".encode(), b"\xd0\x20"))
    assert places([the_finding(folder)]) == [("encoding", "labels", 3, "")]


def test_utf_16_is_one_finding(folder: Path) -> None:
    path = folder / "labels.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    assert places([the_finding(folder)]) == [("encoding", "labels", 1, "")]


def test_empty_file_misses_every_column(folder: Path) -> None:
    (folder / "agencies.csv").write_bytes(b"")
    expected = [("column_missing", "agencies", 1, name) for name in ("agency_id", "agency_kind")]
    assert places(load_tables(folder).findings) == expected


def test_byte_order_mark_and_windows_line_ends_are_accepted(folder: Path) -> None:
    before = load_tables(folder)
    for path in folder.glob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    after = load_tables(folder)
    assert after.findings == ()
    for name in resources():
        pd.testing.assert_frame_equal(after[name], before[name])


def test_unclosed_quote_is_a_finding(folder: Path) -> None:
    line = 2 + [each["en"] for each in read_rows(folder, "labels")].index("Goodbye")
    edit_text(folder, "labels", "Goodbye", '"Goodbye')
    finding = the_finding(folder)
    assert (finding.rule, finding.table, finding.line) == ("csv", "labels", line)


# The header and the rows ---------------------------------------------------------------------------------------------


def test_missing_column(folder: Path) -> None:
    drop_column(folder, "targets", "comparator")
    finding = the_finding(folder)
    assert places([finding]) == [("column_missing", "targets", 1, "comparator")]
    assert finding.message == "column 'comparator' is missing"


def test_unknown_column_with_the_nearest(folder: Path) -> None:
    edit_text(folder, "agencies", "agency_kind", "agency_knd")
    findings = load_tables(folder).findings
    assert places(findings) == [
        ("column_unknown", "agencies", 1, "agency_knd"),
        ("column_missing", "agencies", 1, "agency_kind"),
    ]
    assert findings[0].message == "unknown column 'agency_knd'; did you mean 'agency_kind'?"


def test_column_twice(folder: Path) -> None:
    text = "agency_id,agency_kind,agency_kind\nT-MIN,ministry,other\nT-GOV,government,other\n"
    (folder / "agencies.csv").write_text(text, encoding="utf-8")
    finding = the_finding(folder)
    assert places([finding]) == [("column_twice", "agencies", 1, "agency_kind")]
    assert "stands 2 times" in finding.message


def test_columns_may_stand_in_another_order(folder: Path) -> None:
    text = "agency_kind,agency_id\nministry,T-MIN\ngovernment,T-GOV\n"
    (folder / "agencies.csv").write_text(text, encoding="utf-8")
    tables = load_tables(folder)
    assert tables.findings == ()
    assert list(tables["agencies"]["agency_id"]) == ["T-MIN", "T-GOV"]


@pytest.mark.parametrize(("line", "fields"), [("T-GOV", 1), ("T-GOV,government,more", 3), ("", 0)])
def test_short_or_long_row(folder: Path, line: str, fields: int) -> None:
    edit_text(folder, "agencies", "T-GOV,government", line)
    finding = the_finding(folder)
    assert places([finding]) == [("row_length", "agencies", 3, "")]
    assert finding.message == f"has {fields} fields where the header has 2"


def test_line_numbers_after_and_in_a_quoted_line_break(folder: Path) -> None:
    text = 'key,en,vi\nt.one,"first\nsecond\nthird",một\nt.two,two,\nt.three,"a\nb",\n'
    (folder / "labels.csv").write_text(text, encoding="utf-8")
    findings = load_tables(folder).findings
    assert places(findings) == [("required", "labels", 5, "vi"), ("required", "labels", 6, "vi")]
    tables = load_tables(write_folder(folder, labels=[row("labels", en="a\nb"), row("labels", key="t.next")]))
    assert list(tables["labels"]["line"]) == [2, 4]
    assert tables["labels"]["en"].iloc[0] == "a\nb"


# The cells -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["", "   "])
def test_required_cell_is_empty(folder: Path, value: str) -> None:
    line = edit_cell(folder, "observations", "t-seen-first", "evidence", value)
    finding = the_finding(folder)
    assert places([finding]) == [("required", "observations", line, "evidence")]
    assert finding.place == f"observations.csv line {line}, evidence"


def test_wrong_code_with_the_nearest_and_the_list(folder: Path) -> None:
    line = edit_cell(folder, "task_snapshots", "t-late", "status", "overdeu")
    finding = the_finding(folder)
    assert places([finding]) == [("code", "task_snapshots", line, "status")]
    assert finding.message.startswith("unknown code 'overdeu'; did you mean 'overdue'? (known: completed_on_time, ")
    assert finding.values["nearest"] == "overdue"


def test_a_code_is_case_sensitive(folder: Path) -> None:
    edit_cell(folder, "task_snapshots", "t-late", "status", "Overdue")
    assert the_finding(folder).values == the_finding(folder).values | {"value": "Overdue", "nearest": "overdue"}


@pytest.mark.parametrize(
    ("table", "key", "column", "value", "message"),
    [
        ("observations", "t-seen", "obs_value", "0,4", "is not a number; write 1234.5"),
        ("observations", "t-seen", "obs_value", "1,602", "is not a number; write 1234.5"),
        ("observations", "t-seen", "obs_value", "nan", "is not a number"),
        ("observations", "t-seen", "obs_value", "inf", "is not a number"),
        ("observations", "t-seen", "obs_value", "1e3", "is not a number"),
        ("observations", "t-seen", "obs_value", "1_000", "is not a number"),
        ("observations", "t-seen", "obs_value", "40%", "is not a number"),
        ("observations", "t-seen", "obs_value", "-", "is not a number"),
        ("observations", "t-seen", "obs_value", "4.", "is not a number"),
        ("observations", "t-seen", "obs_value", ".4", "is not a number"),
        ("observations", "t-seen", "obs_value", "４", "is not a number"),
        ("observations", "t-seen", "obs_value", "9" * 400, "is not a number"),
        ("task_snapshots", "t-total", "task_count", "-1", "is not a whole number of 0 or more"),
        ("task_snapshots", "t-total", "task_count", "1.602", "is not a whole number"),
        ("task_snapshots", "t-total", "task_count", "10.0", "is not a whole number"),
        ("task_snapshots", "t-total", "task_count", "ten", "is not a whole number"),
        ("task_snapshots", "t-total", "task_count", "9" * 30, "is not a whole number"),
        ("task_snapshots", "t-total", "printed_share", "0.16", "is not a percentage as printed"),
        ("task_snapshots", "t-total", "printed_share", "16.%", "is not a percentage as printed"),
        ("observations", "t-seen", "reported_on", "01/07/2025", "is not a day; write it as 2025-11-30"),
        ("observations", "t-seen", "reported_on", "2025-02-30", "is not a day of the calendar"),
        ("observations", "t-seen", "time_period", "2025-Q5", "is not a period; write one of"),
        ("observations", "t-seen", "time_period", "2025-9", "is not a period; write one of"),
        ("sources", "t-side", "url", "www.example.org", "is not a web address"),
        ("sources", "t-side", "url", "javascript:alert(1)", "is not a web address"),
        ("agencies", "T-GOV", "agency_id", "T GOV", "it holds white space"),
        ("agencies", "T-GOV", "agency_id", "T,GOV", "it holds ','"),
    ],
)
def test_unreadable_value(folder: Path, table: str, key: str, column: str, value: str, message: str) -> None:
    line = edit_cell(folder, table, key, column, value)
    finding = the_finding(folder)
    assert places([finding]) == [("value", table, line, column)]
    assert message in finding.message
    assert f"'{value}'" in finding.message


@pytest.mark.parametrize(("value", "expected"), [("0", 0.0), ("-3", -3.0), ("0.25", 0.25), ("1234567.5", 1234567.5)])
def test_readable_numbers(folder: Path, value: str, expected: float) -> None:
    edit_cell(folder, "commitment_updates", "t-update", "obs_value", value)
    tables = load_tables(folder)
    assert tables.findings == ()
    assert tables["commitment_updates"]["obs_value"].iloc[0] == expected


def test_cells_are_stripped(folder: Path) -> None:
    edit_cell(folder, "agencies", "T-GOV", "agency_kind", " government ")
    tables = load_tables(folder)
    assert tables.findings == ()
    assert tables["agencies"]["agency_kind"].iloc[1] == "government"


def test_text_that_is_not_nfc(folder: Path) -> None:
    line = edit_cell(folder, "labels", "t.farewell", "vi", unicodedata.normalize("NFD", "Tạm biệt"))
    assert places([the_finding(folder)]) == [("nfc", "labels", line, "vi")]


# Keys and references -------------------------------------------------------------------------------------------------


def test_duplicate_key_names_the_first(folder: Path) -> None:
    write_folder(folder, agencies=more("agencies", row("agencies", agency_id="T-GOV")))
    finding = the_finding(folder)
    assert places([finding]) == [("duplicate", "agencies", 4, "agency_id")]
    assert finding.message == "'T-GOV' stands in line 3 already"


def test_unique_column_that_is_not_the_key(folder: Path) -> None:
    write_folder(folder, agency_aliases=more("agency_aliases", row("agency_aliases", agency_id="T-GOV")))
    assert places([the_finding(folder)]) == [("duplicate", "agency_aliases", 3, "alias")]


def test_half_of_a_key_of_two_columns_may_repeat(folder: Path) -> None:
    twice = [row("province_predecessors"), row("province_predecessors")]
    assert load_tables(folder).findings == ()  # one province, two predecessors
    rules = {finding.column for finding in load_tables(write_folder(folder, province_predecessors=twice)).findings}
    assert rules == {"predecessor_id", "province_code, predecessor_id"}


def test_one_fact_id_in_two_tables(folder: Path) -> None:
    write_folder(folder, quotations=[])
    line = edit_cell(folder, "events", "t-fair", "fact_id", "t-seen")
    finding = the_finding(folder)
    assert places([finding]) == [("duplicate", "events", line, "fact_id")]
    assert re.fullmatch(r"fact 't-seen' stands in observations\.csv\b.*\b2 as well", finding.message)


def test_unknown_reference_with_the_nearest(folder: Path) -> None:
    line = edit_cell(folder, "observations", "t-seen-first", "indicator_id", "t-usaeg")
    finding = the_finding(folder)
    assert places([finding]) == [("reference", "observations", line, "indicator_id")]
    assert finding.message == "'t-usaeg' does not stand in indicators; did you mean 't-usage'?"


def test_each_name_of_a_list_of_references_is_looked_up(folder: Path) -> None:
    write_folder(folder, known_findings=[row("known_findings", fact_ids="t-seen; t-aim; t-nowhere-at-all")])
    finding = the_finding(folder)
    assert places([finding]) == [("reference", "known_findings", 2, "fact_ids")]
    assert finding.values["value"] == "t-nowhere-at-all"


def test_a_comment_is_on_a_figure_or_a_fact(tmp_path: Path) -> None:
    headings = [row("labels", key="figure.t_rates.heading", en="Rates", vi="Tỷ lệ")]
    rows = [row("annotations"), row("annotations", annotation_id="t-b", subject="t_rates")]
    rows.append(row("annotations", annotation_id="t-c", subject="t_rate"))
    tables = load_tables(write_folder(tmp_path, annotations=rows, labels=more("labels", *headings)))
    (finding,) = tables.findings
    assert places([finding]) == [("annotation", "annotations", 4, "subject")]
    assert "did you mean 't_rates'?" in finding.message


def test_an_optional_reference_may_be_empty(folder: Path) -> None:
    edit_cell(folder, "targets", "t-aim", "instrument_id", "")
    assert load_tables(folder).findings == ()


def test_all_mistakes_are_told_in_one_pass(folder: Path) -> None:
    (folder / "events.csv").unlink()
    drop_column(folder, "targets", "comparator")
    edit_cell(folder, "agencies", "T-GOV", "agency_kind", "goverment")
    edit_cell(folder, "observations", "t-seen", "obs_value", "many")
    edit_cell(folder, "observations", "t-seen-first", "reported_on", "soon")
    found = {(finding.rule, finding.table) for finding in load_tables(folder).findings}
    assert found == {
        ("file_missing", "events"),
        ("column_missing", "targets"),
        ("code", "agencies"),
        ("value", "observations"),
    }
    assert len(load_tables(folder).findings) == 5


# What was known when -------------------------------------------------------------------------------------------------


@pytest.fixture
def history(tmp_path: Path) -> Tables:
    rows = [
        row("observations", fact_id="t-june", time_period="2025-06-30", reported_on="2025-07-15"),
        row("observations", fact_id="t-corrected", time_period="2025-06-30", reported_on="2025-09-01"),
        row("observations", fact_id="t-third-quarter", time_period="2025-Q3", reported_on="2025-09-30"),
        row("observations", fact_id="t-year", time_period="2025", reported_on="2025-09-30"),
    ]
    late = row("sources", source_id="t-late-paper", reported_on="2025-08-01", published_on="2025-08-01")
    return build(tmp_path, observations=rows, sources=more("sources", late))


def known(tables: Tables, as_of: str, month: Month | None = None) -> list[str]:
    return list(tables.known(date.fromisoformat(as_of), month=month)["observations"]["fact_id"])


def test_a_fact_exists_from_the_day_it_was_reported(history: Tables) -> None:
    assert known(history, "2025-07-14") == []
    assert known(history, "2025-07-15") == ["t-june"]
    assert known(history, "2025-09-01") == ["t-corrected"]
    assert len(known(history, "2025-09-30")) == 3


def test_a_fact_belongs_to_a_month_when_its_period_ends_in_it(history: Tables) -> None:
    assert known(history, "2026-01-01", Month(2025, 5)) == []
    assert known(history, "2026-01-01", Month(2025, 6)) == ["t-corrected"]
    assert known(history, "2026-01-01", Month(2025, 8)) == ["t-corrected"]
    assert known(history, "2026-01-01", Month(2025, 9)) == ["t-corrected", "t-third-quarter"]
    assert len(known(history, "2026-01-01", Month(2025, 12))) == 3
    assert known(history, "2025-07-15", Month(2025, 12)) == ["t-june"]


def test_every_fact_table_and_the_sources_are_cut_and_the_rest_stays(history: Tables) -> None:
    before = history.known(date(2025, 6, 30))
    for name in FACT_TABLES:
        assert len(before[name]) == 0, name
    assert list(before["sources"]["source_id"]) == ["t-paper", "t-side"]
    assert len(before["quotations"]) == 0 < len(history["quotations"])
    for name in set(resources()) - {*FACT_TABLES, "sources", "quotations"}:
        assert len(before[name]) == len(history[name])
    assert len(history["observations"]) == 4, "the tables as loaded stay as they are"


def test_newest_and_oldest_speak_of_reported_results(tmp_path: Path) -> None:
    rows = [
        row("observations", fact_id="t-old", time_period="2023", reported_on="2025-01-01"),
        row("observations", fact_id="t-expected", time_period="2030", reported_on="2025-11-05", kind="projected"),
    ]
    tables = build(tmp_path, observations=rows)
    assert (tables.oldest_month, tables.newest_month) == (Month(2023, 12), Month(2025, 6))
    assert tables.newest_reported_on == date(2025, 11, 5)


def test_facts_are_all_facts_of_all_tables(folder: Path) -> None:
    facts = load_tables(folder).facts()
    assert sorted(facts["fact_id"]) == list(facts["fact_id"])
    assert len(facts) == sum(len(read_rows(folder, name)) for name in FACT_TABLES)
    assert set(facts["table"]) == set(FACT_TABLES)


def test_records_are_read_by_name(folder: Path) -> None:
    first = next(records(load_tables(folder)["observations"]))
    assert (first.fact_id, first.obs_value, first.line) == ("t-seen", 0.4, 2)


# Where the data are --------------------------------------------------------------------------------------------------


def test_find_data_named(folder: Path) -> None:
    assert find_data(folder) == folder
    with pytest.raises(WrongCall, match="does not exist"):
        find_data(folder / "nowhere")


def test_find_data_here_or_above(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = folder.parent / "deep" / "er"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert find_data() == folder
