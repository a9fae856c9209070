"""What a sender's words mean: the name of an indicator or a commitment, or one of a list of words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from r57lib.data.tables import Tables
from r57lib.errors import nearest
from r57lib.ingest.bins import Unreadable
from r57lib.ingest.cleaning import bare_key, spelling_key
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


def one_of(value: Any, choices: Mapping[str, str], code: str) -> Value:
    """What the words of a cell stand for in a list, given without diacritics; raises `Unreadable`."""
    text, repairs = parse_text(value)
    if bare_key(text) not in choices:
        raise Unreadable(code)
    return choices[bare_key(text)], repairs


def words_for(choices: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The choices by their words: each code and, without diacritics, all that stands for it."""
    return {bare_key(word): code for code, words in choices.items() for word in (code, *words)}


SCOPE_WORDS = words_for({
    "national": ("Toàn quốc", "Cả nước", "Quốc gia", "Cấp quốc gia", "Việt Nam"),
    "ministries": ("Bộ, ngành", "Các bộ, ngành", "Khối bộ, ngành", "Khối bộ", "Bộ", "Các bộ", "Cấp bộ",
                   "Bộ, ngành trung ương"),
    "localities": ("Địa phương", "Các địa phương", "Khối địa phương", "Khối tỉnh, thành phố", "Khối tỉnh",
                   "Các tỉnh, thành phố", "Local level"),
    "province": ("Tỉnh", "Tỉnh, thành phố", "Cấp tỉnh", "Tỉnh, TP", "Thành phố"),
    "viettel": ("Tập đoàn Viettel",),
})  # fmt: skip
QUALIFIERS = words_for({
    "exact": ("Đúng", "Chính xác", "Exactly"),
    "about": ("Khoảng", "Xấp xỉ", "Ước", "Around", "Approximately"),
    "more_than": ("Hơn", "Trên", "More than", "Over"),
    "nearly": ("Gần", "Almost"),
    "up_to": ("Tới", "Up to"),
})  # fmt: skip
BASES = words_for({
    "point": ("Tại thời điểm", "Thời điểm", "At that day"),
    "month": ("Trong tháng", "Tháng", "In the month"),
    "year_to_date": ("Lũy kế từ đầu năm", "Lũy kế", "Từ đầu năm", "Year so far", "Year to date"),
    "year": ("Cả năm", "Năm", "Whole year"),
})  # fmt: skip
ROLES = words_for({
    "baseline": ("Giá trị gốc", "Số gốc", "Ban đầu"),
    "observation": ("Thực hiện", "Kết quả", "Kết quả thực hiện", "Actual"),
    "milestone": ("Mốc thực hiện", "Mốc", "Cột mốc"),
})  # fmt: skip
EVIDENCE_LEVELS = words_for({
    "stated": ("Tuyên bố", "Đã tuyên bố"),
    "mou": ("Biên bản ghi nhớ", "Ký biên bản ghi nhớ", "Memorandum of understanding"),
    "contracted": ("Đã ký hợp đồng", "Ký hợp đồng"),
    "delivered": ("Đã thực hiện", "Đã bàn giao"),
    "verified": ("Đã xác nhận", "Đã xác minh"),
})  # fmt: skip
