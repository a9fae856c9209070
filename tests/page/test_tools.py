"""The tools of a page: search, sort, sources, links between charts and tables, pictures.

On a published report, and on a page of figures whose policy forbids inline scripts and eval.
"""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.figures import FIGURES
from r57lib.page.assets import kept_bundle, stylesheet
from r57lib.page.columns import counts, texts
from r57lib.page.figure import Figure
from r57lib.page.templates import SCRIPTS, page_words, script_json
from r57lib.view.view import open_view
from r57lib.view.words import LANGUAGES, Language, sort_key
from tests.axe import serious
from tests.conftest import ROOT

Open = Any
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)


@pytest.fixture
def wrong() -> list[str]:
    return []


class Published:
    """The pages of the report of December 2025, their tables unfolded: each loaded once, and left as it was found."""

    def __init__(self, browser: Any, reports: Path) -> None:
        self.folder = reports / "2025-12"
        self.context = browser.new_context(offline=True, accept_downloads=True, viewport=DESK)
        self.pages: dict[str, tuple[Any, str]] = {}
        self.used: set[str] = set()
        self.wrong: list[str] = []

    def open(self, name: str) -> Any:
        self.used.add(name)
        if name not in self.pages:
            page = self.context.new_page()
            page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: self.wrong.append(str(error)))
            page.goto((self.folder / f"{name}.html").as_uri())
            page.wait_for_selector("html[data-charts=drawn]")
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            self.pages[name] = (page, page.evaluate(STATE))
        page, _ = self.pages[name]
        page.bring_to_front()
        return page

    def tidy(self) -> None:
        """A page that a test leaves otherwise than it was is loaded anew for the next."""
        for name in self.used:
            page, before = self.pages[name]
            page.keyboard.press("Escape")
            page.keyboard.press("Escape")
            if page.viewport_size != DESK or page.evaluate(STATE) != before:
                page.close()
                del self.pages[name]
        self.used.clear()


DESK = {"width": 1440, "height": 900}
STATE = """() => {
    document.activeElement.blur();
    scrollTo(0, 0);
    const typed = [...document.querySelectorAll('input')].map(each => each.value);
    const told = /<div class="[^"]*"><p id="r57-linked"[^]*?<\\/div>/;
    const plain = text => text.replace(told, '').replace(/ (class|tabindex|style)=""/g, '');
    return JSON.stringify([typed, !!document.querySelector('dialog'), plain(document.body.innerHTML)]);
}"""
"""All that a tool can change of a page, but for what was said last."""


@pytest.fixture(scope="module")
def published(browser: Any, reports: Path) -> Iterator[Published]:
    shelf = Published(browser, reports)
    yield shelf
    shelf.context.close()


@pytest.fixture
def opened(published: Published) -> Iterator[Open]:
    """Opens a page of the report."""
    published.wrong.clear()
    yield published.open
    published.tidy()
    assert published.wrong == []


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


def test_paper_has_the_numbers_of_documents_and_no_buttons(opened: Open) -> None:
    page = opened("task_completion.vi")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    row = page.locator("#task-status tr[data-facts~=F001]")
    printed = row.locator(".r57-cite").evaluate("each => getComputedStyle(each, '::after').content")
    place = int("".join(re.findall(r"\d+", printed)))
    assert "F001, F002" in page.locator(".r57-documents li").nth(place - 1).inner_text()
    assert not page.locator(".r57-fact-button:visible").count()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")


def test_paper_says_what_a_table_was_searched_for(opened: Open) -> None:
    page = opened("task_completion.en")
    box = page.locator("#published-counts input[type=search]")
    box.fill("committee")
    page.emulate_media(media="print")
    shown = page.evaluate(
        "getComputedStyle(document.querySelector('#published-counts .r57-count'), '::before').content"
    )
    assert "committee" in shown and page.locator("#published-counts .r57-count").is_visible()
    assert not box.is_visible()
    page.emulate_media(media="screen")
    box.fill("")
    assert page.locator("[data-query]").count() == 0


def test_a_fact_shows_its_source_and_gives_the_focus_back(opened: Open) -> None:
    page = opened("task_completion.en")
    button = page.locator("#task-status tr[data-facts~=F001] .r57-fact-button").first
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    row = page.locator("#task-status tr[data-facts~=F001]").first
    assert dialog.locator("h3").all_inner_texts() == row.get_attribute("data-facts").split()
    assert "among the 679 tasks under Resolution 71" in dialog.inner_text()
    assert "earliest possible day 30 September 2025" in dialog.inner_text()
    assert dialog.locator("a").first.get_attribute("href").startswith("https://")
    assert dialog.locator("a").first.get_attribute("rel") == "noopener noreferrer"
    assert serious(page) == []
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Source"


@pytest.mark.parametrize(("language", "scheme"), [("vi", "light"), ("en", "dark")])
def test_the_dialog_keeps_the_focus_and_everyone_can_read_it(opened: Open, language: str, scheme: str) -> None:
    page = opened(f"task_completion.{language}")
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    page.locator("#task-status tbody tr").first.press("Enter")
    chosen = page.locator("#task-status .r57-fact-button").nth(1)
    fact = chosen.text_content()
    chosen.press("Enter")
    inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
    for key in ("Tab", "Tab", "Tab", "Tab", "Tab", "Shift+Tab"):
        page.keyboard.press(key)
        assert page.evaluate(inside)
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == fact
    assert page.locator("tr.r57-picked").count() > 0, "Esc closes the dialog alone"
    small = page.evaluate(
        """() => [...document.querySelectorAll('button')].filter(each => {
            const box = each.getBoundingClientRect();
            return box.width && (box.width < 24 || box.height < 24);
        }).map(each => each.textContent)"""
    )
    assert small == []


def test_a_row_of_the_board_shows_its_sources_and_sorts_within_its_group(opened: Open) -> None:
    page = opened("overview.vi")
    rows = page.locator("#status-board tbody tr:not(.r57-group)")
    first = rows.first
    first.get_by_role("button", name="Nguồn").click()
    facts = first.get_attribute("data-facts").split()
    assert page.locator("dialog[open] h3").all_inner_texts() == facts
    page.get_by_role("button", name="Đóng", exact=True).click()
    page.locator("dialog").wait_for(state="detached")
    before = rows.evaluate_all("rows => rows.map(row => row.querySelector('th').textContent)")
    page.get_by_role("button", name="Mục tiêu", exact=True).click()
    groups = page.locator("#status-board tbody").evaluate_all(
        "all => all.map(body => [...body.rows].slice(1).map(row => row.cells[4].dataset.sort))"
    )
    days = [day for group in groups for day in group]
    assert len(groups) == 3 and groups == [sorted(group) for group in groups] and days != sorted(days)
    page.locator("#status-board input[type=search]").fill("kinh te so")
    shown = [row for row in rows.all() if row.is_visible()]
    heads = [row for row in page.locator("#status-board .r57-group").all() if row.is_visible()]
    assert len(shown) == 1 and len(heads) == 1 and "Kinh tế số" in shown[0].inner_text()
    page.locator("#status-board input[type=search]").fill("")
    assert sorted(before) == sorted(rows.evaluate_all("rows => rows.map(row => row.querySelector('th').textContent)"))


LOOKS = """marks => marks.map(mark => {
    const {opacity, strokeWidth} = getComputedStyle(mark);
    return {chosen: mark.matches('.r57-chosen'), opacity, stroke: strokeWidth};
})"""


def test_a_mark_is_linked_to_its_rows_and_to_other_charts(opened: Open) -> None:
    page = opened("task_completion.en")
    bar = page.locator("#on-time-rates .r57-stage svg .mark-symbol path").first
    bar.click()
    rows = page.locator("tr.r57-picked")
    facts = set(" ".join(rows.evaluate_all("rows => rows.map(row => row.dataset.facts)")).split())
    assert rows.count() > 2 and "F001" in facts | {"F001"}
    assert page.locator("#task-status tr.r57-picked").count() == 1
    assert page.locator("#agencies-behind .r57-chosen").count() == 0
    assert page.locator("#task-status .r57-stage .mark-rect path.r57-chosen").count() > 0
    looks = page.locator("#task-status .r57-stage .mark-rect path").evaluate_all(LOOKS)
    assert {mark["opacity"] for mark in looks} == {"1"}, "nothing is dimmed"
    assert {mark["stroke"] for mark in looks if mark["chosen"]} == {"3px"}
    assert "3px" not in {mark["stroke"] for mark in looks if not mark["chosen"]}
    assert re.search(r"Rows with these facts: \d+; charts: \d+", page.locator("#r57-linked").inner_text())
    page.keyboard.press("Escape")
    assert page.locator(".r57-picked, .r57-chosen").count() == 0


def test_a_row_is_linked_to_its_marks_and_a_second_click_clears(opened: Open) -> None:
    page = opened("task_completion.vi")
    cell = page.locator("#task-status tbody tr").first.locator("td").first
    cell.click()
    assert page.locator(".r57-chosen").count() > 0
    top = page.evaluate("scrollY")
    cell.click()
    assert page.locator(".r57-chosen").count() == 0 and page.evaluate("scrollY") == top


def test_the_link_works_by_keyboard(opened: Open) -> None:
    page = opened("task_completion.en")
    rows = page.locator("#published-counts tbody tr")
    assert [row.get_attribute("tabindex") for row in rows.all()[:3]] == ["0", "-1", "-1"]
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert rows.nth(1).get_attribute("aria-selected") == "true"
    assert rows.nth(1).locator("td").first.get_attribute("data-marked") == "marked:"
    assert rows.nth(1).get_attribute("data-facts") == page.evaluate("document.activeElement.dataset.facts")
    page.keyboard.press("Space")
    assert page.locator("[aria-selected], [data-marked]").count() == 0
    page.locator("#task-status tr[data-facts~=F001] .r57-fact-button").first.press("Enter")
    page.get_by_role("button", name="Show in charts and tables").press("Enter")
    assert page.locator("tr.r57-picked").count() > 0


READ = """section => {
    const marks = [...section.querySelectorAll('.r57-stage [tabindex]')];
    const reach = marks.filter(mark => mark.tabIndex === 0);
    return {marks: marks.map(mark => mark.getAttribute('aria-label')), reach: reach.length};
}"""


@pytest.mark.parametrize("name", ["task_completion", "digital_adoption", "enterprise_commitments", "overview"])
def test_every_mark_is_reached_by_keyboard_and_says_what_it_is(opened: Open, name: str) -> None:
    """A stop of the tab key for each chart, and a name for each mark."""
    page = opened(f"{name}.vi")
    charts = [each for each in page.locator(".r57-section").all() if each.locator(".r57-stage").count()]
    told = [each.evaluate(READ) for each in charts]
    assert len(told) > 0 or name == "overview"
    for chart in told:
        assert chart["reach"] == 1 and all(chart["marks"]), chart
    assert page.locator(".r57-chart[role=img] [tabindex], [aria-hidden=true] [tabindex]").count() == 0


def test_arrows_go_from_mark_to_mark_as_one_reads_and_enter_picks(opened: Open) -> None:
    page = opened("task_completion.en")
    stop = page.locator("#task-status .r57-stage [tabindex='0']")
    stop.focus()
    names, places = [], []
    for key in ("", "ArrowRight", "ArrowDown", "ArrowRight"):
        if key:
            page.keyboard.press(key)
        names.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        places.append(page.evaluate("(({x, y}) => [Math.round(y), x])(document.activeElement.getBoundingClientRect())"))
    assert len(set(names)) == 4 and places == sorted(places)
    assert page.locator("#vg-tooltip-element.visible, .vg-tooltip.visible").count() == 1
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == names[0]
    page.keyboard.press("Enter")
    bar = page.locator(".r57-linked")
    assert "Rows with these facts: " in bar.inner_text()
    bar.get_by_role("button", name="Go to the first row").click()
    focused = page.evaluate("""() => {
        const row = document.activeElement, box = row.getBoundingClientRect();
        const seen = box.top > 0 && box.bottom < innerHeight;
        return [row.matches('tr.r57-picked'), row === document.querySelector('.r57-picked'), seen];
    }""")
    assert focused == [True, True, True]
    bar.get_by_role("button", name="Clear").click()
    assert page.locator(".r57-picked, .r57-linked").count() == 0


COLOURS: list[dict[str, Any]] = [
    {"forced_colors": "active"}, {"forced_colors": "active", "color_scheme": "dark"}, {"contrast": "more"},
]  # fmt: skip


@pytest.mark.parametrize("name", ["index", "overview.vi", "task_completion.vi", "digital_adoption.en"])
def test_no_serious_finding_in_the_colours_of_a_reader(browser: Any, reports: Path, name: str) -> None:
    """A page in the colours of one reader after the other: they are of its style sheet alone."""
    context = browser.new_context(offline=True, viewport=DESK)
    page = context.new_page()
    page.goto((reports / "2025-12" / f"{name}.html").as_uri())
    page.wait_for_selector("html[data-charts=drawn]")
    for looks in COLOURS:
        page.emulate_media(**{"forced_colors": "none", "color_scheme": "light", "contrast": "no-preference"} | looks)
        assert serious(page) == [], looks
    context.close()


def test_a_click_beside_everything_clears_and_another_row_replaces(opened: Open) -> None:
    page = opened("task_completion.en")
    rows, told = page.locator("#published-counts tbody tr"), page.locator("#r57-linked")
    for row in (rows.nth(0), rows.nth(1)):
        row.locator("td").first.click()
        assert page.locator("#published-counts tr.r57-picked").count() == 1
        assert "r57-picked" in row.get_attribute("class")
    page.locator("#published-counts .r57-question").click()
    assert page.locator("tr.r57-picked").count() == 0
    assert told.inner_text() == "Nothing is marked." and page.locator(".r57-hidden > #r57-linked").count() == 1


def test_a_line_belongs_to_all_its_points(opened: Open) -> None:
    page = opened("digital_adoption.en")
    page.locator("#gii-rank tbody tr").last.locator("td").first.click()
    assert page.locator("#gii-rank .mark-line path.r57-chosen").count() == 1
    assert page.locator("#gii-rank .mark-symbol path.r57-chosen").count() == 1
    assert page.locator("#egdi-rank .r57-chosen").count() == 0
    page.set_viewport_size({"width": 600, "height": 900})
    page.wait_for_timeout(300)
    assert page.locator("#gii-rank .mark-symbol path.r57-chosen").count() == 1, "a chart drawn wider keeps its marks"


def test_the_pointer_tells_what_is_linked(opened: Open) -> None:
    page = opened("task_completion.en")
    chart = page.locator("#agencies-behind .r57-chart")
    chart.locator(".mark-rect path").first.hover()
    assert "r57-over" in chart.get_attribute("class")
    chart.locator("svg.marks").hover(position={"x": 500, "y": 3})
    assert "r57-over" not in chart.get_attribute("class")


@pytest.mark.parametrize("language", LANGUAGES)
def test_periods_sort_by_their_days(opened: Open, language: str) -> None:
    section = opened(f"task_completion.{language}").locator("#published-counts")
    section.locator("thead button").nth(1).click()
    days = section.locator("tbody td:nth-child(2)").evaluate_all("cells => cells.map(cell => cell.dataset.sort)")
    assert days == sorted(days) and len(set(days)) > 3 and all(days)


def test_values_sort_by_their_size_whatever_their_qualifier(opened: Open) -> None:
    section = opened("digital_adoption.vi").locator("#five-g-coverage")
    section.locator("thead button").nth(2).click()
    numbers = [float(re.sub(r"[^\d,]", "", text).replace(",", ".")) for text in column(section, 3)]
    assert numbers == sorted(numbers) and len(numbers) > 3


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
    texts = " ".join(" ".join(ElementTree.fromstring(drawing).itertext()).split())
    assert "var(" not in drawing
    assert set(finding.split()) <= set(texts.split()) and re.search(r"Sources?:|Nguồn:", texts)
    data = files["PNG"].read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert data.startswith(b"\x89PNG") and width == 1280 and height > 200


# --- under a policy without inline scripts and eval ---------------------------------------------------------------


def long_figure(language: Language) -> Figure:
    """A table of 300 rows."""
    words = open_view(language=language).words
    names = [f"Điện Biên {number}" if number % 3 else f"Đà Nẵng {number}" for number in range(300)]
    columns = replace(texts(names), heading="Tỉnh"), replace(counts(words, range(300)), heading="Số")
    return Figure("long", "Long", "?", "Long", "", columns, (), (), words)


def strict_page(language: Language, kind: str) -> str:
    """The figures of one notebook and one on an axis of time, as a live page holds them: scripts by address alone."""
    view = open_view(month="2025-12", language=language)
    made = [make(view) for name, (notebook, make) in FIGURES.items()
            if notebook == "task_completion" or name == "five_g_coverage"]  # fmt: skip
    parts = [each.html(still=False) for each in [*made, long_figure(language)] if isinstance(each, Figure)]
    scripts = "".join(f'<script src="/{name}"></script>' for name in ("vega.js", *SCRIPTS))
    return f"""<!DOCTYPE html><html lang="{language}" data-page="{kind}" data-month="2025-12">
<head><meta charset="utf-8"><title>Strict</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"></head>
<body><main id="main"><h1>Strict</h1>{"".join(parts)}</main>
<script type="application/json" id="r57-locale">{script_json(NUMBER_LOCALES[language])}</script>
<script type="application/json" id="r57-words">{script_json(page_words(view.words))}</script>{scripts}</body></html>"""


def strict_files() -> dict[str, tuple[str, str]]:
    pages = {f"/{kind}.{language}": ("text/html", strict_page(language, kind))
             for kind in ("report", "live") for language in LANGUAGES}  # fmt: skip
    own = {f"/{name}": (files("r57lib") / "page" / "static" / name).read_text(encoding="utf-8") for name in SCRIPTS}
    own["/vega.js"] = kept_bundle(ROOT / "reports" / ".cache")
    scripts = {path: ("text/javascript", text) for path, text in own.items()}
    return {**pages, **scripts, "/page.css": ("text/css", stylesheet())}


@pytest.fixture(scope="module")
def strict_server() -> Iterator[str]:
    found = strict_files()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, text = found.get(self.path, ("text/plain", ""))
            self.send_response(200 if self.path in found else 404)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments: object) -> None:
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def strict(browser: Any, strict_server: str, wrong: list[str]) -> Iterator[Open]:
    """Opens the page of figures; what its policy stops is an error on the console."""
    context = browser.new_context(accept_downloads=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda asked: None if asked.url.startswith((strict_server, "blob:", "data:")) else wrong.append(asked.url),
    )

    def go(name: str) -> Any:
        page.goto(f"{strict_server}/{name}")
        if name.startswith("report"):
            page.wait_for_selector("html[data-charts=drawn]")
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        return page

    yield go
    context.close()
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_are_drawn_under_the_policy(strict: Open, language: str) -> None:
    page = strict(f"report.{language}")
    assert page.locator(".r57-chart").count() == page.locator(".r57-chart.r57-live svg.marks").count() > 4
    labels = page.locator("#five-g-coverage .role-axis-label text").all_text_contents()
    assert any(re.fullmatch(r"(\d\d/)?\d\d/?\d{0,4}", text) for text in labels), "labels are expressions"
    assert "100%" in page.locator("#on-time-rates").inner_text()


MARKS = """() => [...document.querySelectorAll('.r57-section:has(svg.marks)')].map(each => {
    const round = text => text.replace(/-?[0-9]+[.][0-9]+/g, number => Number(number).toFixed(2));
    return [each.id, round(each.querySelector('svg.marks > g').innerHTML)];
})"""


def test_a_page_is_drawn_as_a_dashboard_is(opened: Open, strict: Open) -> None:
    """The one compiled when it was made, by the small Vega; the other in the browser, by the whole."""
    report, live = dict(opened("task_completion.vi").evaluate(MARKS)), dict(strict("report.vi").evaluate(MARKS))
    both = report.keys() & live.keys()
    assert len(both) > 3
    for name in both:
        assert report[name] == live[name], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_tool_works_under_the_policy(strict: Open, language: str, tmp_path: Path) -> None:
    page = strict(f"report.{language}")
    for form in ("PNG", "SVG"):
        with page.expect_download() as waiting:
            page.locator("#five-g-coverage").get_by_role("button", name=form).click()
        waiting.value.save_as(tmp_path / form)
    assert (tmp_path / "PNG").read_bytes().startswith(b"\x89PNG")
    assert ElementTree.parse(tmp_path / "SVG").getroot().tag.endswith("svg")
    page.locator("#task-status tbody td").first.click()
    assert page.locator("#task-status .r57-chosen").count() > 0
    page.locator("#task-status .r57-fact-button").nth(1).click()
    assert page.locator("dialog[open] blockquote").count() == 5


def test_a_search_in_a_long_table_is_prompt(strict: Open) -> None:
    page = strict("report.vi")
    milliseconds = page.evaluate(
        """() => {
            const box = document.querySelector('#long input[type=search]');
            const times = ['d', 'da', 'da n', 'da nang 2', ''].map(text => {
                const start = performance.now();
                box.value = text;
                box.dispatchEvent(new Event('input'));
                return performance.now() - start;
            });
            return times.sort((a, b) => a - b)[2];
        }"""
    )
    assert milliseconds < 30


SWAP = """async () => {
    const main = document.getElementById('main');
    const fresh = new DOMParser().parseFromString(await (await fetch(location)).text(), 'text/html');
    main.innerHTML = fresh.getElementById('main').innerHTML;
    main.querySelectorAll('details').forEach(each => each.open = true);
    await window.r57.enliven(main);
}"""
COUNT = """() => {
    const embed = window.vegaEmbed;
    window.made = window.ended = 0;
    window.vegaEmbed = (...all) => embed(...all).then(drawn => {
        const finalize = drawn.finalize;
        window.made += 1;
        drawn.finalize = () => { window.ended += 1; finalize.call(drawn); };
        return drawn;
    });
}"""


def test_a_live_page_starts_and_swaps_by_itself(strict: Open) -> None:
    """Nothing begins alone; old drawings end; what was picked stays picked; the words are read anew."""
    page = strict("live.en")
    assert page.locator("html[data-charts]").count() == page.locator(".r57-stage").count() == 0
    page.evaluate(COUNT)
    page.evaluate("() => window.r57.enliven(document)")
    charts = page.locator(".r57-chart").count()
    page.locator("#task-status tbody td").first.click()
    told, marked = page.locator("#r57-linked").inner_text(), page.locator(".r57-chosen").count()
    for _ in range(2):
        page.evaluate(SWAP)
    assert page.evaluate("[window.made, window.ended]") == [3 * charts, 2 * charts]
    assert page.locator(".r57-chosen").count() == marked > 0
    assert page.locator("#r57-linked").inner_text() == told
    for selector in (
        ".r57-stage",
        "#task-status thead button",
        "#long input",
        "#five-g-coverage .r57-figure .r57-tool",
    ):
        once = {".r57-stage": charts, "#task-status thead button": 10, "#long input": 1}.get(selector, 2)
        assert page.locator(selector).count() == once, selector
    page.evaluate(
        """() => {
            const words = {...window.r57.json('r57-words'), 'tool.unlinked': 'Đã bỏ đánh dấu.'};
            document.getElementById('r57-words').textContent = JSON.stringify(words);
        }"""
    )
    page.keyboard.press("Escape")
    assert page.locator("#r57-linked").inner_text() == "Đã bỏ đánh dấu."


def test_a_live_table_asks_for_the_rows_on_screen(strict: Open) -> None:
    page = strict("live.vi")
    page.evaluate("() => window.r57.enliven(document)")
    page.evaluate(
        "document.addEventListener('r57-download', event => { window.asked = [event.target.id, event.detail]; })"
    )
    section = page.locator("#long")
    section.locator("input").fill("da nang 27")
    for _ in range(2):
        section.locator("thead button").nth(1).click()
    section.locator("button[data-format=xlsx]").click()
    assert page.evaluate("window.asked") == [
        "long",
        {"figure": "long", "format": "xlsx", "rows": [279, 276, 273, 270, 27]},
    ]
    assert strict("report.vi").locator("button[data-format=csv]").first.is_visible() is False
