"""The month as Word, PDF and spreadsheet: the numbers of its pages, letters that are there, and nothing that runs."""

from __future__ import annotations

import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from lxml import html
from PIL import Image
from pptx import Presentation
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from r57lib import disk
from r57lib.data.load import load_tables
from r57lib.errors import WrongCall
from r57lib.figures import FIGURES, brief, province_map, status_board
from r57lib.page.board import Board
from r57lib.page.columns import NUMBERS, texts
from r57lib.page.figure import Figure
from r57lib.page.parts import Header, Tiles
from r57lib.report.documents.blocks import Bullets, Exhibit, GridMaker, Heading, Picture, Text
from r57lib.report.documents.document import Document, document_of
from r57lib.report.documents.pdf import pdf
from r57lib.report.documents.record import shown_by
from r57lib.report.documents.slide_template import PLACES, slide_template
from r57lib.report.documents.slides import TEMPLATE as SLIDES
from r57lib.report.documents.slides import in_columns, slides
from r57lib.report.documents.sources import sources_said
from r57lib.report.documents.word import TEMPLATE, word
from r57lib.report.documents.workbook import book
from r57lib.report.plan import STEMS, Spec
from r57lib.view.citations import SourceLine
from r57lib.view.view import open_view
from r57lib.view.words import LANGUAGES, Language, words_of
from tests.batching import Batch
from tests.conftest import DATA, ROOT
from tests.paper import written

NOTEBOOKS = (
    "overview",
    "task_completion",
    "enterprise_commitments",
    "digital_adoption",
    "province_profile",
    "agenda",
    "data_quality",
)
MONTH, NEWEST = "2025-12", f"{open_view(data=DATA).month}"
HOSTILE = ('=HYPERLINK("https://a.example")', "+1+cmd|' /C calc'!A0", "@SUM(A1)", "{{ 7*7 }}", "{% x %}", "#panic()",
           "*a* _b_ $c$ @d <e>", "<w:t>&amp;", '"; \\ #{', "https://a.example/x")  # fmt: skip

Rows = list[tuple[str, ...]]


@pytest.fixture(scope="module")
def month(documents: Path) -> Path:
    """A month with many facts, as pages and as documents, in both languages."""
    return documents / MONTH


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Language:
    return request.param


def paper(month: Path, language: Language, form: str) -> Path:
    return month / f"{STEMS[language]}.{language}.{form}"


def plain(text: str) -> str:
    """One space between words, composed letters."""
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", text)).strip()


def sections(month: Path, language: Language) -> Iterator[Any]:
    """The figures of the pages, in their order."""
    for name in NOTEBOOKS:
        page = html.fromstring((month / f"{name}.{language}.html").read_bytes().decode())
        yield from page.xpath("//section[contains(@class, 'r57-section')][.//figure]")


@cache
def tables(month: Path, language: Language) -> dict[str, Rows]:
    """Heading -> rows of the table as the page has it, its head first."""
    found: dict[str, Rows] = {}
    for section in sections(month, language):
        rows = [
            tuple(plain(cell.text_content()) for cell in row.xpath("./th|./td"))
            for row in section.xpath(".//table//tr")
        ]
        if rows:
            title = plain(section.xpath("string(.//h2)"))
            assert title not in found
            found[title] = rows
    return found


@cache
def in_word(path: Path) -> dict[str, Rows]:
    document = docx.Document(str(path))
    found, caption = {}, ""
    for part in document.iter_inner_content():
        if isinstance(part, docx.table.Table):
            rows = [
                tuple(plain("".join(text.text or "" for text in cell.iter(qn("w:t")))) for cell in row.tc_lst)
                for row in part._tbl.tr_lst
            ]
            found[caption.partition(". ")[2]] = rows
            caption = ""
        elif part.style is not None and part.style.name == "R57 Caption":
            caption = part.text
    return found


def in_pdf(path: Path) -> str:
    return "".join(text for text, *_ in sheets(path))


def packed(*texts: str) -> str:
    return unicodedata.normalize("NFC", "".join("".join(texts).split()))


def test_every_cell_is_the_same_in_word(month: Path, language: Language) -> None:
    expected, found = tables(month, language), in_word(paper(month, language, "docx"))
    assert len(expected) >= 17
    assert {title: found[title] for title in expected} == expected


def test_the_board_stands_in_the_text_as_a_reader_sees_it(month: Path, language: Language) -> None:
    """Outcome, indicator, actual and target of each row; the values with their facts stand in the appendix."""
    board = status_board(open_view(month=MONTH, language=language))
    assert isinstance(board, Board)
    found, words = in_word(paper(month, language, "docx")), open_view(language=language).words
    head, *rows = found[words("board.brief")]
    assert head == tuple(words(f"column.{name}") for name in ("due_outcome", "indicator", "actual", "target"))
    assert len(rows) == len(board.lines) == len(found[board.heading]) - 1 > 5
    for row, line in zip(rows, board.lines, strict=True):
        assert row[0].startswith(plain(line.outcome)) and row[1].startswith(plain(line.name)) and line.target in row[3]
        assert all(text in row[2] for _, text in line.values)
    text = in_pdf(paper(month, language, "pdf"))
    assert [row for row in rows if packed(*row) not in text] == []


def test_every_row_is_the_same_in_pdf(month: Path, language: Language) -> None:
    text = in_pdf(paper(month, language, "pdf"))
    missing = [row for rows in tables(month, language).values() for row in rows if packed(*row) not in text]
    assert missing == []


def test_every_cell_is_the_same_in_the_workbook(month: Path, language: Language) -> None:
    workbook = CalamineWorkbook.from_path(paper(month, language, "xlsx"))
    sheets = {}
    for name in workbook.sheet_names[2:]:
        rows = workbook.get_sheet_by_name(name).to_python()
        sheets[str(rows[0][0]).partition(". ")[2]] = rows
        assert all(any(cell != "" for cell in row) for row in rows) and len(name) <= 31, name
        number, _, held = name.partition(" ")
        assert str(rows[0][0]).partition(". ")[0].endswith(f" {number}") and held, "named by what it holds"
    for section in sections(month, language):
        heads, lines = section.xpath(".//table//th"), section.xpath(".//table/tbody/tr")
        if not lines:
            continue
        rows = sheets[plain(section.xpath("string(.//h2)"))][1 : len(lines) + 2]
        assert [plain(str(cell)) for cell in rows[0]] == [plain(head.text_content()) for head in heads]
        for row, line in zip(rows[1:], lines, strict=True):
            for cell, wanted, head in zip(row, line.xpath("./td"), heads, strict=True):
                value = wanted.get("data-sort", "")
                if head.get("data-kind") in NUMBERS and value:
                    assert isinstance(cell, float) and cell == pytest.approx(float(value), rel=1e-11)
                elif isinstance(cell, float):
                    assert head.get("data-kind") == "period" and f"{cell:.0f}" in wanted.text_content(), "a year"
                elif isinstance(cell, date):
                    assert cell.isoformat() == value
                else:
                    assert plain(cell) == plain(wanted.text_content())


def test_every_sentence_has_its_letters_in_pdf(month: Path, language: Language) -> None:
    """Heading, finding, measure and notes of each figure; a letter that the font has not would not be read back."""
    text = in_pdf(paper(month, language, "pdf"))
    kinds = ".//h2 | .//*[@class='r57-title'] | .//*[@class='r57-subtitle'] | .//*[@class='r57-note']"
    said = [part.text_content() for section in sections(month, language) for part in section.xpath(kinds)]
    assert len(said) > 60
    assert [sentence for sentence in said if packed(sentence) not in text] == []


@cache
def sheets(path: Path) -> list[tuple[str, float, bool]]:
    """The pages of a PDF: the text, packed, how far down it is written on (from 0 to 1), and whether it lies."""

    pages = PdfReader(path).pages
    read = ((page, *written(page)) for page in pages)
    return [
        (packed(text), max(low for low in lows if low < 0.95), page.mediabox.width > page.mediabox.height)
        for page, text, lows in read
    ]


def test_a_leader_reads_ten_pages_and_none_is_a_third_empty(month: Path, language: Language) -> None:
    """A page of summary, the contents, and at most eight pages of findings; tables and methods come after them."""
    words, pages = open_view(language=language).words, sheets(paper(month, language, "pdf"))
    body = [page for page in pages if not page[2]]
    assert body == pages[: len(body)] and len(body) <= 10
    assert packed(words("brief.heading")) in body[0][0] and packed(words("book.contents")) in body[1][0]
    assert packed(words("document.tables")) in pages[len(body)][0]
    filled = [share for _, share, _ in pages]
    assert [n for n, share in enumerate(filled, 1) if share < 2 / 3 and n not in (len(body), len(pages))] == []


@pytest.mark.whole
@pytest.mark.parametrize(
    ("name", "language"),
    [("2025-06", "vi"), ("2025-09", "en"), ("2025-11", "vi"), *((NEWEST, language) for language in LANGUAGES)],
)
def test_other_months_and_the_newest_fill_their_pages_too(name: str, language: Language) -> None:
    """As long as the data grow: what is measured before the order is chosen holds for any month."""
    view = open_view(month=name, language=language, data=DATA)
    words, given = view.words, {"month": name, "as_of": f"{view.as_of}", "language": language, "data": str(DATA)}
    paths = [ROOT / "notebooks" / f"{each}.ipynb" for each in NOTEBOOKS]
    shown = {path.stem: shown_by(path, disk.sha256(path), given) for path in paths}
    told = {each: parts for each, parts in shown.items() if any(isinstance(part, Figure | Tiles) for part in parts)}
    document = document_of(view, told, lambda grid: [])
    heads = tuple(block for block in document.appendix if isinstance(block, Heading) and block.listed)
    made = PdfReader(io.BytesIO(pdf(replace(document, appendix=heads)))).pages
    read = [written(page) for page in made]
    body, filled = read[:-1], [max(low for low in lows if low < 0.95) for _, lows in read]
    assert len(body) <= 10 and [n for n, share in enumerate(filled[:-2], 1) if share < 2 / 3] == []
    assert filled[-2] > 1 / 4, "more than the signature"
    text = [packed(said) for said, _ in read]
    assert packed(words("brief.heading")) in text[0] and packed(words("book.contents")) in text[1]
    assert len(heads) == 2 and packed(words("document.tables")) in text[-1]


def test_what_belongs_together_stands_on_one_page(month: Path, language: Language) -> None:
    """Finding, chart, caption and source; a table's caption, its head and its first row."""
    words, pages = open_view(language=language).words, [text for text, *_ in sheets(paper(month, language, "pdf"))]
    picture, table = (words(f"document.{kind}", number="N").replace("N", r"\d+") for kind in ("picture", "table"))
    captions = grids = 0
    for section in sections(month, language):
        heading, finding, measure = (
            packed(section.xpath(f"string({path})"))
            for path in (".//h2", ".//*[@class='r57-title']", ".//*[@class='r57-subtitle']")
        )
        for page in pages:
            if found := re.search(f"{packed(picture)}\\.{re.escape(heading)}", page):
                captions += 1
                assert finding in page[: found.start()] and measure in page[: found.start()], finding
                assert re.search(packed(words("source.heading")) + "|" + packed(table), page[found.end() :]), finding
        rows = [packed(row.text_content()) for row in section.xpath(".//table//tr")]
        if rows:
            grids += 1
            whole = re.compile(f"{packed(table)}\\.{re.escape(heading)}.{{0,40}}{re.escape(''.join(rows[:2]))}")
            assert any(whole.search(page) for page in pages), heading
    assert captions >= 8 and grids > 30


def test_pdf_is_tagged_and_has_no_time_of_now(month: Path, language: Language) -> None:
    reader = PdfReader(paper(month, language, "pdf"))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == language
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data().decode()
    assert reader.metadata is not None and str(reader.metadata["/ModDate"]).startswith(
        f"D:{open_view(month=MONTH).as_of:%Y%m%d}000000"
    )
    draft = {"vi": "DỰ THẢO", "en": "DRAFT"}[language]
    assert all(packed(draft) in text for text, *_ in sheets(paper(month, language, "pdf")))


def test_word_has_what_an_office_and_a_screen_reader_need(month: Path, language: Language) -> None:
    document = docx.Document(str(paper(month, language, "docx")))
    pictures = list(document.element.iter(qn("wp:docPr")))
    assert pictures and all(len(each.get("descr")) > 20 for each in pictures)
    grids = [table for table in document.tables if table.style is not None and table.style.name == "Table Grid"]
    assert grids and all(table._tbl.tr_lst[0].trPr.find(qn("w:tblHeader")) is not None for table in grids)
    heads = [part.first_page_header if part.different_first_page_header_footer else part.header
             for part in document.sections]  # fmt: skip
    draft = {"vi": "DỰ THẢO", "en": "DRAFT"}[language]
    assert all(
        draft in "".join(line.text for line in head.paragraphs) for head in (*heads, document.sections[0].header)
    )
    assert "{{" not in document.element.xml and "R57-BODY" not in document.element.xml


def test_slides_say_what_the_pages_say(month: Path, language: Language) -> None:
    """Finding, measure, source, and quotations in the notes; bars that can be edited have the values of the table."""
    deck, view = Presentation(str(paper(month, language, "pptx"))), open_view(month=MONTH, language=language)
    made = list(deck.slides)
    told = [{place.placeholder_format.idx: place.text_frame.text for place in each.placeholders} for each in made]
    draft = {"vi": "DỰ THẢO", "en": "DRAFT"}[language]
    assert all(said[PLACES["state"]] == draft for said in told) and deck.slide_width / deck.slide_height > 1.7
    assert told[1][PLACES["text"]].split("\n") == [line.text for line in brief(view).lines]
    assert told[3][PLACES["title"]] == status_board(view).title and made[3].shapes[-1].has_table
    pages = {plain(section.xpath("string(.//*[@class='r57-title'])")): section for section in sections(month, language)}
    drawn = 0
    for slide, said in zip(made[4:], told[4:], strict=True):
        section = pages[said[PLACES["title"]]]
        assert said[PLACES["measure"]] == plain(section.xpath("string(.//*[@class='r57-subtitle'])"))
        notes = slide.notes_slide.notes_text_frame.text
        cited = json.loads(section.xpath("string(.//script[@class='r57-facts-data'])") or "{}")
        assert all(f"{fact}: “{each['quote']}”" in notes for fact, each in cited.items())
        assert bool(cited) == (PLACES["source"] in said)
        shown = next(each for each in slide.shapes if not each.is_placeholder)
        assert len(shown._element.xpath(".//p:cNvPr/@descr")[0]) > 20
        if shown.has_chart:
            drawn += 1
            plot, rows = shown.chart.plots[0], section.xpath(".//table/tbody/tr")
            assert list(plot.categories) == [plain(row.xpath("string(./td[1])")) for row in rows]
            for value, row in zip(plot.series[0].values, rows, strict=True):
                assert f"{value:.12g}" in row.xpath("./td/@data-sort")
        elif not shown.has_table:
            assert shown.width > 1.1 * shown.height, "a tall chart stands in two columns"
    assert len(made) > 8 and drawn


@pytest.mark.parametrize("month", ["2025-06", "2025-09", "2025-12", NEWEST])
def test_the_brief_board_has_no_brackets_within_brackets(month: str, language: Language) -> None:
    view = open_view(month=month, language=language, data=DATA)
    (grid,) = [
        each
        for each in document_of(view, {"overview": [status_board(view)]}, lambda grid: []).grids
        if each.name == "board"
    ]
    assert grid.rows and [cell for row in grid.rows for cell in row if re.search(r"\([^)]*\(", cell)] == []


def test_a_map_that_could_not_be_read_on_a_slide_is_its_table(language: Language) -> None:
    """With what it names in letters for a room; the facts behind stand in the notes."""
    view = open_view(month="2025-09", language=language)
    shown = province_map(view)
    document = document_of(view, {"province_profile": [shown]}, lambda grid: [])
    slide = Presentation(io.BytesIO(slides(document))).slides[-1]
    (frame,) = [each for each in slide.shapes if not each.is_placeholder]
    grid = [[cell.text for cell in row.cells] for row in frame.table.rows]
    assert shown.chart is not None and grid == [[*shown.table.columns[:2]], *shown.table.iloc[:, :2].values.tolist()]
    sizes = [run.font.size.pt for cell in frame.table.iter_cells() for run in cell.text_frame.paragraphs[0].runs]
    assert len(sizes) == 12 and min(sizes) >= 14
    assert all(fact in slide.notes_slide.notes_text_frame.text for fact in shown.fact_ids)


def test_a_tall_picture_is_cut_between_two_rows() -> None:
    """No row is cut in two, none is lost, and both columns begin as low; what has no gap stays whole."""
    tall = Image.new("RGB", (100, 400), "white")
    for number, top in enumerate(range(10, 370, 60)):
        tall.paste((200, 0, number), (0, top, 100, top + 12))
        tall.paste((0, 200, number), (0, top + 16, 100, top + 34))
    made = Image.open(io.BytesIO(in_columns(png(tall))))
    colours = {column: [made.getpixel((column, row)) for row in range(made.height)] for column in (50, 162)}
    runs = {column: [(colour, len([*same])) for colour, same in groupby(all_of)] for column, all_of in colours.items()}
    assert made.width > 2 * tall.width and made.height < 0.6 * tall.height
    for column, numbers in ((50, (0, 1, 2)), (162, (3, 4, 5))):
        found = [run for run in runs[column] if run[0] != (255, 255, 255)]
        assert found == [run for number in numbers for run in (((200, 0, number), 12), ((0, 200, number), 18))]
        assert runs[column][0] == ((255, 255, 255), 10)
    tall.paste((0, 0, 0), (40, 0, 42, 400))
    assert in_columns(png(tall)) == png(tall)


def png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def test_a_source_is_named_alike_everywhere() -> None:
    """A side teaser as what it is; more than three by their number where there is not room for all."""
    words = open_view(month=MONTH, language="en", data=DATA).words
    source = SourceLine("VNA", "Title", "", "4 December 2025", False, "VNA", "s", "2025-12-04")
    said = sources_said([source, replace(source, teaser=True)], words)
    assert said == "Source: VNA, Title (4 December 2025); VNA, Title (4 December 2025; side teaser of another article)."
    assert sources_said([source] * 4, words) == "Sources: 4 documents."
    assert sources_said([source] * 4, words, all_of=True).count("VNA") == 4 and not sources_said([], words)


def test_slides_have_no_time_of_now(month: Path) -> None:
    """Not even the workbook within a chart: the same input gives the same bytes."""
    made = f"{open_view(month=MONTH).as_of}T00:00:00Z"
    with zipfile.ZipFile(paper(month, "en", "pptx")) as parts:
        inner = [name for name in parts.namelist() if name.endswith(".xlsx")]
        books = [zipfile.ZipFile(io.BytesIO(parts.read(name))) for name in inner]
        assert books
        for each in (parts, *books):
            assert {info.date_time for info in each.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert re.findall(r"<dcterms:\w+[^>]*>([^<]*)", each.read("docProps/core.xml").decode()) == [made, made]


def test_the_template_of_slides_is_the_one_that_is_made_and_its_heads_of_tables_can_be_read() -> None:
    """White letters on the first colour of the theme: PowerPoint's own blue would have a contrast of 4."""
    made = io.BytesIO()
    slide_template().save(made)
    with zipfile.ZipFile(made) as anew, zipfile.ZipFile(SLIDES) as kept:
        assert {name: anew.read(name) for name in anew.namelist()} == {
            name: kept.read(name) for name in kept.namelist()
        }
        [first] = re.findall(rb"<a:accent1><a:srgbClr val=\"(\w+)\"", kept.read("ppt/theme/theme1.xml"))
    parts = [int(first[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    light = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    assert 1.05 / (0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] + 0.05) > 7


def test_approved_slides_are_no_draft(hostile: Document) -> None:
    deck = Presentation(io.BytesIO(slides(replace(hostile, front=hostile.front | {"state": ""}))))
    [title] = deck.slides
    assert {place.placeholder_format.idx for place in title.placeholders} == {PLACES["title"], PLACES["text"]}
    assert title.shapes.title.text == HOSTILE[6]


def test_the_record_names_inputs_with_rows_and_hashes(month: Path) -> None:
    inputs = json.loads((month / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    rows = {row[0]: row for row in in_word(paper(month, "en", "docx"))["Input files"]}
    assert rows.keys() >= inputs.keys()
    notebooks = {name: digest for name, digest in inputs.items() if name.startswith("notebooks/")}
    assert notebooks and {name: rows[name][2] for name in notebooks} == notebooks
    known = open_view(month=month.name, data=DATA).tables["observations"]
    assert len(load_tables(DATA)["observations"]) > int(rows["data/observations.csv"][1]) == len(known) > 0
    assert all(digest in in_pdf(paper(month, "en", "pdf")) for _, _, digest in list(rows.values())[1:])


def test_documents_stand_on_the_index_and_in_the_manifest(month: Path) -> None:
    page = (month / "index.html").read_text(encoding="utf-8")
    for each in LANGUAGES:
        for form in ("docx", "pdf", "pptx", "xlsx"):
            assert f'href="{paper(month, each, form).name}"' in page
    assert "Dự thảo: chưa được phê duyệt." in page


@pytest.fixture(scope="module")
def hostile() -> Document:
    """A document whose every text would run, or be markup, if it were let."""
    words = words_of(load_tables(DATA)["labels"], "en")
    pairs = zip(HOSTILE, HOSTILE[::-1], strict=True)
    columns = [replace(texts(pair), heading=head) for head, pair in zip(HOSTILE, pairs, strict=True)]
    grid = GridMaker(words)(HOSTILE[0], columns, under=HOSTILE[:2], sources=HOSTILE[:2], name="x")
    said = [Text("finding", each) for each in HOSTILE]
    body = (Heading(1, HOSTILE[6]), *said, Bullets(HOSTILE), grid)
    front = {name.removeprefix("document.front."): HOSTILE[3] for name in words.labels if "ment.front." in name}
    front |= {"state": HOSTILE[4], "stamp": HOSTILE[7]}
    return Document("en", HOSTILE[6], date(2025, 6, 30), front, (), body, (), words)


def test_texts_are_texts_in_word(hostile: Document) -> None:
    document = docx.Document(io.BytesIO(word(hostile)))
    lines = [line.text for line in document.paragraphs]
    assert all(lines.count(each) >= 2 for each in HOSTILE)
    assert list(in_rows(document)) == [list(HOSTILE), list(HOSTILE), list(HOSTILE[::-1])]
    assert document.sections[0].first_page_header.paragraphs[0].text == HOSTILE[4]


def in_rows(document: Any) -> Iterator[list[str]]:
    grid = next(table for table in document.tables if table.style is not None and table.style.name == "Table Grid")
    yield from ([cell.text for cell in row.cells] for row in grid.rows)


def test_texts_are_texts_in_pdf(hostile: Document) -> None:
    text = "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf(hostile))).pages)
    assert all(text.count(packed(each)) >= 5 for each in HOSTILE)


def test_texts_are_texts_in_the_workbook(hostile: Document) -> None:
    made = book(hostile)
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/")]
        links = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".rels")]
    assert not any("<f>" in sheet or "<f " in sheet or "mergeCell" in sheet for sheet in sheets)
    assert not any("a.example" in link for link in links)
    rows = CalamineWorkbook.from_filelike(io.BytesIO(made)).get_sheet_by_index(2).to_python()
    assert [list(row) for row in rows[1:4]] == [list(HOSTILE), list(HOSTILE), list(HOSTILE[::-1])]


def test_nothing_parts_a_finding_from_its_chart(hostile: Document) -> None:
    """However much stands before it: eight of them, each after a line more than the one before."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="620" height="{}"><rect width="9" height="9"/></svg>'
    body: list[Text | Exhibit] = []
    for n in range(8):
        body += [Text("lead", "Words.")] * n
        shown = Picture(svg.format(200 + 30 * n), "a chart", f"Caption {n}.")
        note = Text("note", "Words. " * 120)
        body.append(Exhibit((Text("finding", f"Finding {n}."), shown, note, Text("source", f"Source {n}."))))
    document = replace(hostile, body=tuple(body))
    pages = [packed(page.extract_text()) for page in PdfReader(io.BytesIO(pdf(document))).pages]
    for n in range(8):
        assert any(re.search(f"Finding{n}.*Caption{n}.*Source{n}", page) for page in pages), n
    lines = docx.Document(io.BytesIO(word(document))).paragraphs
    kept = {line.text: line.paragraph_format.keep_with_next for line in lines if line.text.endswith(" 7.")}
    assert kept == {"Finding 7.": True, "Caption 7.": True, "Source 7.": None}


def test_the_template_has_a_place_for_every_name() -> None:
    names = {name.removeprefix("document.front.") for name in load_tables(DATA)["labels"]["key"]
             if name.startswith("document.front.")}  # fmt: skip
    with zipfile.ZipFile(TEMPLATE) as parts:
        text = " ".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    assert set(re.findall(r"{{ (\w+) }}", text)) == (names - {"page"}) | {"state", "stamp", "title", "body"}


SMALL = """from dataclasses import replace
from r57lib import display, figures, open_view
view = open_view(month=month, as_of=as_of, language=language, data=data)
display.show(replace(figures.required_pace(view), title="TITLE"))"""


@pytest.mark.server
def test_a_format_that_cannot_be_made_leaves_the_others(tmp_path: Path) -> None:
    """No font of ours has a Thai letter: the PDF would have a gap."""
    batch = Batch(tmp_path, {"overview": [SMALL.replace("TITLE", "น")]})
    done = batch.run("--formats", "html,pdf,xlsx")
    assert done.returncode == 1
    assert "report.en.pdf: ValueError: typst: " in done.stderr and "could not be displayed" in done.stderr
    assert {"overview.en.html", "report.en.xlsx"} < set(batch.bytes())
    assert "report.en.pdf" not in batch.bytes()
    assert "report.en.pdf" in (batch.published / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("formats", "said"),
    [
        ("pdff", "unknown format 'pdff'; did you mean 'pdf'?"),
        ("pdf", "name html or ipynb, too"),
        (" , ", "unknown form"),
    ],
)
def test_a_wrong_format_is_refused(formats: str, said: str) -> None:
    with pytest.raises(WrongCall) as refused:
        Spec(()).with_formats(formats)
    assert said in str(refused.value)


def test_made_up_data_are_marked_in_documents(registered: Path) -> None:
    view = open_view(month="2025-12", language="vi", data=registered)
    mark = view.words("synthetic.mark")
    parts = [Header("task_completion", (), view.words, synthetic=True), FIGURES["register_counts"][1](view)]
    content = document_of(view, {"task_completion": parts}, lambda grid: [])
    exhibit = next(block for block in content.body if isinstance(block, Exhibit))
    assert (
        Text("note", view.words("document.synthetic")) in content.summary and Text("note", f"{mark}.") in exhibit.blocks
    )
    assert all(mark in grid.caption for grid in content.grids)
    real = [Header("task_completion", (), view.words), FIGURES["task_status"][1](view)]
    clean = document_of(view, {"task_completion": real}, lambda grid: [])
    assert mark not in str(clean.summary + clean.body + clean.appendix) and clean.grids
