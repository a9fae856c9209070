"""The status board: every target once, a row a goal and whom it covers, with what came of it or how it stands.

The targets of one family and scope are one row, whatever the number of bodies that measure it and of its deadlines. The
one that fell due last leads, at most twelve months ago, or else the one that falls due next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import pandas as pd

from r57lib.data.codes import Rating
from r57lib.data.tables import Tables, records, remembered
from r57lib.measures.indicators import (
    RIVAL_DAYS,
    Aimed,
    Observed,
    ProgressLine,
    aims,
    history_of,
    progress_lines,
    series,
)
from r57lib.measures.outcomes import DatedValue, DueTarget, dated_value, due_targets

OUTCOMES = ("missed", "not_known", "met", "behind", "split", "not_rated", "on_pace", "ahead", "reached", "no_value")
"""What can be said of a target, in the order of the board: three outcomes of what fell due, then how the others stand.

`split`: the bodies that measure it come to different ratings; `reached`: the level is met before its day.
"""
GROUPS = ("fell_due", "with_values", "no_value")
"""The parts of the board: what fell due, what did not and has values, what did not and has none."""
_AS = {str(Rating.MET): "reached", str(Rating.UNKNOWN): "not_rated"}


@dataclass(frozen=True, slots=True)
class Goal:
    """One target, whoever measures it: what came of it or how it stands, and why; `values` are those that say so."""

    target: Aimed
    outcome: str
    reason: str | None
    values: tuple[DatedValue, ...]
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoardRow:
    """The targets of one family and scope, the leading one first.

    `history` holds every value, in time order; `rivals` those that contradict each other; `newest` the last one, where
    it is newer than those that an outcome rests on. `other` is the newest value by another definition of the family,
    where there is none. `fact_ids` are those of the targets and of the values that are told in words.
    """

    group: str
    goals: tuple[Goal, ...]
    history: tuple[Seen, ...]
    rivals: tuple[DatedValue, ...]
    newest: DatedValue | None
    other: Observed | None
    fact_ids: tuple[str, ...]

    @property
    def lead(self) -> Goal:
        """The target that decides where the row stands."""
        return self.goals[0]


@remembered
def board_rows(tables: Tables, *, day: date) -> list[BoardRow]:
    """The rows of a report's `day`: what fell due first; in each group the worst, then the newest on top."""
    goals: dict[tuple[str, str], list[Goal]] = defaultdict(list)
    for due in records(due_targets(tables, day), DueTarget):
        goals[due.family, due.scope].append(Goal(due, due.outcome, due.reason, due.values, due.fact_ids))
    measured = {key: _measured(own, tables) for key, own in aims(tables).groupby(["family", "scope"])}
    lines: dict[tuple[object, ...], list[ProgressLine]] = defaultdict(list)
    for line in records(progress_lines(tables, day=day), ProgressLine):
        lines[line.family, line.scope, line.target_value, line.target_period_end].append(line)
    for own in lines.values():
        key = own[0].family, own[0].scope
        goals[key].append(_open(own, measured[key]))
    return sorted((_row(own, measured[key], _other(key, tables)) for key, own in goals.items()), key=_place)


class Seen(NamedTuple):
    """A value of an indicator."""

    indicator_id: str
    value: DatedValue


def _measured(own: pd.DataFrame, tables: Tables) -> Sequence[Seen]:
    """The values of a family's indicators in time order; none where each province has its own."""
    rows, found = history_of(tables), list[Seen]()
    for key in zip(*(own.drop_duplicates("indicator_id")[name] for name in ("indicator_id", "scope")), strict=True):
        if len({row.province_code for row in rows[key]} - {None}) <= 1:
            found += [Seen(row.indicator_id, dated_value(row)) for row in rows[key]]
    return sorted(found, key=lambda each: each.value.day)


def _other(key: tuple[str, str], tables: Tables) -> Observed | None:
    """The newest value that the press sets beside a target, by a definition for which no target is set."""
    rows = series(tables)
    told = rows[(rows["family"] == key[0]) & (rows["scope"] == key[1])]
    told = told[~told["indicator_id"].isin(aims(tables)["indicator_id"])].sort_values("time_period_end")
    return next(records(told.tail(1), Observed), None)


def _open(lines: Sequence[ProgressLine], history: Sequence[Seen]) -> Goal:
    """A target that is not due, from its lines by all who measure it: rated where each of them can be."""
    first = lines[0]
    facts = tuple(dict.fromkeys(fact for line in lines for fact in line.fact_ids))
    known = [line for line in lines if pd.notna(line.actual_value)]
    if not known:
        return Goal(first, "no_value", None, (), facts)
    values = [value for line in known for value in _said(line, history)]
    facts = tuple(dict.fromkeys([*facts, *(value.fact_id for value in values)]))
    refused = next((line.refusal for line in known if line.refusal), None)
    ratings = {line.rating for line in known}
    outcome = "not_rated" if refused else "split" if len(ratings) > 1 else _AS.get(first.rating, first.rating)
    return Goal(first, outcome, refused, tuple(values), facts)


def _said(line: ProgressLine, history: Sequence[Seen]) -> list[DatedValue]:
    """The newest value of a line, and its rivals."""
    own = [each.value for each in history if each.indicator_id == line.indicator_id]
    newest = next(value for value in reversed(own) if value.fact_id in line.fact_ids)
    rivals = [
        value
        for value in own
        if (value.value, value.qualifier) in line.other_values and (newest.day - value.day).days <= RIVAL_DAYS
    ]
    return [newest, *reversed(rivals)]


def _row(goals: Sequence[Goal], history: Sequence[Seen], other: Observed | None) -> BoardRow:
    fallen = [goal for goal in goals if isinstance(goal.target, DueTarget)]
    last = max((goal.target.target_period_end for goal in fallen), default=None)
    order = sorted(goals, key=lambda goal: goal.target.target_period_end)
    lead = next((goal for goal in fallen if goal.target.target_period_end == last), order[0])
    group = "fell_due" if fallen else "with_values" if lead.values else "no_value"
    others = [goal for goal in order if goal is not lead]
    newest = _newer(lead, history) if fallen else None
    other = None if history else other
    facts = [fact for goal in (lead, *others) for fact in goal.fact_ids] + ([newest.fact_id] if newest else [])
    facts += other.fact_ids if other else ()
    return BoardRow(
        group=group,
        goals=(lead, *others),
        history=tuple(history),
        rivals=lead.values if lead.reason in ("sources_disagree", "conflict") else (),
        newest=newest,
        other=other,
        fact_ids=tuple(dict.fromkeys(facts)),
    )


def _newer(lead: Goal, history: Sequence[Seen]) -> DatedValue | None:
    """The newest value, where it comes after those that an outcome rests on."""
    last = history[-1].value if history else None
    return last if last and lead.values and last.day > max(value.day for value in lead.values) else None


def _place(row: BoardRow) -> tuple[object, ...]:
    """Group, the worst outcome, the deadline (of what fell due the last one first), then the newest value."""
    target, fell_due = row.lead.target, row.group == GROUPS[0]
    deadline = target.target_period_end.toordinal() * (-1 if fell_due else 1)
    newest = max((value.day.toordinal() for value in row.lead.values), default=0)
    whom = (target.scope != "national", target.scope)
    return GROUPS.index(row.group), OUTCOMES.index(row.lead.outcome), deadline, -newest, target.family, whom
