"""Near misses of the rules that hold facts against each other, and of the register of quotations."""

from __future__ import annotations

from pathlib import Path

import pytest

from r57lib.data import quotations
from r57lib.data.checks import check_tables
from r57lib.data.load import load_tables
from r57lib.data.quotations import quotation_hash
from tests.builders import Row, all_valid_rows, build, edit_cell, labels_for, more, read_rows, row, write_folder
from tests.data.test_provenance import measured, rules

LATER = {"reported_on": "2025-08-01"}


@pytest.mark.parametrize("cells", [LATER, {"source_id": "t-side", "section": "sidebar"}, {"attribute": "moved"}])
def test_a_correction_another_source_and_another_subject_are_not_told_twice(
    tmp_path: Path, cells: dict[str, str]
) -> None:
    twin = row("statements", fact_id="t-twin", **cells)
    assert rules(tmp_path, statements=more("statements", twin)) == []


@pytest.mark.parametrize(
    "cells",
    [LATER, {"scope": "localities"}, {"target_period": "2026-12-31"}, {"indicator_id": "procedures_end_to_end"}],
)
def test_targets_that_are_two(tmp_path: Path, cells: dict[str, str]) -> None:
    """A correction by the same source, and another scope, date and indicator."""
    assert rules(tmp_path, targets=more("targets", row("targets", fact_id="t-twin", **cells))) == []


def test_a_rank_is_to_fall(tmp_path: Path) -> None:
    rank = row("indicators", indicator_id="t-rank", family="t-rank", side="rank", unit="rank", direction="down")
    rank |= {"lower_bound": "1", "upper_bound": ""}
    first = {"indicator_id": "t-rank", "comparator": "<=", "target_value": "50"}
    later = {**first, "fact_id": "t-later", "target_value": "40", "target_period": "2030"}
    rows = [row("targets", **first), row("targets", **later)]
    assert rules(tmp_path / "a", indicators=more("indicators", rank), targets=rows) == []
    rows[1] |= {"target_value": "60"}
    assert rules(tmp_path / "b", indicators=more("indicators", rank), targets=rows) == ["target_order"]


@pytest.mark.parametrize(
    ("unit", "evidence", "expected"),
    [
        ("count", "9.5 staff per 10,000 people", []), ("count", "9.5 staff of 10,000", ["not_whole"]),
        ("ratio", "9.5 times", []), ("station", "9.5 stations", ["not_whole"]), ("usd", "9.5 US dollars", []),
    ],
)  # fmt: skip
def test_what_is_counted_is_whole(tmp_path: Path, unit: str, evidence: str, expected: list[str]) -> None:
    assert rules(tmp_path, **measured(unit, evidence, "9.5", "9.5")) == expected


def of_province(evidence: str) -> list[Row]:
    return [row("observations", scope="province", province_code="t1", evidence=evidence)]


def test_a_province_is_the_one_that_is_named(tmp_path: Path) -> None:
    provinces = more("provinces", row("provinces", province_code="t2"))
    tables = {"provinces": provinces, "labels": named({"t1": ("Ha Dong", "Hà Đông"), "t2": ("Tam", "Tam")})}
    for number, (evidence, expected) in enumerate({
        "Hadong and Tam": [], "ở Hà Đông": [], "in the north": [], "a stamp of Ha Dong": [], "a stamp": [],
        "in Tam": ["province_code"],
    }.items()):  # fmt: skip
        assert rules(tmp_path / str(number), observations=of_province(evidence), **tables) == expected


def named(names: dict[str, tuple[str, str]]) -> list[Row]:
    """The labels of the valid folder with these names of provinces."""
    filled = all_valid_rows() | {"provinces": []}
    return labels_for(filled) + [
        row("labels", key=f"province.{code}", en=en, vi=vi) for code, (en, vi) in names.items()
    ]


@pytest.mark.parametrize(
    ("before", "after", "days", "cells", "expected"),
    [
        (0.4, 0.5, ("2025-10-26", "2025-12-18"), {}, []),
        (0.4, 0.51, ("2025-10-26", "2025-12-18"), {}, ["series_break"]),
        (0.51, 0.4, ("2025-10-26", "2025-12-18"), {}, ["series_break"]),
        (0.4, 0.51, ("2025-10-26", "2025-12-18"), {"series_break": "yes"}, []),
        (0.4, 0.51, ("2025-09-01", "2025-12-18"), {}, []),
        (0.4, 0.51, ("2025-10-26", "2025-12-18"), {"scope": "localities"}, []),
        (0.4, 0.51, ("2025-10", "2025-12"), {"basis": "month"}, []),
    ],
)  # fmt: skip
def test_a_jump_without_a_break(
    tmp_path: Path, before: float, after: float, days: tuple[str, str], cells: dict[str, str], expected: list[str]
) -> None:
    """Ten points within a quarter may be, also for what a month alone counts, and when the rows are of two things."""
    both = {"basis": cells["basis"]} if "basis" in cells else {}
    rows = [
        row("observations", fact_id="t-a", obs_value=before, time_period=days[0], reported_on="2026-01-05", **both),
        row("observations", fact_id="t-b", obs_value=after, time_period=days[1], reported_on="2026-01-05", **cells),
    ]
    assert rules(tmp_path, observations=rows) == expected


@pytest.mark.parametrize(
    ("period", "basis", "fits"),
    [
        ("2024", "year", True), ("2025-06", "year", False), ("2025-06", "month", True), ("2024", "month", False),
        ("2025-06-30", "year_to_date", True), ("2025-H1", "year_to_date", True), ("2025-06", "year_to_date", False),
        ("2025-mid", "point", True), ("2024", "point", False), ("2025-06-late", "point", True),
    ],
)  # fmt: skip
def test_a_basis_goes_with_its_period(tmp_path: Path, period: str, basis: str, fits: bool) -> None:
    seen = row("observations", time_period=period, basis=basis)
    assert rules(tmp_path, observations=[seen]) == ([] if fits else ["basis"])


def test_a_state_among_sums_is_told_at_its_row(tmp_path: Path) -> None:
    years = [row("observations", fact_id=f"t-{year}", time_period=str(year), basis="year", reported_on="2025-08-01")
             for year in (2022, 2023)]  # fmt: skip
    findings = check_tables(build(tmp_path, observations=[*years, row("observations", fact_id="t-z")]))
    assert [(each.rule, each.line) for each in findings] == [("basis", 4)]


def test_the_baseline_of_its_fact(tmp_path: Path) -> None:
    update = {"role": "baseline", "obs_value": "0", "time_period": "2025-01-01"}
    assert rules(tmp_path / "a", commitment_updates=[row("commitment_updates", **update)]) == []
    early = {**update, "time_period": "2024-12-31"}
    assert rules(tmp_path / "b", commitment_updates=[row("commitment_updates", **early)]) == ["baseline"]


def test_an_instrument_is_dated_by_its_fact(tmp_path: Path) -> None:
    dated = {"issued_on": "2025-06-30", "issued_fact_id": "t-said"}
    assert rules(tmp_path / "a", instruments=[row("instruments", **dated)]) == []
    assert rules(tmp_path / "b", instruments=[row("instruments", **dated) | {"issued_on": "2025-06"}]) == ["told_day"]


def test_labels_that_fill_in_the_same(tmp_path: Path) -> None:
    """In another order, and in English the words of the check itself."""
    labels = [row("labels", key="t.a", en="{a} of {b:>3}", vi="{b} có {a}")]
    labels += [row("labels", key="finding.x", en="The value {message}.", vi="Giá trị {value}.")]
    filled = read_rows(write_folder(tmp_path / "valid"), "labels")
    assert rules(tmp_path / "a", labels=filled + labels) == []
    for number, vi in enumerate(("{a}", "{a} {b} {c}", "{a} {b")):
        broken = [row("labels", key="t.a", en="{a} of {b}", vi=vi)]
        assert rules(tmp_path / f"b{number}", labels=filled + broken) == ["placeholders"]


# Reading -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strange", ["\x00", "\t", "\x9f", "\u200b", "\u202e", "\ufdd0", "\uffff", "\U0010fffe"])
@pytest.mark.parametrize("place", ["{}note", "no{}te", "note{}"])
def test_a_hidden_character_is_named_with_its_code(tmp_path: Path, strange: str, place: str) -> None:
    write_folder(tmp_path)
    line = edit_cell(tmp_path, "events", "t-fair", "note", place.format(strange))
    (finding,) = load_tables(tmp_path).findings
    assert finding.place == f"events.csv line {line}, note"
    assert finding.message.startswith(f"U+{ord(strange):04X} (")
    assert finding.message.endswith(f"at character {place.index('{') + 1}")


@pytest.mark.parametrize("text", ["Âu Lạc – “tàu”", "line\nbreak", "ปี 2564", "日本", "e\u00a0mail", "²"])
def test_characters_that_texts_have(tmp_path: Path, text: str) -> None:
    assert rules(tmp_path, events=[row("events", note=f"Derived: {text}")]) == []


def test_names_that_differ_by_case(tmp_path: Path) -> None:
    write_folder(tmp_path, enterprises=more("enterprises", row("enterprises", enterprise_id="T-Works")),
                 events=more("events", row("events", fact_id="T-SAID")))  # fmt: skip
    found = {(each.table, each.line, each.values.get("first")) for each in load_tables(tmp_path).findings}
    assert found >= {("enterprises", 3, "t-works"), ("statements", 2, "T-SAID")}


@pytest.mark.parametrize(
    ("kind", "subject", "known"),
    [("event", "t-fair-2025", True), ("event", "t-fare", False), ("commitment", "t-works.boats", True),
     ("indicator", "t-use", False), ("agency", "t-works", False), ("person", "nobody", False)],
)  # fmt: skip
def test_the_subject_of_a_statement_is_there(tmp_path: Path, kind: str, subject: str, known: bool) -> None:
    write_folder(tmp_path, statements=[row("statements", subject_kind=kind, subject_id=subject)])
    findings = [(each.rule, each.column) for each in load_tables(tmp_path).findings]
    assert findings == ([] if known else [("reference", "subject_id")])


# Quotations ----------------------------------------------------------------------------------------------------------


def test_the_hash_of_a_quotation_knows_its_words_and_not_its_blanks() -> None:
    assert quotation_hash(" đạt \n 9% ") == quotation_hash("đa\u0323t 9%")
    assert len({quotation_hash(text) for text in ("đạt 9%", "Đạt 9%", "dat 9%", "đạt 8%")}) == 4


def test_the_register_is_written_anew_and_what_changes_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_folder(tmp_path)
    quotations.write_register(tmp_path)
    assert capsys.readouterr().out == ""
    edit_cell(tmp_path, "events", "t-fair", "evidence", "another fragment")
    assert [each.rule for each in check_tables(load_tables(tmp_path))] == ["quotation"]
    quotations.write_register(tmp_path)
    assert capsys.readouterr().out == "changed: t-fair\n"
    assert check_tables(load_tables(tmp_path)) == []
