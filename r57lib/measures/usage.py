"""Adoption counted in transactions: how many dossiers were done online, by level, province, service and channel.

A line is one service in one province through one channel on one day, with its dossiers and those of them that were done
online from end to end; there is a line only where there was a dossier. The measures are narwhals expressions over lazy
frames, written once for DuckDB, Polars, pandas, Dask and Spark: nothing but finished aggregates leaves the engine. Sums
are 64-bit integers and rates quotients of two of them, so every engine gives the same digits.

A month's flow and a year's stock are two measures (domain: "39.51% in June" and "45.8% in 2024" are not one series), so
each call is for one `Span`, and every result says which in its column `span`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import reduce
from operator import and_

import narwhals as nw
import pandas as pd

from r57lib.data.aggregates import SERVICES, aggregates
from r57lib.data.lines import COMMUNE, KEYS, LEVELS, Frame, lazy
from r57lib.data.periods import Month
from r57lib.data.rows import UsageSet
from r57lib.data.tables import Tables, remembered
from r57lib.errors import WrongCall, wrong_choice


class Span(StrEnum):
    """What a period holds: the flow of each month, or the stock of each year so far."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Rate:
    """Dossiers (the denominator), those of them that were done online end to end, and the rate (0-1)."""

    dossiers: int
    online_dossiers: int
    usage_rate: float


@dataclass(frozen=True, slots=True)
class YearRate(Rate):
    """That of a year, up to a month."""

    year: int


@dataclass(frozen=True, slots=True)
class MonthRate(YearRate):
    """That of a month."""

    month: int


@dataclass(frozen=True, slots=True)
class LevelRate(MonthRate):
    """That of a level of government in a month."""

    level: str


@dataclass(frozen=True, slots=True)
class ChannelRate(MonthRate):
    """That of a channel in a month."""

    channel: str


@dataclass(frozen=True, slots=True)
class ProvinceRate(MonthRate):
    """That of a province in a month."""

    province_code: str


@dataclass(frozen=True, slots=True)
class OfferedAndUsed(Rate):
    """A level's services, those of them that can be done online end to end, and its dossiers."""

    level: str
    services: int
    end_to_end_services: int
    supply_rate: float


@dataclass(frozen=True, slots=True)
class Service:
    """A service that exists with its dossiers; `end_to_end` is 1 where it can be done online from end to end."""

    service_id: str
    level: str
    end_to_end: int
    dossiers: int
    online_dossiers: int
    name_vi: str
    name_en: str
    online_since: pd.Timestamp


@dataclass(frozen=True, slots=True)
class Tail:
    """How many services of a level, or of all (empty), are unused, and how few carry most dossiers."""

    level: str
    services: int
    unused: int
    end_to_end_unused: int
    carrying: int
    dossiers: int


_PERIOD = {Span.MONTH: ("year", "month"), Span.YEAR: ("year",)}
_SUMS = ("dossiers", "online_dossiers")


def span_of(span: object) -> Span:
    """The one span that is asked for; raises `WrongCall` for another, and for both at once."""
    try:
        return Span(str(span)) if isinstance(span, str) else _no_span(span)
    except ValueError:
        return _no_span(span)


def _no_span(span: object) -> Span:
    asked = span if isinstance(span, str) else ", ".join(map(str, span)) if isinstance(span, Iterable) else repr(span)
    raise WrongCall(
        f"span '{asked}': the flow of a month and the stock of a year are never joined; ask for 'month' or for 'year'"
    )


def where(lines: Frame, **chosen: str) -> Frame:
    """The lines with these values; an empty value keeps everything. Raises `WrongCall` for a key that is none."""
    for name in chosen:
        if name not in KEYS:
            raise wrong_choice("key", name, KEYS)
    tests = [nw.col(name) == value for name, value in chosen.items() if value]
    return lines.filter(reduce(and_, tests)) if tests else lines


def until(lines: Frame, month: Month | None) -> Frame:
    """The lines up to the end of a month."""
    if month is None:
        return lines
    year, number = nw.col("year"), nw.col("month")
    return lines.filter((year < month.year) | ((year == month.year) & (number <= month.month)))


def within(lines: Frame, span: Span, month: Month) -> Frame:
    """The lines of a month, or of its year up to the end of the month."""
    same = nw.col("year") == month.year
    last = nw.col("month")
    return lines.filter(same & (last == month.month if span is Span.MONTH else last <= month.month))


def totals(lines: Frame, by: Iterable[str]) -> Frame:
    """Dossiers, and dossiers done online, by some columns: the one aggregation that all measures rest on."""
    wide = lines.with_columns(*(nw.col(name).cast(nw.Int64) for name in _SUMS))
    summed = wide.group_by(*by).agg(*(nw.col(name).sum() for name in _SUMS))
    return summed.with_columns(*(nw.col(name).cast(nw.Int64) for name in _SUMS))  # DuckDB's sums are HUGEINT


def usage_rate(lines: Frame, *, span: Span | str, by: Iterable[str] = (), month: Month | None = None) -> pd.DataFrame:
    """The share of dossiers done online, end to end, for each month or each year up to `month`.

    Columns: year (and month), those of `by`, dossiers (the denominator), online_dossiers (the numerator), usage_rate
    (0-1), span. Raises `WrongCall` for a key that is none, and for a span that is not exactly one.
    """
    one, keys = span_of(span), tuple(by)
    for name in keys:
        if name not in KEYS:
            raise wrong_choice("key", name, KEYS)
    return collected(rated(totals(until(lines, month), (*_PERIOD[one], *keys)))).assign(span=str(one))


def rated(summed: Frame) -> Frame:
    """With the rate; unknown where there is no dossier."""
    rate = nw.col("online_dossiers").cast(nw.Float64) / nw.col("dossiers").cast(nw.Float64)
    return summed.with_columns(nw.when(nw.col("dossiers") > 0).then(rate).alias("usage_rate"))


def offered(services: Frame, day: date) -> Frame:
    """The services that exist on a day; `end_to_end` is 1 where one can be done online from end to end, else 0."""
    end = nw.lit(datetime(day.year, day.month, day.day))
    begun, online = (nw.col(name).cast(nw.Datetime("us")) <= end for name in ("offered_since", "online_since"))
    there = services.filter(begun)
    flag = nw.when(online).then(nw.lit(1)).otherwise(nw.lit(0)).cast(nw.Int64)
    return there.select("service_id", "level", flag.alias("end_to_end"))


def supply_beside_usage(lines: Frame, services: Frame, *, span: Span | str, month: Month) -> pd.DataFrame:
    """What is offered online against what is done online, for each level: two indicators, side by side.

    Supply counts services on the month's last day: services, end_to_end_services, supply_rate. Usage counts dossiers of
    the month, or of its year so far: dossiers, online_dossiers, usage_rate. A level without a dossier has no usage.
    """
    one = span_of(span)
    counts = {"services": nw.lit(1).cast(nw.Int64), "end_to_end_services": nw.col("end_to_end")}
    counted = offered(services, month.last_day).with_columns(*(count.alias(name) for name, count in counts.items()))
    supply = collected(counted.group_by("level").agg(*(nw.col(name).sum() for name in counts)))
    usage = collected(rated(totals(within(lines, one, month), ("level",))))
    rate = supply["end_to_end_services"] / supply["services"]
    return supply.assign(supply_rate=rate).merge(usage, on="level", how="left", validate="1:1").assign(span=str(one))


def service_usage(lines: Frame, services: Frame, *, span: Span | str, month: Month) -> pd.DataFrame:
    """Every service that exists with its dossiers of a month, or of its year so far; the unused ones are there too.

    Columns: service_id, level, end_to_end (0 or 1), dossiers, online_dossiers, span. Lines are complete by their
    definition, so a service without one had no dossier: its counts are 0, and known.
    """
    one = span_of(span)
    used = collected(totals(within(lines, one, month), ("service_id",)))
    rows = collected(offered(services, month.last_day)).merge(used, on="service_id", how="left", validate="1:1")
    counts = {name: rows[name].fillna(0).astype("int64") for name in _SUMS}
    return rows.assign(**counts, span=str(one))


def long_tail(usage: pd.DataFrame, *, share: float = 0.8) -> pd.DataFrame:
    """How few services of `service_usage` carry the dossiers, and how many carry none: rows of `Tail`, of all first.

    `carrying` are the fewest services that hold `share` of all dossiers.
    """
    groups = [("", usage), *((level, usage[usage["level"] == level]) for level in LEVELS)]
    return pd.DataFrame([_tail(level, rows, share) for level, rows in groups if len(rows)])


def _tail(level: str, rows: pd.DataFrame, share: float) -> Tail:
    counts = rows["dossiers"].sort_values(ascending=False)
    whole, unused = int(counts.sum()), rows["dossiers"] == 0
    return Tail(
        level,
        services=len(rows),
        unused=int(unused.sum()),
        end_to_end_unused=int((unused & (rows["end_to_end"] == 1)).sum()),
        carrying=int((counts.cumsum() < share * whole).sum()) + 1 if whole else 0,
        dossiers=whole,
    )


def collected(frame: Frame) -> pd.DataFrame:
    """A finished aggregate in memory, the same from every engine: types, order of rows and of columns.

    Counts are int64 where none is missing, rates float64, texts str; rows are sorted by their keys.
    """
    made = frame.collect(backend="pandas") if frame.implementation.is_duckdb() else frame.collect()
    table = made.to_pandas().reset_index(drop=True)
    for name in table.columns:
        if name.endswith("_rate"):
            table[name] = pd.to_numeric(table[name]).astype("float64")
        elif name in (*KEYS, COMMUNE, "span"):
            table[name] = table[name].astype("object").astype("str")
        else:
            table[name] = pd.to_numeric(table[name]).astype("Int64" if table[name].isna().any() else "int64")
    keys = [name for name in ("year", "month", *KEYS) if name in table]
    return table.sort_values(keys, ignore_index=True) if keys else table


def taken(tables: Tables) -> UsageSet | None:
    """What is known of the set behind the aggregates of the data folder, if there is one."""
    return next(iter(tables.rows("usage", UsageSet)), None)


def hold_aggregates(tables: Tables) -> None:
    """Have the aggregates in memory, where there are any: what is forked afterwards shares them."""
    about = taken(tables)
    if about is not None:
        aggregates(tables.folder, about.files)


@remembered
def usage(
    tables: Tables,
    *,
    span: Span,
    month: Month,
    by: tuple[str, ...] = (),
    level: str = "",
    province: str = "",
    channel: str = "",
) -> pd.DataFrame:
    """`transactions.usage_rate` of the lines with these values; empty where there are none."""
    about = taken(tables)
    if about is None:
        return pd.DataFrame()
    chosen = {"level": level, "province_code": province, "channel": channel}
    name = "services" if "service_id" in by else "places"
    there = aggregates(tables.folder, about.files)
    lines = where(lazy(there[name]), **{key: value for key, value in chosen.items() if value})
    return usage_rate(lines, span=span, by=by, month=month)


@remembered
def offered_and_used(
    tables: Tables, *, month: Month, level: str = "", province: str = "", channel: str = ""
) -> pd.DataFrame:
    """`transactions.supply_and_usage` of the year so far, levels in their order; empty where there is no line."""
    about = taken(tables)
    if about is None:
        return pd.DataFrame()
    there = aggregates(tables.folder, about.files)
    lines = where(lazy(there["places"]), province_code=province, channel=channel)
    rows = supply_beside_usage(lines, lazy(there[SERVICES]), span=Span.YEAR, month=month)
    rows = rows[rows["level"] == level] if level else rows
    ordered = rows.sort_values("level", key=lambda levels: levels.map(LEVELS.index), ignore_index=True)
    return ordered if ordered["dossiers"].notna().any() else ordered.iloc[:0]


@remembered
def services(tables: Tables, *, month: Month, level: str = "", province: str = "") -> pd.DataFrame:
    """`transactions.service_usage` of the year so far, with name_vi, name_en and online_since; the busiest first.

    Empty where the year has no line in all the country: then nothing is known, and no service is called unused.
    """
    about = taken(tables)
    if about is None:
        return pd.DataFrame()
    there = aggregates(tables.folder, about.files)
    if collected(within(lazy(there["places"]), Span.YEAR, month)).empty:
        return pd.DataFrame()
    lines = where(lazy(there["services"]), province_code=province)
    rows = service_usage(lines, lazy(there[SERVICES]), span=Span.YEAR, month=month)
    names = there[SERVICES][["service_id", "name_vi", "name_en", "online_since"]]
    rows = rows.merge(names, on="service_id", how="left", validate="1:1")
    rows = rows[rows["level"] == level] if level else rows
    return rows.sort_values(["dossiers", "service_id"], ascending=[False, True], ignore_index=True)
