"""The house: its rooms, what each may import, and the one place of each tool, each public name and each file."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

LIBRARY = ROOT / "r57lib"
ROOMS = {
    "disk": set(),
    "data": {"disk"},
    "measures": {"data"},
    "view": {"data", "measures"},
    "charts": set(),
    "page": {"data", "view", "charts", "disk"},
    "figures": {"page", "charts", "view", "measures", "data"},
    "ingest": {"view", "measures", "data", "disk"},
    "warm": {"disk"},
    "report": {"figures", "page", "charts", "view", "data", "warm", "disk"},
    "serve": {"figures", "page", "charts", "view", "data", "warm"},
}
"""What each room may import beside itself and `errors`; the commands import what they call."""
ROOMS["cli"] = set(ROOMS)
MODULES = sorted(LIBRARY.rglob("*.py"))
NAMED = re.compile(r"r57lib\.([a-z_]+)[\w.]*(:\w+)?")


def room(path: Path) -> str:
    """The room of a file; the library's own front door has none."""
    return path.relative_to(LIBRARY).with_suffix("").parts[0].replace("__init__", "")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(tree: ast.AST) -> set[str]:
    """The modules that a module imports, at its top or within a function, by their full names."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import hides its room"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def arrows(tree: ast.AST) -> set[str]:
    """The rooms that a module reaches into: by an import, or by a name in a string, such as `r57lib.view:open_view`."""
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    named = {found[1] for text in texts if (found := NAMED.fullmatch(text))}
    return named | {name.split(".")[1] for name in imports(tree) if name.startswith("r57lib.")}


def strange(tree: ast.AST, own: str) -> set[str]:
    """The rooms that a module reaches into and may not."""
    return arrows(tree) - ROOMS[own] - {own, "errors"}


def test_the_first_floor_holds_rooms_and_three_files() -> None:
    assert {path.name for path in LIBRARY.glob("*.py")} == {"__init__.py", "errors.py", "disk.py"}
    assert {room(path) for path in MODULES} == {"", "errors", *ROOMS}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_a_room_reaches_only_into_those_it_may(path: Path) -> None:
    own = room(path)
    if own == "errors":
        assert arrows(parsed(path)) == set()
    elif own:
        assert strange(parsed(path), own) == set()


@pytest.mark.parametrize(
    ("source", "own", "found"),
    [
        ("from r57lib.view.words import Words", "data", {"view"}),
        ("from r57lib import charts, measures", "measures", {"charts"}),
        ("import r57lib.cli.app", "report", {"cli"}),
        ("def late():\n    from r57lib.serve.app import run_server", "report", {"serve"}),
        ("HOOK = 'r57lib.serve.dashboard:warm_pages'", "report", {"serve"}),
        ("names = ('r57lib.figures', 'altair')", "warm", {"figures"}),
        ("from r57lib.errors import WrongCall", "data", set()),
        ("from r57lib.figures.compose import compose", "figures", set()),
        ("from r57lib.data.periods import Month", "measures", set()),
    ],
)
def test_an_arrow_that_is_not_drawn_is_seen(source: str, own: str, found: set[str]) -> None:
    assert strange(ast.parse(source), own) == found


def test_the_front_door_imports_nothing_of_ours_at_once() -> None:
    assert not {name for name in imports(parsed(LIBRARY / "__init__.py")) if name.startswith("r57lib")}


def public_names(tree: ast.Module) -> set[str]:
    """What a module names at its top, for others to use."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
    return {name for name in names if not name.startswith("_")}


def test_no_public_name_stands_in_two_rooms() -> None:
    homes = defaultdict(set)
    for path in MODULES:
        for name in public_names(parsed(path)):
            homes[name].add(room(path))
    assert {name: rooms for name, rooms in homes.items() if len(rooms) > 1} == {}


def test_each_room_says_what_it_is_for() -> None:
    for name in set(ROOMS) - {"disk"}:
        said = ast.get_docstring(parsed(LIBRARY / name / "__init__.py")) or ""
        assert len(said.split()) > 25, f"{name}/__init__.py: say what the room is for and which file to read first"


@cache
def tools_of(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(parsed(path))}


def users(*tools: str) -> set[str]:
    """The rooms that import one of the tools."""
    return {room(path) for path in MODULES if tools_of(path) & set(tools)}


@pytest.mark.server
def test_nothing_that_draws_is_imported_before_it_is_needed() -> None:
    """A month in which nothing has changed, and `r57 check`, do not wait for what only a run needs."""
    code = "import sys, r57lib.report.batch, r57lib.view.citations; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"altair", "nbformat", "jupyter_client", "IPython", "vl_convert", "duckdb", "distributed"}
    assert heavy & set(done.stdout.split()) == set()


def test_each_tool_has_one_place() -> None:
    assert users("papermill", "nbconvert", "nbclient") == {"report"}
    assert users("ipywidgets", "voila", "tornado", "jupyter_server") == {"serve"}
    assert users("xlsxwriter") == {"page", "ingest", "report"}
    assert users("docx", "docxtpl", "pptx", "typst", "fsspec") == {"report"}
    assert users("distributed", "dask") == {"ingest", "report"}
    assert users("pyspark") == {"ingest"}
    assert users("upath") == {"data"}
    assert users("python_calamine") == {"ingest"}
    assert users("csv") == {"data", "ingest", "page"}
    assert users("babel") == {"view"}
    assert users("altair", "vl_convert") == {"charts", "page"}
    assert users("jinja2") == {"page"}
    assert users("duckdb") == {"data"}
    assert users("typer") == {"cli"}
    assert users("requests", "http") == set()


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


def test_only_data_reads_data() -> None:
    """Measures, views, charts and figures open no file.

    A page reads its styles, its templates and which notebooks there are, `r57 trace` the index that it kept, `ingest`
    the files of ministries, reports and server their own pages, a forked kernel the null device, `disk` bytes to hash.
    """
    readers = {
        room(path)
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in READS
    }
    assert readers == {"cli", "data", "disk", "ingest", "page", "report", "serve", "warm"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_only_the_edge_knows_the_clock(path: Path) -> None:
    calls = {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
    assert room(path) in {"cli", "report"} or calls.isdisjoint({"today", "now", "utcnow", "localtime"})
