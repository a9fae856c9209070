"""The order of a document's blocks: pages that a chart leaves half empty are foreseen, and not met one by one."""

from __future__ import annotations

from r57lib.report.documents.blocks import Block, Contents, Exhibit, Heading, Picture
from r57lib.report.documents.paging import Paper, height, pages_of


def chart(high: float) -> Exhibit:
    """One that takes so many millimetres, its caption among them."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="155" height="{high - 10.6}">'
    made = Exhibit((Picture(svg, "a chart", "Caption"),))
    assert abs(height(made) - high) < 0.2
    return made


def test_what_comes_later_decides_what_stands_before_it() -> None:
    """After 50 mm the second of two charts of 120 would leave 82 mm of a page empty, after 110 only 22."""
    first: list[tuple[Block, ...]] = [(chart(50),), (chart(110),)]
    later: list[list[tuple[Block, ...]]] = [[(chart(120),)], [(chart(120),)]]
    assert list(Paper().best([first, *later])) == [first[1], later[0][0], later[1][0]]
    assert list(Paper().best([first, later[0]])) == [first[0], later[0][0]], "else the better order"


def test_a_signature_does_not_stand_alone_on_a_page() -> None:
    orders: list[tuple[Block, ...]] = [(chart(120), chart(90)), (chart(120), chart(80))]
    assert list(Paper().best([orders])) == [orders[1]]


def test_the_contents_name_the_page_on_which_a_heading_stands_with_its_chart() -> None:
    heads = [Heading(1, "First"), Heading(1, "Second"), Heading(1, "Tables")]
    body: list[Block] = [Contents("Contents", 10), heads[0], chart(120), heads[1], chart(120)]
    assert [page for _, page in pages_of((), body, (heads[2], chart(120)))] == [2, 3, 4]
