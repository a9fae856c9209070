"""Figures of forecasts: of a register the burn-up with its fan, of published counts why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from r57lib.charts import lines
from r57lib.data.codes import Refusal
from r57lib.data.periods import month_of
from r57lib.data.tables import records
from r57lib.figures.cells import dated, readable
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.figures.task_completion import NOTEBOOK, deadline_asked, issued_on
from r57lib.figures.task_register import composed
from r57lib.measures import register, task_counts
from r57lib.measures.forecast import LEVEL, Forecast, backtest, monthly
from r57lib.measures.forecast import completion_forecast as project
from r57lib.measures.progress import naive_date, run_rate
from r57lib.page.parts import Figure, Nothing
from r57lib.view.view import View
from r57lib.view.words import MISSING


@figure(NOTEBOOK)
def forecast(view: View) -> Figure:
    """The day that the average so far leads to, count by count, and why it is no forecast (question 6)."""
    words, start = view.words, issued_on(view)
    history = task_counts.scope_history(view.tables, scope=task_counts.MAIN_SCOPE)
    rows: list[Any] = list(records(history.iloc[::-1]))
    days = [naive_date(int(row.completed), int(row.total), start, row.time_period_end.date()) for row in rows]
    rates = [run_rate(int(row.completed), start, row.time_period_end.date()) for row in rows]
    refusal = task_counts.forecast_refusal(view.tables, scope=task_counts.MAIN_SCOPE)
    table = readable(
        view,
        {
            "time_period": [dated(words, row.time_period) for row in rows],
            "total": [words.number(row.total) for row in rows],
            "completed": [words.number(row.completed) for row in rows],
            "run_rate": [words.number(rate, 3) for rate in rates],
            "naive_date": [dated(words, day) for day in days],
        },
        [row.fact_ids for row in rows],
    )
    facts = [row.fact_ids for row in rows]
    if not rows or days[0] is None:
        return compose(view, "forecast", table, facts=facts, title="none")
    newest = rows[0]
    values = {
        "naive": words.date(days[0]),
        "start": words.date(start),
        "before": words.number(newest.total - newest.scope_change),
        "after": words.number(newest.total),
    }
    notes = [words(f"refusal.{refusal}")] if refusal else []
    return compose(
        view,
        "forecast",
        table,
        facts=facts,
        values=values,
        title="title" if refusal is Refusal.SCOPE_CHANGED and newest.scope_changed else "naive",
        notes=[*notes, words("figure.forecast.note", **values)],
    )


def fan_figure(
    view: View,
    history: pd.DataFrame,
    projected: Forecast,
    *,
    deadline: str = "",
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
    values = _fan_values(view, projected)
    due = deadline_asked(deadline) if deadline else None
    return compose(
        view,
        "fan",
        table,
        facts=[],
        values=values,
        title="refused" if projected.refusal else "title",
        subtitle="subtitle_refused" if projected.refusal else "subtitle",
        draw=lambda texts: lines.fan(
            _burn_up_lines(view, history),
            texts,
            colours={words("series.total"): "muted", words("series.completed"): "completed_on_time"},
            band=_band(view, history, projected),
            deadline=_deadline_mark(view, due),
        ),
        notes=_fan_notes(view, history, projected, values),
        documents=documents,
        synthetic=synthetic,
    )


def fan_of(view: View, name: str, found: pd.DataFrame, deadline: str) -> Figure:
    """The fan of some tasks of the register, as the figure that goes by a name."""
    day = register.register_day(view.tables)
    assert day is not None
    history = monthly(found, day)
    senders = dict.fromkeys(view.tables["tasks"]["source_id"])
    made = fan_figure(view, history, project(history), deadline=deadline, documents=senders, synthetic=view.synthetic)
    return replace(made, figure_id=name.replace("_", "-"))


@figure(NOTEBOOK)
def register_forecast(view: View, *, deadline: str = "") -> Figure | Nothing:
    """When the register's tasks may all be completed, or why that is not forecast (question 6)."""
    found = register.tasks_of(view.tables)
    return Nothing() if found.empty else fan_of(view, "register_forecast", found, deadline)


@figure("agency_scorecard")
def scorecard_forecast(view: View, *, deadline: str = "") -> Figure | Nothing:
    """When an agency's tasks may all be completed, or why that is not forecast."""
    found = register.led(register.tasks_of(view.tables), view.choice("lead_agency"))
    return Nothing() if found.empty else fan_of(view, "scorecard_forecast", found, deadline)


@figure("data_quality")
def forecast_coverage(view: View) -> Figure | Nothing:
    """How often earlier forecasts from the register held, one to three months ahead."""
    words, found = view.words, register.tasks_of(view.tables)
    day = register.register_day(view.tables)
    if day is None:
        return Nothing()
    tried = backtest(monthly(found, day))
    rows = list(records(tried))
    table = readable(
        view,
        {
            "months_ahead": [words.number(row.horizon) for row in rows],
            "trials": [words.number(row.trials) for row in rows],
            "held": [words.number(row.covered) for row in rows],
            "coverage": [words.percent(row.coverage, 1) for row in rows],
            "interval": [_interval(view, row) for row in rows],
        },
    )
    values = {
        "trials": words.number(rows[0].trials),
        "held": words.number(rows[0].covered),
        "level": words.percent(LEVEL),
    }
    return composed(view, "forecast_coverage", table, title="title" if rows[0].trials else "none", values=values)


def _interval(view: View, row: Any) -> str:
    words = view.words
    if not row.trials:
        return MISSING
    return words("interval", low=words.percent(row.low, 1), high=words.percent(row.high, 1))


def _months(view: View, history: pd.DataFrame, projected: Forecast) -> pd.DataFrame:
    """The months of the burn-up, and those of the forecast below them."""
    words = view.words
    past: list[Any] = list(records(history))
    months = [*(row.day.date() for row in past), *(step.day for step in projected.path)]
    columns = {
        "time_period": [dated(words, f"{day:%Y-%m}") for day in months],
        "total": [words.number(row.total) for row in past],
        "completed": [words.number(row.completed) for row in past],
        "completed_change": [words.signed(row.completed_change) for row in past],
    }
    blank = [MISSING] * len(projected.path)
    columns |= {name: [*cells, *blank] for name, cells in columns.items() if name != "time_period"}
    if projected.path:
        before = [MISSING] * len(past)
        bounds = {name: [words.number(getattr(step, name)) for step in projected.path] for name in _BOUNDS}
        columns |= {name: [*before, *cells] for name, cells in bounds.items()}
    return readable(view, columns, [()] * len(months))


_BOUNDS = ("median", "low", "high")


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
    }


def _month(view: View, day: date | None) -> str:
    return "" if day is None else view.words.month(month_of(day))


def _fan_notes(view: View, history: pd.DataFrame, projected: Forecast, values: dict[str, str]) -> list[str]:
    """What the forecast rests on, and how earlier ones fared."""
    words = view.words
    tried: Any = next(records(backtest(history, horizons=(1,), level=projected.level)))
    notes = [] if projected.refusal else [words("figure.fan.note", **values)]
    if tried.trials:
        counts = {"trials": words.number(tried.trials), "covered": words.number(tried.covered)}
        notes.append(words("figure.fan.backtest", **counts, level=values["level"]))
    return notes


def _burn_up_lines(view: View, history: pd.DataFrame) -> pd.DataFrame:
    """Scope and completed at the end of each month, the newest with their numbers."""
    words, newest = view.words, history["day"].max()
    points = [
        {
            "day": row.day,
            "value": float(getattr(row, column)),
            "series": words(f"series.{column}"),
            "segment": column,
            "name": words.number(getattr(row, column)) if row.day == newest else "",
            "place": "above" if column == "total" else "left",
            "text": words("point.month", count=words.number(getattr(row, column)), day=words.date(row.day)),
        }
        for row in records(history)
        for column in ("total", "completed")
    ]
    return pd.DataFrame(points)


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


def _deadline_mark(view: View, due: date | None) -> pd.DataFrame | None:
    if due is None:
        return None
    return pd.DataFrame([{"day": pd.Timestamp(due), "text": view.words("deadline.mark", day=view.words.date(due))}])
