"""The figures of the notebook `task_completion`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.charts.base import Slider
from r57lib.data.codes import Status
from r57lib.data.periods import parse_day, parse_period
from r57lib.data.tables import Tables, programme, records
from r57lib.errors import WrongCall
from r57lib.figures.change import Then, beside, mark_of, nothing, share_then, uncounted
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import task_counts
from r57lib.measures.progress import BurnUp, completion_day, required_run_rate
from r57lib.measures.task_counts import Pace, PublishedCounts, Rate, ScopeStep
from r57lib.page.columns import (
    Cell,
    Column,
    count,
    counts,
    days,
    facts_of,
    figures,
    numbers,
    periods,
    ranges,
    shares,
    signed,
    signed_counts,
    tabulate,
)
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.view.view import View
from r57lib.view.words import Words

NOTEBOOK = "task_completion"

PARTS = {
    Status.COMPLETED_ON_TIME: "completed_on_time",
    Status.COMPLETED_LATE: "completed_late",
    Status.COMPLETED: "completed",
    Status.OVERDUE: "overdue",
    Status.IN_PROGRESS: "in_progress",
    Status.REGULAR: "muted",
}
"""The parts of a bar of tasks and their colours."""


@figure(NOTEBOOK, headline=True)
def task_status(view: View) -> Figure:
    """How each set of tasks divides into completed, in progress and overdue; the newest count leads (question 1).

    `.data`: scope, time_period, total, completed_on_time, completed_late, completed, overdue, in_progress, regular,
    completion_rate (0-1), facts.
    """
    words = view.words
    newest = task_counts.programme_snapshots(view.tables)
    split = list(records(newest, PublishedCounts))
    whole = task_counts.programme_snapshots(view.tables, needs=(Status.TOTAL, Status.COMPLETED))
    newest = pd.concat([newest, whole]).drop_duplicates(["scope_id", "time_period"])
    newest = newest.sort_values("time_period_end", ascending=False, kind="stable", ignore_index=True)
    rows, then = list(records(newest, PublishedCounts)), _status_then(view)
    drawn = pd.DataFrame([part for row in rows for part in _bars(view, row, then if row in split else {})])
    table = beside(
        view,
        {
            "scope": [words(f"scope.{row.scope_id}") for row in rows],
            "time_period": periods(words, newest["time_period"]),
            **{status: counts(words, newest[status]) for status in ["total", *map(str, PARTS)]},
            "completion_rate": shares(words, [_completed(row) for row in rows], 2),
        },
        newest["fact_ids"],
        (_completed_then(view, row, then.get(row.scope_id) if row in split else None) for row in rows),
    )
    if not rows:
        return compose(view, "task_status", table, facts=[], title="none")
    first = (split or rows)[0]
    values = {name: words.number(getattr(first, name)) for name in ("completed", "total", "overdue")}
    values |= {"scope": words(f"scope.{first.scope_id}"), "period": words.period(first.time_period)}
    values |= {"rate": words.percent(_completed(first), 2), "age": age(view, first.time_period)}
    return compose(
        view,
        "task_status",
        table,
        facts=facts_of(table),
        values=values,
        title="title" if first.overdue is not None else "done",
        draw=lambda texts: bars.stacked_bars(drawn, texts, colours=part_colours(view, drawn["part"])),
        method=[words("figure.task_status.unsplit")] if len(rows) > len(split) else [],
    )


def _completed(row: PublishedCounts) -> float:
    return row.of(Status.COMPLETED) / row.of(Status.TOTAL)


def _completed_then(view: View, row: PublishedCounts, then: PublishedCounts | None) -> Then:
    own, before = (each and (each, each.of(Status.COMPLETED), each.of(Status.TOTAL)) for each in (row, then))
    assert own
    return share_then(view, own, before)


def _status_then(view: View) -> dict[str, PublishedCounts]:
    """The counts by status that stood in the second month, by their sets; none without one."""
    if view.other is None:
        return {}
    rows = records(task_counts.programme_snapshots(view.other.tables), PublishedCounts)
    return {row.scope_id: row for row in rows}


def _bars(view: View, row: PublishedCounts, then: Mapping[str, PublishedCounts]) -> list[dict[str, Any]]:
    """The bar of a count, and paler below it that of the second month, where it is another count."""
    before = then.get(row.scope_id)
    earlier = [] if before is None or before.fact_ids == row.fact_ids else _bar(view, before)
    own = _bar(view, row)
    if view.other is None:
        return own
    return [part | {"pale": pale} for parts, pale in ((own, False), (earlier, True)) for part in parts]


def main_scope(view: View) -> str:
    """The set of tasks whose course is followed."""
    return programme(view.tables).main_scope_id


def age(view: View, period: str) -> str:
    """That nothing newer is known, of a count about a month before that of the report: a sentence after another."""
    return f" {view.words('count.age')}" if parse_period(period).end < view.month.first_day else ""


def _bar(view: View, row: PublishedCounts) -> list[dict[str, Any]]:
    """The parts of one bar; `completed` stands for its two halves only where not both of them are known."""
    words = view.words
    scope, total, period = words(f"scope.{row.scope_id}"), words.number(row.total), words.period(row.time_period)
    counted = {status: getattr(row, status) for status in PARTS}
    if row.completed is not None and None in (row.completed_on_time, row.completed_late):
        del counted[Status.COMPLETED_ON_TIME], counted[Status.COMPLETED_LATE]
    else:
        del counted[Status.COMPLETED]
    parts = status_bar(view, words("bar.scope", scope=scope, total=total, period=period), counted, row.of(Status.TOTAL))
    left = row.of(Status.TOTAL) - sum(count or 0 for count in counted.values())
    if left > 0:
        parts.append(_part(view, parts[0]["row"], "unsaid", left, row.of(Status.TOTAL)))
    under = words("bar.under", total=total, period=period)
    return [part | {"name": scope, "under": under, "facts": " ".join(row.fact_ids)} for part in parts]


def status_bar(view: View, label: str, counted: Mapping[Status, int | None], total: int) -> list[dict[str, Any]]:
    """A bar of tasks as `charts.stacked_bars` draws it: a part for each status that has a count."""
    known = {status: count for status in PARTS if (count := counted.get(status)) is not None}
    return [_part(view, label, status, count, total) for status, count in known.items()]


def _part(view: View, label: str, part: str, count: int, total: int) -> dict[str, Any]:
    words, share = view.words, count / total
    return {
        "row": label,
        "part": _part_name(view, part),
        "share": float(share),
        "text": words.number(count) if share > _ROOM else "",
        "key": f"{words(f'part_short.{part}')} {words.number(count)}",
        "detail": words("bar.detail", count=words.number(count), share=words.percent(share, 1)),
    }


_ROOM = 0.045
"""The share of a bar from which its number stands in it."""


def _part_name(view: View, part: str) -> str:
    """The name of a part; what is completed without a split says so."""
    return view.words(f"part.{part}" if part in (Status.COMPLETED, "unsaid") else f"status.{part}")


def part_colours(view: View, present: Iterable[str]) -> dict[str, str]:
    """The colours of the parts that are there."""
    named = {_part_name(view, status): colour for status, colour in PARTS.items()}
    named[_part_name(view, "unsaid")] = "grid"
    return {part: colour for part, colour in named.items() if part in set(present)}


@figure(NOTEBOOK)
def on_time_rates(view: View) -> Figure:
    """The three on-time rates, each named, with Wilson's 95% intervals and what these mean (question 2).

    `.data`: scope, time_period, meaning, numerator, denominator, rate (0-1), interval (as interval_low, interval_high),
    facts.
    """
    words = view.words
    rates = task_counts.on_time_ratios(view.tables)
    rows, then = list(records(rates, Rate)), _rates_then(view, task_counts.on_time_ratios)
    table = beside(
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
        (_rate_then(view, row, then) for row in rows),
    )
    if not rows:
        return compose(view, "on_time_rates", table, facts=[], title="none")
    own = [row for row in rows if row.scope_id == rows[0].scope_id]  # the other sets stand in the table
    values = {row.meaning: words.percent(row.rate, 1) for row in own}
    newest, period = rows[0].time_period, words.period(rows[0].time_period)
    return compose(
        view,
        "on_time_rates",
        table,
        facts=facts_of(table),
        values=values | {"period": period, "scope": words(f"scope.{rows[0].scope_id}"), "age": age(view, newest)},
        draw=lambda texts: bars.intervals(
            _rates_drawn(view, own, then, _on_time_row).drop(
                columns=["name", "under", *([] if view.other else ["own"])]
            ),
            texts,
        ),
        method=[words("figure.on_time_rates.three"), words("figure.on_time_rates.note")],
    )


def _on_time_row(view: View, row: Rate) -> str:
    return view.words(f"meaning.{row.meaning}", count=view.words.number(row.denominator))


def _overdue_row(view: View, row: Rate) -> str:
    words = view.words
    return words("overdue.row", scope=words(f"scope.{row.scope_id}"), period=words.period(row.time_period))


Rates = Mapping[tuple[str, str], Rate]


def _rates_then(view: View, measure: Callable[[Tables], pd.DataFrame]) -> Rates:
    """The rates that stood in the second month, by their sets and meanings; none without one."""
    rows = records(measure(view.other.tables), Rate) if view.other else ()
    return {(row.scope_id, row.meaning): row for row in rows}


def _rate_then(view: View, row: Rate, then: Rates) -> Then:
    """The rate that stood in the second month beside that of now; no difference across two lists of tasks."""
    before, counted = then.get((row.scope_id, row.meaning)), _counted(view)
    own = counted[row.fact_ids], row.numerator, row.denominator
    return share_then(view, own, before and (counted[before.fact_ids], before.numerator, before.denominator))


def _counted(view: View) -> dict[tuple[str, ...], PublishedCounts]:
    """Every count of both months by its facts."""
    both = (view.tables, view.earlier.tables)
    return {row.fact_ids: row for each in both for row in records(task_counts.snapshots(each), PublishedCounts)}


def _rates_drawn(view: View, rows: Iterable[Rate], then: Rates, named: Callable[[View, Rate], str]) -> pd.DataFrame:
    """The rows of a chart of rates, each `own`; below it that of the second month, where it is of another count."""
    words, drawn = view.words, []
    for row in rows:
        drawn.append(_rate_drawn(view, row, named(view, row)) | {"own": True})
        before = then.get((row.scope_id, row.meaning))
        if before and before.fact_ids != row.fact_ids:
            label = words("then.row", row=named(view, before), period=words.period(before.time_period))
            drawn.append(_rate_drawn(view, before, label) | {"own": False})
    return pd.DataFrame(drawn)


def _rate_drawn(view: View, row: Rate, label: str) -> dict[str, Any]:
    words = view.words
    told = {"text": words.percent(row.rate, 2), "facts": " ".join(row.fact_ids), "name": words(f"scope.{row.scope_id}")}
    counted = {"count": words.number(row.numerator), "total": words.number(row.denominator)}
    told["under"] = words("overdue.under", **counted, period=words.period(row.time_period))
    return {"row": label, "value": row.rate, "low": row.low, "high": row.high} | told


@figure(NOTEBOOK)
def overdue_burden(view: View) -> Figure:
    """Overdue tasks over all tasks and over those still open (question 3).

    `.data`: scope, time_period, meaning, overdue, denominator, rate (0-1), facts.
    """
    words = view.words
    rates = task_counts.overdue_ratios(view.tables)
    rows, then = list(records(rates, Rate)), _rates_then(view, task_counts.overdue_ratios)
    drawn = _rates_drawn(view, (row for row in rows if row.meaning == "of_open"), then, _overdue_row)
    table = beside(
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
        (_rate_then(view, row, then) for row in rows),
    )
    if not rows:
        return compose(view, "overdue_burden", table, facts=[], title="none")
    own = {row.meaning: row for row in rows if row.scope_id == rows[0].scope_id}
    values = {meaning: words.percent(row.rate, 2) for meaning, row in own.items()}
    values |= {"scope": words(f"scope.{rows[0].scope_id}"), "period": words.period(rows[0].time_period)}
    return compose(
        view,
        "overdue_burden",
        table,
        facts=facts_of(table),
        values=values | {"age": age(view, rows[0].time_period)},
        draw=lambda texts: bars.bars(
            drawn[["row", "name", "under", "value", "text", "facts"]].assign(
                part=drawn["own"].map({True: "overdue", False: "then"})
            ),
            texts,
            colours={"overdue": "overdue"} | ({"then": "in_progress"} if view.other else {}),
        ),
        method=[words("figure.overdue_burden.note")],
    )


@figure(NOTEBOOK)
def agencies_behind(view: View) -> Figure:
    """Tasks behind schedule by lead agency, where a source publishes them (question 9, as far as the facts go).

    `.data`: agency, time_period, behind_schedule, facts.
    """
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
    counts_then = task_counts.snapshots(view.tables).dropna(subset=["behind_schedule"])
    whole = counts_then[counts_then["scope_id"].eq(behind["scope_id"].iloc[0])
                        & counts_then["time_period"].eq(behind["time_period"].iloc[0])]  # fmt: skip
    for row in records(whole, PublishedCounts):
        if (left := row.of(Status.BEHIND_SCHEDULE) - int(behind["task_count"].sum())) > 0:
            told = {"row": words("agencies.unsaid"), "value": float(left), "text": words.number(left)}
            own = pd.DataFrame([told | {"part": "unsaid", "facts": " ".join(row.fact_ids)}])
            drawn = pd.concat([drawn, own], ignore_index=True)
    values = {
        "agency": names[0],
        "count": tasks.texts[0],
        "sum": words.number(behind["task_count"].sum()),
        "period": words.period(behind["time_period"].iloc[0]),
        "scope": words(f"scope.{behind['scope_id'].iloc[0]}"),
        "age": age(view, behind["time_period"].iloc[0]),
    }
    return compose(
        view,
        "agencies_behind",
        table,
        facts=behind["fact_ids"],
        values=values,
        draw=lambda texts: bars.bars(drawn, texts, colours={"behind": "overdue", "unsaid": "in_progress"}),
        method=[words("figure.agencies_behind.note", **values)],
    )


@figure(NOTEBOOK)
def published_counts(view: View) -> Figure:
    """Every published count of every set of tasks, oldest first.

    `.data`: scope, time_period, total, completed_on_time, completed_late, completed, overdue, in_progress, regular,
    behind_schedule, facts.
    """
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
    full = history[["total", "completed", "overdue", "in_progress"]].notna().all(axis="columns").sum()
    values = {"count": words.number(len(history)), "full": words.number(full)}
    title = "none" if history.empty else "title"
    return compose(view, "published_counts", table, facts=history["fact_ids"], values=values, title=title, closed=True)


@figure(NOTEBOOK)
def unanswered(view: View) -> Figure | Nothing:
    """The monthly questions that need a register of tasks, as long as there is none (questions 4, 6, 8, 9, 10).

    `.data`: question, why_not.
    """
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
    return compose(view, "unanswered", table, facts=[], closed=True)


@figure(NOTEBOOK)
def burn_up(view: View) -> Figure:
    """Scope and completed tasks of the main set at each count, without joining different scopes (question 5).

    `.data`: time_period, total, completed, scope_change, completed_change, facts.
    """
    words = view.words
    history = task_counts.scope_history(view.tables, scope=main_scope(view))
    rows, facts = list(records(history, ScopeStep)), history["fact_ids"]
    then = _step_then(view)
    table = beside(
        view,
        {"time_period": periods(words, history["time_period"])} | curve_columns(words, history),
        facts,
        (_burn_up_then(view, row, then) if row is rows[-1] else nothing(view) for row in rows),
    )
    if len(rows) < 2:
        return compose(view, "burn_up", table, facts=facts, title="short" if rows else "none", closed=True)
    changed = history[history["scope_changed"]]
    last = rows[-1] if changed.empty else rows[changed.index[-1]]
    before = rows[rows.index(last) - 1]
    values = {"scope": words(f"scope.{main_scope(view)}")} | {
        f"{name}{end}": text
        for end, row in (("_before", before), ("", last))
        for name, text in (
            ("total", words.number(row.total)),
            ("completed", words.number(row.completed)),
            ("period", words.period(row.time_period)),
        )
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
    if then:
        points = points.assign(stood=points["facts"] == " ".join(then.fact_ids))
    vague = parse_period(rows[-1].time_period)
    return compose(
        view,
        "burn_up",
        table,
        facts=facts,
        title="steady" if changed.empty else "title",
        values=values,
        draw=(
            lambda texts: lines.time_series(
                points,
                texts,
                colours=curve_colours(view),
                breaks=pd.DataFrame({"day": changed["day"], "text": words("burn_up.break")}),
                then=mark_of(view) if then else None,
            )
        )
        if len(rows) > _FEW
        else None,
        closed=True,
        method=[words("figure.burn_up.note", day=words.date(vague.end))] if vague.start < vague.end else [],
    )


_FEW = 2
"""Counts that a sentence tells as well as a chart."""


def _step_then(view: View) -> ScopeStep | None:
    """The newest count of the main set in the second month."""
    if view.other is None:
        return None
    history = task_counts.scope_history(view.other.tables, scope=main_scope(view))
    return next(records(history.tail(1), ScopeStep), None)


def _burn_up_then(view: View, row: ScopeStep, then: ScopeStep | None) -> Then:
    """What was completed when the second month ended, beside the newest count; no difference across two lists."""
    words, counted = view.words, _counted(view)
    if then is None:
        return nothing(view, "tile.no_data")
    value = count(words, then.completed).within(
        lambda text: words(
            "then.tasks", value=text, total=words.number(then.total), period=words.period(then.time_period)
        )
    )
    refused = uncounted(words, counted[row.fact_ids], counted[then.fact_ids])
    change = Cell(None, refused) if refused else signed(words, row.completed - then.completed)
    return Then(value, change, then.fact_ids)


def curve_columns(words: Words, history: pd.DataFrame) -> dict[str, Column]:
    """Scope and completed tasks, and what moved, as columns of a table."""
    moved = (name for name in ("scope_change", "completed_change", "net") if name in history)
    changes = {name: signed_counts(words, history[name]) for name in moved}
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
                "name": f"{words(f'series_short.{column}')} {count}" if row is rows[-1] else "",
                "place": "end_below" if column == "completed" and row.completed > _LOW * row.total else "end",
            }
            | told(row, column, count)
            for row in rows
            for column in ("total", "completed")
            for count in [words.number(getattr(row, column))]
        ]
    )


_LOW = 0.15
"""The share of the tasks from which there is room for words between the axis and the curve of the completed ones."""


def curve_colours(view: View) -> dict[str, str]:
    """The colours of both curves."""
    return {view.words("series.total"): "muted", view.words("series.completed"): "completed_on_time"}


@figure(NOTEBOOK)
def required_pace(view: View, *, deadline: str | date = "") -> Figure:
    """The pace to a deadline from the report's day on, beside the average so far; of one that has passed the outcome.

    Without `deadline` it is the next day after the newest count on which a target falls due (question 7).

    `.data`: time_period, total, completed, remaining, facts, counted_from, days_left, required_run_rate (tasks a
    month), run_rate (tasks a month), multiple.
    """
    words, start, scope = view.words, issued_on(view), main_scope(view)
    asked = deadline_asked(deadline) if deadline else None
    newest = task_counts.latest_snapshots(view.tables, needs=(Status.TOTAL, Status.COMPLETED))
    counted = next(records(newest[newest["scope_id"] == scope], PublishedCounts), None)
    refusal = task_counts.forecast_refusal(view.tables, scope=scope)
    notes = [words(f"refusal.{refusal}")] if refusal else []
    if counted is None:
        return compose(view, "required_pace", (), facts=[], title="none", notes=notes)
    due = asked or task_counts.next_deadline(view.tables, counted.time_period_end.date())
    told = {
        "scope": words(f"scope.{scope}"),
        "period": words.period(counted.time_period),
        "remaining": words.number(counted.remaining),
        "total": words.number(counted.total),
        "deadline": words.date(due),
        "start": words.date(start),
        "day": words.date(view.day),
        "age": age(view, counted.time_period),
    }
    chosen = [] if asked or due is None else [words("figure.required_pace.chosen", **told)]
    if due is None or due <= view.day:
        outcome = "no_deadline" if due is None else f"passed_{task_counts.deadline_outcome(counted, due)}"
        later = task_counts.next_deadline(view.tables, view.day)
        if later and chosen:
            chosen.append(words("figure.required_pace.later", later=words.date(later), **told))
        shown = ("total", "completed", "remaining")
        columns = {name: counts(words, [getattr(counted, name)]) for name in shown}
        table = tabulate(view, {"time_period": periods(words, [counted.time_period])} | columns, [counted.fact_ids])
        return compose(
            view,
            "required_pace",
            table,
            facts=[counted.fact_ids],
            title=outcome,
            subtitle="subtitle_passed",
            values=told,
            method=[*chosen, *notes],
            closed=True,
        )
    paces = task_counts.required_run_rates(view.tables, scope=scope, start=start, day=view.day, deadline=due)
    row = next(records(paces, Pace))
    multiples = numbers(words, [row.multiple], 1).cells
    table = tabulate(
        view,
        {
            "time_period": periods(words, [row.time_period]),
            "counted_from": days(words, [view.day]),
            "remaining": counts(words, [row.remaining]),
            "days_left": counts(words, [row.days_left]),
            "required_run_rate": numbers(words, [row.required_run_rate], 1),
            "run_rate": numbers(words, [row.run_rate], 1),
            "multiple": figures(
                "number", [each.within(lambda text: words("multiple", value=text)) for each in multiples]
            ),
        },
        paces["fact_ids"],
    )
    values = told | {
        "multiple": words.number(row.multiple, 1),
        "required": words.number(row.required_run_rate, 1),
        "run_rate": words.number(row.run_rate, 1),
        "left": words.number(row.days_left),
    }
    colours = {"run_rate": "completed_on_time", "required": "muted"}
    return compose(
        view,
        "required_pace",
        table,
        facts=paces["fact_ids"],
        title="title" if row.multiple is not None else "standing",
        values=values,
        draw=lambda texts: bars.bars(
            _paces(view, row, told),
            texts,
            colours=colours,
            domain=2 * max(row.run_rate or 0, row.required_run_rate or 0),
            sliders=_sliders(view, row),
        ),
        notes=notes,
        method=[*chosen, words("figure.required_pace.note", **values)],
    )


_PACE_STEP = 0.1
_PACES = 100
"""A reader may try each pace up to ten tasks a day, and each deadline up to twice as far as the one that is set."""


def _paces(view: View, row: Pace, told: Mapping[str, str]) -> pd.DataFrame:
    """The average and the required pace, and both for each other pace and deadline that a reader may try."""
    words, facts = view.words, " ".join(row.fact_ids)
    rows: list[dict[str, Any]] = []
    for left in _days_tried(view, row):
        deadline = view.day + timedelta(days=left)
        pace = required_run_rate(row.remaining, view.day, deadline)
        name = words("required_pace.required", deadline=words.date(deadline))
        rows.append({"part": "required", "step": left, "row": name, "value": pace})
    usual = round(row.run_rate or 0, 1)
    for step in range(_PACES + 1):
        pace = round(step * _PACE_STEP, 1)
        done = completion_day(row.remaining, view.day, pace)
        name = words("required_pace.tried", day=words.date(done)) if done else words("required_pace.never")
        if pace == usual:
            pace, name = row.run_rate or 0, words("required_pace.run_rate", **told)
        rows.append({"part": "run_rate", "step": step * _PACE_STEP, "row": name, "value": pace})
    rows.sort(key=lambda each: each["part"] == "required")
    return pd.DataFrame(rows).assign(
        text=[words("per_day", value=words.number(each["value"], 1)) for each in rows], facts=facts
    )


def _days_tried(view: View, row: Pace) -> range:
    """How many days may be left, the days that are set among them: each of two years, of a longer time some."""
    step = -(-row.days_left // 366)
    last = min(2 * row.days_left, (date.max - view.day).days)
    return range((row.days_left - 1) % step + 1, last + 1, step)


def _sliders(view: View, row: Pace) -> list[Slider]:
    usual, left = round(row.run_rate or 0, 1), _days_tried(view, row)
    return [
        Slider("run_rate", view.words("slider.pace"), 0, _PACES * _PACE_STEP, _PACE_STEP, usual),
        Slider("required", view.words("slider.days_left"), left[0], left[-1], left.step, row.days_left),
    ]


def issued_on(view: View) -> date:
    """The day on which the instrument of the main set of tasks was issued."""
    tables = view.everything
    scopes, instruments = (
        tables[name].set_index(key) for name, key in (("task_scopes", "scope_id"), ("instruments", "instrument_id"))
    )
    own = scopes["instrument_id"][programme(tables).main_scope_id]
    day: pd.Timestamp = instruments["issued_on_start"][own]
    return day.date()


def deadline_asked(text: str | date) -> date:
    """A deadline that a page was asked for; raises `WrongCall` where it is no day."""
    try:
        return parse_day(str(text))
    except ValueError as error:
        raise WrongCall(f"deadline {error}") from None
