"""SDMX-CSV and JSON-stat that we wrote come in again to the same values; what others write costs its row, not more."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from r57lib.ingest.answer import write_errors
from r57lib.report.exports.write import write_export
from r57lib.view.view import open_view
from r57lib.view.words import LANGUAGES, words_of
from tests.conftest import SAMPLE_SOURCE
from tests.sheets import Desk, bins, codes, said, with_tables

HEAD = "STRUCTURE,STRUCTURE_ID,ACTION,INDICATOR,REF_AREA,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,BASIS"
START = "dataflow,MOST:DIGITAL(1.0),I"


def sdmx(*rows: str, head: str = HEAD) -> str:
    return "\n".join([head, *rows]) + "\n"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("out")
    for form in ("sdmx-csv", "json-stat"):
        write_export(open_view(language="en"), form, root / form)
    return root


@pytest.mark.parametrize("name", ["sdmx-csv/observations.csv", "json-stat/observations.vi.json"])
def test_what_was_exported_comes_in_again(desk: Desk, exported: Path, name: str) -> None:
    written = (exported / "sdmx-csv" / "observations.csv").read_text(encoding="utf-8")
    told = _rows(written)
    taken = desk.take((exported / name).read_bytes(), kind="observations", reported_on="2026-04-01", locale="vi")
    accepted, repaired, quarantined, blank = bins(taken)
    assert accepted + repaired + quarantined + blank == len(told) + 1
    stored = {_fact(row): row for row in desk.rows()}
    rest = {fact: row for row in told if (fact := row["FACT_ID"]) not in stored}
    # what two sources say of one thing, and what is no result, goes back; what they say alike is one row
    for row in rest.values():
        alike = [each for each in told if _place(each) == _place(row)]
        assert len(alike) > 1 or row["KIND"] == "projected", row
    assert repaired == 0 and set(codes(taken, "E")) <= {"E-DUPLICATE-FACT", "E-SDMX-KIND"}
    assert len(stored) > 80
    for row in told:
        if row["FACT_ID"] in stored:
            back = stored[row["FACT_ID"]]
            assert float(back["obs_value"]) == float(row["OBS_VALUE"]), row
            assert [back[name] for name in ("indicator_id", "scope", "time_period", "basis", "qualifier", "note")] == [
                row[name] for name in ("INDICATOR", "COVERAGE", "PERIOD_TEXT", "BASIS", "QUALIFIER", "COMMENT_OBS")
            ]
            assert back["province_code"] == row["REF_AREA"].replace("VN", "")
            assert f"PRINTED_VALUE: {row['PRINTED_VALUE']}" in back["other_columns"] or not row["PRINTED_VALUE"]


def test_what_came_in_goes_out_again(exported: Path, tmp_path: Path) -> None:
    """To the last digit; a later value of the same source takes the place of the one before, and that is said."""
    desk = Desk(tmp_path)
    with_tables(tmp_path / "data")
    first = (exported / "sdmx-csv" / "observations.csv").read_text(encoding="utf-8")
    asked = {"kind": "observations", "source": SAMPLE_SOURCE}
    assert desk.take(first, **asked, reported_on="2026-04-01").state == "partial"
    corrected = sdmx(f"{START},gii_rank,VN,2024,45,rank,year")
    assert desk.take(corrected, **asked, reported_on="2026-04-02").state == "accepted"
    said = write_export(open_view(language="en", data=tmp_path / "data"), "sdmx-csv", tmp_path / "out")
    assert any("a correction took the place of" in line for line in said)
    assert said[0].startswith("Beware") and "Synthetic" in (tmp_path / "out" / "structures.xml").read_text("utf-8")
    told = {_place(row): row for row in _rows(first)}
    back = {_place(row): row for row in _rows((tmp_path / "out" / "observations.csv").read_text(encoding="utf-8"))
            if row["SOURCE"] == SAMPLE_SOURCE}  # fmt: skip
    differ = {key for key, row in back.items() if row["OBS_VALUE"] != told[key]["OBS_VALUE"]}
    assert len(back) > 80 and differ == {("gii_rank", "national", "VN", "2024", "year")}


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _place(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[name] for name in ("INDICATOR", "COVERAGE", "REF_AREA", "PERIOD_TEXT", "BASIS"))


def _fact(row: dict[str, str]) -> str:
    return next(part.partition(": ")[2] for part in row["other_columns"].split("; ") if part.startswith("FACT_ID: "))


def test_units_and_powers_are_those_of_the_format(desk: Desk) -> None:
    rows = [
        f"{START},5g_population_coverage,VN,2025-M10,39.52,PT,point,0",
        f"{START},usage_end_to_end,01,2025-10,0.3952,share,month,",
        f"{START},5g_stations,VN,2025-10-01/P31D,16.737,station,point,3",
    ]
    taken = desk.take(sdmx(*rows, head=f"{HEAD},UNIT_MULT"), kind="observations")
    assert bins(taken) == (3, 0, 0, 1), taken.notes
    assert [(row["obs_value"], row["time_period"], row["scope"], row["province_code"]) for row in desk.rows()] == [
        ("0.3952", "2025-10", "national", ""),
        ("0.3952", "2025-10", "province", "01"),
        ("16737", "2025-10-01/2025-10-31", "national", ""),
    ]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"{START},gii_rnak,VN,2025,44,rank,year", "E-INDICATOR"),
        (f"{START},gii_rank,VN,2025-W07,44,rank,year", "E-SDMX-PERIOD"),
        (f'{START},gii_rank,VN,2025,"1.234,5",rank,year', "E-SDMX-NUMBER"),
        (f"{START},5g_population_coverage,VN,2025,0.12345678901234567,share,point", "E-SDMX-NUMBER"),
        (f"{START},gii_rank,VN,2025,44,tonne,year", "E-UNIT"),
        (f"{START},gii_rank,VN,2025,NaN,rank,year", "E-REQUIRED-CELL"),
        (f"{START},gii_rank,Q$FF,2025,44,rank,year", "E-PROVINCE"),
        ("dataflow,MOST:DIGITAL(1.0),D,gii_rank,VN,2025,44,rank,year", "E-SDMX-DELETE"),
        ("dataflow,R57:TARGETS(1.0.0),I,gii_rank,VN,2025,44,rank,year", "E-SDMX-FLOW"),
    ],
)
def test_what_cannot_be_taken_costs_its_row(desk: Desk, row: str, code: str) -> None:
    taken = desk.take(sdmx(row, f"{START},egdi_rank,VN,2024,71,rank,year"), kind="observations")
    assert bins(taken) == (1, 0, 1, 1), taken.notes
    note = said(taken, code)
    assert note.row == 2
    if code == "E-INDICATOR":
        assert note.hint


def test_a_text_with_a_colon_stays_whole_where_codes_have_names(desk: Desk) -> None:
    head = ",".join(f"{each}: {each}" for each in (*HEAD.split(","), "COMMENT_OBS"))
    row = f"{START},egdi_rank: a rank,VN: Viet Nam,2024,71,rank: rank,year: year,Lưu ý: chưa đủ"
    taken = desk.take(sdmx(row, head=head), kind="observations")
    assert bins(taken) == (1, 0, 0, 1), taken.notes
    assert [row["note"] for row in desk.rows()] == ["Lưu ý: chưa đủ"]


@pytest.mark.parametrize("old", [False, True])
def test_a_forecast_that_went_back_and_comes_again_is_refused_again(desk: Desk, old: bool) -> None:
    """Also from a file of SDMX-CSV 1.0, which begins otherwise."""
    rows = [f"{START},egdi_rank,VN,2024,71,rank,year,reported", f"{START},egdi_rank,VN,2026,60,rank,year,projected"]
    text = sdmx(*rows, head=f"{HEAD},KIND")
    if old:
        text = "\n".join(re.sub(r"^[^,]*,([^,]*),[^,]*", r"\1", line) for line in text.splitlines())
        text = text.replace(text.split(",", 1)[0], "DATAFLOW", 1)
    path = desk.file(text, "forecast.csv")
    taken = desk.take(path, kind="observations")
    assert bins(taken) == (1, 0, 1, 1) and said(taken, "E-SDMX-KIND").row == 3
    both = {each: words_of(desk.tables["labels"], each) for each in LANGUAGES}
    write_errors(taken, desk.folder / "back.xlsx", both, {})
    again = desk.take(desk.folder / "back.xlsx", kind="observations")
    assert bins(again) == (1, 0, 1, 1) and said(again, "E-SDMX-KIND").row == 3


def data_set(**changed: Any) -> dict[str, Any]:
    codes = {"indicator": ["gii_rank"], "area": ["VN"], "year": ["2024", "2025"], "basis": ["year"]}
    made = {
        "version": "2.0",
        "class": "dataset",
        "id": list(codes),
        "size": [1, 1, 2, 1],
        "role": {"time": ["year"], "geo": ["area"]},
        "dimension": {name: {"category": {"index": found}} for name, found in codes.items()},
        "value": [44, None],
    }
    return made | changed


def test_json_stat_of_others_goes_by_its_roles(desk: Desk) -> None:
    taken = desk.take(json.dumps(data_set()), kind="observations")
    assert bins(taken) == (1, 0, 0, 1), taken.notes
    (row,) = desk.rows()
    assert (row["indicator_id"], row["scope"], row["time_period"], row["obs_value"]) == (
        "gii_rank",
        "national",
        "2024",
        "44",
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (json.dumps(data_set(size=[1, 1, 3, 1])), "E-JSON-STAT"),
        (json.dumps(data_set(value=[44])), "E-JSON-STAT"),
        (json.dumps(data_set(value={"7": 44})), "E-JSON-STAT"),
        (json.dumps({"class": "collection", "link": {"item": [{"class": "dataset", "href": "x"}]}}), "E-JSON-STAT"),
        ('{"class": "dataset", "class": "collection"}', "E-JSON-STAT"),
        ("{}", "E-JSON-STAT"),
        (HEAD + "".join(f",x{each}" for each in range(200)) + "\n", "E-LIMIT"),
        (HEAD + ",OBS_VALUE\n", "E-DUPHDR"),
        (json.dumps({"class": "dataset", "value": {str(each): 1 for each in range(200_001)}} | {
            "id": ["a"], "size": [10**9], "dimension": {"a": {"category": {"index": []}}}}), "E-JSON-STAT"),
        ("{" + " " * (8 << 20), "E-LIMIT"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_is_too_wide_is_refused_whole(desk: Desk, content: str, code: str) -> None:
    taken = desk.take(content, kind="observations")
    assert taken.state == "rejected" and taken.rejected is not None and taken.rejected.code == code
    assert not desk.store.entries()


def test_a_value_that_is_said_to_be_missing_is_no_mistake(desk: Desk) -> None:
    """Its row holds no data; an empty cell that nothing explains is still to be mended."""
    rows = (f"{START},gii_rank,VN,{year},{value},rank,year,{status}" for year, value, status in
            ((2022, "", "M"), (2023, "NaN", "O"), (2024, "44", "A"), (2021, "", "A")))  # fmt: skip
    taken = desk.take(sdmx(*rows, head=f"{HEAD},OBS_STATUS"), kind="observations")
    assert bins(taken) == (1, 0, 1, 3) and taken.aside["N-MISSING"] == [(2, 3)]
    assert codes(taken, "E") == ["E-REQUIRED-CELL"]
    taken = desk.take(json.dumps(data_set(value={"0": 44, "1": None})), kind="observations")
    assert bins(taken) == (1, 0, 0, 2) and "N-MISSING" in taken.aside


@pytest.mark.parametrize("lost", ["INDICATOR", "TIME_PERIOD", "OBS_VALUE"])
def test_a_column_that_is_missing_is_named_as_its_format_does(desk: Desk, lost: str) -> None:
    rows = HEAD.split(","), f"{START},gii_rank,VN,2024,44,rank,year".split(",")
    at = rows[0].index(lost)
    head, row = (",".join([*row[:at], *row[at + 1 :]]) for row in rows)
    taken = desk.take(sdmx(row, head=head), kind="observations")
    assert taken.rejected is not None and (taken.rejected.code, taken.rejected.values["columns"]) == ("E-COLUMNS", lost)
