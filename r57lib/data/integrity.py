"""Facts against each other and against what is declared: keys, units, places, series, targets and baselines.

What a sender's file says of its values was held against such rules when it was taken in, with the sender's own words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from r57lib.data.codes import Finding, Kind
from r57lib.data.periods import Precision, parse_period
from r57lib.data.rows import (
    FACT_ROWS,
    Commitment,
    CommitmentUpdate,
    Indicator,
    Instrument,
    Label,
    Observation,
    Source,
    Statement,
    Target,
)
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.store import is_taken_in
from r57lib.data.tables import Tables, records

_WHOLE = frozenset({"rank", "count", "person", "station", "drone", "enterprise"})
"""Units of what is counted."""
_PER = re.compile(r"\b(?:per|trên|mỗi) \d")
_FLOWS = frozenset({"month", "year_to_date", "year"})
"""Bases that add up over their period, beside a state at a point."""
_BREAK_DAYS = (31, 92)
_BREAK_SHARE = 0.1
"""A share that moves by ten points within a quarter has been counted in another way, or somebody must say that it has
not; within the first 31 days it is a conflict of sources."""

_SAME = {
    "commitments": ("enterprise_id", "unit", "target_value", "target_period", "evidence"),
    "proposals": ("enterprise_id", "ordinal", "stated_count", "evidence"),
}
"""What a fact is about where a second row of it would bear a new name of its own; else the descriptor's `aboutKey`."""

_DRAWN = {
    "usage_against_target": "share",
    "supply": "share",
    "digital_economy_methods": "share",
    "five_g_coverage/coverage": "share",
    "five_g_coverage/stations": "station",
    "gii_rank": "rank",
    "egdi_rank": "rank",
}
"""The unit in which a figure, or one part of it, draws and names its indicators."""

_PERIODS = {
    "month": {Precision.MONTH},
    "year": {Precision.YEAR},
    "point": set(Precision) - {Precision.YEAR, Precision.SINCE},
    "year_to_date": set(Precision) - {Precision.YEAR, Precision.MONTH, Precision.SINCE},
}
"""The sharpness of period that goes with each basis; a state is dated, a year's sum is of the year."""


def check_same_facts(tables: Tables) -> Iterator[Finding]:
    """No fact of one source and day stands under two numbers; a later day of the same source corrects the earlier."""
    for name in FACT_TABLES:
        if name == "task_snapshots":
            continue  # their key is declared, and held against its rule when they are read
        columns = _SAME.get(name, resources()[name].about)
        seen: dict[tuple[object, ...], str] = {}
        for row in tables.rows(name, FACT_ROWS[name]):
            told = (*(getattr(row, column) for column in columns), row.source_id, row.reported_on)
            first = seen.setdefault(tuple("" if each != each else each for each in told), row.fact_id)
            if first != row.fact_id and not is_taken_in(row.fact_id):
                message = f"'{row.fact_id}' tells the same as '{first}', from the same source"
                values = {"value": row.fact_id, "first": first}
                yield Finding.at_row("same_fact", name, row, "fact_id", message, [first, row.fact_id], **values)


def check_targets(tables: Tables) -> Iterator[Finding]:
    """One target for an indicator, scope and date; it goes the way that is better, and a later one asks no less.

    Several documents may state one target; of one document or with another value they are two.
    """
    indicators = {row.indicator_id: row for row in tables.rows("indicators", Indicator)}
    groups: dict[tuple[str, str], list[Target]] = defaultdict(list)
    for row in tables.rows("targets", Target):
        direction = indicators[row.indicator_id].direction
        if row.comparator == {"up": "<=", "down": ">="}[direction]:
            message = f"'{row.comparator}' is the worse side of '{row.indicator_id}', which is better '{direction}'"
            yield Finding.at_row("comparator", "targets", row, "comparator", message, value=row.comparator)
        groups[row.indicator_id, row.scope].append(row)
    for (indicator, scope), rows in groups.items():
        sign = 1 if indicators[indicator].direction == "up" else -1
        rows.sort(key=lambda row: (row.target_period_end, row.reported_on))
        for before, row in pairwise(rows):
            both, values = [before.fact_id, row.fact_id], {"value": row.fact_id, "first": before.fact_id}
            if row.target_period_end == before.target_period_end:
                again = _asked(row) == _asked(before) and row.source_id != before.source_id
                corrected = row.source_id == before.source_id and row.reported_on != before.reported_on
                if not (again or corrected):
                    message = f"{indicator}, {scope}: '{before.fact_id}' sets a target for the same date"
                    yield Finding.at_row("target_twice", "targets", row, "target_period", message, both, **values)
            elif sign * (row.target_value - before.target_value) < 0:
                message = f"{indicator}, {scope}: asks less than '{before.fact_id}', which is due before"
                yield Finding.at_row("target_order", "targets", row, "target_period", message, both, **values)


def _asked(row: Target) -> tuple[str, float, str]:
    return row.comparator, row.target_value, row.qualifier


def check_places(tables: Tables) -> Iterator[Finding]:
    """A value of a province names it, any other names none; where the evidence names provinces, this one is there."""
    labels = {row.key: row for row in tables.rows("labels", Label) if row.key.startswith("province.")}
    names = {key.removeprefix("province."): _as_pattern(row.en, row.vi) for key, row in labels.items()}
    frame = tables["observations"]
    for row in records(frame[(frame["scope"] == "province") | frame["province_code"].notna()], Observation):
        if (row.scope == "province") != (row.province_code is not None):
            message = f"'{row.province_code or ''}' with scope '{row.scope}'; a code goes with the scope 'province'"
            values = {"value": row.province_code or "–", "level": row.scope}
            yield Finding.at_row("province_code", "observations", row, "province_code", message, **values)
            continue
        told = _folded(row.evidence)
        named = [code for code, name in names.items() if name.search(told)]
        if named and row.province_code not in named:
            message = f"'{row.province_code}' is none of the provinces that the evidence names: {', '.join(named)}"
            values = {"value": row.province_code or "–", "level": row.scope}
            yield Finding.at_row("province_code", "observations", row, "province_code", message, **values)


def _as_pattern(*names: str) -> re.Pattern[str]:
    """A name in any spelling: `Hà Nội`, `Ha Noi` and `Hanoi` are one."""
    words = (re.sub(r"\b(?:tp|city)\b", "", _folded(name)).split() for name in names)
    return re.compile(r"\b(?:" + "|".join(" ?".join(each) for each in words) + r")\b")


def _folded(text: str) -> str:
    """A text without accents and case, its words between single blanks."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return re.sub(r"\W+", " ", re.sub(r"[\u0300-\u036f]", "", plain))


def check_publishers(tables: Tables) -> Iterator[Finding]:
    """A publisher is spelt one way, with its accents."""
    spelt: dict[str, str] = {}
    for row in sorted(tables.rows("sources", Source), key=lambda row: row.publisher, reverse=True):
        first = spelt.setdefault(
            _folded(row.publisher), row.publisher
        )  # letters with accents stand before those without
        if row.publisher != first:
            message = f"'{row.publisher}' is '{first}' elsewhere"
            values = {"value": row.publisher, "first": first}
            yield Finding.at_row("publisher", "sources", row, "publisher", message, (), **values)


def check_figures(tables: Tables) -> Iterator[Finding]:
    """An indicator has the unit of the figure that shows it."""
    for row in tables.rows("indicators", Indicator):
        unit = _DRAWN.get(f"{row.figure}/{row.part}", _DRAWN.get(row.figure or "", row.unit))
        if row.unit != unit:
            message = f"'{row.unit}' is not what the figure '{row.figure}' shows: {unit}"
            values = {"value": row.unit, "figure": str(row.figure), "unit": unit}
            yield Finding.at_row("figure_unit", "indicators", row, "unit", message, (), **values)


def check_counted(tables: Tables) -> Iterator[Finding]:
    """What is counted is whole, and a rank is one of its total, which one alone holds."""
    indicators = {row.indicator_id: row for row in tables.rows("indicators", Indicator)}
    for row in indicators.values():
        if (row.unit == "rank") != (row.direction == "down") and "rank" in (row.unit, row.side):
            message = f"'{row.direction}' is the worse way for a rank"
            yield Finding.at_row("direction", "indicators", row, "direction", message, (), value=row.direction)
        if row.unit == "share" and not (row.lower_bound >= 0 and row.upper_bound <= 1):
            message, values = "1 is the most that a share can be, and 0 the least", {"low": "0", "high": "1"}
            value = f"{row.upper_bound:g}"
            yield Finding.at_row("bounds", "indicators", row, "upper_bound", message, (), value=value, **values)
    units = {key: row.unit for key, row in indicators.items()}
    promised = dict(zip(tables["commitments"]["commitment_id"], tables["commitments"]["unit"], strict=True))
    counted: list[tuple[str, Observation | Target | Commitment | CommitmentUpdate, str, str]] = [
        *(("observations", row, "obs_value", units[row.indicator_id])
          for row in tables.rows("observations", Observation)),
        *(("targets", row, "target_value", units[row.indicator_id]) for row in tables.rows("targets", Target)),
        *(("commitments", row, column, row.unit) for row in tables.rows("commitments", Commitment)
          for column in ("baseline_value", "target_value")),
        *(("commitment_updates", row, "obs_value", promised.get(row.commitment_id, ""))
          for row in tables.rows("commitment_updates", CommitmentUpdate)),
    ]  # fmt: skip
    for name, fact, column, unit in counted:
        value = getattr(fact, column)
        rate = unit == "count" and _PER.search(fact.evidence)  # so many per 10,000 people
        if unit in _WHOLE and value % 1 > 0 and not rate and not is_taken_in(fact.fact_id):
            message = f"{value:.12g} is no whole number of '{unit}'"
            yield Finding.at_row("not_whole", name, fact, column, message, found=f"{value:.12g}", kept=unit)
    yield from _ranks(tables, units)


def _ranks(tables: Tables, units: Mapping[str, str]) -> Iterator[Finding]:
    held: dict[tuple[object, ...], str] = {}
    for row in tables.rows("observations", Observation):
        if row.rank_of is not None and (units[row.indicator_id] != "rank" or row.obs_value > row.rank_of):
            message = f"{row.obs_value:g} is none of {row.rank_of} ranks"
            values = {"found": f"{row.obs_value:g}", "limit": str(row.rank_of)}
            yield Finding.at_row("rank_beyond", "observations", row, "rank_of", message, **values)
        if units[row.indicator_id] == "rank" and row.scope == "province":
            place = (row.indicator_id, row.time_period, row.source_id, row.reported_on, row.obs_value)
            first = held.setdefault(place, row.fact_id)
            if first != row.fact_id:
                message = f"{row.obs_value:g} is held by '{first}' as well"
                yield Finding.at_row(
                    "rank_tied", "observations", row, "obs_value", message, [first, row.fact_id],
                    found=f"{row.obs_value:g}", first=first,
                )  # fmt: skip


def check_series(tables: Tables) -> Iterator[Finding]:
    """A basis goes with its period and with its series, and a series that jumps says that it breaks."""
    indicators = tables["indicators"].set_index("indicator_id")["unit"]
    series: dict[str, list[Observation]] = defaultdict(list)
    for row in tables.rows("observations", Observation):
        precision = parse_period(row.time_period).precision
        if precision not in _PERIODS.get(row.basis, {precision}) and not is_taken_in(row.fact_id):
            message = f"'{row.basis}' does not go with the period '{row.time_period}'"
            yield Finding.at_row(
                "basis", "observations", row, "basis", message, value=row.basis, about_period=row.time_period
            )
        series[row.indicator_id].append(row)
    for indicator, rows in series.items():
        own = [row for row in rows if row.basis in {"point", *_FLOWS} and not is_taken_in(row.fact_id)]
        states, flows = ([row for row in own if (row.basis in _FLOWS) == flow] for flow in (False, True))
        for row in min(states, flows, key=len) if states and flows else ():
            message = (
                f"'{row.basis}' where the other values of '{indicator}' are {'sums' if row in states else 'states'}"
            )
            yield Finding.at_row(
                "basis", "observations", row, "basis", message, value=row.basis, about_period=row.time_period
            )
        if indicators[indicator] == "share":
            yield from _jumps(rows)


def _jumps(rows: Iterable[Observation]) -> Iterator[Finding]:
    last: dict[tuple[str, str | None, str], Observation] = {}
    told = (row for row in rows if row.kind == Kind.REPORTED and row.section == "body")
    for row in sorted(told, key=lambda row: (row.time_period_end, row.reported_on)):
        before = last.get((row.scope, row.province_code, row.basis))
        last[row.scope, row.province_code, row.basis] = row
        if before is None or row.series_break or row.basis == "month":
            continue
        days = (row.time_period_end - before.time_period_end).days
        if _BREAK_DAYS[0] < days <= _BREAK_DAYS[1] and abs(row.obs_value - before.obs_value) > _BREAK_SHARE:
            message = (
                f"from {before.obs_value:.2%} to {row.obs_value:.2%} in {days} days, without a break of the series"
            )
            yield Finding.at_row(
                "series_break", "observations", row, "series_break", message, [before.fact_id, row.fact_id],
                before_share=str(before.obs_value), after_share=str(row.obs_value), days=str(days),
            )  # fmt: skip


def check_baselines(tables: Tables) -> Iterator[Finding]:
    """The baseline of a commitment is that of its own fact, as first told: a correction of that may say another."""
    updates = {row.fact_id: row for row in tables.rows("commitment_updates", CommitmentUpdate)}
    in_time = sorted(updates.values(), key=lambda row: row.reported_on, reverse=True)
    facts = {row.commitment_id: row for row in in_time if row.role == "baseline"}
    for row in tables.rows("commitments", Commitment):
        named = updates.get(row.baseline_fact_id or "")
        if named and (named.role, named.commitment_id) != ("baseline", row.commitment_id):
            message, ids = f"'{named.fact_id}' is no baseline of '{row.commitment_id}'", [row.fact_id, named.fact_id]
            yield Finding.at_row(
                "baseline_fact", "commitments", row, "baseline_fact_id", message, ids, value=named.fact_id
            )
        fact = facts.get(row.commitment_id)
        if fact and (fact.obs_value != row.baseline_value or fact.time_period != row.baseline_period):
            here, there = (
                f"{row.baseline_value:.12g} ({row.baseline_period})",
                f"{fact.obs_value:.12g} ({fact.time_period})",
            )
            message = f"{here}, where '{fact.fact_id}' gives {there}"
            ids = [row.fact_id, fact.fact_id]
            yield Finding.at_row("baseline", "commitments", row, "baseline_value", message, ids, value=fact.fact_id)


def check_told_days(tables: Tables) -> Iterator[Finding]:
    """An instrument is of the day that its fact tells, and no statement names a day before its period.

    It may name a later one: a law is passed on one day and in force from another.
    """
    facts = tables.facts()
    periods = dict(zip(facts["fact_id"], facts["time_period"], strict=True))
    for row in tables.rows("instruments", Instrument):
        told = periods.get(row.issued_fact_id or "", row.issued_on)
        if row.issued_on != told:
            message = f"is '{row.issued_on}', where '{row.issued_fact_id}' says '{told}'"
            yield Finding.at_row("told_day", "instruments", row, "issued_on", message, (), value=row.issued_on or "–")
    for each in tables.rows("statements", Statement):
        said = each.text_value or ""
        if re.fullmatch(r"\d{4}-\d\d(-\d\d)?", said) and parse_period(said).end < each.time_period_start.date():
            message = f"is '{said}', before the period '{each.time_period}'"
            yield Finding.at_row("told_day", "statements", each, "text_value", message, value=said)
