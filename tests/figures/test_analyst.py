"""Figures of an analyst's own: as ours, from a table and a chart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest

from r57lib.errors import WrongCall
from r57lib.figures import figure, own
from r57lib.figures.registry import FIGURES
from r57lib.page.parts import Planned
from r57lib.view.view import View, open_view
from tests.builders import copy_data
from tests.conftest import DATA
from tests.figures.test_made_up import MADE_UP

TITLE = "Hạng · Rank"


@pytest.fixture(scope="module")
def view() -> View:
    return open_view(language="en", data=DATA)


def rows(view: View) -> pd.DataFrame:
    found = view.tables["observations"].query("indicator_id == 'gii_rank'")
    return found[["obs_value", "time_period", "fact_id"]]


def test_it_has_sources_facts_table_and_both_languages(view: View) -> None:
    frame = rows(view)
    chart = alt.Chart(frame.head(3)).mark_bar().encode(x="obs_value:Q", y="time_period:N")
    made = own(view, frame, title=TITLE, subtitle={"vi": "đo", "en": "measure"}, chart=chart, notes=["Một · One"])
    assert (made.title, made.subtitle, made.notes) == ("Rank", "measure", ("One",))
    assert made.fact_ids == tuple(frame["fact_id"])
    assert {each.publisher for each in made.sources} and set(made.cited) == set(frame["fact_id"])
    assert [each.kind for each in made.columns] == ["number", "words", "facts"]
    assert made.data["facts"].tolist() == [[each] for each in frame["fact_id"]]
    page = made.html()
    assert 'aria-label="Rank"' in page and "r57-facts-data" in page and not made.synthetic
    assert own(view.in_language("vi"), frame, title=TITLE).title == "Hạng"


def test_a_fact_that_there_is_not_is_refused_with_the_nearest(view: View) -> None:
    with pytest.raises(WrongCall, match=r"^figures\.own: there is no fact 'F0001'; did you mean '"):
        own(view, pd.DataFrame({"n": [1], "fact_ids": [["F0001"]]}), title=TITLE)


def test_what_rests_on_made_up_figures_bears_the_mark(tmp_path: Path, view: View) -> None:
    data = copy_data(tmp_path)
    text = (data / "sources.csv").read_text(encoding="utf-8")
    spoilt = [
        line.replace(",high", ",synthetic") if line.startswith(f"{MADE_UP},") else line for line in text.split("\n")
    ]
    (data / "sources.csv").write_text("\n".join(spoilt), encoding="utf-8")
    there = open_view(language="en", data=data)
    frame = pd.DataFrame({"n": [1], "fact_id": [next(each for each in there.facts if there.rests_on_made_up([each]))]})
    made = own(there, frame, title=TITLE, chart=alt.Chart(frame[["n"]]).mark_bar().encode(x="n:Q"))
    mark = there.words("synthetic.mark")
    assert made.synthetic and mark in made.headline and f">{mark}</text>" in made.html()
    assert not own(view, frame, title=TITLE).synthetic


def test_what_names_no_fact_bears_the_mark_where_the_data_hold_made_up_figures(registered: Path, view: View) -> None:
    frame = pd.DataFrame({"n": [1]})
    assert own(open_view(data=registered), frame, title=TITLE).synthetic
    assert not own(view, frame, title=TITLE).synthetic


@pytest.fixture
def entered() -> Any:
    before = dict(FIGURES)
    yield
    FIGURES.clear()
    FIGURES.update(before)


@pytest.mark.usefixtures("entered")
def test_a_function_enters_itself_and_follows_a_live_page(view: View) -> None:
    @figure
    def my_rank(view: View, *, top: int = 1) -> Any:
        return own(view, rows(view).head(top), title=TITLE)

    assert FIGURES["my_rank"][0] == "test_analyst"
    assert my_rank(view, top=2).figure_id == "my-rank"
    planned = my_rank(replace(view, live=True), top=3)
    assert isinstance(planned, Planned) and planned.name == "my_rank"
    assert planned.title == "Rank" and len(planned.data) == 3
    with pytest.raises(AttributeError):
        _ = planned.nothing_such


@pytest.mark.usefixtures("entered")
def test_a_name_of_ours_is_refused() -> None:
    with pytest.raises(WrongCall, match=r"^figure 'burn_up' is there already, of task_completion\.ipynb"):

        @figure
        def burn_up(view: View) -> Any:
            return view
