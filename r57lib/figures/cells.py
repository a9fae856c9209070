"""Observations and targets as a reader sees them."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from r57lib.data.periods import Precision, parse_period
from r57lib.data.rows import Target
from r57lib.data.tables import records
from r57lib.measures.indicators import Aimed, Observed
from r57lib.measures.outcomes import DueTarget
from r57lib.page.columns import Cell, amount, number
from r57lib.view.view import View
from r57lib.view.words import MISSING


def sentence(text: str | Cell) -> str:
    """The text with a capital first letter."""
    said = str(text)
    return said[:1].upper() + said[1:]


def shown(view: View, row: Observed) -> Cell:
    """The value of an observation, with its unit and the source's qualifier."""
    return amount(view.words, row.obs_value, row.unit, row.qualifier)


def aim(view: View, target: Target, unit: str = "share", *, whole: bool = False) -> Cell:
    """The value of a target, with its unit and the source's qualifier; a rank is the top so many.

    `whole` says of a value without a qualifier whether the target is the least or the most: `at least 30%`.
    """
    words = view.words
    if unit == "rank":
        top = replace(number(words, target.target_value), unit=unit)
        return top.within(lambda text: words("target.top", value=text), qualifier=target.qualifier)
    value = amount(words, target.target_value, unit, target.qualifier)
    if whole and target.qualifier == "exact":
        return value.within(lambda text: words(f"comparator.{target.comparator}", value=text))
    return value


def aimed(view: View, row: Aimed) -> Cell:
    """The value of a target with what it asks for: at least, more than, or, of a rank, the top so many."""
    return aim(view, row, row.unit, whole=True)


def indicator_name(view: View, row: Observed | Aimed) -> str:
    """The name of an indicator, with whom it covers where that is not the country."""
    name = view.words(f"indicator.{row.indicator_id}")
    if row.scope == "national":
        return name
    province = row.province_code if isinstance(row, Observed) else None
    label = f"province.{province}" if province else f"scope_of.{row.scope}"
    return view.words("indicator.scoped", indicator=name, scope=view.words(label))


def due_reason(view: View, row: DueTarget) -> str:
    """Why the outcome of what fell due is not known; a dash where it is."""
    if pd.isna(row.reason):
        return MISSING
    period = view.words.period(row.values[0].period) if row.values else ""
    return view.words(f"due.reason.{row.reason}", period=period)


def mark(view: View, target: Target) -> str:
    """A target with its deadline, as a chart writes it."""
    return view.words("target.mark", target=aim(view, target), deadline=view.words.period(target.target_period))


def level(view: View, scope: str) -> str:
    """Whom a figure covers, as a row or a legend names it."""
    return sentence(view.words(f"scope_of.{scope}"))


def publisher(view: View, source_id: str) -> str:
    """Who published a source."""
    sources = view.tables["sources"].set_index("source_id")
    return view.words.publisher(str(sources.loc[source_id, "publisher"]))


def stands(period: str) -> pd.Timestamp:
    """Where the value of a period stands on an axis of time: over the middle of a month or year, else at its end."""
    read = parse_period(period)
    if read.precision in (Precision.MONTH, Precision.YEAR):
        return pd.Timestamp(read.start) + (read.end - read.start) // 2
    return pd.Timestamp(read.end)


def in_column(view: View, period: str) -> str:
    """The name of a period in short lines, as a chart writes it under a column."""
    lines: list[str] = []
    for word in "/ ".join(view.words.period(period).rsplit("/", 1)).split():
        word = word[:3] if len(word) > _LONG and word.isascii() and word.isalpha() else word  # an English month
        if lines and len(lines[-1]) + len(word) < _LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


_LINE, _LONG = 7, 5


def points_of(
    view: View, history: pd.DataFrame, series: str | list[str], *, said: str = "point.source"
) -> pd.DataFrame:
    """The points of a history as `charts.time_series` draws them; the label `said` is told under the pointer."""
    words = view.words
    drawn = pd.DataFrame(
        {
            "day": stands(row.time_period),
            "value": row.obs_value,
            "segment": row.segment,
            "name": str(shown(view, row)),
            "facts": " ".join(row.fact_ids),
            "text": words(said, value=shown(view, row), period=words.period(row.time_period),
                          basis=words(f"basis.{row.basis}"), publisher=publisher(view, row.source_id)),
        }
        for row in records(history, Observed)
    )  # fmt: skip
    drawn = drawn.assign(series=series)
    return drawn if view.other is None else drawn.assign(stood=list(last_stood(view, history)))


def stood(view: View, history: pd.DataFrame) -> pd.Series[bool]:
    """Which rows of a history the page of the second month holds."""
    assert view.other
    return history["fact_id"].isin(view.other.tables["observations"]["fact_id"])


def last_stood(view: View, history: pd.DataFrame) -> pd.Series[bool]:
    """Which of them are the newest there, of each indicator and scope."""
    there = stood(view, history)
    return there & ~history[there].duplicated(["indicator_id", "scope"], keep="last").reindex(
        there.index, fill_value=True
    )


def target_mark(view: View, target: Target | None, *, edge: str = "left") -> pd.DataFrame | None:
    """A target as `charts.time_series` draws it, or nothing."""
    if target is None:
        return None
    row = {"day": stands(target.target_period), "value": target.target_value, "text": mark(view, target), "edge": edge}
    return pd.DataFrame([row | {"facts": target.fact_id}])
