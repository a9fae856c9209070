"""Corrections held against their rules, and what each of them changed: no fault, and told all the same."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from r57lib.data.codes import Finding
from r57lib.data.corrections import replaced_by
from r57lib.data.rows import FACT_ROWS, Commitment, CommitmentUpdate, Fact, Observation, Target
from r57lib.data.schema import resources
from r57lib.data.tables import Tables, records

_SUBJECTS = {
    "task_snapshots": ("scope.{0.scope_id}", "agency.{0.agency_id}", "status.{0.status}"),
    "observations": ("indicator.{0.indicator_id}", "scope_of.{0.scope}", "province.{0.province_code}"),
    "targets": ("indicator.{0.indicator_id}", "scope_of.{0.scope}"),
    "commitments": ("commitment.{0.commitment_id}",),
    "commitment_updates": ("commitment.{0.commitment_id}",),
    "proposals": ("proposal.{0.proposal_id}",),
    "events": ("event.{0.event_id}",),
    "statements": ("statement.{0.fact_id}",),
}
"""The labels that name what a fact of a table is about."""


def check_restatements(tables: Tables) -> Iterator[Finding]:
    """What each known correction changed, column by column; a value and its qualifier are one."""
    for name, gone in (tables.replaced or {}).items():
        kind = FACT_ROWS[name]
        rows = {row.fact_id: row for row in records(pd.concat([gone, tables[name]]), kind)}
        for fact, after in zip(gone["fact_id"], gone["replaced_by"], strict=True):
            yield from _changes(tables, name, rows[fact], rows[after])


def _changes(tables: Tables, name: str, before: Fact, after: Fact) -> Iterator[Finding]:
    silent = {*Fact.__match_args__} - ({"time_period"} if name == "events" else set())
    for column in (each for each in resources()[name].fields if each.name not in silent):
        was, now = (_typed(tables, row, column.name, column.kind) for row in (before, after))
        if was != now:
            labels = [label.format(after) for label in _SUBJECTS[name]]
            told = [label for label in labels if not label.endswith(".None")]
            message = f"'{before.fact_id}' was corrected by '{after.fact_id}' on {after.reported_on:%Y-%m-%d}"
            yield Finding.at_row(
                "restatement", name, after, column.name, message, [before.fact_id, after.fact_id],
                subject_labels=";".join(told), period=before.time_period, what=column.name,
                reported_day=f"{after.reported_on:%Y-%m-%d}", **{f"before_{was[0]}": was[1], f"after_{now[0]}": now[1]},
            )  # fmt: skip


def _typed(tables: Tables, row: Fact, column: str, kind: str) -> tuple[str, str]:
    """What a cell of a fact says, and as what: an amount with its unit and qualifier, a period, a code or a text."""
    value = getattr(row, column)
    if pd.isna(value):
        return "text", ""
    if kind == "number" or column in ("task_count", "stated_count"):
        qualifier = row.qualifier if column != "baseline_value" else "exact"
        return "amount", f"{value:.15g} {_unit(tables, row)} {qualifier}"
    if kind == "code":
        return "code", f"{'proposal_status' if column == 'status' else column}.{value}"
    return ("period" if kind == "period" else "text"), str(value)


def _unit(tables: Tables, row: Fact) -> str:
    if isinstance(row, Observation | Target):
        return str(tables["indicators"].set_index("indicator_id").loc[row.indicator_id, "unit"])
    if isinstance(row, Commitment):
        return row.unit
    if isinstance(row, CommitmentUpdate):
        promised = tables["commitments"].drop_duplicates("commitment_id").set_index("commitment_id")["unit"]
        return str(promised.get(row.commitment_id, "count"))
    return "count"


def check_corrections(tables: Tables) -> Iterator[Finding]:
    """A fact that says which one it corrects is later, is about the same, and is alone in it."""
    for name, kind in FACT_ROWS.items():
        stated = tables[name]["corrects"].notna()
        if not stated.any():  # as nearly always
            continue
        named, corrected = tables[name][stated].sort_values("reported_on"), set[str]()
        rows = {row.fact_id: row for row in tables.rows(name, kind)}
        for row in records(named, kind):
            before = rows.get(str(row.corrects))
            if before is None:
                continue
            other = [each for each in resources()[name].about if not _same(getattr(row, each), getattr(before, each))]
            if row.reported_on <= before.reported_on:
                yield _wrong(name, row, "day", f"is no later than '{before.fact_id}', which it corrects")
            elif other:
                said = f"is not about the same as '{before.fact_id}', which it corrects: {', '.join(other)}"
                yield _wrong(name, row, "key", said, columns=", ".join(other))
            elif before.fact_id in corrected:
                yield _wrong(name, row, "twice", f"corrects '{before.fact_id}', which another has corrected; name that")
            corrected.add(before.fact_id)


def _same(one: object, other: object) -> bool:
    return one == other or bool(pd.isna(one) and pd.isna(other))  # type: ignore[call-overload]


def _wrong(name: str, row: Fact, why: str, message: str, **values: str) -> Finding:
    facts = [str(row.corrects), row.fact_id]
    return Finding.at_row(f"correction_{why}", name, row, "corrects", message, facts, before=facts[0], **values)


def check_promised_twice(tables: Tables) -> Iterator[Finding]:
    """A commitment stands once: a second row of it takes the place of the one before."""
    rows = tables["commitments"].sort_values("reported_on", kind="stable")
    after, last = replaced_by("commitments", rows), dict[str, Commitment]()
    for row in records(rows, Commitment):
        before = last.get(row.commitment_id)
        if before and (after.get(before.fact_id) != row.fact_id or row.reported_on == before.reported_on):
            message = f"'{row.commitment_id}' stands in line {before.line} already, and this row does not correct it"
            yield Finding.at_row(
                "duplicate", "commitments", row, "commitment_id", message, [before.fact_id, row.fact_id],
                value=row.commitment_id, first=f"commitments.csv:{before.line}",
            )  # fmt: skip
        last[row.commitment_id] = row
