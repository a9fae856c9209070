"""An analyst's own charts: what a notebook stores of them, and the figures that pages make of them."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

import r57lib
from r57lib.page.renderer import MOST_ROWS, TooManyRows, own_figure
from r57lib.page.shown import CHART, FIGURE
from r57lib.view.view import View, open_view
from r57lib.view.words import LANGUAGES

AGENCIES = pd.DataFrame({"agency": ["MOST", "MOF", "MOIT"], "open": [1234, 2500, 870]})


def own_chart(rows: pd.DataFrame = AGENCIES, **around: Any) -> alt.Chart:
    title = alt.Title("Bộ Tài chính còn nhiều nhiệm vụ nhất", subtitle="Số nhiệm vụ đang mở")
    return alt.Chart(rows, title=title, **around).mark_bar().encode(x="agency", y="open", tooltip=["agency", "open"])


@pytest.fixture(params=LANGUAGES)
def view(request: pytest.FixtureRequest) -> View:
    """As a notebook opens it."""
    opened: View = r57lib.open_view(language=request.param)
    return opened


def test_a_notebook_stores_a_small_drawing_its_picture_and_its_words(view: View) -> None:
    bundle = own_chart(description="Ba cột.")._repr_mimebundle_()
    assert set(bundle) == {CHART, "image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == "Ba cột."
    told = bundle[CHART]
    assert (told["title"], told["subtitle"]) == ("Bộ Tài chính còn nhiều nhiệm vụ nhất", "Số nhiệm vụ đang mở")
    spec = json.loads(told["spec"])
    assert "title" not in spec and spec["width"] == "container"
    assert "var(--r57-series-1, " in json.dumps(told) and len(json.dumps(told)) < 3000
    picture = bundle["image/svg+xml"]
    assert "var(" not in picture and "Bộ Tài chính" in picture
    assert {"vi": "2.500", "en": "2,500"}[view.words.language] in picture


def test_it_is_a_figure_on_a_page(view: View) -> None:
    figure = own_figure(own_chart(description="Ba cột."), view.words, "cell-7")
    assert figure.title == "Bộ Tài chính còn nhiều nhiệm vụ nhất"
    page = figure.html()
    assert 'id="cell-7"' in page and 'aria-label="Ba cột."' in page and "<h2" not in page
    assert page.count("Bộ Tài chính còn nhiều nhiệm vụ nhất") == 2, "the finding, and the section's name for the ear"
    assert own_figure(own_chart(description="Ba cột.")._repr_mimebundle_()[CHART], view.words, "cell-7").html() == page
    assert own_figure(own_chart() | own_chart(), view.words, "cell-8").html().count("<svg") == 1


def test_a_chart_keeps_its_own_width_and_the_colours_that_it_blends() -> None:
    words = open_view().words
    assert own_figure(own_chart(width=300), words, "narrow").chart.width == 300  # type: ignore[union-attr]
    shades = alt.Color("open:Q", scale=alt.Scale(range=["#FFFFFF", "#12436E"]))
    spec = own_chart().encode(color=shades)._repr_mimebundle_()[CHART]["spec"]
    assert '"range": ["rgb(255,255,255)", "rgb(18,67,110)"]' in spec


def test_too_many_rows_are_refused_in_one_line(view: View) -> None:
    rows = pd.DataFrame({"agency": "MOST", "open": range(MOST_ROWS)})
    with pytest.raises(TooManyRows, match="groupby") as refused:
        own_chart(rows).to_dict()
    assert len(str(refused.value).splitlines()) == 1
    assert {"vi": "5.000 dòng", "en": "5,000 rows"}[view.words.language] in str(refused.value)
    assert own_chart(rows.head(MOST_ROWS - 1)).to_dict()


def test_a_notebook_shows_the_refusal_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell.instance()
    try:
        shell.push({"chart": own_chart(pd.DataFrame({"agency": "MOST", "open": range(MOST_ROWS)}))})
        shell.run_cell("chart")
    finally:
        InteractiveShell.clear_instance()
    said = capsys.readouterr().out
    assert "groupby" in said and "Traceback" not in said


def test_a_figure_stores_no_data_twice_as_text(view: View) -> None:
    figure = r57lib.figures.task_status(view)
    bundle = figure._repr_mimebundle_()
    assert set(bundle) == {FIGURE, CHART, "text/html", "text/plain"}
    assert bundle["text/plain"] == repr(figure) and len(repr(figure)) < 500
    assert bundle[CHART]["title"] == figure.title


def test_a_view_and_its_tables_explain_themselves(view: View) -> None:
    assert len(repr(view)) < 500 and len(repr(view.tables)) < 1500
    assert str(view.month) in repr(view) and view.as_of.isoformat() in repr(view)
    page, tables = view._repr_html_(), view.tables._repr_html_()
    assert view.words.month(view.month) in page and view.words.date(view.as_of) in page
    for name, frame in view.tables.frames.items():
        assert view.words.has(f"table.{name}"), "what it holds"
        row = f"<code>{name}</code></td><td class=n>{len(frame)}</td><td>{view.words(f'table.{name}')}<"
        assert row in page and all(
            f"<code>{name}</code></td><td class=n>{len(frame)}</td>" in each for each in (page, tables)
        )


def test_tables_are_completed_and_a_misspelt_one_has_a_nearest() -> None:
    tables = open_view().tables
    assert set(dir(tables)) == set(tables.frames)
    assert not {each for each in dir(type(tables)) if each in tables.frames}, "a name of two things"
    assert tables.targets is tables["targets"]
    with pytest.raises(AttributeError, match="no table is called 'target'; did you mean 'targets'"):
        tables.target  # noqa: B018
    with pytest.raises(KeyError, match="no table is called 'observatons'; did you mean 'observations'"):
        tables["observatons"]


def test_in_a_notebook_a_view_a_table_and_the_figures_are_shown_in_our_style() -> None:
    shell = InteractiveShell.instance()
    try:
        for name in r57lib.__all__:
            getattr(r57lib, name)
        for shown in (r57lib.open_view(), r57lib.open_view().tables, r57lib.figures, r57lib.figures.index()):
            bundle, _ = shell.display_formatter.format(shown)
            assert {FIGURE, "text/html", "text/plain"} <= set(bundle)
            assert len(bundle["text/plain"]) < 1500 or shown is not r57lib.figures
    finally:
        InteractiveShell.clear_instance()


def test_what_an_analyst_leaves_open_is_read_whole_in_light_and_dark(view: View) -> None:
    days = pd.DataFrame({"day": pd.date_range("2026-01-01", periods=30), "n": range(30), "who": ["x" * 60] * 30})
    base = alt.Chart(days, title="Tăng đều").encode(x="day:T", y="n:Q", color="n:Q", shape="who:N")
    figure = own_figure(base.mark_point() + base.mark_text(), view.words, "own")
    assert figure.title == "Tăng đều" and "title" not in figure.spec["layer"][0]
    assert "calc(" in figure.still and "var(--r57-dark, 0)" in figure.still, "what is blended goes by the ground"
    assert "x" * 60 in figure.still, "the label of a legend is whole"
    assert (">05/01<" in figure.still, "Jan" in figure.still) == {"vi": (True, False), "en": (False, True)}[
        view.words.language
    ]


def test_marks_that_are_moved_stand_off_the_edge_and_made_up_ones_are_drawn(view: View) -> None:
    rows = pd.DataFrame({"a": [0, 5, 10], "b": [0, 5, 10]})
    chart = alt.Chart(rows).mark_circle().encode(x="a:Q", y="b:Q")
    still, moved = (own_figure(each, view.words, "own").spec["encoding"]["x"] for each in (chart, chart.interactive()))
    assert "scale" not in still and moved["scale"]["padding"] > 0
    made_up = own_figure(chart, view.words, "own", synthetic=True)
    assert [len(held) for held in made_up.spec["datasets"].values()].count(3) == 1 and ">10<" in made_up.still
