"""Published counts of tasks against each other: sums, printed shares, the split by agency, and their history."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from r57lib.data.codes import Finding
from r57lib.data.counts import sums, whole_counts
from r57lib.data.rows import Snapshot
from r57lib.data.tables import Tables, records, remembered
from r57lib.data.values import printed_share


@remembered
def _snapshots(tables: Tables) -> list[tuple[str, str, dict[str, Snapshot]]]:
    """Each published snapshot, oldest first: its scope, its period, and its rows by status."""
    national = whole_counts(tables)
    began = national.groupby(["scope_id", "time_period", "origin"])["reported_on"].transform("min")
    keys = ["scope_id", "time_period_end", "began", "time_period", "origin"]
    ordered = national.assign(began=began).sort_values(keys, kind="stable")
    rows = zip(ordered[keys].itertuples(index=False, name=None), records(ordered, Snapshot), strict=True)
    return [
        (scope, period, {row.status: row for _, row in group})
        for (scope, _, _, period, _), group in groupby(rows, key=itemgetter(0))
    ]


def check_task_sums(tables: Tables) -> Iterator[Finding]:
    """Parts add up: completed = on time + late; total = completed + in progress + overdue (+ regular).

    Where one of them was corrected and the others were not, that is told, and is no fault of these tables.
    """
    for scope, period, rows in _snapshots(tables):
        for whole, parts in sums(rows):
            found, printed, days = sum(part.task_count for part in parts), whole.task_count, {whole.reported_on}
            if found != printed:
                days |= {part.reported_on for part in parts}
                message = (
                    f"{scope}, {period}: the parts of '{whole.status}' add up to {found:,}, printed is {printed:,}"
                )
                yield Finding.at_row(
                    "correction_sum" if len(days) > 1 else "task_sum", "task_snapshots", whole, "task_count", message,
                    [whole.fact_id, *(part.fact_id for part in parts)],
                    scope=scope, period=period, whole=whole.status, found_count=str(found), printed_count=str(printed),
                    corrected_day=f"{max(days):%Y-%m-%d}",
                )  # fmt: skip


def check_task_shares(tables: Tables) -> Iterator[Finding]:
    """A printed share equals count / total, as printed with it, within half of its last printed digit."""
    for scope, period, rows in _snapshots(tables):
        total = rows.get("total")
        for row in rows.values():
            if (
                total is None
                or not total.task_count
                or row.printed_share is None
                or total.reported_on > row.reported_on
            ):
                continue
            share, half = printed_share(row.printed_share)
            actual = row.task_count / total.task_count
            if abs(actual - share) > half + 1e-12:
                message = (
                    f"{scope}, {period}: {row.task_count:,} of {total.task_count:,} is {actual:.2%}, "
                    f"printed is {row.printed_share}"
                )
                yield Finding.at_row(
                    "task_share", "task_snapshots", row, "printed_share", message,
                    scope=scope, period=period, status=row.status, found_share=str(actual), printed=row.printed_share,
                )  # fmt: skip


def check_task_agencies(tables: Tables) -> Iterator[Finding]:
    """The counts by agency cover the count of the whole; shared tasks may make them more, never less."""
    frame = tables["task_snapshots"]
    split = frame[frame["agency_id"].notna()]
    for (scope, period, status), rows in split.groupby(["scope_id", "time_period", "status"]):
        same = (frame["scope_id"] == scope) & (frame["time_period"] == period) & (frame["status"] == status)
        for whole in records(frame[same & frame["agency_id"].isna()], Snapshot):
            found = int(rows["task_count"].sum())
            if found < whole.task_count:
                message = f"{scope}, {period}: agencies add up to {found}, printed is {whole.task_count} ({status})"
                yield Finding.at_row(
                    "task_agencies", "task_snapshots", whole, "task_count", message,
                    [whole.fact_id, *rows["fact_id"]],
                    scope=str(scope), period=str(period), status=str(status), found_count=str(found),
                    printed_count=str(whole.task_count),
                )  # fmt: skip


def check_task_history(tables: Tables) -> Iterator[Finding]:
    """Within a scope the total stays; where it moves, the scope changed. Completed tasks do not become fewer."""
    previous: dict[str, dict[str, Snapshot]] = {}
    for scope, period, rows in _snapshots(tables):
        before = previous.get(scope, {})
        for status, rule in (("total", "scope_change"), ("completed", "task_regress")):
            now, then = rows.get(status), before.get(status)
            if now is None or then is None or now.time_period == then.time_period:
                continue  # two sources count one day
            moved = now.task_count != then.task_count if status == "total" else now.task_count < then.task_count
            if moved:
                message = f"{scope}, {period}: '{status}' goes from {then.task_count:,} to {now.task_count:,}"
                yield Finding.at_row(
                    rule, "task_snapshots", now, "task_count", message, [then.fact_id, now.fact_id],
                    scope=scope, status=status, before_count=str(then.task_count), after_count=str(now.task_count),
                    period=period,
                )  # fmt: skip
        previous[scope] = {**before, **rows}


def check_task_codes(tables: Tables) -> Iterator[Finding]:
    """No two tasks of the register have codes that differ by their case only: a task would be two, and a page lost."""
    tasks = tables["tasks"].drop_duplicates("task_id")
    folded = tasks["task_id"].str.casefold()
    first = dict(zip(folded[::-1], tasks["task_id"][::-1], strict=True))
    for row in records(tasks[folded.duplicated()]):
        like = str(first[row.task_id.casefold()])
        message = f"'{row.task_id}' differs from '{like}' by its case only"
        place = f"ingested/{row.entry}/rows.csv"
        yield Finding.in_file("case", place, int(row.row), "task_id", message, value=str(row.task_id), first=like)
