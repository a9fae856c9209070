"""An .xlsx workbook as physical rows: looked through before it is opened, and each cell as its author left it."""

from __future__ import annotations

import re
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any
from xml.parsers import expat

from r57lib.ingest.numberformats import NumberFormat, number_format
from r57lib.ingest.rows import Broken, Note, Rejected, Share, Sheet, SheetRow
from r57lib.view.words import Language

LIMIT_BYTES, LIMIT_CELLS, LIMIT_TEXTS = 300 << 20, 8_000_000, 96 << 20
"""What a workbook may unpack to, how many cells a sheet may span, and how much its table of texts may hold."""

LIMIT_TOKEN, LIMIT_PART, LIMIT_SECONDS, LIMIT_DEPTH, LIMIT_ELEMENTS = 1 << 20, 32 << 20, 60, 100, 500_000
"""How long a tag or a comment may be, how large a part beside the sheets, how much processor time one part takes, how
deep the elements of a sheet lie in each other, and how many there are in other parts.

Expat looks at an unfinished token anew with each piece that it is fed: one of 20 MiB would keep it busy for minutes.
"""

SUMMARIES: dict[Language, str] = {"vi": "Cần sửa (R57)", "en": "To mend (R57)"}
"""The sheets that we add to a workbook that goes back; they are not read when it comes again."""

GUIDE, LISTS = "Hướng dẫn · Guide (R57)", "Danh mục · Lists (R57)"
"""Nor are those that stand beside the form of a blank workbook."""

_OURS = (*SUMMARIES.values(), GUIDE, LISTS)

_DAMAGES = (zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, RuntimeError)
"""What the readers of an archive and of its parts raise, a method of compression that is not known among them."""

_CHUNK = 1 << 18
_CELL = re.compile(r"([A-Z]{1,3})([0-9]+)")
_SHOWN_OF_TEXT = 200
"""So much of a cell is kept to tell whether it is empty and to show its formula."""
_DANGEROUS = {"vbaProject.bin": "W-MACRO", "externalLinks": "W-LINKS"}


def read_workbook(path: Path, named: str, is_table: Callable[[Sheet], bool]) -> Sheet:
    """The sheet with the data: the one that is `named`, else the only one that holds anything, or any table.

    Raises `Rejected` for a file that cannot be opened, is too large, or leaves the choice of a sheet open.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(path, archive, named, is_table)
    except Rejected:
        raise
    except (*_DAMAGES, OSError, ValueError, KeyError) as error:
        raise Rejected("E-CORRUPT", what=type(error).__name__) from None


def _read(path: Path, archive: zipfile.ZipFile, named: str, is_table: Callable[[Sheet], bool]) -> Sheet:
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    _require_small(archive)
    parts = _sheet_parts(archive)
    styles = _styles(archive)
    marks = {name: _marks(archive, part, styles) for name, part in parts.items()}
    filled = [name for name, mark in marks.items() if mark.cells and name not in _OURS]
    if named and named not in parts:
        raise Rejected("E-SHEET-NAME", sheet=named, sheets=", ".join(parts))
    if not named and not filled:
        raise Rejected("E-EMPTY")
    names = [named] if named else filled
    for mark in (marks[name] for name in names):
        if mark.last_row * (mark.last_column + 1) > LIMIT_CELLS:
            raise Rejected("E-LIMIT", what=f"{mark.last_row} x {mark.last_column + 1}")
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
    total = 0
    for info in archive.infolist():
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        if ".." in parts or info.filename.startswith(("/", "\\")):
            raise Rejected("E-PATH", what=info.filename)
        if info.flag_bits & 1:
            raise Rejected("E-PASSWORD")
        size = 0
        with archive.open(info) as file:
            while chunk := file.read(_CHUNK):
                size, total = size + len(chunk), total + len(chunk)
                if total > LIMIT_BYTES or (size > LIMIT_TEXTS and info.filename.endswith("sharedStrings.xml")):
                    raise Rejected("E-LIMIT", what=info.filename)


# --- what calamine does not tell ------------------------------------------------------------------------------------


@dataclass
class _Marks:
    """What stands in a sheet's XML beside its values."""

    cells: int = 0
    last_row: int = 0
    last_column: int = -1
    broken: dict[int, dict[int, Broken]] = field(default_factory=dict)
    styled: dict[int, dict[int, NumberFormat]] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: int = 0
    filtered: bool = False

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
        self._style = self._depth = 0

    def start(self, name: str, given: dict[str, str]) -> None:
        """An element begins."""
        name = name.rpartition(":")[2]
        self._depth += 1
        if self._depth > LIMIT_DEPTH:
            raise Rejected("E-LIMIT", what=f"> {LIMIT_DEPTH} x <{name[:20]}>")
        if name == "row":
            self._row = int(given.get("r", self._row + 1))
            self._at = -1
            if given.get("hidden") in ("1", "true"):
                self.marks.hidden_rows.append(self._row)
        elif name == "c":
            place = _CELL.fullmatch(given.get("r", ""))
            self._at = _column(place[1]) if place else self._at + 1
            self._row = int(place[2]) if place else self._row
            self._kind, self._style = given.get("t", "n"), int(given.get("s", 0))
            self._formula = self._value = ""
        elif name in ("f", "v", "t"):
            self._inside = name
            if name == "f":
                self._formula = "="
        elif name == "col" and given.get("hidden") in ("1", "true"):
            self.marks.hidden_columns += min(int(given.get("max", 1)), 16384) - int(given.get("min", 1)) + 1
        elif name == "autoFilter":
            self.marks.filtered = True

    def text(self, data: str) -> None:
        """Text within an element."""
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


def _marks(archive: zipfile.ZipFile, part: str, styles: Mapping[int, NumberFormat]) -> _Marks:
    scan = _Scan(styles)
    parser = expat.ParserCreate()
    parser.StartElementHandler = scan.start
    parser.EndElementHandler = scan.end
    parser.CharacterDataHandler = scan.text
    _feed(parser, archive, part, LIMIT_BYTES)
    return scan.marks


def _feed(parser: expat.XMLParserType, archive: zipfile.ZipFile, part: str, limit: int) -> None:
    """Parse a part; raises `Rejected` for one that is too large, has a token without end or takes too long."""
    parser.EntityDeclHandler = _no_entities
    fed, begun = 0, time.process_time()
    with archive.open(part) as file:
        while piece := file.read(_CHUNK):
            fed += len(piece)
            parser.Parse(piece, False)
            if fed - parser.CurrentByteIndex > LIMIT_TOKEN:
                raise Rejected("E-TOKEN", what=part)
            if fed > limit:
                raise Rejected("E-LIMIT", what=f"{part}, {limit >> 20} MiB")
            if time.process_time() - begun > LIMIT_SECONDS:
                raise Rejected("E-LIMIT", what=f"{part}, {LIMIT_SECONDS} s")
    parser.Parse(b"", True)


def _no_entities(*_: object) -> None:
    raise Rejected("E-CORRUPT", what="<!ENTITY>")


def _elements(archive: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a small part, in order, with their attributes."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()

    def start(name: str, given: dict[str, str]) -> None:
        if len(found) == LIMIT_ELEMENTS:
            raise Rejected("E-LIMIT", what=part)
        found.append((name.rpartition(":")[2], given))

    parser.StartElementHandler = start
    _feed(parser, archive, part, LIMIT_PART)
    return found


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """The sheets by name, in their order, each with its part of the archive."""
    targets = {
        given["Id"]: given["Target"]
        for name, given in _elements(archive, "xl/_rels/workbook.xml.rels")
        if name == "Relationship"
    }
    sheets = {}
    for name, given in _elements(archive, "xl/workbook.xml"):
        target = targets.get(next((value for key, value in given.items() if key.endswith(":id")), ""), "")
        if name == "sheet" and "worksheet" in target:
            sheets[given["name"]] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return sheets


def _styles(archive: zipfile.ZipFile) -> dict[int, NumberFormat]:
    """The cell styles that show a percentage, or a date without its day, by their numbers."""
    if "xl/styles.xml" not in archive.namelist():
        return {}
    codes, styles, within = dict[int, str](), list[int](), False
    for name, given in _elements(archive, "xl/styles.xml"):
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
