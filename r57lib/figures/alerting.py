"""What an office asks to be warned of: its rules, held against a month; each warning has a key and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

import pandas as pd

from r57lib.data.codes import Status
from r57lib.data.store import body_of
from r57lib.data.tables import records
from r57lib.figures.cells import aimed, indicator_name, sentence
from r57lib.measures import indicators, outcomes, register, task_counts
from r57lib.measures.indicators import Observed, ProgressLine
from r57lib.measures.outcomes import DueOutcome, DueTarget
from r57lib.measures.progress import ratio
from r57lib.measures.task_counts import PublishedCounts
from r57lib.view.view import View


def warnings_of(view: View, rules: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The warnings that rules give for a month, by what they are about, on the report's own day.

    A rule has an `indicator` with `below` or `above`, or `pace_below`, `overdue_above`, `due_in_days` or `target`; the
    values are texts, as they stand in `alerts.yaml`.
    """
    found: dict[str, str] = {}
    for rule in rules:
        for kind, look in _KINDS.items():
            if kind in rule:
                found |= {key: sentence(text) for key, text in look(view, rule)}
    return found


_Found = Iterator[tuple[str, str]]


def _level(view: View, rule: Mapping[str, str]) -> _Found:
    """An indicator below or above a value."""
    words = view.words
    newest = indicators.latest_observations(view.tables, indicators=[rule["indicator"]])
    for row in records(newest[newest["scope"] == rule.get("scope", "national")], Observed):
        for way, limit in ((way, float(rule[way])) for way in ("below", "above") if way in rule):
            if row.obs_value < limit if way == "below" else row.obs_value > limit:
                said = {
                    "value": words.value(row.obs_value, row.unit, row.qualifier),
                    "limit": words.value(limit, row.unit),
                }
                text = words(
                    f"alert.{way}", indicator=indicator_name(view, row), period=words.period(row.time_period), **said
                )
                yield f"{row.indicator_id}/{row.scope}/{row.province_code or ''}/{way} {rule[way]}", text


def _pace(view: View, rule: Mapping[str, str]) -> _Found:
    """A pace towards an open target that is too slow."""
    words, limit = view.words, float(rule["pace_below"])
    for row in records(indicators.progress_lines(view.tables, day=view.day), ProgressLine):
        if pd.notna(row.pace_ratio) and row.pace_ratio < limit and row.rating != "met":
            said = {"pace": words.number(row.pace_ratio, 2), "limit": words.number(limit, 2)}
            text = words(
                "alert.pace", indicator=indicator_name(view, row), target=aimed(view, row),
                deadline=words.period(row.target_period), **said,
            )  # fmt: skip
            yield f"pace/{row.indicator_id}/{row.scope}/{row.target_period}", text


def _overdue(view: View, rule: Mapping[str, str]) -> _Found:
    """A share of tasks that are overdue, by the newest published count of each set of tasks of the programme."""
    words, limit = view.words, float(rule["overdue_above"])
    ours = set(view.tables["task_scopes"].query("programme == 'yes'")["scope_id"])
    counted = task_counts.latest_snapshots(view.tables, needs=(Status.TOTAL, Status.OVERDUE))
    for row in records(counted[counted["scope_id"].isin(ours)], PublishedCounts):
        total, late = row.of(Status.TOTAL), row.of(Status.OVERDUE)
        share = ratio(late, total)
        if share is not None and share > limit:
            said = {"overdue": words.number(late), "total": words.number(total), "share": words.percent(share, 1)}
            yield (
                f"overdue/{row.scope_id}",
                words("alert.overdue", scope=words(f"scope.{row.scope_id}"), limit=words.percent(limit, 1), **said),
            )


def _due(view: View, rule: Mapping[str, str]) -> _Found:
    """Open tasks of a body that fall due in so many days."""
    words, tasks = view.words, register.tasks_of(view.tables)
    last = view.day + timedelta(days=int(rule["due_in_days"]))
    near = tasks["due_date"].between(pd.Timestamp(view.day), pd.Timestamp(last)) & tasks["completed_date"].isna()
    for body, count in tasks[near]["lead_agency"].map(body_of).value_counts().sort_index().items():
        if rule.get("agency", body) == body:
            yield (
                f"due/{body}",
                words(
                    "alert.due", agency=words.agency(str(body)), count=words.number(int(count)), day=words.date(last)
                ),
            )


def _missed(view: View, rule: Mapping[str, str]) -> _Found:
    """A target of the last twelve months that was missed."""
    del rule
    words = view.words
    for row in records(outcomes.due_targets(view.tables, view.day), DueTarget):
        if row.outcome == DueOutcome.MISSED:
            yield f"missed/{row.indicator_id}/{row.scope}/{row.target_period}", words(
                "alert.missed", indicator=indicator_name(view, row), target=aimed(view, row),
                deadline=words.period(row.target_period),
            )  # fmt: skip


_KINDS = {
    "indicator": _level, "pace_below": _pace, "overdue_above": _overdue, "due_in_days": _due, "target": _missed,
}  # fmt: skip
