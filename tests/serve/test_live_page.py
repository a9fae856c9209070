"""The live page as Python sees it: what a change of a control does, without a browser."""

from __future__ import annotations

import base64
import logging
import time
from dataclasses import replace
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

from r57lib import figures, open_view
from r57lib.page import display
from r57lib.page.parts import Nothing, Planned
from r57lib.page.shown import CHART
from r57lib.serve import dashboard
from r57lib.serve.dashboard import MAKE, READY, LivePage
from r57lib.view.filters import FILTERS
from r57lib.view.view import View
from tests.conftest import DATA, ROOT

NAMES = ("month", "language", "instrument")


@pytest.fixture(scope="module")
def view() -> View:
    return open_view(month="2025-12", language="en", data=DATA)


@pytest.fixture(autouse=True)
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    """As under our server, which has served another page ready-made."""
    monkeypatch.setenv(READY, "another/en")


def page_of(view: View, asked: dict[str, str] | None = None, names: tuple[str, ...] = NAMES) -> LivePage:
    return LivePage(view, {name: FILTERS[name] for name in names}, asked or {})


def shown(page: LivePage, name: str = "task_status") -> dict[str, Any]:
    """What a cell that shows a figure gives to its host."""
    return page._bundle(Planned(name, figures.FIGURES[name][1]))


def test_a_part_follows_its_control(view: View) -> None:
    page = page_of(view)
    first = shown(page)
    assert "F001" in first["text/html"] and "P-csc-2025-12-04-total" in first["text/html"]
    page.widgets["instrument"].value = "71/NQ-CP:2025-04-01"
    part, _ = page.parts["task_status"]
    assert "F001" in part.value and "P-csc-2025-12-04-total" not in part.value
    assert page.state.query == "instrument=71%2FNQ-CP%3A2025-04-01" and page.state.answered == 1
    page.widgets["instrument"].value = ""
    assert part.value == first["text/html"] and page.state.query == ""


def test_a_part_without_facts_goes_while_a_filter_stands(view: View) -> None:
    page = page_of(view, {"instrument": "02-KH/BCDTW"})
    assert shown(page, "agencies_behind")["text/html"] == ""
    page.widgets["instrument"].value = ""
    assert "agencies-behind" in page.parts["agencies_behind"][0].value


def test_the_language_changes_all_words_and_no_value(view: View) -> None:
    page = page_of(view, {"month": "2025-09"})
    shown(page)
    page.widgets["language"].value = "vi"
    assert [page.widgets[name].value for name in NAMES] == ["2025-09", "vi", ""]
    assert page.widgets["month"].description == "Tháng"
    assert dict(page.widgets["month"].options)["tháng 9 năm 2025"] == "2025-09"
    assert "Nghị quyết 71" in page.parts["task_status"][0].value
    assert page.state.language == "vi" and page.state.words["live.again"] == "Thử lại"
    page.widgets["month"].value = "2025-12"
    assert "2025" in page.state.month and page.state.answered == 2


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"month": "2031-01"}, "Month “2031-01”, which is not known; the page shows December 2025"),
        ({"month": "../../etc"}, "Month “../../etc”"),
        ({"instrument": "71/NQ-CP"}, "Set of tasks “71/NQ-CP”, which is not known; the page shows All"),
        ({"enterprise": "fpt"}, "this page has no such filter"),
        ({"instrumen": "x"}, "did you mean “instrument”"),
        ({"language": "fr"}, "Language “fr”"),
    ],
)
def test_what_an_address_asks_in_vain_is_told(view: View, asked: dict[str, str], told: str) -> None:
    page = page_of(view, asked)
    assert told in page.state.notice
    assert page.state.query == "" and page.values == page.defaults


def test_an_older_month_than_those_offered_can_be_asked_for(view: View) -> None:
    page = page_of(view, {"month": "2020-06"})
    assert page.values["month"] == "2020-06" and page.state.notice == ""
    assert page.widgets["month"].value == "2020-06"


def test_a_second_month_is_asked_for_in_the_address_and_goes_when_it_is_no_earlier(view: View) -> None:
    names = ("month", "against", "language")
    page = page_of(view, {"against": "2025-11", "month": "2026-01"}, names)
    assert page.values["against"] == "2025-11" and page.state.notice == ""
    part = shown(page)["text/html"]
    assert "Value in November 2025" in part
    page.widgets["month"].value = "2025-12"
    assert page.widgets["against"].value == "2025-11" and "against=2025-11" in page.state.query
    assert "2025-12" not in dict(page.widgets["against"].options).values()
    page.widgets["month"].value = "2025-10"
    assert page.widgets["against"].value == "" and page.state.query == "month=2025-10" and page.state.notice == ""
    assert "Value in" not in page.parts["task_status"][0].value
    page.widgets["against"].value = "2025-09"
    assert "Value in September 2025" in page.parts["task_status"][0].value
    later = page_of(view, {"against": "2026-01"}, names).state.notice
    assert later == "January 2026 cannot stand beside December 2025: choose a month before December 2025."
    assert "Beside month “2O25-11”" in page_of(view, {"against": "2O25-11"}, names).state.notice


def test_what_is_no_filter_is_passed_over(view: View) -> None:
    page = page_of(view, {"utm_source": "mail", "fbclid": "x", "instrument": "csc"})
    assert page.state.notice == "" and page.values["instrument"] == "csc"


def test_the_page_that_was_served_is_not_made_again(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READY, f"{view.everything.version}/en")
    page = page_of(view)
    assert "text/html" not in shown(page) and page.made == {}
    page.widgets["month"].value = "2025-09"
    assert "Resolution 71" in page.parts["task_status"][0].value


@pytest.mark.parametrize("ready", ["another/en", "{version}/vi", ""])
def test_another_page_than_the_served_one_is_made(view: View, ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READY, ready.format(version=view.everything.version))
    assert "<svg" not in shown(page_of(view))["text/html"] != ""


def test_a_page_made_ahead_has_pictures(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(READY, MAKE)
    assert "<svg" in shown(page_of(view))["text/html"]


def test_an_error_stays_in_its_part(view: View, caplog: pytest.LogCaptureFixture) -> None:
    def fails(view: View) -> Any:
        raise RuntimeError("a secret")

    page = page_of(view)
    logging.getLogger("r57.dashboard").propagate = True
    html = page._bundle(Planned("fails", fails))["text/html"]
    assert "incident" in html and "secret" not in html and "a secret" in caplog.text
    assert "Resolution 71" in shown(page)["text/html"]


def test_a_change_that_takes_too_long_is_given_up(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(view: View) -> Any:
        if str(view.month) == "2025-09":
            time.sleep(30)
        return figures.headlines(view)

    monkeypatch.setattr(dashboard, "ANSWER_SECONDS", 1)
    page = page_of(view)
    page._bundle(Planned("hangs", hangs))
    started = time.monotonic()
    page.widgets["month"].value = "2025-09"
    assert time.monotonic() - started < 20
    assert "incident" in page.state.notice and page.state.answered == 1


def test_the_table_of_a_figure_is_sent_as_asked(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    page, sent = page_of(view), []
    monkeypatch.setattr(page.state, "send", sent.append)
    shown(page, "published_counts")
    page.answer({"figure": "published-counts", "format": "csv", "rows": [2, 0]})
    (told,) = sent
    assert told["file"] == "published-counts.2025-12.en.csv"
    lines = base64.b64decode(told["base64"]).decode("utf-8-sig").splitlines()
    table = page.made["published_counts"].table
    assert len(lines) == 3 and lines[1].startswith(f"{table.iloc[2, 0]},")


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        {},
        "csv",
        {"figure": "published-counts"},
        {"figure": "published-counts", "format": "exe", "rows": [0]},
        {"figure": "published-counts", "format": "csv", "rows": [99]},
        {"figure": "header", "format": "csv", "rows": []},
        {"figure": "published-counts", "format": "csv", "rows": [True]},
        {"figure": "../x", "format": "csv", "rows": [0]},
        {"figure": "published-counts", "format": ["csv"], "rows": [0]},
        {"figure": [], "format": "csv", "rows": {}},
        {"figure": "published-counts", "format": "csv", "rows": [0] * 1000},
    ],
)
def test_what_is_asked_wrongly_is_passed_over(view: View, content: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page, sent = page_of(view), []
    monkeypatch.setattr(page.state, "send", sent.append)
    shown(page, "published_counts")
    page.answer(content)
    assert sent == [] and page.state.notice == ""


def test_a_visitor_sets_no_text_of_the_page(view: View) -> None:
    page = page_of(view)
    shown(page)
    before = page.parts["task_status"][0].value
    page.parts["task_status"][0].set_state({"value": "<script>"})
    page.state.set_state({"notice": "x", "query": "y"})
    assert page.parts["task_status"][0].value == before and (page.state.notice, page.state.query) == ("", "")


@pytest.mark.server
@pytest.mark.parametrize("name", ["overview", "data_quality"])
def test_a_notebook_is_live_outside_the_server_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in JupyterLab: the controls are widgets; each part is an output, with its chart and the picture of that."""
    monkeypatch.delenv(READY)
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT / "notebooks")}})
    client.execute()
    states = client.nb.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    models = [state["model_name"] for state in states]
    assert models.count("DropdownModel") == 3 + (name == "overview") and models.count("HBoxModel") == 1
    told = [state["state"] for state in states]
    assert any(each.get("flex_flow") == "row wrap" for each in told), "no control is cut off, and no name of one"
    assert any(each.get("description_width") == "initial" for each in told)
    shown = [output["data"] for cell in client.nb.cells for output in cell.get("outputs", [])]
    assert sum("application/vnd.jupyter.widget-view+json" in data for data in shown) == 1, "the controls"
    texts = [data["text/html"] for data in shown]
    assert sum("<svg" in text for text in texts) > 0 and any("<h1>" in text for text in texts)
    assert any(CHART in data for data in shown) or name == "overview", "a board"


@pytest.mark.server
def test_a_figure_that_fails_outside_the_server_is_the_error_of_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(READY)
    sources = (
        "from r57lib import dashboard, open_view\nfrom r57lib.figures import figure",
        'view = dashboard.controls(open_view(), "month")',
        "@figure\ndef mine(view):\n    return 1 / 0\n\nmine(view)",
    )
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    with pytest.raises(CellExecutionError):
        NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(ROOT / "notebooks")}}).execute()
    failed, shown = notebook.cells[2].outputs
    assert (failed.ename, shown.data["text/plain"]) == ("ZeroDivisionError", "Planned(name='mine')")


def test_the_header_is_a_part(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    planned: list[Planned] = []
    monkeypatch.setattr(display, "show", planned.append)
    display.header(replace(view, live=True), "overview")
    assert planned[0].name == "header"
    assert "December 2025" in page_of(view)._bundle(planned[0])["text/html"]


def test_a_filter_that_takes_nothing_away_makes_anew_who_asks_for_it(view: View) -> None:
    made: list[str] = []

    def part(name: str, asks: str) -> Planned:
        def make(view: View) -> Nothing:
            made.append(f"{name} {view.choice(asks)}")
            if name == "broken" and len(made) == 2:
                raise ValueError(name)
            return Nothing()

        return Planned(name, make)

    page = page_of(view, names=("month", "province", "channel"))
    for name, asks in (("asks", "province"), ("broken", "channel"), ("other", "channel")):
        page._bundle(part(name, asks))
    made.clear()
    page.widgets["province"].value = "48"
    assert made == ["asks 48", "broken "], "what failed is tried again"
    page.widgets["channel"].value = "app"
    assert made[2:] == ["broken app", "other app"]
    page.widgets["month"].value = "2025-11"
    assert made[4:] == ["asks 48", "broken app", "other app"]
