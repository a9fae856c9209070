"""The figures of the notebook `overview`: progress, what is new, headlines with their change, and changes in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, cast

import pandas as pd

from r57lib.charts import bars
from r57lib.data.codes import EvidenceLevel, Status
from r57lib.data.periods import Month, parse_month
from r57lib.data.rows import FACT_ROWS, Fact
from r57lib.data.tables import Tables, records
from r57lib.errors import WrongCall
from r57lib.figures.cells import aim, aimed, due_reason, indicator_name, sentence, shown
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure, notebook_of
from r57lib.measures import commitments, indicators, outcomes, quality, task_counts
from r57lib.measures.changes import Change, changes_between, figure_of
from r57lib.measures.indicators import Observed, ProgressLine
from r57lib.measures.outcomes import DueTarget
from r57lib.measures.progress import ratio
from r57lib.measures.quality import ChangedIndicator
from r57lib.measures.task_counts import PublishedCounts
from r57lib.page.columns import Cell, amount, count, figures, periods, points, share, shares, signed, tabulate
from r57lib.page.parts import Figure, Sentence, Sentences, Tile, Tiles
from r57lib.view.citations import citations, finding_sentence, rival_values
from r57lib.view.view import View
from r57lib.view.words import MISSING, Words

NOTEBOOK = "overview"
_RATING_COLOURS = {
    "met": "completed_on_time",
    "ahead": "completed_on_time",
    "on_pace": "completed_late",
    "behind": "overdue",
}


@figure(NOTEBOOK, headline=True)
def targets_due(view: View) -> Figure:
    """What came of the targets that fell due in the last twelve months: met, missed, or why that is not known.

    `.data`: indicator, due_outcome, target (in target_unit), target_period, last_known, facts.
    """
    words = view.words
    due = outcomes.due_targets(view.tables, view.day)
    rows = list(records(due, DueTarget))
    table = tabulate(
        view,
        {
            "indicator": [indicator_name(view, row) for row in rows],
            "due_outcome": [_outcome(view, row) for row in rows],
            "target": figures("number", [aimed(view, row) for row in rows]),
            "target_period": periods(words, [row.target_period for row in rows]),
            "last_known": [_last_known(view, row) for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    facts = [row.fact_ids for row in rows]
    counted = {each: sum(row.outcome == each for row in rows) for each in dict.fromkeys(row.outcome for row in rows)}
    values = {
        "count": words.number(len(rows)),
        "day": words.date(view.day),
        "said": words.join([words(f"due.count.{each}", count=words.number(many)) for each, many in counted.items()]),
    }
    title = "title" if len(rows) > 1 else "one" if rows else "none"
    notes = [words("figure.targets_due.note")] * bool(rows)
    return compose(view, "targets_due", table, facts=facts, values=values, title=title, notes=notes)


def _outcome(view: View, row: DueTarget) -> str:
    """`missed`, or `not known: no value since 18 December 2025`."""
    said = view.words(f"due.{row.outcome}")
    return said if pd.isna(row.reason) else view.words("due.why", outcome=said, reason=due_reason(view, row))


def _last_known(view: View, row: DueTarget) -> str:
    """The values that an outcome rests on, each with its period: `nearly 59% (end of 2025)`."""
    words = view.words
    told = [
        words("dated", value=amount(words, each.value, row.unit, each.qualifier), period=words.period(each.period))
        for each in row.values
    ]
    return "; ".join(told) or MISSING


@figure(NOTEBOOK)
def indicator_progress(view: View) -> Figure:
    """One line an indicator with a target: actual, target, share closed, pace and rating.

    `.data`: indicator, actual (in actual_unit), time_period, target (in target_unit), target_period, share_closed
    (0-1), expected (0-1), rating, facts.
    """
    words = view.words
    lines = indicators.progress_lines(view.tables, day=view.day)
    rows = list(records(lines, ProgressLine))
    table = tabulate(
        view,
        {
            "indicator": [indicator_name(view, row) for row in rows],
            "actual": figures("number", [_actual(view, row) for row in rows]),
            "time_period": periods(words, lines["actual_period"]),
            "target": figures("number", [aimed(view, row) for row in rows]),
            "target_period": periods(words, lines["target_period"]),
            "share_closed": shares(words, lines["share_closed"], 1),
            "expected": shares(words, lines["expected"], 1),
            "rating": [_rating(view, row) for row in rows],
        },
        lines["fact_ids"],
    )
    rated = lines.dropna(subset=["pace_ratio"])
    judged = lines[lines["rating"] != "unknown"]  # a target is one, whoever produces its number
    said = judged.groupby(indicators.ONE_TARGET)["rating"].agg(lambda each: each.iloc[0] if each.nunique() == 1 else "")
    values = {
        "count": words.number(len(lines.drop_duplicates(indicators.ONE_TARGET))),
        "rated": words.number(len(said)),
        "behind": words.number(int((said == "behind").sum())),
        "split": words.number(int((said == "").sum())),
    }
    facts = lines["fact_ids"]
    if rated.empty:
        title = "none" if lines.empty else "unrated"
        return compose(view, "indicator_progress", table, facts=facts, values=values, title=title)
    return compose(
        view,
        "indicator_progress",
        table,
        facts=facts,
        values=values,
        title="split" if (said == "").any() else "title",
        draw=lambda texts: bars.bars(_progress_bars(view, rated), texts, colours=_RATING_COLOURS, domain=1.0),
    )


def _progress_bars(view: View, rated: pd.DataFrame) -> pd.DataFrame:
    """Share closed as bars, the share of time passed as ticks."""
    words = view.words
    rows = [
        {
            "row": words("progress.row", indicator=indicator_name(view, row), deadline=words.period(row.target_period),
                         target=aim(view, row, row.unit)),
            "value": min(1.0, max(0.0, row.share_closed)),
            "tick": min(1.0, row.expected),
            "facts": " ".join(row.fact_ids),
            "text": words.percent(row.share_closed, 1),
            "part": row.rating,
        }
        for row in records(rated, ProgressLine)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _actual(view: View, row: ProgressLine) -> Cell:
    """The newest value; with its rivals where sources disagree."""
    words = view.words
    value = amount(words, row.actual_value, row.unit, row.actual_qualifier)
    if value.value is None or not row.other_values:
        return value
    others = [words.value(other, row.unit, qualifier) for other, qualifier in row.other_values]
    said = {"others": words.join(others), "count": words.number(len(others))}
    return value.within(lambda text: words("actual.disputed", value=text, **said))


def _rating(view: View, row: ProgressLine) -> str:
    """The rating with its ratio, or why there is none."""
    words = view.words
    if row.refusal:
        return words(f"unrated.{row.refusal}")
    rating = words(f"rating.{row.rating}")
    return (
        rating if pd.isna(row.pace_ratio) else words("rating.with", rating=rating, pace=words.number(row.pace_ratio, 3))
    )


@figure(NOTEBOOK)
def what_changed(view: View) -> Figure:
    """Values of indicators and counts of tasks that the report of the month before did not hold.

    `.data`: what, before (in before_unit), now (in now_unit), time_period, change (in change_unit), facts.
    """
    words = view.words
    rows = [*_changed_indicators(view), *_new_counts(view)]
    facts = [row.fact_ids for row in rows]
    table = tabulate(
        view,
        {
            "what": [row.what for row in rows],
            "before": figures("number", [row.before for row in rows]),
            "now": figures("number", [row.after for row in rows]),
            "time_period": periods(words, [row.time_period for row in rows]),
            "change": figures("number", [row.change for row in rows]),
        },
        facts,
    )
    fresh = quality.new_facts(view.tables, view.before)
    values = {
        "facts": words.number(len(fresh)),
        "rows": words.number(len(rows)),
        "month": words.month(view.month),
        "before": words.month(view.month.previous),
        "day": words.date(view.as_of),
    }
    title = "title" if rows else "none" if fresh.empty else "entries"
    return compose(view, "what_changed", table, facts=facts, values=values, title=title)


class _Moved(NamedTuple):
    """A row of what changed: the value before and now, and their difference or why there is none."""

    what: str
    before: Cell
    after: Cell
    time_period: str
    change: Cell
    fact_ids: tuple[str, ...]


def _changed_indicators(view: View) -> list[_Moved]:
    """Newer values of indicators, those with a predecessor first."""
    changed = quality.changed_indicators(view.tables, view.before)
    changed = changed.sort_values("obs_value_before", na_position="last", key=lambda values: values.isna())
    return [
        _Moved(
            indicator_name(view, row),
            amount(view.words, row.obs_value_before, row.unit, row.qualifier_before),
            shown(view, row),
            row.time_period,
            _change(view, row),
            row.fact_ids,
        )
        for row in records(changed, ChangedIndicator)
    ]


def _change(view: View, row: ChangedIndicator) -> Cell:
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
        change = replace(signed(words, row.change), value=float(row.change), unit=row.unit)
    exact = {row.qualifier, row.qualifier_before} == {"exact"}
    return change.within(lambda text: _exactly(words, row, text), qualifier="" if exact else "about")


def _exactly(words: Words, row: ChangedIndicator, text: str) -> str:
    """The size of a change, and how exactly it is known: up from 100 to more than 150 is more than 50."""
    greater, less = row.qualifier, str(row.qualifier_before)
    if row.change < 0:
        greater, less = less, greater
    if less == "exact":
        return words.qualified(text, greater)
    return words(f"missing.{less}", value=text) if greater == "exact" else words.qualified(text, "about")


def _disputed(view: View, row: ChangedIndicator) -> bool:
    """Whether another source gives another value for the same indicator within the same days."""
    clashes = [set(f.fact_ids) for f in view.findings if f.rule == "observation_conflict" and row.fact_id in f.fact_ids]
    if not clashes:
        return False
    own = set(view.tables["observations"].query("indicator_id == @row.indicator_id")["fact_id"])
    return any(len(clash & own) > 1 for clash in clashes)


def _new_counts(view: View) -> list[_Moved]:
    """Counts of tasks about the month; the change of a count is left to its own page, which knows its scope."""
    words = view.words
    known = set(view.before["task_snapshots"]["fact_id"])
    missing, new = Cell(None, MISSING), Cell(None, words("change.new_count"))
    return [
        _Moved(words(f"scope.{row.scope_id}"), missing, _count(view, row), row.time_period, new, row.fact_ids)
        for row in records(task_counts.snapshots(view.tables), PublishedCounts)
        if not known.issuperset(row.fact_ids)
    ]


def _count(view: View, row: PublishedCounts) -> Cell:
    """The count of a snapshot that says most."""
    words = view.words
    told = (Status.COMPLETED, Status.BEHIND_SCHEDULE, Status.OVERDUE, Status.TOTAL)
    status = next((status for status in told if pd.notna(getattr(row, status))), None)
    if status is None:
        return Cell(None, MISSING)
    counted, label = replace(count(words, getattr(row, status)), unit="count"), words(f"status.{status}")
    return counted.within(
        lambda text: words("count.total" if status is Status.TOTAL else "count.status", count=text, status=label)
    )


_ENTRIES = {
    "commitments": ("commitment", "commitment_id"),
    "commitment_updates": ("commitment", "commitment_id"),
    "proposals": ("proposal", "proposal_id"),
    "events": ("event", "event_id"),
}
"""Tables of single entries: the beginning of their labels, and the column that names the label."""


@figure(NOTEBOOK)
def new_entries(view: View) -> Figure:
    """New commitments, what came of earlier ones, proposals and events of the month.

    `.data`: subject, what, time_period, facts.
    """
    words = view.words
    rows = [(table, row) for table in _ENTRIES for row in _new_rows(view, table)]
    facts = [(row.fact_id,) for _, row in rows]
    table = tabulate(
        view,
        {
            "subject": [words(f"subject.{name}") for name, _ in rows],
            "what": [words(f"{_ENTRIES[name][0]}.{getattr(row, _ENTRIES[name][1])}") for name, row in rows],
            "time_period": periods(words, [row.time_period for _, row in rows]),
        },
        facts,
    )
    values = {name: words.number(sum(each == name for each, _ in rows)) for name in _ENTRIES}
    values["month"] = words.month(view.month)
    return compose(view, "new_entries", table, facts=facts, values=values, title="title" if rows else "none")


def _new_rows(view: View, table: str) -> list[Fact]:
    told = {
        "commitments": commitments.headline_commitments,
        "commitment_updates": commitments.progress_made,
        "proposals": commitments.proposals_made,
    }
    rows = told[table](view.tables) if table in told else view.tables[table]
    known = set(view.before[table]["fact_id"])
    return [row for row in records(rows, FACT_ROWS[table]) if row.fact_id not in known]


@figure(NOTEBOOK)
def headlines(view: View) -> Tiles:
    """Up to five headlines, each with its change since the month before and a link to its page."""
    chosen = view.tables["indicators"].dropna(subset=["headline"]).sort_values("headline")
    made = (
        *_task_tiles(view),
        *(_indicator_tile(view, each) for each in chosen["indicator_id"]),
        _documented(view),
    )
    tiles = tuple(_marked(view, tile) for tile in made if tile is not None)
    cited = citations(view, [fact for tile in tiles for fact in tile.fact_ids])
    return Tiles(tiles, view.words("headlines.heading"), view.words, cited)


def _marked(view: View, tile: Tile) -> Tile:
    """The headline with the mark in its note, where it rests on made-up facts."""
    return replace(tile, note=view.marked(tile.note)) if view.rests_on_made_up(tile.fact_ids) else tile


def _link(view: View, notebook: str) -> str:
    return view.links.format(page=notebook, language=view.words.language)


def _task_tiles(view: View) -> list[Tile]:
    """The newest full count of the programme's tasks: how many are done, and how many of the open ones are overdue."""
    words, row = view.words, _newest_count(view.tables)
    if row is None:
        return []
    remaining, period = row.of(Status.OVERDUE) + row.of(Status.IN_PROGRESS), words.period(row.time_period)
    counted = {
        "count": words.number(row.of(Status.COMPLETED)),
        "total": words.number(row.of(Status.TOTAL)),
        "period": period,
    }
    note = words("tile.completion.regular" if pd.notna(row.regular) else "tile.completion.note", **counted,
                 regular=words.number(row.regular))  # fmt: skip
    late = words("tile.overdue.note", count=words.number(row.overdue), open=words.number(remaining), period=period)
    scope, link = words(f"scope.{row.scope_id}"), _link(view, "task_completion")
    facts, change = _since_before(view, row)
    return [
        Tile(words(f"tile.{name}", scope=scope), share(words, value, 2), told, moved, cited, link)
        for name, value, told, moved, cited in (
            ("completion", row.of(Status.COMPLETED) / row.of(Status.TOTAL), note, change, facts),
            ("overdue", ratio(row.of(Status.OVERDUE), remaining), late, "", row.fact_ids),
        )
    ]


def _newest_count(tables: Tables) -> PublishedCounts | None:
    """The newest count by status of a set of tasks that serves the programme; of one day that of the largest set."""
    needs = (Status.TOTAL, Status.COMPLETED, Status.OVERDUE, Status.IN_PROGRESS)
    return next(records(task_counts.programme_snapshots(tables, needs=needs), PublishedCounts), None)


def _since_before(view: View, row: PublishedCounts) -> tuple[tuple[str, ...], str]:
    """How a count moved since the month before, with the facts that this rests on; nothing across two lists."""
    words = view.words
    earlier = task_counts.latest_snapshots(view.before, needs=(Status.TOTAL, Status.COMPLETED))
    then = next(records(earlier[earlier["scope_id"] == row.scope_id], PublishedCounts), None)
    if then is None:
        return row.fact_ids, ""
    if then.fact_ids == row.fact_ids:
        return row.fact_ids, words("change.no_newer_count", period=words.period(row.time_period))
    both = (*row.fact_ids, *then.fact_ids)
    total, before = row.of(Status.TOTAL), then.of(Status.TOTAL)
    if task_counts.not_comparable(row, then):
        grown = {"before": words.number(before), "after": words.number(total)}
        return both, words("change.list_grew" if total > before else "change.list_shrank", **grown)
    moved = (row.of(Status.COMPLETED) - then.of(Status.COMPLETED)) / total
    return both, words("change.points", change=words.points(moved))


def _latest(tables: Tables, indicator: str) -> Observed | None:
    rows = indicators.latest_observations(tables, indicators=[indicator]).query("scope == 'national'")
    return next(records(rows, Observed), None)


def _indicator_tile(view: View, indicator: str) -> Tile | None:
    """The newest value and its change, or the range between sources where they disagree."""
    words = view.words
    row, then = _latest(view.tables, indicator), _latest(view.before, indicator)
    if row is None:
        return None
    value, facts = shown(view, row), row.fact_ids
    clash = next((f for f in view.findings if f.rule == "observation_conflict" and row.fact_id in f.fact_ids), None)
    if clash is not None:
        found = rival_values(clash, words)
        value = Cell(None, words("range", low=min(found)[1], high=max(found)[1]))
        change, facts = words("change.conflict"), clash.fact_ids
    elif then is not None and then.fact_id == row.fact_id:
        change = words("change.no_new_value")
    elif then is None or then.segment != row.segment:
        change = words("change.not_comparable")
    else:
        moved = row.obs_value - then.obs_value
        said = words.points(moved) if row.unit == "share" else words.signed(moved, 3 * (row.unit in ("index", "ratio")))
        change = words("change.points", change=said)
    note = words("tile.period", period=words.period(row.time_period))
    page = notebook_of(figure_of(view.tables, indicator))
    return Tile(words(f"indicator.{indicator}"), value, note, change, facts, _link(view, page))


def _documented(view: View) -> Tile | None:
    """Commitments that stand on more than words."""
    words, every = view.words, commitments.evidence_counts(view.tables)
    ladder = every[every["section"] == "body"]
    total = int(ladder["count"].sum())
    if not total:
        return None
    earlier = commitments.evidence_counts(view.before).query("section == 'body'")
    beyond, before = (
        int(each.loc[each["evidence_level"] != EvidenceLevel.STATED, "count"].sum()) for each in (ladder, earlier)
    )
    facts = tuple(fact for ids in ladder["fact_ids"] for fact in ids)
    value = Cell(None, words("tile.documented.value", beyond=words.number(beyond), total=words.number(total)))
    teasers = int(every["count"].sum()) - total
    note = words("tile.documented.note", share=words.percent(ratio(beyond, total), 1), day=words.date(view.day))
    if teasers:
        note = words("tile.documented.teasers", note=note, count=words.number(teasers))
    change = _by_more(words, "change.documented", ("more", "fewer"), beyond - before, words("change.none"))
    change = _by_more(words, "change.documented", ("added", "removed"), total - int(earlier["count"].sum()), change)
    return Tile(words("tile.documented"), value, note, change, facts, _link(view, "enterprise_commitments"))


def _by_more(words: Words, label: str, ways: tuple[str, str], moved: int, change: str) -> str:
    """The words for a count that rose or fell; `change` as it is where it did neither."""
    way = ways[moved < 0]
    return words(f"{label}.{way}", change=change, count=words.number(abs(moved))) if moved else change


SHOWN_CHANGES = 12
"""So many sentences stand on the page, the weightiest; how many more there are is said."""


@figure(NOTEBOOK)
def changes(view: View, *, since: str = "") -> Sentences:
    """What changed since the month before, or since the month that is named."""
    words = view.words
    month = _since(view, since)
    before = view.everything.known(view.as_of, month=month)
    said = [_said(view, change) for change in changes_between(view.tables, before, day=view.day)]
    left = len(said) - SHOWN_CHANGES
    further = "more" if month == view.month.previous else "further"  # the table has those of one month
    facts = tuple(fact for row in said[:SHOWN_CHANGES] for fact in row.fact_ids)
    return Sentences(
        figure_id="changes",
        heading=words("figure.changes.heading"),
        question=words("figure.changes.question", month=words.month(month)),
        since=words.month(month),
        rows=tuple(said[:SHOWN_CHANGES]),
        more=words(f"figure.changes.{further}", count=words.number(left)) if left > 0 else "",
        words=words,
        cited=citations(view, facts),
    )


def _since(view: View, since: str) -> Month:
    try:
        month = parse_month(since) if since else view.month.previous
    except ValueError as error:
        raise WrongCall(f"since {error}") from None
    if month >= view.month:
        raise WrongCall(f"since '{since}' is not before {view.month}, the month of the report")
    return month


def _said(view: View, change: Change) -> Sentence:
    text = _WORDS.get(change.rule, _of_row)(view, change)
    if (change.rule in _OF_REGISTER and view.synthetic) or view.rests_on_made_up(change.fact_ids):
        text = view.marked(text)
    notebook = notebook_of(change.figure)
    page = view.links.format(page=notebook, language=view.words.language)
    return Sentence(
        sentence(text),
        f"{page}#{change.figure.replace('_', '-')}",
        view.words(f"figure.{change.figure}.heading"),
        change.fact_ids,
    )


_OF_REGISTER = ("overdue", "restated")
"""The rules whose sentences rest on tasks of the register, which are no facts."""


def _of_row(view: View, change: Change) -> str:
    """A sentence about an observation: its indicator, value and period, and those before."""
    words, row = view.words, cast(ChangedIndicator, change.values["row"])
    values = {
        "indicator": indicator_name(view, row),
        "now": shown(view, row).text,
        "period": words.period(row.time_period),
        "before": words.value(row.obs_value_before, row.unit, row.qualifier_before),
        "period_before": words.period(row.time_period_before),
    }
    rule = change.rule
    if rule in ("moved", "rank"):
        better = row.change < 0 if rule == "rank" else row.change > 0
        rule = f"{rule}.{'up' if better else 'down'}"
        size = abs(row.change)
        moved = words.points(size) if row.unit == "share" else words.plain(size)
        values["change"] = _exactly(words, row, moved.lstrip("+"))
    return words(f"changes.{rule}", **values)


def _of_target(view: View, change: Change) -> str:
    words, row = view.words, cast(ProgressLine, change.values["row"])
    return words(
        f"changes.{change.rule}",
        indicator=indicator_name(view, row),
        actual=words.value(row.actual_value, row.unit, row.actual_qualifier),
        period=words.period(row.actual_period),
        target=aim(view, row, row.unit),
        deadline=words.period(row.target_period),
        was=words(f"rating.{change.values['was']}") if change.values["was"] != "unknown" else "",
        rating=words(f"rating.{change.values['rating']}"),
    )


def _of_count(view: View, change: Change) -> str:
    words, row = view.words, cast(PublishedCounts, change.values["row"])
    then = cast(PublishedCounts | None, change.values["then"])
    return words(
        f"changes.{change.rule}",
        scope=words(f"scope.{row.scope_id}"),
        completed=words.number(row.completed),
        total=words.number(row.total),
        period=words.period(row.time_period),
        before=words.number(then.total) if then else "",
        period_before=words.period(then.time_period) if then else "",
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
        target=words.value(row.target_value, row.unit, row.qualifier),
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
