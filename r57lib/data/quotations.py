"""The register of quotations: whether a fact's evidence is still the fragment that was read in its source.

`python -m r57lib.data.quotations data` writes `data/quotations.csv` anew and prints each quotation that is new, has
changed or is gone, so that nobody accepts a change without having seen it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from r57lib.data.codes import Finding
from r57lib.data.rows import FACT_ROWS, Quotation
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.store import is_taken_in
from r57lib.data.tables import Tables
from r57lib.disk import write

_TABLE = "quotations"


def quotation_hash(evidence: str) -> str:
    """SHA-256 of a quotation, whatever its white space and the form of its accents."""
    return hashlib.sha256(" ".join(unicodedata.normalize("NFC", evidence).split()).encode()).hexdigest()


def check_quotations(tables: Tables) -> Iterator[Finding]:
    """Each fact has the quotation and the source that the register holds; one that it lacks has not been read twice."""
    register = {row.quotation_of: row for row in tables.rows(_TABLE, Quotation)}
    for name, kind in FACT_ROWS.items():
        for row in tables.rows(name, kind):
            held = register.get(row.fact_id)
            if held is None and not is_taken_in(row.fact_id):
                message = "is not in the register of quotations; run python -m r57lib.data.quotations data"
                yield Finding.at_row("quotation_new", name, row, "evidence", message)
            elif held and held.source_id != row.source_id:
                message = f"'{row.source_id}' where the quotation was read in '{held.source_id}'"
                yield Finding.at_row(
                    "quotation_source", name, row, "source_id", message, value=row.source_id, source=held.source_id
                )
            elif held and held.sha256 != quotation_hash(row.evidence):
                message = f"'{row.evidence}' is not the fragment that was read in '{held.source_id}'"
                yield Finding.at_row("quotation", name, row, "evidence", message, source=held.source_id)


def register_of(rows: Mapping[str, list[dict[str, str]]]) -> dict[str, dict[str, str]]:
    """The register of the facts of all tables, by their numbers in order."""
    facts = [row for table in FACT_TABLES for row in rows[table]]
    return {
        row["fact_id"]: {
            "quotation_of": row["fact_id"], "source_id": row["source_id"], "sha256": quotation_hash(row["evidence"])
        }
        for row in sorted(facts, key=lambda row: row["fact_id"])
    }  # fmt: skip


def _rows(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"), newline="")))


def write_register(folder: Path) -> None:
    """Write the register of the facts in a folder, and print what has changed in it."""
    file = folder / f"{_TABLE}.csv"
    before = {row["quotation_of"]: row for row in _rows(file)} if file.exists() else {}
    now = register_of({table: _rows(folder / f"{table}.csv") for table in FACT_TABLES})
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, resources()[_TABLE].field_names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(now.values())
    write(file, text.getvalue())
    for fact in sorted({*before, *now}):
        if before.get(fact) != now.get(fact):
            word = "new" if fact not in before else "gone" if fact not in now else "changed"
            print(f"{word}: {fact}")


if __name__ == "__main__":
    write_register(Path(sys.argv[1]))
