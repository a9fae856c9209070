"""Published counts of tasks: which of them belong together, which add up, and which a correction leaves in doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from r57lib.data.rows import Snapshot
from r57lib.data.tables import Tables

_SUMS = {
    "completed": (("completed_on_time", "completed_late"), ()),
    "behind_schedule": (("completed_late", "overdue"), ()),
    "total": (("completed", "in_progress"), ("overdue", "regular")),
}


def whole_counts(tables: Tables) -> pd.DataFrame:
    """The counts of whole sets of tasks, each with `origin`: the source of the snapshot that it belongs to.

    That is its own source, and for a correction the source of what it corrects.
    """
    rows = tables["task_snapshots"]
    origin = dict(zip(rows["fact_id"], rows["source_id"], strict=True))
    gone = (tables.replaced or {}).get("task_snapshots")
    if gone is not None:
        for fact, source, after in gone.sort_values("reported_on")[["fact_id", "source_id", "replaced_by"]].to_numpy():
            origin[after] = origin.get(fact, source)
    return rows[rows["agency_id"].isna()].assign(origin=rows["fact_id"].map(origin))


def sums(rows: Mapping[str, Snapshot]) -> Iterator[tuple[Snapshot, list[Snapshot]]]:
    """The wholes of a snapshot, given by status, each with its parts; only where all that it needs is printed."""
    for whole, (needed, optional) in _SUMS.items():
        if whole in rows and all(part in rows for part in needed):
            yield rows[whole], [rows[part] for part in (*needed, *optional) if part in rows]


def in_doubt(rows: Mapping[str, Snapshot]) -> frozenset[str]:
    """The statuses of a snapshot that are not known any more, as one was corrected and the others were not.

    They stand in a sum that holds a correction and no longer adds up, are older than it, and stand in no sum that does.
    """
    doubtful, sound = set[str](), set[str]()
    for whole, parts in sums(rows):
        members = (whole, *parts)
        if whole.task_count == sum(part.task_count for part in parts):
            sound.update(row.status for row in members)
        else:
            corrected_on = max(row.reported_on for row in members)
            doubtful.update(row.status for row in members if row.reported_on < corrected_on)
    return frozenset(doubtful - sound)
