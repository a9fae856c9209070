"""The notebooks that teach: each runs as a page that says what it says in Lab, and the gallery is whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from r57lib.figures.registry import all_figures
from tests.conftest import DATA, ROOT, call_r57

pytestmark = pytest.mark.server
HOWTO = ROOT / "notebooks" / "howto"
NAMES = sorted(path.stem for path in HOWTO.glob("*.ipynb"))
GALLERY = json.loads((ROOT / "notebooks" / "gallery.ipynb").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of them, published in one call."""
    folder = tmp_path_factory.mktemp("howto")
    call = ("report", "--notebooks", HOWTO, "--data", DATA, "--output", folder, "--plan", folder / "plan.yaml")
    (folder / "plan.yaml").write_text(
        "runs:\n" + "".join(f"  - notebook: {name}\n" for name in NAMES), encoding="utf-8"
    )
    done = call_r57(*call, "--formats", "html")
    assert done.returncode == 0, done.stderr
    assert "is not shown" not in done.stderr
    return folder / "latest"


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_page_with_its_title_and_what_its_cells_show(month: Path, name: str, language: str) -> None:
    told = json.loads((HOWTO / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    page = BeautifulSoup((month / f"{name}.{language}.html").read_text(encoding="utf-8"), "html.parser")
    said, place = " ".join(page.get_text(" ").split()), 0 if language == "vi" else 1
    title = "".join(told[0]["source"]).splitlines()[0].removeprefix("# ").split(" · ")[place]
    assert page.find("h1").get_text() == title
    for cell in told[1:]:
        text = " ".join("".join(cell["source"]).split()).replace("`", "")
        if cell["cell_type"] == "markdown" and " · " in text:
            assert re.sub(r"\s+([.,;])", r"\1", text.split(" · ")[place]) in re.sub(r"\s+([.,;])", r"\1", said)
    assert page.select(".r57-section, table")


def test_the_gallery_shows_every_figure_with_its_call() -> None:
    cells = GALLERY["cells"]
    shown = [
        re.fullmatch(r"figures\.(\w+)\(view\)", "".join(cell["source"]))
        for cell in cells
        if cell["cell_type"] == "code"
    ]
    assert {match[1] for match in shown if match} == set(all_figures())
    calls = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    assert [f"`{match[0]}`" for match in shown if match] == [call for call in calls if call.startswith("`")]


def test_the_gallery_is_a_page_on_request(tmp_path: Path) -> None:
    call = ("--notebook", "gallery", "--data", DATA, "--output", tmp_path, "--formats", "html", "--language", "en")
    assert "gallery" not in (ROOT / "reports" / "monthly.yaml").read_text(encoding="utf-8")
    done = call_r57("report", *call)
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "latest" / "gallery.en.html").read_text(encoding="utf-8")
    assert "figures.on_time_rates(view)" in page and 'id="on-time-rates"' in page
