"""Valid made-up rows, so that a test states only what matters; and copies of a data folder with one thing changed."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from r57lib.data.checks import LABELLED
from r57lib.data.codes import Finding
from r57lib.data.load import load_tables
from r57lib.data.quotations import register_of
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.tables import Tables
from tests.conftest import DATA

Row = dict[str, str]

_PROVENANCE = {
    "source_id": "t-paper",
    "section": "body",
    "evidence": "a made-up fragment",
    "time_period": "2025-06-30",
    "reported_on": "2025-07-01",
    "qualifier": "exact",
    "kind": "reported",
    "note": "Derived: made up for a test.",
}
_CELLS: dict[str, Row] = {
    "sources": {
        "source_id": "t-paper",
        "document": "t-paper",
        "title": "A made-up article",
        "publisher": "The Fictitious Times",
        "url": "https://example.org/article",
        "language": "en",
        "section": "body",
        "published_on": "2025-01-01",
        "reported_on": "2025-01-01",
        "reported_on_precision": "day",
        "confidence": "high",
    },
    "agencies": {"agency_id": "T-MIN", "agency_kind": "ministry"},
    "agency_aliases": {"agency_id": "T-MIN", "alias": "T Min"},
    "instruments": {
        "instrument_id": "t-resolution",
        "number": "1/T",
        "instrument_kind": "resolution",
        "issuer_id": "T-MIN",
        "issued_on": "2024-12-22",
    },
    "task_scopes": {"scope_id": "t-tasks", "instrument_id": "t-resolution", "programme": "yes"},
    "programmes": {
        "programme_id": "t-programme",
        "instrument_id": "t-resolution",
        "main_scope_id": "t-tasks",
    },
    "task_snapshots": {"fact_id": "t-total", "scope_id": "t-tasks", "status": "total", "task_count": "10"},
    "enterprises": {"enterprise_id": "t-works", "enterprise_kind": "private"},
    "commitments": {
        "fact_id": "t-promise",
        "commitment_id": "t-works.boats",
        "enterprise_id": "t-works",
        "nature": "pledge",
        "evidence_level": "stated",
        "unit": "count",
        "baseline_value": "0",
        "baseline_period": "2025-01-01",
        "comparator": ">=",
        "target_value": "100",
        "target_period": "2025-12-31",
        "kind": "target",
    },
    "commitment_updates": {
        "fact_id": "t-update",
        "commitment_id": "t-works.boats",
        "role": "observation",
        "obs_value": "40",
    },
    "proposals": {
        "fact_id": "t-proposal",
        "proposal_id": "t-proposal",
        "enterprise_id": "t-works",
        "ordinal": "1",
        "status": "raised",
    },
    "indicators": {
        "indicator_id": "t-usage",
        "family": "t-usage",
        "side": "demand",
        "unit": "share",
        "direction": "up",
        "lower_bound": "0",
        "upper_bound": "1",
        "producer_id": "T-MIN",
    },
    "observations": {
        "fact_id": "t-seen",
        "indicator_id": "t-usage",
        "scope": "national",
        "obs_value": "0.4",
        "basis": "point",
    },
    "targets": {
        "fact_id": "t-aim",
        "indicator_id": "t-usage",
        "scope": "national",
        "comparator": ">=",
        "target_value": "0.8",
        "target_period": "2025-12-31",
        "instrument_id": "t-resolution",
        "kind": "target",
    },
    "events": {"fact_id": "t-fair", "event_id": "t-fair-2025", "event_kind": "fair", "system_id": "t-portal"},
    "statements": {
        "fact_id": "t-said",
        "subject_kind": "enterprise",
        "subject_id": "t-works",
        "attribute": "founded",
        "text_value": "long ago",
    },
    "instrument_states": {
        "instrument_id": "t-resolution",
        "state": "issued",
        "since": "2025-01-01",
        "statement_id": "t-said",
    },
    "systems": {"system_id": "t-portal", "system_kind": "portal"},
    "system_claims": {"system_id": "t-portal", "statement_id": "t-said", "claimant_id": "t-works"},
    "provinces": {
        "province_code": "t1",
        "province_kind": "province",
        "latitude": "10.5",
        "longitude": "-106.5",
        "source_id": "t-paper",
    },
    "province_predecessors": {"province_code": "t1", "predecessor_id": "t-old-one"},
    "province_tiles": {"tile_id": "t1", "province_code": "t1", "tile_row": "1", "tile_column": "1"},
    "known_findings": {"finding_id": "t-known", "rule": "observation_conflict", "fact_ids": "t-seen"},
    "quotations": {"quotation_of": "t-seen", "source_id": "t-paper", "sha256": "0"},
    "annotations": {
        "annotation_id": "t-comment",
        "subject": "t-seen",
        "author": "T. Author",
        "written_on": "2025-06-30",
        "en": "Look again.",
        "vi": "Cần xem lại.",
    },
    "labels": {"key": "t.greeting", "en": "Hello {name}", "vi": "Xin chào {name}"},
}


def row(table: str, **cells: object) -> Row:
    """A whole valid row of `table`, with the cells that matter."""
    filled = _PROVENANCE if resources()[table].has_facts else {}
    given = {name: str(value) for name, value in cells.items()}
    unknown = set(given) - set(resources()[table].field_names)
    assert not unknown, f"{table} has no column {unknown}"
    return dict.fromkeys(resources()[table].field_names, "") | filled | _CELLS[table] | given


def valid_rows(table: str) -> list[Row]:
    """The rows of the valid folder. Nothing is known to be wrong with it, and nobody has said anything of it.

    So `known_findings` and `annotations` are empty, and so is `quotations`, which `write_folder` fills from the facts.
    """
    more: dict[str, list[Row]] = {
        "sources": [row("sources", source_id="t-side", document="t-paper", section="sidebar")],
        "agencies": [row("agencies", agency_id="T-GOV", agency_kind="government")],
        "task_snapshots": [
            row("task_snapshots", fact_id="t-done", status="completed", task_count=4),
            row("task_snapshots", fact_id="t-late", status="overdue", task_count=1),
            row("task_snapshots", fact_id="t-open", status="in_progress", task_count=5),
        ],
        "observations": [row("observations", fact_id="t-seen-first", obs_value="0.2", time_period="2024-12-31")],
        "indicators": [
            row("indicators", indicator_id=f"procedures_{name}", family=name, side="supply", figure="supply", part=part)
            for name, part in (("offered_online", "online"), ("end_to_end", "end_to_end"))
        ],
        "province_predecessors": [row("province_predecessors", predecessor_id="t-old-two")],
        "labels": [row("labels", key="t.farewell", en="Goodbye", vi="Tạm biệt")],
    }
    return [] if table in ("known_findings", "quotations", "annotations") else [row(table), *more.get(table, [])]


def more(table: str, *rows: Row) -> list[Row]:
    """The rows of the valid folder and these."""
    return [*valid_rows(table), *rows]


def write_table(folder: Path, table: str, rows: Iterable[Row], columns: Iterable[str] | None = None) -> Path:
    """Write one table; `columns` where they are not those of its schema."""
    names = list(resources()[table].field_names if columns is None else columns)
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path = folder / f"{table}.csv"
    path.write_bytes(file.getvalue().encode("utf-8"))
    return path


def write_folder(folder: Path, **rows: list[Row]) -> Path:
    """A complete data folder: the valid rows, but those of the tables that are named.

    Quotations are registered as they stand, and known findings told of what their facts state, where a test does not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    filled = {table: rows[table] if table in rows else valid_rows(table) for table in resources()}
    if "quotations" not in rows:
        filled["quotations"] = list(register_of(filled).values())
    facts = {each["fact_id"]: _stated(each) for table in FACT_TABLES for each in filled[table]}
    filled["known_findings"] = [
        {
            **each,
            "fact_values": each["fact_values"]
            or ";".join(facts.get(fact.strip(), "-") for fact in each["fact_ids"].split(";")),
        }
        for each in filled["known_findings"]
    ]
    if "labels" not in rows:
        filled["labels"] = filled["labels"] + labels_for(filled)
    for table, each in filled.items():
        write_table(folder, table, each)
    return folder


def _stated(fact: Row) -> str:
    told = [
        fact.get(name, "")
        for name in ("task_count", "printed_share", "obs_value", "target_value", "stated_count", "text_value")
    ]
    return " ".join(f"{float(cell):.12g}" if cell.replace(".", "").isdigit() else cell for cell in told if cell)


def all_valid_rows() -> dict[str, list[Row]]:
    return {table: valid_rows(table) for table in resources()}


def labels_for(rows: dict[str, list[Row]]) -> list[Row]:
    """A label for everything that the rows name."""
    keys = {f"{prefix}.{each[column]}" for table, (prefix, column) in LABELLED.items() for each in rows[table]}
    return [row("labels", key=key, en=f"Name of {key}", vi=f"Tên của {key}") for key in sorted(keys)]


def build(folder: Path, **rows: list[Row]) -> Tables:
    """The tables of such a folder; a test that means no mistake in the files hears of one."""
    tables = load_tables(write_folder(folder, **rows))
    assert [f"{finding.place}: {finding.message}" for finding in tables.findings] == []
    return tables


def copy_data(folder: Path) -> Path:
    """A copy of the real data folder, to be edited."""
    return Path(shutil.copytree(DATA, folder / "data"))


def read_rows(folder: Path, table: str) -> list[Row]:
    with (folder / f"{table}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def edit_cell(folder: Path, table: str, key: str, column: str, value: str) -> int:
    """Write `value` into the row whose key is `key`; the line of that row, as long as no cell holds a line break."""
    rows = read_rows(folder, table)
    name = resources()[table].key[0]
    (place,) = [number for number, each in enumerate(rows) if each[name] == key]
    assert column in rows[place]
    rows[place][column] = value
    write_table(folder, table, rows)
    return place + 2


def drop_column(folder: Path, table: str, column: str) -> None:
    names = resources()[table].field_names
    write_table(folder, table, read_rows(folder, table), [name for name in names if name != column])


def drop_row(folder: Path, table: str, key: str) -> None:
    rows = read_rows(folder, table)
    kept = [each for each in rows if each[resources()[table].key[0]] != key]
    assert len(kept) == len(rows) - 1
    write_table(folder, table, kept)


def edit_text(folder: Path, table: str, before: str, after: str) -> None:
    """Replace a text that stands in the file exactly once."""
    path = folder / f"{table}.csv"
    text = path.read_bytes().decode("utf-8")
    assert text.count(before) == 1
    path.write_bytes(text.replace(before, after).encode("utf-8"))


def places(findings: Iterable[Finding]) -> list[tuple[str, str, int, str]]:
    """What findings say of where they are: rule, table, line, column."""
    return [(finding.rule, finding.table, finding.line, finding.column) for finding in findings]


def only_row(frame: pd.DataFrame, **where: str) -> pd.Series:
    """The one row of a frame with these cells."""
    for column, value in where.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1, frame
    return frame.iloc[0]
