"""Near misses of the rules that hold a fact against its source and its words, and the words themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from r57lib.data.checks import check_tables
from r57lib.data.periods import parse_period
from r57lib.data.phrases import day_in, falls_on, places_of, printed_number, qualifiers_said, total_said, unit_said
from tests.builders import Row, build, more, row

OBSERVED = {"fact_id": "t-a", "time_period": "2025-06"}


def rules(folder: Path, **rows: list[Row]) -> list[str]:
    return [finding.rule for finding in check_tables(build(folder, **rows))]


def measured(unit: str, evidence: str, printed: str, value: str, **cells: str) -> dict[str, list[Row]]:
    """A value of an indicator of this unit."""
    cells_of = {"rank": {"side": "rank", "direction": "down", "upper_bound": ""}, "share": {}}.get(
        unit, {"upper_bound": ""}
    )
    indicator = row("indicators", indicator_id="t-i", family="t-i", unit=unit, **cells_of)
    given = {**OBSERVED, "indicator_id": "t-i", "evidence": evidence, "printed_value": printed, "obs_value": value}
    return {
        "indicators": more("indicators", indicator),
        "observations": [row("observations", **{**given, **cells})],
    }


@pytest.mark.parametrize(
    ("unit", "evidence", "printed", "value", "times"),
    [
        ("share", "reached 7.25% of all", "7.25%", "0.0725", (10, 100, 1000, 0.1, 0.01)),
        ("share", "reached 61 per cent", "61", "0.61", (100, 0.1)),
        ("index", "an index of 0.613", "0.613", "0.613", (100, 10, 0.01)),
        ("ratio", "about 31 times its size", "31", "31", (0.01, 100)),
        ("vnd", "worth 2.5 billion VND", "2.5 billion VND", "2500000000", (0.001, 1000)),
        ("vnd", "worth 2.5 billion VND", "2.5", "2500000000", (1e-9, 10)),
        ("station", "some 7,300 stations", "7,300", "7300", (0.1, 0.001, 10)),
        ("rank", "ranks 40th of 90", "40th", "40", (0.1, 0.01, 10)),
    ],
)  # fmt: skip
def test_a_value_is_its_printed_number_and_no_power_of_ten_of_it(
    tmp_path: Path, unit: str, evidence: str, printed: str, value: str, times: tuple[float, ...]
) -> None:
    cells = {"qualifier": "about" if "about" in evidence or "some" in evidence else "exact"}
    cells |= {"rank_of": "90"} if unit == "rank" else {}
    assert rules(tmp_path / "right", **measured(unit, evidence, printed, value, **cells)) == []
    for number, factor in enumerate(times):
        wrong = f"{float(value) * factor:.10f}"
        assert "printed_value" in rules(tmp_path / str(number), **measured(unit, evidence, printed, wrong, **cells))


@pytest.mark.parametrize(
    ("token", "evidence", "found"),
    [
        ("485", "of 2,485 tasks", 0),
        ("2,48", "of 2,485 tasks", 0),
        ("45", "45.3 of 450", 0),
        ("8%", "18%, or 8% less", 1),
        ("ten", "often ten times", 1),
        ("USD 9", "for USD 9 million", 1),
    ],
)
def test_a_token_stands_on_its_own(token: str, evidence: str, found: int) -> None:
    assert len(places_of(token, evidence)) == found


@pytest.mark.parametrize(
    ("evidence", "printed", "qualifier"),
    [
        ("with more than 90 ships", "90", "more_than"),
        ("more ships than 90", "90", "exact"),
        ("đạt hơn 90 tàu", "90", "more_than"),
        ("đạt gần 90%", "90%", "nearly"),
        ("near the 90 ships", "90", "exact"),
        ("almost USD 90 million", "USD 90 million", "nearly"),
        ("khoảng 90 tàu", "90", "about"),
        ("talks about ships, 90 of them", "90", "exact"),
        ("up to 90 ships", "90", "up_to"),
        ("among the top 90", "top 90", "up_to"),
        ("over 20 ships and 90 boats", "90", "exact"),
    ],
)
def test_qualifiers_stand_directly_before_the_number(evidence: str, printed: str, qualifier: str) -> None:
    assert qualifiers_said(printed, places_of(printed, evidence)) == {qualifier}


def test_a_qualifier_may_stand_before_the_sum_in_another_currency(tmp_path: Path) -> None:
    text = "around 4 trillion VND (USD 160 million)"
    rows = measured("usd", text, "USD 160 million", "160000000", qualifier="about")
    assert rules(tmp_path / "a", **rows) == []
    rows = measured("usd", text, "USD 160 million", "160000000", qualifier="nearly")
    assert rules(tmp_path / "b", **rows) == ["qualifier"]


@pytest.mark.parametrize(
    ("kind", "evidence", "expected"),
    [
        ("reported", "counted 90 ships, and is expected to count more", []),
        ("reported", "reached the target of 90 ships", []),
        ("reported", "is projected to reach 90 ships", ["kind"]),
        ("reported", "dự kiến đạt 90 tàu", ["kind"]),
        ("reported", "with a goal of 90 ships", ["kind"]),
        ("projected", "is projected to reach 90 ships", []),
        ("projected", "ước đạt 90 tàu", []),
        ("projected", "counted 90 ships", ["kind"]),
        ("reported", "three projects with 90 ships", []),
    ],
)
def test_a_result_is_no_expectation(tmp_path: Path, kind: str, evidence: str, expected: list[str]) -> None:
    assert rules(tmp_path, **measured("count", evidence, "90", "90", kind=kind)) == expected


def test_the_words_of_an_order(tmp_path: Path) -> None:
    cells = {"kind": "ordered", "printed_value": "100"}
    ordered = row("commitments", evidence="an order for 100 boats", **cells)
    assert rules(tmp_path / "a", commitments=[ordered]) == []
    assert rules(tmp_path / "b", commitments=[ordered | {"evidence": "talks on 100 boats"}]) == ["kind"]


@pytest.mark.parametrize(
    ("evidence", "printed", "unit"),
    [
        ("trained 90 engineers", "90", "person"),
        ("đào tạo 90 kỹ sư", "90", "person"),
        ("90 tonnes for people", "90", "person"),
        ("90 tonnes, and the people", "90", ""),
        ("90 of the people", "90", ""),
        ("9 researchers per 10,000 people", "9", ""),
        ("costs $90 for people", "90", "usd"),
        ("90 million dong", "90 million", "vnd"),
        ("grew by 9 per cent", "9", "share"),
        ("90 enterprises", "90", "enterprise"),
    ],
)
def test_the_noun_beside_a_number(evidence: str, printed: str, unit: str) -> None:
    assert unit_said(printed, places_of(printed, evidence)) == unit


@pytest.mark.parametrize(
    ("printed", "evidence", "total"),
    [
        ("44th", "ranked 44th out of 133 countries", 133),
        ("44", "ranks 44/133", 133),
        ("second", "second position among the 63 provinces", 63),
        ("3", "xếp thứ 3 trong số 63 tỉnh", 63),
        ("44th", "44th, of the countries", None),
    ],
)
def test_the_total_of_a_rank(printed: str, evidence: str, total: int | None) -> None:
    assert total_said(places_of(printed, evidence)) == total


def test_a_year_after_a_rank_is_no_total(tmp_path: Path) -> None:
    rows = measured("rank", "44th of 2025", "44th", "44")
    assert rules(tmp_path, **rows) == []


def test_numbers_of_vietnamese_pages() -> None:
    evidence = "đạt 12,5 triệu người"
    assert printed_number("12,5", places_of("12,5", evidence), "vi") == (12500000.0, False)
    assert printed_number("12,5", places_of("12,5", "tăng 12,5% so với 5 tỉnh"), "vi") == (12.5, True)
    assert printed_number("5", places_of("5", "gồm 5 tỉnh"), "vi") == (5.0, False)


@pytest.mark.parametrize(
    ("printed", "period", "falls"),
    [
        ("December 9", "2025-12-09", True),
        ("December 9", "2025-12-10", False),
        ("December 9", "2025-12", True),
        ("December 9, 2024", "2025-12-09", False),
        ("9 December 2025", "2025-12-09", True),
        ("9/12/2025", "2025-12-09", True),
        ("December 9th, 2025", "2025-12-09", True),
        ("December 9th, 2025", "2025-12-08", False),
        ("May 2025", "2025-05-14", True),
        ("May 2025", "2025-06", False),
        ("January 3", "2025-12-20/2026-01-10", True),
        ("February 30", "2025-02", False),
    ],
)
def test_a_printed_day_falls_into_its_period(printed: str, period: str, falls: bool) -> None:
    day, span = day_in(printed), parse_period(period)
    assert day is not None
    assert falls_on(day, span.start, span.end) is falls


@pytest.mark.parametrize("text", ["9 tasks", "13/13/2025", "maybe 9"])
def test_what_is_no_day(text: str) -> None:
    assert day_in(text) is None


def test_what_is_silent_about_days(tmp_path: Path) -> None:
    """A year's silence, a horizon of thirty years, and a year of another part of the sentence."""
    sources = [row("sources"), row("sources", source_id="t-side", section="sidebar", reported_on="2026-06-30")]
    sources[1] |= {"published_on": "2026-06-30"}
    assert rules(tmp_path / "a", sources=sources) == []
    assert rules(tmp_path / "b", targets=[row("targets", target_period="2054")]) == []
    text = "from 2019 on; by the end of 2025 it is to be reached"
    assert rules(tmp_path / "c", targets=[row("targets", evidence=text)]) == []


def test_a_derived_value_needs_no_print(tmp_path: Path) -> None:
    note = "Of the ministry. Derived: the rest of the total."
    assert rules(tmp_path, task_snapshots=[row("task_snapshots", note=note)]) == []


@pytest.mark.parametrize(
    ("said", "printed", "expected"),
    [
        ("2026-07-01", "July 1, 2026", []),
        ("2026-07-01", "July 2, 2026", ["printed_day"]),
        ("2025-06-30", "June 30, 2025", []),
        ("2025-06-29", "June 30, 2025", ["printed_day", "told_day"]),
        ("2025-06-29", "June 29, 2025", ["told_day"]),
    ],
)
def test_a_statement_may_name_a_day_that_lies_ahead(
    tmp_path: Path, said: str, printed: str, expected: list[str]
) -> None:
    """A law that is passed in June is in force from July of the next year."""
    cells = {"text_value": said, "evidence": f"it takes effect on {printed}", "printed_value": printed}
    assert rules(tmp_path, statements=[row("statements", **cells)]) == expected
