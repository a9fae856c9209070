"""What a reader can narrow a page to: the choices of each filter, and what is left of the tables.

Each filter goes by the name that it has in a page's address; its empty value keeps everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import cast

import pandas as pd

from r57lib.data.codes import EvidenceLevel
from r57lib.data.lines import CHANNELS, LEVELS
from r57lib.data.periods import Month
from r57lib.data.schema import FACT_TABLES
from r57lib.data.tables import Tables
from r57lib.errors import wrong_choice
from r57lib.measures.commitments import register
from r57lib.view.view import View, choose_month
from r57lib.view.words import LANGUAGES, Words, sort_key

Choice = tuple[str, str]
"""The label that a reader sees, and the value that stands in the address."""


RESOLUTION_ISSUED = Month(2024, 12)
"""The Politburo issued Resolution 57-NQ/TW on 22 December 2024."""


@dataclass(frozen=True)
class Filter:
    """A filter: its choices on a view, and the view that a value leaves; `tables` are those that it narrows."""

    name: str
    choices: Callable[[View], list[Choice]]
    apply: Callable[[View, str], View]
    tables: frozenset[str]


def _months(view: View) -> list[Choice]:
    """The months since the resolution was issued, newest first, and the month looked at."""
    month, months = view.everything.newest_month, []
    while month >= max(RESOLUTION_ISSUED, view.everything.oldest_month):
        months.append(month)
        month = month.previous
    shown = sorted({*months, view.month}, reverse=True)
    return [(view.words.month(each), str(each)) for each in shown]


def _in_month(view: View, value: str) -> View:
    return replace(view, month=choose_month(view.everything, value))


def _languages(view: View) -> list[Choice]:
    return [(view.in_language(each).words("language.name"), each) for each in LANGUAGES]


def _named(view: View, ids: Iterable[str], label: str) -> list[Choice]:
    """Everything, then each id under its name, in the order of a Vietnamese dictionary."""
    words = view.words
    named = sorted(((words(f"{label}.{each}"), each) for each in set(ids)), key=lambda choice: sort_key(choice[0]))
    return [(words("filter.all"), ""), *named]


def _instruments(view: View) -> list[Choice]:
    return _named(view, view.everything["task_scopes"]["instrument_id"].dropna(), "instrument")


def _enterprises(view: View) -> list[Choice]:
    return _named(view, view.everything["commitments"]["enterprise_id"], "enterprise")


def _indicators(view: View) -> list[Choice]:
    observed = view.everything["observations"]["indicator_id"]
    return _named(view, observed, "indicator")


def _lead_agencies(view: View) -> list[Choice]:
    """All, then each agency that leads a task, in the order of a Vietnamese dictionary."""
    words, leads = view.words, view.everything["tasks"]["lead_agency"].unique()
    named = sorted(((words.agency(each), each) for each in leads), key=lambda choice: sort_key(choice[0]))
    return [(words("filter.all"), ""), *named]


def _of_agency(view: View, value: str) -> View:
    return replace(view, lead_agency=value)


def _levels(view: View) -> list[Choice]:
    """The levels of government in their order, the country first."""
    words, present = view.words, set(view.everything["observations"]["scope"])
    order = [level for level in ("national", "ministries", "localities", "province") if level in present]
    return [(words("filter.all"), ""), *((words(f"filter.level.{level}"), level) for level in order)]


def _evidence_levels(view: View) -> list[Choice]:
    """From each step of the ladder upwards; the lowest is everything."""
    words = view.words
    steps = [
        (words("filter.from", step=words(f"evidence_level.{step}")), str(step)) for step in list(EvidenceLevel)[1:]
    ]
    return [(words("filter.all"), ""), *steps]


def _provinces(view: View) -> list[Choice]:
    return _named(view, view.everything["provinces"]["province_code"], "province")


def _about_province(view: View, value: str) -> View:
    """A page about one province keeps all facts: they are what it is compared with."""
    codes = view.everything["provinces"]["province_code"]
    if value and value not in set(codes):
        raise wrong_choice("province", value, codes)
    return replace(view, province=value)


def _of_transactions(label: str, codes: Iterable[str]) -> Callable[[View], list[Choice]]:
    """All, then each code in its order, where transactions were aggregated."""

    def choices(view: View) -> list[Choice]:
        there = () if view.everything["usage"].empty else codes
        return [(view.words("filter.all"), ""), *((view.words(f"{label}.{each}"), each) for each in there)]

    return choices


def _of_level(view: View, value: str) -> View:
    if value and value not in LEVELS:
        raise wrong_choice("service_level", value, LEVELS)
    return replace(view, service_level=value)


def _through(view: View, value: str) -> View:
    if value and value not in CHANNELS:
        raise wrong_choice("channel", value, CHANNELS)
    return replace(view, channel=value)


def _teasers(view: View) -> list[Choice]:
    return [(view.words("filter.teasers.in"), ""), (view.words("filter.teasers.out"), "out")]


def _where(tables: Tables, keep: Mapping[str, Callable[[pd.DataFrame], pd.Series[bool]]]) -> Tables:
    """The tables with only those rows of some of them that a test keeps."""
    frames = dict(tables.frames)
    for name, test in keep.items():
        frames[name] = frames[name][test(frames[name])].reset_index(drop=True)
    return replace(tables, frames=MappingProxyType(frames))


def _narrowed(narrow: Callable[[Tables, str], Tables]) -> Callable[[View, str], View]:
    return lambda view, value: _left(view, narrow(view.everything, value)) if value else view


def _left(view: View, tables: Tables) -> View:
    return replace(view, everything=tables, narrowed=True)


def _by_instrument(tables: Tables, value: str) -> Tables:
    scopes = tables["task_scopes"]
    kept = set(scopes.loc[scopes["instrument_id"] == value, "scope_id"])
    return _where(tables, {"task_snapshots": lambda rows: rows["scope_id"].isin(kept)})


def _of_enterprises(tables: Tables, commitments: set[str], enterprises: set[str]) -> Tables:
    return _where(
        tables,
        {
            "commitments": lambda rows: rows["commitment_id"].isin(commitments),
            "commitment_updates": lambda rows: rows["commitment_id"].isin(commitments),
            "proposals": lambda rows: rows["enterprise_id"].isin(enterprises),
            "statements": lambda rows: (
                ~rows["subject_kind"].isin(["enterprise", "commitment"])
                | rows["subject_id"].str.partition(".")[0].isin(enterprises)  # a commitment begins with its enterprise
            ),
        },
    )


def _by_enterprise(tables: Tables, value: str) -> Tables:
    promised = tables["commitments"]
    return _of_enterprises(tables, set(promised.loc[promised["enterprise_id"] == value, "commitment_id"]), {value})


def _by_indicator(tables: Tables, value: str) -> Tables:
    return _where(tables, {name: lambda rows: rows["indicator_id"] == value for name in ("observations", "targets")})


def _by_level(tables: Tables, value: str) -> Tables:
    return _where(tables, {name: lambda rows: rows["scope"] == value for name in ("observations", "targets")})


def _by_evidence(view: View, value: str) -> View:
    """Commitments whose evidence, as known on the view's day, has reached a level."""
    if not value:
        return view
    ladder = [str(level) for level in EvidenceLevel]
    known = register(view.tables)
    reached = known[known["evidence_level"].map(ladder.index) >= ladder.index(value)]
    kept = set(reached["commitment_id"])
    keep = {name: lambda rows: rows["commitment_id"].isin(kept) for name in ("commitments", "commitment_updates")}
    return _left(view, _where(view.everything, keep))


def _without_teasers(tables: Tables, value: str) -> Tables:
    """Only what stands in the body of a document; a progress whose promise is gone goes with it."""
    del value
    body = _where(tables, {name: lambda rows: rows["section"] != "sidebar" for name in FACT_TABLES})
    promised = set(body["commitments"]["commitment_id"])
    return _where(body, {"commitment_updates": lambda rows: rows["commitment_id"].isin(promised)})


_COMMITMENTS = frozenset({"commitments", "commitment_updates"})
_OBSERVED = frozenset({"observations", "targets"})

FILTERS: Mapping[str, Filter] = {
    each.name: each
    for each in (
        Filter("month", _months, _in_month, frozenset(FACT_TABLES)),
        Filter("language", _languages, View.in_language, frozenset({"labels"})),
        Filter("instrument", _instruments, _narrowed(_by_instrument), frozenset({"task_snapshots"})),
        Filter("lead_agency", _lead_agencies, _of_agency, frozenset({"tasks"})),
        Filter("enterprise", _enterprises, _narrowed(_by_enterprise), _COMMITMENTS | {"proposals", "statements"}),
        Filter("indicator", _indicators, _narrowed(_by_indicator), _OBSERVED),
        Filter("province", _provinces, _about_province, frozenset()),
        Filter("service_level", _of_transactions("service_level", LEVELS), _of_level, frozenset()),
        Filter("channel", _of_transactions("channel", CHANNELS), _through, frozenset()),
        Filter("level", _levels, _narrowed(_by_level), _OBSERVED),
        Filter("evidence_level", _evidence_levels, _by_evidence, _COMMITMENTS),
        Filter("teasers", _teasers, _narrowed(_without_teasers), frozenset(FACT_TABLES)),
    )
}
"""Every filter by its name."""


def apply_filters(view: View, values: Mapping[str, str]) -> View:
    """The view that is left after each filter, in the order of `FILTERS`."""
    for name, each in FILTERS.items():
        if name in values:
            view = each.apply(view, values[name])
    return view


def default_of(name: str, view: View) -> str:
    """The value of a filter on a page that nobody has touched."""
    return {"month": str(view.month), "language": cast(str, view.words.language)}.get(name, "")


def label_of(name: str, words: Words) -> str:
    """The name of a filter as its reader sees it."""
    return words(f"filter.{name}")
