"""The figures that judge: the fan of a forecast, the naive date, paths to a target, ratings side by side."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from r57lib import figures
from r57lib.errors import WrongCall
from r57lib.figures.task_forecast import fan_figure
from r57lib.measures.forecast import completion_forecast, monthly
from r57lib.page.figure import Figure
from r57lib.view.view import View, open_view
from tests.measures.test_forecast import LAST, register


@pytest.fixture(scope="module")
def tasks() -> pd.DataFrame:
    return register()


@pytest.fixture(scope="module", params=["en", "vi"])
def view(request: pytest.FixtureRequest) -> View:
    return open_view(month="2025-12", language=request.param)


def fan(view: View, tasks: pd.DataFrame, day: date, **options: object) -> Figure:
    history = monthly(tasks, day)
    return fan_figure(view, history, completion_forecast(history), **options)  # type: ignore[arg-type]


def layers(figure: Figure, kind: str) -> list[object]:
    assert figure.chart is not None
    return [layer for layer in figure.chart.to_dict()["layer"] if layer["mark"]["type"] == kind]


def test_the_fan_says_when_how_sure_and_from_what(view: View, tasks: pd.DataFrame) -> None:
    made = fan(view, tasks, LAST, deadline="2026-12-31", synthetic=True)
    english = view.words.language == "en"
    assert ("427 to 492 of 679 tasks may be completed (80% interval)" in made.title) is english
    assert ("would last into January 2027" in made.title) is english
    assert ("từ 427 đến 492 trong 679 nhiệm vụ (khoảng dự báo 80%)" in made.title) is not english
    assert made.synthetic and view.words("synthetic.mark") in str(made.chart.to_dict())  # type: ignore[union-attr]
    assert "1 of 1 trials" in made.notes[-1] or "1 trong 1 lần" in made.notes[-1]
    assert len(layers(made, "area")) == 1 and made._repr_html_()
    assert len(made.table) == 10 + len(completion_forecast(monthly(tasks, LAST)).path)


def test_a_refusal_is_a_sentence_and_the_burn_up_without_a_fan(view: View, tasks: pd.DataFrame) -> None:
    made = fan(view, tasks, date(2025, 9, 30))
    assert made.title.startswith(("Not forecast: the scope changed", "Không dự báo: tổng số nhiệm vụ thay đổi"))
    assert "402" in made.title and layers(made, "area") == [] and len(layers(made, "line")) == 1
    assert not made.synthetic and view.words("synthetic.mark") not in str(made.chart.to_dict())  # type: ignore[union-attr]


def test_no_month_no_chart_and_no_day_no_deadline(view: View, tasks: pd.DataFrame) -> None:
    assert fan(view, tasks, date(2025, 4, 2)).chart is None
    with pytest.raises(WrongCall, match="deadline"):
        fan(view, tasks, LAST, deadline="31/12")


def test_the_naive_date_is_shown_and_refused(view: View) -> None:
    """277 in 182 days: 21 June 2026; the scope went from 330 to 679."""
    made = figures.forecast(view)
    assert isinstance(made, Figure) and made.chart is None
    assert ("21 June 2026" in made.title) or ("21/6/2026" in made.title)
    assert "330" not in made.title and "679" not in made.title, "the burn-up tells how the list changed"
    assert made.notes[0].startswith(("Not forecast: the scope changed", "Không dự báo: tổng số nhiệm vụ thay đổi"))
    assert [row[3] for row in made.table.to_numpy().tolist()] in (["1.5", "0.6"], ["1,5", "0,6"])


def test_a_single_count_has_a_naive_date_but_no_forecast() -> None:
    made = figures.forecast(open_view(month="2025-08", language="en"))
    assert isinstance(made, Figure) and "29 September 2026" in made.title and "fewer than three" in made.notes[0]


def test_ratings_differ_by_producer_and_by_method(view: View) -> None:
    made = figures.rating_methods(view)
    assert isinstance(made, Figure)
    english = view.words.language == "en"
    told = (
        ("moderate by the figures of the MoST", "limited by the figures of the NSO")
        if english
        else ("vừa phải theo", "hạn chế theo")
    )
    assert all(part in made.title for part in told)
    rows = {(row[0], row[1]): row[2:6] for row in made.table.to_numpy().tolist()}
    if english:
        most, nso = (f"Digital economy, share of GDP ({producer})" for producer in ("MoST", "NSO"))
        assert rows[most, "30% (2030)"] == ["moderate (0.731)", "limited (0.576)", "behind", "disagree"]
        assert rows[nso, "30% (2030)"] == ["limited (0.229)", "limited (0.157)", "behind", "agree"]
        ranked = next(cells for (name, _), cells in rows.items() if "EGDI" in name)
        assert ranked == ["–", "–", "a rank: no pace", "–"]
        assert not any("Dossiers" in part for part in [*made.notes, *(name for name, _ in rows)]), "it fell due"


def test_paths_and_years_of_the_digital_economy(view: View) -> None:
    made = figures.trajectories(view)
    assert isinstance(made, Figure) and made.chart is not None
    cells = " ".join(" ".join(row) for row in made.table.to_numpy().tolist()).replace(",", ".")
    assert all(value in cells for value in ("21.33", "19.49", "19.95", "10.2", "58.8", "8.1", "50.4"))
    panels = {row["row"] for data in made.chart.to_dict()["datasets"].values() for row in data if "at" in row}
    assert not any("rank" in panel or "usage" in panel for panel in panels) and len(panels) == 2
    told = {row["tip"] for data in made.chart.to_dict()["datasets"].values() for row in data if "tip" in row}
    english = view.words.language == "en"
    assert (
        {
            "Digital economy, share of GDP (MoST): about 18.72% (2025)",
            "Digital economy, share of GDP (NSO): target at least 30% (2030)",
        }
        if english
        else {
            "Kinh tế số trên GDP (Bộ KH&CN): khoảng 18,72% (năm 2025)",
            "Kinh tế số trên GDP (Cục Thống kê): mục tiêu ít nhất 30% (năm 2030)",
        }
    ) <= told, "each mark says whose it is and how exactly it is known"


def test_january_2026_opens_with_what_fell_due() -> None:
    made = figures.status_board(open_view(month="2026-01", as_of="2026-03-05", language="en"))
    assert "1 missed, 4 without enough data to say" in made.title
    rows = {row[3]: row[1:8] for row in made.table.to_numpy().tolist() if row[0] == "Fell due"}
    asked = ["at least 68,457 stations", "31 December 2025"]
    assert rows["5G stations"] == [
        "Missed", "–", "5G stations", "more than 35,000 stations", "10 January 2026", *asked
    ]  # fmt: skip
    assert rows["5G coverage of the population"][:2] == [
        "Not enough data to say", "sources disagree across the target"
    ]  # fmt: skip
    assert rows["Dossiers handled end to end online, national"][1] == "no value since 18 December 2025"
    assert len(rows) == 5
