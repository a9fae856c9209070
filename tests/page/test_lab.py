"""JupyterLab as an analyst has it, offline: own charts, figures of ours, views and frames, in light and in dark."""

from __future__ import annotations

import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

import r57lib
from r57lib.page.lab import EXTENSION, write_extension
from r57lib.view.view import open_view
from tests.charts.test_theme import contrast
from tests.conftest import R57
from tests.serving import free_port, listens, until

Lab = tuple[str, Path]
CELLS = (
    "import altair as alt\nimport pandas as pd\n\nfrom r57lib import display, figures, open_view\n\nview = open_view()",
    'rows = pd.DataFrame({"agency": ["MOST", "MOF", "MOIT"], "open": [1234, 2500, 870], "kind": ["a", "b", "a"]})\n'
    'alt.Chart(rows, title="Bộ Tài chính còn nhiều nhất", description="Ba cột").mark_bar().encode('
    'x="agency", y="open", color="kind", tooltip=["agency", "open"])',
    "figures.task_status(view)",
    "figures.task_status(view).chart",
    "display.show(figures.on_time_rates(view))",
    "rows",
    "view",
    'alt.Chart(pd.DataFrame({"x": range(12000)})).mark_point().encode(x="x")',
)
HOSTS = "[...document.querySelectorAll('.jp-OutputArea-output')].filter(each => each.shadowRoot)"
DRAWN = f"{HOSTS}.filter(each => each.shadowRoot.querySelector('.r57-live svg'))"
LOOKS = """() => {
  const found = [];
  const look = (each) => {
    const { x, y, width, height } = each.getBoundingClientRect();
    const size = parseFloat(getComputedStyle(each).fontSize);
    const text = each.textContent.trim().slice(0, 40);
    if (each.checkVisibility() && /[\\p{L}\\d]/u.test(text)) found.push([text, size, x, y, width, height]);
  };
  for (const { shadowRoot: root } of HOSTS) {
    root.querySelectorAll('svg text').forEach(look);
    for (const each of root.querySelectorAll(':not(svg *)'))
      if ([...each.childNodes].some((node) => node.nodeType === 3)) look(each);
  }
  document.querySelectorAll('.jp-RenderedHTMLCommon :is(td, th)').forEach(look);
  return found;
}""".replace("HOSTS", HOSTS)
"""Each text of our outputs, its size and where it stands."""
SCALE = 3
"""Pixels of a picture for one of the page: the strokes of a letter are wider than their soft edges."""
PIXELS = """async ([picture, places, scale]) => {
  const blob = await (await fetch(`data:image/png;base64,${picture}`)).blob();
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true });
  canvas.drawImage(bitmap, 0, 0);
  return places.map((place) => {
    const seen = new Map();
    const { data } = canvas.getImageData(...place.map((each) => Math.round(each * scale)));
    for (let at = 0; at < data.length; at += 4) {
      const paint = `rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`;
      seen.set(paint, (seen.get(paint) || 0) + 1);
    }
    return [...seen].sort((one, other) => other[1] - one[1]).filter((each) => each[1] >= SCALE).map(([paint]) => paint);
  });
}""".replace("SCALE", str(SCALE))
"""The colours of each place of a picture, the most frequent first, which is the ground; soft edges vary too much."""


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The address of a JupyterLab with our extension, and its folder of notebooks."""
    home = tmp_path_factory.mktemp("lab")
    folder, port = home / "notebooks", free_port()
    folder.mkdir()
    write_extension(home / "extensions" / EXTENSION)
    options = {
        "ServerApp.root_dir": folder, "ServerApp.port": port, "ServerApp.port_retries": 0, "IdentityProvider.token": "",
        "LabApp.extra_labextensions_path": home / "extensions", "LabApp.user_settings_dir": home,
        "LabApp.expose_app_in_browser": True,
    }  # fmt: skip
    command = [R57, "lab", "--", "--no-browser"]
    places = {f"JUPYTER_{each}_DIR": str(home / each) for each in ("CONFIG", "DATA", "RUNTIME")}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *(f"--{name}={value}" for name, value in options.items())],
            env={**os.environ, **places}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        until(lambda: process.poll() is not None or listens(port), seconds=60)
        assert process.poll() is None, (home / "log").read_text()
        yield f"http://127.0.0.1:{port}", folder
    finally:
        for each in (*psutil.Process(process.pid).children(recursive=True), process):
            each.kill()  # its kernels would take their time
        process.wait()


def ratio(colours: list[str]) -> float:
    """The contrast of the letters of a place with their ground."""
    ground, *others = ("#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", each)) for each in colours)
    return max((contrast(ground, each) for each in others), default=1)


class Opened:
    """A notebook in a browser, and what went wrong there."""

    def __init__(self, browser: Any, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.wrong: list[str] = []
        self.page = browser.new_page(viewport={"width": 900, "height": 3400}, device_scale_factor=SCALE)
        self.page.on("requestfailed", lambda asked: self.wrong.append(asked.url))
        self.page.on("response", lambda got: self.wrong.append(f"{got.status} {got.url}") if got.status > 399 else None)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.goto(f"{url}/doc/tree/{name}")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)

    def kernel(self) -> tuple[int, str]:
        """How many listen to its kernel, and what that does."""
        answer = self.page.request.get(f"{self.url}/api/sessions")
        told = [each["kernel"] for each in (answer.json() if answer.ok else []) if each["path"] == self.name]
        return (told[0]["connections"], told[0]["execution_state"]) if told else (0, "")

    def order(self, command: str, **arguments: str) -> None:
        """One of JupyterLab's commands, as its menus give it."""
        self.page.evaluate("([name, given]) => jupyterapp.commands.execute(name, given)", [command, arguments])

    def drawn(self, count: int) -> None:
        """Wait for so many charts."""
        self.page.wait_for_function(f"{DRAWN}.length >= {count}", timeout=60_000)

    def illegible(self) -> list[Any]:
        """The texts of our outputs that do not stand out from what they stand on, by the pixels of a picture."""
        found = [each for each in self.page.evaluate(LOOKS) if each[3] >= 0 and each[3] + each[5] <= 3400]
        assert len(found) > 60
        picture = b64encode(self.page.screenshot()).decode()
        paints = self.page.evaluate(PIXELS, [picture, [place for _, _, *place in found], SCALE])
        told = [(text, size, round(ratio(paint), 1)) for (text, size, *_), paint in zip(found, paints, strict=True)]
        return [each for each in told if each[1] < 12 or each[2] < 4.5]


@pytest.fixture(scope="module")
def opened(browser: Any, jupyterlab: Lab) -> Iterator[Opened]:
    """A notebook of all that an analyst shows, run there."""
    url, folder = jupyterlab
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(source) for source in CELLS]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "own.ipynb")
    notebook = Opened(browser, url, "own.ipynb")
    until(lambda: notebook.kernel() == (1, "idle"), seconds=60)  # else JupyterLab would ask for one
    notebook.order("notebook:run-all-cells")
    notebook.drawn(4)
    notebook.page.wait_for_selector("text=groupby >> visible=true", timeout=60_000)
    yield notebook
    notebook.page.close()


def test_all_is_shown_and_nothing_asked_of_the_internet(opened: Opened) -> None:
    assert opened.wrong == []
    assert opened.page.evaluate(f"{DRAWN}.length") == 4
    texts = opened.page.evaluate(f"{HOSTS}.map((each) => each.shadowRoot.firstElementChild.innerText)")
    figure = r57lib.figures.task_status(open_view())
    assert [text.count(figure.title) for text in texts] == [0, 1, 1, 0, 0], "each finding stands once"
    assert figure.heading not in texts[1], "the notebook has it above the cell"
    assert texts[0].startswith("Bộ Tài chính còn nhiều nhất") and "2.500" in texts[0]
    assert "view.tables.targets" in texts[4] and "Số liệu nhiệm vụ" in texts[4]
    assert "Traceback" not in opened.page.inner_text(".jp-Notebook")
    assert opened.page.locator(".Toastify__toast, [title*='Voil']").count() == 0, "no news, and no page but ours"


def test_a_mark_tells_its_values(opened: Opened) -> None:
    for host, told in ((0, "MOST"), (1, "1.227")):
        mark = f"{DRAWN}[{host}].shadowRoot.querySelector('.mark-rect path').getBoundingClientRect()"
        x, y = opened.page.evaluate(f"(({{x, y, width, height}}) => [x + width / 5, y + height / 2])({mark})")
        opened.page.mouse.move(x, y)
        tip = opened.page.wait_for_selector("#vg-tooltip-element.visible")
        assert told in tip.inner_text() and tip.evaluate("each => getComputedStyle(each).position") == "fixed"
        opened.page.mouse.move(0, 0)
        opened.page.wait_for_selector("#vg-tooltip-element:not(.visible)", state="attached")


@pytest.mark.parametrize("form", ["PNG", "SVG"])
def test_a_chart_is_taken_away_with_its_finding_and_its_documents(opened: Opened, form: str) -> None:
    with opened.page.expect_download() as download:
        opened.page.evaluate(f"{DRAWN}[3].shadowRoot.querySelectorAll('.r57-tool')[{int(form == 'SVG')}].click()")
    name, content = download.value.suggested_filename, Path(download.value.path()).read_bytes()
    assert name == f"on-time-rates.{form.lower()}"
    assert content.startswith(b"\x89PNG") or (b"<svg" in content and b"var(" not in content)
    if form == "SVG":
        text = " ".join(ElementTree.fromstring(content).itertext())
        figure = r57lib.figures.on_time_rates(open_view())
        assert figure.title.split()[-1] in text and figure.sources[0].publisher in text


def test_it_follows_the_theme_without_being_drawn_anew(opened: Opened) -> None:
    size = "parseFloat(getComputedStyle(each.shadowRoot.querySelector('.r57-title')).fontSize)"
    assert all(each >= 18 for each in opened.page.evaluate(f"{DRAWN}.map((each) => {size})")), "labels have 13 px"
    assert opened.illegible() == []
    opened.page.evaluate(f"{DRAWN}.forEach((each) => each.shadowRoot.querySelector('svg').dataset.kept = 1)")
    opened.order("apputils:change-theme", theme="JupyterLab Dark")
    opened.page.wait_for_selector("body[data-jp-theme-light=false]", state="attached")
    assert opened.illegible() == []
    assert opened.page.evaluate(f"{DRAWN}.filter((each) => each.shadowRoot.querySelector('[data-kept]')).length") == 4


def test_it_is_as_wide_as_its_place_and_no_wider_than_a_page(opened: Opened) -> None:
    width = f"{DRAWN}.map((each) => Math.round(each.shadowRoot.querySelector('svg').getBoundingClientRect().width))"
    assert opened.page.evaluate(width) == [640] * 4
    opened.page.set_viewport_size({"width": 600, "height": 3400})
    opened.page.wait_for_function(f"{width}.every((each) => each > 300 && each < 520)")
    opened.page.set_viewport_size({"width": 900, "height": 3400})
    opened.page.wait_for_function(f"{width}.every((each) => each === 640)")


def test_a_notebook_that_is_not_trusted_shows_charts_and_none_of_its_html(browser: Any, jupyterlab: Lab) -> None:
    url, folder = jupyterlab
    bundle = r57lib.figures.task_status(open_view())._repr_mimebundle_()
    bundle["text/html"] = "<h2>HTML</h2><img src=x onerror='window.stung = true'>"
    cell = new_code_cell("1", outputs=[new_output("display_data", bundle)])
    nbformat.write(new_notebook(cells=[cell]), folder / "strange.ipynb")
    notebook = Opened(browser, url, "strange.ipynb")
    notebook.drawn(1)
    shown = notebook.page.evaluate(f"{HOSTS}.map((each) => each.shadowRoot.textContent)")
    assert len(shown) == 1 and "601" in shown[0] and "HTML" not in shown[0]
    assert notebook.page.evaluate("window.stung") is None
    notebook.page.close()


def test_a_notebook_with_controls_follows_them_and_is_whole_when_saved(browser: Any, jupyterlab: Lab) -> None:
    url, folder = jupyterlab
    sources = (
        "from r57lib import dashboard, display, figures, open_view\n\nview = open_view()",
        'view = dashboard.controls(view, "month", "language")',
        "display.show(figures.task_status(view))",
        "figures.gii_rank(view)",
        'from r57lib.figures import figure, own\n\n@figure\ndef mine(view):\n    if str(view.month) == "2025-09":\n'
        '        raise ValueError("<mine> fails")\n    return own(view, view.tables.observations, title="Mine")\n'
        "mine(view)",
    )
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "controls.ipynb")
    notebook = Opened(browser, url, "controls.ipynb")
    until(lambda: notebook.kernel() == (1, "idle"), seconds=60)
    notebook.order("notebook:run-all-cells")
    notebook.drawn(2)
    mark = f"{DRAWN}[0].shadowRoot.querySelector('.mark-rect path').getBoundingClientRect()"
    x, y = notebook.page.evaluate(f"(({{x, y, width, height}}) => [x + width / 5, y + height / 2])({mark})")
    notebook.page.mouse.move(x, y)
    assert notebook.page.wait_for_selector("#vg-tooltip-element.visible").inner_text()
    notebook.page.mouse.move(0, 0)
    notebook.page.locator(".widget-dropdown select").first.select_option(label="tháng 9 năm 2025")
    title = r57lib.figures.task_status(open_view(month="2025-09")).title
    notebook.page.wait_for_function(f"{DRAWN}.some((each) => each.shadowRoot.textContent.includes({title!r}))")
    notebook.drawn(2)
    notebook.page.wait_for_selector("text=ValueError: <mine> fails")
    notebook.order("docmanager:save")
    until(lambda: title in (folder / "controls.ipynb").read_text(encoding="utf-8"), seconds=60)
    notebook.page.evaluate("jupyterapp.serviceManager.sessions.shutdownAll()")
    until(lambda: notebook.kernel() == (0, ""), seconds=60)
    assert notebook.wrong == []
    notebook.page.close()
    again = Opened(browser, url, "controls.ipynb")
    again.drawn(2)
    assert title in again.page.evaluate(f"{DRAWN}[0].shadowRoot.textContent") and again.wrong == []
    again.page.close()
