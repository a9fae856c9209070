"""Made-up files to try things with, marked as such: a register of tasks, and sets of transactions of any size.

Titles, folders, the metadata of every file and every page say that they are made up. Agencies and the 34 provinces are
those of `data/`; their figures here, the services, the law and every count are invented, save that the totals of tasks
are the published ones. The same seed gives the same bytes.

A day has so many lines as its weight among all days asks for: weekdays, seasons, Tet and holidays. They fall on
distinct cells of service, province and channel, drawn with probability by weight (Efraimidis and Spirakis, 2006: the
least of Exponential(1) / weight). What is done online follows an S-curve, which a law makes steeper from a day on.
With communes the cells are a hundred times as many, so they are drawn one by one until enough of them differ.
"""

from __future__ import annotations

import csv
import io
import os
import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from r57lib.data.lines import CATALOGUE, CHANNELS, COMMUNE, LEVELS, MARK_KEY, SET_RECEIPT, connected, quoted
from r57lib.data.periods import month_of
from r57lib.disk import as_json, put_in_place, sha256, write
from r57lib.errors import WrongCall
from r57lib.ingest.rows import MARK

SEED = 57
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
        begun = f"{self.assigned:%d/%m/%Y}"
        return str(number), self.code, self.title, self.lead, self.others, begun, self.deadline, done


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
        before, month = day, month_of(day + timedelta(days=1))


def _csv(rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([MARK, *[""] * (len(HEAD) - 1)])
    writer.writerow(HEAD)
    writer.writerows(rows)
    return buffer.getvalue()


def write_sample(folder: Path, seed: int = SEED) -> list[Path]:
    """Write a CSV file for each month, and the end of September as two workbooks with the faults that are usual."""
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


# --- transactions ----------------------------------------------------------------------------------------------------

FIRST, LAST_DAY, LAW = date(2024, 1, 1), date(2026, 1, 31), date(2025, 7, 1)
"""The first and the last day, and the one on which the made-up law takes effect."""
DEFAULT_LINES, LINES_SEED = 1_000_000, 57
SERVICE_COUNTS = {"ministry": 300, "province": 1_100, "commune": 600}
NEVER_USED = 0.22
_END_TO_END = {"ministry": 0.42, "province": 0.62, "commune": 0.5}
_IN_PART = 0.28
_START = {"ministry": -0.6, "province": -1.7, "commune": -2.3}
"""The log-odds of an online channel on the first day."""
_SLOPE, _SLOPE_UNDER_LAW = 0.45, 1.9
"""How fast they grow, per year, before and under the law."""
_WEEK = (1.16, 1.12, 1.02, 0.99, 0.95, 0.3, 0.1)
_TET = (date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17))
_HOLIDAYS = ((1, 1), (4, 30), (5, 1), (9, 2))
_MEAN_DOSSIERS, _MOST_DOSSIERS = 2.4, 900
_SUBJECTS = (
    ("hộ tịch", "civil status"), ("đất đai", "land"), ("doanh nghiệp", "business"), ("giao thông", "transport"),
    ("y tế", "health"), ("giáo dục", "education"), ("lao động", "labour"), ("xây dựng", "building"),
)  # fmt: skip

FIRST_COMMUNE, MOST_COMMUNES = 90_001, 9_999
"""Made-up communes have codes that no commune has: the last of the country begins with 3."""

Numbers = npt.NDArray[Any]


def day_weight(day: date) -> float:
    """How busy a day is: week, season, growth, the weeks around Tet, public holidays."""
    years = (day - FIRST).days / 365.25
    season = 1 + 0.09 * np.sin(2 * np.pi * (day.timetuple().tm_yday - 80) / 365.25)
    weight = _WEEK[day.weekday()] * season * 1.05**years
    if (day.month, day.day) in _HOLIDAYS:
        weight *= 0.12
    for tet in _TET:
        away = (day - tet).days
        weight *= 0.06 if -2 <= away <= 5 else 1.25 if -20 <= away < -2 else 0.8 if 5 < away <= 15 else 1.0
    return float(weight)


@dataclass(frozen=True)
class Country:
    """What is drawn once from the seed: the services and how much each is asked for, and the size of each province."""

    seed: int
    provinces: tuple[str, ...]
    cities: frozenset[str]
    communes: int = 0

    @cached_property
    def services(self) -> pd.DataFrame:
        """The catalogue, with the weight of each service (0: never used) and whether it can be asked for online."""
        chance = np.random.default_rng([self.seed, 1])
        levels = np.repeat(list(SERVICE_COUNTS), list(SERVICE_COUNTS.values()))
        count = len(levels)
        kind = chance.random(count)
        whole = kind < np.array([_END_TO_END[level] for level in levels])
        online = pd.to_datetime(FIRST) + pd.to_timedelta(chance.integers(-900, 700, count), unit="D")
        weight = 1 / (chance.permutation(count) + 6.0) ** 1.05 * chance.lognormal(0, 0.5, count)
        subject = chance.integers(0, len(_SUBJECTS), count)
        return pd.DataFrame(
            {
                "service_id": [f"SYN-{number:04}" for number in range(1, count + 1)],
                "level": levels,
                "name_vi": [f"Dịch vụ giả lập {n:04} ({_SUBJECTS[s][0]})" for n, s in enumerate(subject, start=1)],
                "name_en": [f"Made-up service {n:04} ({_SUBJECTS[s][1]})" for n, s in enumerate(subject, start=1)],
                "offered_since": pd.Timestamp(2020, 1, 1),
                "online_since": pd.Series(online).where(whole),
                "weight": np.where(chance.random(count) < NEVER_USED, 0, weight),
                "portal": kind < np.array([_END_TO_END[level] + _IN_PART for level in levels]),
            }
        )

    @cached_property
    def sizes(self) -> Numbers:
        """The share of each province."""
        chance = np.random.default_rng([self.seed, 2])
        size = chance.lognormal(0, 0.65, len(self.provinces)) * np.where(np.isin(self.provinces, [*self.cities]), 5, 1)
        shares: Numbers = size / size.sum()
        return shares

    @cached_property
    def lead(self) -> Numbers:
        """How far each province is ahead or behind online, in log-odds."""
        return np.random.default_rng([self.seed, 3]).normal(0, 0.55, len(self.provinces))

    @cached_property
    def used(self) -> pd.DataFrame:
        """The services that are used."""
        return self.services[self.services["weight"] > 0].reset_index(drop=True)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.used["service_id"])

    @cached_property
    def _level_numbers(self) -> Numbers:
        return np.array([LEVELS.index(level) for level in self.used["level"]])

    def weights(self, day: date) -> Numbers:
        """The weight of every cell on a day: services x provinces x channels."""
        online = 1 / (1 + np.exp(-self._log_odds(day)))
        portal, post = 0.62 * online, 0.12 * (1 - online)
        shares = np.stack([1 - online - post, post, portal, online - portal], axis=-1)
        cells: Numbers = self._demand * shares[self._level_numbers]
        return cells

    @cached_property
    def _demand(self) -> Numbers:
        """How much is asked for in every cell, were all by one channel; nothing where a service is not online."""
        demand = self.used["weight"].to_numpy()[:, None] * self.sizes[None, :]
        reach = np.ones((len(self.used), 1, len(CHANNELS)))
        reach[~self.used["portal"].to_numpy(dtype=bool), :, 2:] = 0
        cells: Numbers = demand[:, :, None] * reach
        return cells

    def _log_odds(self, day: date) -> Numbers:
        """Of an online channel, by level and province."""
        years, under_law = (day - FIRST).days / 365.25, max((day - LAW).days, 0) / 365.25
        start = np.array([_START[level] for level in LEVELS])
        odds: Numbers = start[:, None] + self.lead[None, :] + _SLOPE * years + (_SLOPE_UNDER_LAW - _SLOPE) * under_law
        return odds

    @cached_property
    def _in_province(self) -> Numbers:
        """How many communes each province has: one at least, the others by its size."""
        parts: Numbers = 1 + _shared(self.communes - len(self.provinces), self.sizes)
        return parts

    @cached_property
    def _shares(self) -> Numbers:
        """The share of each commune in the dossiers of its province; those of a province stand together."""
        size = np.random.default_rng([self.seed, 4]).lognormal(0, 0.8, self.communes)
        whole = np.add.reduceat(size, np.cumsum(self._in_province) - self._in_province)
        shares: Numbers = size / np.repeat(whole, self._in_province)
        return shares

    @cached_property
    def _commune_names(self) -> tuple[str, ...]:
        return tuple(str(FIRST_COMMUNE + number) for number in range(self.communes))

    @cached_property
    def cells(self) -> int:
        """How many different lines a day can have; of communes only so many that drawing finds them soon."""
        there = self.weights(FIRST) > 0
        if not self.communes:
            return int(there.sum()) - 1
        named = there[self._level_numbers > 0].sum(axis=(0, 2)) @ self._in_province
        return int(named + there[self._level_numbers == 0].sum()) // 8

    @cached_property
    def _of_cell(self) -> tuple[Numbers, Numbers, Numbers]:
        """The service and the province of each cell of weights, and how many different lines it has room for."""
        shape = (len(self.used), len(self.provinces), len(CHANNELS))
        service, province, _ = np.unravel_index(np.arange(np.prod(shape)), shape)
        return service, province, np.where(self._level_numbers[service] == 0, 1, self._in_province[province])

    def _drawn(self, chance: np.random.Generator, count: int, weights: Numbers) -> tuple[Numbers, Numbers]:
        """So many different cells with a commune each, or with -1 where a ministry decides and none is named."""
        last = np.cumsum(self._in_province)
        communes, first = np.cumsum(self._shares), last - self._in_province
        service, province, room = self._of_cell
        found = np.empty(0, dtype=np.int64)
        while len(found) < count:  # a cell of which much is drawn is seldom drawn again
            there = np.bincount(found // (self.communes + 1), minlength=weights.size)
            upto = (weights * (1 - there / room)).cumsum()
            at = np.sort(chance.random(2 * (count - len(found)) + 100))  # in order they are found ten times as soon
            cells = np.searchsorted(upto, at * upto[-1], side="right")
            held = province[cells]
            commune = np.searchsorted(communes, held + chance.random(len(cells)), side="right")
            commune = np.clip(commune, first[held], last[held] - 1)
            commune[self._level_numbers[service[cells]] == 0] = -1
            keys = np.sort(np.concatenate([found, cells * (self.communes + 1) + commune + 1]))
            found = keys[np.diff(keys, prepend=-1) > 0]
        cells, commune = np.divmod(np.sort(chance.choice(found, count, replace=False)), self.communes + 1)
        return cells, commune - 1

    def lines(self, day: date, count: int) -> pd.DataFrame:
        """So many lines of a day, in the order of their cells."""
        chance = np.random.default_rng([self.seed, day.toordinal()])
        weights = self.weights(day).ravel()
        if self.communes:
            cells, commune = self._drawn(chance, count, weights)
            share = np.where(commune < 0, 1, self._shares[commune])
        else:
            late = np.full(weights.size, np.inf, dtype=np.float32)
            wait = chance.standard_exponential(weights.size, dtype=np.float32)
            np.divide(wait, weights, out=late, where=weights > 0, casting="same_kind")
            cells, commune, share = np.sort(np.argpartition(late, count)[:count]), np.empty(0), np.ones(1)
        service, province, channel = np.unravel_index(cells, (len(self.used), len(self.provinces), len(CHANNELS)))
        mean = np.minimum((_MEAN_DOSSIERS - 1) * count * weights[cells] * share / weights.sum(), _MOST_DOSSIERS)
        dossiers = 1 + chance.poisson(mean)
        since = self.used["online_since"].to_numpy()[service]
        whole = (channel >= 2) & (since <= np.datetime64(day))
        online = chance.binomial(dossiers, np.where(whole, np.where(channel == 3, 0.93, 0.82), 0))
        return pd.DataFrame(
            {
                "day": np.full(count, np.datetime64(day, "s")),
                "level": _coded(self._level_numbers[service], LEVELS),
                "province_code": _coded(province, self.provinces),
                "service_id": _coded(service, self._names),
                "channel": _coded(channel, CHANNELS),
                **({COMMUNE: _coded(commune, self._commune_names)} if self.communes else {}),
                "dossiers": dossiers,
                "online_dossiers": online,
            }
        )


def _coded(numbers: Numbers, names: tuple[str, ...]) -> pd.Categorical[Any]:
    """Texts as numbers of a list, which Parquet keeps as they are."""
    return pd.Categorical.from_codes(numbers.tolist(), dtype=_kinds(names))


@cache
def _kinds(names: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(pd.Index(list(names), dtype="str"))


def lines_of_days(country: Country, rows: int, first: date = FIRST, last: date = LAST_DAY) -> dict[date, int]:
    """How many lines each day has, `rows` in all, by weight. Raises `WrongCall` for more than there are cells."""
    all_days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    most = country.cells
    weights = np.array([day_weight(day) for day in all_days])
    counts = np.zeros(len(all_days), dtype=np.int64)
    left = rows
    while left and (counts < most).any():
        free = np.where(counts < most, weights, 0)
        counts = np.minimum(counts + _shared(left, free), most)
        left = rows - int(counts.sum())
    if left:
        raise WrongCall(f"--rows {rows}: {len(all_days)} days hold {int(counts.sum()):,} lines at most")
    return dict(zip(all_days, counts.tolist(), strict=True))


def _shared(count: int, weights: Numbers) -> Numbers:
    """A count in whole parts by weight, by the largest remainders."""
    exact = count * weights / weights.sum()
    parts: Numbers = np.floor(exact).astype(np.int64)
    first = np.argsort(parts - exact, kind="stable")[: count - int(parts.sum())]
    parts[first] += 1
    return parts


def write_lines(
    folder: Path,
    provinces: Sequence[tuple[str, str]],
    rows: int = DEFAULT_LINES,
    seed: int = LINES_SEED,
    *,
    first: date = FIRST,
    last: date = LAST_DAY,
    communes: int = 0,
) -> Path:
    """Write a set of `rows` lines for provinces (code and kind) from day to day, whole or not at all.

    With `communes` its lines name so many made-up ones, save those of ministries, which name none.
    A folder of that name is replaced where it is such a set, and refused with `WrongCall` where it is anything else.
    A month is held in memory at a time: about 300 MB for 50 million lines.
    """
    if folder.exists() and not (folder / SET_RECEIPT).is_file() and any(folder.iterdir()):
        raise WrongCall(f"'{folder}' is there and is no set of transactions: name another folder")
    codes = tuple(sorted(code for code, _ in provinces))
    if communes and not len(codes) <= communes <= MOST_COMMUNES:
        raise WrongCall(f"--communes {communes}: made-up ones are {len(codes)}, one a province, to {MOST_COMMUNES:,}")
    country = Country(seed, codes, frozenset(code for code, kind in provinces if kind == "city"), communes)
    counts = lines_of_days(country, rows, first, last)
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    shutil.rmtree(building, ignore_errors=True)
    try:
        _write_files(building, country, counts)
        receipt = {"synthetic": MARK, "seed": seed, "rows": rows, "law": LAW.isoformat(), "files": _sizes(building)}
        write(building / SET_RECEIPT, as_json(receipt))
        put_in_place(building, folder)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return folder


def _write_files(building: Path, country: Country, counts: dict[date, int]) -> None:
    building.mkdir()
    catalogue = country.services.drop(columns=["weight", "portal"])
    _write_parquet(building / CATALOGUE, catalogue, "* REPLACE (offered_since::DATE AS offered_since, "
                   "online_since::DATE AS online_since)", country.seed)  # fmt: skip
    for month in sorted({month_of(day) for day in counts}):
        there = [day for day, count in counts.items() if count and month_of(day) == month]
        if there:
            place = building / f"year={month.year}" / f"month={month.month:02}"
            place.mkdir(parents=True)
            lines = pd.concat([country.lines(day, counts[day]) for day in there], ignore_index=True)
            _write_parquet(place / f"synthetic-{month}.parquet", lines, "* REPLACE (day::DATE AS day)", country.seed)


def _write_parquet(path: Path, frame: pd.DataFrame, columns: str, seed: int) -> None:
    """One file by one thread: its bytes depend on nothing else. It says in its metadata that it is made up."""
    with connected() as connection:
        connection.execute("SET threads = 1")
        connection.register("made", frame)
        mark = f"{MARK_KEY}: '{MARK}', r57_seed: '{seed}'"
        copy = f"COPY (SELECT {columns} FROM made) TO {quoted(path)}"
        connection.execute(f"{copy} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{mark}}})")


def _sizes(folder: Path) -> dict[str, dict[str, Any]]:
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.parquet"))}
    return {name: {"bytes": path.stat().st_size, "sha256": sha256(path)} for name, path in files.items()}
