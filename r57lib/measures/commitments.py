"""Enterprise commitments: how far each is documented, its pace, its outcome once it is due, the growth it implies.

A commitment within a wider one is counted once, with it. Projections and baselines are no progress. Proposals, requests
of enterprises to the State, are listed apart and never counted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from r57lib.data.codes import EvidenceLevel, Qualifier
from r57lib.data.rows import Commitment, CommitmentUpdate, Proposal, Statement
from r57lib.data.tables import Tables, records, remembered, rows_where
from r57lib.measures.outcomes import KEPT_MONTHS, RUNNING, DatedValue, DueOutcome, judge
from r57lib.measures.progress import growth_per_year, pace, rating, reaches, share_closed, time_share, years_between


@dataclass(frozen=True, slots=True)
class Standing(Commitment):
    """A commitment with its newest observation, and how it is documented.

    Latest values are missing where nothing has been observed since the promise. `evidence_level` is the strongest that
    the promise or one of its updates documents, `evidence_fact_ids` the facts that document it; `fact_ids` are these
    and the newest observation. `baseline_qualifier` and `baseline_kind` say how exactly, and as what, a source prints
    the baseline: the fact `baseline_fact_id`.

    `whole` is the widest commitment known of which this one is a part, or itself. `reached` says whether the newest
    value is as much as was promised; None where that cannot be said. `rival_fact_ids` are observations that differ from
    the newest though their periods overlap; `disputed` says that one of them lies on the other side of the promise.
    """

    evidence_fact_ids: tuple[str, ...]
    latest_value: float
    latest_period: str
    latest_day: pd.Timestamp
    latest_qualifier: str
    latest_fact_id: str | None
    baseline_qualifier: str | None
    baseline_kind: str | None
    whole: str
    reached: bool | None
    rival_fact_ids: tuple[str, ...]
    disputed: bool
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
class Fallen(Standing):
    """A commitment that has fallen due, with what came of it: a `DueOutcome`, and a `Reason` or `no_number`.

    `values` are those that the outcome rests on, the deciding one first; `fact_ids` theirs and those of the promise.
    """

    outcome: str
    reason: str | None
    values: tuple[DatedValue, ...]

    @property
    def said(self) -> str:
        """The outcome; `met_own_word` where only the enterprise itself says that it was met."""
        own = self.outcome == DueOutcome.MET and self.evidence_level == EvidenceLevel.DELIVERED
        return "met_own_word" if own else self.outcome


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
    """How many commitments of an enterprise stand on a level of evidence; `section` says where they are quoted from."""

    enterprise_id: str
    section: str
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
    """A single proposal; `status_on` is the day on which its newest state became known."""

    status_on: pd.Timestamp
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnterpriseStatement(Statement):
    """A statement about an enterprise or one of its commitments."""

    enterprise_id: str
    fact_ids: tuple[str, ...]


REFUSALS = (
    "due",
    "no_number",
    "no_deadline",
    "no_baseline",
    "no_change",
    "beyond",
    "no_observation",
    "other_count",
    "disputed",
)
"""Why a commitment has no pace: it fell due and has an outcome; its baseline is its target or lies beyond it; no
observation after the baseline; both count other things; or another count of the same time lies on the other side of
the promise."""

_LADDER = [str(level) for level in EvidenceLevel]
_BASELINE = {
    "baseline_value": "obs_value",
    "baseline_period": "time_period",
    "baseline_period_start": "time_period_start",
    "baseline_period_end": "time_period_end",
}
"""The columns of a baseline, and what they are called in the fact that prints it."""


@remembered
def register(tables: Tables) -> pd.DataFrame:
    """The commitments with the newest observation of each: rows of `Standing`."""
    joined = tables["commitments"].drop(columns=["evidence_level", "baseline_fact_id", *_BASELINE])
    for part in (_evidence(tables), _newest_observations(tables), _baselines(tables)):
        joined = joined.merge(part, on="commitment_id", how="left", validate="one_to_one")
    ids = zip(joined["evidence_fact_ids"], joined["latest_fact_id"], strict=True)
    joined["fact_ids"] = [_present(*evidence, latest) for evidence, latest in ids]
    wider = dict(zip(joined["commitment_id"], joined["part_of"], strict=True))
    joined["whole"] = [_whole(name, wider) for name in joined["commitment_id"]]
    joined["reached"], joined["rival_fact_ids"], joined["disputed"] = _standing(tables, joined)
    return joined.sort_values(["enterprise_id", "commitment_id"], ignore_index=True)


def _whole(name: str, wider: dict[str, Any]) -> str:
    """The widest commitment of which one is a part, as far as it is known."""
    while wider.get(name) in wider:
        name = wider[name]
    return name


def _standing(tables: Tables, joined: pd.DataFrame) -> tuple[pd.Series[Any], list[tuple[str, ...]], list[bool]]:
    """Whether the newest value of each commitment reaches it, its rivals, and whether one of them says otherwise."""
    observed = _observations(tables)
    own = {name: list(records(rows, CommitmentUpdate)) for name, rows in observed.groupby("commitment_id")}
    reached: list[bool | None] = []
    rivals: list[tuple[str, ...]] = []
    disputed = []
    for promise in records(joined, _Promised):
        rows = own.get(promise.commitment_id, [])
        newest = next((row for row in rows if row.fact_id == promise.latest_fact_id), None)
        others = _rivals(rows, newest) if newest else []
        reached.append(_reaches(newest, promise) if newest else None)
        rivals.append(tuple(row.fact_id for row in others))
        disputed.append(any(_reaches(row, promise) is (not reached[-1]) for row in others))
    return pd.Series(reached, joined.index, dtype="object"), rivals, disputed


@dataclass(frozen=True, slots=True)
class _Promised(Commitment):
    latest_fact_id: str | None


def _rivals(rows: list[CommitmentUpdate], newest: CommitmentUpdate) -> list[CommitmentUpdate]:
    """What other sources say of the time of the newest value: other counts."""
    return [
        row
        for row in rows
        if row.obs_value != newest.obs_value
        and row.source_id != newest.source_id
        and row.time_period_end >= newest.time_period_start
    ]


def _reaches(row: CommitmentUpdate, promise: Commitment) -> bool | None:
    """Whether a value is as much as was promised; None where it says too little, or the promise has no number."""
    if pd.isna(promise.target_value):
        return None
    ceiling = promise.comparator == "<=" and promise.unit in RUNNING and not _falling(promise)
    reached = reaches(
        row.obs_value, row.qualifier, promise.target_value, direction=_direction(promise), beyond=_beyond(promise)
    )
    open_still = pd.notna(promise.target_period_end) and row.time_period_end < promise.target_period_end
    return None if ceiling and reached and open_still else reached  # it still runs up


def _beyond(promise: Commitment) -> bool:
    """Whether more than the number is promised: `more than 1,000` is not met by 1,000."""
    return promise.qualifier == Qualifier.MORE_THAN


def _falling(promise: Commitment) -> bool:
    """Whether less is promised than there was."""
    return promise.comparator == "<=" and bool(promise.baseline_value > promise.target_value)


def _direction(promise: Commitment) -> str:
    return "down" if promise.comparator == "<=" else "up"


def _present(*fact_ids: Any) -> tuple[str, ...]:
    """Each of these facts once, without those that are missing."""
    return tuple(dict.fromkeys(str(fact) for fact in fact_ids if pd.notna(fact)))


def _evidence(tables: Tables) -> pd.DataFrame:
    """The strongest level documented for each commitment, with the promise and the updates that document it."""
    updates = tables["commitment_updates"].dropna(subset=["evidence_level"])
    rows = []
    for promise in tables.rows("commitments", Commitment):
        raised = updates[updates["commitment_id"] == promise.commitment_id]
        level = max([promise.evidence_level, *raised["evidence_level"]], key=_LADDER.index)
        proof = raised.loc[raised["evidence_level"] == level, "fact_id"]
        rows.append((promise.commitment_id, level, (promise.fact_id, *proof)))
    return pd.DataFrame(rows, columns=["commitment_id", "evidence_level", "evidence_fact_ids"], dtype="object")


def _observations(tables: Tables) -> pd.DataFrame:
    """Results with a number; a projection is none."""
    return rows_where(tables["commitment_updates"], role="observation", kind="reported").dropna(subset=["obs_value"])


def _newest_observations(tables: Tables) -> pd.DataFrame:
    newest = _observations(tables).sort_values(["time_period_end", "reported_on"]).groupby("commitment_id").tail(1)
    names = {
        "obs_value": "latest_value",
        "time_period": "latest_period",
        "time_period_end": "latest_day",
        "qualifier": "latest_qualifier",
        "fact_id": "latest_fact_id",
    }
    return newest[["commitment_id", *names]].rename(columns=names)


def _baselines(tables: Tables) -> pd.DataFrame:
    """The baseline of each commitment and the fact that prints it, the newest where there are several.

    One that has a fact of its own is missing as long as that is not known; any other is known with its promise.
    """
    names = {"qualifier": "baseline_qualifier", "kind": "baseline_kind", "fact_id": "printed_in"}
    printed = rows_where(tables["commitment_updates"], role="baseline").sort_values("reported_on")
    newest = printed.drop_duplicates("commitment_id", keep="last").rename(columns=names)
    rows = tables["commitments"][["commitment_id", "baseline_fact_id", *_BASELINE]].merge(
        newest[["commitment_id", *_BASELINE.values(), *names.values()]],
        on="commitment_id", how="left", validate="one_to_one",
    )  # fmt: skip
    for column, printed_as in _BASELINE.items():
        rows[column] = rows[column].where(rows["baseline_fact_id"].isna(), rows[printed_as])
    return rows.drop(columns=["baseline_fact_id", *_BASELINE.values()]).rename(
        columns={"printed_in": "baseline_fact_id"}
    )


def evidence_counts(tables: Tables) -> pd.DataFrame:
    """How many commitments of each enterprise stand on each level, a part counted with its whole: rows of `OnLevel`."""
    groups: dict[tuple[str, str, str], list[Standing]] = defaultdict(list)
    for row in _wholes(tables):
        groups[row.enterprise_id, row.section, row.evidence_level].append(row)
    rows = [OnLevel(*key, len(group), _proof(group)) for key, group in sorted(groups.items())]
    return pd.DataFrame(rows, columns=list(OnLevel.__match_args__))


def _wholes(tables: Tables) -> list[Standing]:
    """The commitments that are no part of a wider one."""
    return [row for row in records(register(tables), Standing) if row.whole == row.commitment_id]


def headline_commitments(tables: Tables) -> pd.DataFrame:
    """What a headline counts: each commitment once, and none that only a side teaser quotes; rows of `Standing`."""
    rows = rows_where(register(tables), section="body")
    return rows[rows["whole"] == rows["commitment_id"]].reset_index(drop=True)


def _proof(group: list[Standing]) -> tuple[str, ...]:
    return tuple(fact for row in group for fact in row.evidence_fact_ids)


def pace_of_commitments(tables: Tables, *, day: date | None = None) -> pd.DataFrame:
    """Pace of each commitment that has no refusal, the best documented first: rows of `Paced`.

    Of a report's `day` those that are still open: what fell due has an outcome.
    """
    rows = rows_where(_with_refusals(tables, day), refusal="")
    rows = rows.sort_values("evidence_level", key=lambda levels: -levels.map(_LADDER.index), kind="stable")
    paced = [
        asdict(row) | {"fact_ids": _present(*row.fact_ids, row.baseline_fact_id)} | _pace(row)
        for row in records(rows, Standing)
    ]
    return pd.DataFrame(paced, columns=list(Paced.__match_args__))


def unpaced_commitments(tables: Tables, *, day: date | None = None) -> pd.DataFrame:
    """The commitments that cannot be paced, of a report's `day` also what fell due: rows of `Unpaced`."""
    rows = _with_refusals(tables, day)
    return rows[rows["refusal"] != ""].reset_index(drop=True)


@remembered
def _with_refusals(tables: Tables, day: date | None) -> pd.DataFrame:
    rows, known = register(tables), tables["known_findings"]
    # groups of facts that a reader has found not to agree
    groups = known.loc[known["rule"] == "statement_mismatch", "fact_ids"]
    clashes = [{fact.strip() for fact in group.split(";")} for group in groups]
    return rows.assign(refusal=[_refusal(row, clashes, day) for row in records(rows, Standing)]).astype(
        {"refusal": "object"}
    )


def _refusal(row: Standing, clashes: list[set[str]], day: date | None) -> str:
    if day is not None and row.target_period_end <= pd.Timestamp(day):
        return "due"
    needs: dict[str, float | pd.Timestamp | None] = {
        "no_number": row.target_value,
        "no_deadline": row.target_period_end,
        "no_baseline": None if pd.isna(row.baseline_period_end) else row.baseline_value,
    }
    missing = next((reason for reason, value in needs.items() if pd.isna(value)), "")
    if missing:
        return missing
    if row.baseline_value == row.target_value:
        return "no_change"
    if (row.baseline_value > row.target_value) is (row.comparator != "<="):
        return "beyond"
    if pd.isna(row.latest_value) or row.latest_day <= row.baseline_period_end:
        return "no_observation"
    if any({row.baseline_fact_id, row.latest_fact_id} <= clash for clash in clashes):
        return "other_count"
    return "disputed" if row.disputed else ""


def _pace(row: Standing) -> dict[str, Any]:
    achieved = share_closed(row.baseline_value, row.latest_value, row.target_value)
    start, day, deadline = (each.date() for each in (row.baseline_period_end, row.latest_day, row.target_period_end))
    expected = time_share(start, day, deadline)
    spi = pace(achieved, expected)
    return {
        "achieved": achieved,
        "expected": expected,
        "spi": spi,
        "rating": str(rating(spi, 1 if row.reached else None)),
    }


def fallen_due(tables: Tables, day: date) -> pd.DataFrame:
    """What fell due in the twelve months up to a day, the last first, parts below their whole: rows of `Fallen`."""
    rows, end = register(tables), pd.Timestamp(day)
    due = rows["target_period_end"]
    rows = rows[(due <= end) & (due > end - pd.DateOffset(months=KEPT_MONTHS))]
    rows = rows.assign(part=rows["whole"] != rows["commitment_id"]).sort_values(
        ["target_period_end", "whole", "part"], ascending=[False, True, True], kind="stable"
    )
    observed = _observations(tables)
    fallen = [_fallen(row, observed[observed["commitment_id"] == row.commitment_id]) for row in records(rows, Standing)]
    return pd.DataFrame(fallen, columns=list(Fallen.__match_args__))


def _fallen(promise: Standing, observed: pd.DataFrame) -> dict[str, Any]:
    if pd.isna(promise.target_value):
        return asdict(promise) | {"outcome": str(DueOutcome.NOT_KNOWN), "reason": "no_number", "values": ()}
    told = [
        # a value speaks of no day after the one on which it was told
        DatedValue(row.obs_value, row.qualifier, row.time_period, min(row.time_period_end, row.reported_on),
                   row.source_id, row.fact_id)
        for row in records(observed, CommitmentUpdate)
    ]  # fmt: skip
    found = judge(
        told, promise.target_value, promise.target_period_end, promise.unit, direction=_direction(promise),
        beyond=_beyond(promise), falling=_falling(promise),
    )  # fmt: skip
    return asdict(promise) | {
        "outcome": str(found.outcome),
        "reason": None if found.reason is None else str(found.reason),
        "values": found.values,
        "fact_ids": _present(*promise.fact_ids, *(value.fact_id for value in found.values)),
    }


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
    """Commitments that fall due on one day, a part counted with its whole, the earliest first: rows of `Due`."""
    groups: dict[tuple[pd.Timestamp, str, str, str], list[Standing]] = defaultdict(list)
    for row in _wholes(tables):
        if row.target_period is not None:
            groups[row.target_period_end, row.enterprise_id, row.target_period, row.evidence_level].append(row)
    rows = [
        Due(enterprise, level, period, min(row.time_period_start for row in group), end, len(group), _proof(group))
        for (end, enterprise, period, level), group in sorted(groups.items())
    ]
    return pd.DataFrame(rows, columns=list(Due.__match_args__))


def proposals_made(tables: Tables) -> pd.DataFrame:
    """Each single proposal with its newest state, in the order in which they were made: rows of `SingleProposal`.

    The lists as a whole are left out.
    """
    told = tables["proposals"].sort_values(["enterprise_id", "reported_on", "fact_id"])
    told = told[told["stated_count"].isna()]
    made = told.drop_duplicates("proposal_id")
    states = told.groupby("proposal_id").agg(
        status=("status", "last"), status_on=("reported_on", "last"), fact_ids=("fact_id", tuple)
    )
    return made.drop(columns="status").merge(states, on="proposal_id", validate="one_to_one")


def progress_made(tables: Tables) -> pd.DataFrame:
    """What came of commitments; a baseline and a projection are no progress."""
    return tables["commitment_updates"].query("role != 'baseline' and kind != 'projected'").reset_index(drop=True)


def statements(tables: Tables) -> pd.DataFrame:
    """What documents say of enterprises and their commitments: rows of `EnterpriseStatement`."""
    rows = tables["statements"]
    rows = rows[rows["subject_kind"].isin(["enterprise", "commitment"])].reset_index(drop=True)
    rows["enterprise_id"] = [str(name).partition(".")[0] for name in rows["subject_id"]]  # commitments begin with it
    rows["fact_ids"] = [(fact,) for fact in rows["fact_id"]]
    return rows


def facts_of_enterprises(tables: Tables) -> set[str]:
    """All facts about enterprises: commitments, their updates, proposals and statements."""
    names = ("commitments", "commitment_updates", "proposals")
    return {*statements(tables)["fact_id"], *(fact for name in names for fact in tables[name]["fact_id"])}
