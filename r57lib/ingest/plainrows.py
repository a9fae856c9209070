"""Rows of tasks of which nothing is to be said: read column by column, where each distinct cell is parsed once.

Nearly all rows of a large file are such. A row is plain only where every reading of it, one by one, would give the same
values and no note; any doubt leaves it to `Binner`, which reads it by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from r57lib.ingest.heading import NUMBERING, PLAIN_CODE, Survey, is_empty, keyed
from r57lib.ingest.kinds import FileField, FileKind
from r57lib.ingest.rows import Broken, SheetRow, Unreadable, column_letter
from r57lib.ingest.text import bare_key, is_plain
from r57lib.ingest.values import Value, raw_text

Parse = Callable[[FileField, Any], Value]

_MEMO = 50_000
"""So many distinct cells of a column are remembered: a file of a gigabyte has more of them than there is memory."""

_SHORT = 20
"""Below so many characters a text may be a word for nothing, or a number of a column."""

_TOTALS = tuple("TtCcSs")


class PlainRow(NamedTuple):
    """A row of which nothing is to be said: its number, its values as they are stored, and what else stands in it."""

    number: int
    values: tuple[str, ...]
    other: str


class PlainRun(NamedTuple):
    """Plain rows of one section that follow each other."""

    section: str
    rows: list[PlainRow]


class PlainReader:
    """Reads rows of one sheet column by column; `width` is how many cells a row must have, 0 where all have as many."""

    def __init__(
        self,
        kind: FileKind,
        survey: Survey,
        parse: Parse,
        store: Callable[[Any], str],
        is_total: Callable[[str], bool],
        contradicts: Callable[[dict[str, Any]], bool],
        width: int,
    ) -> None:
        self._header, self._again, self._width = survey.header, survey.again, width
        self._parse, self._store, self._contradicts, self._is_total = parse, store, contradicts, is_total
        self._fields = [each for each in kind.fields if each.name in survey.header.columns]
        self._names = kind.names
        self._kept: dict[str, dict[Any, str | None]] = {each.name: {} for each in self._fields}
        self._pairs: dict[Any, bool] = {}
        self._words = PlainWords()
        self._dated = [
            each for each in self._fields
            if each.name in ("assigned_date", "completed_date", "reported_status", "reported_share")
        ]  # fmt: skip

    def read(self, rows: Sequence[SheetRow]) -> list[PlainRow | None]:
        """Each row that is plain; nothing for the others."""
        last, found = self._header.rows[-1], list[PlainRow | None]([None]) * len(rows)
        width = self._width or len(rows[-1].cells)
        places = [at for at, row in enumerate(rows) if len(row.cells) == width and row.number > last and not row.wrong]
        if not places or width < self._header.width:
            return found
        given = [rows[at] for at in places]
        columns = list(zip(*(row.cells for row in given), strict=True))
        read = {each.name: self._column(each, columns[self._header.columns[each.name]]) for each in self._fields}
        blank = [""] * len(given)
        values = zip(*(read.get(name, blank) for name in self._names), strict=True)
        others, fine = self._others(columns, len(given)), self._fine(columns, len(given))
        for at, row, each, other, good in zip(places, given, values, others, fine, strict=True):
            if good and other is not None and None not in each:
                found[at] = PlainRow(row.number, each, other)
        return found

    def _column(self, each: FileField, cells: Sequence[Any]) -> list[str | None]:
        """The value of each cell as it is stored; nothing where something is to be said of it."""
        kept = self._kept[each.name]
        if len(kept) > _MEMO:
            kept.clear()
        if each.kind == "code":
            return self._codes(each, cells)
        if each.kind == "text" and any(cells):
            return self._texts(each, cells, kept)
        keys = cells if {*map(type, cells)} == {str} else list(map(keyed, cells))
        for cell in set(keys) - kept.keys():
            kept[cell] = self._one(each, cell)
        return [kept[cell] for cell in keys]

    def _one(self, each: FileField, key: Any) -> str | None:
        cell = key if isinstance(key, str) else key[1]
        try:
            value, repairs = self._parse(each, cell)
        except Unreadable:
            return None
        if repairs or (each.name == "lead_agency" and NUMBERING.fullmatch(str(cell).strip())):
            return None  # by the lead alone a row is known not to number the columns
        return self._store(value)

    def _codes(self, each: FileField, cells: Sequence[Any]) -> list[str | None]:
        found = [
            cell if type(cell) is str and PLAIN_CODE.fullmatch(cell) else self._one(each, keyed(cell)) for cell in cells
        ]
        if self._again:
            found = [None if code is None or code.casefold() in self._again else code for code in found]
        return [None if code and code.startswith(_TOTALS) and self._is_total(code) else code for code in found]

    def _texts(self, each: FileField, cells: Sequence[Any], kept: dict[Any, str | None]) -> list[str | None]:
        found: list[str | None] = []
        plain = self._words.plain([cell if isinstance(cell, str) else "" for cell in cells])
        for cell, good in zip(cells, plain, strict=True):
            if good and len(cell) >= _SHORT:
                found.append(cell)
                continue
            key = keyed(cell)
            if key not in kept:
                kept[key] = self._one(each, key)
            found.append(kept[key])
        return found

    def _fine(self, columns: Sequence[Sequence[Any]], count: int) -> list[bool]:
        """Whether a row begins as no heading does, and its days do not contradict each other."""
        cells = [columns[self._header.columns[each.name]] for each in self._dated]
        keys = list(zip(*(map(keyed, column) for column in cells), strict=True)) if cells else [()] * count
        if len(self._pairs) > _MEMO:
            self._pairs.clear()
        for key in set(keys) - self._pairs.keys():
            self._pairs[key] = self._agree(key)
        firsts = self._header.firsts
        return [
            self._pairs[key]
            and type(first) is str
            and not is_empty(first)
            and first not in firsts
            and (first.isdigit() or bare_key(first) not in firsts)
            for key, first in zip(keys, columns[0], strict=True)
        ]

    def _agree(self, keys: Sequence[Any]) -> bool:
        record: dict[str, Any] = {}
        for each, key in zip(self._dated, keys, strict=True):
            try:
                record[each.name] = self._parse(each, key if isinstance(key, str) else key[1])[0]
            except Unreadable:
                return False
        return not self._contradicts(record)

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

    def plain(self, texts: Iterable[str]) -> list[bool]:
        """Whether `clean` would give each text as it is; of words between single spaces alone that is so."""
        split = [text.split(" ") for text in texts]
        for word in set[str]().union(*split) - self._good - self._bad:
            (self._good if is_plain(word) else self._bad).add(word)
        found = list(map(self._bad.isdisjoint, split))
        if len(self._good) + len(self._bad) > 4 * _MEMO:
            self._good, self._bad = set(), {""}
        return found
