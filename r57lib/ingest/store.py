"""What was taken in: one folder a file, which appears whole or not at all and is never changed.

`DATA/ingested/0007/` holds the file as it came, under its SHA-256; `rows.csv`, its rows; and `receipt.json`, what was
asked for and what came of it. The number gives the order: of two versions of a row with the same `reported_on` the one
with the higher number holds.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.data.store import INGESTED_FOLDER, RECEIPT, ROWS, entries
from r57lib.ingest.kinds import FileKind

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

    def receipt_of(self, sha256: str) -> Mapping[str, Any] | None:
        """The receipt of a file that was taken in before; nothing for a new one."""
        return next((receipt for _, receipt in self.receipts() if receipt["sha256"] == sha256), None)

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
        """A folder to build an entry in; one process at a time, and nothing stays of what is not put in place.

        Raises `Busy` when another process is at it.
        """
        self.folder.mkdir(exist_ok=True)
        with disk.alone(self.folder / ".lock", "files are being taken in"):
            built = self.folder / ".build"
            shutil.rmtree(built, ignore_errors=True)
            built.mkdir()
            try:
                yield built
            finally:
                shutil.rmtree(built, ignore_errors=True)

    def put(self, built: Path) -> Path:
        """Let what was built appear as the newest entry."""
        for path in built.iterdir():
            disk.sync_file(path)
        entries = self.entries()
        entry = self.folder / f"{int(entries[-1].name) + 1 if entries else 1:04d}"
        disk.put_in_place(built, entry)
        return entry


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of an entry."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@contextmanager
def writing(path: Path, kind: FileKind) -> Iterator[Any]:
    """A writer of the rows of an entry."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*kind.names, *kind.extra, *EXTRA], restval="", lineterminator="\n")
        writer.writeheader()
        yield writer
