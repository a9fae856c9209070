"""The spellings of bodies that nobody knows yet, settled once for all rows: a table that goes back and comes again.

`NAME.aliases.csv` has a row for each spelling; whoever knows the body writes its id or name under `agency_id`. It may
come back as any spreadsheet saves it: with another delimiter, in another encoding, as a workbook.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.errors import WrongCall, did_you_mean
from r57lib.ingest.files import read_sheet, require_file
from r57lib.ingest.heading import cell_at, cleaned
from r57lib.ingest.leads import body_named
from r57lib.ingest.names import AgencyBook
from r57lib.ingest.rows import Note, Rejected, Sheet
from r57lib.ingest.text import spelling_key
from r57lib.ingest.values import raw_text

COLUMNS = ("spelling", "count", "first_place", "agency_id", "looks_like")

LONGEST_SPELLING = 200
"""More characters than these name no body: such a cell is mended where it stands."""

_RUNS = tuple("=+-@\t\r＝＋－＠")
"""What makes a spreadsheet take a text for a formula, where a cell begins with it."""

_BOM = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for an older encoding."""


@dataclass(frozen=True)
class Spelling:
    """A spelling of a body that is to be settled: in how many rows it stands, where first, and what it is like."""

    spelling: str
    count: int
    first_place: str
    looks_like: str = ""


def plain(cell: Any) -> str:
    """A cell as one line: a spelling as the table holds it."""
    return " ".join(cleaned(raw_text(cell)).split())


def is_spelling(cell: Any) -> bool:
    """Whether a cell can be settled: it has letters, and no more of them than a name."""
    text, key = _spelled(raw_text(cell))
    return bool(key) and len(text) <= LONGEST_SPELLING


def spelling_of(text: str) -> str:
    """What the spellings of one body share."""
    return _spelled(text)[1]


@lru_cache(maxsize=16384)
def _spelled(text: str) -> tuple[str, str]:
    line = plain(text)
    return line, spelling_key(line)


def to_settle(notes: Iterable[Note], sheet: str) -> list[Spelling]:
    """Each unknown spelling once, the most frequent first."""
    first: dict[str, Note] = {}
    counts: dict[str, int] = {}
    for note in notes:
        if note.code == "E-AGENCY" and is_spelling(note.raw):
            key = spelling_of(note.raw)
            first.setdefault(key, note)
            counts[key] = counts.get(key, 0) + 1
    at = f"{sheet}!" if sheet else ""
    found = [
        Spelling(plain(note.raw), counts[key], f"{at}{note.letter}{note.row}", note.hint) for key, note in first.items()
    ]
    return sorted(found, key=lambda each: -each.count)


def only_to_settle(notes: Iterable[Note]) -> set[int]:
    """The rows that nothing but the spelling of a body keeps out."""
    settled: set[int] = set()
    others: set[int] = set()
    for note in notes:
        if note.code[0] == "E":
            (settled if note.code == "E-AGENCY" and is_spelling(note.raw) else others).add(note.row)
    return settled - others


def write_aliases(path: Path, spellings: Collection[Spelling], given: Mapping[str, str]) -> None:
    """Write the table to fill: what is to be settled first, then what was `given`, so that one file is enough.

    What somebody has filled into the file that lies there is kept. Raises `WrongCall` where that is no such table.
    """
    there = [(text, written) for _, text, written in (_read(path) if path.exists() else ()) if written]
    filled = {spelling_key(text): (text, written) for text, written in (*there, *given.items())}
    rows = []
    for each in spellings:
        _, written = filled.pop(spelling_key(each.spelling), ("", ""))
        rows.append([each.spelling, each.count, each.first_place, written, each.looks_like])
    rows += [[text, "", "", written, ""] for text, written in filled.values()]
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")  # no delimiter within a cell ends it
    writer.writerow(COLUMNS)
    writer.writerows([_harmless(str(cell)) for cell in row] for row in rows)
    disk.write(path, _BOM + text.getvalue())


def read_aliases(path: Path, book: AgencyBook) -> dict[str, str]:
    """The filled rows of a table, each spelling with the id of its body, sorted; those that are empty are left out.

    Raises `WrongCall` for a file that is no such table, for an id or a name that nobody has, with the nearest, for a
    spelling that is settled twice, and for one that is the name of another body.
    """
    found: dict[str, tuple[str, str]] = {}
    for number, text, written in _read(path):
        if not written:
            continue
        where = f"{path.name} row {number}"
        agency = body_named(book, written)
        if not agency:
            hint = book.near(written)
            near = f"; did you mean '{hint}'?" if hint else did_you_mean(written, book.shown)
            raise WrongCall(f"{where}: no body has the id or the name '{written}'{near}")
        key = spelling_key(text)
        if not key:
            raise WrongCall(f"{where}: there is no spelling before '{written}'")
        if found.get(key, (text, agency))[1] != agency:
            raise WrongCall(f"{where}: '{text}' is settled twice, as {found[key][1]} and as {agency}")
        meant = book.names.get(key, agency)
        if meant != agency:
            raise WrongCall(f"{where}: '{text}' is the name of {meant}; it cannot mean {agency}")
        found.setdefault(key, (text, agency))
    return dict(sorted(found.values()))


def _read(path: Path) -> list[tuple[int, str, str]]:
    """The number, the spelling and what is written for it of each row of a table."""
    try:
        require_file(path)
        sheet = read_sheet(path, name=path.name, named="", is_table=_is_table)
        at, head = _heading(sheet)
        rows = [row for row in sheet.rows() if row.number > at]
    except Rejected as error:
        raise WrongCall(f"'{path}' is no table of aliases ({error.code})") from None
    if not at:
        raise WrongCall(f"'{path}' is no table of aliases; its first row is: {', '.join(COLUMNS)}")
    found = []
    for row in rows:
        text, written = (_bared(plain(cell_at(row.cells, head[name]))) for name in _NEEDED)
        if text or written:
            found.append((row.number, text, written))
    return found


_NEEDED = ("spelling", "agency_id")


def _heading(sheet: Sheet) -> tuple[int, dict[str, int]]:
    """The row of the heading, 0 where there is none, and the column of each name in it."""
    for row in islice(sheet.rows(), 5):
        names = {plain(cell).casefold(): column for column, cell in enumerate(row.cells)}
        if all(name in names for name in _NEEDED):
            return row.number, names
    return 0, {}


def _is_table(sheet: Sheet) -> bool:
    return bool(_heading(sheet)[0])


def _harmless(text: str) -> str:
    """A text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(_RUNS) else text


def _bared(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:].startswith(_RUNS) else text
