"""The registry of figures: each is found by itself, by its name, and nothing is imported before it is asked for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import pytest

from r57lib import figures, open_view
from r57lib.data import checks
from r57lib.errors import BadData, WrongCall
from r57lib.figures import registry
from r57lib.figures.registry import all_figures, headline_of, rehearse_months
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.view.filters import FILTERS
from r57lib.view.view import View
from tests.conftest import DATA


def test_a_figure_is_asked_for_by_its_name_and_a_misspelt_one_has_a_nearest() -> None:
    assert figures.on_time_rates is all_figures()["on_time_rates"][1]
    assert {"on_time_rates", "province_map"} <= set(dir(figures))
    with pytest.raises(AttributeError, match="no figure is called 'on_tme_rates'; did you mean 'on_time_rates'"):
        figures.on_tme_rates  # noqa: B018


def test_the_index_names_each_question_its_call_and_what_it_needs() -> None:
    index = figures.index()
    assert list(index) == ["question", "figure", "call", "needs"]
    assert set(index["call"].str.extract(r"^figures\.(\w+)\(view")[0]) == set(dir(figures))
    assert (index[["question", "figure"]] != "").all(axis=None)
    assert ("Tỷ lệ đúng hạn", "figures.on_time_rates(view)") in set(zip(index["figure"], index["call"], strict=True))
    assert "figures.required_pace(view, deadline='')" in set(index["call"])
    assert "How many were on time" in set(figures.index(open_view(language="en"))["figure"])
    assert "figures.on_time_rates(view)</code>" in index._repr_html_() and "…" not in index._repr_html_()


def test_a_figure_needs_what_nobody_has_sent_or_has_something_to_show() -> None:
    view = open_view()
    for name, (_, make) in all_figures().items():
        needed, made = registry.NEEDS.get(name, ""), make(view)
        shows = not isinstance(made, Nothing) and (bool(made.fact_ids) or not isinstance(made, Figure) or made.columns)
        assert bool(shows) == (not needed or bool(len(view.tables[needed]))), name


def documented(name: str) -> list[str]:
    """The columns of a figure's data as its docstring names them, without what it says of their units."""
    text = " ".join((all_figures()[name][1].__doc__ or "").split())
    return re.sub(r" \([^)]*\)", "", text.partition("`.data`: ")[2]).rstrip(".").split(", ")


@pytest.mark.whole
def test_a_figure_says_which_columns_its_data_have(registered: Path) -> None:
    for view in (open_view(), open_view(data=registered), open_view(month="2025-09", data=registered)):
        for name, (_, make) in all_figures().items():
            columns = getattr(make(view), "columns", ())
            assert {each.key for each in columns} <= set(documented(name)), name


def test_no_file_of_the_room_bears_the_name_of_a_figure() -> None:
    """Python would give the file for the figure."""
    assert {each.name for each in iter_modules(figures.__path__)}.isdisjoint(all_figures())


@pytest.mark.server
def test_nothing_is_imported_before_a_figure_is_asked_for() -> None:
    code = "import sys, r57lib.figures; print('pandas' in sys.modules, len(dir(r57lib.figures)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", str(len(all_figures()))]


def test_a_figure_of_an_own_notebook_is_entered_and_rehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "FIGURES", dict(all_figures()))
    monkeypatch.setattr(registry, "HEADLINES", dict(registry.HEADLINES))
    asked = []

    @registry.figure("mine", headline=True)
    def my_own(view: View) -> Nothing:
        """A figure of an analyst's own."""
        asked.append(view.month)
        return Nothing()

    view = open_view(month="2025-12")
    assert figures.my_own is my_own and headline_of("mine") is my_own
    assert isinstance(figures.my_own(view), Nothing) and asked == [view.month]


def test_a_figure_that_the_data_misspell_is_named_with_the_nearest() -> None:
    assert registry.notebook_of("gii_rank") == "digital_adoption"
    with pytest.raises(BadData, match=r"indicators.csv, figure: there is no figure 'gii_rnk'; did you mean 'gii_rank'"):
        registry.notebook_of("gii_rnk")


def test_what_is_no_view_is_named() -> None:
    view = open_view(month="2025-12")
    for wrong in (view.before, view.tables, "2025-12", None):
        with pytest.raises(WrongCall, match=f"on_time_rates takes a view, as .* and not {type(wrong).__name__}"):
            figures.on_time_rates(wrong)


@pytest.mark.whole
def test_the_months_that_a_reader_may_choose_are_checked_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more before each fork, so that none waits for all of them."""
    data = shutil.copytree(DATA, tmp_path / "data")
    for _ in range(3):
        rehearse_months(str(data), "none")
    view, month = open_view(data=data), FILTERS["month"]
    asked: list[str] = []
    monkeypatch.setattr(checks, "_OF_ROWS", [lambda tables: asked.append("rows") or ()])
    made_now = []
    newest = list(month.codes(view))
    for code in (*newest[:3], newest[6]):
        asked.clear()
        assert month.apply(view, code).findings
        made_now.append(bool(asked))
    assert made_now == [False, False, False, True]
