"""What cannot be true at once in a row of tasks whose cells can all be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple


class Said(NamedTuple):
    """What is said of a field of a row."""

    code: str
    field: str
    hint: str = ""


def contradictions(record: Mapping[str, Any], reported_on: date) -> Iterator[Said]:
    """What contradicts itself in the dates, the status and the share of a task."""
    done, begun = record.get("completed_date"), record.get("assigned_date")
    status = record.get("reported_status")
    for name, day in (("completed_date", done), ("assigned_date", begun)):
        if day and day > reported_on:
            yield Said("E-FUTURE", name, reported_on.isoformat())
    if done and begun and done < begun:
        yield Said("E-BEFORE", "completed_date", begun.isoformat())
    if status and status.startswith("completed") and not done:
        yield Said("E-NOT-DATED", "reported_status")
    elif status and not status.startswith("completed") and status != "regular" and done:
        yield Said("E-NOT-DONE", "reported_status", done.isoformat())
    if record.get("reported_share") == 1 and not done:
        yield Said("W-SHARE", "reported_share")
