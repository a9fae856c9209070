"""The search over all pages of a month: what stands on a page is found, by words of which the last may be begun."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from r57lib.page.search import Found, places

MONTH = "2025-12"


@pytest.mark.parametrize("name", ["overview", "task_completion", "data_quality", "province_profile.24"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_figure_of_a_page_is_a_place_with_its_heading_and_finding(
    reports: Path, name: str, language: str
) -> None:
    html = (reports / MONTH / f"{name}.{language}.html").read_text(encoding="utf-8")
    page, *found = places(html, "A page", "page.html")
    assert (page.page, page.href, page.heading) == ("A page", "page.html", "")
    every = BeautifulSoup(html, "lxml").select("section.r57-section[id]")
    sections = [each for each in every if each.select("h2, .r57-title")]
    assert [each.href for each in found] == [f"page.html#{each['id']}" for each in sections]
    assert len(found) > 1
    for place, section in zip(found, sections, strict=True):
        heading, finding = section.select_one("h2"), section.select_one(".r57-title, summary h2 + span")
        assert place.heading == (" ".join(heading.get_text().split()) if heading else "")
        assert place.finding == (" ".join(finding.get_text().split()) if finding else "")


def test_a_page_without_figures_is_found_by_its_name() -> None:
    assert [*places("<h1>None</h1>", "A page", "page.html")] == [Found("A page", "", "", "page.html")]


@pytest.fixture
def index(browser: Any, reports: Path) -> Iterator[Any]:
    """The first page of the month in Vietnamese, offline."""
    context = browser.new_context(offline=True, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto((reports / MONTH / "index.html").as_uri())
    yield page
    context.close()


def results(page: Any, text: str) -> list[str]:
    page.fill(".r57-search input", text)
    return [each.get_attribute("href") for each in page.query_selector_all(".r57-search li a")]


def test_a_reader_finds_pages_units_and_findings_without_marks_over_letters(index: Any, reports: Path) -> None:
    found = results(index, "ganh nang qua han")
    assert found[0] == "task_completion.vi.html#overdue-burden"
    assert results(index, "Gánh nặng QUÁ HẠN") == found == results(index, "gánh nặng quá h")
    assert results(index, "viettel")[0] == "enterprise_commitments.viettel.vi.html"
    assert "en.html" not in " ".join(results(index, "2025"))
    assert "20 trong " in index.inner_text(".r57-search .r57-count")  # the first of many, which it says
    assert len(results(index, "2025")) == 20
    assert results(index, "uang") == []  # no word begins so
    assert index.inner_text(".r57-search .r57-count") == "Không tìm thấy. Thử dùng ít từ hơn."
    assert results(index, "(.*") == [] and index.inner_text(".r57-search .r57-count").startswith("Không tìm thấy")
    assert "overview.vi.html#status-board" in results(index, "chi nghien cuu va phat trien")  # the name of a row
    assert results(index, "  ") == [] and index.inner_text(".r57-search .r57-count") == ""
    results(index, "ganh nang")
    index.click(".r57-search li a >> nth=0")
    index.wait_for_selector("html[data-charts=drawn]")
    assert index.url.endswith("task_completion.vi.html#overdue-burden")
    assert index.evaluate("Math.abs(document.getElementById('overdue-burden').getBoundingClientRect().top) < 400")


def test_every_place_is_on_a_page_that_is_there(reports: Path) -> None:
    for name, language in (("index.html", "vi"), ("index.en.html", "en")):
        html = (reports / MONTH / name).read_text(encoding="utf-8")
        listed = json.loads(str(BeautifulSoup(html, "lxml").select_one("#r57-places").string))
        pages = {path.name for path in (reports / MONTH).glob(f"*.{language}.html")}
        assert {href.partition("#")[0] for _, _, _, href, _ in listed} == pages - {name}
        assert not any("<" in each for place in listed for each in place)
