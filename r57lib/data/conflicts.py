"""Values of one thing by different sources, or of days near each other, that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from r57lib.data.codes import Finding
from r57lib.data.rows import Observation
from r57lib.data.tables import Tables, records, rows_where
from r57lib.data.values import differ

CONFLICT_DAYS = 31


def check_conflicts(tables: Tables) -> Iterator[Finding]:
    """Values that go by one label for one scope, at most 31 days apart, and differ by more than 2% points or 2%.

    Values of another basis (a month's flow, a year) are not compared, nor are teasers.
    """
    families = tables["indicators"].set_index("indicator_id")[["family", "unit"]]
    body = rows_where(tables["observations"], kind="reported", section="body")
    rows = body.join(families, on="indicator_id", validate="many_to_one")
    ordered = rows.sort_values(["family", "scope", "province_code", "basis", "time_period_end", "fact_id"])
    for (family, scope, _, _), group in groupby(records(ordered, _Rival), key=_thing):
        yield from _clashes(family, scope, list(group))


@dataclass(frozen=True, slots=True)
class _Rival(Observation):
    family: str
    unit: str


def _thing(row: _Rival) -> tuple[str, str, str | None, str]:
    return row.family, row.scope, row.province_code, row.basis


def _clashes(family: str, scope: str, rows: list[_Rival]) -> Iterator[Finding]:
    """One finding for each group of rows in which every row clashes with another."""
    groups: list[list[_Rival]] = []
    for row in rows:
        clashing = [any(_clash(each, row) for each in group) for group in groups]
        joined = [each for group, joins in zip(groups, clashing, strict=True) if joins for each in group]
        groups = [group for group, joins in zip(groups, clashing, strict=True) if not joins] + [[*joined, row]]
    for group in groups:
        if len(group) > 1:
            yield _conflict(family, scope, sorted(group, key=lambda each: (each.time_period_end, each.fact_id)))


def _clash(one: _Rival, other: _Rival) -> bool:
    near = abs((one.time_period_end - other.time_period_end).days) <= CONFLICT_DAYS
    return near and differ(one.obs_value, other.obs_value, one.unit)


def _conflict(family: str, scope: str, group: list[_Rival]) -> Finding:
    share = group[0].unit == "share"
    values: dict[float, str] = {}
    for row in group:  # a second source of a value is no other value
        values.setdefault(row.obs_value, row.qualifier)
    listed = [f"{value:.2%}" if share else f"{value:,.10g}" for value in values]
    message = f"{family}, {scope}: sources give {', '.join(listed)} within {CONFLICT_DAYS} days"
    return Finding.at_row(
        "observation_conflict", "observations", group[-1], "obs_value", message, [row.fact_id for row in group],
        family=family, level=scope, days=str(CONFLICT_DAYS), qualifiers=";".join(values.values()),
        **{"found_shares" if share else "found_numbers": ";".join(map(str, values))},
    )  # fmt: skip
