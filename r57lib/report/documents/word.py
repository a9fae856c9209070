"""Writes a month's document as a Word file, from the template that an office may edit.

The template's names are filled in, and its line `{{ body }}` gives way to the report. The bytes depend on the document
and the template alone.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from r57lib.report.documents.document import Block, Bullets, Document, Grid, Heading, Picture, Text
from r57lib.report.documents.word_template import BODY_MARK

TEMPLATE = Path(__file__).parent / "report.docx"
DOTS_PER_INCH = 300
_PICTURE_MM, _PORTRAIT_MM, _LANDSCAPE_MM = 155, 160, 257
_CSS_PIXELS_PER_INCH = 96
_LOCALES = {"vi": "vi-VN", "en": "en-GB"}


def word(document: Document) -> bytes:
    """The document as a .docx file."""
    from docxtpl import DocxTemplate

    template = DocxTemplate(str(TEMPLATE))
    template.render({**document.front, "title": document.title, "body": BODY_MARK}, autoescape=True)
    writer = _Writer(template.docx)
    with writer.in_place_of(BODY_MARK):
        writer.write(document.body, _PORTRAIT_MM)
    writer.turn()
    writer.write(document.appendix, _LANDSCAPE_MM)
    _describe(template.docx, document)
    buffer = io.BytesIO()
    template.docx.save(buffer)
    return same_zip(buffer.getvalue())


def _describe(docx: Any, document: Document) -> None:
    """Title, language and times: the day of the cut-off, for the clock has no place in a file."""
    from docx.oxml.ns import qn

    about, moment = docx.core_properties, datetime.combine(document.as_of, time())
    about.title, about.language = document.title, _LOCALES[document.language]
    about.created = about.modified = moment
    about.author = about.last_modified_by = document.approval.by if document.approval else ""
    for found in docx.styles.element.iter(qn("w:lang")):
        found.set(qn("w:val"), _LOCALES[document.language])


def same_zip(content: bytes) -> bytes:
    """The same zip file with its members in one order and without times: what opens it finds no difference."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as had, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(had.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            made.writestr(member, had.read(name))
    return buffer.getvalue()


def png(svg: str, ppi: int = DOTS_PER_INCH) -> bytes:
    """A drawing as a picture that is `_PICTURE_MM` wide in print at `ppi` dots an inch."""
    import vl_convert

    from r57lib.charts.theme import register_font

    register_font()
    width = float(re.search(r'width="([\d.]+)"', svg)[1])  # type: ignore[index]
    picture: bytes = vl_convert.svg_to_png(svg, scale=_PICTURE_MM / 25.4 * ppi / width, ppi=_CSS_PIXELS_PER_INCH)
    return picture


class _Writer:
    """Appends blocks to a document; within `in_place_of` they go before a line, which is taken out."""

    def __init__(self, docx: Any) -> None:
        self.docx = docx

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
        from docx.enum.section import WD_ORIENT, WD_SECTION
        from docx.shared import Mm

        section = self.docx.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)
        section.left_margin = section.right_margin = Mm(20)
        section.different_first_page_header_footer = False

    def write(self, blocks: tuple[Block, ...], width: float) -> None:
        """Append blocks; tables are `width` mm wide."""
        for block in blocks:
            if isinstance(block, Heading):
                line = self._line(f"Heading{block.level}", block.text)
                line.get_or_add_pPr().pageBreakBefore_val = block.new_page or None
            elif isinstance(block, Text):
                self._line(f"R57{block.style.capitalize()}", block.text)
            elif isinstance(block, Bullets):
                for item in block.items:
                    self._line("ListBullet", item)
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

    def _picture(self, picture: Picture) -> None:
        from docx.shared import Mm

        run = self.docx.add_paragraph(style="R57 Picture").add_run()
        properties = run.add_picture(io.BytesIO(png(picture.svg)), width=Mm(_PICTURE_MM))._inline.docPr
        properties.set("descr", picture.alt)
        properties.set("name", picture.caption)
        self._line("R57Picturecaption", picture.caption)

    def _grid(self, grid: Grid, width: float) -> None:
        from docx.oxml import parse_xml

        self._line("R57Caption", grid.caption)
        body = self.docx.element.body
        body.insert(len(body) - 1, parse_xml(_table(grid, width)))  # the properties of the section stay last
        for line in (*grid.under, ""):
            self._line("R57Under", line)


def _table(grid: Grid, width: float) -> str:
    """A table as WordprocessingML; cell by cell through python-docx takes ten times as long."""
    from docx.oxml.ns import nsdecls
    from docx.shared import Mm

    wide = [int(Mm(share * width).twips) for share in grid.widths]
    columns = "".join(f'<w:gridCol w:w="{each}"/>' for each in wide)
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="E3E6EA"/>'
    head = _row(grid.header, wide, grid, shade, "<w:tblHeader/>", "<w:b/>")
    rows = "".join(_row(cells, wide, grid) for cells in grid.rows)
    look = '<w:tblStyle w:val="TableGrid"/><w:tblW w:w="0" w:type="auto"/><w:tblLayout w:type="fixed"/>'
    look += f"<w:tblCaption w:val={quoteattr(grid.caption)}/>"
    return f"<w:tbl {nsdecls('w')}><w:tblPr>{look}</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{head}{rows}</w:tbl>"


def _row(cells: tuple[str, ...], wide: list[int], grid: Grid, shade: str = "", head: str = "", bold: str = "") -> str:
    """The texts of a row, figures to the right; no page ends within it, and a head stands on every page."""
    right = '<w:jc w:val="right"/>'
    made = (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr><w:p><w:pPr><w:pStyle w:val="R57Cell"/>'
        f"{right if column.right else ''}</w:pPr><w:r><w:rPr>{bold}</w:rPr>"
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p></w:tc>'
        for text, width, column in zip(cells, wide, grid.columns, strict=True)
    )
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{''.join(made)}</w:tr>"
