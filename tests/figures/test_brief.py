"""The brief: five lines at most, worst first and newest first, each with its day and what it rests on."""

from __future__ import annotations

import pytest

from r57lib import figures, open_view
from r57lib.figures.in_brief import LINES, MARKS
from r57lib.page.parts import Brief
from tests.figures.test_figures import VIEWS

JANUARY = {
    "en": [
        ("missed", "Targets due (31 December 2025): **0 met, 1 missed**, 4 without enough data", "2 months ago"),
        ("overdue", "**104 tasks overdue** of 1,287; 601 completed (46.7%)", "3 months ago"),
        (
            "not_known",
            "Enterprise commitments due (31 December 2025): **2 met, 0 missed**, 1 without enough data",
            "2 months ago",
        ),
        (
            "not_known",
            "Dossiers handled end to end online: **more than 51%**; target for 31 December 2025: at least 80%",
            "2 months ago",
        ),
        ("behind", "Digital economy, share of GDP: **about 18.72% and 14.02%**, behind pace", "2 months ago"),
    ],
    "vi": [
        ("missed", "Chỉ tiêu đến hạn (31/12/2025): **0 đạt, 1 không đạt**, 4 chưa đủ số liệu", "2 tháng trước"),
        ("overdue", "**104 nhiệm vụ quá hạn** trên tổng số 1.287; đã hoàn thành 601 (46,7%)", "3 tháng trước"),
        (
            "not_known",
            "Cam kết của doanh nghiệp đến hạn (31/12/2025): **2 đạt, 0 không đạt**, 1 chưa đủ số liệu",
            "2 tháng trước",
        ),
        (
            "not_known",
            "Hồ sơ trực tuyến toàn trình: **hơn 51%**; mục tiêu 31/12/2025: ít nhất 80%",
            "2 tháng trước",
        ),
        ("behind", "Kinh tế số trên GDP: **khoảng 18,72% và 14,02%**, chậm tiến độ", "2 tháng trước"),
    ],
}


def made(month: str, as_of: str = "", language: str = "en") -> Brief:
    return figures.brief(open_view(month=month, as_of=as_of, language=language))


@pytest.mark.parametrize("language", JANUARY)
def test_january_in_five_lines(language: str) -> None:
    lines = made("2026-01", language=language).lines
    assert [(line.mark, line.answer, line.age) for line in lines] == JANUARY[language]


def test_before_its_deadline_a_target_is_open_and_its_days_count_from_the_report() -> None:
    told = {line.mark: line for line in made("2025-09").lines}
    assert told["open"].answer.startswith("Dossiers handled end to end online: **39.51%**; target for 31 December 2025")
    assert told["open"].why == "40.49 pp short of the target, 92 days left"
    assert "days left" not in "".join(line.why for line in made("2026-01").lines)


@pytest.mark.parametrize("name", VIEWS)
def test_in_every_month_it_keeps_its_rules(name: str) -> None:
    month, as_of = VIEWS[name]
    view = open_view(month=month, as_of=as_of, language="en")
    lines = figures.brief(view).lines
    assert len(lines) <= LINES
    assert [(MARKS.index(line.mark), -line.end.toordinal()) for line in lines] == sorted(
        (MARKS.index(line.mark), -line.end.toordinal()) for line in lines
    )
    for line in lines:
        assert line.when and line.fact_ids and line.answer.count("**") == 2
        assert {view.facts[fact].reported_on.date() <= view.as_of for fact in line.fact_ids} == {True}
        assert line.href.partition("#")[2].replace("-", "_") in dir(figures)


def test_it_names_only_producers_that_the_data_name() -> None:
    told = {line.mark: line.who for line in made("2026-01").lines if line.who}
    assert told == {"behind": "Figures: Ministry of Science and Technology and National Statistics Office"}


def test_its_number_is_bold_and_the_rest_escaped() -> None:
    page = made("2026-01")._repr_html_()
    assert "<strong>104 tasks overdue</strong> of 1,287" in page
    assert page.count("<li ") == 5 and page.count('role="img" aria-label="') == 5
