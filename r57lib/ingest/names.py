"""Which indicator, commitment, agency or province a sender's spelling means; what may be two of them is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd

from r57lib.data.tables import Tables
from r57lib.errors import nearest
from r57lib.ingest.rows import Unreadable
from r57lib.ingest.text import bare_key, clean, spelling_key
from r57lib.ingest.values import Value, parse_text


@dataclass(frozen=True)
class NameBook:
    """Names and codes of subjects: by spelling, and without diacritics where that is one alone."""

    names: Mapping[str, str]
    bare: Mapping[str, str]
    exact: frozenset[str]
    shown: Mapping[str, str]
    code: str

    def find(self, value: Any) -> Value:
        """The subject that a cell names; raises `Unreadable` with the nearest name."""
        text, repairs = parse_text(value)
        for key, table in ((spelling_key(text), self.names), (bare_key(text), self.bare)):
            if key in table:
                return table[key], repairs if text.casefold() in self.exact else (*repairs, "R-SPELLING")
        close = nearest(bare_key(text), self.bare)
        raise Unreadable(self.code, self.shown[self.bare[close]] if close else "")


def name_book(pairs: Iterable[tuple[str, str]], shown: Mapping[str, str], code: str) -> NameBook:
    """The book of pairs of a name and what it means; `code` is that of the error for a name that is not in it."""
    given = list(pairs)
    return NameBook(
        unique((spelling_key(name), subject) for name, subject in given),
        unique((bare_key(name), subject) for name, subject in given),
        frozenset(name.casefold() for name, _ in given),
        shown,
        code,
    )


def both_names(tables: Tables) -> dict[str, tuple[str, str]]:
    """Each label in Vietnamese and English, by its key."""
    labels = tables["labels"]
    return dict(zip(labels["key"], zip(labels["vi"], labels["en"], strict=True), strict=True))


def unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The keys that mean one thing alone."""
    found: dict[str, set[str]] = {}
    for key, subject in pairs:
        found.setdefault(key, set()).add(subject)
    return {key: next(iter(subjects)) for key, subjects in found.items() if len(subjects) == 1}


PROVINCE = "province:"
"""What stands before the code of a province where it leads a task."""

_OFFICE = re.compile(r"^(?:(?:ubnd|ủy ban nhân dân|uỷ ban nhân dân)\s+)?(?:(?:tỉnh|thành phố|tp\.?)\s+)?")
_BARE_OFFICE = re.compile(
    r"^(?:(?:ubnd|uy ban nhan dan|people s committee of|hdnd)\s+)?"
    r"(?:(?:cac\s+)?(?:tinh|thanh pho|tp|t p|province|city)\s+)?"
)
_GENERIC = re.compile(
    r"(?:cac )?(?:bo|nganh|dia phuong|co quan|don vi|bo nganh|tinh thanh pho|ubnd cac tinh)"
    r"(?: (?:va |lien quan|bo|nganh|dia phuong|co quan|don vi|trung uong|khac|thanh pho|co)+)*(?: lien quan)?"
)


@dataclass(frozen=True, eq=False)
class AgencyBook:
    """All names of all agencies and provinces: by spelling, and without diacritics where that is one alone.

    `exact` holds them as they are written, `former` the keys of the provinces before 1 July 2025, `until` those of the
    ministries that others took over, each with the last day of its name.
    """

    names: Mapping[str, str]
    bare: Mapping[str, str]
    exact: frozenset[str]
    former: frozenset[str]
    until: Mapping[str, str]
    shown: Mapping[str, str]

    @lru_cache(maxsize=65536)  # noqa: B019  # a call has one book
    def find(self, text: str) -> tuple[str, tuple[str, ...]]:
        """The agency that a text means, and the codes of the repairs; raises `Unreadable` with the nearest name."""
        name, repairs = clean(text)
        spelled = _OFFICE.sub("", name.casefold())
        for key, table in (
            (spelling_key(name), self.names),
            (spelling_key(spelled), self.names),
            (bare_key(name), self.bare),
            (_BARE_OFFICE.sub("", bare_key(name)), self.bare),
        ):
            if key in table:
                own = () if {name.casefold(), spelled} & self.exact else ("R-SPELLING",)
                former = ("R-PROVINCE",) if key in self.former else ()
                taken_over = (f"R-AGENCY {self.until[key]}",) if key in self.until else ()
                return table[key], (*repairs, *own, *former, *taken_over)
        raise Unreadable("E-AGENCY", self._nearest(name))

    @lru_cache(maxsize=65536)  # noqa: B019
    def find_all(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The agencies of a list between semicolons, commas or lines; words for all agencies in question name none."""
        found: dict[str, None] = {}
        repairs: list[str] = []
        for part in (part.strip(" .-+•") for part in re.split(r"[;\n]", text)):
            if not part:
                continue
            for name in self._split(part):
                if _GENERIC.fullmatch(bare_key(name)):
                    repairs.append("R-GENERIC")
                    continue
                agency, more = self.find(name)
                found[agency] = None
                repairs.extend(more)
        return tuple(found), tuple(dict.fromkeys(repairs))

    def _split(self, part: str) -> Iterable[str]:
        """A part at its commas, but for those that stand within a name."""
        if _GENERIC.fullmatch(bare_key(part)):
            return [part]
        pieces = [piece.strip() for piece in part.split(",") if piece.strip()]
        names = []
        while pieces:
            longest = (count for count in range(len(pieces), 1, -1) if bare_key(", ".join(pieces[:count])) in self.bare)
            count = next(longest, 1)
            names.append(", ".join(pieces[:count]))
            del pieces[:count]
        return names

    def _nearest(self, name: str) -> str:
        key = nearest(_BARE_OFFICE.sub("", bare_key(name)), self.bare)
        return self.shown.get(self.bare[key], "") if key else ""


def agency_book(tables: Tables) -> AgencyBook:
    """The book of the agencies, their aliases, the 34 provinces and the 63 before them."""
    names = both_names(tables)
    pairs: list[tuple[str, str]] = []
    shown: dict[str, str] = {}
    for agency_id in tables["agencies"]["agency_id"]:
        both = names[f"agency.{agency_id}"]
        shown[agency_id] = both[0]
        pairs += [(name, agency_id) for name in (agency_id, *both)]
    until: dict[str, str] = {}
    aliases = tables["agency_aliases"]
    for alias, agency_id, last in zip(aliases["alias"], aliases["agency_id"], aliases["valid_until"], strict=True):
        pairs.append((alias, agency_id))
        if pd.notna(last):
            keys = {key(name) for key in (bare_key, spelling_key) for name in _spellings(alias)}
            until |= dict.fromkeys(keys, f"{last:%Y-%m-%d}")
    for code in tables["provinces"]["province_code"]:
        both = names[f"province.{code}"]
        shown[PROVINCE + code] = both[0]
        pairs += [(name, PROVINCE + code) for name in both]
    pairs = [(name, agency) for given, agency in pairs for name in _spellings(given)]
    now = {bare_key(name) for name, _ in pairs}
    former = set()
    parts = tables["province_predecessors"]
    for predecessor_id, code in zip(parts["predecessor_id"], parts["province_code"], strict=True):
        for name in names[f"predecessor.{predecessor_id}"]:
            if bare_key(name) not in now:
                former |= {bare_key(name), spelling_key(name)}
                pairs.append((name, PROVINCE + code))
    short = {(_BARE_OFFICE.sub("", bare_key(name)), agency) for name, agency in pairs}
    return AgencyBook(
        unique((spelling_key(name), agency) for name, agency in pairs),
        unique([*((bare_key(name), agency) for name, agency in pairs), *short]),
        frozenset(name.casefold() for name, _ in pairs),
        frozenset(former),
        until,
        shown,
    )


def _spellings(name: str) -> set[str]:
    """A name, and the same with a sign for its “and”."""
    return {name, name.replace(" và ", " & ")}
