"""The status board of the overview: every target once, with what came of it, its values and its deadline."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields

import pandas as pd

from r57lib.data.periods import parse_period
from r57lib.figures.cells import aim, aimed, due_reason, indicator_name, shown
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures.board import GROUPS, OUTCOMES, BoardRow, Goal, board_rows
from r57lib.measures.indicators import Aimed
from r57lib.measures.outcomes import DatedValue, DueTarget
from r57lib.page.board import Board, BoardLine, Strip, StripMark
from r57lib.page.columns import Cell, amount, figures, periods, tabulate
from r57lib.page.figure import Figure
from r57lib.view.view import View
from r57lib.view.words import MISSING

_MARKS = {"split": "not_known", "on_pace": "ahead", "reached": "met", "no_value": "not_rated"}
"""The shape of an outcome, where it is not one of its own name."""
_NEAR = {0: "board.today", 1: "board.tomorrow"}
"""The word for a deadline that is so many days ahead of the report's day."""
_ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15)
"""Where a scale may end, times a power of ten."""


@figure("overview", headline=True)
def status_board(view: View) -> Board:
    """Every target once: met, missed or how it stands, its newest value with its day, and its deadline.

    `.data`: board_group, due_outcome, reason, indicator, actual (in actual_unit), time_period, target (in target_unit),
    target_period, further_targets, facts.
    """
    words = view.words
    rows = board_rows(view.tables, day=view.day)
    facts = [row.fact_ids for row in rows]
    families = [row.lead.target.family for row in rows]
    lines = tuple(_line(view, row, families.count(row.lead.target.family) > 1) for row in rows)
    table = tabulate(
        view,
        {
            "board_group": [words(f"board.group.{row.group}") for row in rows],
            "due_outcome": [words(f"board.outcome.{row.lead.outcome}") for row in rows],
            "reason": [_reason(view, row) or MISSING for row in rows],
            "indicator": [
                words("indicator.scoped", indicator=line.name, scope=line.whom) if line.whom else line.name
                for line in lines
            ],
            "actual": figures("number", [_actual(view, row) for row in rows]),
            "time_period": periods(words, [_newest(row.lead) for row in rows]),
            "target": figures("number", [aimed(view, row.lead.target) for row in rows]),
            "target_period": periods(words, [row.lead.target.target_period for row in rows]),
            "further_targets": ["; ".join(_further(view, row)) or MISSING for row in rows],
        },
        facts,
    )
    found = [row.lead.outcome for row in rows]
    said = [words(f"board.count.{each}", count=words.number(found.count(each))) for each in OUTCOMES if each in found]
    values = {
        "count": words.number(len(rows)),
        "targets": words.number(sum(len(row.goals) for row in rows)),
        "said": words.join(said),
    }
    seen = [fact for row in rows for fact in (*row.fact_ids, *(each.value.fact_id for each in row.history))]
    made = compose(
        view,
        "status_board",
        table,
        facts=[seen],
        values=values,
        title="title" if rows else "none",
        method=[words("figure.status_board.note"), words("figure.status_board.note_open")] * bool(rows),
    )
    groups = {name: _group(view, [row for row in rows if row.group == name]) for name in GROUPS}
    return Board(**{each.name: getattr(made, each.name) for each in fields(Figure)}, lines=lines, groups=groups)


def _line(view: View, row: BoardRow, several: bool) -> BoardLine:
    words, lead, target = view.words, row.lead, row.lead.target
    told = sorted(lead.values, key=lambda value: value.value) if row.rivals else lead.values
    newest = _newest(lead)
    return BoardLine(
        group=row.group,
        place=OUTCOMES.index(lead.outcome),
        mark=_MARKS.get(lead.outcome, lead.outcome),
        outcome=words(f"board.outcome.{lead.outcome}"),
        reason=_reason(view, row),
        name=view.marked(_goal(view, target), row.fact_ids),
        whom=words(f"scope_of.{target.scope}") if several or target.scope != "national" else "",
        values=tuple((_number(row, value), str(_said(view, value, target))) for value in told),
        when=_when(view, row),
        day=str(parse_period(newest).end) if newest else "",
        target=str(_aim(view, target)),
        deadline="; ".join([_deadline(view, target), *_further(view, row)]),
        due=str(target.target_period_end.date()),
        strip=_strip(view, row) if row.history else None,
        fact_ids=row.fact_ids,
    )


def _aim(view: View, target: Aimed) -> Cell:
    """The value of a target as a row has it, short: on its strip right is better."""
    if target.unit == "rank":
        return amount(view.words, target.target_value, target.unit)
    return aim(view, target, target.unit, whole=target.direction == "down")


def _deadline(view: View, target: Aimed) -> str:
    """The deadline; of a day that is the report's own or the next one with the word for it."""
    said, period = view.words.period(target.target_period), parse_period(target.target_period)
    left = (period.end - view.day).days
    if period.start < period.end or left not in _NEAR:
        return said
    return view.words("board.near", day=said, near=view.words(_NEAR[left]))


def _goal(view: View, target: Aimed) -> str:
    family = f"family.{target.family}"
    return view.words(family if view.words.has(family) else f"indicator.{target.indicator_id}")


def _group(view: View, rows: Sequence[BoardRow]) -> str:
    """The heading of a group; of what fell due with the day, where that is one."""
    days = {row.lead.target.target_period for row in rows}
    if rows and rows[0].group == GROUPS[0] and len(days) == 1:
        return view.words("board.group.fell_due_on", day=view.words.period(days.pop()))
    return view.words(f"board.group.{rows[0].group}") if rows else ""


def _reason(view: View, row: BoardRow) -> str:
    """Why an outcome is not known or there is no rating; that all sources share a rating; what is known otherwise."""
    words, goal, other = view.words, row.lead, row.other
    if other is not None:
        name, value = indicator_name(view, other), shown(view, other)
        return words("board.reason.other", indicator=name, value=value, period=words.period(other.time_period))
    if isinstance(goal.target, DueTarget):
        return due_reason(view, goal.target) if pd.notna(goal.reason) else ""
    if goal.reason is not None:
        return words(f"unrated.{goal.reason}")
    if goal.outcome == "reached":
        return words("board.reason.reached")
    return words("board.reason.both") if len(goal.values) > 1 and goal.outcome != "split" else ""


def _said(view: View, value: DatedValue, target: Aimed) -> Cell:
    return amount(view.words, value.value, target.unit, value.qualifier)


def _newest(goal: Goal) -> str | None:
    """The period of the newest value that a target is held against."""
    newest = max(goal.values, key=lambda value: value.day, default=None)
    return newest.period if newest else None


def _measures(row: BoardRow) -> list[str]:
    """The indicators that measure what a row is about."""
    return list(dict.fromkeys(sorted(each.indicator_id for each in row.history)))


def _number(row: BoardRow, value: DatedValue) -> int:
    """Which of several indicators a value is of, from 1; 0 where there is one."""
    measures = _measures(row)
    own = next((each.indicator_id for each in row.history if each.value.fact_id == value.fact_id), "")
    return measures.index(own) + 1 if len(measures) > 1 and own else 0


def _actual(view: View, row: BoardRow) -> Cell:
    """The value; where there are several all of them, each with who measures it or with its day."""
    words, target = view.words, row.lead.target
    said = [_said(view, value, target) for value in row.lead.values]
    if len(said) < 2:
        return said[0] if said else Cell(None, MISSING)
    return Cell(None, "; ".join(
        words("dated", value=cell, period=_method(view, row, value) or words.period(value.period))
        for cell, value in zip(said, row.lead.values, strict=True)
    ))  # fmt: skip


def _method(view: View, row: BoardRow, value: DatedValue) -> str:
    """By whose method a value is counted, where there are several; as the name of its indicator has it in brackets."""
    number = _number(row, value)
    if not number:
        return ""
    name = view.words(f"indicator.{_measures(row)[number - 1]}")
    return name.removeprefix(_goal(view, row.lead.target)).strip(" ()")


def _when(view: View, row: BoardRow) -> str:
    """The days of the values, with whose they are; then a newer one, where the outcome rests on an earlier one."""
    words, lead = view.words, row.lead
    said = "; ".join(dict.fromkeys(words.period(value.period) for value in sorted(lead.values, key=lambda v: v.day)))
    methods = [name for value in lead.values if (name := _method(view, row, value))]
    if methods:
        said = f"{said}: {' · '.join(methods)}"
    if row.newest is None:
        return said
    newest = _said(view, row.newest, lead.target)
    return f"{said}; {words('board.newest', period=words.period(row.newest.period), value=newest)}"


def _further(view: View, row: BoardRow) -> list[str]:
    """The other targets of a row with their days, and how they stand where that can be said and is not the same."""
    words, told = view.words, []
    for goal in row.goals[1:]:
        said = words("board.further", deadline=_deadline(view, goal.target), target=_aim(view, goal.target))
        known = goal.outcome not in ("not_rated", "no_value", row.lead.outcome)
        outcome = words(f"board.outcome.{goal.outcome}").lower()
        told.append(words("due.why", outcome=said, reason=outcome) if known else said)
    return told


# --- the strip ------------------------------------------------------------------------------------------------------


def _strip(view: View, row: BoardRow) -> Strip:
    """All values on one scale, right being better, with the target; both ends are round."""
    words, target = view.words, row.lead.target
    low, high = _ends(target, [each.value.value for each in row.history])
    down = target.direction == "down"

    def at(value: float) -> float:
        share = (value - low) / (high - low)
        return round(100 * (1 - share if down else share), 1)

    last = {each.indicator_id: each.value for each in row.history}
    rivals = {value.fact_id for value in row.rivals}
    marks = [
        StripMark(
            "rival"
            if each.value.fact_id in rivals
            else "latest"
            if last[each.indicator_id] == each.value
            else "earlier",
            _number(row, each.value),
            at(each.value.value),
        )
        for each in row.history
    ]
    said = [
        words("dated", value=_said(view, each.value, target), period=words.period(each.value.period))
        for each in row.history
    ]
    places = [mark.at for mark in marks if mark.kind == "rival"]
    ends = [words.percent(each) if target.unit == "share" else words.plain(each) for each in (low, high)]
    return Strip(
        left=ends[down],
        right=ends[not down],
        marks=tuple(sorted(marks, key=lambda mark: ("earlier", "latest", "rival").index(mark.kind))),
        target=at(target.target_value),
        joined=(min(places), max(places)) if places else None,
        label=words("board.strip", values="; ".join(said), target=aimed(view, target)),
    )


def _ends(target: Aimed, values: Sequence[float]) -> tuple[float, float]:
    """The ends of a scale: from the lowest that can be, or 0, to what bounds it or a round number beyond all values."""
    top, least = max(*values, target.target_value), min(*values, 0)
    low = 1.0 if target.unit == "rank" else -_round_up(-least) if least < 0 else 0.0
    bound = float(target.upper_bound)
    return low, bound if not math.isnan(bound) and bound / 2 < top <= bound else _round_up(top)


def _round_up(value: float) -> float:
    size = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    return next(round(size * each, 12) for each in _ROUND if size * each > 1.01 * value)
