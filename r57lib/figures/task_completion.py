"""The figures of the notebook `task_completion`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.data.codes import Status
from r57lib.data.periods import parse_day
from r57lib.data.tables import programme, records
from r57lib.errors import WrongCall
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import task_counts
from r57lib.measures.progress import BurnUp
from r57lib.measures.task_counts import Pace, PublishedCounts, Rate, ScopeStep
from r57lib.page.columns import (
    Column,
    counts,
    days,
    figures,
    numbers,
    periods,
    ranges,
    shares,
    signed_counts,
    tabulate,
)
from r57lib.page.parts import Figure, Nothing
from r57lib.view.view import View
from r57lib.view.words import Words

NOTEBOOK = "task_completion"

PARTS = {
    Status.COMPLETED_ON_TIME: "completed_on_time",
    Status.COMPLETED_LATE: "completed_late",
    Status.COMPLETED: "series_2",
    Status.OVERDUE: "overdue",
    Status.IN_PROGRESS: "in_progress",
    Status.REGULAR: "muted",
}
"""The parts of a bar of tasks and their colours."""


@figure(NOTEBOOK, headline=True)
def task_status(view: View) -> Figure:
    """How each set of tasks divides into completed, in progress and overdue (question 1)."""
    words = view.words
    newest = _of_programme(
        view, task_counts.latest_snapshots(view.tables, needs=(Status.TOTAL, Status.COMPLETED, Status.IN_PROGRESS))
    )
    rates = task_counts.completion_rates(view.tables).set_index("scope_id")
    rows = list(records(newest, PublishedCounts))
    drawn = pd.DataFrame([part for row in rows for part in _bar(view, row)])
    table = tabulate(
        view,
        {
            "scope": [words(f"scope.{row.scope_id}") for row in rows],
            "time_period": periods(words, newest["time_period"]),
            **{status: counts(words, newest[status]) for status in ["total", *map(str, PARTS)]},
            "completion_rate": shares(words, [rates["completion_rate"].get(scope) for scope in newest["scope_id"]], 2),
        },
        newest["fact_ids"],
    )
    if newest.empty:
        return compose(view, "task_status", table, facts=[], title="none")
    title = "title" if main_scope(view) in set(newest["scope_id"]) else "other"
    return compose(
        view,
        "task_status",
        table,
        title=title,
        facts=newest["fact_ids"],
        values={"rate": words.percent(rates["completion_rate"].get(main_scope(view)), 2)},
        draw=lambda texts: bars.stacked_bars(drawn, texts, colours=part_colours(view, drawn["part"])),
    )


def _of_programme(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """The sets of tasks that serve the programme alone, the one with most detail first."""
    own, main = view.tables["task_scopes"].query("programme == 'yes'")["scope_id"], main_scope(view)
    kept = rows[rows["scope_id"].isin(own)]
    return kept.sort_values("scope_id", key=lambda ids: ids != main, kind="stable", ignore_index=True)


def main_scope(view: View) -> str:
    """The set of tasks whose course is followed."""
    return programme(view.tables).main_scope_id


def _bar(view: View, row: PublishedCounts) -> list[dict[str, Any]]:
    """The parts of one bar; `completed` stands for its two halves only where the source does not split it."""
    words = view.words
    scope, total, period = words(f"scope.{row.scope_id}"), words.number(row.total), words.period(row.time_period)
    counted = {status: getattr(row, status) for status in PARTS}
    if row.completed_on_time is not None:
        del counted[Status.COMPLETED]
    parts = status_bar(view, words("bar.scope", scope=scope, total=total, period=period), counted, row.of(Status.TOTAL))
    return [part | {"facts": " ".join(row.fact_ids)} for part in parts]


def status_bar(view: View, label: str, counted: Mapping[Status, int | None], total: int) -> list[dict[str, Any]]:
    """A bar of tasks as `charts.stacked_bars` draws it: a part for each status that has a count."""
    words = view.words
    known = {status: count for status in PARTS if (count := counted.get(status)) is not None}
    return [
        {
            "row": label,
            "part": _part_name(view, status),
            "share": float(count / total),
            "text": words.number(count) if count / total > 0.045 else "",
            "detail": words("bar.detail", count=words.number(count), share=words.percent(count / total, 1)),
        }
        for status, count in known.items()
    ]


def _part_name(view: View, status: Status) -> str:
    """The name of a part; what is completed without a split says so."""
    return view.words("part.completed" if status is Status.COMPLETED else f"status.{status}")


def part_colours(view: View, present: Iterable[str]) -> dict[str, str]:
    """The colours of the parts that are there."""
    named = {_part_name(view, status): colour for status, colour in PARTS.items()}
    return {part: colour for part, colour in named.items() if part in set(present)}


@figure(NOTEBOOK)
def on_time_rates(view: View) -> Figure:
    """The three on-time rates, each named, with Wilson's 95% intervals (question 2)."""
    words = view.words
    rates = task_counts.on_time_ratios(view.tables)
    rows = list(records(rates, Rate))
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
            "time_period": periods(words, rates["time_period"]),
            "meaning": [words(f"meaning.{row.meaning}.name") for row in rows],
            "numerator": counts(words, rates["numerator"]),
            "denominator": counts(words, rates["denominator"]),
            "rate": shares(words, rates["rate"], 2),
            "interval": ranges(words, rates["low"], rates["high"], 2),
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
    rows = list(records(rates, Rate))
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
            "time_period": periods(words, rates["time_period"]),
            "meaning": [words(f"meaning.{row.meaning}.name") for row in rows],
            "overdue": counts(words, rates["numerator"]),
            "denominator": counts(words, rates["denominator"]),
            "rate": shares(words, rates["rate"], 2),
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
    names = [words(f"agency.{agency}") for agency in behind["agency_id"]]
    tasks = counts(words, behind["task_count"])
    table = tabulate(
        view,
        {
            "agency": names,
            "time_period": periods(words, behind["time_period"]),
            "behind_schedule": tasks,
        },
        behind["fact_ids"],
    )
    if behind.empty:
        return compose(view, "agencies_behind", table, facts=[], title="none")
    drawn = pd.DataFrame(
        {
            "row": names,
            "value": behind["task_count"].astype(float),
            "text": tasks.texts,
            "part": "behind",
            "facts": behind["fact_ids"].map(" ".join),
        }
    )
    values = {
        "agency": names[0],
        "count": tasks.texts[0],
        "sum": words.number(behind["task_count"].sum()),
        "period": words.period(behind["time_period"].iloc[0]),
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
    columns = ["total", *map(str, PARTS), "behind_schedule"]
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


@figure(NOTEBOOK)
def burn_up(view: View) -> Figure:
    """Scope and completed tasks of the main set at each count, without joining different scopes (question 5)."""
    words = view.words
    history = task_counts.scope_history(view.tables, scope=main_scope(view))
    rows, facts = list(records(history, ScopeStep)), history["fact_ids"]
    table = tabulate(
        view, {"time_period": periods(words, history["time_period"])} | curve_columns(words, history), facts
    )
    changed = history[history["scope_changed"]]
    if changed.empty:
        return compose(view, "burn_up", table, facts=facts, title="short" if rows else "none")
    last = rows[-1]
    values = {
        "before": words.number(last.total - last.scope_change),
        "after": words.number(last.total),
        "done": words.signed(last.completed_change),
    }
    points = curves(
        view,
        rows,
        lambda row, column, count: {
            "segment": f"{column}/{row.segment}",
            "name": count,
            "facts": " ".join(row.fact_ids),
            "text": words.period(row.time_period),
        },
    )
    return compose(
        view,
        "burn_up",
        table,
        facts=facts,
        values=values,
        draw=lambda texts: lines.time_series(
            points,
            texts,
            colours=curve_colours(view),
            breaks=pd.DataFrame({"day": changed["day"], "text": words("burn_up.break")}),
        ),
        notes=[words("figure.burn_up.note", day=words.date(last.day))],
    )


def curve_columns(words: Words, history: pd.DataFrame) -> dict[str, Column]:
    """Scope and completed tasks, and what moved, as columns of a table."""
    changes = {name: signed_counts(words, history[name]) for name in ("scope_change", "completed_change", "net")}
    return {name: counts(words, history[name]) for name in ("total", "completed")} | changes


B = TypeVar("B", bound=BurnUp)


def curves(view: View, rows: Sequence[B], told: Callable[[B, str, str], dict[str, str]]) -> pd.DataFrame:
    """Scope and completed tasks as `charts.time_series` draws them, the newest with their numbers.

    `told` gives what is a point's own, by its row, column and number: at least its text.
    """
    words = view.words
    return pd.DataFrame(
        [
            {
                "day": row.day,
                "value": float(getattr(row, column)),
                "series": words(f"series.{column}"),
                "segment": column,
                "name": count if row is rows[-1] else "",
            }
            | told(row, column, count)
            for row in rows
            for column in ("total", "completed")
            for count in [words.number(getattr(row, column))]
        ]
    )


def curve_colours(view: View) -> dict[str, str]:
    """The colours of both curves."""
    return {view.words("series.total"): "muted", view.words("series.completed"): "completed_on_time"}


@figure(NOTEBOOK)
def required_pace(view: View, *, deadline: str = "2025-12-31") -> Figure:
    """The pace still needed to a deadline beside the average so far, and why nothing is forecast (question 7)."""
    words = view.words
    start = issued_on(view)
    due = deadline_asked(deadline)
    paces = task_counts.required_run_rates(view.tables, scope=main_scope(view), start=start, deadline=due)
    rows, multiples = list(records(paces, Pace)), numbers(words, paces["multiple"], 2)
    table = tabulate(
        view,
        {
            "time_period": periods(words, paces["time_period"]),
            "counted_from": days(words, paces["day"]),
            "remaining": counts(words, paces["remaining"]),
            "days_left": counts(words, paces["days_left"]),
            "required_run_rate": numbers(words, paces["required_run_rate"], 3),
            "run_rate": numbers(words, paces["run_rate"], 3),
            "multiple": figures(
                "number", [each.within(lambda text: words("multiple", value=text)) for each in multiples.cells]
            ),
        },
        paces["fact_ids"],
    )
    refusal = task_counts.forecast_refusal(view.tables, scope=main_scope(view))
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
    """The day on which the instrument of the main set of tasks was issued."""
    tables = view.everything
    scopes, instruments = (
        tables[name].set_index(key) for name, key in (("task_scopes", "scope_id"), ("instruments", "instrument_id"))
    )
    own = scopes["instrument_id"][programme(tables).main_scope_id]
    day: pd.Timestamp = instruments["issued_on_start"][own]
    return day.date()


def deadline_asked(text: str) -> date:
    """A deadline that a page was asked for; raises `WrongCall` where it is no day."""
    try:
        return parse_day(text)
    except ValueError as error:
        raise WrongCall(f"deadline {error}") from None
