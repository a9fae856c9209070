"""The declared tables, read from the Frictionless descriptor `data/datapackage.json`: their one declaration.

Whatever folder the library is pointed at, it goes by its own: its rows, checks and measures know these very fields.
A field's kind, which the reader and its messages go by, follows from the terms of the standard: an `enum` is a code, a
foreign key a reference, and so on. Where the standard has no word, the field's own `kind` says what it is (`id`,
`period`, `percent`, `refs`), and `references` where each of several names must stand.

`python -m r57lib.data.schema data` writes the tables of the data dictionary, `data/README.md`, below its introduction.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from r57lib.data.rows import FACT_ROWS

FACT_TABLES = tuple(FACT_ROWS)
DESCRIPTOR = Path(__file__).with_name("datapackage.json")
"""A link to `data/datapackage.json`, so that a built library holds it too, and the hash of the library knows it."""


@dataclass(frozen=True)
class Field:
    """One column: `required` is never empty, of `unique` no value stands twice, a file may lack an `optional` one.

    `codes` closes the list of values; `references` names the `table.column` where the value (or, for `refs`, each value
    between semicolons) must stand.
    """

    name: str
    kind: str
    description: str
    required: bool = False
    unique: bool = False
    codes: tuple[str, ...] = ()
    references: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Resource:
    """One CSV file of `data/`, sorted by its key; no two rows share all of the fields that `distinct` names.

    The fields `about` say what a fact is about: of two that share them, the later corrects the earlier of its source.
    """

    name: str
    description: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    distinct: tuple[str, ...] = ()
    about: tuple[str, ...] = ()

    @property
    def field_names(self) -> list[str]:
        """The names of the fields, in the order of the file."""
        return [field.name for field in self.fields]

    @property
    def has_facts(self) -> bool:
        """Whether each row is a fact with its provenance."""
        return self.name in FACT_ROWS


@cache
def descriptor() -> Mapping[str, Any]:
    """What is declared, as it stands there."""
    found: dict[str, Any] = json.loads(DESCRIPTOR.read_text(encoding="utf-8"))
    return found


@cache
def resources() -> Mapping[str, Resource]:
    """The declared tables by name, in the order in which they are read."""
    return {each.name: each for each in map(_resource, descriptor()["resources"])}


def licence() -> Mapping[str, str]:
    """The licence of the facts: its `name`, `title` and `path`."""
    found: dict[str, str] = descriptor()["licenses"][0]
    return found


def _resource(declared: dict[str, Any]) -> Resource:
    schema = declared["schema"]
    keys = {key["fields"][0]: key["reference"] for key in schema.get("foreignKeys", ())}
    refer = {name: f"{key['resource'].replace('-', '_')}.{key['fields'][0]}" for name, key in keys.items()}
    fields = tuple(_field(each, refer.get(each["name"], "")) for each in schema["fields"])
    (distinct,), about = schema.get("uniqueKeys", [()]), tuple(schema.get("aboutKey", ()))
    name = Path(declared["path"]).stem
    return Resource(name, declared["description"], tuple(schema["primaryKey"]), fields, tuple(distinct), about)


def _field(declared: dict[str, Any], foreign: str) -> Field:
    limits = declared.get("constraints", {})
    codes = tuple(limits.get("enum", ()))
    kind = "ref" if foreign else "code" if codes else "url" if declared.get("format") == "uri" else declared["type"]
    return Field(
        declared["name"],
        declared.get("kind", "text" if kind == "string" else kind),
        declared["description"],
        limits.get("required", False),
        limits.get("unique", False),
        codes,
        declared.get("references", foreign),
        declared.get("optional", False),
    )


def dictionary(page: str) -> str:
    """A page of the data dictionary in Markdown: its introduction, and below it every table, field, kind and code."""
    introduction = page.partition("\n\n## ")[0].rstrip("\n")
    return "\n\n".join([introduction, *("\n".join(_section(each)) for each in resources().values())]) + "\n"


def _section(table: Resource) -> Iterator[str]:
    key = ", ".join(f"`{name}`" for name in table.key)
    yield from (
        f"## {table.name}\n",
        f"{table.description} Key: {key}.\n",
        "| column | kind | meaning |",
        "|---|---|---|",
    )
    for field in table.fields:
        kind = field.kind if field.required else f"{field.kind}, may be empty"
        codes = " One of " + ", ".join(f"`{code}`" for code in field.codes) + "." if field.codes else ""
        target = f" Stands in `{field.references}`." if field.references else ""
        optional = " A file may lack the column." if field.optional else ""
        meaning = f"{field.description}{codes}{target}{optional}".replace("|", "\\|")
        yield f"| `{field.name}` | {kind} | {meaning} |"


if __name__ == "__main__":
    file = Path(sys.argv[1]) / "README.md"
    file.write_text(dictionary(file.read_text(encoding="utf-8")), encoding="utf-8")
