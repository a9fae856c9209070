"""The figures of the notebook `task_completion`."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.data.codes import Status
from r57lib.data.periods import parse_day
from r57lib.data.tables import records
from r57lib.errors import WrongCall
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import task_counts
from r57lib.page.columns import (
    Cell,
    counts,
    days,
    figures,
    interval,
    number,
    numbers,
    periods,
    shares,
    signed_counts,
    tabulate,
)
from r57lib.page.parts import Figure, Nothing
from r57lib.view.view import View
from r57lib.view.words import Words

NOTEBOOK = "task_completion"

_PARTS = {
    Status.COMPLETED_ON_TIME: "completed_on_time",
    Status.COMPLETED_LATE: "completed_late",
    Status.COMPLETED: "series_2",
    Status.OVERDUE: "overdue",
    Status.IN_PROGRESS: "in_progress",
    Status.REGULAR: "muted",
}


@figure(NOTEBOOK, headline=True)
def task_status(view: View) -> Figure:
    """How each set of tasks divides into completed, in progress and overdue (question 1)."""
    words = view.words
    newest = _of_programme(
        view, task_counts.latest_snapshots(view.tables, needs=(Status.TOTAL, Status.COMPLETED, Status.IN_PROGRESS))
    )
    rates = task_counts.completion_rates(view.tables).set_index("scope_id")
    parts = [part for row in records(newest) for part in _bar(view, row)]
    table = tabulate(
        view,
        {
            "scope": [words(f"scope.{row.scope_id}") for row in records(newest)],
            "time_period": periods(words, [row.time_period for row in records(newest)]),
            **{status: counts(words, newest[status]) for status in ["total", *map(str, _PARTS)]},
            "completion_rate": shares(words, [rates["completion_rate"].get(scope) for scope in newest["scope_id"]], 2),
        },
        newest["fact_ids"],
    )
    if newest.empty:
        return compose(view, "task_status", table, facts=[], title="none")
    present = {part["part"] for part in parts}
    colours = {_part_name(view, part): name for part, name in _PARTS.items()}
    colours = {part: name for part, name in colours.items() if part in present}
    title = "title" if task_counts.MAIN_SCOPE in set(newest["scope_id"]) else "other"
    return compose(
        view,
        "task_status",
        table,
        title=title,
        facts=newest["fact_ids"],
        values={"rate": words.percent(rates["completion_rate"].get("r71"), 2)},
        draw=lambda texts: bars.stacked_bars(pd.DataFrame(parts), texts, colours=colours),
    )


def _part_name(view: View, status: Status) -> str:
    """The name of a part; what is completed without a split says so."""
    return view.words("part.completed" if status is Status.COMPLETED else f"status.{status}")


def _of_programme(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """The sets of tasks that serve Resolution 57 alone, the one with most detail first."""
    programme = view.tables["task_scopes"].query("programme == 'yes'")["scope_id"]
    kept = rows[rows["scope_id"].isin(programme)]
    return kept.sort_values("scope_id", key=lambda ids: ids != task_counts.MAIN_SCOPE, kind="stable", ignore_index=True)


def _bar(view: View, row: Any) -> list[dict[str, Any]]:
    """The parts of one bar; `completed` stands for its two halves only where the source does not split it."""
    words = view.words
    split = pd.notna(row.completed_on_time)
    parts = []
    for status in _PARTS:
        count = getattr(row, status)
        if pd.isna(count) or (split and status is Status.COMPLETED):
            continue
        share = float(count / row.total)
        parts.append(
            {
                "row": words("bar.scope", scope=words(f"scope.{row.scope_id}"), total=words.number(row.total),
                             period=words.period(row.time_period)),
                "part": _part_name(view, status),
                "share": share,
                "text": words.number(count) if share > 0.045 else "",
                "facts": " ".join(row.fact_ids),
                "detail": words("bar.detail", count=words.number(count), share=words.percent(share, 1)),
            }
        )  # fmt: skip
    return parts


@figure(NOTEBOOK)
def on_time_rates(view: View) -> Figure:
    """The three on-time rates, each named, with Wilson's 95% intervals (question 2)."""
    words = view.words
    rates = task_counts.on_time_ratios(view.tables)
    rows = list(records(rates))
    drawn = pd.DataFrame(
        {
            "row": [words(f"meaning.{row.meaning}", count=words.number(row.denominator)) for row in rows],
            "value": rates["rate"],
            "low": rates["low"],
            "high": rates["high"],
            "text": [words.percent(row.rate, 2) for row in rows],
            "facts": rates["fact_ids"].map(" ".join),
        }
    )
    table = tabulate(
        view,
        {
            "scope": [words(f"scope.{row.scope_id}") for row in rows],
            "time_period": periods(words, [row.time_period for row in rows]),
            "meaning": [words(f"meaning.{row.meaning}.name") for row in rows],
            "numerator": counts(words, [row.numerator for row in rows]),
            "denominator": counts(words, [row.denominator for row in rows]),
            "rate": shares(words, [row.rate for row in rows], 2),
            "interval": figures("interval", [interval(words, row.low, row.high, 2) for row in rows]),
        },
        rates["fact_ids"],
    )
    if not rows:
        return compose(view, "on_time_rates", table, facts=[], title="none")
    values = {row.meaning: words.percent(row.rate, 1) for row in rows}
    period = words.period(rows[0].time_period)
    return compose(
        view,
        "on_time_rates",
        table,
        facts=rates["fact_ids"],
        values=values | {"period": period, "scope": words(f"scope.{rows[0].scope_id}")},
        draw=lambda texts: bars.intervals(drawn, texts),
    )


@figure(NOTEBOOK)
def overdue_burden(view: View) -> Figure:
    """Overdue tasks over all tasks and over those still open (question 3)."""
    words = view.words
    rates = _of_programme(view, task_counts.overdue_ratios(view.tables))
    rows = list(records(rates))
    labels = [
        words("overdue.row", scope=words(f"scope.{row.scope_id}"), meaning=words(f"meaning.{row.meaning}.name"))
        for row in rows
    ]
    texts, facts = [words.percent(row.rate, 2) for row in rows], rates["fact_ids"].map(" ".join)
    drawn = pd.DataFrame({"row": labels, "value": rates["rate"], "text": texts, "facts": facts})
    table = tabulate(
        view,
        {
            "scope": [words(f"scope.{row.scope_id}") for row in rows],
            "time_period": periods(words, [row.time_period for row in rows]),
            "meaning": [words(f"meaning.{row.meaning}.name") for row in rows],
            "overdue": counts(words, [row.numerator for row in rows]),
            "denominator": counts(words, [row.denominator for row in rows]),
            "rate": shares(words, [row.rate for row in rows], 2),
        },
        rates["fact_ids"],
    )
    if not rows:
        return compose(view, "overdue_burden", table, facts=[], title="none")
    own = {row.meaning: row for row in rows if row.scope_id == rows[0].scope_id}
    values = {meaning: words.percent(row.rate, 2) for meaning, row in own.items()}
    return compose(
        view,
        "overdue_burden",
        table,
        facts=rates["fact_ids"],
        values=values | {"scope": words(f"scope.{rows[0].scope_id}")},
        draw=lambda texts: bars.bars(drawn.assign(part="overdue"), texts, colours={"overdue": "overdue"}),
    )


@figure(NOTEBOOK)
def agencies_behind(view: View) -> Figure:
    """Tasks behind schedule by lead agency, where a source publishes them (question 9, as far as the facts go)."""
    words = view.words
    behind = task_counts.agency_counts(view.tables)
    rows = list(records(behind))
    table = tabulate(
        view,
        {
            "agency": [words(f"agency.{row.agency_id}") for row in rows],
            "time_period": periods(words, [row.time_period for row in rows]),
            "behind_schedule": counts(words, [row.task_count for row in rows]),
        },
        behind["fact_ids"],
    )
    if not rows:
        return compose(view, "agencies_behind", table, facts=[], title="none")
    drawn = pd.DataFrame(
        {
            "row": [words(f"agency.{row.agency_id}") for row in rows],
            "value": behind["task_count"].astype(float),
            "text": [words.number(row.task_count) for row in rows],
            "part": "behind",
            "facts": behind["fact_ids"].map(" ".join),
        }
    )
    values = {
        "agency": words(f"agency.{rows[0].agency_id}"),
        "count": words.number(rows[0].task_count),
        "sum": words.number(behind["task_count"].sum()),
        "period": words.period(rows[0].time_period),
    }
    return compose(
        view,
        "agencies_behind",
        table,
        facts=behind["fact_ids"],
        values=values,
        draw=lambda texts: bars.bars(drawn, texts, colours={"behind": "overdue"}),
        notes=[words("figure.agencies_behind.note", **values)],
    )


@figure(NOTEBOOK)
def published_counts(view: View) -> Figure:
    """Every published count of every set of tasks, oldest first."""
    words = view.words
    history = task_counts.snapshots(view.tables).sort_values(["time_period_end", "scope_id"], ignore_index=True)
    columns = ["total", *map(str, _PARTS), "behind_schedule"]
    table = tabulate(
        view,
        {
            "scope": [words(f"scope.{scope}") for scope in history["scope_id"]],
            "time_period": periods(words, history["time_period"]),
            **{name: counts(words, history[name]) for name in columns},
        },
        history["fact_ids"],
    )
    count = words.number(len(history))
    return compose(view, "published_counts", table, facts=history["fact_ids"], values={"count": count})


@figure(NOTEBOOK)
def unanswered(view: View) -> Figure | Nothing:
    """The monthly questions that need a register of tasks, as long as there is none (questions 4, 6, 8, 9, 10)."""
    words = view.words
    if len(view.tables["tasks"]):
        return Nothing()
    names = ("ageing", "forecast", "due_soon", "league_table", "transitions")
    table = tabulate(
        view,
        {
            "question": [words(f"unanswered.{name}.question") for name in names],
            "why_not": [words(f"unanswered.{name}.reason") for name in names],
        },
    )
    return compose(view, "unanswered", table, facts=[])


# --- The figures of the notebook `task_completion` about pace: burn-up, required pace, and why nothing is forecast ---


@figure(NOTEBOOK)
def burn_up(view: View) -> Figure:
    """Scope and completed tasks of Resolution 71 at each count, without joining different scopes (question 5)."""
    words = view.words
    history = task_counts.scope_history(view.tables, scope=task_counts.MAIN_SCOPE)
    rows = list(records(history))
    table = tabulate(
        view,
        {
            "time_period": periods(words, [row.time_period for row in rows]),
            "total": counts(words, [row.total for row in rows]),
            "completed": counts(words, [row.completed for row in rows]),
            "scope_change": signed_counts(words, [row.scope_change for row in rows]),
            "completed_change": signed_counts(words, [row.completed_change for row in rows]),
            "net": signed_counts(words, [row.net for row in rows]),
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


def _multiple(words: Words, times: float) -> Cell:
    return number(words, times, 2).within(lambda text: words("multiple", value=text))


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
    table = tabulate(
        view,
        {
            "time_period": periods(words, [row.time_period for row in rows]),
            "counted_from": days(words, [row.day for row in rows]),
            "remaining": counts(words, [row.remaining for row in rows]),
            "days_left": counts(words, [row.days_left for row in rows]),
            "required_run_rate": numbers(words, [row.required_run_rate for row in rows], 3),
            "run_rate": numbers(words, [row.run_rate for row in rows], 3),
            "multiple": figures("number", [_multiple(words, row.multiple) for row in rows]),
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
