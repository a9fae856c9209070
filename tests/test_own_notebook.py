"""An analyst's own notebook in its three hosts: what JupyterLab shows stands on the report's page and a dashboard."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell

from r57lib.data.load import load_tables
from r57lib.report.plan import read_spec
from tests.axe import serious
from tests.conftest import ROOT, call_r57
from tests.report.test_pages import Loaded
from tests.serving import project, serving, until

NAME = "so_lieu"
DOT = base64.b64encode(b"\x89PNG dot").decode()
MODULE = """
from r57lib.figures import figure, own

@figure(headline=True)
def own_ranks(view):
    rows = view.tables["observations"].query("indicator_id == 'gii_rank'")
    return own(view, rows[["obs_value", "fact_id"]], title="Hạng · Own ranks", heading="Thứ hạng · By rank")
"""
CELLS = [
    new_markdown_cell(
        "## Thêm nữa · Some more\n\nMột câu *riêng*. · A sentence *apart*.\n\n- neither < nor", id="more"
    ),
    new_markdown_cell("Chỉ tiếng Việt", metadata={"tags": ["vi"]}, id="only-vi"),
    new_code_cell("print('printed', 57)\nview.words.language, figure.title", id="printed"),
    new_code_cell(
        "frame = view.tables['observations'].groupby('scope')['obs_value'].agg(['count', 'max'])\nframe", id="frame"
    ),
    new_code_cell(
        "from IPython.display import HTML, Image, Javascript, Latex, Markdown\nimport IPython.display as shown\n"
        "shown.display(Latex(r'$\\alpha + 1$'), Markdown('**strong** words'), {'a': ['dictionary']})\n"
        f"shown.display(Image(data=__import__('base64').b64decode('{DOT}'), format='png', alt='A dot'))",
        id="several",
    ),
    new_code_cell(f"from {NAME} import own_ranks\nown_ranks(view)", id="module"),
    new_code_cell(MODULE.replace("own_ranks", "inner_ranks") + "inner_ranks(view)", id="inner"),
    new_code_cell("shown.display(HTML('<b>unsafe</b>'), Javascript('unsafe()'))\nframe.style", id="unsafe"),
]
NOT_SHOWN = ["text/html", "application/javascript", "text/html (pandas Styler; its table stands without its styles)"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose plan has our own notebook behind another: as `r57 new` writes it, and with some cells more."""
    folder = project(tmp_path_factory.mktemp("own"), "task_completion")
    plan = folder / "reports" / "monthly.yaml"
    plan.write_text("# mine\nruns:\n  - notebook: task_completion  # ours\n    languages: [vi]\n\n# the end\n")
    done = call_r57("new", NAME, "--title-vi", "Số liệu của tôi", "--title-en", "My figures", cwd=folder)
    assert (done.returncode, done.stdout) == (0, f"{folder / 'notebooks' / NAME}.ipynb\n"), done.stderr
    path = folder / "notebooks" / f"{NAME}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    notebook.cells += CELLS
    nbformat.write(notebook, path)
    path.with_suffix(".py").write_text(MODULE, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def lab(root: Path) -> list[str]:
    """Every text that JupyterLab shows of it, once it has run in a kernel of its own."""
    notebook = nbformat.read(root / "notebooks" / f"{NAME}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace('language: str = "vi"', 'language: str = "en"')
    NotebookClient(notebook, resources={"metadata": {"path": str(root / "notebooks")}}).execute()
    return [text for cell in notebook.cells for text in texts(cell)]


def texts(cell: Any) -> Iterator[str]:
    """What a reader of JupyterLab sees of a cell, line by line; of what no page shows, nothing."""
    if cell.cell_type == "markdown":
        if "vi" not in cell.metadata.get("tags", []):
            yield from (re.sub(r"^#+ |^- |\*", "", line.split(" · ")[-1]) for line in cell.source.splitlines() if line)
        return
    for output in cell.get("outputs", []):
        assert output.output_type != "error", output
        if output.output_type == "stream":
            yield from output.text.splitlines()
        elif cell.id != "unsafe" and "controls" not in cell.id:
            data = output.data
            if "text/html" in data:
                html = BeautifulSoup(data["text/html"], "lxml")
                for drawn in html.select("svg"):  # a page may draw it itself
                    drawn.decompose()
                yield from html.stripped_strings
            elif "image/png" not in data:
                formula = data.get("text/latex", "").replace("\\alpha", "α").strip("$")
                yield re.sub(r"\*", "", data.get("text/markdown", formula.replace(" ", "") or data["text/plain"]))


@pytest.fixture(scope="module")
def hosts(root: Path, tmp_path_factory: pytest.TempPathFactory, browser: Any) -> dict[str, str]:
    """The page of the report and the dashboard, in English; the line of its run; the dashboard of an earlier month."""
    done = call_r57("report", "--notebook", NAME, "--language", "en", cwd=root)
    assert done.returncode == 0, done.stderr
    pages = {"line": done.stderr}
    pages["report"] = next((root / "reports").glob(f"????-??/{NAME}.en.html")).read_text(encoding="utf-8")
    pages["index"] = next((root / "reports").glob("????-??/index.html")).read_text(encoding="utf-8")
    with serving(tmp_path_factory.mktemp("serve"), root=root) as server:
        pages["dashboard"] = server.open_page(NAME, "?language=en").html
        pages["home"] = server.ask("/?language=en")[1].decode()
        page = browser.new_page()
        page.goto(f"{server.url}/voila/render/{NAME}.ipynb?language=en")
        page.wait_for_selector("html[data-live=asleep]")
        with page.expect_event("load"):  # what only the cells can make anew is made by loading the page
            page.select_option("select[name=month]", "2025-09")
        page.wait_for_selector("html[data-live=asleep]")
        pages["earlier"] = page.content()
        with page.expect_download() as sent:
            page.click("#table-1 .r57-download[data-format=csv]")
        pages["csv"] = Path(sent.value.path()).read_text(encoding="utf-8-sig")
        page.close()
        until(lambda: "ready-made pages" in server.log, seconds=60)
        path = root / "notebooks" / f"{NAME}.ipynb"
        path.write_text(path.read_text(encoding="utf-8").replace("Some more", "Rather more"), encoding="utf-8")
        pages["edited"] = server.open_page(NAME, "?language=en").html
    return pages


def view_facts() -> set[str]:
    return set(load_tables(ROOT / "data").facts()["fact_id"])


def is_there(text: str, page: BeautifulSoup, words: str) -> bool:
    """Whether a page has a text; of a table it has the value, in the reader's form."""
    squeezed = "".join(text.split())
    if squeezed in words:
        return True
    sorted_by = {cell["data-sort"] for cell in page.select("td[data-sort]")}
    number = r"-?[\d.]+(e[+-]\d+)?"
    if re.fullmatch(number, squeezed):
        return any(float(each) == float(squeezed) for each in sorted_by if re.fullmatch(number, each))
    return squeezed in sorted_by or (squeezed == "NaN" and "–" in words)


@pytest.mark.server
@pytest.mark.parametrize("host", ["report", "dashboard"])
def test_every_text_of_the_lab_stands_on_the_page(lab: list[str], hosts: dict[str, str], host: str) -> None:
    page = BeautifulSoup(hosts[host], "lxml")
    for script in page.select("script.r57-spec, script.r57-facts-data, style"):
        script.decompose()
    words = page.find("main").get_text() + "".join(each["aria-label"] for each in page.select("[aria-label]"))
    words = "".join(words.split())
    assert len(lab) > 60
    assert [text for text in lab if not is_there(text, page, words)] == []
    assert page.select_one("h1").text == "My figures" and page.title.text.startswith("My figures")
    assert page.select_one("p.r57-lead").text == "Which question does this page answer?"
    assert page.select_one('img[alt="A dot"]')["src"] == f"data:image/png;base64,{DOT}"
    assert page.select_one("#table-1 table") and page.select_one("#chart-1 .r57-chart")
    for own in ("own-ranks", "inner-ranks"):
        figure = page.select_one(f"#{own}")
        assert figure["data-facts"].split()[0] in view_facts() and figure.select(".r57-sources a")
    assert "unsafe" not in hosts[host] and "Chỉ tiếng Việt" not in hosts[host]


@pytest.mark.server
def test_a_notebook_that_is_edited_is_shown_as_it_is_now(hosts: dict[str, str]) -> None:
    assert "Some more" in hosts["dashboard"] and "Rather more" not in hosts["dashboard"]
    assert "Rather more" in hosts["edited"] and "Some more" not in hosts["edited"]


@pytest.mark.server
@pytest.mark.parametrize("host", ["report", "dashboard"])
def test_what_cannot_be_shown_is_named_beside_it(hosts: dict[str, str], host: str) -> None:
    page = BeautifulSoup(hosts[host], "lxml")
    told = [f"Cell 19: an output of type {kind} is not shown here." for kind in NOT_SHOWN]
    assert [each.text for each in page.select(".r57-left-out")] == told
    if host == "report":
        line = "; ".join(f"cell 19: an output of type {kind} is not shown" for kind in NOT_SHOWN)
        assert f"{NAME}.en: " in hosts["line"] and line in hosts["line"]


@pytest.mark.server
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1440, "light")])
def test_the_page_is_whole_accessible_and_fits(
    root: Path, hosts: dict[str, str], browser: Any, width: int, scheme: str
) -> None:
    assert hosts["report"]
    path = next((root / "reports").glob(f"????-??/{NAME}.en.html"))
    loaded = Loaded(browser, path, viewport={"width": width, "height": 900}, color_scheme=scheme)
    loaded.is_whole()
    assert serious(loaded.page) == []
    search = loaded.page.locator("#table-1 input[type=search]")
    search.fill("zzz")
    assert loaded.page.locator("#table-1 tbody tr:visible").count() == 0
    loaded.context.close()


@pytest.mark.server
def test_what_the_cells_show_follows_the_controls(hosts: dict[str, str]) -> None:
    now, earlier = (BeautifulSoup(hosts[name], "lxml") for name in ("dashboard", "earlier"))
    days = [[cell["data-sort"] for cell in page.select("#table-1 td:nth-child(3)")] for page in (now, earlier)]
    assert max(days[0]) > "2025-10" and "September 2025" in earlier.select_one(".r57-header").text
    assert len(days[1]) == 8 and days[1] != days[0]
    rows = [line.split(",")[-1] for line in hosts["csv"].splitlines()]
    assert rows == ["fact_id", *(row["data-facts"] for row in earlier.select("#table-1 tbody tr"))]


@pytest.mark.server
def test_index_home_and_navigation_know_it(hosts: dict[str, str]) -> None:
    for host in ("index", "home"):
        card = BeautifulSoup(hosts[host], "lxml").select(".r57-card")[-1]
        said = [each.text for each in card.select("a, p")]
        assert said == ["My figures", "Own ranks", "By rank; newest figure: 2025"], host
    links = [each.text for each in BeautifulSoup(hosts["dashboard"], "lxml").select(".r57-nav a")]
    assert links == ["Dashboards", "Tasks", "My figures"]


def test_the_plan_keeps_its_comments(root: Path) -> None:
    plan = root / "reports" / "monthly.yaml"
    before = "# mine\nruns:\n  - notebook: task_completion  # ours\n    languages: [vi]\n"
    assert plan.read_text() == f"{before}  - notebook: {NAME}\n\n# the end\n"
    assert [each.notebook for each in read_spec(plan).entries] == ["task_completion", NAME]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (["overview"], "notebook 'overview' exists already: "),
        (["Trang mới"], "did you mean 'trang_moi'?"),
        (["../up"], "must be small letters a-z, digits and _, a letter first; did you mean 'up'?"),
        (["1"], "a letter first, such as 'my_page'"),
        (["index"], "name 'index' is that of a month's first page"),
        (["mine", "--like", "task_completoin"], "unknown notebook 'task_completoin'; did you mean 'task_completion'?"),
        (["mine", "--title-en", "two\nlines"], "--title-en must be one line of text"),
        (["mine", "--plan", "nowhere.yaml"], "plan 'nowhere.yaml' does not exist"),
        (["mine", "--notebooks", "nowhere"], "notebook folder 'nowhere' does not exist"),
    ],
)
def test_a_wrong_call_is_one_line_and_writes_nothing(call: list[str], told: str) -> None:
    before = sorted((ROOT / "notebooks").iterdir())
    done = call_r57("new", *call)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert told in done.stderr
    assert sorted((ROOT / "notebooks").iterdir()) == before


def test_a_notebook_like_another_has_its_parameters_controls_and_first_figure(tmp_path: Path) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (folder / "task_completion.ipynb").write_bytes((ROOT / "notebooks" / "task_completion.ipynb").read_bytes())
    plan = tmp_path / "plan.yaml"
    plan.write_text("runs:\n- notebook: task_completion\n", encoding="utf-8")
    done = call_r57("new", "mine", "--notebooks", folder, "--plan", plan, "--title-vi", "Tin", "--title-en", "News")
    assert (done.returncode, plan.read_text().splitlines()[-1]) == (0, "- notebook: mine")
    told = json.loads((folder / "mine.ipynb").read_text())
    cells = {cell["id"]: "".join(cell["source"]) for cell in told["cells"]}
    assert cells["parameters"].endswith('deadline: str = ""')
    assert cells["controls"].endswith('"month", "against", "language", "instrument")')
    assert cells["header"] == 'display.header(view, "mine", deadline=deadline)'
    assert cells["figure"].startswith("figure = figures.task_status(view)")
    assert told["metadata"]["r57"]["title"] == {"vi": "Tin", "en": "News"}, "no letter tells which half is Vietnamese"
