"""What a number format of a workbook shows: a percentage, or of a date only its month, quarter or year.

A sender means what the sheet shows. A cell that holds 1 June 2025 and shows `06/2025` is June to its author, and 0.5
under the format `0.0"%"` is half a percent: there the sign is a letter that multiplies nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Literal

_BUILT_IN = {9: "0%", 10: "0.00%", 17: "mmm-yy"}
"""The formats that a workbook uses by number alone, as far as they show something of that kind."""

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]?|(?P<section>;)|(?P<general>General)'
    r"|(?P<date>y+|m+|d+|h+|s+|q+|e+)|(?P<plain>.)",
    re.IGNORECASE | re.DOTALL,
)
_SIGN = re.compile("%|phần trăm|percent|per cent", re.IGNORECASE)
_CONDITION = re.compile(r"[<>=]")


@dataclass(frozen=True)
class NumberFormat:
    """What cells of a format show.

    `percent` is `sign` where the sign multiplies by 100, `letter` where it is a text beside the figure, `unclear` where
    that depends on the figure; `pieces` are those of a date without its day, its fields as `y`, `m`, `q`.
    """

    percent: Literal["", "sign", "letter", "unclear"] = ""
    pieces: tuple[tuple[Literal["field", "text"], str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.percent or self.pieces)

    @property
    def divisor(self) -> int:
        """What the stored figure is divided by to be a share."""
        return 100 if self.percent == "letter" else 1

    def text_of(self, day: date) -> str:
        """A day as the format shows it, its month as a number and its year with four digits; nothing for others."""
        if not self.pieces:
            return ""
        fields = {"y": f"{day.year}", "m": f"{day.month}", "q": f"{(day.month + 2) // 3}"}
        used = [text for kind, text in self.pieces if kind == "field"]
        words = "".join(fields[text] if kind == "field" else text for kind, text in self.pieces)
        if re.search(r"[^\W\d_]", words):
            return " ".join(words.split()) + ("" if "y" in used else f"/{day.year}")
        if "q" in used:
            return f"Quý {fields['q']}/{day.year}"
        return f"{day.month}/{day.year}" if "m" in used else fields["y"]


@cache
def number_format(number: int, code: str) -> NumberFormat:
    """What a format shows, by its number and its own code, which may be empty for one that is built in."""
    sections = _sections(code or _BUILT_IN.get(number, ""))
    first = sections[0]
    kinds = [_percent(section) for section in sections[:3]]
    conditional = any(kind == "condition" for section in sections for kind, _ in section)
    percent: Literal["", "sign", "letter", "unclear"] = kinds[0]
    if conditional and len(set(kinds)) > 1:
        percent = "unclear"
    return NumberFormat(percent, () if percent else _date(first))


def _sections(code: str) -> list[list[tuple[str, str]]]:
    """The sections of a format: pieces that are a field of a date, a plain sign, a text or a condition."""
    sections: list[list[tuple[str, str]]] = [[]]
    for match in _TOKEN.finditer(code):
        kind = match.lastgroup
        if kind == "section":
            sections.append([])
        elif kind in ("quoted", "escaped"):
            sections[-1].append(("text", match[kind]))
        elif kind == "date":
            sections[-1].append(("field", match[kind].lower()))
        elif kind == "bracket" and re.fullmatch(r"[hms]+", match[kind], re.IGNORECASE):
            sections[-1].append(("field", "h"))
        elif kind == "bracket" and match[kind].startswith("$"):
            sections[-1].append(("text", match[kind][1:].partition("-")[0]))
        elif kind == "bracket" and _CONDITION.match(match[kind]):
            sections[-1].append(("condition", match[kind]))
        elif kind == "plain":
            sections[-1].append(("plain", match[kind]))
    return sections


def _percent(section: list[tuple[str, str]]) -> Literal["", "sign", "letter"]:
    if ("plain", "%") in section:
        return "sign"
    return "letter" if any(kind == "text" and _SIGN.search(text) for kind, text in section) else ""


def _date(section: list[tuple[str, str]]) -> tuple[tuple[Literal["field", "text"], str], ...]:
    """The pieces of a date whose day is not shown; none for a whole date, a time of day and a number."""
    fields = {text[0] for kind, text in section if kind == "field"}
    figures = any(kind == "plain" and text in "0#?" for kind, text in section)
    if figures or not fields or fields & set("dhse") or not fields & set("ymq"):
        return ()
    return tuple(
        ("field", text[0]) if kind == "field" else ("text", text)
        for kind, text in section
        if kind in ("field", "text", "plain") and text != "@"
    )
