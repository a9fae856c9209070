from __future__ import annotations

import re

import pytest

from r57lib.data.codes import EvidenceLevel, Kind, Qualifier, Section, Status
from r57lib.data.schema import FACT_TABLES, Field, resources
from r57lib.data.values import PARSERS
from tests.builders import read_rows
from tests.conftest import DATA

COLUMNS = [(table, column) for table in resources().values() for column in table.fields]
PROVENANCE = ["source_id", "section", "evidence", "printed_value", "time_period", "reported_on", "qualifier", "kind"]


def field(table: str, name: str) -> Field:
    (found,) = [each for each in resources()[table].fields if each.name == name]
    return found


@pytest.mark.parametrize("name", resources())
def test_table_is_well_formed(name: str) -> None:
    table = resources()[name]
    assert table.name == name
    assert len(set(table.field_names)) == len(table.fields)
    assert set(table.key) <= set(table.field_names)
    assert all(column.required for column in table.fields if column.name in table.key)
    assert table.description.endswith(".")


@pytest.mark.parametrize("name", resources())
def test_a_key_of_one_column_is_unique(name: str) -> None:
    key = resources()[name].key
    if len(key) == 1:
        assert field(name, key[0]).unique
    else:
        assert name in ("province_predecessors", "agency_aliases", "instrument_states", "system_claims")


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda each: each.name)
def test_column_is_well_formed(table: object, column: Field) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
    assert column.description.endswith(".")
    assert column.kind in {*PARSERS, "text", "code", "ref", "refs"}
    assert bool(column.codes) == (column.kind == "code")
    assert bool(column.references) == (column.kind in ("ref", "refs"))
    assert len(set(column.codes)) == len(column.codes)


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=lambda each: each.name)
def test_reference_leads_to_a_column_that_names_rows(table: object, column: Field) -> None:
    name, _, target = column.references.partition(".")
    for each in FACT_TABLES if name == "*" else [name] * bool(name):
        assert field(each, target).unique or target in resources()[each].about
        assert field(each, target).required


def test_facts_carry_their_provenance_and_are_keyed_by_their_number() -> None:
    assert list(FACT_TABLES) == [name for name, table in resources().items() if "fact_id" in table.field_names]
    assert len(FACT_TABLES) == 8
    for name in FACT_TABLES:
        assert resources()[name].key == ("fact_id",)
        assert resources()[name].field_names[0] == "fact_id"
        assert resources()[name].field_names[-9:] == [*PROVENANCE, "note"]
    assert all("evidence" not in resources()[name].field_names for name in set(resources()) - set(FACT_TABLES))


def test_each_fact_says_the_same_of_its_provenance() -> None:
    """Said anew for each table, since a descriptor has no word for what tables share."""
    said = {(resources()[name].fields[0], *resources()[name].fields[-9:]) for name in FACT_TABLES}
    assert len(said) == 1


def test_code_lists_are_those_of_the_model() -> None:
    lists = {"qualifier": Qualifier, "kind": Kind, "section": Section, "evidence_level": EvidenceLevel}
    for name, enum in lists.items():
        said = {column.codes for _, column in COLUMNS if column.name == name}
        assert said == {tuple(str(value) for value in enum)}
    assert field("task_snapshots", "status").codes == tuple(str(value) for value in Status)
    assert len({column.codes for _, column in COLUMNS if column.name == "unit"}) == 1
    observed = field("observations", "scope").codes
    assert [code for code in observed if code != "printed_national"] == list(field("targets", "scope").codes)


@pytest.mark.parametrize(
    ("prefix", "codes"),
    [
        ("status", Status),
        ("evidence_level", EvidenceLevel),
        ("qualifier", Qualifier),
        ("unit", field("indicators", "unit").codes),
    ],
)
def test_codes_that_a_reader_sees_have_words(prefix: str, codes: object) -> None:
    keys = {label["key"] for label in read_rows(DATA, "labels")}
    assert {f"{prefix}.{code}" for code in codes} - keys == set()
