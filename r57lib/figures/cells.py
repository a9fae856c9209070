"""Observations and targets as a reader sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from r57lib.data.periods import parse_period
from r57lib.data.tables import records
from r57lib.view.view import View
from r57lib.view.words import Words


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def shown(view: View, row: Any) -> str:
    """The value of an observation, with its unit and the source's qualifier."""
    return measured(view.words, row.obs_value, row.unit, row.qualifier)


def aim(view: View, target: Any, unit: str = "share") -> str:
    """The value of a target, with its unit and the source's qualifier."""
    return measured(view.words, target.target_value, unit, target.qualifier)


def indicator_name(view: View, row: Any) -> str:
    """The name of an indicator, with whom it covers where that is not the country."""
    name = view.words(f"indicator.{row.indicator_id}")
    if row.scope == "national":
        return name
    province = getattr(row, "province_code", None)
    label = f"province.{province}" if isinstance(province, str) else f"scope_of.{row.scope}"
    return view.words("indicator.scoped", indicator=name, scope=view.words(label))


def mark(view: View, target: Any) -> str:
    """A target with its deadline, as a chart writes it."""
    return view.words("target.mark", target=aim(view, target), deadline=view.words.period(target.target_period))


def level(view: View, scope: str) -> str:
    """Whom a figure covers, as a row or a legend names it."""
    return sentence(view.words(f"scope_of.{scope}"))


def publisher(view: View, source_id: str) -> str:
    """Who published a source."""
    sources = view.everything["sources"].set_index("source_id")
    return str(sources.loc[source_id, "publisher"])


def family(view: View, family: str) -> list[str]:
    """The indicators that go by one label, each with a method of its own."""
    return list(view.tables["indicators"].query("family == @family")["indicator_id"])


def observed(view: View, history: pd.DataFrame) -> pd.DataFrame:
    """Every observation of a series as a table for the eye, newest first."""
    words = view.words
    rows: list[Any] = list(records(history.iloc[::-1]))
    return readable(
        view,
        {
            "time_period": [dated(words, row.time_period) for row in rows],
            "level": [level(view, row.scope) for row in rows],
            "value": [shown(view, row) for row in rows],
            "basis": [words(f"basis.{row.basis}") for row in rows],
            "publisher": [publisher(view, row.source_id) for row in rows],
        },
        [row.fact_ids for row in rows],
    )


def target_mark(view: View, target: Any, *, edge: str = "left") -> pd.DataFrame | None:
    """A target as `charts.time_series` draws it, or nothing."""
    if target is None:
        return None
    row = {"day": target.target_period_end, "value": target.target_value, "text": mark(view, target), "edge": edge}
    return pd.DataFrame([row | {"facts": target.fact_id}])


def readable(
    view: View, columns: Mapping[str, Iterable[Any]], fact_ids: Iterable[Iterable[str]] | None = None
) -> pd.DataFrame:
    """A table for the eye: columns named by their labels `column.<name>`, and the facts of each row, if any, last.

    Its attribute `sort` holds, for columns with keyed cells, the key of each cell (empty where it has none).
    """
    words = view.words
    named = {words(f"column.{name}"): list(cells) for name, cells in columns.items()}
    last = {} if fact_ids is None else {words("column.facts"): [", ".join(ids) for ids in fact_ids]}
    table = pd.DataFrame(named | last, dtype="str")
    keys = {name: [getattr(cell, "key", "") for cell in cells] for name, cells in named.items()}
    table.attrs["sort"] = {name: column for name, column in keys.items() if any(column)}
    return table


class Keyed(str):
    """A text for the eye with the key by which its column is sorted."""

    key: str

    def __new__(cls, text: str, key: str) -> Keyed:
        """A text with its key."""
        made = super().__new__(cls, text)
        made.key = key
        return made


def dated(words: Words, period: Any) -> str:
    """A period or a day as its reader sees it, sorted by its last day."""
    if pd.isna(period):
        return words.period(period)
    if isinstance(period, date):
        return Keyed(words.date(period), f"{period:%Y-%m-%d}")
    return Keyed(words.period(period), parse_period(str(period)).end.isoformat())


def measured(words: Words, value: Any, unit: str, qualifier: Any = "exact") -> str:
    """A value with its unit and its qualifier, sorted by the bare value."""
    text = words.value(value, unit, qualifier)
    return text if pd.isna(value) else Keyed(text, f"{float(value):.12g}")


def keyed(text: str, like: str) -> str:
    """A text that is sorted like the one within it."""
    return Keyed(text, like.key) if isinstance(like, Keyed) else text
