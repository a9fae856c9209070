"""Who leads a task and who has a part in it: cells with several bodies, groups of them, offices, and words around them.

The longest known name is looked for first, as names have commas of their own; only then does a comma end one. Of
several bodies the first leads, where their separators or words say so; what can be read in two ways goes back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from r57lib.data.store import GROUP_LEAD
from r57lib.ingest.names import PROVINCE, AgencyBook, Named
from r57lib.ingest.rows import Unreadable
from r57lib.ingest.text import bare_key, clean
from r57lib.ingest.units import BEGINS_BODY, unit_of


class Led(NamedTuple):
    """Who leads, which others have a part, and whether words are left that name nobody known.

    `lead` is an id, or of a body that nobody knows its `spelling`, which is that of the lead alone.
    """

    lead: str
    others: tuple[str, ...] = ()
    left: bool = False
    spelling: str = ""


Bodies = tuple[tuple[str, ...], tuple[str, ...]]


class _Part(NamedTuple):
    """A body that a cell names: its words, what it is kept as (nothing for an unknown one), and what was repaired."""

    text: str
    code: str
    repairs: tuple[str, ...] = ()
    sep: str = ""

    @property
    def is_group(self) -> bool:
        return self.code.startswith(GROUP_LEAD)


# --- one body --------------------------------------------------------------------------------------------------------

_MANY = r"(?:cac|nhung|mot so|toan bo|tat ca)"
_ONE_OF = (
    "bo truong|thu truong|chu tich|giam doc|lanh dao|nguoi dung dau|bi thu|bo|nganh|co quan ngang bo"
    "|co quan thuoc chinh phu|co quan|don vi|dia phuong|so|ban|tinh|thanh pho|tp|ubnd|uy ban nhan dan|cap xa|cap tinh"
    "|cap|xa|phuong|dac khu|huyen|thi xa|doanh nghiep|to chuc|hiep hoi|hoi|vien|truong|dai hoc|dh|tap doan|tong cong ty"
    "|cong ty|doan the|co so|phong|to|nha mang|thon|to dan pho|cq|dv|nc|cao dang|cong an(?= (?:cac|cap|xa|phuong|tinh))"
)
_WORDS = (
    "truc thuoc|thuoc|trung uong|tw|co lien quan|lien quan|khac|va|chinh phu|nha nuoc|nghe nghiep|tren dia ban"
    "|trong ca nuoc|toan quoc|duoc lua chon|nghien cuu|cong nghe so|vien thong|chinh tri xa hoi|nganh nghe"
    "|giao duc|34|63|chuyen mon|quan ly|cua"
)
_GROUP = re.compile(f"(?:(?:{_MANY}|{_ONE_OF}|{_WORDS})(?: |$))+")
_OPEN_GROUP = re.compile(
    rf"{_MANY} (?:{_ONE_OF}|{_WORDS}|uy ban|trung tam|ngan hang|benh vien|hoc vien|tinh uy|thanh vien)\b"
)
_SEVERAL_OF = re.compile(
    r"\b(?:ubnd|cong an)\b.*\b(?:ubnd|cong an)\b|^(?:ubnd|cong an) (?:tinh|thanh pho|tp|xa|phuong|dac khu)\b.*\bcac\b"
)
"""Two bodies, or one and a group after it: UBND tỉnh và các sở, ngành."""
_ALWAYS_MANY = re.compile(r"(?:dia phuong|doanh nghiep|to chuc|hiep hoi|.*\bcap (?:xa|tinh)\b)")
_SEPARATOR = re.compile(r"\s*([;\n/])\s*|\s*(,)\s*(?:và\s+)?|\s+(và|&|and)\s+|(?<=[a-zà-ỹ])(\.)\s+(?=[A-ZĐ\n])")

_OFFICE = re.compile(
    r"(?:(?:các\s+)?(?:phó\s+)?(?:tổng giám đốc|giám đốc|chủ tịch|thủ trưởng|bộ trưởng"
    r"|thứ trưởng|thống đốc|chủ nhiệm|chánh án|chánh|cục trưởng|vụ trưởng|viện trưởng|hiệu trưởng|chỉ huy trưởng"
    r"|trưởng|bí thư|tổng(?=\s+thanh tra)|lãnh đạo|người đứng đầu)[\s,/]+(?:và\s+)?)+",
    re.IGNORECASE,
)
"""The office of somebody, which stands for the body after it."""

_BEGINS_GROUP = re.compile(r"(?:các|UBND|Ủy ban nhân dân)\s(?!.*(?:thủ trưởng|chủ tịch|giám đốc))", re.IGNORECASE)
_ENDS = re.compile(
    r"[\s,]*(?:\b(?:có liên quan|liên quan|được lựa chọn|khác)"
    r"|\btrên địa bàn(?:\s+(?:toàn\s+)?(?:tỉnh|thành phố|tp\.?|xã|phường|huyện))?)?[\s:.;,+–-]*$",
    re.IGNORECASE,
)
"""What may end a name and says nothing of which body it is."""

_BRACKETS = re.compile(r"\s*\(([^()]*)\)")
_NOW = re.compile(r"\s*\((?:nay là|nay thuộc|hiện là|nay)\s+([^()]+)\)", re.IGNORECASE)
_ROLE = re.compile(r"\s*\((chủ trì|đầu mối|cơ quan chủ trì|phối hợp|cơ quan phối hợp)\)", re.IGNORECASE)
_LISTED = re.compile(r"(?:các\s+)?(bộ|sở)\s*:?\s+(?=\S)", re.IGNORECASE)
_PLURAL = re.compile(r"các\s+(?:địa phương|tỉnh|thành phố|doanh nghiệp|tập đoàn)\s*:?\s+(?=\S)", re.IGNORECASE)
_BULLET = re.compile(r"(?m)^\s*[-–+•*]+\s*|^\s*(?:đ/c|đồng chí)[.:]?\s+", re.IGNORECASE)
_DESCRIBED = re.compile(rf"(?:{_ONE_OF})\b")
_BELOW = re.compile(r"(?:ubnd )?(?:huyen|quan|thi xa|thi tran|xa|phuong|dac khu|thanh pho|tp)\b")
_PLACE = re.compile(r"(?:tinh|thanh pho|tp|t p)\b")
_WITHIN = re.compile(r"(?:cuc|tong cuc|vu|chi cuc|trung tam|phong)\b")


def is_group(text: str) -> bool:
    """Whether words mean several bodies and name none of them: các bộ, ngành; UBND các tỉnh."""
    key = bare_key(text)
    if not _GROUP.fullmatch(key) or _SEVERAL_OF.search(key):
        return False
    named = key.split()
    return "cac" in named or bool(_SEPARATOR.search(text)) or bool(_ALWAYS_MANY.match(key)) or "lien quan" in key


@lru_cache(maxsize=16384)
def _one(book: AgencyBook, text: str) -> Named | None:
    """The body or the group that words mean as a whole; nothing where that is not known."""
    found = _named(book, text)
    if found:
        return found
    bare = _ENDS.sub("", text)
    now = _NOW.search(bare)
    short = f"{now[1]}" if now else _BRACKETS.sub("", bare)
    if short != bare and not now and any(_named(book, inner) for inner in _BRACKETS.findall(bare)):
        short = bare  # of two names either may be meant
    for shorter in dict.fromkeys((bare, short.strip(), _ENDS.sub("", short))):
        if shorter and shorter != text and (found := _named(book, shorter)):
            said = "" if "R-SPELLING" in found[1] else "R-SPELLING"
            return found[0], (*found[1], *([said] if said and not found[0].startswith(GROUP_LEAD) else []))
    return None


def _named(book: AgencyBook, text: str) -> Named | None:
    found = book.known(text)
    if not isinstance(found, Unreadable):
        return found
    if found.code != "E-AGENCY":
        return None
    if is_group(text) and not _is_list(book, text):
        office = _OFFICE.match(text)
        rest = text[office.end() :] if office else text
        return f"{GROUP_LEAD}{_kept(rest if _BEGINS_GROUP.match(rest) else text)}", ()
    office = _OFFICE.match(text)
    holder = _named(book, text[office.end() :]) if office else None
    if holder:
        return holder[0], (*holder[1], "R-OFFICE")
    unit = unit_of(book, text)
    return (unit, ()) if unit else None


def _kept(text: str) -> str:
    """The words of a group, on one line and without what ends the list that they are kept in."""
    words = " ".join(text.replace(";", ",").split()).strip(" .,:")
    return words[:1].upper() + words[1:]


def body_named(book: AgencyBook, text: str) -> str:
    """The id of the one body that a name or an id means, be it a department; nothing for any other text."""
    owner, _, own = text.partition("/")
    if own.strip() and owner.startswith(PROVINCE) and owner in book.shown:
        return text
    found = _one(book, text)
    return found[0] if found and not found[0].startswith(GROUP_LEAD) else ""


# --- several ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def _parts(book: AgencyBook, text: str) -> tuple[_Part, ...]:
    """The bodies that a cell names, in its order: each the longest run of words that is known."""
    whole = _one(book, " ".join(text.split()))
    if whole and ("/" not in whole[0] or "\n" not in text):
        return (_Part(" ".join(text.split()), whole[0], whole[1]),)
    return tuple(_listed(book, text))


_LONGEST_CELL = 1000
"""More characters than these are no list of bodies."""
_MOST_WORDS = 30
"""No body has a name of more words, with the office of somebody before it and a remark behind."""
_LONGEST = 7
_HARD = {";", "\n", "/", "."}
"""Separators that no name has that nobody knows."""


class _Pieces(NamedTuple):
    """What stands between the separators of a cell: where each piece begins and ends, and the separator before it."""

    text: str
    starts: list[int]
    ends: list[int]
    seps: list[str]

    def words(self, at: int, count: int = 1) -> str:
        """So many pieces as they stand, on one line."""
        return " ".join(self.text[self.starts[at] : self.ends[at + count - 1]].split())


def _pieces(text: str) -> _Pieces:
    hidden = _BRACKETS.sub(lambda match: "\0" * len(match[0]), text)  # a separator in brackets ends nothing
    cuts = [(match.start(), match.end(), match[0].strip(" ,") or ",") for match in _SEPARATOR.finditer(hidden)]
    starts, ends = [0, *(end for _, end, _ in cuts)], [*(start for start, _, _ in cuts), len(text)]
    seps = ["", *("\n" if "\n" in text[start:end] else sep for start, end, sep in cuts)]
    return _Pieces(text, starts, ends, seps)


def _listed(book: AgencyBook, text: str) -> Iterator[_Part]:
    pieces, at, prefix = _pieces(text), 0, ""
    while at < len(pieces.starts):
        count, found = _longest(book, pieces, at, prefix)
        if found is None:
            count = _unknown(book, pieces, at)
        elif "/" in found[0] and (more := _unknown(book, pieces, at, count)) > count:
            longer = unit_of(book, pieces.words(at, more), listed=True)
            count, found = (more, (longer, found[1])) if longer else (count, found)
        elif found[0].startswith(GROUP_LEAD) and _OPEN_GROUP.match(bare_key(pieces.words(at, count))):
            count = _unknown(book, pieces, at, count)
            found = f"{GROUP_LEAD}{_kept(pieces.words(at, count))}", found[1]
        words = pieces.words(at, count).strip(" ,;")
        if found is None and _OPEN_GROUP.match(bare_key(words)) and ":" not in words:
            found = f"{GROUP_LEAD}{_kept(words)}", ()
        elif found is None and (unit := unit_of(book, words, listed=True)):
            found = unit, ()
        if words.strip(" .:"):
            code, repairs = found or ("", ())
            yield _Part(words, code, repairs, pieces.seps[at])
            listed = _LISTED.match(words)
            prefix = listed[1] if listed and found else prefix if found and prefix else ""
        at += count


def _longest(book: AgencyBook, pieces: _Pieces, at: int, prefix: str = "") -> tuple[int, Named | None]:
    """The most pieces that are one known body or group together, and what it is."""
    for count in range(min(_LONGEST, len(pieces.starts) - at), 0, -1):
        found = _one_of_list(book, pieces.words(at, count), prefix)
        if found and ("/" not in found[0] or not _HARD.intersection(pieces.seps[at + 1 : at + count])):
            return count, found
    return 1, None


def _one_of_list(book: AgencyBook, words: str, prefix: str) -> Named | None:
    """A body, or one whose first word stands before the list: Các Bộ: Công an, Quốc phòng."""
    found = _one(book, words)
    listed = _LISTED.match(words)
    if found is None and listed:
        found = _one(book, f"{listed[1].capitalize()} {words[listed.end() :]}")
    elif (
        found is None and (many := _PLURAL.match(words)) and not isinstance(book.known(words[many.end() :]), Unreadable)
    ):
        found = _one(book, words[many.end() :])
    if found is None and prefix and not BEGINS_BODY.match(bare_key(words)):
        known = book.known(f"Bộ {words}")
        return None if isinstance(known, Unreadable) else _one(book, f"{prefix.capitalize()} {words}")
    return found


def _is_list(book: AgencyBook, text: str) -> bool:
    """Whether words that may mean one group are a body and what comes after it: Bộ Công an, các bộ, ngành."""
    pieces = _pieces(text)
    if len(pieces.starts) < 2:
        return False
    first, second = (_one(book, pieces.words(at)) for at in (0, 1))
    more = second and not second[0].startswith(GROUP_LEAD)
    return bool(
        first
        and not first[0].startswith(GROUP_LEAD)
        and (more or bare_key(pieces.words(1)).startswith(("cac ", "ubnd")))
    )


def _unknown(book: AgencyBook, pieces: _Pieces, at: int, count: int = 1) -> int:
    """How many pieces a name has that nobody knows: those that begin no other body go on with it.

    A part of a body, and a place within a province, go on with that one; a group with the words that describe it.
    """
    first, listed = bare_key(pieces.words(at)), _LISTED.match(pieces.words(at))
    group = bool(_OPEN_GROUP.match(first))
    while at + count < len(pieces.starts) and pieces.seps[at + count] not in _HARD:
        more, known = _longest(book, pieces, at + count, listed[1] if listed else "")
        key = bare_key(pieces.words(at + count))
        comma = pieces.seps[at + count] == ","
        within = known and comma and (
            (_WITHIN.match(first) and known[0].isupper()) or (_BELOW.match(first) and _PLACE.match(key))
        )  # fmt: skip
        begins = known or pieces.words(at + count).isupper() or BEGINS_BODY.match(key)
        if not within and begins and not (group and not known and _DESCRIBED.match(key)):
            break
        count, first = (count + more, "") if within else (count + 1, first)
    return count


# --- what the words between say --------------------------------------------------------------------------------------

_WITH = (
    r"(?:và\s+)?(?:phối hợp(?:\s+chặt chẽ)?(?:\s+thực hiện)?(?:\s+(?:với|cùng))*|cùng(?:\s+(?:với|phối hợp))*|với)"
    r"\s*:?\s+"
)
_LEADS = re.compile(
    r"^(?:(?:cơ quan|đơn vị)\s+)?chủ trì\s*:\s*(?P<lead>.+?)[\s;.,]*(?:(?:cơ quan|đơn vị)\s+)?phối hợp(?:\s+thực hiện)?"
    r"(?:\s+với)?\s*:\s*(?P<others>.+)$"
    rf"|^(?P<lead2>[^;\n]+?)[\s,;]+(?:là\s+)?(?:cơ quan\s+|đơn vị\s+)?chủ trì[\s,;:.]+{_WITH}(?P<others2>.+)$"
    rf"|^(?P<lead3>[^;\n]+?)[\s,;]+(?:chủ trì[\s,;]+)?{_WITH}(?P<others3>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_DOES = re.compile(
    r"^(?P<lead>[^;\n]+?)\s+(?:là\s+(?:cơ quan|đơn vị)\s+)?(?:làm\s+)?(?-i:chủ trì|đầu mối|tham mưu|triển khai"
    r"|thực hiện|theo dõi|xây dựng|hướng dẫn|tổng hợp|chịu trách nhiệm|báo cáo|cung cấp|ban hành|tổ chức)\b"
    r"(?P<words>.*)$",
    re.IGNORECASE | re.DOTALL,
)
_ONLY_LEADS = re.compile(r"^(?:(?:cơ quan|đơn vị)\s+)?chủ trì\s*:\s*|\s*,?\s*(?:là\s+)?(?:cơ quan\s+)?chủ trì[\s.:;]*$",
                         re.IGNORECASE)  # fmt: skip
_ASKS = re.compile(r"(?:đề nghị|giao|yêu cầu)?\s*phối hợp(?:\s+(?:với|cùng))*\b[\s:]*", re.IGNORECASE)


def read_lead(book: AgencyBook, text: str) -> tuple[Led, tuple[str, ...]]:
    """Who leads by a cell, and the codes of the repairs.

    Raises `Unreadable` where that cannot be told: for a body that nobody knows with the name that is like it and as
    `part` the `Led` whose lead is its words.
    """
    found = _read_lead(book, text)
    if isinstance(found, Unreadable):
        raise Unreadable(found.code, found.hint, found.part)
    return found


@lru_cache(maxsize=65536)
def _read_lead(book: AgencyBook, text: str) -> tuple[Led, tuple[str, ...]] | Unreadable:
    try:
        name, repairs = clean(text)
    except Unreadable as error:
        return error
    if len(name) > _LONGEST_CELL:
        return Unreadable("E-AGENCY")
    name = _BULLET.sub("", name)
    known = book.known(name)
    if not isinstance(known, Unreadable):
        return Led(known[0]), known[1]
    if known.code != "E-AGENCY":
        return known
    if _ASKS.match(name):
        return Unreadable("E-AGENCY-GROUP")
    words = _LEADS.match(name)
    if words and not _one(book, name):
        groups = [words[each] for each in ("lead", "lead2", "lead3", "others", "others2", "others3") if words[each]]
        if not re.search(r"chủ trì", groups[1], re.IGNORECASE):
            return _shared(book, _parts(book, groups[0]), _parts(book, groups[1]), repairs)
    parts = _parts(book, _ONLY_LEADS.sub("", name))
    roles = [_ROLE.search(part.text) for part in parts]
    chosen = [at for at, role in enumerate(roles) if role and "phối" not in role[1].lower()]
    if len(chosen) == 1:
        parts = (parts[chosen[0]], *parts[: chosen[0]], *parts[chosen[0] + 1 :])
        return _shared(book, parts[:1], parts[1:], repairs)
    does = [_DOES.match(part.text) for part in parts if not part.code]
    if any(does):
        return _doing(book, name, repairs)
    return _shared(book, parts, (), repairs)


def _doing(book: AgencyBook, name: str, repairs: tuple[str, ...]) -> tuple[Led, tuple[str, ...]] | Unreadable:
    """A body and what it does, which is kept as a note; what several do is not told apart."""
    does = _DOES.match(name)
    lead = _parts(book, does["lead"]) if does else ()
    if does is None or len(lead) != 1 or re.search(r"[;\n]|chủ trì", does["words"]):
        return Unreadable("E-AGENCY-SEVERAL")
    if not lead[0].code:
        return Unreadable("E-AGENCY", part=Led(lead[0].text, (), True, lead[0].text))
    return Led(lead[0].code, (), True), (*repairs, *lead[0].repairs)


def _shared(
    book: AgencyBook, parts: tuple[_Part, ...], others: tuple[_Part, ...], repairs: tuple[str, ...]
) -> tuple[Led, tuple[str, ...]] | Unreadable:
    """The first body leads, all others have a part, where that can be told."""
    if not parts:
        return Unreadable("E-AGENCY")
    first, rest = parts[0], (*parts[1:], *others)
    together = [part for part in parts[1:] if not part.is_group]
    alike = first.is_group and together
    listed = together and re.match(r"các\s", first.text, re.IGNORECASE)
    if alike or listed or any(part.sep == "/" and part.code for part in together) or _runs_on(book, first):
        return Unreadable("E-AGENCY-SEVERAL")
    codes = tuple(dict.fromkeys(part.code for part in rest if part.code and part.code != first.code))
    left = any(not part.code for part in rest)
    said = tuple(dict.fromkeys([*repairs, *first.repairs, *(["R-FIRST"] if rest else [])]))
    if first.code:
        return Led(first.code, codes, left), said
    return Unreadable("E-AGENCY", "" if rest else book.near(first.text), Led(first.text, codes, left, first.text))


def _runs_on(book: AgencyBook, part: _Part) -> bool:
    """Whether a line's end between two names was lost: Bộ Công an Bộ Quốc phòng."""
    if part.code:
        return False
    words = part.text.split()
    cuts = (
        at for at in range(max(2, len(words) - _MOST_WORDS), min(_MOST_WORDS, len(words) - 2) + 1)
        if BEGINS_BODY.match(bare_key(words[at]))
    )  # fmt: skip
    return any(
        (one := _one(book, " ".join(words[:at]))) and (two := _one(book, " ".join(words[at:])))
        and one[0].isupper() and two[0].isupper()
        for at in cuts
    )  # fmt: skip


def read_bodies(book: AgencyBook, text: str) -> Bodies:
    """The ids of the bodies and groups of a cell, and the codes of the repairs.

    Raises `Unreadable` for a name that is unknown, with those that are known as `part`.
    """
    found = _read_bodies(book, text)
    if isinstance(found, Unreadable):
        raise Unreadable(found.code, found.hint, found.part)
    return found


@lru_cache(maxsize=65536)
def _read_bodies(book: AgencyBook, text: str) -> Bodies | Unreadable:
    try:
        name, repairs = clean(text)
    except Unreadable as error:
        return error
    if len(name) > _LONGEST_CELL:
        return Unreadable("E-AGENCY")
    parts = _parts(book, _ASKS.sub("", _BULLET.sub("", name), count=1))
    codes = tuple(dict.fromkeys(part.code for part in parts if part.code))
    if not all(part.code for part in parts):
        return Unreadable("E-AGENCY", part=codes or None)
    said = [repair for part in parts for repair in (*part.repairs, *(["R-GENERIC"] if part.is_group else []))]
    return codes, tuple(dict.fromkeys([*repairs, *said]))
