"""What changed from one month to another: the rules, their ranks, and the sentences as they were checked by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from r57lib.errors import WrongCall
from r57lib.figures import FIGURES
from r57lib.figures.overview import changes
from r57lib.measures.changes import RULES, changes_between
from r57lib.page.parts import Sentences
from r57lib.view.view import View, open_view
from tests.builders import build, row
from tests.sheets import Desk, task, text_of, with_tables

MONTHS = ("2024-12", "2025-05", "2025-08", "2025-09", "2025-10", "2025-11", "2025-12", "2026-01")


def made(view: View, since: str = "") -> Sentences:
    found = changes(view, since=since)
    assert isinstance(found, Sentences)
    return found


@pytest.mark.parametrize("language", ["en", "vi"])
@pytest.mark.parametrize(("month", "since"), [("2025-12", "2025-11"), ("2025-12", "2025-09"), ("2026-01", "2025-09")])
def test_the_sentences_are_those_checked_by_hand(
    golden: Callable[[str, str], None], month: str, since: str, language: str
) -> None:
    found = made(open_view(month=month, language=language), since)
    lines = [f"{each.text}. [{each.href}] ({', '.join(each.fact_ids)})\n" for each in found.rows]
    golden(f"changes-{month}-since-{since}.{language}.txt", "".join(lines) + f"{found.more}\n")


@pytest.mark.parametrize("month", MONTHS)
def test_each_change_leads_to_a_figure_that_holds_its_newest_fact(month: str) -> None:
    view = open_view(month=month, language="en")
    shown = cache(lambda name: FIGURES[name][1](view).fact_ids)
    for change in changes_between(view.tables, view.before):
        assert change.fact_ids, "no sentence without a fact"
        assert change.fact_ids[0] in shown(change.figure)


def test_they_are_ranked_and_nothing_changed_between_equal_tables() -> None:
    view = open_view(month="2025-12", language="en")
    weights = [change.weight for change in changes_between(view.tables, view.before)]
    assert weights == sorted(weights, reverse=True) and len(set(weights)) > 5
    assert changes_between(view.tables, view.tables) == []
    assert len(RULES) == 8


def test_a_revised_value_is_told_with_both_values(tmp_path: Path) -> None:
    first = row("observations", fact_id="t-1", obs_value="0.4", time_period="2025-06-30", reported_on="2025-07-01")
    later = row("observations", fact_id="t-2", obs_value="0.45", time_period="2025-06-30", reported_on="2025-08-10")
    before = build(tmp_path / "before", observations=[first])
    now = build(tmp_path / "now", observations=[first, later])
    (change,) = [each for each in changes_between(now, before) if each.rule == "revised"]
    assert change.fact_ids == ("t-2", "t-1") and change.values["row"].obs_value_before == 0.4


def test_the_register_tells_of_overdue_and_of_corrected_tasks(desk: Desk) -> None:
    rows = [task("NV-1", done="01/10/2025", deadline="31/12/2025"), task("NV-2", deadline="10/11/2025"), task("NV-3")]
    desk.take(text_of(rows), reported_on="2025-10-31")
    rows[0][4] = "02/10/2025"
    desk.take(text_of(rows), reported_on="2025-11-30")
    view = open_view(month="2025-11", language="en", data=with_tables(desk.tables.folder))
    texts = [each.text for each in made(view).rows]
    assert "1 task became overdue and 0 overdue ones were settled; 1 is overdue now" in texts
    assert "The day of completion of 1 task was corrected" in texts


@pytest.mark.parametrize("since", ["2025-12", "2026-01", "2025-13", "last"])
def test_a_month_that_is_not_earlier_is_a_wrong_call(since: str) -> None:
    with pytest.raises(WrongCall, match=f"month '?{since}"):
        changes(open_view(month="2025-12"), since=since)
