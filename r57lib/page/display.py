"""What notebooks call: show parts of a page, one below the other, with a head before them and the findings behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd
from IPython.display import display

from r57lib.data.periods import Month, parse_day
from r57lib.data.tables import rows_where
from r57lib.page.figure import Figure
from r57lib.page.navigation import UNITS, titled_here, unit_name
from r57lib.page.parts import FindingList, Header, Parameter, Part, Planned, planned
from r57lib.view.citations import citations, finding_sentence
from r57lib.view.filters import FILTERS
from r57lib.view.view import View
from r57lib.view.words import Words


def header(view: View, page: str, **parameters: str) -> None:
    """Show the head of a page: title, question, month, cut-off and the other parameters."""
    show(planned(view, "header", partial(head, page=page, parameters=parameters)))


def head(view: View, *, page: str, parameters: Mapping[str, str]) -> Header:
    """The head of a page; it says that figures are made up where all may be, else each figure says it of itself."""
    words = titled_here(view, page).words
    given = {
        name: (words.labels.get(f"parameter.{name}", name), _readable(name, value, words))
        for name, value in parameters.items()
        if value
    }
    chosen = {name: line for name, each in FILTERS.items() if (line := each.line(view))}
    unit = next((unit_name(axis, view.choice(axis), words) for axis in UNITS if view.choice(axis)), "")
    given, chosen = ({name: line for name, line in each.items() if name not in UNITS} for each in (given, chosen))
    shown = (
        Parameter(words("parameter.month"), words.month(view.month)),
        Parameter(words("parameter.as_of"), words.date(view.as_of)),
        *(Parameter(*line) for line in (given | chosen).values()),
    )
    made_up = {"services_usage": view.synthetic_usage, "agency_scorecard": view.synthetic}
    return Header(page, shown, words, made_up.get(page, False), unit, _not_yet(view, unit))


def _not_yet(view: View, unit: str) -> str:
    """That the enterprise of a page has said nothing yet, and from when on it has; empty where something is known."""
    if not view.choice("enterprise"):
        return ""
    known = view.everything.known(view.as_of)
    ends = [known[name]["time_period_end"] for name in ("commitments", "proposals")]
    ends.append(known["statements"].query("subject_kind in ('enterprise', 'commitment')")["time_period_end"])
    first = pd.concat(ends).min()
    if first <= pd.Timestamp(view.month.last_day):
        return ""
    words, month = view.words, view.words.month(view.month)
    if pd.isna(first):
        return words("header.nothing", unit=unit, month=month)
    return words("header.not_yet", unit=unit, month=month, first=words.month(Month(first.year, first.month)))


def _readable(name: str, value: str, words: Words) -> str:
    """A code by its name, a day in the reader's form; any other value as it was given."""
    if words.has(f"{name}.{value}"):
        return words(f"{name}.{value}")
    try:
        return words.date(parse_day(value))
    except ValueError:
        return value


_GATHERED: ContextVar[list[Part | Planned] | None] = ContextVar("gathered", default=None)


def show(*parts: Part | Planned, folded: bool = False) -> None:
    """Show parts of a page, one below the other; of `folded` figures the finding alone until a reader opens them."""
    parts = tuple(map(_folded, parts)) if folded else parts
    gathered = _GATHERED.get()
    if gathered is not None:
        gathered.extend(parts)
        return
    for part in parts:
        display(part, exclude=["text/plain"])  # type: ignore[no-untyped-call]


def _folded(part: Part | Planned) -> Any:
    if isinstance(part, Planned):
        make = part.make
        return replace(part, make=lambda view: _folded(make(view)))
    return replace(part, folded=True) if isinstance(part, Figure) else part


@contextmanager
def gathering() -> Iterator[list[Part | Planned]]:
    """Gather in a list what `show` would have shown."""
    gathered: list[Part | Planned] = []
    token = _GATHERED.set(gathered)
    try:
        yield gathered
    finally:
        _GATHERED.reset(token)


def findings(view: View, *tables: str, told: Sequence[str] = (), scope: str = "") -> None:
    """Show what the checks found in some tables (in all, when none is named), but for rules that are `told` above.

    With a `scope`, such as `province`, only what rests on a value of it.
    """
    show(planned(view, "findings", partial(_findings, tables=tables, told=told, scope=scope)))


def _findings(view: View, *, tables: tuple[str, ...], told: Sequence[str], scope: str) -> FindingList:
    rows = [each for each in view.findings if (not tables or each.table in tables) and view.concerns(each)]
    rows = [each for each in rows if each.rule not in told]
    if scope:
        own = set(rows_where(view.tables["observations"], scope=scope)["fact_id"])
        rows = [each for each in rows if own & set(each.fact_ids)]
    sentences = [(str(row.severity), finding_sentence(row, view.words), " ".join(row.fact_ids)) for row in rows]
    ids = [fact_id for row in rows for fact_id in row.fact_ids if fact_id in view.facts]
    return FindingList(tuple(sentences), view.words, citations(view, ids), bool(told))
