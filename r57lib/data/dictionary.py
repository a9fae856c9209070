"""The data dictionary and the Frictionless descriptor, written from the schema.

`python -m r57lib.data.dictionary data` writes both; a test holds them equal to the schema.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from r57lib.data.schema import TABLES, Column, Table

_TYPES = {"number": "number", "integer": "integer", "date": "date"}


def descriptor() -> dict[str, Any]:
    """The data folder as a Frictionless data package (specs.frictionlessdata.io)."""
    return {
        "profile": "tabular-data-package",
        "name": "resolution-57",
        "title": "Resolution 57-NQ/TW: tasks, enterprise commitments, indicators, with provenance",
        "resources": [_resource(table) for table in TABLES.values()],
    }


def _resource(table: Table) -> dict[str, Any]:
    keys = [_foreign_key(column) for column in table.columns if column.kind == "ref"]
    schema: dict[str, Any] = {"fields": [_field(column) for column in table.columns], "missingValues": [""]}
    schema["primaryKey"] = list(table.key)
    if keys:
        schema["foreignKeys"] = keys
    return {
        "profile": "tabular-data-resource",
        "name": table.name.replace("_", "-"),
        "path": f"{table.name}.csv",
        "description": table.description,
        "encoding": "utf-8",
        "schema": schema,
    }


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": _TYPES.get(column.kind, "string")}
    field["description"] = column.description
    if column.kind == "url":
        field["format"] = "uri"
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if column.unique:
        constraints["unique"] = True
    if column.codes:
        constraints["enum"] = list(column.codes)
    return field | ({"constraints": constraints} if constraints else {})


def _foreign_key(column: Column) -> dict[str, Any]:
    name, _, field = column.references.partition(".")
    return {"fields": [column.name], "reference": {"resource": name.replace("_", "-"), "fields": [field]}}


def dictionary() -> str:
    """The data dictionary as Markdown: every table, column, kind and code."""
    parts = [_INTRODUCTION, *(_section(table) for table in TABLES.values())]
    return "\n\n".join(parts) + "\n"


def _section(table: Table) -> str:
    head = f"## {table.name}\n\n{table.description} Key: {', '.join(f'`{name}`' for name in table.key)}.\n"
    rows = [f"| `{column.name}` | {_kind(column)} | {_description(column)} |" for column in table.columns]
    return "\n".join([head, "| column | kind | meaning |", "|---|---|---|", *rows])


def _kind(column: Column) -> str:
    return column.kind if column.required else f"{column.kind}, may be empty"


def _description(column: Column) -> str:
    text = column.description
    if column.codes:
        text += " One of " + ", ".join(f"`{code}`" for code in column.codes) + "."
    if column.references:
        text += f" Stands in `{column.references}`."
    return text.replace("|", "\\|")


_INTRODUCTION = """# Data dictionary

Input of the workbench: UTF-8 CSV, one table a file, sorted by its key. This page and `datapackage.json` are written
from the schema of the library; `r57 check` holds the files against it.

- A **fact** is one figure or statement of one document, with its own number (`fact_id`), source, evidence fragment,
  period, day of publication, qualifier and kind. `r57 trace NUMBER` shows it.
- **time_period** is what a fact is about, `reported_on` the day on which it became public. A report for a month holds
  the facts whose period ends by the month's last day; a report as of a day those that were public by then.
- A correction is a new row with a later `reported_on`; rows are never rewritten.
- Shares and rates are numbers from 0 to 1. Numbers have a decimal point and no separators of thousands.

Kinds of column: `id` (a name without white space), `text`, `code` (a closed list), `ref` (a name of another table),
`refs` (several, between semicolons), `number`, `integer` (0 or more), `percent` (a percentage as printed), `date`
(2025-11-30), `url`, and `period`: `2025-09-30` a day, `2025-12-12/2025-12-14` from a day to a day, `2025-09-early`,
`-mid`, `-late` a third of a month, `2025-09` a month, `2025-Q3` a quarter, `2025-H1` a half, `2025` a year, `2025-mid`
June and July, `2025-end` December, `2020/..` since 2020."""


def write_dictionary(folder: Path) -> None:
    """Write `README.md` and `datapackage.json` into the data folder."""
    (folder / "README.md").write_text(dictionary(), encoding="utf-8")
    text = json.dumps(descriptor(), ensure_ascii=False, indent=2) + "\n"
    (folder / "datapackage.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_dictionary(Path(sys.argv[1]))
