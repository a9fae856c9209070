"""An analyst's own notebook in the report: what its cells show stands on its page, or is named there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from r57lib.report.run import Failure
from r57lib.report.worker import _require_no_error
from tests.batching import Batch
from tests.report.test_pages import Loaded

CHART = """
import altair as alt, pandas as pd
view = open_view(language="en")
picked = alt.selection_point()
rows = pd.DataFrame({"a": [1, 2, 2.5, 7, 9], "b": list("xyxyx")})
bars = alt.Chart(rows, title="Binned").mark_bar().encode(alt.X("a", bin=True), y="count()", row="b")
bars.add_params(picked).encode(opacity=alt.condition(picked, alt.value(1), alt.value(0.3)))
"""
CELLS = {
    "mine": [
        "import pandas as pd\nframe = pd.DataFrame({'name': ['<i>', 'b'], 'n': [1200, 3]})\nprint('said')\nframe",
        "from IPython.display import HTML\nHTML('<b>unsafe</b>')",
        "frame.style",
    ],
    "linked": [
        "from r57lib import display, figures, open_view\nview = open_view(language='en')\n"
        "display.show(figures.brief(view), figures.changes(view))"
    ],
    "controlled": [
        "from r57lib import dashboard, figures, open_view\nview = open_view(language='en')",
        "view = dashboard.controls(view, 'month')",
        "figures.task_status(view)",
    ],
    "overview": ["1"],
    "older": ["print(month, mark)"],
    "drawn": [f"from r57lib import open_view{CHART}"],
}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Batch, str]:
    """A month of a notebook for each of the tests, and what its command said."""
    batch = Batch(tmp_path_factory.mktemp("own"), dict(CELLS))
    path = batch.folder / "notebooks" / "older.ipynb"
    told = json.loads(path.read_text(encoding="utf-8"))
    told["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": ["# An old one\n", "\n", "Why?"]})
    told["cells"].append({"cell_type": "raw", "metadata": {}, "source": ["raw"]})
    for cell in told["cells"]:
        cell.pop("id", None)
    path.write_text(json.dumps(told | {"nbformat_minor": 4}), encoding="utf-8")
    done = batch.run("-p", "mark=here")
    assert done.returncode == 0, done.stderr
    return batch, done.stderr


def page_and_said(shown: tuple[Batch, str], name: str) -> tuple[str, str]:
    """The page of a notebook, and the lines about it."""
    batch, said = shown
    lines = [line for line in said.splitlines() if f"{name}.en: " in line]
    return (batch.published / f"{name}.en.html").read_text(encoding="utf-8"), "\n".join(lines)


def test_what_cells_show_stands_on_the_page_or_is_named(shown: tuple[Batch, str]) -> None:
    page, said = page_and_said(shown, "mine")
    assert "<h1>Mine</h1>" in page and "<dt>mark</dt><dd>here</dd>" in page
    assert "<td>&lt;i&gt;</td>" in page and '<td class=n data-sort="1200">1,200</td>' in page
    assert ">said</pre>" in page and "unsafe" not in page
    assert page.index(">said</pre>") < page.index('id="table-1"') < page.index('id="table-2"')
    line = "cell 3: an output of type text/html is not shown; cell 4: an output of type text/html (pandas Styler"
    assert line in said
    assert page.count("r57-left-out") - page.count(".r57-left-out") == 2


def test_links_lead_to_pages_of_the_report_alone(shown: tuple[Batch, str]) -> None:
    """The brief and what changed speak of figures of notebooks that this report does not hold."""
    page, _ = page_and_said(shown, "linked")
    assert set(re.findall(r'href="(\w+\.en\.html)', page)) == {f"{name}.en.html" for name in CELLS}
    assert '<p class="r57-answer"><strong>104 tasks overdue</strong> of 1,287' in page and ". </span>" not in page


def test_a_report_shows_figures_without_controls_where_their_cell_has_no_tag(shown: tuple[Batch, str]) -> None:
    page, said = page_and_said(shown, "controlled")
    assert said and "not shown" not in said, said
    assert 'id="task-status"' in page and "<svg" in page


def test_a_page_that_shows_an_error_is_a_failed_run() -> None:
    error = new_output("error", ename="ValueError", evalue="no\nway", traceback=[])
    shown = new_notebook(cells=[new_code_cell("1"), new_code_cell("2", outputs=[error])])
    with pytest.raises(Failure, match=r"^cell 2 shows an error: ValueError: no$"):
        _require_no_error(shown)


def test_a_notebook_in_one_language_is_a_page_in_that_language(batch: Batch) -> None:
    path = batch.folder / "notebooks" / "first.ipynb"
    told = nbformat.read(path, as_version=4)
    told.metadata["r57"] = {"language": "vi"}
    nbformat.write(told, path)
    batch.plan.write_text("runs:\n  - notebook: first\n  - notebook: second\n", encoding="utf-8")
    stale = [line.split("  ")[1] for line in batch.run("--dry-run").stdout.splitlines() if "never run" in line]
    assert stale == ["first.vi", "second.vi", "second.en"]


def test_a_module_beside_the_notebooks_is_an_input_of_their_runs(batch: Batch) -> None:
    assert batch.publish().returncode == 0
    assert "0 of 2 runs to do" in batch.run("--dry-run").stdout
    (batch.folder / "notebooks" / "first.py").write_text("N = 1\n", encoding="utf-8")
    assert "module beside the notebooks, changed" in batch.run("--dry-run").stdout


def test_a_notebook_of_an_older_format_is_a_page_like_any(shown: tuple[Batch, str]) -> None:
    page, said = page_and_said(shown, "older")
    assert "cell 4: an output of type raw cell is not shown" in said
    assert page.count("An old one") == page.count("<h1>An old one</h1>") + 3, "in the tab, the menu and its head"


def test_an_own_chart_that_asks_for_more_than_ours_is_drawn_and_answers(shown: tuple[Batch, str], browser: Any) -> None:
    page = Loaded(browser, shown[0].published / "drawn.en.html")
    bars = page.page.locator(".r57-live svg.marks .mark-rect.role-mark path")
    assert bars.count() > 3 and page.outside == page.complaints == []
    bars.first.click()
    page.page.wait_for_function("document.querySelectorAll('svg.marks path[opacity=\"0.3\"]').length > 2")
    with page.page.expect_download() as waiting:
        page.page.get_by_role("button", name="SVG").click()
    assert ">Binned</text>" in Path(waiting.value.path()).read_text(encoding="utf-8")
    page.context.close()
