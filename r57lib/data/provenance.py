"""Each fact against its source: section, day, quotation and printed number; and each name against its label."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from r57lib.data.codes import Finding
from r57lib.data.rows import FACT_ROWS, Fact, Source
from r57lib.data.tables import Tables, documents, records
from r57lib.data.values import agrees, reads_as

EVIDENCE_WORDS = 15
_VALUE_COLUMNS = {
    "task_snapshots": "task_count",
    "commitments": "target_value",
    "commitment_updates": "obs_value",
    "proposals": "stated_count",
    "observations": "obs_value",
    "targets": "target_value",
    "statements": "obs_value",
}
LABELLED = {
    "agencies": ("agency", "agency_id"),
    "instruments": ("instrument", "instrument_id"),
    "task_scopes": ("scope", "scope_id"),
    "enterprises": ("enterprise", "enterprise_id"),
    "commitments": ("commitment", "commitment_id"),
    "proposals": ("proposal", "fact_id"),
    "indicators": ("indicator", "indicator_id"),
    "events": ("event", "event_id"),
    "statements": ("statement", "fact_id"),
    "provinces": ("province", "province_code"),
    "province_predecessors": ("predecessor", "predecessor_id"),
    "known_findings": ("known", "finding_id"),
}
"""Tables whose rows a reader sees by name: the beginning of the label and the column that completes it."""


def check_labels(tables: Tables) -> Iterator[Finding]:
    """Everything that a page names has its words in both languages."""
    keys = set(tables["labels"]["key"])
    for table, (prefix, column) in LABELLED.items():
        for row in records(tables[table]):
            key = f"{prefix}.{getattr(row, column)}"
            if key not in keys:
                message = f"labels.csv has no label '{key}'"
                yield Finding.at_row("label_missing", table, row, column, message, (), value=key)


def check_provenance(tables: Tables) -> Iterator[Finding]:
    """Each fact agrees with its source, its evidence is a fragment, and no result is older than what it tells."""
    sources = documents(tables)
    for name, kind in FACT_ROWS.items():
        for row in records(tables[name], kind):
            source = sources[row.source_id]
            yield from _with_source(name, row, source)
            yield from _with_evidence(name, row, source.language)


def _with_source(name: str, row: Fact, source: Source) -> Iterator[Finding]:
    if row.section != source.section:
        message = f"'{row.section}' where source '{row.source_id}' is '{source.section}'"
        yield Finding.at_row("section", name, row, "section", message, value=row.section, source=row.source_id)
    if row.reported_on < source.reported_on:
        message = f"{row.reported_on:%Y-%m-%d} is before source '{row.source_id}' became public"
        yield Finding.at_row("reported_before_source", name, row, "reported_on", message, source=row.source_id)
    if row.kind == "reported" and row.time_period_start > row.reported_on:
        message = f"'{row.time_period}' lies after the day it was reported, {row.reported_on:%Y-%m-%d}"
        yield Finding.at_row("reported_before_period", name, row, "time_period", message, value=row.time_period)


def _with_evidence(name: str, row: Fact, language: str) -> Iterator[Finding]:
    words = len(row.evidence.split())
    if words > EVIDENCE_WORDS:
        message = f"has {words} words; keep a fragment of {EVIDENCE_WORDS} at most"
        yield Finding.at_row(
            "evidence_length", name, row, "evidence", message, found=str(words), limit=str(EVIDENCE_WORDS)
        )
    if row.printed_value is None:
        return
    if row.printed_value not in row.evidence:
        message = f"'{row.printed_value}' does not stand in the evidence '{row.evidence}'"
        yield Finding.at_row("evidence_value", name, row, "printed_value", message, value=row.printed_value)
    column = _VALUE_COLUMNS.get(name, "")
    value = getattr(row, column, None) if column else None
    printed = reads_as(row.printed_value, language)
    if value is not None and pd.notna(value) and printed is not None and not agrees(float(value), printed):
        message = f"{value:g} does not agree with '{row.printed_value}' of the evidence"
        yield Finding.at_row("printed_value", name, row, column, message, found=f"{value:g}", printed=row.printed_value)
