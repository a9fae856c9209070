"""What a data folder has taken in from ministries' files: which files, in their order, and the rows of each.

`r57lib.ingest` writes the store, one folder a file that is never changed; here it is read. A receipt holds the hash of
its rows, so that the receipts alone tell whether anything has changed.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from r57lib.data.codes import Finding, Kind, Section, Severity
from r57lib.data.periods import parse_period
from r57lib.data.schema import resources

INGESTED_FOLDER = "ingested"
"""The folder of the store in a data folder."""

RECEIPT, ROWS = "receipt.json", "rows.csv"

FILE_COLUMNS = ("entry", "file", "sha256", "kind", "source_id", "reported_on", "rows_read", "accepted", "repaired",
                "quarantined", "non_data")  # fmt: skip
"""Columns of the frame of files: where each lies, what it is, and how many of its rows ended in which bin."""

TASK_COLUMNS = ("task_id", "title", "instrument", "lead_agency", "coordinating_agencies", "assigned_date", "deadline",
                "completed_date", "reported_status", "reported_share", "note", "section", "other_columns",
                "row")  # fmt: skip
UNKNOWN_LEAD = "unknown:"
"""What stands before the sender's words where nobody knows yet which body leads a task."""

GROUP_LEAD = "group:"
"""What stands before the sender's words where a group of bodies leads a task: các bộ, ngành."""

_DATES = ("assigned_date", "completed_date")
_COUNTS = FILE_COLUMNS[6:]


def body_of(lead: str) -> str:
    """The agency, enterprise or province that a lead is compared as; nothing for a group and for whom nobody knows.

    >>> body_of("MOH"), body_of("province:15/Sở Y tế"), body_of("group:Các bộ, ngành")
    ('MOH', 'province:15', '')
    """
    return "" if lead.startswith((UNKNOWN_LEAD, GROUP_LEAD)) else lead.partition("/")[0]


class Entry(NamedTuple):
    """A file that was taken in: its place in the store, its receipt, and its rows as texts."""

    name: str
    receipt: Mapping[str, Any]
    rows: list[dict[str, str]]


def entries(data: Path) -> list[Path]:
    """The folders of the files that were taken in, oldest first."""
    folders = (path for path in (data / INGESTED_FOLDER).glob("[0-9]" * 4 + "*") if path.name.isdigit())
    return sorted(folders, key=lambda path: int(path.name))


def read_entries(data: Path, receipts: Iterable[tuple[str, bytes]]) -> Iterator[Entry | Finding]:
    """Each file whose receipt is given under the name of its place; an error where it is not what was taken in."""
    for name, content in receipts:
        try:
            receipt = json.loads(content)
            found = (data / INGESTED_FOLDER / name / ROWS).read_bytes()
        except (OSError, ValueError) as error:
            yield _spoilt(name, RECEIPT if isinstance(error, ValueError) else ROWS)
            continue
        if hashlib.sha256(found).hexdigest() != receipt.get("rows_sha256"):
            yield _spoilt(name, ROWS)
            continue
        yield Entry(name, receipt, list(csv.DictReader(io.StringIO(found.decode("utf-8"), newline=""))))


def _spoilt(name: str, file: str) -> Finding:
    message = "is not what was taken in; take the folder away, and take its file in again"
    return Finding("ingested_spoilt", Severity.ERROR, f"{INGESTED_FOLDER}/{name}/{file}", 0, "", message)


def files_frame(taken: Iterable[Entry]) -> pd.DataFrame:
    """One row a file, with `FILE_COLUMNS`."""
    rows = [{"entry": each.name, **each.receipt} for each in taken]
    frame = pd.DataFrame([[row.get(name) for name in FILE_COLUMNS] for row in rows], columns=list(FILE_COLUMNS))
    typed = {"reported_on": _days(frame["reported_on"])} | {name: frame[name].astype("Int64") for name in _COUNTS}
    return frame.astype(dict.fromkeys(FILE_COLUMNS[:5], "str")).assign(**typed)


def task_versions(taken: Iterable[Entry]) -> pd.DataFrame:
    """Every version of every task, in the order in which they came.

    `TASK_COLUMNS` as texts and dates, `due_date` (the last day of the deadline; none for a regular task), `regular`,
    and of its file `entry`, `reported_on` and `source_id`.
    """
    parts = [
        pd.DataFrame(each.rows, columns=list(TASK_COLUMNS), dtype="str").assign(
            entry=each.name, reported_on=each.receipt["reported_on"], source_id=each.receipt["source_id"]
        )
        for each in taken
        if each.receipt["kind"] == "tasks"
    ]
    empty = pd.DataFrame(columns=[*TASK_COLUMNS, "entry", "reported_on", "source_id"], dtype="str")
    rows = pd.concat(parts, ignore_index=True) if parts else empty
    due = {text: _due_day(text) for text in rows["deadline"].unique()}
    dates = {name: _days(rows[name]) for name in (*_DATES, "reported_on")}
    regular = rows["deadline"].str.startswith("regular").astype("bool")
    return rows.assign(**dates, due_date=_days(rows["deadline"].map(due)), regular=regular)


FACT_KINDS = {"observations": "observations", "commitment-updates": "commitment_updates"}
"""The kinds of file whose rows are facts, and the table of the schema that each adds to."""


def is_taken_in(fact_id: str) -> bool:
    """Whether a fact is a row of a file that was taken in, such as `I0007-12`: none of the tables' own is named so."""
    return re.fullmatch(r"I\d+-\d+", fact_id) is not None


def fact_rows(taken: Iterable[Entry], table: str) -> list[dict[str, str]]:
    """The rows that the files taken in add to a table of the schema, in the order in which they came."""
    return [
        row
        for each in taken
        if FACT_KINDS.get(kind := str(each.receipt["kind"])) == table
        for row in rows_of(kind, {**each.receipt, "entry": each.name}, each.rows)
    ]


def rows_of(kind: str, receipt: Mapping[str, Any], rows: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """Rows that were taken in as texts by column of the table `FACT_KINDS[kind]`; raises `KeyError` for other kinds.

    `receipt` is that of their file and holds its place in the store as `entry`. A fact's number is that place and the
    row of the sender's sheet, `I0007-12`. A value that restates another is a further row, with the `reported_on` of its
    own file.
    """
    columns = resources()[FACT_KINDS[kind]].field_names
    same = {"source_id": receipt["source_id"], "reported_on": receipt["reported_on"],
            "section": str(Section.BODY), "kind": str(Kind.REPORTED)}  # fmt: skip
    return [
        dict.fromkeys(columns, "")
        | {name: text for name, text in row.items() if name in columns and name not in ("section", "kind")}
        | same
        | {"fact_id": f"I{receipt['entry']}-{row['row']}"}
        for row in rows
    ]


def _days(texts: pd.Series[Any]) -> pd.Series[pd.Timestamp]:
    return pd.to_datetime(texts.mask(texts == ""), format="%Y-%m-%d").astype("datetime64[us]")


def _due_day(deadline: str) -> str:
    return "" if deadline.startswith("regular") or not deadline else parse_period(deadline).end.isoformat()
