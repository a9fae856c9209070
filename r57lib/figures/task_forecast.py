"""The figures of forecasts: of a register the burn-up with its fan, of published counts why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import pandas as pd

from r57lib.charts import lines
from r57lib.data.codes import Refusal
from r57lib.data.periods import month_of
from r57lib.data.tables import records
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.figures.task_completion import NOTEBOOK, age, curve_colours, curves, deadline_asked, issued_on, main_scope
from r57lib.figures.task_register import composed
from r57lib.measures import register, task_counts
from r57lib.measures.forecast import (
    COVERAGE,
    DAY_COVERAGE,
    DRIFT,
    FAR_COVERAGE,
    HORIZON,
    LEVEL,
    Forecast,
    Score,
    backtest,
    monthly,
)
from r57lib.measures.forecast import completion_forecast as project
from r57lib.measures.progress import BurnUp, naive_date, run_rate
from r57lib.page.columns import Column, counts, days, numbers, periods, ranges, shares, signed_counts, tabulate
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.view.view import View


@figure(NOTEBOOK)
def forecast(view: View) -> Figure:
    """The day that the average so far leads to, count by count, and why it is no forecast (question 6).

    `.data`: time_period, total, completed, run_rate (tasks a month), naive_date, facts.
    """
    words, start = view.words, issued_on(view)
    history = task_counts.scope_history(view.tables, scope=main_scope(view))
    rows = list(records(history.iloc[::-1], task_counts.ScopeStep))
    naive = [naive_date(row.completed, row.total, start, row.day.date()) for row in rows]
    facts = [row.fact_ids for row in rows]
    table = tabulate(
        view,
        {
            "time_period": periods(words, [row.time_period for row in rows]),
            "total": counts(words, [row.total for row in rows]),
            "completed": counts(words, [row.completed for row in rows]),
            "run_rate": numbers(words, [run_rate(row.completed, start, row.day.date()) for row in rows], 1),
            "naive_date": days(words, naive),
        },
        facts,
    )
    if not rows or naive[0] is None:
        return compose(view, "forecast", table, facts=facts, title="none")
    refusal = task_counts.forecast_refusal(view.tables, scope=main_scope(view))
    newest = rows[0]
    title = "title" if refusal is Refusal.SCOPE_CHANGED and newest.scope_changed else "naive"
    values = {
        "scope": words(f"scope.{main_scope(view)}"),
        "period": words.period(newest.time_period),
        "age": age(view, newest.time_period),
        "naive": words.date(naive[0]),
        "start": words.date(start),
    }
    notes = [words(f"refusal.{refusal}")] if refusal else []
    return compose(
        view,
        "forecast",
        table,
        facts=facts,
        values=values,
        title="past" if naive[0] <= view.day else title,
        method=[*notes, words("figure.forecast.note", **values)],
        closed=True,
    )


def fan_figure(
    view: View,
    history: pd.DataFrame,
    projected: Forecast,
    *,
    deadline: str | date = "",
    documents: Iterable[str] = (),
    synthetic: bool = False,
) -> Figure:
    """The burn-up of a register with the fan of its forecast, or without it and the reason why.

    `history` as `forecast.monthly` gives it, `projected` the forecast from it; `deadline` a day; `documents` are the
    sources of the register, and `synthetic` says that they are made up. Raises `WrongCall` for a deadline that is no
    day.
    """
    words = view.words
    table = _months(view, history, projected)
    if history.empty:
        return compose(view, "fan", table, facts=[], title="none")
    values = _fan_values(view, projected) | {"total": words.number(history["total"].iloc[-1])}
    due = deadline_asked(deadline) if deadline else None

    def point(row: BurnUp, column: str, count: str) -> dict[str, str]:
        return {"text": words("point.month", count=count, day=words.date(row.day))}

    return compose(
        view,
        "fan",
        table,
        facts=[],
        values=values,
        title="refused" if projected.refusal else "title" if projected.high else "far",
        subtitle="subtitle_refused" if projected.refusal else "subtitle",
        draw=lambda texts: lines.fan(
            curves(view, list(records(history, BurnUp)), point),
            texts,
            colours=curve_colours(view),
            band=_band(view, history, projected),
            deadline=pd.DataFrame({"day": [pd.Timestamp(due)], "text": words("deadline.mark", day=words.date(due))})
            if due
            else None,
        ),
        notes=[] if projected.refusal else [words("figure.fan.note", **values)],
        method=_fan_method(view, history, projected, values),
        documents=documents,
        synthetic=synthetic,
    )


def fan_of(view: View, name: str, found: pd.DataFrame, deadline: str | date) -> Figure | Nothing:
    """The fan of some tasks of the register, as the figure that goes by a name."""
    day = register.register_day(view.tables)
    if found.empty or day is None:
        return Nothing()
    history = monthly(found, day)
    senders = dict.fromkeys(view.tables["tasks"]["source_id"])
    made = fan_figure(view, history, project(history), deadline=deadline, documents=senders, synthetic=view.synthetic)
    return replace(made, figure_id=name.replace("_", "-"))


@figure(NOTEBOOK, needs="tasks")
def register_forecast(view: View, *, deadline: str | date = "") -> Figure | Nothing:
    """When the register's tasks may all be completed, or why that is not forecast (question 6).

    `.data`: time_period, total, completed, completed_change, median, low, high, facts.
    """
    return fan_of(view, "register_forecast", register.tasks_of(view.tables), deadline)


@figure("agency_scorecard", needs="tasks")
def scorecard_forecast(view: View, *, deadline: str | date = "") -> Figure | Nothing:
    """When an agency's tasks may all be completed, or why that is not forecast.

    `.data`: time_period, total, completed, completed_change, median, low, high, facts.
    """
    own = register.led(register.tasks_of(view.tables), view.choice("lead_agency"))
    return fan_of(view, "scorecard_forecast", own, deadline)


@figure("data_quality", needs="tasks")
def forecast_coverage(view: View) -> Figure | Nothing:
    """How often earlier forecasts from the register held, one to three months ahead.

    `.data`: months_ahead, trials, held, coverage (0-1), interval (as interval_low, interval_high).
    """
    words, day = view.words, register.register_day(view.tables)
    if day is None:
        return Nothing()
    tried = backtest(monthly(register.tasks_of(view.tables), day))
    table = tabulate(
        view,
        {
            "months_ahead": counts(words, tried["horizon"]),
            "trials": counts(words, tried["trials"]),
            "held": counts(words, tried["covered"]),
            "coverage": shares(words, tried["coverage"], 1),
            "interval": ranges(words, tried["low"], tried["high"], 1),
        },
    )
    soonest = next(records(tried, Score))
    values = {
        "trials": words.number(soonest.trials),
        "held": words.number(soonest.covered),
        "level": words.percent(LEVEL),
    }
    return composed(view, "forecast_coverage", table, title="title" if soonest.trials else "none", values=values)


def _months(view: View, history: pd.DataFrame, projected: Forecast) -> tuple[Column, ...]:
    """The months of the burn-up, and those of the forecast below them."""
    words, before, blank = view.words, [None] * len(history), [None] * len(projected.path)
    columns = {
        "time_period": periods(words, [f"{day:%Y-%m}" for day in (*history["day"], *(s.day for s in projected.path))]),
        "total": counts(words, [*history["total"], *blank]),
        "completed": counts(words, [*history["completed"], *blank]),
        "completed_change": signed_counts(words, [*history["completed_change"], *blank]),
    }
    if projected.path:
        bounds = {name: [getattr(step, name) for step in projected.path] for name in ("median", "low", "high")}
        columns |= {name: counts(words, [*before, *cells]) for name, cells in bounds.items()}
    return tabulate(view, columns, [()] * (len(before) + len(blank)))


def _fan_values(view: View, projected: Forecast) -> dict[str, str]:
    words = view.words
    return {
        "reason": words(f"figure.fan.{projected.refusal}") if projected.refusal else "",
        "remaining": words.number(projected.remaining),
        "month": _month(view, projected.day),
        "level": words.percent(projected.level),
        "periods": words.number(projected.periods),
        "run_rate": words.number(projected.run_rate, 1),
        "projected": _month(view, projected.projected_date),
        "low": _month(view, projected.low),
        "high": _month(view, projected.high),
        "drift": words.percent(DRIFT),
        **_at_the_end(view, projected),
    }


def _at_the_end(view: View, projected: Forecast) -> dict[str, str]:
    """What may be completed in all where the path ends."""
    if not projected.path:
        return {}
    words, end = view.words, projected.path[-1]
    bounds = {"least_done": words.number(end.low), "most_done": words.number(end.high)}
    return bounds | {"until": _month(view, end.day), "ahead": words.number(len(projected.path))}


def _month(view: View, day: date | None) -> str:
    return "" if day is None else view.words.month(month_of(day))


def _fan_method(view: View, history: pd.DataFrame, projected: Forecast, values: dict[str, str]) -> list[str]:
    """How such forecasts fared in back-tests, and how earlier ones of this register did."""
    words = view.words
    notes = []
    if projected.high:
        notes.append(words("figure.fan.coverage_day", **values, **_of_100(DAY_COVERAGE[projected.periods])))
    elif projected.path:
        held = COVERAGE[projected.periods][len(projected.path) - 1]
        notes.append(words("figure.fan.coverage", **values, **_of_100(held)))
        notes.append(words("figure.fan.beyond", horizon=words.number(HORIZON), least=FAR_COVERAGE))
    tried = next(records(backtest(history, horizons=(1,), level=projected.level), Score))
    if tried.trials:
        counts = {"trials": words.number(tried.trials), "covered": words.number(tried.covered)}
        notes.append(words("figure.fan.backtest", **counts, level=values["level"]))
    return notes


def _of_100(held: tuple[int, int]) -> dict[str, int]:
    return {"least": held[0], "most": held[1]}


def _band(view: View, history: pd.DataFrame, projected: Forecast) -> pd.DataFrame | None:
    """The fan from the newest count on."""
    if projected.refusal:
        return None
    words, done = view.words, int(history["completed"].iloc[-1])
    steps = [(projected.day, done, done, done), *projected.path]
    texts = [
        words("fan.step", day=words.date(day), median=words.number(median), low=words.number(low),
              high=words.number(high))
        for day, low, median, high in steps
    ]  # fmt: skip
    frame = pd.DataFrame(steps, columns=["day", "low", "median", "high"])
    return frame.assign(day=pd.to_datetime(frame["day"]), total=int(history["total"].iloc[-1]), text=texts)
