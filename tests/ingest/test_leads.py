"""Who leads, by cells as senders write them: several bodies, groups, offices, departments of a province, repetition."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from r57lib.data.store import body_of
from r57lib.data.tables import Tables
from r57lib.errors import WrongCall
from r57lib.figures.task_register import agency_league
from r57lib.ingest.answer import note_text
from r57lib.ingest.leads import Led, read_bodies, read_lead
from r57lib.ingest.names import AgencyBook, Sender, agency_book
from r57lib.ingest.rows import Unreadable
from r57lib.ingest.units import find_sender, sender_above
from r57lib.measures import register
from r57lib.report.plan import _codes
from r57lib.view.filters import FILTERS
from r57lib.view.view import open_view
from r57lib.view.words import words_of
from tests.conftest import DATA, call_r57, with_bundle
from tests.sheets import HEAD, SOURCE, Desk, bins, codes, said, task, text_of

LAO_CAI = "province:15"


@pytest.fixture(scope="module")
def book(real_tables: Tables) -> AgencyBook:
    """All names of the project's own tables."""
    return agency_book(real_tables)


@pytest.fixture(scope="module")
def own(book: AgencyBook) -> AgencyBook:
    """The same for a table of Lào Cai."""
    return replace(book, sender=Sender("15"))


@pytest.fixture(scope="module")
def communal(book: AgencyBook) -> AgencyBook:
    """The same for a table of a commune."""
    return replace(book, sender=Sender("15", "xã Thử"))


def unclear(book: AgencyBook, text: str) -> tuple[str, str]:
    """The code of what is said of a cell, and the words of its lead."""
    with pytest.raises(Unreadable) as caught:
        read_lead(book, text)
    return caught.value.code, caught.value.part.spelling if caught.value.part else ""


# --- several bodies --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lead", "others"),
    [
        ("Bộ Y tế, Bộ Công an", "MOH", ["MPS"]), ("Bộ Y tế; Bộ Công an; Bộ Quốc phòng", "MOH", ["MPS", "MND"]),
        ("Bộ Y tế và Bộ Công an", "MOH", ["MPS"]), ("- Bộ Y tế\n- Bộ Công an", "MOH", ["MPS"]),
        ("Bộ Y tế. Bộ Công an.", "MOH", ["MPS"]), ("Bộ Y tế, Bộ Y tế", "MOH", []),
        ("Bộ Văn hóa, Thể thao và Du lịch, Bộ Công an, các bộ, ngành và địa phương", "MOCST",
         ["MPS", "group:Các bộ, ngành và địa phương"]),
        ("Bộ Khoa học\nvà Công nghệ", "MOST", []), ("Bộ Nội vụ, Tài chính", "MOHA", ["MOF"]),
        ("Bộ Y tế; các bộ, ngành liên quan", "MOH", ["group:Các bộ, ngành liên quan"]),
        ("Bộ Y tế và các địa phương Bắc Ninh, An Giang", "MOH", ["province:24", "province:91"]),
        ("Viettel, VNPT", "enterprise:viettel", ["enterprise:vnpt"]),
        ("Bộ Y tế chủ trì, phối hợp với Bộ Công an và các địa phương", "MOH", ["MPS", "group:Các địa phương"]),
        ("Bộ Y tế chủ trì cùng các bộ, ngành", "MOH", ["group:Các bộ, ngành"]),
        ("Chủ trì: Bộ Y tế; phối hợp: Bộ Công an, Bộ Tài chính", "MOH", ["MPS", "MOF"]),
        ("Bộ Công an, Bộ Y tế (chủ trì)", "MOH", ["MPS"]),
        ("Bộ VH, TT và DL", "MOCST", []), ("Bộ VHTT&DL; Bộ LĐ-TB&XH", "MOCST", ["MOHA"]),
    ],
)  # fmt: skip
def test_the_first_leads_and_the_others_have_a_part(book: AgencyBook, text: str, lead: str, others: list[str]) -> None:
    led, repairs = read_lead(book, text)
    assert (led.lead, list(led.others), led.left) == (lead, others, False)
    assert ("R-FIRST" in repairs) == bool(others or text.count("Bộ Y tế") > 1)


@pytest.mark.parametrize(
    "text",
    ["Bộ Y tế / Bộ Tài chính", "Bộ Công an Bộ Quốc phòng", "Các Bộ: Công an, Quốc phòng",
     "Các tỉnh: Bắc Ninh, An Giang", "Các bộ, ngành; Bộ Y tế",
     "UBND xã triển khai tại địa bàn; Bộ Y tế triển khai hệ thống", "Bộ Công an (Bộ Quốc phòng)"],
)  # fmt: skip
def test_where_it_cannot_be_told_the_cell_goes_back(book: AgencyBook, text: str) -> None:
    assert unclear(book, text) == ("E-AGENCY-SEVERAL", "")


def test_a_cell_that_names_no_lead_goes_back(book: AgencyBook) -> None:
    assert unclear(book, "Đề nghị phối hợp với các bộ, ngành liên quan") == ("E-AGENCY-GROUP", "")


def test_only_the_lead_of_several_is_asked_for(book: AgencyBook) -> None:
    assert unclear(book, "VTV, Bộ Y tế; các địa phương") == ("E-AGENCY", "VTV")
    assert unclear(book, "UBND tỉnh và các sở, ngành") == ("E-AGENCY", "UBND tỉnh")
    assert unclear(book, "Viện Thử nghiệm, Bộ Y tế") == ("E-AGENCY", "Viện Thử nghiệm")
    assert unclear(book, "Ban Chính sách, chiến lược Trung ương; Bộ Y tế")[1] == "Ban Chính sách, chiến lược Trung ương"
    part = "Cục Thử nghiệm, Bộ Khoa học và Công nghệ"  # the ministry says whose it is, and has no part
    assert unclear(book, part) == ("E-AGENCY", part)
    assert read_lead(book, "Cục Thống kê, Bộ Tài chính")[0].lead == "NSO"


def test_a_text_without_end_is_no_list(own: AgencyBook) -> None:
    text = ", ".join(f"thử {number}" for number in range(3000))
    assert unclear(own, text) == ("E-AGENCY", "")
    with pytest.raises(Unreadable):
        read_bodies(own, text)


def test_what_a_lead_does_and_whom_nobody_knows_is_kept_as_a_note(desk: Desk) -> None:
    rows = [
        task("1", lead="Bộ Y tế chủ trì tham mưu Chính phủ ban hành nghị định và theo dõi"),
        task("2", lead="Bộ Y tế; Viện Mô phỏng"),
        task("3", lead="Viện Mô phỏng; Bộ Y tế"),
    ]
    taken = desk.take(text_of(rows))
    assert codes(taken) == ["W-KEPT-PART", "R-FIRST", "W-KEPT-PART", "E-AGENCY"]
    assert said(taken, "E-AGENCY").raw == "Viện Mô phỏng"
    found = desk.rows()
    assert [row["lead_agency"] for row in found] == ["MOH", "MOH"]
    assert found[0]["note"].startswith("Cơ quan chủ trì: Bộ Y tế chủ trì tham mưu")
    assert found[1]["note"] == "Cơ quan chủ trì: Bộ Y tế; Viện Mô phỏng"
    desk.take(text_of(rows), accept_unknown_lead=True)
    assert [(row["lead_agency"], row["coordinating_agencies"]) for row in desk.rows()][2] == (
        "unknown:Viện Mô phỏng", "MOH",
    )  # fmt: skip


def test_others_in_the_cell_of_the_lead_join_those_of_their_own_column(desk: Desk) -> None:
    rows = [[*task("1", lead="Bộ Y tế; Bộ Công an; các bộ, ngành"), "Bộ Tài chính, Bộ Công an"]]
    desk.take(text_of(rows, head=[*HEAD, "Cơ quan phối hợp"]))
    assert desk.rows()[0]["coordinating_agencies"] == "MOF;MPS;group:Các bộ, ngành"


# --- offices and what says nothing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "lead"),
    [
        ("Bộ trưởng Bộ Y tế", "MOH"), ("Thống đốc Ngân hàng Nhà nước", "SBV"), ("Tổng Thanh tra Chính phủ", "GIV"),
        ("Chủ nhiệm Văn phòng Chính phủ", "OOG"), ("Chủ tịch UBND tỉnh Thanh Hóa", "province:38"),
        ("Giám đốc Sở Y tế", f"{LAO_CAI}/Sở Y tế"), ("Đ/c Giám đốc Sở Y tế", f"{LAO_CAI}/Sở Y tế"),
        ("Chánh Văn phòng UBND tỉnh", f"{LAO_CAI}/Văn phòng UBND tỉnh"), ("Chủ tịch UBND tỉnh", LAO_CAI),
        ("Giám đốc, Thủ trưởng các sở, ban, ngành", "group:Các sở, ban, ngành"),
        ("Chủ tịch UBND các xã, phường", "group:UBND các xã, phường"),
        ("Thủ tướng Chính phủ", "PM"),
    ],
)  # fmt: skip
def test_an_office_stands_for_its_body(own: AgencyBook, text: str, lead: str) -> None:
    assert read_lead(own, text)[0] == Led(lead)


@pytest.mark.parametrize(
    "text",
    ["Sở Y tế:", "Sở Y tế (bao gồm các bệnh viện, trung tâm)", "Sở Y tế.", "Sở Y tế có liên quan", "SỞ Y TẾ",
     "Sở Y tế trên địa bàn tỉnh", "Sở Y tế tỉnh", "Sở Y tế Lào Cai", "Sở Y tế (Lào Cai)", "Sở Y tế tỉnh Lào Cai"],
)  # fmt: skip
def test_what_says_nothing_of_the_body_is_dropped(own: AgencyBook, text: str) -> None:
    assert read_lead(own, text)[0] == Led(f"{LAO_CAI}/Sở Y tế")


def test_of_a_name_with_its_new_one_the_new_one_holds(book: AgencyBook) -> None:
    assert read_lead(book, "Bộ LĐTBXH (nay là Bộ GD&ĐT)")[0].lead == "MOET"


# --- departments and communes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Sở KH&CN", "/Sở Khoa học và Công nghệ"), ("Sở khoa học và công nghệ", "/Sở Khoa học và Công nghệ"),
        ("Sở VHTT&DL", "/Sở Văn hóa, Thể thao và Du lịch"), ("Sở Quy hoạch - Kiến trúc", "/Sở Quy hoạch - Kiến trúc"),
        ("Công An tỉnh", "/Công an tỉnh"), ("CA tỉnh", "/Công an tỉnh"), ("VPUB", "/Văn phòng UBND tỉnh"),
        ("Văn phòng Ủy ban nhân dân tỉnh", "/Văn phòng UBND tỉnh"), ("UBND tỉnh", ""), ("Tỉnh uỷ", "/Tỉnh ủy"),
        ("Bộ CHQS tỉnh", "/Bộ Chỉ huy Quân sự tỉnh"), ("Viện KSND Tỉnh", "/Viện kiểm sát nhân dân tỉnh"),
        ("Hội Nông dân tỉnh", "/Hội Nông dân tỉnh"), ("UBND phường Lào Cai", "/UBND phường Lào Cai"),
        ("Công an xã Thanh An", "/Công an xã Thanh An"), ("Công an xã Thạnh An", "/Công an xã Thạnh An"),
    ],
)  # fmt: skip
def test_a_department_leads_under_the_province_of_its_sender(
    book: AgencyBook, own: AgencyBook, text: str, kept: str
) -> None:
    assert read_lead(own, text)[0] == Led(f"{LAO_CAI}{kept}") and body_of(f"{LAO_CAI}{kept}") == LAO_CAI
    assert unclear(book, text) == ("E-AGENCY", text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("Công an tỉnh Nghệ An", "province:40/Công an tỉnh"), ("Sở Y tế Hà Nội", "province:01/Sở Y tế"),
     ("Thành ủy Hà Nội", "province:01/Thành ủy"), ("Công an TP. Hồ Chí Minh", "province:79/Công an thành phố"),
     ("UBND phường Bến Thành, TP. Hồ Chí Minh", "province:79/UBND phường Bến Thành")],
)  # fmt: skip
def test_the_name_itself_may_say_whose_it_is(book: AgencyBook, own: AgencyBook, text: str, kept: str) -> None:
    assert read_lead(book, text)[0] == read_lead(own, text)[0] == Led(kept)


@pytest.mark.parametrize(
    "text",
    ["Đại học Huế", "Trường Đại học Cần Thơ", "Học viện Chính trị quốc gia Hồ Chí Minh", "Công an thành phố",
     "UBND xã", "UBND thành phố Vinh", "Sở Y tế Hòa Bình", "Phòng Kinh tế", "Vụ Pháp chế", "Tập đoàn Thử nghiệm",
     "Ban Tổ chức Trung ương", "Thành ủy", "Công an"],
)  # fmt: skip
def test_what_need_not_be_the_senders_is_asked(own: AgencyBook, text: str) -> None:
    assert unclear(own, text) == ("E-AGENCY", text)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("UBND xã", "UBND xã Thử"), ("Công an xã", "Công an xã Thử"), ("Phòng Kinh tế", "Phòng Kinh tế xã Thử"),
     ("Phòng Kinh tế, Hạ tầng và Đô thị", "Phòng Kinh tế, Hạ tầng và Đô thị xã Thử"),
     ("Văn phòng HĐND và UBND", "Văn phòng HĐND và UBND xã Thử"), ("BCH QS xã", "Ban Chỉ huy Quân sự xã Thử"),
     ("Sở Y tế", "Sở Y tế"), ("Công an tỉnh", "Công an tỉnh"), ("UBND xã Khác", "UBND xã Khác")],
)  # fmt: skip
def test_a_communes_table_means_its_own_bodies(communal: AgencyBook, text: str, kept: str) -> None:
    assert read_lead(communal, text)[0] == Led(f"{LAO_CAI}/{kept}")


def test_a_province_and_the_body_after_it_are_two(own: AgencyBook) -> None:
    assert read_lead(own, "UBND tỉnh và các sở, ngành")[0] == Led(LAO_CAI, ("group:Các sở, ngành",))
    assert read_lead(own, "UBND tỉnh, Công an tỉnh, các sở")[0].others == (f"{LAO_CAI}/Công an tỉnh", "group:Các sở")
    assert read_lead(own, "Sở Nội vụ, Tài chính")[0] == Led(f"{LAO_CAI}/Sở Nội vụ", (f"{LAO_CAI}/Sở Tài chính",))
    assert read_bodies(own, "Sở Nội vụ;\nUBND các xã, phường.")[0] == (
        f"{LAO_CAI}/Sở Nội vụ", "group:UBND các xã, phường",
    )  # fmt: skip


# --- whose table it is -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sender"),
    [("15", Sender("15")), ("province:15", Sender("15")), ("UBND tỉnh Lào Cai", Sender("15")),
     ("Sở Y tế tỉnh Lào Cai", Sender("15")), ("TP Hồ Chí Minh", Sender("79")),
     ("UBND xã Thử, tỉnh Lào Cai", Sender("15", "xã Thử"))],
)  # fmt: skip
def test_a_sender_by_code_and_by_name(book: AgencyBook, text: str, sender: Sender) -> None:
    assert find_sender(book, text) == sender


@pytest.mark.parametrize("text", ["Lao Kai", "Bộ Y tế", "Hòa Bình", "xã Thử", "99"])
def test_another_sender_is_a_wrong_call(book: AgencyBook, text: str) -> None:
    with pytest.raises(WrongCall, match=f"--sender '{text}' is no province"):
        find_sender(book, text)


@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        (["UBND TỈNH LÀO CAI"], Sender("15")), (["ỦY BAN NHÂN DÂN\nTỈNH LÀO CAI"], Sender("15")),
        (["TỈNH ỦY LÀO CAI"], Sender("15")), (["SỞ Y TẾ TỈNH LÀO CAI"], Sender("15")),
        (["Đơn vị: Sở Y tế tỉnh Lào Cai"], Sender("15")),
        (["TỈNH LÀO CAI", "UBND XÃ THỬ"], Sender("15", "xã Thử")), (["UBND XÃ THỬ"], None),
        (["SỞ Y TẾ"], None), (["Hà Nội, ngày 5 tháng 1 năm 2026"], None), (["BỘ Y TẾ", "Hà Nội"], None),
        (["KẾ HOẠCH CHUYỂN ĐỔI SỐ TRÊN ĐỊA BÀN TỈNH LÀO CAI"], None),
        (["UBND TỈNH LÀO CAI", "UBND TỈNH NGHỆ AN"], None),
    ],
)  # fmt: skip
def test_a_sender_by_the_lines_above_the_heading(book: AgencyBook, lines: list[str], sender: Sender | None) -> None:
    assert sender_above(book, lines, None) == sender


ROWS = [task("1", lead="Sở Y tế"), task("2", lead="Sở KH&CN"), task("3", lead="Bộ Y tế")]


def test_without_a_sender_a_department_is_asked_and_the_call_told_how_to_say(desk: Desk) -> None:
    taken = desk.take(text_of(ROWS))
    assert bins(taken) == (1, 0, 2, 1) and codes(taken) == ["E-AGENCY", "E-AGENCY", "W-SENDER"]
    taken = desk.take(text_of(ROWS), sender="UBND tỉnh Lào Cai")
    assert bins(taken) == (3, 0, 0, 1) and codes(taken) == []
    assert [row["lead_agency"] for row in desk.rows()] == [
        f"{LAO_CAI}/Sở Y tế", f"{LAO_CAI}/Sở Khoa học và Công nghệ", "MOH",
    ]  # fmt: skip
    assert desk.take(text_of(ROWS), sender="15").state == "unchanged"


def test_the_files_own_heading_says_whose_it_is(desk: Desk) -> None:
    above = [["UBND TỈNH LÀO CAI", "", "", "", ""], HEAD, *ROWS]
    assert bins(desk.take(text_of(above, head=()))) == (3, 0, 0, 2)
    rejected = desk.take(text_of(above, head=()), sender="Nghệ An").rejected
    assert rejected is not None and rejected.code == "E-SENDER" and rejected.values == {"named": "Lào Cai"}


# --- as above --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["nt", "-nt-", "- nt -", "n.t", "NT", "như trên", "Như trên.", "〃", '"', "”", "''"])
def test_a_sign_for_the_row_above_within_a_section(desk: Desk, sign: str) -> None:
    head = [*HEAD, "Cơ quan phối hợp"]
    rows = [
        ["I", "Một mục", "", "", "", ""],
        [*task("1"), "Bộ Công an"],
        [*task("2", lead=sign, deadline=sign), sign],
        [*task("3", lead=sign), ""],
        ["II", "Mục khác", "", "", "", ""],
        [*task("4", lead=sign), sign],
    ]
    taken = desk.take(text_of(rows, head=head))
    assert bins(taken) == (1, 2, 1, 3)
    assert codes(taken) == ["R-DITTO"] * 4 + ["E-DITTO", "W-KEPT"]
    assert note_text(said(taken, "R-DITTO"), words_of(desk.tables["labels"], "en")) == (
        "As in the row above: Ministry of Health."
    )
    assert [(row["lead_agency"], row["deadline"], row["coordinating_agencies"]) for row in desk.rows()] == [
        ("MOH", "2025-12-31", "MPS"), ("MOH", "2025-12-31", "MPS"), ("MOH", "2025-12-31", ""),
    ]  # fmt: skip


# --- what is shown of them -------------------------------------------------------------------------------------------


def test_groups_stand_in_no_comparison_and_departments_under_their_province(desk: Desk) -> None:
    leads = ["Bộ Y tế", "Sở Y tế", "Sở Tài chính", "Các bộ, ngành", "Viện Mô phỏng", "Viettel"]
    rows = [task(str(number), lead=lead, deadline="30/6/2025") for number, lead in enumerate(leads)]
    taken = desk.take(text_of(rows), accept_unknown_lead=True, sender="15")
    assert bins(taken) == (6, 0, 0, 1) and codes(taken) == ["W-LEAD", "W-GROUP"]
    words = words_of(desk.tables["labels"], "en")
    assert note_text(said(taken, "W-GROUP"), words).startswith("Groups of bodies lead 1 task;")
    day = date(2026, 1, 31)
    tasks = register.with_status(register.as_known(desk.versions(), day), day)
    table = register.league(tasks).set_index("lead_agency")
    assert table["overdue"].to_dict() == {"MOH": 1, LAO_CAI: 2, "enterprise:viettel": 1}
    assert len(register.led(tasks, LAO_CAI)) == 2 and len(register.led(tasks, "")) == 6
    for language, names in (
        ("vi", ["Bộ Y tế", "Sở Y tế (Lào Cai)", "Sở Tài chính (Lào Cai)", "Các bộ, ngành",
                "Viện Mô phỏng (chưa xác định)", "Tập đoàn Viettel"]),
        ("en", ["Ministry of Health", "Sở Y tế (Lao Cai)", "Sở Tài chính (Lao Cai)", "Các bộ, ngành",
                "Viện Mô phỏng (not identified)", "Viettel"]),
    ):  # fmt: skip
        words = words_of(desk.tables["labels"], language)  # type: ignore[arg-type]
        assert [words.agency(lead) for lead in tasks["lead_agency"]] == names


def test_a_province_has_a_part_once_in_a_task(desk: Desk) -> None:
    others = ["Sở Y tế; Sở Tài chính", "Sở Y tế; các sở, ngành", "Bộ Y tế"]
    rows = [[*task(str(at), lead=lead), part] for at, (lead, part) in
            enumerate(zip(["Bộ Y tế", "Bộ Y tế", "UBND tỉnh"], others, strict=True))]  # fmt: skip
    rows.append([*task("9", lead="Sở Nội vụ"), "Sở Y tế"])  # leads it itself, by another department
    desk.take(text_of(rows, head=[*HEAD, "Cơ quan phối hợp"]), sender="15")
    assert register.coordinated(desk.versions()) == {LAO_CAI: 2, "MOH": 1}


@pytest.mark.server
def test_a_month_of_such_leads_has_its_report(tmp_path: Path) -> None:
    """Pages and filters are there for the bodies that are compared: a province with its departments, an enterprise."""
    data = shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("ingested", "sample"))
    leads = ["Bộ Y tế", "Sở Y tế", "UBND xã Thử", "Các bộ, ngành, địa phương", "Viện Mô phỏng", "Tập đoàn Viettel"]
    rows = [task(f"{at}-{lead}", f"Việc {at}", lead, "30/6/2025") for lead in leads for at in range(5)]
    (tmp_path / "a.csv").write_text(text_of(rows), encoding="utf-8")
    ask = ["--kind", "tasks", "--source", SOURCE, "--reported-on", "2026-01-31", "--data", str(data)]
    done = call_r57("ingest", str(tmp_path / "a.csv"), *ask, "--sender", "15", "--accept-unknown-lead")
    assert done.returncode == 0
    view = open_view(month="2026-01", language="vi", data=data)
    compared = {"enterprise:viettel", "MOH", LAO_CAI}
    assert {code for _, code in FILTERS["lead_agency"].choices(view)} == {"", *compared}
    assert set(_codes("lead_agency", view.everything)) == compared
    places = agency_league(view).data  # type: ignore[union-attr]
    assert set(places["agency"]) == {"Bộ Y tế", "Lào Cai", "Tập đoàn Viettel"}
    output = with_bundle(tmp_path / "reports")
    where = ["--data", data, "--output", output, "--month", "2026-01", "--language", "vi", "--formats", "html"]
    done = call_r57("report", "--notebook", "task_completion", "--notebook", "agency_scorecard", *where)
    assert done.returncode == 0, done.stderr
    pages = {path.stem for path in (tmp_path / "reports" / "2026-01").glob("*scorecard*.html")}
    assert {"agency_scorecard.province-15.vi", "agency_scorecard.enterprise-viettel.vi"} <= pages and len(pages) == 3


def test_the_next_call_names_the_sender_again(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text_of([*ROWS, task("4", lead="Viện Mô phỏng")]), encoding="utf-8")
    ask = ["--kind", "tasks", "--source", SOURCE, "--reported-on", "2026-01-31", "--sender", "15", "--dry-run"]
    done = call_r57("ingest", str(path), *ask)
    assert done.stdout.startswith("a.csv: đã nhận 3/4 dòng") and done.returncode == 1
    done = call_r57("ingest", str(path), *ask[:-3], "--sender", "Lao Kai")
    assert done.returncode == 2 and "--sender 'Lao Kai' is no province; did you mean 'Lào Cai'?" in done.stderr
