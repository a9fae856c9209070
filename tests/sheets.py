"""Files such as ministries send them, for the tests of what is taken in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from r57lib.data.load import load_tables
from r57lib.data.store import RECEIPT, ROWS, Entry, read_entries, task_versions
from r57lib.data.tables import Tables
from r57lib.ingest.rows import Bin, Note
from r57lib.ingest.store import Store, read_rows
from r57lib.ingest.take import Taken, make_request, take
from tests.conftest import DATA

HEAD = ["Mã nhiệm vụ", "Nội dung nhiệm vụ", "Cơ quan chủ trì", "Thời hạn", "Ngày hoàn thành"]
SOURCE = "baomoi-june-2025"


def task(
    code: Any = "NV-01",
    title: Any = "Xây dựng nền tảng",
    lead: Any = "Bộ Y tế",
    deadline: Any = "31/12/2025",
    done: Any = "",
    *more: Any,
) -> list[Any]:
    """A row of the usual five columns."""
    return [code, title, lead, deadline, done, *more]


def text_of(rows: Iterable[Sequence[Any]], *, head: Sequence[str] = HEAD, mark: str = ",", end: str = "\n") -> str:
    """A CSV file as text; cells with the delimiter, a quote or a line's end are quoted."""

    def cell(value: Any) -> str:
        text = str(value)
        return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in (mark, '"', "\n")) else text

    lines = [mark.join(map(cell, row)) for row in ([head, *rows] if head else rows)]
    return end.join(lines) + end


def book_of(path: Path, rows: Iterable[Sequence[Any]], *, head: Sequence[str] = HEAD, **shape: Any) -> Path:
    """A workbook of one sheet; `shape` is passed to `fill`."""
    with xlsxwriter.Workbook(str(path), {"date_1904": shape.pop("date_1904", False)}) as book:
        fill(book, book.add_worksheet(shape.pop("name", "Nhiệm vụ")), [head, *rows] if head else rows, **shape)
    return path


def fill(book: Any, page: Any, rows: Iterable[Sequence[Any]], *, first: int = 0, merge: Sequence[str] = ()) -> None:
    """Write rows into a sheet: dates as dates, formulas where a cell is a pair of a formula and its saved result."""
    day, share = book.add_format({"num_format": "dd/mm/yyyy"}), book.add_format({"num_format": "0%"})
    for number, row in enumerate(rows, start=first):
        for column, value in enumerate(row):
            if isinstance(value, (date, datetime)):
                moment = value if isinstance(value, datetime) else datetime.combine(value, time())
                page.write_datetime(number, column, moment, day)
            elif isinstance(value, tuple) and value[0] == "%":
                page.write_number(number, column, value[1], share)
            elif isinstance(value, tuple):
                page.write_formula(number, column, value[0], None, value[1])
            elif isinstance(value, str):
                page.write_string(number, column, value)
            elif value is not None:
                page.write(number, column, value)
    for span in merge:
        page.merge_range(span, "")
        start = span.split(":")[0]
        column, line = ord(start[0]) - 65, int(start[1:]) - 1 - first
        rows_list = list(rows)
        page.write_string(start, str(rows_list[line][column]))


def with_tables(folder: Path) -> Path:
    """A folder with the project's tables beside what it has taken in."""
    folder.mkdir(exist_ok=True)
    for path in DATA.glob("*.csv"):
        shutil.copy(path, folder)
    return folder


class Desk:
    """A data folder of its own that takes files in."""

    def __init__(self, folder: Path, tables: Tables | None = None) -> None:
        self.folder = folder
        (folder / "data").mkdir()
        self.tables = replace(tables or load_tables(DATA), folder=folder / "data")
        self.store = Store(self.tables.folder)

    def file(self, content: str | bytes, name: str = "file.csv") -> Path:
        """A file that nobody has written to for a while."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return self.quiet(path)

    def quiet(self, path: Path) -> Path:
        """Let a file look as if it had been written an hour ago."""
        os.utime(path, (path.stat().st_mtime - 3600,) * 2)
        return path

    def take(self, content: str | bytes | Path, *, reported_on: str = "2026-01-31", **asked: Any) -> Taken:
        """Take in a file, or what one would hold."""
        path = content if isinstance(content, Path) else self.file(content)
        if asked.pop("settled", True):
            self.quiet(path)
        binned = asked.pop("binned", lambda taken: None)
        request = make_request(
            self.tables,
            **{"kind": "tasks", "source": SOURCE, "today": date(2026, 12, 31), **asked},
            reported_on=date.fromisoformat(reported_on),
        )
        return take(path, request, self.tables, binned=binned)

    def rows(self) -> list[dict[str, str]]:
        """The rows of the newest entry."""
        entries = self.store.entries()
        return list(read_rows(entries[-1] / ROWS)) if entries else []

    def versions(self) -> pd.DataFrame:
        """Every version of every task that was taken in."""
        receipts = [(path.name, (path / RECEIPT).read_bytes()) for path in self.store.entries()]
        found = list(read_entries(self.tables.folder, receipts))
        assert all(isinstance(each, Entry) for each in found)
        return task_versions([each for each in found if isinstance(each, Entry)])


def codes(taken: Taken, letters: str = "EWR") -> list[str]:
    """The codes of what is said, without those of the heading."""
    return [note.code for note in taken.notes if note.code[0] in letters]


def bins(taken: Taken) -> tuple[int, int, int, int]:
    """Accepted, repaired, quarantined, without data."""
    found = taken.counts.bins
    return found[Bin.ACCEPTED], found[Bin.REPAIRED], found[Bin.QUARANTINED], found[Bin.NON_DATA]


def said(taken: Taken, code: str) -> Note:
    """The first note with a code."""
    return next(note for note in taken.notes if note.code == code)
