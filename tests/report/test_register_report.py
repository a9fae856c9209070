"""The register from the workbooks that ministries send to the published page, by the commands that users type."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from bs4 import BeautifulSoup
from python_calamine import CalamineWorkbook

from r57lib.ingest.samples import MadeUpTask, make_tasks
from tests.conftest import DATA, SAMPLE_SOURCE, call_r57, with_bundle
from tests.figures.test_task_register import status
from tests.sheets import fill, task, text_of, with_tables

pytestmark = pytest.mark.server

SEPTEMBER = date(2025, 9, 30)
BOOKS = {
    "so-theo-doi-1.xlsx": ("MOST", "Bộ Khoa học và Công nghệ", 185, 7),
    "so-theo-doi-2.xlsx": ("MAE", "Bộ Nông nghiệp và Môi trường", 72, 6),
}
MOST = "agency_scorecard.MOST.en.html"
PLAN = "languages: [en]\nformats: [html]\nruns: [{notebook: agency_scorecard, matrix: {lead_agency: [MOST, MAE]}}]\n"


def ingest(data: Path, path: Path, day: str) -> tuple[int, dict[str, int]]:
    """Exit code and counts."""
    done = call_r57("ingest", path, "--kind", "tasks", "--source", SAMPLE_SOURCE, "--reported-on", day,
                   "--data", data, "--format", "json")  # fmt: skip
    (told,) = json.loads(done.stdout)
    names = ("rows_read", "accepted", "repaired", "quarantined", "non_data")
    return done.returncode, {name: told[name] for name in names}


def report(data: Path, *months: str) -> Path:
    """The folder of reports that hold the scorecards of both alone."""
    plan, output = data.parent / "plan.yaml", with_bundle(data.parent / "reports")
    plan.write_text(PLAN, encoding="utf-8")
    named = [each for month in months for each in ("--month", month)]
    done = call_r57("report", *named, "--plan", plan, "--data", data, "--output", output)
    assert done.returncode == 0, done.stderr
    return output


def tables(page: Path) -> list[list[dict[str, str]]]:
    """The tables of a page, a record a row, by the names of their columns."""
    found = []
    for table in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").find_all("table"):
        names, *rows = [
            [cell.get_text(strip=True) for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")
        ]
        found.append([dict(zip(names, row, strict=True)) for row in rows])
    return found


def of_status(page: Path) -> dict[str, int]:
    """The first row of the first table: the agency's own counts."""
    return {name: int(count) for name, count in tables(page)[0][0].items() if count.isdigit()}


def of_lead(lead: str) -> list[MadeUpTask]:
    return [each for each in make_tasks() if each.lead == lead and each.assigned <= SEPTEMBER]


def mended(back: Path, lead: str) -> Path:
    """The workbook that came back, with each bad row written as its sender knows it."""
    rows = CalamineWorkbook.from_path(str(back)).get_sheet_by_index(0).to_python()
    first = next(number for number, row in enumerate(rows) if row[0] == "(1)") + 1
    places = [number for number in range(first, len(rows)) if str(rows[number][0]).isdigit()]
    for number, each in zip(places, of_lead(lead), strict=True):
        rows[number][1:8] = each.row(0, SEPTEMBER)[1:8]
    path = back.with_name(f"mended-{back.name}")
    with xlsxwriter.Workbook(str(path)) as book:
        fill(book, book.add_worksheet("Nhiệm vụ"), rows)
    return path


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that has taken in both messy workbooks, first as they came and then as they were mended."""
    folder = tmp_path_factory.mktemp("desk")
    data = with_tables(folder / "data")
    for name, (_, lead, rows, wrong) in BOOKS.items():
        path = folder / name
        path.write_bytes((DATA / "sample" / name).read_bytes())
        code, counts = ingest(data, path, "2025-09-30")
        assert (code, counts["rows_read"], counts["quarantined"]) == (1, rows, wrong)
        assert sum(counts.values()) == 2 * rows
        code, counts = ingest(data, mended(path.with_name(f"{path.stem}.errors.xlsx"), lead), "2025-09-30")
        assert (code, counts["quarantined"]) == (0, 0)
    return data


def test_the_report_shows_what_is_counted_by_hand(data: Path) -> None:
    folder = report(data, "2025-09") / "2025-09"
    for agency, lead, *_ in BOOKS.values():
        page = folder / f"agency_scorecard.{agency}.en.html"
        counted = Counter(status(each, SEPTEMBER) for each in of_lead(lead))
        found = of_status(page)
        assert found["Total"] == len(of_lead(lead))
        assert (found["Completed on time"], found["Completed late"]) == (counted["on time"], counted["late"])
        assert found["Overdue"] == counted["overdue"] > 0
        late = {each.code for each in of_lead(lead) if status(each, SEPTEMBER) == "overdue"}
        assert {row["Task"] for row in tables(page)[1]} == late
        assert "Synthetic sample data" in page.read_text(encoding="utf-8")


def test_a_correction_shows_in_its_month_and_not_in_the_one_before(data: Path) -> None:
    before = (report(data, "2025-09") / "2025-09" / MOST).read_bytes()
    late = next(each for each in of_lead("Bộ Khoa học và Công nghệ") if status(each, SEPTEMBER) == "on time")
    row = task(late.code, f"{late.title}", late.lead, f"{late.due:%d/%m/%Y}", "25/10/2025")
    path = data.parent / "october.csv"
    path.write_text(text_of([row]), encoding="utf-8")
    assert ingest(data, path, "2025-10-31") == (0, {"rows_read": 2, "accepted": 1, "repaired": 0, "quarantined": 0,
                                                   "non_data": 1})  # fmt: skip
    entries = sorted((data / "ingested").iterdir())
    assert ingest(data, path, "2025-10-31")[0] == 0 and sorted((data / "ingested").iterdir()) == entries

    reports = report(data, "2025-09", "2025-10")
    assert (reports / "2025-09" / MOST).read_bytes() == before
    then, now = (of_status(reports / month / MOST) for month in ("2025-09", "2025-10"))
    assert late.due < date(2025, 10, 25)
    assert (now["Completed on time"], now["Completed late"]) == (
        then["Completed on time"] - 1,
        then["Completed late"] + 1,
    )
