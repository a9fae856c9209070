"""Sheets whose cells are easily taken for something else: each kind with inputs that are read, and with near misses."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from r57lib.data.load import load_tables
from r57lib.data.store import RECEIPT
from r57lib.errors import Busy
from r57lib.ingest.answer import write_errors
from r57lib.ingest.numberformats import number_format
from r57lib.view.words import LANGUAGES, words_of
from tests.ingest.test_books import changed
from tests.sheets import HEAD, Desk, bins, book_of, codes, said, task, text_of, with_tables


def placed(
    path: Path, rows: Sequence[Sequence[Any]], *, left: int = 0, top: int = 0, forms: Mapping[str, str] | None = None
) -> Path:
    """A workbook whose rows begin at a column and a row; `forms` are the number formats of cells by their name."""
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("Nhiệm vụ")
        for number, row in enumerate(rows, start=top):
            for column, cell in enumerate(row, start=left):
                name = f"{chr(65 + column)}{number + 1}"
                usual = "dd/mm/yyyy" if isinstance(cell, date) else "General"
                form = book.add_format({"num_format": (forms or {}).get(name, usual)})
                if isinstance(cell, date):
                    page.write_datetime(number, column, datetime(cell.year, cell.month, cell.day), form)
                elif isinstance(cell, tuple):
                    page.write_formula(number, column, cell[0], None, cell[1])
                elif isinstance(cell, float):
                    page.write_number(number, column, cell, form)
                elif cell:
                    page.write(number, column, cell)
    return path


# --- a sheet that does not begin at A1 -------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "top"), [(0, 0), (1, 0), (2, 3)])
def test_marks_stand_at_the_cell_of_the_sheet(desk: Desk, left: int, top: int) -> None:
    """Error cells, percentages and days without their day, wherever the first column with anything is."""
    rows = [
        [*HEAD, "Tỷ lệ hoàn thành"],
        [*task("NV-1", done=("=1/0", "#DIV/0!")), 0.5],
        [*task("NV-2", deadline=date(2026, 3, 1), done=("=TODAY()", "")), 0.25],
        [*task("NV-3", deadline=date(2026, 3, 1)), 0.125],
    ]
    share, month = f"{chr(70 + left)}{top + 4}", f"{chr(68 + left)}{top + 4}"
    path = placed(desk.folder / "a.xlsx", rows, left=left, top=top, forms={share: "0.0%", month: "mm/yyyy"})
    taken = desk.take(path)
    assert bins(taken) == (1, 0, 2, 1 + top)
    found = [note for note in taken.notes if note.code[0] == "E"]
    assert [note.code for note in found] == ["E-CELL-ERROR", "E-FORMULA"]
    assert [(note.letter, note.row) for note in found] == [(chr(69 + left), top + 2), (chr(69 + left), top + 3)]
    assert (desk.rows()[0]["deadline"], desk.rows()[0]["reported_share"]) == ("2026-03", "0.125")


def test_a_column_without_a_value_before_the_first_one_counts(desk: Desk) -> None:
    """Its only cell is a formula whose result was not saved: the reader of values sees none there."""
    rows = [["", *HEAD], [("=ROW()", ""), *task("NV-1", done=("=1/0", "#N/A"))], ["", *task("NV-2")]]
    taken = desk.take(placed(desk.folder / "a.xlsx", rows))
    assert bins(taken) == (1, 0, 1, 1) and (said(taken, "E-CELL-ERROR").letter, said(taken, "E-CELL-ERROR").row) == (
        "F",
        2,
    )


def test_merges_and_the_workbook_that_goes_back_count_from_the_first_column(desk: Desk) -> None:
    rows = [["", *row] for row in (HEAD, task("NV-1"), task("NV-2", lead=""), task("NV-3", deadline="sớm"))]
    path = book_of(desk.folder / "a.xlsx", rows, head=[], merge=["D2:D3"])
    both = {name: words_of(desk.tables["labels"], name) for name in LANGUAGES}
    back = desk.folder / "a.errors.xlsx"
    taken = desk.take(path, binned=lambda taken: write_errors(taken, back, both))
    assert bins(taken) == (1, 1, 1, 1) and said(taken, "R-MERGED").letter == "D"
    with zipfile.ZipFile(back) as archive:
        comments = archive.read("xl/comments1.xml").decode()
    assert 'ref="E4"' in comments and comments.count("<comment ") == 1
    own = CalamineWorkbook.from_path(str(back)).get_sheet_by_index(0)
    assert own.start == (0, 1) and own.merged_cell_ranges == [((1, 3), (2, 3))]
    assert desk.take(desk.quiet(back)).counts.bins == taken.counts.bins


# --- what the format of a cell shows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("mm/yyyy", "6/2025"), ("mmm-yy", "6/2025"), ("yyyy", "2025"), ("yyyy-mm;@", "6/2025"), ("m", "6/2025"),
        ("[$-42A]mmmm yyyy", "6/2025"), (r"mm\/yy", "6/2025"), ('"Tháng" m/yyyy', "Tháng 6/2025"),
        ('"năm "yy', "năm 2025"),
        ('"Quý II/"yyyy', "Quý II/2025"), ("q/yyyy", "Quý 2/2025"), ('"Tháng "m', "Tháng 6/2025"),
        # a whole day, a time of day, a figure: they are what they hold
        ("dd/mm/yyyy", ""), ("d-mmm", ""), ("d-mmm-yy", ""), ("mm:ss", ""), ("h:mm", ""), ("[h]:mm", ""), ("[m]", ""),
        ("dddd", ""), ('0.0" m"', ""), ("General", ""), ('#,##0 "yyyy"', ""), ("0.00E+00", ""), ("@", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_date_is_what_its_cell_shows(code: str, shown: str) -> None:
    assert number_format(164, code).text_of(date(2025, 6, 15)) == shown


def test_the_format_for_month_and_year_that_has_a_number_alone() -> None:
    assert number_format(17, "").text_of(date(2025, 6, 1)) == "6/2025" and not number_format(14, "")


def test_a_period_by_its_format_in_each_kind_of_column(desk: Desk) -> None:
    """A deadline and the period of a figure are that period; a day of completion has no day and goes back."""
    rows = [HEAD, task("NV-1", deadline=date(2025, 6, 1)), task("NV-2", done=date(2025, 6, 1))]
    taken = desk.take(placed(desk.folder / "a.xlsx", rows, forms={"D2": "yyyy", "E3": "mm/yyyy"}))
    assert bins(taken) == (1, 0, 1, 1) and desk.rows()[0]["deadline"] == "2025"
    assert (taken.notes[0].letter, taken.notes[0].row, taken.notes[0].raw) == ("E", 3, "6/2025")
    rows = [
        ["Chỉ tiêu", "Phạm vi", "Kỳ báo cáo", "Giá trị"],
        ["usage_end_to_end", "Toàn quốc", date(2025, 10, 1), "41,2%"],
        ["usage_end_to_end", "Toàn quốc", date(2025, 11, 1), "42,2%"],
    ]
    path = placed(desk.folder / "b.xlsx", rows, forms={"C2": "mm/yyyy"})
    taken = desk.take(path, kind="observations")
    assert desk.rows()[0]["time_period"] == "2025-10" and codes(taken, "E") == ["E-PERIOD-FIRST"]


@pytest.mark.parametrize(
    ("code", "stored", "share"),
    [
        ('0.0"%"', 0.5, "0.005"), (r"0.0\%", 0.5, "0.005"), ('0" % xong"', 53.3, "0.533"),
        ('0.0"%";-0.0"%"', 0.5, "0.005"),
        ("0.0[$%-409]", 0.5, "0.005"), ('0.0" phần trăm"', 0.5, "0.005"), ("0.0[$VND]%", 0.5, "0.5"),
        ("0.0%", 0.5, "0.5"), ("0%;-0%;0%", 0.5, "0.5"), ('0.0%" xong"', 0.5, "0.5"), ("[Red]0%", 1.0, "1"),
    ],
)  # fmt: skip
def test_a_percent_sign_that_is_a_letter_multiplies_nothing(desk: Desk, code: str, stored: float, share: str) -> None:
    rows = [[*HEAD, "Tỷ lệ hoàn thành"], [*task(), stored]]
    taken = desk.take(placed(desk.folder / "a.xlsx", rows, forms={"F2": code}))
    assert bins(taken)[2] == 0 and desk.rows()[0]["reported_share"] == share


@pytest.mark.parametrize("code", ['[<1]0.0%;0.0"%"', '[>=1]0"%";0%'])
def test_a_format_with_both_signs_goes_back(desk: Desk, code: str) -> None:
    rows = [[*HEAD, "Tỷ lệ hoàn thành"], [*task(), 0.5]]
    taken = desk.take(placed(desk.folder / "a.xlsx", rows, forms={"F2": code}))
    assert codes(taken) == ["E-PCT-FORMAT"]


# --- the same bytes, asked for otherwise -----------------------------------------------------------------------------


def test_a_file_is_known_by_all_that_is_asked_of_it(desk: Desk) -> None:
    """Its bytes, the sheet, the kind, the source, the day and the way of writing numbers."""
    path = desk.folder / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, code in (("Quý I", "NV-1"), ("Quý II", "NV-2")):
            page = book.add_worksheet(name)
            for number, row in enumerate([HEAD, task(code)]):
                page.write_row(number, 0, row)
    assert [desk.take(path, sheet=name).changes for name in ("Quý I", "Quý II")] == [{"new": 1}, {"new": 1}]
    assert [desk.take(path, sheet=name).state for name in ("Quý I", "Quý II")] == ["unchanged"] * 2
    assert desk.take(path, sheet="Quý I", reported_on="2025-12-31").changes == {"new": 1}
    assert desk.take(path, sheet="Quý I", source="baochinhphu-gii-2024").changes == {"same": 1}
    assert desk.take(path, sheet="Quý I", locale="en").changes == {"same": 1}
    assert desk.take(path, sheet="Quý I", locale="en", reported_on="2025-12-31").state == "accepted"
    assert len(desk.store.entries()) == 6
    known = ["Chỉ tiêu", "Phạm vi", "Kỳ báo cáo", "Giá trị", *HEAD]
    both = text_of([["usage_end_to_end", "Toàn quốc", "31/10/2025", "41,2%", *task()]], head=known)
    assert desk.take(both).state == "accepted"
    assert desk.take(both, kind="observations").counts.rows_read == 2
    assert desk.take(both, kind="observations").state == "unchanged"


def test_rows_to_be_mended_are_tried_again_with_new_names(tmp_path: Path) -> None:
    tables = load_tables(with_tables(tmp_path / "own"))
    desk = Desk(tmp_path, tables)
    content = text_of([task("NV-1"), task("NV-2", lead="Bộ Thử Nghiệm")])
    taken = desk.take(content)
    assert bins(taken) == (1, 0, 1, 1)
    taken = desk.take(content)
    assert (taken.state, taken.left) == ("unchanged", 1)
    with (tmp_path / "own" / "agency_aliases.csv").open("a", encoding="utf-8") as file:
        file.write("MOH,Bộ Thử Nghiệm,,\n")
    desk.tables = replace(load_tables(tmp_path / "own"), folder=desk.tables.folder)
    taken = desk.take(content)
    assert taken.changes == {"same": 1, "new": 1} and [row["task_id"] for row in desk.rows()] == ["NV-1", "NV-2"]
    assert desk.take(content).state == "unchanged" and len(desk.store.entries()) == 2


def test_other_dictionaries_that_change_no_row_add_no_entry(desk: Desk) -> None:
    content = text_of([task("NV-1"), task("NV-2", deadline="sớm")])
    desk.take(content)
    receipt = desk.store.entries()[0] / RECEIPT
    told = json.loads(receipt.read_text(encoding="utf-8"))
    receipt.write_text(json.dumps({**told, "dictionaries": "others"}), encoding="utf-8")
    assert (desk.take(content).state, len(desk.store.entries())) == ("unchanged", 1)


def test_an_entry_of_before_is_known_again(desk: Desk) -> None:
    """Receipts once said neither the way of writing numbers nor the dictionaries."""
    content = text_of([task("NV-1")])
    desk.take(content)
    receipt = desk.store.entries()[0] / RECEIPT
    told = json.loads(receipt.read_text(encoding="utf-8"))
    receipt.write_text(json.dumps({name: told[name] for name in told if name not in ("dictionaries", "locale")}))
    assert desk.take(content).state == "unchanged" and desk.take(text_of([task("NV-2")])).state == "accepted"
    assert len(desk.versions()) == 2


# --- a file that is long to read -------------------------------------------------------------------------------------

LONG = {
    "a comment": "<!--" + "x" * (4 << 20) + "--><sheetData>",
    "an attribute": '<sheetData title="' + "x" * (4 << 20) + '">',
    "signs of an end within": "<!--" + "> " * (2 << 20) + "--><sheetData>",
    "an instruction": "<?x " + "x" * (4 << 20) + "?><sheetData>",
}


@pytest.mark.parametrize("what", LONG)
def test_a_token_without_end_is_refused(desk: Desk, what: str) -> None:
    path = book_of(desk.folder / "a.xlsx", [task()])
    changed(path, "xl/worksheets/sheet1.xml", "<sheetData>", LONG[what])
    rejected = desk.take(path).rejected
    assert rejected is not None and rejected.code == "E-TOKEN"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
def test_the_parts_beside_the_sheets_are_bound_too(desk: Desk, part: str) -> None:
    path = book_of(desk.folder / "a.xlsx", [task()])
    with zipfile.ZipFile(path) as archive:
        root = archive.read(part).decode().split("?>", 1)[1].strip().split(">", 1)[0] + ">"
    changed(path, part, root, root + "<!--" + "x" * (2 << 20) + "-->")
    rejected = desk.take(path).rejected
    assert rejected is not None and (rejected.code, rejected.values) == ("E-TOKEN", {"what": part})


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/styles.xml"])
def test_elements_lie_in_each_other_to_a_depth(desk: Desk, part: str) -> None:
    """Each that is open takes memory: three million of them, some gigabytes."""
    path = book_of(desk.folder / "a.xlsx", [task()])
    with zipfile.ZipFile(path) as archive:
        root = archive.read(part).decode().split("?>", 1)[1].strip().split(">", 1)[0] + ">"
    changed(path, part, root, root + "<a>" * 3_000_000)
    rejected = desk.take(path).rejected
    assert rejected is not None and rejected.code == "E-LIMIT"


def test_many_short_comments_and_a_text_of_many_lines_are_read(desk: Desk) -> None:
    """A text comes in pieces, one a line: of all together no more is kept than of one."""
    path = book_of(desk.folder / "a.xlsx", [task("NV-1"), task("NV-2", 1.5)])
    changed(path, "xl/worksheets/sheet1.xml", "<sheetData>", "<!-- x -->" * 200_000 + "<sheetData>")
    text = "\n".join(f"{line}" for line in range(9000))
    changed(path, "xl/worksheets/sheet1.xml", '<c r="B3"><v>1.5</v></c>', f'<c r="B3"><f>{text}</f></c>')
    taken = desk.take(path)
    assert bins(taken) == (1, 0, 1, 1) and said(taken, "E-FORMULA").raw.startswith("=0\n1\n2")
    assert len(said(taken, "E-FORMULA").raw) < 500


def test_the_store_is_free_while_a_file_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from r57lib.ingest import take as module

    read, seen = module.read_sheet, []

    def watched(*arguments: Any, **named: Any) -> Any:
        if not seen:
            seen.append("outer")
            seen.append(desk.take(text_of([task("NV-2")])).state)
        return read(*arguments, **named)

    monkeypatch.setattr(module, "read_sheet", watched)
    assert desk.take(desk.file(text_of([task("NV-1")]), "b.csv")).state == "accepted"
    assert seen == ["outer", "accepted"] and len(desk.store.entries()) == 2

    def held(taken: Any) -> None:
        with pytest.raises(Busy):
            desk.take(text_of([task("NV-3")]))

    assert desk.take(desk.file(text_of([task("NV-4")]), "c.csv"), binned=held).state == "accepted"
    assert not list(desk.store.folder.glob(".build*"))


def test_what_a_killed_process_left_is_cleared_away(desk: Desk) -> None:
    desk.take(text_of([task("NV-1")]))
    left = desk.store.folder / ".build-dead"
    shutil.copytree(desk.store.entries()[0], left)
    left.with_suffix(".lock").touch()
    with desk.store.building() as mine, desk.store.building() as other:
        assert mine.exists() and other.exists() and not left.exists()
    assert {path.name for path in desk.store.folder.iterdir()} == {".lock", "0001"}


# --- the same kinds among values of indicators -----------------------------------------------------------------------

VALUES = ["Chỉ tiêu", "Tỉnh, thành phố", "Kỳ báo cáo", "Giá trị"]


def test_values_of_indicators_are_read_as_their_sheet_shows_them(desk: Desk) -> None:
    """A blank first column, an error, a month and a percentage by their formats."""
    name = "usage_end_to_end"
    rows: list[list[Any]] = [
        VALUES,
        [name, "Nghệ An", date(2025, 10, 1), 41.5],
        [name, "Thanh Hóa", date(2025, 10, 1), 0.415],
        [name, "Lào Cai", "31/10/2025", ("=1/0", "#N/A")],
        [name, "Các tỉnh, thành phố", "10-11/2025", 0.4],
    ]
    forms = {"D2": "mm/yyyy", "D3": "mmm-yy", "E2": '0.0"%"', "E3": "0.0%", "E5": "0%"}
    taken = desk.take(placed(desk.folder / "a.xlsx", rows, left=1, forms=forms), kind="observations")
    assert bins(taken)[2:] == (2, 1)
    assert [(row["time_period"], row["obs_value"]) for row in desk.rows()] == [("2025-10", "0.415")] * 2
    errors = [(note.code, f"{note.letter}{note.row}", note.hint) for note in taken.notes if note.code[0] == "E"]
    assert ("E-CELL-ERROR", "E4", "") in errors and ("E-PROVINCE", "C5", "") in errors
    assert ("E-PERIOD", "D5", "10/11/2025; 10/2025 – 11/2025") in errors


def test_merged_cells_of_values_are_filled_down(desk: Desk) -> None:
    head = ["Chỉ tiêu", "Tỉnh, thành phố", "Kỳ báo cáo", "Giá trị", "Đơn vị tính"]
    rows = [
        ["usage_end_to_end", "Nghệ An", "10/2025", "41,5", "%"],
        ["", "", "11/2025", "42,5", ""],
        ["", "", "", "43", ""],
    ]
    path = book_of(desk.folder / "a.xlsx", rows, head=head, merge=["A2:A3", "B2:B3", "E2:E3"])
    taken = desk.take(path, kind="observations")
    assert bins(taken) == (1, 1, 1, 1) and [note.letter for note in taken.notes if note.code == "R-MERGED"] == list(
        "ABE"
    )
    assert [row["province_code"] for row in desk.rows()] == ["40", "40"]


def test_a_quote_in_a_file_of_values_costs_its_row(desk: Desk) -> None:
    lines = [",".join(['"Tỉnh, thành phố"' if "," in name else name for name in VALUES])]
    lines += [f'usage_end_to_end,{name},10/2025,"41,5%"' for name in ("Nghệ An", 'Thanh "Hóa', "Lào Cai")]
    taken = desk.take("\n".join(lines) + "\n", kind="observations")
    assert bins(taken) == (2, 0, 1, 1) and said(taken, "E-QUOTE-ROW").row == 3
