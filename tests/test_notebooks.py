"""The notebooks are stored clean: no outputs, names for cells, one shape, calls and no code."""

from __future__ import annotations

import ast
import json
import re
from itertools import pairwise
from typing import Any

import nbformat
import pytest

from r57lib.data.load import load_tables
from tests.conftest import DATA, ROOT
from tests.ours import OURS

PATHS = [ROOT / "notebooks" / f"{each.name}.ipynb" for each in OURS]
BRANCHES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.AsyncFor, ast.While, ast.If)
BRANCHES += (ast.IfExp, ast.comprehension, ast.Try, ast.With, ast.Match)
STANDARD = {"month": "", "as_of": "", "language": "vi", "data": ""}


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def text(request: pytest.FixtureRequest) -> str:
    return request.param.read_bytes().decode("utf-8")


@pytest.fixture
def cells(text: str) -> list[dict[str, Any]]:
    return json.loads(text)["cells"]


@pytest.fixture
def code(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [cell for cell in cells if cell["cell_type"] == "code"]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def test_what_they_wait_for_is_a_table() -> None:
    assert {each.needs for each in OURS} - {""} <= set(load_tables(DATA).frames)


def test_stored_in_one_form(text: str) -> None:
    notebook = json.loads(text)
    assert text == json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    nbformat.validate(notebook)


def test_stored_without_marks_of_a_run(text: str, code: list[dict[str, Any]]) -> None:
    assert [cell["id"] for cell in code if cell["outputs"] or cell["execution_count"] is not None] == []
    assert json.loads(text)["metadata"].keys() - {"r57"} == {"kernelspec", "language_info"}
    assert json.loads(text)["metadata"]["language_info"] == {"name": "python"}
    assert all(cell["metadata"].keys() <= {"tags"} for cell in code)


def test_cell_ids_are_names(cells: list[dict[str, Any]]) -> None:
    ids = [cell["id"] for cell in cells]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", name)] == []
    assert [name for name in ids if re.fullmatch(r"[0-9a-f-]{8,}", name)] == []


def test_opens_with_title_parameters_and_setup(cells: list[dict[str, Any]]) -> None:
    title, parameters, setup = cells[:3]
    assert title["cell_type"] == "markdown"
    assert source(title).startswith("# ")
    assert "?" in source(title), "the question that the page answers"
    assert (parameters["cell_type"], parameters["metadata"]) == ("code", {"tags": ["parameters"]})
    assert (setup["cell_type"], setup["metadata"]) == ("code", {"tags": ["setup"]})
    tags = [(cell["cell_type"], tag) for cell in cells[3:] for tag in cell["metadata"].get("tags", [])]
    assert [tag for kind, tag in tags if kind == "code"] == ["interactive"]
    notes = [cell["cell_type"] for cell in cells[3:]].count("markdown")
    assert tags.count(("markdown", "lab")) == notes, "a figure has its heading: notes are for JupyterLab"
    assert source(cells[3]).startswith("from r57lib import dashboard\n\nview = dashboard.controls(view, ")


def test_parameters_are_literals_one_a_line(cells: list[dict[str, Any]]) -> None:
    lines = source(cells[1]).splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z_]+: (str|int|float|bool) = [^|=.\n]+", line)] == []
    values = {}
    for node in ast.parse(source(cells[1])).body:
        assert isinstance(node, ast.AnnAssign)
        values[ast.unparse(node.target)] = ast.literal_eval(node.value)
    assert len(values) == len(lines)
    assert dict(list(values.items())[:4]) == STANDARD


def test_code_cells_are_few_and_short(code: list[dict[str, Any]]) -> None:
    assert 8 <= len(code) <= 15
    assert [cell["id"] for cell in code if not 1 <= len(source(cell).splitlines()) <= 10] == []


def test_no_code_beyond_calls(code: list[dict[str, Any]]) -> None:
    nodes = [node for cell in code for node in ast.walk(ast.parse(source(cell)))]
    assert [ast.unparse(node) for node in nodes if isinstance(node, BRANCHES)] == []


def test_each_section_says_what_it_is_before_it_shows_it(cells: list[dict[str, Any]]) -> None:
    for cell in cells[1:]:
        if cell["cell_type"] == "markdown":
            assert re.match(r"## .+ · .+", source(cell)), cell["id"]
    kinds = [cell["cell_type"] for cell in cells]
    assert ("markdown", "markdown") not in list(pairwise(kinds))
    assert kinds[-1] == "code"


def test_every_name_that_is_read_is_set_or_imported(code: list[dict[str, Any]]) -> None:
    names = [node for cell in code for node in ast.walk(ast.parse(source(cell))) if isinstance(node, ast.Name)]
    imported = {alias.name for cell in code for node in ast.walk(ast.parse(source(cell)))
                if isinstance(node, ast.ImportFrom) for alias in node.names}  # fmt: skip
    stored = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    assert {name.id for name in names if isinstance(name.ctx, ast.Load)} - stored - imported - {"str"} == set()
