"""How complete, how sharp and how fresh the facts are, and what changed from one month's report to the next."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date

import pandas as pd

from r57lib.data.rows import Target
from r57lib.data.schema import FACT_TABLES
from r57lib.data.tables import Tables, records, rows_where
from r57lib.measures.indicators import ONE_TARGET, Observed, aims, latest_observations, progress_lines, series


def provenance_counts(tables: Tables) -> pd.DataFrame:
    """For each table of facts how many there are, and how many are documented and dated how well.

    Columns: table, facts_count, with_source, with_evidence, dated_to_day, publication_printed, teasers.
    """
    precise = tables["sources"].set_index("source_id")["reported_on_precision"]
    rows = []
    for name in FACT_TABLES:
        frame = tables[name]
        one_day = frame["time_period_start"] == frame["time_period_end"]
        rows.append(
            {
                "table": name,
                "facts_count": len(frame),
                "with_source": int(frame["source_id"].notna().sum()),
                "with_evidence": int(frame["evidence"].notna().sum()),
                "dated_to_day": int((one_day & ~frame["time_period"].str.endswith("/..")).sum()),
                "publication_printed": int((frame["source_id"].map(precise) == "day").sum()),
                "teasers": int((frame["section"] == "sidebar").sum()),
            }
        )
    return pd.DataFrame(rows)


def observation_ages(tables: Tables, *, day: date) -> pd.DataFrame:
    """Days from the newest observation of each indicator to `day`: indicator_id, time_period, age_days, fact_ids."""
    newest = latest_observations(tables).sort_values(["time_period_end", "fact_id"]).groupby("indicator_id").tail(1)
    ages = newest[["indicator_id", "time_period", "fact_ids"]].copy()
    ages["age_days"] = (pd.Timestamp(day) - newest["time_period_end"]).dt.days
    return ages.sort_values(["age_days", "indicator_id"], ignore_index=True)


def targets_observed(tables: Tables, *, instrument: str) -> pd.DataFrame:
    """For each target that an instrument sets: how many observations its indicator has, and whether pace can be judged.

    `covered` where the target is reached or the pace to it can be judged, by the same rule as on every page. Columns:
    indicator_id, those of `ONE_TARGET`, target_period, observations, comparable, covered, fact_ids.
    """
    targets = rows_where(aims(tables), instrument_id=instrument)
    rows = series(tables)
    result = targets[["indicator_id", *ONE_TARGET, "target_period"]].copy()
    own = [
        rows[(rows["indicator_id"] == target.indicator_id) & (rows["scope"] == target.scope)]
        for target in records(targets, Target)
    ]
    result["observations"] = [len(each) for each in own]
    result["comparable"] = [int(each["segment"].value_counts().max()) if len(each) else 0 for each in own]
    judged = progress_lines(tables).set_index("fact_id")["refusal"]
    result["covered"] = [pd.isna(judged[fact]) for fact in targets["fact_id"]]
    result["fact_ids"] = [(fact, *each["fact_id"]) for fact, each in zip(targets["fact_id"], own, strict=True)]
    return result.sort_values(["covered", "indicator_id"], ascending=[False, True], ignore_index=True)


def new_facts(now: Tables, before: Tables) -> pd.DataFrame:
    """The facts that this month's report holds and that of the month before does not, in the order of their periods."""
    facts = now.facts()
    fresh = facts[~facts["fact_id"].isin(before.facts()["fact_id"])]
    return fresh.sort_values(["time_period_end", "fact_id"], ignore_index=True)


@dataclass(frozen=True, slots=True)
class ChangedIndicator(Observed):
    """The newest value of an indicator and the one before, if any; `comparable` where one segment holds both."""

    obs_value_before: float
    time_period_before: str | None
    qualifier_before: str | None
    fact_id_before: str | None
    change: float
    comparable: bool


def changed(row: Observed, then: Observed) -> ChangedIndicator:
    """A value beside an earlier one of the same indicator."""
    own = asdict(row) | {"fact_ids": (*row.fact_ids, *then.fact_ids)}
    return ChangedIndicator(
        **own,
        obs_value_before=then.obs_value,
        time_period_before=then.time_period,
        qualifier_before=then.qualifier,
        fact_id_before=then.fact_id,
        change=row.obs_value - then.obs_value,
        comparable=row.segment == then.segment,
    )


def changed_indicators(now: Tables, before: Tables) -> pd.DataFrame:
    """Indicators whose newest value changed since the month before, a row a `ChangedIndicator`."""
    after, earlier = latest_observations(now), latest_observations(before)
    keys = ["indicator_id", "scope", "province_code"]
    kept = [*keys, "obs_value", "time_period", "segment", "fact_id", "qualifier"]
    both = after.merge(earlier[kept], on=keys, how="left", suffixes=("", "_before"), validate="one_to_one")
    both = both[both["fact_id"] != both["fact_id_before"]].reset_index(drop=True)
    both["change"] = both["obs_value"] - both["obs_value_before"]
    both["comparable"] = both["segment"] == both["segment_before"]
    pairs = zip(both["fact_id"], both["fact_id_before"], strict=True)
    both["fact_ids"] = [(fact,) if pd.isna(earlier) else (fact, earlier) for fact, earlier in pairs]
    return both
