"""Tables as the texts of a file again: what `load` has read is written so that it reads the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from r57lib.data.lines import connected, quoted
from r57lib.data.schema import Field, Resource
from r57lib.disk import scratch


def cell_text(field: Field, value: Any) -> str:
    """A cell of a table as its file writes it; empty for what is missing.

    A number has the fewest digits that give it again, and no exponent.
    """
    if pd.isna(value):
        return ""
    if field.kind == "number":
        return str(np.format_float_positional(value, trim="-"))
    return value.date().isoformat() if field.kind == "date" else str(value)


def as_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file in UTF-8: commas, and the line ends of the tables."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode()


_TYPES = {"number": "DOUBLE", "integer": "BIGINT", "date": "DATE"}


def as_parquet(
    tables: Iterable[tuple[Resource, Sequence[Sequence[str]]]], about: Mapping[str, str]
) -> dict[str, bytes]:
    """Tables of texts as Parquet, by name: numbers, whole numbers and days are typed, all else is text, empty is null.

    `about` stands in the metadata of each, beside the description of the table.
    """
    made: dict[str, bytes] = {}
    with scratch() as folder, connected() as engine:
        engine.execute("SET threads = 1")  # the same rows, the same bytes
        for resource, rows in tables:
            given, target = folder / f"{resource.name}.csv", folder / f"{resource.name}.parquet"
            given.write_bytes(as_csv(resource.field_names, rows))
            types = [f"{quoted(each.name)}: {quoted(_TYPES.get(each.kind, 'VARCHAR'))}" for each in resource.fields]
            form = f"header = true, auto_detect = false, quote = '\"', escape = '\"', columns = {{{', '.join(types)}}}"
            said = {**about, "description": resource.description}
            told = ", ".join(f"{quoted(name)}: {quoted(text)}" for name, text in said.items())
            engine.execute(
                f"COPY (FROM read_csv({quoted(given)}, {form}))"
                f" TO {quoted(target)} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{told}}})"
            )
            made[resource.name] = target.read_bytes()
    return made
