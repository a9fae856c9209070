"""Makes the template of Word files anew: `python -m r57lib.report.documents.template FILE.docx`.

The layout is that of administrative documents in Viet Nam (Decree 30/2020/ND-CP, appendix I): A4, Times New Roman,
the national heading on the right, the issuing body on the left, margins of 25, 30, 20 and 20 mm. An office may edit
it in Word: the names in double braces are filled in, and the report takes the place of the line `{{ body }}`.
"""

from __future__ import annotations

import sys
from typing import Any

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Inches, Mm, Pt, RGBColor

_FACE = "Times New Roman"
_LINE = 1.14
"""Lines lie as far from each other as `report.typ` sets them, and 12 pt and less what a line has of it between blocks:
so pages end about where those of the PDF do, which is what `paging.py` relies on."""


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
    form.space_before, form.space_after = Pt(look.get("before", 0)), Pt(look.get("after", 12 - 0.65 * size))
    form.line_spacing, form.keep_with_next = look.get("lines", _LINE), look.get("stay", False)
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
    _style(document, "Normal", 13, align=0)
    for level, size in enumerate((13, 12, 12), start=1):
        look: dict[str, Any] = {"bold": level < 3, "italic": level == 3, "before": 1.3 * size - 12, "stay": True}
        _style(document, f"Heading {level}", size, align=0, **look)
        document.styles[f"Heading {level}"].font.color.rgb = RGBColor(0x3A, 0x44, 0x50)
    _style(document, "R57 Head", 13, align=1, after=0, lines=1.0)
    _style(document, "R57 Nation", 12, align=1, bold=True, after=0, lines=1.0)
    _style(document, "R57 Title", 14, align=1, bold=True, after=0)
    _style(document, "R57 Lead", 13, indent=1.27)
    _style(document, "R57 Finding", 14, align=0, bold=True, stay=True)  # the strongest line
    _style(document, "R57 Measure", 11, align=0, italic=True, stay=True)
    _style(document, "R57 Note", 11)
    _style(document, "R57 Source", 11, align=0, italic=True)
    _style(document, "R57 Contents", 13, align=0, bold=True)
    for level in (1, 2):
        entry = _style(document, f"toc {level}", 13, align=0)
        entry.paragraph_format.left_indent = Cm(0.6 * (level - 1))
        entry.paragraph_format.tab_stops.add_tab_stop(Mm(160), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    _style(document, "R57 Under", 8.5, align=0, italic=True)
    _style(document, "R57 Picture", 11, align=1, after=3, lines=1.0, stay=True)
    _style(document, "R57 Caption", 11, align=1, bold=True, before=5, stay=True)
    _style(document, "R57 Picture caption", 11, align=1)
    _style(document, "R57 Cell", 8.5, align=0, after=0, lines=1.0)
    _style(document, "R57 Small", 11, align=0, after=0, lines=1.0)
    _style(document, "R57 State", 13, align=2, bold=True, after=0)
    _style(document, "R57 Page", 13, align=1, after=0)
    bullet = document.styles["List Bullet"]
    _face(bullet)
    bullet.paragraph_format.space_after = Pt(2)


def _page(document: Any) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(25), Mm(20)
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
    for _ in range(2):
        document.add_paragraph(style="R57 Head")
    document.add_paragraph("{{ genre }}", style="R57 Title")
    document.add_paragraph("{{ title }}", style="R57 Title")
    _rule(document.add_paragraph(style="R57 Head"), 2.4)
    document.add_paragraph("{{ stamp }}", style="R57 Head").runs[0].italic = True
    for _ in range(2):
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
