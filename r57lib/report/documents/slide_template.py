"""Makes the template of slides anew: `python -m r57lib.report.documents.slide_template FILE.pptx`.

Three layouts of 16:9, whose places an office may move, size and colour in PowerPoint: `Title`, `List` and `Figure`.
What is shown goes into the places by their numbers (`PLACES`).
"""

from __future__ import annotations

import re
import sys
from typing import Any

from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Cm

PLACES = {"title": 0, "text": 1, "measure": 13, "exhibit": 14, "source": 15, "state": 16}
"""What stands in a place, and the number of the place on each layout that has it."""
_FACE = "Arial"  # has all Vietnamese letters, on every machine
_WIDE, _HIGH, _LEFT, _ACROSS = 33.867, 19.05, 1.4, 31.07  # cm
_INK, _BLUE, _GREY, _ORANGE = "1B1B1B", "12436D", "5A6472", "B3430B"

# place: from above, height, points, bold, colour, anchor
_LAYOUTS: dict[str, dict[str, tuple[float, float, int, bool, str, str]]] = {
    "Title": {"title": (5.2, 4.0, 36, True, _BLUE, "b"), "text": (9.6, 5.0, 18, False, _GREY, "t")},
    "List": {"title": (1.3, 1.8, 28, True, _BLUE, "b"), "text": (3.6, 13.6, 20, False, _INK, "t")},
    "Figure": {
        "title": (1.1, 2.5, 24, True, _BLUE, "b"),
        "measure": (3.7, 1.2, 14, False, _GREY, "t"),
        "exhibit": (5.0, 11.9, 14, False, _INK, "t"),
        "source": (17.1, 1.4, 10, False, _GREY, "t"),
    },
}
_STATE = (0.3, 0.9, 12, True, _ORANGE, "t")


def _place(number: int, name: str, where: tuple[float, float, int, bool, str, str]) -> Any:
    """A place of a layout as DrawingML."""
    top, high, points, bold, colour, anchor = where
    kind = {"title": "title", "exhibit": "obj"}.get(name, "body")
    left, wide, align = (_WIDE - 8.0, 6.6, "r") if name == "state" else (_LEFT, _ACROSS, "l")
    box = f'<a:off x="{Cm(left)}" y="{Cm(top)}"/><a:ext cx="{Cm(wide)}" cy="{Cm(high)}"/>'
    listed = name == "text" and colour == _INK
    bullet = '<a:spcBef><a:spcPts val="900"/></a:spcBef><a:buChar char="•"/>' if listed else "<a:buNone/>"
    hang = ' marL="342900" indent="-342900"' if listed else ' marL="0" indent="0"'
    fill = f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'
    look = f'<a:defRPr sz="{points * 100}" b="{int(bold)}">{fill}</a:defRPr>'
    index = f' idx="{number}"' if number else ""
    return parse_xml(
        f'<p:sp {nsdecls("p", "a")}><p:nvSpPr><p:cNvPr id="{number + 20}" name="{name.capitalize()}"/>'
        f'<p:cNvSpPr/><p:nvPr><p:ph type="{kind}"{index}/></p:nvPr></p:nvSpPr>'
        f"<p:spPr><a:xfrm>{box}</a:xfrm></p:spPr><p:txBody>"
        f'<a:bodyPr wrap="square" lIns="0" rIns="0" tIns="0" bIns="0" anchor="{anchor}"><a:normAutofit/></a:bodyPr>'
        f'<a:lstStyle><a:lvl1pPr{hang} algn="{align}">{bullet}{look}</a:lvl1pPr></a:lstStyle>'
        f"<a:p><a:r><a:rPr/><a:t>{name.capitalize()}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def _number() -> Any:
    """The number of the slide, below on the right."""
    box = f'<a:off x="{Cm(_WIDE - 3.0)}" y="{Cm(18.0)}"/><a:ext cx="{Cm(1.6)}" cy="{Cm(0.7)}"/>'
    look = f'<a:rPr lang="en-GB" sz="1000"><a:solidFill><a:srgbClr val="{_GREY}"/></a:solidFill></a:rPr>'
    return parse_xml(
        f'<p:sp {nsdecls("p", "a")}><p:nvSpPr><p:cNvPr id="19" name="Number"/><p:cNvSpPr txBox="1"/><p:nvPr/>'
        "</p:nvSpPr>"
        f'<p:spPr><a:xfrm>{box}</a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody>'
        f'<a:bodyPr wrap="square" lIns="0" rIns="0" tIns="0" bIns="0"/><a:p><a:pPr algn="r"/>'
        f'<a:fld id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum">{look}<a:t>1</a:t></a:fld></a:p>'
        "</p:txBody></p:sp>"
    )


def slide_template() -> Any:
    """The template as a presentation of python-pptx, without slides."""
    made = Presentation()
    made.slide_width, made.slide_height = Cm(_WIDE), Cm(_HIGH)
    layouts = list(made.slide_layouts)
    kept = [layouts[0], layouts[1], layouts[5]]
    for layout in layouts:
        if layout not in kept:
            made.slide_layouts.remove(layout)
    for layout, (name, places) in zip(kept, _LAYOUTS.items(), strict=True):
        layout.name = name
        tree = layout.shapes._spTree
        for shape in list(layout.shapes):
            tree.remove(shape._element)
        for place, where in (places | {"state": _STATE}).items():
            tree.append(_place(PLACES[place], place, where))
        if name != "Title":
            tree.append(_number())
    for shape in list(made.slide_master.shapes):
        if shape.placeholder_format.type not in (1, 2):  # a title and a text: dates and feet stand on our layouts
            made.slide_master.shapes._spTree.remove(shape._element)
        else:
            shape.left, shape.width = Cm(_LEFT), Cm(_ACROSS)
    theme = next(rel.target_part for rel in made.slide_master.part.rels.values() if rel.reltype.endswith("/theme"))
    look = re.sub(rb'(<a:latin typeface=)"[^"]*"', rb'\1"' + _FACE.encode() + b'"', theme.blob)
    theme._blob = re.sub(
        rb'(<a:accent1><a:srgbClr val=)"[^"]*"', rb'\1"' + _BLUE.encode() + b'"', look
    )  # heads of tables
    package = made.part.package
    for holder, kind in (
        (package, "/thumbnail"),
        (made.part, "/printerSettings"),
    ):  # what the machine of a stranger left
        for number in [number for number, rel in holder._rels.items() if rel.reltype.endswith(kind)]:
            holder._rels.pop(number)
    about = made.core_properties
    about.author = about.last_modified_by = about.title = ""
    return made


if __name__ == "__main__":
    slide_template().save(sys.argv[1])
