"""What was taken in: one folder a file, which appears whole or not at all and is never changed.

`DATA/ingested/0007/` holds the file as it came, under its SHA-256; `rows.csv`, its rows; and `receipt.json`, what was
asked for and what came of it. The number gives the order: of two versions of a row with the same `reported_on` the one
with the higher number holds.
"""

from __future__ import annotations

import csv
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from r57lib import disk
from r57lib.data.store import INGESTED_FOLDER, RECEIPT, ROWS, entries
from r57lib.errors import Busy
from r57lib.ingest.kinds import FileKind
from r57lib.ingest.plainrows import PlainRun

_BUILD = ".build-"
"""What the folders begin with in which entries are built."""

EXTRA = ("section", "other_columns", "row")
"""Columns of `rows.csv` beside the fields of the kind: where in the sender's sheet a row stood."""


@dataclass(frozen=True)
class Store:
    """The files that a data folder has taken in."""

    data: Path

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self.data / INGESTED_FOLDER

    def entries(self) -> list[Path]:
        """The folders, oldest first."""
        return entries(self.data)

    def receipts(self) -> Iterator[tuple[Path, Mapping[str, Any]]]:
        """The receipt of each file, oldest first."""
        for entry in self.entries():
            yield entry, disk.read_json(entry / RECEIPT)

    def receipt_of(self, named: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """The newest receipt that says what is `named`; nothing for a file that was not taken in so before."""
        alike = (
            receipt
            for _, receipt in self.receipts()
            if all(receipt.get(name, value) == value for name, value in named.items())
        )
        return next(reversed(list(alike)), None)

    def newest(self, kind: FileKind, reported_on: str) -> dict[str, dict[str, str]]:
        """The newest version of each row that was known on a day, by key."""
        found: dict[str, tuple[tuple[str, str], dict[str, str]]] = {}
        for entry, receipt in self.receipts():
            if receipt["kind"] != kind.name or receipt["reported_on"] > reported_on:
                continue
            order = (receipt["reported_on"], entry.name)
            for row in read_rows(entry / ROWS):
                key = kind.key_of(row).casefold()
                if key not in found or found[key][0] <= order:
                    found[key] = (order, row)
        return {key: row for key, (_, row) in found.items()}

    @contextmanager
    def building(self) -> Iterator[Path]:
        """A folder to build an entry in, of which nothing stays when it is not put in place.

        It is locked as long as its process lives, so that whoever comes next clears away what a killed one has left.
        Raises `Busy` when another process is taking files in.
        """
        self.folder.mkdir(exist_ok=True)
        built = self.folder / f"{_BUILD}{secrets.token_hex(6)}"
        with ExitStack() as mine:
            with self.alone():
                for lock in self.folder.glob(f"{_BUILD}*.lock"):
                    _clear_away(lock)
                mine.callback(_clear_away, built.with_suffix(".lock"))
                mine.enter_context(_held(built.with_suffix(".lock")))
                built.mkdir()
            yield built

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the store for one process; raises `Busy` when another has it."""
        self.folder.mkdir(exist_ok=True)
        with disk.alone(self.folder / ".lock", "files are being taken in"):
            yield

    def put(self, built: Path) -> Path:
        """Let what was built appear as the newest entry."""
        for path in built.iterdir():
            disk.sync_file(path)
        entries = self.entries()
        entry = self.folder / f"{int(entries[-1].name) + 1 if entries else 1:04d}"
        disk.put_in_place(built, entry)
        return entry


def _held(lock: Path) -> AbstractContextManager[None]:
    return disk.alone(lock, "a file is being read")


def _clear_away(lock: Path) -> None:
    """Remove a folder whose process has ended; one whose lock is held stays."""
    with suppress(Busy):
        with _held(lock):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
        lock.unlink(missing_ok=True)  # not before: Windows removes no file that is open


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of an entry."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


class RowWriter:
    """Writes the rows of an entry to a file."""

    def __init__(self, file: IO[str], kind: FileKind) -> None:
        names = [*kind.names, *kind.extra, *EXTRA]
        self._file, self._writer = file, csv.DictWriter(file, names, restval="", lineterminator="\n")
        self._writer.writeheader()

    def write(self, record: Mapping[str, Any]) -> None:
        """Write a row."""
        self._writer.writerow(record)

    def write_plain(self, run: PlainRun) -> None:
        """Write plain rows; `csv` is asked only where a field has to be quoted."""
        rows = [(*row[:-2], run.section, row[-1]) for row in run.rows] if run.section else run.rows
        text = "\n".join([f"{line},{number}" for number, line in enumerate(map(",".join, rows), run.first)])
        delimiters = len(rows) * (len(self._writer.fieldnames) - 1)
        if '"' in text or "\r" in text or text.count(",") != delimiters or text.count("\n") != len(rows) - 1:
            self._writer.writer.writerows((*row, number) for number, row in enumerate(rows, run.first))
        else:
            self._file.write(f"{text}\n")


@contextmanager
def writing(path: Path, kind: FileKind) -> Iterator[RowWriter]:
    """A writer of the rows of an entry."""
    with path.open("w", encoding="utf-8", newline="") as file:
        yield RowWriter(file, kind)
