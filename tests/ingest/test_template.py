"""Blank workbooks for senders: what can be chosen is read, what is filled in comes back with nothing to mend."""

from __future__ import annotations

import io
import json
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from python_calamine import CalamineWorkbook

from r57lib.data.load import load_tables
from r57lib.data.periods import parse_month
from r57lib.data.tables import Tables
from r57lib.ingest.amounts import Subject, unit_of
from r57lib.ingest.deadlines import parse_due, parse_measured
from r57lib.ingest.facts import known_of
from r57lib.ingest.heading import field_of
from r57lib.ingest.kinds import KINDS
from r57lib.ingest.names import agency_book
from r57lib.ingest.rows import GUIDE, LISTS, MARK
from r57lib.ingest.stamp import Stamp, read_stamp
from r57lib.ingest.template import HEAD_ROW, deadline_text, make_template
from r57lib.ingest.values import parse_choice
from r57lib.view.words import LANGUAGES, Language, Words, words_of
from tests.conftest import SAMPLE_SOURCE, call_r57
from tests.sheets import HEAD, SOURCE, Desk, bins, codes, task, text_of, with_tables

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
X = f"{{{MAIN}}}"
SENDERS = {"tasks": "MOH", "observations": "Hà Nội", "commitment-updates": "viettel"}
CHOICES = {"reported_status": "status", "scope": "scope", "qualifier": "qualifier", "basis": "basis", "role": "role",
           "evidence_level": "level"}  # fmt: skip


@pytest.fixture(scope="module")
def both(real_tables: Tables) -> dict[Language, Words]:
    """The words of both languages."""
    return {name: words_of(real_tables["labels"], name) for name in LANGUAGES}


def blank(tables: Tables, kind: str, month: str = "2026-02", language: Language = "vi", sender: str = "") -> bytes:
    """The bytes of a template for the usual sender of a kind."""
    words = {name: words_of(tables["labels"], name) for name in LANGUAGES}
    asked = {"kind": kind, "sender": sender or SENDERS[kind], "month": month}
    return make_template(tables, **asked, both=words, language=language).content


def sheet(content: bytes, name: str | int) -> list[list[Any]]:
    """The cells of a sheet, by its name or its place."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    found = book.get_sheet_by_index(name) if isinstance(name, int) else book.get_sheet_by_name(name)
    return found.to_python(skip_empty_area=False)


def lists(content: bytes) -> dict[str, list[str]]:
    """What can be chosen, by the English name of the column."""
    head, *rows = sheet(content, LISTS)
    names = [re.findall(r"\n\((.*)\)", cell)[0] for cell in head]
    return {name: [row[at] for row in rows if row[at]] for at, name in enumerate(names)}


def filled(content: bytes, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The template with rows under its headings as a spreadsheet would save them: by column letter, days as numbers."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    part = "xl/worksheets/sheet1.xml"
    root = etree.fromstring(parts[part])
    styles = {int(col.get("min")): col.get("style", "0") for col in root.iter(f"{X}col")}
    data = root.find(f"{X}sheetData")
    assert data is not None
    number = max(int(row.get("r")) for row in data)
    for row in rows:
        number += 1
        line = etree.SubElement(data, f"{X}row", r=str(number))
        for letter, value in sorted(row.items()):
            style = styles[ord(letter) - 64]
            cell = etree.SubElement(line, f"{X}c", r=f"{letter}{number}", s=style)
            if isinstance(value, str):
                cell.set("t", "inlineStr")
                etree.SubElement(etree.SubElement(cell, f"{X}is"), f"{X}t").text = value
            else:
                days = (value - date(1899, 12, 30)).days if isinstance(value, date) else value
                etree.SubElement(cell, f"{X}v").text = str(days)
    parts[part] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return out.getvalue()


# --- what stands in it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_has_every_column_under_a_heading_that_is_read(real_tables: Tables, kind: str) -> None:
    content = blank(real_tables, kind)
    head = sheet(content, 0)[HEAD_ROW - 1]
    fields = [each for each in KINDS[kind].fields if not each.stands_for]
    assert [field_of(cell.replace("\n", " "), KINDS[kind]) for cell in head] == [each.name for each in fields]
    assert ["*" in cell for cell in head] == [each.required for each in fields]
    for cell in head:
        halves = re.fullmatch(r"([^*]+?)(?: \*)?\n\((.*)\)", cell)
        assert halves and [bool(field_of(half, KINDS[kind])) for half in halves.groups()] == [True, True], cell
    assert len(sheet(content, GUIDE)[0]) == 3


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_can_be_chosen_is_read_without_a_repair(real_tables: Tables, kind: str, language: Language) -> None:
    found = lists(blank(real_tables, kind, "2025-12", language))
    names = {words_of(real_tables["labels"], "en")(f"template.field.{each.name}"): each for each in KINDS[kind].fields
             if not each.stands_for}  # fmt: skip
    book = agency_book(real_tables)
    known = known_of(real_tables, KINDS[kind], book)
    wanted = {each.name for each in names.values() if each.kind not in ("code", "text", "date", "done", "deadline",
                                                                        "percent", "measure", "agencies")}  # fmt: skip
    assert {names[name].name for name in found} == wanted
    own = kind == "commitment-updates"  # whose units are those of the sender's own
    for name, options in found.items():
        field = names[name]
        if field.kind == "unit":
            assert known is not None
            units = {subject.unit for subject in known.subjects.values()} - {"text"}
            read = [(unit, found) for text in options for unit in units if (found := _unit(text, unit))]
            assert len(set(read)) == len(options) and ({unit for unit, _ in read} == units or own)
            continue
        parse = {"agency": book.find, "province": book.find, "period": parse_measured,
                 "subject": known.book.find if known else None}.get(field.kind)  # fmt: skip
        results = [parse(text) if parse else parse_choice(text, CHOICES[field.name]) for text in options]
        assert [repairs for _, repairs in results] == [()] * len(options), name
        assert len({value for value, _ in results}) == len(options) >= 3, name


def _unit(text: str, unit: str) -> Any:
    try:
        return unit_of(text, Subject(unit))
    except ValueError:
        return None


def test_bodies_provinces_and_own_commitments_are_offered(real_tables: Tables) -> None:
    bodies = lists(blank(real_tables, "tasks"))["Lead agency"]
    assert bodies[0] == "Bộ Y tế" and bodies.count("Bộ Y tế") == 1
    assert len(bodies) == len(real_tables["agencies"]) + len(real_tables["enterprises"]) + 34
    assert len(lists(blank(real_tables, "observations"))["Province or city"]) == 34
    own = lists(blank(real_tables, "commitment-updates"))["Commitment"]
    of = real_tables["commitments"]["enterprise_id"]
    assert len(own) == sum(of == "viettel") < len(of)
    assert len(lists(blank(real_tables, "commitment-updates", sender="MOST"))["Commitment"]) == len(of)
    assert lists(blank(real_tables, "observations", "2025-12"))["Period"] == [
        "31/12/2025", "Tháng 12 năm 2025", "Quý IV/2025", "6 tháng cuối năm 2025", "Năm 2025",
    ]  # fmt: skip


def test_a_spreadsheet_is_told_what_can_be_typed(real_tables: Tables) -> None:
    content = blank(real_tables, "tasks")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = etree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        styles = etree.fromstring(archive.read("xl/styles.xml"))
    rules = {each.get("sqref").split(":")[0]: each for each in root.iter(f"{X}dataValidation")}
    kinds = {place: rule.get("type") for place, rule in rules.items()}
    assert kinds == {
        "D5": "list",
        "E5": "list",
        "F5": "date",
        "G5": "custom",
        "H5": "date",
        "I5": "list",
        "J5": "decimal",
    }
    day = (date(2026, 2, 28) - date(1899, 12, 30)).days
    assert [rules[place][1].text for place in ("F5", "H5")] == [str(day)] * 2
    bodies = len(lists(content)["Lead agency"])
    assert rules["D5"][0].text == rules["E5"][0].text == f"'{LISTS}'!$A$2:$A${bodies + 1}"
    pane = next(root.iter(f"{X}pane"))
    assert (pane.get("ySplit"), pane.get("xSplit"), pane.get("state")) == (str(HEAD_ROW), "1", "frozen")
    own = {int(each.get("numFmtId")): each.get("formatCode") for each in styles.iter(f"{X}numFmt")}
    cells = [int(xf.get("numFmtId")) for xf in next(styles.iter(f"{X}cellXfs"))]
    forms = [cells[int(col.get("style"))] for col in root.iter(f"{X}col") for _ in
             range(int(col.get("max")) - int(col.get("min")) + 1)]  # fmt: skip
    text, days, percent = "@", "yyyy-mm-dd", "0%"
    assert [own.get(form, form) for form in forms] == [text] * 5 + [days, text, days, text, percent, text]


def test_the_same_call_gives_the_same_bytes(real_tables: Tables) -> None:
    assert blank(real_tables, "tasks") == blank(real_tables, "tasks")
    others = [blank(real_tables, "tasks", **more) for more in ({"month": "2026-03"}, {"language": "en"},
                                                               {"sender": "MOF"})]  # fmt: skip
    assert len({blank(real_tables, "tasks"), *others}) == 4


# --- filled and sent back --------------------------------------------------------------------------------------------

FILLED: dict[str, list[dict[str, Any]]] = {
    "tasks": [
        {"A": "0012", "B": "Ban hành chuẩn kết nối", "D": "Bộ Y tế", "E": "Bộ Công an; Hà Nội", "F": date(2026, 1, 2),
         "G": "Quý II/2026", "I": "Chưa thực hiện"},
        {},
        {"A": "NV-2", "B": "Hồ sơ sức khỏe điện tử", "C": "71/NQ-CP", "D": "Bộ Y tế", "G": "31/12/2026",
         "H": date(2026, 2, 5), "I": "Hoàn thành đúng hạn", "J": 1.0, "K": "Xong sớm"},
    ],
    "observations": [
        {"A": "Hồ sơ trực tuyến toàn trình", "B": "Tỉnh, thành phố", "C": "Hà Nội", "D": "28/02/2026", "E": 53.3,
         "F": "%", "H": "Tại thời điểm"},
        {"A": "Trạm 5G", "B": "Toàn quốc", "D": "28/02/2026", "E": 30500.0, "F": "trạm", "G": "Hơn",
         "H": "Tại thời điểm"},
    ],
    "commitment-updates": [
        {"A": "Phủ sóng 5G 70% không gian trong nhà", "B": "Năm 2025", "D": 71.5, "E": "%", "F": "Tuyên bố"},
        {"A": "Xây dựng hạ tầng số và nền tảng công nghệ", "B": "Tháng 02 năm 2026", "C": "Mốc thực hiện",
         "F": "Đã ký hợp đồng", "H": "Hợp đồng số 12"},
    ],
}  # fmt: skip
STORED = {
    "tasks": [
        ("0012", "MOH", "MPS;province:01", "2026-01-02", "2026-Q2", "", "not_started", ""),
        ("NV-2", "MOH", "", "", "2026-12-31", "2026-02-05", "completed_on_time", "1"),
    ],
    "observations": [
        ("usage_end_to_end", "province", "01", "2026-02-28", "0.533", "exact", "point"),
        ("5g_stations", "national", "", "2026-02-28", "30500", "more_than", "point"),
    ],
    "commitment-updates": [
        ("viettel.5g_indoor_coverage", "2025", "observation", "0.715", "stated"),
        ("viettel.digital_infrastructure", "2026-02", "milestone", "", "contracted"),
    ],
}
SEEN = {
    "tasks": ("task_id", "lead_agency", "coordinating_agencies", "assigned_date", "deadline", "completed_date",
              "reported_status", "reported_share"),
    "observations": ("indicator_id", "scope", "province_code", "time_period", "obs_value", "qualifier", "basis"),
    "commitment-updates": ("commitment_id", "time_period", "role", "obs_value", "evidence_level"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_filled_and_sent_back_there_is_nothing_to_mend(desk: Desk, kind: str) -> None:
    """The whole way: the command that makes it, a clerk, and the command that takes it in, with the source alone."""
    data, path = with_tables(desk.tables.folder), desk.folder / "gửi.xlsx"
    made = call_r57("template", kind, "--sender", SENDERS[kind], "--month", "2026-02", "-o", path, "--data", data)
    assert (made.returncode, made.stdout) == (0, f"{path}\n")
    path.write_bytes(filled(path.read_bytes(), FILLED[kind]))
    taken = call_r57("ingest", desk.quiet(path), "--source", SOURCE, "--data", data, "--language", "en")
    told = " ".join(taken.stdout.split())
    assert taken.returncode == 0 and " 2 rows accepted 0 rows repaired and accepted 0 rows to be mended " in told, told
    assert not list(desk.folder.glob("*.errors.xlsx"))
    assert [tuple(row[name] for name in SEEN[kind]) for row in desk.rows()] == STORED[kind]
    receipt = desk.store.entries()[-1] / "receipt.json"
    assert '"reported_on": "2026-02-28"' in receipt.read_text() and f'"kind": "{kind}"' in receipt.read_text()


def test_a_row_that_was_not_filled_is_no_row(desk: Desk) -> None:
    taken = desk.take(desk.file(blank(desk.tables, "tasks"), "a.xlsx"))
    assert bins(taken) == (0, 0, 0, HEAD_ROW) and codes(taken) == ["W-NO-ROWS"]


# --- what is known is filled in --------------------------------------------------------------------------------------

DEADLINES = ["2026-01-31", "2026-06", "2026-Q2", "2026-H1", "2026-H2", "2026", "2026-end", "2026-mid", "2026-09-early",
             "2026-09-mid", "2026-09-late", "2025/2030", "2026-Q2/2026-Q3", "2026-06/2026-07", "2026-06-06/2026-06-20",
             "regular", "regular/year", "regular/quarter", "regular/month", "regular/week"]  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("deadline", DEADLINES)
def test_a_deadline_is_written_as_it_is_read(both: dict[Language, Words], deadline: str, language: Language) -> None:
    text = deadline_text(deadline, both, language)
    assert parse_due(text) == (deadline, ()) and (text != deadline or deadline == "2026")


def register(desk: Desk) -> Tables:
    """Tasks of several leads, some of them completed, and a file of a later month."""
    head = ["Mã nhiệm vụ", "Nội dung nhiệm vụ", "Cơ quan chủ trì", "Thời hạn", "Ngày hoàn thành", "Ngày giao",
            "Cơ quan phối hợp", "Trạng thái", "Tỷ lệ hoàn thành (%)", "Ghi chú", "Văn bản giao"]  # fmt: skip
    more = ["05/01/2026", "Bộ Công an; Cần Thơ", "Đang thực hiện", "40%", "Chờ ý kiến; đang rà soát", "71/NQ-CP"]
    rows = [
        task("001", "Một", "Bộ Y tế", "Quý II-III/2026", "", *more),
        task("NV-2", "Hai", "Bộ Y tế", "Thường xuyên", "", *[""] * 6),
        task("NV-3", "Ba", "Bộ Y tế", "31/12/2026", "20/01/2026", *[""] * 6),
        task("NV-4", "Bốn", "Bộ Tài chính", "31/12/2026", "", *[""] * 6),
        task("NV-5", "Năm", "UBND tỉnh An Giang", "31/12/2026", "", *[""] * 6),
    ]
    assert bins(desk.take(text_of(rows, head=head)))[2:] == (0, 1)
    late = [task("NV-2", "Hai", "Bộ Y tế", "Thường xuyên"), task("NV-6", "Sáu", "Bộ Y tế", "31/12/2026")]
    desk.take(desk.file(text_of(late), "late.csv"), reported_on="2026-03-31")
    return load_tables(with_tables(desk.tables.folder))


@pytest.mark.parametrize("language", LANGUAGES)
def test_open_tasks_come_filled_in_and_go_back_unchanged(desk: Desk, language: Language) -> None:
    tables = register(desk)
    content = blank(tables, "tasks", language=language)
    rows = sheet(content, 0)[HEAD_ROW:]
    assert [row[0] for row in rows] == ["001", "NV-2"]
    if language == "vi":
        assert rows[0] == ["001", "Một", "71/NQ-CP", "Bộ Y tế", "Bộ Công an; Cần Thơ", date(2026, 1, 5),
                           "Quý II/2026 – Quý III/2026", "", "Đang thực hiện trong hạn", 0.4,
                           "Chờ ý kiến; đang rà soát"]  # fmt: skip
    taken = desk.take(desk.file(content, f"{language}.xlsx"), reported_on="2026-02-28")
    assert bins(taken) == (2, 0, 0, HEAD_ROW) and taken.changes == {"same": 2}, taken.notes


def test_open_tasks_are_those_of_the_month_that_is_asked_for(desk: Desk) -> None:
    tables = register(desk)
    found = {month: [row[0] for row in sheet(blank(tables, "tasks", month), 0)[HEAD_ROW:]]
             for month in ("2025-12", "2026-01", "2026-03")}  # fmt: skip
    assert found == {"2025-12": [], "2026-01": ["001", "NV-2"], "2026-03": ["001", "NV-2", "NV-6"]}
    of = [sheet(blank(tables, "tasks", sender=who), 0)[HEAD_ROW:][0][0] for who in ("MOF", "An Giang")]
    assert of == ["NV-4", "NV-5"]


def test_made_up_tasks_are_marked_and_stay_apart(desk: Desk, registered: Path) -> None:
    content = blank(load_tables(registered), "tasks", "2025-10", sender="MOST")
    assert sheet(content, 0)[HEAD_ROW - 2][0].startswith(MARK) and len(sheet(content, 0)) > HEAD_ROW + 50
    rejected = desk.take(desk.file(content, "a.xlsx"), reported_on="2025-10-31").rejected
    assert rejected is not None and rejected.code == "E-SYNTHETIC"
    assert bins(desk.take(desk.folder / "a.xlsx", reported_on="2025-10-31", source=SAMPLE_SOURCE))[1:3] == (0, 0)
    assert MARK not in sheet(blank(desk.tables, "tasks"), 0)[HEAD_ROW - 2][0]


# --- the stamp -------------------------------------------------------------------------------------------------------


def test_a_stamp_says_what_a_workbook_was_made_for(desk: Desk) -> None:
    path = desk.file(blank(desk.tables, "observations"), "a.xlsx")
    found = read_stamp(path)
    assert found == Stamp("observations", "province:01", parse_month("2026-02"), found.version if found else "")
    assert found.version == __import__("importlib.metadata").metadata.version("r57")
    assert sheet(path.read_bytes(), GUIDE)[-1][0] == f"R57 · observations · province:01 · 2026-02 · {found.version}"


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"2026-02<", b"2026-13<"), (b"r57.month", b"r57.mouth"), (b"tasks<", b"t<a/>s<"), (b"tasks<", b"&kind;<"),
     (b"<property ", b"<!--" + b"x" * (1 << 17) + b"--><property ")],
)  # fmt: skip
def test_a_stamp_that_was_tampered_with_is_none(desk: Desk, old: bytes, new: bytes) -> None:
    path = desk.file(b"", "a.xlsx")
    parts = zipfile.ZipFile(io.BytesIO(blank(desk.tables, "tasks")))
    with zipfile.ZipFile(path, "w") as archive:
        for name in parts.namelist():
            body = parts.read(name)
            archive.writestr(name, body.replace(old, new, 1) if name == "docProps/custom.xml" else body)
    assert old in parts.read("docProps/custom.xml") and read_stamp(path) is None


def test_what_is_no_workbook_has_no_stamp(desk: Desk) -> None:
    os.mkfifo(desk.folder / "fifo.xlsx")
    content = blank(desk.tables, "tasks")
    (desk.folder / "link.xlsx").symlink_to(desk.file(content, "real.xlsx"))
    cut = desk.file(content[: len(content) // 2], "cut.xlsx")
    for path in (desk.folder / "fifo.xlsx", desk.folder / "link.xlsx", cut, desk.file("a,b\n"), desk.folder / "none"):
        assert read_stamp(path) is None, path


def test_a_call_may_not_say_otherwise_than_the_stamp(desk: Desk) -> None:
    data, path = (
        with_tables(desk.tables.folder),
        desk.file(filled(blank(desk.tables, "tasks"), FILLED["tasks"]), "a.xlsx"),
    )
    plain = desk.file(text_of([task()]))
    given = ("--source", SOURCE, "--data", data)
    for call, message in (
        ((path, "--kind", "observations"), "a.xlsx' is a workbook for tasks, as its stamp says, not for --kind "
                                           "observations"),
        ((path, "--reported-on", "2026-03-01"), "a.xlsx' is a workbook of 2026-02, as its stamp says: --reported-on "
                                                "2026-03-01 is no day of it"),
        ((plain, "--kind", "tasks"), "file.csv' has no stamp of r57 template that would say it: add --reported-on"),
        ((path, plain), "file.csv' has no stamp of r57 template that would say it: add --kind and --reported-on"),
    ):  # fmt: skip
        done = call_r57("ingest", *call, *given)
        assert done.returncode == 2 and message in done.stderr and "\n" not in done.stderr.strip(), done
        assert not desk.store.entries()
    done = call_r57("ingest", path, "--kind", "tasks", "--reported-on", "2026-02-10", *given)
    assert (
        done.returncode == 0 and '"reported_on": "2026-02-10"' in (desk.store.entries()[0] / "receipt.json").read_text()
    )


def test_a_workbook_that_goes_back_keeps_its_stamp(desk: Desk) -> None:
    data = with_tables(desk.tables.folder)
    wrong = [{**FILLED["tasks"][0], "G": "Quý V/2026"}, FILLED["tasks"][2]]
    path = desk.file(filled(blank(desk.tables, "tasks"), wrong), "a.xlsx")
    done = call_r57("ingest", path, "--source", SOURCE, "--data", data)
    back = desk.folder / "a.errors.xlsx"
    assert done.returncode == 1 and read_stamp(back) == read_stamp(path) is not None
    with zipfile.ZipFile(back) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        "Quý V/2026".encode(), "Quý II/2026".encode()
    )
    with zipfile.ZipFile(back, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    done = call_r57("ingest", desk.quiet(back), "--source", SOURCE, "--data", data)
    assert done.returncode == 0 and [row["task_id"] for row in desk.rows()] == ["0012", "NV-2"], done


# --- calls that are wrong --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("task", "MOH", "2026-02", "a.xlsx"), "unknown kind of file 'task'; did you mean 'tasks'?"),
        (("tasks", "MOHH", "2026-02", "a.xlsx"), "unknown sender 'MOHH'; did you mean 'MOH'? (an agency, a province"),
        (("tasks", "Bộ I tế", "2026-02", "a.xlsx"), "unknown sender 'Bộ I tế'; did you mean 'Bộ Y tế'?"),
        (("tasks", "zzqqx", "2026-02", "a.xlsx"), "unknown sender 'zzqqx' (an agency, a province or an enterprise"),
        (("tasks", "MOH", "2026-13", "a.xlsx"), "--month: '2026-13' is not a month of 2000 to 2060; write it as"),
        (("tasks", "MOH", "2061-01", "a.xlsx"), "--month: '2061-01' is not a month of 2000 to 2060"),
        (("tasks", "MOH", "2026-02", "a.xls"), "--output 'a.xls' must end in .xlsx"),
        (("tasks", "MOH", "2026-02", "no/a.xlsx"), "--output 'no/a.xlsx' cannot be: no folder 'no'"),
        (("tasks", "MOH", "2026-02", "b.xlsx"), "--output 'b.xlsx' is a folder; name a file in it"),
        (("tasks", "MOH", "2026-02", "old.xlsx"), "'old.xlsx' exists and is another workbook, maybe one that is"),
    ],
)  # fmt: skip
def test_a_wrong_call_says_what_would_have_been_right(
    tmp_path: Path, call: tuple[str, str, str, str], message: str
) -> None:
    (tmp_path / "b.xlsx").mkdir()
    (tmp_path / "old.xlsx").write_bytes(b"filled in")
    kind, sender, month, output = call
    done = call_r57("template", kind, "--sender", sender, "--month", month, "-o", output, cwd=tmp_path)
    assert done.returncode == 2 and message in done.stderr and len(done.stderr.splitlines()) == 1, done
    assert (tmp_path / "old.xlsx").read_bytes() == b"filled in" and len(list(tmp_path.iterdir())) == 2


def test_a_sender_is_found_by_code_and_by_name(both: dict[Language, Words], real_tables: Tables) -> None:
    from r57lib.ingest.template import find_sender

    found = {text: find_sender(real_tables, text, both).code for text in
             ("MOH", "moh", "Bộ Y tế", "bo y te", "Ministry of Health", "01", "province:01", "UBND TP. Hà Nội",
              "Viettel", "Tập đoàn VNPT")}  # fmt: skip
    assert list(found.values()) == ["MOH"] * 5 + ["province:01"] * 3 + ["viettel", "vnpt"]


def test_the_same_workbook_may_be_asked_for_twice(tmp_path: Path) -> None:
    call = ("template", "tasks", "--sender", "MOH", "--month", "2026-02", "-o", "a.xlsx")
    assert call_r57(*call, cwd=tmp_path).returncode == 0
    before = (tmp_path / "a.xlsx").stat()
    assert call_r57(*call, cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.xlsx").stat().st_ino == before.st_ino


@pytest.mark.parametrize(
    ("sender", "leads"),
    [
        ("15", ["province:15/Sở Y tế", "province:15/UBND xã Thử", "province:15"]),
        ("viettel", ["enterprise:viettel"]),
        ("MOH", ["MOH"]),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_sender_and_its_departments_lead_goes_back_unchanged(
    desk: Desk, sender: str, leads: list[str], language: Language
) -> None:
    """Whose departments they are, the stamp says; groups and others that have a part stay what they are."""
    names = ["Sở Y tế", "UBND xã Thử", "UBND tỉnh", "Viettel", "Bộ Y tế", "Các bộ, ngành"]
    others = "Bộ Công an; Sở Tài chính; Các bộ, ngành, địa phương"
    rows = [[*task(f"NV-{at}", lead=name), others] for at, name in enumerate(names)]
    desk.take(text_of(rows, head=[*HEAD, "Cơ quan phối hợp"]), sender="15")
    data, path = with_tables(desk.tables.folder), desk.folder / "gửi.xlsx"
    made = call_r57("template", "tasks", "--sender", sender, "--month", "2026-02", "-o", path, "--data", data,
                    "--language", language)  # fmt: skip
    assert made.returncode == 0
    taken = call_r57("ingest", desk.quiet(path), "--source", SOURCE, "--data", data, "--format", "json")
    told = json.loads(taken.stdout)[0]
    assert taken.returncode == 0 and told["changes"] == {"same": len(leads)}, taken.stdout
    assert [row["lead_agency"] for row in desk.rows()] == leads
