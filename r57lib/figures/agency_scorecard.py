"""The figures of the notebook `agency_scorecard`: one lead agency's tasks, or those of all where none is named."""

from __future__ import annotations

from functools import partial

import pandas as pd

from r57lib.charts import bars
from r57lib.data.codes import Status
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.figures.task_completion import part_colours
from r57lib.figures.task_register import (
    ageing_of,
    bar_of,
    composed,
    due_soon_of,
    league_of,
    register_note,
    transitions_of,
)
from r57lib.measures import register
from r57lib.measures.progress import ratio
from r57lib.page.columns import counts, periods, tabulate
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.view.view import View

NOTEBOOK = "agency_scorecard"


def _own(view: View) -> pd.DataFrame:
    return register.led(register.tasks_of(view.tables), view.choice("lead_agency"))


def _name(view: View) -> str:
    chosen = view.choice("lead_agency")
    return view.words.agency(chosen) if chosen else view.words("scorecard.all")


@figure(NOTEBOOK, headline=True, needs="tasks")
def scorecard_status(view: View) -> Figure:
    """An agency's tasks by status, beside those of all agencies.

    `.data`: agency, total, completed_on_time, completed_late, overdue, in_progress, regular.
    """
    words, own, everyone = view.words, _own(view), register.tasks_of(view.tables)
    if everyone.empty:
        return compose(view, "scorecard_status", (), facts=[], title="none")
    about = {"agency": _name(view), "day": words.date(register.register_day(view.tables))}
    if own.empty:
        return composed(view, "scorecard_status", (), title="nobody", values=about)
    sets = {_name(view): own} | ({words("scorecard.all"): everyone} if view.choice("lead_agency") else {})
    drawn = pd.DataFrame(
        [
            part
            for name, tasks in sets.items()
            for part in bar_of(view, words("scorecard.row", agency=name, count=words.number(len(tasks))), tasks)
        ]
    )
    counted = {name: register.status_counts(tasks) for name, tasks in sets.items()}
    shown = (Status.TOTAL, Status.COMPLETED_ON_TIME, Status.COMPLETED_LATE, Status.OVERDUE, Status.IN_PROGRESS)
    table = tabulate(
        view,
        {"agency": sets}
        | {str(status): counts(words, [each[status] for each in counted.values()]) for status in shown}
        | {"regular": counts(words, [each[Status.REGULAR] for each in counted.values()])},
    )
    mine = counted[_name(view)]
    dated_tasks = mine[Status.TOTAL] - mine[Status.REGULAR]
    values = about | {
        "completed": words.number(mine[Status.COMPLETED]),
        "total": words.number(dated_tasks),
        "rate": words.percent(ratio(mine[Status.COMPLETED], dated_tasks), 1),
        "overdue": words.number(mine[Status.OVERDUE]),
    }
    return composed(
        view,
        "scorecard_status",
        table,
        values=values,
        draw=lambda texts: bars.stacked_bars(drawn, texts, colours=part_colours(view, drawn["part"])),
        notes=[register_note(view)],
    )


@figure(NOTEBOOK, needs="tasks")
def scorecard_ageing(view: View) -> Figure | Nothing:
    """How long an agency's overdue tasks are overdue.

    `.data`: days_overdue (as days_overdue_low, days_overdue_high), tasks.
    """
    return ageing_of(view, "scorecard_ageing", _own(view))


@figure(NOTEBOOK, needs="tasks")
def scorecard_due(view: View) -> Figure | Nothing:
    """What falls due for an agency, against its own throughput.

    `.data`: agency, due_30, due_60, due_90, completed_90.
    """
    return due_soon_of(view, "scorecard_due", _own(view))


@figure(NOTEBOOK, needs="tasks")
def scorecard_transitions(view: View) -> Figure | Nothing:
    """Which of an agency's tasks changed their status since last month.

    `.data`: status_before, status_after, tasks.
    """
    return transitions_of(view, "scorecard_transitions", partial(register.led, agency=view.choice("lead_agency")))


@figure(NOTEBOOK, needs="tasks")
def scorecard_rank(view: View) -> Figure | Nothing:
    """Where an agency stands among all, with the places that chance leaves open.

    `.data`: agency, completed_on_time, fallen_due, rate (0-1), interval (as interval_low, interval_high), overdue,
    overdue_share (0-1), coordinated.
    """
    if _own(view).empty or not view.choice("lead_agency"):
        return Nothing()
    return league_of(view, "scorecard_rank", register.tasks_of(view.tables), own=view.choice("lead_agency"))


@figure(NOTEBOOK, needs="tasks")
def scorecard_overdue(view: View) -> Figure | Nothing:
    """The list of an agency's overdue tasks, the longest overdue first.

    `.data`: task, title, agency, deadline, days_overdue, sheet_row.
    """
    words, own = view.words, _own(view)
    if own.empty:
        return Nothing()
    late = own[own["status"] == Status.OVERDUE].sort_values(["days", "task_id"], ascending=[False, True])
    files = view.tables["ingested"].set_index("entry")["file"]
    agencies = {"agency": [words.agency(agency) for agency in late["lead_agency"]]}
    table = tabulate(
        view,
        {
            "task": late["task_id"],
            "title": late["title"],
            **({} if view.choice("lead_agency") else agencies),
            "deadline": periods(words, late["deadline"]),
            "days_overdue": counts(words, late["days"]),
            "sheet_row": [
                words("register.place", file=files[entry], row=row)
                for entry, row in zip(late["entry"], late["row"], strict=True)
            ],
        },
    )
    values = {"count": words.number(len(late)), "agency": _name(view)}
    return composed(view, "scorecard_overdue", table, title="none" if late.empty else "title", values=values)
