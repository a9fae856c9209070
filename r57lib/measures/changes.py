"""What changed from one state of the tables to another: single changes found by rules that can be read, ranked.

A rule is a function of the tables now and before. Each change names the facts that it rests on and the figure that
shows it; what a reader is told of it, `r57lib.figures.overview` puts into words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from r57lib.data.checks import conflicting
from r57lib.data.codes import Status
from r57lib.data.tables import Tables, programme, records, remembered
from r57lib.measures import commitments, indicators, quality, register, task_counts


@dataclass(frozen=True)
class Change:
    """One change: `rule` names its sentence, `weight` ranks it, `values` fill the sentence."""

    rule: str
    weight: float
    figure: str
    values: Mapping[str, Any] = field(default_factory=dict)
    fact_ids: tuple[str, ...] = ()


@remembered
def changes_between(now: Tables, before: Tables, *, day: date | None = None) -> list[Change]:
    """Every change that a rule finds, the weightiest first; of equal weight in the order of their values.

    Of a report's `day` no pace against a target that fell due by then: it has an outcome.
    """
    found = [change for rule in RULES for change in rule(now, before) if day is None or not _of_the_past(change, day)]
    return sorted(found, key=lambda change: (-change.weight, change.rule, str(sorted(change.values.items()))))


def corrections_between(now: Tables, before: Tables) -> list[Change]:
    """What a month says otherwise than when it was published before, from the same tables of then.

    The values that corrections took the place of come first; of what else the rules find, that which rests on a fact
    that the month did not hold.
    """
    revised = [*corrected_values(now, before)]
    told = {fact for change in revised for fact in change.fact_ids}
    known = set(before.facts()["fact_id"])
    others = [
        change
        for change in changes_between(now, before)
        if not (change.fact_ids and known.issuperset(change.fact_ids)) and not told.intersection(change.fact_ids[:1])
    ]
    return revised + others


def corrected_values(now: Tables, before: Tables) -> Iterator[Change]:
    """Values that stood before, and that a correction has taken the place of, the largest change first."""
    gone = (now.replaced or {}).get("observations")
    if gone is None:
        return
    after, then = dict(zip(gone["fact_id"], gone["replaced_by"], strict=True)), before["observations"]
    stood = then[then["fact_id"].isin(after)].set_index("fact_id")
    told = records(indicators.series(now), indicators.Observed)
    rows, pairs = {fact: row for row in told for fact in row.fact_ids}, []
    for fact, old in stood.iterrows():
        newest = str(fact)
        while newest in after:
            newest = after[newest]
        if newest in rows and rows[newest].obs_value != old["obs_value"]:
            own = asdict(rows[newest]) | {"fact_ids": (newest, str(fact))}
            was = {"obs_value_before": old["obs_value"], "qualifier_before": old["qualifier"],
                   "time_period_before": old["time_period"], "fact_id_before": str(fact)}  # fmt: skip
            moved = {"change": rows[newest].obs_value - old["obs_value"], "comparable": True}
            pairs.append(quality.ChangedIndicator(**own, **was, **moved))
    for row in sorted(pairs, key=lambda row: (-abs(row.change) / max(abs(row.obs_value_before), 1e-9), row.fact_id)):
        yield Change("revised", 95, figure_of(now, row.indicator_id), {"row": row}, row.fact_ids)


def _of_the_past(change: Change, day: date) -> bool:
    return change.rule in ("rating", "rated") and change.values["row"].target_period_end <= pd.Timestamp(day)


def new_conflicts(now: Tables, before: Tables) -> Iterator[Change]:
    """Sources that disagree now, and did not before."""
    known = {finding.fact_ids for finding in conflicting(before)}
    for finding in conflicting(now):
        if finding.fact_ids not in known:
            yield Change("conflict", 100, "conflicts", {"finding": finding}, finding.fact_ids)


def became_overdue(now: Tables, before: Tables) -> Iterator[Change]:
    """Tasks of the register that were open in time and are overdue, and overdue ones that were done."""
    if register.register_day(before) is None:
        return
    moves = register.transitions(register.tasks_of(before), register.tasks_of(now))
    into = moves[(moves["after"] == Status.OVERDUE) & (moves["before"] != Status.OVERDUE)]["task_count"].sum()
    out = moves[(moves["before"] == Status.OVERDUE) & (moves["after"] != Status.OVERDUE)]["task_count"].sum()
    stock = int((register.tasks_of(now)["status"] == Status.OVERDUE).sum())
    if into or out:
        yield Change("overdue", 90, "status_transitions", {"into": int(into), "out": int(out), "stock": stock})


def restated_tasks(now: Tables, before: Tables) -> Iterator[Change]:
    """Tasks whose day of completion is another one than was reported before."""
    keys = ["key", "completed_date"]
    then, today = (register.tasks_of(each).query("completed_date.notna()")[keys] for each in (before, now))
    both = then.merge(today, on="key", suffixes=("_before", ""), validate="one_to_one")
    count = int((both["completed_date"] != both["completed_date_before"]).sum())
    if count:
        yield Change("restated", 85, "register_counts", {"count": count})


def revised_values(now: Tables, before: Tables) -> Iterator[Change]:
    """Values about an earlier period that a later fact states otherwise."""
    last = before["observations"]["time_period_end"].max()
    keys = ["indicator_id", "scope", "province_code", "basis", "time_period", "source_id"]
    rows = indicators.series(now).sort_values("reported_on")
    rows = rows[rows["time_period_end"] <= last]
    for _, own in rows.groupby(keys, dropna=False):
        first, newest = own.iloc[0], own.iloc[-1]
        if first["obs_value"] != newest["obs_value"] and newest["reported_on"] > last:
            before_it = {
                "obs_value_before": first["obs_value"],
                "qualifier_before": first["qualifier"],
                "time_period_before": None,
            }
            pair = {"fact_id_before": first["fact_id"], "fact_ids": [(newest["fact_id"], first["fact_id"])]}
            moved = {"change": newest["obs_value"] - first["obs_value"], "comparable": True}
            row = next(records(own.tail(1).assign(**before_it, **pair, **moved), quality.ChangedIndicator))
            yield Change("revised", 80, figure_of(now, row.indicator_id), {"row": row}, row.fact_ids)


def crossed_targets(now: Tables, before: Tables) -> Iterator[Change]:
    """Targets that are reached now, and indicators whose rating against a target is another one."""
    keys = ["indicator_id", "scope", "target_period"]
    then = indicators.progress_lines(before).set_index(keys)["rating"].to_dict()
    for row in records(indicators.progress_lines(now), indicators.ProgressLine):
        was = then.get((row.indicator_id, row.scope, row.target_period), "unknown")
        if row.rating == was or row.rating == "unknown":
            continue
        rule, weight = ("rating", 72) if was != "unknown" else ("rated", 42)
        if row.rating == "met":
            rule, weight = "target_met", 78
        values = {"row": row, "was": was, "rating": row.rating}
        yield Change(rule, weight, "status_board", values, row.fact_ids)


def new_counts(now: Tables, before: Tables) -> Iterator[Change]:
    """Published counts of tasks that the report before did not hold; of a list that changed, the count before too."""
    known = set(before["task_snapshots"]["fact_id"])
    for row in records(task_counts.snapshots(now), task_counts.PublishedCounts):
        if known.issuperset(row.fact_ids) or pd.isna(row.completed) or pd.isna(row.total):
            continue
        then = task_counts.count_before(now, row)
        grew = then is not None and task_counts.not_comparable(row, then) is not None
        main = row.scope_id == programme(now).main_scope_id
        facts = (*row.fact_ids, *(then.fact_ids if then and grew else ()))
        values = {"row": row, "then": then if grew else None}
        yield Change("count_grew" if grew else "count", 70 + 5 * main, "published_counts", values, facts)


def moved_values(now: Tables, before: Tables) -> Iterator[Change]:
    """Newer values of indicators: how far they moved, or why that cannot be said; first ones are counted together."""
    changed = quality.changed_indicators(now, before)
    clashes = [finding.fact_ids for finding in conflicting(now)]
    disputed = {fact for clash in clashes for fact in clash}
    for row in records(changed[changed["obs_value_before"].notna()], quality.ChangedIndicator):
        if row.fact_id in disputed:
            continue  # the conflict is told, and no move from one source's value to another's
        size = abs(row.change) if row.unit == "share" else abs(row.change) / max(abs(row.obs_value_before), 1e-9)
        rule = "not_comparable" if not row.comparable else "rank" if row.unit == "rank" else "moved"
        if not row.change:
            rule = "unchanged"
        weight = {"not_comparable": 50, "unchanged": 20}.get(rule, 55) + min(10, 10 * size)
        yield Change(rule, weight, figure_of(now, row.indicator_id), {"row": row}, row.fact_ids)
    for indicator, own in changed[changed["obs_value_before"].isna()].groupby("indicator_id"):
        rows = list(records(own.sort_values("obs_value"), quality.ChangedIndicator))
        values = {"indicator": indicator, "rows": rows}
        rule = "first" if len(own) == 1 else "firsts"
        yield Change(rule, 40, figure_of(now, rows[0].indicator_id), values, tuple(own["fact_id"]))


def figure_of(tables: Tables, indicator: str) -> str:
    """The figure that shows an indicator."""
    figures = tables["indicators"].set_index("indicator_id")["figure"]
    return str(figures[indicator]) if pd.notna(figures[indicator]) else "other_indicators"


def commitments_moved(now: Tables, before: Tables) -> Iterator[Change]:
    """Commitments whose promise is met now, and how many new ones there are, each once and without teasers."""
    then = {row.commitment_id: row.reached for row in records(commitments.register(before), commitments.Standing)}
    for row in records(commitments.register(now), commitments.Standing):
        if row.commitment_id in then and row.reached and not row.disputed and not then[row.commitment_id]:
            yield Change("promise_met", 76, "commitment_register", {"row": row}, row.fact_ids)
    counted = records(commitments.headline_commitments(now), commitments.Standing)
    added = [row for row in counted if row.commitment_id not in then]
    if added:
        facts = tuple(fact for row in added for fact in row.fact_ids)
        enterprises = sorted({row.enterprise_id for row in added})
        values = {"count": len(added), "enterprises": enterprises}
        yield Change("promises", 45, "commitment_register", values, facts)


RULES: tuple[Callable[[Tables, Tables], Iterator[Change]], ...] = (
    new_conflicts,
    became_overdue,
    restated_tasks,
    revised_values,
    crossed_targets,
    new_counts,
    moved_values,
    commitments_moved,
)
