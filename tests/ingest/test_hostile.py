"""Hostile files: each ends in a line for people, soon and in little memory, and keeps nobody else from the store."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from r57lib.data.store import INGESTED_FOLDER
from r57lib.ingest import csvfile, files, workbook
from r57lib.ingest.rows import LIMIT_TEXT
from r57lib.view.words import LANGUAGES, words_of
from tests.conftest import R57, ROOT, call_r57
from tests.hostile import MADE, book, line, sheet
from tests.sheets import HEAD, SOURCE, Desk, bins, task, text_of, with_tables

SECONDS, MEBIBYTES = 5, 500
"""Of a processor, and of memory at the peak: what a hostile file may cost."""


@pytest.mark.server
def test_hostile_files_cost_little(desk: Desk) -> None:
    """56, 57, 58: the system ends the process of one that costs more."""
    assert len(MADE) >= 40
    (desk.folder / "files").mkdir()
    call = [sys.executable, "-m", "tests.hostile", str(desk.folder / "files"), str(SECONDS)]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr
    found = [json.loads(told) for told in done.stdout.splitlines()]
    assert [each["name"] for each in found] == list(MADE)
    for each in found:
        assert each["status"] == 0, (each["name"], done.stderr)
        assert each["codes"] and set(each["codes"]) <= MADE[each["name"]][1], each
        assert each["peak"] < MEBIBYTES, each
        for code in each["codes"]:
            words = [words_of(desk.tables["labels"], language) for language in LANGUAGES]
            assert all(each.has(f"ingest.{code}") and each.has(f"ingest.{code}.mend") for each in words)


def test_the_operators_page_names_the_limits() -> None:
    page = (ROOT / "docs" / "operator.md").read_text(encoding="utf-8")
    told = page.partition("- **Limits of a file**")[2].partition("\n- ")[0]
    counts = [csvfile.LIMIT_LINES, csvfile.LIMIT_COLUMNS, csvfile.LIMIT_LINE, csvfile.LIMIT_QUOTES, LIMIT_TEXT,
              workbook.LIMIT_TAGS, workbook.LIMIT_ELEMENTS, workbook.LIMIT_SPANNED, workbook.LIMIT_CELLS,
              workbook.LIMIT_MERGED]  # fmt: skip
    sizes = [files.LIMIT_WORKBOOK, workbook.LIMIT_BYTES, workbook.LIMIT_SHARED, workbook.LIMIT_TOKEN]
    for text in (*(f"{count:,}" for count in counts), *(f"{size >> 20} MiB" for size in sizes),
                 f"{files.LIMIT_CSV >> 30} GiB", f"{workbook.LIMIT_SECONDS} seconds"):  # fmt: skip
        assert text in told, text


@pytest.mark.server
def test_a_hostile_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    names = ("empty_rows.xlsx", "blank_lines.csv", "deep_styles.xlsx")
    for name in names:
        MADE[name][0](tmp_path / name)
    data = with_tables(tmp_path / "data")
    good = tmp_path / "good.csv"
    good.write_text(text_of([task(f"NV-{number}") for number in range(50)]), encoding="utf-8")
    asked = ("--kind", "tasks", "--source", SOURCE, "--reported-on", "2026-01-31", "--data", data, "--language", "en")
    call = [R57, "ingest", *(tmp_path / name for name in names), *asked]
    with subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as hostile:
        while not list((data / INGESTED_FOLDER).glob(".build-*/*.xlsx")):
            assert hostile.poll() is None
            time.sleep(0.02)
        hostile.send_signal(signal.SIGSTOP)  # in the middle of the first, for as long as it takes
        beside = call_r57("ingest", good, *asked)
        hostile.send_signal(signal.SIGCONT)
        told, wrong = hostile.communicate()
    assert beside.returncode == 0, beside.stderr
    assert (hostile.returncode, wrong) == (1, "")
    assert [text.partition(": ")[0] for text in told.splitlines()] == list(names)
    assert told.count(": rejected, nothing was taken in: The file is too large: ") == len(names)
    assert [entry.name for entry in (data / INGESTED_FOLDER).iterdir() if entry.is_dir()] == ["0001"]


@pytest.mark.parametrize("more", ["", '<c r="AAA3" s="0"/>', "<!-- no row -->"])
def test_rows_in_any_writing_are_marked_alike(desk: Desk, more: str) -> None:
    """What goes by without expat, and what does not: a prefix, signs of a comment, cells that hold nothing far out."""
    rows = [line(1, HEAD), *(line(at, map(str, task(f"NV-{at}"))) for at in range(2, 5))]
    rows[3] = rows[3].replace(
        '<c r="D4" t="inlineStr"><is><t>31/12/2025</t></is></c>', '<c r="D4" t="e"><v>#N/A</v></c>'
    )
    rows[2] = rows[2].replace('<row r="3">', '<row r="3" hidden="1">')
    path = desk.folder / "a.xlsx"
    book(path, sheet("".join(rows) + more))
    taken = desk.take(path)
    assert bins(taken) == (2, 0, 1, 1) and {(note.code, note.row) for note in taken.notes} == {
        ("W-HIDDEN-ROWS", 0), ("E-CELL-ERROR", 4)}  # fmt: skip
