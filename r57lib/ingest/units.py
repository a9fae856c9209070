"""Departments of a province and bodies of a commune: whose they are, where their name or the sender of a table says it.

Each of 34 provinces has a Sở Y tế and a Công an tỉnh. One whose province is known leads under it, as
`province:15/Sở Y tế`; any other is asked about, and never guessed. Communes are told apart by every diacritic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from r57lib.errors import WrongCall, did_you_mean
from r57lib.ingest.names import PROVINCE, AgencyBook, Sender, without_office
from r57lib.ingest.rows import Unreadable
from r57lib.ingest.text import bare_key, clean, spelling_key

_SHORT = tuple(
    (re.compile(rf"(?<!\w)(?:{form})(?![\w.])", re.IGNORECASE), long)
    for form, long in (
        ("VPUB", "Văn phòng UBND"), ("VPUBND", "Văn phòng UBND"), ("CATP", "Công an thành phố"),
        ("CAT", "Công an tỉnh"), ("UBND|[ỦU]y ban nhân dân|Uỷ ban nhân dân", "UBND"),
        ("HĐND|Hội đồng nhân dân", "HĐND"), (r"VP\.?", "Văn phòng"), (r"TP\.?|T\.P\.?", "thành phố"),
        ("CA(?= (?:tỉnh|thành phố|xã|phường|đặc khu))", "Công an"), ("BQL", "Ban Quản lý"), ("Tỉnh uỷ", "Tỉnh ủy"),
        ("Thành uỷ", "Thành ủy"), ("Đảng uỷ", "Đảng ủy"), ("TT(?= (?:PVHCC|Phục vụ))", "Trung tâm"),
        ("PVHCC", "Phục vụ hành chính công"), ("UB(?= MTTQ)|Uỷ ban(?= MTTQ)", "Ủy ban"), ("MTTQ", "Mặt trận Tổ quốc"),
        ("CHQS", "Chỉ huy Quân sự"), ("BCH QS|BCHQS", "Ban Chỉ huy Quân sự"), ("Viện KSND|VKSND|Viện Kiểm sát ND",
        "Viện kiểm sát nhân dân"), ("TAND|T[oò]a án ND|Toà án nhân dân", "Tòa án nhân dân"), ("ĐBQH",
        "đại biểu Quốc hội"), ("BHXH", "Bảo hiểm xã hội"), ("KBNN", "Kho bạc Nhà nước"), ("Công An", "Công an"),
        ("Tỉnh(?! ủy| đoàn)", "tỉnh"), ("Thành phố", "thành phố"), ("Xã(?! hội)", "xã"), ("Phường", "phường"),
        ("Đặc khu", "đặc khu"),
    )
)  # fmt: skip
"""Short forms of such names, and the form in which they are kept."""

_ANY_SHORT = re.compile("|".join(form.pattern for form, _ in _SHORT), re.IGNORECASE)

_KIND = re.compile(
    r"so|cong an|ubnd|hdnd|(?:van phong|ban|uy ban) (?:.* )?(?:ubnd|hdnd|tinh uy|thanh uy)|thanh tra|tinh uy|thanh uy"
    r"|dang uy|dang bo|(?:uy ban )?mat tran to quoc|(?:bo|ban) chi huy|toa an|vien kiem sat|doan dai bieu"
    r"|bao hiem xa hoi|thue|kho bac|tinh doan|thanh doan"
)
"""What a body is that every province or commune has, at the begin of its name."""

_ALSO = re.compile(
    r"ban|quy|trung tam|lien doan|lien minh|lien hiep|hoi|doan|cuc|chi cuc|dai|bao|truong|vien|cong ty|tram|to|phong"
    r"|van phong|thong ke|uy ban|nha|benh vien|doi|cong doan"
)
"""What else may be one, where its name says of which tỉnh, thành phố, xã or phường it is."""

_OF_PROVINCE = re.compile(
    r"(?:ban quan ly|trung tam phuc vu hanh chinh cong|van phong dang ky dat dai|van phong ubnd)\b"
)
_OF_COMMUNE = re.compile(
    r"(?:phong|van phong hdnd va ubnd|trung tam phuc vu hanh chinh cong|ban chi huy quan su|tram y te|dang uy|ubnd"
    r"|hdnd)\b"
)
_NO_NAME = re.compile(r"[;\n/()]|\b(?:chủ trì|phối hợp|triển khai|thực hiện|tham mưu|theo dõi|bao gồm|các xã|liên quan"
                      r"|trên địa bàn|được lựa chọn)\b"
                      r"|^Sở .* (?:Sở|Công an|UBND|Bộ|Ban|Văn phòng|Công ty)\b")  # fmt: skip
BEGINS_BODY = re.compile(
    r"(?:bo|so|ban|ubnd|uy ban|hdnd|hoi dong|hoi|hiep hoi|cong an|ca|tap doan|tong cong ty|cong ty|ct|vien|hoc vien"
    r"|truong|dai hoc|dh\w*|van phong|vp|vpub|vpcp|cuc|tong cuc|vu|chi cuc|trung tam|phong|dai|bao|tong lien doan"
    r"|lien doan|lien hiep|lien minh|doan|mat tran|mttq|ub|toa an|tand\w*|vien kiem sat|vks\w*|kiem toan|thanh tra"
    r"|ngan hang|nhnn|kho bac|kbnn|bao hiem|bhxh|tinh|thanh pho|tp|thanh uy|tinh uy|dang uy|dang bo|quan uy|quy|bql"
    r"|bch|quan|phuong|xa|dac khu|huyen|cac|chu tich|giam doc|thu truong|bo truong|to|tram|thong tan xa|tap chi|don vi"
    r"|co quan|dia phuong|doanh nghiep|nganh|thue|quoc hoi|chinh phu|thu tuong|nha|benh vien|thon|mot so|bi thu"
    r"|chanh|lanh dao|nguoi dung dau|thong doc|chu nhiem)\b"
)
"""How the name of a body begins."""

_BETWEEN = re.compile(r"(?P<comma>,|\.\s)|(?<!HĐND)(?<!Quốc hội)\s(?:và|&)\s+")
_PLACED = ("van phong ubnd", "cong an", "thanh tra", "hdnd", "dang bo")
"""Names after which their place belongs: Văn phòng UBND tỉnh."""

_COMMUNE = re.compile(r"\b(xã|phường|đặc khu)\b(?! hội)")
_BELOW = re.compile(r"\b(?:thành phố|huyện|quận|thị xã|thị trấn) \w", re.IGNORECASE)
_PLACE = re.compile(r"(?:\s+(?:của|trực thuộc|thuộc))?\s+(tỉnh|thành phố)$")
_LONGEST_PROVINCE = 6


def unit_of(book: AgencyBook, text: str, *, listed: bool = False) -> str:
    """What a body of a province or a commune is kept as: `province:15/Sở Y tế`, or `province:15` for its UBND.

    Empty for any other, and for one of a province or a commune that neither the name nor the sender says. A comma is
    taken for a part of the name only in a piece of a list that was `listed` as one.
    """
    if not book.sender and not _ends_in_province(book, text):
        return ""
    name = _written(text)
    head, province = _named_province(book, name)
    owner = province or (book.sender.province if book.sender else "")
    if not owner or province is None:
        return ""
    if _BELOW.search(head) or _NO_NAME.search(head) or _names_two(head, listed):
        return _department_of(book, head, owner)
    commune = _COMMUNE.search(head)
    own = book.sender.commune if book.sender and owner == book.sender.province else ""
    kind, place = bare_key(head), _PLACE.search(head)
    if commune:
        if (commune.start() and not _is_kind(kind)) or (not head[commune.end() :].strip() and not own):
            return ""
        whole = head if head[commune.end() :].strip() else f"{head[: commune.start()]}{own}"
        return f"{PROVINCE}{owner}/{_upper(whole)}"
    if own and not province and not place and _OF_COMMUNE.match(kind):
        return f"{PROVINCE}{owner}/{_upper(head)} {own}"
    if not (_starts(_KIND, kind) or _OF_PROVINCE.match(kind) or (place and _starts(_ALSO, kind))):
        return ""
    city = _is_city(book, owner)
    if (place and (place[1] == "thành phố") != city) or kind.endswith("thanh uy" if not city else "tinh uy"):
        return ""
    bare = bare_key(_PLACE.sub("", head))
    if bare == "ubnd":
        return f"{PROVINCE}{owner}" if place or province else ""
    if kind.startswith("so "):
        return _department_of(book, head, owner) or f"{PROVINCE}{owner}/Sở {_upper(_PLACE.sub('', head)[3:])}"
    if not place and bare in _PLACED:
        if not province and " ubnd" not in bare:
            return ""
        head = f"{head} {'thành phố' if city else 'tỉnh'}"
    return f"{PROVINCE}{owner}/{_upper(head)}"


def _ends_in_province(book: AgencyBook, text: str) -> bool:
    """Whether the last word of a name is that of a province, which tells in no time that most names have none."""
    words = spelling_key(_clean(text)).rsplit(" ", 1)
    return words[-1] in book.province_ends


def _names_two(head: str, listed: bool) -> bool:
    """Whether a name goes on with another body, or in a cell that was not `listed` with a comma."""
    return any(
        (found["comma"] and not listed) or BEGINS_BODY.match(bare_key(head[found.end() :]))
        for found in _BETWEEN.finditer(head)
    )


def is_local(text: str) -> bool:
    """Whether a name is one that every province has: only the province would tell which body is meant."""
    key = bare_key(_written(text))
    return (
        _starts(_KIND, key) or bool(_OF_PROVINCE.match(key)) or key.endswith((" tinh", " thanh pho", " xa", " phuong"))
    )


def find_sender(book: AgencyBook, text: str) -> Sender:
    """The province, or the commune with its province, that a code or a name means; raises `WrongCall`."""
    code = f"{PROVINCE}{text.strip().removeprefix(PROVINCE)}"
    found = _sender(book, text)
    if code in book.shown:
        return Sender(code.removeprefix(PROVINCE))
    if found is None or not found.province:
        names = [name for known, name in book.shown.items() if book.is_province(known)]
        raise WrongCall(
            f"--sender '{text}' is no province{did_you_mean(text, names)}; write its code or its name, and of a commune"
            " its name before it: 'UBND xã A, tỉnh Lào Cai'"
        )
    return found


def sender_above(book: AgencyBook, texts: Iterable[str], given: Sender | None) -> Sender | None:
    """Whose table it is by the lines above its heading, such as `UBND TỈNH LÀO CAI`, or as it was `given`.

    Raises `Unreadable` where both name a province, and not the same.
    """
    lines = (re.sub(r"^[^:]{0,30}:", "", line) for text in texts for line in text.splitlines())
    found = [each for line in lines if (each := _sender(book, line, strict=True))]
    provinces = {each.province for each in found} - {""}
    communes = {each.commune for each in found} - {""}
    if given and provinces - {given.province}:
        named = ", ".join(book.shown[PROVINCE + code] for code in sorted(provinces))
        raise Unreadable("E-SENDER", named)
    province = given.province if given else provinces.pop() if len(provinces) == 1 else ""
    commune = (given and given.commune) or (communes.pop() if len(communes) == 1 else "")
    return Sender(province, commune) if province else None


def _sender(book: AgencyBook, text: str, *, strict: bool = False) -> Sender | None:
    """What a name says of a sender; `strict` asks for words that say what kind of place or body it is."""
    name = _written(text.title() if text.isupper() else text)
    if len(name) > 120:
        return None
    head, province = _named_province(book, name)
    commune = _COMMUNE.search(head)
    if commune and (not head[: commune.start()].strip() or _is_kind(bare_key(head))):
        place = re.sub(r"[ ,.-]*(?:tỉnh|thành phố)?[ ,.-]*$", "", head[commune.start() :])
        return Sender(province or "", place) if " " in place and len(place.split()) < 7 else None
    known = book.known(name)
    if not isinstance(known, Unreadable):
        if (
            known[0].startswith(PROVINCE)
            and "R-PROVINCE" not in known[1]
            and (not strict or re.match(r"(?:UBND|tỉnh|thành phố)\b", name))
        ):
            return Sender(known[0].removeprefix(PROVINCE))
        return None
    return Sender(province) if province and _starts(_KIND, bare_key(head)) else None


def _written(text: str) -> str:
    """A name in one form: plain spaces, short forms written out, no capitals but those of a name."""
    name = " ".join(_clean(text).split())
    for form, long in _SHORT if _ANY_SHORT.search(name) else ():
        name = form.sub(long, name)
    return name.strip(" .,;:-")


def _clean(text: str) -> str:
    try:
        return clean(text)[0]
    except Unreadable:
        return text


def _named_province(book: AgencyBook, name: str) -> tuple[str, str | None]:
    """A name without the province at its end, and the code of that; the name as it is and nothing where there is none.

    There is no code, either, of a province that is a part of another one today.
    """
    words = name.replace("(", " ").replace(")", " ").split()
    for count in range(min(_LONGEST_PROVINCE, len(words) - 1), 0, -1):
        key = spelling_key(" ".join(words[-count:]))
        if not book.is_province(book.names.get(key, "")):
            continue
        if key in book.former:
            return name, None
        head = " ".join(words[:-count]).rstrip(" ,.-–")
        if re.search(r"(?:^|\s)(?:xã|phường|đặc khu)$", head):
            return name, ""
        place = re.search(r"(?:^|\s)(tỉnh|thành phố)$", head)
        code = book.names[key].removeprefix(PROVINCE)
        if place and (place[1] == "thành phố") != _is_city(book, code):
            return name, ""
        return re.sub(r"\s*,\s*(?:tỉnh|thành phố)$", "", head), code
    return name, ""


def _department_of(book: AgencyBook, head: str, owner: str) -> str:
    """A department by the name of the ministry that does the same: Sở KH&CN is Sở Khoa học và Công nghệ."""
    name = _PLACE.sub("", head)
    known = book.known(f"Bộ {name[3:]}") if name[:3].casefold() == "sở " else None
    if known is None or isinstance(known, Unreadable) or any(repair.startswith("R-AGENCY") for repair in known[1]):
        return ""
    return f"{PROVINCE}{owner}/{book.shown[known[0]].replace('Bộ ', 'Sở ', 1)}"


def _is_city(book: AgencyBook, code: str) -> bool:
    return without_office(book.shown[PROVINCE + code]) in book.cities


def _is_kind(key: str) -> bool:
    return _starts(_KIND, key) or _starts(_ALSO, key)


def _starts(form: re.Pattern[str], key: str) -> bool:
    found = form.match(key)
    return bool(found) and key[found.end() : found.end() + 1] in ("", " ")  # type: ignore[union-attr]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
