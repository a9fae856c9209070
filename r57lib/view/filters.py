"""What a reader can narrow a page to: the choices of each filter, and what is left of the tables.

Each filter goes by the name that it has in a page's address; its empty value keeps everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import cast

import pandas as pd

from r57lib.data.codes import EvidenceLevel
from r57lib.data.lines import CHANNELS, LEVELS
from r57lib.data.periods import parse_month
from r57lib.data.schema import FACT_TABLES
from r57lib.data.store import body_of
from r57lib.data.tables import Tables
from r57lib.errors import wrong_choice
from r57lib.measures.commitments import register
from r57lib.measures.communes import communes
from r57lib.view.view import View, choose_month
from r57lib.view.words import LANGUAGES, Words, sort_key

Choice = tuple[str, str]
"""The label that a reader sees, and the value that stands in the address."""


def _as_it_is(view: View, code: str) -> View:
    del code
    return view


@dataclass(frozen=True)
class Filter:
    """What a reader can narrow a page to by one parameter.

    `searched` is one of thousands of values: a reader types a part of one, and a page without any has no such control.
    `codes` are the values that it can have on a view, in the order in which a reader is shown them, and `say` names one
    in the reader's words: as a choice, and in the head of the page. `apply` gives the view that a code leaves; `tables`
    are those that it takes rows out of. `every` is the label of the empty value, none where one code is always chosen.
    """

    name: str
    codes: Callable[[View], Iterable[str]]
    say: Callable[[View, str], str]
    apply: Callable[[View, str], View] = _as_it_is
    tables: frozenset[str] = frozenset()
    every: str = "filter.all"
    searched: bool = False

    @property
    def only_told(self) -> bool:
        """Whether it takes nothing away, so that it is one to whoever does not ask what was chosen."""
        return self.apply is _as_it_is

    def choices(self, view: View) -> list[Choice]:
        """Everything, where that can be chosen, then each code under its name."""
        first = [(view.words(self.every), "")] if self.every else []
        return [*first, *((self.say(view, code), code) for code in self.codes(view))]

    def line(self, view: View) -> tuple[str, str] | None:
        """The line of a page's head: the filter's name, and what was chosen; none where nothing was."""
        code = view.choice(self.name)
        return (label_of(self.name, view.words), self.say(view, code)) if code else None


def _months(view: View) -> list[str]:
    """The months since the programme was founded, newest first, and the month looked at."""
    month, months, first = view.everything.newest_month, {view.month}, view.everything.first_month
    while month >= first:
        months.add(month)
        month = month.previous
    return [str(each) for each in sorted(months, reverse=True)]


def _months_before(view: View) -> list[str]:
    return [month for month in _months(view) if month < str(view.month)]


def _in_month(view: View, value: str) -> View:
    month, newest = choose_month(view.everything, value), view.everything.newest_about
    return replace(view, month=month, as_of=newest(month) if view.as_of == newest(view.month) else view.as_of)


def _labelled(label: str) -> Callable[[View, str], str]:
    return lambda view, code: view.words(f"{label}.{code}")


def _levels(view: View) -> list[str]:
    """The levels of government in their order, the country first."""
    present = set(view.everything["observations"]["scope"])
    order = ("national", "printed_national", "ministries", "localities", "province")
    return [level for level in order if level in present]


def _where(tables: Tables, keep: Mapping[str, Callable[[pd.DataFrame], pd.Series[bool]]]) -> Tables:
    """The tables with only those rows of some of them that a test keeps."""
    frames = dict(tables.frames)
    for name, test in keep.items():
        frames[name] = frames[name][test(frames[name])].reset_index(drop=True)
    return replace(tables, frames=MappingProxyType(frames))


def _narrowed(narrow: Callable[[Tables, str], Tables]) -> Callable[[View, str], View]:
    return lambda view, value: _left(view, narrow(view.everything, value))


def _left(view: View, tables: Tables) -> View:
    return replace(view, everything=tables, narrowed=True)


def _sets(view: View) -> list[str]:
    """The sets of tasks that were counted: by the instrument that assigns them, else by a name of their own."""
    scopes, counted = view.everything["task_scopes"], set(view.everything["task_snapshots"]["scope_id"])
    named = scopes["instrument_id"].fillna(scopes["scope_id"])[scopes["scope_id"].isin(counted)]
    return sorted(set(named), key=lambda code: sort_key(_set_named(view, code)))


def _set_named(view: View, code: str) -> str:
    return view.words(f"scope.{code}" if view.words.has(f"scope.{code}") else f"instrument.{code}")


def _by_set(tables: Tables, value: str) -> Tables:
    scopes = tables["task_scopes"]
    kept = set(scopes.loc[scopes["instrument_id"].fillna(scopes["scope_id"]) == value, "scope_id"])
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
    known = register(view.tables)
    reached = known[known["evidence_level"].map(_LADDER.index) >= _LADDER.index(value)]
    kept = set(reached["commitment_id"])
    keep = {name: lambda rows: rows["commitment_id"].isin(kept) for name in ("commitments", "commitment_updates")}
    return _left(view, _where(view.everything, keep))


def _without_teasers(tables: Tables, value: str) -> Tables:
    """Only what stands in the body of a document; a progress whose promise is gone goes with it."""
    del value
    body = _where(tables, {name: lambda rows: rows["section"] != "sidebar" for name in FACT_TABLES})
    promised = set(body["commitments"]["commitment_id"])
    return _where(body, {"commitment_updates": lambda rows: rows["commitment_id"].isin(promised)})


def _or_more(view: View, code: str) -> str:
    return view.words("filter.from", step=view.words(f"evidence_level.{code}"))


def _column(
    name: str,
    table: str,
    column: str,
    *,
    say: Callable[[View, str], str] | None = None,
    apply: Callable[[View, str], View] = _as_it_is,
    tables: frozenset[str] = frozenset(),
) -> Filter:
    """A filter by the codes of a column, in the order of a Vietnamese dictionary."""
    named = say or _labelled(name)

    def codes(view: View) -> list[str]:
        found = set(map(body_of, view.everything[table][column].dropna())) - {""}
        return sorted(found, key=lambda code: sort_key(named(view, code)))

    return Filter(name, codes, named, apply, tables)


def _communes(view: View) -> list[str]:
    return list(communes(view.everything)["commune_code"])


def _commune_named(view: View, code: str) -> str:
    """A commune by its code and its province."""
    return view.words("commune.choice", code=code, province=view.words(f"province.{_provinces(view.everything)[code]}"))


@lru_cache(maxsize=2)
def _provinces(tables: Tables) -> Mapping[str, str]:
    found = communes(tables)
    return dict(zip(found["commune_code"], found["province_code"], strict=True))


_LADDER = tuple(map(str, EvidenceLevel))
_ALL = frozenset(FACT_TABLES)
_SNAPSHOTS = frozenset({"task_snapshots"})
_OBSERVED = frozenset({"observations", "targets"})
_PROMISED = frozenset({"commitments", "commitment_updates"})
_OF_ENTERPRISES = _PROMISED | {"proposals", "statements"}

FILTERS: Mapping[str, Filter] = {
    each.name: each
    for each in (
        Filter("month", _months, lambda view, code: view.words.month(parse_month(code)), _in_month, _ALL, every=""),
        Filter("against", _months_before, lambda view, code: view.words.month(parse_month(code)), View.against,
               every="filter.against.none"),
        Filter("language", lambda view: LANGUAGES, lambda view, code: view.in_language(code).words("language.name"),
               View.in_language, frozenset({"labels"}), every=""),
        Filter("instrument", _sets, _set_named, _narrowed(_by_set), _SNAPSHOTS),
        _column("lead_agency", "tasks", "lead_agency", say=lambda view, code: view.words.agency(code)),
        _column("enterprise", "commitments", "enterprise_id", apply=_narrowed(_by_enterprise), tables=_OF_ENTERPRISES),
        _column("indicator", "observations", "indicator_id", apply=_narrowed(_by_indicator), tables=_OBSERVED),
        _column("province", "provinces", "province_code"),
        Filter("commune", _communes, _commune_named, searched=True),
        Filter("service_level", lambda view: LEVELS, _labelled("service_level")),
        Filter("channel", lambda view: CHANNELS, _labelled("channel")),
        Filter("level", _levels, _labelled("filter.level"), _narrowed(_by_level), _OBSERVED),
        Filter("evidence_level", lambda view: _LADDER[1:], _or_more, _by_evidence, _PROMISED),
        Filter("teasers", lambda view: ("out",), _labelled("filter.teasers"), _narrowed(_without_teasers), _ALL,
               every="filter.teasers.in"),
    )
}  # fmt: skip
"""Every filter by its name. Where one takes no rows away, figures ask `View.choice` what was chosen."""


def apply_filters(view: View, values: Mapping[str, str]) -> View:
    """The view that each filter leaves in turn, in the order of `FILTERS`, and that knows what was chosen.

    Raises `WrongCall`, with the nearest match, for a filter or a code that is not known.
    """
    for name, code in values.items():
        if name not in FILTERS:
            raise wrong_choice("filter", name, FILTERS)
        if code and FILTERS[name].every and name != "against" and code not in (known := _known(name, view)):
            raise wrong_choice(name, code, known)
    for name, each in FILTERS.items():
        code = values.get(name, "")
        if code:
            view = each.apply(view, code)
        if each.every and name in values:
            view = replace(view, chosen={**view.chosen, name: code})
    return view


def _known(name: str, view: View) -> list[str]:
    """The codes that a filter takes: those that it offers, and enterprises that have promised nothing."""
    silent = view.everything["enterprises"]["enterprise_id"] if name == "enterprise" else ()
    return [*FILTERS[name].codes(view), *silent]


def default_of(name: str, view: View) -> str:
    """The value of a filter on a page that nobody has touched."""
    return {"month": str(view.month), "language": cast(str, view.words.language)}.get(name) or view.choice(name)


def label_of(name: str, words: Words) -> str:
    """The name of a filter as its reader sees it."""
    return words(f"filter.{name}")
