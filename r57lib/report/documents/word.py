"""Writes a month's document as a Word file, from the template that an office may edit (`template.py` made it).

The template's names are filled in, and its line `{{ body }}` gives way to the report. The bytes depend on the document
and the template alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm
from docxtpl import DocxTemplate

from r57lib.charts.render import raster
from r57lib.report.documents.blocks import Block, Bullets, Contents, Exhibit, Grid, Heading, Picture, Text
from r57lib.report.documents.document import Document
from r57lib.report.documents.office import LOCALES, describe, same_zip
from r57lib.report.documents.paging import pages_of
from r57lib.report.documents.typesetting import heights

TEMPLATE = Path(__file__).parent / "report.docx"
_PORTRAIT_MM, _LANDSCAPE_MM = 160, 257
_UNLISTED = 3  # Word lists headings by their level
_BODY_MARK = "R57-BODY"  # what the line of the report's body holds once the template's names are filled in


def word(document: Document) -> bytes:
    """The document as a .docx file."""
    template = DocxTemplate(str(TEMPLATE))
    template.render({**document.front, "title": document.title, "body": _BODY_MARK}, autoescape=True)
    *high, _ = heights(document.body, document.language, document.front)
    body = [*zip(document.body, high, strict=True)]
    writer = _Writer(template.docx, pages_of(document.summary, body, document.appendix))
    with writer.in_place_of(_BODY_MARK):
        writer.write((*document.summary, *document.body), _PORTRAIT_MM)
    writer.turn()
    writer.write(document.appendix, _LANDSCAPE_MM)
    describe(template.docx.core_properties, document)
    for found in template.docx.styles.element.iter(qn("w:lang")):
        found.set(qn("w:val"), LOCALES[document.language])
    buffer = io.BytesIO()
    template.docx.save(buffer)
    return same_zip(buffer.getvalue(), document.as_of)


class _Writer:
    """Appends blocks to a document; within `in_place_of` they go before a line, which is taken out."""

    def __init__(self, docx: Any, pages: Sequence[tuple[Heading, int]]) -> None:
        self.docx, self.pages, self.headings = docx, pages, 0

    @contextmanager
    def in_place_of(self, mark: str) -> Iterator[None]:
        """What is written meanwhile takes the place of the line that holds `mark`."""
        found = next((each for each in self.docx.paragraphs if mark in each.text), None)
        if found is None:
            raise ValueError(f"{TEMPLATE.name} has no line {{{{ body }}}} for the report")
        line = found._p
        body = line.getparent()
        before = len(body)
        yield
        added = list(body)[before - 1 : -1]  # the properties of the section stay last
        for element in added:
            line.addprevious(element)
        body.remove(line)

    def turn(self) -> None:
        """From here on pages lie on their side."""
        section = self.docx.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
        section.left_margin = section.right_margin = Mm(20)
        section.different_first_page_header_footer = False

    def write(self, blocks: Sequence[Block], width: float) -> None:
        """Append blocks; tables are `width` mm wide."""
        for block in blocks:
            if isinstance(block, Heading):
                self._heading(block)
            elif isinstance(block, Text):
                self._line(f"R57{block.style.capitalize()}", block.text)
            elif isinstance(block, Bullets):
                for item in block.items:
                    self._line("ListBullet", item)
            elif isinstance(block, Contents):
                self._contents(block)
            elif isinstance(block, Exhibit):
                before = len(self.docx.element.body)
                self.write(block.blocks, width)
                for line in list(self.docx.element.body)[
                    before - 1 : -2
                ]:  # all but its last, and not the section's properties
                    line.get_or_add_pPr().keepNext_val = line.pPr.keepLines_val = True
            elif isinstance(block, Picture):
                self._picture(block)
            else:
                self._grid(block, width)

    def _line(self, style: str, text: str) -> Any:
        """A paragraph; by the style's identifier, for python-docx would look through all styles for its name."""
        line = self.docx.element.body.add_p()
        line.style = style
        line.add_r().text = text
        return line

    def _heading(self, heading: Heading) -> None:
        """A heading; the contents lead to it by its bookmark."""
        line = self._line(f"Heading{heading.level if heading.listed else _UNLISTED}", heading.text)
        if heading.listed:
            name = f'w:id="{self.headings}" w:name="_Toc{self.headings}"'
            line.insert(1, parse_xml(f"<w:bookmarkStart {nsdecls('w')} {name}/>"))
            line.append(parse_xml(f'<w:bookmarkEnd {nsdecls("w")} w:id="{self.headings}"/>'))
            self.headings += 1

    def _contents(self, contents: Contents) -> None:
        """The contents as a field, with the pages that are to be expected: Word counts them when it opens the file."""
        self._line("R57Contents", contents.title).get_or_add_pPr().pageBreakBefore_val = True
        lines = [self._line(f"toc{heading.level}", "") for heading, _ in self.pages]
        for number, (line, (heading, page)) in enumerate(zip(lines, self.pages, strict=True)):
            link = f'<w:hyperlink {nsdecls("w")} w:anchor="_Toc{number}" w:history="1">'
            text = f'<w:r><w:t xml:space="preserve">{escape(heading.text)}</w:t></w:r><w:r><w:tab/></w:r>'
            field = _field(rf"PAGEREF _Toc{number} \h", str(page))
            line.append(parse_xml(f"{link}{text}{field}</w:hyperlink>"))
        first, last = _field(rf'TOC \o "1-{_UNLISTED - 1}" \h \z', "").split("<w:r><w:t></w:t></w:r>")
        for place, (line, runs) in enumerate(((lines[0], first), (lines[-1], last))):
            for offset, run in enumerate(list(parse_xml(f"<w:p {nsdecls('w')}>{runs}</w:p>"))):
                line.insert(1 + offset, run) if place == 0 else line.append(run)

    def _picture(self, picture: Picture) -> None:
        run, width = self.docx.add_paragraph(style="R57 Picture").add_run(), picture.size[0]
        properties = run.add_picture(io.BytesIO(raster(picture.svg, width)), width=Mm(width))._inline.docPr
        properties.set("descr", picture.alt)
        properties.set("name", picture.caption)
        self._line("R57Picturecaption", picture.caption)

    def _grid(self, grid: Grid, width: float) -> None:
        self._line("R57Caption", grid.caption)
        body = self.docx.element.body
        body.insert(len(body) - 1, parse_xml(_table(grid, width)))  # the properties of the section stay last
        for line in (*grid.under, ""):
            self._line("R57Under", line)


def _field(code: str, result: str) -> str:
    """A field of Word with the text that it holds until Word makes it anew."""
    kinds = ('begin" w:dirty="true', "separate", "end")
    begin, middle, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in kinds)
    told = f'<w:r><w:instrText xml:space="preserve"> {escape(code)} </w:instrText></w:r>'
    return f"{begin}{told}{middle}<w:r><w:t>{escape(result)}</w:t></w:r>{end}"


def _table(grid: Grid, width: float) -> str:
    """A table as WordprocessingML; cell by cell through python-docx takes ten times as long."""
    wide = [int(Mm(share * width).twips) for share in grid.widths]
    columns = "".join(f'<w:gridCol w:w="{each}"/>' for each in wide)
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="E3E6EA"/>'
    head = _row(grid.header, wide, grid, shade, "<w:tblHeader/>", "<w:b/>")
    rows = "".join(_row(cells, wide, grid) for cells in grid.rows)
    sides = (("top", 10), ("left", 60), ("bottom", 10), ("right", 60))  # twentieths of a point
    margins = "".join(f'<w:{side} w:w="{each}" w:type="dxa"/>' for side, each in sides)
    look = '<w:tblStyle w:val="TableGrid"/><w:tblW w:w="0" w:type="auto"/><w:tblLayout w:type="fixed"/>'
    look += f"<w:tblCellMar>{margins}</w:tblCellMar><w:tblCaption w:val={quoteattr(grid.caption)}/>"
    return f"<w:tbl {nsdecls('w')}><w:tblPr>{look}</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{head}{rows}</w:tbl>"


def _row(cells: tuple[str, ...], wide: list[int], grid: Grid, shade: str = "", head: str = "", bold: str = "") -> str:
    """The texts of a row, figures to the right; no page ends within it, and a head stands on every page, never last."""
    right, stay = '<w:jc w:val="right"/>', "<w:keepNext/>" if head else ""
    made = (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr><w:p><w:pPr><w:pStyle w:val="R57Cell"/>'
        f"{stay}{right if column.right else ''}</w:pPr><w:r><w:rPr>{bold}</w:rPr>"
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p></w:tc>'
        for text, width, column in zip(cells, wide, grid.columns, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{''.join(made)}</w:tr>"
