"""The published pages in a real Chromium with the network off."""

from __future__ import annotations

import json
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.axe import serious
from tests.ours import MONTHLY

DECEMBER = [f"{name}.{language}.html" for name in MONTHLY for language in ("vi", "en")]
DECEMBER += ["index.html", "index.en.html"]
LOOKED_AT = {*DECEMBER[::4], *DECEMBER[3::4]}
"""What axe looks at: each page once, in one language and one scheme."""
SEPTEMBER = ["task_completion.vi.html", "index.en.html"]

CUT_TEXTS = """() => [...document.querySelectorAll('.r57-stage svg.marks')].flatMap(svg => {
    const box = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')].filter(text => {
        const own = text.getBoundingClientRect();
        return own.width > 0 && (own.left < box.left - 1 || own.right > box.right + 1);
    }).map(text => text.textContent);
})"""
"""The texts of charts that reach beyond their chart."""


MEETING = """() => [...document.querySelectorAll('.r57-stage svg.marks')].flatMap(svg => {
    const lines = [...svg.querySelectorAll('text')].filter(text => getComputedStyle(text).opacity !== '0').flatMap(
        text => text.querySelector('tspan') ? [...text.querySelectorAll('tspan')] : [text]);
    const boxes = new Map(lines.filter(line => line.textContent.trim()).map(line => {
        const {left, right, top, bottom} = line.getBoundingClientRect();
        return [`${line.textContent} ${Math.round(left)} ${Math.round(top)}`, {left, right, top, bottom}];
    }));
    const texts = [...boxes];
    return texts.flatMap(([one, a], at) => texts.slice(at + 1).filter(([, b]) =>
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3 &&
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 5
    ).map(([other]) => `${one} | ${other}`));
})"""
"""The texts of charts that meet; a rim lies under its own text and counts as one with it."""


SETTLED = """() => [...document.querySelectorAll('.r57-stage')].every(stage => {
    const svg = stage.querySelector('svg.marks');
    return svg && Math.abs(svg.getBoundingClientRect().width - stage.getBoundingClientRect().width) < 2;
})"""
"""Whether each chart is as wide as its place: after the window has changed, it is drawn anew a little later."""


HEIGHTS = {
    "overview": (4000, 2200),
    "task_completion": (5000, 3000),
    "digital_adoption": (5500, 3200),
    "enterprise_commitments": (6000, 3200),
    "data_quality": (2800, 2400),
}
"""How high a page of January in Vietnamese may be, on a phone and on a desk, before a reader has opened anything."""


class Loaded:
    """A page that was loaded with the network off, and what went wrong with it."""

    def __init__(self, browser: Any, path: Path, **looks: Any) -> None:
        self.name, self.outside, self.complaints = path.name, list[str](), list[str]()
        self.context = browser.new_context(offline=True, **looks)
        page = self.page = self.context.new_page()
        page.on("request", lambda r: self._check(r.url))
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(path.as_uri())
        if page.locator(".r57-chart").count():
            page.wait_for_selector("html[data-charts=drawn]", timeout=30_000)

    def _check(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.outside.append(url)

    def widen(self) -> None:
        """From a phone to a desk."""
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.page.wait_for_function(SETTLED)

    def is_whole(self) -> None:
        """Everything is there, and nothing was asked for."""
        page = self.page
        assert self.outside == []
        assert self.complaints == []
        charts = page.locator(".r57-chart")
        assert page.locator(".r57-chart.r57-live svg.marks").count() == charts.count()
        for number in range(charts.count()):
            drawn = charts.nth(number).locator("svg.marks path[d], svg.marks text").count()
            assert drawn > 3, f"chart {number} is empty"
            assert charts.nth(number).get_attribute("aria-label")
        assert page.locator("html").get_attribute("lang") == ("en" if ".en." in self.name else "vi")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.fixture(scope="module", params=DECEMBER)
def phone(request: pytest.FixtureRequest, browser: Any, reports: Path) -> Iterator[Loaded]:
    """A page of December on a phone, loaded once for all who look at it; the last of them widens it."""
    scheme = "dark" if ".en." in request.param else "light"
    path = reports / "2025-12" / request.param
    loaded = Loaded(browser, path, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    yield loaded
    loaded.context.close()


def test_a_phone_shows_the_brief_first_and_the_menu_on_demand(phone: Loaded) -> None:
    page, menu = phone.page, phone.page.locator(".r57-nav summary")
    assert menu.bounding_box()["height"] >= 48 and page.locator(".r57-nav").bounding_box()["height"] < 60
    lines = page.locator(".r57-brief li").all()
    if lines:
        assert lines[0].bounding_box()["y"] < 300
        end = lines[-1].bounding_box()
        assert end["y"] + end["height"] <= 844
    links = page.locator(".r57-nav li a")
    assert not links.first.is_visible()
    menu.click()
    assert all(link.is_visible() and link.bounding_box()["height"] >= 44 for link in links.all())
    menu.click()
    assert not links.first.is_visible()


@pytest.fixture(scope="module")
def desk(request: pytest.FixtureRequest, browser: Any, january: Path, reports: Path) -> Iterator[Loaded]:
    """A page in Vietnamese on a desk, loaded once for all who look at it; the last of them narrows it."""
    month, name = request.param
    folder = january if month == "2026-01" else reports
    viewport = {"width": 1440, "height": 900}
    loaded = Loaded(browser, folder / month / f"{name}.vi.html", viewport=viewport)
    yield loaded
    loaded.context.close()


BLANKS = """() => {
    const parts = [...document.querySelectorAll('#main > *')].filter(part => part.offsetHeight);
    const boxes = parts.map(part => part.getBoundingClientRect());
    const middle = innerWidth / 2;
    const blanks = ['left', 'right'].map(side => {
        let end = boxes[0].top;
        const own = boxes.filter(box => side === 'left' ? box.left < middle : box.right > middle);
        return Math.max(...[...own, {top: Math.max(...boxes.map(box => box.bottom))}].map(box => {
            const blank = box.top - end;
            end = box.bottom;
            return blank;
        }));
    });
    const above = boxes.filter((box, at) => at && box.top < boxes[at - 1].top);
    return {blank: Math.max(...blanks), beside: boxes.filter(box => box.left > middle).length, above: above.length};
}"""
"""The highest blank of the two columns, how many parts stand in the right one, how many above the part before."""


LEVEL = [
    ("2026-01", name) for name in ("task_completion", "digital_adoption", "enterprise_commitments", "data_quality")
]
LEVEL += [("2026-01", "agenda"), ("2025-12", "enterprise_commitments.viettel")]


@pytest.mark.parametrize("desk", LEVEL, indirect=True, ids="-".join)
def test_no_high_blank_stands_beside_a_figure(desk: Loaded) -> None:
    found = desk.page.evaluate(BLANKS)
    buttons = desk.page.locator(".r57-fact-button:visible").evaluate_all("all => all.map(each => each.offsetHeight)")
    assert found["above"] == 0 and found["beside"] > 1 and found["blank"] <= 300
    assert max(buttons, default=0) < 32, "a word of a button stands in one line"


@pytest.mark.parametrize("desk", [("2026-01", name) for name in HEIGHTS], indirect=True, ids="-".join)
def test_a_page_is_no_higher_than_can_be_read(desk: Loaded) -> None:
    page, most = desk.page, HEIGHTS[desk.name.partition(".")[0]]
    for width, limit in ((1440, most[1]), (390, most[0]), (320, None)):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(SETTLED)
        assert limit is None or page.evaluate("document.documentElement.scrollHeight") <= limit, width
    assert page.evaluate(CUT_TEXTS) == [] and page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate(MEETING) == [], "nothing is cut on the narrowest phone, and no text meets another"


OVER = """cells => cells.filter(cell => cell.clientWidth && cell.scrollWidth > cell.clientWidth + 1)
    .map(cell => cell.textContent)"""
"""The cells whose words reach beyond them."""


def test_the_overview_after_a_deadline_is_read_at_once(browser: Any, january: Path) -> None:
    """January 2026, when five targets have fallen due: brief, board and what is new stand on two screens and a half."""
    looks = {"viewport": {"width": 1440, "height": 900}}
    loaded = Loaded(browser, january / "2026-01" / "overview.vi.html", **looks)
    page = loaded.page
    page.wait_for_selector("html[data-charts=drawn]")
    assert page.locator("#status-board").bounding_box()["height"] <= 900
    parts = page.locator("main :is(.r57-brief, .r57-section, .r57-contents)")
    assert parts.evaluate_all("all => all.map(each => each.id || each.className)") == [
        "r57-brief", "r57-contents", "status-board", "changes", "disagreements",
        "what-changed", "new-entries", "next-steps",
    ]  # fmt: skip
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator(".r57-brief li").last.evaluate("each => each.getBoundingClientRect().bottom") <= 844
    page.set_viewport_size({"width": 320, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.add_style_tag(content="html{font-size:200%}")
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.locator("#status-board :is(td, th)").evaluate_all(OVER) == [], "text of twice the size"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    loaded.context.close()
    assert loaded.complaints == []


def test_method_and_long_tables_are_folded_and_each_row_has_its_source(phone: Loaded) -> None:
    if phone.name != "task_completion.vi.html":
        return
    page = phone.page
    section = page.locator("#on-time-rates")
    assert "Wilson" in section.locator("details.r57-method").text_content()
    assert not section.locator("details.r57-method .r57-note").first.is_visible()
    page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    source = section.locator("tbody tr td:last-child button").first
    assert source.text_content() == "Nguồn"
    source.click()
    assert page.locator("dialog blockquote").count() >= 1
    page.keyboard.press("Escape")
    narrow = page.evaluate(
        """() => [...document.querySelectorAll('.r57-data td:not(.n)')].filter(cell => {
            const box = cell.getBoundingClientRect();
            return box.width && box.width < 200 && box.height > 30 && !cell.matches('.r57-cite');
        }).map(cell => cell.textContent)"""
    )
    assert narrow == []
    assert page.locator(".r57-contents a").count() == page.locator(".r57-section[id] h2").count() > 5


def test_no_serious_accessibility_finding(phone: Loaded) -> None:
    """Axe looks at one page in Vietnamese and in the light, at the next in English and in the dark."""
    phone.page.evaluate("document.querySelectorAll('main details').forEach(each => each.open = true)")
    assert phone.page.evaluate(SETTLED)
    assert phone.name not in LOOKED_AT or serious(phone.page) == []
    assert phone.page.evaluate(CUT_TEXTS) == []
    assert not phone.page.evaluate("document.documentElement.scrollWidth > window.innerWidth")


def test_every_chart_has_its_table_and_source(phone: Loaded) -> None:
    for figure in phone.page.locator(".r57-section:has(.r57-chart)").all():
        assert figure.locator(".r57-data > summary").is_visible()
        assert figure.locator("tbody tr").count() > 0
        facts = figure.get_attribute("data-facts")
        assert figure.locator(".r57-sources span").count() > 0 or not facts


def test_every_fact_of_a_page_has_its_source(phone: Loaded) -> None:
    facts, missing = phone.page.evaluate(
        """() => {
            const asked = [...document.querySelectorAll('[data-facts]')].flatMap(each => {
                const data = each.closest('section, .r57-headlines').querySelector('.r57-facts-data');
                const known = data ? JSON.parse(data.textContent) : {};
                return each.dataset.facts.split(' ').filter(id => id).map(id => [id, id in known]);
            });
            return [asked.length, asked.filter(([, known]) => !known).map(([id]) => id)];
        }"""
    )
    assert missing == [] and (facts > 0 or phone.name.startswith("index."))


def test_page_is_whole_offline(phone: Loaded) -> None:
    phone.widen()
    assert phone.page.locator(".r57-nav li a").first.is_visible()
    assert not phone.page.locator(".r57-nav summary").is_visible()
    phone.is_whole()
    if phone.name == "task_completion.en.html":
        texts = phone.page.locator("#on-time-rates svg.marks text").all_text_contents()
        assert {"67.15%", "61.79%", "27.39%"} <= set(texts), "a live chart says the numbers of its table"
    if phone.name == "task_completion.vi.html":
        axis = phone.page.locator("#on-time-rates svg.marks text").all_text_contents()
        assert "100%" in axis
        assert json.loads(phone.page.locator("#r57-locale").text_content())["decimal"] == ","


@pytest.mark.parametrize("name", SEPTEMBER)
def test_page_of_an_earlier_month_is_whole_offline(reports: Path, browser: Any, name: str) -> None:
    loaded = Loaded(browser, reports / "2025-09" / name, viewport={"width": 1440, "height": 900})
    loaded.is_whole()
    loaded.context.close()


def test_page_shows_pictures_without_scripts(reports: Path, browser: Any) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((reports / "2025-12/task_completion.vi.html").as_uri())
    assert page.locator(".r57-chart > svg").count() == page.locator(".r57-chart").count() > 3
    context.close()


def test_a_browser_that_cannot_unpack_draws_all_the_same(reports: Path, browser: Any) -> None:
    """Those before 2023."""
    context = browser.new_context(offline=True)
    context.add_init_script("delete window.DecompressionStream")
    page = context.new_page()
    page.goto((reports / "2025-12/task_completion.vi.html").as_uri())
    page.wait_for_selector("html[data-charts=drawn]")
    assert page.evaluate("'DecompressionStream' in window") is False
    assert page.locator(".r57-live svg.marks").count() == page.locator(".r57-chart").count() > 3
    context.close()


def test_pages_weigh_what_a_mail_may(reports: Path, january: Path) -> None:
    """No figure of ours asks for the whole Vega, and a page without charts carries none."""
    months = [reports / "2025-12", reports / "2025-09", january / "2026-01"]
    pages = {path: path.read_text(encoding="utf-8") for month in months for path in month.glob("*.html")}
    weights = {path: path.stat().st_size / 1000 for path in pages}
    assert statistics.median(weights.values()) < 300, weights
    assert max(weights.values()) < 600, weights
    assert sum(weights[path] for path in pages if path.parent == months[0]) < 30 * 300
    drawing = {path for path, text in pages.items() if 'class="r57-chart"' in text}
    assert drawing == {path for path, text in pages.items() if 'id="r57-vega"' in text} < pages.keys()
    assert not [path for path, text in pages.items() if 'data-vega="whole"' in text]


def test_links_between_pages_lead_somewhere(reports: Path) -> None:
    for path in (reports / "2025-12").glob("*.html"):
        links = re.findall(r'href="([^"#:]+\.html)"', path.read_text(encoding="utf-8"))
        assert links
        assert [link for link in links if not (path.parent / link).is_file()] == []


def test_a_page_of_a_place_bears_its_name_and_leads_to_its_neighbours(reports: Path) -> None:
    """Two enterprises and two provinces: each page names its own, and the other of its row."""
    pairs = (("enterprise_commitments", "viettel", "fpt_university"), ("province_profile", "24", "11"))
    for stem, first, last in pairs:
        for own, other, rel in ((first, last, "next"), (last, first, "prev")):
            text = (reports / "2025-12" / f"{stem}.{own}.en.html").read_text(encoding="utf-8")
            name = {"viettel": "Viettel", "fpt_university": "FPT University", "24": "Bac Ninh", "11": "Dien Bien"}[own]
            assert name in re.findall(r"<h1>(.*?)</h1>", text)[0].partition(" – ")[2]
            (units,) = re.findall(r'<nav class="r57-units".*?</nav>', text, flags=re.S)
            assert re.findall(r'href="([^"]+)" rel="(\w+)"', units) == [(f"{stem}.{other}.en.html", rel)]
    whole = (reports / "2025-12" / "enterprise_commitments.en.html").read_text(encoding="utf-8")
    assert '<nav class="r57-units"' not in whole and "<h1>Enterprise commitments</h1>" in whole
