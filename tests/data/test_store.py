"""What was taken in from ministries' files, as the data folder shows it."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from r57lib.data.load import load_tables
from r57lib.data.periods import Month
from r57lib.data.store import INGESTED_FOLDER, RECEIPT, ROWS, entries
from r57lib.data.tables import Tables
from r57lib.measures.indicators import latest_observations
from tests.conftest import call_r57
from tests.sheets import SOURCE, Desk, task, text_of, with_tables


@pytest.fixture
def folder(desk: Desk) -> Path:
    """A data folder with two files: of October and of November."""
    desk.take(text_of([task("NV-1"), task("NV-2", done="20/10/2025")]), reported_on="2025-10-31")
    desk.take(text_of([task("NV-1", done="05/11/2025"), task("NV-3")]), reported_on="2025-11-30")
    return with_tables(desk.tables.folder)


def test_every_version_and_every_file_is_there(folder: Path) -> None:
    tables = load_tables(folder)
    assert tables.findings == ()
    versions = list(zip(tables["tasks"]["task_id"], tables["tasks"]["reported_on"].dt.strftime("%m"), strict=True))
    assert versions == [("NV-1", "10"), ("NV-2", "10"), ("NV-1", "11"), ("NV-3", "11")]
    files = tables["ingested"]
    assert list(files["rows_read"]) == [3, 3]  # a heading and two tasks each
    assert list(files["accepted"] + files["repaired"] + files["quarantined"] + files["non_data"]) == [3, 3]
    assert str(tables["tasks"]["due_date"].dtype) == str(files["reported_on"].dtype) == "datetime64[us]"


def test_a_month_holds_the_files_that_speak_of_it_and_a_day_those_known_by_then(folder: Path) -> None:
    tables = load_tables(folder)

    def count(as_of: date, month: Month | None = None) -> int:
        return len(tables.known(as_of, month=month)["tasks"])

    assert count(date(2025, 12, 1)) == 4
    assert count(date(2025, 12, 1), Month(2025, 10)) == 2
    assert count(date(2025, 11, 29)) == 2
    assert count(date(2025, 10, 30)) == 0


def test_the_version_and_the_digest_follow_what_is_taken_in(desk: Desk) -> None:
    folder = with_tables(desk.tables.folder)
    before = load_tables(folder)
    desk.take(text_of([task("NV-1")]), reported_on="2025-10-31")
    after = load_tables(folder)
    assert before.version != after.version
    changed = {name for name in before.digests if before.digests[name] != after.digests[name]}
    assert changed == {"tasks", "ingested"}


def test_a_folder_without_a_store_has_empty_frames_of_the_same_types(tmp_path: Path, folder: Path) -> None:
    empty, full = load_tables(with_tables(tmp_path / "bare")), load_tables(folder)
    for name in ("tasks", "ingested"):
        assert empty[name].empty
        assert empty[name].dtypes.to_dict() == full[name].dtypes.to_dict()
    assert pd.isna(empty["tasks"]["reported_on"].max())


@pytest.mark.parametrize(
    ("file", "spoil"),
    [
        (ROWS, lambda path: path.write_bytes(path.read_bytes().replace(b"2025-11-05", b"2025-11-04"))),
        (ROWS, Path.unlink),
        (RECEIPT, lambda path: path.write_text("{", encoding="utf-8")),
    ],
)
def test_what_is_not_what_was_taken_in_is_an_error_with_its_place(folder: Path, file: str, spoil: object) -> None:
    load_tables(folder)
    entry = entries(folder)[-1]
    assert callable(spoil)
    spoil(entry / file)
    (entry / RECEIPT).touch()
    found = _fresh(folder).findings
    assert [(finding.rule, finding.place) for finding in found] == [
        ("ingested_spoilt", f"{INGESTED_FOLDER}/{entry.name}/{file}")
    ]


def test_a_file_from_a_source_that_nobody_names_any_more_is_an_error(folder: Path) -> None:
    source = load_tables(folder)["ingested"]["source_id"].iloc[0]
    path = folder / "sources.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(f"{source},", "another,", 1), encoding="utf-8")
    places = [finding.place for finding in load_tables(folder).findings if "ingested" in finding.table]
    assert places == [f"{INGESTED_FOLDER}/{name}/{RECEIPT}, source_id" for name in ("0001", "0002")]


def _fresh(folder: Path) -> Tables:
    """The tables as a new process reads them: rows are not looked at again while the receipts are the same."""
    from r57lib.data import load

    load._parsed.cache_clear()
    return load_tables(folder)


def test_a_value_that_was_sent_is_a_fact_like_any_other(desk: Desk) -> None:
    folder = with_tables(desk.tables.folder)
    before = load_tables(folder)
    head = ["Chỉ tiêu", "Phạm vi", "Kỳ báo cáo", "Giá trị"]
    rows = [["usage_end_to_end", "Toàn quốc", "31/01/2026", "55,5%"]]
    taken = desk.take(text_of(rows, head=head), kind="observations", reported_on="2026-02-10")
    assert taken.state == "accepted", taken.notes
    after = load_tables(folder)
    assert after.findings == ()
    (fact,) = after.facts().query("fact_id == 'I0001-2'").to_dict("records")
    assert (fact["table"], fact["source_id"], fact["time_period"]) == ("observations", SOURCE, "2026-01-31")
    assert fact["evidence"].endswith("55,5%")
    newest = latest_observations(after, indicators=["usage_end_to_end"]).query("scope == 'national'")
    assert list(newest["obs_value"]) == [0.555] and list(newest["fact_id"]) == ["I0001-2"]
    changed = {name for name in before.digests if before.digests[name] != after.digests[name]}
    assert changed == {"observations", "ingested"}
    assert after.files["data/observations.csv"] == before.files["data/observations.csv"]
    done = call_r57("trace", "I0001-2", "--data", folder)
    assert done.returncode == 0 and "ingested/0001, row 2 of its sheet" in done.stdout


def test_the_newest_month_and_day_follow_what_was_sent(desk: Desk) -> None:
    folder = with_tables(desk.tables.folder)
    before = load_tables(folder)
    desk.take(text_of([task("NV-1")]), reported_on="2026-10-31")
    after = load_tables(folder)
    assert before.newest_month < after.newest_month == Month(2026, 10)
    assert after.newest_reported_on == date(2026, 10, 31)


def test_a_value_of_an_indicator_that_nobody_lists_any_more_is_an_error_in_its_own_file(desk: Desk) -> None:
    folder = with_tables(desk.tables.folder)
    head = ["Chỉ tiêu", "Phạm vi", "Kỳ báo cáo", "Giá trị"]
    desk.take(text_of([["usage_end_to_end", "Toàn quốc", "31/01/2026", "55,5%"]], head=head), kind="observations")
    rows = entries(folder)[-1] / ROWS
    spoilt = rows.read_text(encoding="utf-8").replace("national", "galaxy")
    rows.write_text(spoilt, encoding="utf-8")
    receipt = rows.with_name(RECEIPT)
    told = json.loads(receipt.read_text(encoding="utf-8")) | {
        "rows_sha256": hashlib.sha256(spoilt.encode()).hexdigest()
    }
    receipt.write_text(json.dumps(told), encoding="utf-8")
    places = [finding.place for finding in load_tables(folder).findings]
    assert places == [f"{INGESTED_FOLDER}/0001/{ROWS} line 2, scope"]
