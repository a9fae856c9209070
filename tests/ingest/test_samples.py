"""The made-up register: its totals, its marks, its bytes, and the way of its messy workbooks there and back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from r57lib.data.periods import parse_month
from r57lib.data.tables import Tables
from r57lib.ingest.answer import write_errors
from r57lib.ingest.rows import MARK
from r57lib.ingest.samples import make_tasks, write_sample
from r57lib.measures.register import as_known, differences, status_counts, with_status
from r57lib.measures.task_counts import snapshots
from r57lib.view.words import LANGUAGES, words_of
from tests.conftest import DATA, SAMPLE_SOURCE, call_r57
from tests.sheets import Desk, bins, fill

SAMPLE = DATA / "sample"
MONTHS = sorted(SAMPLE.glob("*.csv"))


def test_the_sample_is_what_its_command_makes(tmp_path: Path) -> None:
    done = call_r57("sample", "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in SAMPLE.iterdir()} and len(made) == 12
    write_sample(tmp_path, seed=58)
    assert (tmp_path / "2025-04.csv").read_bytes() != made["2025-04.csv"]


def test_a_wrong_sample_is_one_line() -> None:
    done = call_r57("sample", "registre")
    assert done.returncode == 2 and done.stderr.startswith(
        "r57: error: unknown sample 'registre'; did you mean 'register'?"
    )


def test_every_file_and_every_task_says_that_it_is_made_up() -> None:
    for path in MONTHS:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith(MARK) and all("giả lập" in line and ",MAU-" in line for line in lines[2:])
    for path in SAMPLE.glob("*.xlsx"):
        assert CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()[0][0] == MARK


def taken_in(desk: Desk) -> pd.DataFrame:
    """The versions of the tasks after all months."""
    for path in MONTHS:
        taken = desk.take(
            path.read_bytes(), reported_on=parse_month(path.stem).last_day.isoformat(), source=SAMPLE_SOURCE
        )
        assert taken.state == "accepted" and bins(taken)[1:] == (0, 0, 2)
    return desk.versions()


def test_its_totals_are_the_published_ones(desk: Desk, real_tables: Tables) -> None:
    """Counted by hand in `data/task_snapshots.csv`: 679 = 186 + 91 + 24 + 378, and 330 = 65 + 25 + 4 + 236."""
    versions = taken_in(desk)
    for day, known, period, total in (
        (date(2025, 9, 30), date(2025, 9, 30), "2025-09-late", 679),
        (date(2025, 8, 28), date(2025, 8, 31), "2025-08-28", 330),
    ):
        tasks = with_status(as_known(versions, known, at=day), day)
        counts = status_counts(tasks)
        ours = snapshots(real_tables).query("scope_id == 'r71'")
        published = ours[ours["time_period"] == period].iloc[-1]
        found = differences(counts, published)
        assert counts["total"] == total and len(found) >= 4 and (found["difference"] == 0).all()


def test_its_history_moves_forward_and_a_past_month_stays(desk: Desk) -> None:
    versions = taken_in(desk)
    days = [parse_month(path.stem).last_day for path in MONTHS]
    counts = [status_counts(with_status(as_known(versions, day), day)) for day in days]
    completed, totals = [each["completed"] for each in counts], [each["total"] for each in counts]
    assert completed == sorted(completed) and totals == sorted(totals) and totals[5:] == [679] * 5
    assert len(set(completed[4:])) == 6
    truth = [each for each in make_tasks() if each.completed and each.completed <= days[7]]
    assert completed[7] == len(truth)


@pytest.mark.parametrize(("name", "quarantined"), [("so-theo-doi-1.xlsx", 7), ("so-theo-doi-2.xlsx", 6)])
def test_a_messy_workbook_goes_back_and_is_taken_when_mended(desk: Desk, name: str, quarantined: int) -> None:
    taken_in(desk)
    before = len(desk.store.entries())
    back = desk.folder / "errors.xlsx"
    both = {each: words_of(desk.tables["labels"], each) for each in LANGUAGES}
    path = desk.file((SAMPLE / name).read_bytes(), name)
    sent = lambda made: write_errors(made, back, both)  # noqa: E731
    taken = desk.take(path, reported_on="2025-09-30", source=SAMPLE_SOURCE, binned=sent)
    assert bins(taken)[2] == quarantined and sum(bins(taken)) == taken.counts.rows_read
    assert "restated" not in taken.changes and len(desk.store.entries()) == before + 1

    truth = {each.code: each.row(0, date(2025, 9, 30)) for each in make_tasks()}
    rows = CalamineWorkbook.from_path(str(back)).get_sheet_by_index(0).to_python()
    lead = next(each.lead for each in make_tasks() if any(each.lead.upper() in str(row[0]) for row in rows[:2]))
    codes = [each.code for each in make_tasks() if each.lead == lead and each.assigned <= date(2025, 9, 30)]
    first = next(number for number, row in enumerate(rows) if row[0] == "(1)") + 1
    data_rows = [number for number in range(first, len(rows)) if str(rows[number][0]).isdigit()]
    wrong = {note.row - 1 for note in taken.notes if note.code[0] == "E"}
    assert len(data_rows) == len(codes) and wrong <= set(data_rows)
    for number, code in zip(data_rows, codes, strict=True):
        if number in wrong:
            rows[number][1:8] = truth[code][1:8]
    again = desk.folder / "again.xlsx"
    with xlsxwriter.Workbook(str(again)) as book:
        fill(book, book.add_worksheet("Nhiệm vụ"), rows)
    taken = desk.take(again, reported_on="2025-09-30", source=SAMPLE_SOURCE)
    assert taken.state == "accepted" and taken.changes == {"same": len(codes)}
