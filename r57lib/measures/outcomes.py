"""What came of what fell due: whether a value that had to be reached by a day was, or why that is not known.

A judgement of the past, beside the rating of pace, which looks ahead. The rule is that of the domain: met, where a
value of that day or earlier reaches what was asked and no other contradicts it; missed, where a value of that very day
does not reach it, or of a running count one of any later day; else it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

import pandas as pd

from r57lib.data.codes import Qualifier
from r57lib.data.periods import Precision, parse_period
from r57lib.data.tables import Tables, records, remembered
from r57lib.data.values import differ
from r57lib.measures.indicators import ONE_TARGET, RIVAL_DAYS, Aimed, Observed, aims, history_of
from r57lib.measures.progress import reaches

KEPT_MONTHS = 12
"""So long what fell due stays on the pages."""
RUNNING = ("station", "enterprise", "person", "drone", "count")
"""Units of counts that only run up: a later lower value shows that an earlier day missed what was asked, and one that
is under a ceiling before the day may be above it on the day."""


class DueOutcome(StrEnum):
    """What came of something that fell due."""

    MET = "met"
    MISSED = "missed"
    NOT_KNOWN = "not_known"


class Reason(StrEnum):
    """Why an outcome is not known."""

    NO_VALUE = "no_value"
    NONE_SINCE = "none_since"
    SOURCES_DISAGREE = "sources_disagree"
    ANOTHER_DAY = "another_day"
    ANOTHER_BASIS = "another_basis"
    APPROXIMATE = "approximate"
    MANY_PLACES = "many_places"
    PRODUCERS_DISAGREE = "producers_disagree"


class DatedValue(NamedTuple):
    """A value with the period that it speaks of, the document that states it, and its fact."""

    value: float
    qualifier: str
    period: str
    day: pd.Timestamp
    source_id: str
    fact_id: str


class Judgement(NamedTuple):
    """An outcome, why it is not known, and the values that it rests on, the deciding one first."""

    outcome: DueOutcome
    reason: Reason | None
    values: tuple[DatedValue, ...]


@dataclass(frozen=True, slots=True)
class DueTarget(Aimed):
    """A target that fell due, once for all who produce its number, with what came of it.

    `values` are those that the outcome rests on; `fact_ids` theirs and those of the target.
    """

    outcome: str
    reason: str | None
    values: tuple[DatedValue, ...]
    fact_ids: tuple[str, ...]


def judge(
    values: Sequence[DatedValue],
    target: float,
    due: pd.Timestamp,
    unit: str,
    *,
    direction: str = "up",
    beyond: bool = False,
    falling: bool = False,
) -> Judgement:
    """The outcome of a target by the day `due`, from the values of one definition, in any order.

    A value contradicts another where both speak of the same weeks (27 days), differ by more than rounding, come from
    different documents and stand on different sides of the target. `falling` says of a count that it is to go down; by
    itself it runs up, unless one of its values is less than one before.
    """
    if not values:
        return Judgement(DueOutcome.NOT_KNOWN, Reason.NO_VALUE, ())
    said = {
        each: reaches(each.value, each.qualifier, target, direction=direction, beyond=beyond)
        for each in sorted(values, key=lambda each: (each.day, each.source_id, each.fact_id))
    }
    told = [each.value for each in said]
    if unit in RUNNING and direction == "down" and not falling and told == sorted(told):
        return _under_ceiling(said, due, unit)
    before, later = ([each for each in said if (each.day <= due) is early] for early in (True, False))
    low = [each for each in later if said[each] is False] if unit in RUNNING and direction == "up" else []
    high = [each for each in later if said[each] and any(_rival(each, other, unit) for other in low)]
    if high:
        return Judgement(DueOutcome.NOT_KNOWN, Reason.SOURCES_DISAGREE, (*high, *low))
    if before:
        sharp = [each for each in before if said[each] is not None and each.day == before[-1].day]
        newest = (sharp or before)[-1]  # of one day what can be held against the target, not what is about it
        rivals = [each for each in before if said[each] is (not said[newest]) and _rival(each, newest, unit)]
        if said[newest] is not None and (rivals or (said[newest] and low)):
            return Judgement(DueOutcome.NOT_KNOWN, Reason.SOURCES_DISAGREE, (newest, *reversed(rivals or low)))
        if said[newest]:
            return Judgement(DueOutcome.MET, None, (newest,))
        if newest.day == due:
            if said[newest] is None:
                return Judgement(DueOutcome.NOT_KNOWN, Reason.APPROXIMATE, (newest,))
            return Judgement(DueOutcome.MISSED, None, (newest,))
    if low:
        return Judgement(DueOutcome.MISSED, None, (low[-1],))
    if later:
        return Judgement(DueOutcome.NOT_KNOWN, Reason.ANOTHER_DAY, (later[0], *before[-1:]))
    return Judgement(DueOutcome.NOT_KNOWN, Reason.NONE_SINCE, tuple(before[-1:]))


def _under_ceiling(said: dict[DatedValue, bool | None], due: pd.Timestamp, unit: str) -> Judgement:
    """The outcome of a count that only runs up, and may not be more than so many on the day."""
    over = [each for each in said if each.day <= due and said[each] is False]
    under = [each for each in said if each.day >= due and said[each]]
    rivals = [each for each in said if said[each] and any(_rival(each, other, unit) for other in over)]
    if over and (under or rivals):
        return Judgement(DueOutcome.NOT_KNOWN, Reason.SOURCES_DISAGREE, (over[-1], *(under or rivals)))
    if over or under:
        return Judgement(DueOutcome.MISSED if over else DueOutcome.MET, None, ((over or under)[-1],))
    before, later = ([each for each in said if (each.day <= due) is early] for early in (True, False))
    if before and before[-1].day == due:
        return Judgement(DueOutcome.NOT_KNOWN, Reason.APPROXIMATE, (before[-1],))
    return Judgement(
        DueOutcome.NOT_KNOWN, Reason.ANOTHER_DAY if later else Reason.NONE_SINCE, (*later[:1], *before[-1:])
    )


History = Mapping[tuple[str, str], Sequence[Observed]]


def _rival(one: DatedValue, newest: DatedValue, unit: str) -> bool:
    near = abs((newest.day - one.day).days) <= RIVAL_DAYS and one.source_id != newest.source_id
    return near and differ(one.value, newest.value, unit)


@remembered
def due_targets(tables: Tables, day: date) -> pd.DataFrame:
    """The targets that fell due by `day`, at most twelve months ago, the last ones first: rows of `DueTarget`.

    A target for which several bodies produce a number, or which several documents state, is one; where the producers
    come to different outcomes, it is not known. A month's flow does not answer a target of a whole year.
    """
    end = pd.Timestamp(day)
    targets = aims(tables)
    due = targets["target_period_end"]
    targets = targets[(due <= end) & (due > end - pd.DateOffset(months=KEPT_MONTHS))]
    history = history_of(tables)
    rows = [
        _due(list(records(own, Aimed)), history) for _, own in targets.groupby(ONE_TARGET, sort=False, dropna=False)
    ]
    frame = pd.DataFrame(rows, columns=list(DueTarget.__match_args__))
    order = [str(each) for each in (DueOutcome.MISSED, DueOutcome.NOT_KNOWN, DueOutcome.MET)]
    places = frame["outcome"].map(order.index).astype("int64")
    frame = frame.assign(place=places, part=frame["scope"] != "national").sort_values(
        ["place", "target_period_end", "family", "part", "scope"], ascending=[True, False, True, True, True]
    )
    return frame.drop(columns=["place", "part"]).reset_index(drop=True)


def _due(own: Sequence[Aimed], history: History) -> dict[str, Any]:
    judged = {row.indicator_id: _judged(row, history) for row in own}
    decided = [each for each in judged.values() if each.outcome != DueOutcome.NOT_KNOWN]
    told = decided or [each for each in judged.values() if each.values] or list(judged.values())
    first = told[0]
    if len({each.outcome for each in told}) > 1:
        every = tuple(value for each in told for value in each.values)
        first = Judgement(DueOutcome.NOT_KNOWN, Reason.PRODUCERS_DISAGREE, every)
    target = next(row for row in own if judged[row.indicator_id] in told)
    facts = [*(fact for row in own for fact in row.told_in), *(value.fact_id for each in told for value in each.values)]
    return asdict(target) | {
        "outcome": str(first.outcome),
        "reason": None if first.reason is None else str(first.reason),
        "values": first.values,
        "fact_ids": tuple(dict.fromkeys(facts)),
    }


def _judged(target: Aimed, history: History) -> Judgement:
    own = history[target.indicator_id, target.scope]
    if len({row.province_code for row in own} - {None}) > 1:
        return Judgement(DueOutcome.NOT_KNOWN, Reason.MANY_PLACES, ())
    flows = parse_period(target.target_period).precision is Precision.MONTH
    values = [dated_value(row) for row in own if flows or row.basis != "month"]
    if not values and own:
        return Judgement(DueOutcome.NOT_KNOWN, Reason.ANOTHER_BASIS, ())
    beyond = target.qualifier == Qualifier.MORE_THAN
    return judge(
        values, target.target_value, target.target_period_end, target.unit, direction=target.direction, beyond=beyond
    )


def dated_value(row: Observed) -> DatedValue:
    """An observation as an outcome rests on it: what was told before a period's end is not of its last day."""
    day = min(row.time_period_end, row.reported_on)
    return DatedValue(row.obs_value, row.qualifier, row.time_period, day, row.source_id, row.fact_id)
