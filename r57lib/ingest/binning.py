"""Each row of a sheet into its bin: accepted, repaired, quarantined, or no data; none is left out.

A row is quarantined as a whole: half a row would stand in the tables as if its sender had left the other half empty.
What repairs a cell is listed with it, and what was no data with the reason, so that the bins add up to the sheet.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from r57lib.data.periods import parse_period
from r57lib.data.store import GROUP_LEAD, UNKNOWN_LEAD
from r57lib.ingest import values
from r57lib.ingest.aliases import is_spelling
from r57lib.ingest.aliases import plain as _plain
from r57lib.ingest.deadlines import parse_done, parse_due
from r57lib.ingest.heading import (
    SheetHeading,
    cell_at,
    cleaned,
    code_in,
    is_bare,
    is_empty,
    look_through,
    number_in,
)
from r57lib.ingest.kinds import FileField, FileKind, choices
from r57lib.ingest.leads import Led, read_bodies, read_lead
from r57lib.ingest.names import AgencyBook
from r57lib.ingest.persons import REFUSED
from r57lib.ingest.plainrows import PlainReader, PlainRow, PlainRun, ToldRow
from r57lib.ingest.plans import PlanCodes
from r57lib.ingest.rows import (
    Bin,
    Broken,
    FieldNote,
    Note,
    Rejected,
    Sheet,
    SheetRow,
    Unreadable,
    batched,
    column_letter,
)
from r57lib.ingest.text import bare_key
from r57lib.ingest.values import PLAIN, Locale, SheetColumn, raw_text

if TYPE_CHECKING:
    from r57lib.ingest.facts import FactReader, Known  # which knows all measures, and is of no use for tasks

_TOTAL = re.compile(r"(?:tong(?: cong| so)?|cong|total|sum)( .*)?")
_TOTAL_BEGINS = tuple("TtCcSs")
_SECTION = re.compile(
    r"\s*(?:(?:[Nn]hóm|NHÓM|[Pp]hần|PHẦN|[Mm]ục|MỤC|[Cc]hương|CHƯƠNG|[Ll]ĩnh vực|LĨNH VỰC|[Gg]roup|[Ss]ection)\b"
    r"|[IVX]+\s*[.)/-]?(?:\s|$)|[A-ZĐa-zđ]\s*[.)](?:\s|$)|N\d+\b)"
)
_MARKER = re.compile(r"(?:[IVX]+|[A-ZĐ]|N\d+)[.)]?")
_SIGNED = re.compile(
    r"(?:nguoi lap|nguoi tong hop|lap bieu|thu truong|lanh dao|giam doc|chanh van phong|vu truong|cuc truong|bo truong"
    r"|thu truong|chu tich|truong phong|ky ten|noi nhan|xac nhan|kt|tm|tl|tuq)\b|.{0,40}\bngay .{0,5}thang .{0,5}nam\b"
)
_FREE_TEXT = {"E-STATUS", "E-NUMBER", "E-PERCENT", "E-DATE", "E-AGENCY", "E-AGENCY-SEVERAL", "E-AGENCY-GROUP",
              "E-NOT-PROVINCE", "E-DITTO"}  # fmt: skip
"""What is said of a cell that holds words and not a value; a value with two readings is none of these."""

_SHOWN_OF_ROW, _SHOWN_OF_ROWS, _MEMO = 120, 100, 100_000
_FOOTNOTE = re.compile(r"\s*(?:ghi chú|chú thích|note|\*|\(\*\)|nguồn)", re.IGNORECASE)


class Binned(NamedTuple):
    """A row in its bin: what is said of it, and where it is taken in, its values by field."""

    number: int
    bin: Bin
    notes: tuple[Note, ...]
    record: Mapping[str, str] | None = None
    cells: Sequence[Any] = ()


class Binner:
    """Bins the rows of one sheet."""

    def __init__(
        self,
        sheet: Sheet,
        kind: FileKind,
        book: AgencyBook,
        *,
        locale: Locale,
        reported_on: date,
        known: Known | None = None,
        codes: PlanCodes | None = None,
        accept_unknown_lead: bool = False,
    ) -> None:
        self.sheet, self.kind, self.book = sheet, kind, book
        self.reported_on, self._codes = reported_on, codes
        self._locale: Locale = locale
        self._accept_unknown_lead = accept_unknown_lead
        self._fields = {each.name: each for each in kind.fields}
        self.survey = look_through(sheet, kind, locale)
        self._kept: dict[str, Any] = {}
        self._above: dict[str, Any] = {}
        self._lead_words = ""
        self._read: dict[Any, values.Value | Unreadable] = {}
        self._unlike: dict[str, bool] = {}
        self._section = ""
        self._data_rows = 0
        self._spans = _spans(sheet, self.survey.header, self._fields)
        self._wide = {top for top, left, bottom, right in sheet.merged if top == bottom and right > left + 1}
        self._parsers: dict[str, Callable[[Any, SheetColumn], values.Value]] = {
            "code": lambda value, _: values.parse_code(value),
            "text": lambda value, _: values.parse_text(value),
            "date": values.parse_date,
            "done": parse_done,
            "deadline": parse_due,
            "status": lambda value, _: values.parse_choice(value, "status"),
            "percent": lambda value, column: values.parse_share(value, column, locale=locale),
            "number": lambda value, column: values.parse_decimal(value, column, locale=locale),
            "agency": lambda value, _: read_lead(book, _text(value)),
            "agencies": lambda value, _: read_bodies(book, _text(value)),
        }
        self._facts: FactReader | None = None
        if known:
            from r57lib.ingest.facts import FactReader

            self._facts = FactReader(kind, known, locale, reported_on)
            self._parsers |= self._facts.parsers
            self._look_again(self._facts)
        self._plain: PlainReader | None = None
        if kind.by_code and self.survey.header.has_codes(kind) and not self._spans:
            width = 0 if sheet.name else self.survey.width
            self._plain = PlainReader(
                kind, self.survey, self._plainly, _stored, self._refused, self._contradicting, _is_total, width
            )

    def _plainly(self, each: FileField, cell: Any) -> values.Value:
        """The value of a cell that says nothing of others; raises `Unreadable`, for one that does without a code."""
        if each.name in _REPEATED and isinstance(cell, str) and _DITTO.fullmatch(cell.strip()):
            raise Unreadable("")
        value, repairs = self._parsed(each, cell)
        if not isinstance(value, Led):
            return value, repairs
        if value.others or value.left or value.lead.startswith(GROUP_LEAD):
            raise Unreadable("")
        return value.lead, repairs

    def _refused(self, each: FileField, cell: Any, error: Unreadable) -> Note | None:
        """What is said of a cell that costs its row, whatever else stands there; nothing where that is not so."""
        if isinstance(error.part, Led):
            cell = error.part.spelling
        kept = each.keeps_text and error.code in _FREE_TEXT
        if not error.code or kept or (self._accept_unknown_lead and each.kind == "agency"):
            return None
        return self._note_on(error.code, 0, self.survey.header.columns[each.name], cell, hint=error.hint)

    def _contradicting(self, record: Mapping[str, Any], cells: Mapping[str, Any]) -> tuple[Note, ...]:
        columns = self.survey.header.columns
        said = contradictions(record, self.reported_on)
        return tuple(
            self._note_on(each.code, 0, columns[each.field], cells[each.field], hint=each.hint) for each in said
        )

    def _look_again(self, facts: FactReader) -> None:
        """What only rows that are read can tell of their sheet: the scale of its shares, and what stands twice."""
        column = self.survey.columns.get("obs_value", PLAIN)
        scales = facts.scales(map(self._cells, self._data()))
        scale = "mixed" if len(scales) > 1 else next(iter(scales), "")
        self.survey.columns["obs_value"] = replace(column, scale=scale)  # type: ignore[arg-type]
        found: dict[str, list[tuple[int, int]]] = {}
        for row in self._data():
            stored = {name: _stored(value) for name, value in self._record(row)[0].items()}
            if all(stored.get(name) for name in self.kind.keys if name != "province_code"):
                contents = (*(stored.get(name, "") for name in self.kind.names), stored["evidence"])
                found.setdefault(self.kind.key_of(stored).casefold(), []).append((row.number, hash(contents)))
        self.survey.again |= {key: rows for key, rows in found.items() if len(rows) > 1}

    def _data(self) -> Iterator[SheetRow]:
        """The rows that hold data, from the first on."""
        self._kept, self._section = {}, ""
        yield from (row for row in self.sheet.rows() if not row.wrong and not self._non_data(row) and self._fits(row))
        self._kept, self._section = {}, ""

    def _cells(self, row: SheetRow) -> dict[str, Any]:
        """The cells of a row by field, those of merged cells filled down."""
        return {name: self._cell(row, name)[0] for name in self.survey.header.columns}

    def _cell(self, row: SheetRow, name: str) -> tuple[Any, bool]:
        cell = cell_at(row.cells, self.survey.header.columns[name])
        return self._filled_down(row.number, name, cell) if self._fields[name].fills_down else (cell, False)

    # --- row after row -----------------------------------------------------------------------------------------------

    def rows(self) -> Iterator[Binned]:
        """Every physical row in its bin. Raises `Rejected` when no row at all has as many fields as the heading."""
        for part in self.parts():
            yield from [part] if isinstance(part, Binned) else self.binned(part)

    def binned(self, run: PlainRun) -> Iterator[Binned]:
        """Plain rows as any others."""
        for number, row in enumerate(run.rows, run.first):
            yield Binned(number, Bin.ACCEPTED, (), self._stored_as(row, run.section))

    def _stored_as(self, row: PlainRow, section: str) -> dict[str, str]:
        return dict(zip((*self.kind.names, "section", "other_columns"), row, strict=True)) | {"section": section}

    def parts(self) -> Iterator[Binned | PlainRun]:
        """As `rows`, with those that are plain together as far as they follow each other."""
        wrong = 0
        for batch in batched(self.sheet.rows()):
            first = batch[0].number
            plain = self._plain.read(batch) if self._plain else [None] * len(batch)
            begun = 0
            for at in [at for at, each in enumerate(plain) if type(each) is not tuple] + [len(batch)]:
                if begun < at:
                    self._data_rows += at - begun
                    self._keep_above(batch[at - 1])
                    yield PlainRun(self._section, first + begun, plain[begun:at])  # type: ignore[arg-type]
                begun = at + 1
                if at == len(batch):
                    break
                told = plain[at]
                if isinstance(told, ToldRow):
                    self._keep_above(batch[at])
                    binned = self._told(batch[at], told)
                else:
                    binned = self._bin(batch[at])
                if binned.bin is not Bin.NON_DATA:
                    self._data_rows += 1
                    wrong += any(note.code == "E-FIELDS" for note in binned.notes)
                yield binned
        if wrong and wrong == self._data_rows:
            raise Rejected("E-FIELDS-ALL", rows=str(wrong))

    def _keep_above(self, row: SheetRow) -> None:
        """What a sign of repetition below a row means."""
        columns = self.survey.header.columns
        self._above |= {name: cell_at(row.cells, columns[name]) for name in _REPEATED if name in columns}

    def _told(self, row: SheetRow, told: ToldRow) -> Binned:
        letters = {note.code[0] for note in told.notes}
        if "E" in letters:
            return Binned(row.number, Bin.QUARANTINED, told.notes, cells=row.cells)
        binned = Bin.REPAIRED if "R" in letters else Bin.ACCEPTED
        return Binned(row.number, binned, told.notes, self._stored_as(told.row, self._section), row.cells)

    def _bin(self, row: SheetRow) -> Binned:
        if row.wrong and row.number > self.survey.header.rows[-1]:
            if row.wrong[0] == "N":
                return Binned(row.number, Bin.NON_DATA, (Note(row.wrong, row.number),))
            note = Note(row.wrong, row.number, raw=" ".join(map(str, row.cells))[:_SHOWN_OF_ROW])
            return Binned(row.number, Bin.QUARANTINED, (note,), cells=row.cells)
        reason = self._non_data(row)
        if reason:
            return Binned(row.number, Bin.NON_DATA, (Note(reason, row.number), *self._total_notes(row, reason)))
        if not self._fits(row):
            hint = f"{len(row.cells)} / {self.survey.width}"
            return Binned(row.number, Bin.QUARANTINED, (Note("E-FIELDS", row.number, hint=hint),), cells=row.cells)
        record, notes = self._record(row)
        notes += self._twice(row, record)
        if (
            self._codes
            and not self.survey.header.has_codes(self.kind)
            and not any(note.code[0] == "E" for note in notes)
        ):
            notes += self._coded(self._codes, row, record)
        twice = [note for note in notes if note.code == "N-TWICE"]
        if twice:
            return Binned(row.number, Bin.NON_DATA, tuple(twice), cells=row.cells)
        if not any(note.code[0] == "E" for note in notes):
            notes += self._said(row, record, contradictions(record, self.reported_on))
        if any(note.code[0] == "E" for note in notes):
            return Binned(row.number, Bin.QUARANTINED, tuple(notes), cells=row.cells)
        repaired = any(note.code[0] == "R" for note in notes)
        stored = {name: _stored(value) for name, value in record.items()} | {"section": self._section}
        return Binned(row.number, Bin.REPAIRED if repaired else Bin.ACCEPTED, tuple(notes), stored, row.cells)

    def _coded(self, codes: PlanCodes, row: SheetRow, record: dict[str, Any]) -> list[Note]:
        """Give a task of a plan without codes its own."""
        title, lead, number = record["title"], record["lead_agency"], number_in(row.cells, self.survey.header)
        if title is None or lead is None:
            return []
        marker = _MARKER.match(self._section)
        if self.survey.restarts and marker and number:
            number = f"{marker[0].rstrip('.)')}.{number}"
        record["task_id"], said = codes.code_of(
            title, lead, number, row.number, self.survey.titles, f"{UNKNOWN_LEAD}{self._lead_words}"
        )
        return self._said(row, record, said)

    def _fits(self, row: SheetRow) -> bool:
        """Whether a row has as many fields as the heading; the cells of a workbook have their places anyway."""
        return bool(self.sheet.name) or len(row.cells) == self.survey.width

    def _non_data(self, row: SheetRow) -> str:
        """Why a row holds no data; nothing for one that does, or that should."""
        header = self.survey.header
        filled = {at: cell for at, cell in enumerate(row.cells) if not is_empty(cell)}
        if not filled:
            return "N-BLANK"
        if row.number < header.rows[0]:
            return "N-TITLE"
        if row.number in header.rows or header.repeats(row.cells):
            return "N-HEADER"
        key = cell_at(row.cells, header.columns.get(self.kind.first.name, -1))
        first = str(next(iter(filled.values())))
        if (
            first.lstrip()[:1] in _TOTAL_BEGINS
            and (is_empty(key) or (key == first and self.kind.by_code))
            and _is_total(first)
        ):
            return "N-TOTAL"
        if self._facts and isinstance(key, str) and _is_bare_total(key) and not self._facts.subject(key):
            return "N-TOTAL"
        after = row.number > self.survey.last_data_row and sum(at in header.columns.values() for at in filled) < 2
        if is_bare(row.cells, header, self.kind):
            return self._bare_reason(row, filled, after)
        return "N-FOOTER" if after else ""

    def _bare_reason(self, row: SheetRow, filled: Mapping[int, Any], after: bool) -> str:
        texts = [str(cell).strip() for cell in filled.values()]
        marker = _MARKER.fullmatch(texts[0])
        if len(filled) == 1 and _FOOTNOTE.match(texts[0]):
            return "N-FOOTNOTE"
        opens = len(filled) <= 2 and not after and (_SECTION.match(texts[0]) or row.number in self._wide)
        if opens or (len(filled) <= 3 and marker):
            self._section, self._above = " ".join(texts), {}
            return "N-SECTION"
        signed = row.number > self.survey.last_data_row and any(_SIGNED.match(bare_key(text)) for text in texts)
        return "N-FOOTER" if after or signed else ""

    def _total_notes(self, row: SheetRow, reason: str) -> list[Note]:
        """A total that is not the number of the rows above it."""
        counts = reason == "N-TOTAL" and self.kind.by_code  # a total of facts is no number of rows
        numbers = [int(found) for cell in row.cells for found in _whole_numbers(cell)] if counts else []
        if not numbers or self._data_rows in numbers:
            return []
        return [Note("W-TOTAL", row.number, raw=str(numbers[0]), hint=str(self._data_rows))]

    def _record(self, row: SheetRow) -> tuple[dict[str, Any], list[Note]]:
        """The values of a row by field, and what is said of its cells."""
        record: dict[str, Any] = {}
        notes: list[Note] = []
        kept: list[str] = []
        led = Led("")
        for name, column in self.survey.header.columns.items():
            each, cell = self._fields[name], cell_at(row.cells, column)
            if each.fills_down:
                cell, filled = self._filled_down(row.number, name, cell)
                notes += [self._note("R-MERGED", row, column, cell)] * filled
            cell, same = self._as_above(name, cell)
            record[name] = None
            try:
                record[name], repairs = self._parsed(each, cell)
                if isinstance(record[name], Led):
                    led = record[name]
                    record[name] = led.lead
                repairs = (*repairs, *same)
            except Unreadable as error:
                if isinstance(error.part, Led):
                    led, cell = error.part, error.part.spelling
                if self._accept_unknown_lead and each.kind == "agency" and _is_unknown(error, cell):
                    record[name] = f"{UNKNOWN_LEAD}{_plain(cell)}"
                    notes.append(self._note("W-LEAD", row, column, cell))
                elif each.keeps_text and error.code in _FREE_TEXT and not (error.code == "E-DATE" and error.hint):
                    record[name] = error.part
                    kept.append(f"{self.survey.header.titles[column]}: {_plain(cell)}")
                    code = "W-KEPT" if error.part is None else "W-KEPT-PART"
                    notes.append(self._note(code, row, column, cell, _stored(error.part)))
                else:
                    notes.append(self._note(error.code, row, column, cell, hint=error.hint))
                continue
            for repair in repairs:
                code, _, hint = repair.partition(" ")
                notes.append(self._note(code, row, column, cell, _stored(record[name]), hint))
        notes += self._share(row, record, led, kept)
        if kept:
            record["note"] = "; ".join([*([record["note"]] if record.get("note") else []), *kept])
        if self._facts:
            notes += self._finished(self._facts, row, record, notes)
        record["other_columns"] = self._kept_aside(row)
        notes += [
            self._note("W-PERSON", row, column, "") for column in self.survey.header.others
            if isinstance(cell := cell_at(row.cells, column), Broken) and cell.code == REFUSED
        ]  # fmt: skip
        return record, notes

    def _as_above(self, name: str, cell: Any) -> tuple[Any, tuple[str, ...]]:
        """The cell, or that of the row above in its section for which a sign of repetition stands."""
        if name not in _REPEATED:
            return cell, ()
        same = isinstance(cell, str) and bool(_DITTO.fullmatch(cell.strip()))
        cell = self._above.get(name, Broken("E-DITTO", str(cell))) if same else cell
        self._above[name] = cell
        return cell, ("R-DITTO",) * same

    def _share(self, row: SheetRow, record: dict[str, Any], led: Led, kept: list[str]) -> list[Note]:
        """Add those who stand with the lead in its cell to those who have a part; a word that is left is kept."""
        if "lead_agency" not in record:
            return []
        cell = self._cell(row, "lead_agency")[0]
        self._lead_words = _plain(led.spelling or cell)
        parts = dict.fromkeys([*(record.get("coordinating_agencies") or ()), *led.others])
        record["coordinating_agencies"] = tuple(parts) or None
        if not led.left or record["lead_agency"] is None:
            return []
        column = self.survey.header.columns["lead_agency"]
        kept.append(f"{self.survey.header.titles[column]}: {_plain(cell)}")
        return [self._note("W-KEPT-PART", row, column, cell, record["lead_agency"])]

    def _finished(self, facts: FactReader, row: SheetRow, record: dict[str, Any], notes: list[Note]) -> list[Note]:
        columns = self.survey.header.columns
        wrong = {name for name, column in columns.items() for note in notes if note[0][0] == "E" and note[2] == column}
        title = self.survey.header.titles[columns["obs_value"]]
        said = facts.finish(record, self._cells(row), self.survey.columns["obs_value"], title, wrong)
        return self._said(row, record, said)

    def _said(self, row: SheetRow, record: Mapping[str, Any], said: Iterable[FieldNote]) -> list[Note]:
        """What is said of fields of a row, as notes with their cells."""
        columns = self.survey.header.columns
        notes = []
        for each in said:
            cell = self._cell(row, each.field)[0] if each.field in columns else ""
            new = _stored(record.get(each.field)) if each.code[0] == "R" else ""
            notes.append(self._note(each.code, row, columns.get(each.field, -1), cell, new, each.hint))
        return notes

    def _parsed(self, each: FileField, cell: Any) -> values.Value:
        """As `_parse`, which is asked once for each text that may well stand in other rows, too."""
        if type(cell) is not str or each.kind in ("code", "text"):
            return self._parse(each, cell)
        found = self._read.get((each.name, cell))
        if found is None:
            try:
                found = self._parse(each, cell)
            except Unreadable as error:
                found = Unreadable(error.code, error.hint, error.part)  # the other holds all that led to it in memory
            if len(self._read) > _MEMO:
                self._read.clear()
            self._read[each.name, cell] = found
        if isinstance(found, Unreadable):
            raise Unreadable(found.code, found.hint, found.part)
        return found

    def _parse(self, each: FileField, cell: Any) -> values.Value:
        if isinstance(cell, Broken):
            raise Unreadable(cell.code)
        if is_empty(cell) or (
            each.kind not in ("code", "unit")
            and isinstance(cell, str)
            and values.is_missing(cleaned(cell))
            and not (each.kind == "status" and bare_key(cleaned(cell)) in choices("status"))  # chưa hoàn thành is one
        ):
            if each.required:
                raise Unreadable("E-REQUIRED" if self.kind.by_code else "E-REQUIRED-CELL")
            return None, () if is_empty(cell) else ("R-MISSING",)
        return self._parsers[each.kind](cell, self.survey.columns[each.name])

    def _filled_down(self, number: int, name: str, cell: Any) -> tuple[Any, bool]:
        """The cell, or that of the merged range that spans this row."""
        if not is_empty(cell):
            self._kept[name] = cell
            return cell, False
        tops, reach = self._spans.get(name, ((), ()))
        above = bisect_left(tops, number)
        covered = bool(above) and number <= reach[above - 1]
        return (self._kept.get(name, cell), True) if covered else (cell, False)

    def _kept_aside(self, row: SheetRow) -> dict[str, str] | None:
        """What stands in columns that no field is, by their headings."""
        known = {*self.survey.header.columns.values(), *self.survey.header.twins, self.survey.header.ordinal}
        kept = {
            self.survey.header.titles.get(at, column_letter(at)): raw_text(cell)
            for at, cell in enumerate(row.cells)
            if at not in known and not is_empty(cell) and not (isinstance(cell, Broken) and cell.code == REFUSED)
        }
        return kept or None

    def _twice(self, row: SheetRow, record: Mapping[str, Any]) -> list[Note]:
        """What is said of a row whose code stands in others, too."""
        if not self.survey.again:
            return []
        if self.kind.by_code and not self.survey.header.has_codes(self.kind):
            key = code_in(row.cells, self.survey.header, self.kind)
        elif any(record.get(name) is None for name in self.kind.keys if name != "province_code"):
            return []
        else:
            key = self.kind.key_of({name: _stored(record[name]) for name in self.kind.keys})
        same = self.survey.again.get(key.casefold(), [])
        if not same:
            return []
        rows = [number for number, _ in same[: _SHOWN_OF_ROWS + 1]]
        others = _listed(rows, len(same), row.number)
        column = self.survey.header.columns.get(self.kind.first.name, self.survey.header.columns.get("title", -1))
        unlike = self._unlike.get(key)
        if unlike is None:
            unlike = self._unlike[key] = len({contents for _, contents in same}) > 1
        if unlike:
            if not self.kind.by_code:
                cell = self._cell(row, self.kind.first.name)[0]
                return [self._note("E-DUPLICATE-FACT", row, column, cell, hint=others)]
            if self.survey.header.has_codes(self.kind):
                return [self._note("E-DUPLICATE", row, column, key, hint=others)]
            return [self._note("E-DUPLICATE-TASK", row, column, record.get("title"), hint=others)]
        if row.number == rows[0]:
            return [self._note("R-TWICE", row, column, key, hint=others)]
        return [self._note("N-TWICE", row, column, key, hint=str(rows[0]))]

    def _note(self, code: str, row: SheetRow, column: int, cell: Any, new: str = "", hint: str = "") -> Note:
        return self._note_on(code, row.number, column, cell, new, hint)

    def _note_on(self, code: str, number: int, column: int, cell: Any, new: str = "", hint: str = "") -> Note:
        title = self.survey.header.titles.get(column, "")
        return Note(code, number, column, title, raw_text("" if cell is None else cell), new, hint)


def _spans(
    sheet: Sheet, header: SheetHeading, fields: Mapping[str, FileField]
) -> dict[str, tuple[list[int], list[int]]]:
    """For the columns that are filled down the first rows of their merged cells, in order, and how far these reach."""
    columns = {column: name for name, column in header.columns.items() if fields[name].fills_down}
    found: dict[str, list[tuple[int, int]]] = {}
    for top, left, bottom, right in sheet.merged:
        if bottom > top and left == right and left in columns:
            found.setdefault(columns[left], []).append((top, bottom))
    ends = {name: list(zip(*sorted(spans), strict=True)) for name, spans in found.items()}
    return {name: (list(tops), list(accumulate(bottoms, max))) for name, (tops, bottoms) in ends.items()}


def _listed(rows: Sequence[int], count: int, but: int) -> str:
    """The rows beside one, of `count` with the same code: the first by their numbers, and how many more there are."""
    others = [str(number) for number in rows if number != but][:_SHOWN_OF_ROWS]
    more = count - 1 - len(others)
    return ", ".join(others) + (f" … (+{more})" if more else "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else raw_text(value)


_REPEATED = ("lead_agency", "coordinating_agencies", "deadline")
_DITTO = re.compile(
    r"""[-–\s]*(?:n\s?[./]?\s?t\.?|như trên|như dòng trên|(?:["“”〃]|'')+|ditto)[-–\s.]*""", re.IGNORECASE
)
"""Signs for the same as in the row above."""


def _is_total(text: str) -> bool:
    return bool(_TOTAL.fullmatch(bare_key(text)))


def _is_bare_total(text: str) -> bool:
    """Whether a text is the word for a total alone: `Tổng số trạm` may well name what is measured."""
    match = _TOTAL.fullmatch(bare_key(text)) if text.lstrip()[:1] in _TOTAL_BEGINS else None
    return match is not None and not match[1]


def _is_unknown(error: Unreadable, cell: Any) -> bool:
    """Whether a cell names a body, but none that is known."""
    return error.code == "E-AGENCY" and is_spelling(cell)


def _whole_numbers(cell: Any) -> list[str]:
    if isinstance(cell, float):
        return [str(int(cell))] if cell.is_integer() else []
    return re.findall(r"(?<![\d.,/])\d+(?![\d.,/])", cell) if isinstance(cell, str) else []


def _stored(value: Any) -> str:
    """A value as a CSV file of ours holds it."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, dict):
        return "; ".join(f"{name}: {text}" for name, text in value.items())
    return f"{value:.12g}" if isinstance(value, float) else str(value)


# --- what cannot be true at once in a row of tasks -------------------------------------------------------------------


def contradictions(record: Mapping[str, Any], reported_on: date) -> Iterator[FieldNote]:
    """What contradicts itself in the dates, the status and the share of a task."""
    done, begun = record.get("completed_date"), record.get("assigned_date")
    status = record.get("reported_status")
    for name, day in (("completed_date", done), ("assigned_date", begun)):
        if day and day > reported_on:
            yield FieldNote("E-FUTURE", name, f"{reported_on:%d/%m/%Y}")
    if done and begun and done < begun:
        yield FieldNote("E-BEFORE", "completed_date", f"{begun:%d/%m/%Y}")
    if status and status.startswith("completed") and not done:
        yield FieldNote("E-NOT-DATED", "reported_status")
    elif status and not status.startswith("completed") and status != "regular" and done:
        yield FieldNote("E-NOT-DONE", "reported_status", f"{done:%d/%m/%Y}")
    if done and status in ("completed_on_time", "completed_late"):
        yield from _in_time(record.get("deadline") or "regular", done, status)
    if record.get("reported_share") == 1 and not done:
        yield FieldNote("W-SHARE", "reported_share")


def _in_time(deadline: str, done: date, status: str) -> Iterator[FieldNote]:
    """A status that says in time, or late, of a day that is not so; a regular task has no day to be late after."""
    if deadline.startswith("regular"):
        return
    last = parse_period(deadline).end
    if done > last and status == "completed_on_time":
        yield FieldNote("E-ON-TIME", "reported_status", f"{done:%d/%m/%Y} > {last:%d/%m/%Y}")
    elif done <= last and status == "completed_late":
        yield FieldNote("E-LATE", "reported_status", f"{done:%d/%m/%Y} ≤ {last:%d/%m/%Y}")
