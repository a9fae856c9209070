"""The figures of the register of tasks in `task_completion`: what published counts cannot answer.

Where no register was taken in there is nothing to show, and `unanswered` says what it would answer. What ends in `_of`
shows any set of the register's tasks: all of them, or those of one agency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.data.codes import Status
from r57lib.data.tables import records, rows_where
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.figures.task_completion import (
    NOTEBOOK,
    curve_colours,
    curve_columns,
    curves,
    main_scope,
    part_colours,
    status_bar,
)
from r57lib.measures import register, task_counts
from r57lib.measures.progress import BurnUp
from r57lib.page.columns import (
    Cell,
    Column,
    counts,
    days,
    figures,
    periods,
    ranges,
    shares,
    signed_counts,
    tabulate,
)
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.view.view import View
from r57lib.view.words import MISSING


def composed(
    view: View,
    name: str,
    columns: tuple[Column, ...],
    *,
    facts: Iterable[Iterable[str]] = (),
    **more: Any,
) -> Figure:
    """A figure of the register: it names the files that it rests on, and says so where they are made up."""
    documents = dict.fromkeys(view.tables["tasks"]["source_id"])
    return compose(view, name, columns, facts=facts, documents=documents, synthetic=view.synthetic, **more)


def register_note(view: View) -> str:
    """Which files the register comes from, and what of it is older than its day."""
    words, day = view.words, register.register_day(view.tables)
    files = rows_where(view.tables["ingested"], kind="tasks").sort_values(["reported_on", "entry"])
    rows = register.tasks_of(view.tables)
    older = int((rows["reported_on"] < pd.Timestamp(day)).sum()) if day else 0
    newest = files.iloc[-1]
    told = {"files": words.number(len(files)), "file": newest["file"], "sha": newest["sha256"][:12]}
    return words("register.note", **told, day=words.date(day), older=words.number(older), all=words.number(len(rows)))


def bar_of(view: View, label: str, found: pd.DataFrame) -> list[dict[str, Any]]:
    """The parts of one bar of the register's tasks: those statuses that some have."""
    counted = {status: count or None for status, count in register.status_counts(found).items()}
    return status_bar(view, label, counted | {Status.COMPLETED: None}, max(1, len(found)))


@figure(NOTEBOOK, needs="tasks")
def register_counts(view: View) -> Figure | Nothing:
    """The register's counts by status, and each difference from the published ones.

    `.data`: time_period, status, register, published, difference, facts.
    """
    words, found = view.words, register.tasks_of(view.tables)
    if found.empty:
        return Nothing()
    compared = _compared(view)
    differing = compared[compared["difference"] != 0]
    table = tabulate(
        view,
        {
            "time_period": periods(words, compared["time_period"]),
            "status": [words(f"status.{status}") for status in compared["status"]],
            "register": counts(words, compared["register"]),
            "published": counts(words, compared["published"]),
            "difference": signed_counts(words, compared["difference"]),
        },
        compared["fact_ids"],
    )
    values = {
        "day": words.date(register.register_day(view.tables)),
        "total": words.number(len(found)),
        "compared": words.number(len(compared)),
        "differing": words.number(len(differing)),
        "periods": words.join([words.period(each) for each in compared["time_period"].drop_duplicates()]),
        "scope": words(f"scope.{main_scope(view)}"),
    }
    drawn = pd.DataFrame(bar_of(view, words("register.row", **values), found))
    return composed(
        view,
        "register_counts",
        table,
        facts=compared["fact_ids"],
        title="alone" if compared.empty else "title" if differing.empty else "differs",
        values=values,
        draw=lambda texts: bars.stacked_bars(drawn, texts, colours=part_colours(view, drawn["part"])),
        notes=[register_note(view)],
        method=[] if compared.empty else [words("figure.register_counts.note", **values)],
    )


def _compared(view: View) -> pd.DataFrame:
    """Each published count of the main set of a day that the register knows, beside the register's own.

    The register of that day is what its newest versions say of it.
    """
    versions = view.tables["tasks"]
    first, day = versions["reported_on"].min(), register.register_day(view.tables)
    assert day is not None
    parts = [pd.DataFrame(columns=["status", "register", "published", "difference", "time_period", "fact_ids"])]
    for row in records(task_counts.snapshots(view.tables), task_counts.PublishedCounts):
        then = row.time_period_end.date()
        if row.scope_id == main_scope(view) and first <= row.time_period_end and then <= day:
            counted = register.status_counts(register.with_status(register.as_known(versions, day, at=then), then))
            told = register.differences(counted, row._asdict()).assign(time_period=row.time_period)
            told["fact_ids"] = pd.Series([row.fact_ids] * len(told), dtype="object")
            parts.append(told)
    return pd.concat(parts, ignore_index=True)


@figure(NOTEBOOK, needs="tasks")
def overdue_ageing(view: View) -> Figure | Nothing:
    """How long the overdue tasks are overdue (question 4).

    `.data`: days_overdue (as days_overdue_low, days_overdue_high), tasks.
    """
    return ageing_of(view, "overdue_ageing", register.tasks_of(view.tables))


def ageing_of(view: View, name: str, found: pd.DataFrame) -> Figure | Nothing:
    """Overdue tasks by how long they are so, with the lateness of those that were completed late."""
    if found.empty:
        return Nothing()
    words, (bands, spread), late = view.words, register.overdue_ages(found), register.lateness(found)
    bands = bands if spread["count"] else bands.head(0)
    ages = figures("interval", [_age(view, row) for row in records(bands, register.AgeBand)])
    tasks = counts(words, bands["task_count"])
    table = tabulate(view, {"days_overdue": ages, "tasks": tasks})
    notes = [words("lateness.note", **{key: words.plain(each) for key, each in late.items()})] if late["count"] else []
    if bands.empty:
        return composed(view, name, table, title="none", notes=notes)
    drawn = pd.DataFrame({"row": ages.texts, "value": bands["task_count"].astype(float), "text": tasks.texts})
    return composed(
        view,
        name,
        table,
        values={"day": words.date(register.register_day(view.tables))}
        | {key: words.plain(value) for key, value in spread.items()},
        draw=lambda texts: bars.bars(drawn.assign(part="overdue"), texts, colours={"overdue": "overdue"}),
        notes=notes,
    )


def _age(view: View, row: register.AgeBand) -> Cell:
    form = "age.more" if row.high is None else "age.band"
    return Cell((row.low, row.high), view.words(form, low=row.low, high=row.high, above=row.low - 1))


@figure(NOTEBOOK, needs="tasks")
def register_burn_up(view: View) -> Figure | Nothing:
    """Scope and completed tasks month by month (question 5).

    `.data`: day, total, completed, scope_change, completed_change, net.
    """
    words, history = view.words, register.register_history(view.tables)
    if history.empty:
        return Nothing()
    rows = list(records(history, BurnUp))
    table = tabulate(view, {"day": days(words, history["day"])} | curve_columns(words, history))
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
            curves(view, rows, lambda row, _, count: {"text": f"{words.date(row.day)}: {count}"}),
            texts,
            colours=curve_colours(view),
        ),
        notes=[words("figure.register_burn_up.note", **values)] if len(grew) else [],
    )


@figure(NOTEBOOK, needs="tasks")
def due_soon(view: View) -> Figure | Nothing:
    """What falls due in the next 30, 60 and 90 days, against what was completed in the last 90 (question 8).

    `.data`: agency, due_30, due_60, due_90, completed_90.
    """
    return due_soon_of(view, "due_soon", register.tasks_of(view.tables))


def due_soon_of(view: View, name: str, found: pd.DataFrame) -> Figure | Nothing:
    """Open tasks that fall due, by lead agency, beside each agency's throughput."""
    words, day = view.words, register.register_day(view.tables)
    if found.empty or day is None:
        return Nothing()
    load = register.tasks_due(found, day).sort_values(["due_90", "lead_agency"], ascending=[False, True])
    load = load[(load["due_90"] > 0) | (load["completed_90"] > 0)]
    agencies = [words.agency(agency) for agency in load["lead_agency"]]
    columns = ("due_30", "due_60", "due_90", "completed_90")
    table = tabulate(view, {"agency": agencies} | {column: counts(words, load[column]) for column in columns})
    if not load["due_90"].sum():
        return composed(view, name, table, title="none", values={"day": words.date(day)})
    short = int((load["due_90"] > load["completed_90"]).sum())
    values = {column: words.number(load[column].sum()) for column in columns}
    values |= {"day": words.date(day), "short": words.number(short), "agencies": words.number(len(load))}
    drawn = pd.DataFrame(
        {
            "row": agencies,
            "value": load["due_90"].astype(float),
            "text": [
                words("due_soon.text", due=due, done=done)
                for due, done in zip(load["due_90"], load["completed_90"], strict=True)
            ],
            "tick": load["completed_90"].astype(float),
        }
    )
    title = "calm" if name == "due_soon" and not short else "title"
    most = float(load[["due_90", "completed_90"]].max().max())
    return composed(
        view, name, table, title=title, values=values, draw=lambda texts: bars.bars(drawn, texts, domain=most)
    )


@figure(NOTEBOOK, needs="tasks")
def agency_league(view: View) -> Figure | Nothing:
    """On-time rates of lead agencies with their intervals; too few tasks give no rate (question 9).

    `.data`: agency, completed_on_time, fallen_due, rate (0-1), interval (as interval_low, interval_high), overdue,
    overdue_share (0-1), coordinated.
    """
    return league_of(view, "agency_league", register.tasks_of(view.tables))


def league_of(view: View, name: str, found: pd.DataFrame, *, own: str = "") -> Figure | Nothing:
    """Every lead agency's on-time rate of what has fallen due; `own` is the one that the page is about."""
    if found.empty:
        return Nothing()
    words, league, shared = view.words, register.league(found), register.coordinated(found)
    table = tabulate(
        view,
        {
            "agency": [words.agency(agency) for agency in league["lead_agency"]],
            "completed_on_time": counts(words, league["on_time"]),
            "fallen_due": counts(words, league["fallen_due"]),
            "rate": shares(words, league["rate"], 1),
            "interval": ranges(words, league["low"], league["high"], 1),
            "overdue": counts(words, league["overdue"]),
            "overdue_share": shares(words, league["overdue_share"], 1),
            "coordinated": counts(words, [shared.get(agency, 0) for agency in league["lead_agency"]]),
        },
    )
    rated = league.dropna(subset=["rate"])
    unrated = [words.agency(agency) for agency in league.loc[league["rate"].isna(), "lead_agency"]]
    least = {"least": register.LEAST_TASKS}
    notes = [words("league.unrated", agencies=words.join(words.sorted(unrated)), **least)] if unrated else []
    if rated.empty:
        return composed(view, name, table, title="none", values=least, notes=notes)
    row, rest = league[league["lead_agency"] == own].iloc[0] if own else league.iloc[0], league.iloc[1:]
    place = register.standing(league, own) if own else None
    values = least | {"agency": words.agency(row["lead_agency"]), "rate": words.percent(row["rate"], 1)}
    values |= {"rated": words.number(len(rated))}
    values |= {key: words.number(value) for key, value in place._asdict().items()} if place else {}
    apart = (rest["high"].dropna() < row["low"]).all() and rest["rate"].notna().any()
    return composed(
        view,
        name,
        table,
        title=("title" if place else "unrated") if own else "apart" if apart else "title",
        values=values,
        draw=lambda texts: bars.intervals(_league_points(view, rated, own), texts),
        notes=notes,
    )


def _league_points(view: View, rated: pd.DataFrame, own: str) -> pd.DataFrame:
    words = view.words
    points = pd.DataFrame(
        {
            "row": [
                words("league.row", agency=words.agency(row.lead_agency), count=words.number(row.fallen_due))
                for row in records(rated, register.Place)
            ],
            "value": rated["rate"].astype(float),
            "low": rated["low"].astype(float),
            "high": rated["high"].astype(float),
            "text": [words.percent(rate, 1) for rate in rated["rate"]],
        }
    )
    return points.assign(own=(rated["lead_agency"] == own).to_numpy()) if own else points


@figure(NOTEBOOK, needs="tasks")
def status_transitions(view: View) -> Figure | Nothing:
    """Which tasks changed their status since last month (question 10).

    `.data`: status_before, status_after, tasks.
    """
    return transitions_of(view, "status_transitions", lambda tasks: tasks)


def transitions_of(view: View, name: str, of: Callable[[pd.DataFrame], pd.DataFrame]) -> Figure | Nothing:
    """From which status to which since the month before; `of` chooses the tasks of a day."""
    words = view.words
    after, before = of(register.tasks_of(view.tables)), of(register.tasks_of(view.before))
    if after.empty:
        return Nothing()
    moves = register.transitions(before, after)
    moved = moves[moves["before"].fillna("") != moves["after"].fillna("")].sort_values("task_count", ascending=False)
    sides = {side: [_status(view, each, side) for each in moves[side]] for side in ("before", "after")}
    table = tabulate(
        view,
        {f"status_{side}": names for side, names in sides.items()} | {"tasks": counts(words, moves["task_count"])},
    )
    known = {"before": register.register_day(view.before), "after": register.register_day(view.tables)}
    values = {key: words.date(day) for key, day in known.items()}
    if known["before"] is None or moved.empty:
        title = "first" if known["before"] is None else "none"
        return composed(view, name, table, title=title, values=values)
    into, out = (int(moved.loc[moved[side] == "overdue", "task_count"].sum()) for side in ("after", "before"))
    stock = {key: int((rows["status"] == "overdue").sum()) for key, rows in (("was", before), ("now", after))}
    values |= {key: words.number(value) for key, value in {"in": into, "out": out, **stock}.items()}
    named = moved[["before", "after"]].apply(lambda side: [_status(view, each, str(side.name)) for each in side])
    drawn = pd.DataFrame(
        {
            "row": [words("move", **pair) for pair in named.to_dict("records")],
            "value": moved["task_count"].astype(float),
            "text": [words.number(count) for count in moved["task_count"]],
            "part": moved["after"].eq("overdue").map({True: "overdue", False: "other"}),
        }
    )
    colours = {"overdue": "overdue", "other": "completed_on_time"}
    return composed(view, name, table, values=values, draw=lambda texts: bars.bars(drawn, texts, colours=colours))


def _status(view: View, status: Any, side: str) -> str:
    """The name of a status; a task that is in one of the two months only has none in the other."""
    return view.words(f"move.no_{side}") if pd.isna(status) else view.words(f"status.{status}")
