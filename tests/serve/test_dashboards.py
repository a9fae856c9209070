"""The dashboards in a real Chromium with the network off, as their readers meet them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from r57lib.ingest.lines import take_lines
from r57lib.ingest.samples import write_lines
from r57lib.page.columns import NUMBERS
from r57lib.view.words import LANGUAGES
from tests.axe import serious
from tests.measures.test_usage import provinces
from tests.report.test_pages import SETTLED
from tests.serving import PAGES, Server, Wire, project, serving

CONTROLS = {
    "overview": ("teasers", "month", "against"),
    "task_completion": ("instrument", "month", "against"),
    "enterprise_commitments": ("enterprise", "evidence_level", "teasers", "month"),
    "digital_adoption": ("indicator", "level", "month", "against"),
    "province_profile": ("province", "month"),
    "agenda": ("teasers", "month"),
    "data_quality": ("teasers", "month"),
}
CUT = """() => {
  const row = document.querySelector(".r57-controls").clientWidth;
  const cut = [...document.querySelectorAll(".r57-control select:not([hidden])")].filter((select) => {
    const wide = select.offsetWidth;
    select.style.cssText = "width:max-content;max-width:none";
    const needed = select.offsetWidth;
    select.style.cssText = "";
    return wide < Math.min(needed, row);
  });
  const said = document.querySelector(".r57-progress");
  return [...cut.map((select) => select.name), ...(said.scrollWidth > said.clientWidth ? ["status"] : [])];
}"""
LOOKS = [(390, "dark"), (1440, "light")]
IN_TURN = list(zip(PAGES, LANGUAGES * len(PAGES), strict=False))
"""Each page in one language."""


class Reader:
    """A reader with a browser, who notes what goes wrong and what is asked for outside."""

    def __init__(self, page: Any, server: Server) -> None:
        self.page, self.server = page, server
        self.wrong: list[str] = []
        page.on("console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: (self.wrong.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: self._check(request.url))

    def _check(self, url: str) -> None:
        if not url.startswith((self.server.url, self.server.url.replace("http", "ws"), "data:", "blob:")):
            self.wrong.append(f"outside: {url}")

    def open(self, name: str, query: str = "") -> None:
        self.page.goto(f"{self.server.url}/voila/render/{name}.ipynb{query}", wait_until="commit")
        self.page.wait_for_selector("html[data-live=asleep]", timeout=60_000)
        self.page.wait_for_selector("html[data-charts=drawn]", timeout=60_000)

    def looks(self, width: int, scheme: str) -> None:
        """Another window, its charts drawn anew for it."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)
        self.page.wait_for_function(SETTLED)

    def choose(self, name: str, value: str) -> None:
        answered = int(self.page.locator("html").get_attribute("data-round"))
        self.page.select_option(f"select[name={name}]", value)
        self.page.wait_for_selector(f"html[data-round='{answered + 1}']", timeout=60_000)
        self.page.wait_for_selector("html[data-charts=drawn]", timeout=60_000)

    def step(self, way: str) -> None:
        answered = int(self.page.locator("html").get_attribute("data-round"))
        getattr(self.page, way)()
        self.page.wait_for_selector(f"html[data-round='{answered + 1}']", timeout=60_000)
        self.page.wait_for_selector("html[data-charts=drawn]", timeout=60_000)

    def values(self, name: str) -> list[str]:
        options = self.page.locator(f"select[name={name}] option")
        return list(options.evaluate_all("all => all.map(each => each.value)"))

    def undrawn(self) -> list[str]:
        """Figures whose chart was not drawn."""
        sections = self.page.locator(".r57-section:has(.r57-chart):not(:has(.r57-chart.r57-live svg))")
        return list(sections.evaluate_all("all => all.map(each => each.id)"))


@contextmanager
def reading(browser: Any, server: Server, *, width: int = 1440, scheme: str = "light", **more: Any) -> Iterator[Reader]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True, bypass_csp=False, **more
    )
    try:
        yield Reader(context.new_page(), server)
    finally:
        context.close()


@pytest.fixture(scope="module")
def tabs(browser: Any) -> Iterator[Any]:
    """The browser of one who reads page after page: its scripts are fetched and compiled once."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


@pytest.fixture(scope="module", params=PAGES)
def visit(request: pytest.FixtureRequest, tabs: Any, server: Server) -> Iterator[Visit]:
    """A page in Vietnamese and in English, each loaded once: looked at, then switched, then used."""
    vietnamese, english = (Reader(tabs.new_page(), server) for _ in LANGUAGES)
    yield Visit(request.param, vietnamese, english)
    vietnamese.page.close(), english.page.close()


class Visit(NamedTuple):
    name: str
    vietnamese: Reader
    english: Reader


def test_every_page_opens_with_its_charts_drawn(visit: Visit) -> None:
    visit.vietnamese.open(visit.name)
    visit.english.open(visit.name, "?language=en")
    for reader, language in ((visit.vietnamese, "vi"), (visit.english, "en")):
        assert reader.page.locator("html").get_attribute("lang") == language
        assert reader.page.locator("h1").count() == 1
        assert reader.undrawn() == []
        assert reader.page.locator(".r57-as-of").inner_text().strip()
        assert reader.wrong == []


def test_pages_are_accessible_and_fit(visit: Visit) -> None:
    """On a phone and on a desk; axe looks at one page on a phone in the dark, at the next on a desk in the light."""
    asked = LOOKS[PAGES.index(visit.name) % 2]
    for (width, scheme), reader in zip(LOOKS, (visit.vietnamese, visit.english), strict=True):
        reader.looks(width, scheme)
        assert (width, scheme) != asked or serious(reader.page) == []
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
        reader.looks(1440, "light")


def test_the_language_switches(visit: Visit) -> None:
    vietnamese, switched = visit.vietnamese, visit.english
    english = switched.page.locator("main").inner_text()
    switched.page.select_option("select[name=language]", "vi")
    switched.page.wait_for_selector("html[lang=vi][data-charts=drawn][data-live=asleep]")
    assert switched.page.locator("html").get_attribute("lang") == "vi"
    assert parts(switched) == parts(vietnamese)
    for place in ("title", ".r57-nav", ".r57-controls", ".r57-as-of", "footer"):
        texts = [reader.page.locator(place).first.text_content() for reader in (switched, vietnamese)]
        assert squeezed(texts[0]) == squeezed(texts[1]), place
    assert english != switched.page.locator("main").inner_text()
    assert "?" not in switched.page.url
    assert vietnamese.wrong + switched.wrong == []


def test_each_control_changes_the_page_and_its_address(visit: Visit) -> None:
    """And the address opens the same page again; on one page Back undoes one after the other."""
    reader = visit.vietnamese
    first, seen = parts(reader), list[tuple[dict[str, str], str]]()
    for control in CONTROLS[visit.name]:
        seen.append((parts(reader), reader.page.url))
        value = reader.values(control)[2 if control == "month" else 1]
        reader.choose(control, value)
        assert re.search(rf"[?&]{control}=", reader.page.url)
        assert reader.undrawn() == []
    shown, address = parts(reader), reader.page.url
    assert shown != first
    undone = seen if visit.name == "province_profile" else []  # the same script and kernel answer on every page
    for before in reversed(undone):
        reader.step("go_back")
        assert (parts(reader), reader.page.url) == before
    for _ in undone:
        reader.step("go_forward")
    assert (parts(reader), reader.page.url) == (shown, address)
    reader.page.goto(address)
    reader.page.wait_for_selector("html[data-live=asleep]")
    reader.page.wait_for_selector("html[data-charts=drawn]")
    assert parts(reader) == shown
    assert reader.page.url == address
    reader.page.click(".r57-reset")
    reader.page.wait_for_selector("html[data-live=asleep]")
    assert "?" not in reader.page.url
    assert reader.wrong == []


PARTS = """all => all.map(section => {
    const texts = [...section.querySelectorAll('h2, .r57-title, .r57-subtitle')].map(each => each.innerText);
    const cells = [...section.querySelectorAll('tbody td')].map(each => each.textContent);
    return [section.id, [...texts, ...cells].join(' ')];
})"""


def parts(reader: Reader) -> dict[str, str]:
    """The titles and tables of a page, without what scripts add."""
    return dict(reader.page.locator(".r57-section").evaluate_all(PARTS))


def squeezed(text: str | None) -> str:
    return " ".join((text or "").split())


def test_a_wrong_value_of_a_link_is_refused_with_a_notice(browser: Any, server: Server) -> None:
    with reading(browser, server) as reader:
        reader.open("task_completion", "?language=en&month=2031-01&instrument=nothing")
        notice = reader.page.locator("#r57-notices").inner_text()
        assert "Month “2031-01”" in notice and "Set of tasks “nothing”" in notice
        assert "2031" not in reader.page.url and "language=en" in reader.page.url


def test_the_controls_work_by_keyboard_and_keep_the_focus(browser: Any, server: Server) -> None:
    with reading(browser, server) as reader:
        reader.open("task_completion")
        month = reader.page.get_by_label("Tháng", exact=True)
        month.focus()
        top = month.bounding_box()["y"]
        reader.page.keyboard.press("ArrowDown")
        reader.page.wait_for_selector("html[data-round='1']")
        assert reader.page.evaluate("document.activeElement.name") == "month"
        assert abs(month.bounding_box()["y"] - top) < 2, "a changed filter never moves the page"
        assert "month=" in reader.page.url


def test_the_link_of_what_is_chosen_is_copied(browser: Any, server: Server) -> None:
    with reading(browser, server, permissions=["clipboard-read"]) as reader:
        reader.open("task_completion", "?month=2025-09&language=en")
        button = reader.page.locator(".r57-copy")
        button.click()
        assert button.inner_text() == "Copied"
        assert reader.page.evaluate("navigator.clipboard.readText()") == reader.page.url


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_home_is_accessible_and_fits(browser: Any, server: Server, width: int, scheme: str) -> None:
    with reading(browser, server, width=width, scheme=scheme) as reader:
        reader.page.goto(server.url)
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width
        assert serious(reader.page) == []


@pytest.mark.parametrize("times", [1, 4])
def test_a_script_that_is_lost_costs_no_chart(browser: Any, server: Server, times: int) -> None:
    """It is asked for again; where it stays away, the page comes again under its address, ready-made."""
    lost: list[str] = []

    def cut(route: Any) -> None:
        if route.request.resource_type == "fetch":
            return route.abort()
        if len(lost) < times:
            lost.append(route.request.url)
            return route.abort()
        return route.continue_()

    with reading(browser, server) as reader:
        reader.page.route("**/vega.js", cut)
        reader.open("task_completion")
        month = reader.values("month")[2]
        reader.page.select_option("select[name=month]", month)
        reader.page.wait_for_selector(f"html[data-month='{month}']", timeout=60_000)
        reader.page.wait_for_selector(".r57-chart.r57-live >> nth=2", timeout=60_000)
        reader.page.wait_for_selector(".r57-chart:not(.r57-live)", state="detached", timeout=60_000)
        assert lost and f"month={month}" in reader.page.url


FETCHED = """() => performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/vega.js"))
    .map(({ initiatorType, transferSize }) => `${initiatorType} ${transferSize > 0 ? "sent" : "kept"}`).join()"""
SAVES = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("", "fetch sent", "fetch sent,script kept"),
        ("window.requestIdleCallback = undefined", "fetch sent", "fetch sent,script kept"),
        (SAVES, "", "script sent"),
    ],
    ids=["idle", "without a word of idleness", "saving data"],
)
def test_what_a_change_draws_with_is_there_before_it(
    browser: Any, server: Server, kind: str, before: str, after: str
) -> None:
    """The whole Vega is fetched when the page is drawn and nothing else to do, and run once a control is touched."""
    with reading(browser, server) as reader:
        reader.page.add_init_script(kind)
        reader.open("task_completion")
        reader.page.wait_for_function(f"before => ({FETCHED})() === before", arg=before)
        assert reader.page.locator("script[src$='/vega.js']").count() == 0
        reader.choose("month", reader.values("month")[2])
        assert reader.page.evaluate(FETCHED) == after
        assert reader.undrawn() == reader.wrong == []


def test_home_leads_to_every_page(browser: Any, server: Server) -> None:
    with reading(browser, server) as reader:
        for language in LANGUAGES:
            reader.page.goto(f"{server.url}/?language={language}")
            links = reader.page.locator(".r57-card a")
            assert links.count() == len(PAGES)
            for index in range(len(PAGES)):
                assert reader.page.locator(".r57-card").nth(index).locator("p").first.inner_text()
            links.first.click()
            reader.page.wait_for_selector("html[data-live=asleep]")
            assert reader.page.locator("html").get_attribute("lang") == language
            reader.page.click(".r57-nav a >> nth=0")
            reader.page.wait_for_selector("html[data-page=home]")
            assert reader.page.locator("html").get_attribute("lang") == language
        assert reader.wrong == []


def test_home_finds_what_stands_on_its_pages_and_their_units(browser: Any, server: Server) -> None:
    with reading(browser, server) as reader:
        reader.page.goto(f"{server.url}/?language=en")
        search = reader.page.locator(".r57-search")
        search.locator("input").fill("hanoi")
        assert "province=01" in str(search.locator("a").first.get_attribute("href"))
        search.locator("input").fill("overdue tasks weigh")
        search.locator("a").first.click()
        reader.page.wait_for_selector("html[data-live=asleep]")
        assert reader.page.url.endswith("task_completion.ipynb?language=en#overdue-burden")
        assert reader.wrong == []


# --- downloads -------------------------------------------------------------------------------------------------------


CELLS = """rows => rows.map(row =>
    [...row.querySelectorAll('td')].map(cell => [cell.innerText, cell.getAttribute('data-sort')]))"""


def on_screen(section: Any) -> pd.DataFrame:
    """The table of a figure as its reader sees it: text and sort key of each cell of the visible rows."""
    heads = [squeezed(text) for text in section.locator("thead th").all_inner_texts()]
    rows = section.locator("tbody tr:visible").evaluate_all(CELLS)
    return pd.DataFrame([[(squeezed(text), key) for text, key in row] for row in rows], columns=heads)


@pytest.mark.parametrize("language", LANGUAGES)
def test_downloads_are_the_rows_on_screen(browser: Any, server: Server, language: Any, tmp_path: Path) -> None:
    with reading(browser, server) as reader:
        reader.open("enterprise_commitments", f"?language={language}")
        section = reader.page.locator("#commitment-register")
        if not section.locator("table").is_visible():
            section.locator("details:has(table) > summary").click()
        section.locator("input[type=search]").fill("viettel")
        section.locator("thead th button").nth(1).click()
        shown = on_screen(section)
        assert 1 < len(shown) < 11
        kinds = [head.get_attribute("data-kind") for head in section.locator("thead th").all()]
        for form, read in (("csv", from_csv), ("xlsx", from_xlsx)):
            with reader.page.expect_download() as waiting:
                section.locator(f"[data-format={form}]").click()
            file = tmp_path / waiting.value.suggested_filename
            waiting.value.save_as(file)
            assert re.fullmatch(rf"commitment-register\.\d{{4}}-\d\d\.{language}\.{form}", file.name)
            found = read(file, language)
            visible = section.locator("tbody tr:visible").evaluate_all("rows => rows.map(row => row.dataset.facts)")
            rests = [set(facts.split()) for facts in visible]
            assert [set(re.split(r"[\s,;]+", cell)) for cell in found.iloc[:, -1]] == rests
            assert kinds[-1] == "facts", "behind its button stands what the file has as numbers"
            for name, kind in list(zip(shown, kinds, strict=True))[:-1]:
                for cell, (text, key) in zip(found[name], shown[name], strict=True):
                    if kind in NUMBERS and key:
                        assert float(cell) == pytest.approx(float(key), rel=1e-11)
                    else:
                        years = re.findall(r"\b\d{4}\b", text)  # a workbook holds a year as a number
                        assert cell in (text, key or "", text.replace("–", ""), *years), (name, cell, text)
        reader.choose("month", reader.values("month")[1])
        assert section.locator("input[type=search]").input_value() == "viettel", "and a filter keeps what is typed"
        after = on_screen(section)
        assert {text for text, _ in after.iloc[:, 0]} == {shown.iloc[0, 0][0]}
        assert section.locator("thead th").nth(1).get_attribute("aria-sort") == "ascending", "and by what is sorted"
        texts = [list(dict.fromkeys(text for text, _ in each.iloc[:, 1])) for each in (shown, after)]
        both = [[text for text in each if text in set(texts[0]) & set(texts[1])] for each in texts]
        assert both[0] == both[1] and len(both[0]) > 1
        section.locator("thead th button").nth(1).click()
        reader.choose("month", reader.values("month")[0])
        assert section.locator("thead th").nth(1).get_attribute("aria-sort") == "descending"
        assert reader.wrong == []


def from_csv(file: Path, language: Any) -> pd.DataFrame:
    """The cells of a CSV as a spreadsheet of the language splits it."""
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    marks = {"sep": ";", "decimal": ","} if language == "vi" else {}
    table = pd.read_csv(io.BytesIO(data), keep_default_na=False, dtype="str", **marks)
    return table.map(lambda cell: squeezed(cell.replace(",", ".") if NUMBER.fullmatch(cell) else cell))


NUMBER = re.compile(r"-?\d+,\d+")


def from_xlsx(file: Path, language: Any) -> pd.DataFrame:
    """The cells of a workbook; days as ISO days, whole numbers such as a year without decimals."""
    del language
    head, *rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    return pd.DataFrame(
        [[squeezed(str(cell).removesuffix(".0")) for cell in row] for row in rows],
        columns=[squeezed(each) for each in head],
    )


def test_charts_download_as_pictures(browser: Any, server: Server, tmp_path: Path) -> None:
    with reading(browser, server) as reader:
        reader.open("task_completion")
        section = reader.page.locator("#task-status")
        for label, sign in (("PNG", b"\x89PNG"), ("SVG", b"<svg")):
            with reader.page.expect_download() as waiting:
                section.get_by_role("button", name=label).click()
            file = tmp_path / waiting.value.suggested_filename
            waiting.value.save_as(file)
            assert file.read_bytes().startswith(sign)
        assert reader.wrong == []


# --- when it breaks --------------------------------------------------------------------------------------------------


def test_a_kernel_that_dies_is_not_missed(browser: Any, server: Server) -> None:
    with reading(browser, server) as reader:
        before = {kernel.pid for kernel in server.kernels()}
        reader.open("overview", "?teasers=out")
        assert {kernel.pid for kernel in server.kernels()} <= before, "a page is read without one"
        reader.choose("month", reader.values("month")[2])
        (kernel,) = [each for each in server.kernels() if each.pid not in before]
        kernel.kill()
        reader.page.wait_for_selector("html[data-live=asleep]", timeout=60_000)
        assert reader.page.locator("#r57-notices").inner_text() == ""
        reader.choose("month", reader.values("month")[1])
        assert "teasers=out" in reader.page.url
        assert reader.wrong == []


def test_a_change_that_cannot_be_made_is_taken_back_and_made_again_on_request(browser: Any, server: Server) -> None:
    with reading(browser, server) as reader:
        reader.open("task_completion")
        first, month = parts(reader), reader.values("month")[2]
        reader.page.context.set_offline(True)
        reader.page.select_option("select[name=month]", month)
        again = reader.page.get_by_role("button", name="Thử lại")
        again.wait_for()
        assert reader.page.locator("select[name=month]").input_value() != month and parts(reader) == first
        assert "?" not in reader.page.url and reader.page.locator("html[data-busy]").count() == 0
        again.click()
        again.wait_for()
        reader.page.context.set_offline(False)  # who is connected again need not ask
        reader.page.wait_for_selector("html[data-round='1']")
        assert f"month={month}" in reader.page.url and parts(reader) != first
        assert reader.page.locator("#r57-notices").inner_text() == ""


@pytest.fixture
def wire(server: Server) -> Iterator[Wire]:
    running = Wire(server)
    yield running
    running.cut()


LONG = [("cut", 1), ("cut", 10), ("cut", 60), ("stall", 1), ("stall", 60)]
LEFT = """table => [table.open, table.querySelector("[aria-sort]")?.textContent,
    table.querySelector("[aria-sort]")?.getAttribute("aria-sort"), table.querySelector("input").value]"""
"""What a reader has opened, sorted and searched for."""
OUTAGES = [("cut", 3), *(pytest.param(*each, marks=pytest.mark.soak) for each in LONG)]


@pytest.mark.parametrize(("outage", "seconds"), OUTAGES)
def test_a_page_outlives_an_outage(browser: Any, wire: Wire, outage: str, seconds: int) -> None:
    """Changed before, during and after it: what is chosen stays chosen; beyond the page's patience, by one click."""
    with reading(browser, wire) as reader:
        page = reader.page
        reader.open("task_completion")
        months = reader.values("month")
        reader.choose("month", months[2])
        table = page.locator(".r57-data:has(input[type=search])").first
        table.locator("summary").click()
        table.locator("th button").first.click()
        table.locator("input[type=search]").fill("Bộ")
        before = table.evaluate(LEFT)
        getattr(wire, outage)()
        page.select_option("select[name=instrument]", "71/NQ-CP:2025-04-01")
        page.wait_for_timeout(1000 * seconds)
        wire.mend()
        if seconds > 30:
            page.get_by_role("button", name="Thử lại").click()
        wanted = "select[name=instrument] option[value='71/NQ-CP:2025-04-01']:checked"
        page.wait_for_selector(f"html[data-live=ready]:not([data-busy]):has({wanted})", timeout=60_000)
        assert f"month={months[2]}" in page.url and "instrument=71" in page.url
        assert page.locator("#r57-notices").inner_text() == ""
        assert page.locator("select[name=month]").input_value() == months[2]
        assert table.evaluate(LEFT) == before and before[0] and before[2:] == ["ascending", "Bộ"]
        reader.choose("month", months[1])
        assert f"month={months[1]}" in page.url and "instrument=71" in page.url


@pytest.mark.soak
def test_a_page_that_slept_with_its_laptop_goes_on(browser: Any, wire: Wire) -> None:
    """Its line is dead, and no word of it came: what is chosen or asked for next comes all the same."""
    with reading(browser, wire) as reader:
        reader.open("task_completion")
        reader.choose("month", reader.values("month")[2])
        told = reader.page.context.new_cdp_session(reader.page)
        told.send("Page.setWebLifecycleState", {"state": "frozen"})
        wire.stall()
        wire.mend()
        told.send("Page.setWebLifecycleState", {"state": "active"})
        page = reader.page
        page.locator(".r57-data summary").first.click()
        with page.expect_download(timeout=60_000) as got:
            page.locator("[data-format=csv]:visible").first.click()
        assert got.value.suggested_filename.endswith(".csv")
        reader.choose("instrument", "71/NQ-CP:2025-04-01")
        assert reader.values("month")[2] in page.url and "instrument=71" in page.url


def test_the_page_reads_in_print(browser: Any, server: Server) -> None:
    with reading(browser, server) as reader:
        reader.open("task_completion")
        reader.page.emulate_media(media="print")
        assert not reader.page.locator(".r57-controls").is_visible()
        assert reader.page.locator(".r57-as-of").is_visible()
        assert reader.page.locator("#task-status").is_visible()


# --- text from data --------------------------------------------------------------------------------------------------

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "<svg/onload=alert(3)>",
    "</script><script>alert(4)</script>",
    "javascript:alert(5)",
    '"><b onmouseover=alert(6)>',
    "'-alert(7)-'",
    "{{7*7}}",
    "${alert(8)}",
    "<!--<script>alert(9)",
    "</style><script>alert(10)</script>",
    "<iframe srcdoc='<script>alert(11)</script>'>",
    "&lt;script&gt;alert(12)&lt;/script&gt;",
    "<a href=javascript:alert(13)>x</a>",
    "<math><mi//xlink:href='data:x,<script>alert(14)</script>'>",
    "\\u003cscript\\u003e",
    "<body onload=alert(15)>",
    "<input autofocus onfocus=alert(16)>",
    "<details open ontoggle=alert(17)>",
    "]]><script>alert(18)",
    "<object data=javascript:alert(19)>",
    "<embed src=javascript:alert(20)>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh>",
    "<link rel=stylesheet href=//evil.example>",
    "<form action=//evil.example>",
    "<template><script>alert(21)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(22)>'>",
    "<xmp><script>alert(23)</script>",
    "datum.x=alert(24)",
)


@pytest.fixture(scope="module")
def fuller(registered: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with what only some have: a register of tasks, and transactions by commune."""
    folder = tmp_path_factory.mktemp("fuller")
    root = project(folder / "project", "agency_scorecard", "digital_adoption", data=registered)
    lines = write_lines(folder / "set", provinces(), 4000, first=date(2026, 1, 12), last=date(2026, 1, 16), communes=99)
    take_lines(lines, root / "data", [code for code, _ in provinces()])
    with serving(folder, root=root) as running:
        yield running


def test_a_scorecard_is_there_with_a_register_and_follows_the_agency(browser: Any, fuller: Server) -> None:
    with reading(browser, fuller, width=390) as reader:
        reader.open("agency_scorecard", "?month=2025-10&language=en")
        assert reader.page.locator("#scorecard-rank").count() == 0, "all agencies have no place among themselves"
        reader.page.locator(".r57-bar > summary").click()
        reader.choose("lead_agency", "MOST")
        assert "lead_agency=MOST" in reader.page.url and reader.undrawn() == []
        assert "Ministry of Science and Technology" in reader.page.locator("#scorecard-rank .r57-title").inner_text()
        rows = reader.page.locator("#scorecard-overdue tbody tr").count()
        reader.choose("lead_agency", "province:48")
        assert "no rate and no place" in reader.page.locator("#scorecard-rank .r57-title").inner_text()
        assert rows != reader.page.locator("#scorecard-overdue tbody tr").count()
        assert reader.page.locator(".r57-made-up").count() > 3
        assert serious(reader.page) == []
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert reader.page.evaluate(CUT) == [], "what is chosen is read whole, and so is what the page is doing"
        assert reader.page.locator(".r57-copy").bounding_box()["height"] >= 24
        assert reader.wrong == []


def test_one_commune_of_many_is_found_by_what_is_typed(browser: Any, fuller: Server) -> None:
    with reading(browser, fuller, width=390) as reader:
        reader.open("digital_adoption")
        reader.page.locator(".r57-bar > summary").click()
        box, offered = reader.page.get_by_role("combobox", name="Xã, phường"), reader.page.locator(".r57-offered li")
        title = reader.page.locator("#usage-by-commune .r57-title")
        every = title.inner_text()
        box.press_sequentially("ha noi 9000")
        assert offered.first.inner_text() == "90001 (Hà Nội)" and offered.count() > 3
        assert serious(reader.page) == []
        box.press("ArrowDown"), box.press("ArrowDown"), box.press("Enter")
        reader.page.wait_for_selector("html[data-round='1']")
        reader.page.wait_for_function(SETTLED)
        assert "commune=90002" in reader.page.url and "90002 (Hà Nội)" in title.inner_text()
        assert box.input_value() == "90002 (Hà Nội)" and not offered.first.is_visible()
        box.fill("90003")
        offered.first.click()
        reader.page.wait_for_selector("html[data-round='2']")
        assert "90003" in title.inner_text() and reader.undrawn() == []
        box.fill("what is none")
        assert offered.all_inner_texts() == ["Không có kết quả phù hợp"]
        reader.page.locator("h1").click()
        assert box.input_value() == "90003 (Hà Nội)", "what was typed and not chosen goes"
        reader.step("go_back")
        assert box.input_value() == "90002 (Hà Nội)" and "90002" in title.inner_text()
        box.fill("")
        box.press("Enter")
        reader.page.wait_for_selector("html[data-round='4']")
        assert "commune" not in reader.page.url and title.inner_text() == every
        reader.open("digital_adoption", "?commune=90005&language=en")
        assert reader.page.locator(".r57-bar > summary").inner_text().endswith("90005 (Cao Bang)")
        assert "90005" in title.inner_text() and reader.page.locator("#usage-by-commune .r57-synthetic").count() == 1
        assert reader.wrong == []


def test_no_text_of_the_data_runs(browser: Any, tmp_path: Path) -> None:
    """Each text column carries attacks; braces stand doubled in labels, which are filled in.

    Every page is opened; on one in each language the parts are swapped, too, as on all of them by one script.
    """
    root = project(tmp_path, *PAGES)
    spoil(root)
    with serving(tmp_path, root=root, wait=True) as running, reading(browser, running) as reader:
        for name, language in IN_TURN:
            reader.open(name, f"?language={language}")
            if name in PAGES[:2]:
                reader.choose("month", reader.values("month")[1])
            reader.page.locator("details").evaluate_all("all => all.forEach(each => each.open = true)")
            assert "alert(" in reader.page.locator("main").inner_text()
        reader.page.goto(running.url)
        assert "alert(" in reader.page.locator("main").inner_text()
        assert [wrong for wrong in reader.wrong if "dialog" in wrong or "outside" in wrong] == []
        assert reader.wrong == []


def spoil(root: Path) -> None:
    """Put the attacks into every text that a page can show, one after the other."""
    texts = {
        "labels": ("en", "vi"), "sources": ("title", "publisher"), "statements": ("note",), "observations": ("note",),
        "commitments": ("note",), "targets": ("note",), "task_snapshots": ("note",), "proposals": ("note",),
    }  # fmt: skip
    number = 0
    for table, columns in texts.items():
        file = root / "data" / f"{table}.csv"
        rows = pd.read_csv(file, dtype="str", keep_default_na=False)
        for column in columns:
            for index in rows.index:
                attack = PAYLOADS[number % len(PAYLOADS)]
                number += 1
                safe = attack.replace("{", "{{").replace("}", "}}") if table == "labels" else attack
                rows.loc[index, column] = f"{rows.loc[index, column]} {safe}".strip()
        rows.to_csv(file, index=False, lineterminator="\n")
