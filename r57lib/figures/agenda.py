"""The figures of the notebook `agenda`: instruments, events, systems, and requests to the State, each with its day."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pandas as pd

from r57lib.charts import bars
from r57lib.charts.base import Chart, Texts
from r57lib.data.tables import Tables, records
from r57lib.figures.cells import publisher, sentence
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import agenda, commitments
from r57lib.measures.agenda import AgendaStep, EventStatement, InstrumentStanding, SystemSaid
from r57lib.measures.commitments import SingleProposal
from r57lib.page.columns import Cell, days, figures, period, periods, tabulate
from r57lib.page.figure import Figure
from r57lib.view.view import View
from r57lib.view.words import MISSING, sort_key

NOTEBOOK = "agenda"
YEARS_SHOWN = 2
NEXT_SHOWN = 8
_GROUPS = {
    "law": "laws",
    "meeting": "meetings",
    "conference": "meetings",
    "launch": "launches",
    "contest": "others",
    "fair": "others",
    "seminar": "others",
}
"""The kinds of instruments and events as rows of the timeline; all other instruments stand in one."""
_COLOURS = {"done": "series_1", "ahead": "series_4", "planned": "series_2", "teaser": "in_progress"}


def _day(view: View) -> date:
    """The report's own day: the last of the month, or the day of knowledge where that is earlier."""
    return min(view.month.last_day, view.as_of)


def _known(view: View) -> Tables:
    """All that was public on the report's own day, also what is about later days."""
    return view.everything.known(_day(view))


def _name(view: View, step: AgendaStep) -> str:
    """A step in words: `Law on Digital Transformation: in force`."""
    words = view.words
    if step.what == "state":
        named = words(f"instrument.{step.subject_id}")
        own = f"agenda.state.{step.state}"  # a draft is called one before its name
        label = own if words.has(own) else "agenda.state"
        return words(label, instrument=named, state=words(f"instrument_state.{step.state}"))
    if step.what == "event":
        return words(f"event.{step.subject_id}")
    if step.what == "commitment":
        enterprise = words(f"enterprise.{step.subject_id.partition('.')[0]}")
        return words("agenda.commitment", enterprise=enterprise, commitment=words(f"commitment.{step.subject_id}"))
    family = f"family.{step.subject_id}"
    named = words(family if words.has(family) else f"indicator.{step.subject_id}")
    if step.scope != "national":
        named = words("indicator.scoped", indicator=named, scope=words(f"scope_of.{step.scope}"))
    return words("agenda.target", indicator=named)


def _kind(view: View, step: AgendaStep) -> str:
    """What kind of instrument, event or deadline a step is."""
    kinds = {"state": f"instrument_kind.{step.kind}", "event": f"event_kind.{step.kind}"}
    return view.words(kinds.get(step.what, f"agenda_kind.{step.what}"))


@figure(NOTEBOOK, headline=True)
def agenda_timeline(view: View) -> Figure:
    """Instruments and events by kind with their day, and the next dated step.

    `.data`: time_period, kind_of_step, what, standing, section, facts.
    """
    words, day = view.words, _day(view)
    past = list(records(agenda.steps_taken(view.tables, day=day), AgendaStep))
    done = [step for step in past if not step.planned]
    coming = list(records(agenda.steps_ahead(view.tables, _known(view), day=day), AgendaStep))
    dated = [step for step in coming if step.what in ("state", "event")]
    rows = [*dated[::-1], *past[::-1]]
    parts = ["ahead" if step in dated else "planned" if step.planned else "done" for step in rows]
    table = tabulate(
        view,
        {
            "time_period": periods(words, [step.period for step in rows]),
            "kind_of_step": [_kind(view, step) for step in rows],
            "what": [sentence(_name(view, step)) for step in rows],
            "standing": [words(f"agenda.{part}") for part in parts],
            "section": [words(f"section.{step.section}") for step in rows],
        },
        [step.fact_ids for step in rows],
    )
    facts = [step.fact_ids for step in rows]
    if not done:
        return compose(view, "agenda_timeline", table, facts=facts, title="none")
    values = {"count": words.number(len(done)), "month": words.month(view.month), "years": words.number(YEARS_SHOWN)}
    if dated:
        values |= {"next": _name(view, dated[0]), "period": words.period(dated[0].period)}
    since = pd.Timestamp(day) - pd.DateOffset(years=YEARS_SHOWN)
    points = _points(view, [each for each in zip(rows, parts, strict=True) if each[0].start >= since])

    def draw(texts: Texts) -> Chart:
        colours = {words(f"agenda_part.{part}"): colour for part, colour in _COLOURS.items()}
        today = pd.DataFrame({"day": [pd.Timestamp(day)], "text": [""]})
        return bars.moments(pd.DataFrame(points), texts, colours=colours, breaks=today)

    return compose(
        view,
        "agenda_timeline",
        table,
        facts=facts,
        values=values,
        title="title" if dated else "past",
        draw=draw if points else None,
        notes=[words("agenda.teasers")] if any(step.section == "sidebar" for step in rows) else [],
    )


def _points(view: View, steps: list[tuple[AgendaStep, str]]) -> list[dict[str, object]]:
    """One mark a step, in the row of its kind; of what was done the colour tells where it is quoted from."""
    words = view.words
    groups = {id(step): _GROUPS.get(step.kind, "instruments") for step, _ in steps}
    order = ["laws", "instruments", "meetings", "launches", "others"]
    number = {group: sum(each == group for each in groups.values()) for group in order}
    return [
        {
            "row": words("agenda.row", kind=words(f"agenda_group.{group}"), count=words.number(number[group])),
            "start": step.start,
            "end": step.end,
            "part": words(f"agenda_part.{'teaser' if part == 'done' and step.section == 'sidebar' else part}"),
            "tip": f"{_name(view, step)} ({words.period(step.period)})",
            "facts": " ".join(step.fact_ids),
        }
        for group in order
        for step, part in steps
        if groups[id(step)] == group
    ]


@figure(NOTEBOOK)
def instrument_standing(view: View) -> Figure:
    """Each instrument: what it hangs from, its state, and the tasks, targets and commitments that rest on it.

    `.data`: instrument, issuer, hangs_from, instrument_state, since, next_state, rests_on_it, facts.
    """
    words = view.words
    rows = list(records(agenda.instrument_standings(view.tables, day=_day(view)), InstrumentStanding))
    table = tabulate(
        view,
        {
            "instrument": [words(f"instrument.{row.instrument_id}") for row in rows],
            "issuer": [words.agency(row.issuer_id) for row in rows],
            "hangs_from": [words(f"instrument.{row.parent_id}") if row.parent_id else MISSING for row in rows],
            "instrument_state": [words(f"instrument_state.{row.state}") for row in rows],
            "since": periods(words, [row.since for row in rows]),
            "next_state": figures("period", [_next(view, row) for row in rows]),
            "rests_on_it": [_resting(view, row) for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    facts = [row.fact_ids for row in rows]
    waiting = next((row for row in rows if row.next_state), None)
    values = {"count": words.number(len(rows)), "month": words.month(view.month)}
    if waiting:
        values |= {
            "instrument": words(f"instrument.{waiting.instrument_id}"),
            "state": words(f"instrument_state.{waiting.state}").lower(),
            "since": words.period(waiting.since),
            "next": words(f"instrument_state.{waiting.next_state}").lower(),
            "from": words.period(waiting.next_since),
        }
    title = "none" if not rows else "waiting" if waiting else "title"
    return compose(view, "instrument_standing", table, facts=facts, values=values, title=title)


def _next(view: View, row: InstrumentStanding) -> Cell:
    """The state to come and from when, or a dash."""
    if row.next_state is None:
        return Cell(None, MISSING)
    state = view.words(f"instrument_state.{row.next_state}")
    return period(view.words, row.next_since).within(lambda text: view.words("agenda.from", state=state, period=text))


def _resting(view: View, row: InstrumentStanding) -> str:
    """`Tasks: Resolution 71/NQ-CP; 16 targets; 20,000 new 5G stations in 2025`."""
    words = view.words
    parts = [words("agenda.tasks", scope=words(f"scope.{scope}")) for scope in row.scopes]
    if row.targets:
        count = words.number(row.targets)
        parts.append(words("agenda.targets.one" if row.targets == 1 else "agenda.targets", count=count))
    parts += [words(f"commitment.{name}") for name in row.commitments]
    return "; ".join(parts) or MISSING


@figure(NOTEBOOK)
def systems_and_alliances(view: View) -> Figure:
    """Systems, alliances and networks, what is said of each, and by whom.

    `.data`: system, system_kind, statement, claimant, time_period, section, facts.
    """
    words = view.words
    rows = list(records(agenda.systems_said(view.tables), SystemSaid))
    table = tabulate(
        view,
        {
            "system": [words(f"system.{row.system_id}") for row in rows],
            "system_kind": [words(f"system_kind.{row.system_kind}") for row in rows],
            "statement": [words(f"{row.what}.{row.said_id}") for row in rows],
            "claimant": [_claimant(view, row) for row in rows],
            "time_period": periods(words, [row.period for row in rows]),
            "section": [words(f"section.{row.section}") for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    values = {
        "systems": words.number(len({row.system_id for row in rows})),
        "count": words.number(len(rows)),
        "named": words.number(sum(row.claimant_id is not None for row in rows)),
    }
    return compose(
        view,
        "systems_and_alliances",
        table,
        facts=[row.fact_ids for row in rows],
        values=values,
        title="title" if rows else "none",
        notes=[words("agenda.teasers")] if any(row.section == "sidebar" for row in rows) else [],
    )


def _claimant(view: View, row: SystemSaid) -> str:
    """Who says so: an agency or an enterprise, or else the paper that prints it."""
    words = view.words
    if row.claimant_id is None:
        return words("agenda.paper", publisher=publisher(view, view.facts[row.fact_ids[0]].source_id))
    enterprise = f"enterprise.{row.claimant_id}"
    return words(enterprise) if words.has(enterprise) else words.agency(row.claimant_id)


@figure(NOTEBOOK)
def event_reports(view: View) -> Figure:
    """What was reported, or foretold, at events.

    `.data`: event, statement, kind, time_period, section, facts.
    """
    words = view.words
    said = agenda.said_at_events(view.tables, view.everything.known(view.as_of))
    rows = list(records(said, EventStatement))
    table = tabulate(
        view,
        {
            "event": [_event(view, row) for row in rows],
            "statement": [words(f"statement.{row.fact_id}") for row in rows],
            "kind": [words(f"said_as.{row.kind}") for row in rows],
            "time_period": periods(words, [row.time_period for row in rows]),
            "section": [words(f"section.{row.section}") for row in rows],
        },
        said["fact_ids"],
    )
    values = {"count": words.number(len(rows)), "events": words.number(said["subject_id"].nunique())}
    title = "title" if rows else "none"
    return compose(view, "event_reports", table, facts=said["fact_ids"], values=values, title=title)


def _event(view: View, row: EventStatement) -> str:
    """An event with its day, which may lie after the month that it speaks of."""
    words, name = view.words, view.words(f"event.{row.subject_id}")
    return words("dated", value=name, period=words.period(row.event_period)) if row.event_period else name


@figure(NOTEBOOK)
def side_teasers(view: View) -> Figure:
    """What teasers of other articles say beside the documents, which no other page counts.

    `.data`: statement, time_period, publisher, facts.
    """
    words, said = view.words, agenda.teased(view.tables)
    rows = list(records(said, _Teased))
    values_of = view.tables["observations"].set_index("fact_id")
    units = view.tables["indicators"].set_index("indicator_id")["unit"]

    def told(row: _Teased) -> str:
        if row.indicator_id is None:
            return words(f"statement.{row.fact_id}")
        seen = values_of.loc[row.fact_id]
        value = words.value(seen["obs_value"], units[row.indicator_id], seen["qualifier"])
        return words("agenda.value", indicator=words(f"indicator.{row.indicator_id}"), value=value)

    table = tabulate(
        view,
        {
            "statement": [told(row) for row in rows],
            "time_period": periods(words, [row.time_period for row in rows]),
            "publisher": [publisher(view, row.source_id) for row in rows],
        },
        [(row.fact_id,) for row in rows],
    )
    title = "title" if rows else "none"
    facts = [(row.fact_id,) for row in rows]
    return compose(view, "side_teasers", table, facts=facts, values={"count": words.number(len(rows))}, title=title)


class _Teased(NamedTuple):
    """A statement or a value of a teaser."""

    fact_id: str
    indicator_id: str | None
    time_period: str
    source_id: str


@figure(NOTEBOOK)
def requests_to_state(view: View) -> Figure:
    """Requests of enterprises with the state that is known of each, and since which day.

    `.data`: enterprise, proposal, proposal_status, known_since, facts.
    """
    words = view.words
    rows = list(records(commitments.proposals_made(view.tables), SingleProposal))
    rows.sort(key=lambda row: (row.reported_on, sort_key(words(f"enterprise.{row.enterprise_id}")), row.fact_id))
    table = tabulate(
        view,
        {
            "enterprise": [words(f"enterprise.{row.enterprise_id}") for row in rows],
            "proposal": [words(f"proposal.{row.fact_id}") for row in rows],
            "proposal_status": [words(f"proposal_status.{row.status}") for row in rows],
            "known_since": days(words, [row.reported_on for row in rows]),
        },
        [row.fact_ids for row in rows],
    )
    answered = sum(row.status != "raised" for row in rows)
    values = {"count": words.number(len(rows)), "answered": words.number(answered), "month": words.month(view.month)}
    title = "none" if not rows else "title" if answered else "unanswered"
    return compose(view, "requests_to_state", table, facts=[row.fact_ids for row in rows], values=values, title=title)


@figure("overview")
def next_steps(view: View) -> Figure:
    """The next dated steps after the report's own day, as they were known on it.

    `.data`: time_period, what, kind_of_step, facts.
    """
    words = view.words
    coming = list(records(agenda.steps_ahead(view.tables, _known(view), day=_day(view)), AgendaStep))
    rows = coming[:NEXT_SHOWN]
    table = tabulate(
        view,
        {
            "time_period": periods(words, [step.period for step in rows]),
            "what": [sentence(_name(view, step)) for step in rows],
            "kind_of_step": [_kind(view, step) for step in rows],
        },
        [step.fact_ids for step in rows],
    )
    facts = [step.fact_ids for step in rows]
    if not rows:
        return compose(view, "next_steps", table, facts=[], values={"month": words.month(view.month)}, title="none")
    values = {"next": _name(view, rows[0]), "period": words.period(rows[0].period)}
    left = len(coming) - len(rows)
    notes = [words("agenda.more", count=words.number(left))] if left else []
    return compose(view, "next_steps", table, facts=facts, values=values, notes=notes)
