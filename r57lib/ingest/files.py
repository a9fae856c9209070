"""A file that was handed in: copied once and whole, known by what it holds and not by its name."""

from __future__ import annotations

import hashlib
import stat
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from r57lib.errors import WrongCall
from r57lib.ingest.rows import Rejected, Sheet

LIMIT_CSV, LIMIT_WORKBOOK, LIMIT_DIRECTORY = 2 << 30, 200 << 20, 1 << 20
"""How many bytes a file may have, and the directory at the end of a workbook: some ten thousand parts."""

_CHUNK = 1 << 20
_SETTLES_SECONDS, _QUIET_SECONDS = 0.3, 5
_DIRECTORY, _ZIP64 = b"PK\x05\x06", b"PK\x06\x07"
_OLE, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
_PAGES = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<div", b"<meta", b"<body", b"<style")
_WORKBOOK_NAMES = (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")


def require_file(path: Path) -> None:
    """Raise `WrongCall` for what is no file, and `Rejected` for a file that nobody meant to hand in."""
    try:
        mode = path.lstat().st_mode
    except OSError as error:
        raise WrongCall(f"file '{path}' cannot be read: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise WrongCall(f"'{path}' is a folder; name the files in it")
    if not stat.S_ISREG(mode):
        raise Rejected("E-NO-FILE")
    if path.name.startswith("~$"):
        raise Rejected("E-LOCK-FILE")


def copy_whole(path: Path, target: Path) -> str:
    """Copy a file byte for byte and give the SHA-256; raises `Rejected` for one that changes meanwhile."""
    digest = hashlib.sha256()
    with path.open("rb") as source, target.open("wb") as copy:
        before = _state(path)
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
            if copy.tell() > LIMIT_CSV:
                raise Rejected("E-LIMIT", what=f"{LIMIT_CSV >> 20} MiB")
    if time.time() - path.stat().st_mtime < _QUIET_SECONDS:
        time.sleep(_SETTLES_SECONDS)
    if _state(path) != before or target.stat().st_size != before[0]:
        raise Rejected("E-UNSTABLE")
    return digest.hexdigest()


def _state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ino


def read_sheet(path: Path, *, name: str, named: str, is_table: Callable[[Sheet], bool]) -> Sheet:
    """The sheet that holds the data of a file that was handed in under `name`; `is_table` tells it from others.

    Raises `Rejected` for a format that cannot be taken in, and for all that the readers refuse.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Rejected("E-EMPTY")
    if head.startswith(_ZIP):
        sheet = _workbook(path, named, is_table)
        first = next(sheet.rows(), None)
        if first is None or not {"STRUCTURE_ID", "DATAFLOW"} & set(first.cells[:2]):
            return sheet
        from r57lib.ingest.cubefiles import refusing

        return refusing(sheet)
    if head.startswith(_OLE):
        encrypted = "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
        raise Rejected("E-PASSWORD" if encrypted else "E-XLS")
    if head.startswith(b"%PDF"):
        raise Rejected("E-FORMAT", what="PDF")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_PAGES):
        raise Rejected("E-HTML")
    if name.lower().endswith(_WORKBOOK_NAMES):
        raise Rejected("E-NAME", what=Path(name).suffix)
    if named:
        raise Rejected("E-SHEET-NAME", sheet=named, sheets="CSV")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{"):
        from r57lib.ingest.cubefiles import read_json_stat

        return read_json_stat(path)
    from r57lib.ingest.csvfile import read_csv

    sheet = read_csv(path)
    if head.lstrip(b"\xef\xbb\xbf").startswith((b"STRUCTURE", b"DATAFLOW", b'"STRUCTURE', b'"DATAFLOW')):
        from r57lib.ingest.cubefiles import is_sdmx_csv, read_sdmx_csv

        return read_sdmx_csv(sheet) if is_sdmx_csv(sheet) else sheet
    return sheet


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive that a workbook is; raises `Rejected` for one with more parts than are worth a look.

    The end of its directory is looked for where `zipfile` does, which would read all of it first.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16) - 22))
        tail = file.read()
    last = tail[-22:]
    at = len(tail) - 22 if last.startswith(_DIRECTORY) and last.endswith(b"\0\0") else tail.rfind(_DIRECTORY)
    length = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if length > LIMIT_DIRECTORY or tail[max(at - 20, 0) : max(at - 16, 0)] == _ZIP64:
        raise Rejected("E-LIMIT", what="ZIP")
    return zipfile.ZipFile(path)


def _workbook(path: Path, named: str, is_table: Callable[[Sheet], bool]) -> Sheet:
    if path.stat().st_size > LIMIT_WORKBOOK:
        raise Rejected("E-LIMIT", what=f"{LIMIT_WORKBOOK >> 20} MiB")
    try:
        with open_archive(path) as archive:
            names = set(archive.namelist())
    except Rejected:
        raise
    except (zipfile.BadZipFile, OSError, ValueError, EOFError):
        raise Rejected("E-CORRUPT", what="ZIP") from None
    if "xl/workbook.bin" in names or "mimetype" in names:
        raise Rejected("E-FORMAT", what=".xlsb" if "xl/workbook.bin" in names else ".ods")
    if "xl/workbook.xml" not in names:
        raise Rejected("E-FORMAT", what="ZIP")
    from r57lib.ingest.workbook import read_workbook

    return read_workbook(path, named, is_table)
