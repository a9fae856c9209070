"""Whether the rows of all tables fit together: each key stands once, and what a cell names is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from r57lib.data.codes import Finding
from r57lib.data.schema import FACT_TABLES, Field, Resource, resources
from r57lib.data.store import INGESTED_FOLDER, RECEIPT, Entry
from r57lib.errors import did_you_mean, nearest

Rows = Mapping[str, list[dict[str, str]]]
"""The rows of each table as text, each with the `line` of its file."""


def duplicates(rows: Rows) -> Iterator[Finding]:
    """Keys and numbers of facts that stand more than once."""
    seen_facts: dict[str, str] = {}
    for table in resources().values():
        yield from _duplicate_keys(table, rows[table.name])
        if table.has_facts:
            for row in rows[table.name]:
                first = seen_facts.setdefault(row["fact_id"], f"{table.name}.csv:{row['line']}")
                if not first.startswith(f"{table.name}.csv:"):
                    message = f"fact '{row['fact_id']}' stands in {first} as well"
                    yield Finding.in_file(
                        "duplicate", table.name, int(row["line"]), "fact_id", message, value=row["fact_id"], first=first
                    )


def _duplicate_keys(table: Resource, rows: list[dict[str, str]]) -> Iterator[Finding]:
    keys = {table.key, table.distinct, *((column.name,) for column in table.fields if column.unique)} - {()}
    for key in sorted(keys):
        seen: dict[tuple[str, ...], str] = {}
        for row in rows:
            value = tuple(row[name] for name in key)
            first = seen.setdefault(value, row["line"])
            if first != row["line"]:
                words = " + ".join(part for part in value if part)
                message = f"'{words}' stands in line {first} already"
                yield Finding.in_file(
                    "duplicate",
                    table.name,
                    int(row["line"]),
                    ", ".join(key),
                    message,
                    value=words,
                    first=f"{table.name}.csv:{first}",
                )


def broken_references(rows: Rows) -> Iterator[Finding]:
    """Cells that name what is not there, with the nearest that is."""
    for table in resources().values():
        for column in table.fields:
            if column.references:
                known = _known(column.references, rows)
                for row in rows[table.name]:
                    yield from _unknown(table, column, row, known)


def unknown_senders(taken: Iterable[Entry | Finding], rows: Rows) -> Iterator[Finding]:
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


def _known(reference: str, rows: Rows) -> set[str]:
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
