"""The kinds of file that are taken in: the fields of each, how their cells are read and which of them a row needs.

The words of senders stand in `headings.yaml`: the headings that mean a field, and the words for each code of a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from r57lib.disk import sha256
from r57lib.ingest.text import bare_key

FieldKind = Literal["code", "text", "agency", "agencies", "date", "done", "deadline", "status", "percent", "number",
                    "subject", "scope", "province", "period", "measure", "unit", "qualifier", "basis", "role",
                    "level"]  # fmt: skip


@dataclass(frozen=True)
class FileField:
    """A field: how its cells are read, and whether each row, or the sheet, must have it.

    `fills_down` says that a merged cell stands for all the rows that it spans; `identifies` that a row without it and
    without the others of the kind is not data; `stands_for` names the field that it is where that has no column;
    `listed` where its headings stand, if not under its own name; `keeps_text` that a free text in it costs no row, but
    is kept as a note; `alike` the form of unknown headings that may well mean it, without diacritics.
    """

    name: str
    kind: FieldKind
    required: bool = False
    column_required: bool = False
    fills_down: bool = False
    identifies: bool = False
    stands_for: str = ""
    listed: str = ""
    keeps_text: bool = False
    alike: str = ""

    @property
    def headings(self) -> list[str]:
        """The headings that mean it, in Vietnamese and English."""
        return headings(self.listed or self.name)


@dataclass(frozen=True)
class FileKind:
    """A kind of file: its fields in the order in which they are stored; `keys` are those that name a row together.

    `extra` are columns that are stored beside the fields: the words of the sender.
    """

    name: str
    fields: tuple[FileField, ...]
    keys: tuple[str, ...]
    extra: tuple[str, ...] = ()

    @property
    def first(self) -> FileField:
        """The field that a row begins with."""
        return self.fields[0]

    @property
    def by_code(self) -> bool:
        """Whether one code alone names a row; otherwise each row is a fact, named by several fields together."""
        return len(self.keys) == 1

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its fields."""
        return tuple(field.name for field in self.fields)

    def key_of(self, row: Mapping[str, str]) -> str:
        """The key of a row as its sender wrote it: one code, or the fields between middle dots."""
        return " · ".join(row[name] for name in self.keys)


_WORDS = Path(__file__).with_name("headings.yaml")


@cache
def _words() -> Any:
    return yaml.safe_load(_WORDS.read_text(encoding="utf-8"))


@cache
def words_digest() -> str:
    """The SHA-256 of the words of senders."""
    return sha256(_WORDS)


def headings(name: str) -> list[str]:
    """The headings that mean a field, or `ordinal`: a column that numbers the rows and says nothing else."""
    found: list[str] = _words()["headings"][name]
    return found


@cache
def choices(name: str) -> Mapping[str, str]:
    """A list of choices: each code, and all words that stand for it, without diacritics."""
    return {bare_key(word): code for code, words in _words()["words"][name].items() for word in (code, *words)}


_LIKE_A_CODE = r"(?:ma(?! (?:don vi|co quan|tinh|linh vuc|nganh|nhom|chi tieu|van ban))|so hieu|ky hieu|code|id)\b.*"
_LIKE_A_COMPLETION = (
    r"(?:ngay|thoi diem|date).*\b(?:hoan thanh|ht|xong|completed|completion|done)\b.*|(?:da )?hoan thanh"
)

TASKS = FileKind(
    "tasks",
    (
        FileField("task_id", "code", required=True, identifies=True, alike=_LIKE_A_CODE),
        FileField("title", "text", required=True, column_required=True),
        FileField("instrument", "text", fills_down=True),
        FileField("lead_agency", "agency", required=True, column_required=True, fills_down=True, identifies=True),
        FileField("coordinating_agencies", "agencies", fills_down=True, keeps_text=True),
        FileField("assigned_date", "date", fills_down=True, keeps_text=True),
        FileField("deadline", "deadline", required=True, column_required=True, fills_down=True, identifies=True),
        FileField("completed_date", "done", identifies=True, alike=_LIKE_A_COMPLETION),
        FileField("reported_status", "status", keeps_text=True),
        FileField("reported_share", "percent", keeps_text=True),
        FileField("note", "text", listed="task_note"),
    ),
    ("task_id",),
)

_PERIOD = FileField("time_period", "period", required=True, column_required=True, fills_down=True, identifies=True)
_UNIT = FileField("unit", "unit", fills_down=True)
_QUALIFIER, _NOTE = FileField("qualifier", "qualifier"), FileField("note", "text")

OBSERVATIONS = FileKind(
    "observations",
    (
        FileField("indicator_id", "subject", required=True, column_required=True, fills_down=True, identifies=True),
        FileField("name", "text", stands_for="indicator_id", listed="indicator_name"),
        FileField("scope", "scope", fills_down=True),
        FileField("province_code", "province", fills_down=True),
        _PERIOD,
        FileField("obs_value", "measure", required=True, column_required=True, identifies=True),
        _UNIT,
        _QUALIFIER,
        FileField("basis", "basis"),
        _NOTE,
    ),
    ("indicator_id", "scope", "province_code", "time_period", "basis"),
    ("evidence", "printed_value"),
)

COMMITMENT_UPDATES = FileKind(
    "commitment-updates",
    (
        FileField("commitment_id", "subject", required=True, column_required=True, fills_down=True, identifies=True),
        FileField("name", "text", stands_for="commitment_id", listed="commitment_name"),
        _PERIOD,
        FileField("role", "role"),
        FileField("obs_value", "measure", column_required=True, identifies=True),
        _UNIT,
        FileField("evidence_level", "level", identifies=True),
        _QUALIFIER,
        _NOTE,
    ),
    ("commitment_id", "time_period", "role"),
    ("evidence", "printed_value"),
)

KINDS = {kind.name: kind for kind in (TASKS, OBSERVATIONS, COMMITMENT_UPDATES)}
"""The kinds by name."""
