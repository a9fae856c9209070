"""Files beside the figures of a published month: whole, in the manifest, and the same for the same input."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from r57lib.disk import read_json
from r57lib.report.beside import index_figures
from r57lib.report.plan import Plan
from r57lib.report.publish import _redirect
from tests.batching import Batch

SAID = ("page", "figure", "title", "synthetic")
SHOWN = (
    "import altair as alt, pandas as pd\nfrom r57lib import figures, open_view\nview = open_view(language='en')",
    "import os\nold = os.umask(0o777)\nframe = pd.DataFrame({'n': [1, None]})\nframe",
    "alt.Chart(frame).mark_bar().encode(y='n:Q')",
    "figures.task_status(view)",
    "figures.own(view, frame, title='Một · One')",
)


def index_of(month: Path) -> dict[str, Any]:
    index: dict[str, Any] = read_json(month / "figures" / "index.json")
    return index


def test_each_figure_of_a_month_has_its_files_and_the_index_names_them(reports: Path) -> None:
    month = reports / "2025-12"
    outputs, index = read_json(month / "manifest.json")["outputs"], index_of(month)
    files = {file for each in index["figures"] for file in each["files"].values()} | {"index.json", index["schema"]}
    there = {path.name for path in (month / "figures").iterdir()}
    assert files == there == {name.removeprefix("figures/") for name in outputs if name.startswith("figures/")}
    valid = Draft202012Validator(read_json(month / "figures" / index["schema"]))
    for each in index["figures"]:
        told = read_json(month / "figures" / each["files"]["json"])
        assert not list(valid.iter_errors(told)) and each.items() >= {(n, told[n]) for n in SAID}
        assert ("csv" in each["files"]) == bool(told["rows"]) and ("svg" in each["files"]) == (
            "vl.json" in each["files"]
        )
        assert (reports / "latest" / "figures" / each["files"]["json"]).is_file()
    pages = {(each["page"], each["language"]) for each in index["figures"]}
    assert {"vi", "en"} == {language for _, language in pages} and ("province_profile.24", "vi") in pages


def test_a_page_leads_to_the_files_of_each_of_its_figures(reports: Path) -> None:
    month, index = reports / "2025-12", index_of(reports / "2025-12")
    for page, language in {(each["page"], each["language"]) for each in index["figures"]}:
        html = (month / f"{page}.{language}.html").read_text(encoding="utf-8")
        linked = {unquote(each) for each in re.findall(r'href="figures/([^"]+)"', html)}
        shown = [each for each in index["figures"] if (each["page"], each["language"]) == (page, language)]
        silent = {each["figure"] for each in shown if not linked & set(each["files"].values())}
        assert linked <= {file for each in shown for file in each["files"].values()}
        for figure in silent:  # nothing but a sentence that says why
            assert re.search(rf'id="{figure}"[^>]*>\s*<p class="r57-none">', html), (page, figure)
        assert "r57:files" not in html


@pytest.mark.server
def test_own_cells_have_files_whatever_their_kernel(batch: Batch) -> None:
    batch.write("first", *SHOWN)
    batch.write("second", *SHOWN, "# os.abort: has a process of its own")
    first = batch.run("--notebook", "first", "--notebook", "second")
    assert first.returncode == 0, first.stderr
    names = [each["name"] for each in index_of(batch.published)["figures"] if each["page"] == "first"]
    assert names == [f"first.{each}.en" for each in ("table-1", "chart-1", "task-status", "figure-1")]
    made = batch.bytes()
    assert len({path.stat().st_mode for path in batch.published.rglob("*.*")}) == 1
    for name in names:  # a kernel in a process of its own writes the same, but for the page's name
        other = name.replace("first", "second", 1)
        assert made.get(f"figures/{name}.csv") == made.get(f"figures/{other}.csv")
        assert made.get(f"figures/{name}.svg") == made.get(f"figures/{other}.svg")
    assert json.loads((batch.published / "figures" / "second.table-1.en.json").read_text())["rows"] == [[1], [None]]
    (batch.published / "figures" / f"{names[0]}.csv").write_text("n\n2\n")
    again = batch.run("--notebook", "first", "--notebook", "second", "--dry-run").stdout
    assert f"figures/{names[0]}.csv is missing or was changed" in again and "1 of 2 runs to do" in again


def test_what_no_page_shows_goes_and_without_figures_there_is_no_folder(tmp_path: Path) -> None:
    folder, plan = tmp_path / "figures", SimpleNamespace(month="2025-12", view=SimpleNamespace(as_of=date(2026, 1, 20)))
    entry = {"run": "p.x.en", "notebook": "p", "language": "en", "unit": {}, "outputs": {"figures/p.x.f.en.json": ""}}
    folder.mkdir()
    for name in ("p.x.f.en.json", "p.x.g.en.json", ".p.x.f.en.csv.1.new"):
        (folder / name).write_text("{}")
    shown = entry | {"figures": [["f", "Found", True]]}
    index_figures(tmp_path, cast(Plan, plan), [shown, {**entry, "status": "failed"}])
    assert {path.name for path in folder.iterdir()} == {"index.json", "figure.schema.json", "p.x.f.en.json"}
    [told] = index_of(tmp_path)["figures"]
    assert (told["page"], told["files"], told["synthetic"]) == ("p.x", {"json": "p.x.f.en.json"}, True)
    index_figures(tmp_path, cast(Plan, plan), [entry])
    assert not folder.exists()


def test_without_links_the_stable_address_holds_the_files_of_the_newest_month(tmp_path: Path) -> None:
    for month, name in (("2025-11", "p.gone.vi.csv"), ("2025-12", "p.f.vi.csv")):
        (tmp_path / month / "figures").mkdir(parents=True)
        (tmp_path / month / "figures" / name).write_text(month)
        _redirect(tmp_path / "latest", month)
    assert [path.read_text() for path in (tmp_path / "latest" / "figures").iterdir()] == ["2025-12"]
