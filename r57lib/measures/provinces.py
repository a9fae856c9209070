"""The 34 provinces and cities: what each was formed from, its values, and what is carried across 1 July 2025.

On that day 63 units became 34. A history of the 63 is carried to the 34 only where arithmetic allows it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pandas as pd

from r57lib.data.tables import Tables, remembered, rows_where
from r57lib.measures.indicators import Observed, latest_observations, series

MERGED_ON = date(2025, 7, 1)
"""The day from which there are 34 units; until the day before there were 63."""

Measure = Literal["count", "share", "index", "rank"]
MEASURES: tuple[Measure, ...] = ("count", "share", "index", "rank")

_OF_UNIT: dict[str, Measure] = {"rank": "rank", "index": "index", "share": "share", "ratio": "share"}


@dataclass(frozen=True)
class Carried:
    """A value on the basis of the 34 units, or why there is none: `rank`, `index`, `missing` or `denominator`.

    `missing` names the units before whose value, or whose denominator, is not known.
    """

    value: float | None = None
    refusal: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed(Observed):
    """The newest value of a province, beside that of the block of provinces and cities where a source gives one.

    `units_basis` is `34`, or `both` where the unit is the same before and after and the value no rank. The value of the
    block is of the same indicator, period and basis.
    """

    units_basis: str
    localities_value: float
    localities_qualifier: str | None
    localities_facts: tuple[str, ...] | float


def measure_of(indicator_id: str, unit: str) -> Measure:
    """What arithmetic a value allows; a count "per 10,000" is a share, whatever its unit.

    >>> measure_of("5g_stations", "station"), measure_of("st_staff_per_10000", "count"), measure_of("gii_rank", "rank")
    ('count', 'share', 'rank')
    """
    return "share" if "_per_" in indicator_id else _OF_UNIT.get(unit, "count")


def carried_across(
    values: Mapping[str, float],
    before: Collection[str],
    *,
    measure: Measure,
    denominators: Mapping[str, float] | None = None,
) -> Carried:
    """The value of a unit of today from those of the units `before` it, all of one period and one definition.

    Counts are added when all of them are known. Shares are sum(share x denominator) / sum(denominator), so every
    denominator must be known as well; where one unit alone stood before, its share and its index stay. An index is
    built by a rule of its own and is neither added nor averaged. A rank is never carried: it is a place among 63, or
    among 34. Raises `ValueError` for a value of a unit that is not among those before.
    """
    strangers = sorted({*values, *(denominators or {})} - set(before))
    if strangers or not before:
        raise ValueError(f"not among the units before: {', '.join(strangers) or 'there are none'}")
    if measure == "rank" or (measure == "index" and len(before) > 1):
        return Carried(refusal=measure)
    if missing := _unknown(values, before):
        return Carried(refusal="missing", missing=missing)
    if measure == "count" or len(before) == 1:
        return Carried(math.fsum(values.values()))
    weights = denominators or {}
    if missing := _unknown(weights, before):
        return Carried(refusal="denominator", missing=missing)
    whole = math.fsum(weights.values())
    if whole <= 0 or min(weights.values()) < 0:
        return Carried(refusal="denominator", missing=tuple(before))
    return Carried(math.fsum(values[unit] * weights[unit] for unit in before) / whole)


def _unknown(values: Mapping[str, float], before: Iterable[str]) -> tuple[str, ...]:
    return tuple(unit for unit in before if unit not in values or pd.isna(values[unit]))


def predecessors(tables: Tables) -> dict[str, tuple[str, ...]]:
    """The units before 1 July 2025 of each of the 34, by province code."""
    rows = tables["province_predecessors"]
    return {str(code): tuple(group["predecessor_id"]) for code, group in rows.groupby("province_code")}


def values_of_provinces(tables: Tables, *, province: str = "") -> pd.DataFrame:
    """The newest observation of each indicator and province, or of one province: rows of `Placed`."""
    rows: pd.DataFrame = _values(tables)
    if province:
        rows = rows[rows["province_code"] == province].reset_index(drop=True)
    return rows


@remembered
def _values(tables: Tables) -> pd.DataFrame:
    rows = latest_observations(tables)
    rows = rows[(rows["scope"] == "province") & rows["province_code"].notna()]
    same = {code for code, before in predecessors(tables).items() if len(before) == 1}
    unmoved = rows["province_code"].isin(same) & (rows["unit"] != "rank")
    rows = rows.assign(units_basis=unmoved.map({True: "both", False: "34"}).astype("str"))
    return rows.merge(_block(tables), on=_SAME, how="left", validate="many_to_one")


_SAME = ["indicator_id", "time_period", "basis"]


def _block(tables: Tables) -> pd.DataFrame:
    """The values of the block of localities; of two for one period, the one that became public last."""
    rows = rows_where(series(tables), scope="localities").drop_duplicates(_SAME, keep="last")
    named = {"obs_value": "localities_value", "qualifier": "localities_qualifier", "fact_ids": "localities_facts"}
    return rows[[*_SAME, *named]].rename(columns=named)


def of_the_country(tables: Tables, *, indicator: str, period: str) -> pd.DataFrame:
    """What the same producer says of the whole country in that period: of the indicator, or of its wider family.

    That of provinces is named after the country's, with an ending: the share of GRDP after that of GDP.
    """
    own = tables["indicators"].set_index("indicator_id").loc[indicator]
    rows = rows_where(series(tables), scope="national", time_period=period)
    like = rows["family"].map(lambda family: str(own["family"]).startswith(family))
    alike = rows[like & (rows["unit"] == own["unit"]) & (rows["producer_id"] == own["producer_id"])]
    return alike.sort_values("reported_on").tail(1)


def widest_indicator(tables: Tables) -> str:
    """The indicator that has values for most provinces in its newest period; of equals the first; or nothing."""
    counts = _comparable(tables)["indicator_id"].value_counts().to_dict()
    return max(sorted(map(str, counts)), key=lambda name: counts[name], default="")


def across(tables: Tables, *, indicator: str) -> pd.DataFrame:
    """The values of one indicator for the provinces in its newest period: one row a province that has one.

    Values of an older period or another basis stay out, since a map compares.
    """
    rows = _comparable(tables)
    return rows[rows["indicator_id"] == indicator].reset_index(drop=True)


@remembered
def _comparable(tables: Tables) -> pd.DataFrame:
    rows = values_of_provinces(tables)
    newest = rows.sort_values(["time_period_end", "reported_on"]).drop_duplicates("indicator_id", keep="last")
    return rows.merge(newest[_SAME], on=_SAME, validate="many_to_one")


def value_classes(values: Iterable[float], *, whole: bool = False, most: int = 5) -> list[tuple[float, float]]:
    """At most `most` classes of equal width that hold all values: [low, high), and [low, high] for whole numbers.

    The width is 1, 2 or 5 times a power of ten. Raises `ValueError` where there is no finite value.

    >>> value_classes([0.1343, 0.2228, 0.463])
    [(0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5)]
    >>> value_classes([1, 2, 12], whole=True)
    [(1.0, 5.0), (6.0, 10.0), (11.0, 15.0)]
    """
    known = [float(value) for value in values if math.isfinite(value)]
    if not known:
        raise ValueError("no value to make classes of")
    start = 1.0 if whole and min(known) >= 1 else 0.0
    low, high = min(known) - start, max(known) - start
    for step in _steps(high - low or abs(high) or 1.0, whole=whole):
        first, last = math.floor(low / step + 1e-9), math.floor(high / step + 1e-9)
        if last - first < most:
            bounds = [(round(n * step + start, 12), round((n + 1) * step + start, 12)) for n in range(first, last + 1)]
            return [(near, far - 1) for near, far in bounds] if whole else bounds
    raise AssertionError("steps grow until they hold all values")


def _steps(span: float, *, whole: bool) -> Iterable[float]:
    """1, 2 and 5 times each power of ten, from a tenth of the span upwards."""
    power = max(math.floor(math.log10(span)) - 1, -12)  # a bound has 12 decimals, and no class may be empty
    while True:
        for times in (1, 2, 5):
            step = times * 10.0**power
            if not whole or step >= 1:
                yield step
        power += 1


def class_number(value: float, classes: list[tuple[float, float]]) -> int:
    """Which class holds a value, counted from 0."""
    reached = [number for number, (low, _) in enumerate(classes) if value >= low - 1e-9 * max(1.0, abs(low))]
    return max(reached, default=0)
