"""A register that nobody sent: synthetic tasks whose totals are the published ones, for trials and training.

Every title says that the task is made up. Agencies are real, their figures here are not. The same seed gives the same
bytes.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from r57lib.data.periods import Month, month_of
from r57lib.disk import write

SEED = 57
MARK = "DỮ LIỆU GIẢ LẬP / SYNTHETIC DATA"
"""What stands on top of every file."""

BEGUN, AUGUST, SEPTEMBER, LAST = date(2025, 4, 1), date(2025, 8, 28), date(2025, 9, 30), date(2026, 1, 31)
HEAD = ("STT", "Mã nhiệm vụ", "Nội dung nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Ngày giao", "Thời hạn",
        "Ngày hoàn thành")  # fmt: skip
LEADS = {
    "Bộ Khoa học và Công nghệ": 22, "Bộ Công an": 12, "Bộ Tài chính": 11, "Bộ Giáo dục và Đào tạo": 9, "Bộ Y tế": 8,
    "Bộ Nông nghiệp và Môi trường": 8, "Bộ Tư pháp": 7, "Bộ Xây dựng": 6, "Ngân hàng Nhà nước Việt Nam": 5,
    "Bộ Dân tộc và Tôn giáo": 3, "Hà Nội": 4, "TP. Hồ Chí Minh": 4, "Đà Nẵng": 1,
}  # fmt: skip
"""The agencies and their weight: how many tasks each leads."""

SUBJECTS = ("nền tảng số dùng chung", "cơ sở dữ liệu chuyên ngành", "dịch vụ công trực tuyến", "đào tạo nhân lực số",
            "phòng thí nghiệm trọng điểm", "quy chuẩn kỹ thuật", "an toàn thông tin", "hạ tầng 5G")  # fmt: skip


@dataclass(frozen=True)
class MadeUpTask:
    """A made-up task; `due` is the last day of its deadline as it is written."""

    code: str
    title: str
    lead: str
    others: str
    assigned: date
    due: date
    deadline: str
    completed: date | None = None

    def row(self, number: int, day: date) -> tuple[str, ...]:
        """The task as a file of a day shows it."""
        done = f"{self.completed:%d/%m/%Y}" if self.completed and self.completed <= day else ""
        return (
            str(number),
            self.code,
            self.title,
            self.lead,
            self.others,
            f"{self.assigned:%d/%m/%Y}",
            self.deadline,
            done,
        )


def make_tasks(seed: int = SEED) -> list[MadeUpTask]:
    """The tasks, in the order of their codes.

    At the end of September 2025 their statuses add up to the published 679, of which 186 on time, 91 late, 24 overdue
    and 378 open; on 28 August to 330, of which 65, 25, 4 and 236. The scope stays from then on.
    """
    chance = random.Random(seed)
    shapes = [
        # how many, assigned, due, completed: each a range of days
        (65, (BEGUN, date(2025, 5, 31)), (date(2025, 7, 1), date(2025, 9, 20)), "before", AUGUST),
        (25, (BEGUN, date(2025, 5, 31)), (date(2025, 6, 10), date(2025, 7, 31)), "after", AUGUST),
        (4, (BEGUN, date(2025, 5, 31)), (date(2025, 8, 1), date(2025, 8, 20)), "september", SEPTEMBER),
        (100, (BEGUN, date(2025, 7, 31)), (SEPTEMBER, date(2025, 12, 20)), "september", SEPTEMBER),
        (62, (BEGUN, date(2025, 7, 31)), (date(2025, 8, 29), date(2025, 9, 15)), "late in september", SEPTEMBER),
        (20, (BEGUN, date(2025, 7, 31)), (date(2025, 8, 30), date(2025, 9, 28)), "later", LAST),
        (54, (BEGUN, date(2025, 7, 31)), (date(2025, 10, 15), date(2026, 6, 30)), "later", LAST),
        (21, (date(2025, 8, 29), date(2025, 9, 5)), (SEPTEMBER, date(2025, 12, 20)), "september", SEPTEMBER),
        (4, (date(2025, 8, 29), date(2025, 9, 5)), (date(2025, 9, 20), date(2025, 9, 28)), "later", LAST),
        (324, (date(2025, 8, 29), date(2025, 9, 20)), (date(2025, 10, 31), date(2026, 12, 31)), "later", LAST),
    ]
    tasks = [
        _task(chance, assigned, due, ends, until) for count, assigned, due, ends, until in shapes for _ in range(count)
    ]
    tasks.sort(key=lambda each: each.assigned)
    return [
        replace(each, code=f"MAU-{number:04d}", title=f"Nhiệm vụ giả lập {number}: {each.title}")
        for number, each in enumerate(tasks, start=1)
    ]


def _task(
    chance: random.Random, assigned: tuple[date, date], due: tuple[date, date], ends: str, until: date
) -> MadeUpTask:
    begun, last = _between(chance, *assigned), _between(chance, *due)
    deadline = f"{last:%d/%m/%Y}"
    if ends == "later" and last > date(2025, 10, 1) and chance.random() < 0.6:
        quarter = (last.month + 2) // 3
        last = date(last.year, 12, 31) if quarter == 4 else date(last.year, 3 * quarter + 1, 1) - timedelta(days=1)
        deadline = f"Quý {('I', 'II', 'III', 'IV')[quarter - 1]}/{last.year}"
    lead = chance.choices(list(LEADS), list(LEADS.values()))[0]
    others = "; ".join(chance.sample([name for name in LEADS if name != lead], chance.choice((0, 0, 1, 2))))
    title = chance.choice(SUBJECTS)
    return MadeUpTask("", title, lead, others, begun, last, deadline, _completed(chance, begun, last, ends, until))


def _completed(chance: random.Random, begun: date, due: date, ends: str, until: date) -> date | None:
    if ends == "before":
        return _between(chance, max(begun, date(2025, 6, 1)), min(due, until))
    if ends == "after":
        return _between(chance, due + timedelta(days=1), until)
    if ends == "september":
        return _between(chance, date(2025, 9, 6), until)
    if ends == "late in september":
        return _between(chance, max(due + timedelta(days=1), date(2025, 9, 1)), until)
    if chance.random() < 0.35:
        return None
    day = _between(chance, SEPTEMBER + timedelta(days=1), date(2026, 6, 30))
    return day if day <= until else None


def _between(chance: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=chance.randrange((last - first).days + 1))


def month_files(tasks: Sequence[MadeUpTask]) -> Iterator[tuple[date, str]]:
    """For each month the day of its report, and as CSV what is new or was completed since the one before."""
    before, month = BEGUN - timedelta(days=1), month_of(BEGUN)
    while month <= month_of(LAST):
        day = month.last_day
        moved = [
            each
            for each in tasks
            if before < each.assigned <= day or (each.completed and before < each.completed <= day)
        ]
        yield day, _csv([each.row(number, day) for number, each in enumerate(moved, start=1)])
        before, month = day, _next(month)


def _next(month: Month) -> Month:
    return month_of(month.last_day + timedelta(days=1))


def _csv(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([MARK, *[""] * (len(HEAD) - 1)])
    writer.writerow(HEAD)
    writer.writerows(rows)
    return buffer.getvalue()


# --- workbooks with the faults that are usual ------------------------------------------------------------------------


def write_sample(folder: Path, seed: int = SEED) -> list[Path]:
    """Write a CSV file for each month, and the end of September as two workbooks as a ministry might send them."""
    tasks = make_tasks(seed)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for day, text in month_files(tasks):
        paths.append(folder / f"{day:%Y-%m}.csv")
        write(paths[-1], text)
    known = [each for each in tasks if each.assigned <= SEPTEMBER]
    for name, lead, faults in (
        ("so-theo-doi-1.xlsx", "Bộ Khoa học và Công nghệ", _FIRST),
        ("so-theo-doi-2.xlsx", "Bộ Nông nghiệp và Môi trường", _SECOND),
    ):
        paths.append(folder / name)
        _messy(paths[-1], [each for each in known if each.lead == lead], lead, faults)
    return paths


_FIRST: dict[int, tuple[int, Any]] = {
    2: (1, 7), 5: (6, "Quý IV"), 8: (7, "31/09/2025"), 11: (3, "Bộ Khoa học"), 13: (7, "15/10/2025"),
    17: (6, "30/6 (dự thảo); quý IV"), 20: (2, "B\ufffdo c\ufffdo"),
}  # fmt: skip
_SECOND: dict[int, tuple[int, Any]] = {
    1: (6, ""), 4: (6, "15/13/2025"), 7: (7, "xong"), 9: (1, ""), 12: (3, "Bộ NN"), 15: (5, "32/01/2025"),
}  # fmt: skip
"""By row: the column and what stands there instead."""


def _messy(path: Path, tasks: Sequence[MadeUpTask], lead: str, faults: dict[int, tuple[int, Any]]) -> None:
    """A workbook with title lines, a heading in two rows, sections, merged cells, a total, and some faults."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"title": MARK, "created": datetime(2025, 10, 1)})
        page = book.add_worksheet("Nhiệm vụ")
        bold = book.add_format({"bold": True})
        page.merge_range("A1:H1", MARK, bold)
        page.write_string("A2", f"{lead.upper()}: TÌNH HÌNH THỰC HIỆN NHIỆM VỤ ĐẾN 30/9/2025")
        for column in (0, 1, 2, 5, 6, 7):
            page.merge_range(3, column, 4, column, HEAD[column], bold)
        page.merge_range("D4:E4", "Cơ quan thực hiện", bold)
        page.write_row(4, 3, ["Chủ trì", "Phối hợp"])
        page.write_row(5, 0, [f"({number})" for number in range(1, 9)])
        line = 6
        for number, each in enumerate(tasks, start=1):
            if number in (1, 1 + len(tasks) // 2):
                page.merge_range(line, 0, line, 7, ("I. THỂ CHẾ", "II. HẠ TẦNG VÀ DỮ LIỆU")[number > 1], bold)
                line += 1
            _messy_row(page, line, list(each.row(number, SEPTEMBER)), number, faults)
            line += 1
        page.write_row(line, 0, ["Tổng cộng", "", f"{len(tasks)} nhiệm vụ"])
        page.write_string(line + 2, 6, "NGƯỜI LẬP BIỂU")
        page.set_column(0, 7, 22)


def _messy_row(page: Any, line: int, cells: list[Any], number: int, faults: dict[int, tuple[int, Any]]) -> None:
    """A row with spellings that can be repaired, and with its fault where it has one."""
    cells[3] = (cells[3], cells[3].replace(" và ", " & "), cells[3].upper())[number % 3]
    if number % 4 == 0:
        cells[1] = cells[1].replace("-", "–")
    if number in faults:
        column, value = faults[number]
        cells[column] = value
    for column, cell in enumerate(cells):
        if isinstance(cell, str):
            page.write_string(line, column, cell)
        else:
            page.write_number(line, column, cell)
