"""A deadline, and the period that a figure is about: what words, signs and a number format make of it, as one period.

What is odd in its writing and has one reading is read; what has two goes back with both. `BOUNDS` alone says how a word
before a period bounds or moves it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from r57lib.data.periods import parse_period
from r57lib.ingest.rows import Unreadable
from r57lib.ingest.text import bare_key, clean
from r57lib.ingest.values import PLAIN, YEARS, SheetColumn, Value, date_in, parse_date, two_readings, without_remark

BOUNDS = {
    "within": ("trong", "vào", "in", "within", "during"),
    "until": ("đến", "đến hết", "hết", "tới", "cho đến", "cho đến hết", "chậm nhất", "muộn nhất", "không muộn hơn",
              "không chậm hơn", "không trễ hơn", "không quá", "trước khi hết", "trước khi kết thúc", "by",
              "by the end of", "until", "no later than",
              "not later than", "at the latest"),
    "before": ("trước", "trước thời điểm", "before", "prior to", "earlier than"),
}  # fmt: skip
"""Words before a period X, by what they say: X itself; until the last day of X, which is the same deadline; or before
X, which ends on the day before its first."""

_SAYS_NOTHING = ("hoàn thành", "phải hoàn thành", "cần hoàn thành", "thực hiện", "xong", "hạn", "thời hạn", "là",
                 "ngày", "khoảng thời gian", "to be completed", "complete", "completed", "due", "day",
                 "the")  # fmt: skip
_LEADING = {bare_key(word): bound for bound, words in BOUNDS.items() for word in words}
_LEADING |= {bare_key(word): "" for word in _SAYS_NOTHING}
_LONGEST = max(len(words.split()) for words in _LEADING)

_ENGLISH_REGULAR = {"regular": "regular", "ongoing": "regular", "continuous": "regular", "annually": "regular/year",
                    "yearly": "regular/year", "quarterly": "regular/quarter", "monthly": "regular/month",
                    "weekly": "regular/week"}  # fmt: skip
_REGULAR = re.compile(
    r"(?:(?:nhiem vu|thuc hien|bao cao) )*(?P<often>thuong xuyen|dinh ky)?(?: theo)? ?(?:(?P<each>hang|moi) )?"
    r"(?P<unit>nam|quy|thang|tuan)?"
)
_UNITS = {"nam": "year", "quy": "quarter", "thang": "month", "tuan": "week"}
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_THIRDS = {"dau": "early", "giua": "mid", "cuoi": "late", "end of": "late"}
_IN_QUARTER = {"early": 1, "mid": 2, "late": 3}
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if name != "may" else name for name in _MONTHS)
_THIRD = "dau|giua|cuoi|end of"
_WITHIN = re.compile(r"(?:giua|cuoi|end of)\b")
_Q = "iv|i{1,3}|[1-4]"

_OPEN = re.compile(r"\b(?:tro di|tiep theo|onwards?)$|^(?:tu|ke tu|from|since|sau|after)\b")
_RELATIVE = re.compile(
    r"\b(?:ngay|tuan|thang|days?|weeks?|months?)(?: lam viec)? (?:ke tu|sau|tu ngay|after|from|of)\b|^ke tu|^sau khi\b"
    r"|^theo (?:tien do|ke hoach|yeu cau|quy dinh|lo trinh|chi dao|thoi han|chuong trinh)\b"
)


# --- deadlines -------------------------------------------------------------------------------------------------------


def parse_due(value: Any, column: SheetColumn = PLAIN) -> Value:
    """A deadline as a period: `2026-01-31`, `2026-01`, `2026-Q1`, `2026`, `2025/2030`, `regular`, `regular/quarter`.

    Where a cell holds a draft's and a final deadline, it is the final one; one without its year is of the year that the
    heading names. Raises `Unreadable`.
    """
    if not isinstance(value, str):
        if isinstance(value, float) and value.is_integer() and int(value) in YEARS:
            return str(int(value)), ()
        day, repairs = parse_date(value, column)
        return day.isoformat(), repairs
    text, repairs = clean(value)
    try:
        period, more = _deadline(text, column.month_first)
    except Unreadable:
        if not column.year or not re.search(r"[^\W\d]|\d\D+\d", text):
            raise
        try:
            period, more = _single(f"{text}/{column.year}", column.month_first)
        except Unreadable:
            period, more = _deadline(text, column.month_first)  # which says what is wrong with the text itself
        more = (*more, "R-YEAR")
    return period, (*repairs, *more)


@lru_cache(maxsize=65536)
def _deadline(text: str, month_first: bool) -> Value:
    """A deadline, however many lines it is written on, or the last of two phases."""
    try:
        return _single(" ".join(text.split()), month_first)
    except Unreadable:
        parts = [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]
        if len(parts) < 2:
            raise
    return _last_phase(parts, month_first)


def _last_phase(parts: list[str], month_first: bool) -> Value:
    """The last of two phases, where the first is marked as a draft and both are whole."""
    *firsts, last = parts
    if not all(re.search(r"\((?:bản )?(?:dự thảo|draft)[^)]*\)", part, re.IGNORECASE) for part in firsts):
        raise Unreadable("E-DEADLINE-TWO")
    for part in firsts:
        _phase(part, month_first)
    return _phase(last, month_first), ("R-PHASES",)


def _phase(part: str, month_first: bool) -> str:
    try:
        period: str = _single(re.sub(r"\([^)]*\)", "", part).strip(), month_first)[0]
    except Unreadable:
        raise Unreadable("E-DEADLINE-TWO") from None
    return period


def _single(text: str, month_first: bool) -> Value:
    """One deadline on one line."""
    regular = _regular(bare_key(text))
    if regular:
        return regular, ()
    try:
        return _bounded(text, month_first)
    except Unreadable as error:
        bare = without_remark(text)
        if bare == text:
            raise _explained(error, bare_key(text)) from None
    period, repairs = _single(bare, month_first)
    return period, (*repairs, "R-REMARK")


def _explained(error: Unreadable, key: str) -> Unreadable:
    """What is wrong with a deadline whose words are known, but name no period."""
    if error.code != "E-DEADLINE" or error.hint:
        return error
    return Unreadable(
        "E-DEADLINE-OTHER" if _RELATIVE.search(key) else "E-DEADLINE-OPEN" if _OPEN.search(key) else error.code
    )


def _bounded(text: str, month_first: bool) -> Value:
    """A period with the words that bound or move it."""
    bounds, rest = _leading(text)
    period, repairs = _period_of(rest, month_first)
    if "before" not in bounds:
        return period, repairs
    found = parse_period(period)
    last = found.start - timedelta(days=1)
    if _WITHIN.match(bare_key(rest)):  # before the end of June may end on the 20th, or with the month
        raise Unreadable("E-DEADLINE", f"{last:%d/%m/%Y}; {found.end:%d/%m/%Y}")
    return last.isoformat(), (*repairs, "R-BEFORE")


def _leading(text: str) -> tuple[set[str], str]:
    """What the words before a period say, and the rest."""
    words, said = text.split(), set()
    while words:
        counts = range(min(_LONGEST, len(words) - 1), 0, -1)
        count = next((each for each in counts if bare_key(" ".join(words[:each])) in _LEADING), 0)
        if not count:
            break
        said.add(_LEADING[bare_key(" ".join(words[:count]))])
        del words[:count]
    return said - {""}, " ".join(words)


def _regular(key: str) -> str:
    """`regular`, with the unit after which it is due again; nothing for other words."""
    if key in _ENGLISH_REGULAR:
        return _ENGLISH_REGULAR[key]
    match = _REGULAR.fullmatch(key)
    if match is None or not (match["often"] or match["each"]):
        return ""
    if match["unit"]:
        return f"regular/{_UNITS[match['unit']]}"
    return "regular" if match["often"] == "thuong xuyen" and not match["each"] else ""


# --- one period ------------------------------------------------------------------------------------------------------


def _period_of(text: str, month_first: bool) -> Value:
    period = _named(bare_key(text)) or _range(text, month_first)
    if period:
        return period, ()
    try:
        day, repairs = date_in(text, month_first)
    except Unreadable as error:
        raise Unreadable("E-DEADLINE" if error.code == "E-DATE" else error.code, error.hint) from None
    return day.isoformat(), repairs


def _named(key: str) -> str:
    """The period that words name, given without diacritics and signs; nothing for other words."""
    for form, made in _FORMS:
        if match := form.fullmatch(key):
            return made(match)
    return ""


def _quarter(match: re.Match[str]) -> str:
    if match[1]:
        return _month_text(match[3], 3 * _ROMAN[match[2]] - 3 + _IN_QUARTER[_THIRDS[match[1]]])
    return _in_year(match[3], f"-Q{_ROMAN[match[2]]}")


def _month(match: re.Match[str]) -> str:
    return _month_text(match[3], int(match[2]), f"-{_THIRDS[match[1]]}" if match[1] else "")


def _month_text(year: str, month: int, third: str = "") -> str:
    if not 1 <= month <= 12:
        raise Unreadable("E-DEADLINE")
    return _in_year(year, f"-{month:02d}{third}")


def _year(match: re.Match[str]) -> str:
    if match[1] == "dau":  # its first month, or its first quarter
        raise Unreadable("E-DEADLINE", f"1/{match[2]}; 1/{match[2]} – 3/{match[2]}")
    return _in_year(match[2], {"giua": "-mid", "cuoi": "-end", "end of": "-end"}.get(match[1] or "", ""))


def _english(year: str, month: str, day: str = "") -> str:
    number = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(month[:3]))
    return date_in(f"{day}/{number}/{year}", False)[0].isoformat() if day else _month_text(year, number)


def _in_year(year: str, rest: str) -> str:
    if int(year) not in YEARS:
        raise Unreadable("E-DATE-YEAR")
    return f"{year}{rest}"


_FORMS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = [
    (re.compile(form, re.ASCII), made)
    for form, made in (
        (rf"(?:({_THIRD}) )?(?:quy|quarter|q) ?({_Q}) (?:nam )?(\d{{4}})", _quarter),
        (rf"(?:({_THIRD}) )?(?:(?:thang|th|t) ?)?(\d{{1,2}}) (?:nam )?(\d{{4}})", _month),
        (r"(\d{4}) (0[1-9]|1[0-2])", lambda match: _month_text(match[1], int(match[2]))),
        (r"(?:6 thang|nua) (dau|cuoi)(?: cua)? (?:nam )?(\d{4})",
         lambda match: _in_year(match[2], "-H1" if match[1] == "dau" else "-H2")),
        (r"h([12]) (\d{4})", lambda match: _in_year(match[2], f"-H{match[1]}")),
        (r"(?:(dau|giua|cuoi|end of|het) )?(?:nam |year )?(\d{4})", _year),
        (rf"({_MONTH}) (\d{{4}})", lambda match: _english(match[2], match[1])),
        (rf"end of ({_MONTH}) (\d{{4}})", lambda match: f"{_english(match[2], match[1])}-late"),
        (rf"(\d{{1,2}}) ({_MONTH}) (\d{{4}})", lambda match: _english(match[3], match[2], match[1])),
        (rf"({_MONTH}) (\d{{1,2}}) (\d{{4}})", lambda match: _english(match[3], match[1], match[2])),
    )
]  # fmt: skip

_DASH = re.compile(r"\s*[-–—−]\s*")
_TO = re.compile(r"\s*[-–—−]\s*|\s+(?:đến hết|đến|tới|to|until)\s+", re.IGNORECASE)
_FROM = re.compile(r"(?:trong )?(?:giai doan|thoi ky|cac nam|period|tu|from)(?: (?=\S))")
_YEAR_END = re.compile(r"(?:nam )?(\d{4})", re.ASCII)
_QUARTER_END = re.compile(rf"(?:(?:quy|q) ?)?({_Q})(?: (?:nam )?(\d{{4}}))?", re.ASCII)
_MONTH_END = re.compile(r"((?:thang|t) ?)?(\d{1,2})(?: (?:nam )?(\d{4}))?", re.ASCII)


def _range(text: str, month_first: bool) -> str:
    """A period from one to another; nothing for any other text.

    Months need their word at both ends, or words that say from and to: `6-7/2025` is also how a day is written.
    """
    ends = _TO.split(text)
    if len(ends) != 2:
        return ""
    first, last = (bare_key(end) for end in ends)
    begun = _FROM.match(first)
    first = first[begun.end() :] if begun else first
    pair = (
        _years(first, last) or _quarters(first, last) or _months(first, last, bool(begun)) or _days(ends, month_first)
    )
    if not pair:
        return ""
    if parse_period(pair[0]).start >= parse_period(pair[1]).start:
        raise Unreadable("E-DEADLINE")
    return "/".join(pair)


def _years(first: str, last: str) -> tuple[str, ...]:
    ends = [_YEAR_END.fullmatch(end) for end in (first, last)]
    return tuple(_in_year(end[1], "") for end in ends if end) if all(ends) else ()


def _quarters(first: str, last: str) -> tuple[str, ...]:
    begin, end = _QUARTER_END.fullmatch(first), _QUARTER_END.fullmatch(last)
    if begin is None or end is None or not first.startswith(("quy", "q")) or not end[2]:
        return ()
    return tuple(_in_year(each[2] or end[2], f"-Q{_ROMAN[each[1]]}") for each in (begin, end))


def _months(first: str, last: str, said: bool) -> tuple[str, ...]:
    begin, end = _MONTH_END.fullmatch(first), _MONTH_END.fullmatch(last)
    if begin is None or end is None or not end[3]:
        return ()
    if not (said or (begin[1] and end[1]) or begin[3]):
        if begin[1]:
            raise Unreadable("E-DEADLINE", two_readings(int(begin[2]), int(end[2]), end[3]))
        return ()
    return tuple(_month_text(each[3] or end[3], int(each[2])) for each in (begin, end))


def _days(ends: list[str], month_first: bool) -> tuple[str, ...]:
    """Two days, of which the first may leave out what the second says: `6-7/6/2025`."""
    last = re.fullmatch(r"(?:ngày )?(\d{1,2}/)(\d{1,2}/)(\d{4})", ends[1].strip(), re.IGNORECASE)
    first = re.fullmatch(r"(?:từ |ngày )*(\d{1,2})(/\d{1,2})?(/\d{4})?", ends[0].strip(), re.IGNORECASE)
    if first is None or last is None:
        return ()
    whole = f"{first[1]}{first[2] or f'/{last[2][:-1]}'}{first[3] or f'/{last[3]}'}"
    days = (date_in(text, month_first)[0] for text in (whole, "".join(last.groups())))
    return tuple(day.isoformat() for day in days)


# --- the day of completion ------------------------------------------------------------------------------------------

_DONE = {"x", "v", "da hoan thanh", "hoan thanh", "da xong", "xong", "done", "completed", "yes"}


def parse_done(value: Any, column: SheetColumn = PLAIN) -> Value:
    """The day on which a task was completed; raises `Unreadable` for a mark and for a period, with its two ends."""
    try:
        return parse_date(value, column)
    except Unreadable as error:
        if error.code != "E-DATE" or error.hint:
            raise
    text = value if isinstance(value, str) else f"{value:.15g}" if isinstance(value, float) else ""
    if bare_key(text) in _DONE or text.strip() in ("✓", "✔", "☑"):
        raise Unreadable("E-DONE-DAY")
    try:
        period = parse_period(_single(clean(text)[0], column.month_first)[0])
    except (Unreadable, ValueError):
        raise Unreadable("E-DATE") from None
    raise Unreadable("E-DONE-PERIOD", " – ".join(f"{day:%d/%m/%Y}" for day in (period.start, period.end)))


# --- the period that a figure is about -------------------------------------------------------------------------------

_UNTIL = re.compile(r"^(?:số liệu |tính |lũy kế |luỹ kế )*(?:đến|tới|as of)(?: hết)?(?: ngày)?\s+", re.IGNORECASE)
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
    period, more = _measured(text, column.month_first)
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
def _measured(text: str, month_first: bool) -> Value:
    bare = _UNTIL.sub("", text)
    typed = _typed(bare) or _first_months(bare_key(bare))
    if typed:
        return typed, ()
    if _leading(bare)[0] - {"within"} or re.search(r"[;\n]", bare):
        raise Unreadable("E-PERIOD")
    try:
        period, repairs = parse_due(bare, SheetColumn(month_first=month_first))
    except Unreadable as error:
        raise Unreadable("E-PERIOD" if error.code.startswith("E-DEADLINE") else error.code, error.hint) from None
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
