"""Made-up figures carry their mark wherever they are shown, and no real ones do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from r57lib.figures.registry import FIGURES, all_figures
from r57lib.page.board import Board
from r57lib.page.display import gathering, header
from r57lib.page.figure import Figure
from r57lib.page.parts import Header, Sentences, Tiles
from r57lib.report.indexes import month_index
from r57lib.view.view import View, open_view
from tests.builders import copy_data

MADE_UP = "vietnam-vn-one-year-review"
"""A real document of the tables; the copy says that its figures are made up."""


@pytest.fixture(scope="module", params=["en", "vi"])
def view(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> View:
    data = copy_data(tmp_path_factory.mktemp("made-up"))
    lines = (data / "sources.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    spoilt = [line.replace(",high\n", ",synthetic\n") if line.startswith(f"{MADE_UP},") else line for line in lines]
    (data / "sources.csv").write_text("".join(spoilt), encoding="utf-8")
    return open_view(month="2025-12", language=request.param, data=data)


def made(view: View, name: str) -> Any:
    return all_figures()[name][1](view)


def test_a_figure_says_so_and_so_does_its_headline_elsewhere(view: View) -> None:
    mark, run = view.words("synthetic.mark"), {"status": "published", "language": view.words.language, "unit": {}}
    usage, tasks = made(view, "usage_against_target"), made(view, "task_status")
    assert isinstance(usage, Figure) and isinstance(tasks, Figure)
    assert usage.synthetic and mark in usage.headline and mark in str(usage.chart.to_dict())  # type: ignore[union-attr]
    assert not tasks.synthetic and mark not in tasks.headline
    runs = [run | {"run": name, "notebook": name} for name in ("digital_adoption", "task_completion")]
    cards = month_index(view, runs, view.words.language, [view.words.language]).split('class="r57-card"')[1:]
    assert [mark in card.partition("</li>")[0] for card in cards] == [True, False]


def test_a_tile_and_a_sentence_say_so(view: View) -> None:
    mark, tiles, told = view.words("synthetic.mark"), made(view, "headlines"), made(view, "changes")
    assert isinstance(tiles, Tiles) and isinstance(told, Sentences)
    for marked, facts in [(tile.note, tile.fact_ids) for tile in tiles.tiles] + [
        (row.text, row.fact_ids) for row in told.rows
    ]:
        rests = any(view.facts[fact].source_id == MADE_UP for fact in facts)
        assert (mark in marked) is rests, marked
    assert mark in "".join(tile.note for tile in tiles.tiles) and mark in "".join(row.text for row in told.rows)


def test_a_row_of_the_board_and_a_conflict_say_so(view: View) -> None:
    mark, board, told = view.words("synthetic.mark"), made(view, "status_board"), made(view, "disagreements")
    assert isinstance(board, Board) and isinstance(told, Sentences)
    rows = [(line.name, line.fact_ids) for line in board.lines] + [(row.text, row.fact_ids) for row in told.rows]
    for text, facts in rows:
        assert (mark in text) is any(view.facts[fact].source_id == MADE_UP for fact in facts), text
    assert mark in "".join(line.name for line in board.lines) and mark in "".join(row.text for row in told.rows)


def test_what_counts_made_up_facts_says_how_many(view: View) -> None:
    count = int((view.tables.facts()["source_id"] == MADE_UP).sum())
    assert count > 1
    for name, expected in (("provenance", count), ("sources_used", 1)):
        assert made(view, name).notes == (view.words(f"{name}.made_up", count=view.words.number(expected)),)
        assert made(open_view(month="2025-12", language="en"), name).notes == ()


@pytest.mark.parametrize(
    ("page", "whole"), [("overview", False), ("task_completion", False), ("agency_scorecard", True)]
)
def test_no_banner_stands_over_a_page_of_real_figures(registered: Path, page: str, whole: bool) -> None:
    with gathering() as parts:
        header(open_view(month="2025-12", language="en", data=registered), page)
    (head,) = parts
    assert isinstance(head, Header) and head.synthetic is whole


def test_a_sentence_about_the_register_says_so(registered: Path) -> None:
    view = open_view(month="2025-09", language="en", data=registered)
    told = [row.text for row in FIGURES["changes"][1](view).rows if "became overdue" in row.text]  # type: ignore[union-attr]
    assert told and all(view.words("synthetic.mark") in text for text in told)
