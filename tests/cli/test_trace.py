"""`r57 trace`: the figures that use a fact come from an index that is made once for each state of the data."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from r57lib.cli.trace import trace
from r57lib.figures import registry
from tests.builders import read_rows, write_table
from tests.conftest import DATA, call_r57

pytestmark = pytest.mark.whole

SHOWN = ("task_status", "headlines", "on_time_rates")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder beside notebooks and reports."""
    for name in ("notebooks", "reports"):
        (tmp_path / name).mkdir()
    return Path(shutil.copytree(DATA, tmp_path / "data"))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The figures that are made meanwhile: three of all, which are enough to see when."""
    asked: list[str] = []
    known = registry.all_figures()

    def noted(name: str) -> registry.FigureFunction:
        return lambda view: (asked.append(name), known[name][1](view))[1]

    few = {name: (known[name][0], noted(name)) for name in SHOWN}
    monkeypatch.setattr(registry, "all_figures", lambda: few)
    return asked


def told(data: Path, key: str = "F001", language: str = "en") -> list[str]:
    return list(trace(key, data=str(data), language=language))


def index_of(data: Path) -> Path:
    return data.parent / "reports" / ".cache" / "figures.json"


def test_the_second_call_makes_no_figure_in_either_language(data: Path, made: list[str]) -> None:
    first = told(data)
    assert set(made) == set(SHOWN)
    assert "  figure: 2025-09 task_completion: Where the tasks stand" in first
    assert "  figure: 2025-09 overview: Headlines" in first
    made.clear()
    assert told(data) == first
    in_vietnamese = told(data, language="vi")
    assert [line for line in in_vietnamese if "figure" in line] and "Headlines" not in "".join(in_vietnamese)
    assert made == []


def test_other_data_or_another_library_make_it_anew(data: Path, made: list[str]) -> None:
    first = told(data)
    kept = json.loads(index_of(data).read_text(encoding="utf-8"))
    labels = data / "labels.csv"
    labels.write_text(labels.read_text(encoding="utf-8") + "zz.mine,Mine,Của tôi\n", encoding="utf-8")
    made.clear()
    assert told(data) == first and set(made) == set(SHOWN)
    changed = json.loads(index_of(data).read_text(encoding="utf-8"))
    assert changed["made_of"]["data"] != kept["made_of"]["data"]
    changed["made_of"]["library"] = "of yesterday"
    index_of(data).write_text(json.dumps(changed), encoding="utf-8")
    made.clear()
    assert told(data) == first and set(made) == set(SHOWN)


def test_figures_stand_as_a_reader_meets_them(data: Path, made: list[str]) -> None:
    """By the notebooks of the plan and the cells of each; those that no notebook asks for come last."""
    for name, code in {"late": "figures.headlines(view)", "early": "figures.task_status(view)"}.items():
        cells = [new_code_cell("month = ''", metadata={"tags": ["parameters"]}), new_code_cell(code)]
        nbformat.write(new_notebook(cells=cells), data.parent / "notebooks" / f"{name}.ipynb")
    plan = data.parent / "reports" / "monthly.yaml"
    for order in (["early", "late"], ["late", "early"]):
        plan.write_text("runs:\n" + "".join(f"  - notebook: {name}\n" for name in order), encoding="utf-8")
        figures = [line.split(": ")[-1] for line in told(data) if line.startswith("  figure: 2025-09 ")]
        shown = [{"early": "Where the tasks stand", "late": "Headlines"}[name] for name in order]
        assert figures == [*shown, "How many were on time"]


def test_a_figure_of_ones_own_is_among_them(data: Path, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(registry, "FIGURES", registry.all_figures())
    notebook = data.parent / "notebooks" / "traced_own.ipynb"
    nbformat.write(new_notebook(), notebook)
    code = """from r57lib.figures import figure, own
import pandas as pd

@figure
def traced(view):
    return own(view, pd.DataFrame({"fact_id": ["F001"]}), title="T", heading="Of mine")

@figure
def traced_in_vain(view, *, more):
    return more
"""
    assert len(told(data)) > len(made) > 0
    notebook.with_suffix(".py").write_text(code, encoding="utf-8")
    assert "  figure: 2025-09 traced_own: Of mine" in told(data)


def test_a_broken_index_is_made_anew(data: Path, made: list[str]) -> None:
    first = told(data)
    whole = index_of(data).read_text(encoding="utf-8")
    for broken in ("", "{", "[]", '{"made_of": 1}', json.dumps(json.loads(whole) | {"months": {"2025-09": 5}})):
        index_of(data).write_text(broken, encoding="utf-8")
        made.clear()
        assert told(data) == first and set(made) == set(SHOWN)
        assert index_of(data).read_text(encoding="utf-8") == whole


def test_where_nothing_can_be_written_it_goes_without(data: Path, made: list[str]) -> None:
    first = told(data)
    shutil.rmtree(data.parent / "reports")
    made.clear()
    assert told(data) == first and set(made) == set(SHOWN)
    assert not (data.parent / "reports").exists()


def test_data_with_errors_are_refused_before_anything_is_told(data: Path) -> None:
    (data / "targets.csv").write_text("fact_id\n", encoding="utf-8")
    done = call_r57("trace", "F001", "--data", data)
    assert (done.returncode, done.stdout) == (1, "") and "r57: bad data: " in done.stderr


def test_a_fact_and_its_correction_tell_of_each_other(data: Path, made: list[str]) -> None:
    rows = read_rows(data, "task_snapshots")
    (first,) = [row for row in rows if row["fact_id"] == "F010"]
    later = {"fact_id": "F910", "evidence": "22 in hand", "printed_value": "22", "reported_on": "2025-11-02"}
    write_table(data, "task_snapshots", [*rows, first | later | {"task_count": "22"}])
    assert "  corrected by: F910 (22), public on 2025-11-02" in told(data, "F010")
    mended = told(data, "F910")
    assert [line for line in mended if line.startswith("  corrects: F010 (")] and "  task_count: 22" in mended
    assert not [line for line in told(data, "F009") if "correct" in line]
