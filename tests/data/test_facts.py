"""Rows added without an editor: what is proposed, what is refused, and that nothing else changes."""

from __future__ import annotations

import csv
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from r57lib import facts
from r57lib.data.load import load_tables
from r57lib.data.tables import Tables
from r57lib.errors import BadData, WrongCall
from tests.conftest import ROOT, call_r57

SOURCE = {
    "source_id": "own-2026-02", "title": "5G in February", "publisher": "VietNamNet", "language": "en",
    "reported_on": "2026-02-20", "reported_on_reason": "Its address holds the day.", "confidence": "medium",
}  # fmt: skip
FACT = {
    "indicator_id": "5g_stations", "source_id": "own-2026-02",
    "evidence": "more than 40,000 stations were in use on 18 February 2026",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data with the document of the trials, for calls that leave it as it is."""
    copied = Path(shutil.copytree(ROOT / "data", tmp_path_factory.mktemp("facts") / "data"))
    facts.add("sources", data=copied, **SOURCE)
    return copied


def lines(folder: Path) -> dict[str, list[str]]:
    return {file.name: file.read_text(encoding="utf-8").splitlines() for file in folder.glob("*.csv")}


def test_a_correction_of_another_document_is_measured_as_what_it_corrects(folder: Path) -> None:
    """Its table gets the column `corrects`, empty in every other row."""
    facts.add("sources", data=folder, **SOURCE)
    held = load_tables(folder)["observations"].set_index("fact_id")
    old = held[held["series_break"].notna()].iloc[0]
    before = (folder / "observations.csv").read_text(encoding="utf-8")
    assert "corrects" not in before.splitlines()[0]
    told = {"source_id": "own-2026-02", "evidence": "it was put right: more than 61% of dossiers", "corrects": old.name}
    (fact,) = facts.add("observations", data=folder, **told)
    after = load_tables(folder)["observations"].set_index("fact_id")
    for column in ("indicator_id", "scope", "time_period", "basis", "series_break"):
        assert after.loc[fact, column] == old[column]
    assert after.loc[fact, "corrects"] == old.name and after["corrects"].notna().sum() == 1
    rows = [line for line in (folder / "observations.csv").read_text(encoding="utf-8").splitlines() if fact not in line]
    head, *others = before.splitlines()
    assert rows == [f"{head},corrects", *(f"{line}," for line in others)]


def test_a_fact_is_read_from_its_quotation_and_nothing_else_changes(folder: Path) -> None:
    facts.add("sources", data=folder, **SOURCE)
    before = lines(folder)
    (fact,) = facts.add("observations", data=folder, **FACT)
    after = lines(folder)
    new = {name: [line for line in after[name] if line not in before[name]] for name in after}
    assert {name for name, rows in new.items() if rows} == {"observations.csv", "quotations.csv"}
    assert all([line for line in after[name] if line not in new[name]] == before[name] for name in after)
    row = load_tables(folder)["observations"].set_index("fact_id").loc[fact]
    assert (row["obs_value"], row["qualifier"], row["kind"]) == (40000, "more_than", "reported")
    assert (row["time_period"], row["scope"], row["basis"]) == ("2026-02-18", "national", "point")
    assert (row["printed_value"], row["reported_on"].isoformat()[:10]) == ("40,000", "2026-02-20")
    assert fact == "P-5g-stations-2026-02-18"


def test_what_is_proposed_is_what_was_read_by_hand(real_tables: Tables) -> None:
    """Of every value in the data: the proposal is the value that stands, or there is none."""
    right, wrong = 0, set()
    keys = {
        "observations": ("indicator_id", "scope", "province_code", "basis"),
        "targets": ("indicator_id", "scope"),
        "task_snapshots": ("scope_id", "status", "agency_id"),
    }
    values = {"observations": "obs_value", "targets": "target_value", "task_snapshots": "task_count"}
    for table, names in keys.items():
        with (ROOT / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                told = {name: row[name] for name in (*names, "source_id", "evidence") if row[name]}
                found = facts.propose(table, told, real_tables)
                for name in (values[table], "qualifier", "kind", "time_period"):
                    same = found.get(name) == row[name]
                    if name == values[table] and found.get(name):
                        same = float(found[name]) == pytest.approx(float(row[name]))
                    if found.get(name):
                        right += same
                        wrong |= set() if same else {(row["fact_id"], name)}
    assert right > 200
    assert wrong == set()


@pytest.mark.parametrize(
    ("table", "told", "said"),
    [
        ("observation", {}, "unknown table 'observation'; did you mean 'observations'?"),
        ("observations", {"indicator": "x"}, "there is no column 'indicator'; did you mean 'indicator_id'?"),
        ("observations", FACT | {"source_id": "seed-04"}, "unknown source 'seed-04'; did you mean 'seed-004'?"),
        ("observations", {"obs_value": "1"}, "a fact needs its source_id and its evidence"),
        (
            "observations",
            FACT | {"source_id": "seed-004", "evidence": "many"},
            "not told and not to be read from the quotation: obs_",
        ),
        ("indicators", {"indicator_id": "own", "label_en": "Own"}, "not told and not to be read"),
    ],
)
def test_a_wrong_call_says_what_would_be_right(untouched: Path, table: str, told: dict[str, str], said: str) -> None:
    before = lines(untouched)
    with pytest.raises(WrongCall, match=said.replace("?", r"\?")):
        facts.add(table, told, data=untouched)
    assert lines(untouched) == before


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"obs_value": "4000"}, "'40,000'"),
        ({"evidence": "40,000 stations " + "and so on " * 6}, "15"),
        ({"time_period": "2026-03-18"}, "2026-03-18"),
        ({"qualifier": "exact"}, "exact"),
    ],
)
def test_what_breaks_a_rule_is_not_written(untouched: Path, change: dict[str, str], said: str) -> None:
    before = lines(untouched)
    read = {"obs_value": "40000", "printed_value": "40,000", "qualifier": "more_than", "kind": "reported"}
    told = FACT | read | {"time_period": "2026-02-18"} | change
    with pytest.raises(BadData, match=said):
        facts.add("observations", told, data=untouched)
    assert lines(untouched) == before


def test_a_call_that_was_killed_between_its_files_can_be_made_again(folder: Path) -> None:
    facts.add("sources", data=folder, **SOURCE)
    before = (folder / "observations.csv").read_bytes()
    facts.add("observations", data=folder, **FACT)
    done = lines(folder)
    (folder / "observations.csv").write_bytes(before)  # the quotation had its place, the fact had not
    with pytest.raises(BadData, match="'P-5g-stations-2026-02-18' does not stand in the fact tables"):
        facts.add(
            "observations", FACT | {"evidence": "about 41000 stations were in use on 19 February 2026"}, data=folder
        )
    facts.add("observations", data=folder, **FACT)
    assert lines(folder) == done


def test_where_one_file_cannot_be_written_none_is(folder: Path) -> None:
    facts.add("sources", data=folder, **SOURCE)
    before, blocked = lines(folder), folder / f".observations.csv.{os.getpid()}.new"
    blocked.mkdir()
    with pytest.raises(OSError, match=r"observations\.csv"):
        facts.add("observations", data=folder, **FACT)
    blocked.rmdir()
    assert (lines(folder), list(folder.glob(".*.new"))) == (before, [])


@pytest.mark.parametrize("more", [None, b"\n", b"short\n", b'"open', b"\xff"])
@pytest.mark.parametrize("table", ["observations", "quotations"])
def test_data_that_cannot_be_read_are_mended_first(folder: Path, table: str, more: bytes | None) -> None:
    file = folder / f"{table}.csv"
    file.write_bytes(b"" if more is None else file.read_bytes() + more)
    before = file.read_bytes()
    with pytest.raises(BadData, match=f"mend the data first, then add to them: {table}.csv"):
        facts.add("observations", data=folder, **FACT | {"source_id": "seed-004"})
    assert file.read_bytes() == before


def test_what_a_frame_does_not_know_is_not_told(folder: Path) -> None:
    facts.add("sources", data=folder, **SOURCE)
    unknown = {"note": float("nan"), "section": pd.NA, "rank_of": pd.NaT, "printed_value": None}
    facts.add("observations", FACT | unknown, data=folder)
    row = load_tables(folder)["observations"].set_index("fact_id").loc["P-5g-stations-2026-02-18"]
    assert (row["section"], row["printed_value"]) == ("body", "40,000")
    assert pd.isna(row["note"]) and pd.isna(row["rank_of"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("source_id;evidence\na;b\n", "stands between semicolons; save it as CSV with commas"),
        ("note,evidence,note\na,b,c\n", "has two columns 'note'; keep one"),
    ],
)
def test_a_file_that_would_be_read_wrongly_is_refused(text: str, said: str) -> None:
    with pytest.raises(WrongCall, match=said):
        facts.parse_rows(text.encode(), "rows.csv")


def test_an_indicator_of_ones_own_brings_its_names(folder: Path) -> None:
    told = {
        "indicator_id": "own_share", "family": "own_share", "side": "demand", "unit": "share", "direction": "up",
        "lower_bound": "0", "upper_bound": "1", "label_en": "Own share", "label_vi": "Tỷ lệ riêng",
    }  # fmt: skip
    assert facts.add("indicators", told, data=folder) == ["own_share"]
    labels = load_tables(folder)["labels"].set_index("key")
    assert list(labels.loc["indicator.own_share", ["en", "vi"]]) == ["Own share", "Tỷ lệ riêng"]


@pytest.mark.server
def test_the_command_asks_for_what_is_missing(folder: Path) -> None:
    facts.add("sources", data=folder, **SOURCE)
    ours, theirs = pty.openpty()
    asked = (FACT["source_id"], FACT["evidence"], *[""] * 9, "y")  # source, quotation, nine proposals taken, written
    os.write(ours, "".join(f"{answer}\n" for answer in asked).encode())
    command = [Path(sys.executable).with_name("r57"), "add-fact", "observations", "indicator_id=5g_stations"]
    done = subprocess.run([*command, "--data", folder], stdin=theirs, capture_output=True, text=True, check=False)
    os.close(ours)
    os.close(theirs)
    assert "time_period (What the fact is about, as sharply as the source says it) [2026-02-18]:" in done.stdout
    assert "P-5g-stations-2026-02-18" in set(load_tables(folder)["observations"]["fact_id"]), done.stderr


def test_of_many_in_a_file_all_or_none_are_written(folder: Path) -> None:
    facts.add("sources", data=folder, **SOURCE)
    second = FACT | {"evidence": "about 41000 stations were in use on 19 February 2026"}
    file, before = folder.parent / "rows.csv", lines(folder)

    def call(*rows: dict[str, str]) -> subprocess.CompletedProcess[str]:
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return call_r57("add-fact", "observations", "--from", file, "--data", folder)

    done = call(FACT, second | {"source_id": "nobody"})
    assert (done.returncode, lines(folder)) == (2, before)
    assert "observations, row 2: unknown source 'nobody'" in done.stderr
    done = call(FACT, second)
    assert done.stdout.split() == ["P-5g-stations-2026-02-18", "P-5g-stations-2026-02-19"]
    assert "warning: observations.csv" in done.stderr or done.stderr.startswith("2 of 2 rows")
    assert len(lines(folder)["observations.csv"]) == len(before["observations.csv"]) + 2


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("observations", "5g"), "'5g' is not COLUMN=VALUE"),
        (("observations", "note=a", "note=b"), "column 'note' is told twice"),
        (("observations", "source_id=seed-004", "evidence=\udcff"), "evidence holds bytes that are no characters"),
        (("observations", "--from", "no.csv"), "no.csv: No such file or directory"),
        (("observations", "indicator_id=5g_stations"), "a fact needs its source_id and its evidence"),
    ],
)
def test_a_wrong_command_ends_in_a_line(untouched: Path, call: tuple[str, ...], said: str) -> None:
    done = call_r57("add-fact", *call, "--data", untouched)
    assert done.returncode in (1, 2)
    assert said in done.stderr.splitlines()[-1]
