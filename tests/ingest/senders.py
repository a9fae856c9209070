"""Five tables as five senders write them, a hundred tasks each, made up by a seed, with the truth about every row.

The forms are those counted in real tables: titles, sections, merged and repeated cells, several bodies and groups in a
cell, deadlines in words. A row whose truth is nothing must go back: its lead or its deadline cannot be told.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import xlsxwriter

from tests.sheets import fill, text_of

TASKS = 100
REPORTED_ON = "2026-06-30"

Said = tuple[Any, str | None]
"""What a sender writes in a cell, and what it means; nothing where that cannot be told."""


class Truth(NamedTuple):
    """What is meant by a row: who leads, until when, completed when, and the status that its sender gives."""

    lead: str
    deadline: str
    completed: str = ""
    status: str = ""


class Sent(NamedTuple):
    """A file, what its call says beside kind, source and day, the truth by row, and whom its own spellings mean."""

    path: Path
    asked: Mapping[str, str]
    truth: Mapping[int, Truth | None]
    aliases: Mapping[str, str]


class _Sheet:
    """Rows as they are written, with their truth and the cells that are merged."""

    def __init__(self, head: Sequence[str], above: Sequence[str]) -> None:
        self.rows: list[list[Any]] = [[line, *[""] * (len(head) - 1)] for line in above] + [list(head)]
        self.width, self.head = len(head), len(self.rows)
        self.truth: dict[int, Truth | None] = {}
        self.merged: list[tuple[int, int, int]] = []

    def section(self, mark: str, title: str) -> None:
        self.rows.append([mark, title, *[""] * (self.width - 2)])

    def task(self, cells: Sequence[Any], truth: Truth | None) -> int:
        self.rows.append(list(cells))
        self.truth[len(self.rows)] = truth
        return len(self.rows)

    def csv(self, path: Path, mark: str = ",") -> Path:
        path.write_text(text_of(self.rows, head=(), mark=mark), encoding="utf-8-sig")
        return path

    def xlsx(self, path: Path) -> Path:
        with xlsxwriter.Workbook(str(path)) as book:
            page = book.add_worksheet("Sheet1")
            fill(book, page, self.rows)
            for first, last, column in self.merged:
                page.merge_range(first - 1, column, last - 1, column, self.rows[first - 1][column])
        return path


# --- when ------------------------------------------------------------------------------------------------------------


def _quarter(chance: random.Random) -> Said:
    quarter = chance.randint(1, 4)
    roman = ("I", "II", "III", "IV")[quarter - 1]
    form = chance.choice(["Quý {r}/2026", "Quý {r} năm 2026", "quý {r}/2026", "Trong quý {r}/2026", "Hết quý {r}/2026"])
    return form.format(r=roman), f"2026-Q{quarter}"


def _month(chance: random.Random) -> Said:
    month = chance.randint(1, 12)
    form = chance.choice(
        ["{m}/2026", "Tháng {m}/2026", "Trong tháng {m:02}/2026", "T{m}/2026", "Tháng \n {m:02}/ 2026"]
    )
    return form.format(m=month), f"2026-{month:02}"


def _day(chance: random.Random) -> Said:
    day = date(2026, 1, 5) + timedelta(days=chance.randrange(350))
    form = chance.choice(["", "%d/%m/%Y", "%-d/%-m/%Y", "Trước ngày %d/%m/%Y", "ngày %d/%m/%Y", "%d/%m/%Y (dự kiến)"])
    meant = day - timedelta(days=1) if form.startswith("Trước") else day
    return (f"{day:{form}}" if form else day), meant.isoformat()


def _year(chance: random.Random) -> Said:
    year = chance.choice([2025, 2026, 2027])
    return chance.choice([str(year), f"Năm {year}"]), str(year)


def _often(chance: random.Random) -> Said:
    return chance.choice(
        [("Thường xuyên", "regular"), ("Nhiệm vụ thường xuyên", "regular"), ("Hằng năm", "regular/year"),
         ("Hàng năm", "regular/year"), ("Định kỳ hàng quý", "regular/quarter"), ("Hàng tuần", "regular/week")]
    )  # fmt: skip


def _span(chance: random.Random) -> Said:
    return chance.choice(
        [("2025 - 2026", "2025/2026"), ("Giai đoạn 2026-2030", "2026/2030"), ("Quý II-III/2026", "2026-Q2/2026-Q3"),
         ("Từ tháng 3 - 6/2026", "2026-03/2026-06"), ("6 tháng đầu năm 2026", "2026-H1")]
    )  # fmt: skip


_UNTOLD: list[Said] = [
    ("2026 và những năm tiếp theo", None), ("Theo tiến độ của dự án", None), ("Từ Quý I/2026", None),
    ("45 ngày kể từ ngày ban hành", None),
]  # fmt: skip
"""What cannot be told: open to one end, or from a day that nobody knows."""


def _when(chance: random.Random, **shares: int) -> Said:
    """A deadline by how frequent its form is in such a table."""
    forms: dict[str, Callable[[random.Random], Said]] = {
        "quarter": _quarter, "month": _month, "day": _day, "year": _year, "often": _often, "span": _span,
    }  # fmt: skip
    name = chance.choices(list(shares), list(shares.values()))[0]
    return forms[name](chance)


# --- who -------------------------------------------------------------------------------------------------------------

_MINISTRIES: list[Said] = [
    ("Bộ Khoa học và Công nghệ", "MOST"), ("Bộ KH&CN", "MOST"), ("Bộ  Công An", "MPS"), ("Bộ Công thương", "MOIT"),
    ("Bộ Văn hóa, Thể thao và Du lịch", "MOCST"), ("Bộ VH, TT và DL", "MOCST"), ("Bộ GD&ĐT", "MOET"),
    ("Bộ Y tế", "MOH"), ("Bộ Tài chính", "MOF"), ("Văn phòng Chính phủ", "OOG"), ("Bộ Nội vụ", "MOHA"),
    ("Ngân hàng nhà nước Việt Nam", "SBV"), ("Bộ Dân tộc – Tôn giáo", "MEMR"), ("Bộ Tư pháp.", "MOJ"),
    ("Bộ trưởng Bộ Ngoại giao", "MFA"), ("Bộ Quốc phòng", "MND"), ("Bộ Y tế (Cục Quản lý Dược)", "MOH"),
]  # fmt: skip
_FORMER: list[Said] = [
    ("Bộ Thông tin và Truyền thông", "MOST"), ("Bộ TTTT", "MOST"), ("Bộ Kế hoạch và Đầu tư", "MOF"),
    ("Bộ LĐ-TB&XH", "MOHA"), ("Bộ Giao thông vận tải", "MOC"), ("Bộ Tài nguyên và Môi trường", "MAE"),
]  # fmt: skip
_GROUPS = ["Các bộ, ngành, địa phương", "Các bộ, ngành liên quan", "Các địa phương", "Bộ, ngành, địa phương",
           "Các tỉnh, TP trực thuộc TW", "Các bộ, ngành, địa phương là chủ quản CSDLQG, CSDL chuyên ngành",
           "Địa phương được lựa chọn", "Tập đoàn, doanh nghiệp công nghệ số", "UBND các tỉnh, thành phố"]  # fmt: skip
_OF_PROVINCE: list[Said] = [
    ("Sở Khoa học và Công nghệ", "/Sở Khoa học và Công nghệ"), ("Sở KH&CN", "/Sở Khoa học và Công nghệ"),
    ("Sở KHCN", "/Sở Khoa học và Công nghệ"), ("Sở tài chính", "/Sở Tài chính"), ("Sở Y tế:", "/Sở Y tế"),
    ("Sở NN&MT", "/Sở Nông nghiệp và Môi trường"), ("Sở VHTT&DL", "/Sở Văn hóa, Thể thao và Du lịch"),
    ("Sở Văn hóa, Thể thao và Du lịch", "/Sở Văn hóa, Thể thao và Du lịch"), ("Công An tỉnh", "/Công an tỉnh"),
    ("CA tỉnh", "/Công an tỉnh"), ("VP UBND tỉnh", "/Văn phòng UBND tỉnh"), ("Giám đốc Sở Nội vụ", "/Sở Nội vụ"),
    ("Sở Giáo dục và Đào tạo (bao gồm các trường trực thuộc)", "/Sở Giáo dục và Đào tạo"), ("UBND tỉnh", ""),
    ("Bộ CHQS tỉnh", "/Bộ Chỉ huy Quân sự tỉnh"), ("UBND xã Bát Xát", "/UBND xã Bát Xát"),
    ("Chủ tịch UBND phường Cam Đường", "/UBND phường Cam Đường"), ("Thanh tra tỉnh", "/Thanh tra tỉnh"),
]  # fmt: skip
_OF_PARTY: list[Said] = [
    ("Ban Tổ chức Tỉnh ủy", "/Ban Tổ chức Tỉnh ủy"), ("Văn phòng Tỉnh uỷ", "/Văn phòng Tỉnh ủy"), ("Tỉnh ủy",
    "/Tỉnh ủy"), ("Ban Tuyên giáo và Dân vận Tỉnh ủy", "/Ban Tuyên giáo và Dân vận Tỉnh ủy"),
    ("Ủy ban Kiểm tra Tỉnh ủy", "/Ủy ban Kiểm tra Tỉnh ủy"), ("Đảng ủy UBND tỉnh", "/Đảng ủy UBND tỉnh"),
    ("Ban Nội chính Tỉnh ủy", "/Ban Nội chính Tỉnh ủy"), ("Đảng ủy Công an tỉnh", "/Đảng ủy Công an tỉnh"),
    ("UB MTTQ Việt Nam tỉnh", "/Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh"), ("Sở Khoa học và Công nghệ",
    "/Sở Khoa học và Công nghệ"), ("Bí thư Tỉnh ủy", "/Tỉnh ủy"),
]  # fmt: skip
_OF_COMMUNE: list[Said] = [
    ("Phòng Kinh tế", "/Phòng Kinh tế xã Mường Thử"), ("Phòng Văn hóa – Xã hội",
    "/Phòng Văn hóa – Xã hội xã Mường Thử"),
    ("Văn phòng HĐND và UBND", "/Văn phòng HĐND và UBND xã Mường Thử"), ("Công an xã", "/Công an xã Mường Thử"),
    ("UBND xã", "/UBND xã Mường Thử"), ("BCH QS xã", "/Ban Chỉ huy Quân sự xã Mường Thử"),
    ("Trạm Y tế", "/Trạm Y tế xã Mường Thử"), ("Chủ tịch UBND xã", "/UBND xã Mường Thử"), ("Hội Nông dân xã",
    "/Hội Nông dân xã Mường Thử"), ("Đảng ủy xã", "/Đảng ủy xã Mường Thử"), ("Trưởng Công an xã",
    "/Công an xã Mường Thử"), ("Trung tâm Phục vụ hành chính công",
    "/Trung tâm Phục vụ hành chính công xã Mường Thử"), ("Sở Y tế", "/Sở Y tế"),
]  # fmt: skip


def _owned(names: list[Said], owner: str = "province:15") -> list[Said]:
    return [(name, f"{owner}{own}") for name, own in names]


def _who(chance: random.Random, names: list[Said], groups: list[str], *, several: int = 10, grouped: int = 10) -> Said:
    """One body mostly, several in so many of a hundred cells, in others a group alone."""
    name, meant = chance.choice(names)
    dice = chance.randrange(100)
    if dice < grouped:
        group = chance.choice(groups)
        return group, f"group:{group[:1].upper()}{group[1:]}"
    if dice < grouped + several:
        other, group = str(chance.choice(names)[0]), chance.choice(groups)
        name = str(name).rstrip(".:")
        form = chance.choice(["{a}, {b}", "{a}; {b}", "{a}\n{b}", "- {a}\n- {b}", "{a} và {b}", "{a}; {g}",
                              "{a}, {b}, {g}", "{a} chủ trì, phối hợp với {b}", "{a} chủ trì cùng {g}"])  # fmt: skip
        small = group[:1].lower() + group[1:] if group.startswith("Các") else group
        name = form.format(a=name, b=other, g=small)
    return name, meant


def _title(chance: random.Random, number: int) -> str:
    what = chance.choice(["Xây dựng", "Hoàn thiện", "Triển khai", "Rà soát, sửa đổi", "Tổ chức"])
    which = chance.choice(["nền tảng số dùng chung", "cơ sở dữ liệu chuyên ngành", "quy chế quản lý, khai thác dữ liệu",
                           "chương trình đào tạo kỹ năng số", "hạ tầng kết nối"])  # fmt: skip
    return f"{what} {which} (nội dung {number:03})"


def _others(chance: random.Random, names: list[Said], groups: list[str]) -> str:
    texts = [str(name) for name, _ in chance.sample(names, 2)]
    return chance.choice(["", chance.choice(groups), "; ".join(texts), f"{texts[0]}, {chance.choice(groups).lower()}"])


# --- the five --------------------------------------------------------------------------------------------------------


def ministry(folder: Path, chance: random.Random) -> Sent:
    """A ministry's plan: a workbook with sections, its own units as leads, quarters for deadlines."""
    own: list[Said] = [
        (name, "MOH") for name in ("Vụ Kế hoạch - Tài chính", "Cục Quản lý Khám, chữa bệnh", "Vụ Pháp chế")
    ]
    sheet = _Sheet(
        ["TT", "Nội dung công việc", "Đơn vị chủ trì", "Đơn vị phối hợp", "Sản phẩm", "Thời gian hoàn thành"],
        ["BỘ Y TẾ", "KẾ HOẠCH", "thực hiện Nghị quyết số 57-NQ/TW năm 2026", ""],
    )
    names = [*_MINISTRIES, *own]
    for number in range(1, TASKS + 1):
        if number % 25 == 1:
            sheet.section(("I", "II", "III", "IV")[number // 25], "Nhóm nhiệm vụ về thể chế, hạ tầng")
        lead, who = _who(chance, names, _GROUPS, several=12, grouped=8)
        due, when = _when(chance, quarter=58, day=20, month=6, often=8, span=3, year=5)
        if number in (17, 66, 91):
            due, when = _UNTOLD[number % 4]
        cells = [number, _title(chance, number), lead, _others(chance, names, _GROUPS), "Văn bản", due]
        sheet.task(cells, Truth(str(who), when) if when else None)
    return Sent(sheet.xlsx(folder / "Ke hoach Bo Y te.xlsx"), {}, sheet.truth, dict(map(_as_alias, own)))


def programme(folder: Path, chance: random.Random) -> Sent:
    """A programme's appendix as a CSV file: ministries by former names, a fifth of the leads groups, years alone."""
    sheet = _Sheet(
        ["TT", "Tên nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Kết quả", "Thời gian hoàn thành"],
        ["PHỤ LỤC II", "DANH MỤC CÁC NHIỆM VỤ TRIỂN KHAI CHƯƠNG TRÌNH HÀNH ĐỘNG"],
    )
    unknown: list[Said] = [(name, f"unknown:{name}") for name in ("VTV", "Viện Hàn lâm Thử nghiệm Việt Nam")]
    names = [*_MINISTRIES, *_FORMER, *_FORMER, *unknown]
    for number in range(1, TASKS + 1):
        if number in (1, 31, 61):
            sheet.section({1: "I.", 31: "II.", 61: "III."}[number], "Nâng cao nhận thức, đột phá về đổi mới tư duy")
        lead, who = _who(chance, names, _GROUPS, several=14, grouped=20)
        due, when = _when(chance, year=49, month=33, often=11, span=3, quarter=2, day=2)
        if number in (40, 83):
            due, when = _UNTOLD[0]
        if number == 12:  # the line's end between two names was lost
            lead, who = "Bộ Thông tin và Truyền thông Bộ Khoa học và Công nghệ", None
        cells = [f"{number}.", _title(chance, number), lead, _others(chance, names, _GROUPS), "Quyết định", due]
        sheet.task(cells, Truth(who, when) if who and when else None)
    return Sent(sheet.csv(folder / "Phu luc II.csv"), {"accept": "yes"}, sheet.truth, {})


def department(folder: Path, chance: random.Random) -> Sent:
    """A provincial department's follow-up sheet: codes, statuses, days of completion, repeated and merged cells."""
    sheet = _Sheet(
        ["STT", "Mã nhiệm vụ", "Nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời hạn", "Ngày hoàn thành",
         "Trạng thái", "Kết quả thực hiện"],
        ["UBND TỈNH LÀO CAI", "SỞ KHOA HỌC VÀ CÔNG NGHỆ", "", "BẢNG THEO DÕI NHIỆM VỤ ĐẾN 30/6/2026"],
    )  # fmt: skip
    groups = ["Các sở, ban, ngành", "UBND các xã, phường", "Thủ trưởng các sở, ban, ngành", "các đơn vị liên quan"]
    names = _owned(_OF_PROVINCE)
    lead, who, due, when = "", "", "", ""
    for number in range(1, TASKS + 1):
        if number in (1, 51):
            sheet.section({1: "A.", 51: "B."}[number], "Nhiệm vụ do UBND tỉnh giao")
        repeats = number % 10 in (4, 5) and when
        if not repeats:
            lead, who = _who(chance, names, groups, several=8, grouped=8)  # type: ignore[assignment]
            due, when = _when(chance, day=40, quarter=30, month=20, often=10)  # type: ignore[assignment]
            who = who.replace("group:Thủ trưởng các", "group:Các")
        if number in (22, 77):
            due, when = _UNTOLD[number % 4]  # type: ignore[assignment]
        mark = chance.choice(["nt", "-nt-", "như trên", "〃"])
        done, status = _progress(chance, when)
        cells = [number, f"LC-{number:03}", _title(chance, number), mark if repeats else lead,
                 _others(chance, names, groups), mark if repeats else due, done[0], status[0],
                 "đã ban hành văn bản"]  # fmt: skip
        told = str(done[1]) if done[1] is not None else None
        truth = Truth(who, when, told, str(status[1])) if when and told is not None else None
        row = sheet.task(cells, truth)
        if number % 20 == 0:  # two more of the same, in one merged cell
            sheet.merged.append((row - 2, row, 3))
            for below in (row - 1, row):
                sheet.rows[below - 1][3] = ""
                first, here = sheet.truth[row - 2], sheet.truth[below]
                sheet.truth[below] = here and first and here._replace(lead=first.lead)
    return Sent(sheet.xlsx(folder / "Theo doi So KHCN.xlsx"), {}, sheet.truth, {})


def _progress(chance: random.Random, when: str | None) -> tuple[Said, Said]:
    """The day of completion and the status of a task, as its sender writes both."""
    if not when or when.startswith("regular") or chance.random() < 0.5:
        return ("", ""), chance.choice([("Đang thực hiện", "in_progress"), ("Đúng tiến độ", "in_progress"),
                                        ("Quá hạn", "overdue"), ("Chưa đến hạn", "in_progress"), ("Pending", "pending"),
                                        ("Tạm dừng", "paused"), ("", ""), ("đang đôn đốc", "")])  # fmt: skip
    day = date(2026, 1, 5) + timedelta(days=chance.randrange(170))
    form = chance.choice(["", "%d/%m/%Y", "ngày %d/%m/%Y", "%d/%m/%Y (QĐ 12)", "%-d/%-m/%Y"])
    status = chance.choice(
        [("Hoàn thành", "completed"), ("Đã hoàn thành", "completed"), ("Hoàn thành 100%", "completed")]
    )
    return ((f"{day:{form}}" if form else day), day.isoformat()), status


def party(folder: Path, chance: random.Random) -> Sent:
    """A party committee's list between semicolons: its boards, and the year of its deadlines in the heading."""
    sheet = _Sheet(
        ["STT", "Nội dung", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời gian thực hiện (năm 2026)", "Ghi chú"],
        ["TỈNH ỦY LÀO CAI;", "CHƯƠNG TRÌNH CÔNG TÁC"],
    )
    central: list[Said] = [("Ban Tổ chức TW", "unknown:Ban Tổ chức TW")]
    names = [*_owned(_OF_PARTY), *_owned(_OF_PARTY), *central]
    groups = ["Các sở, ban, ngành", "Các cơ quan, đơn vị liên quan", "Các xã, phường"]
    for number in range(1, TASKS + 1):
        if number % 20 == 1:
            sheet.section(f"{'ABCDE'[number // 20]}.", "Công tác xây dựng Đảng")
        lead, who = _who(chance, names, groups, several=12, grouped=8)
        due, when = _when(chance, quarter=35, month=15, day=20, often=20, span=5, year=5)
        if number % 9 == 0:  # the heading says of which year
            due, when = chance.choice([("Quý II", "2026-Q2"), ("30/9", "2026-09-30"), ("Tháng 9", "2026-09")])
        if number in (10, 50):
            due, when = _UNTOLD[number % 4]
        if number == 71:
            lead, who = "Đề nghị phối hợp với các sở, ngành liên quan", None
        cells = [number, _title(chance, number), lead, _others(chance, names, groups), due, ""]
        sheet.task(cells, Truth(str(who), when) if who and when else None)
    return Sent(sheet.csv(folder / "Tinh uy.csv", ";"), {"accept": "yes"}, sheet.truth, {})


def commune(folder: Path, chance: random.Random) -> Sent:
    """A commune's table: offices without a name of their own, days, marks and a person in two cells."""
    sheet = _Sheet(
        ["TT", "Nội dung nhiệm vụ", "Đơn vị thực hiện", "Phối hợp", "Hạn hoàn thành", "Ngày hoàn thành",
         "Người phụ trách"],
        ["ỦY BAN NHÂN DÂN", "XÃ MƯỜNG THỬ", "", "PHÂN CÔNG NHIỆM VỤ NĂM 2026"],
    )  # fmt: skip
    villages: list[Said] = [(name, "province:15/UBND xã Mường Thử") for name in ("Tổ CNSCĐ", "Ban Xây dựng NTM")]
    names = [*_owned(_OF_COMMUNE), *villages]
    groups = ["Các đơn vị liên quan", "Các thôn, tổ dân phố", "Các cơ quan, đơn vị"]
    for number in range(1, TASKS + 1):
        lead, who = _who(chance, names, groups, several=6, grouped=6)
        due, when = _when(chance, day=60, month=15, quarter=10, often=15)
        done, _ = _progress(chance, when)
        if number in (33, 88):  # a mark, and no day
            done = "x", None
        if number in (5, 6):
            lead, who = "Đ/c Nguyễn Văn Thử", None
        told = str(done[1]) if done[1] is not None else None
        truth = Truth(str(who), str(when), told) if who and told is not None else None
        cells = [number, _title(chance, number), lead, _others(chance, names, groups), due, done[0], "Trần Văn Mẫu"]
        sheet.task(cells, truth)
    return Sent(
        sheet.xlsx(folder / "Xa Muong Thu.xlsx"), {"sender": "UBND xã Mường Thử, tỉnh Lào Cai"}, sheet.truth,
        dict(map(_as_alias, villages)),
    )  # fmt: skip


def _as_alias(said: Said) -> tuple[str, str]:
    return str(said[0]), str(said[1])


SENDERS = {each.__name__: each for each in (ministry, programme, department, party, commune)}


def written(name: str, folder: Path, seed: int = 57) -> Sent:
    """The table of one of the senders."""
    return SENDERS[name](folder, random.Random(f"{seed} {name}"))
