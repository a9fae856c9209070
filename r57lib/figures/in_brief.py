"""The brief: at most five lines that say what is so, of which day, against what; worst first, then newest first.

By fixed rules: what fell due, the overdue tasks, the headline indicator, what is behind pace, and the commitments that
fell due. A line without a day does not stand here, and nobody is named who is not named by the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from r57lib.data.codes import Rating, Status
from r57lib.data.periods import parse_period
from r57lib.data.tables import records, rows_where
from r57lib.figures.cells import aimed, due_reason, indicator_name, shown
from r57lib.figures.registry import figure, notebook_of
from r57lib.measures import commitments, indicators, outcomes, task_counts
from r57lib.measures.changes import figure_of
from r57lib.measures.commitments import Fallen
from r57lib.measures.indicators import Aimed, Observed, ProgressLine, TargetGap
from r57lib.measures.outcomes import DueOutcome, DueTarget
from r57lib.measures.progress import ratio
from r57lib.measures.task_counts import PublishedCounts
from r57lib.page.parts import Brief, BriefLine
from r57lib.view.citations import citations
from r57lib.view.view import View
from r57lib.view.words import MISSING

NOTEBOOK = "overview"
MARKS = ("missed", "overdue", "not_known", "behind", "open", "met")
"""What a line tells, the worst first."""
LINES = 5
_MONTHS_FROM = 61
"""Days from which an age is told in months."""


@figure(NOTEBOOK)
def brief(view: View) -> Brief:
    """What a leader must know of the month, in five lines at most: each with its day, and a link to its figure."""
    found = [line for line in (_due(view), _tasks(view), *_headline(view), _behind(view), _promises(view)) if line]
    found.sort(key=lambda line: line.end, reverse=True)
    lines = tuple(sorted(found, key=lambda line: MARKS.index(line.mark))[:LINES])
    facts = tuple(fact for line in lines for fact in line.fact_ids)
    words = view.words
    return Brief(
        words("brief.heading"), lines, words("brief.counted", day=words.date(view.day)), words, citations(view, facts)
    )


def _line(
    view: View, mark: str, name: str, facts: Iterable[str], period: str, why: str, who: str = "", *, shown_by: str,
    **values: Any,
) -> BriefLine:  # fmt: skip
    words, ids, end = view.words, tuple(dict.fromkeys(facts)), parse_period(period).end
    targets = view.tables["targets"]
    who = _responsible(view, list(targets[targets["fact_id"].isin(ids)]["responsible_id"])) or who
    page = view.links.format(page=notebook_of(shown_by), language=words.language)
    return BriefLine(
        mark=mark,
        answer=words(f"brief.{name}", **values),
        why=why,
        when=words.period(period),
        age=_age(view, end),
        who=who,
        href=f"{page}#{shown_by.replace('_', '-')}",
        end=end,
        fact_ids=ids,
        synthetic=view.rests_on_made_up(ids),
    )


def _responsible(view: View, bodies: list[Any]) -> str:
    """Who is named as responsible, where that is said of all that a line tells; else nobody."""
    named = [view.words.agency(name) for name in bodies if isinstance(name, str)]
    if not named or len(named) < len(bodies):
        return ""
    return view.words("brief.responsible", names=view.words.join(list(dict.fromkeys(named))))


def _age(view: View, end: date) -> str:
    """How long ago that was on the report's own day, from which days left count too: `54 days ago`, `3 months ago`."""
    passed = (view.day - end).days
    if passed <= 0:
        return ""
    months = (view.day.year - end.year) * 12 + view.day.month - end.month - (view.day.day < end.day)
    unit, count = ("months", months) if passed >= _MONTHS_FROM else ("days", passed)
    return view.words(f"brief.age.{unit}", count=view.words.number(count))


def _worst(found: Iterable[str]) -> str:
    """The mark for some outcomes."""
    said = set(found)
    return next(str(each) for each in (DueOutcome.MISSED, DueOutcome.NOT_KNOWN, DueOutcome.MET) if each in said)


def _counted(view: View, found: list[str]) -> dict[str, str]:
    return {str(each): view.words.number(found.count(each)) for each in DueOutcome}


def _to_tell(view: View, rows: list[Any]) -> list[Any]:
    """Those of one day: of the last day on which something was missed, else of the last; made-up ones only alone.

    Made-up results choose no day; of that day a real aim is told of all the same, and then the line is marked.
    """
    real = [row for row in rows if not view.rests_on_made_up(row.fact_ids)] or rows
    missed = [row.target_period_end for row in real if row.outcome == DueOutcome.MISSED]
    day = max(missed or [row.target_period_end for row in real])
    aims = [row for row in rows if row in real or not view.rests_on_made_up([row.fact_id])]
    return [row for row in aims if row.target_period_end == day]


def _last_due(view: View) -> list[DueTarget]:
    """The targets that fell due on one day of the last twelve months, the worst of them first."""
    rows = list(records(outcomes.due_targets(view.tables, view.day), DueTarget))
    return _to_tell(view, rows) if rows else []


def _due(view: View) -> BriefLine | None:
    """What came of the targets that fell due, with the worst of them."""
    words, last = view.words, _last_due(view)
    if not last:
        return None
    found, first = [row.outcome for row in last], last[0]
    said = words.join([_dated(view, each.value, first.unit, each) for each in first.values]) or MISSING
    why = words("brief.due.why", indicator=indicator_name(view, first), said=said, target=aimed(view, first))
    counted = _counted(view, found) | {"day": words.period(first.target_period)}
    facts = [fact for row in last for fact in row.fact_ids]
    return _line(view, _worst(found), "due", facts, first.target_period, why, shown_by="status_board", **counted)


def _dated(view: View, value: float, unit: str, row: Any) -> str:
    said = view.words.value(value, unit, row.qualifier)
    return view.words("dated", value=said, period=view.words.period(row.period))


def _tasks(view: View) -> BriefLine | None:
    """The newest count that tells how many tasks are overdue."""
    words = view.words
    counted = task_counts.latest_snapshots(view.tables, needs=(Status.TOTAL, Status.COMPLETED, Status.OVERDUE))
    ours = rows_where(view.tables["task_scopes"], programme="yes").set_index("scope_id")
    counted = counted[counted["scope_id"].isin(ours.index)].sort_values("time_period_end")
    row = next(records(counted.tail(1), PublishedCounts), None)
    if row is None:
        return None
    total, done, late = (row.of(each) for each in (Status.TOTAL, Status.COMPLETED, Status.OVERDUE))
    values = {"overdue": words.number(late), "total": words.number(total), "completed": words.number(done)}
    opened = late + row.of(Status.IN_PROGRESS) if row.in_progress is not None else 0
    said = "scope" if not opened else "why" if row.regular is None else "regular"
    why = words(
        f"brief.tasks.{said}", scope=words(f"scope.{row.scope_id}"), share=words.percent(ratio(late, opened)),
        open=words.number(opened), regular=words.number(row.regular),
    )  # fmt: skip
    mark = "overdue" if late else "met"
    body, source = ours.loc[row.scope_id, ["agency_id", "source_id"]]
    named = source in view.sources
    who = _responsible(view, [body]) if named else ""
    return _line(
        view, mark, "tasks", row.fact_ids, row.time_period, why, who,
        shown_by="task_status", share=words.percent(ratio(done, total), 2), **values,
    )  # fmt: skip


def _headline(view: View) -> Iterator[BriefLine]:
    """The first headline indicator against its next target; where none is open, against the last that fell due.

    Not where the line of what fell due tells of that very target.
    """
    words, table = view.words, view.tables["indicators"]
    named = list(table[table["headline"].notna()].sort_values("headline")["indicator_id"].head(1))
    gaps = rows_where(indicators.target_gaps(view.tables, indicators=named, day=view.day), scope="national")
    for left in records(gaps.sort_values("time_period_end").tail(1), TargetGap):
        gap = words.points(left.gap) if left.unit == "share" else words.value(left.gap, left.unit)
        why = words("brief.open", gap=gap.lstrip("+"), days=words.number(left.days_left))
        targets = indicators.aims(view.tables)
        for target in records(targets[targets["fact_id"] == left.told_in[0]], Aimed):
            yield _indicator(view, left, "open", why, left.fact_ids, aimed(view, target).text, left.target_period)
        return
    due = outcomes.due_targets(view.tables, view.day)
    due = due[due["indicator_id"].isin(named) & (due["scope"] == "national")].sort_values("target_period_end")
    if set(due.tail(1)["indicator_id"]) & {row.indicator_id for row in _last_due(view)[:1] if row.scope == "national"}:
        return
    newest = rows_where(indicators.latest_observations(view.tables, indicators=named), scope="national")
    for row, target in zip(records(newest, Observed), records(due.tail(1), DueTarget), strict=False):
        why = words(f"due.{target.outcome}")
        if target.reason:
            why = words("due.why", outcome=why, reason=due_reason(view, target))
        aim = aimed(view, target).text
        yield _indicator(view, row, target.outcome, why, target.fact_ids, aim, target.target_period)


def _indicator(
    view: View, row: Observed, mark: str, why: str, facts: Iterable[str], aim: str, deadline: str
) -> BriefLine:
    told: dict[str, Any] = {"indicator": indicator_name(view, row), "value": shown(view, row), "target": aim}
    return _line(
        view, mark, "indicator", [*row.fact_ids, *facts], row.time_period, why,
        shown_by=figure_of(view.tables, row.indicator_id), deadline=view.words.period(deadline), **told,
    )  # fmt: skip


def _behind(view: View) -> BriefLine | None:
    """The family of indicators that is behind pace towards its next target, whoever counts."""
    words = view.words
    lines = indicators.progress_lines(view.tables, day=view.day)
    behind = lines[lines["rating"] == Rating.BEHIND].sort_values(["target_period_end", "indicator_id"])
    if behind.empty:
        return None
    first = behind.iloc[0]
    same = lines[(lines["family"] == first["family"]) & (lines["target_period_end"] == first["target_period_end"])]
    rows = list(records(same[same["rating"] == Rating.BEHIND], ProgressLine))
    named = [words.value(row.actual_value, row.unit, row.actual_qualifier) for row in rows]
    agree = len(rows) == len(same)
    producers = view.tables["indicators"].set_index("indicator_id")["producer_id"].to_dict()
    bodies = [words.agency(name) for row in rows if isinstance(name := producers.get(row.indicator_id), str)]
    newest = max(rows, key=lambda row: row.actual_day)
    why = words("brief.behind.why", target=aimed(view, rows[0]), deadline=words.period(rows[0].target_period))
    return _line(
        view, "behind", "behind" if agree else "behind_some", [fact for row in rows for fact in row.fact_ids],
        newest.actual_period, why, words("brief.who", names=words.join(bodies)) if bodies else "",
        shown_by="status_board", indicator=words(f"family.{first['family']}"),
        values=words.join(named),
    )  # fmt: skip


def _promises(view: View) -> BriefLine | None:
    """The commitments that fell due on one day of the last twelve months, each roll-out once."""
    words, rows = view.words, list(records(commitments.fallen_due(view.tables, view.day), Fallen))
    rows = [row for row in rows if row.commitment_id == row.whole]
    if not rows:
        return None
    last = _to_tell(view, rows)
    found = [row.outcome for row in last]
    whose = words.join(list(dict.fromkeys(words(f"enterprise.{row.enterprise_id}") for row in last)))
    values = _counted(view, found) | {"day": words.period(last[0].target_period)}
    facts = [fact for row in last for fact in row.fact_ids]
    own = [row.said for row in last].count("met_own_word")
    why = words("brief.promises.own" if own else "brief.promises.why", enterprises=whose, count=words.number(own))
    return _line(
        view,
        _worst(found),
        "promises",
        facts,
        str(last[0].target_period),
        why,
        shown_by="commitment_outcomes",
        **values,
    )
