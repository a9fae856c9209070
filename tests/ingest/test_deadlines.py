"""Deadlines and days as they stand in the tables of senders: one reading is read, two go back with both."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from r57lib.data.periods import parse_period
from r57lib.ingest.answer import mend
from r57lib.ingest.deadlines import BOUNDS, parse_done, parse_due, parse_measured
from r57lib.ingest.rows import Note, Unreadable
from r57lib.ingest.values import PLAIN, SheetColumn, parse_date
from r57lib.view.words import words_of
from tests.sheets import HEAD, Desk, bins, codes, said, task, text_of

PERIODS = {
    "30/6/2026": "2026-06-30", "ngày 01/01/2026": "2026-01-01", "tháng 6/2026": "2026-06", "3/2026": "2026-03",
    "quý I/2026": "2026-Q1", "năm 2026": "2026", "6 tháng cuối năm 2026": "2026-H2",
    "đầu tháng 2/2028": "2028-02-early",
    "giai đoạn 2026-2030": "2026/2030",
}  # fmt: skip


@pytest.mark.parametrize("words", [word for words in BOUNDS.values() for word in words])
@pytest.mark.parametrize("written", PERIODS)
def test_a_bound_holds_at_both_ends_of_a_period(words: str, written: str) -> None:
    """Until a period is until its last day; before it, until the day before its first."""
    period = parse_period(PERIODS[written])
    found, repairs = parse_due(f"{words} {written}")
    if words in BOUNDS["before"]:
        assert date.fromisoformat(found) == period.start - timedelta(days=1) and repairs == ("R-BEFORE",)
    else:
        assert found == PERIODS[written] and parse_period(found).end == period.end and repairs == ()
    assert parse_due(f"Hoàn thành {words} {written}")[0] == found == parse_due(f"{words.upper()}  {written}")[0]


@pytest.mark.parametrize("written", PERIODS)
@pytest.mark.parametrize("words", ["không trước", "không đến", "trước sau", "từ", "sau", "kể từ"])
def test_words_that_bound_otherwise_go_back(words: str, written: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_due(f"{words} {written}")
    assert caught.value.code in ("E-DEADLINE", "E-DEADLINE-OPEN", "E-DEADLINE-OTHER")


@pytest.mark.parametrize("words", [*BOUNDS["until"], *BOUNDS["before"]])
def test_a_figure_has_no_deadline(words: str) -> None:
    """But it may be as of a day: `đến hết quý III/2025` is the state at its end."""
    text = f"{words} quý III/2025"
    if words in ("đến", "đến hết", "tới"):
        assert parse_measured(text)[0] == "2025-Q3"
        return
    with pytest.raises(Unreadable, match="E-PERIOD"):
        parse_measured(text)
    assert parse_measured("trong quý III/2025")[0] == "2025-Q3"


@pytest.mark.parametrize(
    ("cell", "period", "repairs"),
    [
        ("T6/2025", "2025-06", ""), ("T.6/2025", "2025-06", ""), ("Th6 2025", "2025-06", ""),
        ("2025-06", "2025-06", ""),
        ("Tháng \n 01/ 2026", "2026-01", ""), ("Quý II-III/2025", "2025-Q2/2025-Q3", ""),
        ("Quý II – Quý III năm 2025", "2025-Q2/2025-Q3", ""), ("Quý IV/2025 - Quý I/2026", "2025-Q4/2026-Q1", ""),
        ("Giai đoạn 2025-2026", "2025/2026", ""), ("2025-2030", "2025/2030", ""), ("2025 đến 2030", "2025/2030", ""),
        ("Đầu quý II/2025", "2025-04", ""), ("Giữa quý II/2025", "2025-05", ""), ("Cuối quý II/2025", "2025-06", ""),
        ("Từ tháng 6 đến tháng 8/2025", "2025-06/2025-08", ""), ("từ tháng 6-8/2025", "2025-06/2025-08", ""),
        ("Tháng 12/2025 - tháng 1/2026", "2025-12/2026-01", ""), ("6-7/6/2025", "2025-06-06/2025-06-07", ""),
        ("30/6/2025 (dự kiến)", "2025-06-30", "R-REMARK"), ("30/6/2025 (QĐ 12/2025/QĐ-TTg)", "2025-06-30", "R-REMARK"),
        ("Quý II/2025 (dự kiến)", "2025-Q2", "R-REMARK"), ("30-6/2025", "2025-06-30", "R-DATE"),
        ("30/6-2025", "2025-06-30", "R-DATE"), ("Ngày 30 tháng 6/2025", "2025-06-30", "R-DATE"),
        ("Thường xuyên hằng năm", "regular/year", ""), ("Thường xuyên, hàng quý", "regular/quarter", ""),
        ("Định kỳ theo tháng", "regular/month", ""), ("June 2025", "2025-06", ""), ("30 June 2025", "2025-06-30", ""),
        ("by June 30, 2025", "2025-06-30", ""), ("H1 2025", "2025-H1", ""), ("end of 2025", "2025-end", ""),
    ],
)  # fmt: skip
def test_a_deadline_in_the_wild(cell: str, period: str, repairs: str) -> None:
    assert parse_due(cell) == (period, tuple(repairs.split()))
    if not period.startswith("regular"):
        parse_period(period)


@pytest.mark.parametrize(
    ("cell", "code", "hint"),
    [
        ("6-7/2025", "E-DEADLINE", "6/7/2025; 6/2025 – 7/2025"),
        ("10-11/2026", "E-DEADLINE", "10/11/2026; 10/2026 – 11/2026"),
        ("1/2-2026", "E-DEADLINE", "1/2/2026; 1/2026 – 2/2026"),
        ("1.2/2026", "E-DEADLINE", "1/2/2026; 1/2026 – 2/2026"),
        ("12-1/2026", "E-DEADLINE", "12/1/2026; 12/2025 – 1/2026"),
        ("6–7/2025", "E-DEADLINE", "6/7/2025; 6/2025 – 7/2025"),
        ("Tháng 6-7/2025", "E-DEADLINE", "6/7/2025; 6/2025 – 7/2025"),
        ("Đầu năm 2026", "E-DEADLINE", "1/2026; 1/2026 – 3/2026"),
        ("2025 và những năm tiếp theo", "E-DEADLINE-OPEN", ""), ("Từ quý I/2026", "E-DEADLINE-OPEN", ""),
        ("Từ năm 2025 trở đi", "E-DEADLINE-OPEN", ""), ("45 ngày kể từ ngày ban hành", "E-DEADLINE-OTHER", ""),
        ("10 ngày làm việc sau khi có ý kiến", "E-DEADLINE-OTHER", ""), ("Theo tiến độ chung", "E-DEADLINE-OTHER", ""),
        ("Quý II và Quý III/2025", "E-DEADLINE", ""), ("30/6/2025 (gia hạn đến 31/12/2025)", "E-DEADLINE", ""),
        ("30/6/2025 (trước tháng 5)", "E-DEADLINE", ""), ("12/2026 báo cáo kết quả", "E-DEADLINE", ""),
        ("Trước cuối năm 2025", "E-DEADLINE", "30/11/2025; 31/12/2025"),
        ("before the end of June 2025", "E-DEADLINE", "20/06/2025; 30/06/2025"), ("2025-06/07", "E-DEADLINE", ""),
        ("trước cuối quý II/2025", "E-DEADLINE", "31/05/2025; 30/06/2025"), ("2025/6-7", "E-DEADLINE", ""),
        ("2030-2025", "E-DEADLINE", ""), ("Quý III-II/2025", "E-DEADLINE", ""), ("30/6", "E-DEADLINE", ""),
        ("15/6/2025\n30/6/2025", "E-DEADLINE-TWO", ""), ("31-6/2025", "E-DATE-CALENDAR", ""),
    ],
)  # fmt: skip
def test_a_deadline_in_the_wild_goes_back(cell: str, code: str, hint: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_due(cell)
    assert (caught.value.code, caught.value.hint) == (code, hint)


OF_2025 = SheetColumn(year=2025)


@pytest.mark.parametrize(
    ("cell", "period"),
    [("30/6", "2025-06-30"), ("Quý II", "2025-Q2"), ("Tháng 6", "2025-06"), ("trước 30/6", "2025-06-29"),
     ("Cuối quý II", "2025-06"), ("30/6/2024", "2024-06-30"), ("Thường xuyên", "regular")],
)  # fmt: skip
def test_a_heading_may_name_the_year(cell: str, period: str) -> None:
    assert parse_due(cell, OF_2025)[0] == period


@pytest.mark.parametrize("cell", ["6", "6-7", "sớm", "31/6", "30/6/2024; 30/7/2024", "2/13"])
def test_a_heading_with_a_year_makes_nothing_of_other_cells(cell: str) -> None:
    with pytest.raises(Unreadable):
        parse_due(cell, OF_2025)


def test_the_year_of_a_heading_is_that_of_its_column_alone(desk: Desk) -> None:
    head = [*HEAD[:3], "Thời hạn năm 2025", "Ngày hoàn thành"]
    taken = desk.take(text_of([task("NV-1", deadline="30/6"), task("NV-2", deadline="30/6", done="1/5")], head=head))
    assert bins(taken) == (0, 1, 1, 1) and desk.rows()[0]["deadline"] == "2025-06-30"
    assert codes(taken) == ["R-YEAR", "R-YEAR", "E-DATE"] and said(taken, "E-DATE").raw == "1/5"
    head[4] = "Ngày hoàn thành (2025)"
    taken = desk.take(text_of([task("NV-2", deadline="30/6", done="1/5")], head=head))
    assert desk.rows()[0]["completed_date"] == "2025-05-01"


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["6-7/2025", "10-11/2026", "1/2-2026", "1.2-2026", "5-6/25"])
def test_mixed_signs_may_join_two_months_in_any_column(desk: Desk, cell: str) -> None:
    """The sender is told both readings, in each column of days."""
    with pytest.raises(Unreadable) as caught:
        parse_date(cell)
    assert caught.value.code == "E-DATE" and ";" in caught.value.hint
    note = Note("E-DATE", hint=caught.value.hint)
    assert caught.value.hint in mend(note, words_of(desk.tables["labels"], "vi"))
    with pytest.raises(Unreadable, match="E-PERIOD"):
        parse_measured(cell)


@pytest.mark.parametrize(
    ("cell", "day"),
    [("ngày 15/5/2025", "2025-05-15"), ("15/5/2025 (QĐ 12)", "2025-05-15"),
     ("Ngày 15/5/2025 (CV số 45/BYT-VP)", "2025-05-15"),
     ("15-5/2025", "2025-05-15"), ("15/5/2025", "2025-05-15"), (date(2025, 5, 15), "2025-05-15")],
)  # fmt: skip
def test_a_day_of_completion_in_the_wild(cell: Any, day: str) -> None:
    assert parse_done(cell)[0].isoformat() == day


@pytest.mark.parametrize(
    ("cell", "code", "hint"),
    [
        ("x", "E-DONE-DAY", ""), ("Đã hoàn thành", "E-DONE-DAY", ""), ("✓", "E-DONE-DAY", ""),
        ("7 trường hợp", "E-DATE", ""),
        ("Tháng 5/2025", "E-DONE-PERIOD", "01/05/2025 – 31/05/2025"),
        ("Quý I/2025", "E-DONE-PERIOD", "01/01/2025 – 31/03/2025"),
        ("15/5/2025 (thay cho 10/5/2025)", "E-DATE", ""), ("15/5/2025 (chưa hoàn thành, lùi)", "E-DATE", ""),
        ("6-7/2025", "E-DATE", "6/7/2025; 6/2025 – 7/2025"), ("thường xuyên", "E-DATE", ""),
    ],
)  # fmt: skip
def test_a_completion_without_its_day_goes_back(cell: str, code: str, hint: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_done(cell, PLAIN)
    assert (caught.value.code, caught.value.hint) == (code, hint)
