"""Dates, deadlines, numbers and what contradicts itself: cases 59 to 74, and the account of every row."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from r57lib.data.tables import Tables
from r57lib.errors import Busy, WrongCall
from r57lib.ingest.answer import mend, note_text
from r57lib.ingest.deadlines import parse_due
from r57lib.ingest.kinds import TASKS
from r57lib.ingest.rows import Share, Unreadable
from r57lib.ingest.values import (
    Locale,
    SheetColumn,
    parse_choice,
    parse_code,
    parse_date,
    parse_decimal,
    parse_share,
    parse_text,
)
from r57lib.view.words import LANGUAGES, words_of
from tests.conftest import DATA, ROOT, call_r57
from tests.sheets import HEAD, SOURCE, Desk, bins, book_of, codes, said, task, text_of


@pytest.mark.parametrize(
    ("cell", "day", "repairs"),
    [
        ("01/02/2026", date(2026, 2, 1), ()),  # 60
        ("13/02/2026", date(2026, 2, 13), ()),  # 61
        ("1-2-2026", date(2026, 2, 1), ()),
        ("1.2.2026", date(2026, 2, 1), ()),
        ("2026-02-03", date(2026, 2, 3), ("R-DATE",)),  # 62
        ("5/2/26", date(2026, 2, 5), ("R-DATE",)),  # 64
        ("ngày 31 tháng 01 năm 2026", date(2026, 1, 31), ("R-DATE",)),
        ("2026-01-31T23:30:00Z", date(2026, 2, 1), ("R-DATE", "R-TIME")),  # 68
        ("31/01/2026 23:30 +07:00", date(2026, 1, 31), ("R-TIME",)),
        ("31/01/2026 8:30", date(2026, 1, 31), ("R-TIME",)),
        ("46000", date(2025, 12, 9), ("R-SERIAL",)),
        (46000.0, date(2025, 12, 9), ("R-SERIAL",)),
        (date(2026, 1, 31), date(2026, 1, 31), ()),
        (datetime(2026, 1, 31), date(2026, 1, 31), ()),
    ],
)
def test_a_date_has_one_reading(cell: Any, day: date, repairs: tuple[str, ...]) -> None:
    found, said_repairs = parse_date(cell)
    assert found == day and set(said_repairs) >= set(repairs) - {"R-DATE"}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("31/02/2026", "E-DATE-CALENDAR"), ("29/02/2026", "E-DATE-CALENDAR"), ("00/01/2026", "E-DATE-CALENDAR"),  # 59
        ("32/13/2026", "E-DATE-CALENDAR"), ("2026-13-01", "E-DATE-CALENDAR"),
        ("02/13/2026", "E-DATE-ORDER"),  # 63
        ("01/01/69", "E-DATE-YEAR"), ("01/01/2569", "E-DATE-YEAR"), ("01/01/0226", "E-DATE-YEAR"),  # 64, 65
        ("01/01/1900", "E-DATE-YEAR"), ("1900-01-00", "E-DATE-CALENDAR"),
        ("01/01/20226", "E-DATE"), ("mùng 5 Tết", "E-DATE"), ("226", "E-DATE"), ("١/٢/٢٠٢٦", "E-DATE"),
        (1.5, "E-DATE"), (20226.5, "E-DATE"), (True, "E-DATE"), (time(8), "E-DATE"), (12.0, "E-DATE"),
        ("31/01/2026 25:00", "E-DATE"),
    ],
)  # fmt: skip
def test_what_is_no_date_is_none(cell: Any, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_date(cell)
    assert caught.value.code == code


def test_one_date_with_its_month_first_makes_its_column_unclear(desk: Desk) -> None:
    """61, 63: 13/02 among 01/02 follows one rule; 02/13 leaves 01/02 open."""
    rows = [task("NV-1", deadline="01/02/2026"), task("NV-2", deadline="13/02/2026"), task("NV-3", deadline="5/5/2026")]
    assert bins(desk.take(text_of(rows))) == (3, 0, 0, 1)
    taken = desk.take(text_of([*rows, task("NV-4", deadline="02/13/2026")]))
    assert bins(taken) == (2, 0, 2, 1) and codes(taken) == ["W-DATE-ORDER", "E-DATE-ORDER", "E-DATE-ORDER"]
    assert [note.raw for note in taken.notes[1:]] == ["01/02/2026", "02/13/2026"]


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        ("Quý I/2026", "2026-Q1"), ("quý 4 năm 2026", "2026-Q4"), ("Q2/2026", "2026-Q2"), ("Quý III-2026", "2026-Q3"),
        ("Trong Quý IV/2025", "2025-Q4"), ("Trong tháng 01/2026", "2026-01"), ("Tháng 12 năm 2026", "2026-12"),
        ("01/2026", "2026-01"), ("năm 2026", "2026"), ("2026", "2026"), (2026.0, "2026"), ("Cuối năm 2025", "2025-end"),
        ("Cuối tháng 9/2025", "2025-09-late"), ("6 tháng đầu năm 2026", "2026-H1"), ("Trước 30/6/2026", "2026-06-29"),
        ("Trước ngày 30/6/2026", "2026-06-29"), ("31/12/2025", "2025-12-31"), (date(2026, 1, 31), "2026-01-31"),
        ("Thường xuyên", "regular"), ("Nhiệm vụ thường xuyên", "regular"), ("Hằng quý", "regular/quarter"),
        ("Hàng năm", "regular/year"), ("Định kỳ hằng tháng", "regular/month"), ("thuong xuyen", "regular"),
        ("30/6/2026 (dự thảo); Quý IV/2026", "2026-Q4"),
    ],
)  # fmt: skip
def test_a_deadline_is_a_period(cell: Any, period: str) -> None:
    """66."""
    assert parse_due(cell)[0] == period


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("30/6 (dự thảo); quý IV", "E-DEADLINE-TWO"), ("30/6/2026; 31/12/2026", "E-DEADLINE-TWO"),
        ("Quý IV", "E-DEADLINE"), ("Quý V/2026", "E-DEADLINE"), ("tháng 13/2026", "E-DEADLINE"), ("sớm", "E-DEADLINE"),
        ("Quý I/2126", "E-DATE-YEAR"), ("31/6/2026", "E-DATE-CALENDAR"), ("", "E-DEADLINE"),
    ],
)  # fmt: skip
def test_a_deadline_with_two_readings_goes_back(cell: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_due(cell)
    assert caught.value.code == code


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "column", "locale"),
    [
        ("53,3%", SheetColumn(), "vi"), ("53.3%", SheetColumn(), "vi"), ("53.3%", SheetColumn(), "en"),
        ("53,3 %", SheetColumn(), "vi"),
        ("0,533", SheetColumn(scale="share"), "vi"), ("0.533", SheetColumn(scale="share"), "vi"),
        ("53,3", SheetColumn(scale="percent"), "vi"), (0.533, SheetColumn(scale="share"), "vi"),
        (Share(0.533), SheetColumn(), "vi"),
    ],
)  # fmt: skip
def test_a_share_has_one_value(cell: Any, column: SheetColumn, locale: Locale) -> None:
    """69."""
    assert parse_share(cell, column, locale=locale)[0] == pytest.approx(0.533, abs=1e-12)


@pytest.mark.parametrize(
    ("cell", "column", "code"),
    [
        ("1", SheetColumn(), "E-PCT-ONE"), ("1,0", SheetColumn(scale="percent"), "E-PCT-ONE"),
        (1.0, SheetColumn(), "E-PCT-ONE"),
        ("53,3", SheetColumn(scale="mixed"), "E-PCT-SCALE"), ("0,5", SheetColumn(scale="mixed"), "E-PCT-SCALE"),
        ("150%", SheetColumn(), "E-PCT-RANGE"), ("-5%", SheetColumn(), "E-PCT-RANGE"),
        (Share(1.5), SheetColumn(), "E-PCT-RANGE"),
        ("trên 80%", SheetColumn(), "E-NUMBER"), ("~80%", SheetColumn(), "E-NUMBER"),
        (True, SheetColumn(), "E-PERCENT"),
    ],
)  # fmt: skip
def test_a_share_with_two_values_has_none(cell: Any, column: SheetColumn, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_share(cell, column, locale="vi")
    assert caught.value.code == code


def test_one_is_a_percent_where_the_heading_says_so(desk: Desk) -> None:
    assert parse_share("1", SheetColumn(declared=True), locale="vi")[0] == 0.01
    head = [*HEAD, "Tỷ lệ hoàn thành"]
    mixed = [[*task("NV-1"), "53,3"], [*task("NV-2"), "0,5"], [*task("NV-3"), "20%"]]
    taken = desk.take(text_of(mixed, head=head))
    assert bins(taken) == (1, 0, 2, 1) and codes(taken) == ["E-PCT-SCALE", "E-PCT-SCALE"]
    assert desk.rows()[0]["reported_share"] == "0.2"
    rows = [[*task("NV-4", done="30/12/2025"), ("%", 1.0)], [*task("NV-5"), ("%", 0.4)]]
    assert desk.take(book_of(desk.folder / "a.xlsx", rows, head=head)).state == "accepted"
    assert [row["reported_share"] for row in desk.rows()] == ["1", "0.4"]


@pytest.mark.parametrize(
    ("cell", "locale", "value"),
    [
        ("1.234", "vi", 1234), ("1,234", "en", 1234), ("1.234", "en", 1.234), ("1.234,5", "vi", 1234.5),
        ("1,234.5", "en", 1234.5), ("1 234", "vi", 1234), ("1’234", "en", 1234), ("-1.234.567,8", "vi", -1234567.8),
        ("1\u00a0234", "vi", 1234), ("12,5", "vi", 12.5), (1234.5, "vi", 1234.5), ("1234", "vi", 1234),
    ],
)  # fmt: skip
def test_a_number_follows_the_declared_locale(cell: Any, locale: Locale, value: float) -> None:
    """70."""
    assert parse_decimal(cell, locale=locale)[0] == value


@pytest.mark.parametrize(
    "cell", ["1.23.4", "1,234.5", "12 tỷ", "~100", "trên 80", "-", "x", "1.2345,6", "٣", "1.234 567", "", "1e5", True]
)
def test_what_is_no_number_is_not_zero(cell: Any) -> None:
    """70, 71."""
    with pytest.raises(Unreadable) as caught:
        parse_decimal(cell, locale="vi")
    assert caught.value.code == "E-NUMBER"


def test_both_conventions_in_one_column_leave_a_number_open() -> None:
    """70."""
    with pytest.raises(Unreadable) as caught:
        parse_decimal("1.234", SheetColumn(mixed=True), locale="vi")
    assert caught.value.code == "E-NUMBER-MIXED"


# --- what cannot be true at once -------------------------------------------------------------------------------------


def test_a_completion_is_neither_in_the_future_nor_before_its_task(desk: Desk) -> None:
    """67."""
    head = [*HEAD, "Ngày giao"]
    rows = [
        [*task("NV-1", done="01/02/2026"), "01/03/2025"],
        [*task("NV-2", done="01/02/2025"), "01/03/2025"],
        [*task("NV-3", done="01/03/2025"), "01/03/2025"],
    ]
    taken = desk.take(text_of(rows, head=head), reported_on="2026-01-31")
    assert bins(taken) == (1, 0, 2, 1) and codes(taken) == ["E-FUTURE", "E-BEFORE"]
    assert [note.hint for note in taken.notes if note.code[0] == "E"] == ["31/01/2026", "01/03/2025"]


def test_nothing_reported_is_missing_and_never_nought(desk: Desk) -> None:
    """71."""
    rows = [task("NV-1", done="-"), task("NV-2", done="chưa có"), task("NV-3", done="x"), task("NV-4", done="")]
    taken = desk.take(text_of(rows))
    assert bins(taken) == (1, 2, 1, 1) and codes(taken) == ["R-MISSING", "R-MISSING", "E-DONE-DAY"]
    assert [row["completed_date"] for row in desk.rows()] == ["", "", ""]


def test_a_row_that_stands_twice(desk: Desk) -> None:
    """73."""
    rows = [task("NV-1"), task("NV-2", "Hai"), task("NV-1"), task("NV-2", "Khác"), task("nv-2", "Nữa")]
    taken = desk.take(text_of(rows))
    assert bins(taken) == (0, 1, 3, 2) and taken.counts.reasons["N-TWICE"] == 1
    assert (said(taken, "R-TWICE").row, said(taken, "R-TWICE").hint) == (2, "4")
    assert [note.hint for note in taken.notes if note.code == "E-DUPLICATE"] == ["5, 6", "3, 6", "3, 5"]


def test_the_same_file_twice_changes_nothing_and_a_later_one_restates(desk: Desk) -> None:
    """73."""
    first = text_of([task("NV-1"), task("NV-2")])
    assert desk.take(first, reported_on="2025-12-31").changes == {"new": 2}
    before = [path.read_bytes() for path in sorted(desk.store.folder.rglob("*")) if path.is_file()]
    assert desk.take(desk.file(first, "other.csv"), reported_on="2025-12-31").state == "unchanged"
    assert [path.read_bytes() for path in sorted(desk.store.folder.rglob("*")) if path.is_file()] == before
    second = text_of([task("NV-1"), task("NV-2", done="30/12/2025"), task("NV-3")])
    taken = desk.take(second, reported_on="2026-01-31")
    assert taken.changes == {"same": 1, "restated": 1, "new": 1}
    assert taken.restatements == [{"key": "NV-2", "field": "completed_date", "before": "", "after": "2025-12-30"}]
    assert len(desk.store.entries()) == 2
    known = desk.store.newest(TASKS, "2025-12-31")
    assert set(known) == {"nv-1", "nv-2"} and known["nv-2"]["completed_date"] == ""
    assert desk.store.newest(TASKS, "2026-01-31")["nv-2"]["completed_date"] == "2025-12-30"


def test_agencies_and_provinces_by_any_of_their_names(desk: Desk) -> None:
    """74."""
    names = [
        "Bộ Khoa học và Công nghệ",
        "bo khoa hoc va cong nghe",
        "Bộ KH&CN",
        "Ministry of Science and Technology",
        "MOST",
    ]
    names += [
        "UBND tỉnh Hà Giang",
        "Tỉnh Tuyên Quang",
        "TP. Hồ Chí Minh",
        "UBND thành phố Đà Nẵng",
        "Bà Rịa – Vũng Tàu",
    ]
    taken = desk.take(text_of([task(f"NV-{n}", "a", name) for n, name in enumerate(names)]))
    assert taken.state == "accepted" and taken.counts.rows_read == 11
    assert [row["lead_agency"] for row in desk.rows()] == [
        *["MOST"] * 5, "province:08", "province:08", "province:79", "province:48", "province:79",
    ]  # fmt: skip
    assert {note.row for note in taken.notes if note.code == "R-PROVINCE"} == {7, 11}
    taken = desk.take(
        text_of([task("NV-a", "a", "Bộ Khoa học"), task("NV-b", "b", "Xứ Thanh"), task("NV-c", "c", "Bộ")])
    )
    assert bins(taken) == (0, 0, 3, 1) and codes(taken) == ["E-AGENCY"] * 3
    assert said(taken, "E-AGENCY").hint == "Bộ Khoa học và Công nghệ"


MINISTRIES = {"MND", "MPS", "MFA", "MOHA", "MOJ", "MOF", "MOIT", "MAE", "MOC", "MOCST", "MOST", "MOET", "MOH", "MEMR",
              "SBV", "GIV", "OOG"}  # fmt: skip
FORMER = {
    "Bộ Kế hoạch và Đầu tư": "MOF", "Bộ KH&ĐT": "MOF", "Bộ Kế hoạch & Đầu tư": "MOF", "bo giao thong van tai": "MOC",
    "Bộ NN&PTNT": "MAE", "BTNMT": "MAE", "Bộ Thông tin và Truyền thông": "MOST", "Bộ TT&TT": "MOST",
    "Bộ Lao động - Thương binh và Xã hội": "MOHA", "Ủy ban Dân tộc": "MEMR", "Ministry of Transport": "MOC",
}  # fmt: skip


def test_former_ministries_become_those_that_took_them_over(desk: Desk) -> None:
    """74: with the last day of the name; names of today stay as they are."""
    taken = desk.take(text_of([task(f"NV-{n}", "a", name) for n, name in enumerate(FORMER)]))
    assert taken.state == "accepted" and [row["lead_agency"] for row in desk.rows()] == list(FORMER.values())
    notes = [note for note in taken.notes if note.code == "R-AGENCY"]
    assert len(notes) == len(FORMER) and {note.hint for note in notes} == {"2025-02-28"}
    words = words_of(desk.tables["labels"], "en")
    assert note_text(notes[0], words).startswith("A former name, in use until 28 February 2025")
    names = [words_of(desk.tables["labels"], "vi")(f"agency.{code}") for code in sorted(MINISTRIES)]
    taken = desk.take(text_of([task(f"NV-{n}", "b", name) for n, name in enumerate(names)]))
    assert bins(taken) == (17, 0, 0, 1) and [row["lead_agency"] for row in desk.rows()] == sorted(MINISTRIES)


def test_a_comma_within_a_name_does_not_part_it(desk: Desk) -> None:
    head = [*HEAD, "Cơ quan phối hợp"]
    others = "Bộ Y tế, Bộ Văn hóa, Thể thao và Du lịch, Bộ Kế hoạch và Đầu tư; các bộ, ngành liên quan"
    assert desk.take(text_of([[*task(), others]], head=head)).state == "accepted"
    assert desk.rows()[0]["coordinating_agencies"] == "MOH;MOCST;MOF;group:Các bộ, ngành liên quan"


def test_every_former_name_has_a_day_and_a_source(real_tables: Tables) -> None:
    ministries = real_tables["agencies"].query("agency_kind == 'ministry'")
    assert set(ministries["agency_id"]) == MINISTRIES
    former = real_tables["agency_aliases"].dropna(subset=["valid_until"])
    assert len(former) > 15 and former["source_ids"].notna().all()


def test_statuses(desk: Desk) -> None:
    """74."""
    assert parse_choice("Đã hoàn thành", "status") == ("completed", ())
    assert parse_choice("Chưa thực hiện (trễ hạn)", "status")[0] == "not_started_late"
    head = [*HEAD, "Tình trạng", "Tỷ lệ hoàn thành (%)"]
    rows = [
        [*task("NV-1"), "gần xong", ""],
        [*task("NV-2"), "Hoàn thành", ""],
        [*task("NV-3", done="30/12/2025"), "Đang thực hiện", ""],
        [*task("NV-4"), "Đang thực hiện", "100"],
        [*task("NV-5", done="30/12/2025"), "Hoàn thành đúng hạn", "100"],
    ]
    taken = desk.take(text_of(rows, head=head))
    assert [code for code in codes(taken) if code[0] != "R"] == ["W-KEPT", "E-NOT-DATED", "E-NOT-DONE", "W-SHARE"]
    assert bins(taken)[2:] == (2, 1) and desk.rows()[0]["note"] == "Tình trạng: gần xong"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("Chưa hoàn thành", "in_progress"), ("chưa xong", "in_progress"), ("Chưa", "in_progress"),
        ("Không hoàn thành", "in_progress"), ("Not completed", "in_progress"), ("not done", "in_progress"),
        ("Chưa thực hiện", "not_started"), ("Not started", "not_started"),
        ("Chưa hoàn thành do vướng thủ tục", "in_progress"), ("Chưa thực hiện vì thiếu kinh phí", "not_started"),
    ],
)  # fmt: skip
def test_a_status_of_what_is_not_done_is_one_and_contradicts_a_day(desk: Desk, words: str, status: str) -> None:
    rows = [[*task("NV-1", done="30/12/2025"), words], [*task("NV-2"), words]]
    taken = desk.take(text_of(rows, head=[*HEAD, "Trạng thái"]))
    assert bins(taken)[2:] == (1, 1) and said(taken, "E-NOT-DONE")[1::5] == (2, "30/12/2025")
    assert [row["reported_status"] for row in desk.rows()] == [status]


def test_words_for_nothing_yet_are_empty_where_a_day_stands(desk: Desk) -> None:
    taken = desk.take(text_of([[*task("NV-1", done="Chưa hoàn thành"), "Không có"]], head=[*HEAD, "Trạng thái"]))
    assert codes(taken) == ["R-MISSING", "R-MISSING"] and desk.rows()[0]["reported_status"] == ""
    rows = [[*task(done="30/12/2025"), "Chưa hoàn thành đúng hạn"]]  # it may well be completed, and late
    assert codes(desk.take(text_of(rows, head=[*HEAD, "Trạng thái"]))) == ["W-KEPT"]


def test_a_status_of_in_time_or_late_agrees_with_deadline_and_day(desk: Desk) -> None:
    said_of = [
        ("31/12/2025", "01/01/2026", "Hoàn thành đúng hạn"), ("31/12/2025", "31/12/2025", "Hoàn thành đúng hạn"),
        ("Quý III/2025", "02/10/2025", "hoàn thành trước hạn"), ("Quý III/2025", "30/9/2025", "hoàn thành trước hạn"),
        ("31/12/2025", "31/12/2025", "Hoàn thành quá hạn"), ("31/12/2025", "01/01/2026", "Hoàn thành quá hạn"),
        ("Quý III/2025", "01/08/2025", "hoàn thành trễ hạn"), ("Thường xuyên", "01/08/2025", "hoàn thành trễ hạn"),
        ("31/12/2025", "01/01/2026", "Đã hoàn thành"),
    ]  # fmt: skip
    rows = [
        [*task(f"NV-{n}", f"Nội dung {n}", deadline=due, done=done), status]
        for n, (due, done, status) in enumerate(said_of)
    ]
    taken = desk.take(text_of(rows, head=[*HEAD, "Trạng thái"]))
    assert [(note.code, note.row, note.header) for note in taken.notes if note.code[0] == "E"] == [
        ("E-ON-TIME", 2, "Trạng thái"), ("E-ON-TIME", 4, "Trạng thái"), ("E-LATE", 6, "Trạng thái"),
        ("E-LATE", 8, "Trạng thái"),
    ]  # fmt: skip
    assert said(taken, "E-ON-TIME").hint == "01/01/2026 > 31/12/2025"
    for language in LANGUAGES:
        words = words_of(desk.tables["labels"], language)
        assert "31/12/2025" in note_text(said(taken, "E-LATE"), words) and mend(said(taken, "E-LATE"), words)


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "<script>alert(1)</script>", "javascript:alert(1)", "@SUM(1)"])
def test_what_looks_like_code_is_a_text(desk: Desk, text: str) -> None:
    """74."""
    assert desk.take(text_of([task("NV-1", text)])).state == "accepted"
    assert desk.rows()[0]["title"] == text


# --- the account of every row ----------------------------------------------------------------------------------------

CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "NV-1", "NV-2", "Bộ Y tế", "31/12/2025", "02/13/2026", "Quý I/2026", "Tổng cộng", "I.", "-"]
    ),
    st.text(max_size=12),
    st.sampled_from(["B¶o Th¾ng", "NV\u200b-1", "1,5", "#REF!", '"', "a;b", *HEAD]),
)


@pytest.mark.whole
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=0, max_size=7), max_size=12), pad=st.booleans())
def test_rows_in_are_the_sum_of_the_bins(
    real_tables: Tables, tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], pad: bool
) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"), real_tables)
    cells = [[*row, *[""] * (5 - len(row))][:5] for row in rows] if pad else rows
    content = text_of([task("NV-0"), *cells])
    seen: list[int] = []
    taken = desk.take(
        content.encode("utf-8", "surrogatepass"), binned=lambda made: seen.extend([made.counts.rows_read])
    )
    if taken.state == "rejected":
        assert desk.store.entries() == []
        return
    physical = sum(1 for _ in csv.reader(io.StringIO(content, newline="")))
    assert taken.counts.rows_read == physical == sum(bins(taken))
    assert len(desk.rows()) == sum(bins(taken)[:2])
    marked = {note.row for note in taken.notes if note.code[0] == "E"}
    assert len(marked) == bins(taken)[2]


ODD = st.one_of(
    st.text(max_size=20),
    st.text("0123456789/-.,:; ()%QIVquýtháng", max_size=16),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.timedeltas(),
    st.floats().map(Share),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(cell=ODD, month_first=st.booleans(), scale=st.sampled_from(["", "share", "percent", "mixed"]))
def test_any_cell_has_a_value_or_a_reason(cell: Any, month_first: bool, scale: Any) -> None:
    column = SheetColumn(month_first=month_first, scale=scale)
    for parse in (
        parse_code,
        parse_text,
        partial(parse_choice, name="status"),
        lambda value: parse_date(value, column),
        lambda value: parse_due(value, column),
        lambda value: parse_decimal(value, column, locale="vi"),
        lambda value: parse_share(value, column, locale="en"),
    ):
        try:
            parse(cell)
        except Unreadable as error:
            assert error.code.startswith("E-")


def test_every_code_has_its_sentences(real_tables: Tables) -> None:
    """In both languages; an error also says how it is mended."""
    folder = ROOT / "r57lib" / "ingest"
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    used = set(re.findall(r'"([ERW]-[A-Z0-9-]+)"', source))
    assert len(used) > 70
    for language in LANGUAGES:
        words = words_of(real_tables["labels"], language)
        for code in used:
            assert words.has(f"ingest.{code}"), code
            assert code[0] != "E" or words.has(f"ingest.{code}.mend"), code


# --- the command -----------------------------------------------------------------------------------------------------


def asked(path: Path, data: Path, *more: str) -> list[str]:
    given = {"--kind": "tasks", "--source": SOURCE, "--reported-on": "2026-01-31", "--data": str(data)}
    for name, value in zip(more[::2], more[1::2], strict=True):
        given[name] = value
    return ["ingest", str(path), *(text for pair in given.items() for text in pair)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("ingested")))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--source", "baomoi-june-2052"), "unknown source 'baomoi-june-2052'; did you mean 'baomoi-june-2025'?"),
        (("--reported-on", "2099-01-01"), "--reported-on 2099-01-01 is in the future"),
        (("--reported-on", "31/01/2026"), "--reported-on: '31/01/2026' is not a day; write it as 2025-11-30"),
        (("--kind", "task"), "unknown kind of file 'task'; did you mean 'tasks'?"),
        (("--locale", "fr"), "unknown locale 'fr'"),
        (("--format", "yaml"), "unknown format 'yaml'"),
    ],
)
def test_a_wrong_call_is_one_line(tmp_path: Path, data: Path, more: tuple[str, str], message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text_of([task()]), encoding="utf-8")
    done = call_r57(*asked(path, data, *more))
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("r57: error: ") and message in done.stderr and done.stderr.count("\n") == 1
    assert not (data / "ingested").exists()


def test_a_folder_and_a_file_that_is_not_there(tmp_path: Path, data: Path) -> None:
    for path, message in ((tmp_path, "is a folder; name the files in it"), (tmp_path / "no.csv", "cannot be read")):
        done = call_r57(*asked(path, data))
        assert done.returncode == 2 and message in done.stderr and done.stderr.count("\n") == 1


def test_people_read_counts_and_programs_json(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        text_of([task("NV-1"), task("NV-2", deadline="31/02/2026"), ["Tổng cộng", "3", "", "", ""]]), encoding="utf-8"
    )
    done = call_r57(*asked(path, data, "--language", "en"))
    assert done.returncode == 1 and done.stderr == ""
    counts = ("1  rows accepted", "1  rows to be mended", "2  rows without data", "4  rows read")
    wrong = "D3 (Thời hạn): “31/02/2026”: The calendar has no such day."
    for line in (*counts, wrong, "To be mended: a.errors.xlsx"):
        assert line in done.stdout
    assert (tmp_path / "a.errors.xlsx").exists()
    done = call_r57(*asked(path, data), "--format", "json", "--dry-run")
    assert json.loads(done.stdout)[0]["state"] == "unchanged" and done.returncode == 0
    path.write_text(text_of([task("NV-3", deadline="31/02/2026"), task("NV-4")]), encoding="utf-8")
    done = call_r57(*asked(path, data), "--format", "json", "--dry-run")
    told = json.loads(done.stdout)[0]
    assert (told["rows_read"], told["accepted"], told["repaired"], told["quarantined"], told["non_data"]) == (
        3,
        1,
        0,
        1,
        1,
    )
    assert told["findings"][0]["code"] == "E-DATE-CALENDAR" and told["findings"][0]["column"] == "D"
    assert told["findings"][0]["why"]["vi"] == "Lịch không có ngày này."
    assert len(list((data / "ingested").glob("0*"))) == 1
    twice = [task("NV-5", lead="Bộ Lạ"), task("NV-6", lead="bộ  lạ"), task("NV-7", lead="Bộ Khác")]
    path.write_text(text_of(twice), encoding="utf-8")
    told = json.loads(call_r57(*asked(path, data), "--format", "json", "--dry-run").stdout)[0]
    assert [(each["raw"], each["rows"]) for each in told["findings"]] == [("Bộ Lạ", [2, 3]), ("Bộ Khác", [4])]


def test_a_dry_run_leaves_no_trace(desk: Desk) -> None:
    taken = desk.take(text_of([task()]), dry_run=True)
    assert taken.state == "accepted" and bins(taken) == (1, 0, 0, 1) and taken.changes == {"new": 1}
    assert not desk.store.folder.exists()


def test_one_at_a_time(desk: Desk) -> None:
    with desk.store.alone(), pytest.raises(Busy, match="files are being taken in already"):
        desk.take(text_of([task()]))


def test_a_wrong_call_takes_no_file_in(desk: Desk) -> None:
    with pytest.raises(WrongCall):
        desk.take(text_of([task()]), kind="observation")
    assert not desk.store.folder.exists()
