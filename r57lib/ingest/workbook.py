"""An .xlsx workbook as physical rows: looked through before it is opened, and each cell as its author left it."""

from __future__ import annotations

import re
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import IO, Any
from xml.parsers import expat

from r57lib.ingest.files import open_archive
from r57lib.ingest.numberformats import NumberFormat, number_format
from r57lib.ingest.rows import (
    GUIDE,
    LIMIT_TEXT,
    LISTS,
    SUMMARIES,
    Broken,
    Note,
    Rejected,
    Share,
    Sheet,
    SheetRow,
    column_letter,
)

LIMIT_BYTES, LIMIT_TEXTS, LIMIT_TAGS = 300 << 20, 96 << 20, 48_000_000
"""What a workbook may unpack to, how much its table of texts may hold, and how many tags there may be in all parts."""

LIMIT_ROWS, LIMIT_COLUMNS, LIMIT_SPANNED, LIMIT_CELLS, LIMIT_MERGED = 1_048_576, 16_384, 6_000_000, 2_400_000, 50_000
"""How far a sheet may reach, as in a spreadsheet, how many cells those that are read may span, how many of these may
hold anything, and how many merged ones a sheet may have."""

LIMIT_SHARED = 160 << 20
"""What texts of the table may come to where each cell that has one is given its own."""

LIMIT_TOKEN, LIMIT_PART, LIMIT_SECONDS, LIMIT_DEPTH, LIMIT_ELEMENTS = 1 << 20, 32 << 20, 3, 100, 500_000
"""How long a tag or a comment may be, how large a part beside the sheets, how much processor time the look at all parts
may take, how deep the elements of a sheet lie in each other, and how many there are in other parts.

Expat looks at an unfinished token anew with each piece that it is fed: one of 20 MiB would keep it busy for minutes.
"""

_OURS = (*SUMMARIES.values(), GUIDE, LISTS)

_DAMAGES = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, RuntimeError)
"""What the readers of an archive and of its parts raise, a method of compression that is not known among them."""

_CHUNK = 1 << 18
_TEXTS = "xl/sharedStrings.xml"
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*:)?worksheet[\s>]")
_LETTERS = re.compile(rb'c r="([A-Z]{1,3})')
_SHARED = re.compile(rb"t=[\"']s[\"'][^<>]*>\s*<(?:\w+:)?v(?: [^<>]*)?>\s*(\d{1,9})")
_SHOWN_OF_TEXT = 200
"""So much of a cell is kept to tell whether it is empty and to show its formula."""
_DANGEROUS = {"vbaProject.bin": "W-MACRO", "externalLinks": "W-LINKS"}


def read_workbook(path: Path, named: str, is_table: Callable[[Sheet], bool]) -> Sheet:
    """The sheet with the data: the one that is `named`, else the only one that holds anything, or any table.

    Raises `Rejected` for a file that cannot be opened, is too large, or leaves the choice of a sheet open.
    """
    try:
        with open_archive(path) as archive:
            return _read(path, archive, named, is_table)
    except Rejected:
        raise
    except (*_DAMAGES, OSError, ValueError, KeyError) as error:
        raise Rejected("E-CORRUPT", what=type(error).__name__) from None


def _read(path: Path, archive: zipfile.ZipFile, named: str, is_table: Callable[[Sheet], bool]) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    _require_small(archive)
    parsing = _Parsing(archive)
    parts = _sheet_parts(parsing)
    styles = _styles(parsing)
    marks = {name: _marks(parsing, part, styles) for name, part in parts.items()}
    filled = [name for name, mark in marks.items() if mark.cells and name not in _OURS]
    if named and named not in parts:
        raise Rejected("E-SHEET-NAME", sheet=named, sheets=", ".join(parts))
    if not named and not filled:
        raise Rejected("E-EMPTY")
    names = [named] if named else filled
    for mark in (marks[name] for name in names):
        if mark.spanned > LIMIT_SPANNED:
            raise Rejected("E-LIMIT", what=f"{mark.last_row} x {mark.last_column + 1}")
    spanned, written = (sum(getattr(marks[name], count) for name in names) for count in ("spanned", "cells"))
    if spanned > LIMIT_SPANNED or written > LIMIT_CELLS:
        raise Rejected("E-LIMIT", what=f"> {LIMIT_CELLS} cells")
    _require_short(archive, {parts[name]: marks[name].cells for name in names})
    try:
        book = CalamineWorkbook.from_path(str(path))
        found = {name: _sheet_of(book, name, marks[name]) for name in names}
    except (CalamineError, OSError, ValueError) as error:
        raise Rejected("E-CORRUPT", what=str(error)[:80]) from None
    tables = list(found) if len(found) == 1 else [name for name, sheet in found.items() if is_table(sheet)]
    if len(tables) != 1:
        raise Rejected("E-SHEET", sheets=", ".join(tables or filled))
    name = tables[0]
    members = archive.namelist()
    notes = [Note(code) for sign, code in _DANGEROUS.items() if any(sign in member for member in members)]
    if len(found) > 1:
        notes.append(Note("W-SHEETS", hint=", ".join(other for other in found if other != name)))
    hidden = {each.name for each in book.sheets_metadata if each.visible != SheetVisibleEnum.Visible}
    notes += [*marks[name].notes(), *([Note("W-HIDDEN-SHEET", hint=name)] if name in hidden else [])]
    return replace(found[name], notes=tuple(notes))


def _sheet_of(book: Any, name: str, mark: _Marks) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    merged = sheet.merged_cell_ranges or []
    spans = tuple((top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in merged)
    return Sheet(name, lambda: _rows(sheet, mark), merged=spans)


def _require_small(archive: zipfile.ZipFile) -> None:
    """Unpack once to nowhere: what a header says of a size is not to be believed."""
    total = tags = 0
    names = [info.filename.casefold() for info in archive.infolist()]
    if len(set(names)) < len(names):
        raise Rejected("E-CORRUPT", what="ZIP")  # one reader would take the first of two, another the last
    for info in archive.infolist():
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if ".." in parts or info.filename.startswith(("/", "\\")):
            raise Rejected("E-PATH", what=info.filename)
        if info.flag_bits & 1:
            raise Rejected("E-PASSWORD")
        size = 0
        with archive.open(info) as file:
            while chunk := file.read(_CHUNK):
                size, total, tags = size + len(chunk), total + len(chunk), tags + chunk.count(b"<")
                texts = size > LIMIT_TEXTS and info.filename.casefold() == _TEXTS.casefold()
                if total > LIMIT_BYTES or tags > LIMIT_TAGS or texts:
                    raise Rejected("E-LIMIT", what=info.filename)


def _require_short(archive: zipfile.ZipFile, cells: Mapping[str, int]) -> None:
    """Raise `Rejected` where texts that many cells share come to too much: calamine gives each cell its own.

    `cells` says of the parts of sheets how many there are.
    """
    name = next((each for each in archive.namelist() if each.casefold() == _TEXTS.casefold()), "")
    if not name:
        return
    content = archive.read(name)
    begins = [match.start() for match in re.finditer(rb"<(?:\w+:)?si[\s/>]", content)]
    lengths = [after - before for before, after in pairwise([*begins, len(content)])]
    longest = max(lengths, default=0)
    if longest > 4 * LIMIT_TEXT:
        raise Rejected("E-LIMIT", what=name)
    if longest * sum(cells.values()) <= LIMIT_SHARED:
        return
    total = 0
    for part in cells:
        with archive.open(part) as file:
            for block in _blocks(file):
                found = [int(number) for number in _SHARED.findall(block)]
                total += sum(lengths[number] for number in found if number < len(lengths))
                if total > LIMIT_SHARED:
                    raise Rejected("E-LIMIT", what=name)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """A part of the archive in pieces that end with a row, where that is near."""
    rest = b""
    while piece := file.read(_CHUNK):
        block = rest + piece
        end = block.rfind(b"row>") + 4
        if end < 4 and len(block) < LIMIT_TOKEN:
            rest = block
            continue
        end = len(block) if end < 4 else end
        rest = block[end:]
        yield block[:end]
    yield rest


# --- what calamine does not tell ------------------------------------------------------------------------------------


@dataclass
class _Marks:
    """What stands in a sheet's XML beside its values."""

    cells: int = 0
    last_row: int = 0
    last_column: int = -1
    merged: int = 0
    broken: dict[int, dict[int, Broken]] = field(default_factory=dict)
    styled: dict[int, dict[int, NumberFormat]] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: int = 0
    filtered: bool = False

    @property
    def spanned(self) -> int:
        """How many cells there are up to the last that holds anything."""
        return self.last_row * (self.last_column + 1)

    def notes(self) -> list[Note]:
        """What a reader of the sheet does not see, although it is read."""
        notes = []
        if self.hidden_rows:
            some = ", ".join(map(str, self.hidden_rows[:10])) + ("…" if len(self.hidden_rows) > 10 else "")
            notes.append(Note("W-HIDDEN-ROWS", raw=str(len(self.hidden_rows)), hint=some))
        if self.hidden_columns:
            notes.append(Note("W-HIDDEN-COLUMNS", raw=str(self.hidden_columns)))
        if self.filtered:
            notes.append(Note("W-FILTER"))
        return notes


def _row_number(text: str | int) -> int:
    number = int(text)
    if not 1 <= number <= LIMIT_ROWS:
        raise Rejected("E-LIMIT", what=f"> {LIMIT_ROWS} rows")
    return number


@cache
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number - 1


class _Scan:
    """Walks through a sheet's XML once and writes down its marks."""

    def __init__(self, styles: Mapping[int, NumberFormat]) -> None:
        self.marks = _Marks()
        self._styles = styles
        self._row = self._at = 0
        self._kind = self._formula = self._value = ""
        self._inside = ""
        self._style = self._depth = self._length = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""
        name = name.rpartition(":")[2]
        self._depth += 1
        if self._depth > LIMIT_DEPTH:
            raise Rejected("E-LIMIT", what=f"> {LIMIT_DEPTH} x <{name[:20]}>")
        if name == "row":
            self._row = _row_number(given.get("r", self._row + 1))
            self._at = -1
            if given.get("hidden") in ("1", "true"):
                self.marks.hidden_rows.append(self._row)
        elif name == "c":
            if "r" in given:
                place = _CELL.fullmatch(given["r"])
                if place is None:
                    raise Rejected("E-CORRUPT", what=given["r"][:20])
                self._at, self._row = _column(place[1]), _row_number(place[2])
            else:
                self._at += 1
            if self._at >= LIMIT_COLUMNS:
                raise Rejected("E-LIMIT", what=f"> {LIMIT_COLUMNS} columns")
            self._kind, self._style = given.get("t", "n"), int(given.get("s", 0))
            self._formula = self._value = ""
            self._length = 0
        elif name in ("f", "v", "t"):
            self._inside = name
            if name == "f":
                self._formula = "="
        elif name == "col" and given.get("hidden") in ("1", "true"):
            self.marks.hidden_columns += min(int(given.get("max", 1)), 16384) - int(given.get("min", 1)) + 1
        elif name == "autoFilter":
            self.marks.filtered = True
        elif name == "mergeCell":
            self.marks.merged += 1
            if self.marks.merged > LIMIT_MERGED:
                raise Rejected("E-LIMIT", what=f"> {LIMIT_MERGED} merged cells")

    def without_plain_rows(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The XML of a sheet without its plain rows, the marks of which are written down at once."""
        plain, comment = None, False
        numbers = "|".join(map(str, self._styles)) or "-"
        styled = re.compile(rf'c r="([A-Z]{{1,3}})(\d+)" s="({numbers})"(?: t="n")?>'.encode())
        for block in blocks:
            comment = comment or b"<!" in block  # what stands in one is no row
            if plain is None and (root := _ROOT.search(block)):
                plain = _plain_rows(root[1] or b"")
            at = 0
            for run in plain.finditer(block) if plain and not comment else ():
                yield block[at : run.start()]
                at = run.end()
                self._plain(run[0], int(run["row"]), styled)
            yield block[at:]

    def _plain(self, rows: bytes, last: int, styled: re.Pattern[bytes]) -> None:
        marks = self.marks
        self._row = last
        letters = {_column(each.decode()) for each in set(_LETTERS.findall(rows))}
        marks.last_row = max(marks.last_row, last)
        marks.last_column = max(marks.last_column, *letters, -1)
        marks.cells += rows.count(b"v>") // 2 + rows.count(b"is>") // 2
        if last > LIMIT_ROWS or marks.last_column >= LIMIT_COLUMNS or marks.cells > LIMIT_CELLS:
            raise Rejected("E-LIMIT", what=f"{marks.last_row} x {marks.last_column + 1}")
        for column, row, style in styled.findall(rows) if self._styles else ():
            marks.styled.setdefault(int(row), {})[_column(column.decode())] = self._styles[int(style)]

    def text(self, data: str) -> None:
        """Text within an element."""
        self._length += len(data) if self._inside else 0
        if self._length > LIMIT_TEXT:
            raise Rejected("E-LIMIT", what=f"{column_letter(self._at)}{self._row}")
        if self._inside == "f":
            if len(self._formula) < _SHOWN_OF_TEXT:
                self._formula += data[:_SHOWN_OF_TEXT]
        elif self._inside and len(self._value) < _SHOWN_OF_TEXT:
            self._value += data[:_SHOWN_OF_TEXT]

    def end(self, name: str) -> None:
        """An element ends."""
        name = name.rpartition(":")[2]
        self._depth -= 1
        if name in ("f", "v", "t"):
            self._inside = ""
        elif name == "c" and (self._value or self._formula):
            self._cell()

    def _cell(self) -> None:
        marks = self.marks
        marks.cells += 1
        marks.last_row, marks.last_column = max(marks.last_row, self._row), max(marks.last_column, self._at)
        if marks.cells > LIMIT_CELLS:
            raise Rejected("E-LIMIT", what=f"{LIMIT_CELLS} cells")
        if self._kind == "e":
            marks.broken.setdefault(self._row, {})[self._at] = Broken("E-CELL-ERROR", self._value)
        elif self._formula and not self._value and self._kind != "str":
            marks.broken.setdefault(self._row, {})[self._at] = Broken("E-FORMULA", self._formula)
        elif self._style in self._styles and self._kind in ("n", "d"):
            marks.styled.setdefault(self._row, {})[self._at] = self._styles[self._style]


@dataclass
class _Parsing:
    """Parses parts of an archive, all of them together within the time that there is."""

    archive: zipfile.ZipFile
    seconds: float = 0.0

    def feed(self, parser: expat.XMLParserType, part: str, pieces: Iterable[bytes], limit: int = LIMIT_BYTES) -> None:
        """Parse a part; raises `Rejected` for one that is too large, has a token without end or takes too long."""
        parser.EntityDeclHandler = _no_entities
        fed = 0
        for piece in pieces:
            fed, begun = fed + len(piece), time.process_time()
            parser.Parse(piece, False)
            self.seconds += time.process_time() - begun
            if fed - parser.CurrentByteIndex > LIMIT_TOKEN:
                raise Rejected("E-TOKEN", what=part)
            if fed > limit:
                raise Rejected("E-LIMIT", what=f"{part}, {limit >> 20} MiB")
            if self.seconds > LIMIT_SECONDS:
                raise Rejected("E-LIMIT", what=f"{part}, {LIMIT_SECONDS} s")
        parser.Parse(b"", True)


def _marks(parsing: _Parsing, part: str, styles: Mapping[int, NumberFormat]) -> _Marks:
    """The marks of a sheet; rows as nearly all are go by without expat, which takes ten times as long."""
    for plain in (True, False):
        scan = _Scan(styles)
        parser = expat.ParserCreate()
        parser.StartElementHandler = scan.start
        parser.EndElementHandler = scan.end
        parser.CharacterDataHandler = scan.text
        with parsing.archive.open(part) as file:
            blocks = _blocks(file)
            parsing.feed(parser, part, scan.without_plain_rows(blocks) if plain else blocks)
        if scan.marks.spanned <= LIMIT_SPANNED:
            break  # else the plain rows may have counted cells that hold nothing
    return scan.marks


@cache
def _plain_rows(prefix: bytes) -> re.Pattern[bytes]:
    """Rows of cells with a number or a text, in the form that spreadsheets and libraries write."""
    text = rb"[^<]{0,%d}" % LIMIT_TEXT
    cell = (
        rb'<~c r="[A-Z]{1,3}(?P=row)"(?: s="\d{1,5}")?(?: t="(?:s|n|b|str|inlineStr)")?'
        rb"(?:/>|>(?:(?:<~f(?: [^<>]*)?>@</~f>)?<~v>[^<]@</~v>"
        rb'|<~is><~t(?: xml:space="preserve")?>@</~t></~is>)?</~c>)'
    )
    row = rb'<~row r="(?P<row>[1-9]\d{0,6})"(?: (?!hidden="(?:1|true))[^<>" ]+="[^<>"]*")*(?:/>|>(?:%s)*</~row>)' % cell
    return re.compile(rb"(?:%s)+" % row.replace(b"@", text).replace(b"~", re.escape(prefix)))


def _no_entities(*_: object) -> None:
    raise Rejected("E-CORRUPT", what="<!ENTITY>")


def _elements(parsing: _Parsing, part: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small part, in order, with their attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()

    def start(name: str, given: dict[str, str]) -> None:
        if len(found) == LIMIT_ELEMENTS:
            raise Rejected("E-LIMIT", what=part)
        found.append((name.rpartition(":")[2], given))

    parser.StartElementHandler = start
    with parsing.archive.open(part) as file:
        parsing.feed(parser, part, iter(partial(file.read, _CHUNK), b""), LIMIT_PART)
    return found


def _sheet_parts(parsing: _Parsing) -> dict[str, str]:
    """The sheets by name, in their order, each with its part of the archive."""
    targets = {
        given["Id"]: given["Target"]
        for name, given in _elements(parsing, "xl/_rels/workbook.xml.rels")
        if name == "Relationship"
    }
    sheets = {}
    for name, given in _elements(parsing, "xl/workbook.xml"):
        target = targets.get(next((value for key, value in given.items() if key.endswith(":id")), ""), "")
        if name == "sheet" and "worksheet" in target:
            sheets[given["name"]] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    if len(set(sheets.values())) < len(sheets):
        raise Rejected("E-CORRUPT", what="<sheet>")
    return sheets


def _styles(parsing: _Parsing) -> dict[int, NumberFormat]:
    """The cell styles that show a percentage, or a date without its day, by their numbers."""
    if "xl/styles.xml" not in parsing.archive.namelist():
        return {}
    codes, styles, within = dict[int, str](), list[int](), False
    for name, given in _elements(parsing, "xl/styles.xml"):
        if name == "numFmt":
            codes[int(given["numFmtId"])] = given.get("formatCode", "")
        if name in ("cellXfs", "cellStyles", "cellStyleXfs", "dxfs"):
            within = name == "cellXfs"
        elif name == "xf" and within:
            styles.append(int(given.get("numFmtId", 0)))
    formats = {number: number_format(number, codes.get(number, "")) for number in set(styles)}
    return {at: form for at, number in enumerate(styles) if (form := formats[number])}


def _rows(sheet: Any, marks: _Marks) -> Iterator[SheetRow]:
    """The rows from the first of the sheet on, with what calamine leaves out: it counts from the first used column."""
    before = [""] * (sheet.start[1] if sheet.start else 0)
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        cells = [*before, *cells] if before else cells
        for column, broken in marks.broken.get(number, {}).items():
            cells = [*cells, *[""] * (column + 1 - len(cells))]
            cells[column] = broken
        for column, form in marks.styled.get(number, {}).items():
            if column < len(cells):
                cells[column] = _as_shown(cells[column], form)
        yield SheetRow(number, cells)


def _as_shown(cell: Any, form: NumberFormat) -> Any:
    """A cell as its sender sees it."""
    if isinstance(cell, date):
        return form.text_of(cell) or cell
    if isinstance(cell, float) and form.percent:
        return Broken("E-PCT-FORMAT", f"{cell:.15g}") if form.percent == "unclear" else Share(cell / form.divisor)
    return cell
