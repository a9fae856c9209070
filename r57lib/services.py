"""Use of public services, as the aggregated transactions of the data folder tell it: pure functions of tables.

Where no set of transactions was taken, or none of its days had passed, every table is empty. `month` is the last that
counts; flow is what came in within a month, stock what came in within a year up to it, and the two are never joined.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from r57lib import transactions
from r57lib.data.aggregates import SERVICES, aggregates
from r57lib.data.lines import LEVELS, lazy
from r57lib.data.periods import Month
from r57lib.data.tables import Tables, records, remembered
from r57lib.transactions import Span, within


def taken(tables: Tables) -> Any:
    """What is known of the set behind the aggregates: a row of the table `usage`, or nothing."""
    return next(records(tables["usage"]), None)


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
    lines = transactions.where(lazy(there[name]), **{key: value for key, value in chosen.items() if value})
    return transactions.usage_rate(lines, span=span, by=by, month=month)


@remembered
def offered_and_used(
    tables: Tables, *, month: Month, level: str = "", province: str = "", channel: str = ""
) -> pd.DataFrame:
    """`transactions.supply_and_usage` of the year so far, levels in their order; empty where there is no line."""
    about = taken(tables)
    if about is None:
        return pd.DataFrame()
    there = aggregates(tables.folder, about.files)
    lines = transactions.where(lazy(there["places"]), province_code=province, channel=channel)
    rows = transactions.supply_beside_usage(lines, lazy(there[SERVICES]), span=Span.YEAR, month=month)
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
    if transactions.collected(within(lazy(there["places"]), Span.YEAR, month)).empty:
        return pd.DataFrame()
    lines = transactions.where(lazy(there["services"]), province_code=province)
    rows = transactions.service_usage(lines, lazy(there[SERVICES]), span=Span.YEAR, month=month)
    names = there[SERVICES][["service_id", "name_vi", "name_en", "online_since"]]
    rows = rows.merge(names, on="service_id", how="left", validate="1:1")
    rows = rows[rows["level"] == level] if level else rows
    return rows.sort_values(["dossiers", "service_id"], ascending=[False, True], ignore_index=True)
