"""Whether the rows of all tables fit together: each key stands once, and what a cell names is there.

They are held against each other as texts, before any of them becomes a value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pandas as pd

from r57lib.data.aggregates import USAGE_FOLDER, spoilt_aggregate
from r57lib.data.codes import Finding
from r57lib.data.schema import FACT_TABLES, Field, Resource, resources
from r57lib.data.store import INGESTED_FOLDER, RECEIPT, Entry
from r57lib.errors import did_you_mean, nearest

_Rows = Mapping[str, list[dict[str, str]]]
"""The rows of each table as text, each with the `line` of its file."""

_SUBJECTS = {
    "instrument": ("instruments", "instrument_id"),
    "enterprise": ("enterprises", "enterprise_id"),
    "commitment": ("commitments", "commitment_id"),
    "event": ("events", "event_id"),
    "indicator": ("indicators", "indicator_id"),
    "agency": ("agencies", "agency_id"),
    "system": ("systems", "system_id"),
}
"""Where the subject of a statement stands; people, countries and projects have their label alone."""


def duplicates(rows: _Rows) -> Iterator[Finding]:
    """Keys and numbers of facts that stand more than once."""
    seen_facts: dict[str, tuple[str, str, str]] = {}
    for table in resources().values():
        yield from _duplicate_keys(table, rows[table.name])
        for row in rows[table.name] if table.has_facts else ():
            fact, place = row["fact_id"], f"{table.name}.csv:{row['line']}"
            name, first, like = seen_facts.setdefault(fact.casefold(), (table.name, place, fact))
            if name != table.name:
                rule, message = "duplicate", f"fact '{fact}' stands in {first} as well"
                if like != fact:
                    rule, message, first = "case", f"'{fact}' differs from '{like}' by its case only", like
                yield Finding.in_file(rule, table.name, int(row["line"]), "fact_id", message, value=fact, first=first)


def _duplicate_keys(table: Resource, rows: list[dict[str, str]]) -> Iterator[Finding]:
    keys = {table.key, table.distinct, *((column.name,) for column in table.fields if column.unique)} - {()}
    for key in sorted(keys):
        seen: dict[tuple[str, ...], str] = {}
        folded: dict[str, str] = {}
        for row in rows:
            value = tuple(row[name] for name in key)
            first = seen.setdefault(value, row["line"])
            if first != row["line"]:
                words = " + ".join(part for part in value if part)
                message = f"'{words}' stands in line {first} already"
                yield Finding.in_file(
                    "duplicate", table.name, int(row["line"]), ", ".join(key), message,
                    value=words, first=f"{table.name}.csv:{first}",
                )  # fmt: skip
            like = folded.setdefault(value[0].casefold(), value[0]) if len(key) == 1 else value[0]
            if like != value[0]:
                message = f"'{value[0]}' differs from '{like}' by its case only"
                yield Finding.in_file("case", table.name, int(row["line"]), key[0], message, value=value[0], first=like)


def alike_files(folder: Path, names: Iterable[str] = ()) -> Iterator[Finding]:
    """Files of a folder whose names differ by their case only, from each other or from `names` that are looked for.

    One of them is lost where a system makes no difference, as on a share or another machine.
    """
    known = {name.casefold(): name for name in names}
    for path in sorted(folder.glob("*.*")):
        like = known.setdefault(path.name.casefold(), path.name)
        if like != path.name:
            message = f"'{path.name}' differs from '{like}' by its case only"
            yield Finding.in_file("case", path.name, 0, "", message, value=path.name, first=like)


def spoilt_counts(folder: Path, usage: pd.DataFrame) -> Iterator[Finding]:
    """The first file of `data/usage/` that is not as it was written, of the sets in the table `usage`."""
    for files in usage["files"]:
        if name := spoilt_aggregate(folder / USAGE_FOLDER, dict(files)):
            message = "is missing or was changed; run `r57 aggregate` again"
            yield Finding.in_file("usage_spoilt", f"{USAGE_FOLDER}/{name}", 0, "", message)


def broken_references(rows: _Rows) -> Iterator[Finding]:
    """Cells that name what is not there, with the nearest that is."""
    for table in resources().values():
        for column in table.fields:
            if column.references:
                known = _known(column.references, rows)
                for row in rows[table.name]:
                    yield from _unknown(table, column, row, known)


def unknown_subjects(rows: _Rows) -> Iterator[Finding]:
    """Statements about what no table and no label names."""
    labels = _known("labels.key", rows)
    known = {kind: _known(f"{table}.{column}", rows) for kind, (table, column) in _SUBJECTS.items()}
    by_kind: dict[str, set[str]] = defaultdict(set)
    for key in labels:
        head, _, name = key.partition(".")
        by_kind[head].add(name)
    for row in rows["statements"]:
        kind, value = row["subject_kind"], row["subject_id"]
        named = known[kind] if kind in known else by_kind[kind]
        if value not in named:
            target = _SUBJECTS.get(kind, (f"labels, under '{kind}.'",))[0]
            message = f"'{value}' does not stand in {target}{did_you_mean(value, named)}"
            yield Finding.in_file(
                "reference", "statements", int(row["line"]), "subject_id", message,
                value=value, target=target, nearest=nearest(value, named),
            )  # fmt: skip


def unknown_annotated(rows: _Rows) -> Iterator[Finding]:
    """Comments on what is neither a fact nor a figure; a figure is known by the label of its heading."""
    headings = (key.split(".") for key in _known("labels.key", rows) if key.startswith("figure."))
    named = _known("*.fact_id", rows) | {name[1] for name in headings if name[2:] == ["heading"]}
    for row in rows["annotations"]:
        if (value := row["subject"]) not in named:
            message = f"'{value}' is neither a figure nor a fact{did_you_mean(value, named)}"
            yield Finding.in_file(
                "annotation", "annotations", int(row["line"]), "subject", message,
                value=value, nearest=nearest(value, named),
            )  # fmt: skip


def unknown_senders(taken: Iterable[Entry | Finding], rows: _Rows) -> Iterator[Finding]:
    """Files that were taken in from a source that `sources.csv` does not name any more."""
    known = {row["source_id"] for row in rows["sources"]}
    for each in taken:
        if isinstance(each, Entry) and (sender := str(each.receipt["source_id"])) not in known:
            message = f"'{sender}' does not stand in sources{did_you_mean(sender, known)}"
            place = f"{INGESTED_FOLDER}/{each.name}/{RECEIPT}"
            yield Finding.in_file(
                "reference", place, 0, "source_id", message,
                value=sender, target="sources", nearest=nearest(sender, known),
            )  # fmt: skip


def _known(reference: str, rows: _Rows) -> set[str]:
    name, _, column = reference.partition(".")
    names = FACT_TABLES if name == "*" else (name,)
    return {row[column] for table in names for row in rows[table]}


def _unknown(table: Resource, column: Field, row: dict[str, str], known: set[str]) -> Iterator[Finding]:
    text = row[column.name]
    values = text.split(";") if column.kind == "refs" else [text]
    for value in (item.strip() for item in values):
        if text and value not in known:
            target = column.references.split(".")[0].replace("*", "the fact tables")
            message = f"'{value}' does not stand in {target}{did_you_mean(value, known)}"
            yield Finding.in_file(
                "reference", table.name, int(row["line"]), column.name, message,
                value=value, target=target, nearest=nearest(value, known),
            )  # fmt: skip
