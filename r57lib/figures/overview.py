"""The figures of the notebook `overview`."""

from __future__ import annotations

from typing import Any

import pandas as pd

from r57lib.charts import bars
from r57lib.data.codes import Status
from r57lib.data.tables import records
from r57lib.figures.compose import compose, dated, figure, keyed, measured, readable
from r57lib.figures.observed import indicator_name
from r57lib.measures import indicators, quality, task_counts
from r57lib.page.parts import Figure
from r57lib.view.view import View
from r57lib.view.words import MISSING

NOTEBOOK = "overview"
_RATING_COLOURS = {
    "met": "completed_on_time",
    "ahead": "completed_on_time",
    "on_pace": "completed_late",
    "behind": "overdue",
}


@figure(NOTEBOOK, headline=True)
def indicator_progress(view: View) -> Figure:
    """One line an indicator with a target: actual, target, share closed, pace and rating."""
    words = view.words
    lines = indicators.progress_lines(view.tables, since=pd.Timestamp(view.month.first_day))
    rows = list(records(lines))
    table = readable(
        view,
        {
            "indicator": [indicator_name(view, row) for row in rows],
            "actual": [_actual(view, row) for row in rows],
            "time_period": [dated(words, row.actual_period) for row in rows],
            "target": [_aimed(view, row) for row in rows],
            "target_period": [dated(words, row.target_period) for row in rows],
            "share_closed": [words.percent(row.share_closed, 1) for row in rows],
            "expected": [words.percent(row.expected, 1) for row in rows],
            "rating": [_rating(view, row) for row in rows],
        },
        lines["fact_ids"],
    )
    rated = lines.dropna(subset=["pace_ratio"])
    values = {
        "count": words.number(len(rows)),
        "rated": words.number(int((lines["rating"] != "unknown").sum())),
        "behind": words.number(int((lines["rating"] == "behind").sum())),
    }
    facts = lines["fact_ids"]
    if rated.empty:
        title = "none" if lines.empty else "unrated"
        return compose(view, "indicator_progress", table, facts=facts, values=values, title=title)
    drawn = _progress_bars(view, rated)
    return compose(
        view,
        "indicator_progress",
        table,
        facts=facts,
        values=values,
        draw=lambda texts: bars.bars(drawn, texts, colours=_RATING_COLOURS, domain=1.0),
    )


def _progress_bars(view: View, rated: pd.DataFrame) -> pd.DataFrame:
    """Share closed as bars, the share of time passed as ticks."""
    words = view.words
    rows = [
        {
            "row": words("progress.row", indicator=indicator_name(view, row), target=_target(view, row),
                         deadline=words.period(row.target_period)),
            "value": min(1.0, max(0.0, row.share_closed)),
            "tick": min(1.0, row.expected),
            "facts": " ".join(row.fact_ids),
            "text": words.percent(row.share_closed, 1),
            "part": row.rating,
        }
        for row in records(rated)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _actual(view: View, row: Any) -> str:
    """The newest value; with its rivals where sources disagree."""
    words = view.words
    if pd.isna(row.actual_value):
        return MISSING
    value = measured(words, row.actual_value, row.unit, row.actual_qualifier)
    if not row.other_values:
        return value
    others = words.join([words.value(other, row.unit) for other in row.other_values])
    return keyed(words("actual.disputed", value=value, others=others), value)


def _aimed(view: View, row: Any) -> str:
    """The target, and whether more or less than it is meant."""
    value = _target(view, row)
    return keyed(view.words(f"comparator.{row.comparator}", value=value), value)


def _target(view: View, row: Any) -> str:
    return measured(view.words, row.target_value, row.unit)


def _rating(view: View, row: Any) -> str:
    """The rating with its ratio, or why there is none."""
    words = view.words
    if isinstance(row.refusal, str):
        return words(f"unrated.{row.refusal}")
    rating = words(f"rating.{row.rating}")
    return (
        rating if pd.isna(row.pace_ratio) else words("rating.with", rating=rating, pace=words.number(row.pace_ratio, 3))
    )


@figure(NOTEBOOK)
def what_changed(view: View) -> Figure:
    """Values of indicators and counts of tasks that the report of the month before did not hold."""
    words = view.words
    rows = [*_changed_indicators(view), *_new_counts(view)]
    table = readable(
        view,
        {name: [row[name] for row in rows] for name in ("what", "before", "now", "time_period", "change")},
        [row["fact_ids"] for row in rows],
    )
    fresh = quality.new_facts(view.tables, view.before)
    values = {
        "facts": words.number(len(fresh)),
        "rows": words.number(len(rows)),
        "month": words.month(view.month),
        "before": words.month(view.month.previous),
    }
    title = "title" if rows else "none" if fresh.empty else "entries"
    return compose(view, "what_changed", table, facts=[row["fact_ids"] for row in rows], values=values, title=title)


def _changed_indicators(view: View) -> list[dict[str, Any]]:
    """Newer values of indicators, those with a predecessor first."""
    words = view.words
    changed = quality.changed_indicators(view.tables, view.before)
    changed = changed.sort_values("obs_value_before", na_position="last", key=lambda values: values.isna())
    return [
        {
            "what": indicator_name(view, row),
            "before": measured(words, row.obs_value_before, row.unit),
            "now": measured(words, row.obs_value, row.unit, row.qualifier),
            "time_period": dated(words, row.time_period),
            "change": _change(view, row),
            "fact_ids": row.fact_ids,
        }
        for row in records(changed)
    ]


def _change(view: View, row: Any) -> str:
    words = view.words
    if _disputed(view, row):
        return words("change.conflict")
    if pd.isna(row.obs_value_before):
        return words("change.first")
    if not row.comparable:
        return words("change.not_comparable")
    if row.unit == "rank":
        return words("change.places", change=words.signed(row.obs_value_before - row.obs_value))
    signed = words.points(row.change) if row.unit == "share" else words.signed(row.change)
    exact = {row.qualifier, row.qualifier_before} == {"exact"}
    return signed if exact else words("qualified", qualifier=words("qualifier.about"), value=signed)


def _disputed(view: View, row: Any) -> bool:
    """Whether another source gives another value for the same indicator within the same days."""
    clashes = [set(f.fact_ids) for f in view.findings if f.rule == "observation_conflict" and row.fact_id in f.fact_ids]
    if not clashes:
        return False
    own = set(view.tables["observations"].query("indicator_id == @row.indicator_id")["fact_id"])
    return any(len(clash & own) > 1 for clash in clashes)


def _new_counts(view: View) -> list[dict[str, Any]]:
    """Counts of tasks about the month; the change of a count is left to its own page, which knows its scope."""
    words = view.words
    known = set(view.before["task_snapshots"]["fact_id"])
    history = task_counts.snapshots(view.tables)
    return [
        {
            "what": words(f"scope.{row.scope_id}"),
            "before": MISSING,
            "now": _count(view, row),
            "time_period": dated(words, row.time_period),
            "change": words("change.new_count"),
            "fact_ids": row.fact_ids,
        }
        for row in records(history)
        if not known.issuperset(row.fact_ids)
    ]


def _count(view: View, row: Any) -> str:
    """The count of a snapshot that says most."""
    words = view.words
    for status in (Status.COMPLETED, Status.BEHIND_SCHEDULE, Status.OVERDUE, Status.TOTAL):
        if pd.notna(count := getattr(row, status)):
            return words("count.status", count=words.number(count), status=words(f"status.{status}"))
    return MISSING


_ENTRIES = {
    "commitments": ("commitment", "commitment_id"),
    "commitment_updates": ("commitment", "commitment_id"),
    "proposals": ("proposal", "fact_id"),
    "events": ("event", "event_id"),
}
"""Tables of single entries: the beginning of their labels, and the column that names the label."""


@figure(NOTEBOOK)
def new_entries(view: View) -> Figure:
    """New commitments, what came of earlier ones, proposals and events of the month."""
    words = view.words
    rows = [(table, row) for table in _ENTRIES for row in _new_rows(view, table)]
    table = readable(
        view,
        {
            "subject": [words(f"subject.{name}") for name, _ in rows],
            "what": [_entry(view, name, row) for name, row in rows],
            "time_period": [dated(words, row.time_period) for _, row in rows],
        },
        [(row.fact_id,) for _, row in rows],
    )
    counts = {name: words.number(sum(each == name for each, _ in rows)) for name in _ENTRIES}
    facts = [(row.fact_id,) for _, row in rows]
    values = {**counts, "month": words.month(view.month)}
    return compose(view, "new_entries", table, facts=facts, values=values, title="title" if rows else "none")


def _new_rows(view: View, table: str) -> list[Any]:
    known = set(view.before[table]["fact_id"])
    return [row for row in records(view.tables[table]) if row.fact_id not in known]


def _entry(view: View, table: str, row: Any) -> str:
    prefix, column = _ENTRIES[table]
    return view.words(f"{prefix}.{getattr(row, column)}")
