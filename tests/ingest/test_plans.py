"""Tables of tasks as they are really sent: plans without codes, free texts, groups, ends of tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from r57lib.errors import WrongCall
from r57lib.ingest.answer import as_data, lines, note_text, write_errors
from r57lib.ingest.heading import field_of
from r57lib.ingest.kinds import TASKS
from r57lib.ingest.rows import SUMMARIES
from r57lib.ingest.values import parse_choice
from r57lib.view.words import LANGUAGES, words_of
from tests.sheets import HEAD, Desk, bins, book_of, codes, said, task, text_of

PLAN = ["TT", "Nội dung công việc", "Đơn vị thực hiện", "Cơ quan phối hợp", "Sản phẩm", "Thời gian hoàn thành"]


def job(number: Any, title: str = "", lead: str = "", deadline: str = "", product: str = "") -> list[Any]:
    """A row of a plan without codes."""
    return [number, title, lead, "", product, deadline]


FIRST = [
    job("I", "Thể chế"), job(1, "Xây dựng nghị định", "Bộ Y tế", "6/2025"), job(2, "Sửa luật", "Bộ Công an",
    "Quý IV/2025"),
    job("II", "Hạ tầng"), job(1, "Mở rộng mạng", "Bộ Y tế", "năm 2025", "Báo cáo"),
]  # fmt: skip


def versions(desk: Desk, *plans: list[list[Any]], **asked: Any) -> list[dict[str, str]]:
    """Take versions of a plan in; the title of each code in the newest."""
    found = []
    for day, plan in zip(("2025-05-31", "2025-06-30", "2025-07-31"), plans, strict=False):
        desk.take(text_of(plan, head=PLAN), reported_on=day, **asked)
        found.append({row["task_id"]: row["title"] for row in desk.rows()})
    return found


def test_a_plan_has_neither_codes_nor_completions(desk: Desk) -> None:
    taken = desk.take(text_of(FIRST, head=PLAN), code_prefix="KH02")
    assert bins(taken) == (3, 0, 0, 3) and taken.counts.reasons == {"N-HEADER": 1, "N-SECTION": 2}
    assert codes(taken) == ["R-COLUMN", "W-PLAN"] and said(taken, "W-PLAN").hint == "KH02"
    rows = desk.rows()
    assert [row["task_id"] for row in rows] == ["KH02-I.1", "KH02-I.2", "KH02-II.1"]
    assert [row["section"] for row in rows] == ["I Thể chế", "I Thể chế", "II Hạ tầng"]
    assert [row["deadline"] for row in rows] == ["2025-06", "2025-Q4", "2025"]
    assert not any(row["completed_date"] for row in rows) and rows[2]["other_columns"] == "Sản phẩm: Báo cáo"


def test_codes_without_a_prefix_begin_with_the_source_and_use_a_numbering_that_runs_on(desk: Desk) -> None:
    rows = [job("I", "Thể chế"), job("1.", "Một", "Bộ Y tế", "2025"), job("", "Hai", "Bộ Y tế", "2025"), job("II",
    "Hạ tầng"),
            job(2, "Ba", "Bộ Y tế", "2025")]  # fmt: skip
    desk.take(text_of(rows, head=PLAN))
    first, second, third = (row["task_id"].removeprefix("baomoi-june-2025-") for row in desk.rows())
    assert (first, third) == ("1", "2") and len(second) == 6
    with pytest.raises(WrongCall, match="--code-prefix"):
        desk.take(text_of(rows, head=PLAN), code_prefix="KH 02/")


def test_a_task_keeps_its_code_wherever_it_stands_in_the_next_version(desk: Desk) -> None:
    """Known by title and lead in any spelling; a new one between the others takes nobody's code."""
    second = [
        job(1, "Việc mới", "Bộ Y tế", "2026"), job(2, "XÂY DỰNG nghị định", "BYT", "30/6/2025"),
        job(3, "Sửa luật", "Bộ Công an", "Quý IV/2025"), job(4, "Mở rộng mạng", "Bộ Y tế", "năm 2025"),
    ]  # fmt: skip
    old, new = versions(desk, [row for row in FIRST if row[2]], second, code_prefix="KH")
    by_title = {title.casefold(): code for code, title in old.items()}
    assert {title.casefold(): code for code, title in new.items()}.items() >= by_title.items()
    assert len(new) == 4 and len(set(new) - set(old)) == 1
    assert len(set(desk.versions()["task_id"])) == 4


def test_a_changed_title_is_shown_and_never_merged(desk: Desk) -> None:
    old = [job(1, "Xây dựng nghị định", "Bộ Y tế", "6/2025"), job(2, "Sửa luật", "Bộ Công an", "2025")]
    versions(desk, old, code_prefix="KH")
    taken = desk.take(text_of([job(1, "Trình nghị định", "Bộ Y tế", "6/2025"), old[1]], head=PLAN), code_prefix="KH")
    note = said(taken, "W-TITLE")
    assert note.row == 2 and note.hint == "Xây dựng nghị định (KH-1)" and taken.changes == {"new": 1, "same": 1}
    assert "Xây dựng nghị định" in note_text(note, words_of(desk.tables["labels"], "vi"))
    ids = [row["task_id"] for row in desk.rows()]
    assert ids[0].startswith("KH-1-") and ids[1] == "KH-2"
    # the same title under another lead is another task; a prefix of another programme knows none of these
    taken = desk.take(text_of([job(2, "Sửa luật", "Bộ Y tế", "2025"), *old[1:]], head=PLAN), code_prefix="KH")
    assert taken.changes == {"new": 1, "same": 1} and "W-TITLE" not in codes(taken)
    assert desk.take(text_of(old, head=PLAN), code_prefix="NQ").changes == {"new": 2}
    assert desk.take(text_of(old, head=PLAN), code_prefix="NQ").state == "unchanged"
    assert desk.take(text_of(old, head=PLAN), code_prefix="CT").changes == {"new": 2}


def test_a_task_that_stands_twice_in_a_plan(desk: Desk) -> None:
    rows = [job(1, "Một", "Bộ Y tế", "2025"), job(2, "Hai", "Bộ Y tế", "2025"), job(3, "Một", "Bộ Y tế", "2026"),
            job(4, "Hai", "BYT", "2025")]  # fmt: skip
    taken = desk.take(text_of(rows, head=PLAN))
    assert bins(taken) == (1, 0, 3, 1) and [note.row for note in taken.notes if note.code == "E-DUPLICATE-TASK"] == [
        2,
        4,
        5,
    ]
    taken = desk.take(text_of([rows[0], job(1, "Một", "Bộ Y tế", "2025")], head=PLAN))
    assert bins(taken) == (0, 1, 0, 2) and taken.counts.reasons["N-TWICE"] == 1


def test_a_plan_takes_no_completion_away(desk: Desk) -> None:
    """It says nothing of it; a list with an empty cell does."""
    desk.take(text_of([task("NV-1", done="30/11/2025"), task("NV-2")]), reported_on="2025-12-31")
    head = [name for name in HEAD if name != "Ngày hoàn thành"]
    taken = desk.take(text_of([task("NV-1")[:4], task("NV-2")[:4]], head=head))
    assert taken.changes == {"same": 2} and said(taken, "W-COMPLETED").row == 2
    assert [row["completed_date"] for row in desk.rows()] == ["2025-11-30", ""]
    assert desk.take(text_of([task("NV-1"), task("NV-2", "Khác")])).changes == {"restated": 2}


@pytest.mark.parametrize(
    ("name", "missing"),
    [("Mã NVụ", "Mã nhiệm vụ"), ("Số hiệu", "Mã nhiệm vụ"), ("Code no.", "Mã nhiệm vụ"), ("Ngày HT", "Ngày hoàn thành"),
     ("Thời điểm hoàn thành thực tế", "Ngày hoàn thành"), ("Đã hoàn thành", "Ngày hoàn thành")],
)  # fmt: skip
def test_a_column_that_may_be_one_of_ours_is_not_kept_aside(desk: Desk, name: str, missing: str) -> None:
    """Codes or completions under a heading that nobody knows would be lost."""
    rejected = desk.take(text_of([[*job(1, "Một", "Bộ Y tế", "2025"), "x"]], head=[*PLAN, name])).rejected
    assert rejected is not None and rejected.code == "E-COLUMNS"
    assert rejected.values["columns"] == f"{missing} (≈ {name}?)"


@pytest.mark.parametrize(
    "name", ["Mã đơn vị", "Mã lĩnh vực", "Ngày ban hành", "Sản phẩm hoàn thành", "Kinh phí", "Mạng"]
)
def test_another_column_is_kept_aside(desk: Desk, name: str) -> None:
    assert desk.take(text_of([[*job(1, "Một", "Bộ Y tế", "2025"), "x"]], head=[*PLAN, name])).state == "accepted"
    assert f"{name}: x" in desk.rows()[0]["other_columns"]


# --- words in columns of values --------------------------------------------------------------------------------------


def test_a_free_text_in_a_column_that_is_not_needed_costs_no_row(desk: Desk) -> None:
    head = [*HEAD, "Kết quả thực hiện", "Tiến độ", "Cơ quan phối hợp", "Ngày giao", "Ghi chú"]
    rows = [
        [
            *task("NV-1"),
            "Đã trình dự thảo lần 2",
            "Đang lấy ý kiến",
            "Sở Thử nghiệm; Bộ Công an",
            "từ năm ngoái",
            "Chú ý",
        ],
        [*task("NV-2"), "Đang thực hiện; chờ ý kiến\nBộ Tư pháp", "40%", "Bộ Công an", "01/04/2025", ""],
        [*task("NV-3"), "Hoàn thành dự thảo", "", "", "", ""],
    ]
    taken = desk.take(text_of(rows, head=head))
    assert bins(taken) == (3, 0, 0, 1) and codes(taken) == [
        "W-KEPT",
        "W-KEPT",
        "W-KEPT-PART",
        "W-KEPT",
        "W-KEPT-PART",
        "W-KEPT",
    ]
    first, second, third = desk.rows()
    assert first["coordinating_agencies"] == "MPS" and first["reported_status"] == first["assigned_date"] == ""
    assert first["note"] == (
        "Chú ý; Kết quả thực hiện: Đã trình dự thảo lần 2; Tiến độ: Đang lấy ý kiến; Cơ quan phối hợp: Sở Thử nghiệm; "
        "Bộ Công an; Ngày giao: từ năm ngoái"
    )
    assert (second["reported_status"], second["reported_share"]) == ("in_progress", "0.4")
    assert (
        second["note"] == "Kết quả thực hiện: Đang thực hiện; chờ ý kiến Bộ Tư pháp" and third["reported_status"] == ""
    )


def test_a_value_with_two_readings_goes_back_from_such_a_column_too(desk: Desk) -> None:
    """Ambiguous figures and days, errors of the spreadsheet, and completion without its day."""
    head = [*HEAD, "Kết quả thực hiện", "Tiến độ", "Ngày giao"]
    rows = [[*task("NV-1"), "", "1", ""], [*task("NV-2"), "", "150%", ""], [*task("NV-3"), "", "", "6-7/2025"],
            [*task("NV-4"), "", "", "31/02/2025"], [*task("NV-5"), "Hoàn thành; QĐ số 12", "", ""],
            [*task("NV-6"), ("=1/0", "#DIV/0!"), "", ""]]  # fmt: skip
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows, head=head))
    errors = [code for code in codes(taken) if code[0] == "E"]
    assert bins(taken) == (0, 0, 6, 1)
    assert errors == ["E-PCT-ONE", "E-PCT-RANGE", "E-DATE", "E-DATE-CALENDAR", "E-NOT-DATED", "E-CELL-ERROR"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Hoàn thành 100%", "completed"), ("Đúng tiến độ", "in_progress"), ("Đang trình", "in_progress"),
        ("Tạm dừng", "paused"),
        ("Chưa đến hạn", "in_progress"), ("Pending", "pending"), ("Đang thực hiện, đã họp", "in_progress"),
        ("Quá hạn: chờ vốn", "overdue"),
        ("Hoàn thành dự thảo", None), ("Chưa có hoàn thành", None), ("Đã trình", None), ("", None),
    ],
)  # fmt: skip
def test_a_status_or_the_status_that_a_text_begins_with(words: str, code: str | None) -> None:
    from r57lib.ingest.rows import Unreadable

    try:
        found = parse_choice(words, "status")[0]
    except Unreadable as error:
        found = error.part
    assert found == code


# --- groups, merges and the end of a table ---------------------------------------------------------------------------


def test_rows_of_groups_are_sections_whatever_their_code(desk: Desk) -> None:
    head = ["STT", *HEAD]
    rows = [["I", "N01", "THỂ CHẾ"], [1, *task("NV-01")], ["II", "", "DỮ LIỆU"], ["A.", "N02",
    "Dùng chung"], [2, *task("NV-02")],
            ["III", "NV-03", "Có cơ quan", "Bộ Y tế"]]  # fmt: skip
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows, head=head))
    assert bins(taken) == (2, 0, 1, 4) and taken.aside["N-SECTION"] == [(2, 2), (4, 5)]
    assert [row["section"] for row in desk.rows()] == ["I N01 THỂ CHẾ", "A. N02 Dùng chung"]


def test_a_deadline_that_is_merged_over_tasks_is_that_of_each(desk: Desk) -> None:
    rows = [task("NV-1", deadline="Quý I/2026"), *(task(f"NV-{number}", deadline="") for number in (2, 3, 4))]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows, merge=["D2:D4"]))
    assert bins(taken) == (1, 2, 1, 1) and [note.row for note in taken.notes if note.code == "R-MERGED"] == [3, 4]
    assert [row["deadline"] for row in desk.rows()] == ["2026-Q1"] * 3 and said(taken, "E-REQUIRED").row == 5


LAST = [["12", "", "Việc cuối", "", "", ""], ["12", "", "Việc cuối", "Bộ Y tế", "", ""], ["", "", "Việc cuối",
"Bộ Y tế", "2026", ""],
        ["13.", "", "Việc cuối", "", "2026", ""], ["", "NV-9", "Việc cuối", "", "", ""], ["", "", "Việc cuối", "",
         "2026", ""]]  # fmt: skip


@pytest.mark.parametrize("last", LAST)
def test_a_last_row_without_its_code_is_no_footer(desk: Desk, last: list[str]) -> None:
    """It goes back to be mended, as it would from any other place."""
    head = ["STT", *HEAD]
    for rows in ([["1", *task("NV-1")], last], [["1", *task("NV-1")], last, ["2", *task("NV-2")]]):
        taken = desk.take(text_of(rows, head=head))
        assert bins(taken) == (len(rows) - 1, 0, 1, 1), rows


FOOTERS = [["", "", "", "", "NGƯỜI LẬP BIỂU", ""], ["", "Nơi nhận:", "", "", "", ""], ["", "",
"Hà Nội, ngày 5 tháng 1 năm 2026", "", "", ""],
           ["", "NGƯỜI LẬP", "KT. BỘ TRƯỞNG", "", "", ""], ["Ghi chú: số liệu tạm tính", "", "", "", "",
            ""]]  # fmt: skip


@pytest.mark.parametrize("footer", FOOTERS)
def test_what_stands_below_the_table_is_set_aside_with_its_reason(desk: Desk, footer: list[str]) -> None:
    taken = desk.take(text_of([["1", *task("NV-1")], [""] * 6, footer], head=["STT", *HEAD]))
    assert bins(taken) == (1, 0, 0, 3) and taken.aside["N-BLANK"] == [(3, 3)]
    reason = next(name for name in taken.aside if name.startswith("N-FOOT"))
    assert taken.aside[reason] == [(4, 4)]


def test_every_row_set_aside_is_listed_with_its_reason(desk: Desk) -> None:
    """On a terminal, for programs, in the store and in the workbook that goes back."""
    both = {name: words_of(desk.tables["labels"], name) for name in LANGUAGES}
    back = desk.folder / "a.errors.xlsx"
    blank = [""] * 5
    rows = [
        ["I. Một"],
        task("NV-1"),
        blank,
        blank,
        ["Tổng cộng", "9 nhiệm vụ"],
        task("NV-2", deadline="sớm"),
        ["", "", "KÝ TÊN"],
    ]
    path = book_of(desk.folder / "a.xlsx", [["BIỂU 1"], HEAD, *rows], head=[])
    taken = desk.take(path, binned=lambda taken: write_errors(taken, back, both))
    told = {"N-TITLE": [[1, 1]], "N-HEADER": [[2, 2]], "N-SECTION": [[3, 3]], "N-BLANK": [[5, 6]], "N-TOTAL": [[7, 7]],
            "N-FOOTER": [[9, 9]]}  # fmt: skip
    assert as_data(taken, both)["set_aside"] == told == json.loads(_receipt(desk))["set_aside"]
    assert sum(last - first + 1 for runs in told.values() for first, last in runs) == bins(taken)[3]
    assert taken.counts.reasons == {name: sum(b - a + 1 for a, b in runs) for name, runs in told.items()}
    shown = "\n".join(lines(taken, both["en"]))
    assert "Blank rows: 5–6" in shown and "Rows below the table, such as signatures: 9" in shown
    for language, sheet in (("vi", 1), ("en", 2)):
        cells = CalamineWorkbook.from_path(str(back)).get_sheet_by_index(sheet).to_python()
        assert ["N-BLANK", "5–6", both[language]("ingest.N-BLANK.row")] in [row[:3] for row in cells]


def _receipt(desk: Desk) -> str:
    return (Path(desk.store.entries()[-1]) / "receipt.json").read_text(encoding="utf-8")


# --- headings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Tên nhóm nhiệm vụ/nhiệm vụ", "title"), ("Nội dung công việc", "title"), ("NỘI DUNG  CÔNG VIỆC", "title"),
        ("noi dung cong viec", "title"), ("Nhiệm vụ\n(cụ thể)", "title"), ("Đơn vị thực hiện", "lead_agency"),
        ("Task owner", "lead_agency"),
        ("Cơ quan thực hiện (chủ trì)", "lead_agency"), ("Thời gian hoàn thành", "deadline"),
        ("Thời hạn năm 2026", "deadline"),
        ("Thời gian thực hiện", "deadline"), ("Đơn vị phối hợp thực hiện", "coordinating_agencies"),
        ("Kết quả thực hiện", "reported_status"),
        ("Sản phẩm", ""), ("Kinh phí", ""), ("Thời gian nhận", ""), ("Năm 2026", ""),
    ],
)  # fmt: skip
def test_headings_of_real_tables(heading: str, name: str) -> None:
    assert field_of(" ".join(heading.split()), TASKS) == name


def test_a_terminal_shows_the_first_of_many_findings(desk: Desk) -> None:
    """Errors first; a thousand notices do not bury them."""
    head = [*HEAD, "Kết quả thực hiện"]
    rows = [[*task(f"NV-{number}", deadline="sớm" if number % 2 else "2025"), "Đã họp"] for number in range(60)]
    taken = desk.take(text_of(rows, head=head))
    shown = list(lines(taken, words_of(desk.tables["labels"], "en")))
    assert len(shown) < 35 and shown[-1].strip() == "… and 50 more notices"
    at = [
        next(at for at, line in enumerate(shown) if text in line)
        for text in ("no deadline", "more errors", "holds words")
    ]
    assert at == sorted(at)


def test_who_sends_and_who_takes_in_see_what_a_cell_became(desk: Desk) -> None:
    both, back = {each: words_of(desk.tables["labels"], each) for each in LANGUAGES}, desk.folder / "a.errors.xlsx"
    old = task("NV-2", lead="Bộ Giao thông vận tải", deadline=45000)
    path = book_of(desk.folder / "a.xlsx", [task("NV-1"), old, task("NV-3", deadline="sớm")])
    taken = desk.take(path, binned=lambda taken: write_errors(taken, back, both))
    shown = "\n".join(lines(taken, both["vi"]))
    told = ("“45000” → “15/3/2023”", "“Bộ Giao thông vận tải” → “Bộ Xây dựng”")
    assert [each for each in told if each not in shown] == [], shown
    assert "hết ngày 28/02/2025" in shown
    assert "“45000” → “15 March 2023”" in "\n".join(lines(taken, both["en"]))
    rows = CalamineWorkbook.from_path(back).get_sheet_by_name(SUMMARIES["vi"]).to_python()
    cells = {cell for row in rows for cell in row}
    assert {f"{each}." for each in told} <= cells


WORK = ["STT", "Nội dung công việc", "Đơn vị thực hiện", "Tiến độ"]


def test_progress_may_hold_deadlines(desk: Desk) -> None:
    """A list of work, where the time of completion is the mark of what is done."""
    rows = [["1", "Một", "Bộ Y tế", "30/6/2025", "15/5/2025"], ["2", "Hai", "Bộ Y tế", "Quý IV/2025", ""],
            ["3", "Ba", "Bộ Y tế", "Thường xuyên", "x"]]  # fmt: skip
    taken = desk.take(text_of(rows, head=[*WORK, "Thời gian hoàn thành"]))
    assert bins(taken) == (2, 0, 1, 1) and codes(taken) == ["W-READ-AS", "W-READ-AS", "W-PLAN", "E-DONE-DAY"]
    assert [(row["deadline"], row["completed_date"]) for row in desk.rows()] == [
        ("2025-06-30", "2025-05-15"), ("2025-Q4", ""),
    ]  # fmt: skip
    taken = desk.take(text_of([row[:4] for row in rows], head=WORK))
    assert bins(taken) == (3, 0, 0, 1) and [row["deadline"] for row in desk.rows()] == [
        "2025-06-30",
        "2025-Q4",
        "regular",
    ]


@pytest.mark.parametrize("cells", [["40%", "đang làm"], ["0,4", "50"], ["Đang lấy ý kiến", "2025"], ["", ""]])
def test_progress_is_a_share_otherwise(desk: Desk, cells: list[str]) -> None:
    rows = [["1", "Một", "Bộ Y tế", cells[0], "15/5/2025"], ["2", "Hai", "Bộ Y tế", cells[1], "2025"]]
    taken = desk.take(text_of(rows, head=[*WORK, "Thời gian hoàn thành"]))
    assert "W-READ-AS" not in codes(taken) and {row["deadline"] for row in desk.rows()} <= {"2025-05-15", "2025"}
    rejected = desk.take(text_of([row[:4] for row in rows], head=WORK)).rejected
    assert rejected is not None and rejected.code == "E-COLUMNS"


def test_two_columns_of_deadlines_leave_a_choice(desk: Desk) -> None:
    rows = [["1", "Một", "Bộ Y tế", "30/6/2025", "15/5/2025"]]
    rejected = desk.take(text_of(rows, head=[*WORK, "Thời hạn"])).rejected
    assert rejected is not None and rejected.values["columns"] == "D (Tiến độ), E (Thời hạn)"
