"""The published pages in a real Chromium with the network off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from r57lib.report import NOTEBOOKS

DECEMBER = [f"2025-12/{name}.{language}.html" for name in NOTEBOOKS for language in ("vi", "en")]
DECEMBER += ["2025-12/index.html", "2025-12/index.en.html"]
PAGES = [*DECEMBER, *(f"2025-09/{name}.vi.html" for name in NOTEBOOKS), "2025-09/index.en.html"]


CUT_TEXTS = """() => [...document.querySelectorAll('.r57-stage svg.marks')].flatMap(svg => {
    const box = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter(text => {
        const own = text.getBoundingClientRect();
        return own.width > 0 && (own.left < box.left - 1 || own.right > box.right + 1);
    }).map(text => text.textContent);
})"""
"""The texts of charts that reach beyond their chart."""


@pytest.fixture
def offline(browser: Any) -> Iterator[Any]:
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    yield context
    context.close()


def opened(context: Any, path: Path) -> tuple[Any, list[str], list[str]]:
    page = context.new_page()
    outside: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else outside.append(r.url))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    if page.locator(".r57-chart").count():
        page.wait_for_selector("html[data-charts=drawn]", timeout=30_000)
    return page, outside, complaints


@pytest.mark.parametrize("name", PAGES)
def test_page_is_whole_offline(reports: Path, offline: Any, name: str) -> None:
    page, outside, complaints = opened(offline, reports / name)
    assert outside == []
    assert complaints == []
    charts = page.locator(".r57-chart")
    assert page.locator(".r57-chart.r57-live svg.marks").count() == charts.count()
    for number in range(charts.count()):
        drawn = charts.nth(number).locator("svg.marks path[d], svg.marks text").count()
        assert drawn > 3, f"chart {number} is empty"
        assert charts.nth(number).get_attribute("aria-label")
    language = "en" if ".en." in name else "vi"
    assert page.locator("html").get_attribute("lang") == language
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize(("name", "scheme"), [(page, "dark" if ".en." in page else "light") for page in DECEMBER])
def test_no_serious_accessibility_finding(reports: Path, browser: Any, name: str, scheme: str) -> None:
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page, _, _ = opened(context, reports / name)
    for details in page.locator("details").all():
        details.evaluate("element => { element.open = true }")
    violations = Axe().run(page).response["violations"]
    serious = [
        (item["id"], [node["html"][:120] for node in item["nodes"][:3]])
        for item in violations
        if item["impact"] in ("serious", "critical")
    ]
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    cut = page.evaluate(CUT_TEXTS)
    context.close()
    assert serious == []
    assert cut == []
    assert not wide


def test_page_shows_pictures_without_scripts(reports: Path, browser: Any) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((reports / "2025-12/task_completion.vi.html").as_uri())
    assert page.locator(".r57-chart > svg").count() == page.locator(".r57-chart").count() > 3
    context.close()


def test_every_chart_has_its_table_and_source(reports: Path, offline: Any) -> None:
    for name in NOTEBOOKS:
        page, _, _ = opened(offline, reports / f"2025-12/{name}.en.html")
        for figure in page.locator(".r57-section:has(.r57-chart)").all():
            figure.locator(".r57-data > summary").click()
            assert figure.locator("tbody tr").count() > 0
            facts = figure.get_attribute("data-facts")
            assert figure.locator(".r57-sources span").count() > 0 or not facts


def test_links_between_pages_lead_somewhere(reports: Path) -> None:
    for path in (reports / "2025-12").glob("*.html"):
        links = re.findall(r'href="([^"#:]+\.html)"', path.read_text(encoding="utf-8"))
        assert links
        assert [link for link in links if not (path.parent / link).is_file()] == []


def test_live_chart_says_the_numbers_of_its_table(reports: Path, offline: Any) -> None:
    page, _, _ = opened(offline, reports / "2025-12/task_completion.en.html")
    texts = page.locator("#on-time-rates svg.marks text").all_text_contents()
    assert {"67.15%", "61.79%", "27.39%"} <= set(texts)


def test_locale_of_numbers_on_axes(reports: Path, offline: Any) -> None:
    page, _, _ = opened(offline, reports / "2025-12/task_completion.vi.html")
    axis = page.locator("#on-time-rates svg.marks text").all_text_contents()
    assert "100\u00a0%" in axis
    assert json.loads(page.locator("#r57-locale").text_content())["decimal"] == ","
