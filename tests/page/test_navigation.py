"""The notebooks that are there: ours and an analyst's own, in the order of the plan, and what each waits for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from r57lib import open_view
from r57lib.data.load import load_tables
from r57lib.page.navigation import Notebook, find_notebooks
from r57lib.page.parts import Header
from r57lib.report.plan import make_plan, read_spec
from r57lib.serve.pages import ReadyMade, Site, home_page, page_top
from tests.conftest import DATA

PARAMETERS = ['month: str = ""\n', 'as_of: str = ""\n', 'language: str = "vi"\n', 'data: str = ""']


def write(folder: Path, name: str, *tags: str, **metadata: object) -> None:
    cells = [{"cell_type": "code", "metadata": {"tags": [tag]}, "source": PARAMETERS} for tag in tags]
    (folder / f"{name}.ipynb").write_text(json.dumps({"cells": cells, "metadata": metadata}), encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("notebooks", "reports"):
        (tmp_path / name).mkdir()
    write(tmp_path / "notebooks", "a_mine", "parameters", "interactive")
    write(tmp_path / "notebooks", "of-2026", "parameters", "interactive", r57={"needs": "tasks"})
    write(tmp_path / "notebooks", "overview", "parameters", "interactive")
    write(tmp_path / "notebooks", "quiet", "parameters")
    write(tmp_path / "notebooks", "scratch", "other")
    (tmp_path / "notebooks" / "broken.ipynb").write_text("{", encoding="utf-8")
    plan = "runs:\n  - notebook: overview\n  - notebook: quiet\n  - {notebook: gone}\n  - notebook: of-2026\n"
    (tmp_path / "reports" / "monthly.yaml").write_text(plan, encoding="utf-8")
    return tmp_path


def test_the_plan_gives_the_order_and_the_file_the_rest(project: Path) -> None:
    assert find_notebooks(project / "notebooks", project / "reports" / "monthly.yaml") == [
        Notebook("overview", live=True), Notebook("quiet"), Notebook("of-2026", "tasks", live=True),
        Notebook("a_mine", live=True),
    ]  # fmt: skip
    assert [each.name for each in find_notebooks(project / "notebooks")] == ["a_mine", "of-2026", "overview", "quiet"]
    write(project / "notebooks", "quiet", "parameters", r57={"needs": "usage"})
    assert find_notebooks(project / "notebooks")[3].waits(load_tables(DATA))


def test_an_own_notebook_is_a_dashboard_and_a_page_like_ours(project: Path) -> None:
    site, view = Site(project / "notebooks", DATA, project / "reports"), open_view(language="en", data=DATA)
    assert site.names == ["overview", "quiet", "a_mine"], "another waits for its table"
    assert site.still == {"quiet"}
    assert "<h1>A mine</h1>" in Header("a_mine", (), view.words)._repr_html_()
    assert "A mine" in home_page(site, "en", ReadyMade([], project)) and "A mine</a>" in page_top(
        "overview", site, view, ""
    )
    text = "runs: [{notebook: a_mine}, {notebook: of-2026}]"
    (project / "reports" / "monthly.yaml").write_text(text, encoding="utf-8")
    plan = make_plan(view, project / "notebooks", spec=read_spec(project / "reports" / "monthly.yaml"))
    assert plan.names == {"a_mine.vi", "a_mine.en"}


def test_without_a_plan_every_notebook_is_run(project: Path) -> None:
    assert make_plan(open_view(data=DATA), project / "notebooks", language="vi").names == {
        "a_mine.vi", "overview.vi", "quiet.vi"
    }  # fmt: skip
