"""The figures of the register of tasks in `task_completion`: what published counts cannot answer.

Where no register was taken in there is nothing to show, and `unanswered` says what it would answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.data.codes import Status
from r57lib.data.tables import records
from r57lib.figures.cells import dated, readable
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
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


# --- What any set of the register's tasks shows: all of them, or those of one agency ---


PARTS = {
    Status.COMPLETED_ON_TIME: "completed_on_time",
    Status.COMPLETED_LATE: "completed_late",
    Status.OVERDUE: "overdue",
    Status.IN_PROGRESS: "in_progress",
    Status.REGULAR: "muted",
}
"""The parts of a bar of tasks and their colours."""


def composed(
    view: View,
    name: str,
    table: pd.DataFrame,
    *,
    facts: Iterable[Iterable[str]] = (),
    notes: Iterable[str] = (),
    **more: Any,
) -> Figure:
    """A figure of the register: it names the files that it rests on, and says so where they are made up."""
    return compose(
        view,
        name,
        table,
        facts=facts,
        notes=notes,
        documents=dict.fromkeys(view.tables["tasks"]["source_id"]),
        synthetic=view.synthetic,
        **more,
    )


def register_note(view: View) -> str:
    """Which files the register comes from, and what of it is older than its day."""
    words, day = view.words, register.register_day(view.tables)
    files = view.tables["ingested"].query("kind == 'tasks'").sort_values(["reported_on", "entry"])
    rows = register.tasks_of(view.tables)
    older = int((rows["reported_on"] < pd.Timestamp(day)).sum()) if day else 0
    newest = files.iloc[-1]
    told = {"files": words.number(len(files)), "file": newest["file"], "sha": newest["sha256"][:12]}
    return words("register.note", **told, day=words.date(day), older=words.number(older), all=words.number(len(rows)))


def bar_of(view: View, label: str, found: pd.DataFrame) -> list[dict[str, Any]]:
    """The parts of one bar, by status."""
    words, counts = view.words, register.status_counts(found)
    parts = []
    for status in PARTS:
        share = counts[status] / max(1, len(found))
        detail = words("bar.detail", count=words.number(counts[status]), share=words.percent(share, 1))
        if counts[status]:
            parts.append(
                {
                    "row": label, "part": words(f"status.{status}"), "share": share, "detail": detail,
                    "text": words.number(counts[status]) if share > 0.045 else "",
                }
            )  # fmt: skip
    return parts


def part_colours(view: View, drawn: pd.DataFrame) -> dict[str, str]:
    """The colours of the parts that are there."""
    present = set(drawn["part"])
    named = {view.words(f"status.{status}"): name for status, name in PARTS.items()}
    return {part: name for part, name in named.items() if part in present}


def ageing_of(view: View, name: str, found: pd.DataFrame) -> Figure:
    """Overdue tasks by how long they are so, with the lateness of those that were completed late."""
    words, (bands, spread), late = view.words, register.overdue_ages(found), register.lateness(found)
    labels = [_band(view, row) for row in records(bands)]
    counts = [words.number(count) for count in bands["task_count"]]
    table = readable(view, {"days_overdue": labels, "tasks": counts})
    values = {key: words.plain(value) for key, value in spread.items()}
    told = {key: words.plain(value) for key, value in late.items()}
    notes = [words("lateness.note", **told)] if late["count"] else []
    if not spread["count"]:
        return composed(view, name, table.head(0), title="none", notes=notes)
    drawn = pd.DataFrame({"row": labels, "value": bands["task_count"].astype(float), "text": counts, "part": "overdue"})
    return composed(
        view,
        name,
        table,
        values=values,
        draw=lambda texts: bars.bars(drawn, texts, colours={"overdue": "overdue"}),
        notes=notes,
    )


def _band(view: View, row: Any) -> str:
    form = "age.more" if pd.isna(row.high) else "age.band"
    return view.words(form, low=row.low, high=row.high, above=row.low - 1)


def due_soon_of(view: View, name: str, found: pd.DataFrame) -> Figure:
    """Open tasks that fall due, by lead agency, beside each agency's throughput."""
    words, day = view.words, register.register_day(view.tables)
    assert day is not None
    load = register.tasks_due(found, day).sort_values(["due_90", "lead_agency"], ascending=[False, True])
    load = load[(load["due_90"] > 0) | (load["completed_90"] > 0)]
    rows = list(records(load))
    columns = ("due_30", "due_60", "due_90", "completed_90")
    table = readable(
        view,
        {"agency": [words.agency(row.lead_agency) for row in rows]}
        | {column: [words.number(getattr(row, column)) for row in rows] for column in columns},
    )
    if not load["due_90"].sum():
        return composed(view, name, table, title="none", values={"day": words.date(day)})
    short = [row for row in rows if row.due_90 > row.completed_90]
    values = {column: words.number(load[column].sum()) for column in columns}
    values |= {"day": words.date(day), "short": words.number(len(short)), "agencies": words.number(len(rows))}
    drawn = pd.DataFrame(
        {
            "row": [words.agency(row.lead_agency) for row in rows],
            "value": load["due_90"].astype(float),
            "text": [words("due_soon.text", due=row.due_90, done=row.completed_90) for row in rows],
            "tick": load["completed_90"].astype(float),
        }
    )
    title = "calm" if name == "due_soon" and not short else "title"
    most = float(load[["due_90", "completed_90"]].max().max())
    return composed(
        view, name, table, title=title, values=values, draw=lambda texts: bars.bars(drawn, texts, domain=most)
    )


def league_of(view: View, name: str, found: pd.DataFrame, *, own: str = "") -> Figure:
    """Every lead agency's on-time rate of what has fallen due; `own` is the one that the page is about."""
    words, league, shared = view.words, register.league(found), register.coordinated(found)
    rows = list(records(league))
    table = readable(
        view,
        {
            "agency": [words.agency(row.lead_agency) for row in rows],
            "completed_on_time": [words.number(row.on_time) for row in rows],
            "fallen_due": [words.number(row.fallen_due) for row in rows],
            "rate": [words.percent(row.rate, 1) for row in rows],
            "interval": [_interval(view, row) for row in rows],
            "overdue": [words.number(row.overdue) for row in rows],
            "overdue_share": [words.percent(row.overdue_share, 1) for row in rows],
            "coordinated": [words.number(shared.get(row.lead_agency, 0)) for row in rows],
        },
    )
    rated = league.dropna(subset=["rate"])
    unrated = [words.agency(row.lead_agency) for row in rows if pd.isna(row.rate)]
    least = {"least": register.LEAST_TASKS}
    notes = [words("league.unrated", agencies=words.join(words.sorted(unrated)), **least)] if unrated else []
    if rated.empty:
        return composed(view, name, table, title="none", values=least, notes=notes)
    return composed(
        view,
        name,
        table,
        title=_league_title(league, own),
        values=least | _league_values(view, league, own),
        draw=lambda texts: bars.intervals(_league_points(view, rated, own), texts),
        notes=notes,
    )


def _league_title(league: pd.DataFrame, own: str) -> str:
    if own:
        return "title" if register.standing(league, own) else "unrated"
    best, rest = league.iloc[0], league.iloc[1:]
    return "apart" if (rest["high"].dropna() < best["low"]).all() and rest["rate"].notna().any() else "title"


def _league_values(view: View, league: pd.DataFrame, own: str) -> dict[str, str]:
    words, rated = view.words, league.dropna(subset=["rate"])
    row = league[league["lead_agency"] == own].iloc[0] if own else league.iloc[0]
    place = register.standing(league, own) if own else None
    values: Mapping[str, Any] = vars(place) if place else {}
    return {
        "agency": words.agency(row["lead_agency"]),
        "rate": words.percent(row["rate"], 1),
        "rated": words.number(len(rated)),
        **{key: words.number(value) for key, value in values.items()},
    }


def _league_points(view: View, rated: pd.DataFrame, own: str) -> pd.DataFrame:
    words = view.words
    points = pd.DataFrame(
        {
            "row": [
                words("league.row", agency=words.agency(row.lead_agency), count=words.number(row.fallen_due))
                for row in records(rated)
            ],
            "value": rated["rate"].astype(float),
            "low": rated["low"].astype(float),
            "high": rated["high"].astype(float),
            "text": [words.percent(rate, 1) for rate in rated["rate"]],
        }
    )
    return points.assign(own=(rated["lead_agency"] == own).to_numpy()) if own else points


def _interval(view: View, row: Any) -> str:
    words = view.words
    if pd.isna(row.low):
        return MISSING
    return words("interval", low=words.percent(row.low, 1), high=words.percent(row.high, 1))


def transitions_of(view: View, name: str, of: Any) -> Figure:
    """From which status to which since the month before; `of` chooses the tasks of a day."""
    words = view.words
    after, before = of(register.tasks_of(view.tables)), of(register.tasks_of(view.before))
    moves = register.transitions(before, after)
    moved = moves[moves["before"].fillna("") != moves["after"].fillna("")].sort_values("task_count", ascending=False)
    table = readable(
        view,
        {
            "status_before": [_status(view, row.before, "before") for row in records(moves)],
            "status_after": [_status(view, row.after, "after") for row in records(moves)],
            "tasks": [words.number(row.task_count) for row in records(moves)],
        },
    )
    days = {"before": register.register_day(view.before), "after": register.register_day(view.tables)}
    values = {key: words.date(day) for key, day in days.items()}
    if days["before"] is None or moved.empty:
        title = "first" if days["before"] is None else "none"
        return composed(view, name, table, title=title, values=values)
    into, out = (int(moved.loc[moved[side] == "overdue", "task_count"].sum()) for side in ("after", "before"))
    stock = {key: int((rows["status"] == "overdue").sum()) for key, rows in (("was", before), ("now", after))}
    values |= {key: words.number(value) for key, value in {"in": into, "out": out, **stock}.items()}
    drawn = pd.DataFrame(
        {
            "row": [
                words("move", before=_status(view, row.before, "before"), after=_status(view, row.after, "after"))
                for row in records(moved)
            ],
            "value": moved["task_count"].astype(float),
            "text": [words.number(count) for count in moved["task_count"]],
            "part": ["overdue" if row.after == "overdue" else "other" for row in records(moved)],
        }
    )
    colours = {"overdue": "overdue", "other": "completed_on_time"}
    return composed(view, name, table, values=values, draw=lambda texts: bars.bars(drawn, texts, colours=colours))


def _status(view: View, status: Any, side: str) -> str:
    """The name of a status; a task that is in one of the two months only has none in the other."""
    return view.words(f"move.no_{side}") if pd.isna(status) else view.words(f"status.{status}")
