"""The figures of the notebook `digital_adoption` about judging: paths to a target, and ratings by several methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from r57lib.charts import lines
from r57lib.data.tables import records
from r57lib.figures.cells import aim, dated, family, keyed, level, mark, measured, observed, publisher, readable, shown
from r57lib.figures.compose import compose
from r57lib.figures.digital_adoption import COVERAGE, NOTEBOOK, STATIONS
from r57lib.figures.registry import figure
from r57lib.measures import indicators
from r57lib.measures.progress import DAYS_PER_MONTH, PATHS, expected, ratio, share_closed, years_between
from r57lib.page.parts import Figure
from r57lib.view.view import View
from r57lib.view.words import MISSING

_COLOURS = {"actual": "series_1", "linear": "reference", "geometric": "series_2", "logistic": "series_3"}
_STEPS = 24
_DECIMALS = {"share": 4, "index": 3, "ratio": 3}
"""Decimals of a value on a path; what is counted has none."""


@figure(NOTEBOOK)
def trajectories(view: View) -> Figure:
    """Each indicator with two comparable values against three paths to its next target (questions 13, 14)."""
    words = view.words
    judged = indicators.verdicts(view.tables, since=pd.Timestamp(view.month.first_day))
    judged = judged[judged["pace_ratio"].notna()].sort_values(["target_period_end", "indicator_id"])
    rows: list[Any] = list(records(judged.drop_duplicates(["indicator_id", "scope"])))
    facts = [row.fact_ids for row in rows]
    table = readable(view, _path_columns(view, rows), facts)
    if not rows:
        return compose(view, "trajectories", table, facts=facts, title="none")
    values = {"count": words.number(len(rows)), "below": words.number(sum(_below(row) for row in rows))}
    used = {path for row in rows for path in PATHS if pd.notna(getattr(row, f"expected_{path}"))}
    return compose(
        view,
        "trajectories",
        table,
        facts=facts,
        values=values,
        draw=lambda texts: lines.path_panels(
            pd.DataFrame([point for row in rows for point in _path(view, row)]),
            texts,
            colours={words(f"part.{part}"): name for part, name in _COLOURS.items() if part in {"actual", *used}},
            points=pd.DataFrame([point for row in rows for point in _points(view, row)]),
        ),
        notes=[words("figure.trajectories.note")],
    )


def _path_columns(view: View, rows: list[Any]) -> dict[str, list[str]]:
    words = view.words
    on_paths = {f"expected_{path}": [_on_path(view, row, path) for row in rows] for path in PATHS}
    return {
        "indicator": [words(f"indicator.{row.indicator_id}") for row in rows],
        "baseline": [_dated(view, row.baseline_value, row.unit, row.baseline_period) for row in rows],
        "actual": [_dated(view, row.actual_value, row.unit, row.actual_period, row.actual_qualifier) for row in rows],
        **on_paths,
        "target": [_aimed(view, row) for row in rows],
        "required_pace": [_per_month(view, row) for row in rows],
        "years_line": [_years(view, row.years_to_target) for row in rows],
        "years_curve": [_years_on_curve(view, row) for row in rows],
    }


def _on_path(view: View, row: Any, path: str) -> str:
    value = getattr(row, f"expected_{path}")
    return MISSING if pd.isna(value) else measured(view.words, round(value, _DECIMALS.get(row.unit, 0)), row.unit)


def _dated(view: View, value: float, unit: str, period: Any, qualifier: str = "exact") -> str:
    text = measured(view.words, value, unit, qualifier)
    return keyed(view.words("dated", value=text, period=view.words.period(period)), text)


def _aimed(view: View, row: Any) -> str:
    return _dated(view, row.target_value, row.unit, row.target_period, row.qualifier)


def _per_month(view: View, row: Any) -> str:
    """What is needed a month from the newest value on: points of a share, or units."""
    words = view.words
    if pd.isna(row.required_run_rate):
        return MISSING
    monthly = row.required_run_rate * DAYS_PER_MONTH
    if row.unit == "share":
        return words("per_month.points", value=words.number(100 * monthly, 2))
    return words("per_month.units", value=words.number(monthly, _DECIMALS.get(row.unit, 0)))


def _years(view: View, years: float) -> str:
    return view.words("years.never") if pd.isna(years) else view.words.number(years, 1)


def _years_on_curve(view: View, row: Any) -> str:
    """Years on the S-curve; none where the indicator has no ceiling."""
    return MISSING if pd.isna(row.expected_logistic) else _years(view, row.years_logistic)


def _below(row: Any) -> bool:
    """Whether the newest value is on the worse side of every path."""
    sign = 1 if row.direction == "up" else -1
    paths = [getattr(row, f"expected_{path}") for path in PATHS]
    return all(sign * row.actual_value < sign * value for value in paths if pd.notna(value))


def _path(view: View, row: Any) -> list[dict[str, Any]]:
    """The points of each path in shares of the time and of the gap, with the words of the panel."""
    words = view.words
    linear = _on_path(view, row, "linear")
    due = pd.isna(row.required_run_rate)
    head: dict[str, Any] = {
        "row": f"{row.indicator_id}/{row.scope}",
        "name": words(f"indicator.{row.indicator_id}"),
        "headline": "",
        "detail": words("trajectory.due", linear=linear) if due
        else words("trajectory.detail", linear=linear, pace=_per_month(view, row)),
        "facts": " ".join(row.fact_ids),
    }  # fmt: skip
    ceiling = None if pd.isna(row.upper_bound) else float(row.upper_bound)
    points: list[dict[str, Any]] = [
        head | {"part": words(f"part.{path}"), "at": step / _STEPS, "height": _height(row, value)}
        for path in PATHS
        for step in range(_STEPS + 1)
        if (value := expected(path, row.baseline_value, row.target_value, step / _STEPS, ceiling=ceiling)) is not None
    ]
    return points


def _height(row: Any, value: float) -> float | None:
    return share_closed(row.baseline_value, value, row.target_value)


def _points(view: View, row: Any) -> list[dict[str, Any]]:
    """What was observed, and the target."""
    words, start, end = view.words, row.baseline_day.date(), row.target_period_end.date()
    newest, first = row.points[-1][0], row.points[0][0]
    texts = {first: _dated(view, row.baseline_value, row.unit, row.baseline_period),
             newest: _dated(view, row.actual_value, row.unit, row.actual_period, row.actual_qualifier)}  # fmt: skip
    places = {first: "start", newest: _place(row)}
    head: dict[str, Any] = {"row": f"{row.indicator_id}/{row.scope}", "facts": " ".join(row.fact_ids)}
    seen = [
        head
        | {
            "part": words("part.actual"),
            "seen": True,
            "at": ratio(years_between(start, day.date()), years_between(start, end)),
            "height": _height(row, value),
            "text": texts.get(day, ""),
            "place": places.get(day, "below"),
            "tip": words("dated", value=words.value(value, row.unit), period=words.date(day)),
        }
        for day, value in row.points
    ]
    target: dict[str, Any] = {
        "part": words("part.linear"),
        "seen": False,
        "at": 1.0,
        "height": 1.0,
        "text": _aimed(view, row),
    }
    return [*seen, head | target | {"place": "left", "tip": _aimed(view, row)}]


def _place(row: Any) -> str:
    """On which side of the newest point its text meets neither a path nor the edge."""
    if row.pace_ratio >= 1:
        return "left"
    if row.expected < 0.6:
        return "right"
    return "above" if row.pace_ratio < 0.5 else "end"


@figure(NOTEBOOK)
def rating_methods(view: View) -> Figure:
    """Every target with an observation by three ratings side by side, and where they disagree (question 15)."""
    words = view.words
    judged = indicators.verdicts(view.tables, since=pd.Timestamp(view.month.first_day))
    judged = judged[judged["refusal"] != "no_observation"]
    rows: list[Any] = list(records(judged.sort_values(["target_period_end", "indicator_id", "scope"])))
    facts = [row.fact_ids for row in rows]
    table = readable(
        view,
        {
            "indicator": [_named(view, row) for row in rows],
            "target": [_aimed(view, row) for row in rows],
            "open_sdg_verdict": [_told(view, row.open_sdg_verdict, row.open_sdg_ratio) for row in rows],
            "linear_verdict": [_told(view, row.linear_verdict, row.linear_ratio) for row in rows],
            "rating": [_ours(view, row) for row in rows],
            "agree": [_agree(view, row) for row in rows],
        },
        facts,
    )
    rated = [row for row in rows if pd.notna(row.agree)]
    if not rated:
        return compose(view, "rating_methods", table, facts=facts, title="none", notes=_reasons(view, rows))
    split = sum(not row.agree for row in rated)
    values = {"count": words.number(len(rated)), "split": words.number(split)}
    rivals = _rivals(rated)
    return compose(
        view,
        "rating_methods",
        table,
        facts=facts,
        values=values | _told_apart(view, rivals),
        title="producers" if rivals else "title" if split else "same",
        notes=[*_reasons(view, rows), words("figure.rating_methods.note")],
    )


def _named(view: View, row: Any) -> str:
    name = view.words(f"indicator.{row.indicator_id}")
    if row.scope == "national":
        return name
    return view.words("indicator.scoped", indicator=name, scope=view.words(f"scope_of.{row.scope}"))


def _told(view: View, verdict: Any, value: float | None) -> str:
    """A verdict with its ratio; none where the method says nothing."""
    words = view.words
    if pd.isna(verdict):
        return MISSING
    name = words(f"open_sdg.{verdict}")
    return name if pd.isna(value) else words("rated", verdict=name, ratio=words.number(value, 3))


def _ours(view: View, row: Any) -> str:
    words = view.words
    if pd.notna(row.refusal):
        return words(f"unrated.{row.refusal}")
    return words(f"rating.{row.rating}")


def _agree(view: View, row: Any) -> str:
    return MISSING if pd.isna(row.agree) else view.words("methods.agree" if row.agree else "methods.disagree")


def _reasons(view: View, rows: list[Any]) -> list[str]:
    """Which indicators have no rating as their way of counting changed, and which as they are ranks."""
    words = view.words
    notes = []
    for refusal, note in (("series_break", "note_break"), ("rank", "note_rank")):
        named = list(dict.fromkeys(_named(view, row) for row in rows if row.refusal == refusal))
        if named:
            notes.append(words(f"figure.rating_methods.{note}", named="; ".join(named)))
    return notes


def _rivals(rated: list[Any]) -> list[Any]:
    """The rows of the first target that two producers of one family judge differently by the Open SDG ratio."""
    for row in rated:
        same = [
            other for other in rated
            if (other.family, other.scope, other.target_period) == (row.family, row.scope, row.target_period)
        ]  # fmt: skip
        if len({other.open_sdg_verdict for other in same if pd.notna(other.open_sdg_verdict)}) > 1:
            return same
    return []


def _told_apart(view: View, rivals: list[Any]) -> dict[str, str]:
    if not rivals:
        return {}
    words, first = view.words, rivals[0]
    told = [
        words("open_sdg.by", verdict=words(f"open_sdg.{row.open_sdg_verdict}"),
              producer=words(f"agency.{row.producer_id}"))
        for row in rivals
    ]  # fmt: skip
    return {
        "indicator": words(f"indicator.{first.family}"),
        "target": aim(view, first, first.unit),
        "deadline": words.period(first.target_period),
        "told": ", ".join(told),
    }


# --- The figures of the notebook `digital_adoption` about outcomes: the digital economy, ranks, and the rest ---


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
