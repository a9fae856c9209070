"""How a value or a count moved between two months, or why no difference is taken; and a second month beside a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from r57lib.data.tables import records, rows_where
from r57lib.figures.cells import level, publisher, shown, stood
from r57lib.measures import task_counts
from r57lib.measures.indicators import Observed
from r57lib.measures.progress import ratio
from r57lib.measures.quality import ChangedIndicator, changed
from r57lib.measures.task_counts import PublishedCounts
from r57lib.page.columns import Cell, Column, figures, periods, points, share, signed, tabulate
from r57lib.view.citations import rival_values
from r57lib.view.view import View
from r57lib.view.words import MISSING, Words


def moved(view: View, row: ChangedIndicator) -> Cell:
    """How a value moved since the one before, and how exactly that is known; or why that cannot be said."""
    words = view.words
    if _disputed(view, row):
        return Cell(None, words("change.conflict"))
    if pd.isna(row.obs_value_before):
        return Cell(None, words("change.first"))
    if not row.comparable:
        return Cell(None, words("change.not_comparable"))
    if row.unit == "rank":
        better = replace(signed(words, row.obs_value_before - row.obs_value), unit="rank")
        return better.within(lambda text: words("change.places", change=text))
    if row.unit == "share":
        change = points(words, row.change)
    else:
        size = signed(words, row.change, 3 * (row.unit in ("index", "ratio")))
        change = replace(size, value=float(row.change), unit=row.unit)
    exact = {row.qualifier, row.qualifier_before} == {"exact"}
    return change.within(lambda text: exactly(words, row, text), qualifier="" if exact else "about")


def exactly(words: Words, row: ChangedIndicator, text: str) -> str:
    """The size of a change, and how exactly it is known: up from 100 to more than 150 is more than 50."""
    greater, less = row.qualifier, str(row.qualifier_before)
    if row.change < 0:
        greater, less = less, greater
    if less == "exact":
        return words.qualified(text, greater)
    return words(f"missing.{less}", value=text) if greater == "exact" else words.qualified(text, "about")


def _disputed(view: View, row: Observed) -> bool:
    """Whether another source gives another value for the same indicator within the same days."""
    clashes = [set(f.fact_ids) for f in view.findings if f.rule == "observation_conflict" and row.fact_id in f.fact_ids]
    if not clashes:
        return False
    own = set(rows_where(view.tables["observations"], indicator_id=row.indicator_id)["fact_id"])
    return any(len(clash & own) > 1 for clash in clashes)


def uncounted(words: Words, now: PublishedCounts, then: PublishedCounts) -> str:
    """Why there is no difference between two counts; nothing where there is one."""
    if now.fact_ids == then.fact_ids:
        return words("change.no_newer_count", period=words.period(now.time_period))
    barrier = task_counts.not_comparable(now, then)
    if barrier != "list_changed":
        return words(f"change.{barrier}") if barrier else ""
    before, after = (words.number(each.total) for each in (then, now))
    grew = int(now.total or 0) > int(then.total or 0)
    return words("change.list_grew" if grew else "change.list_shrank", before=before, after=after)


class Then(NamedTuple):
    """What stood in the second month, with its own day, and the difference or why there is none."""

    value: Cell
    change: Cell
    fact_ids: tuple[str, ...] = ()


def nothing(view: View, said: str = "") -> Then:
    """Neither a value nor a difference."""
    return Then(Cell(None, view.words(said) if said else MISSING), Cell(None, MISSING))


def beside(
    view: View, columns: Mapping[str, Column | Iterable[str]], facts: Iterable[Iterable[str]], then: Iterable[Then]
) -> tuple[Column, ...]:
    """The columns of a table, and beside each row what stood in the second month, where one was chosen."""
    if view.other is None:
        return tabulate(view, columns, facts)
    told = list(then)
    pair = {name: figures("number", [getattr(each, each_of) for each in told]) for name, each_of in _PAIR.items()}
    both = [(*own, *(fact for fact in each.fact_ids if fact not in own)) for own, each in zip(facts, told, strict=True)]
    heading = view.words("column.then", month=view.words.month(view.other.month))
    table = tabulate(view, {**columns, **pair}, both)
    return tuple(replace(each, heading=heading) if each.key == "then" else each for each in table)


_PAIR = {"then": "value", "change": "change"}


def observed(view: View, history: pd.DataFrame) -> tuple[Column, ...]:
    """Every observation of a series as a table for the eye, newest first."""
    words = view.words
    rows = list(records(history.iloc[::-1], Observed))
    return beside(
        view,
        {
            "time_period": periods(words, [row.time_period for row in rows]),
            "level": [level(view, row.scope) for row in rows],
            "value": figures("number", [shown(view, row) for row in rows]),
            "basis": [words(f"basis.{row.basis}") for row in rows],
            "publisher": [publisher(view, row.source_id) for row in rows],
        },
        [row.fact_ids for row in rows],
        (observed_then(view, history, row) for row in rows),
    )


def stated(view: View, row: Observed) -> tuple[Cell, tuple[str, ...], bool]:
    """The value of an observation, its facts, and whether sources disagree: then the range between them and theirs."""
    clash = next((f for f in view.findings if f.rule == "observation_conflict" and row.fact_id in f.fact_ids), None)
    if clash is None:
        return shown(view, row), row.fact_ids, False
    found = rival_values(clash, view.words)
    return Cell(None, view.words("range", low=min(found)[1], high=max(found)[1])), clash.fact_ids, True


def observed_then(view: View, history: pd.DataFrame, row: Observed) -> Then:
    """What stood of an indicator when the second month ended, beside its newest value; nothing beside older ones."""
    words, other = view.words, view.other
    assert other
    same = history[(history["indicator_id"] == row.indicator_id) & (history["scope"] == row.scope)]
    if same["fact_id"].iloc[-1] != row.fact_id:
        return nothing(view)
    then = next(records(same[stood(view, same)].tail(1), Observed), None)
    if then is None:
        return nothing(view, "tile.no_data")
    value, facts = shown(other, then), then.fact_ids
    if _disputed(other, then):
        value, facts, _ = stated(other, then)
    value = value.within(lambda text: words("dated", value=text, period=words.period(then.time_period)))
    if then.fact_id == row.fact_id:
        return Then(value, Cell(None, words("change.no_new_value.since", since=words.month(other.month))))
    return Then(value, moved(view, changed(row, then)), facts)


Portion = tuple[PublishedCounts, int, int]
"""A count, and a part and a whole of it."""


def share_then(view: View, now: Portion, then: Portion | None) -> Then:
    """A share of the tasks that stood in the second month; no difference across two lists."""
    words = view.words
    if then is None:
        return nothing(view, "tile.no_data")
    told = {"count": words.number(then[1]), "total": words.number(then[2]), "period": words.period(then[0].time_period)}
    share_now, share_before = ratio(*now[1:]), ratio(*then[1:])
    value = share(words, share_before, 2).within(lambda text: words("then.counted", value=text, **told))
    refused = uncounted(words, now[0], then[0])
    if refused or share_now is None or share_before is None:
        return Then(value, Cell(None, refused or MISSING), then[0].fact_ids)
    return Then(value, points(words, share_now - share_before), then[0].fact_ids)


def mark_of(view: View) -> pd.DataFrame | None:
    """The end of the second month as `charts.time_series` draws it; nothing without one."""
    if view.other is None:
        return None
    text = view.words("then.mark", month=view.words.month(view.other.month))
    return pd.DataFrame([{"day": pd.Timestamp(view.other.month.last_day), "text": text}])
