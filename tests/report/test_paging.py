"""The order of a document's blocks: pages that a chart leaves half empty are foreseen, and not met one by one."""

from __future__ import annotations

import docx
import pytest

from r57lib.report.documents.blocks import Bullets, Contents, Exhibit, Heading, Picture, Style, Text
from r57lib.report.documents.paging import HIGH, Measured, Paper, pages_of
from r57lib.report.documents.typesetting import heights
from r57lib.report.documents.word import TEMPLATE
from r57lib.view.view import open_view
from tests.conftest import DATA

END = 40.0


def chart(high: float) -> tuple[Exhibit, float]:
    """One that takes so many millimetres."""
    return Exhibit((Picture("<svg/>", "a chart", f"Caption {high}"),)), high


def test_what_comes_later_decides_what_stands_before_it() -> None:
    """After 50 mm the second of two charts of 120 would leave 86 mm of a page empty, after 110 only 26."""
    first: list[Measured] = [[chart(50)], [chart(110)]]
    later: list[list[Measured]] = [[[chart(120)]], [[chart(120)]]]
    assert list(Paper().best([first, *later], END)) == [first[1], later[0][0], later[1][0]]
    assert list(Paper().best([first, later[0]], END)) == [first[0], later[0][0]], "else the better order"


def test_a_signature_does_not_stand_alone_on_a_page() -> None:
    orders: list[Measured] = [[chart(130), chart(HIGH - 130 - END + 1)], [chart(120), chart(80)]]
    assert list(Paper().best([orders], END)) == [orders[1]]


def test_the_contents_name_the_page_on_which_a_heading_stands_with_its_chart() -> None:
    heads = [Heading(1, text) for text in ("Summary", "First", "Second", "Tables")]
    body: Measured = [(Contents("Contents", 10), 80), (heads[1], 9), chart(120), (heads[2], 9), chart(120)]
    found = pages_of((heads[0], Text("lead", "Words.")), body, (heads[3], Text("lead", "Words.")))
    assert found == [*zip(heads, (1, 2, 3, 4), strict=True)]


@pytest.mark.parametrize(("high", "page", "left"), [(100.0, 2, 196.2), (400.0, 3, 136.2), (1e4, 12, 256.2)])
def test_a_list_goes_on_from_page_to_page_by_its_items(high: float, page: int, left: float) -> None:
    """Also one of which a single item is higher than a page."""
    paper = Paper()
    paper.put([(chart(200)[0], 200), (Heading(1, "List"), 9), (Bullets(("Words.",) * 10), high)])
    assert (paper.page, round(paper.left, 1)) == (page, left)


@pytest.fixture(scope="module")
def front() -> dict[str, str]:
    labels = open_view(language="en", data=DATA).words.labels.items()
    return {key.removeprefix("document.front."): text for key, text in labels if "ment.front." in key}


STYLES: tuple[Style, ...] = ("lead", "finding", "measure", "note", "source")


def test_what_is_measured_is_what_word_sets(front: dict[str, str]) -> None:
    """One measure is right for both: a line, and a line more, take as much in the styles of the template."""
    template = docx.Document(str(TEMPLATE))
    few, many = "Words of a text.", "Words of a text. " * 40
    texts = [Text(style, text) for style in STYLES for text in (few, many)]
    blocks = [*texts, Bullets((few,)), Bullets((few, few)), Heading(1, few), Heading(2, few)]
    *found, end = heights(blocks, "en", front)
    names = [f"R57 {style.capitalize()}" for style in STYLES]
    looks = {name: template.styles[name] for name in (*names, "List Bullet", "Heading 1", "Heading 2")}
    line, more = {}, {}
    for name, style in looks.items():
        form, size = style.paragraph_format, (style.font.size or template.styles["Normal"].font.size).mm
        line[name] = 1.149 * size * (form.line_spacing or template.styles["Normal"].paragraph_format.line_spacing)
        more[name] = line[name] + form.space_after.mm + (form.space_before.mm if form.space_before else 0)
    for name, one, lines in zip(names, found[0:10:2], found[1:10:2], strict=True):
        count = round((lines - one) / line[name])
        assert one == pytest.approx(more[name], abs=0.3), name
        assert count > 4 and (lines - one) / count == pytest.approx(line[name], rel=0.02), name
    assert found[11] - found[10] == pytest.approx(more["List Bullet"], abs=0.2)
    assert found[12:14] == pytest.approx([more["Heading 1"], more["Heading 2"]], abs=0.2)
    assert 30 < end < 50


def test_the_contents_take_a_line_for_each_heading(front: dict[str, str]) -> None:
    *high, _ = heights([Contents("Contents", 1), Contents("Contents", 11)], "en", front)
    assert high[1] - high[0] == pytest.approx(72.5, abs=0.5)
