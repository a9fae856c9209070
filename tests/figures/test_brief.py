"""The brief: five lines at most, worst first and newest first, each with its day and what it rests on."""

from __future__ import annotations

from pathlib import Path

import pytest

from r57lib import facts, figures, open_view
from r57lib.figures.in_brief import LINES, MARKS
from r57lib.page.parts import Brief
from tests.builders import copy_data, read_rows, write_table
from tests.figures.test_figures import VIEWS

JANUARY = {
    "en": [
        ("missed", "Targets due (31 December 2025): **0 met, 1 missed**, 4 without enough data", "31 days ago"),
        ("overdue", "**104 tasks overdue** of 1,287; 601 completed (46.70%)", "58 days ago"),
        (
            "not_known",
            "Enterprise commitments due (31 December 2025): **2 met, 0 missed**, 1 without enough data",
            "31 days ago",
        ),
        (
            "not_known",
            "Dossiers handled end to end online: **more than 51%**; target for 31 December 2025: at least 80%",
            "44 days ago",
        ),
        ("behind", "Digital economy, share of GDP: **about 18.72% and 14.02%**, behind pace", "31 days ago"),
    ],
    "vi": [
        ("missed", "Mục tiêu đến hạn (31/12/2025): **0 đạt, 1 không đạt**, 4 chưa đủ số liệu", "31 ngày trước"),
        ("overdue", "**104 nhiệm vụ quá hạn** trên tổng số 1.287; đã hoàn thành 601 (46,70%)", "58 ngày trước"),
        (
            "not_known",
            "Cam kết của doanh nghiệp đến hạn (31/12/2025): **2 đạt, 0 không đạt**, 1 chưa đủ số liệu",
            "31 ngày trước",
        ),
        (
            "not_known",
            "Hồ sơ trực tuyến toàn trình: **hơn 51%**; mục tiêu 31/12/2025: ít nhất 80%",
            "44 ngày trước",
        ),
        ("behind", "Kinh tế số trên GDP: **khoảng 18,72% và 14,02%**, chậm tiến độ", "31 ngày trước"),
    ],
}


def made(month: str, as_of: str = "", language: str = "en") -> Brief:
    return figures.brief(open_view(month=month, as_of=as_of, language=language))


@pytest.mark.parametrize("language", JANUARY)
def test_january_in_five_lines(language: str) -> None:
    lines = made("2026-01", language=language).lines
    assert [(line.mark, line.answer, line.age) for line in lines] == JANUARY[language]


def test_in_a_document_a_line_says_its_day_once_and_beside_its_number() -> None:
    said = [line.text for line in made("2025-12").lines]
    assert "Targets due (31 December 2025): 0 met, 0 missed, 5 without enough data" in said
    assert "104 tasks overdue (4 December 2025) of 1,287; 601 completed (46.70%)" in said
    online = "Dossiers handled end to end online: more than 51% (18 December 2025)"
    assert f"{online}; target for 31 December 2025: at least 80%" in said


def test_before_its_deadline_a_target_is_open_and_its_days_count_from_the_report() -> None:
    told = {line.mark: line for line in made("2025-09").lines}
    assert told["open"].answer == (
        "Dossiers handled end to end online: **39.51%**; target for 31 December 2025: at least 80%"
    )
    assert told["open"].why == "40.49 pp short of the target, 92 days left"
    assert "days left" not in "".join(line.why for line in made("2026-01").lines)


@pytest.mark.parametrize(("as_of", "day"), [("", "30 September 2025"), ("2025-09-20", "20 September 2025")])
def test_the_page_says_from_which_day_ages_and_days_left_count(as_of: str, day: str) -> None:
    brief = made("2025-09", as_of)
    assert brief.counted == f"Time past and time left are counted from {day}." and brief.counted in brief._repr_html_()


@pytest.mark.parametrize(
    ("month", "why"),
    [
        (
            "2026-01",
            "Central Steering Committee: 20.47% of 508 open tasks, not counting 178 regular",
        ),
        ("2025-09", "Resolution 71/NQ-CP: 5.97% of 402 open tasks"),
    ],
)
def test_a_share_of_open_tasks_says_which_are_counted(month: str, why: str) -> None:
    assert why in [line.why for line in made(month).lines]


def test_no_line_tells_again_of_the_target_that_the_first_tells_of() -> None:
    lines = made("2025-03").lines
    assert [line.mark for line in lines] == ["missed", "behind"] and "Dossiers" in lines[0].why


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


def test_it_says_of_promises_that_only_the_enterprise_calls_them_met() -> None:
    told = [line.why for line in made("2026-01").lines if line.answer.startswith("Enterprise commitments due")]
    assert told == ["Viettel; 2 met by own account alone"]


def test_a_promise_with_a_made_up_value_is_counted_and_the_line_marked(tmp_path: Path) -> None:
    data = copy_data(tmp_path)
    facts.add(
        "sources", data=data, source_id="made-up", title="Made up", publisher="VietNamNet", language="en",
        reported_on="2026-01-20", reported_on_reason="Made up with the document.", confidence="synthetic",
    )  # fmt: skip
    facts.add(
        "commitment_updates", data=data, source_id="made-up", commitment_id="viettel.5g_outdoor_coverage",
        role="observation", evidence="outdoor coverage came to 91.5% on 31 December 2025", evidence_level="delivered",
    )  # fmt: skip
    view = open_view(month="2026-01", language="en", data=data)
    (line,) = (line for line in figures.brief(view).lines if line.answer.startswith("Enterprise commitments due"))
    assert "**2 met, 0 missed**, 1 without enough data" in line.answer and line.synthetic


def test_it_names_only_producers_that_the_data_name() -> None:
    told = {line.mark: line.who for line in made("2026-01").lines if line.who}
    assert told == {"behind": "Figures: Ministry of Science and Technology and National Statistics Office"}


def test_its_number_is_bold_and_the_rest_escaped() -> None:
    page = made("2026-01")._repr_html_()
    assert "<strong>104 tasks overdue</strong> of 1,287" in page
    assert page.count("<li ") == 5 and page.count('role="img" aria-label="') == 5


def with_bodies(folder: Path, table: str, bodies: dict[str, dict[str, str]]) -> list[str]:
    """Who acts by the brief of January 2026 where these rows of a table have made-up bodies as well."""
    folder = copy_data(folder)
    key = "scope_id" if table == "task_scopes" else "fact_id"
    rows = read_rows(folder, table)
    columns = list(dict.fromkeys([*rows[0], *(name for named in bodies.values() for name in named)]))
    write_table(folder, table, [each | bodies.get(each[key], {}) for each in rows], columns)
    lines = figures.brief(open_view(data=folder, month="2026-01", language="en")).lines
    return [line.who for line in lines if line.mark in ("missed", "overdue")]


DUE = [
    "P-target-5g-coverage-2025", "P-target-5g-stations-2025", "P-target-usage-localities-2025",
    "P-target-usage-ministries-2025", "P-target-usage-national-2025",
]  # fmt: skip


def test_a_body_acts_where_each_target_of_a_line_names_one(tmp_path: Path) -> None:
    named = {fact: {"responsible_id": "MOC" if "5g" in fact else "OOG"} for fact in DUE}
    assert with_bodies(tmp_path / "all", "targets", named) == [
        "Responsible: Ministry of Construction and Government Office", "",
    ]  # fmt: skip
    del named[DUE[0]]
    assert with_bodies(tmp_path / "not-all", "targets", named) == ["", ""]


def test_the_body_of_a_set_of_tasks_acts_once_its_document_is_known(tmp_path: Path) -> None:
    for source, told in (("vietnam-vn-third-quarter", "Responsible: Central Steering Committee"), ("", "")):
        named = {"csc": {"agency_id": "CSC", "source_id": source}}
        who = with_bodies(tmp_path / (source or "none"), "task_scopes", named)
        assert who[0] == "" and who[1].startswith(told) and bool(who[1]) == bool(told)


@pytest.mark.parametrize("confidence", ["high", "synthetic"])
def test_a_miss_is_told_as_long_as_it_is_a_year_old_at_most(tmp_path: Path, confidence: str) -> None:
    """A target that falls due after it neither hides it, nor, made up, stands in its place."""
    folder = copy_data(tmp_path)
    targets, sources = read_rows(folder, "targets"), read_rows(folder, "sources")
    (late,) = (row for row in targets if row["fact_id"] == "P-target-usage-national-2025")
    (known,) = (row for row in sources if row["source_id"] == late["source_id"])
    sources.append(known | {"source_id": "t-later", "confidence": confidence})
    later = {"target_period": "2026-01-31", "evidence": "at least 80% on 31 January 2026", "source_id": "t-later"}
    targets.append(late | later | {"fact_id": "P-t-later"})
    write_table(folder, "targets", sorted(targets, key=lambda row: row["fact_id"]), list(targets[0]))
    write_table(folder, "sources", sorted(sources, key=lambda row: row["source_id"]), list(sources[0]))
    first = figures.brief(open_view(data=folder, month="2026-01", language="en")).lines[0]
    assert (first.mark, first.answer) == JANUARY["en"][0][:2] and not first.synthetic
