"""Words, numbers, dates and sort order in Vietnamese and English.

Words come from `labels.csv`; numbers and dates from Babel's locale data.
"""

from __future__ import annotations

import datetime as dt
import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from typing import Any, Literal, get_args

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal

from r57lib.data.load import stored_labels
from r57lib.data.periods import Month, Period, Precision, parse_period
from r57lib.data.store import GROUP_LEAD, UNKNOWN_LEAD
from r57lib.errors import WrongCall, did_you_mean, wrong_choice

Language = Literal["vi", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
MISSING = "–"

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = "\u0300\u0309\u0303\u0301\u0323"  # huyền, hỏi, ngã, sắc, nặng: the order of Vietnamese dictionaries
_LETTER_MARKS = "\u0306\u0302\u031b"  # breve, circumflex, horn: they make letters of their own


def parse_language(text: str) -> Language:
    """`vi` or `en`; raises `WrongCall` for anything else."""
    for language in LANGUAGES:
        if text == language:
            return language
    raise wrong_choice("language", text, LANGUAGES)


@lru_cache(maxsize=4096)
def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """The place of a text in a Vietnamese dictionary: letters first, then tones.

    >>> sorted(["Đà Nẵng", "Điện Biên", "Dak", "Cà Mau", "Cao Bằng"], key=sort_key)
    ['Cà Mau', 'Cao Bằng', 'Dak', 'Đà Nẵng', 'Điện Biên']
    """
    letters: list[int] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFC", text).casefold():
        parts = unicodedata.normalize("NFD", char)
        base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
        place = _ALPHABET.find(base)
        letters.append(100 + place if place >= 0 else ord(base[0]) if ord(base[0]) < 100 else 1000 + ord(base[0]))
        tones.append(next((1 + _TONES.index(part) for part in parts if part in _TONES), 0))
    return tuple(letters), tuple(tones), text


class _Plurals(string.Formatter):
    """Writes `{count:task|tasks}` as `task` after a 1 and as `tasks` after any other number."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, mark, many = format_spec.partition("|")
        if not mark:
            return str(super().format_field(value, format_spec))
        return one if str(value).lstrip("+−") == "1" else many


_PLURALS = _Plurals()


@dataclass(frozen=True)
class Words:
    """Everything that is written in one language: `words("status.overdue")`, `words.percent(0.4080, 2)`."""

    language: Language
    labels: Mapping[str, str] = field(repr=False)

    def __call__(self, key: str, **values: Any) -> str:
        """The label `key` with `values` filled in; raises `WrongCall` for a key that `labels.csv` does not hold.

        What it lacks of the library's own words is taken from those that come with the library.

        `{count:task|tasks}` in a label is `task` where the value `count` is 1, and else `tasks`.
        """
        text = self.labels.get(key)
        if text is None:  # a folder that was made with an earlier library lacks what this one says since
            if key not in (stored := stored_labels()):
                raise WrongCall(f"labels.csv: no label '{key}'{did_you_mean(key, self.labels)}")
            text = stored[key][self.language == "vi"]
        return _PLURALS.vformat(text, (), values) if values else text

    def has(self, key: str) -> bool:
        """Whether `labels.csv` holds a label."""
        return key in self.labels

    def publisher(self, name: str) -> str:
        """A publisher by its name in this language; by the name that `sources.csv` gives where it has one alone."""
        return self.labels.get(f"publisher.{name.replace(' ', '_')}", name)

    def agency(self, code: str) -> str:
        """The name of an agency, or of the province that a code such as `province:01` names; a code nobody named.

        A department stands with its province, a group and whom nobody knows in the words of their sender.
        """
        if code.startswith(UNKNOWN_LEAD):
            return self("agency.unknown", name=code.removeprefix(UNKNOWN_LEAD))
        if code.startswith(GROUP_LEAD):
            return code.removeprefix(GROUP_LEAD)
        owner, _, own = code.partition("/")
        if own:
            return self("agency.department", name=own, province=self.agency(owner))
        key = code.replace(":", ".") if ":" in code else f"agency.{code}"
        return self.labels.get(key, code)

    def number(self, value: Any, decimals: int = 0) -> str:
        """`1.234,5` in Vietnamese, `1,234.5` in English; what is missing is a dash, never 0."""
        return MISSING if pd.isna(value) else _number(float(value), _pattern("#,##0", decimals), self.language)

    def plain(self, value: Any) -> str:
        """A number with the decimals that it has, four at most."""
        return MISSING if pd.isna(value) else _number(float(value), "#,##0.####", self.language)

    def percent(self, value: Any, decimals: int | None = None) -> str:
        """A rate of 0-1 as a percentage, `40,80%`; without `decimals`, those that it has, two at most."""
        pattern = "#,##0.##%" if decimals is None else _pattern("#,##0", decimals) + "%"
        return MISSING if pd.isna(value) else _number(float(value), pattern, self.language)

    def points(self, value: Any) -> str:
        """A difference of two rates in percentage points, with its sign and the decimals that it has, two at most."""
        if pd.isna(value):
            return MISSING
        return self("unit.points", value=self.signed(100 * value, None))

    def signed(self, value: Any, decimals: int | None = 0) -> str:
        """A number with its sign, `+` or `−`; none for 0. Without `decimals`, those that it has, two at most."""
        if pd.isna(value):
            return MISSING
        sign = "+" if value > 0 else "−" if value < 0 else ""
        written = (
            _number(abs(float(value)), "#,##0.##", self.language)
            if decimals is None
            else self.number(abs(value), decimals)
        )
        return sign + written

    def value(self, value: Any, unit: str, qualifier: Any = "exact") -> str:
        """A value with its unit and the source's qualifier: `nearly 59%`, `gần 59%`, `in the top 20`."""
        if pd.isna(value):
            return MISSING
        if unit == "rank" and qualifier == "up_to":
            return self("value.top", value=self.plain(value))
        return self.qualified(self._with_unit(float(value), unit), qualifier)

    def qualified(self, text: str, qualifier: Any) -> str:
        """A written value with its source's qualifier before it, where there is one."""
        if pd.isna(qualifier) or qualifier == "exact":
            return text
        return self("qualified", qualifier=self(f"qualifier.{qualifier}"), value=text)

    def _with_unit(self, value: float, unit: str) -> str:
        if unit == "share":
            return self.percent(value)
        size, label = self.size(value, unit)
        text = self.plain(value / 10**size)
        return self(label, value=text) if label else text

    def size(self, value: float, unit: str) -> tuple[int, str]:
        """The power of ten in which a value is written, and the label of its unit, if it has one.

        Money is written in words of its size: `USD 500 million`, `4,1 nghìn tỷ đồng`.
        """
        if unit not in ("usd", "vnd"):
            return 0, f"value.{unit}" if self.has(f"value.{unit}") else ""
        for name, power in (("trillion", 12), ("billion", 9), ("million", 6)):
            if abs(value) >= 10**power:
                return power, f"amount.{unit}.{name}"
        return 0, f"amount.{unit}"

    def date(self, day: Any) -> str:
        """`05/3/2026` in Vietnamese, as Decree 30/2020 writes days, `5 March 2026` in English."""
        if pd.isna(day):
            return MISSING
        if self.language == "vi":
            return f"{day.day:02}/{self.month_number(day.month)}/{day.year}"
        return _day(day.date() if isinstance(day, pd.Timestamp) else day, "d MMMM yyyy", locale="en")

    def month(self, month: Month) -> str:
        """`tháng 01 năm 2026`, `January 2026`."""
        return self("period.month", month=self._month_name(month.first_day), year=month.year)

    def month_number(self, month: int) -> str:
        """The number of a month; Decree 30/2020 gives January and February two digits, and no other month a zero."""
        return f"{month:02}" if self.language == "vi" and month < 3 else str(month)

    def _month_name(self, day: dt.date) -> str:
        return self.month_number(day.month) if self.language == "vi" else _day(day, "LLLL", locale="en")

    def period(self, period: Any) -> str:
        """A period as precisely as its source gives it: `late September 2025`, `cuối tháng 9 năm 2025`."""
        if not isinstance(period, Period):
            if pd.isna(period):
                return MISSING
            period = parse_period(str(period))
        if period.precision is Precision.DAY:
            return self.date(period.start)
        if period.precision is Precision.RANGE:
            return self("period.range", start=self.date(period.start), end=self.date(period.end))
        return self(f"period.{_form(period)}", **self._parts(period))

    def _parts(self, period: Period) -> dict[str, str]:
        roman = ("I", "II", "III", "IV")[(period.end.month - 1) // 3]
        names = {"month": self._month_name(period.end), "year": str(period.end.year)}
        return {**names, "quarter": roman if self.language == "vi" else str((period.end.month + 2) // 3)}

    def join(self, items: list[str]) -> str:
        """`a, b and c`."""
        if len(items) < 2:
            return "".join(items)
        return self("list.and", first=", ".join(items[:-1]), last=items[-1])

    def sorted(self, items: list[str]) -> list[str]:
        """Texts in the order of a Vietnamese dictionary."""
        return sorted(items, key=sort_key)


@lru_cache(maxsize=4096)
def _number(value: float, pattern: str, language: Language) -> str:
    """The number by a pattern, half a last digit up: the decimal number that is meant, not the binary one kept."""
    with localcontext(rounding=ROUND_HALF_UP):
        return format_decimal(Decimal(f"{value:.15g}"), pattern, locale=language)


_day = lru_cache(maxsize=4096)(format_date)


def _pattern(whole: str, decimals: int) -> str:
    return whole + ("." + "0" * decimals if decimals else "")


def _form(period: Period) -> str:
    if period.precision is Precision.HALF:
        return "half_1" if period.end.month == 6 else "half_2"
    third = {10: "early", 20: "middle"}.get(period.end.day, "late")
    return third if period.precision is Precision.THIRD else str(period.precision)


def words_of(labels: pd.DataFrame, language: str) -> Words:
    """The words of a language from the table `labels`; raises `WrongCall` for an unknown language.

    `{programme}` in a label is the name of the programme, the label `programme.name`.
    """
    known = parse_language(language)
    texts = dict(zip(labels["key"], labels[known], strict=True))
    named = {key: text.replace("{programme}", texts.get("programme.name", "")) for key, text in texts.items()}
    return Words(known, named)
