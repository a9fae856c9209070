"""A CSV file as physical rows: its encoding and its delimiter found out, its lines counted as a spreadsheet does."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import NamedTuple

from r57lib.ingest.rows import LIMIT_TEXT, Note, Rejected, Sheet, SheetRow, kept_in_memory
from r57lib.ingest.text import from_tcvn3, from_vni, is_syllable

DELIMITERS = ",;\t|"
LIMIT_LINES, LIMIT_COLUMNS, LIMIT_LINE, LIMIT_QUOTES = 2_000_000, 16_384, 5_000_000, 10_000
"""How many lines a file may have, how many cells each, how many characters, and how many stray quotes: each of these
costs a look at the lines that come after it."""

LIMIT_KEPT = 48 << 20
"""A file of more bytes is read anew each time that its rows are gone through."""

_SAMPLE = 1 << 20
_CHUNK = 1 << 22
_SEP = re.compile(r"sep=(.)\s*$", re.IGNORECASE)


def read_csv(path: Path) -> Sheet:
    """The only sheet of a CSV file; raises `Rejected` for one that cannot be read whole and for certain."""
    csv.field_size_limit(LIMIT_TEXT)
    encoding, notes = _encoding(path)
    delimiter = _delimiter(path, encoding)
    slow = encoding not in ("utf-8", "utf-8-sig") or _holds(path, b'"')
    if not _ends_a_line(path, encoding):
        _require_whole(path, encoding, delimiter)

    def rows() -> Iterator[SheetRow]:  # as a spreadsheet counts them: a record is a row, however many lines it takes
        if slow:
            found = enumerate(_records(path, encoding, delimiter), 1)
            return (SheetRow(number, record.cells, record.wrong) for number, record in found)
        return map(SheetRow, count(1), _lists(path, encoding, delimiter))

    keeps = path.stat().st_size <= LIMIT_KEPT
    return Sheet("", kept_in_memory(rows) if keeps else rows, notes=tuple(notes))


# --- encoding --------------------------------------------------------------------------------------------------------


def _encoding(path: Path) -> tuple[str, list[Note]]:
    """The name of the encoding, as `codecs` has it, and what was repaired."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(path, "utf-16"), [Note("R-UTF16")]
    if head.startswith(codecs.BOM_UTF8):
        return _checked(path, "utf-8-sig"), [Note("R-BOM")]
    if b"\0" in head:
        return _utf16(path, head), [Note("R-UTF16")]
    broken = _first_break(path, "utf-8")
    if broken is None:
        return "utf-8", []
    line, before = broken
    if not before.isascii():
        raise Rejected("E-ENC-MIXED", line=str(line))
    return _old_code(path), [Note("R-ENC")]


def _checked(path: Path, encoding: str) -> str:
    broken = _first_break(path, encoding)
    if broken is not None:
        raise Rejected("E-ENC-MIXED", line=str(broken[0]))
    return encoding


def _utf16(path: Path, head: bytes) -> str:
    """UTF-16 without a mark: every other byte of plain text is then zero."""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    for encoding, much, little in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if much > len(head) // 8 and little == 0 and _first_break(path, encoding) is None:
            return encoding
    raise Rejected("E-NUL")


def _first_break(path: Path, encoding: str) -> tuple[int, bytes] | None:
    """The line where a file stops being what it began as, and what stood before; nothing for a sound file."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line, lines, before = 1, 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                good = chunk[: max(0, error.start)]
                return line + good.count(b"\n"), before + good
            ends = chunk.count(b"\n")
            others = chunk.count(b"\r") if not ends else 0
            if not ends and not others and len(chunk) == _CHUNK:
                raise Rejected("E-LIMIT", what="line")
            lines += ends or others
            if lines > LIMIT_LINES:
                raise Rejected("E-LIMIT", what=f"> {LIMIT_LINES} lines")
            line += ends
            before = before or (b"" if chunk.isascii() else b"\xff")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return line, before
    return None


def _old_code(path: Path) -> str:
    """The one code from before Unicode in which nearly all words are Vietnamese."""
    with path.open("rb") as file:
        head = file.read(_SAMPLE)
    shares = {name: _vietnamese_share(head, name) for name in ("cp1258", "x-tcvn3", "x-vni")}
    ranked = sorted(shares, key=lambda name: -shares[name])
    if shares[ranked[0]] < 0.8 or shares[ranked[1]] > 0.6:
        raise Rejected("E-ENC-FILE")
    return ranked[0]


def _vietnamese_share(head: bytes, encoding: str) -> float:
    """Of the words with more than ASCII letters, how many are Vietnamese syllables."""
    try:
        text = _decoded(head, encoding)
    except UnicodeDecodeError:
        return 0.0
    words = [word for word in re.findall(r"\w[\w\u0300-\u0323]*", text) if not word.isascii()]
    return sum(map(is_syllable, words)) / len(words) if words else 0.0


def _decoded(data: bytes, encoding: str) -> str:
    if encoding == "x-tcvn3":
        return from_tcvn3(data.decode("latin-1"))
    if encoding == "x-vni":
        return from_vni(data.decode("cp1252"))
    return data.decode(encoding)


# --- lines -----------------------------------------------------------------------------------------------------------


def _lines(path: Path, encoding: str) -> Iterator[str]:
    """The lines with their ends, whatever these are, without marks of byte order."""
    real = {"x-tcvn3": "latin-1", "x-vni": "cp1252"}.get(encoding, encoding)
    with path.open(encoding=real, newline="") as file:
        # in UTF-16 the bytes of an end of line are found in signs too; a line ends at a CR alone, as `newline` is empty
        found = iter(lambda: file.readline(LIMIT_LINE + 1), "") if real.startswith("utf-16") else file
        for number, line in enumerate(found):
            if len(line) > LIMIT_LINE:
                raise Rejected("E-LIMIT", what="line")
            text = line.lstrip("\ufeff") if number == 0 else line
            if encoding.startswith("x-"):
                text = _decoded(text.encode(real), encoding)
            yield unicodedata.normalize("NFC", text) if encoding == "cp1258" else text


def _delimiter(path: Path, encoding: str) -> str:
    """The delimiter that cuts the most lines into the same number of two fields or more."""
    lines = list(islice(_lines(path, encoding), 200))
    if not any(line.strip() for line in lines):
        raise Rejected("E-EMPTY")
    stated = _SEP.match(lines[0].strip())
    if stated:
        return stated[1]
    return max(DELIMITERS, key=lambda mark: _regularity(lines, mark))


def _regularity(lines: list[str], mark: str) -> tuple[int, int]:
    widths = list[int]()
    with suppress(csv.Error):  # a cell that is too long is one of a wrong delimiter, or is told later
        widths.extend(len(fields) for fields in csv.reader(lines, delimiter=mark) if len(fields) > 1)
    if not widths:
        return 0, 0
    usual = max(set(widths), key=widths.count)
    return widths.count(usual) * usual, usual


class _Record(NamedTuple):
    """A record with the number of the line that it begins on, and the code of what is wrong with all of it."""

    line: int
    cells: list[str]
    wrong: str = ""


def _lists(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The records of a file in UTF-8 without any quote, where each line is one."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            first = file.readline().lstrip("\ufeff")
            for cells in csv.reader(chain([first], file), delimiter=delimiter):
                if len(cells) > LIMIT_COLUMNS:
                    _require_few(cells)
                yield cells
    except csv.Error:
        raise Rejected("E-LIMIT", what="line") from None


def _require_few(cells: list[str]) -> None:
    if len(cells) > LIMIT_COLUMNS:
        raise Rejected("E-LIMIT", what=f"> {LIMIT_COLUMNS} columns")


def _holds(path: Path, sign: bytes) -> bool:
    with path.open("rb") as file:
        return any(sign in chunk for chunk in iter(partial(file.read, _CHUNK), b""))


_MOST_LINES, _MOST_BREAKS, _LONG_TEXT = 500, 60, 1000


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[_Record]:
    """The records; a quote that is not where one may be costs its own line, and none of those after it."""
    well_formed = _well_formed(delimiter)
    lines, again, tape = _lines(path, encoding), deque[str](), list[str]()
    before = strays = 0
    while True:
        reader = csv.reader(_taped(lines, again, tape), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if tape and not _is_whole("".join(tape), cells, delimiter, well_formed):
                    break
                _require_few(cells)
                yield _Record(before + reader.line_num - max(len(tape) - 1, 0), cells)
                tape.clear()
            else:
                return
        except csv.Error:
            if not tape:
                raise Rejected("E-LIMIT", what="line") from None
        before, strays = before + reader.line_num - len(tape) + 1, strays + 1
        if strays > LIMIT_QUOTES:
            raise Rejected("E-LIMIT", what=f'{LIMIT_QUOTES} x "')
        yield _Record(before, tape[0].rstrip("\r\n").split(delimiter), "E-QUOTE-ROW")
        again.extendleft(reversed(tape[1:]))
        tape.clear()


def _taped(lines: Iterator[str], again: deque[str], tape: list[str]) -> Iterator[str]:
    """The lines, of which those from the first with a quote on are kept, until there are too many for one record."""
    while (line := again.popleft() if again else next(lines, "")) != "":
        if tape or '"' in line:
            tape.append(line)
        yield line
        if len(tape) >= _MOST_LINES:
            return


def _well_formed(delimiter: str) -> re.Pattern[str]:
    """A record whose quotes enclose whole fields, or a word within one: `Đề án “Một cửa”` with plain quotes."""
    mark = re.escape(delimiter)
    quoted = r'"(?:[^"]++|"")*+"'
    within = rf'(?<=[\s(\[/–-])"[^"{mark}\r\n]++"(?=[\s)\]/,.;:!?–-]|{mark}|$)'
    field = rf'(?:{quoted}|(?!")(?:[^"{mark}\r\n]++|{within})*+)'
    return re.compile(rf"{field}(?:{mark}{field})*+[\r\n]*")


def _is_whole(text: str, cells: list[str], delimiter: str, well_formed: re.Pattern[str]) -> bool:
    """Whether a record with quotes is one, and no quoted cell of it has swallowed other records."""
    if not well_formed.fullmatch(text):
        return False
    tight = re.compile(rf"(?<!\d){re.escape(delimiter)}(?=\S|$)|{re.escape(delimiter)}(?=[^\d\s]|$)")
    return not any(
        (cell.count("\n") > _MOST_BREAKS and len(cell) > _LONG_TEXT)
        or any(len(tight.findall(line)) > 1 for line in cell.splitlines())
        for cell in cells
        if "\n" in cell or "\r" in cell
    )


def _require_whole(path: Path, encoding: str, delimiter: str) -> None:
    """Raise `Rejected` for a last line that was cut off, in a file that does not end with a whole one."""
    widths: dict[int, int] = {}
    last = _Record(1, [])
    for last in _records(path, encoding, delimiter):
        widths[len(last.cells)] = widths.get(len(last.cells), 0) + 1
    usual = max(widths, key=lambda width: widths[width])
    cut = last.wrong or len(last.cells) < usual
    if cut and widths[usual] > 1:
        raise Rejected("E-TRUNC", line=str(last.line))


def _ends_a_line(path: Path, encoding: str) -> bool:
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 2))
        tail = file.read()
    return tail.rstrip(b"\0")[-1:] in (b"\n", b"\r") or (encoding == "utf-16-be" and tail[-1:] in (b"\n", b"\r"))
