"""Enterprise commitments: how far each is documented, at what pace it goes, what growth it implies.

Proposals, requests of enterprises to the State, are listed apart and never counted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from r57lib.data.codes import EvidenceLevel
from r57lib.data.rows import Commitment, CommitmentUpdate, Proposal, Statement
from r57lib.data.tables import Tables, records, remembered
from r57lib.measures.progress import growth_per_year, pace, rating, share_closed, time_share, years_between


@dataclass(frozen=True, slots=True)
class Standing(Commitment):
    """A commitment with its newest observation, and how it is documented.

    Latest values are missing where nothing has been observed since the promise. `evidence_level` is the strongest that
    the promise or one of its updates documents, `evidence_fact_ids` the facts that document it; `fact_ids` are these
    and the newest observation. `baseline_qualifier` and `baseline_kind` say how exactly, and as what, a source prints
    the baseline: the fact `baseline_fact_id`.
    """

    evidence_fact_ids: tuple[str, ...]
    latest_value: float
    latest_period: str
    latest_day: pd.Timestamp
    latest_qualifier: str
    latest_fact_id: str | None
    baseline_qualifier: str | None
    baseline_kind: str | None
    baseline_fact_id: str | None
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Paced(Standing):
    """A commitment with its pace: `spi` = achieved / expected, of which 1 and more is ahead, less than 0.9 behind.

    `achieved` = (latest - baseline) / (target - baseline); `expected` = share of the time passed at the observation.
    """

    achieved: float
    expected: float
    spi: float
    rating: str


@dataclass(frozen=True, slots=True)
class Unpaced(Standing):
    """A commitment that cannot be paced, with the first reason: one of `REFUSALS`."""

    refusal: str


@dataclass(frozen=True, slots=True)
class Grown(Standing):
    """A promise in money with the growth that it asks for, compound a year and in all (target / baseline - 1)."""

    years: float
    growth_per_year: float
    change: float


@dataclass(frozen=True, slots=True)
class Step:
    """A year of the straight line of a promise; `role` is baseline, path or target."""

    commitment_id: str
    year: int
    path_value: float
    role: str
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnLevel:
    """How many commitments of an enterprise stand on a level of evidence."""

    enterprise_id: str
    evidence_level: str
    count: int
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """Commitments of an enterprise with one level of evidence that fall due on one day.

    `start` is the earliest day on which one of them can have been promised, `end` the last day of the deadline.
    """

    enterprise_id: str
    evidence_level: str
    target_period: str
    start: pd.Timestamp
    end: pd.Timestamp
    count: int
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SingleProposal(Proposal):
    """A single proposal."""

    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnterpriseStatement(Statement):
    """A statement about an enterprise or one of its commitments."""

    enterprise_id: str
    fact_ids: tuple[str, ...]


REFUSALS = ("no_number", "no_deadline", "no_baseline", "no_observation", "other_count")
"""Why a commitment has no pace: no observation after the baseline; or baseline and observation count other things."""
_LADDER = [str(level) for level in EvidenceLevel]


@remembered
def register(tables: Tables) -> pd.DataFrame:
    """The commitments with the newest observation of each: rows of `Standing`."""
    joined = tables["commitments"].drop(columns="evidence_level")
    for part in (_evidence(tables), _newest_observations(tables), _baselines(tables)):
        joined = joined.merge(part, on="commitment_id", how="left", validate="one_to_one")
    ids = zip(joined["evidence_fact_ids"], joined["latest_fact_id"], strict=True)
    joined["fact_ids"] = [_present(*evidence, latest) for evidence, latest in ids]
    return joined.sort_values(["enterprise_id", "commitment_id"], ignore_index=True)


def _present(*fact_ids: Any) -> tuple[str, ...]:
    """Each of these facts once, without those that are missing."""
    return tuple(dict.fromkeys(str(fact) for fact in fact_ids if pd.notna(fact)))


def _evidence(tables: Tables) -> pd.DataFrame:
    """The strongest level documented for each commitment, with the promise and the updates that document it."""
    updates = tables["commitment_updates"].dropna(subset=["evidence_level"])
    rows = []
    for promise in records(tables["commitments"], Commitment):
        raised = updates[updates["commitment_id"] == promise.commitment_id]
        level = max([promise.evidence_level, *raised["evidence_level"]], key=_LADDER.index)
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
        for row in records(updates, CommitmentUpdate)
    ]
    return updates[pd.Series(rivals, updates.index, dtype=bool)].reset_index(drop=True)


def _baselines(tables: Tables) -> pd.DataFrame:
    """The fact that prints the baseline of a commitment, the newest where there are several."""
    names = {"qualifier": "baseline_qualifier", "kind": "baseline_kind", "fact_id": "baseline_fact_id"}
    printed = tables["commitment_updates"].query("role == 'baseline'").sort_values("reported_on")
    newest = printed.drop_duplicates("commitment_id", keep="last")
    return newest[["commitment_id", *names]].rename(columns=names)


def evidence_counts(tables: Tables) -> pd.DataFrame:
    """How many commitments of each enterprise stand on each level: rows of `OnLevel`."""
    groups: dict[tuple[str, str], list[Standing]] = defaultdict(list)
    for row in records(register(tables), Standing):
        groups[row.enterprise_id, row.evidence_level].append(row)
    rows = [OnLevel(*key, len(group), _proof(group)) for key, group in sorted(groups.items())]
    return pd.DataFrame(rows, columns=list(OnLevel.__match_args__))


def _proof(group: list[Standing]) -> tuple[str, ...]:
    return tuple(fact for row in group for fact in row.evidence_fact_ids)


def pace_of_commitments(tables: Tables) -> pd.DataFrame:
    """Pace of each commitment that has no refusal, the best documented first: rows of `Paced`."""
    rows = _with_refusals(tables).query("refusal == ''")
    rows = rows.sort_values("evidence_level", key=lambda levels: -levels.map(_LADDER.index), kind="stable")
    paced = [
        asdict(row) | {"fact_ids": _present(*row.fact_ids, row.baseline_fact_id)} | _pace(row)
        for row in records(rows, Standing)
    ]
    return pd.DataFrame(paced, columns=list(Paced.__match_args__))


def unpaced_commitments(tables: Tables) -> pd.DataFrame:
    """The commitments that cannot be paced: rows of `Unpaced`."""
    return _with_refusals(tables).query("refusal != ''").reset_index(drop=True)


def _with_refusals(tables: Tables) -> pd.DataFrame:
    rows, known = register(tables), tables["known_findings"]
    # groups of facts that a reader has found not to agree
    groups = known.loc[known["rule"] == "statement_mismatch", "fact_ids"]
    clashes = [{fact.strip() for fact in group.split(";")} for group in groups]
    return rows.assign(refusal=[_refusal(row, clashes) for row in records(rows, Standing)]).astype(
        {"refusal": "object"}
    )


def _refusal(row: Standing, clashes: list[set[str]]) -> str:
    needs: dict[str, float | pd.Timestamp | None] = {
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


def _pace(row: Standing) -> dict[str, Any]:
    achieved = share_closed(row.baseline_value, row.latest_value, row.target_value)
    start, day, deadline = (each.date() for each in (row.baseline_period_end, row.latest_day, row.target_period_end))
    expected = time_share(start, day, deadline)
    spi = pace(achieved, expected)
    return {"achieved": achieved, "expected": expected, "spi": spi, "rating": str(rating(spi, achieved))}


@remembered
def growth_asked(tables: Tables) -> pd.DataFrame:
    """The growth that promises in money ask for, the steepest first: rows of `Grown`.

    For example 320 to 800 million in three years: 35.72% a year.
    """
    rows = register(tables).dropna(subset=["target_value", "baseline_period_end", "target_period_end"])
    grown = rows[(rows["baseline_value"] > 0) & rows["unit"].isin(["usd", "vnd"])].reset_index(drop=True)
    promises = list(records(grown, Standing))
    grown["years"] = [years_between(row.baseline_period_end.date(), row.target_period_end.date()) for row in promises]
    grown["growth_per_year"] = [
        growth_per_year(row.baseline_value, row.target_value, years)
        for row, years in zip(promises, grown["years"], strict=True)
    ]
    grown["change"] = grown["target_value"] / grown["baseline_value"] - 1
    grown["fact_ids"] = [_present(row.fact_id, row.baseline_fact_id) for row in promises]
    return grown.sort_values(["growth_per_year", "commitment_id"], ascending=[False, True], ignore_index=True)


def linear_path(tables: Tables) -> pd.DataFrame:
    """The straight line of each implied growth, one row a year: rows of `Step`."""
    rows = [
        Step(
            row.commitment_id,
            row.baseline_period_end.year + step,
            row.baseline_value + (row.target_value - row.baseline_value) * step / row.years,
            "baseline" if step == 0 else "target" if step == row.years else "path",
            row.fact_ids,
        )
        for row in records(growth_asked(tables), Grown)
        if row.years == int(row.years)
        for step in range(int(row.years) + 1)
    ]
    return pd.DataFrame(rows, columns=list(Step.__match_args__))


def commitments_due(tables: Tables) -> pd.DataFrame:
    """Commitments that fall due on one day, the earliest first: rows of `Due`."""
    groups: dict[tuple[pd.Timestamp, str, str, str], list[Standing]] = defaultdict(list)
    for row in records(register(tables), Standing):
        if row.target_period is not None:
            groups[row.target_period_end, row.enterprise_id, row.target_period, row.evidence_level].append(row)
    rows = [
        Due(enterprise, level, period, min(row.time_period_start for row in group), end, len(group), _proof(group))
        for (end, enterprise, period, level), group in sorted(groups.items())
    ]
    return pd.DataFrame(rows, columns=list(Due.__match_args__))


def proposals_made(tables: Tables) -> pd.DataFrame:
    """Single proposals by enterprise, in the order in which they were made; the lists as a whole are left out."""
    rows = tables["proposals"].query("stated_count.isna()")
    rows = rows.sort_values(["enterprise_id", "fact_id"], ignore_index=True)
    rows["fact_ids"] = [(fact,) for fact in rows["fact_id"]]
    return rows


def statements(tables: Tables) -> pd.DataFrame:
    """What documents say of enterprises and their commitments: rows of `EnterpriseStatement`."""
    rows = tables["statements"].query("subject_kind in ('enterprise', 'commitment')").reset_index(drop=True)
    rows["enterprise_id"] = [str(name).partition(".")[0] for name in rows["subject_id"]]  # commitments begin with it
    rows["fact_ids"] = [(fact,) for fact in rows["fact_id"]]
    return rows


def facts_of_enterprises(tables: Tables) -> set[str]:
    """All facts about enterprises: commitments, their updates, proposals and statements."""
    names = ("commitments", "commitment_updates", "proposals")
    return {*statements(tables)["fact_id"], *(fact for name in names for fact in tables[name]["fact_id"])}
