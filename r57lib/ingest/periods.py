"""The period that a figure is about, as ministries write it, becomes one that the tables know."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any

from r57lib.data.periods import parse_period
from r57lib.ingest.bins import Unreadable
from r57lib.ingest.cleaning import bare_key, clean
from r57lib.ingest.values import PLAIN, YEARS, SheetColumn, Value, parse_date, parse_due

_UNTIL = re.compile(r"^(?:số liệu |tính |lũy kế |luỹ kế )*(?:đến|tới|as of)(?: hết)?(?: ngày)?\s+", re.IGNORECASE)
_DEADLINE = re.compile(r"(?:truoc|cham nhat|by|before) .*")
_FIRST_MONTHS = re.compile(r"(?:luy ke )?(\d{1,2}) thang(?: dau)?(?: nam)? (\d{4})", re.ASCII)


def parse_measured(value: Any, column: SheetColumn = PLAIN) -> Value:
    """The period of a figure: `2025-10-31`, `2025-10`, `2025-Q3`, `2025`; the first ten months as from day to day.

    A day that a spreadsheet holds and that is the first of a month may have been `10/2025` to its author: it has no
    reading. Raises `Unreadable`.
    """
    if not isinstance(value, str):
        if isinstance(value, float) and value.is_integer() and int(value) in YEARS:
            return str(int(value)), ()
        return _stored_day(value, column)
    text, repairs = clean(value)
    period, more = _period(text, column.month_first)
    return period, (*repairs, *more)


def _stored_day(value: Any, column: SheetColumn) -> Value:
    try:
        day, repairs = parse_date(value, column)
    except Unreadable as error:
        raise Unreadable("E-PERIOD" if error.code == "E-DATE" else error.code, error.hint) from None
    if day.day == 1:
        raise Unreadable("E-PERIOD-FIRST", f"{day.month}/{day.year}")
    return day.isoformat(), repairs


@lru_cache(maxsize=65536)
def _period(text: str, month_first: bool) -> Value:
    bare = _UNTIL.sub("", text)
    typed = _typed(bare) or _first_months(bare_key(bare))
    if typed:
        return typed, ()
    if _DEADLINE.fullmatch(bare_key(bare)) or re.search(r"[;\n]", bare):
        raise Unreadable("E-PERIOD")
    try:
        period, repairs = parse_due(bare, SheetColumn(month_first=month_first))
    except Unreadable as error:
        raise Unreadable("E-PERIOD" if error.code == "E-DEADLINE" else error.code, error.hint) from None
    if period.startswith("regular"):
        raise Unreadable("E-PERIOD")
    if "R-SERIAL" in repairs and date.fromisoformat(period).day == 1:
        raise Unreadable("E-PERIOD-FIRST")
    return period, repairs


def _typed(text: str) -> str:
    """A period in the form of the tables, where it falls into the years of ours; nothing for any other text."""
    try:
        period = parse_period(text)
    except ValueError:
        return ""
    return text if period.start.year in YEARS and period.end.year in YEARS else ""


def _first_months(key: str) -> str:
    """`10 thang dau nam 2025`: from the first of January to the last of October; nothing for other words."""
    match = _FIRST_MONTHS.fullmatch(key)
    if match is None or not 2 <= int(match[1]) <= 12 or int(match[2]) not in YEARS:
        return ""
    if int(match[1]) == 6:
        return f"{match[2]}-H1"
    last = parse_period(f"{match[2]}-{int(match[1]):02d}").end
    return f"{match[2]}-01-01/{last.isoformat()}"
