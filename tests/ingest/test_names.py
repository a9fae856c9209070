"""Which body a cell names, and when it is better to say nothing than to advise."""

from __future__ import annotations

import pytest

from r57lib.data.tables import Tables
from r57lib.ingest.leads import is_group, read_bodies, read_lead
from r57lib.ingest.names import AgencyBook, agency_book, close_name
from r57lib.ingest.rows import Unreadable
from tests.sheets import Desk, codes, said, task, text_of


@pytest.fixture(scope="module")
def book(real_tables: Tables) -> AgencyBook:
    """All names of the project's own tables."""
    return agency_book(real_tables)


def error(book: AgencyBook, text: str) -> tuple[str, str]:
    """The code and the hint of what is said of a text."""
    with pytest.raises(Unreadable) as caught:
        book.find(text)
    return caught.value.code, caught.value.hint


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("Thanh Hóa", "province:38"), ("tỉnh Thanh Hóa", "province:38"), ("UBND tỉnh Thanh Hoá", "province:38"),
        ("UBND Thanh Hóa", "province:38"), ("Thanh Hoa Province", ""),
        ("uy ban nhan dan tinh thanh hoa", "province:38"),
        ("Thành phố Hồ Chí Minh", "province:79"), ("UBND TP. Hồ Chí Minh", "province:79"),
        ("TP Đà Nẵng", "province:48"),
        ("tp hai phong", "province:31"), ("Thành phố Huế", "province:46"), ("Tỉnh Hải Dương", "province:31"),
    ],
)  # fmt: skip
def test_a_province_by_its_kind(book: AgencyBook, text: str, agency: str) -> None:
    if agency:
        assert book.find(text)[0] == agency
    else:
        assert error(book, text) == ("E-AGENCY", "")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Thành phố Thanh Hóa", "E-NOT-PROVINCE"), ("UBND TP. Cao Bằng", "E-NOT-PROVINCE"),
        ("tp ha tinh", "E-NOT-PROVINCE"),
        ("TP Hải Dương", "E-NOT-PROVINCE"), ("UBND thành phố Hà Giang", "E-NOT-PROVINCE"),
        ("Huyện Điện Biên", "E-AGENCY"), ("Thị xã Quảng Trị", "E-AGENCY"), ("Phường Lào Cai", "E-AGENCY"),
        ("HĐND tỉnh Thanh Hóa", "E-AGENCY"), ("Hội đồng nhân dân thành phố Hà Nội", "E-AGENCY"),
        ("hdnd tinh nghe an", "E-AGENCY"),
        ("Tỉnh ủy Thanh Hóa", "E-AGENCY"), ("Thành ủy Hà Nội", "E-AGENCY"), ("Công an tỉnh Nghệ An", "E-AGENCY"),
        ("Phường Bến Thành, TP. Hồ Chí Minh", "E-AGENCY"), ("Thành phố Vinh, tỉnh Nghệ An", "E-AGENCY"),
        ("Tỉnh Bộ Y tế", "E-AGENCY"), ("UBND Bộ Công an", "E-AGENCY"),
    ],
)  # fmt: skip
def test_another_body_of_a_province_is_not_the_province(book: AgencyBook, text: str, code: str) -> None:
    """A city or a district of its name, the People's Council, the party committee, a department."""
    assert error(book, text) == (code, "")


def test_a_ward_among_others_is_not_its_province(book: AgencyBook) -> None:
    ward = read_bodies(book, "Bộ Y tế, Phường Bến Thành, TP. Hồ Chí Minh, tỉnh Nghệ An")[0]
    assert ward == ("MOH", "province:79/Phường Bến Thành", "province:40")
    cities = read_bodies(book, "TP. Hồ Chí Minh, tỉnh Nghệ An, TP Huế")[0]
    assert cities == ("province:79", "province:40", "province:46")
    with pytest.raises(Unreadable) as caught:
        read_bodies(book, "Bộ Y tế, Thành phố Vinh, tỉnh Nghệ An, TP Huế")
    assert caught.value.part == ("MOH", "province:46")


def test_a_figure_of_a_city_is_not_one_of_its_province(desk: Desk) -> None:
    head = ["Chỉ tiêu", "Tỉnh, thành phố", "Kỳ báo cáo", "Giá trị"]
    rows = [
        ["usage_end_to_end", name, "31/10/2025", "41%"]
        for name in ("Thành phố Thanh Hóa", "HĐND tỉnh Nghệ An", "Nghệ An")
    ]
    taken = desk.take(text_of(rows, head=head), kind="observations")
    assert [note.code for note in taken.notes if note.header == head[1]] == ["E-NOT-PROVINCE", "E-PROVINCE"]
    assert [row["province_code"] for row in desk.rows()] == ["40"]


GROUPS = ["Các bộ, ngành, địa phương", "UBND các tỉnh, thành phố", "Các bộ, cơ quan ngang bộ", "các sở, ban, ngành",
          "Sở, ban, ngành", "UBND xã, phường", "UBND các xã, phường, đặc khu", "Các đơn vị liên quan", "Bộ, ngành",
          "Các tỉnh, TP trực thuộc TW", "Các cơ quan thuộc Chính phủ và địa phương", "Các doanh nghiệp nhà nước",
          "cac bo nganh", "Các Ban Quản lý", "Thủ trưởng các sở, ngành", "Địa phương được lựa chọn",
          "Các cơ quan đại diện Việt Nam ở nước ngoài", "Tập đoàn, doanh nghiệp công nghệ số", "UBND cấp xã",
          "Các bộ, ngành, địa phương là chủ quản CSDLQG, CSDL chuyên ngành"]  # fmt: skip


@pytest.mark.parametrize("text", GROUPS)
def test_a_group_is_kept_as_one_and_gets_no_advice(book: AgencyBook, text: str) -> None:
    assert error(book, text) == ("E-AGENCY", "")
    led, repairs = read_lead(book, text)
    assert led.lead.startswith("group:") and not led.others and not repairs
    assert read_bodies(book, text) == ((led.lead,), ("R-GENERIC",))


@pytest.mark.parametrize(
    "text",
    ["Bộ", "Tỉnh", "Bộ Y tế", "Ban Tổ chức Trung ương", "Văn phòng", "TP. Huế", "UBND xã", "Công nghệ và Môi trường"],
)
def test_a_body_is_no_group(text: str) -> None:
    assert not is_group(text)


@pytest.mark.parametrize("text", ["Bộ Văn hóa, Thể thao và Du lịch", "Bộ Khoa học và Công nghệ", "Bộ NN&PTNT"])
def test_a_name_with_a_separator_is_one_body(book: AgencyBook, text: str) -> None:
    assert book.find(text)[0] in ("MOCST", "MOST", "MAE")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bộ Khoa học", "Bộ Khoa học và Công nghệ"), ("Bộ Nông nghiệp", "Bộ Nông nghiệp và Môi trường"),
        ("Bộ Công Thươnng", "Bộ Công Thương"), ("Văn phòng Chính phú", ""), ("Thanh Hóaa", "Thanh Hóa"),
        ("UBND tỉnh Thanh Hóaa", "Thanh Hóa"),
        # a body of another kind, something short, nothing that is near
        ("VNPTT", ""), ("Sở Y tế", ""), ("Vụ Tài chính", ""), ("Bộ Tư lệnh", ""),
        ("Viện Khoa học", ""),
        ("Cục Y tế", ""), ("EVN", ""), ("Trường Đại học Nội vụ", ""), ("Sở Thử nghiệm", ""), ("Phòng Thử", ""),
        ("Bộ X", ""),
    ],
)  # fmt: skip
def test_advice_only_where_it_is_nearly_sure(book: AgencyBook, text: str, name: str) -> None:
    if text == "Văn phòng Chính phú":  # diacritics do not matter
        assert book.find(text)[0] == "OOG"
        return
    assert error(book, text) == ("E-AGENCY", name)


def test_what_begins_two_names_is_neither() -> None:
    names = {"bo khoa hoc va cong nghe": "A", "bo khoa hoc va giao duc": "B", "bo y te": "C"}
    assert close_name("bo khoa hoc", names) == "" and close_name("bo khoa hoc va cong", names) == "A"
    assert close_name("so y te", names) == "" and close_name("bo y t", names) == "C" and close_name("bo", names) == ""


def test_indicators_are_advised_as_carefully(desk: Desk) -> None:
    head = ["Chỉ tiêu", "Kỳ báo cáo", "Giá trị"]
    rows = [[name, "31/10/2025", "41%"] for name in ("usage_end_to_ends", "Tỷ lệ", "Số bác sĩ")]
    taken = desk.take(text_of(rows, head=head), kind="observations")
    assert [bool(note.hint) for note in taken.notes if note.code == "E-INDICATOR"] == [True, False, False]


def test_an_unknown_body_is_looked_for_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from r57lib.ingest import names

    looked: list[str] = []
    search = names.close_name
    monkeypatch.setattr(names, "close_name", lambda key, found: looked.append(key) or search(key, found))
    taken = desk.take(text_of([task(f"NV-{number}", lead="Sở Thử nghiệm") for number in range(50)]))
    assert (
        codes(taken) == [*["E-AGENCY"] * 50, "W-SENDER"]
        and said(taken, "E-AGENCY").hint == ""
        and looked == ["so thu nghiem"]
    )
