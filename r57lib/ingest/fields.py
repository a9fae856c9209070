"""What a kind of file is: its fields, and the headings under which ministries send them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FieldKind = Literal["code", "text", "agency", "agencies", "date", "deadline", "status", "percent", "number",
                    "subject", "scope", "province", "period", "measure", "unit", "qualifier", "basis", "role",
                    "level"]  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A field: how its cells are read, and the headings that mean it, in Vietnamese and English.

    `fills_down` says that a merged cell stands for all the rows that it spans; `identifies` that a row without it and
    without the others of the kind is not data; `stands_for` names the field that it is where that has no column.
    """

    name: str
    kind: FieldKind
    headings: tuple[str, ...]
    required: bool = False
    column_required: bool = False
    fills_down: bool = False
    identifies: bool = False
    stands_for: str = ""


@dataclass(frozen=True)
class FileKind:
    """A kind of file: its fields in the order in which they are stored; `keys` are those that name a row together.

    `extra` are columns that are stored beside the fields: the words of the sender.
    """

    name: str
    fields: tuple[Field, ...]
    keys: tuple[str, ...]
    extra: tuple[str, ...] = ()

    @property
    def first(self) -> Field:
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


ORDINAL_HEADINGS = ("STT", "TT", "Số TT", "Số thứ tự", "No.", "No", "#")
"""Headings of a column that numbers the rows and says nothing else."""
