"""A column of a figure's table: its values, its texts, its order, its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from r57lib.data.load import load_tables
from r57lib.page.columns import (
    Cell,
    amount,
    count,
    counts,
    day,
    days,
    figures,
    interval,
    number,
    periods,
    points,
    share,
    shares,
    signed,
    texts,
    tidy,
)
from r57lib.view.words import words_of
from tests.conftest import DATA

VI, EN = (words_of(load_tables(DATA)["labels"], language) for language in ("vi", "en"))


@pytest.mark.parametrize(
    ("cell", "value", "text", "form"),
    [
        (count(EN, 1287.0), 1287, "1,287", "#,##0"),
        (count(VI, 1287), 1287, "1.287", "#,##0"),
        (number(EN, 1.5219, 3), 1.5219, "1.522", "#,##0.000"),
        (number(EN, 0.7955), 0.7955, "0.7955", "#,##0.0000"),
        (signed(EN, -162), -162, "−162", "+#,##0;−#,##0;0"),
        (share(VI, 0.6715, 2), 0.6715, "67,15%", "0.00%"),
        (share(EN, 0.51), 0.51, "51%", "0%"),
        (share(EN, 0.12996), 0.12996, "13%", "0%"),
        (day(VI, date(2026, 3, 5)), pd.Timestamp("2026-03-05"), "05/3/2026", "dd/m/yyyy"),
        (day(VI, date(2026, 2, 11)), pd.Timestamp("2026-02-11"), "11/02/2026", "dd/mm/yyyy"),
        (day(EN, date(2026, 3, 5)), pd.Timestamp("2026-03-05"), "5 March 2026", "d mmmm yyyy"),
        (points(EN, 0.0321), pytest.approx(3.21), "+3.21 pp", '+#,##0.00" pp";−#,##0.00" pp";#,##0.00" pp"'),
        (amount(EN, 0.51, "share", "more_than"), 0.51, "more than 51%", '"more than "0%'),
        (
            amount(EN, 35_000, "station", "more_than"),
            35000,
            "more than 35,000 stations",
            '"more than "#,##0" stations"',
        ),
        (amount(EN, 1, "station", "nearly"), 1, "nearly 1 station", '"nearly "#,##0" station"'),
        (amount(VI, 20, "rank", "up_to"), 20, "trong nhóm 20 nước dẫn đầu", '"trong nhóm "#,##0" nước dẫn đầu"'),
        (amount(EN, 5e8, "usd"), 5e8, "USD 500 million", '"USD "#,##0,," million"'),
        (amount(VI, 4.1e12, "vnd"), 4.1e12, "4,1 nghìn tỷ đồng", '#,##0.0,,,," nghìn tỷ đồng"'),
        (share(EN, 0.31).within(lambda text: EN("derived", value=text)), 0.31, "31% (computed)", '0%" (computed)"'),
    ],
)
def test_a_cell_is_a_value_and_its_text(cell: Cell, value: object, text: str, form: str) -> None:
    assert (cell.value, cell.text, cell.number_format()) == (value, text, form)


@pytest.mark.parametrize("words", [VI, EN])
def test_what_is_missing_is_a_dash_and_no_number(words: object) -> None:
    nan = float("nan")
    cells = [count(words, nan), number(words, nan, 1), share(words, nan), amount(words, nan, "usd"), points(words, nan)]
    assert {(cell.value, cell.text, cell.plain) for cell in cells} == {(None, "–", True)}


def test_values_are_typed_and_tidy() -> None:
    columns = {
        "tasks": counts(EN, [3, None]),
        "rate": shares(EN, [0.5, None]),
        "day": days(EN, [date(2025, 10, 20), None]),
        "about": periods(EN, ["2025-09-late", "2025"]),
        "span": figures("interval", [interval(EN, 0.1, 0.2, 1), Cell(None, "–")]),
        "value": figures("number", [amount(EN, 0.59, "share", "nearly"), amount(EN, 12, "station")]),
        "who": texts(["Viettel", "01"]),
    }
    frame = tidy(replace(each, key=key) for key, each in columns.items())
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds == {
        "tasks": "Int64",
        "rate": "float64",
        "day": "datetime64[us]",
        "about": "str",
        "about_end": "datetime64[us]",
        "span_low": "float64",
        "span_high": "float64",
        "value": "float64",
        "value_unit": "str",
        "value_qualifier": "str",
        "who": "str",
    }
    assert frame["about_end"].tolist() == [pd.Timestamp("2025-09-30"), pd.Timestamp("2025-12-31")]
    assert frame["value_qualifier"].tolist()[0] == "nearly" and frame["value_unit"].tolist() == ["share", "station"]


def test_numbers_stand_to_the_right_and_sort_by_value_days_by_day_words_as_words() -> None:
    number_column, day_column, words_column = shares(VI, [0.5, None]), days(VI, [date(2025, 3, 5)]), texts(["2025"])
    assert (number_column.right, day_column.right, words_column.right) == (True, False, False)
    assert number_column.sort_keys == ["0.5", ""] and day_column.sort_keys == ["2025-03-05"]
    assert words_column.sort_keys is None
    assert periods(VI, ["2025-09-late", "2025-Q4"]).sort_keys == ["2025-09-30", "2025-12-31"]
