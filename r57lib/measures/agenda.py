"""The agenda: what was issued and what took place, what is dated ahead, and how each instrument stands.

Nothing is foretold: what lies ahead of a day is what had been said of it by that day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date

import pandas as pd

from r57lib.data.codes import Kind
from r57lib.data.rows import Commitment, Event, Instrument, InstrumentState, Statement, SystemClaim
from r57lib.data.tables import Tables, by_number, records, rows_where
from r57lib.measures.indicators import Aimed, aims


@dataclass(frozen=True, slots=True)
class AgendaStep:
    """A dated step: a state of an instrument, an event, or the deadline of a target or of a commitment.

    `what` is state, event, target or commitment; `kind` the kind of instrument or event; `subject_id` the instrument,
    event, indicator or commitment; `state` the state that begins; `scope` whom a target covers. `planned` says that no
    source reports an event: it was asked for or foretold.
    """

    what: str
    kind: str
    subject_id: str
    state: str
    scope: str
    period: str
    start: pd.Timestamp
    end: pd.Timestamp
    section: str
    fact_ids: tuple[str, ...]
    planned: bool = False


@dataclass(frozen=True, slots=True)
class EventStatement(Statement):
    """What is said at an event; `event_period` is when that takes place, None where no source tells."""

    event_period: str | None
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstrumentStanding(Instrument):
    """An instrument with its state at a day, the state that is to follow, and what rests on it.

    `scopes` are the sets of tasks that it assigns, `targets` the number of targets that it sets (a target held against
    several methods counts once), `commitments` what was promised under it.
    """

    state: str
    since: str
    next_state: str | None
    next_since: str | None
    scopes: tuple[str, ...]
    targets: int
    commitments: tuple[str, ...]
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SystemSaid:
    """What is said of a system: a statement, or an event that is about it; `claimant_id` is None where nobody is named.

    `what` is statement or event, `said_id` the fact or the event.
    """

    system_id: str
    system_kind: str
    what: str
    said_id: str
    claimant_id: str | None
    period: str
    section: str
    fact_ids: tuple[str, ...]


def steps_taken(tables: Tables, *, day: date) -> pd.DataFrame:
    """What was issued, passed, begun or took place by `day`, in the order of time: rows of `AgendaStep`.

    An event of which only the plan is known stands among them as planned.
    """
    steps = [step for step in (*_states(tables), *_events(tables)) if step.start <= pd.Timestamp(day)]
    return _in_order(steps)


def steps_ahead(tables: Tables, known: Tables, *, day: date) -> pd.DataFrame:
    """What is dated after `day`: rows of `AgendaStep`, the next one first.

    `tables` are those of the month, `known` all that was public on `day`, whatever it is about.
    """
    last = pd.Timestamp(day)
    steps = [step for step in (*_states(tables), *_events(known)) if step.start > last]
    steps += [step for step in (*_targets(tables), *_promises(tables)) if step.end > last]
    return _in_order(steps)


def _in_order(steps: Iterable[AgendaStep]) -> pd.DataFrame:
    rows = sorted(steps, key=lambda step: (step.end, step.start, step.subject_id, step.state))
    return pd.DataFrame(rows, columns=list(AgendaStep.__match_args__))


def _states(tables: Tables) -> list[AgendaStep]:
    """The states of instruments that a known statement tells."""
    facts = by_number(tables)
    kinds = tables["instruments"].set_index("instrument_id")["instrument_kind"]
    return [
        AgendaStep(
            "state", kinds[row.instrument_id], row.instrument_id, row.state, "", row.since, row.since_start,
            row.since_end, facts[row.statement_id].section, (row.statement_id,),
        )
        for row in tables.rows("instrument_states", InstrumentState)
        if row.statement_id in facts
    ]  # fmt: skip


def _events(tables: Tables) -> list[AgendaStep]:
    """Each event once, with the sharpest day that a source gives it; a plan is no deed."""
    told: dict[str, list[Event]] = {}
    for row in tables.rows("events", Event):
        told.setdefault(row.event_id, []).append(row)
    steps = []
    for event, rows in told.items():
        rows.sort(key=lambda row: (row.time_period_end - row.time_period_start, row.reported_on, row.fact_id))
        best = rows[0]
        steps.append(
            AgendaStep(
                "event", best.event_kind, event, "", "", best.time_period, best.time_period_start,
                best.time_period_end, best.section, tuple(row.fact_id for row in rows),
                planned=all(row.kind != Kind.REPORTED for row in rows),
            )
        )  # fmt: skip
    return steps


def _targets(tables: Tables) -> list[AgendaStep]:
    """Each target once, whatever the number of methods by which it is measured."""
    groups: dict[tuple[str, str, str], list[Aimed]] = {}
    for row in records(aims(tables), Aimed):
        groups.setdefault((row.family, row.scope, row.target_period), []).append(row)
    return [
        AgendaStep(
            "target", group[0].unit, group[0].indicator_id if len(group) == 1 else family, "", scope, period,
            group[0].target_period_start, group[0].target_period_end, group[0].section,
            tuple(fact for row in group for fact in row.told_in),
        )
        for (family, scope, period), group in groups.items()
    ]  # fmt: skip


def _promises(tables: Tables) -> list[AgendaStep]:
    return [
        AgendaStep(
            "commitment", row.nature, row.commitment_id, "", "", str(row.target_period), row.target_period_start,
            row.target_period_end, row.section, (row.fact_id,),
        )
        for row in records(tables["commitments"].dropna(subset=["target_period"]), Commitment)
    ]  # fmt: skip


def instrument_standings(tables: Tables, *, day: date) -> pd.DataFrame:
    """Each instrument that a known statement dates, as it stood on `day`: rows of `InstrumentStanding`."""
    states: dict[str, list[AgendaStep]] = {}
    for step in sorted(_states(tables), key=lambda step: step.start):
        states.setdefault(step.subject_id, []).append(step)
    targets, scopes = _targets(tables), tables["task_scopes"]
    counted = set(tables["task_snapshots"]["scope_id"])
    sets_of = tables["targets"].set_index("fact_id")["instrument_id"].to_dict()
    rests = rows_where(tables["statements"], subject_kind="commitment", attribute="rests_on")
    rows = []
    for row in tables.rows("instruments", Instrument):
        begun = [step for step in states.get(row.instrument_id, ()) if step.start <= pd.Timestamp(day)]
        if not begun:
            continue
        later = [step for step in states[row.instrument_id] if step.start > pd.Timestamp(day)]
        own = [step for step in targets if row.instrument_id in {sets_of[fact] for fact in step.fact_ids}]
        assigned = scopes.loc[scopes["instrument_id"] == row.instrument_id, "scope_id"]
        promised = [each for each in records(rests, Statement) if each.text_value == row.instrument_id]
        told = [*begun[-1:], *later[:1], *own]
        rows.append(
            asdict(row)
            | {
                "state": begun[-1].state,
                "since": begun[-1].period,
                "next_state": later[0].state if later else None,
                "next_since": later[0].period if later else None,
                "scopes": tuple(scope for scope in assigned if scope in counted),
                "targets": len(own),
                "commitments": tuple(each.subject_id for each in promised),
                "fact_ids": (*(fact for step in told for fact in step.fact_ids), *(each.fact_id for each in promised)),
                "_begun": begun[-1].start,
            }
        )
    frame = pd.DataFrame(rows, columns=[*InstrumentStanding.__match_args__, "_begun"])
    ordered = frame.sort_values(["_begun", "instrument_id"], ascending=[False, True], ignore_index=True)
    return ordered.drop(columns="_begun")


def systems_said(tables: Tables) -> pd.DataFrame:
    """What is known to be said of systems, alliances and networks: rows of `SystemSaid`, system by system."""
    facts = by_number(tables)
    kinds = tables["systems"].set_index("system_id")["system_kind"]
    rows = [
        SystemSaid(
            row.system_id, kinds[row.system_id], "statement", row.statement_id, row.claimant_id,
            facts[row.statement_id].time_period, facts[row.statement_id].section, (row.statement_id,),
        )
        for row in tables.rows("system_claims", SystemClaim)
        if row.statement_id in facts
    ]  # fmt: skip
    owners = {row.event_id: row.system_id for row in tables.rows("events", Event) if row.system_id}
    rows += [
        SystemSaid(
            owners[step.subject_id], kinds[owners[step.subject_id]], "event", step.subject_id, None, step.period,
            step.section, step.fact_ids,
        )
        for step in _events(tables)
        if step.subject_id in owners
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(SystemSaid.__match_args__))
    return frame.sort_values(["system_kind", "system_id", "period", "said_id"], ignore_index=True)


def teased(tables: Tables) -> pd.DataFrame:
    """What side teasers say that no other page counts: statements on the country and on projects, and values.

    Columns: fact_id, indicator_id (missing for a statement), time_period and time_period_end, source_id.
    """
    kept = ["fact_id", "time_period", "time_period_end", "source_id"]
    said = tables["statements"].query("section == 'sidebar' and subject_kind in ('country', 'project', 'agency')")
    seen = rows_where(tables["observations"], section="sidebar")
    rows = pd.concat([seen[[*kept, "indicator_id"]], said[kept]], ignore_index=True)
    return rows.sort_values(["time_period_end", "fact_id"], ascending=[False, True], ignore_index=True)


def said_at_events(tables: Tables, known: Tables) -> pd.DataFrame:
    """What was reported or foretold at events, the newest first: rows of `EventStatement`.

    `tables` are those of the month, `known` all that is public: an event may follow the month that it speaks of.
    """
    rows = rows_where(tables["statements"], subject_kind="event")
    rows = rows.sort_values(
        ["time_period_end", "subject_id", "fact_id"], ascending=[False, True, True], ignore_index=True
    )
    periods = {step.subject_id: step.period for step in _events(known)}
    told = rows["subject_id"].map(periods).astype("str")
    rows["fact_ids"] = [(fact,) for fact in rows["fact_id"]]
    return rows.assign(event_period=told)
