"""Writes a month's document as a Word file, from the template that an office may edit.

The template's names are filled in, and its line `{{ body }}` gives way to the report. The bytes depend on the document
and the template alone. `python -m r57lib.report.documents.word FILE.docx` makes the template anew.
"""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Inches, Mm, Pt, RGBColor
from docxtpl import DocxTemplate

from r57lib.charts.render import raster
from r57lib.report.documents.document import Block, Bullets, Document, Grid, Heading, Picture, Text

TEMPLATE = Path(__file__).parent / "report.docx"
_PICTURE_MM, _PORTRAIT_MM, _LANDSCAPE_MM = 155, 160, 257
_LOCALES = {"vi": "vi-VN", "en": "en-GB"}
_FACE = "Times New Roman"
_BODY_MARK = "R57-BODY"  # what the line of the report's body holds once the template's names are filled in


def word(document: Document) -> bytes:
    """The document as a .docx file."""
    template = DocxTemplate(str(TEMPLATE))
    template.render({**document.front, "title": document.title, "body": _BODY_MARK}, autoescape=True)
    writer = _Writer(template.docx)
    with writer.in_place_of(_BODY_MARK):
        writer.write(document.body, _PORTRAIT_MM)
    writer.turn()
    writer.write(document.appendix, _LANDSCAPE_MM)
    _describe(template.docx, document)
    buffer = io.BytesIO()
    template.docx.save(buffer)
    return same_zip(buffer.getvalue())


def _describe(docx: Any, document: Document) -> None:
    """Title, language and times: the day of the cut-off, for the clock has no place in a file."""
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
        run = self.docx.add_paragraph(style="R57 Picture").add_run()
        properties = run.add_picture(io.BytesIO(raster(picture.svg, _PICTURE_MM)), width=Mm(_PICTURE_MM))._inline.docPr
        properties.set("descr", picture.alt)
        properties.set("name", picture.caption)
        self._line("R57Picturecaption", picture.caption)

    def _grid(self, grid: Grid, width: float) -> None:
        self._line("R57Caption", grid.caption)
        body = self.docx.element.body
        body.insert(len(body) - 1, parse_xml(_table(grid, width)))  # the properties of the section stay last
        for line in (*grid.under, ""):
            self._line("R57Under", line)


def _table(grid: Grid, width: float) -> str:
    """A table as WordprocessingML; cell by cell through python-docx takes ten times as long."""
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


# --- the template ----------------------------------------------------------------------------------------------------

# The layout is that of administrative documents in Viet Nam (Decree 30/2020/ND-CP, appendix I): A4, Times New Roman,
# the national heading on the right, the issuing body on the left, margins of 20, 30, 20 and 20 mm. An office may edit
# it in Word: the names in double braces are filled in, and the report takes the place of the line `{{ body }}`.


def _style(document: Any, name: str, size: float, *, base: str = "Normal", align: int = 3, **look: Any) -> Any:
    """A paragraph style; `align` is 0 left, 1 centre, 2 right, 3 both sides."""
    known = [style.name for style in document.styles]
    style = document.styles[name] if name in known else document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    if name != "Normal":
        style.base_style = document.styles[base]
    style.quick_style = True
    _face(style)
    style.font.size, style.font.color.rgb = Pt(size), RGBColor(0, 0, 0)
    style.font.bold, style.font.italic = look.get("bold", False), look.get("italic", False)
    form = style.paragraph_format
    form.alignment, form.first_line_indent = align, Cm(look.get("indent", 0))
    form.space_before, form.space_after = Pt(look.get("before", 0)), Pt(look.get("after", 6))
    form.line_spacing, form.keep_with_next = look.get("lines", 1.15), look.get("stay", False)
    return style


def _face(style: Any) -> None:
    """One face for all scripts: the theme's would win otherwise."""
    style.font.name = _FACE
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in list(fonts.attrib):
        del fonts.attrib[name]
    for name in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{name}"), _FACE)


def _styles(document: Any) -> None:
    _style(document, "Normal", 14, align=0)
    for level, (before, italic) in enumerate(((12, False), (8, False), (8, True)), start=1):
        _style(document, f"Heading {level}", 14, align=0, bold=True, italic=italic, before=before, stay=True)
    _style(document, "R57 Head", 13, align=1, after=0, lines=1.0)
    _style(document, "R57 Nation", 12, align=1, bold=True, after=0, lines=1.0)
    _style(document, "R57 Title", 14, align=1, bold=True, after=0)
    _style(document, "R57 Lead", 14, indent=1.27)
    _style(document, "R57 Finding", 14, indent=1.27, stay=True)
    _style(document, "R57 Measure", 12, align=0, italic=True, stay=True)
    _style(document, "R57 Note", 12, align=3)
    _style(document, "R57 Source", 12, align=0, italic=True)
    _style(document, "R57 Under", 9, align=0, italic=True, lines=1.0)
    _style(document, "R57 Picture", 12, align=1, stay=True)
    _style(document, "R57 Caption", 12, align=0, bold=True, before=8, after=3, stay=True)
    _style(document, "R57 Picture caption", 12, align=1, italic=True)
    _style(document, "R57 Cell", 9, align=0, after=0, lines=1.0)
    _style(document, "R57 Small", 11, align=0, after=0, lines=1.0)
    _style(document, "R57 State", 13, align=2, bold=True, after=0)
    _style(document, "R57 Page", 13, align=1, after=0)
    bullet = document.styles["List Bullet"]
    _face(bullet)


def _page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(20), Mm(20)
    section.left_margin, section.right_margin = Mm(30), Mm(20)
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    first, later = section.first_page_header, section.header
    _line(first, "{{ state }}", "R57 State")
    number = _line(later, "", "R57 Page")
    _page_number(number)
    later.add_paragraph("{{ state }}", style="R57 State")


def _line(part: Any, text: str, style: str, **look: bool) -> Any:
    """The first paragraph of a header or a cell."""
    paragraph = part.paragraphs[0]
    paragraph.style = style
    run = paragraph.add_run(text)
    run.bold, run.italic = look.get("bold"), look.get("italic")
    return paragraph


def _more(part: Any, text: str, style: str, **look: bool) -> Any:
    paragraph = part.add_paragraph(style=style)
    run = paragraph.add_run(text)
    run.bold, run.italic = look.get("bold"), look.get("italic")
    return paragraph


def _page_number(paragraph: Any) -> None:
    """The number of the page, in the middle on top, from the second page on."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _rule(paragraph: Any, inches: float) -> None:
    """A short line under a paragraph: a border between wide indents."""
    border = f'<w:pBdr {nsdecls("w")}><w:top w:val="single" w:sz="6" w:space="1" w:color="000000"/></w:pBdr>'
    paragraph._p.get_or_add_pPr().append(parse_xml(border))
    paragraph.paragraph_format.space_before = Pt(4)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Inches(inches)


def _pair(document: Any, left: float, right: float) -> Any:
    """Two cells side by side, without lines, for what stands left and right."""
    table = document.add_table(1, 2)
    table.autofit = False
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
    for cell, width in zip(table.rows[0].cells, (left, right), strict=True):
        cell.width = Mm(width)
    for column, width in zip(table.columns, (left, right), strict=True):
        column.width = Mm(width)
    return table.rows[0].cells


def _top(document: Any) -> None:
    left, right = _pair(document, 58, 102)
    _line(left, "{{ superior }}", "R57 Head")
    _more(left, "{{ issuer }}", "R57 Head", bold=True)
    _rule(_more(left, "", "R57 Head"), 0.75)
    _more(left, "{{ number }}", "R57 Head")
    _line(right, "{{ state_name }}", "R57 Nation")
    _more(right, "{{ motto }}", "R57 Head", bold=True)
    _rule(_more(right, "", "R57 Head"), 0.8)
    _more(right, "{{ place_date }}", "R57 Head", italic=True)
    document.add_paragraph(style="R57 Head")
    document.add_paragraph("{{ genre }}", style="R57 Title")
    document.add_paragraph("{{ title }}", style="R57 Title")
    _rule(document.add_paragraph(style="R57 Head"), 2.4)
    document.add_paragraph("{{ stamp }}", style="R57 Head").runs[0].italic = True
    document.add_paragraph(style="R57 Head")


def _end(document: Any) -> None:
    document.add_paragraph(style="R57 Head")
    left, right = _pair(document, 80, 80)
    _line(left, "{{ recipients }}", "R57 Small", bold=True, italic=True)
    for name in ("recipient", "recipient", "archive"):
        _more(left, f"{{{{ {name} }}}}", "R57 Small")
    _line(right, "{{ signer }}", "R57 Head", bold=True)
    _more(right, "{{ signature }}", "R57 Head", italic=True)
    for _ in range(4):
        _more(right, "", "R57 Head")
    _more(right, "{{ name }}", "R57 Head", bold=True)


def template() -> Any:
    """The template as a document of python-docx."""
    made = docx.Document()
    _styles(made)
    _page(made)
    _top(made)
    made.add_paragraph("{{ body }}", style="R57 Lead")
    _end(made)
    made.core_properties.author = made.core_properties.comments = ""
    return made


if __name__ == "__main__":
    template().save(sys.argv[1])
