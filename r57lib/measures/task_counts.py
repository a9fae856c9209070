"""Task completion: rates, overdue burden, burn-up and required pace, from published counts.

Every function takes the tables as known at a day and gives a frame with one row a result and `fact_ids`, the facts
that the row was computed from. Counts of different scopes are never added or joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

import pandas as pd

from r57lib.data.codes import Refusal, Status
from r57lib.data.counts import in_doubt, whole_counts
from r57lib.data.rows import Snapshot
from r57lib.data.tables import Tables, records, remembered, rows_where
from r57lib.measures.outcomes import DueOutcome
from r57lib.measures.progress import MINIMUM_PERIODS, BurnUp, ratio, required_run_rate, run_rate, wilson


class PublishedCounts(NamedTuple):
    """A published snapshot; a status that the source does not print has no count."""

    scope_id: str
    time_period: str
    time_period_end: pd.Timestamp
    reported_on: pd.Timestamp
    source_id: str
    completed_on_time: int | None
    completed_late: int | None
    in_progress: int | None
    overdue: int | None
    regular: int | None
    completed: int | None
    total: int | None
    behind_schedule: int | None
    fact_ids: tuple[str, ...]

    def of(self, status: Status) -> int:
        """The count of a status that is printed."""
        count = getattr(self, status)
        assert count is not None
        return int(count)

    @property
    def remaining(self) -> int:
        """The tasks that are not completed; regular ones never are, and stay out where they are counted."""
        regular = 0 if pd.isna(self.regular) else self.of(Status.REGULAR)
        return self.of(Status.TOTAL) - self.of(Status.COMPLETED) - regular


@remembered
def snapshots(tables: Tables) -> pd.DataFrame:
    """One row a published snapshot: scope, period, source, and a column of counts for each status (Int64).

    A status that the source does not print is missing, never 0. So is one that a correction of another leaves in doubt:
    these stand in `in_doubt`. `reported_on` is the day of the newest correction.
    """
    keys = ["scope_id", "time_period", "time_period_end", "source_id"]
    counts = whole_counts(tables).drop(columns="source_id").rename(columns={"origin": "source_id"})
    wide = counts.pivot(index=keys, columns="status", values="task_count").reindex(columns=[str(s) for s in Status])
    groups = counts.groupby(keys)
    facts, days = groups["fact_id"].agg(tuple).rename("fact_ids"), groups["reported_on"].max()
    joined = wide.astype("Int64").join([facts, days], validate="one_to_one").reset_index()
    found = [
        in_doubt({row.status: row for row in records(counts[counts["fact_id"].isin(ids)], Snapshot)})
        for ids in joined["fact_ids"]
    ]
    joined["in_doubt"] = pd.Series(found, joined.index, dtype="object")
    for status in Status:
        doubtful = pd.Series([status in each for each in found], joined.index, dtype="bool")
        joined[status] = joined[status].mask(doubtful)
    return joined.sort_values(["scope_id", "time_period_end", "reported_on"], ignore_index=True)


@remembered
def latest_snapshots(tables: Tables, *, needs: tuple[Status, ...] = (Status.TOTAL,)) -> pd.DataFrame:
    """The newest snapshot of each scope that prints every status of `needs`; none where one of them is in doubt."""
    rows, names = snapshots(tables), [str(status) for status in needs]
    printed = [
        all(is_known or name in doubtful for name, is_known in zip(names, known, strict=True))
        for known, doubtful in zip(rows[names].notna().to_numpy(), rows["in_doubt"], strict=True)
    ]
    newest = rows[pd.Series(printed, rows.index, dtype="bool")].groupby("scope_id", as_index=False).tail(1)
    return newest.dropna(subset=names).reset_index(drop=True)


@remembered
def programme_snapshots(
    tables: Tables, *, needs: tuple[Status, ...] = (Status.TOTAL, Status.COMPLETED, Status.IN_PROGRESS)
) -> pd.DataFrame:
    """The newest snapshot of each set that serves the programme alone, the newest first; of one day the larger set.

    The first is the count that speaks for the programme: no other is added to it or joined with it.
    """
    newest, scopes = latest_snapshots(tables, needs=needs), tables["task_scopes"]
    own = newest[newest["scope_id"].isin(scopes.loc[scopes["programme"] == "yes", "scope_id"])]
    return own.sort_values(["time_period_end", "total", "scope_id"], ascending=[False, False, True], ignore_index=True)


Barrier = Literal["other_set", "list_changed", "total_unknown"]


def not_comparable(now: PublishedCounts, then: PublishedCounts) -> Barrier | None:
    """Why no difference is taken between two counts; None where both count one list of tasks.

    A list whose total moved holds other tasks: what was completed of one says nothing of the speed on the other.
    """
    if now.scope_id != then.scope_id:
        return "other_set"
    if pd.isna(now.total) or pd.isna(then.total):
        return "total_unknown"
    return None if now.total == then.total else "list_changed"


def count_before(tables: Tables, row: PublishedCounts) -> PublishedCounts | None:
    """The newest count of the same set about an earlier day that prints the total and what was completed."""
    same = rows_where(snapshots(tables), scope_id=row.scope_id).dropna(subset=["total", "completed"])
    return next(records(same[same["time_period_end"] < row.time_period_end].tail(1), PublishedCounts), None)


def completion_rates(tables: Tables) -> pd.DataFrame:
    """Completed over total for each scope's newest snapshot, and over the total without regular tasks.

    Columns: scope_id, time_period, numerator, denominator, completion_rate, without_regular_rate, fact_ids.
    """
    newest = latest_snapshots(tables, needs=(Status.TOTAL, Status.COMPLETED))
    rates = newest[["scope_id", "time_period", "time_period_end", "fact_ids"]].copy()
    rates["numerator"], rates["denominator"] = newest["completed"], newest["total"]
    rates["completion_rate"] = (newest["completed"] / newest["total"]).astype(float)
    without = newest["total"] - newest["regular"]
    rates["without_regular_rate"] = (newest["completed"] / without).astype("Float64")
    return rates


def on_time_ratios(tables: Tables) -> pd.DataFrame:
    """The three on-time rates of each set that serves the programme and prints what they need, the newest first.

    With Wilson's 95% intervals.

    `meaning` is of_completed (on time / completed), of_fallen_due (on time / (completed + overdue)) or of_all
    (on time / total).
    """
    needs = (Status.COMPLETED_ON_TIME, Status.OVERDUE, Status.TOTAL)
    either = [programme_snapshots(tables, needs=(*needs, part)) for part in (Status.COMPLETED_LATE, Status.COMPLETED)]
    newest = pd.concat(either).sort_values(["time_period_end", "total", "scope_id"], ascending=[False, False, True])
    newest = newest.drop_duplicates("scope_id")
    rows = []
    for row in records(newest, PublishedCounts):
        on_time, overdue, total = map(row.of, needs)
        completed = row.completed if row.completed is not None else on_time + row.of(Status.COMPLETED_LATE)
        wholes = {"of_completed": completed, "of_fallen_due": completed + overdue, "of_all": total}
        rows += [_rate(row, meaning, on_time, whole) for meaning, whole in wholes.items()]
    return pd.DataFrame(rows, columns=Rate._fields)


class Rate(NamedTuple):
    """A rate of a set of tasks, what it means, and its interval; undefined where nothing is in the denominator."""

    scope_id: str
    time_period: str
    meaning: str
    numerator: int
    denominator: int
    rate: float | None
    low: float | None
    high: float | None
    fact_ids: tuple[str, ...]


def _rate(row: PublishedCounts, meaning: str, part: int, whole: int) -> Rate:
    low, high = wilson(part, whole) or (None, None)
    return Rate(row.scope_id, row.time_period, meaning, part, whole, ratio(part, whole), low, high, row.fact_ids)


def overdue_ratios(tables: Tables) -> pd.DataFrame:
    """Overdue tasks over all tasks and over open tasks (overdue + in progress), the programme's newest count first."""
    needs = (Status.OVERDUE, Status.IN_PROGRESS, Status.TOTAL)
    rows = []
    for row in records(programme_snapshots(tables, needs=needs), PublishedCounts):
        overdue, in_progress, total = map(row.of, needs)
        rows += [_rate(row, "of_all", overdue, total), _rate(row, "of_open", overdue, overdue + in_progress)]
    return pd.DataFrame(rows, columns=Rate._fields)


@dataclass(frozen=True, slots=True)
class ScopeStep(BurnUp):
    """Scope and completed tasks of a set at a snapshot; `segment` counts the changes of scope so far."""

    time_period: str
    fact_ids: tuple[str, ...]
    segment: int


@remembered
def scope_history(tables: Tables, *, scope: str) -> pd.DataFrame:
    """Scope and completed tasks at each snapshot (`day` is its last), and what moved since the one before.

    `scope_changed` marks a snapshot whose total differs from the one before. Across it no difference of completed tasks
    is taken, and `segment` counts these so far.
    """
    rows = rows_where(snapshots(tables), scope_id=scope).dropna(subset=["total", "completed"])
    rows = rows.drop_duplicates("time_period", keep="last")  # of a count and its correction, the correction
    rows = rows.rename(columns={"time_period_end": "day"})
    history = rows[["time_period", "day", "total", "completed", "fact_ids"]].reset_index(drop=True)
    history["scope_change"] = history["total"].diff().astype("float64")
    changed = history["scope_change"].fillna(0) != 0
    history["completed_change"] = history["completed"].diff().astype("float64").mask(changed)
    return history.assign(scope_changed=changed, segment=changed.cumsum())


def forecast_refusal(tables: Tables, *, scope: str) -> Refusal | None:
    """Why no date of completion is forecast for a scope, or None where a forecast has ground."""
    history = scope_history(tables, scope=scope)
    if history["scope_changed"].any():
        return Refusal.SCOPE_CHANGED
    if len(history) < MINIMUM_PERIODS:
        return Refusal.FEW_PERIODS
    return Refusal.NO_PROGRESS if history["completed"].iloc[-1] <= history["completed"].iloc[0] else None


def next_deadline(tables: Tables, day: date) -> date | None:
    """The next day after `day` on which a target that is known falls due."""
    ends = tables["targets"]["target_period_end"]
    first: pd.Timestamp = ends[ends > pd.Timestamp(day)].min()
    return None if pd.isna(first) else first.date()


def deadline_outcome(counted: PublishedCounts, deadline: date) -> DueOutcome:
    """What a count says of a deadline that has passed: all tasks were completed by it, some were open, or nothing."""
    day = counted.time_period_end.date()
    if day <= deadline and not counted.remaining:
        return DueOutcome.MET
    return DueOutcome.MISSED if day >= deadline and counted.remaining else DueOutcome.NOT_KNOWN


def required_run_rates(tables: Tables, *, scope: str, start: date, day: date, deadline: date) -> pd.DataFrame:
    """The pace from `day` on that would complete a scope by `deadline`, beside the naive average since `start`.

    Tasks a day. A row a `Pace`: of the newest count; none on or after the deadline.
    """
    newest = rows_where(latest_snapshots(tables, needs=(Status.TOTAL, Status.COMPLETED)), scope_id=scope)
    rows, left = [], (deadline - day).days
    for row in records(newest if left > 0 else newest.head(0), PublishedCounts):
        counted = row.time_period_end.date()
        required = required_run_rate(row.remaining, day, deadline)
        naive = run_rate(row.of(Status.COMPLETED), start, counted)
        multiple = required / naive if required is not None and naive else None
        pace = Pace(scope, row.time_period, counted, row.remaining, left, required, naive, multiple, row.fact_ids)
        rows.append(pace)
    return pd.DataFrame(rows, columns=Pace._fields)


class Pace(NamedTuple):
    """The pace that a set of tasks needs from the report's day on, and the average up to its count, in tasks a day.

    `day` is the last of the count's period; `days_left` run from the report's. `run_rate` is an average over a scope
    that may have grown, and no forecast.
    """

    scope_id: str
    time_period: str
    day: date
    remaining: int
    days_left: int
    required_run_rate: float | None
    run_rate: float | None
    multiple: float | None
    fact_ids: tuple[str, ...]


def agency_counts(tables: Tables) -> pd.DataFrame:
    """Published counts by lead agency: scope_id, agency_id, status, time_period, task_count, fact_ids."""
    split = tables["task_snapshots"].query("agency_id.notna()")
    rows = split[["scope_id", "agency_id", "status", "time_period", "task_count", "fact_id"]].copy()
    rows["fact_ids"] = [(fact,) for fact in rows.pop("fact_id")]
    return rows.sort_values(["task_count", "agency_id"], ascending=[False, True], ignore_index=True)
