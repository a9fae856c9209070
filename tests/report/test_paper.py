"""The published pages on paper: A4 upright, as Chromium prints them."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from tests.paper import written
from tests.report.conftest import JANUARY

PAPER = 680  # CSS px between the margins of A4
PRINTED = [("2026-01", f"{name}.vi") for name in JANUARY]
PRINTED += [("2025-12", f"{name}.en") for name in JANUARY] + [("2025-12", "index"), ("2025-09", "overview.vi")]

SHEETS = {"overview": 4, "task_completion": 6, "digital_adoption": 10, "enterprise_commitments": 9, "data_quality": 12}
"""How many sheets a page of January in Vietnamese may take."""

TABLES = """() => [...document.querySelectorAll('#main :not(.r57-said) > .r57-scroll > table')].map(table => {
    const said = cell => cell.checkVisibility() ? cell.innerText : '';
    const reach = cell => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return Math.max(cell.getBoundingClientRect().right, range.getBoundingClientRect().right);
    };
    const rows = [...table.rows].map(row => [...row.cells]);
    return {
        name: table.closest('.r57-section, .r57-matrix').id || table.caption || '',
        heads: rows[0].map(said),
        rows: rows.slice(1).map(row => row.filter(cell => !cell.matches('.r57-cite, .r57-none')).map(said)),
        hidden: rows.flat().filter(cell => !cell.checkVisibility() && !cell.matches('.r57-none')).length,
        reach: Math.max(...rows.flat().map(reach)),
    };
})"""
"""Each table as paper shows it: its words, and how far to the right it reaches; not what its finding lists already."""


class Printed:
    """A page, printed and as it is laid out for print."""

    def __init__(self, browser: Any, path: Path, scheme: str = "light") -> None:
        self.month, self.name = path.parent.name, path.stem
        self.context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.page.goto(path.as_uri())
        if self.page.locator(".r57-chart").count():
            self.page.wait_for_selector("html[data-charts=drawn]", timeout=30_000)

    @cached_property
    def pdf(self) -> list[tuple[str, float]]:
        """Its sheets, A4 upright: the text of each without blanks and its number, and how far down it is written on."""
        sheets = list(PdfReader(io.BytesIO(self.page.pdf(format="A4", prefer_css_page_size=True))).pages)
        sizes = {(round(float(each.mediabox.width)), round(float(each.mediabox.height))) for each in sheets}
        assert sizes == {(595, 842)}
        found = []
        for place, sheet in enumerate(sheets, 1):
            said, lows = written(sheet)
            text, number = packed(said), f"{place}/{len(sheets)}"
            assert text.startswith(number)
            found.append((text.removeprefix(number), max(each for each in lows if each < _MARGIN)))
        return found

    @property
    def sheets(self) -> list[str]:
        return [text for text, _ in self.pdf]

    def lay_out(self) -> None:
        """As on a sheet, on the screen."""
        self.page.set_viewport_size({"width": PAPER, "height": 960})
        self.page.emulate_media(media="print")
        self.page.evaluate("dispatchEvent(new Event('beforeprint'))")


_MARGIN = 1 - 45 / 842
"""Where the last line of a sheet may stand."""


@pytest.fixture
def printed(browser: Any, january: Path, reports: Path) -> Iterator[Any]:
    opened: list[Printed] = []

    def load(month: str, name: str, scheme: str = "light") -> Printed:
        folder = january if month == "2026-01" else reports
        opened.append(Printed(browser, folder / month / f"{name}.html", scheme))
        return opened[-1]

    yield load
    for each in opened:
        each.context.close()


@pytest.fixture(scope="module")
def paper(request: pytest.FixtureRequest, browser: Any, january: Path, reports: Path) -> Iterator[Printed]:
    """A page that is loaded and printed once for all who look at it, and then laid out."""
    month, name = request.param
    page = Printed(browser, (january if month == "2026-01" else reports) / month / f"{name}.html")
    assert page.sheets
    page.lay_out()
    yield page
    page.context.close()


def packed(text: str) -> str:
    """Without blanks and the dots that a sheet sets between two texts."""
    return re.sub(r"[\s·]", "", unicodedata.normalize("NFKC", text))


EVERY = pytest.mark.parametrize("paper", PRINTED, indirect=True, ids="-".join)


@EVERY
def test_no_column_is_lost_on_paper(paper: Printed) -> None:
    """Each heading and each cell stands on a sheet, each row whole, on a sheet that has the headings too."""
    sheets, tables = paper.sheets, paper.page.evaluate(TABLES)
    assert paper.name == "index" or sum(len(table["rows"]) for table in tables) > 10
    for table in tables:
        assert table["hidden"] == 0 and table["reach"] <= PAPER + 0.5, table["name"]
        heads = packed("".join(table["heads"]))
        torn = [row for row in table["rows"] if not any(packed("".join(row)) in s and heads in s for s in sheets)]
        assert torn == [], table["name"]


@EVERY
def test_nothing_stands_alone_on_paper(paper: Printed) -> None:
    """No finding closes a sheet, what was folded is open, and there is nothing to press."""
    sheets, page = paper.sheets, paper.page
    heads = page.locator("#main :is(h2, .r57-head, .r57-title, .r57-subtitle, thead):visible").all_inner_texts()
    assert [head for head in heads if any(sheet.endswith(packed(head)) for sheet in sheets if packed(head))] == []
    assert [head for head in heads if not any(packed(head) in sheet for sheet in sheets)] == []
    assert page.locator("#main :is(button:not(.r57-sort), input, select):visible").count() == 0
    assert page.evaluate("[...document.querySelectorAll('#main details')].every(each => each.open)")
    assert len(sheets[0]) > 600


@pytest.mark.parametrize(
    "paper", [*PRINTED, ("2025-09", "province_profile.vi"), ("2025-09", "agenda.en")], indirect=True, ids="-".join
)
def test_no_sheet_but_the_last_is_half_empty(paper: Printed) -> None:
    """A tall chart does not leave a sheet empty before it, and the last sheet has more than the line of who made it."""
    filled, last = [share for _, share in paper.pdf], paper.sheets[-1]
    assert [share for share in filled[:-1] if share < 0.5] == [] and len(last) > 200
    if paper.month == "2026-01" and (most := SHEETS.get(paper.name.partition(".")[0])):
        assert len(filled) <= most


def test_names_that_a_finding_lists_are_not_printed_again(printed: Any) -> None:
    page = printed("2025-12", "province_profile.en")
    places = sum(sheet.count("AnGiang") for sheet in page.sheets)
    assert places == 4, "in the list, on the map of units, and in its table twice"


def test_a_sheet_says_the_document_of_each_row(printed: Any) -> None:
    """The numbers of a row are those of the documents that hold its facts; each document stands once, in full."""
    page = printed("2026-01", "task_completion.vi")
    page.lay_out()
    lines = page.page.locator(".r57-documents li:not(.r57-made)").all_inner_texts()
    assert len(lines) == len(set(lines)) > 10
    assert "OP-ED: Vietnam accelerates digital overhaul with Resolution 57 momentum" in " ".join(lines)
    cited = page.page.locator("#main [data-codes]").evaluate_all(
        """all => all.map(each => [
            each.dataset.codes, each.dataset.documents, getComputedStyle(each, '::after').content
        ])"""
    )
    assert len(cited) > 30
    for codes, documents, shown in cited:
        assert documents in shown
        numbers = [int(n) for part in documents.split(", ") for n in part.split("–")]
        listed = [
            n for part in documents.split(", ") for n in range(int(part.split("–")[0]), int(part.split("–")[-1]) + 1)
        ]
        assert sorted(set(listed)) == listed and set(numbers) <= set(listed)
        found = {
            code: [n for n, line in enumerate(lines, 1) if code in re.split(r"[\s,]+", line)]
            for code in codes.split(", ")
        }
        assert all(len(where) == 1 for where in found.values())
        assert sorted({n for where in found.values() for n in where}) == listed
    page.page.evaluate("dispatchEvent(new Event('afterprint'))")


WIDER = """() => {
    const table = document.querySelector('#published-counts table');
    for (let number = 0; number < 12; number++) for (const row of table.rows) {
        const cell = row.cells[3].cloneNode(true);
        cell.className = '';
        if (row.parentElement.tagName === 'THEAD') cell.textContent = `Another heading ${number}`;
        else [cell.textContent, cell.dataset.label] = [`${1234567 + number}`, `Another heading ${number}`];
        row.cells[3].after(cell);
    }
    return table.rows.length - 1;
}"""
"""A table of more columns than a sheet can hold side by side."""


def test_a_table_wider_than_a_sheet_is_broken_into_labelled_blocks(printed: Any) -> None:
    page = printed("2025-12", "task_completion.en")
    rows = page.page.evaluate(WIDER)
    sheets = page.sheets
    for number in range(12):
        block = packed(f"Another heading {number} {1234567 + number}")
        assert rows == sum(sheet.count(block) for sheet in sheets) > 10
    page.lay_out()
    cells = page.page.locator("#published-counts td:visible")
    assert max(cells.evaluate_all("all => all.map(each => each.getBoundingClientRect().right)")) <= PAPER


def test_charts_are_as_wide_as_the_sheet_and_light(printed: Any) -> None:
    """Also from a dark screen; afterwards a chart is as wide as it was."""
    page = printed("2026-01", "task_completion.vi", "dark")
    wide = "all => all.map(each => Math.round(each.getBoundingClientRect().width))"
    charts, ink = page.page.locator(".r57-stage svg.marks"), "getComputedStyle(document.body).color"
    before, dark = charts.evaluate_all(wide), page.page.evaluate(ink)
    page.lay_out()
    assert len(before) > 2 and set(charts.evaluate_all(wide)) == {640} != set(before)
    assert page.page.evaluate(ink) == "rgb(27, 27, 27)" != dark
    page.page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.page.emulate_media(media="screen")
    page.page.set_viewport_size({"width": 1280, "height": 900})
    assert charts.evaluate_all(wide) == before
    assert page.page.locator("#main details[open]").count() < page.page.locator("#main details").count()
