"""Numbers and percentages of a ministry's cell, by a declared locale; what has two meanings has none."""

from __future__ import annotations

import re
from typing import Any

from r57lib.ingest.bins import Unreadable
from r57lib.ingest.cleaning import clean
from r57lib.ingest.sheet import Share
from r57lib.ingest.values import PLAIN, Locale, SheetColumn, Value, raw_text

_GROUPED = {
    "vi": re.compile(r"([+-]?)([1-9]\d{0,2}(?:[. ’'\u00a0]\d{3})+|\d+)(?:,(\d+))?", re.ASCII),
    "en": re.compile(r"([+-]?)([1-9]\d{0,2}(?:[, ’'\u00a0]\d{3})+|\d+)(?:\.(\d+))?", re.ASCII),
}
_ONE_MARK = {
    "vi": re.compile(r"(?:0|\d{1,3})\.(?:\d{1,2}|\d{4,})|0\.\d+", re.ASCII),
    "en": re.compile(r"\d+,\d{1,2}|0,\d+"),
}


def parse_figure(value: Any, column: SheetColumn = PLAIN, *, locale: Locale) -> Value:
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
    return float(parse_figure(text, locale=locale)[0])


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
