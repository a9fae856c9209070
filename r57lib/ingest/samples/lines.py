"""Transactions that never were: a seeded set of any size, for trials, training and measurement.

The folder, every file's metadata, the receipt and every page say that the lines are made up. Provinces are the 34 of
`data/`; their sizes here, the services, the law and every count are invented. The same seed gives the same bytes.

A day has so many lines as its weight among all days asks for: weekdays, seasons, Tet and holidays. They fall on
distinct cells of service, province and channel, drawn with probability by weight (Efraimidis and Spirakis, 2006: the
least of Exponential(1) / weight). What is done online follows an S-curve, which a law makes steeper from a day on.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from r57lib.data.lines import CATALOGUE, CHANNELS, LEVELS, MARK_KEY, SET_RECEIPT, connected, quoted
from r57lib.data.periods import month_of
from r57lib.disk import as_json, put_in_place, sha256, write
from r57lib.errors import WrongCall
from r57lib.ingest.samples.register import MARK

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
    def _level_numbers(self) -> Numbers:
        return np.array([LEVELS.index(level) for level in self.used["level"]])

    def weights(self, day: date) -> Numbers:
        """The weight of every cell on a day: services x provinces x channels."""
        online = 1 / (1 + np.exp(-self._log_odds(day)))
        portal, post = 0.62 * online, 0.12 * (1 - online)
        shares = np.stack([1 - online - post, post, portal, online - portal], axis=-1)[self._level_numbers]
        reach = np.ones_like(shares)
        reach[~self.used["portal"].to_numpy(dtype=bool), :, 2:] = 0
        demand = self.used["weight"].to_numpy()[:, None] * self.sizes[None, :]
        cells: Numbers = demand[:, :, None] * shares * reach
        return cells

    def _log_odds(self, day: date) -> Numbers:
        """Of an online channel, by level and province."""
        years, under_law = (day - FIRST).days / 365.25, max((day - LAW).days, 0) / 365.25
        start = np.array([_START[level] for level in LEVELS])
        odds: Numbers = start[:, None] + self.lead[None, :] + _SLOPE * years + (_SLOPE_UNDER_LAW - _SLOPE) * under_law
        return odds

    def lines(self, day: date, count: int) -> pd.DataFrame:
        """So many lines of a day, in the order of their cells."""
        chance = np.random.default_rng([self.seed, day.toordinal()])
        weights = self.weights(day).ravel()
        late = np.full(weights.size, np.inf, dtype=np.float32)
        wait = chance.standard_exponential(weights.size, dtype=np.float32)
        np.divide(wait, weights, out=late, where=weights > 0, casting="same_kind")
        cells = np.sort(np.argpartition(late, count)[:count])
        service, province, channel = np.unravel_index(cells, (len(self.used), len(self.provinces), len(CHANNELS)))
        mean = np.minimum((_MEAN_DOSSIERS - 1) * count * weights[cells] / weights.sum(), _MOST_DOSSIERS)
        dossiers = 1 + chance.poisson(mean)
        since = self.used["online_since"].to_numpy()[service]
        whole = (channel >= 2) & (since <= np.datetime64(day))
        online = chance.binomial(dossiers, np.where(whole, np.where(channel == 3, 0.93, 0.82), 0))
        return pd.DataFrame(
            {
                "day": np.full(count, np.datetime64(day, "s")),
                "level": _coded(self._level_numbers[service], LEVELS),
                "province_code": _coded(province, self.provinces),
                "service_id": _coded(service, self.used["service_id"]),
                "channel": _coded(channel, CHANNELS),
                "dossiers": dossiers,
                "online_dossiers": online,
            }
        )


def _coded(numbers: Numbers, names: Iterable[str]) -> pd.Categorical[Any]:
    """Texts as numbers of a list, which Parquet keeps as they are."""
    return pd.Categorical.from_codes(numbers.tolist(), pd.Index(list(names), dtype="str"))


def lines_of_days(country: Country, rows: int, first: date = FIRST, last: date = LAST_DAY) -> dict[date, int]:
    """How many lines each day has, `rows` in all, by weight. Raises `WrongCall` for more than there are cells."""
    all_days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    most = int((country.weights(FIRST) > 0).sum()) - 1
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
) -> Path:
    """Write a set of `rows` lines for provinces (code and kind) from day to day, whole or not at all.

    A folder of that name is replaced where it is such a set, and refused with `WrongCall` where it is anything else.
    A month is held in memory at a time: about 300 MB for 50 million lines.
    """
    if folder.exists() and not (folder / SET_RECEIPT).is_file() and any(folder.iterdir()):
        raise WrongCall(f"'{folder}' is there and is no set of transactions: name another folder")
    codes = tuple(sorted(code for code, _ in provinces))
    country = Country(seed, codes, frozenset(code for code, kind in provinces if kind == "city"))
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
