"""The figures of the notebook `digital_adoption` about outcomes: the digital economy, ranks, and the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from r57lib.charts import lines
from r57lib.data.tables import records
from r57lib.figures.adoption import NOTEBOOK
from r57lib.figures.compose import compose, dated, figure, readable
from r57lib.figures.coverage import COVERAGE, STATIONS
from r57lib.figures.observed import aim, family, level, mark, observed, publisher, shown
from r57lib.measures import indicators
from r57lib.page.parts import Figure
from r57lib.view.view import View
from r57lib.view.words import MISSING

ECONOMY = "digital_economy_share"
GII = "gii_rank"
EGDI = "egdi_rank"
_CHARTED = {*indicators.SUPPLY, "usage_end_to_end", STATIONS, GII, EGDI}
_CHARTED_FAMILIES = {COVERAGE, ECONOMY}


@figure(NOTEBOOK)
def digital_economy_methods(view: View) -> Figure:
    """The digital economy's share of GDP by two official methods, and three readings of its pace (questions 14, 15)."""
    words = view.words
    history = indicators.series(view.tables, indicators=family(view, ECONOMY)).query("scope == 'national'")
    paces = indicators.pace_methods(view.tables)
    paces = paces[paces["indicator_id"].isin(set(history["indicator_id"]))].sort_values("target_period_end")
    paces = paces.drop_duplicates(["indicator_id", "scope"]).sort_values("years_to_target", ignore_index=True)
    rows: list[Any] = list(records(paces))
    table = readable(view, _pace_columns(view, rows), paces["fact_ids"])
    if not rows:
        facts = list(history["fact_ids"])
        return compose(view, "digital_economy_methods", observed(view, history), facts=facts, title="none")
    first, last = rows[0], rows[-1]
    values = {
        "target": aim(view, first),
        "deadline": words.period(first.target_period),
        "few": _years_apart(view, first.years_to_target),
        "many": _years_apart(view, last.years_to_target),
        "method": words(f"indicator.{first.indicator_id}"),
        "away": words.join([words(f"indicator.{row.indicator_id}") for row in rows if pd.isna(row.years_to_target)]),
    }
    return compose(
        view,
        "digital_economy_methods",
        table,
        facts=[*paces["fact_ids"], *history["fact_ids"]],
        values=values,
        title=_pace_title(rows),
        draw=lambda texts: lines.time_series(
            _series_points(view, list(records(history)), shown),
            texts,
            colours=_economy_colours(view, history),
            percent=True,
            targets=_economy_target(view, first),
        ),
        notes=[words("figure.digital_economy_methods.note")],
    )


def _pace_title(rows: list[Any]) -> str:
    """Years by both methods or by one; or the straight line leads away from the target."""
    if any(pd.isna(row.years_to_target) for row in rows):
        return "away"
    return "title" if len(rows) > 1 else "single"


def _pace_columns(view: View, rows: list[Any]) -> dict[str, list[str]]:
    words = view.words
    return {
        "method": [words(f"indicator.{row.indicator_id}") for row in rows],
        "baseline": [_dated_value(view, row.baseline_value, row.baseline_period) for row in rows],
        "actual": [_dated_value(view, row.actual_value, row.actual_period, row.actual_qualifier) for row in rows],
        "target": [_dated_value(view, row.target_value, row.target_period, row.qualifier) for row in rows],
        "share_closed": [words.percent(row.share_closed, 1) for row in rows],
        "change_per_year": [words.points(row.change_per_year, 3) for row in rows],
        "linear_ratio": [words.number(row.linear_ratio, 3) for row in rows],
        "open_sdg_ratio": [words.number(row.open_sdg_ratio, 3) for row in rows],
        "years_to_target": [_years_apart(view, row.years_to_target) for row in rows],
        "rating": [words(f"rating.{row.rating}") for row in rows],
    }


def _years_apart(view: View, years: float) -> str:
    """Years to the target; None of them when the straight line leads away from it."""
    return view.words("years.never") if pd.isna(years) else view.words.number(years, 1)


def _dated_value(view: View, share: float, period: str, qualifier: str = "exact") -> str:
    """`16.5% (2023)`."""
    words = view.words
    return words("dated", value=words.value(share, "share", qualifier), period=words.period(period))


def _economy_colours(view: View, history: pd.DataFrame) -> dict[str, str]:
    names = sorted(set(history["indicator_id"]))
    return {view.words(f"indicator.{name}"): f"series_{number}" for number, name in enumerate(names, 1)}


def _series_points(view: View, rows: list[Any], name: Callable[[View, Any], str]) -> pd.DataFrame:
    """The points of a series, each named by `name` and told with its source under the pointer."""
    words = view.words
    return pd.DataFrame(
        {
            "day": _year(row.time_period_end),
            "value": row.obs_value,
            "series": words(f"indicator.{row.indicator_id}"),
            "segment": row.segment,
            "name": name(view, row),
            "facts": " ".join(row.fact_ids),
            "text": words("point.source", value=shown(view, row), period=words.period(row.time_period),
                          publisher=publisher(view, row.source_id)),
        }
        for row in rows
    )  # fmt: skip


def _year(day: pd.Timestamp) -> pd.Timestamp:
    """Where the value of a year stands on an axis of years."""
    return pd.Timestamp(day.year, 1, 1)


def _economy_target(view: View, row: Any) -> pd.DataFrame:
    aimed = {"day": _year(row.target_period_end), "value": row.target_value, "text": mark(view, row)}
    return pd.DataFrame([aimed | {"facts": " ".join(row.fact_ids)}])


@figure(NOTEBOOK)
def gii_rank(view: View) -> Figure:
    """The rank in the Global Innovation Index, year by year."""
    return _ranks(view, "gii_rank", GII)


@figure(NOTEBOOK)
def egdi_rank(view: View) -> Figure:
    """The rank in the United Nations E-Government Development Index, survey by survey."""
    return _ranks(view, "egdi_rank", EGDI)


def _ranks(view: View, name: str, indicator: str) -> Figure:
    """Ranks over years with 1 on top; changes in places, never rates."""
    words = view.words
    history = indicators.ranks(view.tables, indicator=indicator)
    rows: list[Any] = list(records(history))
    table = readable(
        view,
        {
            "time_period": [dated(words, row.time_period) for row in rows],
            "rank": [_rank(view, row) for row in rows],
            "rank_of": [words.number(row.rank_of) for row in rows],
            "gained": [words.signed(row.gained) for row in rows],
            "publisher": [publisher(view, row.source_id) for row in rows],
        },
        history["fact_ids"],
    )
    facts = list(history["fact_ids"])
    if not rows:
        return compose(view, name, table, facts=facts, title="none")
    target = indicators.next_target(view.tables, indicator=indicator, scope="national", day=rows[-1].time_period_end)
    return compose(
        view,
        name,
        table,
        facts=facts if target is None else [*facts, (target.fact_id,)],
        values=_rank_values(view, rows),
        title=_rank_title(rows),
        draw=None if len(rows) < 2 else lambda texts: lines.time_series(
            _series_points(view, rows, _rank),
            texts,
            colours={words(f"indicator.{indicator}"): "series_1"},
            reverse=True,
            ticks=_rank_ticks(rows, target),
            targets=_rank_target(view, target),
        ),
    )  # fmt: skip


def _rank(view: View, row: Any) -> str:
    """The bare rank, with the source's qualifier."""
    return view.words.value(row.obs_value, "place", row.qualifier)


def _rank_title(rows: list[Any]) -> str:
    """Whether the newest rank is the first one known, or better, worse or the same as the one before."""
    gained = rows[-1].gained
    if pd.isna(gained):
        return "first"
    return "same" if gained == 0 else "title" if gained > 0 else "worse"


def _rank_values(view: View, rows: list[Any]) -> dict[str, str]:
    words, newest = view.words, rows[-1]
    before = rows[-2] if len(rows) > 1 else newest
    rank = _rank(view, newest)
    return {
        "rank": rank if pd.isna(newest.rank_of) else words("rank.of", rank=rank, count=words.number(newest.rank_of)),
        "period": words.period(newest.time_period),
        "before": words.period(before.time_period),
        "places": words.number(abs(newest.gained)),
        "first": words.period(rows[0].time_period),
    }


def _rank_ticks(rows: list[Any], target: Any) -> list[float]:
    """1 and every twentieth place down to the worst rank shown."""
    worst = max([row.obs_value for row in rows] + ([] if target is None else [target.target_value]))
    return [1.0, *(float(place) for place in range(20, int(worst) + 20, 20))]


def _rank_target(view: View, target: Any) -> pd.DataFrame | None:
    """The target as a line without a date: its year lies beyond the axis."""
    if target is None:
        return None
    words = view.words
    text = words("target.rank", target=words.number(target.target_value), deadline=words.period(target.target_period))
    return pd.DataFrame([{"value": target.target_value, "text": text, "edge": "left", "facts": target.fact_id}])


@figure(NOTEBOOK)
def other_indicators(view: View) -> Figure:
    """The newest value of every indicator that has no chart of its own."""
    words = view.words
    newest = indicators.latest_observations(view.tables)
    newest = newest[~newest["family"].isin(_CHARTED_FAMILIES) & ~newest["indicator_id"].isin(_CHARTED)]
    rows: list[Any] = list(records(newest))
    table = readable(
        view,
        {
            "indicator": [words(f"indicator.{row.indicator_id}") for row in rows],
            "level": [_name_place(view, row) for row in rows],
            "value": [shown(view, row) for row in rows],
            "time_period": [dated(words, row.time_period) for row in rows],
            "producer": [_producer(view, row) for row in rows],
            "publisher": [publisher(view, row.source_id) for row in rows],
            "confidence": [_confidence(view, row) for row in rows],
        },
        newest["fact_ids"],
    )
    values = {"count": words.number(len(rows))}
    title = "title" if rows else "none"
    return compose(view, "other_indicators", table, facts=newest["fact_ids"], values=values, title=title)


def _name_place(view: View, row: Any) -> str:
    """The level, or the province by its name."""
    return level(view, row.scope) if pd.isna(row.province_code) else view.words(f"province.{row.province_code}")


def _producer(view: View, row: Any) -> str:
    return MISSING if pd.isna(row.producer_id) else view.words(f"agency.{row.producer_id}")


def _confidence(view: View, row: Any) -> str:
    """How the source was read."""
    sources = view.everything["sources"].set_index("source_id")
    return view.words(f"confidence.{sources.loc[row.source_id, 'confidence']}")
