"""Which agency or province a ministry's spelling means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from r57lib.data.tables import Tables, records
from r57lib.errors import nearest
from r57lib.ingest.bins import Unreadable
from r57lib.ingest.cleaning import bare_key, clean, spelling_key
from r57lib.ingest.names import both_names, unique

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
    for row in records(tables["agencies"]):
        both = names[f"agency.{row.agency_id}"]
        shown[row.agency_id] = both[0]
        pairs += [(name, row.agency_id) for name in (row.agency_id, *both)]
    until: dict[str, str] = {}
    for row in records(tables["agency_aliases"]):
        pairs.append((row.alias, row.agency_id))
        if pd.notna(row.valid_until):
            keys = {key(name) for key in (bare_key, spelling_key) for name in _spellings(row.alias)}
            until |= dict.fromkeys(keys, f"{row.valid_until:%Y-%m-%d}")
    for row in records(tables["provinces"]):
        both = names[f"province.{row.province_code}"]
        shown[PROVINCE + row.province_code] = both[0]
        pairs += [(name, PROVINCE + row.province_code) for name in both]
    pairs = [(name, agency) for given, agency in pairs for name in _spellings(given)]
    now = {bare_key(name) for name, _ in pairs}
    former = set()
    for row in records(tables["province_predecessors"]):
        for name in names[f"predecessor.{row.predecessor_id}"]:
            if bare_key(name) not in now:
                former |= {bare_key(name), spelling_key(name)}
                pairs.append((name, PROVINCE + row.province_code))
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
