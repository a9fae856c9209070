"""The 34 units: their place on the grid, what is carried across the merger, and the profile of each."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r57lib import figures, open_view
from r57lib.data.tables import Tables, records, well_known_provinces
from r57lib.measures import provinces
from r57lib.measures.provinces import Carried, carried_across, class_number, value_classes
from r57lib.page.display import findings, gathering
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.view.filters import apply_filters
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES, sort_key
from tests.builders import build, copy_data, read_rows, row, valid_rows, write_table
from tests.conftest import DATA

NAMES = ("province_values", "province_map", "province_units", "province_merger")


@pytest.fixture(scope="module")
def view() -> View:
    return open_view(month="2025-12", language="en", data=DATA)


@pytest.fixture(scope="module")
def grid(real_tables: Tables) -> dict[str, tuple[int, int]]:
    """The row and column of each tile."""
    rows: Any = records(real_tables["province_tiles"])
    return {tile.tile_id: (int(tile.tile_row), int(tile.tile_column)) for tile in rows}


def about(view: View, province: str) -> View:
    return apply_filters(view, {"province": province})


def made(view: View, name: str) -> Figure:
    figure = figures.FIGURES[name][1](view)
    assert isinstance(figure, Figure)
    return figure


# --- the grid --------------------------------------------------------------------------------------------------------


def test_the_grid_has_34_units_and_two_archipelagos_on_36_places(
    real_tables: Tables, grid: dict[str, tuple[int, int]]
) -> None:
    codes = set(real_tables["provinces"]["province_code"])
    assert len(codes) == 34 and set(grid) == codes | {"hoang-sa", "truong-sa"}
    assert len(set(grid.values())) == 36
    owner = real_tables["province_tiles"].set_index("tile_id")["province_code"]
    assert (owner["hoang-sa"], owner["truong-sa"]) == ("48", "56")  # Đà Nẵng, Khánh Hòa
    assert all(owner[code] == code for code in codes)


@pytest.mark.parametrize(
    ("north", "south"),
    [
        ("04", "01"),  # Cao Bằng, Hà Nội
        ("12", "11"),  # Lai Châu, Điện Biên
        ("19", "01"),  # Thái Nguyên, Hà Nội
        ("01", "38"),  # Hà Nội, Thanh Hóa
        ("38", "40"),  # Thanh Hóa, Nghệ An
        ("40", "42"),  # Nghệ An, Hà Tĩnh
        ("42", "44"),  # Hà Tĩnh, Quảng Trị
        ("44", "46"),  # Quảng Trị, Huế
        ("46", "48"),  # Huế, Đà Nẵng
        ("48", "51"),  # Đà Nẵng, Quảng Ngãi
        ("51", "52"),  # Quảng Ngãi, Gia Lai
        ("52", "66"),  # Gia Lai, Đắk Lắk
        ("66", "56"),  # Đắk Lắk, Khánh Hòa
        ("68", "75"),  # Lâm Đồng, Đồng Nai
        ("79", "86"),  # TP. Hồ Chí Minh, Vĩnh Long
        ("92", "96"),  # Cần Thơ, Cà Mau
        ("hoang-sa", "truong-sa"),
    ],
)
def test_north_is_above_south(grid: dict[str, tuple[int, int]], north: str, south: str) -> None:
    assert grid[north][0] < grid[south][0]


@pytest.mark.parametrize(
    ("west", "east"),
    [("11", "14"), ("25", "01"), ("01", "24"), ("24", "22"), ("68", "56"), ("80", "79"), ("79", "75"), ("91", "82")],
)
def test_west_is_left_of_east(grid: dict[str, tuple[int, int]], west: str, east: str) -> None:
    assert grid[west][1] < grid[east][1]


def test_the_archipelagos_lie_in_the_sea_east_of_all(grid: dict[str, tuple[int, int]]) -> None:
    """No land tile touches one, not even by a corner."""
    land = [place for tile, place in grid.items() if "-" not in tile]
    for island in ("hoang-sa", "truong-sa"):
        row_, column = grid[island]
        assert column > max(place[1] for place in land)
        assert all(max(abs(place[0] - row_), abs(place[1] - column)) > 1 for place in land)


def test_the_grid_follows_the_centre_points(real_tables: Tables, grid: dict[str, tuple[int, int]]) -> None:
    centres = real_tables["provinces"].set_index("province_code")
    places = [grid[code] for code in centres.index]
    lines = {"latitude": [-place[0] for place in places], "longitude": [place[1] for place in places]}
    for name, line in lines.items():
        assert centres[name].reset_index(drop=True).corr(type(centres[name])(line, dtype="float64")) > 0.9, name


# --- carried across --------------------------------------------------------------------------------------------------

TWO = ("bac-giang", "bac-ninh")


@pytest.mark.parametrize(
    ("values", "before", "measure", "denominators", "expected"),
    [
        ({"bac-giang": 3, "bac-ninh": 4}, TWO, "count", None, Carried(7.0)),
        ({"bac-giang": 3}, TWO, "count", None, Carried(refusal="missing", missing=("bac-ninh",))),
        ({"bac-giang": 3, "bac-ninh": math.nan}, TWO, "count", None, Carried(refusal="missing", missing=("bac-ninh",))),
        ({}, TWO, "count", None, Carried(refusal="missing", missing=TWO)),
        ({"bac-giang": 0.5, "bac-ninh": 0.9}, TWO, "share", None, Carried(refusal="denominator", missing=TWO)),
        ({"bac-giang": 0.5, "bac-ninh": 0.9}, TWO, "share", {"bac-giang": 10},
         Carried(refusal="denominator", missing=("bac-ninh",))),
        ({"bac-giang": 0.5, "bac-ninh": 0.9}, TWO, "share", {"bac-giang": 30, "bac-ninh": 10}, Carried(0.6)),
        ({"bac-giang": 0.5, "bac-ninh": 0.9}, TWO, "share", {"bac-giang": 0, "bac-ninh": 0},
         Carried(refusal="denominator", missing=TWO)),
        ({"bac-giang": 1, "bac-ninh": 2}, TWO, "rank", None, Carried(refusal="rank")),
        ({"hue": 2}, ("hue",), "rank", None, Carried(refusal="rank")),
        ({"bac-giang": 0.5, "bac-ninh": 0.9}, TWO, "index", {"bac-giang": 1, "bac-ninh": 1}, Carried(refusal="index")),
        ({"hue": 0.7}, ("hue",), "index", None, Carried(0.7)),
        ({"hue": 0.7}, ("hue",), "share", None, Carried(0.7)),
    ],
)  # fmt: skip
def test_a_value_is_carried_where_arithmetic_allows(
    values: dict[str, float], before: tuple[str, ...], measure: Any, denominators: Any, expected: Carried
) -> None:
    found = carried_across(values, before, measure=measure, denominators=denominators)
    assert (found.refusal, found.missing) == (expected.refusal, expected.missing)
    assert found.value == (None if expected.value is None else pytest.approx(expected.value))


def test_a_value_of_a_stranger_is_no_value_of_the_unit() -> None:
    with pytest.raises(ValueError, match="not among the units before: ha-noi"):
        carried_across({"ha-noi": 1.0}, TWO, measure="count")
    with pytest.raises(ValueError, match="there are none"):
        carried_across({}, (), measure="count")


@given(st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=1))
def test_a_carried_share_is_all_numerators_over_all_denominators(parts: dict[str, tuple[int, int]]) -> None:
    shares = {unit: min(part, whole) / whole for unit, (part, whole) in parts.items()}
    wholes = {unit: float(whole) for unit, (_, whole) in parts.items()}
    found = carried_across(shares, tuple(parts), measure="share", denominators=wholes).value
    assert found == pytest.approx(sum(min(each) for each in parts.values()) / sum(wholes.values()), abs=1e-9)


def test_each_indicator_allows_what_its_unit_allows(real_tables: Tables) -> None:
    measures = {row.indicator_id: provinces.measure_of(row.indicator_id, row.unit)
                for row in records(real_tables["indicators"])}  # fmt: skip
    assert measures["dti_rank_34"] == "rank" and measures["dti_index"] == "index"
    assert measures["digital_economy_share_grdp"] == measures["st_staff_per_10000"] == "share"
    assert measures["cashless_value_to_gdp"] == "share" and measures["savings_online_vnd"] == "count"


# --- classes ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=34), st.booleans())
def test_classes_are_few_equal_and_hold_every_value(values: list[float], whole: bool) -> None:
    values = [float(round(value)) for value in values] if whole else values
    classes = value_classes(values, whole=whole)
    assert 1 <= len(classes) <= 5
    slack = 1e-6 * (1 + classes[-1][1] - classes[0][0])
    for value in values:
        low, high = classes[class_number(value, classes)]
        assert low - slack <= value <= high + slack


def test_classes_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no value"):
        value_classes([math.nan])


# --- values and figures ----------------------------------------------------------------------------------------------


def test_values_as_they_stand_in_the_data(view: View) -> None:
    """Read from observations.csv by hand: Bắc Ninh has one value, Hà Nội three."""
    bac_ninh = provinces.values_of_provinces(view.tables, province="24")
    assert list(bac_ninh["obs_value"]) == [0.463] and list(bac_ninh["units_basis"]) == ["34"]
    hanoi = provinces.values_of_provinces(view.tables, province="01").set_index("indicator_id")
    values = {"digital_economy_share_grdp": 0.1734, "dti_provincial": 0.8241, "dti_rank_34": 1.0}
    assert hanoi["obs_value"].to_dict() == values
    assert hanoi["units_basis"].to_dict() == dict.fromkeys(values, "both") | {"dti_rank_34": "34"}
    assert hanoi["localities_value"].dropna().to_dict() == {"dti_provincial": 0.6961}
    assert provinces.values_of_provinces(view.tables, province="11").empty
    assert provinces.widest_indicator(view.tables) == "digital_economy_share_grdp"
    assert sorted(provinces.across(view.tables, indicator="dti_rank_34")["province_code"]) == [
        "01", "31", "38", "46", "79",
    ]  # fmt: skip


def test_the_block_of_localities_stands_beside_its_own_indicator_and_period(tmp_path: Any) -> None:
    def seen(number: int, **cells: object) -> dict[str, str]:
        return row("observations", fact_id=f"t-{number}", **{"scope": "localities", **cells})

    own = [seen(number, scope="province", province_code="t1", obs_value=0.4, time_period=period)
           for number, period in ((1, "2025-06-30"), (2, "2025-09-30"))]  # fmt: skip
    block = [seen(3, obs_value=0.3, time_period="2025-06-30"), seen(4, obs_value=0.9, time_period="2025-12-31")]
    for newest, expected in ((own[:1], 0.3), (own, None)):
        folder = tmp_path / str(len(newest))
        tables = build(folder, observations=[*valid_rows("observations"), *newest, *block])
        (value,) = provinces.values_of_provinces(tables, province="t1")["localities_value"]
        assert value == expected if expected else math.isnan(value)


def drawn(figure: Figure) -> list[dict[str, Any]]:
    """The table that a figure draws."""
    assert figure.chart is not None
    (rows,) = figure.chart.to_dict(validate=False)["datasets"].values()  # test_figures validates every chart
    return list(rows)


@pytest.mark.whole
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_profile_makes_its_figures(view: View, language: str) -> None:
    """In both languages, for all 34: one chart a page, its own bar in colour, and all of it in words."""
    for province in view.tables["provinces"]["province_code"]:
        own = about(view.in_language(language), province)
        shown = {name: made(own, name) for name in NAMES}
        assert [name for name, figure in shown.items() if figure.chart is not None] == ["province_map"]
        rows = drawn(shown["province_map"])
        known = {"01", "19", "24", "25", "31", "79"}
        assert len(rows) == len(known) and [row["part"] for row in rows].count("own") == (province in known)
        assert {row["tick"] for row in rows} == {0.1402}, "the share of GDP by the same producer, for the same year"
        mapped = drawn(cast(Figure, figures.FIGURES["province_map"][1](own, indicator="dti_rank_34")))
        assert len(mapped) == 36 and sum(row["own"] for row in mapped) == {"48": 2, "56": 2}.get(province, 1)
        assert all(own.words(f"province.{province}") in figure.title for figure in shown.values())
        plain = [figure.html() for figure in shown.values() if figure.chart is None]
        assert not any("{" in page.split("<script")[0] or ">nan<" in page for page in plain)


def test_an_empty_profile_is_a_sentence(view: View) -> None:
    empty = made(about(view, "11"), "province_values")
    assert (
        empty.chart is None
        and empty.table.empty
        and empty.title == ("No figure about Dien Bien is published up to December 2025.")
    )
    assert "once its file is taken in" in " ".join(empty.notes)
    before = about(open_view(month="2024-06", language="en", data=DATA), "11")
    assert made(before, "province_map").chart is None
    units = made(before, "province_units")
    assert units.chart is not None and len(units.table) == 34 and "before 1 July 2025" in units.notes[0]


def test_pages_say_what_the_data_say(view: View) -> None:
    own = about(view, "24")
    assert made(own, "province_values").title == "Bac Ninh: Digital economy, share of GRDP 46.3% (2025)"
    assert made(own, "province_units").title == (
        "Bac Ninh (province) was formed on 1 July 2025 from Bac Giang and Bac Ninh"
    )
    assert made(own, "province_map").title == "Bac Ninh: 46.3%; 6 of 34 units have a figure, from 13.43% to 46.3%"
    assert list(made(own, "province_merger").table["What it takes here"]) == [
        "The value of Bac Giang and Bac Ninh",
        "Numerator and denominator of Bac Giang and Bac Ninh",
        "Cannot be carried",
        "Cannot be carried",
    ]
    hue = about(view.in_language("vi"), "46")
    assert made(hue, "province_values").title == (
        "Huế: Chỉ số chuyển đổi số cấp tỉnh (DTI) 0,7951 (năm 2024); "
        "Xếp hạng DTI trong 34 tỉnh, thành phố hạng 2/34 (năm 2024)"
    )
    assert made(hue, "province_merger").title.startswith("Huế không sáp nhập")


def test_all_provinces_stand_in_the_order_of_a_dictionary(view: View) -> None:
    words = view.in_language("vi")
    for name, count in (("province_map", 6), ("province_units", 34)):
        names = list(made(words, name).table["Tỉnh, thành phố"])
        assert len(names) == count and names == sorted(names, key=sort_key)
    assert made(view, "province_units").title == (
        "63 units became 34 on 1 July 2025: 11 stayed as they were, 23 were formed by merger"
    )


def test_a_tile_without_a_figure_says_so(view: View) -> None:
    rows = drawn(cast(Figure, figures.FIGURES["province_map"][1](view, indicator="dti_rank_34")))
    parts = [row["part"] for row in rows]
    assert parts.count("no figure") == 31  # 29 units and the two archipelagos of units that have none
    assert {row["detail"] for row in rows if "Sa (" in row["detail"]} == {
        "Hoang Sa (part of Da Nang): no figure", "Truong Sa (part of Khanh Hoa): no figure",
    }  # fmt: skip


def test_few_provinces_are_bars_against_the_country_and_those_without_are_named(view: View) -> None:
    figure = made(view, "province_map")
    assert "5 of 6 provinces" in figure.title and "14.02%" in figure.title and "GDP" in figure.subtitle
    values = [row["value"] for row in drawn(figure)]
    assert values == sorted(values, reverse=True) and max(values) == 0.463
    without = made(view, "provinces_without")
    assert without.title.startswith("26 provinces") and len(without.table) == 26
    assert "Dien Bien" in without.subtitle and "Hanoi" not in without.subtitle
    assert isinstance(figures.FIGURES["provinces_without"][1](about(view, "24")), Nothing)


@pytest.mark.parametrize("rival", [False, True])
def test_the_page_of_provinces_has_the_findings_about_provinces_alone(tmp_path: Any, rival: bool) -> None:
    folder = copy_data(tmp_path)
    rows = read_rows(folder, "observations")
    (own,) = (each for each in rows if each["fact_id"] == "P-digital-economy-bac-ninh-2025")
    other = {"fact_id": "P-t-rival", "obs_value": "0.4", "evidence": "40%", "printed_value": "40%"}
    other |= {"source_id": "vietstock-digital-economy"}
    write_table(folder, "observations", sorted([*rows, *[own | other] * rival], key=lambda each: each["fact_id"]))
    with gathering() as parts:
        findings(open_view(month="2026-01", language="en", data=folder), "observations", scope="province")
    (told,) = parts
    conflicts = [text for _, text, facts in told.rows if "P-digital-economy-bac-ninh-2025" in facts]
    assert len(conflicts) == rival and bool(told.rows) is rival


def test_the_units_name_the_package_that_they_were_read_in(view: View) -> None:
    source = made(view, "province_units").html()
    assert "vietnamadminunits (open-source data package)" in source and "PyPI" not in source


def test_a_page_of_its_own_takes_two_periods_or_three_indicators(tmp_path: Any) -> None:
    def seen(code: str, number: int, **cells: object) -> dict[str, str]:
        return row("observations", fact_id=f"t-{code}-{number}", scope="province", province_code=code, **cells)

    once, twice = seen("t1", 1, time_period="2025-06-30"), seen("t1", 2, time_period="2025-09-30")
    for rows, codes in (([once], []), ([once, twice], ["t1"])):
        tables = build(tmp_path / str(len(rows)), observations=[*valid_rows("observations"), *rows])
        assert well_known_provinces(tables) == codes


def test_ranks_can_be_mapped_by_whole_classes(view: View) -> None:
    figure = figures.FIGURES["province_map"][1](view, indicator="dti_rank_34")
    assert isinstance(figure, Figure)
    assert {row["part"] for row in drawn(figure)} == {"no figure", *(f"rank {place}" for place in range(1, 6))}
