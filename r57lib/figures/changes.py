"""What changed since an earlier month, in sentences: each has its numbers, and a link to the figure that shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from r57lib.data.periods import parse_month
from r57lib.data.tables import Tables
from r57lib.errors import WrongCall
from r57lib.figures.compose import FIGURES, figure
from r57lib.figures.observed import indicator_name, sentence, shown
from r57lib.measures.changes import Change, changes_between
from r57lib.page.parts import Sentence, Sentences
from r57lib.view.citations import citations, finding_sentence
from r57lib.view.view import View

NOTEBOOK = "overview"
SHOWN_CHANGES = 12
"""So many sentences stand on the page, the weightiest; how many more there are is said."""


@figure(NOTEBOOK)
def changes(view: View, *, since: str = "") -> Sentences:
    """What changed since the month before, or since the month that is named."""
    words = view.words
    said = [_said(view, change) for change in changes_between(view.tables, _before(view, since))]
    left = len(said) - SHOWN_CHANGES
    facts = tuple(fact for row in said[:SHOWN_CHANGES] for fact in row.fact_ids)
    return Sentences(
        figure_id="changes",
        heading=words("figure.changes.heading"),
        question=words("figure.changes.question", month=words.month(_since(view, since))),
        since=words.month(_since(view, since)),
        rows=tuple(said[:SHOWN_CHANGES]),
        more=words("figure.changes.more", count=words.number(left)) if left > 0 else "",
        words=words,
        cited=citations(view, facts),
    )


def _since(view: View, since: str) -> Any:
    try:
        month = parse_month(since) if since else view.month.previous
    except ValueError as error:
        raise WrongCall(f"since {error}") from None
    if month >= view.month:
        raise WrongCall(f"since '{since}' is not before {view.month}, the month of the report")
    return month


def _before(view: View, since: str) -> Tables:
    return view.everything.known(view.as_of, month=_since(view, since))


def _said(view: View, change: Change) -> Sentence:
    text = _WORDS.get(change.rule, _of_row)(view, change)
    notebook = FIGURES[change.figure][0]
    page = view.links.format(page=notebook, language=view.words.language)
    return Sentence(
        sentence(text),
        f"{page}#{change.figure.replace('_', '-')}",
        view.words(f"figure.{change.figure}.heading"),
        change.fact_ids,
    )


def _of_row(view: View, change: Change) -> str:
    """A sentence about an observation: its indicator, value and period, and those before."""
    words, row = view.words, change.values["row"]
    values = {"indicator": indicator_name(view, row), "now": shown(view, row), "period": words.period(row.time_period)}
    before = change.values.get("value_before", getattr(row, "obs_value_before", None))
    qualifier = getattr(row, "qualifier_before", "exact")
    values["before"] = words.value(before, row.unit, qualifier)
    values["period_before"] = words.period(getattr(row, "time_period_before", None))
    rule = change.rule
    if rule in ("moved", "rank"):
        better = row.change < 0 if rule == "rank" else row.change > 0
        rule = f"{rule}.{'up' if better else 'down'}"
        size = abs(row.change)
        moved = words.points(size) if row.unit == "share" else words.plain(size)
        exact = {row.qualifier, qualifier} == {"exact"}
        values["change"] = moved.lstrip("+") if exact else words(
            "qualified", qualifier=words("qualifier.about"), value=moved.lstrip("+")
        )  # fmt: skip
    return words(f"changes.{rule}", **values)


def _of_target(view: View, change: Change) -> str:
    words, row = view.words, change.values["row"]
    return words(
        f"changes.{change.rule}",
        indicator=indicator_name(view, row),
        actual=words.value(row.actual_value, row.unit, row.actual_qualifier),
        target=words.value(row.target_value, row.unit),
        deadline=words.period(row.target_period),
        was=words(f"rating.{change.values['was']}") if change.values["was"] != "unknown" else "",
        rating=words(f"rating.{change.values['rating']}"),
    )


def _of_count(view: View, change: Change) -> str:
    words, row = view.words, change.values["row"]
    return words(
        f"changes.{change.rule}",
        scope=words(f"scope.{row.scope_id}"),
        completed=words.number(row.completed),
        total=words.number(row.total),
        period=words.period(row.time_period),
        grew=words.signed(change.values["grew"]) if change.values["grew"] else "",
    )


def _of_numbers(view: View, change: Change) -> str:
    return view.words(f"changes.{change.rule}", **{name: view.words.number(n) for name, n in change.values.items()})


def _of_first(view: View, change: Change) -> str:
    """The first value of an indicator, or the range of several."""
    rows = change.values["rows"]
    if len(rows) == 1:
        return _of_row(view, replace(change, values={"row": rows[0]}))
    return view.words(
        "changes.firsts",
        indicator=view.words(f"indicator.{change.values['indicator']}"),
        count=view.words.number(len(rows)),
        low=shown(view, rows[0]),
        high=shown(view, rows[-1]),
    )


def _of_conflict(view: View, change: Change) -> str:
    return finding_sentence(change.values["finding"], view.words).rstrip(".")


def _of_promises(view: View, change: Change) -> str:
    words = view.words
    named = [words(f"enterprise.{each}") for each in change.values["enterprises"]]
    return words(
        "changes.promises", count=words.number(change.values["count"]), enterprises=words.join(words.sorted(named))
    )


def _of_promise(view: View, change: Change) -> str:
    words, row = view.words, change.values["row"]
    met = pd.notna(row.latest_value)
    return words(
        "changes.promise_met",
        commitment=words(f"commitment.{row.commitment_id}"),
        actual=words.value(row.latest_value, row.unit, row.latest_qualifier) if met else "",
        target=words.value(row.target_value, row.unit),
    )


_WORDS: dict[str, Callable[[View, Change], str]] = {
    "conflict": _of_conflict,
    "overdue": _of_numbers,
    "restated": _of_numbers,
    "target_met": _of_target,
    "rating": _of_target,
    "rated": _of_target,
    "count": _of_count,
    "count_grew": _of_count,
    "first": _of_first,
    "firsts": _of_first,
    "promises": _of_promises,
    "promise_met": _of_promise,
}
"""How each rule's change is put into words; the others speak of an observation."""
