"""Enterprise commitments: how far each is documented, at what pace it goes, what growth it implies.

Proposals, requests of enterprises to the State, are listed apart and never counted.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from r57lib.data.codes import EvidenceLevel
from r57lib.data.tables import Tables, records, remembered
from r57lib.measures.progress import growth_per_year, pace, rating, share_closed, time_share, years_between


@remembered
def register(tables: Tables) -> pd.DataFrame:
    """The commitments with the newest observation of each: latest_value, latest_period, latest_day, latest_qualifier.

    Latest values are missing where nothing has been observed since the promise. `evidence_level` is the strongest that
    the promise or one of its updates documents, `evidence_fact_ids` the facts that document it; `fact_ids` are these
    and the newest observation. `baseline_qualifier` and `baseline_kind` say how exactly, and as what, a source prints
    the baseline: the fact `baseline_fact_id`.
    """
    joined = tables["commitments"].drop(columns="evidence_level")
    for part in (_evidence(tables), _newest_observations(tables), _baselines(tables)):
        joined = joined.merge(part, on="commitment_id", how="left", validate="one_to_one")
    joined["fact_ids"] = [_present(*row.evidence_fact_ids, row.latest_fact_id) for row in records(joined)]
    return joined.sort_values(["enterprise_id", "commitment_id"], ignore_index=True)


def _present(*fact_ids: Any) -> tuple[str, ...]:
    """Each of these facts once, without those that are missing."""
    return tuple(dict.fromkeys(str(fact) for fact in fact_ids if pd.notna(fact)))


def _evidence(tables: Tables) -> pd.DataFrame:
    """The strongest level documented for each commitment, with the promise and the updates that document it."""
    ladder = [str(level) for level in EvidenceLevel]
    updates = tables["commitment_updates"].dropna(subset=["evidence_level"])
    rows = []
    for promise in records(tables["commitments"]):
        raised = updates[updates["commitment_id"] == promise.commitment_id]
        level = max([promise.evidence_level, *raised["evidence_level"]], key=ladder.index)
        proof = raised.loc[raised["evidence_level"] == level, "fact_id"]
        rows.append((promise.commitment_id, level, (promise.fact_id, *proof)))
    return pd.DataFrame(rows, columns=["commitment_id", "evidence_level", "evidence_fact_ids"], dtype="object")


def _newest_observations(tables: Tables) -> pd.DataFrame:
    updates = tables["commitment_updates"].query("role == 'observation' and obs_value.notna()")
    newest = updates.sort_values(["time_period_end", "reported_on"]).groupby("commitment_id").tail(1)
    names = {
        "obs_value": "latest_value",
        "time_period": "latest_period",
        "time_period_end": "latest_day",
        "qualifier": "latest_qualifier",
        "fact_id": "latest_fact_id",
    }
    return newest[["commitment_id", *names]].rename(columns=names)


def rival_observations(tables: Tables) -> pd.DataFrame:
    """Observations that differ from the newest one of their commitment though the periods overlap: two counts."""
    updates = tables["commitment_updates"].query("role == 'observation' and obs_value.notna()")
    newest = register(tables).dropna(subset=["latest_fact_id"]).set_index("commitment_id")
    starts = updates.set_index("fact_id")["time_period_start"]
    rivals = [
        row.obs_value != newest["latest_value"][row.commitment_id]
        and row.time_period_end >= starts[newest["latest_fact_id"][row.commitment_id]]
        for row in records(updates)
    ]
    return updates[rivals].reset_index(drop=True)


def _baselines(tables: Tables) -> pd.DataFrame:
    """The fact that prints the baseline of a commitment, the newest where there are several."""
    names = {"qualifier": "baseline_qualifier", "kind": "baseline_kind", "fact_id": "baseline_fact_id"}
    printed = tables["commitment_updates"].query("role == 'baseline'").sort_values("reported_on")
    newest = printed.drop_duplicates("commitment_id", keep="last")
    return newest[["commitment_id", *names]].rename(columns=names)


def evidence_counts(tables: Tables) -> pd.DataFrame:
    """How many commitments of each enterprise stand on each level: enterprise_id, evidence_level, count, fact_ids."""
    rows = [
        {
            "enterprise_id": enterprise,
            "evidence_level": level,
            "count": len(group),
            "fact_ids": tuple(fact for ids in group["evidence_fact_ids"] for fact in ids),
        }
        for (enterprise, level), group in register(tables).groupby(["enterprise_id", "evidence_level"])
    ]
    return pd.DataFrame(rows, columns=["enterprise_id", "evidence_level", "count", "fact_ids"])


def pace_of_commitments(tables: Tables) -> pd.DataFrame:
    """Pace of each commitment with a number, a baseline, a deadline and an observation after the baseline.

    `achieved` = (latest - baseline) / (target - baseline); `expected` = share of the time passed at the observation;
    `spi` = achieved / expected: 1 and more is ahead, 0.9 to 1 on pace, less is behind. A period counts by its last
    day. Best documented first.
    """
    rows = _with_refusals(tables).query("refusal == ''").drop(columns="refusal")
    ladder = [str(level) for level in EvidenceLevel]
    rows = rows.sort_values("evidence_level", key=lambda levels: -levels.map(ladder.index), kind="stable")
    columns = [*rows.columns, "achieved", "expected", "spi", "rating"]
    rows["fact_ids"] = [_present(*row.fact_ids, row.baseline_fact_id) for row in records(rows)]
    paced = [{**row._asdict(), **_pace(row)} for row in records(rows)]
    return pd.DataFrame(paced, columns=columns)


def unpaced_commitments(tables: Tables) -> pd.DataFrame:
    """The commitments that cannot be paced, with the first reason for each as `refusal`.

    no_number, no_deadline, no_baseline, no_observation (after the baseline), or other_count: a reader has found that
    baseline and observation do not count the same thing.
    """
    return _with_refusals(tables).query("refusal != ''").reset_index(drop=True)


def _with_refusals(tables: Tables) -> pd.DataFrame:
    rows, clashes = register(tables), _clashes(tables)
    return rows.assign(refusal=[_refusal(row, clashes) for row in records(rows)]).astype({"refusal": "object"})


def _refusal(row: Any, clashes: list[set[str]]) -> str:
    needs = {
        "no_number": row.target_value,
        "no_deadline": row.target_period_end,
        "no_baseline": None if pd.isna(row.baseline_period_end) else row.baseline_value,
        "no_observation": row.latest_value,
    }
    missing = next((reason for reason, value in needs.items() if pd.isna(value)), "")
    if missing:
        return missing
    if row.latest_day <= row.baseline_period_end:
        return "no_observation"
    return "other_count" if any({row.baseline_fact_id, row.latest_fact_id} <= clash for clash in clashes) else ""


def _clashes(tables: Tables) -> list[set[str]]:
    """Groups of facts that a reader has found not to agree."""
    known = tables["known_findings"]
    groups = known.loc[known["rule"] == "statement_mismatch", "fact_ids"]
    return [{fact.strip() for fact in group.split(";")} for group in groups]


def _pace(row: Any) -> dict[str, Any]:
    achieved = share_closed(row.baseline_value, row.latest_value, row.target_value)
    start, day, deadline = (each.date() for each in (row.baseline_period_end, row.latest_day, row.target_period_end))
    expected = time_share(start, day, deadline)
    spi = pace(achieved, expected)
    return {"achieved": achieved, "expected": expected, "spi": spi, "rating": str(rating(spi, achieved))}


@remembered
def growth_asked(tables: Tables) -> pd.DataFrame:
    """The growth that a promise in money asks for: years, growth_per_year (compound), change (target / baseline - 1).

    The steepest first. For example 320 to 800 million in three years: 35.72% a year.
    """
    rows = register(tables).dropna(subset=["target_value", "baseline_period_end", "target_period_end"])
    grown = rows[(rows["baseline_value"] > 0) & rows["unit"].isin(["usd", "vnd"])].reset_index(drop=True)
    starts = [day.date() for day in grown["baseline_period_end"]]
    ends = [day.date() for day in grown["target_period_end"]]
    grown["years"] = [years_between(start, end) for start, end in zip(starts, ends, strict=True)]
    grown["growth_per_year"] = [
        growth_per_year(row.baseline_value, row.target_value, row.years) for row in records(grown)
    ]
    grown["change"] = grown["target_value"] / grown["baseline_value"] - 1
    grown["fact_ids"] = [_present(row.fact_id, row.baseline_fact_id) for row in records(grown)]
    return grown.sort_values(["growth_per_year", "commitment_id"], ascending=[False, True], ignore_index=True)


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
        for row in records(growth_asked(tables))
        if row.years == int(row.years)
        for step in range(int(row.years) + 1)
    ]
    return pd.DataFrame(rows, columns=["commitment_id", "year", "path_value", "role", "fact_ids"])


def commitments_due(tables: Tables) -> pd.DataFrame:
    """Commitments that fall due on one day, by enterprise and level of evidence, the earliest first.

    Columns: enterprise_id, evidence_level, target_period, start (the earliest day on which one of them can have been
    promised), end (the last day of the deadline), count, fact_ids.
    """
    dated = register(tables).dropna(subset=["target_period_end"])
    rows = [
        {
            "enterprise_id": enterprise,
            "evidence_level": level,
            "target_period": period,
            "start": group["time_period_start"].min(),
            "end": end,
            "count": len(group),
            "fact_ids": tuple(fact for ids in group["evidence_fact_ids"] for fact in ids),
        }
        for (end, enterprise, period, level), group in dated.groupby(
            ["target_period_end", "enterprise_id", "target_period", "evidence_level"]
        )
    ]
    columns = ["enterprise_id", "evidence_level", "target_period", "start", "end", "count", "fact_ids"]
    return pd.DataFrame(rows, columns=columns)


def proposals_made(tables: Tables) -> pd.DataFrame:
    """Single proposals by enterprise, in the order in which they were made; the lists as a whole are left out."""
    rows = tables["proposals"].query("stated_count.isna()")
    rows = rows.sort_values(["enterprise_id", "fact_id"], ignore_index=True)
    rows["fact_ids"] = [(fact,) for fact in rows["fact_id"]]
    return rows


def statements(tables: Tables) -> pd.DataFrame:
    """What documents say of enterprises and their commitments: the statements with enterprise_id and fact_ids."""
    rows = tables["statements"].query("subject_kind in ('enterprise', 'commitment')").reset_index(drop=True)
    rows["enterprise_id"] = [str(name).partition(".")[0] for name in rows["subject_id"]]  # commitments begin with it
    rows["fact_ids"] = [(fact,) for fact in rows["fact_id"]]
    return rows


def facts_of_enterprises(tables: Tables) -> set[str]:
    """All facts about enterprises: commitments, their updates, proposals and statements."""
    names = ("commitments", "commitment_updates", "proposals")
    return {*statements(tables)["fact_id"], *(fact for name in names for fact in tables[name]["fact_id"])}
