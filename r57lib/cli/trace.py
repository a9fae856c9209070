"""From a number back to its source: the evidence of a fact and the figures that use it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd

from r57lib.data.periods import Month, month_of
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.tables import Tables
from r57lib.errors import WrongCall, did_you_mean
from r57lib.figures import FIGURES
from r57lib.view.view import View
from r57lib.view.words import words_of


def facts_of(tables: Tables, key: str) -> pd.DataFrame:
    """The facts that `key` names: one fact by its number, or all facts of a source, indicator, commitment and so on.

    Raises `WrongCall` with the nearest number when there is none.
    """
    facts = tables.facts()
    names = facts["fact_id"].str.casefold()
    if (names == key.casefold()).any():
        return facts[names == key.casefold()]
    found = [row for name in FACT_TABLES for row in _rows_with(tables[name], name, key)]
    if not found:
        what = "fact, source, indicator, commitment, task set or task"
        raise WrongCall(f"no {what} is called '{key}'{_nearest(tables, key)}")
    return facts[facts["fact_id"].isin(found)]


def place_of(fact: Any) -> str:
    """Where a fact stands: a line of its table, or a row of a file that a ministry sent."""
    entry, _, row = fact.fact_id.removeprefix("I").partition("-")
    sent = fact.fact_id.startswith("I") and entry.isdigit() and row.isdigit()
    return f"ingested/{entry}, row {row} of its sheet" if sent else f"{fact.table}.csv line {fact.line}"


def versions_of(tables: Tables, key: str) -> pd.DataFrame:
    """Every version of a task of the register by its code, oldest first, each with the file and the row it stood in."""
    versions = tables["tasks"]
    own = versions[versions["task_id"].str.casefold() == key.casefold()]
    files = tables["ingested"][["entry", "file", "sha256"]]
    return own.merge(files, on="entry", validate="many_to_one").sort_values(["reported_on", "entry"])


def _rows_with(frame: pd.DataFrame, table: str, key: str) -> list[str]:
    ids = [column.name for column in resources()[table].fields if column.kind in ("id", "ref")]
    hits = (frame[ids].astype("str") == key).any(axis=1)
    return list(frame.loc[hits, "fact_id"])


def _nearest(tables: Tables, key: str) -> str:
    known = set(tables.facts()["fact_id"]) | set(tables["sources"]["source_id"]) | set(tables["tasks"]["task_id"])
    return did_you_mean(
        key, known | set(tables["indicators"]["indicator_id"]) | set(tables["commitments"]["commitment_id"])
    )


def values_of(tables: Tables, fact: Any) -> dict[str, str]:
    """The columns of a fact's own table as the file holds them, without the provenance that all facts share."""
    row = tables[fact.table].set_index("fact_id").loc[fact.fact_id]
    shared = set(tables.facts().columns) | {"line"}
    names = [column.name for column in resources()[fact.table].fields if column.name not in shared]
    return {name: _plain(row[name]) for name in names if pd.notna(row[name])}


def _plain(value: Any) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def figures_with(view: View, fact_id: str) -> Iterator[tuple[str, str]]:
    """Notebook and heading of every figure that uses a fact, in the report of the view's month."""
    for notebook, heading, facts in _report(view.everything, view.month, view.as_of, view.words.language):
        if fact_id in facts:
            yield notebook, heading


@lru_cache(maxsize=64)
def _report(tables: Tables, month: Month, as_of: date, language: str) -> list[tuple[str, str, frozenset[str]]]:
    """Notebook, heading and facts of every figure of a month: made once, however many facts are looked for."""
    view = View(tables, month, as_of, words_of(tables["labels"], language))
    made = [(notebook, function(view)) for notebook, function in FIGURES.values()]
    return [(notebook, each.heading, frozenset(each.fact_ids)) for notebook, each in made]


def views_of(view: View, fact: Any) -> list[View]:
    """The reports to look for a fact in: of the first month that can hold it, and of the newest."""
    tables = view.everything
    first = max(month_of(fact.time_period_end.date()), tables.oldest_month)
    months = [tables.newest_month] if first >= tables.newest_month else [first, tables.newest_month]
    return [View(tables, month, view.as_of, view.words) for month in months]
