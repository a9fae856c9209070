"""Targets and contradicting values as a reader sees them."""

from __future__ import annotations

import re
from typing import cast

import pytest

from r57lib.data.codes import Finding, Severity
from r57lib.data.rows import Target
from r57lib.data.tables import records
from r57lib.figures import FIGURES
from r57lib.figures.cells import aim, in_column, indicator_name
from r57lib.measures.indicators import Observed, series
from r57lib.page.figure import Figure
from r57lib.view.citations import finding_sentence, rival_values
from r57lib.view.view import View, open_view


@pytest.fixture(scope="module", params=["en", "vi"])
def view(request: pytest.FixtureRequest) -> View:
    return open_view(month="2026-01", language=request.param)


@pytest.mark.parametrize(
    ("fact", "unit", "english", "vietnamese"),
    [
        ("P-target-egdi-2030", "rank", "top 50", "nhóm 50 nước dẫn đầu"),
        ("P-target-online-service-usage-2030", "share", "more than 80%", "hơn 80%"),
        ("P-target-digital-economy-2030-nso", "share", "at least 30%", "ít nhất 30%"),
        ("P-target-5g-coverage-2030", "share", "up to 99%", "đến 99%"),
        ("P-target-5g-stations-2025", "station", "at least 68,457 stations", "ít nhất 68.457 trạm"),
    ],
)
def test_a_target_keeps_the_words_of_its_source(
    view: View, fact: str, unit: str, english: str, vietnamese: str
) -> None:
    (target,) = records(view.everything["targets"].query("fact_id == @fact"), Target)
    assert str(aim(view, target, unit, whole=True)) == (english if view.words.language == "en" else vietnamese)


def test_values_that_contradict_each_other_keep_their_qualifiers(view: View) -> None:
    values = {"found_shares": "0.91;0.4", "qualifiers": "more_than;nearly", "family": "dti_index", "level": "national"}
    finding = Finding("observation_conflict", Severity.WARNING, "observations", 2, "", "", values | {"days": "31"})
    low, high = (text for _, text in sorted(rival_values(finding, view.words)))
    assert (low, high) == (("nearly 40%", "more than 91%") if view.words.language == "en" else ("gần 40%", "hơn 91%"))
    assert view.words.join([high, low]) in finding_sentence(finding, view.words)


def test_shares_printed_as_national_are_never_said_to_be_so_without_doubt(view: View) -> None:
    rows = series(view.tables, indicators=["procedures_offered_online", "procedures_end_to_end"])
    doubted = [row for row in records(rows, Observed) if row.fact_id in ("F031", "F032")]
    assert len(doubted) == 2
    for row in doubted:
        name = indicator_name(view, row)
        assert "very probably the ministries’" in name or "có lẽ là bộ, ngành" in name


def test_each_value_in_a_conflict_keeps_the_word_of_its_source_on_every_page(view: View) -> None:
    made = [make(view) for _, make in FIGURES.values()]
    told = [
        " ".join([each.title, *each.notes, *(cell for column in each.columns for cell in column.texts)])
        if isinstance(each, Figure)
        else re.sub(r"(?s)<script.*?</script>|<[^>]+>", " ", each._repr_html_())
        for each in made
    ]
    said = {before.lower() for text in told for before in re.findall(r"(\S+) (?:40|59)%", text)}
    assert {"nearly" if view.words.language == "en" else "gần"} <= said <= {"nearly", "gần"}


def test_a_headline_names_what_it_is_about_its_day_and_who_counts(view: View) -> None:
    titles = {name: cast(Figure, FIGURES[name][1](view)).title for name in HEADED}
    english = view.words.language == "en"
    for name, told in HEADED.items():
        assert all(part in titles[name] for part in told[not english]), titles[name]


HEADED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gii_rank": (("Global Innovation Index", "44 of 139 in 2025"), ("đổi mới sáng tạo toàn cầu", "44/139, năm 2025")),
    "egdi_rank": (("e-government index", "71 of 193 in 2024"), ("Chính phủ điện tử", "71/193, năm 2024")),
    "digital_economy_methods": (
        (
            "Digital economy",
            "by 2030",
            "MoST, 2023 to 2025",
            "NSO",
        ),
        ("Kinh tế số", "đến năm 2030", "Bộ KH&CN, năm 2023 đến năm 2025", "Cục Thống kê"),
    ),
    "trajectories": (("Digital economy",), ("Kinh tế số",)),
    "supply": (("end of 2025",), ("cuối năm 2025",)),
    "supply_and_usage": (
        ("Localities: 37% of procedures", "16.94% of dossiers", "ministries: 17% of procedures"),
        ("Địa phương: 37% thủ tục", "16,94% hồ sơ", "bộ, ngành: 17% thủ tục"),
    ),
    "five_g_coverage": (("18 December 2025 to 10 January 2026",), ("18/12/2025 đến 10/01/2026",)),
    "evidence_ladder": (("20 of 21", "31 January 2026"), ("20/21", "31/01/2026")),
}


def test_a_hint_is_a_question_and_nothing_follows_it(view: View) -> None:
    values = {"value": "MOTS", "target": "agencies", "nearest": "MOST"}
    message = "'MOTS' is not in agencies.csv; did you mean 'MOST'?"
    finding = Finding("reference", Severity.ERROR, "tasks", 2, "lead_agency", message, values)
    assert finding_sentence(finding, view.words).endswith("?")


@pytest.mark.parametrize(
    ("language", "period", "lines"),
    [
        ("vi", "2025-10-26", "26/10/\n2025"),
        ("vi", "2025", "năm\n2025"),
        ("en", "2025-10-26", "26 Oct\n2025"),
        ("en", "2025-12", "Dec\n2025"),
    ],
)
def test_a_period_below_a_column_keeps_its_day_and_month(language: str, period: str, lines: str) -> None:
    assert in_column(open_view(month="2026-01", language=language), period) == lines
