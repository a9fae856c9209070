from __future__ import annotations

import re

import pytest

from r57lib.data.codes import EvidenceLevel, Kind, Qualifier, Section, Status
from r57lib.data.schema import FACT_TABLES, SCOPES, TABLES, UNITS, Column
from tests.builders import read_rows
from tests.conftest import DATA

COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]
PROVENANCE = ["source_id", "section", "evidence", "printed_value", "time_period", "reported_on", "qualifier", "kind"]


@pytest.mark.parametrize("name", TABLES)
def test_table_is_well_formed(name: str) -> None:
    table = TABLES[name]
    assert table.name == name
    assert len(set(table.column_names)) == len(table.columns)
    assert set(table.key) <= set(table.column_names)
    assert all(column.required for column in table.columns if column.name in table.key)
    assert table.description.endswith(".")


@pytest.mark.parametrize("name", TABLES)
def test_a_key_of_one_column_is_unique(name: str) -> None:
    key = TABLES[name].key
    if len(key) == 1:
        assert next(column for column in TABLES[name].columns if column.name == key[0]).unique
    else:
        assert name in ("province_predecessors", "agency_aliases")


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda each: each.name)
def test_column_is_well_formed(table: object, column: Column) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
    assert column.description.endswith(".")
    assert bool(column.codes) == (column.kind == "code")
    assert bool(column.references) == (column.kind in ("ref", "refs"))
    assert len(set(column.codes)) == len(column.codes)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda each: each.name)
def test_reference_leads_to_a_column_that_names_rows(table: object, column: Column) -> None:
    name, _, target = column.references.partition(".")
    for each in FACT_TABLES if name == "*" else [name] * bool(name):
        (found,) = [other for other in TABLES[each].columns if other.name == target]
        assert found.unique
        assert found.required


def test_facts_carry_their_provenance_and_are_keyed_by_their_number() -> None:
    assert len(FACT_TABLES) == 8
    for name in FACT_TABLES:
        assert TABLES[name].key == ("fact_id",)
        assert TABLES[name].column_names[0] == "fact_id"
        assert TABLES[name].column_names[-9:] == [*PROVENANCE, "note"]
    assert all("evidence" not in TABLES[name].column_names for name in set(TABLES) - set(FACT_TABLES))


def test_code_lists_are_those_of_the_model() -> None:
    codes = {column.name: column.codes for _, column in COLUMNS if column.codes}
    lists = {"qualifier": Qualifier, "kind": Kind, "section": Section, "evidence_level": EvidenceLevel}
    for name, enum in lists.items():
        assert codes[name] == tuple(str(value) for value in enum)
    statuses = next(column for column in TABLES["task_snapshots"].columns if column.name == "status")
    assert statuses.codes == tuple(str(value) for value in Status)
    assert (codes["scope"], codes["unit"]) == (SCOPES, UNITS)


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [("status", Status), ("evidence_level", EvidenceLevel), ("qualifier", Qualifier), ("unit", UNITS)],
)
def test_codes_that_a_reader_sees_have_words(prefix: str, codes: object) -> None:
    keys = {label["key"] for label in read_rows(DATA, "labels")}
    assert {f"{prefix}.{code}" for code in codes} - keys == set()
