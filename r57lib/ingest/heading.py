"""Finds the heading of a sheet, in up to three rows, and looks through all rows once for what no row says by itself.

A heading is the row with the most headings of fields among the first sixty. Only all cells of a column tell whether its
dates have their month first and on which scale its percentages are, and only all rows which codes stand twice: a row
is read after that first look, and each row so has one meaning, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache, cached_property
from itertools import islice, takewhile
from typing import Any

from r57lib.ingest import values
from r57lib.ingest.deadlines import parse_due
from r57lib.ingest.kinds import FileField, FileKind, headings
from r57lib.ingest.rows import Rejected, Sheet, SheetRow, Unreadable, batched, column_letter
from r57lib.ingest.text import bare_key, clean, clean_code, spelling_key
from r57lib.ingest.values import Locale, SheetColumn, raw_text

SEARCHED_ROWS = 60
"""A heading stands within so many rows, or there is none."""

ORDINAL = "ordinal"
_MOST_ROWS = 3
_ALIKE = 0.85
_NUMBER = re.compile(r"\d+(?:\.\d+)*\.?", re.ASCII)
_YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")
_OF_YEAR = re.compile(r"(?:\s(?:năm|of|in))?\s20\d\d$", re.IGNORECASE)
PLAIN_CODE = re.compile(r"[A-Za-z]{2}[A-Za-z0-9]*(?:[-./_][A-Za-z0-9]+)*", re.ASCII)
PLAIN_CODES = re.compile(rf"(?:{PLAIN_CODE.pattern}\n)*+{PLAIN_CODE.pattern}", re.ASCII)
"""Lines of such codes."""

_NO_NUMBER = 5
"""More signs than a number of a column has, or what stands before the `=` of one."""

NUMBERING = re.compile(r"\(?(?:\d{1,2}|[a-z])\)?(?:\s*=.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class SheetHeading:
    """The heading of a sheet: its rows, which column each field has, and what each column is called.

    `others` are columns that no field of the kind is, `keys` the texts of the heading's rows, by which a heading that
    is repeated further down is known again; `moved` are fields whose column the cells tell, and not its name.
    """

    rows: tuple[int, ...]
    columns: Mapping[str, int]
    titles: Mapping[int, str]
    others: tuple[int, ...] = ()
    ordinal: int = -1
    twins: Mapping[int, int] = field(default_factory=dict)
    keys: frozenset[tuple[str, ...]] = frozenset()
    repaired: tuple[int, ...] = ()
    moved: tuple[str, ...] = ()

    def has_codes(self, kind: FileKind) -> bool:
        """Whether there is a column for the field that a row of the kind begins with."""
        return kind.first.name in self.columns

    @property
    def width(self) -> int:
        """How many columns the heading has."""
        return max(self.titles, default=-1) + 1

    def repeats(self, cells: Sequence[Any]) -> bool:
        """Whether a row is a heading again, or numbers the columns."""
        first = next((cell for cell in cells if cell not in ("", None)), "")
        if is_numbering(cells):
            return True
        return isinstance(first, str) and bare_key(first) in self.firsts and _keys(cells) in self.keys

    @cached_property
    def firsts(self) -> set[str]:
        """What the rows of the heading begin with: a look at the first cell spares nearly every row the others."""
        return {next((text for text in key if text), "") for key in self.keys}


def is_numbering(cells: Sequence[Any]) -> bool:
    """Whether a row counts the columns: (1) (2) (3), or A B 1 2."""
    texts = []
    for cell in cells:
        text = str(cell).strip() if cell is not None else ""
        if text and not NUMBERING.fullmatch(text):
            return False  # as nearly every row does at its second cell
        if text:
            texts.append(text)
    numbers = [int(found[0]) for text in texts if (found := re.search(r"\d+", text))]
    return len(texts) >= 3 and (not numbers or numbers == list(range(numbers[0], numbers[0] + len(numbers))))


def find_header(
    rows: Sequence[SheetRow], kind: FileKind, merged: Sequence[tuple[int, int, int, int]] = ()
) -> SheetHeading:
    """The heading among the first rows of a sheet.

    Raises `Rejected` where there is none, where a column that the kind needs is missing, and where two columns are the
    same field.
    """
    scores = [(_score(row.cells, kind), -row.number) for row in rows]
    best = max(scores, default=(0, 0))
    if best[0] < 2:
        raise Rejected("E-HEADER", columns="; ".join(each.headings[0] for each in kind.fields if each.column_required))
    at = next(index for index, row in enumerate(rows) if row.number == -best[1])
    below = len(list(takewhile(_may_head, rows[at + 1 : at + 3])))
    spans = [(first, last) for first in range(max(at - 2, 0), at + 1) for last in range(at + 1, at + 2 + below)]
    choices = [_made(rows[first:last], kind, merged) for first, last in spans if last - first <= _MOST_ROWS]
    header = max(choices, key=lambda made: (len(made.columns), -len(made.rows)))
    header = _by_contents(header, rows, kind)
    _require_columns(header, kind)
    return header


def _by_contents(header: SheetHeading, rows: Sequence[SheetRow], kind: FileKind) -> SheetHeading:
    """The heading of a list of work where `Tiến độ` holds deadlines, and `Thời gian hoàn thành` days of completion."""
    at = header.columns.get("reported_share", -1)
    if bare_key(header.titles.get(at, "")) != "tien do":
        return header
    cells = [cell_at(row.cells, at) for row in rows if row.number > header.rows[-1] and not row.wrong]
    told = [_is_deadline(cell) for cell in cells if not is_empty(cell)]
    if 2 * sum(told) <= len(told):
        return header
    columns = dict(header.columns)
    del columns["reported_share"]
    due = columns.get("deadline")
    moved = ["deadline"]
    if due is not None:
        if bare_key(header.titles[due]) != "thoi gian hoan thanh" or "completed_date" in columns:
            raise Rejected(
                "E-DUPHDR",
                columns=f"{column_letter(at)} ({header.titles[at]}), {column_letter(due)} ({header.titles[due]})",
            )
        columns["completed_date"] = due
        moved.append("completed_date")
    columns["deadline"] = at
    return replace(header, columns=columns, moved=tuple(moved))


def _is_deadline(cell: Any) -> bool:
    if isinstance(cell, (int, float)):
        return False
    try:
        parse_due(cell)
    except Unreadable:
        return False
    return True


def _may_head(row: SheetRow) -> bool:
    """Whether a row below one of the heading may be another: it has words and no figures, as no row of data has."""
    texts = [cell for cell in row.cells if not is_empty(cell)]
    return bool(texts) and all(isinstance(cell, str) and not re.search(r"\d", cell) for cell in texts)


def has_heading(sheet: Sheet, kind: FileKind) -> bool:
    """Whether a sheet begins like one of a kind, be it complete or not."""
    return any(_score(row.cells, kind) > 1 for row in islice(sheet.rows(), SEARCHED_ROWS))


def _score(cells: Sequence[Any], kind: FileKind) -> int:
    return len({name for cell in cells if (name := field_of(_plain(cell), kind)) and name != ORDINAL})


def _made(rows: Sequence[SheetRow], kind: FileKind, merged: Sequence[tuple[int, int, int, int]]) -> SheetHeading:
    """A heading of one row or of up to three, the upper of which may span several columns."""
    filled = [_spread(row, merged, across=index < len(rows) - 1) for index, row in enumerate(rows)]
    width = max(map(len, filled))
    stacks = [[row[column] for row in filled if column < len(row) and row[column]] for column in range(width)]
    titles = {column: " ".join(dict.fromkeys(stack)) for column, stack in enumerate(stacks) if stack}
    columns: dict[str, int] = {}
    twins: dict[int, int] = {}
    ordinal, others = -1, []
    for column, title in titles.items():
        names = [title, *reversed(stacks[column])]
        name = next((found for text in names if (found := field_of(text, kind))), "")
        if name == ORDINAL:
            ordinal = column
        elif not name:
            others.append(column)
        elif name in columns and name in _WORDED and bare_key(title) != bare_key(titles[columns[name]]):
            told, words = sorted((columns[name], column), key=lambda each: _rank(titles[each], name, kind))
            columns[name] = told
            others.append(words)
        elif name in columns:
            twins[column] = columns[name]
        else:
            columns[name] = column
    for each in kind.fields:
        if each.stands_for and each.name in columns and each.stands_for not in columns:
            columns[each.stands_for] = columns.pop(each.name)
    keys = frozenset(_keys(row.cells) for row in rows)
    repaired = [
        column for row in rows for column, cell in enumerate(row.cells) if isinstance(cell, str) and _repairs(cell)
    ]
    numbers = tuple(row.number for row in rows)
    return SheetHeading(numbers, columns, titles, tuple(others), ordinal, twins, keys, tuple(sorted(set(repaired))))


_WORDED = ("reported_status", "note")
"""Fields of which a sheet has a column of values and, under another heading, one of words: those are kept aside."""


def _rank(title: str, name: str, kind: FileKind) -> int:
    """How far down a heading stands among those of a field."""
    keys = [bare_key(heading) for each in kind.fields if each.name == name for heading in each.headings]
    return keys.index(bare_key(title)) if bare_key(title) in keys else len(keys)


def _spread(row: SheetRow, merged: Sequence[tuple[int, int, int, int]], *, across: bool) -> list[str]:
    """The texts of a row of the heading; one that is merged over several columns stands in each of them."""
    texts = [_plain(cell) for cell in row.cells]
    if not across:
        return texts
    for top, left, bottom, right in merged:
        if top <= row.number <= bottom and left < len(texts):
            texts[left : right + 1] = [texts[left]] * (min(right + 1, len(texts)) - left)
    if not merged:  # a CSV file, where a merged cell is its text and empty cells after it
        for column in range(1, len(texts)):
            texts[column] = texts[column] or texts[column - 1]
    return texts


def _require_columns(header: SheetHeading, kind: FileKind) -> None:
    there = {bare_key(header.titles[column]): header.titles[column] for column in header.others}
    absent = [each for each in kind.fields if each.name not in header.columns]
    missing = [each for each in absent if each.column_required]
    hints = []
    for each in absent:  # a column that is not needed, but is there under a name that nobody knows
        strange = next((there[key] for key in there if each.alike and re.fullmatch(each.alike, key)), "")
        hints += [f"{each.headings[0]} (≈ {strange}?)"] if strange and each not in missing else []
    if not missing and not hints:
        return
    for each in missing:
        near = (get_close_matches(bare_key(name), there, n=1, cutoff=_ALIKE) for name in each.headings)
        close = next((there[keys[0]] for keys in near if keys), "")
        hints.append(f"{each.headings[0]}" + (f" (≈ {close}?)" if close else ""))
    raise Rejected("E-COLUMNS", columns="; ".join(hints), row=str(header.rows[-1]))


def twin_error(header: SheetHeading, column: int) -> Rejected:
    """What is said of two columns that are the same field and hold different values."""
    first = header.twins[column]
    return Rejected(
        "E-DUPHDR",
        columns=f"{column_letter(first)} ({header.titles[first]}), {column_letter(column)} ({header.titles[column]})",
    )


def field_of(title: str, kind: FileKind) -> str:
    """The field that a heading means, with or without diacritics, signs and what stands in brackets."""
    names = _aliases(kind)
    bare = re.sub(r"\([^)]*\)", "", title)
    return next((found for text in (title, bare, _OF_YEAR.sub("", bare)) if (found := names.get(bare_key(text)))), "")


@cache
def _aliases(kind: FileKind) -> dict[str, str]:
    names = {bare_key(heading): ORDINAL for heading in headings(ORDINAL)}
    return names | {bare_key(heading): each.name for each in kind.fields for heading in each.headings}


def _keys(cells: Sequence[Any]) -> tuple[str, ...]:
    keys = tuple(bare_key(_plain(cell)) for cell in cells)
    return keys[: max((at + 1 for at, key in enumerate(keys) if key), default=0)]


def _plain(cell: Any) -> str:
    """The text of a cell of the heading; what cannot be read is none."""
    if not isinstance(cell, str):
        return "" if cell is None else str(cell)
    try:
        return clean(cell.replace("\r", " ").replace("\n", " "))[0]
    except Unreadable:
        return ""


def _repairs(cell: str) -> bool:
    try:
        return bool(clean(cell.replace("\r", " ").replace("\n", " "))[1])
    except Unreadable:
        return False


# --- a first look at all rows ----------------------------------------------------------------------------------------


@dataclass
class Survey:
    """What a first look at all rows has found.

    `again` holds for each code that stands twice the rows that have it, each with the hash of its cells. Of a plan
    without codes `titles` are the keys of its titles and `numbers` its numbering, which `restarts` where a number comes
    again.
    """

    header: SheetHeading
    columns: dict[str, SheetColumn]
    again: dict[str, list[tuple[int, int]]]
    last_data_row: int
    width: int
    titles: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    restarts: bool = False


def look_through(sheet: Sheet, kind: FileKind, locale: Locale) -> Survey:
    """Look at all rows of a sheet once; raises `Rejected` for one without a heading that can be used."""
    fields = {each.name: each for each in kind.fields}
    head = list(islice(sheet.rows(), SEARCHED_ROWS))
    header = find_header(head, kind, sheet.merged)
    width = next(len(row.cells) for row in head if row.number == header.rows[-1])
    found = Survey(header, {}, {}, header.rows[-1], width)
    seen = {name: _Seen() for name in header.columns}
    met, twice = set[int](), set[str]()
    for batch in batched(sheet.rows()):
        usual, others = _usual(batch, header, kind)
        for name, column in header.columns.items() if usual else ():
            if fields[name].kind not in ("code", "text", "agency", "agencies", "status"):
                for cell in set(map(keyed, _column(usual, column))):
                    seen[name].look(cell if isinstance(cell, str) else cell[1], fields[name], locale)
        if usual:
            found.last_data_row = usual[-1].number
        for row in others:
            _look_at(found, row, kind, seen, locale)
        codes = _codes(usual, others, header, kind)
        hashes = list(map(hash, codes))  # in memory a third of the codes
        if len(new := set(hashes)) < len(hashes) or not met.isdisjoint(new):
            for code, value in zip(codes, hashes, strict=True):
                if value in met:
                    twice.add(code)
                met.add(value)
        met |= new
    found.again = _again(sheet, header, kind, twice) if twice else {}
    for name, each in seen.items():
        found.columns[name] = each.column(header.titles[header.columns[name]])
    return found


def _usual(batch: Sequence[SheetRow], header: SheetHeading, kind: FileKind) -> tuple[list[SheetRow], list[SheetRow]]:
    """The rows that are tasks at a glance, with a code, a title and a lead; and the other ones below the heading."""
    below = [row for row in batch if row.number > header.rows[-1] and not row.wrong]
    if not kind.by_code or not header.has_codes(kind) or header.twins:
        return [], [row for row in below if not header.repeats(row.cells)]
    code, title, lead = (header.columns[name] for name in (kind.first.name, "title", "lead_agency"))
    most, firsts = max(code, title, lead), header.firsts
    if _all_usual(below, (code, title, lead), firsts):
        return below, []
    usual, others = [], []
    for row in below:
        cells = row.cells
        if (
            len(cells) > most and type(first := cells[0]) is str and type(long := cells[title]) is str
            and len(long) > _NO_NUMBER and "=" not in long[:_NO_NUMBER] and first not in firsts
            and (first.isdigit() or (first and bare_key(first) not in firsts))
            and long[0].isalnum() and str(cells[code])[:1].isalnum() and str(cells[lead])[:1].isalnum()
        ):  # fmt: skip
            usual.append(row)
        elif not header.repeats(cells):
            others.append(row)
    return usual, others


def _all_usual(rows: Sequence[SheetRow], columns: tuple[int, int, int], firsts: set[str]) -> bool:
    """Whether all rows are tasks at a glance, which is told of them together in a tenth of the time."""
    if not rows or min(len(row.cells) for row in rows) <= max(columns):
        return False
    begins, codes, titles, leads = (_column(rows, column) for column in (0, *columns))
    if {*map(type, begins), *map(type, codes), *map(type, titles), *map(type, leads)} != {str}:
        return False
    letters = [cell[:1] for cells in (codes, {*leads}) for cell in cells]
    return (
        "" not in begins and "".join(begins).isdigit() and firsts.isdisjoint(begins)
        and "" not in letters and "".join(letters).isalnum() and (_are_words({*leads}) or _are_words(titles))
    )  # fmt: skip


def _are_words(texts: Collection[str]) -> bool:
    """Whether no text numbers a column."""
    return (
        min(map(len, texts)) > _NO_NUMBER
        and "=" not in "".join(texts)
        and "".join([text[0] for text in texts]).isalnum()
    )


def _column(rows: Sequence[SheetRow], column: int) -> list[Any]:
    """The cells of a column, empty where a row is shorter."""
    try:
        return [row.cells[column] for row in rows]
    except IndexError:
        return [cell_at(row.cells, column) for row in rows]


def _look_at(found: Survey, row: SheetRow, kind: FileKind, seen: Mapping[str, _Seen], locale: Locale) -> None:
    header = found.header
    for column, first in header.twins.items():
        if cell_at(row.cells, column) != cell_at(row.cells, first):
            raise twin_error(header, column)
    for each in kind.fields:
        if each.name in header.columns:
            seen[each.name].look(cell_at(row.cells, header.columns[each.name]), each, locale)
    bare = is_bare(row.cells, header, kind)
    if (not bare and _is_named(row.cells, header, kind)) or is_numbered(row.cells, header):
        found.last_data_row = max(found.last_data_row, row.number)
    if not bare and kind.by_code and not header.has_codes(kind) and _key(row, header, kind):
        _note_number(found, row)


def _codes(usual: Sequence[SheetRow], others: Sequence[SheetRow], header: SheetHeading, kind: FileKind) -> list[str]:
    """The codes of rows that have one."""
    cells = _column(usual, header.columns[kind.first.name]) if usual else []
    text = "\n".join(cells) if {*map(type, cells)} == {str} else ""
    more = [code for _, code in _coded([], others, header, kind)]
    if PLAIN_CODES.fullmatch(text):
        return text.casefold().split("\n") + more
    known = (
        cell.casefold() if type(cell) is str and PLAIN_CODE.fullmatch(cell) else _key(row, header, kind)
        for row, cell in zip(usual, cells, strict=True)
    )
    return [code for code in known if code] + more


def _coded(
    usual: Sequence[SheetRow], others: Sequence[SheetRow], header: SheetHeading, kind: FileKind
) -> Iterator[tuple[SheetRow, str]]:
    """The rows that have a code, each with it; the key of a fact is known only when its cells are read."""
    if not kind.by_code:
        return
    for row in usual:
        cell = row.cells[header.columns[kind.first.name]]
        code = cell.casefold() if type(cell) is str and PLAIN_CODE.fullmatch(cell) else _key(row, header, kind)
        if code:
            yield row, code
    for row in others:
        if not is_bare(row.cells, header, kind) and (code := _key(row, header, kind)):
            yield row, code


def _key(row: SheetRow, header: SheetHeading, kind: FileKind) -> str:
    try:
        return code_in(row.cells, header, kind)
    except Unreadable:
        return ""


def _again(
    sheet: Sheet, header: SheetHeading, kind: FileKind, twice: Collection[str]
) -> dict[str, list[tuple[int, int]]]:
    """For each of the codes the rows that have it, where these are several, each with the hash of its cells."""
    found: dict[str, list[tuple[int, int]]] = {}
    column = header.columns.get(kind.first.name, -1)
    for batch in batched(sheet.rows()):
        coded: Sequence[Any] = _column(batch, column) if column >= 0 else batch
        some = [
            row for row, cell in zip(batch, coded, strict=True)
            if type(cell) is not str or cell.casefold() in twice or not PLAIN_CODE.fullmatch(cell)
        ]  # fmt: skip
        for row, code in _coded(*_usual(some, header, kind), header, kind):
            if code in twice:
                cells = (cell_at(row.cells, column) for column in header.columns.values())
                print_of = tuple(cleaned(cell) if isinstance(cell, str) else raw_text(cell) for cell in cells)
                found.setdefault(code, []).append((row.number, hash(print_of)))
    return {code: sorted(rows) for code, rows in found.items() if len(rows) > 1}


def _is_named(cells: Sequence[Any], header: SheetHeading, kind: FileKind) -> bool:
    """Whether a row has what names it; a fact is named by all of its fields."""
    names = (kind.first.name, "title") if kind.by_code else ()
    return not names or any(not is_empty(cell_at(cells, header.columns.get(name, -1))) for name in names)


def _note_number(found: Survey, row: SheetRow) -> None:
    found.titles.add(spelling_key(raw_text(cell_at(row.cells, found.header.columns["title"]))))
    number = number_in(row.cells, found.header)
    found.restarts = found.restarts or (number in found.numbers and bool(number))
    found.numbers.add(number)


def number_in(cells: Sequence[Any], header: SheetHeading) -> str:
    """The number that a row has in its own plan; nothing where it has none."""
    text = raw_text(cell_at(cells, header.ordinal)).strip()
    return text.rstrip(".") if _NUMBER.fullmatch(text) else ""


def code_in(cells: Sequence[Any], header: SheetHeading, kind: FileKind) -> str:
    """The code of a row in small letters; in a plan without codes what stands for it."""
    if header.has_codes(kind):
        code = cell_at(cells, header.columns[kind.first.name])
        return "" if code in ("", None) else clean_code(raw_text(code))[0].casefold()
    title, lead = (cell_at(cells, header.columns[name]) for name in ("title", "lead_agency"))
    return "" if is_empty(title) or is_empty(lead) else plan_key(raw_text(title), raw_text(lead))


def plan_key(title: str, lead: str) -> str:
    """What a task without a code is known by: its title and who leads it, in any spelling."""
    return f"{spelling_key(title)} | {spelling_key(lead)}"


def is_numbered(cells: Sequence[Any], header: SheetHeading) -> bool:
    """Whether a row has a number of its own and a title: it is a task, whatever else it lacks."""
    return bool(number_in(cells, header)) and not is_empty(cell_at(cells, header.columns.get("title", -1)))


def is_bare(cells: Sequence[Any], header: SheetHeading, kind: FileKind) -> bool:
    """Whether a row has nothing of what makes it a row of this kind, but for its key."""
    names = [each.name for each in kind.fields if each.identifies and each is not kind.first]
    return all(is_empty(cell_at(cells, header.columns.get(name, -1))) for name in names)


@dataclass
class _Seen:
    """What the cells of a column say of it together."""

    month_first: bool = False
    scales: set[str] = field(default_factory=set)
    conventions: set[str] = field(default_factory=set)

    def look(self, cell: Any, each: FileField, locale: Locale) -> None:
        """Look at one cell."""
        if each.kind in ("date", "done", "deadline", "period"):
            self.month_first = self.month_first or values.has_month_first(cell)
        elif each.kind == "percent":
            self.scales.add(values.percent_scale(cell, locale))
        elif each.kind in ("number", "measure"):
            self.conventions.add(values.convention(cell))

    def column(self, title: str) -> SheetColumn:
        """What is known after the last cell, and what the heading says."""
        scales = self.scales - {""}
        scale = "mixed" if len(scales) > 1 else next(iter(scales), "")
        years = set(_YEAR.findall(title))
        return SheetColumn(
            self.month_first,
            scale,  # type: ignore[arg-type]
            len(self.conventions - {""}) > 1,
            "%" in title,
            int(years.pop()) if len(years) == 1 else 0,
        )


def keyed(cell: Any) -> Any:
    """A cell as a key: in Python a truth value, a number and a share may be equal."""
    return cell if type(cell) is str else (type(cell), cell)


def cell_at(cells: Sequence[Any], column: int) -> Any:
    """The cell of a column; empty where the row is shorter."""
    return cells[column] if 0 <= column < len(cells) else ""


def is_empty(cell: Any) -> bool:
    """Whether nobody sees anything in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip(" \t\r\n\u00a0\u200b\ufeff\u3000"))


def cleaned(cell: str) -> str:
    """The text of a cell as `clean` gives it, or as it is where that cannot be."""
    try:
        return clean(cell)[0]
    except Unreadable:
        return cell
