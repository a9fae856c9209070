"""The figures of the notebook `overview`: progress, what is new, headlines with their change, and changes in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple, cast

import pandas as pd

from r57lib.data.codes import EvidenceLevel, Finding, Status
from r57lib.data.rows import FACT_ROWS, Fact
from r57lib.data.tables import Tables, records, rows_where
from r57lib.figures.cells import aim, indicator_name, sentence, shown
from r57lib.figures.change import exactly, moved, stated, uncounted
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure, notebook_of
from r57lib.measures import commitments, indicators, quality, task_counts
from r57lib.measures.changes import Change, changes_between, corrections_between, figure_of
from r57lib.measures.indicators import Observed, ProgressLine
from r57lib.measures.progress import ratio
from r57lib.measures.quality import ChangedIndicator, changed
from r57lib.measures.task_counts import PublishedCounts
from r57lib.page.columns import Cell, amount, count, figures, periods, share, tabulate
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing, Sentence, Sentences, Tile, Tiles
from r57lib.view.citations import citations, rival_values, said_values
from r57lib.view.view import View
from r57lib.view.words import MISSING

NOTEBOOK = "overview"


@figure(NOTEBOOK)
def what_changed(view: View) -> Figure:
    """Values of indicators and counts of tasks that the report of the month before, or of the second, did not hold.

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
    fresh = quality.new_facts(view.tables, view.earlier.tables)
    values = {
        "facts": words.number(len(fresh)),
        "rows": words.number(len(rows)),
        "before": words.month(view.earlier.month),
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
    changed = quality.changed_indicators(view.tables, view.earlier.tables)
    changed = changed.sort_values("obs_value_before", na_position="last", key=lambda values: values.isna())
    return [
        _Moved(
            indicator_name(view, row),
            amount(view.words, row.obs_value_before, row.unit, row.qualifier_before),
            shown(view, row),
            row.time_period,
            moved(view, row),
            row.fact_ids,
        )
        for row in records(changed, ChangedIndicator)
    ]


def _new_counts(view: View) -> list[_Moved]:
    """Newer counts of tasks; the change of a count is left to its own page, which knows its scope."""
    words = view.words
    known = set(view.earlier.tables["task_snapshots"]["fact_id"])
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
def headlines(view: View, *, beside: bool = False) -> Tiles | Nothing:
    """Up to five headlines, each with its change since the month before, or beside a second month, and a link.

    `beside` shows them beside a second month alone.
    """
    if beside and not view.other:
        return Nothing()
    made, month = _tiles(view), ""
    if view.other:
        month = sentence(view.words.month(view.other.month))
        led = _task_rows(view.tables, "").get("completion")
        then = _tiles(view.other, scope=led.scope_id if led else "")
        made = {name: _beside(tile, then.get(name)) for name, tile in made.items()}
    cited = citations(view, [fact for tile in made.values() for fact in tile.fact_ids])
    return Tiles(tuple(made.values()), view.words("headlines.heading"), view.words, cited, month)


def _tiles(view: View, *, scope: str = "") -> dict[str, Tile]:
    """The headlines of a month by name; the tasks are those of `scope`, where they are counted."""
    chosen = view.tables["indicators"].dropna(subset=["headline"]).sort_values("headline")
    made = {
        **_task_tiles(view, scope),
        **{each: _indicator_tile(view, each) for each in chosen["indicator_id"]},
        "documented": _documented(view),
    }
    return {name: _marked(view, tile) for name, tile in made.items() if tile is not None}


def _beside(tile: Tile, then: Tile | None) -> Tile:
    """A headline with that of the second month, and the facts behind both."""
    facts = (*tile.fact_ids, *(then.fact_ids if then else ()))
    return replace(tile, then=then, fact_ids=tuple(dict.fromkeys(facts)))


def _marked(view: View, tile: Tile) -> Tile:
    """The headline with the mark in its note, where it rests on made-up facts."""
    return replace(tile, note=view.marked(tile.note, tile.fact_ids))


def _link(view: View, notebook: str) -> str:
    return view.links.format(page=notebook, language=view.words.language)


_WHOLE = (Status.TOTAL, Status.COMPLETED)
_FULL = (*_WHOLE, Status.OVERDUE, Status.IN_PROGRESS)


def _task_tiles(view: View, scope: str) -> dict[str, Tile]:
    """The newest full count of the programme's tasks: how many are done, and how many of the open ones are overdue."""
    words, link, tiles = view.words, _link(view, "task_completion"), {}
    for name, row in _task_rows(view.tables, scope).items():
        told, told_of = f"tile.{name}.note", {"count": words.number(row.completed), "total": words.number(row.total)}
        if name == "overdue":
            told_of = {"count": words.number(row.overdue), "open": words.number(_open(row))}
        elif pd.notna(row.regular):
            told, told_of = "tile.completion.regular", told_of | {"regular": words.number(row.regular)}
        facts, change = _since_earlier(view, name, row)
        label, value = words(f"tile.{name}", scope=words(f"scope.{row.scope_id}")), share(words, _rate(name, row), 2)
        note = words(told, period=words.period(row.time_period), **told_of)
        tiles[name] = Tile(label, value, note, change, facts, link)
    return tiles


def _task_rows(tables: Tables, scope: str) -> dict[str, PublishedCounts]:
    """By headline the newest count of `scope` that prints what it needs.

    Where there is none, the newest full one of a set that serves the programme; of one day that of the largest set.
    """
    newest = task_counts.programme_snapshots
    whole, full = (list(records(newest(tables, needs=each), PublishedCounts)) for each in (_WHOLE, _FULL))
    return {
        name: next((row for row in rows if row.scope_id == scope), full[0])
        for name, rows in (("completion", whole), ("overdue", full))
        if full
    }


def _open(row: PublishedCounts) -> int:
    return row.of(Status.OVERDUE) + row.of(Status.IN_PROGRESS)


def _rate(name: str, row: PublishedCounts) -> float | None:
    if name == "completion":
        return ratio(row.of(Status.COMPLETED), row.of(Status.TOTAL))
    return ratio(row.of(Status.OVERDUE), _open(row))


def _since_earlier(view: View, name: str, row: PublishedCounts) -> tuple[tuple[str, ...], str]:
    """How a rate moved since the earlier month, with the facts that this rests on; nothing across two lists.

    Beside a second month that is told of every set, and of what is overdue as well.
    """
    then = _task_rows(view.earlier.tables, row.scope_id).get(name)
    if then is None or not (view.other or (name == "completion" and then.scope_id == row.scope_id)):
        return row.fact_ids, ""
    facts, refused = tuple(dict.fromkeys((*row.fact_ids, *then.fact_ids))), uncounted(view.words, row, then)
    now, before = _rate(name, row), _rate(name, then)
    if refused or now is None or before is None:
        return facts, refused
    return facts, _on_earlier(view, view.words.points(now - before))


def _on_earlier(view: View, change: object) -> str:
    """A change with the month that it is counted from."""
    return view.words("change.points", change=change, since=_earlier_month(view))


def _earlier_month(view: View) -> str:
    return view.words.month(view.other.month) if view.other else view.words("change.month_before")


def _latest(tables: Tables, indicator: str) -> Observed | None:
    rows = rows_where(indicators.latest_observations(tables, indicators=[indicator]), scope="national")
    return next(records(rows, Observed), None)


def _indicator_tile(view: View, indicator: str) -> Tile | None:
    """The newest value and its change, or the range between sources where they disagree."""
    words = view.words
    row, then = _latest(view.tables, indicator), _latest(view.earlier.tables, indicator)
    if row is None:
        return None
    value, facts, contested = stated(view, row)
    if contested:
        change = words("change.conflict")
    elif then is not None and then.fact_id == row.fact_id:
        change = words("change.no_new_value.since" if view.other else "change.no_new_value", since=_earlier_month(view))
    elif then is None:
        change = words("change.not_comparable")
    else:
        said = moved(view, changed(row, then))
        change = said.text if said.value is None else _on_earlier(view, said)
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
    earlier = rows_where(commitments.evidence_counts(view.earlier.tables), section="body")
    beyond, before = (
        int(each.loc[each["evidence_level"] != EvidenceLevel.STATED, "count"].sum()) for each in (ladder, earlier)
    )
    facts = tuple(fact for ids in ladder["fact_ids"] for fact in ids)
    value = Cell(None, words("tile.documented.value", beyond=words.number(beyond), total=words.number(total)))
    teasers = int(every["count"].sum()) - total
    note = words("tile.documented.note", share=words.percent(ratio(beyond, total), 1), day=words.date(view.day))
    if teasers:
        note = words("tile.documented.teasers", note=note, count=words.number(teasers))
    change = _by_more(view, ("more", "fewer"), beyond - before, words("change.none"))
    change = _by_more(view, ("added", "removed"), total - int(earlier["count"].sum()), change)
    return Tile(words("tile.documented"), value, note, change, facts, _link(view, "enterprise_commitments"))


def _by_more(view: View, ways: tuple[str, str], by: int, change: str) -> str:
    """The words for a count that rose or fell; `change` as it is where it did neither."""
    said = {"change": change, "count": view.words.number(abs(by)), "since": _earlier_month(view)}
    return view.words(f"change.documented.{ways[by < 0]}", **said) if by else change


SHOWN_CHANGES = 12
"""So many sentences stand on the page, the weightiest; how many more there are is said."""


@figure(NOTEBOOK)
def changes(view: View, *, since: str = "") -> Sentences:
    """What changed since the month before, or since the month that is named."""
    words = view.words
    earlier = (view.against(since) if since else view).earlier
    told: dict[str, Sentence] = {}
    for change in changes_between(view.tables, earlier.tables, day=view.day):
        row = _said(view, change)
        facts = (*(told[row.text].fact_ids if row.text in told else ()), *row.fact_ids)
        told[row.text] = replace(row, fact_ids=tuple(dict.fromkeys(facts)))
    said = list(told.values())
    left = len(said) - SHOWN_CHANGES
    further = "more" if earlier.month == view.earlier.month else "further"  # the table has those of one month
    facts = tuple(fact for row in said[:SHOWN_CHANGES] for fact in row.fact_ids)
    return Sentences(
        figure_id="changes",
        heading=words("figure.changes.heading"),
        question=words("figure.changes.question", month=words.month(earlier.month)),
        since=words.month(earlier.month),
        rows=tuple(said[:SHOWN_CHANGES]),
        none=words("figure.changes.none"),
        more=words(f"figure.changes.{further}", count=words.number(left)) if left > 0 else "",
        words=words,
        cited=citations(view, facts),
    )


def news(view: View, before: Tables | None) -> list[str]:
    """What the month says otherwise than when it was published before, in words, the weightiest first.

    Where it was not, what is new since the month before.
    """
    if before is None:
        return [row.text for row in cast(Sentences, changes(view)).rows]
    said = dict.fromkeys(_said(view, change).text for change in corrections_between(view.tables, before))
    told, left = list(said)[:SHOWN_CHANGES], len(said) - SHOWN_CHANGES
    return [*told, *([view.words("figure.changes.further", count=view.words.number(left))] if left > 0 else [])]


@figure(NOTEBOOK)
def disagreements(view: View) -> Sentences:
    """The values of one indicator that sources give differently for the same days, each conflict once."""
    words = view.words
    found = [each for each in view.findings if each.rule == "observation_conflict" and view.concerns(each)]
    page = view.links.format(page=notebook_of("conflicts"), language=words.language)
    told: dict[str, list[Finding]] = {}
    for each in found:
        told.setdefault(_disputed(view, each), []).append(each)
    rows = [
        Sentence(
            view.marked(
                words("disagreements.row", indicator=name, found="; ".join(_rivals(view, each) for each in own)), ids
            ),
            f"{page}#conflicts",
            "",
            ids,
        )
        for name, own in told.items()
        for ids in [tuple(dict.fromkeys(fact for each in own for fact in each.fact_ids))]
    ]
    others = len(view.findings) - len(found)
    facts = tuple(fact for row in rows for fact in row.fact_ids)
    return Sentences(
        figure_id="disagreements",
        heading=words("figure.disagreements.heading"),
        question=words("figure.disagreements.question"),
        since="",
        rows=tuple(rows),
        none=words("figure.conflicts.none"),
        more=words("disagreements.more", count=words.number(others)) if others and not view.narrowed else "",
        words=words,
        cited=citations(view, facts),
    )


def _disputed(view: View, finding: Finding) -> str:
    """What a conflict is about."""
    said = said_values(finding, view.words)
    if finding.values["level"] == "national":
        return said["family"]
    return view.words("indicator.scoped", indicator=said["family"], scope=said["level"])


def _rivals(view: View, finding: Finding) -> str:
    return view.words.join([text for _, text in sorted(rival_values(finding, view.words))])


def _said(view: View, change: Change) -> Sentence:
    text = _WORDS.get(change.rule, _of_row)(view, change)
    text = view.marked(text, None if change.rule in _OF_REGISTER and view.synthetic else change.fact_ids)
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
        size_said = words.points(size) if row.unit == "share" else words.plain(size)
        values["change"] = exactly(words, row, size_said.lstrip("+"))
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
    """That sources disagree; what they say stands where the conflicts are."""
    return view.words("changes.conflict", indicator=_disputed(view, change.values["finding"]))


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
