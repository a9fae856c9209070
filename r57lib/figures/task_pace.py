"""The figures of the notebook `task_completion` about pace: burn-up, required pace, and why nothing is forecast."""

from __future__ import annotations

from datetime import date

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.data.periods import parse_day
from r57lib.data.tables import records
from r57lib.errors import WrongCall
from r57lib.figures.compose import compose, dated, figure, readable
from r57lib.measures import task_counts
from r57lib.page.parts import Figure
from r57lib.view.view import View

NOTEBOOK = "task_completion"


@figure(NOTEBOOK)
def burn_up(view: View) -> Figure:
    """Scope and completed tasks of Resolution 71 at each count, without joining different scopes (question 5)."""
    words = view.words
    history = task_counts.scope_history(view.tables, scope=task_counts.MAIN_SCOPE)
    rows = list(records(history))
    table = readable(
        view,
        {
            "time_period": [dated(words, row.time_period) for row in rows],
            "total": [words.number(row.total) for row in rows],
            "completed": [words.number(row.completed) for row in rows],
            "scope_change": [words.signed(row.scope_change) for row in rows],
            "completed_change": [words.signed(row.completed_change) for row in rows],
            "net": [words.signed(row.net) for row in rows],
        },
        history["fact_ids"],
    )
    changed = history[history["scope_changed"]]
    if changed.empty:
        return compose(view, "burn_up", table, facts=history["fact_ids"], title="short" if rows else "none")
    last = rows[-1]
    values = {
        "before": words.number(last.total - last.scope_change),
        "after": words.number(last.total),
        "done": words.signed(last.completed_change),
    }
    return compose(
        view,
        "burn_up",
        table,
        facts=history["fact_ids"],
        values=values,
        draw=lambda texts: lines.time_series(
            _burn_up_points(view, history),
            texts,
            colours={words("series.total"): "muted", words("series.completed"): "completed_on_time"},
            breaks=_scope_breaks(view, changed),
        ),
        notes=[words("figure.burn_up.note", day=words.date(last.time_period_end))],
    )


def _burn_up_points(view: View, history: pd.DataFrame) -> pd.DataFrame:
    """Both curves, cut where the scope changes."""
    words, segments = view.words, history["scope_changed"].cumsum()
    points = [
        {
            "day": row.time_period_end,
            "value": float(getattr(row, column)),
            "series": words(f"series.{column}"),
            "segment": f"{column}/{segment}",
            "name": words.number(getattr(row, column)),
            "facts": " ".join(row.fact_ids),
            "text": words.period(row.time_period),
        }
        for row, segment in zip(records(history), segments, strict=True)
        for column in ("total", "completed")
    ]
    return pd.DataFrame(points)


def _scope_breaks(view: View, changed: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"day": changed["time_period_end"], "text": [view.words("burn_up.break")] * len(changed)})


@figure(NOTEBOOK)
def required_pace(view: View, *, deadline: str = "2025-12-31") -> Figure:
    """The pace still needed to a deadline beside the average so far, and why nothing is forecast (question 7)."""
    words = view.words
    start = issued_on(view)
    due = deadline_asked(deadline)
    paces = task_counts.required_run_rates(view.tables, scope=task_counts.MAIN_SCOPE, start=start, deadline=due)
    rows = list(records(paces))
    table = readable(
        view,
        {
            "time_period": [dated(words, row.time_period) for row in rows],
            "counted_from": [dated(words, row.day) for row in rows],
            "remaining": [words.number(row.remaining) for row in rows],
            "days_left": [words.number(row.days_left) for row in rows],
            "required_run_rate": [words.number(row.required_run_rate, 3) for row in rows],
            "run_rate": [words.number(row.run_rate, 3) for row in rows],
            "multiple": [words("multiple", value=words.number(row.multiple, 2)) for row in rows],
        },
        paces["fact_ids"],
    )
    refusal = task_counts.forecast_refusal(view.tables, scope=task_counts.MAIN_SCOPE)
    notes = [words(f"refusal.{refusal}")] if refusal else []
    if not rows:
        return compose(
            view, "required_pace", table, facts=[], title="none", values={"deadline": words.date(due)}, notes=notes
        )
    row = rows[0]
    values = {
        "multiple": words.number(row.multiple, 2),
        "required": words.number(row.required_run_rate, 3),
        "run_rate": words.number(row.run_rate, 3),
        "remaining": words.number(row.remaining),
        "deadline": words.date(due),
        "start": words.date(start),
        "day": words.date(row.day),
        "period": words.period(row.time_period),
    }
    drawn = pd.DataFrame(
        {
            "row": [words("required_pace.run_rate", **values), words("required_pace.required", **values)],
            "value": [row.run_rate, row.required_run_rate],
            "text": [words("per_day", value=values["run_rate"]), words("per_day", value=values["required"])],
            "part": ["run_rate", "required"],
            "facts": " ".join(row.fact_ids),
        }
    )
    colours = {"run_rate": "completed_on_time", "required": "muted"}
    return compose(
        view,
        "required_pace",
        table,
        facts=paces["fact_ids"],
        values=values,
        draw=lambda texts: bars.bars(drawn, texts, colours=colours),
        notes=[*notes, words("figure.required_pace.note", **values)],
    )


def issued_on(view: View) -> date:
    """The day on which Resolution 71 was issued."""
    instruments = view.everything["instruments"]
    own = instruments.loc[instruments["instrument_id"] == task_counts.MAIN_INSTRUMENT, "issued_on_start"]
    day: pd.Timestamp = own.iloc[0]
    return day.date()


def deadline_asked(text: str) -> date:
    """A deadline that a page was asked for; raises `WrongCall` where it is no day."""
    try:
        return parse_day(text)
    except ValueError as error:
        raise WrongCall(f"deadline {error}") from None
