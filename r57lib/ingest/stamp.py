"""The stamp of a blank workbook, which says what it is for when it comes back filled."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypedDict

from r57lib.data.periods import Month, is_month, month_of, parse_month
from r57lib.errors import WrongCall
from r57lib.ingest.files import open_archive
from r57lib.ingest.names import PROVINCE


class Stamp(NamedTuple):
    """What a blank workbook was made for: kind of file, sender, month, and the version of the library."""

    kind: str
    sender: str
    month: Month
    version: str

    @property
    def province(self) -> str:
        """The province that it was made for; nothing for another sender."""
        return self.sender if self.sender.startswith(PROVINCE) else ""

    @property
    def properties(self) -> dict[str, str]:
        """The stamp as properties of a file."""
        return {f"r57.{name}": str(value) for name, value in self._asdict().items()}


_STAMPS, _STAMP_BYTES = "docProps/custom.xml", 1 << 16
_STAMPED = re.compile(r'name="r57\.([a-z]+)"[^<>]*>\s*<(?:\w+:)?lpwstr>([\w.:+-]{1,80})</')


def read_stamp(path: Path) -> Stamp | None:
    """The stamp of a workbook; nothing for a file without one, and for what is no workbook at all."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode) or not zipfile.is_zipfile(path):
            return None
        with open_archive(path) as archive, archive.open(_STAMPS) as file:
            text = file.read(_STAMP_BYTES).decode("utf-8")
    except (OSError, ValueError, LookupError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return None
    found = dict(_STAMPED.findall(text))
    if not found.keys() >= set(Stamp._fields) or not is_month(found["month"]):
        return None
    return Stamp(found["kind"], found["sender"], parse_month(found["month"]), found["version"])


class Meant(TypedDict):
    """What a file is taken for."""

    kind: str
    reported_on: date


def stamped(path: Path, stamp: Stamp | None, *, kind: str, reported_on: date | None) -> Meant:
    """The kind of a file and the day that it speaks of: as the call says, else as its stamp does.

    Raises `WrongCall` where both say something else, and where neither says anything.
    """
    if stamp is None:
        lacking = [name for name, given in (("--kind", kind), ("--reported-on", reported_on)) if not given]
        if not kind or reported_on is None:
            raise WrongCall(f"'{path}' has no stamp of r57 template that would say it: add {' and '.join(lacking)}")
        return {"kind": kind, "reported_on": reported_on}
    if kind not in ("", stamp.kind):
        raise WrongCall(f"'{path}' is a workbook for {stamp.kind}, as its stamp says, not for --kind {kind}")
    if reported_on and month_of(reported_on) != stamp.month:
        raise WrongCall(
            f"'{path}' is a workbook of {stamp.month}, as its stamp says: --reported-on {reported_on} is no day of it"
        )
    return {"kind": stamp.kind, "reported_on": reported_on or stamp.month.last_day}
