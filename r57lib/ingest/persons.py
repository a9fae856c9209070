"""Names of persons and telephone numbers in a sheet: taken out before the rest is read, so that nothing repeats them.

A cell with one is refused; of a column that holds them nothing is kept. A register says which body leads, not who.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache, lru_cache
from itertools import islice, zip_longest
from typing import Any

from r57lib.ingest.heading import SEARCHED_ROWS, find_header
from r57lib.ingest.kinds import FileKind, headings
from r57lib.ingest.names import AgencyBook
from r57lib.ingest.rows import Broken, Sheet, SheetRow, Unreadable, batched
from r57lib.ingest.text import bare_key

REFUSED = "E-PERSON"

_FAMILIES = (
    "Nguyễn|Trần|Lê|Phạm|Huỳnh|Hoàng|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Đào|Đinh|Trịnh|Lương|Mai|Tạ|Trương|Chu|Cao"
    "|Lâm|Hà|Tô|Thái|Tăng|Quách|Phùng|Doãn|Đoàn|Nông|Triệu|Vương|Kiều|Lưu|La|Bạch|Tống|Thân|Từ|Nghiêm|Châu"
)
_SURNAME = f"(?:{_FAMILIES}|{_FAMILIES.upper()})"
_UPPER = "A-ZÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬĐÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴ"
_WORD = rf"[{_UPPER}][^\W\d_]*"
_NAME = rf"{_SURNAME}(?: +{_WORD}){{1,3}}"
_OFFICE = (
    "(?:Bí thư|Phó|Giám đốc|Chủ tịch|Chủ nhiệm|Trưởng|Thủ trưởng|Thủ tướng|Bộ|Thứ trưởng|Chánh|Ủy|Uỷ|Lãnh đạo|Tổng"
    "|Cục|Vụ|Viện|Chi cục|Sở|Ban|Phòng|Công|Hội|Đại|Thường|Tổ|Văn phòng|Thành viên|Cán bộ|Chuyên viên|Tỉnh|Thành ủy)"
)
_CALLED = re.compile(
    rf"(?<!\w)(?:(?:[Đđ]/ ?[Cc]|Đ\.c|[Đđ]ồng chí|ĐỒNG CHÍ)[.:]? *(?:(?!{_OFFICE}\b){_WORD}|{_OFFICE}[^,;\n]*? {_NAME})"
    rf"|(?:[Ôô]ng|[Bb]à|ÔNG|BÀ|PGĐ|GĐ|PTP|TP/PTP|CV|LĐ)[.:]? +{_NAME})"
)
"""A person who is called so: đ/c, ông, bà, or by the short form of an office before a name."""

_TELEPHONE = re.compile(
    r"(?<![\w.,/+-])(?:"
    r"0\d{2}[ .-]?\d{3}[ .-]?\d{4}|0\d{3}[ .-]?\d{3}[ .-]?\d{3}|0\d{3}(?:[ .-]\d{2}){3}"
    r"|\+84[ .-]?\d{2,3}(?:[ .-]?\d{2,4}){2,3}"
    r"|\(?02\d{1,2}\)?[ .-]{0,2}\d{3,4}[ .-]?\d{4}"
    r")(?![\w/]|[.,]\d|-\w)"
    r"|(?<![\w-])(?:S?ĐT|sđt|[Đđ]iện thoại|[Tt]el|[Hh]otline|[Mm]obile|[Zz]alo|Số máy)\b[.:]?\s*[(+]?\d[\d .()-]{5,}"
)
_MAY_CALL = re.compile(rf"[ĐđÔôBbGLPC](?:/ ?[Cc]|\.c|ồng chí|ỒNG CHÍ|(?:ng|à|NG|À|Đ|TP|V)[.:]? +{_SURNAME})")
_MAY_BE_CALLED = re.compile(r"0(?<!\d0)\d\d[ .)-]{0,3}\d|\+84")
_NUMBERS = ("ĐT", "đt", "thoại", "Tel", "tel", "otline", "obile", "alo", "Số máy")
"""What no such call, and no telephone number, is without; it is found ten times as fast."""

_MEMO = 50_000
_LINES = re.compile(r"[\n;,(:/]|\s[-–]\s")
_ALONE = re.compile(rf"[-+•*\s]*(?:{_SURNAME})(?P<more>(?: +{_WORD}){{1,3}})\s*(?:[).–-].*)?")
_NO_PERSONS = ("hoang sa",)
"""Places that are written as a name would be."""


@lru_cache(maxsize=65536)
def names_somebody(text: str) -> bool:
    """Whether a text calls somebody by name or gives a telephone number.

    >>> names_somebody("Đ/c Hùng"), names_somebody("Đ/c Giám đốc Sở"), names_somebody("57-NQ/TW ngày 22/12/2024")
    (True, False, False)
    """
    made = unicodedata.normalize("NFC", text).replace("\u00a0", " ")
    return bool(_CALLED.search(made) or _TELEPHONE.search(made))


def names_nobody(texts: Collection[str]) -> bool:
    """Whether `names_somebody` holds for none of the texts; nothing that it looks for goes over the end of a line."""
    made = unicodedata.normalize("NFC", "\n".join(texts)).replace("\u00a0", " ")
    if _MAY_CALL.search(made) and _CALLED.search(made):
        return False
    numbered = _MAY_BE_CALLED.search(made) or any(word in made for word in _NUMBERS)
    return not (numbered and _TELEPHONE.search(made))


@lru_cache(maxsize=65536)
def names_alone(text: str, fewest: int = 2) -> tuple[str, ...]:
    """The parts of a list that are nothing but a name like a person's, of at least so many words.

    A place may be one of them.

    >>> names_alone("Bộ Y tế; Nguyễn Văn Thử")
    ('Nguyễn Văn Thử',)
    """
    parts = (" ".join(part.split()) for part in _LINES.split(unicodedata.normalize("NFC", text)))
    found = [(part, _ALONE.fullmatch(part)) for part in parts]
    return tuple(
        part
        for part, name in found
        if name and len(name["more"].split()) >= fewest - 1 and bare_key(part) not in _NO_PERSONS
    )


@cache
def _headings() -> frozenset[str]:
    return frozenset(map(bare_key, headings("persons")))


def holds_persons(title: str) -> bool:
    """Whether a column is one of persons by its heading, which may stand below a wider one."""
    key = bare_key(re.sub(r"\([^)]*\)", "", title))
    return key in _headings() or any(key.endswith(f" {each}") for each in _headings() if each.count(" ") > 1)


def without_persons(sheet: Sheet, kind: FileKind, book: AgencyBook) -> Sheet:
    """The sheet with a refused cell for each that names a person, and nothing in the columns of persons.

    Raises `Rejected` for a sheet without a heading.
    """
    header = find_header(list(islice(sheet.rows(), SEARCHED_ROWS)), kind, sheet.merged)
    width, last = header.width, header.rows[-1]
    fields = {each.name: each.kind for each in kind.fields}
    by_column = {column: fields[name] for name, column in header.columns.items()}
    dropped = {column for column in header.others if holds_persons(header.titles[column])}
    text = header.columns.get("title", -1)
    numbers = {column for column, each in by_column.items() if each == "code"} | {header.ordinal}

    def known(text: str) -> bool:
        try:
            return bool(book.find(text))
        except Unreadable:
            return False

    def read(row: SheetRow, column: int, cell: Any) -> Any:
        whole = bool(sheet.name) or len(row.cells) == width
        if column in dropped and whole:
            return ""
        if not isinstance(cell, str) or len(cell) < 4 or (column in numbers and whole):
            return cell
        if names_somebody(cell):
            return Broken(REFUSED, "")
        leads = by_column.get(column, "") in ("agency", "agencies")
        if leads or column not in by_column or not whole:
            alone = names_alone(cell, 2 if leads else 3)
            if alone and not known(cell) and not all(map(known, alone)):
                return Broken(REFUSED, "")
        return cell

    fine: dict[int, set[str]] = {}
    found: dict[int, dict[int, set[str]]] = {}

    def suspects(batch: list[SheetRow]) -> dict[int, set[str]]:
        """The cells of some rows that are refused, by column: each distinct one is read once."""
        refused: dict[int, set[str]] = {}
        for column, cells in enumerate(zip_longest(*(row.cells for row in batch), fillvalue="")):
            if column in numbers or column in dropped:
                continue
            if by_column.get(column, "") not in ("", "agency", "agencies"):
                texts = cells if {*map(type, cells)} == {str} else [cell for cell in cells if isinstance(cell, str)]
                if names_nobody(texts if column == text else set(texts)):
                    continue
            known = fine.setdefault(column, set())
            if len(known) > _MEMO:
                known.clear()
            new = {cell for cell in {*cells} - known if isinstance(cell, str) and len(cell) > 3}
            bad = {cell for cell in new if read(batch[0], column, cell) is not cell}
            known |= new - bad
            if bad:
                refused[column] = bad
        return refused

    def rows() -> Iterator[SheetRow]:
        for batch in batched(sheet.rows()):
            whole = [row for row in batch if row.number > last and (sheet.name or len(row.cells) == width)]
            if batch[0].number not in found:
                found[batch[0].number] = suspects(whole)  # a sheet is gone through more than once
            refused = found[batch[0].number].items()
            if len(whole) == len(batch) and not refused and not dropped:
                yield from batch
                continue
            left = iter([*whole, None])
            usual = next(left)
            for row in batch:
                if row is not usual:
                    yield changed(row)
                    continue
                usual = next(left)
                if dropped or any(column < len(row.cells) and row.cells[column] in bad for column, bad in refused):
                    yield changed(row)
                else:
                    yield row

    def changed(row: SheetRow) -> SheetRow:
        if row.number in header.rows:
            return row
        if row.number < header.rows[0]:
            told = (isinstance(cell, str) and names_somebody(cell) for cell in row.cells)
            return row._replace(
                cells=[Broken(REFUSED, "") if each else cell for each, cell in zip(told, row.cells, strict=True)]
            )
        return row._replace(cells=[read(row, column, cell) for column, cell in enumerate(row.cells)])

    return replace(sheet, rows=rows)
