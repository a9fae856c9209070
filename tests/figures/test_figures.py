"""Every figure, in every month and cut-off: a chart with its words, or a sentence; never a broken page."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import nbformat
import pytest

from r57lib import figures
from r57lib.figures import FIGURES
from r57lib.page.figure import Figure
from r57lib.page.parts import Brief, Nothing, Sentences, Tiles
from r57lib.view.citations import finding_sentence
from r57lib.view.view import View, open_view
from tests.conftest import ROOT
from tests.ours import OURS

VIEWS = {
    "newest": ("", ""),
    "2025-12": ("2025-12", ""),
    "2025-11 as of its end": ("2025-11", "2025-11-30"),
    "2025-12 as of November": ("2025-12", "2025-11-30"),
    "2025-09": ("2025-09", ""),
    "2025-09 as of August": ("2025-09", "2025-08-30"),
    "2025-06": ("2025-06", ""),
    "2024-06": ("2024-06", ""),
    "oldest": ("2016-12", ""),
}


@pytest.fixture(scope="module", params=VIEWS)
def view(request: pytest.FixtureRequest) -> View:
    month, as_of = VIEWS[request.param]
    oldest = open_view().everything.oldest_month
    return open_view(month=str(oldest) if request.param == "oldest" else month, as_of=as_of, language="en")


@pytest.mark.parametrize("name", FIGURES)
def test_figure_in_any_month(view: View, name: str) -> None:
    english = FIGURES[name][1](view)
    holds(english, name, view)
    if view.as_of == view.everything.newest_about(
        view.month
    ):  # what is cut off has nothing of its own to say in Vietnamese
        vietnamese = FIGURES[name][1](view.in_language("vi"))
        holds(vietnamese, name, view)
        if isinstance(english, Figure) and isinstance(vietnamese, Figure):
            data_are_what_the_columns_say(english, vietnamese)


def holds(made: Figure | Tiles | Brief | Sentences | Nothing, name: str, view: View) -> None:
    """It is whole, or says why there is nothing."""
    if isinstance(made, Nothing):
        needs_more = ("scorecard_", "register_", "forecast_coverage", "usage_by_commune")
        assert FIGURES[name][1].__module__ == "r57lib.figures.task_register" or name.startswith(needs_more)
        return
    december = (str(view.month), view.as_of) == ("2025-12", view.everything.newest_about(view.month))
    still = december and view.words.language == made.words.language  # of one language: a picture takes long
    page = made.html(still=still) if isinstance(made, Figure) else made._repr_html_()
    assert "{" not in made.heading
    assert "nan" not in page.split("<script", 1)[0].casefold().split()
    if view.day >= date(2025, 12, 31):  # what was due by then is due: it has an outcome, and no pace
        assert not PASSED.search(re.sub(r"(?s)<script.*?</script>", "", page))
    known = set(view.tables.facts()["fact_id"])
    if FIGURES[name][1].__module__ == "r57lib.figures.agenda":  # what was public of later days
        known |= set(view.everything.known(min(view.as_of, view.month.last_day)).facts()["fact_id"])
    assert set(made.fact_ids) <= known, "a fact that the view does not know"
    if isinstance(made, Sentences):
        assert all(row.text and "{" not in row.text and row.href for row in made.rows)
        return
    if isinstance(made, Tiles | Brief):
        assert len(made.tiles if isinstance(made, Tiles) else made.lines) <= 5
        return
    assert made.title
    assert made.sources or not made.fact_ids
    if made.chart is not None:
        assert made.chart.title.text == made.title
        assert made.chart.description
        if made.words.language == "en" and december:  # encodings are those of every month and language
            made.chart.to_dict()
        assert not made.table.empty


def data_are_what_the_columns_say(english: Figure, vietnamese: Figure) -> None:
    assert [(each.key, each.kind) for each in english.columns] == [(each.key, each.kind) for each in vietnamese.columns]
    kinds = {"count": "Int64", "number": "float64", "share": "float64", "money": "float64", "day": "datetime64[us]"}
    for column in english.columns:
        if column.kind in kinds:
            assert str(english.data[column.key].dtype) == kinds[column.kind], column.key
        if column.kind == "facts":
            assert all(isinstance(ids, list) for ids in english.data[column.key])
        if column.kind == "words" and not column.key.endswith(("_id", "task")):
            assert not [text for text in column.texts if NUMBER_LIKE.fullmatch(text)], column.key
    for mine, theirs in zip(english.columns, vietnamese.columns, strict=True):
        if mine.kind not in ("words", "facts"):
            assert sorted(mine.sort_keys or []) == sorted(theirs.sort_keys or [])  # rows by names have another order


PASSED = re.compile(r"days left|were needed|còn [\d.,]+ ngày")
"""What is said of a day that is still to come."""
NUMBER_LIKE = re.compile(r"[+−-]?\d[\d.,]*(\s?%)?")


def test_the_rate_on_time_is_a_number() -> None:
    view = open_view(month="2025-12", language="vi")
    rates = FIGURES["on_time_rates"][1](view).data
    assert rates["rate"].tolist()[0] == 186 / 277 and rates["facts"].tolist()[0][:2] == ["F001", "F002"]


def test_charts_are_there_in_december() -> None:
    view = open_view(month="2025-12", language="en")
    made = [function(view) for _, function in FIGURES.values()]
    drawn = [figure for figure in made if isinstance(figure, Figure) and figure.chart is not None]
    assert len(drawn) >= 18


@pytest.mark.parametrize("notebook", [each.name for each in OURS])
def test_notebook_shows_exactly_its_figures(notebook: str) -> None:
    shown = names_called(ROOT / "notebooks" / f"{notebook}.ipynb")
    assert shown == {name for name, (own, _) in FIGURES.items() if own == notebook}


def names_called(path: Path) -> set[str]:
    cells = nbformat.read(path, as_version=4).cells
    tree = ast.parse("\n".join(cell.source for cell in cells if cell.cell_type == "code"))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "figures"
    }


def test_text_from_data_is_inert() -> None:
    view = open_view(month="2025-12", language="en")
    labels = {**view.words.labels, "scope.r71": '<script>alert(1)</script><img src=x onerror="alert(2)">'}
    hostile = View(view.everything, view.month, view.as_of, type(view.words)("en", labels))
    page = FIGURES["task_status"][1](hostile)._repr_html_()
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page


def test_explanation_of_a_conflict_tells_nothing_that_was_not_public() -> None:
    view = open_view(month="2025-12", as_of="2025-12-31", language="en")
    sentences = [finding_sentence(finding, view.words) for finding in view.findings]
    clash = [sentence for sentence in sentences if "5G coverage" in sentence]
    assert clash == [
        "5G coverage of the population, national: for periods that end at most 31 days apart, sources put it at "
        "nearly 40% and nearly 59%."
    ]
    assert "91" not in " ".join(sentences)
    newest = open_view(month="2025-12", language="en")
    assert any("91%" in finding_sentence(finding, newest.words) for finding in newest.findings)


@pytest.mark.parametrize(
    ("month", "change"),
    [("2025-12", "unchanged; 14 commitments added to the list"), ("2025-09", "unchanged")],
)
def test_a_longer_list_is_not_more_evidence(month: str, change: str) -> None:
    found = figures.headlines(open_view(month=month, language="en")).tiles[-1]
    assert (found.label, found.change) == ("Enterprise commitments beyond words", change)
