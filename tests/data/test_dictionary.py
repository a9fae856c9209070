from __future__ import annotations

import csv
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from r57lib.data import schema
from r57lib.data.schema import dictionary, resources
from tests.builders import valid_rows, write_folder
from tests.conftest import DATA, ROOT

DESCRIPTOR = json.loads((DATA / "datapackage.json").read_text(encoding="utf-8"))
RESOURCES: dict[str, dict[str, Any]] = {resource["path"]: resource for resource in DESCRIPTOR["resources"]}


def field(table: str, column: str) -> dict[str, Any]:
    (found,) = [each for each in RESOURCES[f"{table}.csv"]["schema"]["fields"] if each["name"] == column]
    return found


def test_every_table_is_a_resource_with_its_columns_in_order() -> None:
    assert list(RESOURCES) == [f"{name}.csv" for name in resources()]
    for name, table in resources().items():
        schema = RESOURCES[f"{name}.csv"]["schema"]
        assert [each["name"] for each in schema["fields"]] == table.field_names
        assert schema["primaryKey"] == list(table.key)
        assert schema["missingValues"] == [""]


def test_resource_names_fit_the_specification() -> None:
    names = [resource["name"] for resource in RESOURCES.values()]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and "_" not in name for name in names)


def test_foreign_keys_lead_to_resources_and_their_fields() -> None:
    fields = {resource["name"]: [each["name"] for each in resource["schema"]["fields"]]
              for resource in RESOURCES.values()}  # fmt: skip
    keys = [key for resource in RESOURCES.values() for key in resource["schema"].get("foreignKeys", [])]
    assert keys
    for key in keys:
        assert key["reference"]["fields"][0] in fields[key["reference"]["resource"]]
    assert {"fields": ["scope_id"], "reference": {"resource": "task-scopes", "fields": ["scope_id"]}} in keys
    assert not any(key["fields"] == ["fact_ids"] for key in keys), "a list of names is no foreign key"


def test_fields_have_types_and_constraints() -> None:
    assert field("task_snapshots", "task_count")["type"] == "integer"
    assert field("observations", "obs_value")["type"] == "number"
    assert field("observations", "reported_on")["type"] == "date"
    assert field("observations", "time_period")["type"] == "string"
    assert field("sources", "url")["format"] == "uri"
    assert field("sources", "source_id")["constraints"] == {"required": True, "unique": True}
    assert field("observations", "series_break")["constraints"] == {"enum": ["yes"]}
    assert "constraints" not in field("observations", "rank_of")


@pytest.mark.parametrize("name", resources())
def test_the_valid_folder_fits_the_descriptor(tmp_path: Path, name: str) -> None:
    """Read by what the descriptor says alone, as another program would."""
    resource = RESOURCES[f"{name}.csv"]
    with (write_folder(tmp_path) / resource["path"]).open(encoding=resource["encoding"], newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= len(valid_rows(name))
    for each in resource["schema"]["fields"]:
        limits = each.get("constraints", {})
        cells = [row[each["name"]] for row in rows]
        assert all(cells) or not limits.get("required")
        assert len(set(cells)) == len(cells) or not limits.get("unique")
        assert set(cells) - {""} <= set(limits.get("enum", cells))


def test_dictionary_describes_every_table_column_and_code() -> None:
    text = dictionary("")
    for name, table in resources().items():
        assert text.count(f"\n## {name}\n") == 1
        section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        assert table.description in section
        for column in table.fields:
            (line,) = [line for line in section.splitlines() if line.startswith(f"| `{column.name}` |")]
            assert line.count("|") - line.count("\\|") == 4
            assert ("may be empty" in line) is not column.required
            assert all(f"`{code}`" in line for code in column.codes)
            assert column.references in line


def test_the_dictionary_is_written_below_its_introduction() -> None:
    page = "# Facts\n\nIn two lines.\n"
    assert dictionary(page).startswith("# Facts\n\nIn two lines.\n\n## sources\n")
    assert dictionary(dictionary(page)) == dictionary(page)


def test_the_licence_of_the_facts_is_named() -> None:
    assert [each["name"] for each in DESCRIPTOR["licenses"]] == ["CC-BY-4.0"]
    assert DESCRIPTOR["licenses"][0]["path"] in (DATA / "README.md").read_text(encoding="utf-8")


def test_a_built_library_takes_its_declaration_along() -> None:
    """The link is followed when a wheel is made; an archive of the source holds the link, and what it names."""
    assert schema.DESCRIPTOR.resolve() == (DATA / "datapackage.json").resolve()
    assert not schema.DESCRIPTOR.readlink().is_absolute()
    targets = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert "/data/datapackage.json" in targets["sdist"]["include"]
