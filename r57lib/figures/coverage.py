"""The figure of the notebook `digital_adoption` about 5G coverage."""

from __future__ import annotations

from typing import Any

import pandas as pd

from r57lib.charts import lines
from r57lib.data.tables import records
from r57lib.figures.adoption import NOTEBOOK
from r57lib.figures.compose import compose, figure
from r57lib.figures.observed import aim, family, mark, observed, publisher, sentence, shown
from r57lib.measures import indicators
from r57lib.page.parts import Figure
from r57lib.view.view import View

COVERAGE = "5g_population_coverage"
STATIONS = "5g_stations"


@figure(NOTEBOOK)
def five_g_coverage(view: View) -> Figure:
    """5G coverage of the population by date and source, against its targets; rival values are not joined."""
    words = view.words
    history = indicators.series(view.tables, indicators=family(view, COVERAGE)).query("scope == 'national'")
    rival = _contested(view, history)
    history = indicators.apart(history.sort_values(["time_period_end", "obs_value"]), rival)
    table = observed(view, history)
    facts = list(history["fact_ids"])
    if history.empty:
        return compose(view, "five_g_coverage", table, facts=facts, title="none")
    targets = _coverage_targets(view, history)
    title, values = _coverage_finding(view, history, rival)
    notes, station_facts = _stations(view)
    return compose(
        view,
        "five_g_coverage",
        table,
        facts=[*facts, *((row.fact_id,) for row in targets), *station_facts],
        values=values,
        title=title,
        draw=lambda texts: lines.time_series(
            _coverage_points(view, list(records(history)), rival),
            texts,
            colours={words("part.covered"): "series_1"},
            percent=True,
            targets=_coverage_marks(view, targets),
        ),
        notes=[*notes, *([words("figure.five_g_coverage.conflict")] if rival else [])],
    )


def _contested(view: View, history: pd.DataFrame) -> set[str]:
    """The facts of a series that stand in a conflict between sources."""
    clashes = [finding.fact_ids for finding in view.findings if finding.rule == "observation_conflict"]
    return {fact for facts in clashes for fact in facts} & set(history["fact_id"])


def _coverage_finding(view: View, history: pd.DataFrame, rival: set[str]) -> tuple[str, dict[str, str]]:
    """The values in conflict, or the newest one."""
    words, newest = view.words, history.iloc[-1]
    clash = [shown(view, row) for row in records(history[history["fact_id"].isin(rival)])]
    values = {"newest": shown(view, newest), "value": sentence(shown(view, newest))}
    values |= {"period": words.period(newest["time_period"]), "values": words.join(clash)}
    return ("title" if clash else "single"), values


def _coverage_targets(view: View, history: pd.DataFrame) -> list[Any]:
    """The targets of the coverage indicators, each value and deadline once."""
    targets = view.tables["targets"]
    own = targets[targets["indicator_id"].isin(set(history["indicator_id"])) & (targets["scope"] == "national")]
    once = own.drop_duplicates(["target_value", "target_period"]).sort_values("target_period_end")
    return list(records(once))


def _coverage_marks(view: View, targets: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(
        {"value": row.target_value, "text": mark(view, row), "edge": "left", "facts": row.fact_id} for row in targets
    )


def _coverage_points(view: View, rows: list[Any], rival: set[str]) -> pd.DataFrame:
    words = view.words
    return pd.DataFrame(
        {
            "day": row.time_period_end,
            "value": row.obs_value,
            "series": words("part.covered"),
            "segment": row.segment,
            "name": shown(view, row),
            "facts": " ".join(row.fact_ids),
            "place": "above" if row.fact_id in rival else "below_right",
            "text": words("point.source", value=shown(view, row), period=words.period(row.time_period),
                          publisher=publisher(view, row.source_id)),
        }
        for row in rows
    )  # fmt: skip


def _stations(view: View) -> tuple[list[str], list[tuple[str, ...]]]:
    """The newest number of stations beside its target, as a sentence, and the facts behind it."""
    words = view.words
    row: Any = next(
        records(indicators.latest_observations(view.tables, indicators=[STATIONS]).query("scope == 'national'")), None
    )
    if row is None:
        return [], []
    target = indicators.next_target(view.tables, indicator=STATIONS, scope="national", day=row.time_period_end)
    if target is None:
        return [], []
    text = words(
        "figure.five_g_coverage.stations",
        actual=shown(view, row),
        period=words.period(row.time_period),
        target=aim(view, target, row.unit),
        deadline=words.period(target.target_period),
    )
    return [text], [(row.fact_id, target.fact_id)]
