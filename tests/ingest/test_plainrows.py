"""Rows that are read column by column: the same as if each had been read by itself."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from r57lib.data.store import ROWS
from r57lib.data.tables import Tables
from r57lib.ingest.names import AgencyBook
from r57lib.ingest.persons import names_nobody, names_somebody
from r57lib.ingest.plainrows import PlainReader, PlainRow, PlainWords, ToldRow
from r57lib.ingest.rows import Note, SheetRow, kept_in_memory
from r57lib.ingest.text import clean
from tests.sheets import Desk, bins, book_of, task, text_of

HEAD = ["STT", "Mã nhiệm vụ", "Nội dung nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Ngày giao", "Thời hạn",
        "Ngày hoàn thành", "Trạng thái", "Kinh phí"]  # fmt: skip
LEADS = (
    "Bộ Y tế",
    "bộ y tế",
    "MOST",
    "UBND tỉnh Tuyên Quang",
    "Bộ Lạ",
    "Bộ Y tế; Bộ Công an",
    "Các bộ, ngành, địa phương",
    "như trên",
    "",
)
DUE = ("31/12/2025", "Quý I/2026", "Thường xuyên", "31/02/2026", "6-7/2025", "-", "nt", "")
DONE = ("", "30/11/2025", "30/11/2027", "1/2/2024", "x")
TITLES = ("Xây dựng cơ sở dữ liệu quốc gia số {}", "Đề án {}", "A = b, việc thứ {} của kế hoạch",
          "Việc\u00a0{} cần sửa dấu cách", "Giao đ/c Nguyễn Văn Thử việc {}",
          "Tổng hợp, báo cáo kết quả lần {}", 'Mở rộng "Một cửa" lần {}', "")  # fmt: skip


def rows_of(count: int) -> list[list[Any]]:
    """Rows of which most are plain, and some are each of what rows can be."""
    chance = random.Random(57)

    def one_of(cells: Sequence[str]) -> str:
        return cells[0] if chance.random() < 0.9 else chance.choice(cells)

    found: list[list[Any]] = []
    for number in range(count):
        code = one_of(
            (f"NV-{number:04d}", f"nv-{max(number - 7, 0):04d}", f"TONG-{number}", str(number), f"NV – {number}", "")
        )
        found.append([
            one_of((str(number), "", "Tổng", "I")), code, one_of(TITLES).format(number), one_of(LEADS),
            one_of(("", "Bộ Tư pháp; Bộ Công an", "các bộ, ngành", "như trên")),
            one_of(("1/3/2025", "", "2/2025")), one_of(DUE), one_of(DONE),
            one_of(("", "Hoàn thành đúng hạn", "Đang làm")), one_of(("", "1 tỷ", "0912 345 678")),
        ])  # fmt: skip
        if number % 97 == 5:
            found.append(["", f"II. Mục {number}", *[""] * 8])
        if number % 211 == 9:
            found += [[""] * 10, HEAD, [f"({at})" for at in range(1, 11)], found[-1][:4]]
        if number % 301 == 3:
            found.append(list(found[-1]))
    return [*found, ["", "Tổng cộng", str(count), *[""] * 7]]


def taken(folder: Path, tables: Tables, form: str) -> tuple[bytes, list[Note], tuple[int, ...]]:
    """The rows that are stored, all that is said, and the bins."""
    folder.mkdir()
    desk, rows = Desk(folder, tables), rows_of(3000)
    if form == "xlsx":
        numbered = [[date(2025, 12, 31) if cell == "31/12/2025" else cell for cell in row] for row in rows]
        found = desk.take(book_of(folder / "a.xlsx", numbered, head=HEAD))
    else:
        found = desk.take(text_of(rows, head=HEAD))
    return (desk.store.entries()[-1] / ROWS).read_bytes(), found.notes, bins(found)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_plain_rows_are_what_each_would_be_by_itself(
    tmp_path: Path, real_tables: Tables, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, plain = PlainReader.read, list[PlainRow | ToldRow]()

    def counted(self: PlainReader, rows: Sequence[SheetRow]) -> list[PlainRow | ToldRow | None]:
        found = read(self, rows)
        plain.extend(filter(None, found))
        return found

    monkeypatch.setattr(PlainReader, "read", counted)
    together = taken(tmp_path / "together", real_tables, form)
    monkeypatch.setattr(PlainReader, "read", lambda self, rows: [None] * len(rows))
    assert taken(tmp_path / "alone", real_tables, form) == together
    told = [row for row in plain if isinstance(row, ToldRow)]
    assert len(plain) - len(told) > 1500 and len(told) > 400 and together[2][2] > 500


def test_texts_of_plain_words_are_plain() -> None:
    """What is told by words alone is what `clean` leaves as it is."""
    words = ["Nghị", "quyết", "57-NQ/TW", "số", "(1)", "Néi", "B¶o", "a\u00a0b", "", "Hòa", "hoà", "x"]
    chance = random.Random(57)
    texts = [" ".join(chance.choices(words[: chance.choice((4, 12))], k=4)) for _ in range(400)]
    for text, good in zip(texts, PlainWords().plain(texts), strict=True):
        assert not good or clean(text) == (text, ()), text


def test_words_that_call_nobody_are_told_together_as_one_by_one() -> None:
    """A look at many texts at once finds each of what a look at one finds."""
    bits = (
        "đ/c Hùng", "Đ.c An", "ĐỒNG CHÍ Lan", "Bà Nguyễn Thị A", "PTP. Lê Văn B", "TP/PTP Lê Văn B",
        "CV Trần Văn C", "0912 345 678", "0912345678", "(024) -3825 1234", "+84 912 345 678",
        "SĐT: 38251234", "hotline 1900 1234", "Zalo 1234567", "Số máy (091) 234567", "100123 việc",
        "số 199999", "Bà Rịa", "LĐ 12", "năm 2025", "0102", "GĐ: Hồ Văn D", "ông  Vũ Văn E",
        "điện thoại 0241234", "không gì",
    )  # fmt: skip
    for text in (f"{before}{bit}" for bit in bits for before in ("", "Giao ", "1", "a")):
        assert names_nobody(["Việc một", text, "Việc hai"]) != names_somebody(text), text


def test_a_code_in_many_rows_names_some_of_them_and_counts_the_others(desk: Desk) -> None:
    """Otherwise a file with one code throughout would be answered with all its rows for each of them."""
    taken = desk.take(text_of([task("NV-01", f"Xây dựng nền tảng số {at}") for at in range(150)]))
    hints = [note.hint for note in taken.notes if note.code == "E-DUPLICATE"]
    assert len(hints) == 150 and hints[0] == f"{', '.join(map(str, range(3, 103)))} … (+49)"
    assert hints[1].startswith("2, 4, ") and hints[-1] == f"{', '.join(map(str, range(2, 102)))} … (+49)"


def test_long_unknown_leads_are_not_looked_up_word_by_word(desk: Desk) -> None:
    """A name of a thousand letters can be cut at a hundred words; no two bodies are hidden in it."""
    long = " ".join(["Ban quản lý chương trình thử"] * 30)
    before = AgencyBook.known.cache_info().misses
    taken = desk.take(text_of([task(lead=long)]))
    assert [note.code for note in taken.notes if note.code[0] == "E"] == ["E-AGENCY"]
    assert AgencyBook.known.cache_info().misses - before < 20


def test_rows_are_read_once_where_they_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def rows() -> Iterator[SheetRow]:
        read.append(1)
        yield from (SheetRow(at, ["a", "b"]) for at in range(1, 200))

    few = kept_in_memory(rows)
    assert [next(few()).number, len(list(few())), len(list(few()))] == [1, 199, 199] and len(read) == 2
    monkeypatch.setattr("r57lib.ingest.rows._KEPT_CELLS", 300)
    many = kept_in_memory(rows)
    assert [row.number for row in many()] == [row.number for row in many()] == list(range(1, 200)) and len(read) == 4


def test_the_search_for_cycles_goes_on_after_a_file(desk: Desk) -> None:
    """Whatever came of it; while its rows are read there is none."""
    seen: list[bool] = []
    desk.take(text_of([task()]), binned=lambda taken: seen.append(gc.isenabled()))
    assert desk.take("a\nb\n").state == "rejected" and seen == [False] and gc.isenabled()
