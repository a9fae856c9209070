from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from r57lib.data.checks import check_tables
from r57lib.data.codes import Status
from r57lib.data.load import load_tables
from r57lib.data.tables import Tables, records
from r57lib.measures.changes import new_counts
from r57lib.measures.task_counts import (
    PublishedCounts,
    Rate,
    agency_counts,
    completion_rates,
    count_before,
    deadline_outcome,
    forecast_refusal,
    latest_snapshots,
    next_deadline,
    not_comparable,
    on_time_ratios,
    overdue_ratios,
    programme_snapshots,
    required_run_rates,
    scope_history,
    snapshots,
)
from tests.builders import Row, build, more, only_row, row, write_folder

SEPTEMBER = {"time_period": "2025-09-late", "reported_on": "2025-09-30"}
R71 = {"total": 679, "completed": 277, "completed_on_time": 186, "completed_late": 91, "overdue": 24}
R71 |= {"in_progress": 378}
P02 = {"total": 70, "completed": 45, "overdue": 2, "in_progress": 23}
CSC = {"total": 1287, "completed": 601, "in_progress": 404, "overdue": 104, "regular": 178}


def counted(scope: str, counts: dict[str, int], **cells: str) -> list[Row]:
    """One published snapshot."""
    name = f"t-{scope}-{cells.get('time_period', 'june')}-{cells.get('reported_on', '')}"
    return [
        row("task_snapshots", fact_id=f"{name}-{status}", scope_id=scope, status=status, task_count=number, **cells)
        for status, number in counts.items()
    ]


def of(folder: Path, *rows: list[Row]) -> Tables:
    scopes = more("task_scopes", *(row("task_scopes", scope_id=name) for name in ("r71", "p02", "csc")))
    return build(folder, task_snapshots=[each for group in rows for each in group], task_scopes=scopes)


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    december = {"time_period": "2025-12-04", "reported_on": "2025-12-05"}
    return of(tmp_path, counted("r71", R71, **SEPTEMBER), counted("p02", P02, **SEPTEMBER),
              counted("csc", CSC, **december))  # fmt: skip


def history(folder: Path, *counts: tuple[str, int, int]) -> Tables:
    """One scope at several days: day, total, completed."""
    rows = [counted("r71", {"total": n, "completed": d}, time_period=day, reported_on=day) for day, n, d in counts]
    return of(folder, *rows)


def test_a_snapshot_is_one_row_and_what_is_not_printed_is_missing(tables: Tables) -> None:
    rows = snapshots(tables)
    assert list(rows["scope_id"]) == ["csc", "p02", "r71"]
    plan = only_row(rows, scope_id="p02")
    assert (plan["total"], plan["completed"]) == (70, 45)
    assert pd.isna(plan["completed_on_time"])
    assert pd.isna(plan["regular"])
    assert set(plan["fact_ids"]) == {f"t-p02-2025-09-late-2025-09-30-{status}" for status in P02}


@pytest.mark.parametrize(("scope", "percent"), [("r71", 40.80), ("p02", 64.29), ("csc", 46.70)])
def test_completion_rate(tables: Tables, scope: str, percent: float) -> None:
    rates = only_row(completion_rates(tables), scope_id=scope)
    assert round(100 * rates["completion_rate"], 2) == percent
    assert rates["numerator"] / rates["denominator"] == rates["completion_rate"]


def test_completion_rate_without_regular_tasks(tables: Tables) -> None:
    rates = completion_rates(tables)
    assert round(100 * only_row(rates, scope_id="csc")["without_regular_rate"], 2) == 54.19
    assert pd.isna(only_row(rates, scope_id="r71")["without_regular_rate"]), "no count of regular tasks is printed"


@pytest.mark.parametrize(
    ("meaning", "numbers", "percent", "interval"),
    [
        ("of_completed", (186, 277), 67.15, (61.42, 72.41)),
        ("of_fallen_due", (186, 301), 61.79, (56.19, 67.10)),
        ("of_all", (186, 679), 27.39, (24.17, 30.87)),
    ],
)
def test_three_on_time_rates(
    tables: Tables, meaning: str, numbers: tuple[int, int], percent: float, interval: tuple[float, float]
) -> None:
    rate = only_row(on_time_ratios(tables), meaning=meaning)
    assert (rate["scope_id"], rate["numerator"], rate["denominator"]) == ("r71", *numbers)
    assert round(100 * rate["rate"], 2) == percent
    assert (round(100 * rate["low"], 2), round(100 * rate["high"], 2)) == interval


def test_no_on_time_rate_where_the_parts_are_not_printed(tables: Tables) -> None:
    assert set(on_time_ratios(tables)["scope_id"]) == {"r71"}


def test_overdue_burden(tables: Tables) -> None:
    burden = overdue_ratios(tables)
    rates = {meaning: only_row(burden, scope_id="r71", meaning=meaning) for meaning in ("of_all", "of_open")}
    assert [round(100 * rate["rate"], 2) for rate in rates.values()] == [3.53, 5.97]
    assert rates["of_open"]["denominator"] == 24 + 378, "the 91 late ones are done"
    assert set(burden["scope_id"]) == {"r71", "p02", "csc"}


def test_required_pace(tables: Tables) -> None:
    days = {"start": date(2025, 4, 1), "day": date(2025, 9, 30), "deadline": date(2025, 12, 31)}
    (pace,) = required_run_rates(tables, scope="r71", **days).to_dict("records")
    assert (pace["day"], pace["remaining"], pace["days_left"]) == (date(2025, 9, 30), 402, 92)
    assert round(pace["required_run_rate"], 3) == 4.370
    assert round(pace["run_rate"], 3) == 1.522
    assert round(pace["multiple"], 2) == 2.87


@pytest.mark.parametrize("deadline", [date(2025, 11, 20), date(2025, 9, 30), date(2025, 9, 1)])
def test_no_required_pace_on_or_after_the_deadline(tables: Tables, deadline: date) -> None:
    days = {"start": date(2025, 4, 1), "day": date(2025, 11, 20), "deadline": deadline}
    assert required_run_rates(tables, scope="r71", **days).empty


def test_days_left_count_from_the_day_of_the_report_and_the_average_to_that_of_the_count(tables: Tables) -> None:
    days = {"start": date(2025, 4, 1), "day": date(2025, 11, 20), "deadline": date(2025, 12, 30)}
    (pace,) = required_run_rates(tables, scope="r71", **days).to_dict("records")
    assert (pace["days_left"], pace["required_run_rate"]) == (40, 402 / 40)
    assert round(pace["run_rate"], 3) == 1.522


def test_regular_tasks_are_never_left_to_do(tables: Tables) -> None:
    days = {"start": date(2025, 1, 1), "day": date(2025, 12, 4), "deadline": date(2025, 12, 31)}
    (pace,) = required_run_rates(tables, scope="csc", **days).to_dict("records")
    assert pace["remaining"] == 1287 - 601 - 178


def test_the_next_deadline_is_that_of_the_next_target(tmp_path: Path) -> None:
    ends = {"t-past": "2025-06-30", "t-next": "2026-03-31", "t-later": "2030"}
    tables = build(tmp_path, targets=[row("targets", fact_id=fact, target_period=end) for fact, end in ends.items()])
    assert next_deadline(tables, date(2025, 6, 29)) == date(2025, 6, 30)
    assert next_deadline(tables, date(2025, 6, 30)) == date(2026, 3, 31)
    assert next_deadline(tables, date(2030, 12, 31)) is None


@pytest.mark.parametrize(
    ("day", "completed", "deadline", "outcome"),
    [
        ("2025-06-30", 50, date(2025, 7, 1), "met"),
        ("2025-06-30", 50, date(2025, 6, 29), "not_known"),
        ("2025-06-30", 49, date(2025, 7, 1), "not_known"),
        ("2025-06-30", 49, date(2025, 6, 30), "missed"),
        ("2025-06-30", 49, date(2025, 5, 1), "missed"),
    ],
)
def test_the_outcome_of_a_deadline(tmp_path: Path, day: str, completed: int, deadline: date, outcome: str) -> None:
    (counts,) = records(snapshots(history(tmp_path, (day, 50, completed))), PublishedCounts)
    assert deadline_outcome(counts, deadline) == outcome


def test_the_newest_count_of_the_programme_leads(tmp_path: Path) -> None:
    counts = {"total": 70, "completed": 45, "in_progress": 23, "overdue": 2}
    sets = {"t-late": "2025-09-late", "t-newest": "2025-12-04", "t-whole": "2025-09-late", "t-other": "2025-12-31"}
    more_tasks = {"t-whole": {"total": 71, "regular": 1}}
    rows = [counted(name, counts | more_tasks.get(name, {}), time_period=day, reported_on="2026-01-02")
            for name, day in sets.items()]  # fmt: skip
    scopes = [row("task_scopes", scope_id=name, programme="no" if name == "t-other" else "yes") for name in sets]
    counted_rows = [each for group in rows for each in group]
    tables = build(tmp_path, task_snapshots=counted_rows, task_scopes=more("task_scopes", *scopes))
    order = ["t-newest", "t-whole", "t-late"]
    assert list(programme_snapshots(tables)["scope_id"]) == order
    assert list(dict.fromkeys(overdue_ratios(tables)["scope_id"])) == order


def test_no_multiple_of_a_pace_of_nothing(tmp_path: Path) -> None:
    tables = history(tmp_path, ("2025-06-30", 10, 0))
    days = {"start": date(2025, 4, 1), "day": date(2025, 6, 30), "deadline": date(2025, 7, 10)}
    (pace,) = required_run_rates(tables, scope="r71", **days).to_dict("records")
    assert (pace["required_run_rate"], pace["run_rate"]) == (1.0, 0.0)
    assert pace["multiple"] is None


def test_latest_snapshot_is_the_newest_that_prints_what_is_needed(tmp_path: Path) -> None:
    old = counted("r71", R71, **SEPTEMBER)
    new = counted("r71", {"total": 700, "overdue": 30}, time_period="2025-10-31", reported_on="2025-11-01")
    tables = of(tmp_path, old, new)
    assert only_row(latest_snapshots(tables))["total"] == 700
    assert only_row(latest_snapshots(tables, needs=(Status.TOTAL, Status.COMPLETED)))["total"] == 679
    assert list(latest_snapshots(tables, needs=(Status.REGULAR,)).index) == []


def test_a_correction_is_newer_than_what_it_corrects(tmp_path: Path) -> None:
    first = counted("r71", {"total": 9, "completed": 4}, time_period="2025-06-30", reported_on="2025-07-01")
    second = counted("r71", {"total": 10, "completed": 4}, time_period="2025-06-30", reported_on="2025-07-09")
    tables = of(tmp_path, second, first)
    assert only_row(completion_rates(tables.known(date(2025, 7, 9))))["completion_rate"] == 0.4
    assert only_row(completion_rates(tables.known(date(2025, 7, 8))))["completion_rate"] == 4 / 9


def test_burn_up_tells_growth_of_scope_from_work_done(tmp_path: Path) -> None:
    tables = history(tmp_path, ("2025-08-28", 330, 90), ("2025-09-30", 679, 277))
    first, second = scope_history(tables, scope="r71").to_dict("records")
    assert pd.isna(first["completed_change"])
    assert first["scope_changed"] is False
    assert second["scope_change"] == 349 and second["scope_changed"] is True
    assert pd.isna(second["completed_change"]), "no difference across two lists"
    grown = history(tmp_path / "more", ("2025-08-28", 330, 90), ("2025-09-30", 330, 97), ("2025-10-31", 400, 99))
    assert scope_history(grown, scope="r71")["completed_change"].fillna(-1).tolist() == [-1, 7, -1]


@pytest.mark.parametrize(
    ("scope", "total", "barrier"),
    [("r71", 50, None), ("r71", 60, "list_changed"), ("p02", 50, "other_set"), ("r71", None, "total_unknown")],
)
def test_counts_compare_where_set_and_total_are_the_same(
    tmp_path: Path, scope: str, total: int | None, barrier: str | None
) -> None:
    counts = {"completed": 20} | ({} if total is None else {"total": total})
    first = counted("r71", {"total": 50, "completed": 12}, time_period="2025-05-31", reported_on="2025-06-01")
    tables = of(tmp_path, first, counted(scope, counts, time_period="2025-06-30", reported_on="2025-07-01"))
    then, now = sorted(records(snapshots(tables), PublishedCounts), key=lambda row: row.time_period_end)
    assert not_comparable(now, then) == barrier
    assert count_before(tables, now) == (then if scope == "r71" else None)


@pytest.mark.parametrize(("total", "rule"), [(50, "count"), (60, "count_grew"), (45, "count_grew")])
def test_of_a_list_that_changed_both_counts_are_told_and_no_difference(tmp_path: Path, total: int, rule: str) -> None:
    tables = history(tmp_path, ("2025-04-30", 70, 1), ("2025-05-31", 50, 12), ("2025-06-30", total, 20))
    (change,) = new_counts(tables, tables.known(date(2025, 6, 29)))
    assert change.rule == rule and change.fact_ids[:2] == change.values["row"].fact_ids
    (told,) = [change.values["then"]] if rule == "count_grew" else [None]
    assert (told and (told.total, told.completed)) == ((50, 12) if told else None)
    assert change.fact_ids[2:] == (told.fact_ids if told else ())


def test_burn_up_is_of_one_scope(tables: Tables) -> None:
    assert list(scope_history(tables, scope="p02")["total"]) == [70]
    assert scope_history(tables, scope="t-tasks").empty


@pytest.mark.parametrize(
    ("counts", "refusal"),
    [
        ([], "few_periods"),
        ([("2025-06-30", 10, 1), ("2025-07-31", 10, 2)], "few_periods"),
        ([("2025-06-30", 10, 1), ("2025-07-31", 11, 2)], "scope_changed"),
        ([("2025-06-30", 10, 1), ("2025-07-31", 11, 2), ("2025-08-31", 11, 3)], "scope_changed"),
        ([("2025-06-30", 10, 2), ("2025-07-31", 10, 2), ("2025-08-31", 10, 2)], "no_progress"),
        ([("2025-06-30", 10, 1), ("2025-07-31", 10, 2), ("2025-08-31", 10, 3)], None),
    ],
)
def test_forecast_is_refused_without_ground(
    tmp_path: Path, counts: list[tuple[str, int, int]], refusal: str | None
) -> None:
    assert forecast_refusal(history(tmp_path, *counts), scope="r71") == refusal


def test_counts_by_agency_stay_out_of_the_whole(tmp_path: Path) -> None:
    split = counted("r71", {"overdue": 2}, agency_id="T-GOV") + counted("p02", {"overdue": 7}, agency_id="T-MIN")
    tables = of(tmp_path, counted("r71", R71, **SEPTEMBER), split)
    assert list(snapshots(tables)["scope_id"]) == ["r71"]
    counts = agency_counts(tables)
    assert list(counts["agency_id"]) == ["T-MIN", "T-GOV"], "the most first"
    assert list(counts["task_count"]) == [7, 2]
    assert counts["fact_ids"].iloc[1] == ("t-r71-june--overdue",)


def test_nothing_known_gives_empty_tables(tables: Tables) -> None:
    before = tables.known(date(2020, 1, 1))
    for result in (completion_rates(before), on_time_ratios(before), overdue_ratios(before), agency_counts(before)):
        assert result.empty
    assert set(on_time_ratios(before).columns) == set(on_time_ratios(tables).columns)
    assert set(completion_rates(before).columns) == set(completion_rates(tables).columns)


def test_a_corrected_count_replaces_the_first_and_is_no_change_of_scope(tmp_path: Path) -> None:
    first = counted("r71", {"total": 330, "completed": 90}, time_period="2025-08-28", reported_on="2025-08-28")
    mended = counted("r71", {"total": 331, "completed": 89}, time_period="2025-08-28", reported_on="2025-09-05")
    tables = of(tmp_path, first, mended)
    history = scope_history(tables.known(date(2025, 9, 5)), scope="r71")
    assert list(history["total"]) == [331]
    assert not history["scope_changed"].any()
    assert {finding.rule for finding in check_tables(tables)} == {"restatement"}


def mended_to(tables_of: Path, counts: dict[str, int], **cells: str) -> list[Tables]:
    """The counts of September as known on 1 October, and once these of them were corrected on the 5th."""
    later = counted("r71", counts, **SEPTEMBER | {"reported_on": "2025-10-05"} | cells)
    r71 = {"total": 330, "completed": 90, "completed_on_time": 65, "completed_late": 25, "overdue": 4}
    august = counted("r71", r71, time_period="2025-08-28", reported_on="2025-08-28")
    scopes = more("task_scopes", row("task_scopes", scope_id="r71"))
    sources = more("sources", row("sources", source_id="t-other-paper", document="t-other-paper"))
    rows = [*august, *counted("r71", R71, **SEPTEMBER), *later]
    tables = build(tables_of, task_snapshots=rows, task_scopes=scopes, sources=sources)
    return [tables.known(date(2025, 10, day)) for day in (1, 5)]


def rates(tables: Tables) -> list[tuple[int, int]]:
    return [(row.numerator, row.denominator) for row in records(on_time_ratios(tables), Rate)]


@pytest.mark.parametrize("by_another", [False, True])
def test_one_status_is_corrected_and_the_others_stay(tmp_path: Path, by_another: bool) -> None:
    """190 + 91 are not 277: the 91 are not known any more, and no sum of both is made."""
    said = {"source_id": "t-other-paper", "corrects": "t-r71-2025-09-late-2025-09-30-completed_on_time"}
    before, after = mended_to(tmp_path, {"completed_on_time": 190}, **said if by_another else {})
    assert rates(before) == [(186, 277), (186, 301), (186, 679)]
    assert rates(after) == [(190, 277), (190, 301), (190, 679)]
    newest = snapshots(after).iloc[-1]
    assert (newest["completed_on_time"], newest["completed"], newest["total"]) == (190, 277, 679)
    assert pd.isna(newest["completed_late"]) and newest["in_doubt"] == {"completed_late"}
    assert len(snapshots(after)) == 2
    assert only_row(completion_rates(after))["numerator"] == 277
    assert {finding.rule for finding in check_tables(after)} == {"restatement", "correction_sum", "scope_change"}


def test_once_both_halves_are_corrected_nothing_is_in_doubt(tmp_path: Path) -> None:
    _, after = mended_to(tmp_path, {"completed_on_time": 190, "completed_late": 87})
    assert rates(after) == [(190, 277), (190, 301), (190, 679)]
    assert snapshots(after).iloc[-1]["completed_late"] == 87
    assert "correction_sum" not in {finding.rule for finding in check_tables(after)}


def test_a_corrected_whole_leaves_its_parts_in_doubt_and_no_older_rate_stands_in(tmp_path: Path) -> None:
    _, after = mended_to(tmp_path, {"completed": 281})
    newest = snapshots(after).iloc[-1]
    assert newest["in_doubt"] == {"completed_on_time", "completed_late", "total", "in_progress", "overdue"}
    assert newest["completed"] == 281 and pd.isna(newest["total"])
    assert rates(after) == [] and completion_rates(after).empty and overdue_ratios(after).empty


def test_a_printed_share_is_of_the_total_that_was_printed_with_it(tmp_path: Path) -> None:
    first = counted("r71", {"total": 200}, **SEPTEMBER) + counted(
        "r71", {"overdue": 20}, **SEPTEMBER, printed_share="10%"
    )
    total = counted("r71", {"total": 250}, **SEPTEMBER | {"reported_on": "2025-10-05"})
    assert {finding.rule for finding in check_tables(of(tmp_path, first, total))} == {"restatement"}


def test_the_same_count_twice_is_told_by_line(tmp_path: Path) -> None:
    count = counted("r71", {"total": 330}, time_period="2025-08-28", reported_on="2025-08-28")
    twice = [*count, count[0] | {"fact_id": "t-again"}]
    scopes = [row("task_scopes", scope_id="r71"), row("task_scopes")]
    (finding,) = load_tables(write_folder(tmp_path, task_snapshots=twice, task_scopes=scopes)).findings
    assert (finding.rule, finding.line) == ("duplicate", 3)
    assert "r71 + total + 2025-08-28" in finding.message
