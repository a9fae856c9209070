"""Enterprise commitments: how far each is documented, at what pace it goes, what growth it implies.

Proposals, requests of enterprises to the State, are listed apart and never counted.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from r57lib.load import Tables
from r57lib.progress import growth_per_year, pace, rating, share_closed, time_share, years_between


def register(tables: Tables) -> pd.DataFrame:
    """The commitments with the newest observation of each: latest_value, latest_period, and fact_ids.

    Latest values are missing where nothing has been observed since the promise.
    """
    promises = tables["commitments"]
    newest = _newest_observations(tables)
    joined = promises.merge(newest, on="commitment_id", how="left", validate="one_to_one")
    joined["fact_ids"] = [
        (row.fact_id,) if pd.isna(row.latest_fact_id) else (row.fact_id, row.latest_fact_id)
        for row in joined.itertuples()
    ]
    return joined.sort_values(["enterprise_id", "commitment_id"], ignore_index=True)


def _newest_observations(tables: Tables) -> pd.DataFrame:
    updates = tables["commitment_updates"].query("role == 'observation' and obs_value.notna()")
    newest = updates.sort_values(["time_period_end", "reported_on"]).groupby("commitment_id").tail(1)
    names = {
        "obs_value": "latest_value",
        "time_period": "latest_period",
        "time_period_end": "latest_day",
        "fact_id": "latest_fact_id",
    }
    return newest[["commitment_id", *names]].rename(columns=names)


def evidence_ladder(tables: Tables) -> pd.DataFrame:
    """How many commitments of each enterprise stand on each level: enterprise_id, evidence_level, count, fact_ids."""
    groups = tables["commitments"].groupby(["enterprise_id", "evidence_level"])["fact_id"]
    ladder = groups.agg(["size", tuple]).reset_index()
    return ladder.rename(columns={"size": "count", "tuple": "fact_ids"})


def pace_of_commitments(tables: Tables) -> pd.DataFrame:
    """Pace of each commitment with a number, a baseline, a deadline and an observation after the baseline.

    `achieved` = (latest - baseline) / (target - baseline); `expected` = share of the time passed at the observation;
    `spi` = achieved / expected: 1 and more is ahead, 0.9 to 1 on pace, less is behind.
    """
    rows = register(tables).dropna(subset=["baseline_value", "target_value", "target_period_end", "latest_value"])
    columns = [*rows.columns, "achieved", "expected", "spi", "rating"]
    paced = [{**row._asdict(), **_pace(row)} for row in rows.itertuples(index=False)]
    return pd.DataFrame(paced, columns=columns)


def _pace(row: Any) -> dict[str, Any]:
    achieved = share_closed(row.baseline_value, row.latest_value, row.target_value)
    start, day, deadline = (each.date() for each in (row.baseline_period_end, row.latest_day, row.target_period_end))
    expected = time_share(start, day, deadline)
    spi = pace(achieved, expected)
    return {"achieved": achieved, "expected": expected, "spi": spi, "rating": str(rating(spi, achieved))}


def implied_growth(tables: Tables) -> pd.DataFrame:
    """The growth that a promise asks for, from a positive baseline: years, growth_per_year, change (target / baseline - 1).

    Only promises whose unit is an amount or a count and whose baseline is itself a figure of a year are read so.
    """
    rows = tables["commitments"].query("baseline_value > 0 and target_value.notna() and target_period_end.notna()")
    grown = rows.query("unit in ('usd', 'vnd')").reset_index(drop=True)
    starts = [day.date() for day in grown["baseline_period_end"]]
    ends = [day.date() for day in grown["target_period_end"]]
    grown["years"] = [years_between(start, end) for start, end in zip(starts, ends, strict=True)]
    grown["growth_per_year"] = [
        growth_per_year(row.baseline_value, row.target_value, row.years) for row in grown.itertuples()
    ]
    grown["change"] = grown["target_value"] / grown["baseline_value"] - 1
    baselines = _baseline_facts(tables)
    grown["fact_ids"] = [(row.fact_id, *baselines.get(row.commitment_id, ())) for row in grown.itertuples()]
    return grown


def _baseline_facts(tables: Tables) -> dict[str, tuple[str, ...]]:
    updates = tables["commitment_updates"].query("role == 'baseline'")
    return {str(key): tuple(facts) for key, facts in updates.groupby("commitment_id")["fact_id"]}


def linear_path(tables: Tables) -> pd.DataFrame:
    """The straight line of each implied growth, one row a year: commitment_id, year, path_value, role, fact_ids.

    `role` is baseline, path or target.
    """
    rows = [
        {
            "commitment_id": row.commitment_id,
            "year": row.baseline_period_end.year + step,
            "path_value": row.baseline_value + (row.target_value - row.baseline_value) * step / row.years,
            "role": "baseline" if step == 0 else "target" if step == row.years else "path",
            "fact_ids": row.fact_ids,
        }
        for row in implied_growth(tables).itertuples()
        if row.years == int(row.years)
        for step in range(int(row.years) + 1)
    ]
    return pd.DataFrame(rows, columns=["commitment_id", "year", "path_value", "role", "fact_ids"])


def proposals(tables: Tables) -> pd.DataFrame:
    """Single proposals by enterprise, in the order in which they were made; the lists as a whole are left out."""
    rows = tables["proposals"].query("stated_count.isna()")
    return rows.sort_values(["enterprise_id", "fact_id"], ignore_index=True).assign(
        fact_ids=lambda frame: [(fact,) for fact in frame["fact_id"]]
    )
