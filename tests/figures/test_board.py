"""The status board as a reader sees it: rows as its table has them, strips on scales of their own, shapes and words."""

from __future__ import annotations

import re

import pytest
from lxml import html

from r57lib import figures, open_view
from r57lib.page.board import Board
from tests.figures.test_figures import VIEWS


def made(month: str = "2026-01", as_of: str = "", language: str = "en") -> Board:
    board = figures.status_board(open_view(month=month, as_of=as_of, language=language))
    assert isinstance(board, Board)
    return board


@pytest.mark.parametrize("name", [name for name in VIEWS if name != "oldest"])
def test_the_page_has_the_rows_of_the_table_in_their_order(name: str) -> None:
    board = made(*VIEWS[name])
    page = html.fromstring(board.html())
    rows = page.xpath("//tbody/tr[not(contains(@class, 'r57-group'))]")
    assert len(rows) == len(board.table) == len(board.lines)
    for row, line, indicator in zip(rows, board.lines, board.table["Indicator"], strict=True):
        said = " ".join(row.xpath("./th")[0].text_content().split())
        assert said.rstrip(":") == indicator
        assert line.outcome in row.text_content() and line.target in row.text_content()
    ids = " ".join(page.xpath("//tbody/tr/td[last()]/text()")).replace(",", " ").split()
    assert sorted(ids) == sorted(fact for line in board.lines for fact in line.fact_ids), "each row with its sources"
    assert set(ids) <= set(board.cited)


def test_an_outcome_is_a_word_and_a_shape() -> None:
    board = made()
    marks = {line.outcome: line.mark for line in board.lines}
    assert marks == {
        "Missed": "missed", "Not enough data to say": "not_known", "Behind pace": "behind", "Not rated": "not_rated",
        "No value published": "not_rated",
    }  # fmt: skip
    drawn = re.findall(r'class="r57-mark r57-mark-(\w+)"', board.html())
    assert drawn == [line.mark for line in board.lines]


def test_a_strip_has_its_own_scale_and_right_is_better() -> None:
    strips = {line.name: line.strip for line in made().lines}
    stations, rank = strips["5G stations"], strips["UN e-government index (EGDI), rank"]
    assert stations is not None and rank is not None
    assert (stations.left, stations.right) == ("0", "80,000")
    assert stations.marks[-1].kind == "latest" and stations.marks[-1].at == pytest.approx(100 * 35000 / 80000, abs=0.1)
    assert stations.target == pytest.approx(100 * 68457 / 80000, abs=0.1) and stations.joined is None
    assert (rank.left, rank.right) == ("100", "1")
    newest = next(mark.at for mark in rank.marks if mark.kind == "latest")
    assert newest == pytest.approx(100 * (100 - 71) / 99, abs=0.1) and newest < rank.target
    for strip in filter(None, strips.values()):
        assert all(0 <= place <= 100 for place in (strip.target, *(mark.at for mark in strip.marks)))


def test_sources_that_disagree_are_joined_rings() -> None:
    (line,) = [each for each in made().lines if each.name.startswith("5G coverage")]
    assert line.strip is not None and line.strip.joined == (40.0, 91.0)
    assert sorted(mark.at for mark in line.strip.marks if mark.kind == "rival") == [40.0, 59.0, 91.0]
    assert [text for _, text in line.values] == ["nearly 40%", "nearly 59%", "more than 91%"]
    assert "10 January 2026: about 90%" in line.when


def test_two_methods_have_two_shapes_and_names() -> None:
    (line,) = [each for each in made().lines if each.name.startswith("Digital economy")]
    assert line.values == ((1, "about 18.72%"), (2, "14.02%"))
    assert line.when == "2025: MoST · NSO" and line.reason == "by every source"
    assert line.deadline == "2030; 2045: 50%"


def test_a_target_without_a_value_names_that_of_another_definition() -> None:
    """What the budget allocates is known, what it spends is not."""
    board = made()
    (line,) = [each for each in board.lines if each.name == "Science, innovation and DX in State budget"]
    told = "known by another definition: State budget allocated to science, innovation and DX, 3% (25 December 2025)"
    assert (line.outcome, line.reason, line.values) == ("No value published", told, ())
    assert told in board.html() and "P-state-budget-sti-2025" in line.fact_ids
    assert not any(each.reason for each in made("2025-09").lines if each.group == "no_value")


@pytest.mark.parametrize("whom", ["national", "localities", "ministries"])
def test_the_newest_dot_has_its_value_in_words(whom: str) -> None:
    told = {"national": "39.51%", "localities": "15.21%", "ministries": "51.19%"}[whom]
    (line,) = [each for each in made("2025-09").lines if each.whom == whom and each.name.startswith("Dossiers")]
    assert line.when == f"2024; June 2025: {told}"


@pytest.mark.parametrize(
    ("as_of", "said"),
    [("2025-12-29", ""), ("2025-12-30", ", tomorrow"), ("2025-12-31", ", today"), ("2026-01-01", "")],
)
def test_a_deadline_of_today_or_tomorrow_has_its_word(as_of: str, said: str) -> None:
    (stations,) = [line for line in made(as_of[:7], as_of).lines if line.name == "5G stations"]
    assert stations.deadline == f"31 December 2025{said}"


def test_the_data_are_tidy() -> None:
    data = made().data.set_index("indicator")
    stations = data.loc["5G stations"]
    actual = (stations["actual"], stations["actual_unit"], stations["actual_qualifier"])
    assert actual == (35000, "station", "more_than")
    assert stations["target"] == 68457 and f"{stations['target_period_end']:%Y-%m-%d}" == "2025-12-31"


def test_each_value_of_a_conflict_has_a_bar_of_its_own() -> None:
    """A publisher that gives two values, for 2023 and for 2024, has two bars."""
    drawn = figures.conflicts(open_view(month="2026-01", language="en")).chart.to_dict()["datasets"].values()
    rows = [row for table in drawn for row in table if "under" in row]
    places = {(row["row"], row["facts"]) for row in rows}
    assert len(places) == len({row for row, _ in places}) == 11


def test_conflicts_are_told_once_on_the_page() -> None:
    view = open_view(month="2026-01", language="en")
    told = [row.text for row in figures.changes(view).rows if "sources disagree" in row.text]
    assert told == ["5G coverage of the population: sources disagree"]
    rows = figures.disagreements(view).rows
    assert "5G coverage of the population: nearly 40%, nearly 59%, about 90% and more than 91%" in [
        row.text for row in rows
    ]
    assert len({row.text.partition(":")[0] for row in rows}) == len(rows)
