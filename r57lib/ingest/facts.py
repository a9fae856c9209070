"""Rows that are facts: what a value is of, for whom and how it adds up, held against what the tables know.

A task is named by its code; a fact only by subject, place, period and basis together. What a sender leaves out is taken
from the indicator where that allows one thing alone, and the row says so; where it allows two, the row goes back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from r57lib.data.periods import Period, Precision, parse_period
from r57lib.data.provenance import EVIDENCE_WORDS
from r57lib.data.rows import Commitment, Indicator, Observation
from r57lib.data.schema import resources
from r57lib.data.tables import Tables
from r57lib.data.values import agrees, reads_as
from r57lib.ingest.amounts import Amount, Subject, parse_measure, parse_unit, scale_of, unit_in, unit_of
from r57lib.ingest.deadlines import parse_measured
from r57lib.ingest.heading import cleaned, is_empty
from r57lib.ingest.kinds import FileKind
from r57lib.ingest.names import PROVINCE, AgencyBook, NameBook, both_names, name_book
from r57lib.ingest.rows import FieldNote, Unreadable
from r57lib.ingest.values import Locale, SheetColumn, Value, parse_choice, raw_text
from r57lib.measures.provinces import MERGED_ON

_BASES = {
    Precision.DAY: {"point", "year_to_date"},
    Precision.THIRD: {"point"},
    Precision.MONTH: {"point", "month"},
    Precision.QUARTER: {"point"},
    Precision.HALF: {"point", "year_to_date"},
    Precision.MID_YEAR: {"point"},
    Precision.YEAR_END: {"point"},
    Precision.YEAR: {"point", "year"},
    Precision.RANGE: {"year_to_date"},
}
"""What a value can add up to, by how its period is written."""

_SAID_OF = {
    "month": {Precision.DAY, Precision.THIRD, Precision.MONTH},
    "year": {Precision.DAY, Precision.YEAR_END, Precision.YEAR},
}
"""The periods for which a sender may say that a value is of a month or of a year; a quarter is neither."""

_MOMENTS = {Precision.THIRD, Precision.MONTH, Precision.MID_YEAR, Precision.YEAR_END}
"""Periods that are short enough to date a state with, in the words of its source."""

_MEANT = {"not_said": ("year_to_date",), "flow": ("month", "year")}
"""What a sender may mean by values of an indicator whose own sources do not say what they add up to."""


class FactReader:
    """Reads the rows of one sheet whose rows are facts."""

    def __init__(self, kind: FileKind, known: Known, locale: Locale, reported_on: date) -> None:
        self.kind, self._known, self._locale, self._reported_on = kind, known, locale, reported_on
        self.subject_field = kind.first.name
        self.parsers: dict[str, Callable[[Any, SheetColumn], Value]] = {
            "subject": lambda value, _: known.book.find(value),
            "scope": lambda value, _: self._scope(value),
            "province": lambda value, _: self._province(value),
            "period": parse_measured,
            "measure": lambda value, _: (value, ()),  # it is read when the row's subject and unit are known
            "unit": lambda value, _: parse_unit(value),
            "qualifier": lambda value, _: parse_choice(value, "qualifier"),
            "basis": lambda value, _: _declared("basis", value) or parse_choice(value, "basis"),
            "role": lambda value, _: parse_choice(value, "role"),
            "level": lambda value, _: parse_choice(value, "level"),
        }

    def scales(self, rows: Iterable[Mapping[str, Any]]) -> set[str]:
        """On which scales the bare figures of the shares among some rows are."""
        found = set()
        for row in rows:
            subject = self._known.subjects.get(self.subject(row.get(self.subject_field)))
            if subject and subject.unit == "share":
                found.add(scale_of(row.get("obs_value"), row.get("unit"), self._locale))
        return found - {""}

    def subject(self, cell: Any) -> str:
        """What a cell names; nothing where that is not known."""
        try:
            return str(self._known.book.find(cell)[0])
        except Unreadable:
            return ""

    # --- places ------------------------------------------------------------------------------------------------------

    def _scope(self, value: Any) -> Value:
        """A level, or the province that stands where the level should."""
        if declared := _declared("scope", value):
            return declared
        try:
            return parse_choice(value, "scope")
        except Unreadable:
            pass
        try:
            code, repairs = self._province(value)
        except Unreadable as error:
            raise Unreadable("E-SCOPE" if error.code == "E-PROVINCE" else error.code, error.hint) from None
        return f"{PROVINCE}{code}", repairs

    def _province(self, value: Any) -> Value:
        """The code of a province of today; a part of one has no figure of its own any more."""
        text = value if isinstance(value, str) else raw_text(value)
        try:
            found, repairs = self._by_code(text) or self._known.agencies.find(text)
        except Unreadable as error:
            code = "E-PROVINCE" if error.code.startswith("E-AGENCY") else error.code
            raise Unreadable(code, self._near(error.hint)) from None
        if not found.startswith(PROVINCE):
            raise Unreadable("E-PROVINCE")
        code = found.removeprefix(PROVINCE)
        of_before = "R-PROVINCE" in repairs or self._reported_on < MERGED_ON
        if of_before and self._known.parts.get(code, 1) > 1:
            raise Unreadable("E-PROVINCE-PART", self._known.agencies.shown[found])
        return code, repairs

    def _by_code(self, text: str) -> Value | None:
        """The province of an official code with its zero; nothing for any other text."""
        return (f"{PROVINCE}{text.strip()}", ()) if text.strip() in self._known.parts else None

    def _near(self, name: str) -> str:
        """A name as a hint, where it is that of a province."""
        shown = self._known.agencies.shown
        return name if any(code.startswith(PROVINCE) and words == name for code, words in shown.items()) else ""

    # --- the row as a whole ------------------------------------------------------------------------------------------

    def finish(
        self, record: dict[str, Any], cells: Mapping[str, Any], column: SheetColumn, title: str, wrong: set[str]
    ) -> list[FieldNote]:
        """Complete a record with what no cell says by itself, and give what is wrong with or repaired in it.

        `cells` are the sender's cells by field; `column` and `title` those of the values; `wrong` the fields that could
        not be read.
        """
        said = list(self._measure(record, column, unit_in(title), wrong))
        wrong = wrong | {each.field for each in said if each.code[0] == "E"}
        steps = [self._name, self._when]
        steps += [self._where, self._basis] if self.kind.name == "observations" else [self._role]
        steps.append(self._is_over)
        for step in steps:
            said += step(record, wrong)
        record |= self._words(record, cells)
        return said

    def _subject_of(self, record: Mapping[str, Any]) -> Subject | None:
        return self._known.subjects.get(record.get(self.subject_field) or "")

    def _name(self, record: dict[str, Any], wrong: set[str]) -> Iterator[FieldNote]:
        """A name beside a code must be one of the same subject, where it is one that is known."""
        named = record.pop("name", None)
        subject = self.subject(named) if named else ""
        if subject and record.get(self.subject_field) not in (subject, None):
            yield FieldNote("E-TWO-NAMES", "name", self._known.book.shown[record[self.subject_field]])

    def _measure(self, record: dict[str, Any], column: SheetColumn, unit: str, wrong: set[str]) -> Iterator[FieldNote]:
        """The value in the unit of its subject; `unit` is that of the heading, where a row has none of its own."""
        cell, subject = record.get("obs_value"), self._subject_of(record)
        record["obs_value"] = None
        if subject is None or "obs_value" in wrong or "unit" in wrong:
            return
        own = record.get("unit")
        words = own or unit
        record["unit"] = subject.unit
        found = Amount("", "", ())
        if cell is not None:
            try:
                found = parse_measure(cell, subject, column, locale=self._locale, words=words)
            except Unreadable as error:
                at_unit = error.code == "E-UNIT" and own and not _is_unit(own, subject)
                yield FieldNote(error.code, "unit" if at_unit else "obs_value", error.hint)
                return
        record["obs_value"] = found.value or None
        given = record.get("qualifier")
        if given and found.qualifier not in ("", given):
            yield FieldNote("E-QUALIFIER", "qualifier")
        record["qualifier"] = given or found.qualifier or "exact"
        for code in found.repairs:
            yield FieldNote(code, "obs_value")

    def _when(self, record: dict[str, Any], wrong: set[str]) -> Iterator[FieldNote]:
        text = record.get("time_period")
        if text and parse_period(text).start > self._reported_on:
            yield FieldNote("E-PERIOD-FUTURE", "time_period", f"{self._reported_on:%d/%m/%Y}")

    def _is_over(self, record: dict[str, Any], wrong: set[str]) -> Iterator[FieldNote]:
        """Of a period that goes on no value is known; only ranks of a year, and what was so on a day of a month."""
        subject, text = self._subject_of(record), record.get("time_period")
        if subject is None or not text or record.get("obs_value") is None:
            return
        period = parse_period(text)
        edition = subject.unit in ("rank", "index") and period.precision is Precision.YEAR
        state = period.precision in _MOMENTS and record.get("basis") not in ("month", "year")
        if period.start <= self._reported_on < period.end and not edition and not state:
            yield FieldNote("E-PERIOD-OPEN", "time_period", f"{self._reported_on:%d/%m/%Y} < {period.end:%d/%m/%Y}")

    def _where(self, record: dict[str, Any], wrong: set[str]) -> Iterator[FieldNote]:
        """Level and province, which must agree; the country only where the indicator knows no other level."""
        scope, province = record.get("scope"), record.get("province_code")
        record.setdefault("province_code", None)
        if wrong & {"scope", "province_code"}:
            record["scope"] = None
            return
        if scope and scope.startswith(PROVINCE):
            named = scope.removeprefix(PROVINCE)
            record |= {"scope": "province", "province_code": named}
            if province not in (None, named):
                yield FieldNote("E-SCOPE-PROVINCE", "province_code")
        elif scope:
            if (scope == "province") != bool(province):
                yield FieldNote("E-SCOPE-PROVINCE", "province_code")
                record["scope"] = None
        elif province:
            record["scope"] = "province"
        else:
            yield from self._unsaid_scope(record)

    def _unsaid_scope(self, record: dict[str, Any]) -> Iterator[FieldNote]:
        subject = self._subject_of(record)
        record["scope"] = None
        if subject is None:
            return
        if subject.scopes == {"national"}:
            record["scope"] = "national"
            yield FieldNote("R-SCOPE", "scope")
        else:
            yield FieldNote("E-SCOPE-UNSAID", "scope")

    def _basis(self, record: dict[str, Any], wrong: set[str]) -> Iterator[FieldNote]:
        """What a value adds up to: as a column says, or the only thing that the period and the indicator allow."""
        record.setdefault("basis", None)
        subject, text = self._subject_of(record), record.get("time_period")
        if "basis" in wrong or subject is None or not text:
            return
        period = parse_period(text)
        if record["basis"]:
            if period.precision not in _SAID_OF.get(record["basis"], Precision):
                record["basis"] = None
                yield FieldNote("E-BASIS", "basis")
            return
        possible = _bases(period)
        left = possible & subject.bases if subject.bases else possible
        if len(left) == 1:
            record["basis"] = next(iter(left))
        else:
            yield FieldNote("E-BASIS", "basis")

    def _role(self, record: dict[str, Any], wrong: set[str]) -> Iterator[FieldNote]:
        """A value is an observation and a level of evidence alone a milestone, where no column says otherwise."""
        record.setdefault("role", None)
        value, level = record.get("obs_value"), record.get("evidence_level")
        if "role" in wrong:
            return
        if value is None and level is None and not wrong & {self.subject_field, "obs_value", "unit", "evidence_level"}:
            yield FieldNote("E-NOTHING", "obs_value")
        record["role"] = record["role"] or ("observation" if value is not None else "milestone")

    # --- the sender's words ------------------------------------------------------------------------------------------

    def _words(self, record: Mapping[str, Any], cells: Mapping[str, Any]) -> dict[str, str]:
        """A fragment of the row, and the value as it prints it where the fragment can be read so."""
        printed = self._printed(cells)
        subject, period = (_plain(cells.get(name)) for name in (self.subject_field, "time_period"))
        rest = [each for each in (period, printed or _plain(cells.get("evidence_level"))) if each]
        room = EVIDENCE_WORDS - sum(len(each.split()) for each in rest)
        first = " ".join(subject.split()[: max(room, 0)])
        evidence = " ".join("; ".join([*([first] if first else []), *rest]).split()[:EVIDENCE_WORDS])
        value = record.get("obs_value")
        read = reads_as(printed, self._known.language) if printed else None
        fits = printed in evidence and (not value or read is None or agrees(float(value), read))
        return {"evidence": evidence, "printed_value": printed if fits else ""}

    def _printed(self, cells: Mapping[str, Any]) -> str:
        """The value with the words of its unit, as its sender sees them."""
        cell = cells.get("obs_value")
        text = _plain(cell)
        if isinstance(cell, float) and self._known.language == "vi":
            text = text.replace(".", ",")
        unit = _plain(cells.get("unit"))
        return f"{text} {unit}" if text and unit and unit not in text else text


def _is_unit(words: str, subject: Subject) -> bool:
    try:
        unit_of(words, subject)
    except Unreadable:
        return False
    return True


def _declared(field: str, value: Any) -> Value | None:
    """A code as the table of observations declares it: more than senders have words for."""
    codes = next(each.codes for each in resources()["observations"].fields if each.name == field)
    return (value, ()) if value in codes else None


def _plain(cell: Any) -> str:
    """The text of a cell on one line; nothing for one that cannot be read."""
    return "" if is_empty(cell) else " ".join(cleaned(raw_text(cell)).split())


def _bases(period: Period) -> set[str]:
    possible = _BASES.get(period.precision, set())
    if (period.start.month, period.start.day) != (1, 1) and period.precision is not Precision.DAY:
        return possible - {"year_to_date"}
    return possible


# --- what the tables know of the subjects ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """What the tables know of the subjects of a kind of file, and of the provinces.

    `parts` holds how many of the 63 provinces each of the 34 was made of; `language` is that of the source.
    """

    book: NameBook
    subjects: Mapping[str, Subject]
    agencies: AgencyBook
    parts: Mapping[str, int]
    language: str = "vi"


def known_of(tables: Tables, kind: FileKind, agencies: AgencyBook, language: str = "vi") -> Known | None:
    """What the tables know for a kind of file; nothing for one whose rows are no facts."""
    if kind.by_code:
        return None
    of_indicators = kind.name == "observations"
    subjects = _indicators(tables) if of_indicators else _commitments(tables)
    prefix, code = ("indicator", "E-INDICATOR") if of_indicators else ("commitment", "E-COMMITMENT")
    labels = both_names(tables)
    both = {subject: labels[f"{prefix}.{subject}"] for subject in subjects}
    pairs = [(name, subject) for subject, words in both.items() for name in (subject, *words)]
    book = name_book(pairs, {subject: words[0] for subject, words in both.items()}, code)
    parts = tables["province_predecessors"]["province_code"].value_counts().to_dict()
    return Known(book, subjects, agencies, {str(key): int(count) for key, count in parts.items()}, language)


def _indicators(tables: Tables) -> dict[str, Subject]:
    values: dict[str, list[Observation]] = defaultdict(list)
    for each in tables.rows("observations", Observation):
        values[each.indicator_id].append(each)
    targets = tables["targets"].groupby("indicator_id")["target_value"].max()
    return {
        row.indicator_id: Subject(
            row.unit,
            _bound(row.lower_bound),
            _bound(row.upper_bound),
            max([each.obs_value for each in values[row.indicator_id]] + [targets.get(row.indicator_id, 0.0)]),
            frozenset(each.scope for each in values[row.indicator_id]),
            # a flow of unsaid span lets a sender mean that of the period, and as of a day that of the year so far
            frozenset(basis for each in values[row.indicator_id] for basis in _MEANT.get(each.basis, (each.basis,))),
        )
        for row in tables.rows("indicators", Indicator)
    }


def _commitments(tables: Tables) -> dict[str, Subject]:
    return {
        row.commitment_id: Subject(row.unit, largest=0.0 if pd.isna(row.target_value) else row.target_value)
        for row in tables.rows("commitments", Commitment)
    }


def _bound(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
