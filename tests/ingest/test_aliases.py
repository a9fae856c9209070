"""Spellings of bodies that nobody knows: settled once, in one table, and not row by row."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from datetime import date
from pathlib import Path

import pytest

from r57lib.data.tables import Tables
from r57lib.errors import WrongCall
from r57lib.ingest.aliases import COLUMNS, LONGEST_SPELLING, Spelling, read_aliases, write_aliases
from r57lib.ingest.names import AgencyBook, agency_book
from r57lib.ingest.store import Store
from r57lib.measures import register
from r57lib.report.plan import _codes
from r57lib.view.filters import FILTERS
from r57lib.view.view import open_view
from r57lib.view.words import words_of
from tests.conftest import DATA, call_r57
from tests.sheets import SOURCE, Desk, bins, codes, said, task, text_of

ROWS = [
    task("NV-1"),
    task("NV-2", lead="Sở Thử nghiệm"),
    task("NV-3", lead="sở  thử nghiệm"),
    task("NV-4", lead="Viện Mô phỏng"),
    task("NV-5", deadline="31/02/2026"),
    task("NV-6", lead="Viện Mô phỏng", deadline="31/02/2026"),
]


@pytest.fixture(scope="module")
def book(real_tables: Tables) -> AgencyBook:
    """All names of the project's own tables."""
    return agency_book(real_tables)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("ingested", "sample")))


def filled(path: Path, rows: list[list[str]], *, head: tuple[str, ...] = COLUMNS, mark: str = ",") -> Path:
    """A table with rows of a spelling and what was written for it."""
    path.write_text(text_of([[text, "2", "C3", written, ""] for text, written in rows], head=head, mark=mark), "utf-8")
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill(path: Path, ids: dict[str, str]) -> None:
    """Fill a table as a person does, with the delimiter of a Vietnamese spreadsheet."""
    rows = [{**row, "agency_id": ids.get(row["spelling"], row["agency_id"])} for row in table(path)]
    path.write_text(text_of([list(row.values()) for row in rows], head=COLUMNS, mark=";"), encoding="utf-8")


def test_a_spelling_goes_back_once_and_is_settled_by_the_command_that_is_told(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "Bộ Y tế.csv"
    path.write_text(text_of(ROWS), encoding="utf-8")
    ask = ["--kind", "tasks", "--source", SOURCE, "--reported-on", "2026-01-31", "--language", "en"]
    done = call_r57("ingest", str(path), *ask, "--data", str(data))
    lines = done.stdout.splitlines()
    assert done.returncode == 1 and done.stderr == ""
    assert lines[0] == ("Bộ Y tế.csv: 1 of 6 rows taken in; 2 spellings of bodies to settle (3 rows); 2 rows to mend")
    assert "fill the column agency_id of Bộ Y tế.aliases.csv" in lines[1] and "Bộ Y tế.errors.xlsx" in lines[2]
    assert sum("thử nghiệm" in line.casefold() for line in lines) == 1
    assert "C3 (Cơ quan chủ trì) (2 rows)" in done.stdout
    assert (
        "        3  rows that wait for the name of a body" in done.stdout
        and "        2  rows to be mended" in done.stdout
    )
    found = table(tmp_path / "Bộ Y tế.aliases.csv")
    assert [(row["spelling"], row["count"], row["first_place"], row["agency_id"]) for row in found] == [
        ("Sở Thử nghiệm", "2", "C3", ""),
        ("Viện Mô phỏng", "2", "C5", ""),
    ]
    fill(tmp_path / "Bộ Y tế.aliases.csv", {"Sở Thử nghiệm": "MOST"})
    again = shlex.split(lines[3].partition("Then: ")[2])
    assert again[:3] == ["r57", "ingest", str(tmp_path / "Bộ Y tế.errors.xlsx")]
    done = call_r57(*again[1:])
    assert done.stdout.splitlines()[0].endswith(
        "3 of 6 rows taken in; 1 spelling of a body to settle (1 row); 2 rows to mend"
    )
    assert {row["spelling"]: row["agency_id"] for row in table(tmp_path / "Bộ Y tế.aliases.csv")} == {
        "Viện Mô phỏng": "",
        "Sở Thử nghiệm": "MOST",
    }
    receipt = [receipt for _, receipt in Store(data).receipts()][-1]
    assert receipt["aliases"] == {"Sở Thử nghiệm": "MOST"}


def test_where_only_names_are_missing_the_file_itself_comes_again(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text_of(ROWS[:4]), encoding="utf-8")
    ask = ["--kind", "tasks", "--source", SOURCE, "--reported-on", "2026-01-31", "--data", str(data)]
    done = call_r57("ingest", str(path), *ask)
    assert done.stdout.splitlines()[0] == ("a.csv: đã nhận 1/4 dòng; 2 cách viết tên cơ quan cần xác định (3 dòng)")
    assert not (tmp_path / "a.errors.xlsx").exists()
    fill(tmp_path / "a.aliases.csv", {"Sở Thử nghiệm": "MOST", "Viện Mô phỏng": "Bộ Y tế"})
    done = call_r57(*shlex.split(re.findall(r"chạy: r57 (.*)", done.stdout)[0]))
    assert done.returncode == 0 and done.stdout.startswith("a.csv: đã nhận 4/4 dòng\n")
    done = call_r57("ingest", str(path), *ask, "--aliases", str(tmp_path / "a.aliases.csv"), "--format", "json")
    told = json.loads(done.stdout)[0]
    assert told["state"] == "unchanged" and told["to_settle"] == []


def test_a_trial_run_writes_no_table(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text_of(ROWS), encoding="utf-8")
    ask = ["--kind", "tasks", "--source", SOURCE, "--reported-on", "2026-01-31", "--data", str(data), "--dry-run"]
    told = json.loads(call_r57("ingest", str(path), *ask, "--format", "json").stdout)[0]
    assert [(each["spelling"], each["count"]) for each in told["to_settle"]] == [
        ("Sở Thử nghiệm", 2), ("Viện Mô phỏng", 2),
    ]  # fmt: skip
    assert not (tmp_path / "a.aliases.csv").exists()


def test_another_table_is_another_call(desk: Desk) -> None:
    """The table is part of what a file is known by; without it the file is what it was."""
    file = desk.file(text_of(ROWS[:4]))
    one = filled(desk.folder / "one.csv", [["Sở Thử nghiệm", "MOST"], ["Viện Mô phỏng", ""]])
    two = filled(desk.folder / "two.csv", [["Sở Thử nghiệm", "MOST"], ["Viện Mô phỏng", "MOH"]])
    assert bins(desk.take(file)) == (1, 0, 3, 1)
    assert bins(desk.take(file, aliases=one)) == (3, 0, 1, 1)
    assert [row["lead_agency"] for row in desk.rows()] == ["MOH", "MOST", "MOST"]
    assert bins(desk.take(file, aliases=two)) == (4, 0, 0, 1)
    for given in (None, one, two):
        assert desk.take(file, aliases=given).state == "unchanged"
    assert len(desk.store.entries()) == 3


def test_an_empty_table_changes_nothing(desk: Desk) -> None:
    file = desk.file(text_of(ROWS[:4]))
    desk.take(file)
    assert desk.take(file, aliases=filled(desk.folder / "t.csv", [["Sở Thử nghiệm", ""]])).state == "unchanged"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([["Sở A", "MOSTT"]], "t.csv row 2: no body has the id or the name 'MOSTT'; did you mean 'MOST'?"),
        ([["Sở A", "Bộ Công Thươnng"]], "the name 'Bộ Công Thươnng'; did you mean 'Bộ Công Thương'?"),
        ([["Sở A", "Sở Tài chính"]], "no body has the id or the name 'Sở Tài chính'$"),
        ([["Sở A", "các bộ, ngành"]], "no body has the id or the name 'các bộ, ngành'$"),
        ([["Sở A", "MOST"], ["sở a", "MOH"]], "t.csv row 3: 'sở a' is settled twice, as MOST and as MOH"),
        ([["Bộ Y tế", "MOST"]], "'Bộ Y tế' is the name of MOH; it cannot mean MOST"),
        ([["", "MOST"]], "there is no spelling before 'MOST'"),
    ],
)
def test_a_wrong_row_is_a_wrong_call(tmp_path: Path, book: AgencyBook, rows: list[list[str]], message: str) -> None:
    with pytest.raises(WrongCall) as caught:
        read_aliases(filled(tmp_path / "t.csv", rows), book)
    text = str(caught.value)
    assert text.endswith(message[:-1]) if message.endswith("$") else message in text


def test_another_file_is_no_table(tmp_path: Path, book: AgencyBook) -> None:
    path = tmp_path / "plan.csv"
    path.write_text(text_of(ROWS), encoding="utf-8")
    with pytest.raises(WrongCall, match="its first row is: spelling, count"):
        read_aliases(path, book)
    with pytest.raises(WrongCall, match="cannot be read"):
        read_aliases(tmp_path / "none.csv", book)
    with pytest.raises(WrongCall, match="no table of aliases"):
        write_aliases(path, [Spelling("Sở A", 1, "C2")], {})
    assert path.read_text(encoding="utf-8") == text_of(ROWS)


def test_a_table_runs_nothing_and_comes_back_as_it_was(tmp_path: Path, book: AgencyBook) -> None:
    path = tmp_path / "t.csv"
    texts = ["=HYPERLINK(1)", "+84 Viện", "- Sở A", "@SUM", "Sở B;=1+1", 'Viện "C", Sở D']
    write_aliases(path, [Spelling(text, 1, "=x!C2", "Bộ Y tế") for text in texts], {})
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    for mark in ",;":
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file, delimiter=mark) for cell in row]
        assert not [cell for cell in cells if cell[:1] in tuple("=+-@")]
    fill(path, {row["spelling"]: "MOST" for row in table(path)})
    assert set(read_aliases(path, book)) == set(texts)


def test_what_was_filled_in_and_not_sent_is_kept(tmp_path: Path) -> None:
    path = filled(tmp_path / "t.csv", [["Sở A", "MOST"], ["Sở B", "MOH"], ["Sở C", ""]])
    write_aliases(path, [Spelling("sở a", 3, "C2"), Spelling("Sở D", 1, "C9")], {"Sở E": "MOF"})
    assert {row["spelling"]: row["agency_id"] for row in table(path)} == {
        "sở a": "MOST", "Sở D": "", "Sở B": "MOH", "Sở E": "MOF",
    }  # fmt: skip


def test_a_long_text_names_no_body(desk: Desk) -> None:
    text = "Sở Thử nghiệm " + "và chi nhánh " * (LONGEST_SPELLING // 10)
    taken = desk.take(text_of([task("NV-1", lead=text)]), accept_unknown_lead=True)
    assert codes(taken) == ["E-AGENCY"]


# --- taken in as it is -----------------------------------------------------------------------------------------------


def test_an_unknown_lead_is_taken_in_with_its_words_and_compared_with_nobody(desk: Desk) -> None:
    rows = [task(f"NV-{number}", lead=lead, deadline="30/6/2025") for number, lead in
            enumerate(["Bộ Y tế", "Sở Thử nghiệm", "Sở  Thử nghiệm", "Bộ Y tế / Bộ Công an"])]  # fmt: skip
    assert bins(desk.take(text_of(rows))) == (1, 0, 3, 1)
    taken = desk.take(text_of(rows), accept_unknown_lead=True)
    assert bins(taken) == (3, 0, 1, 1) and codes(taken) == ["W-LEAD", "W-LEAD", "E-AGENCY-SEVERAL"]
    assert said(taken, "W-LEAD").raw == "Sở Thử nghiệm"
    assert [row["lead_agency"] for row in desk.rows()] == ["MOH", *["unknown:Sở Thử nghiệm"] * 2]
    tasks = register.with_status(register.as_known(desk.versions(), date(2026, 1, 31)), date(2026, 1, 31))
    assert len(tasks) == 3
    assert (
        list(register.league(tasks)["lead_agency"])
        == ["MOH"]
        == list(register.tasks_due(tasks, date(2026, 1, 31))["lead_agency"])
    )
    assert register.league(tasks)["overdue_share"].tolist() == [pytest.approx(1 / 3)]
    words = words_of(desk.tables["labels"], "vi")
    assert words.agency("unknown:Sở Thử nghiệm") == "Sở Thử nghiệm (chưa xác định)"


def test_what_was_taken_in_as_it_is_can_still_be_settled(desk: Desk) -> None:
    """A task of a plan keeps its code when its lead is settled later."""
    plan = text_of(
        [["1", "Xây dựng nền tảng", "Sở Thử nghiệm", "31/12/2025"], ["2", "Nâng cấp", "Bộ Y tế", "31/12/2025"]],
        head=["TT", "Nội dung nhiệm vụ", "Cơ quan chủ trì", "Thời hạn"],
    )
    desk.take(plan, accept_unknown_lead=True)
    before = [row["task_id"] for row in desk.rows()]
    taken = desk.take(plan, aliases=filled(desk.folder / "t.csv", [["Sở Thử nghiệm", "MOST"]]))
    assert taken.changes == {"restated": 1, "same": 1}
    assert [row["task_id"] for row in desk.rows()] == before
    assert [row["lead_agency"] for row in desk.rows()] == ["MOST", "MOH"]


def test_no_page_and_no_filter_is_made_for_an_unknown_lead(tmp_path: Path, data: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text_of([task("NV-1"), task("NV-2", lead="Sở Thử nghiệm")]), encoding="utf-8")
    ask = ["--kind", "tasks", "--source", SOURCE, "--reported-on", "2026-01-31", "--data", str(data)]
    assert call_r57("ingest", str(path), *ask, "--accept-unknown-lead").returncode == 0
    view = open_view(month="2026-01", language="en", data=data)
    assert sorted(view.everything["tasks"]["lead_agency"]) == ["MOH", "unknown:Sở Thử nghiệm"]
    assert [code for _, code in FILTERS["lead_agency"].choices(view)] == ["", "MOH"]
    assert _codes("lead_agency", view.everything) == ["MOH"]
