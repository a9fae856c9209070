"""Files whose rows are facts: values of indicators, and what has come of commitments."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from r57lib.cli.app import app
from r57lib.data.checks import check_provenance
from r57lib.data.load import load_tables
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.store import fact_rows, rows_of
from r57lib.data.tables import Tables
from r57lib.data.values import PARSERS
from r57lib.ingest.amounts import Amount, Subject, parse_measure
from r57lib.ingest.answer import mend, note_text
from r57lib.ingest.deadlines import parse_measured
from r57lib.ingest.facts import known_of
from r57lib.ingest.kinds import COMMITMENT_UPDATES, KINDS, OBSERVATIONS
from r57lib.ingest.names import agency_book
from r57lib.ingest.rows import Bin, Share, Unreadable
from r57lib.ingest.values import SheetColumn
from r57lib.view.words import LANGUAGES, words_of
from tests.conftest import DATA, call_r57
from tests.sheets import HEAD, SOURCE, Desk, bins, book_of, codes, said, task, text_of

VALUES = ["Chỉ tiêu", "Phạm vi", "Tỉnh, thành phố", "Kỳ báo cáo", "Giá trị"]
UPDATES = ["Cam kết", "Kỳ báo cáo", "Kết quả", "Đơn vị tính", "Mức bằng chứng"]


def value(
    indicator: Any = "usage_end_to_end",
    scope: Any = "Toàn quốc",
    province: Any = "",
    period: Any = "31/10/2025",
    figure: Any = "41,2%",
    *more: Any,
) -> list[Any]:
    """A row of values."""
    return [indicator, scope, province, period, figure, *more]


def update(
    commitment: Any = "viettel.5g_stations_total",
    period: Any = "31/12/2025",
    figure: Any = "30.500",
    unit: Any = "trạm",
    level: Any = "",
) -> list[Any]:
    """A row of updates."""
    return [commitment, period, figure, unit, level]


Take = Callable[..., Any]


@pytest.fixture
def values(desk: Desk) -> Take:
    """Take in rows of values."""
    return lambda rows, head=VALUES, **asked: desk.take(text_of(rows, head=head), kind="observations", **asked)


@pytest.fixture
def updates(desk: Desk) -> Take:
    """Take in rows of updates."""
    return lambda rows, head=UPDATES, **asked: desk.take(text_of(rows, head=head), kind="commitment-updates", **asked)


def column(desk: Desk, name: str) -> list[str]:
    return [row[name] for row in desk.rows()]


# --- one cell --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("31/10/2025", "2025-10-31"), ("tháng 10/2025", "2025-10"), ("10/2025", "2025-10"), ("2025-10", "2025-10"),
        ("quý III/2025", "2025-Q3"), ("năm 2025", "2025"), (2025.0, "2025"), ("cuối năm 2025", "2025-end"),
        ("10 tháng năm 2025", "2025-01-01/2025-10-31"), ("10 tháng 2025", "2025-01-01/2025-10-31"),
        ("6 tháng đầu năm 2025", "2025-H1"), ("6 tháng 2025", "2025-H1"), ("Tính đến ngày 26/10/2025", "2025-10-26"),
        ("lũy kế đến hết ngày 26/10/2025", "2025-10-26"), ("2025-12-12/2025-12-14", "2025-12-12/2025-12-14"),
    ],
)  # fmt: skip
def test_a_period_as_ministries_write_it(cell: Any, period: str) -> None:
    assert parse_measured(cell)[0] == period


@pytest.mark.parametrize(
    "cell",
    ["thường xuyên", "trước 30/6/2025", "13 tháng 2025", "1 tháng 2025", "tháng 13/2025", "quý III",
     "30/6/2025; quý IV/2025", "x"],
)  # fmt: skip
def test_what_is_no_period_of_a_figure_goes_back(cell: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_measured(cell)
    assert caught.value.code.startswith("E-")


def test_the_first_of_a_month_in_a_cell_of_dates_is_open(desk: Desk) -> None:
    """Excel turns 10/2025 into 1/10/2025 by itself."""
    rows = [value(period=date(2025, 10, 1)), value(period=date(2025, 10, 31)), value(period="01/10/2025")]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows, head=VALUES), kind="observations")
    assert bins(taken) == (2, 0, 1, 1) and said(taken, "E-PERIOD-FIRST").hint == "10/2025"
    assert column(desk, "time_period") == ["2025-10-31", "2025-10-01"]


SHARE, KNOWN_SMALL = Subject("share", 0, 1, largest=0.5), Subject("share", 0, 1, largest=0.0043)
ONE_SCALE, PERCENT, MIXED = SheetColumn(scale="share"), SheetColumn(scale="percent"), SheetColumn(scale="mixed")


@pytest.mark.parametrize(
    ("cell", "subject", "seen", "words", "measure"),
    [
        ("53,3%", SHARE, MIXED, None, ("0.533", "")), ("53,3", SHARE, PERCENT, None, ("0.533", "")),
        ("0,533", SHARE, ONE_SCALE, None, ("0.533", "")), (Share(0.533), SHARE, MIXED, None, ("0.533", "")),
        ("0,43%", KNOWN_SMALL, MIXED, None, ("0.0043", "")), ("0,43", KNOWN_SMALL, MIXED, "%", ("0.0043", "")),
        ("1", SHARE, PERCENT, "%", ("0.01", "")), ("khoảng 53,3 %", SHARE, PERCENT, None, ("0.533", "about")),
        ("Hơn 20.000", Subject("station"), PERCENT, None, ("20000", "more_than")),
        ("gần 20.000 trạm", Subject("station"), PERCENT, None, ("20000", "nearly")),
        ("tới 44", Subject("rank", 1), PERCENT, "thứ hạng", ("44", "up_to")),
        ("~100", Subject("station"), PERCENT, None, ("100", "about")),
        ("4,1 nghìn tỷ đồng", Subject("vnd", 0), PERCENT, None, ("4100000000000", "")),
        ("4.100", Subject("vnd", 0), PERCENT, "tỷ đồng", ("4100000000000", "")),
        ("20 nghìn", Subject("station"), PERCENT, None, ("20000", "")),
        ("20 nghìn", Subject("station"), PERCENT, "trạm", ("20000", "")),
        ("19 nghìn trạm", Subject("station"), PERCENT, "trạm", ("19000", "")),
        ("khoảng 12,3 ngàn trạm", Subject("station"), PERCENT, None, ("12300", "about")),
        ("20", Subject("station"), PERCENT, "nghìn trạm", ("20000", "")),
        ("20 nghìn", Subject("station"), PERCENT, "nghìn trạm", ("20000", "")),
        ("2 triệu tài khoản", Subject("count"), PERCENT, None, ("2000000", "")),
        ("3 thousand", Subject("person"), PERCENT, None, ("3000", "")),
        ("1,5 million people", Subject("person"), PERCENT, "người", ("1500000", "")),
        ("5 nghìn tổ chức", Subject("count"), PERCENT, None, ("5000", "")),
        ("4,1 nghìn tỷ", Subject("vnd", 0), PERCENT, "đồng", ("4100000000000", "")),
        ("12,5", Subject("count", 0), PERCENT, "người/vạn dân", ("12.5", "")),
        ("0,7955", Subject("index", 0, 1), PERCENT, None, ("0.7955", "")),
    ],
)  # fmt: skip
def test_a_figure_in_the_unit_of_its_subject(
    cell: Any, subject: Subject, seen: SheetColumn, words: str | None, measure: tuple[str, str]
) -> None:
    assert parse_measure(cell, subject, seen, locale="vi", words=words)[:2] == measure


@pytest.mark.parametrize(
    ("cell", "subject", "seen", "words", "code"),
    [
        ("53,3", SHARE, MIXED, None, "E-PCT-SCALE"), ("1", SHARE, PERCENT, None, "E-PCT-ONE"),
        ("0,43", KNOWN_SMALL, ONE_SCALE, None, "E-PCT-SMALL"), ("0,43", SHARE, ONE_SCALE, "%", "E-PCT-SMALL"),
        ("153%", SHARE, PERCENT, None, "E-PCT-RANGE"), ("53%", Subject("station"), PERCENT, None, "E-UNIT"),
        (Share(0.5), Subject("rank", 1), PERCENT, None, "E-UNIT"), ("5 người", SHARE, PERCENT, None, "E-UNIT"),
        ("5", Subject("station"), SheetColumn(declared=True), None, "E-UNIT"),
        ("5 tỷ", Subject("vnd"), PERCENT, None, "E-UNIT"),
        ("5 nghìn", Subject("vnd"), PERCENT, "tỷ đồng", "E-UNIT"), ("5 nghìn", SHARE, PERCENT, None, "E-UNIT"),
        ("5 nghìn người", Subject("station"), PERCENT, "trạm", "E-UNIT"),
        ("5 triệu", Subject("rank", 1), PERCENT, None, "E-UNIT"),
        ("5 tỷ lệ", Subject("count"), PERCENT, None, "E-UNIT"),
        ("5,1234 nghìn", Subject("station"), PERCENT, None, "E-WHOLE"),
        ("5 trăm", Subject("station"), PERCENT, None, "E-UNIT"),
        ("5 trạm", Subject("station"), PERCENT, "người", "E-UNIT"),
        ("4,1", Subject("vnd"), PERCENT, None, "E-UNIT-UNSAID"),
        ("20.758,5", Subject("station"), PERCENT, None, "E-WHOLE"),
        ("0", Subject("rank", 1, 34), PERCENT, None, "E-BOUNDS"),
        ("35", Subject("rank", 1, 34), PERCENT, None, "E-BOUNDS"), ("-5", Subject("person"), PERCENT, None, "E-BOUNDS"),
        ("0.795", Subject("index", 0, 1), PERCENT, None, "E-NUMBER"),
        ("5", Subject("text"), PERCENT, None, "E-NO-FIGURE"),
        ("dưới 5", Subject("station"), PERCENT, None, "E-NUMBER"), ("5/6", Subject("count"), PERCENT, None, "E-NUMBER"),
        (float("nan"), SHARE, PERCENT, None, "E-NUMBER"), (True, SHARE, PERCENT, None, "E-NUMBER"),
    ],
)  # fmt: skip
def test_a_figure_with_two_readings_or_another_unit_has_none(
    cell: Any, subject: Subject, seen: SheetColumn, words: str | None, code: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_measure(cell, subject, seen, locale="vi", words=words)
    assert caught.value.code == code


UNITS = ("share", "index", "rank", "count", "vnd", "person", "text")
FIGURES = st.one_of(
    st.text(max_size=12),
    st.text("0123456789.,% ~khoảnghơntỷđồng", max_size=14),
    st.floats(),
    st.floats().map(Share),
    st.dates(),
    st.booleans(),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(cell=FIGURES, unit=st.sampled_from(UNITS), words=st.sampled_from([None, "%", "tỷ đồng", "x"]))
def test_any_figure_has_a_value_or_a_reason(cell: Any, unit: str, words: str | None) -> None:
    try:
        found = parse_measure(cell, Subject(unit, 0, largest=1), locale="vi", words=words)
    except Unreadable as error:
        assert error.code.startswith("E-")
        return
    assert isinstance(found, Amount) and PARSERS["number"](found.value) is not None
    try:
        parse_measured(cell)
    except Unreadable as error:
        assert error.code.startswith("E-")


# --- one row ---------------------------------------------------------------------------------------------------------


def test_an_indicator_by_its_code_or_either_name(desk: Desk, values: Take) -> None:
    names = ["usage_end_to_end", "Hồ sơ trực tuyến toàn trình", "ho so truc tuyen toan trinh"]
    names += ["Dossiers handled end to end online", "Kinh tế số trên GDP", "Xyz"]
    taken = values([value(name, period=f"{n + 1}/10/2025") for n, name in enumerate(names)])
    assert bins(taken) == (3, 1, 2, 1) and set(column(desk, "indicator_id")) == {"usage_end_to_end"}
    assert [note.row for note in taken.notes if note.code == "R-SPELLING"] == [4]
    assert said(taken, "E-INDICATOR").hint.startswith("Kinh tế số trên")


def test_a_code_and_a_name_in_two_columns_agree(desk: Desk, values: Take) -> None:
    head = ["Mã chỉ tiêu", "Tên chỉ tiêu", "Phạm vi", "Kỳ", "Kết quả"]
    rows = [["usage_end_to_end", "Hồ sơ trực tuyến toàn trình", "Cả nước", "2024", "45,8%"]]
    rows += [["usage_end_to_end", "Trạm 5G", "Cả nước", "2023", "45,8%"]]
    taken = values(rows, head=head)
    assert bins(taken) == (1, 0, 1, 1) and codes(taken) == ["E-TWO-NAMES"]
    assert values([row[1:] for row in rows[:1]], head=head[1:]).state == "accepted"


def test_levels_and_provinces(desk: Desk, values: Take) -> None:
    rows = [
        value("dti_rank_34", "tỉnh", "Hà Nội", "2024", "1"),
        value("dti_rank_34", "", "TP. Đà Nẵng", "2024", "2"),
        value("dti_rank_34", "Thành phố Huế", "", "2024", "5"),
        value("usage_end_to_end", "Khối bộ, ngành", "", "2024", "60%"),
        value("usage_end_to_end", "Khối tỉnh, thành phố", "", "2024", "18%"),
        value("5g_stations", "", "", "10/2025", "16.000"),
        value("usage_end_to_end", "", "", "2023", "60%"),
        value("usage_end_to_end", "Toàn quốc", "Hà Nội", "2023", "60%"),
        value("usage_end_to_end", "tỉnh, thành phố", "", "2022", "60%"),
        value("dti_rank_34", "Hà Nội", "Huế", "2022", "1"),
        value("dti_rank_34", "", "Hà Giang", "2022", "1"),
        value("dti_rank_34", "Sao Hỏa", "", "2022", "1"),
        value("dti_rank_34", "", "Bộ Y tế", "2022", "1"),
    ]
    taken = values(rows)
    assert [code for code in codes(taken) if code != "R-SPELLING"] == [
        "R-SCOPE", "E-SCOPE-UNSAID", "E-SCOPE-PROVINCE", "E-SCOPE-PROVINCE", "E-SCOPE-PROVINCE", "E-PROVINCE-PART",
        "E-SCOPE", "E-PROVINCE",
    ]  # fmt: skip
    assert said(taken, "E-PROVINCE-PART").hint == "Tuyên Quang"
    assert list(zip(column(desk, "scope"), column(desk, "province_code"), strict=True)) == [
        ("province", "01"), ("province", "48"), ("province", "46"), ("ministries", ""), ("localities", ""),
        ("national", ""),
    ]  # fmt: skip


def test_a_province_by_its_official_code(desk: Desk, values: Take) -> None:
    rows = [value("dti_rank_34", "", code, str(2020 + n), "1") for n, code in enumerate(("01", "46", "02", "1"))]
    assert codes(values(rows)) == ["E-PROVINCE", "E-PROVINCE"] and column(desk, "province_code") == ["01", "46"]


def test_a_province_of_many_parts_in_a_file_of_before_july_2025_is_the_old_one(values: Take) -> None:
    rows = [value("dti_rank_34", "", "Tuyên Quang", "2023", "9"), value("dti_rank_34", "", "Hà Nội", "2023", "1")]
    taken = values(rows, reported_on="2025-06-30")
    assert bins(taken)[2] == 1 and said(taken, "E-PROVINCE-PART").row == 2


def test_what_a_value_adds_up_is_said_or_the_only_thing_left(desk: Desk, values: Take) -> None:
    rows = [
        value(period="tháng 6/2025"), value(period="2024"), value(period="26/10/2025"), value(period="9 tháng 2025"),
        value("5g_stations", period="tháng 6/2025", figure="12.000"), value("gii_rank", period="2026", figure="44"),
        value(period="quý III/2025"), value("high_tech_export_share", period="2025"),
    ]  # fmt: skip
    taken = values(rows, reported_on="2026-01-31")
    assert column(desk, "basis") == ["month", "year", "year_to_date", "year_to_date", "point", "year"]
    assert codes(taken) == ["E-BASIS", "E-BASIS"]
    head = [*VALUES, "Cách tính"]
    rows = [[*value(period="2025-10", figure=f"4{n},2%"), word] for n, word in enumerate(("Trong tháng", "Lũy kế"))]
    assert values(rows, head=head).state == "accepted" and column(desk, "basis") == ["month", "year_to_date"]
    assert codes(values([[*value(period="2023"), "tùy lúc"]], head=head)) == ["E-BASIS"]
    rows = [[*value(period="quý III/2025"), "Trong tháng"], [*value(period="tháng 9/2025"), "Cả năm"]]
    assert codes(values(rows, head=head)) == ["E-BASIS", "E-BASIS"]


def test_the_unit_of_a_heading_counts(desk: Desk, values: Take) -> None:
    head = [*VALUES[:4], "Giá trị (tỷ đồng)"]
    row = value("savings_online_vnd", period="10/2025", figure="4.100")
    taken = values([row, value(figure="41,2")], head=head)
    assert column(desk, "obs_value") == ["4100000000000"] and codes(taken) == ["R-UNIT", "E-UNIT"]
    head = [*VALUES[:4], "Giá trị (%)"]
    assert values([value(figure="41,2"), value(period="2024", figure="0,9")], head=head).state == "accepted"
    assert column(desk, "obs_value") == ["0.412", "0.009"]


def test_a_figure_in_thousands_is_multiplied_and_a_wrong_unit_is_marked_where_it_stands(
    desk: Desk, values: Take
) -> None:
    rows = [value("5g_stations", period=f"{n}/10/2025", figure=figure) for n, figure in
            enumerate(("20 nghìn", "khoảng 12,3 nghìn trạm", "20 người", "20"), 1)]  # fmt: skip
    taken = values([[*row, unit] for row, unit in zip(rows, ("trạm",) * 3 + ("người",), strict=True)],
                   head=[*VALUES, "Đơn vị tính"])  # fmt: skip
    assert column(desk, "obs_value") == ["20000", "12300"]
    assert [(note.code, note.row, note.header) for note in taken.notes if note.code[0] in "ER" and note.row > 1] == [
        ("R-UNIT", 2, "Giá trị"), ("R-UNIT", 3, "Giá trị"), ("E-UNIT", 4, "Giá trị"),
        ("E-UNIT", 5, "Đơn vị tính"),
    ]  # fmt: skip


def test_a_qualifier_is_said_once(desk: Desk, values: Take) -> None:
    head = [*VALUES, "Từ chỉ mức độ"]
    rows = [[*value(figure="hơn 41%"), ""], [*value(period="2024", figure="45%"), "gần"]]
    rows += [[*value(period="2023", figure="hơn 41%"), "gần"]]
    taken = values(rows, head=head)
    assert column(desk, "qualifier") == ["more_than", "nearly"] and codes(taken) == ["E-QUALIFIER"]


def test_updates_hold_a_value_or_a_level_in_the_unit_of_the_commitment(desk: Desk, updates: Take) -> None:
    rows = [
        update(level="Đã thực hiện"),
        update("UAV revenue of USD 500 million in 2026", "Quý I/2026", "120", "triệu USD"),
        update("ct_group.uav_ipo", "2025", "", "", "Biên bản ghi nhớ"), update("ct_group.uav_ipo", "2024", "", "", ""),
        update("ct_group.uav_ipo", "2023", "3", "", ""), update(period="2026", unit="người"),
        update(period="tháng 11/2026"), update(period="2024", level="nghe nói"), update("viettel.6g", "2025"),
    ]  # fmt: skip
    taken = updates(rows, reported_on="2026-04-01")
    assert [code for code in codes(taken) if code[0] == "E"] == [
        "E-NOTHING", "E-NO-FIGURE", "E-UNIT", "E-PERIOD-FUTURE", "E-LEVEL", "E-COMMITMENT",
    ]  # fmt: skip
    assert [(row["role"], row["obs_value"], row["evidence_level"]) for row in desk.rows()] == [
        ("observation", "30500", "delivered"), ("observation", "120000000", ""), ("milestone", "", "mou"),
    ]  # fmt: skip


@pytest.mark.parametrize("period", ["Năm 2026", "Quý I/2026", "6 tháng đầu năm 2026", "2 tháng 2026", "2026"])
def test_a_value_of_a_period_that_is_not_over_is_none_yet(desk: Desk, values: Take, updates: Take, period: str) -> None:
    taken = values([value("5g_stations", period=period, figure="40.000"), value()], reported_on="2026-01-31")
    assert bins(taken) == (1, 0, 1, 1)
    note = said(taken, "E-PERIOD-OPEN")
    assert note.raw == period and note.hint.startswith("31/01/2026 < ") and note.header == "Kỳ báo cáo"
    for language in LANGUAGES:
        words = words_of(desk.tables["labels"], language)
        assert period in note_text(note, words) and "31/01/2026" in note_text(note, words) and mend(note, words)
    head = [*UPDATES, "Ghi chú", "Loại cập nhật"]
    rows = [[*update(period=period, figure="40.000"), "dự kiến", role] for role in ("", "Giá trị gốc")]
    assert codes(updates(rows, head=head, reported_on="2026-01-31"), "E") == ["E-PERIOD-OPEN"] * 2


def test_what_a_period_that_is_not_over_can_have_already(desk: Desk, values: Take, updates: Take) -> None:
    """The rank of a year is out before its end; a state or a milestone is of a moment in it."""
    rows = [value("gii_rank", period="2026", figure="44"), value("5g_stations", period="1/2026", figure="30.000")]
    assert values(rows, reported_on="2026-01-20").counts.bins[Bin.QUARANTINED] == 0
    assert [row["time_period"] for row in desk.rows()] == ["2026", "2026-01"]
    taken = updates(
        [update("ct_group.uav_ipo", "2026", "", "", "mou"), update(period="1/2026")], reported_on="2026-01-20"
    )
    assert bins(taken)[2] == 0
    head = [*VALUES, "Cách tính"]
    rows = [[*value(period="1/2026"), "Trong tháng"], [*value(period="31/1/2026"), "Trong tháng"]]
    assert codes(values(rows[:1], head=head, reported_on="2026-01-20"), "E") == ["E-PERIOD-OPEN"]
    assert values(rows, head=head, reported_on="2026-01-31").counts.bins[Bin.QUARANTINED] == 0


# --- rows together ---------------------------------------------------------------------------------------------------


def test_the_same_fact_twice_and_two_facts_in_conflict(desk: Desk, values: Take) -> None:
    """The key is what is meant, not how it is spelled."""
    rows = [
        value(), value("Hồ sơ trực tuyến toàn trình", "cả nước", "", "2025-10-31", "41,2 %"),
        value(period="2024", figure="45,8%"), value(scope="quốc gia", period="năm 2024", figure="46%"),
        value(scope="Bộ, ngành", period="2024", figure="60%"),
    ]  # fmt: skip
    taken = values(rows)
    assert bins(taken) == (1, 0, 4, 1) or bins(taken) == (1, 1, 2, 2)
    assert [note.hint for note in taken.notes if note.code == "E-DUPLICATE-FACT"][-2:] == ["5", "4"]
    cells = {2: "usage_end_to_end", 3: "Hồ sơ trực tuyến toàn trình", 4: "usage_end_to_end", 5: "usage_end_to_end"}
    assert all(note.raw == cells[note.row] for note in taken.notes if note.code == "E-DUPLICATE-FACT")


def test_days_and_bounds_are_said_as_they_are_read(values: Take) -> None:
    taken = values([value("5g_stations", figure="-5"), value("5g_stations", period="1/2/2026", figure="5"), value()])
    assert said(taken, "E-BOUNDS").hint == "≥ 0" and said(taken, "E-PERIOD-FUTURE").hint == "31/01/2026"


def test_doubles_count_once_and_later_files_restate(desk: Desk, values: Take) -> None:
    first = [value(), value(), value(scope="Bộ, ngành", figure="54%")]
    taken = values(first, reported_on="2025-11-05")
    assert bins(taken) == (1, 1, 0, 2) and said(taken, "R-TWICE").hint == "3" and taken.changes == {"new": 2}
    assert values(first, reported_on="2025-11-05").state == "unchanged"
    taken = values([value(figure="hơn 41,5%"), value(scope="Bộ", figure="54%")], reported_on="2025-12-05")
    assert taken.changes == {"restated": 1, "same": 1}
    key = "usage_end_to_end · national ·  · 2025-10-31 · year_to_date"
    assert taken.restatements == [
        {"key": key, "field": "obs_value", "before": "0.412", "after": "0.415"},
        {"key": key, "field": "qualifier", "before": "exact", "after": "more_than"},
    ]
    assert len(desk.store.newest(OBSERVATIONS, "2025-11-30")) == len(desk.store.newest(OBSERVATIONS, "2026-01-01")) == 2


def test_updates_are_restated_by_commitment_period_and_role(desk: Desk, updates: Take) -> None:
    updates([update(), update(figure="", level="mou")], reported_on="2026-01-05")
    taken = updates([update(figure="30.600"), update(figure="", level="mou")], reported_on="2026-01-06")
    assert taken.changes == {"restated": 1, "same": 1}
    assert set(desk.store.newest(COMMITMENT_UPDATES, "2026-01-06")) == {
        "viettel.5g_stations_total · 2025-12-31 · observation",
        "viettel.5g_stations_total · 2025-12-31 · milestone",
    }


def test_shares_on_two_scales_are_open_while_counts_between_them_are_not(desk: Desk, values: Take) -> None:
    rows = [value(figure="53,3"), value(period="2024", figure="0,5"), value(period="2023", figure="40%")]
    rows += [value("5g_stations", period="10/2025", figure="16.000")]
    taken = values(rows)
    assert codes(taken, "E") == ["E-PCT-SCALE", "E-PCT-SCALE"] and column(desk, "obs_value") == ["0.4", "16000"]


def test_a_merged_indicator_and_sections_between(desk: Desk) -> None:
    rows = [["I. DỊCH VỤ CÔNG"], value(), value("", "Bộ, ngành", figure="54%"), ["Ghi chú: số liệu sơ bộ"]]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows, head=VALUES, merge=["A3:A4"]), kind="observations")
    assert bins(taken) == (1, 1, 0, 3) and codes(taken) == ["R-MERGED"]
    assert column(desk, "section") == ["I. DỊCH VỤ CÔNG"] * 2


def test_a_missing_column_names_the_nearest_heading(values: Take, updates: Take) -> None:
    rejected = values([["a", "b", "c"]], head=["Chỉ tiêu", "Kỳ báo cáo", "Gía trịị"]).rejected
    assert rejected.code == "E-COLUMNS" and rejected.values["columns"] == "Giá trị (≈ Gía trịị?)"
    rejected = updates([["a", "b", "c"]], head=["Cam kết", "Kỳ báo cáo", "xyz"]).rejected
    assert rejected.code == "E-COLUMNS" and rejected.values["columns"] == "Giá trị"
    assert updates([["a", "b"]], head=["x", "y"]).rejected.code == "E-HEADER"


ROWS = {
    "tasks": (HEAD, ["NV-1", "NV-2", "Bộ Y tế", "31/12/2025", "Tổng cộng", "I.", "-", "#REF!", ""]),
    "observations": (
        VALUES,
        ["usage_end_to_end", "5g_stations", "Toàn quốc", "Hà Nội", "2024", "10/2025", "53,3", "0,5", "khoảng 41%",
         "Tổng cộng", "I.", "-", "", "1,5", "Hà Giang", "12"],
    ),
    "commitment-updates": (
        UPDATES,
        ["viettel.5g_stations_total", "ct_group.uav_ipo", "2025", "31/12/2025", "30.500", "trạm", "%", "mou", "-", "",
         "Tổng cộng", "I."],
    ),
}  # fmt: skip


@pytest.mark.whole
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(sorted(ROWS)))
def test_rows_in_are_the_sum_of_the_bins_for_every_kind(
    real_tables: Tables, tmp_path_factory: pytest.TempPathFactory, data: Any, kind: str
) -> None:
    head, cells = ROWS[kind]
    columns = [st.one_of(st.sampled_from(cells), st.text(max_size=6)) for _ in head]
    rows = data.draw(st.lists(st.tuples(*columns).map(list), max_size=8))
    good = {"tasks": task("NV-0"), "observations": value(), "commitment-updates": update()}[kind]
    content = text_of([good, *rows], head=head)
    desk = Desk(tmp_path_factory.mktemp("desk"), real_tables)
    taken = desk.take(content.encode("utf-8", "surrogatepass"), kind=kind)
    if taken.state == "rejected":
        assert desk.store.entries() == []
        return
    assert taken.counts.rows_read == sum(1 for _ in csv.reader(io.StringIO(content, newline=""))) == sum(bins(taken))
    assert len(desk.rows()) == sum(bins(taken)[:2])
    assert len({note.row for note in taken.notes if note.code[0] == "E"}) == bins(taken)[2]
    keys = [KINDS[kind].key_of(row) for row in desk.rows()]
    assert len(keys) == len({key.casefold() for key in keys})


@pytest.mark.parametrize("word", ["Tổng", "Tổng cộng", "TỔNG SỐ", "Cộng:", "Tong cong", "Total"])
def test_a_row_of_totals_is_none_of_facts(desk: Desk, values: Take, updates: Take, word: str) -> None:
    taken = values([value(), value(word, "", "", "", "41,2%"), value(word, figure="7")])
    assert bins(taken) == (1, 0, 0, 3) and taken.counts.reasons["N-TOTAL"] == 2
    taken = values([[n, *row] for n, row in enumerate((value(), value(word)), 1)], head=["TT", *VALUES])
    assert bins(taken) == (1, 0, 0, 2) and taken.counts.reasons["N-TOTAL"] == 1
    taken = updates([update(), update(word)])
    assert bins(taken) == (1, 0, 0, 2) and taken.counts.reasons["N-TOTAL"] == 1


def test_a_name_that_begins_as_a_total_is_looked_up(values: Take) -> None:
    taken = values([value(), value("Tổng số trạm BTS", figure="7")])
    assert bins(taken) == (1, 0, 1, 1) and codes(taken, "E") == ["E-INDICATOR"]


# --- made-up files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["DỮ LIỆU GIẢ LẬP / SYNTHETIC DATA", "Du lieu gia lap - synthetic data (10/2025)"])
def test_a_made_up_file_needs_a_made_up_source(desk: Desk, mark: str) -> None:
    content = text_of([[mark, "", "", "", ""], HEAD, task()], head=[])
    rejected = desk.take(content).rejected
    assert rejected is not None and rejected.code == "E-SYNTHETIC" and not desk.store.entries()
    assert rejected.values == {"source": "--source synthetic-register"}
    assert desk.take(content, source="synthetic-register").state == "accepted"
    assert desk.take(text_of([task("NV-2")]), source="synthetic-register").state == "accepted"
    assert desk.take(text_of([task("NV-3", mark)])).state == "accepted"


# --- what the tables get ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def taken_in(tmp_path_factory: pytest.TempPathFactory, real_tables: Tables) -> Path:
    """A data folder with tables, and three files: two of values and one of updates."""
    desk = Desk(tmp_path_factory.mktemp("desk"), real_tables)
    head = [*VALUES, "Ghi chú"]
    rows = [[*value(), "tạm tính"], [*value("dti_rank_34", "", "Huế", "2024", "hơn 5"), ""]]
    rows += [[*value("savings_online_vnd", period="10/2025", figure="4,1 nghìn tỷ đồng"), "x" * 40]]
    desk.take(text_of(rows, head=head), kind="observations", reported_on="2025-11-05")
    later = book_of(desk.folder / "b.xlsx", [[*value(figure=("%", 0.42)), ""]], head=head)
    desk.take(later, kind="observations", reported_on="2025-12-05")
    desk.take(
        text_of([update(level="Đã thực hiện"), update("ct_group.uav_ipo", "2025", "", "", "MoU")], head=UPDATES),
        kind="commitment-updates",
        reported_on="2026-01-05",
    )
    for path in DATA.glob("*.csv"):
        shutil.copy(path, desk.tables.folder)
    return desk.tables.folder


def entries_of(folder: Path) -> list[Any]:
    from r57lib.data.store import RECEIPT, Entry, entries, read_entries

    receipts = [(each.name, (each / RECEIPT).read_bytes()) for each in entries(folder)]
    return [each for each in read_entries(folder, receipts) if isinstance(each, Entry)]


def test_what_was_taken_in_becomes_rows_of_the_tables(taken_in: Path) -> None:
    files = entries_of(taken_in)
    for table, count in (("observations", 4), ("commitment_updates", 2)):
        rows = fact_rows(files, table)
        assert len(rows) == count and [list(row) for row in rows] == [resources()[table].field_names] * count
    first, *_, restated = fact_rows(files, "observations")
    assert first == {
        "fact_id": "I0001-2", "indicator_id": "usage_end_to_end", "scope": "national", "province_code": "",
        "obs_value": "0.412", "basis": "year_to_date", "series_break": "", "rank_of": "", "corrects": "",
        "source_id": SOURCE, "section": "body",
        "evidence": "usage_end_to_end; 31/10/2025; 41,2%", "printed_value": "41,2%",
        "time_period": "2025-10-31", "reported_on": "2025-11-05", "qualifier": "exact", "kind": "reported",
        "note": "tạm tính",
    }  # fmt: skip
    assert (restated["fact_id"], restated["obs_value"], restated["reported_on"]) == ("I0002-2", "0.42", "2025-12-05")
    with pytest.raises(KeyError):
        rows_of("tasks", {}, [])


def test_the_rows_stand_in_the_tables_without_a_finding(taken_in: Path, tmp_path: Path) -> None:
    """The reader and the checks of provenance hold them as they hold any other row."""
    folder = Path(shutil.copytree(taken_in, tmp_path / "data", ignore=shutil.ignore_patterns("ingested")))
    added = set()
    for table in ("observations", "commitment_updates"):
        rows = list(csv.DictReader(io.StringIO((folder / f"{table}.csv").read_text(encoding="utf-8"))))
        own = fact_rows(entries_of(taken_in), table)
        added |= {row["fact_id"] for row in own}
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, resources()[table].field_names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(sorted([*rows, *own], key=lambda row: row["fact_id"]))
    tables = load_tables(folder)
    assert tables.findings == ()
    assert [each for each in check_provenance(tables) if set(each.fact_ids) & added] == []


def test_no_fact_of_the_tables_has_a_number_of_the_store(real_tables: Tables) -> None:
    numbers = [number for table in FACT_TABLES for number in real_tables[table]["fact_id"]]
    assert len(numbers) > 100 and not [number for number in numbers if re.fullmatch(r"I\d{4,}-\d+", number)]


def test_every_unit_of_the_tables_is_known(real_tables: Tables) -> None:
    for kind in (OBSERVATIONS, COMMITMENT_UPDATES):
        known = known_of(real_tables, kind, agency_book(real_tables))
        assert known is not None and {each.unit for each in known.subjects.values()} <= {
            "share", "index", "rank", "count", "ratio", "vnd", "usd", "person", "station", "drone", "enterprise",
            "text",
        }  # fmt: skip


# --- the command -----------------------------------------------------------------------------------------------------


def asked(path: Path, data: Path, kind: str, *more: str) -> list[str]:
    given = ("--kind", kind, "--source", SOURCE, "--reported-on", "2026-01-31", "--data", str(data))
    return ["ingest", str(path), *given, *more]


def told(path: Path, data: Path, kind: str, *more: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what a program is told; the command in this process, which spares its start."""
    done = CliRunner().invoke(app, asked(path, data, kind, "--format", "json", *more))
    return done.exit_code, json.loads(done.stdout)[0]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("command") / "data"
    return Path(shutil.copytree(DATA, folder, ignore=shutil.ignore_patterns("ingested")))


@pytest.mark.whole
@pytest.mark.parametrize(
    ("kind", "head", "good", "bad", "mended", "place"),
    [
        ("observations", VALUES, value(), value(period="2024", figure="1"), "45,8%", "E3"),
        ("commitment-updates", UPDATES, update(), update(period="2025", figure="vài"), "30.700", "C3"),
    ],
)
def test_a_file_goes_back_and_comes_again(
    tmp_path: Path, data: Path, kind: str, head: list[str], good: list[Any], bad: list[Any], mended: str, place: str
) -> None:
    path = book_of(tmp_path / "a.xlsx", [good, bad], head=head)
    back = path.with_name("a.errors.xlsx")
    code, said_of = told(path, data, kind, "--dry-run")
    assert code == 1 and [said_of[name] for name in ("rows_read", "accepted", "quarantined", "non_data")] == [
        3,
        1,
        1,
        1,
    ]
    assert code == 1 and said_of["findings"][0]["column"] == place[0] and not back.exists()
    done = call_r57(*asked(path, data, kind))
    assert done.returncode == 1 and f"{place} (" in done.stdout and done.stderr == ""
    own = CalamineWorkbook.from_path(str(back)).get_sheet_by_index(0).to_python()
    own[2][ord(place[0]) - 65] = mended
    code, said_of = told(book_of(tmp_path / "b.xlsx", own[1:], head=head), data, kind)
    assert code == 0 and said_of["changes"] == {"same": 1, "new": 1}
    path = tmp_path / "c.csv"
    path.write_text(text_of([good], head=head), encoding="utf-8")
    assert told(path, data, kind)[1]["changes"] == {"same": 1}
    assert told(path, data, kind)[1]["state"] == "unchanged"


def test_a_made_up_file_is_rejected_in_one_line(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text_of([["DỮ LIỆU GIẢ LẬP / SYNTHETIC DATA", "", "", "", ""], HEAD, task()], head=[]), "utf-8")
    done = CliRunner().invoke(app, asked(path, data, "tasks", "--language", "en"))
    assert done.exit_code == 1 and "--source synthetic-register" in done.stdout and done.stdout.count("\n") == 1
