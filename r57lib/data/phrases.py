"""What the words around a printed number say of it: how exactly, by whose expectation, in which unit, out of how many.

Each function reads the few words beside the number, in English and Vietnamese, and says nothing where it knows none:
a finding rests on a word that stands there, never on one that is missing in a language that nobody has written down.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date

from r57lib.data.codes import Kind, Qualifier
from r57lib.data.values import reads_as, scale_after

_QUALIFIERS = {
    Qualifier.MORE_THAN: r"more than|greater than|over|above|exceed(?:s|ed|ing)?|surpass(?:es|ed|ing)?|in excess of|"
    r"hơn|trên|vượt(?: quá| mốc| ngưỡng)?",
    Qualifier.NEARLY: r"nearly|almost|close to|just under|approaching|gần|ngót|suýt soát",
    Qualifier.ABOUT: r"about|around|approximately|roughly|some|circa|an estimated|khoảng|chừng|xấp xỉ|ước khoảng",
    Qualifier.UP_TO: r"up to|as many as|as much as|at most|no more than|top|lên tới|lên đến|tối đa|không quá",
}  # fmt: skip
_MONEY = r"(?:USD|US\$|\$|VND|EUR)"
_DIRECTLY = {kind: re.compile(rf"(?:^|\W)(?:{words})\s+(?:the\s+)?{_MONEY}?\s*$", re.I)
             for kind, words in _QUALIFIERS.items()}  # fmt: skip

_EXPECTED = re.compile(
    r"\b(?:(?i:expect(?:s|ed)|projected|forecasts?|predict(?:s|ed)|anticipat(?:es|ed)|is set to|could|potentially|"
    r"dự kiến|dự báo|kỳ vọng)|projects(?=\s+(?:that|an?|to|[A-Z$\d])))\b"
)
_AIMED = re.compile(
    r"\b(?:target(?:s|ed)?(?: is| was)?|goals?|aim(?:s|ed|ing)?|mục tiêu|chỉ tiêu|phấn đấu)(?:\s+\w+){0,2}\s*$", re.I
)
_REACHED = re.compile(r"\b(?:reach|achiev|met|exceed|surpass|đạt|vượt)\w*\s+(?:(?:the|its|their|a)\s+)?$", re.I)
_ORDERED = re.compile(r"\b(?:order(?:s|ed)?|đơn hàng|đặt hàng)\b", re.I)

_UNITS = {
    "share": r"%|\bper ?cent\b|\bpercentage|\bphần trăm",
    "usd": r"\b(?:dollars?|USD)\b|\bđô la",
    "vnd": r"\b(?:VND|dong|đồng)\b",
    "station": r"\b(?:stations?|trạm)\b",
    "drone": r"\b(?:drones?|UAVs?)\b",
    "enterprise": r"\b(?:enterprises?|businesses|firms?|companies|doanh nghiệp)\b",
    "person": r"\b(?:individuals?|people|persons?|researchers?|specialists?|users?|workers?|engineers?|participants?|"
    r"experts?|người|chuyên gia|kỹ sư|nhà khoa học)\b",
}  # fmt: skip
_PERCENT = re.compile(_UNITS["share"], re.I)
_NOUN = re.compile("|".join(f"(?P<{unit}>{nouns})" for unit, nouns in _UNITS.items()), re.I)
_DOLLARS = re.compile(r"(?:USD|US\$|\$)\s*$")
_RATE = re.compile(r" per (?!cent)")
_ENDS = re.compile(r"[,;:()]|\bof\b|\bper\b(?! ?cent)")

_TOTAL = re.compile(
    r"\W{0,3}(?:\w+\s+){0,2}?(?:out of|amongst|among|of|trong số|trên)\s+(?:the\s+)?(\d{1,4})\b|/(\d{1,4})\b"
)
_YEAR = re.compile(r"(?<![\w.,/-])(?:19|20)\d\d(?!\w|[.,]\d|\s*%)")
_POINT_BEFORE, _POINT_AFTER = re.compile(r"\d[.,]$"), re.compile(r"[.,]\d")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
_DAY = re.compile(
    rf"(?:\b(?P<first>\d{{1,2}}) )?\b(?P<name>{'|'.join(_MONTHS)})\b(?: (?P<then>\d{{1,2}})(?:st|nd|rd|th)?\b)?"
    r"(?:,? (?P<year>\d{4}))?|\b(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<in>\d{4})\b",
    re.I,
)


Places = Sequence[tuple[str, str]]
"""The text before and after each place where a token stands."""


def places_of(token: str, evidence: str) -> Places:
    """Where a token stands on its own, and not within a longer number or word.

    >>> places_of("673", "16,673 stations, of which 673 are new")
    [('16,673 stations, of which ', ' are new')]
    """
    places, start = [], evidence.find(token)
    while start >= 0:
        before, after = evidence[:start], evidence[start + len(token) :]
        within = token[0].isalnum() and (before[-1:].isalnum() or _POINT_BEFORE.search(before))
        if not within and not (token[-1].isalnum() and (after[:1].isalnum() or _POINT_AFTER.match(after))):
            places.append((before, after))
        start = evidence.find(token, start + 1)
    return places


def printed_number(token: str, places: Places, language: str) -> tuple[float | None, bool]:
    """The number that a token prints, with the scale that follows it, and whether it is a percentage.

    >>> printed_number("45", [("with ", "% fully online")], "en"), printed_number("6", [("", " million people")], "en")
    ((45.0, True), (6000000.0, False))
    """
    number, after = reads_as(token, language), places[0][1] if places else ""
    if number is not None and token[-1].isdigit():
        number *= scale_after(after)
    return number, bool(_PERCENT.search(token) or _PERCENT.match(after.lstrip()))


def qualifiers_said(token: str, places: Places) -> set[Qualifier]:
    """How exactly the evidence prints a number: what stands directly before it, at each of its places."""
    number = re.search(r"\d", token)
    lead = token[: number.start()] if number else ""
    return {
        next((kind for kind, words in _DIRECTLY.items() if words.search(before + lead)), Qualifier.EXACT)
        for before, _ in places
    }


def has_qualifier(kind: str, text: str) -> bool:
    """Whether a text holds a word for this qualifier anywhere."""
    return kind == Qualifier.EXACT or bool(
        re.search(rf"(?:^|\W)(?:{_QUALIFIERS[Qualifier(kind)]})(?:\W|$)", text, re.I)
    )


def fits_kind(kind: str, token: str, places: Places, evidence: str) -> bool:
    """Whether the words before a number let it be a result, and those of an order tell of one."""
    if kind == Kind.ORDERED:
        return bool(_ORDERED.search(evidence))
    return kind != Kind.REPORTED or not places or any(not _is_ahead(before, token) for before, _ in places)


def _is_ahead(before: str, token: str) -> bool:
    aimed = _AIMED.search(before)
    return bool(_EXPECTED.search(before + token) or (aimed and not _REACHED.search(before[: aimed.start()])))


def is_expected(evidence: str) -> bool:
    """Whether a text speaks of an expectation or an estimate."""
    return bool(_EXPECTED.search(evidence) or re.search(r"\b(?:estimat\w+|ước)\b", evidence, re.I))


def unit_said(token: str, places: Places) -> str:
    """The unit of the noun, sign or currency beside a number; nothing where none is known.

    >>> unit_said("5,000", [("", " heavy-lift drones")]), unit_said("100", [("$", " for 3 people")])
    ('drone', 'usd')
    """
    for before, after in places:
        if _DOLLARS.search(before) or token.startswith(("USD", "US$", "$")):
            return "usd"
        near = _ENDS.split(after, maxsplit=1)[0]
        found = _NOUN.search(f"{token} {' '.join(near.split()[:4])}")
        if found and not _RATE.search(after):
            return str(found.lastgroup)
    return ""


def total_said(places: Places) -> int | None:
    """How many are ranked, where the evidence says so right after the rank.

    >>> total_said([("ranked ", " out of 132")]), total_said([("ranked ", "/132")]), total_said([("", " in 2020")])
    (132, 132, None)
    """
    found = next(filter(None, (_TOTAL.match(after) for _, after in places)), None)
    return int(found[1] or found[2]) if found else None


def years_in(text: str) -> set[int]:
    """The years that a text names."""
    return {int(year) for year in _YEAR.findall(text)}


def day_in(text: str) -> tuple[int | None, int, int | None] | None:
    """Year, month and day that a text prints, as far as it does; nothing where it names no month.

    >>> day_in("December 22, 2024"), day_in("3 May"), day_in("22/12/2024"), day_in("9 tasks")
    ((2024, 12, 22), (None, 5, 3), (2024, 12, 22), None)
    """
    return next(days_in(text), None)


def days_in(text: str) -> Iterator[tuple[int | None, int, int | None]]:
    """Every day that a text prints, in its order."""
    for found in _DAY.finditer(text):
        if int(found["month"] or 1) <= 12:
            year, day = found["year"] or found["in"], found["first"] or found["then"] or found["day"]
            month = _MONTHS.index(found["name"].casefold()) + 1 if found["name"] else int(found["month"])
            yield int(year) if year else None, month, int(day) if day else None


def falls_on(printed: tuple[int | None, int, int | None], start: date, end: date) -> bool:
    """Whether a printed day, or the month where no more is printed, touches a span of days."""
    year, month, day = printed
    if day and day > monthrange(year or 2024, month)[1]:
        return False
    return any(
        date(each, month, day or 1) <= end and start <= date(each, month, day or monthrange(each, month)[1])
        for each in ([year] if year else range(start.year, end.year + 1))
        if not day or day <= monthrange(each, month)[1]
    )
