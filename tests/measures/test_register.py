"""The register: its versions, statuses derived from dates, and the questions that it answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pytest

from r57lib.data.codes import Status
from r57lib.data.tables import Tables
from r57lib.measures.register import (
    as_known,
    differences,
    league,
    overdue_ages,
    status_counts,
    tasks_due,
    transitions,
    with_status,
)
from r57lib.measures.task_counts import snapshots
from tests.sheets import HEAD, Desk, task, text_of

DAY = date(2026, 1, 31)


def known(desk: Desk, rows: Sequence[Sequence[str]], day: date = DAY, *, head: Sequence[str] = HEAD) -> pd.DataFrame:
    """The tasks of a file that speaks of the last of January, at a day."""
    assert desk.take(text_of(rows, head=head)).state == "accepted"
    return with_status(as_known(desk.versions(), day), day)


@pytest.mark.parametrize(
    ("deadline", "done", "status", "days"),
    [
        ("31/12/2025", "31/12/2025", "completed_on_time", None),
        ("31/12/2025", "05/01/2026", "completed_late", 5),
        ("31/12/2025", "", "overdue", 31),
        ("31/01/2026", "", "in_progress", None),
        ("30/01/2026", "", "overdue", 1),
        ("Quý I/2026", "", "in_progress", None),
        ("Quý IV/2025", "02/01/2026", "completed_late", 2),
        ("Năm 2025", "31/12/2025", "completed_on_time", None),
        ("Thường xuyên", "", "regular", None),
        ("Hằng quý", "30/12/2025", "regular", None),
    ],
)
def test_a_status_follows_from_dates(desk: Desk, deadline: str, done: str, status: str, days: int | None) -> None:
    row = known(desk, [task(deadline=deadline, done=done)]).iloc[0]
    assert row["status"] == status
    assert pd.isna(row["days"]) if days is None else row["days"] == days


def test_a_task_that_was_completed_later_was_open_before(desk: Desk) -> None:
    rows = [task("NV-1", deadline="31/12/2025", done="15/01/2026")]
    assert known(desk, rows)["status"].tolist() == ["completed_late"]
    before = with_status(as_known(desk.versions(), DAY), date(2026, 1, 10))
    assert before["status"].tolist() == ["overdue"]


def test_a_correction_shows_from_its_day_on(desk: Desk) -> None:
    """The report of the month before stays as it was."""
    desk.take(text_of([task("NV-1", done="20/12/2025"), task("NV-2")]), reported_on="2025-12-31")
    desk.take(text_of([task("nv-1", done="05/01/2026"), task("NV-2"), task("NV-3")]), reported_on="2026-01-31")
    versions = desk.versions()
    december = with_status(as_known(versions, date(2025, 12, 31)), date(2025, 12, 31))
    january = with_status(as_known(versions, DAY), DAY)
    assert december["status"].tolist() == ["completed_on_time", "in_progress"]
    assert list(zip(january["task_id"], january["status"], strict=True)) == [
        ("NV-2", "overdue"),
        ("NV-3", "overdue"),
        ("nv-1", "completed_late"),
    ]


def test_of_two_files_of_one_day_the_later_holds(desk: Desk) -> None:
    desk.take(text_of([task("NV-1")]))
    desk.take(text_of([task("NV-1", "Khác", done="30/12/2025")]))
    assert as_known(desk.versions(), DAY)["title"].tolist() == ["Khác"]


def test_tasks_count_from_the_day_they_are_assigned(desk: Desk) -> None:
    rows = [[*task("NV-1"), "01/12/2025"], [*task("NV-2"), ""]]
    known(desk, rows, head=[*HEAD, "Ngày giao"])
    versions = desk.versions().assign(reported_on=pd.Timestamp("2025-01-01"))
    assert as_known(versions, date(2025, 11, 30))["task_id"].tolist() == ["NV-2"]
    assert as_known(versions, date(2025, 12, 1))["task_id"].tolist() == ["NV-1", "NV-2"]


def register(desk: Desk, counts: dict[str, int], lead: str = "Bộ Y tế") -> list[list[str]]:
    """Rows with so many tasks of each status at the end of September 2025."""
    shape = {
        "on_time": ("31/08/2025", "30/08/2025"), "late": ("31/08/2025", "05/09/2025"), "overdue": ("31/08/2025", ""),
        "open": ("31/12/2025", ""), "regular": ("Thường xuyên", ""),
    }  # fmt: skip
    return [
        task(f"{lead[-3:]}-{name}-{n}", "x", lead, *shape[name]) for name, count in counts.items() for n in range(count)
    ]


PUBLISHED = {"on_time": 186, "late": 91, "overdue": 24, "open": 378}


def test_counts_add_up_to_what_is_published_or_say_where_not(desk: Desk, real_tables: Tables) -> None:
    """679 = 277 + 24 + 378, and 277 = 186 + 91."""
    assert desk.take(text_of(register(desk, PUBLISHED)), reported_on="2025-09-30").state == "accepted"
    day = date(2025, 9, 30)
    counts = status_counts(with_status(as_known(desk.versions(), day), day))
    assert counts == {
        Status.COMPLETED_ON_TIME: 186, Status.COMPLETED_LATE: 91, Status.IN_PROGRESS: 378, Status.OVERDUE: 24,
        Status.REGULAR: 0, Status.COMPLETED: 277, Status.TOTAL: 679,
    }  # fmt: skip
    published = snapshots(real_tables).query("scope_id == 'r71' and time_period == '2025-09-late'").iloc[-1]
    found = differences(counts, published)
    assert set(found["status"]) >= {"completed_on_time", "overdue", "total"} and (found["difference"] == 0).all()
    wrong = differences(counts | {Status.OVERDUE: 20}, published).query("difference != 0")
    assert wrong[["status", "register", "published", "difference"]].to_numpy().tolist() == [["overdue", 20, 24, -4]]


def test_how_long_tasks_are_overdue(desk: Desk) -> None:
    """30, 31, 90, 91, 180 and 181 days."""
    due = ["01/01/2026", "31/12/2025", "02/11/2025", "01/11/2025", "04/08/2025", "03/08/2025", "31/01/2026"]
    tasks = known(desk, [task(f"NV-{n}", deadline=day) for n, day in enumerate(due)])
    bands, spread = overdue_ages(tasks)
    assert bands["task_count"].tolist() == [1, 2, 2, 1]
    assert spread == {"count": 6, "median": 90.5, "p90": 180.5, "max": 181.0}
    assert overdue_ages(tasks[tasks["status"] == "in_progress"])[1] == {"count": 0}


def test_what_falls_due_soon_against_what_was_completed_lately(desk: Desk) -> None:
    rows = [task("a", "x", "Bộ Y tế", "31/01/2026"), task("b", "x", "Bộ Y tế", "02/03/2026"),
            task("c", "x", "Bộ Y tế", "03/03/2026"), task("d", "x", "Bộ Y tế", "01/05/2026"),
            task("e", "x", "Bộ Y tế", "02/05/2026"), task("f", "x", "Bộ Tư pháp", "31/12/2025", "03/11/2025"),
            task("g", "x", "Bộ Tư pháp", "31/12/2025", "02/11/2025")]  # fmt: skip
    found = tasks_due(known(desk, rows), DAY)
    assert found.to_numpy().tolist() == [["MOH", 2, 3, 4, 0], ["MOJ", 0, 0, 0, 1]]


def test_agencies_rank_by_what_is_sure_and_small_ones_have_no_rate(desk: Desk) -> None:
    rows = [
        *register(desk, {"on_time": 8, "late": 1, "overdue": 1}, "Bộ Y tế"),
        *register(desk, {"on_time": 5}, "Bộ Tư pháp"),
        *register(desk, {"on_time": 4, "open": 9}, "Bộ Công an"),
        *register(desk, {"on_time": 90, "late": 5, "overdue": 5, "regular": 7}, "Bộ Tài chính"),
    ]
    assert desk.take(text_of(rows), reported_on="2025-09-30").state == "accepted"
    day = date(2025, 9, 30)
    found = league(with_status(as_known(desk.versions(), day), day))
    assert found["lead_agency"].tolist() == ["MOF", "MOJ", "MOH", "MPS"]
    assert found["fallen_due"].tolist() == [100, 5, 10, 4] and found["rate"].tolist()[:3] == [0.9, 1.0, 0.8]
    assert found["low"].round(4).tolist()[:3] == [0.8256, 0.5655, 0.4902] and pd.isna(found["rate"].iloc[3])
    assert found["overdue_share"].round(4).tolist() == [0.8333, 0.0, 0.1667, 0.0]


def test_what_moved_between_two_days_balances(desk: Desk) -> None:
    """Overdue at the end = at the beginning + in - out."""
    rows = [
        task("a", deadline="31/12/2025", done="15/01/2026"),
        task("b", deadline="31/12/2025"),
        task("c", deadline="20/01/2026"),
        task("d", deadline="31/03/2026"),
    ]
    after = known(desk, rows)
    before = with_status(as_known(desk.versions(), DAY), date(2026, 1, 10))
    found = transitions(before, after)
    assert found.to_numpy().tolist() == [
        ["in_progress", "in_progress", 1], ["in_progress", "overdue", 1],
        ["overdue", "completed_late", 1], ["overdue", "overdue", 1],
    ]  # fmt: skip
    came = found.query("after == 'overdue' and before != 'overdue'")["task_count"].sum()
    went = found.query("before == 'overdue' and after != 'overdue'")["task_count"].sum()
    assert (after["status"] == "overdue").sum() == (before["status"] == "overdue").sum() + came - went
    new = transitions(before.iloc[:3], after)
    assert new["before"].isna().sum() == 1


def test_a_folder_that_took_nothing_in_has_no_versions(desk: Desk) -> None:
    assert desk.versions().empty
    assert status_counts(with_status(as_known(desk.versions(), DAY), DAY))[Status.TOTAL] == 0
