"""The figures of the register, for all agencies and for one, on the made-up register, beside counts done by hand."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from r57lib.errors import WrongCall
from r57lib.figures import FIGURES
from r57lib.ingest.samples import LEADS, MadeUpTask, make_tasks
from r57lib.measures.register import register_day, tasks_of
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.report.plan import make_plan, read_spec
from r57lib.view.filters import FILTERS, apply_filters
from r57lib.view.view import View, open_view
from tests.conftest import ROOT

MODULES = ("r57lib.figures.task_register", "r57lib.figures.agency_scorecard")
FORECASTS = ["register_forecast", "scorecard_forecast", "forecast_coverage"]
OWN = [name for name, (_, made) in FIGURES.items() if made.__module__ in MODULES] + FORECASTS
DAY = date(2025, 10, 31)


@pytest.fixture(scope="module")
def october(registered: Path) -> View:
    return open_view(month="2025-10", language="en", data=registered)


def made(view: View, name: str) -> Figure:
    figure = FIGURES[name][1](view)
    assert isinstance(figure, Figure)
    return figure


def cells(view: View, name: str) -> list[list[str]]:
    return made(view, name).table.to_numpy().tolist()


def status(task: MadeUpTask, day: date = DAY) -> str:
    """By hand: from the dates alone."""
    if task.completed and task.completed <= day:
        return "late" if task.completed > task.due else "on time"
    return "overdue" if task.due < day else "open"


def known(day: date = DAY, lead: str = "") -> list[MadeUpTask]:
    return [task for task in make_tasks() if task.assigned <= day and lead in ("", task.lead)]


@pytest.fixture(scope="module", params=product(["2025-04", "2025-09", "2026-01"], ["", "MOST", "province:48", "MPS"]))
def left(request: pytest.FixtureRequest, registered: Path) -> View:
    """A month for all agencies, or for one."""
    month, agency = request.param
    return apply_filters(open_view(month=month, language="en", data=registered), {"lead_agency": agency})


@pytest.mark.whole
@pytest.mark.parametrize("name", OWN)
def test_each_is_made_in_any_month_for_any_agency(left: View, name: str) -> None:
    for view in (left, left.in_language("vi")):
        figure = FIGURES[name][1](view)
        still = (str(view.month), view.choice("lead_agency")) == ("2025-09", "MOST")  # a picture takes long
        page = figure.html(still=still) if isinstance(figure, Figure) else figure._repr_html_()
        if isinstance(figure, Nothing):
            assert (name == "scorecard_rank" and not view.choice("lead_agency")) or str(view.month) == "2025-04"
            continue
        assert isinstance(figure, Figure)
        words, _, drawn = page.partition("<script")
        assert "nan" not in words.casefold().split() and "{" not in figure.heading + figure.title
        assert figure.synthetic and figure.sources
        assert view.words("synthetic.mark") in words, "made-up figures say so"
        if figure.chart is not None:
            assert view.words("synthetic.mark") in drawn.partition("</script>")[0], "on the chart itself"
            if (view.words.language, str(view.month)) == ("en", "2025-09"):
                figure.chart.to_dict()


def test_counts_are_those_counted_by_hand(october: View) -> None:
    counted = Counter(status(task) for task in known())
    found = Counter(tasks_of(october.tables)["status"])
    assert found == {"completed_on_time": counted["on time"], "completed_late": counted["late"],
                     "overdue": counted["overdue"], "in_progress": counted["open"]}  # fmt: skip
    title = made(october, "register_burn_up").title
    done = counted["on time"] + counted["late"]
    assert title.startswith(f"Register, 31 October 2025: {done} of {len(known())} tasks completed")


def test_every_published_count_of_its_time_stands_beside_it(october: View) -> None:
    """Of late September and 28 August all agree: `r57 sample` was made so; of July the register knows better."""
    figure = made(october, "register_counts")
    rows = figure.table.to_numpy().tolist()
    assert ["late September 2025", "total", "679", "679", "0"] in [row[:5] for row in rows]
    assert ["28 August 2025", "overdue", "4", "4", "0"] in [row[:5] for row in rows]
    differing = [row for row in rows if row[4] != "0"]
    assert figure.title.startswith(f"{len(differing)} of {len(rows)} published counts differ")
    assert {row[0] for row in differing}.isdisjoint({"late September 2025", "28 August 2025"})


def test_ageing_is_counted_by_hand(october: View) -> None:
    days = [(DAY - task.due).days for task in known() if status(task) == "overdue"]
    bands = [sum(low <= each <= high for each in days) for low, high in ((1, 30), (31, 90), (91, 180), (181, 999))]
    assert [int(row[1]) for row in cells(october, "overdue_ageing")] == bands
    assert f"{len(days)} tasks are overdue on 31 October 2025" in made(october, "overdue_ageing").title


def test_due_soon_is_counted_by_hand_for_an_agency(october: View) -> None:
    own = known(lead="Bộ Khoa học và Công nghệ")
    within = [
        sum(status(task) == "open" and 0 <= (task.due - DAY).days <= days for task in own) for days in (30, 60, 90)
    ]
    done = sum(bool(task.completed) and 0 <= (DAY - task.completed).days < 90 for task in own if task.completed)
    (row,) = [row for row in cells(october, "due_soon") if row[0] == "Ministry of Science and Technology"]
    assert [int(cell) for cell in row[1:]] == [*within, done]


def test_transitions_balance_the_stock_of_overdue_tasks(october: View) -> None:
    moves = [(row[0], row[1], int(row[2])) for row in cells(october, "status_transitions")]
    came = sum(count for before, after, count in moves if after == "overdue" != before)
    went = sum(count for before, after, count in moves if before == "overdue" != after)
    then = sum(status(task, date(2025, 9, 30)) == "overdue" for task in known(date(2025, 9, 30)))
    now = sum(status(task) == "overdue" for task in known())
    assert then + came - went == now
    told = f"Overdue: {then} on 30 September 2025, {came} came, {went} went, {now} on 31 October 2025"
    assert made(october, "status_transitions").title == told


def test_an_agency_with_few_tasks_has_no_rate_and_no_place(october: View) -> None:
    few = apply_filters(october, {"lead_agency": "province:48"})
    figure = made(few, "scorecard_rank")
    fallen = [task for task in known(lead="Đà Nẵng") if status(task) != "open"]
    assert len(fallen) < 5 and "no rate and no place" in figure.title
    (row,) = [row for row in figure.table.to_numpy().tolist() if row[0] == "Da Nang"]
    assert row[2] == str(len(fallen)) and row[3] == row[4] == "–"


def test_the_list_of_overdue_tasks_names_each_with_its_row(october: View) -> None:
    own = apply_filters(october, {"lead_agency": "MOST"})
    listed = cells(own, "scorecard_overdue")
    late = {task.code for task in known(lead="Bộ Khoa học và Công nghệ") if status(task) == "overdue"}
    assert {row[0] for row in listed} == late
    days = [int(row[3]) for row in listed]
    assert days == sorted(days, reverse=True) and all("row" in row[4] for row in listed)


def test_the_day_is_that_of_the_newest_file_and_no_later(registered: Path) -> None:
    """Between two files nothing is known: nobody is made overdue for want of a report."""
    assert register_day(open_view(month="2025-10", as_of="2025-10-30", data=registered).tables) == date(2025, 9, 30)
    assert register_day(open_view(month="2026-01", data=registered).tables) == date(2026, 1, 31)


def test_the_plan_has_a_scorecard_for_each_agency_and_none_without_a_register(registered: Path) -> None:
    spec = read_spec(ROOT / "reports" / "monthly.yaml")
    runs = make_plan(open_view(month="2025-10", data=registered), ROOT / "notebooks", spec=spec).runs
    cards = [run for run in runs if run.notebook.stem == "agency_scorecard"]
    assert len(cards) == 2 * len(LEADS) and "agency_scorecard.province-48.vi" in {run.name for run in cards}
    bare = make_plan(open_view(month="2025-10"), ROOT / "notebooks", spec=spec).runs
    assert not [run for run in bare if run.notebook.stem == "agency_scorecard"]


def test_choices_of_the_control_are_the_agencies_that_lead(october: View) -> None:
    choices = FILTERS["lead_agency"].choices(october)
    assert len(choices) == 1 + len(LEADS) and ("Da Nang", "province:48") in choices


def test_without_a_register_the_scorecard_is_a_sentence() -> None:
    view = open_view(month="2025-12", language="en")
    assert made(view, "scorecard_status").title.startswith("No register of tasks was taken in")
    assert all(isinstance(FIGURES[name][1](view), Nothing) for name in OWN if name != "scorecard_status")
    with pytest.raises(WrongCall, match="lead_agency 'MOTS'"):
        make_plan(view, ROOT / "notebooks", only=["agency_scorecard"], parameters={"lead_agency": "MOTS"})
