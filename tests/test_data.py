"""The real data: every seed fact is there, nothing is wrong, the known conflicts show."""

from __future__ import annotations

import csv
import unicodedata

import pytest

from r57lib.data.checks import check_tables
from r57lib.data.codes import Severity
from r57lib.data.load import load_tables
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.tables import Tables
from tests.conftest import DATA

SEED_FACTS = [f"F{number:03}" for number in range(1, 144)]


@pytest.fixture(scope="module")
def tables() -> Tables:
    return load_tables(DATA)


def test_all_143_seed_facts_stand_once(tables: Tables) -> None:
    ids = list(tables.facts()["fact_id"])
    assert [fact for fact in SEED_FACTS if ids.count(fact) != 1] == []


def test_no_error(tables: Tables) -> None:
    errors = [finding for finding in check_tables(tables) if finding.severity is Severity.ERROR]
    assert errors == []


def test_known_conflicts_show(tables: Tables) -> None:
    found = {(finding.rule, finding.values.get("found_shares") or finding.values.get("found_count"))
             for finding in check_tables(tables)}  # fmt: skip
    assert ("task_sum", "9813") in found
    assert any(rule == "observation_conflict" and set(str(found).split(";")) == {"0.4", "0.59", "0.9", "0.91"}
               for rule, found in found)  # fmt: skip


def test_every_fact_is_documented(tables: Tables) -> None:
    facts = tables.facts()
    for column in ("source_id", "section", "evidence", "time_period", "reported_on", "qualifier", "kind"):
        assert facts[column].notna().all(), column
    assert (facts["evidence"].str.split().str.len() <= 15).all()


def test_no_explanation_is_unused(tables: Tables) -> None:
    assert [finding for finding in check_tables(tables) if finding.rule == "known_unused"] == []


def test_undated_documents_say_why(tables: Tables) -> None:
    sources = tables["sources"]
    undated = sources[sources["reported_on_precision"] == "not_before"]
    assert len(undated) > 5
    assert undated["reported_on_reason"].notna().all()
    dated = sources[sources["published_on"].notna()]
    assert (dated["published_on"] <= dated["reported_on"]).all()


def test_provinces_are_34_from_63(tables: Tables) -> None:
    kinds = tables["provinces"]["province_kind"].value_counts()
    assert (kinds["city"], kinds["province"]) == (6, 28)
    predecessors = tables["province_predecessors"]
    assert len(predecessors) == 63
    assert (predecessors["province_code"].value_counts() == 1).sum() == 11


@pytest.mark.parametrize("name", resources())
def test_files_are_canonical(name: str) -> None:
    text = (DATA / f"{name}.csv").read_bytes().decode("utf-8")
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert text.endswith("\n")
    assert unicodedata.is_normalized("NFC", text)
    keys = [tuple(row[part] for part in resources()[name].key) for row in csv.DictReader(text.splitlines())]
    assert keys == sorted(keys)


def test_nothing_from_a_teaser_poses_as_body(tables: Tables) -> None:
    facts = tables.facts().merge(tables["sources"][["source_id", "section"]], on="source_id", validate="many_to_one")
    assert (facts["section_x"] == facts["section_y"]).all()
    assert (facts["section_x"] == "sidebar").sum() >= 28


def test_all_fact_tables_are_used() -> None:
    assert all((DATA / f"{name}.csv").stat().st_size > 200 for name in FACT_TABLES)
