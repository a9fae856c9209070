"""A figure with its qualifier and unit, held against the unit of its subject; what has two readings has none."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from r57lib.ingest.kinds import choices
from r57lib.ingest.rows import Share, Unreadable
from r57lib.ingest.text import bare_key, clean
from r57lib.ingest.values import PLAIN, Locale, SheetColumn, Value, bare_percent, parse_decimal, percent_scale

SMALL_SHARE = 0.05
"""Where all that is known of an indicator lies below, a bare 0,43 may well be 0,43 %."""

WHOLE = ("rank", "person", "station", "drone", "enterprise")
"""Units that come in whole numbers, none of them below 0."""

MOST = 1e15
"""Beyond it a number is no longer held to its last digit."""

_PREFIX = re.compile(
    r"(khoảng|xấp xỉ|ước|hơn|trên|gần|tới|about|around|approximately|more than|over|nearly|almost|up to)\s+(?=[\d+-])"
    r"|([~≈])\s*(?=\d)",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"([+-]?\d(?:[\d.,’' ]*\d)?)\s*(.*)", re.ASCII | re.DOTALL)
_SCALE_WORDS = re.compile(r"(?:chuc|nghin|ngan|van|trieu|ty|ti|thousand|million|billion|trillion|phan tram)\b")
_SIZE = re.compile(
    r"(nghìn tỷ|nghìn tỉ|ngàn tỷ|nghìn|nghin|ngàn|triệu|trieu|(?:tỷ|tỉ)(?! (?:lệ|trọng|suất|số|giá))|million|billion"
    r"|thousand)(?:\s+|$)",
    re.IGNORECASE,
)
"""With their marks where other words are the same without: ngân hàng, tỷ lệ."""
_COUNTED = ("count", "person", "station", "drone", "enterprise")
_HUNDREDS = re.compile(r"(?<!phần )trăm\b", re.IGNORECASE)


class Unit(NamedTuple):
    """What a unit's words mean: the unit of the tables, and what a figure in it is multiplied with."""

    unit: str
    factor: int = 1


@dataclass(frozen=True)
class Subject:
    """What is known of what is measured: its unit and bounds, and how its known values stand in the tables.

    `largest` is the largest value that is known of it, `scopes` and `bases` those that its values have.
    """

    unit: str
    lower: float | None = None
    upper: float | None = None
    largest: float = 0.0
    scopes: frozenset[str] = frozenset()
    bases: frozenset[str] = frozenset()


class Amount(NamedTuple):
    """A figure as it is stored, the qualifier that stood before it, and the repairs."""

    value: str
    qualifier: str
    repairs: tuple[str, ...]


_MONEY = {
    f"{size} {name}".strip(): Unit(unit, factor)
    for unit, names in (("vnd", ("dong", "vnd", "viet nam dong")), ("usd", ("usd", "do la", "do la my")))
    for name in names
    for size, factor in (("", 1), ("nghin", 10**3), ("ngan", 10**3), ("trieu", 10**6), ("ty", 10**9), ("ti", 10**9),
                         ("nghin ty", 10**12), ("ngan ty", 10**12), ("nghin ti", 10**12), ("thousand", 10**3),
                         ("million", 10**6), ("billion", 10**9), ("trillion", 10**12))
}  # fmt: skip
_UNITS = _MONEY | {
    name: Unit(unit)
    for unit, names in (
        ("share", ("phan tram", "percent", "per cent")),
        ("index", ("chi so", "index")),
        ("rank", ("hang", "thu hang", "rank")),
        ("ratio", ("lan", "times")),
        ("person", ("nguoi", "people", "persons")),
        ("station", ("tram", "tram 5g", "tram bts", "stations")),
        ("drone", ("uav", "chiec", "chiec uav", "drones")),
        ("enterprise", ("doanh nghiep", "dn", "enterprises")),
        ("count", ("so luong", "number")),
    )
    for name in names
}


def parse_unit(value: Any) -> Value:
    """The words of a unit as they are; `unit_of` says what they mean for a subject."""
    if not isinstance(value, str):
        raise Unreadable("E-UNIT")
    return clean(value)


def unit_of(words: str, subject: Subject) -> Unit:
    """The unit that words mean; raises `Unreadable` with the subject's own where it is another or is not known."""
    key = "percent" if words.strip(" ()") == "%" else bare_key(words)
    if _HUNDREDS.search(words):
        raise Unreadable("E-UNIT", subject.unit)
    size = _SIZE.match(words) if key not in _UNITS and subject.unit in _COUNTED else None
    if size:
        factor = _MONEY[f"{bare_key(size[1])} dong"].factor
        rest = words[size.end() :]
        return Unit(subject.unit, factor * (unit_of(rest, subject).factor if rest else 1))
    counted = subject.unit == "count" and key and key not in _UNITS and not _SCALE_WORDS.match(key)
    found = Unit("count") if counted else _UNITS.get(key)
    if found is None or found.unit != subject.unit:
        raise Unreadable("E-UNIT", subject.unit)
    return found


def _one_unit(after: str, words: str | None, subject: Subject) -> Unit | None:
    """The unit of a figure with words after it and those of its column, of which the former may say in thousands."""
    column = unit_of(words, subject) if words else None
    if not after:
        return column
    if column and column.factor == 1 and _SIZE.fullmatch(after) and subject.unit in ("vnd", "usd"):
        return Unit(subject.unit, _MONEY[f"{bare_key(after)} dong"].factor)
    own = unit_of(after, subject)
    if column and column != own and column.factor != 1:
        raise Unreadable("E-UNIT", subject.unit)
    return own


def unit_in(title: str) -> str:
    """The words of a unit that a heading gives in brackets: `Giá trị (tỷ đồng)`; nothing for any other words."""
    words = next(iter(re.findall(r"\(([^)]*)\)", title)), "").strip()
    key = bare_key(words)
    return words if words == "%" or key in _UNITS or _SCALE_WORDS.match(key) else ""


def split_figure(value: Any) -> tuple[str, Any, str, tuple[str, ...]]:
    """Qualifier, figure, the words of a unit after it, and repairs; a cell without figure is left as it is."""
    if not isinstance(value, str):
        return "", value, "", ()
    text, repairs = clean(value)
    prefix = _PREFIX.match(text)
    qualifier = ("about" if prefix[2] else choices("qualifier")[bare_key(prefix[1])]) if prefix else ""
    rest = text[prefix.end() :] if prefix else text
    match = _FIGURE.fullmatch(rest)
    if match is None or re.search(r"\d", match[2]):
        return qualifier, rest, "", repairs
    return qualifier, match[1], match[2].strip(), repairs


def scale_of(value: Any, words: Any, locale: Locale) -> str:
    """On which scale the bare figure of a share can only be; nothing for one whose cell says so itself."""
    try:
        _, figure, unit, _ = split_figure(value)
    except Unreadable:
        return ""
    return "" if unit or words else percent_scale(figure, locale)


def parse_measure(
    value: Any, subject: Subject, column: SheetColumn = PLAIN, *, locale: Locale, words: str | None = None
) -> Amount:
    """A figure in the unit of its subject: `53,3%` or `53,3` of a share is 0.533, `4.100` in tỷ đồng 4100000000000.

    `words` are those of a column of units. Raises `Unreadable` for another unit, for a figure out of bounds and for a
    bare figure of a share that has two readings.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Unreadable("E-NUMBER")
    qualifier, figure, after, repairs = split_figure(value)
    if subject.unit == "text":
        raise Unreadable("E-NO-FIGURE")
    unit = _one_unit(after, words, subject)
    if subject.unit == "share":
        number, more = _share(figure, subject, column, locale, signed=after == "%", declared=unit is not None)
    else:
        number, more = _amount(figure, unit, subject, column, locale)
    _require_bounds(number, subject)
    return Amount(decimal_text(number), qualifier, tuple(dict.fromkeys((*repairs, *more))))


def _amount(figure: Any, unit: Unit | None, subject: Subject, column: SheetColumn, locale: Locale) -> Value:
    if isinstance(figure, Share) or (column.declared and unit is None):
        raise Unreadable("E-UNIT", subject.unit)
    if subject.unit in ("vnd", "usd") and unit is None:
        raise Unreadable("E-UNIT-UNSAID")
    number, repairs = parse_decimal(figure, column, locale=locale)
    if not math.isfinite(number):
        raise Unreadable("E-NUMBER")
    factor = unit.factor if unit else 1
    return float(Decimal(f"{number:.15g}") * factor), (*repairs, *(("R-UNIT",) if factor > 1 else ()))


def _share(
    figure: Any, subject: Subject, column: SheetColumn, locale: Locale, *, signed: bool, declared: bool
) -> Value:
    if isinstance(figure, Share):
        return float(figure), ()
    number = bare_percent(figure, locale) if isinstance(figure, str) else float(figure)
    if not math.isfinite(number):
        raise Unreadable("E-NUMBER")
    if signed or number == 0:
        return number / 100, ()
    as_share = _is_share(number, subject, column, declared or column.declared)
    return number if as_share else number / 100, () if declared else ("R-PERCENT",)


def _is_share(number: float, subject: Subject, column: SheetColumn, declared: bool) -> bool:
    """Whether a figure without a sign is meant from 0 to 1; raises `Unreadable` where it may be either."""
    if declared:
        if 0 < number < 1 and column.scale == "share":
            raise Unreadable("E-PCT-SMALL")
        return False
    if column.scale == "mixed":
        raise Unreadable("E-PCT-SCALE")
    if number == 1:
        raise Unreadable("E-PCT-ONE")
    if 0 < number < 1 and subject.largest < SMALL_SHARE:
        raise Unreadable("E-PCT-SMALL")
    return number < 1


def _require_bounds(number: float, subject: Subject) -> None:
    if subject.unit == "share" and not 0 <= number <= 1:
        raise Unreadable("E-PCT-RANGE")
    if subject.unit in WHOLE and not number.is_integer():
        raise Unreadable("E-WHOLE", subject.unit)
    lower = 0.0 if subject.unit in WHOLE and subject.lower is None else subject.lower
    if (lower is not None and number < lower) or (subject.upper is not None and number > subject.upper):
        raise Unreadable("E-BOUNDS", _bounds(lower, subject.upper))
    if abs(number) > MOST:
        raise Unreadable("E-BOUNDS", _bounds(lower, MOST))


def _bounds(lower: float | None, upper: float | None) -> str:
    if lower is None or upper is None:
        return " ".join(
            f"{sign} {decimal_text(bound)}" for sign, bound in (("≥", lower), ("≤", upper)) if bound is not None
        )
    return f"{decimal_text(lower)} – {decimal_text(upper)}"


def decimal_text(number: float) -> str:
    """A number as a CSV file of ours holds it: with a decimal point, and never with an exponent.

    >>> decimal_text(4.1e12), decimal_text(0.533), decimal_text(20758.0)
    ('4100000000000', '0.533', '20758')
    """
    text = format(Decimal(f"{number:.15g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
