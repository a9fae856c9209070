"""The tools of a page, on a published report: search, sort, sources, links between charts and tables, pictures."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from axe_playwright_python.sync_playwright import Axe

from r57lib.i18n import LANGUAGES, sort_key

Open = Any


@pytest.fixture
def wrong() -> list[str]:
    return []


@pytest.fixture
def opened(browser: Any, reports: Path, wrong: list[str]) -> Iterator[Open]:
    """Opens a page of the report of December 2025, its tables unfolded."""
    context = browser.new_context(offline=True, accept_downloads=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def go(name: str) -> Any:
        page.goto((reports / "2025-12" / f"{name}.html").as_uri())
        page.wait_for_selector("html[data-charts=drawn]")
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        return page

    yield go
    context.close()
    assert wrong == []


def column(section: Any, number: int) -> list[str]:
    cells = section.locator(f"tbody tr:not([hidden]) td:nth-child({number})")
    return [" ".join(text.split()) for text in cells.all_inner_texts()]


def test_a_search_finds_words_without_their_marks(opened: Open) -> None:
    section = opened("digital_adoption.vi").locator("#usage-against-target")
    everything = column(section, 1)
    box = section.get_by_label("Tìm trong bảng")
    box.fill("DIA PHUONG")
    found = column(section, 2)
    assert 0 < len(found) < len(everything)
    assert {text.casefold() for text in found} == {"địa phương"}
    assert section.locator(".r57-count").inner_text() == f"{len(found)}/{len(everything)} dòng"
    box.fill("không có gì như thế")
    assert column(section, 1) == []
    box.fill("")
    assert column(section, 1) == everything and section.locator(".r57-count").inner_text() == ""


def test_columns_sort_up_down_and_back(opened: Open) -> None:
    section = opened("enterprise_commitments.vi").locator("#commitment-register")
    before = column(section, 1)
    head = section.locator("thead th").first
    orders = []
    for _ in range(3):
        head.locator("button").click()
        orders.append((head.get_attribute("aria-sort"), column(section, 1)))
    assert orders[0] == ("ascending", sorted(before, key=sort_key))
    assert orders[1][0] == "descending" and sorted(orders[1][1]) == sorted(before)
    assert [sort_key(text) for text in orders[1][1]] == sorted(map(sort_key, before), reverse=True)
    assert orders[2] == (None, before)


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_sort_by_their_value_and_gaps_stay_last(opened: Open, language: str) -> None:
    section = opened(f"task_completion.{language}").locator("#published-counts")
    number = 1 + section.locator("thead th").evaluate_all("heads => heads.findIndex(each => each.className === 'n')")
    button = section.locator("thead th").nth(number - 1).locator("button")
    for reverse in (False, True):
        button.click()
        texts = column(section, number)
        values = [int(re.sub(r"\D", "", text)) for text in texts if text != "–"]
        assert values == sorted(values, reverse=reverse) and len(set(values)) > 1
        assert texts[len(values) :] == ["–"] * (len(texts) - len(values))


def test_a_fact_shows_its_source_and_gives_the_focus_back(opened: Open) -> None:
    page = opened("task_completion.en")
    button = page.locator("#task-status").get_by_role("button", name="Source of fact F001", exact=True).first
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    assert "among the 679 tasks under Resolution 71" in dialog.locator("blockquote").inner_text()
    assert "not before 30 September 2025" in dialog.inner_text()
    assert dialog.locator("a").get_attribute("href").startswith("https://")
    assert dialog.locator("a").get_attribute("rel") == "noopener noreferrer"
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    assert page.evaluate("document.activeElement.textContent") == "F001"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_of_a_page_has_its_source(opened: Open, language: str) -> None:
    for name in ("overview", "task_completion", "enterprise_commitments", "digital_adoption", "data_quality"):
        page = opened(f"{name}.{language}")
        missing = page.evaluate(
            """() => [...document.querySelectorAll('[data-facts]')].flatMap(each => {
                const data = each.closest('section, .r57-headlines').querySelector('.r57-facts-data');
                const known = data ? JSON.parse(data.textContent) : {};
                return each.dataset.facts.split(' ').filter(id => id && !(id in known));
            })"""
        )
        assert missing == []


def test_a_tile_shows_the_sources_of_its_figure(opened: Open) -> None:
    page = opened("overview.vi")
    tile = page.locator(".r57-tile").first
    tile.get_by_role("button").click()
    facts = tile.get_attribute("data-facts").split()
    assert page.locator("dialog[open] h3").all_inner_texts() == facts
    page.get_by_role("button", name="Đóng").click()
    assert page.locator("dialog").count() == 0


def test_a_mark_is_linked_to_its_rows_and_to_other_charts(opened: Open) -> None:
    page = opened("task_completion.en")
    bar = page.locator("#on-time-rates .r57-stage svg .mark-symbol path").first
    bar.click()
    rows = page.locator("tr.r57-picked")
    facts = set(" ".join(rows.evaluate_all("rows => rows.map(row => row.dataset.facts)")).split())
    assert rows.count() > 2 and "F001" in facts | {"F001"}
    assert page.locator("#task-status tr.r57-picked").count() == 1
    assert page.locator("#agencies-behind .r57-faded").count() > 3, "what shares no fact fades"
    assert page.locator("#task-status .r57-stage .mark-rect path:not(.r57-faded)").count() > 0
    assert re.search(r"\d+ rows and \d+ marks", page.locator("#r57-linked").inner_text())
    page.keyboard.press("Escape")
    assert page.locator(".r57-picked, .r57-faded").count() == 0


def test_a_row_is_linked_to_its_marks_and_a_second_click_clears(opened: Open) -> None:
    page = opened("task_completion.vi")
    cell = page.locator("#task-status tbody tr").first.locator("td").first
    cell.click()
    assert page.locator(".r57-faded").count() > 0
    top = page.evaluate("scrollY")
    cell.click()
    assert page.locator(".r57-faded").count() == 0 and page.evaluate("scrollY") == top


def test_the_link_works_by_keyboard(opened: Open) -> None:
    page = opened("task_completion.en")
    page.locator("#task-status").get_by_role("button", name="Source of fact F001", exact=True).first.press("Enter")
    page.get_by_role("button", name="Show in charts and tables").press("Enter")
    assert page.locator("tr.r57-picked").count() > 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chart_stands_alone_as_a_picture(opened: Open, language: str, tmp_path: Path) -> None:
    page = opened(f"task_completion.{language}")
    section = page.locator("#task-status")
    finding = section.locator(".r57-title").inner_text()
    files = {}
    for form in ("SVG", "PNG"):
        with page.expect_download() as waiting:
            section.get_by_role("button", name=form).click()
        assert waiting.value.suggested_filename == f"task-status.2025-12.{language}.{form.lower()}"
        files[form] = tmp_path / form
        waiting.value.save_as(files[form])
    drawing = files["SVG"].read_text(encoding="utf-8")
    texts = " ".join("".join(ElementTree.fromstring(drawing).itertext()).split())
    assert "var(" not in drawing
    assert finding.split()[0] in texts and ("Source:" in texts or "Nguồn:" in texts)
    data = files["PNG"].read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert data.startswith(b"\x89PNG") and width >= 1280 and height > 200
