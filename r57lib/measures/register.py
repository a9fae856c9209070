"""The register: one row a task, as its newest report that was known at a day says; statuses are derived from dates.

A version of a task is never changed: `as_known` chooses, for each task, the one with the latest `reported_on` up to a
day, and of two with the same day the one that was taken in later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from r57lib.data.codes import Status
from r57lib.data.store import body_of
from r57lib.data.tables import Tables, remembered
from r57lib.measures.progress import ratio, wilson

AGE_BANDS = ((1, 30), (31, 90), (91, 180), (181, None))
"""Days overdue, from and to."""

LEAST_TASKS = 5
"""An agency with fewer tasks that have fallen due gets no rate: chance alone would rank it."""

_NO_DAY = date(2000, 1, 1)
_DERIVED = (Status.COMPLETED_ON_TIME, Status.COMPLETED_LATE, Status.IN_PROGRESS, Status.OVERDUE, Status.REGULAR)


def register_day(tables: Tables) -> date | None:
    """The newest day that a ministry's file speaks of; nothing where no register of tasks was taken in."""
    newest: pd.Timestamp = tables["tasks"]["reported_on"].max()
    return None if pd.isna(newest) else newest.date()


@remembered
def tasks_of(tables: Tables) -> pd.DataFrame:
    """The tasks as their newest versions say, with the status that each has on `register_day`.

    On a later day nothing is known: a task that falls due after it is not overdue for want of a report.
    """
    day = register_day(tables) or _NO_DAY
    return with_status(as_known(tables["tasks"], day), day)


def as_known(versions: pd.DataFrame, day: date, *, at: date | None = None) -> pd.DataFrame:
    """The tasks as they were known on a day: the newest version of each, those that had begun by `at` (or that day).

    `begun` is the day on which a task was assigned; without one, that of the first file that names it.
    """
    known = versions[versions["reported_on"] <= pd.Timestamp(day)]
    known = known.assign(key=known["task_id"].str.casefold()).sort_values(["reported_on", "entry"], kind="stable")
    first = known.groupby("key")["reported_on"].transform("min")
    newest = known.assign(begun=known["assigned_date"].fillna(first)).groupby("key").tail(1)
    return newest[newest["begun"] <= pd.Timestamp(at or day)].sort_values("task_id", ignore_index=True)


def with_status(tasks: pd.DataFrame, day: date) -> pd.DataFrame:
    """The tasks with their `status` at a day, and `days`: overdue so far, or completed late by so many."""
    at = pd.Timestamp(day)
    done = tasks["completed_date"] <= at
    late = done & (tasks["completed_date"] > tasks["due_date"])
    overdue = ~done & (tasks["due_date"] < at)
    status = pd.Series(str(Status.IN_PROGRESS), index=tasks.index, dtype="str")
    status = status.mask(overdue, str(Status.OVERDUE)).mask(done, str(Status.COMPLETED_ON_TIME))
    status = status.mask(late, str(Status.COMPLETED_LATE)).mask(tasks["regular"], str(Status.REGULAR))
    ended = tasks["completed_date"].where(done, at)
    days = (ended - tasks["due_date"]).dt.days.where(status.isin([Status.COMPLETED_LATE, Status.OVERDUE]))
    return tasks.assign(status=status, days=days.astype("Int64"))


def status_counts(tasks: pd.DataFrame) -> dict[Status, int]:
    """How many tasks have each status, with their sums: completed, and the total."""
    found = tasks["status"].value_counts()
    counts = {status: int(found.get(str(status), 0)) for status in _DERIVED}
    completed = counts[Status.COMPLETED_ON_TIME] + counts[Status.COMPLETED_LATE]
    return counts | {Status.COMPLETED: completed, Status.TOTAL: len(tasks)}


def differences(counts: Mapping[Status, int], published: Mapping[str, Any]) -> pd.DataFrame:
    """Each status that both count, with the register's number, the published one and their difference."""
    both = [status for status in counts if pd.notna(published.get(str(status)))]
    rows = [(str(status), counts[status], int(published[str(status)])) for status in both]
    frame = pd.DataFrame(rows, columns=["status", "register", "published"])
    return frame.assign(difference=frame["register"] - frame["published"])


def overdue_ages(tasks: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, float]]:
    """How long tasks are overdue: a row a band of days with its count, and count, median, p90 and max of the days."""
    days = tasks.loc[tasks["status"] == Status.OVERDUE, "days"].astype("float64")
    rows = [AgeBand(low, high, int(days.between(low, high or float("inf")).sum())) for low, high in AGE_BANDS]
    return pd.DataFrame(rows, columns=AgeBand._fields).astype({"high": "Int64"}), _spread(days)


class AgeBand(NamedTuple):
    """How many tasks are overdue by so many days, from and to."""

    low: int
    high: int | None
    task_count: int


def lateness(tasks: pd.DataFrame) -> dict[str, float]:
    """How late the tasks were that were completed late: count, median, p90 and max of the days."""
    days = tasks.loc[tasks["status"] == Status.COMPLETED_LATE, "days"].astype("float64")
    return _spread(days)


def _spread(days: pd.Series[float]) -> dict[str, float]:
    if days.empty:
        return {"count": 0}
    middle, most = float(days.median()), float(days.max())
    return {"count": len(days), "median": middle, "p90": float(days.quantile(0.9)), "max": most}


@remembered
def register_history(tables: Tables) -> pd.DataFrame:
    """Scope and completed tasks at the end of each month up to the register's day, regular tasks left out.

    Columns: day, total, completed, scope_change, completed_change, net (completed less scope) and scope_changed.
    """
    day = register_day(tables) or _NO_DAY
    tasks = tasks_of(tables).query("not regular")
    rows = [
        (end, int((tasks["begun"] <= end).sum()), int((tasks["completed_date"] <= end).sum()))
        for end in _month_ends(tasks["begun"], day)
    ]
    history = pd.DataFrame(rows, columns=["day", "total", "completed"]).astype({"day": "datetime64[us]"})
    history["scope_change"], history["completed_change"] = history["total"].diff(), history["completed"].diff()
    history["net"] = history["completed_change"] - history["scope_change"]
    return history.assign(scope_changed=history["scope_change"].fillna(0) != 0)


def _month_ends(begun: pd.Series[pd.Timestamp], day: date) -> list[pd.Timestamp]:
    """The ends of the months from the first task on, and the day itself."""
    if begun.empty:
        return []
    last = pd.Timestamp(day)
    return [*pd.date_range(begun.min(), last - pd.Timedelta(days=1), freq="ME"), last]


def tasks_due(tasks: pd.DataFrame, day: date, *, within: tuple[int, ...] = (30, 60, 90)) -> pd.DataFrame:
    """For each lead agency its open tasks that fall due within so many days, and how many it completed in the last 90.

    Columns: lead_agency, due_<n> for each of `within` (each holds the ones before it), completed_90.
    """
    at = pd.Timestamp(day)
    left = (tasks["due_date"] - at).dt.days.where(tasks["status"] == Status.IN_PROGRESS)
    recent = (at - tasks["completed_date"]).dt.days.between(0, 89) & ~tasks["regular"]
    columns = {f"due_{days}": left.between(0, days) for days in within} | {"completed_90": recent}
    counted = _with_known_lead(tasks[["lead_agency"]].assign(**columns)).groupby("lead_agency").sum().astype("int64")
    return counted.sort_index().reset_index()


def league(tasks: pd.DataFrame) -> pd.DataFrame:
    """For each lead agency its on-time rate of what has fallen due, with Wilson's 95% interval, best lower bound first.

    A row a `Place`; `overdue_share` is of all overdue tasks. Fewer than `LEAST_TASKS` give no rate.
    """
    everywhere = status_counts(tasks)[Status.OVERDUE]
    counted = {str(agency): status_counts(own) for agency, own in _with_known_lead(tasks).groupby("lead_agency")}
    rows = [_place(agency, counts, everywhere) for agency, counts in counted.items()]
    frame = pd.DataFrame(rows, columns=Place._fields)
    return frame.sort_values(["low", "lead_agency"], ascending=[False, True], na_position="last", ignore_index=True)


def _with_known_lead(tasks: pd.DataFrame) -> pd.DataFrame:
    """The tasks that one known body leads, with that body: of a department its province, and no group of bodies."""
    known = tasks.assign(lead_agency=tasks["lead_agency"].map(body_of))
    return known[known["lead_agency"] != ""]


class Place(NamedTuple):
    """What a lead agency completed on time of what has fallen due."""

    lead_agency: str
    on_time: int
    fallen_due: int
    rate: float | None
    low: float | None
    high: float | None
    overdue: int
    overdue_share: float | None


def _place(agency: str, counts: Mapping[Status, int], everywhere: int) -> Place:
    on_time, overdue = counts[Status.COMPLETED_ON_TIME], counts[Status.OVERDUE]
    fallen_due = counts[Status.COMPLETED] + overdue
    enough = fallen_due >= LEAST_TASKS
    low, high = (wilson(on_time, fallen_due) if enough else None) or (None, None)
    rate = ratio(on_time, fallen_due) if enough else None
    return Place(agency, on_time, fallen_due, rate, low, high, overdue, ratio(overdue, everywhere))


def led(tasks: pd.DataFrame, agency: str) -> pd.DataFrame:
    """The tasks that an agency leads, or a department of it; all where none is named."""
    return tasks[tasks["lead_agency"].map(body_of) == agency].reset_index(drop=True) if agency else tasks


def coordinated(tasks: pd.DataFrame) -> dict[str, int]:
    """In how many tasks each agency, or a department of it, has a part without leading them."""
    rows = zip(tasks["lead_agency"], tasks["coordinating_agencies"].fillna(""), strict=True)
    return dict(
        Counter(name for lead, cell in rows for name in set(map(body_of, cell.split(";"))) - {"", body_of(lead)})
    )


class Standing(NamedTuple):
    """An agency's place among those that have a rate, and the places that it may have as the intervals overlap."""

    place: int
    best: int
    worst: int
    of: int


def standing(table: pd.DataFrame, agency: str) -> Standing | None:
    """Where an agency stands in a `league`; nothing where it has too few tasks for a rate."""
    rated = table.dropna(subset=["rate"]).reset_index(drop=True)
    own = rated[rated["lead_agency"] == agency]
    if own.empty:
        return None
    low, high = own["low"].iloc[0], own["high"].iloc[0]
    better, worse = int((rated["low"] > high).sum()), int((rated["high"] < low).sum())
    return Standing(int(own.index[0]) + 1, 1 + better, len(rated) - worse, len(rated))


def transitions(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """From which status at the first day to which at the second, with the number of tasks: before, after, task_count.

    A task that is in one of the two only has an empty status in the other.
    """
    one, other = (each.assign(key=each["task_id"].str.casefold())[["key", "status"]] for each in (before, after))
    both = one.merge(other, on="key", how="outer", suffixes=("_before", "_after"), validate="one_to_one")
    named = both.rename(columns={"status_before": "before", "status_after": "after"})
    counted = named.groupby(["before", "after"], dropna=False).size().rename("task_count").reset_index()
    return counted.sort_values(["before", "after"], ignore_index=True)
