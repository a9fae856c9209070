"""A module imports from lower layers only, and each tool and each file has one place."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

LIBRARY = ROOT / "r57lib"
LAYERS = (
    {"errors", "forks"},
    {"model", "period", "disk"},
    {"schema", "printed", "cells", "secret", "transactions"},
    {"tables", "datapackage", "lineset"},
    {"ingested", "usage"},
    {"integrity"},
    {"load"},
    {"evidence", "progress", "trajectory"},
    {"checks", "tasks", "commitments", "adoption", "register", "sample", "forecast", "services"},
    {"quality", "i18n", "theme", "provinces", "sample_lines"},
    {"changes", "markup", "wording"},
    {"view", "chart", "artist"},
    {"charts", "tilemap", "citations"},
    {"display", "filters", "tabular", "curves"},
    {"figures", "kernels"},
    {"warm"},
    {"report", "trace", "dashboard", "ingest"},
    {"serve"},
    {"cli"},
)
LAYER = {name: number for number, names in enumerate(LAYERS) for name in names}
MODULES = sorted(LIBRARY.rglob("*.py"))
READS = {
    "open",
    "read_bytes",
    "read_text",
    "read_csv",
    "read_table",
    "read_json",
    "read_excel",
    "genfromtxt",
    "loadtxt",
}


def part(path: Path) -> str:
    """The module or package of the library that a file belongs to; the package's own front door has none."""
    return path.relative_to(LIBRARY).with_suffix("").parts[0].replace("__init__", "")


def imports(tree: ast.AST) -> set[str]:
    """The modules that a module imports, at its top or within a function, by their full names."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import hides its layer"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_parts(tree: ast.AST) -> set[str]:
    return {name.split(".")[1] for name in imports(tree) if name.startswith("r57lib.")}


def upward(tree: ast.AST, name: str) -> set[str]:
    """What a module of part `name` imports from its own layer or above."""
    return {other for other in own_parts(tree) - {name} if LAYER[other] >= LAYER[name]}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_every_module_has_a_layer() -> None:
    assert {part(path) for path in MODULES} - {""} == set(LAYER)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_module_imports_from_lower_layers_only(path: Path) -> None:
    assert part(path) == "" or upward(parsed(path), part(path)) == set()


@pytest.mark.parametrize(
    ("source", "name", "found"),
    [
        ("from r57lib.data.load import Tables", "period", {"load"}),
        ("from r57lib import charts, tasks", "checks", {"charts", "tasks"}),
        ("import r57lib.cli.app", "report", {"cli"}),
        ("def late():\n    from r57lib.view.view import View", "adoption", {"view"}),
        ("from r57lib.data.periods import Month", "model", {"period"}),
        ("from r57lib.figures.compose import compose", "figures", set()),
        ("from r57lib.data.periods import Month", "load", set()),
    ],
)
def test_an_upward_import_is_seen(source: str, name: str, found: set[str]) -> None:
    assert upward(ast.parse(source), name) == found


def test_the_front_door_imports_nothing_of_ours_at_once() -> None:
    assert own_parts(parsed(LIBRARY / "__init__.py")) == set()


@cache
def tools_of(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(parsed(path))}


def users(*tools: str) -> set[str]:
    """The parts of the library that import one of the tools."""
    return {part(path) for path in MODULES if tools_of(path) & set(tools)}


def test_nothing_that_draws_is_imported_before_it_is_needed() -> None:
    """A month in which nothing has changed, and `r57 check`, do not wait for what only a run needs."""
    code = "import sys, r57lib.report.batch, r57lib.view.citations; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"altair", "nbformat", "jupyter_client", "IPython", "vl_convert", "duckdb", "distributed"}
    assert heavy & set(done.stdout.split()) == set()


def test_each_tool_has_one_place() -> None:
    assert users("papermill", "nbconvert", "nbclient") == {"report"}
    assert users("ipywidgets") == {"dashboard"}
    assert users("voila", "tornado", "jupyter_server") == {"serve"}
    assert users("xlsxwriter") == {"tabular", "ingest", "report", "sample"}
    assert users("docx", "docxtpl", "typst") == {"report"}
    assert users("distributed", "dask", "fsspec") == {"report"}
    assert users("python_calamine") == {"ingest"}
    assert users("csv") == {"load", "ingest", "ingested", "sample"}
    assert users("babel") == {"i18n"}
    assert users("altair") == {"chart", "charts", "tilemap", "curves"}
    assert users("jinja2") == {"markup"}
    assert users("duckdb") == {"lineset"}
    assert users("typer") == {"cli"}
    assert users("requests", "http") == set()


def readers() -> set[str]:
    """The parts of the library that open files."""
    return {
        part(path)
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in READS
    }


def test_only_load_reads_data() -> None:
    """Others open no data.

    Reports and server read their styles, scripts and pages, a forked kernel the null device, `secret` a password,
    `tables` what another process wrote down of its reads, `disk` bytes to hash, `ingest` the files of ministries,
    `ingested` what was taken in of them, `lineset` the ends of Parquet files, which DuckDB reads, and
    `usage` the receipt of the aggregates that it writes.
    """
    parts = {"load", "disk", "ingest", "ingested", "lineset", "report", "secret", "serve", "tables", "usage", "warm"}
    assert readers() == parts


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_only_the_edge_knows_the_clock(path: Path) -> None:
    calls = {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
    assert part(path) in {"cli", "report"} or calls.isdisjoint({"today", "now", "utcnow", "localtime"})
