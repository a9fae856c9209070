"""Targets and contradicting values as a reader sees them."""

from __future__ import annotations

import pytest

from r57lib.data.codes import Finding, Severity
from r57lib.data.rows import Target
from r57lib.data.tables import records
from r57lib.figures.cells import aim, indicator_name
from r57lib.measures.indicators import Observed, series
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
