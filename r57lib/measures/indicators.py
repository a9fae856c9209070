"""Digital-service adoption and the other indicators: series, gaps to target, pace, supply against usage.

Values of another basis (a month's flow, the year so far) and values beyond a break are never joined, and side teasers
stay out unless asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from r57lib.data.codes import Rating
from r57lib.data.tables import Tables, records, remembered
from r57lib.data.values import differ
from r57lib.measures.progress import (
    PATHS,
    agree,
    expected,
    gap,
    logistic_slope,
    logistic_years,
    open_sdg_ratio,
    pace,
    rating,
    ratio,
    required_run_rate,
    share_closed,
    verdict,
    years_between,
    years_to_target,
)

PAIR_DAYS = 31
RIVAL_DAYS = 27
SUPPLY_SCOPES = ("ministries", "localities")
SUPPLY = {
    "procedures_offered_online": "online",
    "procedures_end_to_end": "end_to_end",
    "procedures_partial_online": "in_part",
}
_INDICATOR = ["indicator_id", "family", "side", "unit", "direction", "upper_bound", "producer_id"]


def series(tables: Tables, *, indicators: Iterable[str] | None = None, teasers: bool = False) -> pd.DataFrame:
    """Reported observations in time order, joined to their indicator, with `segment` and `fact_ids`.

    Rows of one `segment` may be joined by a line: same indicator, scope, province and basis, and no break between.
    """
    rows = _all_series(tables, teasers=teasers)
    if indicators is None:
        return rows
    return rows[rows["indicator_id"].isin(list(indicators))].reset_index(drop=True)


@remembered
def _all_series(tables: Tables, *, teasers: bool) -> pd.DataFrame:
    rows = tables["observations"]
    rows = rows[(rows["kind"] == "reported") & (teasers | (rows["section"] == "body"))]
    rows = rows.merge(tables["indicators"][_INDICATOR], on="indicator_id", validate="many_to_one")
    rows = rows.sort_values(["indicator_id", "scope", "time_period_end", "reported_on"], ignore_index=True)
    line = ["indicator_id", "scope", "province_code", "basis"]
    breaks = (rows["series_break"] == "yes").groupby([rows[name] for name in line], dropna=False).cumsum()
    named: list[Any] = list(records(rows[line].fillna("")))
    segments = ["/".join([*row, str(number)]) for row, number in zip(named, breaks, strict=True)]
    rows["segment"] = pd.Series(segments, index=rows.index, dtype="str")
    rows["fact_ids"] = [(fact,) for fact in rows["fact_id"]]
    return rows


def latest_observations(tables: Tables, *, indicators: Iterable[str] | None = None) -> pd.DataFrame:
    """The newest observation of each indicator and scope; of two about one day, the one that became public last."""
    rows = series(tables, indicators=indicators).sort_values(["time_period_end", "reported_on"])
    newest = rows.groupby(["indicator_id", "scope", "province_code"], dropna=False).tail(1)
    return newest.sort_values(["indicator_id", "scope"], ignore_index=True)


@remembered
def progress_lines(tables: Tables, *, since: pd.Timestamp | None = None) -> pd.DataFrame:
    """One line an indicator, scope and target that is not due before `since`.

    Columns of the target, and: baseline_value, baseline_period, actual_value, actual_period, gap, share_closed,
    expected (share of the time passed), pace_ratio, rating, refusal, other_values, fact_ids, and points: the values
    that are comparable with the newest, as (day, value). `refusal` says why there is no pace: no_observation,
    one_observation, series_break, rank, conflict; a target that is reached is met whatever the pace. `other_values`
    holds rival values of less than a month before the newest one.
    """
    targets = tables["targets"].merge(tables["indicators"][_INDICATOR], on="indicator_id", validate="many_to_one")
    if since is not None:
        targets = targets[targets["target_period_end"] >= since]
    history: dict[Any, list[Any]] = {}
    for row in records(series(tables)):
        history.setdefault((row.indicator_id, row.scope), []).append(row)
    lines = [_line(row, history.get((row.indicator_id, row.scope), [])) for row in records(targets)]
    frame = pd.DataFrame(lines, columns=[*targets.columns, *_LINE_COLUMNS])
    return frame.sort_values(["side", "indicator_id", "scope", "target_period_end"], ignore_index=True)


_LINE_COLUMNS = ["baseline_value", "baseline_period", "baseline_day", "actual_value", "actual_period", "actual_day"]
_LINE_COLUMNS += ["actual_qualifier", "gap", "share_closed", "expected", "pace_ratio", "rating", "refusal"]
_LINE_COLUMNS += ["other_values", "fact_ids", "points"]


def _line(target: Any, history: Sequence[Any]) -> dict[str, Any]:
    """The line of a target, from the rows of its indicator and scope in time order."""
    line: dict[str, Any] = dict.fromkeys(_LINE_COLUMNS) | target._asdict()
    line |= {
        "fact_ids": (target.fact_id,),
        "rating": str(Rating.UNKNOWN),
        "refusal": "no_observation",
        "other_values": (),
        "points": (),
    }
    own = [row for row in history if row.time_period_end <= target.target_period_end]
    if not own:
        return line
    newest = own[-1]
    line |= {
        "actual_value": newest.obs_value,
        "actual_period": newest.time_period,
        "actual_day": newest.time_period_end,
        "actual_qualifier": newest.qualifier,
        "gap": gap(newest.obs_value, target.target_value, direction=target.direction),
        "other_values": _rivals(own, newest),
        "fact_ids": (target.fact_id, newest.fact_id),
    }
    return line | _pace(target, line, own)


def _rivals(own: Sequence[Any], newest: Any) -> tuple[float, ...]:
    """Values of less than a month before that differ from the newest one.

    A monthly series so has no rivals in itself, and a correction none in what its own source said of the same period.
    """
    others = {
        row.obs_value
        for row in own
        if (newest.time_period_end - row.time_period_end).days <= RIVAL_DAYS and row.basis == newest.basis
        if (row.source_id, row.time_period) != (newest.source_id, newest.time_period)
    }
    return tuple(sorted(value for value in others if differ(value, newest.obs_value, newest.unit)))


def _pace(target: Any, line: dict[str, Any], own: Sequence[Any]) -> dict[str, Any]:
    if line["other_values"]:
        return {"refusal": "conflict"}
    if line["gap"] <= 0:
        return {"refusal": None, "rating": str(Rating.MET)}
    if target.unit == "rank":
        return {"refusal": "rank"}
    comparable = [row for row in own if row.segment == own[-1].segment]
    if len(comparable) < 2:
        return {"refusal": "one_observation" if len(own) < 2 else "series_break"}
    first = comparable[0]
    closed = share_closed(first.obs_value, line["actual_value"], target.target_value)
    expected = _time_passed(first.time_period_end, line["actual_day"], target.target_period_end)
    reached = pace(closed, expected)
    return {
        "refusal": None,
        "baseline_value": first.obs_value,
        "baseline_period": first.time_period,
        "baseline_day": first.time_period_end,
        "share_closed": closed,
        "expected": expected,
        "pace_ratio": reached,
        "rating": str(rating(reached, closed)),
        "fact_ids": (*line["fact_ids"], first.fact_id),
        "points": tuple((row.time_period_end, row.obs_value) for row in comparable),
    }


def _time_passed(start: pd.Timestamp, day: pd.Timestamp, deadline: pd.Timestamp) -> float | None:
    """The share of the time that has passed, in years: at the end of 2025, 2 of the 7 from the end of 2023 to 2030."""
    return ratio(years_between(start.date(), day.date()), years_between(start.date(), deadline.date()))


def pace_methods(tables: Tables) -> pd.DataFrame:
    """The progress lines that have a pace, with what `verdicts` adds."""
    rows = verdicts(tables)
    return rows[rows["pace_ratio"].notna()].reset_index(drop=True)


def verdicts(tables: Tables, *, since: pd.Timestamp | None = None, day: date | None = None) -> pd.DataFrame:
    """The progress lines by several methods: paths, years to target, and ratings side by side.

    Adds years (baseline to actual), horizon (baseline to target), change_per_year; expected_linear, expected_geometric
    and expected_logistic, the value on each path on the day of the actual value, or on `day`; required_run_rate (a
    day, from the actual value to the target); years_to_target (straight line) and years_logistic (S-curve through all
    comparable values); linear_ratio and open_sdg_ratio with the verdict of Open SDG's bands on each, linear_verdict
    and open_sdg_verdict; and agree, whether those and our rating say the same. Without a pace all of them are missing,
    but for the verdicts on a target that is reached.
    """
    lines = progress_lines(tables, since=since)
    rows = [_methods(row, day) for row in records(lines)]
    added = pd.DataFrame(rows, columns=_METHOD_COLUMNS, index=lines.index)
    return lines.join(added, validate="one_to_one")


_METHOD_COLUMNS = ["years", "horizon", "change_per_year", *(f"expected_{path}" for path in PATHS)]
_METHOD_COLUMNS += ["required_run_rate", "years_to_target", "years_logistic", "linear_ratio", "open_sdg_ratio"]
_METHOD_COLUMNS += ["linear_verdict", "open_sdg_verdict", "agree"]


def _methods(row: Any, day: date | None) -> dict[str, Any]:
    reached = row.rating == Rating.MET
    methods: dict[str, Any] = {"linear_ratio": None, "open_sdg_ratio": None} if reached else {}
    if pd.notna(row.pace_ratio):
        methods = _readings(row, day)
    if not methods:
        return methods
    linear, open_sdg = (verdict(methods[f"{name}_ratio"], reached=reached) for name in ("linear", "open_sdg"))
    told = {"linear_verdict": linear, "open_sdg_verdict": open_sdg, "agree": agree(linear, open_sdg, row.rating)}
    return methods | told


def _readings(row: Any, day: date | None) -> dict[str, Any]:
    """A pace by its paths, speeds and ratios."""
    start, now, end = (each.date() for each in (row.baseline_day, row.actual_day, row.target_period_end))
    years, horizon = years_between(start, now), years_between(start, end)
    passed = min(1.0, years_between(start, day or now) / horizon)
    values, ceiling = (row.baseline_value, row.actual_value), _ceiling(row)
    slope = logistic_slope([(years_between(start, at.date()), value) for at, value in row.points], ceiling=ceiling)
    on_path = {
        f"expected_{path}": expected(path, row.baseline_value, row.target_value, passed, ceiling=ceiling)
        for path in PATHS
    }
    return on_path | {
        "years": years,
        "horizon": horizon,
        "change_per_year": (row.actual_value - row.baseline_value) / years,
        "required_run_rate": required_run_rate(row.target_value - row.actual_value, now, end),
        "years_to_target": years_to_target(*values, years, row.target_value),
        "years_logistic": logistic_years(row.actual_value, row.target_value, slope, ceiling=ceiling),
        "linear_ratio": row.pace_ratio,
        "open_sdg_ratio": open_sdg_ratio(*values, row.target_value, years, horizon, direction=row.direction),
    }


def _ceiling(row: Any) -> float | None:
    """What a value can reach at most: its upper bound, 1 for a share; None where nothing bounds it."""
    if pd.notna(row.upper_bound):
        return float(row.upper_bound)
    return 1.0 if row.unit == "share" else None


def target_gaps(tables: Tables, *, indicators: Iterable[str]) -> pd.DataFrame:
    """Each observation against each target that was still ahead of it: gap, days_left, required_run_rate a day.

    For example 39.98% on 26 October 2025 against 80% by 31 December: 40.02 points in 66 days.
    """
    observed = series(tables, indicators=indicators)
    targets = tables["targets"][
        ["indicator_id", "scope", "target_value", "target_period", "target_period_end", "qualifier", "fact_id"]
    ]
    pairs = observed.merge(
        targets, on=["indicator_id", "scope"], suffixes=("", "_target"), validate="many_to_many"
    )  # each observation meets every target of its indicator
    pairs = pairs[pairs["time_period_end"] < pairs["target_period_end"]].reset_index(drop=True)
    rows: list[Any] = list(records(pairs))
    pairs["gap"] = [gap(row.obs_value, row.target_value, direction=row.direction) for row in rows]
    pairs["days_left"] = (pairs["target_period_end"] - pairs["time_period_end"]).dt.days
    pairs["required_run_rate"] = [
        required_run_rate(remaining, row.time_period_end.date(), row.target_period_end.date())
        for remaining, row in zip(pairs["gap"], rows, strict=True)
    ]
    pairs["fact_ids"] = list(zip(pairs["fact_id"], pairs["fact_id_target"], strict=True))
    return pairs


def next_target(tables: Tables, *, indicator: str, scope: str, day: pd.Timestamp) -> Any:
    """The target that falls due first on or after `day`, or else the last one before it; None where there is none."""
    targets = tables["targets"].query("indicator_id == @indicator and scope == @scope")
    targets = targets.sort_values(["target_period_end", "reported_on", "fact_id"])
    ahead = targets[targets["target_period_end"] >= day]
    return next(records(targets.iloc[::-1]) if ahead.empty else records(ahead), None)


def supply_levels(tables: Tables, *, newest: int = 2) -> pd.DataFrame:
    """The share of procedures offered online, end to end and in part: the `newest` periods of each level.

    Columns: scope, time_period, time_period_end, online, end_to_end, in_part, derived, fact_ids. Of online = end to end
    + in part, the one that no source prints is computed from the other two and named in `derived`.
    """
    rows = series(tables, indicators=list(SUPPLY)).drop_duplicates(
        ["indicator_id", "scope", "time_period"], keep="last"
    )
    found = [_supply(rows.loc[group.index]) for _, group in rows.groupby(["scope", "time_period"])]
    levels = pd.DataFrame(found, columns=_SUPPLY_COLUMNS).dropna(subset=["online", "end_to_end"])
    levels = levels.sort_values(["time_period_end", "scope"], ascending=[False, True])
    return levels.groupby("scope").head(newest).reset_index(drop=True)


_SUPPLY_COLUMNS = ["scope", "time_period", "time_period_end", "online", "end_to_end", "in_part", "derived", "fact_ids"]


def _supply(rows: pd.DataFrame) -> dict[str, Any]:
    first = rows.iloc[0]
    level: dict[str, Any] = {
        SUPPLY[name]: value for name, value in zip(rows["indicator_id"], rows["obs_value"], strict=True)
    }
    level |= {name: first[name] for name in ("scope", "time_period", "time_period_end")}
    level |= {"derived": "", "fact_ids": tuple(rows["fact_id"])}
    if "end_to_end" not in level:
        return level
    if "online" in level and "in_part" not in level:
        level |= {"in_part": level["online"] - level["end_to_end"], "derived": "in_part"}
    elif "in_part" in level and "online" not in level:
        level |= {"online": level["in_part"] + level["end_to_end"], "derived": "online"}
    return level


def supply_usage_gap(tables: Tables) -> pd.DataFrame:
    """Procedures offered end to end against dossiers handled end to end, by level.

    Each newest usage of ministries and of localities is paired with the nearest supply of the same level at most 31
    days away; a national supply stays out, for what the press prints as national is very probably that of the
    ministries. Columns: scope, supply, supply_qualifier, supply_period, usage, usage_qualifier, usage_period,
    supply_usage_gap (supply - usage), fact_ids. The two shares have different denominators, procedures and dossiers:
    the gap says where services exist but are not used.
    """
    supplies = series(tables, indicators=["procedures_end_to_end"])
    usages = latest_observations(tables, indicators=["usage_end_to_end"])
    levels: list[Any] = list(records(usages[usages["scope"].isin(SUPPLY_SCOPES)]))
    rows = []
    for usage in levels:
        same = supplies[supplies["scope"] == usage.scope].reset_index(drop=True)
        days = [abs((day - usage.time_period_end).days) for day in same["time_period_end"]]
        if days and min(days) <= PAIR_DAYS:
            rows.append(_pair(usage, same.iloc[days.index(min(days))]))
    return pd.DataFrame(rows, columns=_PAIR_COLUMNS)


_PAIR_COLUMNS = ["scope", "supply", "supply_qualifier", "supply_period", "usage", "usage_qualifier", "usage_period"]
_PAIR_COLUMNS += ["supply_usage_gap", "fact_ids"]


def _pair(usage: Any, supply: pd.Series[Any]) -> dict[str, Any]:
    values = (
        usage.scope,
        *(supply[name] for name in ("obs_value", "qualifier", "time_period")),
        *(usage.obs_value, usage.qualifier, usage.time_period),
        supply["obs_value"] - usage.obs_value,
        (supply["fact_id"], usage.fact_id),
    )
    return dict(zip(_PAIR_COLUMNS, values, strict=True))


def apart(rows: pd.DataFrame, contested: Collection[str]) -> pd.DataFrame:
    """The rows of a series, cut before and after each fact in `contested`: no line leads to or from a rival value."""
    rival = rows["fact_id"].isin(list(contested))
    cut = (rival | rival.shift(fill_value=False)).cumsum()
    return rows.assign(segment=rows["segment"] + "/" + cut.astype(str))


def ranks(tables: Tables, *, indicator: str) -> pd.DataFrame:
    """The ranks of an indicator in time order, with `gained`: places gained since the rank before (lost if negative).

    Places are differences of ranks, never rates: how many are ranked changes from year to year. Of two ranks for one
    period, the one that became public last.
    """
    rows = series(tables, indicators=[indicator]).query("scope == 'national'")
    rows = rows.drop_duplicates("time_period", keep="last", ignore_index=True)
    return rows.assign(gained=-rows["obs_value"].diff())
