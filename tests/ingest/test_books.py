"""Workbooks of ministries: cases 41 to 58, and the workbook that goes back."""

from __future__ import annotations

import io
import os
import re
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from r57lib.errors import WrongCall
from r57lib.ingest.answer import write_errors
from r57lib.ingest.rows import SUMMARIES
from r57lib.view.words import LANGUAGES, words_of
from tests.sheets import HEAD, Desk, bins, book_of, codes, fill, said, task, text_of


def changed(path: Path, part: str, old: str, new: str) -> Path:
    """The workbook with a text of one of its parts replaced."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part], parts[part][:2000]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_merged_cells_fill_the_columns_that_are_declared(desk: Desk) -> None:
    """41."""
    rows = [task("NV-01", "Một", "Bộ Y tế"), task("NV-02", "Hai", ""), task("NV-03", "Ba", "")]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows, merge=["C2:C3"]))
    assert bins(taken) == (1, 1, 1, 1)
    assert [row["lead_agency"] for row in desk.rows()] == ["MOH", "MOH"]
    assert said(taken, "R-MERGED").row == 3 and said(taken, "E-REQUIRED").row == 4
    rows = [task("NV-04", deadline="31/12/2025"), task("NV-05", deadline="")]
    taken = desk.take(book_of(desk.folder / "b.xlsx", rows, merge=["D2:D3"]))
    assert bins(taken) == (1, 1, 0, 1) and said(taken, "R-MERGED").header == "Thời hạn"
    rows = [task("NV-06", "Sáu", done="31/12/2025"), task("NV-07", "", done="")]
    taken = desk.take(book_of(desk.folder / "c.xlsx", rows, merge=["B2:B3", "E2:E3"]))
    assert bins(taken) == (1, 0, 1, 1) and said(taken, "E-REQUIRED").header == "Nội dung nhiệm vụ"


def test_sections_are_kept_as_the_place_of_their_rows(desk: Desk) -> None:
    """42."""
    head = ["STT", *HEAD]
    rows = [["I", "", "THỂ CHẾ"], [1, *task("NV-01")], ["", "", "N01 Hạ tầng"], [2, *task("NV-02")]]
    rows += [["II. DỮ LIỆU"], [3, *task("NV-03")], [4, "", "Thiếu mã"]]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows, head=head, merge=["A6:F6"]))
    assert bins(taken) == (3, 0, 0, 5) or bins(taken) == (3, 0, 1, 4)
    assert [row["section"] for row in desk.rows()] == ["I THỂ CHẾ", "N01 Hạ tầng", "II. DỮ LIỆU"]


def test_a_row_without_its_code_is_no_section(desk: Desk) -> None:
    """42: it is a task that somebody forgot to number."""
    head = ["STT", *HEAD]
    rows = [[1, *task("NV-01")], [2, "", "Thiếu mã"], [3, *task("NV-03")]]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows, head=head))
    assert bins(taken) == (2, 0, 1, 1) and {note.row for note in taken.notes} == {3}


def test_a_range_that_reaches_far_counts_blank_rows(desk: Desk) -> None:
    """43."""
    path = desk.folder / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        fill(book, page, [HEAD, *(task(f"NV-{number}") for number in range(180))])
        page.write_string("Z997", " ")
    taken = desk.take(path)
    assert bins(taken) == (180, 0, 0, 817) and taken.counts.reasons == {"N-HEADER": 1, "N-BLANK": 816}


def test_what_is_hidden_is_read_and_said(desk: Desk) -> None:
    """44."""
    path = desk.folder / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        fill(book, page, [HEAD, *(task(f"NV-{number}") for number in range(5))])
        page.set_row(2, None, None, {"hidden": True})
        page.set_column(1, 1, None, None, {"hidden": True})
        page.autofilter("A1:E6")
    taken = desk.take(path)
    assert bins(taken) == (5, 0, 0, 1)
    assert codes(taken) == ["W-HIDDEN-ROWS", "W-HIDDEN-COLUMNS", "W-FILTER"]
    assert (said(taken, "W-HIDDEN-ROWS").raw, said(taken, "W-HIDDEN-ROWS").hint) == ("1", "3")


def test_two_sheets_with_data_leave_a_choice(desk: Desk) -> None:
    """45."""
    path = desk.folder / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        fill(book, book.add_worksheet("Quý I"), [HEAD, task("NV-01")])
        hidden = book.add_worksheet("Quý II")
        fill(book, hidden, [HEAD, task("NV-02")])
        hidden.hide()
        book.add_worksheet("Trống")
    rejected = desk.take(path).rejected
    assert rejected is not None and (rejected.code, rejected.values) == ("E-SHEET", {"sheets": "Quý I, Quý II"})
    taken = desk.take(path, sheet="Quý II")
    assert bins(taken) == (1, 0, 0, 1) and codes(taken) == ["W-HIDDEN-SHEET"]
    rejected = desk.take(path, sheet="Trống").rejected
    assert rejected is not None and rejected.code == "E-HEADER"
    rejected = desk.take(book_of(desk.folder / "b.xlsx", [task("NV-9")]), sheet="Quý 2").rejected
    assert rejected is not None and rejected.code == "E-SHEET-NAME"


def test_a_sheet_without_a_heading_leaves_no_choice(desk: Desk) -> None:
    """45: a cover, a guide, a list of codes; but not a table that lacks one of its columns."""
    others: dict[str, list[list[str]]] = {
        "Bìa": [["BÁO CÁO"], ["Tháng 1"]],
        "Danh mục": [["Mã", "Tên"], ["BYT", "Bộ Y tế"]],
    }
    for name, more in (("a", others), ("b", {**others, "Quý II": [HEAD[:2], ["NV-9", "Chín"]]})):
        with xlsxwriter.Workbook(str(desk.folder / f"{name}.xlsx")) as book:
            for sheet, rows in {"Bìa": more["Bìa"], "Quý I": [HEAD, task("NV-01")], **more}.items():
                fill(book, book.add_worksheet(sheet), rows)
    taken = desk.take(desk.folder / "a.xlsx")
    assert bins(taken) == (1, 0, 0, 1) and said(taken, "W-SHEETS").hint == "Bìa, Danh mục"
    rejected = desk.take(desk.folder / "b.xlsx").rejected
    assert rejected is not None and (rejected.code, rejected.values) == ("E-SHEET", {"sheets": "Quý I, Quý II"})


def test_formulas_and_errors_are_never_blank(desk: Desk) -> None:
    """46, 47."""
    rows: list[list[Any]] = [
        task("NV-01", deadline=("=TODAY()", "")),
        task("NV-02", deadline=("=1/0", "#DIV/0!")),
        task("NV-03", "Một", ("=VLOOKUP(1,A:B,2)", "#N/A")),
        task("NV-04", deadline=('="31/12/2025"', "31/12/2025")),
    ]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows))
    assert bins(taken) == (1, 0, 3, 1) and codes(taken) == ["E-FORMULA", "E-CELL-ERROR", "E-CELL-ERROR"]
    assert [note.raw for note in taken.notes] == ["=TODAY()", "#DIV/0!", "#N/A"]


def test_a_total_is_no_task_and_may_be_wrong(desk: Desk) -> None:
    """48, 72."""
    rows = [task("NV-01"), task("NV-02"), ["Tổng cộng", ("=COUNTA(A2:A9)", 7)]]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows))
    assert bins(taken) == (2, 0, 0, 2) and codes(taken) == ["W-TOTAL"]
    assert (said(taken, "W-TOTAL").raw, said(taken, "W-TOTAL").hint) == ("7", "2")
    assert codes(desk.take(book_of(desk.folder / "b.xlsx", [task("NV-03"), ["Tổng số: 1 nhiệm vụ"]]))) == []


@pytest.mark.parametrize("date_1904", [True, False])
def test_dates_of_both_systems(desk: Desk, date_1904: bool) -> None:
    """49."""
    rows = [task(deadline=date(2026, 1, 31), done=datetime(2026, 1, 30, 23, 30))]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows, date_1904=date_1904))
    assert codes(taken) == ["R-TIME"]
    assert (desk.rows()[0]["deadline"], desk.rows()[0]["completed_date"]) == ("2026-01-31", "2026-01-30")


def test_the_number_of_a_day_is_a_date_in_a_column_of_dates_alone(desk: Desk) -> None:
    """50."""
    rows = [task("NV-01", deadline=46000), task("NV-02", done="45992"), task("NV-03", deadline=4.6), task(46000)]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows))
    assert bins(taken) == (0, 2, 2, 1)
    assert codes(taken) == ["R-SERIAL", "R-SERIAL", "E-DATE", "E-CODE-NUM"]
    assert [row["deadline"] for row in desk.rows()] == ["2025-12-09", "2025-12-31"]
    assert desk.rows()[1]["completed_date"] == "2025-12-01"


def test_codes_keep_their_zeros_or_go_back(desk: Desk) -> None:
    """51, 52."""
    rows = [task("001"), task(1), task(1.10), task(3400000000000), task("3.4E+12")]
    taken = desk.take(book_of(desk.folder / "a.xlsx", rows))
    assert bins(taken) == (1, 0, 4, 1) and codes(taken) == ["E-CODE-NUM"] * 4
    assert [note.raw for note in taken.notes] == ["1", "1.1", "3400000000000", "3.4E+12"]
    assert said(taken, "E-CODE-NUM").hint == "001" and desk.rows()[0]["task_id"] == "001"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
FILES = {
    "password": (OLE + "EncryptedPackage".encode("utf-16-le"), "a.xlsx", "E-PASSWORD"),  # 53
    "old": (OLE + "Workbook".encode("utf-16-le"), "a.xls", "E-XLS"),
    "html": (b"<html><table><tr><td>1</td></tr></table>", "a.xls", "E-HTML"),  # 54
    "xml": (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "a.xls", "E-HTML"),
    "csv": (text_of([task()]).encode(), "a.xls", "E-NAME"),
    "pdf": (b"%PDF-1.7", "a.xlsx", "E-FORMAT"),
    "zip": (b"PK\x03\x04 and nothing else", "a.xlsx", "E-CORRUPT"),  # 57
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_no_workbook_says_what_helps(desk: Desk, case: str) -> None:
    content, name, code = FILES[case]
    taken = desk.take(desk.file(content, name))
    assert taken.rejected is not None and taken.rejected.code == code and desk.store.entries() == []
    for language in LANGUAGES:
        words = words_of(desk.tables["labels"], language)
        assert words.has(f"ingest.{code}") and words.has(f"ingest.{code}.mend")


def test_a_truncated_workbook(desk: Desk) -> None:
    """57."""
    whole = book_of(desk.folder / "a.xlsx", [task(f"NV-{number}") for number in range(500)]).read_bytes()
    for length in range(40, len(whole), len(whole) // 12):
        rejected = desk.take(desk.file(whole[:length], "b.xlsx")).rejected
        assert rejected is not None and rejected.code == "E-CORRUPT"
    broken = bytearray(whole)
    broken[len(whole) // 3 : len(whole) // 3 + 40] = b"x" * 40
    taken = desk.take(desk.file(bytes(broken), "c.xlsx"))
    assert taken.rejected is not None and taken.rejected.code == "E-CORRUPT"


def test_a_number_that_is_none_is_damage(desk: Desk) -> None:
    """57."""
    path = changed(book_of(desk.folder / "a.xlsx", [task()]), "xl/worksheets/sheet1.xml", '<row r="2"', '<row r="x"')
    rejected = desk.take(path).rejected
    assert rejected is not None and rejected.code == "E-CORRUPT"


def test_macros_and_links_are_left_out_and_said(desk: Desk) -> None:
    """55."""
    path = book_of(desk.folder / "a.xlsm", [task()])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"macro")
        archive.writestr("xl/externalLinks/externalLink1.xml", b"<externalLink/>")
    taken = desk.take(path)
    assert bins(taken) == (1, 0, 0, 1) and codes(taken) == ["W-MACRO", "W-LINKS"]


def test_paths_out_of_the_archive_and_devices(desk: Desk) -> None:
    """58."""
    path = book_of(desk.folder / "a.xlsx", [task()])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../evil.xml", b"x")
    rejected = desk.take(path).rejected
    assert rejected is not None and rejected.code == "E-PATH"
    lock = desk.file(b"x", "~$a.xlsx")
    (desk.folder / "link.csv").symlink_to(desk.file(text_of([task()])))
    os.mkfifo(desk.folder / "pipe.csv")
    for name, code in (("~$a.xlsx", "E-LOCK-FILE"), ("link.csv", "E-NO-FILE"), ("pipe.csv", "E-NO-FILE")):
        rejected = desk.take(desk.folder / name, settled=False).rejected
        assert rejected is not None and rejected.code == code
    assert lock.exists()
    with pytest.raises(WrongCall, match="is a folder"):
        desk.take(desk.folder, settled=False)


# --- the workbook that goes back -------------------------------------------------------------------------------------


def comments(path: Path) -> dict[str, str]:
    """The comments of the first sheet by cell."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read("xl/comments1.xml").decode()
    found = re.findall(r'<comment ref="([A-Z]+\d+)".*?</comment>', text, re.DOTALL)
    bodies = re.findall(r"<comment ref=.*?</comment>", text, re.DOTALL)
    return {
        cell: "".join(re.findall(r"<t[^>]*>(.*?)</t>", body, re.DOTALL))
        for cell, body in zip(found, bodies, strict=True)
    }


def test_the_workbook_that_goes_back_shows_what_to_mend_and_is_taken_when_mended(desk: Desk) -> None:
    back = desk.folder / "a.errors.xlsx"
    both = {each: words_of(desk.tables["labels"], each) for each in LANGUAGES}
    rows = [
        task("NV-01", '=HYPERLINK("http://x")', "Bộ Y tế", "31/12/2025", date(2025, 12, 30)),
        task(2, "Hai", "Bộ Khoa học", "Quý IV", "31/02/2025"),
        task("NV-03", "Ba", "Bộ Y tế"),
        task("NV-04", "Bốn", ""),
    ]
    taken = desk.take(
        book_of(desk.folder / "a.xlsx", rows, merge=["C4:C5"]), binned=lambda made: write_errors(made, back, both)
    )
    assert bins(taken) == (2, 1, 1, 1)
    marked = comments(back)
    assert set(marked) == {"A3", "C3", "D3", "E3"}
    assert "Bộ Khoa học và Công nghệ" in marked["C3"] and "The calendar has no such day." in marked["E3"]
    book = CalamineWorkbook.from_path(str(back))
    assert book.sheet_names == ["Nhiệm vụ", SUMMARIES["vi"], SUMMARIES["en"]]
    own = book.get_sheet_by_name("Nhiệm vụ").to_python()
    assert own[0] == HEAD and own[1][1] == '=HYPERLINK("http://x")' and own[1][4] == date(2025, 12, 30)
    with zipfile.ZipFile(back) as archive:
        assert all(b"<f>" not in archive.read(name) for name in archive.namelist() if "worksheets" in name)
        own_part = archive.read("xl/worksheets/sheet1.xml")
        assert b"<mergeCell " in own_part and b'<pane xSplit="1" ySplit="1"' in own_part
        styles = archive.read("xl/styles.xml")
        heading = re.search(rb'<c r="A1" s="(\d+)"', own_part)
        form = re.findall(rb"<xf [^>]*>", styles.partition(b"<cellXfs")[2])[int(heading[1]) if heading else 0]
        assert b'formatCode="yyyy-mm-dd"' in styles and b"dd/mm" not in styles
        assert b'applyFont="1"' in form and b'applyFill="1"' in form and b'applyBorder="1"' in form
    summary = book.get_sheet_by_name(SUMMARIES["en"]).to_python()
    assert [row[0] for row in summary[3:8]] == [2, 1, 1, 1, 5]
    assert [row[1] for row in summary if str(row[0]).startswith("E-")] == [f"Nhiệm vụ!{cell}3" for cell in "ACDE"]

    mended = {"A3": "NV-02", "C3": "Bộ Khoa học và Công nghệ", "D3": "Quý IV/2025", "E3": "28/02/2025"}
    for place, value in mended.items():
        own[int(place[1:]) - 1][ord(place[0]) - 65] = value
    again = desk.folder / "again.xlsx"
    with xlsxwriter.Workbook(str(again), {"strings_to_formulas": False}) as made:
        fill(made, made.add_worksheet("Nhiệm vụ"), own, merge=["C4:C5"])
        for name in SUMMARIES.values():
            fill(made, made.add_worksheet(name), summary)
    taken = desk.take(again)
    assert taken.state == "accepted" and bins(taken) == (3, 1, 0, 1)
    assert taken.changes == {"same": 3, "new": 1}


def test_merged_cells_that_lie_over_each_other_or_without_end_stop_no_answer(desk: Desk) -> None:
    back = desk.folder / "a.errors.xlsx"
    both = {each: words_of(desk.tables["labels"], each) for each in LANGUAGES}
    path = book_of(desk.folder / "a.xlsx", [task(), task("NV-02", deadline="sớm"), task("NV-03"), task("NV-04")])
    merged = "".join(f'<mergeCell ref="{span}"/>' for span in ("C4:C5", "B4:C5", "A6:XFD1048576", "F4:F1048576"))
    changed(path, "xl/worksheets/sheet1.xml", "</sheetData>", f"</sheetData><mergeCells>{merged}</mergeCells>")
    taken = desk.take(path, binned=lambda made: write_errors(made, back, both))
    assert bins(taken) == (3, 0, 1, 1)
    assert CalamineWorkbook.from_path(str(back)).get_sheet_by_index(0).merged_cell_ranges == [((3, 2), (4, 2))]


def test_a_csv_file_goes_back_as_a_workbook(desk: Desk) -> None:
    back = desk.folder / "a.errors.xlsx"
    both = {each: words_of(desk.tables["labels"], each) for each in LANGUAGES}
    desk.take(text_of([task("001", deadline="31/02/2026")]), binned=lambda made: write_errors(made, back, both))
    own = CalamineWorkbook.from_filelike(io.BytesIO(back.read_bytes())).get_sheet_by_index(0).to_python()
    assert own[1] == task("001", deadline="31/02/2026") and set(comments(back)) == {"D2"}
