"""The text of a sender's cell becomes a value, by the kind of its field: codes, days, deadlines, numbers, periods.

What has two meanings has none: 3/4/2025 in a column where a date has its month first, a bare 1 among
percentages. A wrong reading would go unseen into a report; a quarantined row comes back to who can tell.

Each function gives the value as it is stored, and the codes of the repairs; it raises `Unreadable` with the code of the
error and, where there is one, a hint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal

from r57lib.data.periods import VIET_NAM
from r57lib.ingest.kinds import choices
from r57lib.ingest.rows import Broken, Share, Unreadable
from r57lib.ingest.text import bare_key, clean, clean_code

Locale = Literal["vi", "en"]
Value = tuple[Any, tuple[str, ...]]

YEARS = range(2000, 2061)
"""The years that a date of a task can fall into."""

_MISSING = {"", "chua", "chua co", "chua hoan thanh", "khong", "khong co", "n a", "na", "none", "null"}
_DASHES = re.compile(r"[-–—−./\s]*")
_DAY_FIRST = re.compile(r"(\d{1,2})\s*([/.\-–])\s*(\d{1,2})\s*([/.\-–])\s*(\d{4}|\d{2})", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_WORDS = re.compile(r"(\d{1,2}) thang (\d{1,2}) (?:nam )?(\d{4})", re.ASCII)
_DAY = re.compile(r"ngày\s*(?=\d)", re.IGNORECASE)
_REMARK = re.compile(r"\s*\(([^()]*)\)\s*$")
_DOCUMENT = re.compile(
    r"(?:(?:QĐ|NQ|CV|VB|TTr|BC|KH|TB|CT|CĐ|công văn|văn bản|nghị quyết|quyết định|tờ trình|báo cáo|kế hoạch|thông báo)"
    r"\s*)?(?:số\s*)?\d+(?:/\d{4})?/[A-ZĐ][\w.-]*",
    re.IGNORECASE,
)
_SAYS_ANOTHER_DAY = re.compile(
    r"\d\s*[/.-]\s*\d|\b(?:quy|thang|nam|ngay)\b.*\d"
    r"|\b(?:gia han|lui|dieu chinh|sua|doi|truoc|sau|cu|huy|den|qua han|khong)\b"
)
_NOT = re.compile(r"(?:chua|khong|not) ")
_CLOCK = re.compile(r"[ T](\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d{2}:?\d{2})?", re.ASCII)


@dataclass(frozen=True)
class SheetColumn:
    """What is known of a column as a whole before its cells are read.

    `month_first` says that some date of it has its month first; `scale` how its bare percentages are meant, `mixed`
    that it holds more than one scale or convention; `declared` that its heading says %; `year` the one it names, or 0.
    """

    month_first: bool = False
    scale: Literal["", "share", "percent", "mixed"] = ""
    mixed: bool = False
    declared: bool = False
    year: int = 0


PLAIN = SheetColumn()
"""A column of which nothing is known."""


def is_missing(text: str) -> bool:
    """Whether a cell says in words, or with a dash, that there is nothing to say."""
    return len(text) < 20 and (bool(_DASHES.fullmatch(text)) or bare_key(text) in _MISSING)


def raw_text(value: Any) -> str:
    """A cell as its sender sees it."""
    if isinstance(value, Broken):
        return value.text
    if isinstance(value, Share):
        return f"{100 * value:.10g}%"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)


# --- codes and texts -------------------------------------------------------------------------------------------------


def parse_code(value: Any) -> Value:
    """A code keeps its zeros: one that a spreadsheet has taken for a number has lost them."""
    if not isinstance(value, str):
        whole = isinstance(value, float) and value.is_integer() and value < 1000
        raise Unreadable("E-CODE-NUM", f"{int(value):03d}" if whole else "")
    text, repairs = clean_code(value)
    if re.fullmatch(r"\d+(\.\d+)?E\+?\d+", text, re.IGNORECASE):
        raise Unreadable("E-CODE-NUM")
    return text, repairs


def parse_text(value: Any) -> Value:
    """Any text; a number becomes the text that its sender sees."""
    if isinstance(value, str):
        return clean(value)
    return raw_text(value), ()


# --- dates -----------------------------------------------------------------------------------------------------------


def parse_date(value: Any, column: SheetColumn = PLAIN) -> Value:
    """A day, as `date`; 1/2/2026 is the first of February, and no date at all in a column that has a month first."""
    if isinstance(value, datetime):
        return _plausible(value.date()), () if value.time() == time() else ("R-TIME",)
    if isinstance(value, date):
        return _plausible(value), ()
    if isinstance(value, (bool, time, timedelta)):
        raise Unreadable("E-DATE")
    if isinstance(value, (int, float)):
        return _serial(float(value))
    text, repairs = clean(value)
    try:
        day, more = date_in(text, column.month_first)
    except Unreadable:
        if not column.year or not re.fullmatch(r"\d{1,2}\s*[/.-]\s*\d{1,2}", text, re.ASCII):
            raise
        day, more = date_in(f"{re.sub('[.-]', '/', text)}/{column.year}", column.month_first)
        more = (*more, "R-YEAR")
    return day, (*repairs, *more)


def without_remark(text: str) -> str:
    """The text without a remark in brackets at its end, where that remark says nothing of another day."""
    match = _REMARK.search(text)
    if match is None or not text[: match.start()].strip():
        return text
    said = _DOCUMENT.sub("", match[1])
    key = bare_key(said)
    return text if _SAYS_ANOTHER_DAY.search(key) or _SAYS_ANOTHER_DAY.search(said) else text[: match.start()].strip()


@lru_cache(maxsize=65536)
def date_in(text: str, month_first: bool) -> Value:
    """The day that a text is, with or without its clock and a remark."""
    try:
        return _day(_DAY.sub("", text, count=1) if _DAY.match(text) else text, month_first)
    except Unreadable as error:
        bare = without_remark(text)
        if bare == text or error.code != "E-DATE":
            raise
    day, repairs = date_in(bare, month_first)
    return day, (*repairs, "R-REMARK")


def _day(text: str, month_first: bool) -> Value:
    clock = _CLOCK.search(text)
    bare = text[: clock.start()].strip() if clock and clock.end() == len(text) else text
    if match := _YEAR_FIRST.fullmatch(bare):
        found = _date(int(match[1]), int(match[3]), int(match[4]))
        repairs: tuple[str, ...] = ("R-DATE",)
    elif match := _DAY_FIRST.fullmatch(bare):
        found, repairs = _from_day_first(match, month_first)
    elif match := _WORDS.fullmatch(bare_key(bare)):
        found, repairs = _date(int(match[3]), int(match[2]), int(match[1])), ("R-DATE",)
    elif re.fullmatch(r"\d{5}(\.0)?", bare, re.ASCII):
        return _serial(float(bare))
    else:
        raise Unreadable("E-DATE")
    return _at_home(found, clock) if clock and bare != text else (found, repairs)


def _from_day_first(match: re.Match[str], month_first: bool) -> tuple[date, tuple[str, ...]]:
    day, month, year = int(match[1]), int(match[3]), int(match[5])
    mixed = match[2] != match[4]
    if mixed and day <= 12:
        raise Unreadable("E-DATE", two_readings(day, month, match[5]))
    if month > 12 >= day and month <= 31:
        raise Unreadable("E-DATE-ORDER", f"{month:02d}/{day:02d}/{match[5]}")
    if month_first and day <= 12 and day != month:
        raise Unreadable("E-DATE-ORDER")
    short = len(match[5]) == 2
    if short and not 2015 <= 2000 + year <= 2045:
        raise Unreadable("E-DATE-YEAR")
    return _date(2000 + year if short else year, month, day), ("R-DATE",) if short or mixed else ()


def two_readings(first: int, second: int, year: str) -> str:
    """What `6-7/2025` may mean: 6 July, or June and July; nothing where it is neither.

    >>> two_readings(6, 7, "2025"), two_readings(12, 1, "2026")
    ('6/7/2025; 6/2025 – 7/2025', '12/1/2026; 12/2025 – 1/2026')
    """
    if not (1 <= first <= 12 and 1 <= second <= 12):
        return ""
    begun = int(year) - 1 if first > second else year
    return f"{first}/{second}/{year}; {first}/{begun} – {second}/{year}"


def _date(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise Unreadable("E-DATE-CALENDAR") from None
    return _plausible(found)


def _plausible(day: date) -> date:
    if day.year not in YEARS:
        raise Unreadable("E-DATE-YEAR")
    return day


def _serial(number: float) -> Value:
    """The number that Excel keeps for a day, where the cell was not shown as a date."""
    if not number.is_integer() or not 36526 <= number <= 58804:  # 2000-01-01 to 2060-12-31
        raise Unreadable("E-DATE")
    return date(1899, 12, 30) + timedelta(days=int(number)), ("R-SERIAL",)


def _at_home(day: date, clock: re.Match[str]) -> Value:
    """The day in Viet Nam of a moment; without a zone the moment is one of Viet Nam."""
    zone = (clock[2] or "").replace("Z", "+00:00").replace("UTC", "+00:00")
    hour, _, rest = clock[1].partition(":")
    try:
        moment = datetime.fromisoformat(f"{day.isoformat()}T{int(hour):02d}:{rest}{zone}")
    except ValueError:
        raise Unreadable("E-DATE") from None
    return _plausible(moment.astimezone(VIET_NAM).date() if zone else day), ("R-TIME",)


def has_month_first(value: Any) -> bool:
    """Whether a cell is a date that only makes sense with its month first."""
    match = _DAY_FIRST.match(value.strip()) if isinstance(value, str) else None
    return bool(match and match[2] == match[4] and int(match[1]) <= 12 < int(match[3]) <= 31)


# --- one of a list ---------------------------------------------------------------------------------------------------


def parse_choice(value: Any, name: str) -> Value:
    """The code in a list of choices that the words of a cell stand for; raises `Unreadable`, with that of their begin.

    A status is the sender's own, `reported_status`: ours is derived from the dates of the task.
    """
    text, repairs = parse_text(value)
    known, key = choices(name), bare_key(text)
    found = known.get(key)
    if found is None:
        begin = bare_key(re.split(r"[.;,:\n]", text, maxsplit=1)[0])
        raise Unreadable(f"E-{name.upper()}", part=known.get(begin) or _not_done(key, known))
    return found, repairs


def _not_done(key: str, known: Mapping[str, str]) -> str | None:
    """What a text says that goes on after words for what is not done; of one not done in time it says nothing."""
    words = [word for word in known if _NOT.match(word) and re.match(rf"{word} (?!dung |kip |truoc )", key)]
    return known[max(words, key=len)] if words else None


# --- numbers and percentages -----------------------------------------------------------------------------------------

_GROUPED = {
    "vi": re.compile(r"([+-]?)([1-9]\d{0,2}(?:[. ’'\u00a0]\d{3})+|\d+)(?:,(\d+))?", re.ASCII),
    "en": re.compile(r"([+-]?)([1-9]\d{0,2}(?:[, ’'\u00a0]\d{3})+|\d+)(?:\.(\d+))?", re.ASCII),
}
_ONE_MARK = {
    "vi": re.compile(r"(?:0|\d{1,3})\.(?:\d{1,2}|\d{4,})|0\.\d+", re.ASCII),
    "en": re.compile(r"\d+,\d{1,2}|0,\d+"),
}


def parse_decimal(value: Any, column: SheetColumn = PLAIN, *, locale: Locale) -> Value:
    """A number by the declared locale: `1.234,5` in Vietnamese, `1,234.5` in English; never both in one column."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Unreadable("E-NUMBER")
    if not isinstance(value, str):
        return float(value), ()
    text, repairs = clean(value)
    if column.mixed and re.search(r"[.,]", text):
        raise Unreadable("E-NUMBER-MIXED")
    match = _GROUPED[locale].fullmatch(text)
    if match is None or len(set(re.findall(r"[., ’']", match[2]))) > 1:
        raise Unreadable("E-NUMBER")
    whole = re.sub(r"\D", "", match[2])
    return float(f"{match[1]}{whole}.{match[3] or 0}"), repairs


def bare_percent(text: str, locale: Locale) -> float:
    """A figure of a percentage, where either mark can only be a decimal one unless three digits follow."""
    if _ONE_MARK[locale].fullmatch(text):
        return float(text.replace(",", "."))
    return float(parse_decimal(text, locale=locale)[0])


def parse_share(value: Any, column: SheetColumn = PLAIN, *, locale: Locale) -> Value:
    """A share from 0 to 1: `53,3%`, or a bare figure on the one scale of its column."""
    if isinstance(value, Share):
        return _share(float(value)), ()
    text, repairs = clean(value) if isinstance(value, str) else (raw_text(value), ())
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Unreadable("E-PERCENT")
    if text.endswith("%"):
        return _share(bare_percent(text[:-1].strip(), locale) / 100), repairs
    number = float(value) if not isinstance(value, str) else bare_percent(text, locale)
    if number == 0:
        return 0.0, repairs
    if column.scale == "mixed":
        raise Unreadable("E-PCT-SCALE")
    if number == 1 and not column.declared:
        raise Unreadable("E-PCT-ONE")
    as_share = number < 1 or (number == 1 and column.scale == "share")
    return _share(number if as_share else number / 100), (*repairs, "R-PERCENT")


def _share(number: float) -> float:
    if not 0 <= number <= 1:
        raise Unreadable("E-PCT-RANGE")
    return round(number, 12)


def percent_scale(value: Any, locale: Locale) -> str:
    """On which scale a bare figure of a percentage can only be; nothing for any other cell."""
    if isinstance(value, (Share, bool)) or not isinstance(value, (str, float, int)):
        return ""
    try:
        number = float(value) if not isinstance(value, str) else bare_percent(clean(value)[0], locale)
    except (ValueError, OverflowError):
        return ""
    return "share" if 0 < number < 1 else "percent" if number > 1 else ""


def convention(value: Any) -> str:
    """Which locale wrote a number with both marks; nothing for any other cell."""
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+", text):
        return "vi"
    return "en" if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+", text) else ""
