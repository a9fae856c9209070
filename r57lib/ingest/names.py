"""Which indicator, commitment, agency or province a sender's spelling means; what may be two of them is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import pandas as pd

from r57lib.data.tables import Tables
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
        close = close_name(bare_key(text), self.bare)
        raise Unreadable(self.code, self.shown[close] if close else "")


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


_ALIKE, _SHORTEST, _WORDS_TO_BEGIN = 0.85, 6, 3


def close_name(key: str, names: Mapping[str, str]) -> str:
    """What a misspelt or unfinished name most likely means, or nothing: wrong advice makes wrong data.

    The first word, which says what kind of body it is, must be the same: Sở Y tế is not like Bộ Y tế. The rest is alike
    but for a letter or two, or only one name begins with it.
    """
    first = key.partition(" ")[0]
    options = [name for name in names if name.partition(" ")[0] == first]
    if " " not in key:
        options = list(names)
    near = [name for name in options if 2 * min(len(name), len(key)) >= _ALIKE * (len(name) + len(key))]
    close = get_close_matches(key, near, n=1, cutoff=_ALIKE) if near and len(key) >= _SHORTEST else []
    begun = {names[name] for name in options if name.startswith(f"{key} ")}
    if not close and len(begun) == 1 and len(key.split()) >= _WORDS_TO_BEGIN:
        return next(iter(begun))
    return names[close[0]] if close else ""


PROVINCE = "province:"
"""What stands before the code of a province where it leads a task."""

ENTERPRISE = "enterprise:"
"""What stands before the id of an enterprise where it leads a task."""


Named = tuple[str, tuple[str, ...]]
"""What a name means, and the codes of what was repaired in it."""


class Sender(NamedTuple):
    """Whose table it is: the code of a province, and where a commune sends it that one as its names end: `xã Thử`."""

    province: str
    commune: str = ""


_OFFICE = re.compile(
    r"(?P<board>(?:ubnd|ủy ban nhân dân|uỷ ban nhân dân)\s+)?(?:(?P<place>tỉnh|(?P<city>thành phố|tp\.?))\s+)?"
)
_BARE_OFFICE = re.compile(
    r"(?P<board>(?:ubnd|uy ban nhan dan|people s committee of)\s+)?"
    r"(?:(?P<place>tinh|province|(?P<city>thanh pho|tp|t p|city))\s+)?"
)
"""What stands before the name of a province: its board, the People's Committee, and what kind of place it is."""


_LETTERS = re.compile(r"Bộ ((?:[A-ZĐ]{1,5}(?:[-–&,. ]| và )*)+)")


@dataclass(frozen=True, eq=False)
class AgencyBook:
    """All names of all agencies and provinces: by spelling, and without diacritics where that is one alone.

    `exact` holds them as they are written, `former` the keys of the provinces before 1 July 2025, `until` those of the
    ministries that others took over, each with the last day of its name; `cities` the keys of the provinces that are
    cities: any other city with the name of a province is a part of it. `sender` is whose departments are meant where a
    name does not say it.
    """

    names: Mapping[str, str]
    bare: Mapping[str, str]
    exact: frozenset[str]
    former: frozenset[str]
    until: Mapping[str, str]
    shown: Mapping[str, str]
    cities: frozenset[str]
    sender: Sender | None = None

    def knowing(self, aliases: Mapping[str, str]) -> AgencyBook:
        """The same book with further spellings of agencies, as their sender writes them."""
        own = {spelling_key(name): agency for name, agency in aliases.items()}
        return replace(self, names={**self.names, **own}, exact=self.exact | {name.casefold() for name in aliases})

    def is_province(self, body: str) -> bool:
        """Whether an id is that of a province itself, and not of a department of it."""
        return body.startswith(PROVINCE) and body in self.shown

    def find(self, text: str) -> Named:
        """The one agency, enterprise or province that a text means, and the codes of the repairs.

        Raises `Unreadable` with the name that is like it, and without one for a part of a province.
        """
        found = self.known(text)
        if isinstance(found, Unreadable):
            raise Unreadable(found.code, self.near(text) if found.code == "E-AGENCY" else "")
        return found

    @lru_cache(maxsize=16384)  # noqa: B019  # a call has one book, and most of what is unknown stands there often
    def known(self, text: str) -> Named | Unreadable:
        """What `find` gives; for a text that nobody knows the error, without a search for what is like it."""
        try:
            name, repairs = clean(text)
        except Unreadable as error:
            return error
        spelled, bare = name.casefold(), bare_key(name)
        for key, table in ((spelling_key(name), self.names), (bare, self.bare), (_short_form(name), self.bare)):
            if key in table:
                return self._known(table[key], key, {spelled}, repairs)
        for form, words, table in ((_OFFICE, spelled, self.names), (_BARE_OFFICE, bare, self.bare)):
            office = form.match(words)
            rest = words[office.end() :] if office else words
            key = spelling_key(rest) if form is _OFFICE else rest
            if office and office.end() and self.is_province(table.get(key, "")):
                if office["city"] and bare_key(rest) not in self.cities:
                    return Unreadable("E-NOT-PROVINCE")
                return self._known(table[key], key, {spelled, rest}, repairs)
        return Unreadable("E-AGENCY")

    @lru_cache(maxsize=16384)  # noqa: B019
    def near(self, text: str) -> str:
        """The name that a text is like; nothing where that is not nearly sure."""
        key = bare_key(text)
        rest = without_office(text)
        close = close_name(rest, self._beginning.get(rest.partition(" ")[0], {}) if " " in rest else self.bare)
        return self.shown.get(close, "") if rest == key or close.startswith(PROVINCE) else ""

    @cached_property
    def province_ends(self) -> set[str]:
        """The last words of the names of provinces."""
        return {key.rpartition(" ")[2] for key, body in self.names.items() if self.is_province(body)}

    @cached_property
    def _beginning(self) -> dict[str, dict[str, str]]:
        """The names without diacritics by their first words."""
        found: dict[str, dict[str, str]] = {}
        for name, agency in self.bare.items():
            found.setdefault(name.partition(" ")[0], {})[name] = agency
        return found

    def _known(self, agency: str, key: str, spellings: set[str], repairs: tuple[str, ...]) -> Named:
        own = () if spellings & self.exact else ("R-SPELLING",)
        former = ("R-PROVINCE",) if key in self.former else ()
        taken_over = (f"R-AGENCY {self.until[key]}",) if key in self.until else ()
        return agency, (*repairs, *own, *former, *taken_over)


def agency_book(tables: Tables) -> AgencyBook:
    """The book of the agencies, their aliases, the enterprises, the 34 provinces and the 63 before them."""
    names = both_names(tables)
    pairs: list[tuple[str, str]] = []
    shown: dict[str, str] = {}
    for agency_id in tables["agencies"]["agency_id"]:
        both = names[f"agency.{agency_id}"]
        shown[agency_id] = both[0]
        pairs += [(name, agency_id) for name in (agency_id, *both)]
    for enterprise_id in tables["enterprises"]["enterprise_id"]:
        both = names[f"enterprise.{enterprise_id}"]
        shown[ENTERPRISE + enterprise_id] = both[0]
        pairs += [(name, ENTERPRISE + enterprise_id) for name in both]
    until: dict[str, str] = {}
    aliases = tables["agency_aliases"]
    for alias, agency_id, last in zip(aliases["alias"], aliases["agency_id"], aliases["valid_until"], strict=True):
        pairs.append((alias, agency_id))
        if pd.notna(last):
            keys = {key(name) for key in (bare_key, spelling_key) for name in _spellings(alias)}
            until |= dict.fromkeys(keys, f"{last:%Y-%m-%d}")
    cities: set[str] = set()
    for code, kind in zip(tables["provinces"]["province_code"], tables["provinces"]["province_kind"], strict=True):
        both = names[f"province.{code}"]
        if kind == "city":
            cities |= {without_office(name) for name in both}
        shown[PROVINCE + code] = both[0]
        pairs += [(name, PROVINCE + code) for name in {*both, *(each.removeprefix("TP. ") for each in both)}]
    pairs = [(name, agency) for given, agency in pairs for name in _spellings(given)]
    now = {bare_key(name) for name, _ in pairs}
    former = set()
    parts = tables["province_predecessors"]
    for predecessor_id, code in zip(parts["predecessor_id"], parts["province_code"], strict=True):
        for name in names[f"predecessor.{predecessor_id}"]:
            if bare_key(name) not in now:
                former |= {bare_key(name), spelling_key(name)}
                pairs.append((name, PROVINCE + code))
    short = {(without_office(name), agency) for name, agency in pairs}
    return AgencyBook(
        unique((spelling_key(name), agency) for name, agency in pairs),
        unique([*((bare_key(name), agency) for name, agency in pairs), *short]),
        frozenset(name.casefold() for name, _ in pairs),
        frozenset(former),
        until,
        shown,
        frozenset(cities),
    )


def without_office(name: str) -> str:
    """The key of a province without the words for its board and for what kind of place it is."""
    return _BARE_OFFICE.sub("", bare_key(name), count=1)


def _spellings(name: str) -> set[str]:
    """A name, the same with a sign for its “and”, and of a ministry the first letters of its words: Bộ GDĐT."""
    words = re.findall(r"[^\W\d_]+", name)
    letters = "".join(word[0].upper() for word in words[1:] if word != "và")
    short = {f"Bộ {letters}"} if words[:1] == ["Bộ"] and not any(map(str.isupper, words)) else set()
    return {name, name.replace(" và ", " & "), *short}


def _short_form(name: str) -> str:
    """The key of a ministry that is written by first letters, whatever stands between them; nothing for other names."""
    match = _LETTERS.fullmatch(name)
    return f"bo {bare_key(re.sub(r'[^A-ZĐ]', '', match[1]))}" if match else ""
