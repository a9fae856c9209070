"""The figures of the notebook `digital_adoption` about public services online: offered and used."""

from __future__ import annotations

from typing import Any

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.data.tables import records
from r57lib.figures.cells import (
    aim,
    dated,
    family,
    level,
    mark,
    measured,
    observed,
    publisher,
    readable,
    sentence,
    shown,
    target_mark,
)
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import indicators
from r57lib.measures.progress import DAYS_PER_MONTH
from r57lib.page.parts import Figure
from r57lib.view.view import View

NOTEBOOK = "digital_adoption"
USAGE_INDICATOR = "usage_end_to_end"
LEVEL_COLOURS = {"national": "series_1", "ministries": "series_2", "localities": "series_4"}
_PLACES = {"national": "below", "ministries": "above", "localities": "below"}


@figure(NOTEBOOK, headline=True)
def usage_against_target(view: View) -> Figure:
    """Dossiers handled end to end online over all dossiers, by level, against the target (question 13)."""
    words = view.words
    history = indicators.series(view.tables, indicators=[USAGE_INDICATOR])
    history = history[history["scope"].isin(LEVEL_COLOURS)].sort_values(["time_period_end", "scope"])
    table = observed(view, history)
    national = history[history["scope"] == "national"]
    facts = list(history["fact_ids"])
    if national.empty:
        return compose(view, "usage_against_target", table, facts=facts, title="none")
    newest = national.iloc[-1]
    target = indicators.next_target(
        view.tables, indicator=USAGE_INDICATOR, scope="national", day=newest["time_period_end"]
    )
    title, values = _usage_finding(view, newest, target)
    broken = history[history["series_break"] == "yes"]
    return compose(
        view,
        "usage_against_target",
        table,
        facts=facts if target is None else [*facts, (target.fact_id,)],
        values=values,
        title=title,
        draw=lambda texts: lines.time_series(
            _usage_points(view, list(records(history))),
            texts,
            colours={level(view, scope): name for scope, name in _present(history).items()},
            percent=True,
            ticks=[0.0, 0.2, 0.4, 0.6, 0.8, 1.0],
            targets=target_mark(view, target),
            breaks=_breaks(view, broken),
        ),
        notes=[words(f"figure.usage_against_target.{name}") for name in ["note"] + ["break_note"] * (len(broken) > 0)],
    )


def _present(history: pd.DataFrame) -> dict[str, str]:
    return {scope: name for scope, name in LEVEL_COLOURS.items() if scope in set(history["scope"])}


def _usage_finding(view: View, newest: Any, target: Any) -> tuple[str, dict[str, str]]:
    """Which title the data carry, and the values that fill it."""
    words = view.words
    values = {"newest": shown(view, newest), "value": sentence(shown(view, newest))}
    values |= {"period": words.period(newest["time_period"]), "basis": words(f"basis.{newest['basis']}")}
    if target is None:
        return "alone", values
    missing = target.target_value - newest["obs_value"]
    days = (target.target_period_end - newest["time_period_end"]).days
    values |= {
        "target": aim(view, target),
        "deadline": words.date(target.target_period_end),
        "gap": words.number(100 * missing, 2),
        "days": words.number(days),
    }
    if missing <= 0:
        return "reached", values
    if days <= 0:
        return "due", values
    return ("title" if newest["qualifier"] == "exact" else "qualified"), values


def _usage_points(view: View, rows: list[Any]) -> pd.DataFrame:
    words = view.words
    return pd.DataFrame(
        {
            "day": row.time_period_end,
            "value": row.obs_value,
            "series": level(view, row.scope),
            "segment": row.segment,
            "name": shown(view, row),
            "place": _PLACES[row.scope],
            "facts": " ".join(row.fact_ids),
            "text": words("point.basis", value=shown(view, row), period=words.period(row.time_period),
                          basis=words(f"basis.{row.basis}")),
        }
        for row in rows
    )  # fmt: skip


def _breaks(view: View, broken: pd.DataFrame) -> pd.DataFrame:
    days = broken["time_period_end"].drop_duplicates()
    return pd.DataFrame({"day": days, "text": view.words("series.break")})


@figure(NOTEBOOK)
def usage_gaps(view: View) -> Figure:
    """Each value of usage against each target that was still ahead of it: gap, days left, pace needed (question 13)."""
    words = view.words
    gaps = indicators.target_gaps(view.tables, indicators=[USAGE_INDICATOR]).sort_values(
        ["time_period_end", "scope", "target_period_end"], ascending=[False, False, True]
    )
    rows: list[Any] = list(records(gaps))
    table = readable(
        view,
        {
            "time_period": [dated(words, row.time_period) for row in rows],
            "level": [level(view, row.scope) for row in rows],
            "value": [shown(view, row) for row in rows],
            "target": [measured(words, row.target_value, "share", row.qualifier_target) for row in rows],
            "target_period": [dated(words, row.target_period) for row in rows],
            "gap_points": [_gap(view, row) for row in rows],
            "days_left": [words.number(row.days_left) for row in rows],
            "required_per_month": [_per_month(view, row) for row in rows],
        },
        gaps["fact_ids"],
    )
    national = [row for row in rows if row.scope == "national"]
    if not national:
        return compose(view, "usage_gaps", table, facts=gaps["fact_ids"], title="none")
    return compose(view, "usage_gaps", table, facts=gaps["fact_ids"], values=_gap_values(view, national[0]))


def _gap(view: View, row: Any) -> str:
    """The gap in points; of a value that is "more than" something the gap is less than the difference."""
    return _missing(view, view.words.plain(round(100 * row.gap, 4)), row.qualifier)


def _per_month(view: View, row: Any) -> str:
    return _missing(view, view.words.number(100 * row.required_run_rate * DAYS_PER_MONTH, 2), row.qualifier)


def _missing(view: View, points: str, qualifier: str) -> str:
    return view.words(f"missing.{qualifier}", value=points)


def _gap_values(view: View, row: Any) -> dict[str, str]:
    return {
        "period": sentence(view.words.period(row.time_period)),
        "gap": _gap(view, row),
        "days": view.words.number(row.days_left),
        "pace": _per_month(view, row),
    }


@figure(NOTEBOOK)
def supply_and_usage(view: View) -> Figure:
    """Procedures offered end to end against dossiers handled end to end, by level (question 16)."""
    words = view.words
    gaps = indicators.supply_usage_gap(view.tables)
    rows: list[Any] = list(records(gaps))
    table = readable(
        view,
        {
            "level": [level(view, row.scope) for row in rows],
            "offered": [measured(words, row.supply, "share", row.supply_qualifier) for row in rows],
            "offered_period": [dated(words, row.supply_period) for row in rows],
            "used": [measured(words, row.usage, "share", row.usage_qualifier) for row in rows],
            "used_period": [dated(words, row.usage_period) for row in rows],
            "supply_usage_gap": [words.points(row.supply_usage_gap) for row in rows],
        },
        gaps["fact_ids"],
    )
    if not rows:
        return compose(view, "supply_and_usage", table, facts=[], title="none")
    colours = {words("part.offered"): "series_1", words("part.used"): "series_4"}
    return compose(
        view,
        "supply_and_usage",
        table,
        facts=gaps["fact_ids"],
        values=_pair_values(view, rows),
        title=_pair_title(gaps),
        draw=lambda texts: bars.dumbbells(_pair_ends(view, rows), texts, colours=colours),
        notes=[words("figure.supply_and_usage.note")],
    )


def _pair_title(gaps: pd.DataFrame) -> str:
    """The levels differ in sign, or each is told by itself."""
    sign = dict(zip(gaps["scope"], gaps["supply_usage_gap"] > 0, strict=True))
    return "title" if sign == {"ministries": False, "localities": True} else "each"


def _pair_values(view: View, rows: list[Any]) -> dict[str, str]:
    words = view.words
    each = [
        words("supply_usage.more" if row.supply_usage_gap > 0 else "supply_usage.less",
              level=level(view, row.scope), gap=words.number(100 * abs(row.supply_usage_gap), 2))
        for row in rows
    ]  # fmt: skip
    offered, used = ({words.period(getattr(row, name)) for row in rows} for name in ("supply_period", "usage_period"))
    return {"each": sentence("; ".join(each)), "offered": words.join(sorted(offered)), "used": words.join(sorted(used))}


def _pair_ends(view: View, rows: list[Any]) -> pd.DataFrame:
    """Both ends of each pair, in long form."""
    words = view.words
    texts = [
        words(
            "supply_usage.text",
            supply=words.value(row.supply, "share", row.supply_qualifier),
            usage=words.value(row.usage, "share", row.usage_qualifier),
        )
        for row in rows
    ]
    return pd.DataFrame(
        {
            "row": level(view, row.scope),
            "part": words(f"part.{part}"),
            "value": value,
            "facts": " ".join(row.fact_ids),
            "low": min(row.supply, row.usage),
            "high": max(row.supply, row.usage),
            "text": text,
        }
        for row, text in zip(rows, texts, strict=True)
        for part, value in (("offered", row.supply), ("used", row.usage))
    )


@figure(NOTEBOOK)
def supply(view: View) -> Figure:
    """The share of procedures offered online, end to end and in part, by level: supply, not usage."""
    words = view.words
    levels = indicators.supply_levels(view.tables)
    rows: list[Any] = list(records(levels))
    table = readable(
        view,
        {
            "level": [_supply_level(view, row) for row in rows],
            "time_period": [dated(words, row.time_period) for row in rows],
            **{name: [_supplied(view, row, name) for row in rows] for name in ("online", "end_to_end", "in_part")},
        },
        levels["fact_ids"],
    )
    if not rows:
        return compose(view, "supply", table, facts=[], title="none")
    row = next((row for row in rows if row.scope == "localities"), rows[0])
    values = {
        "level": _supply_level(view, row),
        "online": words.percent(row.online),
        "end_to_end": words.percent(row.end_to_end),
    }
    return compose(
        view,
        "supply",
        table,
        facts=levels["fact_ids"],
        values=values,
        draw=lambda texts: bars.stacked_bars(
            pd.DataFrame([part for row in rows for part in _supply_parts(view, row)]),
            texts,
            colours={words(f"part.{part}"): name for part, name in _SUPPLY_COLOURS.items()},
        ),
        notes=[words("figure.supply.note"), *_national_note(view, rows)],
    )


_SUPPLY_COLOURS = {"end_to_end": "series_1", "in_part": "series_2", "not_online": "in_progress"}


def _supply_level(view: View, row: Any) -> str:
    """The level; what a source prints as national is said to be so printed."""
    return view.words("supply.national") if row.scope == "national" else level(view, row.scope)


def _supplied(view: View, row: Any, name: str) -> str:
    """A share of procedures, marked where it is computed from the two others."""
    share = view.words.percent(getattr(row, name))
    return view.words("derived", value=share) if row.derived == name else share


def _supply_parts(view: View, row: Any) -> list[dict[str, Any]]:
    words, parts = view.words, []
    shares = {"end_to_end": row.end_to_end, "in_part": row.in_part, "not_online": 1 - row.online}
    for part, share in shares.items():
        parts.append(
            {
                "row": words("supply.row", level=_supply_level(view, row), period=words.period(row.time_period)),
                "part": words(f"part.{part}"),
                "share": share,
                "text": words.percent(share) if share > 0.1 else "",
                "detail": words.percent(share),
                "facts": " ".join(row.fact_ids),
            }
        )
    return parts


def _national_note(view: View, rows: list[Any]) -> list[str]:
    row = next((row for row in rows if row.scope == "national"), None)
    if row is None:
        return []
    words = view.words
    return [words("figure.supply.national", online=words.percent(row.online), end_to_end=words.percent(row.end_to_end))]


# --- The figure of the notebook `digital_adoption` about 5G coverage ---


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
