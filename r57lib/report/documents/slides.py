"""Writes a month as slides (.pptx), from the template that an office may edit (`slide_template.py` made it).

A title, the brief, the main findings, and a slide for the first figure of each notebook, with its finding as the
title: a chart that PowerPoint can edit where its table says all that its chart shows, else the picture, or the table
in place of a picture too small to be read. The sources stand below, what they say word for word in the notes. The
bytes depend on the document and the template alone.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from PIL import Image
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
from pptx.oxml.ns import qn
from pptx.util import Emu, Mm, Pt

from r57lib.charts.base import specification
from r57lib.charts.render import draw, raster
from r57lib.charts.theme import colour
from r57lib.page.board import Board
from r57lib.page.columns import NUMBERS, Column
from r57lib.page.figure import Figure
from r57lib.report.documents.blocks import Bullets, Grid, Heading, Picture, Text
from r57lib.report.documents.document import Document, drawable
from r57lib.report.documents.office import LOCALES, describe, same_zip
from r57lib.report.documents.slide_template import PLACES
from r57lib.report.documents.sources import sources_said

TEMPLATE = Path(__file__).parent / "slides.pptx"
_MOST_BARS, _MOST_ROWS, _FEW_COLUMNS = 12, 8, 3
_EMU = 36000  # in a millimetre
_PPI = 150
_TALL = 1.8
"""So many times as high as its place a picture has letters too small to read from a chair."""
_UNREADABLE = 2.4
"""So many times as high it cannot be read at all."""
_COLUMN_WIDTH = 320
"""Pixels of a chart in two columns, as on a phone."""


def slides(document: Document) -> bytes:
    """The month as a .pptx file."""
    writer = _Writer(document)
    writer.opening()
    for head, items in pairwise(document.summary):
        if isinstance(head, Heading) and isinstance(items, Bullets):
            writer.listed(head.text, items.items)
    for title, figures in document.chapters.items():
        for figure in _chosen(figures):
            writer.figure(title, figure)
    return writer.bytes()


def _chosen(figures: Sequence[Figure]) -> Iterator[Figure]:
    """The board or the first figure that has a chart, and the first other one that PowerPoint can draw by itself."""
    first = next((each for each in figures if isinstance(each, Board) or each.chart is not None), None)
    if first is not None:
        yield first
        yield from [each for each in figures if each is not first and bars_of(each)][:1]


def bars_of(figure: Figure) -> tuple[Column, Column] | None:
    """The names and the numbers of a figure that are all that its chart of bars shows, or nothing.

    So it is with a row a bar, its name, one number without words around it, and nothing else that differs.
    """
    columns = [each for each in figure.columns if each.kind != "facts" and len(set(each.texts)) > 1]
    if figure.chart is None or len(columns) != 2 or not _marks(specification(figure.chart)) <= {"bar", "text"}:
        return None
    names, numbers = columns
    sound = names.kind == "words" and numbers.kind in NUMBERS and len(set(names.texts)) == len(names.texts)
    known = all(cell.plain and cell.value is not None and cell.value >= 0 for cell in numbers.cells)
    sound = sound and len({cell.number_format() for cell in numbers.cells}) == 1  # labels have one form
    return (names, numbers) if sound and known and len(names.texts) <= _MOST_BARS else None


def _marks(told: Any) -> set[str]:
    """The kinds of marks of a specification."""
    if isinstance(told, list):
        return set().union(*map(_marks, told))
    if not isinstance(told, dict):
        return set()
    mark = told.get("mark")
    own = {mark["type"] if isinstance(mark, dict) else mark} if mark else set()
    return own.union(*(_marks(each) for name, each in told.items() if name in ("layer", "hconcat", "vconcat", "spec")))


def _rows_alone(told: Any) -> bool:
    """Whether a chart has rows that need no axis, so that some of them may stand elsewhere than the others."""
    if not isinstance(told, dict | list):
        return True
    if isinstance(told, list):
        return all(map(_rows_alone, told))
    axes = [each for each in (told.get("encoding", {}).get(name) for name in "xy") if each and "field" in each]
    sound = all(each.get("axis", ...) is None for each in axes) and _marks(told) <= {"bar", "point", "text"}
    return sound and all(_rows_alone(told[name]) for name in ("layer", "hconcat", "vconcat", "spec") if name in told)


def in_columns(picture: bytes) -> bytes:
    """A tall picture cut between two rows about its middle, its lower part to the right of the upper one."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    wide, high = image.size
    grey = image.convert("L")
    blank = [grey.crop((0, row, wide, row + 1)).getextrema()[0] == 255 for row in range(high)]
    bands = [[*rows] for empty, rows in groupby(range(high // 4, high * 3 // 4), blank.__getitem__) if empty]
    if not bands:
        return picture
    between = 0.8 * max(map(len, bands))  # rows, and not what belongs to one of them
    band = min((each for each in bands if len(each) >= between), key=lambda each: abs(each[0] + each[-1] - high))
    upper, lower = band[0] + blank.index(False), band[-1] + 1 - blank.index(False)  # both begin as low
    made = Image.new("RGB", (2 * wide + wide // 8, max(upper, high - lower)), "white")
    made.paste(image.crop((0, 0, wide, band[0])), (0, 0))
    made.paste(image.crop((0, lower, wide, high)), (wide + wide // 8, 0))
    buffer = io.BytesIO()
    made.save(buffer, "PNG")
    return buffer.getvalue()


class _Writer:
    """Appends slides to the template; what stands in a place of a slide is a text, a chart, a table or a picture."""

    def __init__(self, document: Document) -> None:
        self.document, self.words = document, document.words
        self.deck = Presentation(str(TEMPLATE))
        self.layouts = {layout.name: layout for layout in self.deck.slide_layouts}

    def opening(self) -> None:
        """What it is, on what it rests, and its state."""
        said = [block.text for block in self.document.summary if isinstance(block, Text)]
        self._slide("Title", title=self.document.title, text="\n".join([*said, self.document.front["stamp"]]))

    def listed(self, title: str, items: Sequence[str]) -> None:
        """Sentences under a title."""
        self._slide("List", title=title, text="\n".join(items))

    def figure(self, title: str, figure: Figure) -> None:
        """A figure under its finding."""
        made = self._slide(
            "Figure",
            title=figure.headline,
            measure=figure.subtitle,
            source=sources_said(figure.sources, self.words),
            exhibit="",
        )
        place = _place(made, "exhibit")
        left, top, wide, high = place.left, place.top, place.width, place.height
        place._element.getparent().remove(place._element)
        if isinstance(figure, Board):
            self._table(made, figure, self._grid("board"), left, top, wide)
        elif bars := bars_of(figure):
            self._bars(made, figure, bars, (left, top, wide, high))
        else:
            self._picture(made, figure, (left, top, wide, high))
        quotes = [
            f"{fact_id}: “{each['quote']}” {each['publisher']}, {each['title']} ({each['reported']})"
            for fact_id, each in figure.cited.items()
        ]
        notes = [f"{title}: {figure.heading}", *figure.notes, *quotes]
        made.notes_slide.notes_text_frame.text = "\n".join(notes)

    def _slide(self, layout: str, **texts: str) -> Any:
        """A slide with texts in its places; a place without one is taken out."""
        made = self.deck.slides.add_slide(self.layouts[layout])
        for name, text in {**texts, "state": self.document.front["state"]}.items():
            place = _place(made, name)
            if text:
                place.text_frame.text = text
            elif name != "exhibit":
                place._element.getparent().remove(place._element)
        return made

    def _picture(self, made: Any, figure: Figure, where: tuple[int, int, int, int]) -> None:
        left, top, wide, high = where
        specified = drawable(figure)
        svg = draw(specified, self.words.language)
        width, height = Picture(svg, specified["description"], figure.heading).size
        times = wide * height / width / high
        if _rows_alone(specified) and times > _TALL:
            svg = draw(specified | {"width": _COLUMN_WIDTH}, self.words.language)
            picture = in_columns(raster(svg, wide / 2 / _EMU, _PPI))
        elif times > _UNREADABLE and figure.columns:
            return self._table(made, figure, self._grid(figure.figure_id), left, top, wide)
        else:
            picture = raster(svg, wide / _EMU, _PPI)
        shape = made.shapes.add_picture(io.BytesIO(picture), left, top, width=wide)
        scale = min(1.0, high / shape.height)
        shape.width, shape.height = Emu(int(shape.width * scale)), Emu(int(shape.height * scale))
        shape.left = Emu(left + (wide - shape.width) // 2)
        _describe(shape._element.nvPicPr.cNvPr, figure.heading, specified["description"])

    def _bars(self, made: Any, figure: Figure, bars: tuple[Column, Column], where: tuple[int, int, int, int]) -> None:
        names, numbers = bars
        data = CategoryChartData(number_format=numbers.cells[0].number_format())
        data.categories = names.texts
        data.add_series(numbers.heading, [cell.value for cell in numbers.cells])
        frame = made.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, *where, data)
        chart, plot = frame.chart, frame.chart.plots[0]
        chart.has_legend = chart.has_title = False
        chart.font.size = Pt(14)
        chart.category_axis.reverse_order = (
            True  # the first on top; the axis of values, which would be there, is not shown
        )
        chart.category_axis.format.line.color.rgb = RGBColor.from_string(colour("muted")[1:])
        chart.category_axis.has_major_gridlines = chart.value_axis.has_major_gridlines = False
        chart.value_axis.visible, chart.value_axis.minimum_scale = False, 0
        plot.gap_width, plot.has_data_labels, plot.vary_by_categories = 60, True, False
        plot.series[0].format.fill.solid()
        plot.series[0].format.fill.fore_color.rgb = RGBColor.from_string(colour("series_1")[1:])
        labels = plot.data_labels
        labels.position, labels.show_value = XL_LABEL_POSITION.OUTSIDE_END, True
        labels.number_format, labels.number_format_is_linked = numbers.cells[0].number_format(), False
        described = specification(figure.chart).get("description", "") if figure.chart is not None else ""
        _describe(frame._element.nvGraphicFramePr.cNvPr, figure.heading, described or figure.title)

    def _grid(self, name: str) -> Grid:
        return next(each for each in self.document.grids if each.name == name)

    def _table(self, made: Any, figure: Figure, grid: Grid, left: int, top: int, wide: int) -> None:
        """The first rows of a table without its facts, which stand in the notes, and where the others are."""
        kept = [place for place, column in enumerate(grid.columns) if column.kind != "facts"]
        rows = grid.rows[:_MOST_ROWS]
        short = len(kept) < _FEW_COLUMNS
        wide = wide // 2 if short else wide
        frame = made.shapes.add_table(len(rows) + 1, len(kept), left, top, wide, Mm(8 * (len(rows) + 1)))
        shares = [grid.widths[each] for each in kept]
        for place, share in enumerate(shares):
            frame.table.columns[place].width = Emu(int(share / sum(shares) * wide))
        for row, cells in enumerate((grid.header, *rows)):
            for place, each in enumerate(kept):
                cell = frame.table.cell(row, place)
                cell.text = cells[each]
                cell.margin_top = cell.margin_bottom = Mm(0.8)
                for run in cell.text_frame.paragraphs[0].runs:
                    run.font.size = Pt(16 if short else 12)
        _describe(frame._element.nvGraphicFramePr.cNvPr, grid.title, figure.title)
        if len(rows) < len(grid.rows):
            numbers = {"shown": self.words.number(len(rows)), "count": self.words.number(len(grid.rows))}
            more = self.words("slides.rows", table=grid.label, **numbers)
            source = _place(made, "source").text_frame
            source.text = f"{more} {source.text}"

    def bytes(self) -> bytes:
        """The file; every text says its language."""
        locale = LOCALES[self.document.language]
        for made in self.deck.slides:
            for part in (made, *([made.notes_slide] if made.has_notes_slide else [])):
                for run in part._element.iter(qn("a:r")):
                    run.get_or_add_rPr().set("lang", locale)
        describe(self.deck.core_properties, self.document)
        buffer = io.BytesIO()
        self.deck.save(buffer)
        return same_zip(buffer.getvalue(), self.document.as_of)


def _place(made: Any, name: str) -> Any:
    """A place of a slide; raises `ValueError` where the template has lost it."""
    found = next((each for each in made.placeholders if each.placeholder_format.idx == PLACES[name]), None)
    if found is None:
        raise ValueError(
            f"{TEMPLATE.name}, layout '{made.slide_layout.name}', has no place {PLACES[name]} for the {name}"
        )
    return found


def _describe(properties: Any, name: str, text: str) -> None:
    properties.set("name", name)
    properties.set("descr", text)
