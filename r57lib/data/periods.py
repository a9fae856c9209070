"""Periods with their precision, and reporting months.

A number is about a day, a month, "late September", "the end of 2025" or a year. A period keeps the words of its source
and gives the first and the last day that they can mean; nothing is sharpened to a day.

| written | means |
|---|---|
| `2025-09-30` | a day |
| `2025-12-12/2025-12-14` | from a day to a day |
| `2025-09-early`, `-mid`, `-late` | days 1-10, 11-20, 21 to the last of the month |
| `2025-09`, `2025-Q3`, `2025-H1`, `2025` | month, quarter, half, year |
| `2025-mid`, `2025-end` | June and July; December |
| `2020/..` | since 2020 |
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from enum import StrEnum

VIET_NAM = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
"""The time of the country; it has had no summer time since 1975."""


class Precision(StrEnum):
    """How sharply a source dates a number."""

    DAY = "day"
    RANGE = "range"
    THIRD = "third"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    MID_YEAR = "mid_year"
    YEAR_END = "year_end"
    YEAR = "year"
    SINCE = "since"


@dataclass(frozen=True)
class Period:
    """What a number is about: its words, its first and last possible day, its precision."""

    text: str
    start: date
    end: date
    precision: Precision

    def __str__(self) -> str:
        return self.text


_THIRDS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31)}
_FORM = re.compile(r"(?P<year>\d{4})(?:-(?P<rest>[^/]+))?", re.ASCII)


def parse_period(text: str) -> Period:
    """Read a period; a `ValueError` says which forms there are.

    >>> p = parse_period("2025-09-late"); (p.start.isoformat(), p.end.isoformat(), p.precision.value)
    ('2025-09-21', '2025-09-30', 'third')
    >>> parse_period("2025-end").start
    datetime.date(2025, 12, 1)
    """
    first, slash, last = text.partition("/")
    if slash:
        return _range(text, first, last)
    form = _FORM.fullmatch(text)
    if form is None:
        raise _unreadable(text)
    year = int(form["year"])
    if year < 1:
        raise _unreadable(text)
    start, end, precision = _span(text, year, form["rest"])
    return Period(text, start, end, precision)


def _unreadable(text: str) -> ValueError:
    forms = (
        "2025-09-30, 2025-09, 2025-09-late, 2025-Q3, 2025-H1, 2025-mid, 2025-end, 2025, 2025-12-12/2025-12-14, 2020/.."
    )
    return ValueError(f"'{text}' is not a period; write one of {forms}")


def _range(text: str, first: str, last: str) -> Period:
    if not first or not last or "/" in last:
        raise _unreadable(text)
    start = parse_period(first).start
    if last == "..":
        return Period(text, start, start, Precision.SINCE)
    end = parse_period(last).end
    if end < start:
        raise ValueError(f"'{text}' ends before it begins")
    return Period(text, start, end, Precision.RANGE)


def _span(text: str, year: int, rest: str | None) -> tuple[date, date, Precision]:
    if rest is None:
        return date(year, 1, 1), date(year, 12, 31), Precision.YEAR
    if rest in ("mid", "end"):
        first, last = {"mid": (6, 7), "end": (12, 12)}[rest]
        return _months(year, first, last, Precision.MID_YEAR if rest == "mid" else Precision.YEAR_END)
    if match := re.fullmatch(r"(Q[1-4]|H[12])", rest):
        length, number = (3 if match[0][0] == "Q" else 6), int(match[0][1])
        last = length * number
        return _months(year, last - length + 1, last, Precision.QUARTER if length == 3 else Precision.HALF)
    return _within_month(text, year, rest)


def _months(year: int, first: int, last: int, precision: Precision) -> tuple[date, date, Precision]:
    return date(year, first, 1), date(year, last, monthrange(year, last)[1]), precision


def _within_month(text: str, year: int, rest: str) -> tuple[date, date, Precision]:
    match = re.fullmatch(r"(0[1-9]|1[0-2])(?:-([0-9]{2}|early|mid|late))?", rest)
    if match is None:
        raise _unreadable(text)
    month, part = int(match[1]), match[2]
    last = monthrange(year, month)[1]
    if part is None:
        return _months(year, month, month, Precision.MONTH)
    if part in _THIRDS:
        first, until = _THIRDS[part]
        return date(year, month, first), date(year, month, min(until, last)), Precision.THIRD
    if not 1 <= int(part) <= last:
        raise ValueError(f"'{text}' is not a day: {year}-{month:02} has {last} days")
    return date(year, month, int(part)), date(year, month, int(part)), Precision.DAY


@dataclass(frozen=True, order=True)
class Month:
    """A reporting month, as the calendar of Asia/Ho_Chi_Minh counts it.

    >>> Month(2025, 12).last_day
    datetime.date(2025, 12, 31)
    >>> str(Month(2026, 1).previous)
    '2025-12'
    """

    year: int
    month: int

    @property
    def first_day(self) -> date:
        """The first of the month."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """The last of the month."""
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    @property
    def previous(self) -> Month:
        """The month before."""
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


def parse_month(text: str) -> Month:
    """Read `2025-12`; a `ValueError` shows the form."""
    match = re.fullmatch(r"([1-9][0-9]{3})-(0[1-9]|1[0-2])", text)
    if match is None:
        raise ValueError(f"'{text}' is not a month; write it as 2025-12")
    return Month(int(match[1]), int(match[2]))


def is_month(text: str) -> bool:
    """Whether a text is written like a month."""
    try:
        parse_month(text)
    except ValueError:
        return False
    return True


def month_of(day: date) -> Month:
    """The month that a day falls into."""
    return Month(day.year, day.month)


def parse_day(text: str) -> date:
    """Read `2025-11-30`; a `ValueError` shows the form."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"'{text}' is not a day; write it as 2025-11-30")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is not a day of the calendar; write it as 2025-11-30") from error
