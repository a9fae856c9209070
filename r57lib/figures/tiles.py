"""The headlines of the notebook `overview`: a tile each, with its change since the month before."""

from __future__ import annotations

from typing import Any

from r57lib.data.codes import EvidenceLevel, Status
from r57lib.data.tables import records
from r57lib.figures.compose import figure
from r57lib.measures import commitments, indicators, task_counts
from r57lib.measures.progress import ratio
from r57lib.page.parts import Tile, Tiles
from r57lib.view.citations import citations
from r57lib.view.view import View

NOTEBOOK = "overview"


@figure(NOTEBOOK)
def headlines(view: View) -> Tiles:
    """Up to five headlines, each with its change since the month before and a link to its page."""
    makers = (_completion, _overdue, _usage, _coverage, _documented)
    made = [tile for make in makers if (tile := make(view)) is not None]
    cited = citations(view, [fact for tile in made for fact in tile.fact_ids])
    return Tiles(tuple(made), view.words("headlines.heading"), view.words, cited)


def _main_snapshot(view: View, tables: Any) -> Any:
    needs = (Status.TOTAL, Status.COMPLETED, Status.OVERDUE)
    newest = task_counts.latest_snapshots(tables, needs=needs)
    rows = newest[newest["scope_id"] == task_counts.MAIN_SCOPE]
    return next(records(rows), None)


def _link(view: View, notebook: str) -> str:
    return view.links.format(page=notebook, language=view.words.language)


def _task_tile(view: View, name: str, column: str) -> Tile | None:
    """A count of tasks as a share of all, and its change."""
    words, row, then = view.words, _main_snapshot(view, view.tables), _main_snapshot(view, view.before)
    if row is None:
        return None
    count, value = getattr(row, column), float(getattr(row, column) / row.total)
    if then is None or row.fact_ids == then.fact_ids:
        change = words("change.no_new_count")
    else:
        change = words("change.points", change=words.points(value - float(getattr(then, column) / then.total)))
    note = words(f"tile.{name}.note", count=words.number(count), total=words.number(row.total),
                 period=words.period(row.time_period))  # fmt: skip
    return Tile(
        words(f"tile.{name}"), words.percent(value, 2), note, change, row.fact_ids, _link(view, "task_completion")
    )


def _completion(view: View) -> Tile | None:
    return _task_tile(view, "completion", "completed")


def _overdue(view: View) -> Tile | None:
    return _task_tile(view, "overdue", "overdue")


def _latest(view: View, tables: Any, indicator: str) -> Any:
    rows = indicators.latest_observations(tables, indicators=[indicator]).query("scope == 'national'")
    return next(records(rows), None)


def _usage(view: View) -> Tile | None:
    words = view.words
    row, then = _latest(view, view.tables, "usage_end_to_end"), _latest(view, view.before, "usage_end_to_end")
    if row is None:
        return None
    if then is not None and then.fact_id == row.fact_id:
        change = words("change.no_new_value")
    elif then is None or then.segment != row.segment:
        change = words("change.not_comparable")
    else:
        change = words("change.points", change=words.points(row.obs_value - then.obs_value))
    value = words.value(row.obs_value, row.unit, row.qualifier)
    note = words("tile.period", period=words.period(row.time_period))
    return Tile(words("tile.usage"), value, note, change, row.fact_ids, _link(view, "digital_adoption"))


def _coverage(view: View) -> Tile | None:
    """5G coverage: one value, or the range between sources where they disagree."""
    words = view.words
    row = _latest(view, view.tables, "5g_population_coverage")
    if row is None:
        return None
    clash = next((f for f in view.findings if f.rule == "observation_conflict" and row.fact_id in f.fact_ids), None)
    if clash is None:
        value, change, facts = words.value(row.obs_value, row.unit, row.qualifier), "", row.fact_ids
    else:
        shares = sorted(float(part) for part in clash.values["found_shares"].split(";"))
        value = words("range", low=words.percent(shares[0]), high=words.percent(shares[-1]))
        change, facts = words("change.conflict"), clash.fact_ids
    note = words("tile.period", period=words.period(row.time_period))
    return Tile(words("tile.coverage"), value, note, change, facts, _link(view, "digital_adoption"))


def _documented(view: View) -> Tile | None:
    """Commitments that stand on more than words."""
    words, ladder = view.words, commitments.evidence_counts(view.tables)
    total = int(ladder["count"].sum())
    if not total:
        return None
    beyond = int(ladder.loc[ladder["evidence_level"] != EvidenceLevel.STATED, "count"].sum())
    facts = tuple(fact for ids in ladder["fact_ids"] for fact in ids)
    before = int(commitments.evidence_counts(view.before)["count"].sum())
    value = words("tile.documented.value", beyond=words.number(beyond), total=words.number(total))
    teasers = int((view.tables["commitments"]["section"] == "sidebar").sum())
    note = words("tile.documented.note", share=words.percent(ratio(beyond, total), 1))
    if teasers:
        note = words("tile.documented.teasers", note=note, count=words.number(teasers))
    change = (
        words("change.commitments", change=words.signed(total - before)) if total != before else words("change.none")
    )
    return Tile(words("tile.documented"), value, note, change, facts, _link(view, "enterprise_commitments"))
