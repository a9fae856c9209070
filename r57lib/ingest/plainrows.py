"""Rows of tasks of which nothing is to be said: read column by column, where each distinct cell is parsed once.

Nearly all rows of a large file are such. A row is plain only where every reading of it, one by one, would give the same
values and no note; any doubt leaves it to `Binner`, which reads it by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple

from r57lib.ingest.heading import NUMBERING, PLAIN_CODE, PLAIN_CODES, Survey, is_empty, keyed
from r57lib.ingest.kinds import FileField, FileKind
from r57lib.ingest.rows import Broken, Note, SheetRow, Unreadable, column_letter
from r57lib.ingest.text import bare_key, is_plain, may_be_repaired
from r57lib.ingest.values import Value, raw_text

Parse = Callable[[FileField, Any], Value]

_MEMO = 50_000
"""So many distinct cells of a column are remembered: a file of a gigabyte has more of them than there is memory."""

_SHORT = 20
"""Below so many characters a text may be a word for nothing, or a number of a column."""

_TOTALS = tuple("TtCcSs")
_TOTAL_CODE = re.compile(r"^[\W_]*(?:tong|cong|total|sum)", re.IGNORECASE | re.MULTILINE)
"""How a code begins that may be the word for a total, where it has plain letters alone."""

DATED = ("assigned_date", "deadline", "completed_date", "reported_status", "reported_share")
"""What can contradict each other in a row; a deadline only a status."""


PlainRow = tuple[str, ...]
"""A row of which nothing is to be said: its values as they are stored, an empty section, and what else stands in it."""


class PlainRun(NamedTuple):
    """Plain rows of one section that follow each other, from the row `first` on."""

    section: str
    first: int
    rows: list[PlainRow]


class _Said(NamedTuple):
    """The value of a cell as it is stored, and what is said of it wherever it stands."""

    value: str
    notes: tuple[Note, ...]


class ToldRow(NamedTuple):
    """A row of whose cells something is said, and nothing else: a plain one beside that, and all of its notes."""

    row: PlainRow
    notes: tuple[Note, ...]


_Cell = str | _Said | None


class PlainReader:
    """Reads rows of one sheet column by column; `width` is how many cells a row must have, 0 where all have as many.

    `parse` gives the value of a cell, `refused` the notes on one that has none, where these do not depend on others.
    """

    def __init__(
        self,
        kind: FileKind,
        survey: Survey,
        parse: Parse,
        store: Callable[[Any], str],
        refused: Callable[[FileField, Any, Unreadable], Note | None],
        contradictions: Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[Note, ...]],
        is_total: Callable[[str], bool],
        width: int,
    ) -> None:
        self._header, self._again, self._width = survey.header, survey.again, width
        self._parse, self._store, self._refused, self._is_total = parse, store, refused, is_total
        self._contradictions = contradictions
        fields = {each.name: each for each in kind.fields}
        self._fields = [fields[name] for name in survey.header.columns]
        self._names = kind.names
        self._kept: dict[str, dict[Any, _Cell]] = {each.name: {} for each in self._fields}
        self._odd: dict[str, set[Any]] = {each.name: set() for each in self._fields}
        self._pairs: dict[Any, tuple[Note, ...] | None] = {}
        self._words = PlainWords()
        names = set(DATED) if "reported_status" in survey.header.columns else set(DATED) - {"deadline"}
        self._dated = [each for each in self._fields if each.name in names]

    def read(self, rows: Sequence[SheetRow]) -> list[PlainRow | ToldRow | None]:
        """Each row that is plain, or is so beside what is said of its cells; nothing for the others."""
        last, found = self._header.rows[-1], list[PlainRow | ToldRow | None]([None]) * len(rows)
        width = self._width or len(rows[-1].cells)
        places = [at for at, row in enumerate(rows) if len(row.cells) == width and row.number > last and not row.wrong]
        if not places or width < self._header.width:
            return found
        given = [rows[at] for at in places] if len(places) < len(rows) else rows
        columns = list(zip(*(row.cells for row in given), strict=True))
        read = {each.name: self._column(each, columns[self._header.columns[each.name]]) for each in self._fields}
        others, fine, days = self._others(columns, len(given)), self._fine(columns[0]), self._days(columns, len(given))
        blank = [""] * len(given)
        values: list[Any] = list(
            zip(*(read[name][0] if name in read else blank for name in self._names), blank, others, strict=True)
        )
        doubts = [cells for cells, plain in read.values() if not plain] + [others] * (None in others)
        odd = {at for cells in doubts for at, cell in enumerate(cells) if type(cell) is not str}
        odd |= {at for at, said in enumerate(days) if said} if any(days) else set()
        odd |= {at for at, begins in enumerate(fine) if not begins} if fine else set()
        for at in odd:
            good = (fine is None or fine[at]) and None not in values[at]
            values[at] = self._told(given[at].number, values[at], read, days[at]) if good else None
        if given is rows:
            return values
        for at, each in zip(places, values, strict=True):
            found[at] = each
        return found

    def _told(
        self, number: int, cells: tuple[_Cell, ...], order: Iterable[str], days: tuple[Note, ...] | None
    ) -> PlainRow | ToldRow | None:
        """A row with what is said of its cells in the order of its columns, and unless that refuses it of its days."""
        said = [each for each in cells if type(each) is _Said]
        if len(said) > 1:
            by_name = dict(zip(self._names, cells, strict=False))
            said = [each for name in order if type(each := by_name[name]) is _Said]
        notes = tuple(note for each in said for note in each.notes)
        if not any(note.code[0] == "E" for note in notes):
            if days is None:
                return None
            notes += days
        row = tuple(each.value if type(each) is _Said else each for each in cells) if said else cells
        if not notes:
            return row  # type: ignore[return-value]
        return ToldRow(row, tuple(Note(note.code, number, *note[2:]) for note in notes))  # type: ignore[arg-type]

    def _column(self, each: FileField, cells: Sequence[Any]) -> tuple[Sequence[_Cell], bool]:
        """The value of each cell as it is stored, nothing where that is in doubt; and whether all of them are plain."""
        kept, odd = self._kept[each.name], self._odd[each.name]
        if len(kept) > _MEMO:
            kept.clear()
            odd.clear()
        if each.kind == "code":
            return self._codes(each, cells)
        if each.kind == "text" and any(cells):
            return self._texts(each, cells)
        keys = cells if {*map(type, cells)} == {str} else list(map(keyed, cells))
        there = set(keys)
        for cell in there - kept.keys():
            self._keep(each, cell)
        return list(map(kept.__getitem__, keys)), odd.isdisjoint(there)

    def _keep(self, each: FileField, key: Any) -> _Cell:
        found = self._kept[each.name][key] = self._one(each, key)
        if type(found) is not str:
            self._odd[each.name].add(key)
        return found

    def _one(self, each: FileField, key: Any) -> _Cell:
        cell = key if isinstance(key, str) else key[1]
        if each.name == "lead_agency" and (is_empty(cell) or NUMBERING.fullmatch(str(cell).strip())):
            return None  # by the lead alone a row is known to be one, and not to number the columns
        try:
            value, repairs = self._parse(each, cell)
        except Unreadable as error:
            note = self._refused(each, cell, error)
            return None if note is None else _Said("", (note,))
        stored = self._store(value)
        if not repairs:
            return stored
        column = self._header.columns[each.name]
        title, raw = self._header.titles.get(column, ""), raw_text("" if cell is None else cell)
        said = (repair.partition(" ") for repair in repairs)
        return _Said(stored, tuple(Note(code, 0, column, title, raw, stored, hint) for code, _, hint in said))

    def _codes(self, each: FileField, cells: Sequence[Any]) -> tuple[Sequence[_Cell], bool]:
        text = "\n".join(cells) if {*map(type, cells)} == {str} else ""
        if PLAIN_CODES.fullmatch(text) and not _TOTAL_CODE.search(text) and not self._again:
            return cells, True
        found = [cell if type(cell) is str and PLAIN_CODE.fullmatch(cell) else self._code(each, cell) for cell in cells]
        if self._again:
            found = [None if code is None or code.casefold() in self._again else code for code in found]
        if not text or _TOTAL_CODE.search(text) or not text.isascii():
            found = [None if code and code.startswith(_TOTALS) and self._is_total(code) else code for code in found]
        return found, None not in found

    def _code(self, each: FileField, cell: Any) -> str | None:
        found = self._one(each, keyed(cell))
        return found if type(found) is str and found else None

    def _texts(self, each: FileField, cells: Sequence[Any]) -> tuple[Sequence[_Cell], bool]:
        kept, odd = self._kept[each.name], self._odd[each.name]
        longer = [cell for cell in cells if type(cell) is str and len(cell) >= _SHORT]
        if self._words.all_plain(longer):
            if len(longer) == len(cells):
                return cells, True
            good: Iterable[bool] = repeat(True)
        else:
            good = self._words.plain([cell if type(cell) is str else "" for cell in cells])
        found: list[_Cell] = list(cells)
        whole = True
        for at in [
            at for at, (cell, plain) in enumerate(zip(cells, good, strict=False))
            if not plain or type(cell) is not str or len(cell) < _SHORT
        ]:  # fmt: skip
            key = keyed(cells[at])
            found[at] = kept[key] if key in kept else self._keep(each, key)
            whole = whole and key not in odd
        return found, whole

    def _fine(self, column: Sequence[Any]) -> list[bool] | None:
        """Whether rows begin as no heading does; nothing where all of them begin with a number."""
        firsts = self._header.firsts
        texts = {*map(type, column)} == {str} and "" not in column and firsts.isdisjoint(column)
        if texts and "".join(column).isdigit():
            return None
        return [
            type(first) is str
            and not is_empty(first)
            and first not in firsts
            and (first.isdigit() or bare_key(first) not in firsts)
            for first in column
        ]

    def _days(self, columns: Sequence[Sequence[Any]], count: int) -> Sequence[tuple[Note, ...] | None]:
        """What is said of the days, the status and the share of each row together; nothing where one is unreadable."""
        cells = [columns[self._header.columns[each.name]] for each in self._dated]
        if not cells:
            return [()] * count
        keys = list(zip(*(map(keyed, column) for column in cells), strict=True))
        if len(self._pairs) > _MEMO:
            self._pairs.clear()
        for key in set(keys) - self._pairs.keys():
            self._pairs[key] = self._agree(key)
        return list(map(self._pairs.__getitem__, keys))

    def _agree(self, keys: Sequence[Any]) -> tuple[Note, ...] | None:
        record: dict[str, Any] = {}
        cells = [key if isinstance(key, str) else key[1] for key in keys]
        for each, cell in zip(self._dated, cells, strict=True):
            try:
                record[each.name] = self._parse(each, cell)[0]
            except Unreadable:
                return None
        return self._contradictions(record, dict(zip((each.name for each in self._dated), cells, strict=True)))

    def _others(self, columns: Sequence[Sequence[Any]], count: int) -> list[str | None]:
        """What stands in columns that no field is, as `_stored` writes it; nothing where a cell of them is broken."""
        header = self._header
        known = {*header.columns.values(), *header.twins, header.ordinal}
        found: list[str | None] = [""] * count
        for at, column in enumerate(columns):
            if at in known or not any(column):
                continue
            title = header.titles.get(at, column_letter(at))
            for row, cell in enumerate(column):
                before = found[row]
                if before is None or is_empty(cell):
                    continue
                text = f"{title}: {raw_text(cell)}"
                found[row] = None if isinstance(cell, Broken) else f"{before}; {text}" if before else text
        return found


class PlainWords:
    """Tells texts of which nothing is to be mended by their words: new texts are mostly made of known ones."""

    def __init__(self) -> None:
        self._good: set[str] = set()
        self._bad: set[str] = {""}

    def all_plain(self, texts: Sequence[str]) -> bool:
        """Whether `clean` would give all texts as they are, which is told of them together in a tenth of the time."""
        text = "\n".join(texts)
        if may_be_repaired(text):
            return False
        new = {word for word in {*text.split()} - self._good if not word.isascii()}
        good = {word for word in new if is_plain(word)}
        self._good |= good
        return len(good) == len(new)

    def plain(self, texts: Iterable[str]) -> list[bool]:
        """Whether `clean` would give each text as it is; of words between single spaces alone that is so."""
        split = [text.split(" ") for text in texts]
        for word in set[str]().union(*split) - self._good - self._bad:
            (self._good if is_plain(word) else self._bad).add(word)
        found = list(map(self._bad.isdisjoint, split))
        if len(self._good) + len(self._bad) > 4 * _MEMO:
            self._good, self._bad = set(), {""}
        return found
