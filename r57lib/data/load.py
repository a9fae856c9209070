"""The only reader of data files.

Cells are read as text and turned into values by the declared kind of their field; nothing is guessed. What cannot be
read, what stands twice and what names nothing becomes a `Finding` with file, line and column, all of them in one pass.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from r57lib.data.aggregates import USAGE_FOLDER, USAGE_RECEIPT, usage_frame
from r57lib.data.codes import Finding
from r57lib.data.periods import parse_day, parse_period
from r57lib.data.references import broken_references, duplicates, unknown_annotated, unknown_senders, unknown_subjects
from r57lib.data.schema import Field, Resource, resources
from r57lib.data.store import (
    FACT_KINDS,
    INGESTED_FOLDER,
    RECEIPT,
    ROWS,
    Entry,
    entries,
    fact_rows,
    files_frame,
    read_entries,
    task_versions,
)
from r57lib.data.tables import Tables
from r57lib.data.values import PARSERS, parse_integer, parse_number
from r57lib.errors import BadData, WrongCall, did_you_mean, nearest

T = TypeVar("T")

_STRANGE = re.compile(
    "[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ue000-\uf8ff"
    "\ufdd0-\ufdef\ufeff\ufff0-\uffff\U000e0000-\U0010ffff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 14))
    + "]"
)
"""Characters that nobody sees and that no text needs: controls, marks of direction, private ones, and none at all."""

_SOURCES = "sources.csv"
"""The table that makes a folder one of data."""

USAGE_FILE = f"{USAGE_FOLDER}/{USAGE_RECEIPT}"
"""The receipt of the transactions that were aggregated, which names the files beside it by their hashes."""


def find_data(folder: str | Path | None = None) -> Path:
    """The data folder: the one named or that of the project named, else `data/` here or above, or beside the library.

    Raises `WrongCall` when there is none.
    """
    if folder:
        path = Path(folder)
        if not path.is_dir():
            raise WrongCall(f"data folder '{path}' does not exist")
        within = path / "data"
        named = within if not (path / _SOURCES).exists() and (within / _SOURCES).is_file() else path
        return Path(os.path.normpath(named.absolute()))  # one name for one folder, without following links
    here = Path.cwd()
    for root in (here, *here.parents, Path(__file__).resolve().parents[2]):
        if (root / "data" / _SOURCES).is_file():
            return root / "data"
    raise WrongCall(
        f"no data folder: '{here}' and the folders above it hold no data/{_SOURCES}; name one with --data, or make "
        "a folder to work in with r57 init DIR"
    )


def find_project(data: Path) -> Path:
    """The folder that holds the `notebooks/`: the data folder's parent, else the project that the library brings."""
    beside = data.resolve().parent
    return beside if (beside / "notebooks").is_dir() else stored_project()


def stored_project() -> Path:
    """The data, notebooks and plan that come with the library: packed into its wheel, or the repository around it."""
    packed = Path(__file__).resolve().parents[1] / "project"
    return packed if packed.is_dir() else packed.parents[1]


@cache
def stored_labels() -> Mapping[str, tuple[str, str]]:
    """The words that come with the library, English and Vietnamese by key."""
    text = (stored_project() / "data" / "labels.csv").read_text(encoding="utf-8-sig")
    return {row["key"]: (row["en"], row["vi"]) for row in csv.DictReader(io.StringIO(text, newline=""))}


def load_tables(folder: str | Path | None = None, *, instead: Mapping[str, bytes] | None = None) -> Tables:
    """Read every table of the data folder; what is wrong with the files stands in `findings`.

    All tables are of one moment: a folder that is replaced meanwhile is read again. Raises `BadData` when it does not
    come to rest. `instead` holds the bytes of tables as they would be, to see what would be wrong then.
    """
    path = find_data(folder)
    return _parsed(path, tuple((_contents(path) | dict(instead or {})).items()))


_Contents = tuple[tuple[str, bytes | str], ...]
"""Each table, and each receipt of a file that was taken in, with its bytes or the reason why they cannot be read."""


def _contents(folder: Path) -> dict[str, bytes | str]:
    for _ in range(20):
        before = _stamps(folder)
        contents = {name: _bytes(path) for name, path in _files(folder).items()}
        if _stamps(folder) == before:
            return contents
        time.sleep(0.05)
    raise BadData(f"{folder}: the files change while they are read; try again when the copy is done")


def _stamps(folder: Path) -> list[tuple[int, ...] | None]:
    """What changes whenever a file is written or replaced."""
    stats = [path.stat() if path.exists() else None for path in _files(folder).values()]
    return [(each.st_dev, each.st_ino, each.st_size, each.st_mtime_ns) if each else None for each in stats]


def _files(folder: Path) -> dict[str, Path]:
    """The files that tell all: one a table, and the receipts, which hold the hashes of the rows behind them."""
    tables = {name: folder / f"{name}.csv" for name in resources()}
    taken = {f"{INGESTED_FOLDER}/{each.name}": each / RECEIPT for each in entries(folder)}
    usage = folder / USAGE_FILE
    return tables | taken | ({USAGE_FILE: usage} if usage.exists() else {})


def _bytes(path: Path) -> bytes | str:
    try:
        return path.read_bytes()
    except OSError as error:
        return str(error.strerror)


def _version(contents: _Contents) -> str:
    digest = hashlib.sha256()
    for name, content in contents:
        data = _as_bytes(content)
        digest.update(f"{name} {len(data)}\n".encode() + data)
    return digest.hexdigest()[:12]


@lru_cache(maxsize=2)
def _parsed(path: Path, contents: _Contents) -> Tables:
    data = dict(contents)
    taken = list(read_entries(path, _receipts(data)))
    good = [each for each in taken if isinstance(each, Entry)]
    readers = [_Reader(table, data[table.name]) for table in resources().values()]
    for reader in readers:
        reader.take(fact_rows(good, reader.table.name))
    findings = [finding for reader in readers for finding in reader.findings]
    findings += [each for each in taken if isinstance(each, Finding)]
    rows = {reader.table.name: reader.rows for reader in readers}
    if not findings:
        findings = [
            *duplicates(rows),
            *broken_references(rows),
            *unknown_subjects(rows),
            *unknown_annotated(rows),
            *unknown_senders(taken, rows),
        ]
    frames = {reader.table.name: _frame(reader.table, reader.rows) for reader in readers}
    usage, broken = _usage(data)
    findings += broken
    frames |= {"tasks": task_versions(good), "ingested": files_frame(good), "usage": usage}
    frozen = MappingProxyType(frames)
    return Tables(path, frozen, tuple(findings), _version(contents), _digests(data, good), _file_digests(data))


def _usage(data: Mapping[str, bytes | str]) -> tuple[pd.DataFrame, list[Finding]]:
    """The table of the transactions that were aggregated, and what is wrong with its receipt."""
    content = data.get(USAGE_FILE, b"")
    try:
        return usage_frame(_as_bytes(content)), []
    except ValueError as error:
        said = "is no receipt of `r57 aggregate`; run it again"
        return usage_frame(b""), [Finding.in_file("usage_receipt", USAGE_FILE, 0, "", said, reason=str(error))]


def _receipts(data: Mapping[str, bytes | str]) -> Iterator[tuple[str, bytes]]:
    for name, content in data.items():
        if name.startswith(f"{INGESTED_FOLDER}/"):
            yield name.removeprefix(f"{INGESTED_FOLDER}/"), content if isinstance(content, bytes) else b""


def _digests(data: Mapping[str, bytes | str], taken: Iterable[Entry]) -> Mapping[str, str]:
    """The SHA-256 of what each table was read from: its file, and the receipts of the files that added rows to it."""
    tables = {name: _as_bytes(data[name]) for name in resources()}
    receipts = dict(_receipts(data))
    tables |= {"tasks": b"", "ingested": b"".join(receipts.values()), "usage": _as_bytes(data.get(USAGE_FILE, b""))}
    for each in taken:
        kind = str(each.receipt["kind"])
        tables[FACT_KINDS.get(kind, kind)] += receipts[each.name]
    return {name: hashlib.sha256(content).hexdigest() for name, content in tables.items()}


def _file_digests(data: Mapping[str, bytes | str]) -> Mapping[str, str]:
    files = {f"data/{name}.csv": _as_bytes(data[name]) for name in resources()}
    files |= {f"data/{INGESTED_FOLDER}/{name}/{RECEIPT}": content for name, content in _receipts(data)}
    files |= {f"data/{USAGE_FILE}": _as_bytes(data[USAGE_FILE])} if USAGE_FILE in data else {}
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def _as_bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


class _Reader:
    """Reads one file into text rows and collects everything that is wrong with it."""

    def __init__(self, table: Resource, content: bytes | str) -> None:
        self.table, self.file = table, table.name
        self.findings: list[Finding] = []
        self.rows: list[dict[str, str]] = []
        text = self._text(content)
        if text is not None:
            self._read(csv.reader(io.StringIO(text, newline=""), strict=True))

    def _report(self, rule: str, line: int, column: str, message: str, **values: str) -> None:
        self.findings.append(Finding.in_file(rule, self.file, line, column, message, **values))

    def take(self, rows: Iterable[Mapping[str, str]]) -> None:
        """Add rows that came from ministries' files, held to the same columns; their lines are those of the sheets."""
        for row in rows:
            entry, _, line = row["fact_id"].removeprefix("I").partition("-")
            self.file = f"{INGESTED_FOLDER}/{entry}/{ROWS}"
            for column in self.table.fields:
                self._cell(column, row[column.name], int(line))
            self.rows.append({**row, "line": line})

    def _text(self, data: bytes | str) -> str | None:
        if isinstance(data, str):
            self._report("file_missing", 0, "", f"cannot be read: {data}", reason=data)
            return None
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            self._report("encoding", line, "", "is not UTF-8 from here on; save the file as CSV UTF-8")
            return None

    def _read(self, reader: Any) -> None:
        opened = 1
        try:
            header: list[str] = next(reader, [])
            if self._header(header):
                opened = reader.line_num + 1
                for cells in reader:
                    self._row(header, cells, opened)
                    opened = reader.line_num + 1
        except csv.Error as error:
            self._report("csv", opened, "", f"is not readable as CSV from here on: {error}", reason=str(error))

    def _header(self, header: list[str]) -> bool:
        expected = self.table.field_names
        for name in dict.fromkeys(header):
            if name not in expected:
                message = f"unknown column '{name}'{did_you_mean(name, expected)}"
                self._report("column_unknown", 1, name, message, value=name, nearest=nearest(name, expected))
            elif header.count(name) > 1:
                self._report("column_twice", 1, name, f"column '{name}' stands {header.count(name)} times", value=name)
        for name in (column.name for column in self.table.fields if not column.optional):
            if name not in header:
                self._report("column_missing", 1, name, f"column '{name}' is missing", value=name)
        return not self.findings

    def _row(self, header: list[str], cells: list[str], line: int) -> None:
        if len(cells) != len(header):
            message = f"has {len(cells)} fields where the header has {len(header)}"
            self._report("row_length", line, "", message, found=str(len(cells)), expected=str(len(header)))
            return
        for name, cell in zip(header, cells, strict=True):
            if strange := _STRANGE.search(cell):
                code = f"U+{ord(strange[0]):04X}"
                message = f"{code} ({unicodedata.name(strange[0], 'no character')}) at character {strange.start() + 1}"
                self._report("character", line, name, message, value=code, place=str(strange.start() + 1))
        lacking = dict.fromkeys(set(self.table.field_names) - set(header), "")
        row = lacking | dict(zip(header, (cell.strip() for cell in cells), strict=True))
        for column in self.table.fields:
            self._cell(column, row[column.name], line)
        self.rows.append(row | {"line": str(line)})

    def _cell(self, column: Field, text: str, line: int) -> None:
        if not text:
            if column.required:
                self._report("required", line, column.name, "is empty, and must not be")
            return
        if not unicodedata.is_normalized("NFC", text):
            self._report("nfc", line, column.name, f"'{text}' is not in Unicode form NFC", value=text)
        if column.codes and text not in column.codes:
            codes = ", ".join(column.codes)
            message = f"unknown code '{text}'{did_you_mean(text, column.codes)} (known: {codes})"
            like = nearest(text, column.codes)
            self._report("code", line, column.name, message, value=text, codes=codes, nearest=like)
        self._value(column, text, line)

    def _value(self, column: Field, text: str, line: int) -> None:
        try:
            PARSERS.get(column.kind, str)(text)
        except ValueError as error:
            self._report("value", line, column.name, str(error), value=text, column_kind=column.kind)


def _frame(table: Resource, rows: list[dict[str, str]]) -> pd.DataFrame:
    columns: dict[str, Any] = {"line": np.array([int(row["line"]) for row in rows], dtype="int64")}
    for column in table.fields:
        columns |= _typed(column, [row[column.name] or None for row in rows])
    return pd.DataFrame(columns)


def _typed(column: Field, cells: list[str | None]) -> Iterator[tuple[str, Any]]:
    if column.kind == "number":
        yield column.name, np.array([_or_none(parse_number, cell) for cell in cells], dtype="float64")
    elif column.kind == "integer":
        yield column.name, pd.array([_or_none(parse_integer, cell) for cell in cells], dtype="Int64")
    elif column.kind == "date":
        yield column.name, _days([_or_none(parse_day, cell) for cell in cells])
    else:
        yield column.name, pd.array(cells, dtype="str")
    if column.kind == "period":
        periods = [_or_none(parse_period, cell) for cell in cells]
        yield f"{column.name}_start", _days([period.start if period else None for period in periods])
        yield f"{column.name}_end", _days([period.end if period else None for period in periods])


def _days(days: list[date | None]) -> Any:
    return np.array(days, dtype="datetime64[us]")


def _or_none(parse: Callable[[str], T], cell: str | None) -> T | None:
    """The value of a cell, or nothing where it is empty or broken (then a finding says so)."""
    if cell is None:
        return None
    try:
        return parse(cell)
    except ValueError:
        return None
