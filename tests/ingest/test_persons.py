"""Persons and telephone numbers: refused, and repeated nowhere."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from r57lib.data.tables import Tables
from r57lib.ingest.names import agency_book
from r57lib.ingest.persons import holds_persons, names_alone, names_somebody
from tests.conftest import DATA, call_r57
from tests.sheets import HEAD, SOURCE, Desk, bins, book_of, codes, said, task, text_of


@pytest.mark.parametrize(
    "text",
    ["Đ/c Hùng", "đ/c Nguyễn Văn Thử", "Đồng chí Trần Thử", "Ông Lê Văn Thử", "bà Phạm Thị Thử", "- PGĐ Nguyễn Văn Thử",
     "Sở Thử nghiệm\n+ CV Đỗ Thử Nghiệm", "+ TP/PTP Lê Thử", "Đồng chí Giám đốc Sở Nguyễn Văn Thử",
     "0912 345 678", "0912345678", "Bộ Y tế (0912.345.678)", "+84 912 345 678", "024 3942 1234", "(024) 3942.1234",
     "ĐT: 394212", "SĐT 0987654321", "0912.34.56.78", "đ/c Hùng"],
)  # fmt: skip
def test_a_person_or_a_number_is_seen(text: str) -> None:
    assert names_somebody(text)


@pytest.mark.parametrize(
    "text",
    ["57-NQ/TW ngày 22/12/2024", "1012/QĐ-TTg", "03/NQ-CP", "03.04.2026 15 nhiệm vụ", "01.02.2026-03.04.2026",
     "NV-0912345678", "KH.0912345678", "000.00.12.H57", "Bà Rịa - Vũng Tàu", "TP Hồ Chí Minh", "Thành phố Hồ Chí Minh",
     "Đ/c Giám đốc Sở", "đồng chí Bí thư Tỉnh ủy", "Các đ/c trong phòng", "Đường ĐT 741", "4.123.456.789 đồng",
     "Đường Nguyễn Văn Linh", "Trường THPT Nguyễn Thị Minh Khai", "Hệ thống thông tin", "0912345678/QĐ-UBND",
     "2025-2030", "12345678901", "bà con", "Công văn 0123/BKHCN-CĐS"],
)  # fmt: skip
def test_what_is_like_it_is_not(text: str) -> None:
    assert not names_somebody(text) and not names_alone(text)


def test_no_body_and_no_place_is_a_person(real_tables: Tables) -> None:
    book = agency_book(real_tables)
    for name in book.shown.values():
        assert not names_somebody(name)
    assert names_alone("Nguyễn Văn Thử") and names_alone("Bộ Y tế\n- Trần Thử (trưởng nhóm)")
    for text in ("NGUYỄN VĂN THỬ", "Sở Y tế (Trần Văn Thử)", "Sở Y tế - Trần Thử", "Bộ Y tế/Lê Thử: trưởng nhóm"):
        assert names_alone(text), text
    assert not names_alone("Hoàng Sa") and not names_alone("Công ty Hoàng Anh")


@pytest.mark.parametrize("title", ["Người phụ trách", "Cán bộ", "Chuyên viên theo dõi", "Điện thoại", "SĐT",
                                   "Phân công Người phụ trách", "Số điện thoại (liên hệ)"])  # fmt: skip
def test_a_column_of_persons(title: str) -> None:
    assert holds_persons(title)


@pytest.mark.parametrize("title", ["Số cán bộ", "Đơn vị phụ trách", "Đào tạo cán bộ", "Ghi chú", "Địa bàn"])
def test_another_column_is_none(title: str) -> None:
    assert not holds_persons(title)


def test_provinces_and_bodies_still_lead(desk: Desk) -> None:
    leads = ["Hồ Chí Minh", "Lâm Đồng", "Cao Bằng", "Hà Nội", "Thái Nguyên", "Bộ Y tế", "TP. Hồ Chí Minh"]
    also = "Bộ Công an; Hà Nội, Lâm Đồng\nTP. Hồ Chí Minh"
    rows = [task(f"09123456{number:02}", "Một", lead, "31/12/2025", "", also) for number, lead in enumerate(leads)]
    taken = desk.take(text_of(rows, head=[*HEAD, "Cơ quan phối hợp"]))
    assert codes(taken, "E") == [] and len(desk.rows()) == len(leads)


SECRETS = ("Thử Bí", "Mật Danh", "345 678", "Kín Tên", "Riêng Tư", "9999 888")
TITLES = [*HEAD, "Cơ quan phối hợp", "Ghi chú", "Người phụ trách", "Phòng theo dõi"]
PRIVATE = [
    task("NV-1", "Một", "Bộ Y tế", "31/12/2025", "", "", "", "Nguyễn Riêng Tư", "Phòng Thử"),
    task("NV-2", "Hai", "Nguyễn Thử Bí", "31/12/2025", "", "", "", "", ""),
    task("NV-3", "Ba", "Bộ Y tế", "31/12/2025", "", "Bộ Công an; đ/c Mật Danh", "", "", ""),
    task("NV-4", "Bốn", "Bộ Y tế", "31/12/2025", "", "", "Gọi 0912 345 678", "", ""),
    task("NV-5", "Năm", "Bộ Y tế", "31/12/2025", "", "", "", "", "Ông Lê Kín Tên"),
    task("NV-6", "Sáu", "Sở Thử nghiệm\nTP/PTP Trần Kín Tên, 024 9999 8888", "31/12/2025", "", "", "", "", ""),
]


def test_a_cell_is_refused_and_a_column_set_aside(desk: Desk) -> None:
    taken = desk.take(text_of(PRIVATE, head=TITLES), accept_unknown_lead=True)
    assert bins(taken) == (2, 0, 4, 1) and codes(taken, "E") == ["E-PERSON"] * 4
    assert [note.header for note in taken.notes if note.code == "E-PERSON"] == [
        "Cơ quan chủ trì", "Cơ quan phối hợp", "Ghi chú", "Cơ quan chủ trì",
    ]  # fmt: skip
    assert said(taken, "W-PERSONS").header == "Người phụ trách" and said(taken, "W-PERSON").row == 6
    assert [row["other_columns"] for row in desk.rows()] == ["Phòng theo dõi: Phòng Thử", ""]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_nothing_repeats_it(tmp_path: Path, name: str) -> None:
    data = Path(shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("ingested", "sample")))
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_text(text_of(PRIVATE, head=TITLES), encoding="utf-8")
    else:
        title = ["Người lập: đ/c Mật Danh", *[""] * 8]
        book_of(path, [title, TITLES, *PRIVATE], head=[])
    ask = ["--kind", "tasks", "--source", SOURCE, "--reported-on", "2026-01-31", "--data", str(data)]
    told = call_r57("ingest", str(path), *ask, "--format", "json", "--dry-run")
    assert json.loads(told.stdout)[0]["quarantined"] == 4
    done = call_r57("ingest", str(path), *ask)
    assert done.returncode == 1 and "tên người" in done.stdout
    texts = [told.stdout, told.stderr, done.stdout, done.stderr]
    with zipfile.ZipFile(tmp_path / "a.errors.xlsx") as archive:
        texts += [archive.read(each).decode() for each in archive.namelist()]
    entry = data / "ingested" / "0001"
    raw = [each for each in entry.iterdir() if each.suffix in (".csv", ".xlsx") and each.name != "rows.csv"]
    texts += [each.read_text(encoding="utf-8") for each in entry.iterdir() if each not in raw]
    assert len(raw) == 1 and stat.S_IMODE(raw[0].stat().st_mode) == 0o600
    assert len(texts) > 10 and not [(text, secret) for text in texts for secret in SECRETS if secret in text]
    assert any("Sáu" in text for text in texts)
