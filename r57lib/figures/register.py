"""The figures of the register of tasks in `task_completion`: what published counts cannot answer.

Where no register was taken in there is nothing to show, and `unanswered` says what it would answer.
"""

from __future__ import annotations

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.data.tables import records
from r57lib.figures.compose import dated, figure, readable
from r57lib.figures.taskset import (
    ageing_of,
    bar_of,
    composed,
    due_soon_of,
    league_of,
    part_colours,
    register_note,
    transitions_of,
)
from r57lib.measures import register, task_counts
from r57lib.page.parts import Figure, Nothing
from r57lib.view.view import View
from r57lib.view.words import MISSING

NOTEBOOK = "task_completion"


@figure(NOTEBOOK)
def register_counts(view: View) -> Figure | Nothing:
    """The register's counts by status, and each difference from the published ones."""
    words, found = view.words, register.tasks_of(view.tables)
    if found.empty:
        return Nothing()
    compared = _compared(view)
    differing = compared[compared["difference"] != 0]
    table = readable(
        view,
        {
            "time_period": [dated(words, row.time_period) for row in records(compared)],
            "status": [words(f"status.{row.status}") for row in records(compared)],
            "register": [words.number(row.register) for row in records(compared)],
            "published": [words.number(row.published) for row in records(compared)],
            "difference": [words.signed(row.difference) if row.difference else "0" for row in records(compared)],
        },
        compared["fact_ids"],
    )
    periods = compared["time_period"].drop_duplicates()
    values = {
        "day": words.date(register.register_day(view.tables)),
        "total": words.number(len(found)),
        "compared": words.number(len(compared)),
        "differing": words.number(len(differing)),
        "periods": words.join([words.period(each) for each in periods]),
    }
    title = "alone" if compared.empty else "title" if differing.empty else "differs"
    drawn = pd.DataFrame(bar_of(view, words("register.row", **values), found))
    return composed(
        view,
        "register_counts",
        table,
        facts=compared["fact_ids"],
        title=title,
        values=values,
        draw=lambda texts: bars.stacked_bars(drawn, texts, colours=part_colours(view, drawn)),
        notes=[register_note(view)] + ([] if compared.empty else [words("figure.register_counts.note")]),
    )


def _compared(view: View) -> pd.DataFrame:
    """Each published count of Resolution 71 of a day that the register knows, beside the register's own.

    The register of that day is what its newest versions say of it.
    """
    versions = view.tables["tasks"]
    first, day = versions["reported_on"].min(), register.register_day(view.tables)
    assert day is not None
    parts = []
    for row in records(task_counts.snapshots(view.tables)):
        if (
            row.scope_id == task_counts.MAIN_SCOPE
            and first <= row.time_period_end
            and row.time_period_end.date() <= day
        ):
            then = row.time_period_end.date()
            counts = register.status_counts(register.with_status(register.as_known(versions, day, at=then), then))
            told = register.differences(counts, row._asdict())
            parts.append(told.assign(time_period=row.time_period, fact_ids=[row.fact_ids] * len(told)))
    empty = pd.DataFrame(columns=["status", "register", "published", "difference", "time_period", "fact_ids"])
    return pd.concat(parts, ignore_index=True) if parts else empty


@figure(NOTEBOOK)
def overdue_ageing(view: View) -> Figure | Nothing:
    """How long the overdue tasks are overdue (question 4)."""
    found = register.tasks_of(view.tables)
    return Nothing() if found.empty else ageing_of(view, "overdue_ageing", found)


@figure(NOTEBOOK)
def register_burn_up(view: View) -> Figure | Nothing:
    """Scope and completed tasks month by month (question 5)."""
    words, history = view.words, register.register_history(view.tables)
    if history.empty:
        return Nothing()
    rows = list(records(history))
    table = readable(
        view,
        {
            "day": [dated(words, row.day) for row in rows],
            "total": [words.number(row.total) for row in rows],
            "completed": [words.number(row.completed) for row in rows],
            "scope_change": [words.signed(row.scope_change) for row in rows],
            "completed_change": [words.signed(row.completed_change) for row in rows],
            "net": [words.signed(row.net) for row in rows],
        },
    )
    last, grew = rows[-1], history.loc[history["scope_changed"], "day"]
    values = {
        "total": words.number(last.total),
        "completed": words.number(last.completed),
        "day": words.date(last.day),
        "rate": words.percent(last.completed / last.total if last.total else None, 1),
        "grew": words.date(grew.max()) if len(grew) else MISSING,
    }
    return composed(
        view,
        "register_burn_up",
        table,
        values=values,
        draw=lambda texts: lines.time_series(
            _points(view, history),
            texts,
            colours={words("series.total"): "muted", words("series.completed"): "completed_on_time"},
        ),
        notes=[words("figure.register_burn_up.note", **values)] if len(grew) else [],
    )


def _points(view: View, history: pd.DataFrame) -> pd.DataFrame:
    words, last = view.words, history["day"].max()
    return pd.DataFrame(
        [
            {
                "day": row.day,
                "value": float(getattr(row, column)),
                "series": words(f"series.{column}"),
                "segment": column,
                "name": words.number(getattr(row, column)) if row.day == last else "",
                "text": f"{words.date(row.day)}: {words.number(getattr(row, column))}",
            }
            for row in records(history)
            for column in ("total", "completed")
        ]
    )


@figure(NOTEBOOK)
def due_soon(view: View) -> Figure | Nothing:
    """What falls due in the next 30, 60 and 90 days, against what was completed in the last 90 (question 8)."""
    found = register.tasks_of(view.tables)
    return Nothing() if found.empty else due_soon_of(view, "due_soon", found)


@figure(NOTEBOOK)
def agency_league(view: View) -> Figure | Nothing:
    """On-time rates of lead agencies with their intervals; too few tasks give no rate (question 9)."""
    found = register.tasks_of(view.tables)
    return Nothing() if found.empty else league_of(view, "agency_league", found)


@figure(NOTEBOOK)
def status_transitions(view: View) -> Figure | Nothing:
    """Which tasks changed their status since last month (question 10)."""
    found = register.tasks_of(view.tables)
    return Nothing() if found.empty else transitions_of(view, "status_transitions", lambda tasks: tasks)
