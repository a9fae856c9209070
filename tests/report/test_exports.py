"""Each format is held against its own schema or library, and read back to the values of the tables."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from lxml import etree

from r57lib.data.cubes import cubes
from r57lib.data.schema import resources
from r57lib.errors import WrongCall
from r57lib.report.exports.edition import Edition
from r57lib.report.exports.write import EXPORTS, write_export
from r57lib.view.view import View, open_view
from tests.conftest import call_r57

NS = {name: f"http://www.sdmx.org/resources/sdmxml/schemas/v3_0/{name}" for name in ("common", "structure", "message")}


@pytest.fixture(scope="module")
def view() -> View:
    """The whole month, as known at its end."""
    return open_view(language="en")


@pytest.fixture(scope="module")
def exported(view: View, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each format in a folder of its own."""
    root = tmp_path_factory.mktemp("exports")
    for form in EXPORTS:
        assert write_export(view, form, root / form)
    return {form: root / form for form in EXPORTS}


def rows_in(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def values(view: View) -> Iterator[tuple[str, str, float]]:
    """Each value of the tables that are cubes, by table and fact."""
    for cube in cubes():
        frame = view.tables[cube.table]
        field = next(each.field for each in cube.components if each.part == "measure")
        yield from (
            (cube.table, fact, float(value)) for fact, value in zip(frame["fact_id"], frame[field], strict=True)
        )


@pytest.mark.whole
def test_the_same_data_give_the_same_bytes(view: View, exported: dict[str, Path]) -> None:
    """What would differ from a folder that is there is refused: so its bytes are those of the first time."""
    for form, folder in exported.items():
        before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
        assert write_export(view, form, folder)
        assert before == {path: path.stat().st_mtime_ns for path in folder.iterdir()}
        page = (folder / "README.md").read_text(encoding="utf-8")
        assert "CC-BY-4.0" in page and "Những gì định dạng này không chứa" in page and view.everything.version in page


def test_a_folder_with_other_files_and_an_unknown_format_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    done = call_r57("export", "--format", "dcat", "--output", tmp_path)
    assert done.returncode == 2 and "holds other files" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    done = call_r57("export", "--format", "sdmx_csv", "--output", tmp_path / "new")
    assert done.returncode == 2 and "did you mean 'sdmx-csv'?" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("place", ["", "2025-12", "2031-01", "latest", "approved", ".build"])
def test_where_a_month_is_published_nothing_is_exported(place: str, view: View) -> None:
    """The month would take its place; beside the months an office may lay what it likes."""
    folder = view.everything.folder.parent / "reports" / place
    with pytest.raises(WrongCall, match="is where `r57 report` writes"):
        write_export(view, "csvw", folder)


def test_without_pysdmx_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pysdmx.io.writer", None)
    done = call_r57("export", "--format", "sdmx-csv", "--output", tmp_path / "new")
    assert done.returncode == 2 and "pip install 'r57[exports]'" in done.stderr and not (tmp_path / "new").exists()


def test_sdmx_structures_are_valid_and_say_what_the_data_hold(view: View, exported: dict[str, Path]) -> None:
    from pysdmx.io import read_sdmx

    text = (exported["sdmx-csv"] / "structures.xml").read_text(encoding="utf-8")
    found = read_sdmx(text, validate=True)
    lists = {each.id: {code.id for code in each} for each in found.get_codelists()}
    for cube in cubes():
        (definition,) = (each for each in found.get_data_structure_definitions() if each.id == cube.name)
        assert [each.id for each in definition.components.dimensions] == [each.id for each in cube.dimensions]
        assert {each.id for each in definition.components} == {each.id for each in cube.components}
        rows = rows_in(exported["sdmx-csv"] / f"{cube.table}.csv")
        for each in cube.components:
            used = {row[each.id] for row in rows} - {""}
            assert not each.codes or used <= lists[f"CL_{each.codes}"], each.id
    root = etree.fromstring(text.encode())
    for name in root.iterfind(".//structure:Code", NS):
        spoken = [each.get("{http://www.w3.org/XML/1998/namespace}lang") for each in name.iterfind("common:Name", NS)]
        assert spoken == ["en", "vi"]
    assert "57-NQ$2FTW$3A2024-12-22" in lists["CL_INSTRUMENT"]


def test_sdmx_holds_the_values_with_their_attributes(view: View, exported: dict[str, Path]) -> None:
    from pysdmx.io.xml.doc_validation import validate_doc

    told, drawn = {}, {}
    for cube in cubes():
        rows = rows_in(exported["sdmx-csv"] / f"{cube.table}.csv")
        assert {row["STRUCTURE_ID"] for row in rows} == {cube.structure_id}
        told |= {(cube.table, row["FACT_ID"]): float(row["OBS_VALUE"]) for row in rows}
        text = (exported["sdmx-ml"] / f"{cube.table}.xml").read_text(encoding="utf-8")
        validate_doc(text)
        seen = [dict(each.attrib) for each in etree.fromstring(text.encode()).iter("Obs")]
        assert seen == [
            {name: cell for name, cell in row.items() if cell and name not in ("STRUCTURE", "STRUCTURE_ID", "ACTION")}
            for row in rows
        ]
        drawn |= {(cube.table, row["FACT_ID"]): row for row in seen}
    assert told == {(table, fact): value for table, fact, value in values(view)}
    row = drawn["observations", "F031"]
    assert (row["TIME_PERIOD"], row["FREQ"], row["PERIOD_TEXT"]) == ("2025-12-01/P31D", "_O", "2025-end")
    assert row["COMMENT_OBS"].startswith("Supply side") and row["PRINTED_VALUE"] == "53.3"
    assert not any("e+" in each["OBS_VALUE"] for each in drawn.values())
    notes = {row.fact_id: row.note for row in view.tables["observations"].itertuples()}
    assert {fact: each.get("COMMENT_OBS") for (table, fact), each in drawn.items() if table == "observations"} == {
        fact: None if pd.isna(note) else note for fact, note in notes.items()
    }


def test_json_stat_is_valid_and_holds_the_values_in_both_languages(view: View, exported: dict[str, Path]) -> None:
    from jsonstat_validator import validate_jsonstat

    found = {}
    for cube in cubes():
        for language in ("vi", "en"):
            told = json.loads((exported["json-stat"] / f"{cube.table}.{language}.json").read_text(encoding="utf-8"))
            assert validate_jsonstat(told)
            for each in told["link"]["item"]:
                said = each["extension"]["attributes"]
                found |= {(cube.table, said[cell]["FACT_ID"]): value for cell, value in each["value"].items()}
        assert len(told["link"]["item"]) > 1
    assert found == {(table, fact): value for table, fact, value in values(view)}
    assert "Thứ hạng" in (exported["json-stat"] / "observations.vi.json").read_text(encoding="utf-8")


def texts(view: View) -> dict[str, list[dict[str, str]]]:
    """The tables as they are exported, as texts."""
    edition = Edition(view)
    return {
        each.name: [dict(zip(each.field_names, row, strict=True)) for row in edition.cells(each)]
        for each in resources().values()
    }


@pytest.mark.whole
@pytest.mark.parametrize("as_of", ["", "2025-11-15"])
def test_the_data_package_is_valid_and_holds_the_tables(as_of: str, tmp_path: Path) -> None:
    from frictionless import Package

    view = open_view(as_of=as_of, language="en")
    write_export(view, "datapackage", tmp_path / "out")
    package = Package(str(tmp_path / "out" / "datapackage.json"))
    report = package.validate()
    assert report.valid, report.flatten(["title", "note"])[:3]
    assert len(report.tasks) == len(resources())
    assert package.version == view.everything.version
    for name, rows in texts(view).items():
        assert rows_in(tmp_path / "out" / f"{name}.csv") == rows
    if not as_of:  # nothing but what the folder holds
        for name in ("observations", "labels", "targets"):
            source = rows_in(view.everything.folder / f"{name}.csv")
            whole = rows_in(tmp_path / "out" / f"{name}.csv")
            assert [{key: row[key] for key in source[0]} for row in whole] == source


def test_csv_on_the_web_is_valid_and_holds_the_tables(view: View, exported: dict[str, Path]) -> None:
    from csvw import TableGroup

    group = TableGroup.from_file(exported["csvw"] / "csv-metadata.json")
    group.check_referential_integrity()
    told = texts(view)
    assert {each.local_name.removesuffix(".csv") for each in group.tables} == set(told)
    for table in group.tables:
        rows = list(table.iterdicts(strict=True))
        for name, wanted in (("fact_id", str), ("obs_value", float)):
            if rows and name in rows[0]:
                texts_of = [row[name] for row in told[table.local_name.removesuffix(".csv")]]
                assert [None if row[name] is None else wanted(row[name]) for row in rows] == [
                    wanted(text) if text else None for text in texts_of
                ]


def test_parquet_holds_the_tables_with_their_types(view: View, exported: dict[str, Path]) -> None:
    folder = exported["parquet"]
    with duckdb.connect() as engine:
        for name, rows in texts(view).items():
            found = engine.sql(f"SELECT * FROM read_parquet('{folder / name}.parquet')")
            assert found.columns == resources()[name].field_names
            back = [["" if cell is None else cell for cell in row] for row in found.fetchall()]
            kinds = [each.kind for each in resources()[name].fields]
            assert back == [
                [_typed(kind, text) for kind, text in zip(kinds, row.values(), strict=True)] for row in rows
            ]
        about = dict(
            engine.execute(
                "SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata(?)", [str(folder / "targets.parquet")]
            ).fetchall()
        )
    assert about["version"] == view.everything.version and about["license"].endswith("/by/4.0/")


def _typed(kind: str, text: str) -> Any:
    if not text:
        return ""
    return {"number": float, "integer": int, "date": lambda day: pd.Timestamp(day).date()}.get(kind, str)(text)


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph")  # rdflib's own
def test_the_catalogue_says_what_dcat_ap_asks_for(view: View, exported: dict[str, Path]) -> None:
    import hashlib

    from rdflib import DCAT, DCTERMS, FOAF, RDF, Graph, Namespace

    spdx, here = Namespace("http://spdx.org/rdf/terms#"), "https://example.org/r57/"
    graph = Graph().parse(exported["dcat"] / "catalog.jsonld", format="json-ld", publicID=here)
    (catalogue,) = graph.subjects(RDF.type, DCAT.Catalog)
    for wanted in (DCTERMS.title, DCTERMS.description, DCTERMS.publisher, DCTERMS.license, DCTERMS.modified):
        assert graph.value(catalogue, wanted) is not None or len(list(graph.objects(catalogue, wanted))) > 1
    for language in ("vi", "en"):
        assert any(each.language == language for each in graph.objects(catalogue, DCTERMS.title))
    for wanted in (
        DCTERMS.license,
        DCTERMS.language,
        DCTERMS.spatial,
        DCTERMS.format,
        DCTERMS.accessRights,
        DCAT.theme,
    ):
        assert all(graph.value(each, RDF.type) for each in graph.objects(None, wanted))  # as its shapes for ranges ask
    sets = list(graph.objects(catalogue, DCAT.dataset))
    assert len(sets) == len(resources()) == len(list(graph.subjects(RDF.type, DCAT.Dataset)))
    for each in sets:
        assert list(graph.objects(each, DCTERMS.title)) and list(graph.objects(each, DCTERMS.description))
        assert list(graph.objects(graph.value(each, DCTERMS.publisher), FOAF.name))
        distribution = graph.value(each, DCAT.distribution)
        address = str(graph.value(distribution, DCAT.accessURL))
        content = (exported["dcat"] / address.removeprefix(here)).read_bytes()
        assert int(graph.value(distribution, DCAT.byteSize)) == len(content)
        checksum = graph.value(graph.value(distribution, spdx.checksum), spdx.checksumValue)
        assert str(checksum) == hashlib.sha256(content).hexdigest()


def test_what_a_format_cannot_hold_is_said(tmp_path: Path) -> None:
    done = call_r57("export", "--format", "json-stat", "--month", "2025-12", "--output", tmp_path / "out")
    assert done.returncode == 0 and done.stdout.strip() == str(tmp_path / "out")
    assert "commitments" in done.stderr and "PERIOD_TEXT" in done.stderr
    for line in done.stderr.splitlines():
        assert line in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
