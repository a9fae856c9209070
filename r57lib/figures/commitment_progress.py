"""The figures of the notebook `enterprise_commitments` that reckon: pace so far and the growth that promises imply."""

from __future__ import annotations

from typing import Any

import pandas as pd

from r57lib.charts import lines
from r57lib.data.codes import Kind, Qualifier
from r57lib.data.tables import records
from r57lib.figures.cells import readable
from r57lib.figures.compose import compose
from r57lib.figures.enterprise_commitments import (
    NOTEBOOK,
    by_enterprise,
    deadline,
    enterprise,
    latest_text,
    short_name,
    target,
    teasers,
)
from r57lib.figures.registry import figure
from r57lib.measures import commitments
from r57lib.page.parts import Figure
from r57lib.view.view import View
from r57lib.view.words import MISSING

_REFUSALS = ("no_number", "no_deadline", "no_baseline", "no_observation", "other_count")


@figure(NOTEBOOK)
def commitment_pace(view: View) -> Figure:
    """Share achieved against share of the time passed, where a commitment allows it (question 11)."""
    words = view.words
    rows = list(records(commitments.pace_of_commitments(view.tables)))
    refused = list(records(commitments.unpaced_commitments(view.tables)))
    table = readable(
        view,
        {
            "enterprise": [enterprise(view, row.enterprise_id) for row in rows],
            "commitment": [words(f"commitment.{row.commitment_id}") for row in rows],
            "baseline": [_baseline(view, row) for row in rows],
            "target": [target(view, row) for row in rows],
            "target_period": [deadline(view, row) for row in rows],
            "latest": [latest_text(view, row) for row in rows],
            "achieved": [words.percent(row.achieved, 2) for row in rows],
            "expected": [words.percent(row.expected, 2) for row in rows],
            "spi": [words.number(row.spi, 3) for row in rows],
            "rating": [words(f"rating.{row.rating}") for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    values = {
        "count": words.number(len(rows) + len(refused)),
        "paced": words.number(len(rows)),
        "behind": words.number(sum(row.rating == "behind" for row in rows)),
        "spi": _spis(view, rows),
    }
    paced = {row.commitment_id for row in rows}
    rivals = [row for row in list(records(commitments.rival_observations(view.tables))) if row.commitment_id in paced]
    notes = _refusals(view, refused)
    if not rows:
        return compose(view, "commitment_pace", table, facts=[], values=values, title="none", notes=notes)
    return compose(
        view,
        "commitment_pace",
        table,
        facts=[*(row.fact_ids for row in rows), [row.fact_id for row in rivals]],
        values=values,
        title=_pace_title(rows),
        draw=lambda texts: lines.paths(_pace_paths(view, rows), texts, points=_pace_points(view, rows)),
        notes=[*_rivals(view, rows, rivals), *teasers(view, rows), *notes, words("figure.commitment_pace.note")],
    )


def _spis(view: View, rows: list[Any]) -> str:
    """The pace of each, or from the lowest to the highest where they are many."""
    said = [view.words.number(row.spi, 3) for row in sorted(rows, key=lambda row: -row.spi)]
    return view.words("range", low=said[-1], high=said[0]) if len(said) > 3 else view.words.join(said)


def _pace_title(rows: list[Any]) -> str:
    if any(row.rating == "behind" for row in rows):
        return "behind"
    return "one" if len(rows) == 1 else "title"


def _baseline(view: View, row: Any) -> str:
    value = view.words.value(row.baseline_value, row.unit, row.baseline_qualifier)
    return view.words("commitments.value_at", value=value, period=view.words.period(row.baseline_period))


def _rivals(view: View, rows: list[Any], rivals: list[Any]) -> list[str]:
    """The other counts of what is paced, for times that overlap: a note, or none."""
    words, units = view.words, {row.commitment_id: row.unit for row in rows}
    named = [
        words("clash.update", commitment=words(f"commitment.{row.commitment_id}"),
              value=words("commitments.value_at", period=words.period(row.time_period),
                          value=words.value(row.obs_value, units[row.commitment_id], row.qualifier)))
        for row in rivals
    ]  # fmt: skip
    return [words("commitments.rivals", named=words.join(named))] if named else []


def _refusals(view: View, refused: list[Any]) -> list[str]:
    """How many commitments cannot be paced, by reason: a note, or none."""
    words = view.words
    counts = {reason: sum(row.refusal == reason for row in refused) for reason in _REFUSALS}
    reasons = [words(f"refused.{reason}", count=words.number(count)) for reason, count in counts.items() if count]
    values = {"count": words.number(len(refused)), "reasons": words.join(reasons)}
    return [words("commitments.unpaced", **values)] if refused else []


def _pace_paths(view: View, rows: list[Any]) -> pd.DataFrame:
    """The two ends of each straight line, with the words above it."""
    words = view.words
    ends = [
        {
            "row": row.commitment_id,
            "name": short_name(view, row.enterprise_id),
            "headline": words("pace.headline", spi=words.number(row.spi, 3), achieved=words.percent(row.achieved, 2),
                              expected=words.percent(row.expected, 2)),
            "detail": words(f"commitment.{row.commitment_id}"),
            "day": day,
            "height": value / _highest(row),
            "text": words.plain(100 * value if row.unit == "share" else value),
            "facts": " ".join(row.fact_ids),
            "place": place,
        }
        for row in rows
        for day, value, place in (
            (row.baseline_period_end, row.baseline_value, "start"),
            (row.target_period_end, row.target_value, "right"),
        )
    ]  # fmt: skip
    return pd.DataFrame(ends)


def _highest(row: Any) -> float:
    """The greatest value of a path, which sets its scale."""
    return float(max(row.baseline_value, row.target_value, row.latest_value))


def _pace_points(view: View, rows: list[Any]) -> pd.DataFrame:
    """The newest observation of each."""
    points = [
        {
            "row": row.commitment_id,
            "day": row.latest_day,
            "height": row.latest_value / _highest(row),
            "text": _point_text(view, row),
            "facts": " ".join(row.fact_ids),
            "place": _place(row),
        }
        for row in rows
    ]
    return pd.DataFrame(points)


def _point_text(view: View, row: Any) -> str:
    """The value, with the level of evidence where it documents one."""
    value = view.words.value(row.latest_value, row.unit, row.latest_qualifier)
    if row.latest_fact_id not in row.evidence_fact_ids:
        return value
    return view.words("pace.point", value=value, level=view.words(f"evidence_level.{row.evidence_level}").lower())


def _place(row: Any) -> str:
    """On which side of its point the text meets neither the line nor the edge."""
    late = row.expected > 0.5
    if row.spi >= 1:
        return "left" if late else "start"
    return "end" if late else "start"


@figure(NOTEBOOK)
def implied_growth(view: View) -> Figure:
    """The growth a year that promises in money ask for, with the straight line (question 12)."""
    words = view.words
    rows = list(records(commitments.growth_asked(view.tables)))
    steps = commitments.linear_path(view.tables)
    table = readable(
        view,
        {
            "enterprise": [enterprise(view, row.enterprise_id) for row in rows],
            "commitment": [words(f"commitment.{row.commitment_id}") for row in rows],
            "baseline": [_baseline(view, row) for row in rows],
            "baseline_kind": [words(f"kind.{row.baseline_kind}") if _printed(row) else MISSING for row in rows],
            "target": [target(view, row) for row in rows],
            "target_period": [deadline(view, row) for row in rows],
            "straight_line": [_straight(view, row, steps) for row in rows],
            "growth_per_year": [_growth(view, row, row.growth_per_year) for row in rows],
            "growth": [_growth(view, row, row.change) for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    if not rows:
        return compose(view, "implied_growth", table, facts=[], title="none")
    items = [
        words("growth.item", growth=_growth(view, row, row.growth_per_year, sign=""),
              enterprise=short_name(view, row.enterprise_id))
        for row in rows[:2]
    ]  # fmt: skip
    return compose(
        view,
        "implied_growth",
        table,
        facts=[row.fact_ids for row in rows],
        values={"growth": words.join(items)},
        draw=lambda texts: lines.paths(_growth_paths(view, rows, steps), texts),
        notes=[*_baseline_notes(view, rows), *teasers(view, rows)],
    )


def _printed(row: Any) -> bool:
    """Whether a source prints the baseline."""
    return isinstance(row.baseline_kind, str)


def _rounded(row: Any) -> bool:
    """Whether one of the two ends is printed with a qualifier."""
    return any(isinstance(word, str) and word != Qualifier.EXACT for word in (row.baseline_qualifier, row.qualifier))


def _growth(view: View, row: Any, rate: float, *, sign: str = "+") -> str:
    """A growth rate, and `about` where one of its ends is not exact."""
    words = view.words
    signed = (sign if rate > 0 else "") + words.percent(rate)
    return words("qualified", qualifier=words("qualifier.about"), value=signed) if _rounded(row) else signed


def _straight(view: View, row: Any, steps: pd.DataFrame) -> str:
    """`2026: USD 480 million; 2027: USD 640 million; 2028: USD 800 million`."""
    own = steps[(steps["commitment_id"] == row.commitment_id) & (steps["role"] != "baseline")]
    texts = [f"{step.year}: {view.words.value(step.path_value, row.unit)}" for step in list(records(own))]
    return "; ".join(texts) or MISSING


def _growth_paths(view: View, rows: list[Any], steps: pd.DataFrame) -> pd.DataFrame:
    """The straight line of each promise, a point a year."""
    words, drawn = view.words, []
    for row in rows:
        own = list(records(steps[steps["commitment_id"] == row.commitment_id]))
        drawn += [
            {
                "row": row.commitment_id,
                "name": short_name(view, row.enterprise_id),
                "headline": words("growth.headline", growth=_growth(view, row, row.growth_per_year)),
                "detail": words(f"commitment.{row.commitment_id}"),
                "day": pd.Timestamp(step.year, 1, 1),
                "height": step.path_value / max(row.baseline_value, row.target_value),
                "text": _step_text(view, row, step),
                "facts": " ".join(row.fact_ids),
                "place": "start" if step.role == "baseline" else "left",
            }
            for step in own
        ]  # fmt: skip
    return pd.DataFrame(drawn)


def _step_text(view: View, row: Any, step: Any) -> str:
    """The value of a year; the baseline with its qualifier."""
    qualifier = {"baseline": row.baseline_qualifier, "target": row.qualifier}.get(step.role)
    return view.words.value(step.path_value, row.unit, qualifier)


def _baseline_notes(view: View, rows: list[Any]) -> list[str]:
    """Which baselines are projections, and which growth is approximate."""
    words = view.words
    projected = [row for row in by_enterprise(view, rows) if row.baseline_kind == Kind.PROJECTED]
    rounded = [row for row in by_enterprise(view, rows) if _rounded(row)]
    notes = {
        "projected": words.join([short_name(view, row.enterprise_id) for row in projected]),
        "rounded": words.join([_quoted(view, row) for row in rounded]),
    }
    return [words(f"growth.{name}", named=named) for name, named in notes.items() if named]


def _quoted(view: View, row: Any) -> str:
    """`nearly USD 320 million (Tan A Dai Thanh)`."""
    value = view.words.value(row.baseline_value, row.unit, row.baseline_qualifier)
    return view.words("commitments.each", enterprise=value, count=short_name(view, row.enterprise_id))
