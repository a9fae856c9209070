"""Digital-service adoption and the other indicators: series, gaps to target, pace, supply against usage.

Values of another basis (a month's flow, the year so far) and values beyond a break are never joined, and side teasers
stay out unless asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pandas as pd

from r57lib.data.codes import Qualifier, Rating
from r57lib.data.rows import Observation, Target
from r57lib.data.tables import Tables, records, remembered, rows_where, shown_in
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
    reaches,
    required_run_rate,
    share_closed,
    time_share,
    verdict,
    years_between,
    years_to_target,
)

PAIR_DAYS = 31
RIVAL_DAYS = 27
SUPPLY_SCOPES = ("ministries", "localities")
ONE_TARGET = ["family", "scope", "target_value", "target_period_end"]
"""What makes one target, whatever the number of documents that state it and of bodies that measure it."""
_INDICATOR = ["indicator_id", "family", "side", "unit", "direction", "upper_bound", "producer_id"]


@dataclass(frozen=True, slots=True)
class Observed(Observation):
    """An observation with its indicator; those of one `segment` may be joined by a line."""

    family: str
    side: str
    unit: str
    direction: str
    upper_bound: float
    producer_id: str | None
    segment: str
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranked(Observed):
    """A rank; `gained` are the places since the rank before, lost if negative."""

    gained: float


@dataclass(frozen=True, slots=True)
class Aimed(Target):
    """A target with its indicator; `told_in` are the facts of all documents that state it."""

    family: str
    side: str
    unit: str
    direction: str
    upper_bound: float
    producer_id: str | None
    told_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProgressLine(Aimed):
    """How an indicator stands to a target; what is not known is missing.

    `expected` is the share of the time passed. `refusal` says why there is no pace: no_observation, one_observation,
    series_break, rank, conflict, approximate (the value is about the target), baseline_at_target or baseline_beyond
    (nothing was open at first, and is now); a target that is reached is met whatever the pace. `other_values` holds
    the rivals of the newest value, of less than a month before it, each with its qualifier; `points` the values that
    are comparable with it, as (day, value).
    """

    baseline_value: float
    baseline_period: str
    baseline_day: pd.Timestamp
    actual_value: float
    actual_period: str
    actual_day: pd.Timestamp
    actual_qualifier: str
    gap: float
    share_closed: float
    expected: float
    pace_ratio: float
    rating: str
    refusal: str | None
    other_values: tuple[tuple[float, str], ...]
    fact_ids: tuple[str, ...]
    points: tuple[tuple[pd.Timestamp, float], ...]


@dataclass(frozen=True, slots=True)
class Judged(ProgressLine):
    """A progress line by several methods: paths, years to target, and ratings side by side.

    `years` from baseline to actual, `horizon` from baseline to target. `expected_*` is the value on each path on the
    day of the actual value; `required_run_rate` a day, from the day that was asked for, or that of the actual value, to
    the target. `years_to_target` is by the straight line from the first comparable value to the newest, `years_step` by
    that from the last but one, where there are more than two; `years_logistic` by the S-curve through all of them.
    The verdicts are those of Open SDG's bands on each ratio; `agree` says whether they and our rating say the same.
    """

    years: float
    horizon: float
    change_per_year: float
    expected_linear: float
    expected_geometric: float
    expected_logistic: float
    required_run_rate: float
    years_to_target: float
    years_step: float
    years_logistic: float
    linear_ratio: float
    open_sdg_ratio: float
    linear_verdict: str | None
    open_sdg_verdict: str | None
    agree: bool | None


@dataclass(frozen=True, slots=True)
class TargetGap(Observed):
    """An observation against a target that is still open; `required_run_rate` is a day, from the report's on."""

    target_value: float
    target_period: str
    target_period_end: pd.Timestamp
    qualifier_target: str
    told_in: tuple[str, ...]
    gap: float
    days_left: int
    required_run_rate: float


@dataclass(frozen=True, slots=True)
class SupplyLevel:
    """The share of a level's procedures that is offered online; `derived` names the one of them that is computed."""

    scope: str
    time_period: str
    time_period_end: pd.Timestamp
    online: float
    end_to_end: float
    in_part: float
    derived: str
    fact_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SupplyUsage:
    """What a level offers end to end beside what is handled so; `supply_usage_gap` is supply - usage."""

    scope: str
    supply: float
    supply_qualifier: str
    supply_period: str
    usage: float
    usage_qualifier: str
    usage_period: str
    supply_usage_gap: float
    fact_ids: tuple[str, ...]


def series(tables: Tables, *, indicators: Iterable[str] | None = None, teasers: bool = False) -> pd.DataFrame:
    """Reported observations in time order: rows of `Observed`.

    Those of one `segment` have the same indicator, scope, province and basis, and no break between. A value whose
    source does not say its basis stands alone: nobody knows what it could be joined with. What several sources say of
    one period stands once, as the first of them said it, with the facts of all.
    """
    rows: pd.DataFrame = _all_series(tables, teasers=teasers)
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
    alone = rows["fact_id"].where(rows["basis"] == "not_said", "")
    parts = (*(rows[name].fillna("") for name in line), breaks, alone)
    segments = ["/".join(map(str, row)) for row in zip(*parts, strict=True)]
    rows["segment"] = pd.Series(segments, index=rows.index, dtype="str")
    same = [*line, "time_period", "obs_value"]
    told = rows.groupby(same, dropna=False, sort=False)["fact_id"].agg(tuple)  # in the order of their first rows
    rows = rows.drop_duplicates(same, ignore_index=True)
    return rows.assign(fact_ids=list(told))


@remembered
def history_of(tables: Tables) -> dict[tuple[str, str], list[Observed]]:
    """The rows of `series` by indicator and scope, in time order: who asks for many need not search the frame."""
    found = defaultdict[tuple[str, str], list[Observed]](list)
    for row in records(series(tables), Observed):
        found[row.indicator_id, row.scope].append(row)
    return found


def latest_observations(tables: Tables, *, indicators: Iterable[str] | None = None) -> pd.DataFrame:
    """The newest observation of each indicator and scope; of two about one day, the one that became public last."""
    rows = _latest(tables)
    return rows if indicators is None else rows[rows["indicator_id"].isin(list(indicators))].reset_index(drop=True)


@remembered
def _latest(tables: Tables) -> pd.DataFrame:
    rows = series(tables).sort_values(["time_period_end", "reported_on"])
    newest = rows.groupby(["indicator_id", "scope", "province_code"], dropna=False).tail(1)
    return newest.sort_values(["indicator_id", "scope"], ignore_index=True)


@remembered
def aims(tables: Tables) -> pd.DataFrame:
    """Every target with its indicator, once whatever the number of documents that state it: rows of `Aimed`."""
    rows = tables["targets"].merge(tables["indicators"][_INDICATOR], on="indicator_id", validate="many_to_one")
    same = ["indicator_id", "scope", "comparator", "target_value", "qualifier", "target_period_end"]
    told = rows.groupby(same, sort=False)["fact_id"].agg(tuple)  # in the order of their first rows
    return rows.drop_duplicates(same, ignore_index=True).assign(told_in=list(told))


@remembered
def progress_lines(tables: Tables, *, day: date | None = None) -> pd.DataFrame:
    """One line an indicator, scope and target, of a report's `day` those still open: rows of `ProgressLine`."""
    targets = aims(tables)
    if day is not None:
        targets = targets[targets["target_period_end"] > pd.Timestamp(day)]
    history: dict[tuple[str, str], list[Observed]] = defaultdict(list)
    for row in records(series(tables), Observed):
        history[row.indicator_id, row.scope].append(row)
    lines = [_line(row, history[row.indicator_id, row.scope]) for row in records(targets, Aimed)]
    frame = pd.DataFrame(lines, columns=list(ProgressLine.__match_args__))
    return frame.sort_values(["side", "indicator_id", "scope", "target_period_end"], ignore_index=True)


def _line(target: Aimed, history: Sequence[Observed]) -> dict[str, Any]:
    """The line of a target, from the rows of its indicator and scope in time order."""
    line = asdict(target) | {
        "fact_ids": target.told_in,
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
        "other_values": _rivals(own),
        "fact_ids": (*target.told_in, newest.fact_id),
    }
    if line["other_values"]:
        return line | {"refusal": "conflict"}
    beyond = target.qualifier == Qualifier.MORE_THAN
    reached = reaches(
        newest.obs_value, newest.qualifier, target.target_value, direction=target.direction, beyond=beyond
    )
    if reached or reached is None:
        met = {"refusal": None, "rating": str(Rating.MET)}
        return line | (met if reached else {"refusal": "approximate"})
    comparable = [row for row in own if row.segment == newest.segment]
    if target.unit == "rank" or len(comparable) < 2:
        few = "one_observation" if len(own) < 2 else "series_break"
        return line | {"refusal": "rank" if target.unit == "rank" else few}
    first = comparable[0]
    open_then = gap(first.obs_value, target.target_value, direction=target.direction)
    if open_then <= 0:
        return line | {"refusal": "baseline_beyond" if open_then else "baseline_at_target"}
    closed = share_closed(first.obs_value, newest.obs_value, target.target_value)
    days = (first.time_period_end, newest.time_period_end, target.target_period_end)
    passed = time_share(*(day.date() for day in days))
    paced = pace(closed, passed)
    return line | {
        "refusal": None,
        "baseline_value": first.obs_value,
        "baseline_period": first.time_period,
        "baseline_day": first.time_period_end,
        "share_closed": closed,
        "expected": passed,
        "pace_ratio": paced,
        "rating": str(rating(paced)),
        "fact_ids": (*line["fact_ids"], first.fact_id),
        "points": tuple((row.time_period_end, row.obs_value) for row in comparable),
    }


def _rivals(own: Sequence[Observed]) -> tuple[tuple[float, str], ...]:
    """The other values of less than a month before, where one of them differs from the newest one.

    A monthly series so has no rivals in itself, and a correction none in what its own source said of the same period.
    """
    newest = own[-1]
    others = {
        (row.obs_value, row.qualifier)
        for row in own
        if (newest.time_period_end - row.time_period_end).days <= RIVAL_DAYS and row.basis == newest.basis
        if (row.source_id, row.time_period) != (newest.source_id, newest.time_period)
        if row.obs_value != newest.obs_value
    }
    contested = any(differ(value, newest.obs_value, newest.unit) for value, _ in others)
    return tuple(sorted(others)) if contested else ()


def pace_methods(tables: Tables, *, day: date | None = None) -> pd.DataFrame:
    """The progress lines that have a pace, with what `verdicts` adds."""
    rows = verdicts(tables, day=day)
    return rows[rows["pace_ratio"].notna()].reset_index(drop=True)


def verdicts(tables: Tables, *, day: date | None = None) -> pd.DataFrame:
    """The progress lines, of a report's `day` those still open, by several methods: rows of `Judged`.

    Without a pace all that is added is missing, but for the verdicts on a target that is reached.
    """
    lines = progress_lines(tables, day=day)
    rows = [_methods(row, day) for row in records(lines, ProgressLine)]
    added = [name for name in Judged.__match_args__ if name not in ProgressLine.__match_args__]
    return lines.join(pd.DataFrame(rows, columns=added, index=lines.index), validate="one_to_one")


def _methods(row: ProgressLine, day: date | None) -> dict[str, Any]:
    reached = row.rating == Rating.MET
    methods: dict[str, Any] = {"linear_ratio": None, "open_sdg_ratio": None} if reached else {}
    if pd.notna(row.pace_ratio):
        methods = _readings(row, day)
    if not methods:
        return methods
    linear, open_sdg = (verdict(methods[f"{name}_ratio"], reached=reached) for name in ("linear", "open_sdg"))
    same = agree(linear, open_sdg, Rating(row.rating))
    return methods | {"linear_verdict": linear, "open_sdg_verdict": open_sdg, "agree": same}


def _readings(row: ProgressLine, day: date | None) -> dict[str, Any]:
    """A pace by its paths, speeds and ratios."""
    start, now, end = (each.date() for each in (row.baseline_day, row.actual_day, row.target_period_end))
    years, horizon = years_between(start, now), years_between(start, end)
    passed = min(1.0, years_between(start, now) / horizon)
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
        "required_run_rate": required_run_rate(row.target_value - row.actual_value, max(now, day or now), end),
        "years_to_target": years_to_target(*values, years, row.target_value),
        "years_step": _last_step(row),
        "years_logistic": logistic_years(row.actual_value, row.target_value, slope, ceiling=ceiling),
        "linear_ratio": row.pace_ratio,
        "open_sdg_ratio": open_sdg_ratio(*values, row.target_value, years, horizon, direction=row.direction),
    }


def _last_step(row: ProgressLine) -> float | None:
    """Years to the target along the line through the last two of three values or more."""
    if len(row.points) < 3:
        return None
    (before, first), (now, last) = row.points[-2:]
    return years_to_target(first, last, years_between(before.date(), now.date()), row.target_value)


def _ceiling(row: ProgressLine) -> float | None:
    """What a value can reach at most: its upper bound, 1 for a share; None where nothing bounds it."""
    if pd.notna(row.upper_bound):
        return float(row.upper_bound)
    return 1.0 if row.unit == "share" else None


def target_gaps(tables: Tables, *, indicators: Iterable[str], day: date) -> pd.DataFrame:
    """Each observation against each target that is still open at a report's `day`: rows of `TargetGap`.

    For example 39.98% on 26 October 2025 against 80% by 31 December: 40.02 points, of that day on in 66 days.
    """
    observed = series(tables, indicators=indicators)
    targets = aims(tables)[
        ["indicator_id", "scope", "target_value", "target_period", "target_period_end", "qualifier", "told_in"]
    ]
    pairs = observed.merge(
        targets, on=["indicator_id", "scope"], suffixes=("", "_target"), validate="many_to_many"
    )  # each observation meets every target of its indicator
    pairs = pairs[pairs["target_period_end"] > pd.Timestamp(day)].reset_index(drop=True)
    values = zip(pairs["obs_value"], pairs["target_value"], pairs["direction"], strict=True)
    pairs["gap"] = [gap(actual, target, direction=direction) for actual, target, direction in values]
    pairs = pairs[pairs["gap"] > 0].reset_index(drop=True)
    pairs["days_left"] = (pairs["target_period_end"] - pd.Timestamp(day)).dt.days
    pairs["required_run_rate"] = pairs["gap"] / pairs["days_left"]
    pairs["fact_ids"] = [(fact, *told) for fact, told in zip(pairs["fact_id"], pairs["told_in"], strict=True)]
    return pairs


def next_target(tables: Tables, *, indicator: str, scope: str, day: pd.Timestamp) -> Aimed | None:
    """The target that falls due first after `day`, or else the last one before it; None where there is none."""
    targets = rows_where(aims(tables), indicator_id=indicator, scope=scope)
    targets = targets.sort_values(["target_period_end", "reported_on", "fact_id"])
    ahead = targets[targets["target_period_end"] > day]
    return next(records(targets.iloc[::-1] if ahead.empty else ahead, Aimed), None)


def supply_levels(tables: Tables, *, newest: int = 2) -> pd.DataFrame:
    """The `newest` periods of each level: rows of `SupplyLevel`.

    Of online = end to end + in part, the one that no source prints is computed from the other two.
    """
    rows = series(tables, indicators=shown_in(tables, "supply")).drop_duplicates(
        ["indicator_id", "scope", "time_period"], keep="last"
    )
    rows["part"] = rows["indicator_id"].map(tables["indicators"].set_index("indicator_id")["part"])
    found = [_supply(rows.loc[group.index]) for _, group in rows.groupby(["scope", "time_period"])]
    levels = pd.DataFrame(found, columns=list(SupplyLevel.__match_args__)).dropna(subset=["online", "end_to_end"])
    levels = levels.sort_values(["time_period_end", "scope"], ascending=[False, True])
    return levels.groupby("scope").head(newest).reset_index(drop=True)


def _supply(rows: pd.DataFrame) -> dict[str, Any]:
    level: dict[str, Any] = dict(zip(rows["part"], rows["obs_value"], strict=True))
    level |= {name: rows.iloc[0][name] for name in ("scope", "time_period", "time_period_end")}
    level |= {"derived": "", "fact_ids": tuple(rows["fact_id"])}
    if "end_to_end" not in level:
        return level
    if "online" in level and "in_part" not in level:
        level |= {"in_part": level["online"] - level["end_to_end"], "derived": "in_part"}
    elif "in_part" in level and "online" not in level:
        level |= {"online": level["in_part"] + level["end_to_end"], "derived": "online"}
    return level


def supply_usage_gap(tables: Tables) -> pd.DataFrame:
    """Procedures offered end to end against dossiers handled end to end, by level: rows of `SupplyUsage`.

    Each newest usage of ministries and of localities is paired with the nearest supply of the same level at most 31
    days away; a national supply stays out, for what the press prints as national is very probably that of the
    ministries. The two shares have different denominators, procedures and dossiers: the gap says where services exist
    but are not used.
    """
    supplies = series(tables, indicators=shown_in(tables, "supply", "end_to_end"))
    usages = latest_observations(tables, indicators=shown_in(tables, "usage_against_target"))
    pairs = []
    for usage in records(usages[usages["scope"].isin(SUPPLY_SCOPES)], Observed):
        same = list(records(supplies[supplies["scope"] == usage.scope], Observed))
        supply = min(same, key=lambda row: abs(row.time_period_end - usage.time_period_end), default=None)
        if supply is None or abs((supply.time_period_end - usage.time_period_end).days) > PAIR_DAYS:
            continue
        pairs.append(
            SupplyUsage(
                usage.scope,
                supply.obs_value,
                supply.qualifier,
                supply.time_period,
                usage.obs_value,
                usage.qualifier,
                usage.time_period,
                supply.obs_value - usage.obs_value,
                (supply.fact_id, usage.fact_id),
            )
        )
    return pd.DataFrame(pairs, columns=list(SupplyUsage.__match_args__))


def apart(rows: pd.DataFrame, contested: Collection[str]) -> pd.DataFrame:
    """The rows of a series, cut before and after each fact in `contested`: no line leads to or from a rival value."""
    rival = rows["fact_id"].isin(list(contested))
    cut = (rival | rival.shift(fill_value=False)).cumsum()
    return rows.assign(segment=rows["segment"] + "/" + cut.astype(str))


def ranks(tables: Tables, *, indicators: Collection[str]) -> pd.DataFrame:
    """The ranks of one indicator in time order: rows of `Ranked`.

    Places are differences of ranks, never rates: how many are ranked changes from year to year. Of two ranks for one
    period, the one that became public last.
    """
    rows = rows_where(series(tables, indicators=indicators), scope="national")
    rows = rows.drop_duplicates("time_period", keep="last", ignore_index=True)
    return rows.assign(gained=-rows["obs_value"].diff())
