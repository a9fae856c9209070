"""What the task page says of its counts: which leads, how old it is, what is compared, and of which deadline."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from r57lib import figures
from r57lib.data.load import load_tables
from r57lib.data.periods import Month
from r57lib.figures.task_forecast import fan_figure
from r57lib.measures.forecast import COVERAGE, DAY_COVERAGE, completion_forecast
from r57lib.page.figure import Figure
from r57lib.view.view import View, open_view
from r57lib.view.words import Language
from tests.builders import copy_data, edit_cell, read_rows, write_table
from tests.measures.test_forecast import burn_up

LANGUAGES: tuple[Language, ...] = ("en", "vi")


def made(name: str, view: View, **options: str) -> Figure:
    figure = getattr(figures, name)(view, **options)
    assert isinstance(figure, Figure)
    return figure


def told(view: View, name: str, **options: str) -> str:
    """All sentences of a figure."""
    figure = made(name, view, **options)
    return "\n".join([figure.heading, figure.question, figure.title, figure.subtitle, *figure.notes])


@pytest.mark.parametrize(
    ("month", "scope", "old"), [("2025-09", "r71", False), ("2025-12", "csc", False), ("2026-01", "csc", True)]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_newest_count_leads_with_its_subject_day_and_age(language: str, month: str, scope: str, old: bool) -> None:
    view = open_view(month=month, language=language)
    words, figure = view.words, made("task_status", view)
    period = words.date(date(2025, 12, 4)) if scope == "csc" else words.period("2025-09-late")
    assert figure.title.startswith(f"{words(f'scope.{scope}')}, {period}: ")
    assert figure.subtitle.endswith(words("count.age")) is old
    numbers = ("601/1.287", "46.70%", "104") if scope == "csc" else ("277/679", "40.80%", "24")
    assert all(number in figure.title.replace(",", ".").replace(" of ", "/") for number in numbers)


def test_a_newer_count_of_another_kind_is_told_beside_and_joined_with_none() -> None:
    """The year-end conference: 1,227 of 1,298, three weeks after 601 of 1,287."""
    figure = made("task_status", open_view(month="2026-01", language="en"))
    assert "never joined" in figure.notes[0] and "1,298" not in figure.title
    rows = figure.data[figure.data["scope"].str.endswith("year-end conference")]
    assert rows[["completed", "total"]].to_numpy().tolist() == [[1227, 1298]]
    assert rows[["overdue", "in_progress", "regular"]].isna().all(axis=None)


@pytest.mark.parametrize(("month", "name", "left"), [("2025-10", "Central Steering Committee", "86"),
                                                     ("2026-01", "year-end conference", "71")])  # fmt: skip
def test_what_a_source_leaves_unexplained_is_drawn_and_named(month: str, name: str, left: str) -> None:
    """15 October 2025: 485 and 561 of 1,132; 25 December: 1,227 of 1,298."""
    view = open_view(month=month, language="en")
    (drawn,) = made("task_status", view).chart.to_dict()["datasets"].values()  # type: ignore[union-attr]
    unsaid = [row for row in drawn if row["part"] == view.words("part.unsaid") and name in row["row"]]
    assert [row["text"] for row in unsaid] == [left]
    (behind,) = made("agencies_behind", view).chart.to_dict()["datasets"].values()  # type: ignore[union-attr]
    assert behind[-1]["row"] == view.words("agencies.unsaid") and behind[-1]["value"] == 33 - 24
    assert behind[-1]["part"] != behind[0]["part"]


@pytest.mark.parametrize("name", ["on_time_rates", "agency_league", "scorecard_rank"])
def test_an_interval_of_a_full_count_says_what_it_means(name: str) -> None:
    for language, draw in (("en", "random draw"), ("vi", "mẫu ngẫu nhiên")):
        labels = open_view(month="2025-09", language=language).words.labels
        assert any(
            draw in labels[f"figure.{name}.{part}"]
            for part in ("subtitle", "question", "note")
            if f"figure.{name}.{part}" in labels
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_list_that_grew_no_difference_is_shown(language: str) -> None:
    figure = made("burn_up", open_view(month="2025-09", language=language))
    cells = " ".join(" ".join(row) for row in figure.table.to_numpy().tolist())
    assert all(number in figure.title for number in ("330", "679", "90", "277")) and "187" not in figure.title + cells
    assert "+349" in cells, "the growth itself is a fact"


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_list_that_stayed_both_counts_are_told(tmp_path: Path, language: str) -> None:
    folder = copy_data(tmp_path)
    edit_cell(folder, "task_snapshots", "P-r71-2025-08-28-total", "task_count", "679")
    words = open_view(language=language).words
    figure = made("burn_up", View(load_tables(folder), Month(2025, 9), date(2025, 9, 30), words))
    assert figure.chart is None and "330" not in figure.title, "two counts are a sentence"
    assert ("of the same 679 tasks 277" in figure.title) is (language == "en")
    assert ("trong cùng 679 nhiệm vụ" in figure.title) is (language == "vi")
    assert "+187" in figure.table.to_numpy().tolist()[-1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pace_counts_from_the_day_of_the_report(language: str) -> None:
    """402 open: 92 days from 30 September, 41 from 20 November, the day of knowledge, 30 from the month's last."""
    for month, as_of, left, pace in (
        ("2025-09", "2025-10-31", "92", "4.4"),
        ("2025-11", "2025-11-20", "41", "9.8"),
        ("2025-11", "2025-12-31", "31", "13.0"),
    ):
        figure = made("required_pace", open_view(month=month, as_of=as_of, language=language))
        assert pace in figure.title.replace(",", ".") and left in figure.table.to_numpy().tolist()[0]
        assert figure.chart is not None


def test_rates_of_the_newest_set_are_drawn_and_those_of_others_stand_in_the_table(tmp_path: Path) -> None:
    folder = copy_data(tmp_path)
    parts = {"F008": ("completed", 45), "F007": ("total", 70), "F009": ("completed_late", 9), "F010": ("overdue", 2)}
    for fact, (status, count) in parts.items():
        edit_cell(folder, "task_snapshots", fact, "status", status)
        edit_cell(folder, "task_snapshots", fact, "task_count", str(count))
    rows = read_rows(folder, "task_snapshots")
    late = next(each for each in rows if each["fact_id"] == "F009")
    write_table(
        folder,
        "task_snapshots",
        [*rows, late | {"fact_id": "F008a", "status": "completed_on_time", "task_count": "36"}],
    )
    words = open_view(language="en").words
    figure = made("on_time_rates", View(load_tables(folder), Month(2025, 9), date(2025, 9, 30), words))
    assert "on time 67.1% of the completed" in figure.title and len(figure.table) == 6
    (points,) = [rows for rows in figure.chart.to_dict()["datasets"].values() if "low" in rows[0]]  # type: ignore[union-attr]
    assert len(points) == 3


LEFT = r"\b(left|needed|need|were needed)\b|[Cc]òn .*ngày|[Cc]ần "


@pytest.mark.parametrize("deadline", ["", "2025-12-31", "2025-11-30"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_of_a_deadline_that_has_passed_only_the_outcome_is_told(language: str, deadline: str) -> None:
    for month in ("2025-12", "2026-01"):
        view = open_view(month=month, language=language)
        figure = made("required_pace", view, deadline=deadline)
        assert "402" in figure.title and figure.chart is None and len(figure.table.columns) == 5
        assert ("outcome not known" in figure.title) is (language == "en")
        assert not re.search(LEFT, "\n".join([figure.title, figure.subtitle]))
        assert (view.words.date(date(2026, 12, 31)) in told(view, "required_pace", deadline=deadline)) is not deadline


def test_a_deadline_may_be_a_day_of_the_calendar() -> None:
    view = open_view(month="2026-01", language="en")
    said = made("required_pace", view, deadline="2026-06-30")
    assert made("required_pace", view, deadline=date(2026, 6, 30)).title == said.title


def test_a_deadline_that_is_asked_for_has_its_own_pace() -> None:
    """402 in 150 days from 31 January 2026."""
    figure = made("required_pace", open_view(month="2026-01", language="en"), deadline="2026-06-30")
    assert "30 June 2026" in figure.title and "2.7 tasks a day" in figure.title


def test_a_count_of_nothing_completed_has_no_multiple_and_one_of_all_is_done(tmp_path: Path) -> None:
    folder, words = copy_data(tmp_path), open_view(language="en").words
    for count, title in (
        ("0", "none was completed so far"),
        ("679", "deadline 31 October 2025: met, all tasks were completed (679"),
    ):
        edit_cell(folder, "task_snapshots", "F002", "task_count", count)
        view = View(load_tables(folder), Month(2025, 9), date(2025, 9, 30), words)
        if count == "679":
            view = View(view.everything, Month(2025, 10), date(2025, 10, 31), words)
        assert title in made("required_pace", view, deadline="2025-10-31").title


def test_without_a_later_target_there_is_no_pace(tmp_path: Path) -> None:
    folder = copy_data(tmp_path)
    write_table(folder, "targets", [])
    view = View(load_tables(folder), Month(2025, 9), date(2025, 9, 30), open_view(language="en").words)
    figure = made("required_pace", view)
    assert "no deadline after late September 2025 is known" in figure.title and figure.chart is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_naive_day_that_has_passed_is_told_as_past(language: str) -> None:
    tables, words = open_view().everything, open_view(language=language).words
    late = View(tables, Month(2026, 7), date(2026, 7, 31), words)
    for view, past in ((View(tables, Month(2026, 1), date(2026, 1, 31), words), False), (late, True)):
        assert ("has passed" in told(view, "forecast") or "nay đã qua" in told(view, "forecast")) is past


@pytest.mark.parametrize("left", [30, 300])
def test_the_fan_quotes_the_coverage_of_what_it_shows(left: int) -> None:
    """Six months seen: of the day where its interval ends within three months, else of the count three months ahead."""
    months = [30, 25, 28, 31, 27, 30]
    history = burn_up(months, total=sum(months) + left)
    projected = completion_forecast(history)
    notes = " ".join(fan_figure(open_view(month="2025-12", language="en"), history, projected).notes)
    least, most = DAY_COVERAGE[6] if left == 30 else COVERAGE[6][2]
    assert f"held {least} to {most} of 100" in notes
    assert ("No interval is given beyond 3 months" in notes) is (left == 300) is (projected.high is None)
