from __future__ import annotations

import random
import unicodedata
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from r57lib.data.periods import Month, Precision, parse_period
from r57lib.errors import WrongCall
from r57lib.view.words import MISSING, Words, parse_language, sort_key, words_of
from tests.builders import build, read_rows
from tests.conftest import DATA

LABELS = read_rows(DATA, "labels")
EN = Words("en", {label["key"]: label["en"] for label in LABELS})
VI = Words("vi", {label["key"]: label["vi"] for label in LABELS})

# Labels --------------------------------------------------------------------------------------------------------------


def test_words_of_a_language_come_from_the_table(tmp_path: Path) -> None:
    labels = build(tmp_path)["labels"]
    assert words_of(labels, "vi")("t.farewell") == "Tạm biệt"
    assert words_of(labels, "en")("t.greeting", name="An") == "Hello An"
    assert words_of(labels, "vi").has("t.greeting")
    assert not words_of(labels, "vi").has("t.nothing")


def test_a_missing_label_names_the_nearest(tmp_path: Path) -> None:
    words = words_of(build(tmp_path)["labels"], "en")
    with pytest.raises(WrongCall, match=r"labels.csv: no label 't.farewel'; did you mean 't.farewell'\?"):
        words("t.farewel")


def test_a_value_is_put_in_as_it_is() -> None:
    words = Words("en", {"a": "{name} said {what}", "b": "braces {} stay"})
    assert words("a", name="{what}", what="<b>") == "{what} said <b>"
    assert words("b") == "braces {} stay"
    with pytest.raises(KeyError):
        words("a", name="only one")


@pytest.mark.parametrize("text", ["VI", "eng", "", "fr", "vi "])
def test_an_unknown_language_names_both(text: str) -> None:
    with pytest.raises(WrongCall, match=r"unknown language .*\(known: en, vi\)"):
        parse_language(text)
    with pytest.raises(WrongCall, match="unknown language"):
        words_of(pd.DataFrame({"key": [], "en": [], "vi": []}), text)


# Numbers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "decimals", "english", "vietnamese"),
    [
        (1234567.89, 2, "1,234,567.89", "1.234.567,89"),
        (1234567.89, 0, "1,234,568", "1.234.568"),
        (0, 0, "0", "0"),
        (0.5, 1, "0.5", "0,5"),
        (4.37, 3, "4.370", "4,370"),
        (-1602, 0, "-1,602", "-1.602"),
        (0.5, 0, "1", "1"),
        (2.5, 0, "3", "3"),
        (-2.5, 0, "-3", "-3"),
        (1.005, 2, "1.01", "1,01"),  # binary keeps a little less
        (100 * 0.2905, 1, "29.1", "29,1"),
        (pd.NA, 2, MISSING, MISSING),
        (None, 0, MISSING, MISSING),
        (float("nan"), 0, MISSING, MISSING),
    ],
)
def test_number(value: float, decimals: int, english: str, vietnamese: str) -> None:
    assert (EN.number(value, decimals), VI.number(value, decimals)) == (english, vietnamese)


@pytest.mark.parametrize(
    ("value", "decimals", "english", "vietnamese"),
    [
        (0.4080, 2, "40.80%", "40,80%"),
        (0.4080, None, "40.8%", "40,8%"),
        (0.3136, None, "31.36%", "31,36%"),
        (0.59, None, "59%", "59%"),
        (1.1, 0, "110%", "110%"),
        (12.34, 0, "1,234%", "1.234%"),
        (0.0625, 1, "6.3%", "6,3%"),
        (0.2905, 1, "29.1%", "29,1%"),  # 100 * 0.2905 is a little less than 29.05 in binary
        (29 / 200, 0, "15%", "15%"),
        (0.00125, None, "0.13%", "0,13%"),
        (pd.NA, 1, MISSING, MISSING),
    ],
)
def test_percent_without_a_space_in_either_language(
    value: float, decimals: int | None, english: str, vietnamese: str
) -> None:
    assert EN.percent(value, decimals) == english
    assert VI.percent(value, decimals) == vietnamese


@given(st.integers(-(10**12), 10**12))
def test_digits_are_kept_whatever_the_separators(number: int) -> None:
    for words, separator in ((EN, ","), (VI, ".")):
        assert int(words.number(number).replace(separator, "")) == number


def test_plain_has_the_decimals_that_it_has() -> None:
    assert [EN.plain(value) for value in (5.0, 0.7955, 1234.5)] == ["5", "0.7955", "1,234.5"]
    assert VI.plain(0.7955) == "0,7955"
    assert [EN.plain(value) for value in (0.1 + 0.2, 0.00005, 100 * (0.8 - 0.3998))] == ["0.3", "0.0001", "40.02"]


def test_signed_and_points() -> None:
    assert [EN.signed(value) for value in (3, -3, 0, None)] == ["+3", "−3", "0", MISSING]
    assert (EN.points(0.0151), VI.points(-0.4002)) == ("+1.51 pp", "−40,02 điểm phần trăm")
    assert EN.points(pd.NA) == MISSING


@pytest.mark.parametrize(
    ("value", "currency", "english", "vietnamese"),
    [
        (5e8, "usd", "USD 500 million", "500 triệu USD"),
        (4.1e12, "vnd", "VND 4.1 trillion", "4,1 nghìn tỷ đồng"),
        (8.4e11, "vnd", "VND 840 billion", "840 tỷ đồng"),
        (1e9, "usd", "USD 1 billion", "1 tỷ USD"),
        (25_625, "vnd", "VND 25,625", "25.625 đồng"),
        (999_999, "usd", "USD 999,999", "999.999 USD"),
    ],
)
def test_amount(value: float, currency: str, english: str, vietnamese: str) -> None:
    assert (EN.value(value, currency), VI.value(value, currency)) == (english, vietnamese)


@pytest.mark.parametrize(
    ("value", "unit", "qualifier", "english", "vietnamese"),
    [
        (0.59, "share", "nearly", "nearly 59%", "gần 59%"),
        (0.59, "share", "exact", "59%", "59%"),
        (0.59, "share", None, "59%", "59%"),
        (73_000, "enterprise", "more_than", "more than 73,000 enterprises", "hơn 73.000 doanh nghiệp"),
        (5e8, "usd", "up_to", "up to USD 500 million", "đến 500 triệu USD"),
        (44, "rank", "exact", "rank 44", "hạng 44"),
        (20, "rank", "up_to", "in the top 20", "trong nhóm 20 nước dẫn đầu"),
        (1, "station", "exact", "1 station", "1 trạm"),
        (5_000_000, "person", "about", "about 5,000,000 people", "khoảng 5.000.000 người"),
        (0.7955, "index", "exact", "0.7955", "0,7955"),
        (None, "share", "nearly", MISSING, MISSING),
    ],
)
def test_value_with_its_unit_and_qualifier(
    value: float, unit: str, qualifier: str | None, english: str, vietnamese: str
) -> None:
    assert EN.value(value, unit, qualifier) == english
    assert VI.value(value, unit, qualifier) == vietnamese


@pytest.mark.parametrize(
    ("count", "english"),
    [("1", "1 task is"), ("+1", "+1 task is"), (1, "1 task is"), ("0", "0 tasks are"), ("1.0", "1.0 tasks are")],
)
def test_a_label_names_a_noun_for_one_and_for_many(count: object, english: str) -> None:
    assert Words("en", {"a": "{n} {n:task is|tasks are} due"})("a", n=count) == f"{english} due"


def test_a_publisher_is_named_in_the_language_of_the_reader() -> None:
    assert (EN.publisher("VNA"), VI.publisher("VNA")) == ("VNA", "TTXVN")
    assert EN.publisher("Lao Động") == VI.publisher("Lao Động") == "Lao Động"


# Dates and periods ---------------------------------------------------------------------------------------------------


def test_date() -> None:
    assert (EN.date(date(2025, 10, 3)), VI.date(date(2025, 10, 3))) == ("3 October 2025", "03/10/2025")
    assert (EN.date(pd.Timestamp("2025-10-20")), VI.date(pd.Timestamp("2025-10-20"))) == (
        "20 October 2025",
        "20/10/2025",
    )
    assert EN.date(pd.NaT) == VI.date(None) == MISSING


def test_months_have_a_leading_zero_in_january_and_february_alone() -> None:
    written = [VI.date(date(2026, month, 5)) for month in range(1, 13)]
    assert written[:2] == ["05/01/2026", "05/02/2026"]
    assert written[2:] == [f"05/{month}/2026" for month in range(3, 13)]
    assert VI.month(Month(2026, 1)) == "tháng 01 năm 2026"
    assert VI.period("2026-02-early") == "đầu tháng 02 năm 2026"
    assert EN.month_number(1) == "1"


def test_month() -> None:
    assert (EN.month(Month(2025, 12)), VI.month(Month(2025, 12))) == ("December 2025", "tháng 12 năm 2025")


PERIODS = {
    "2025-09-30": ("30 September 2025", "30/9/2025"),
    "2025-12-12/2025-12-14": ("12 December 2025 to 14 December 2025", "từ 12/12/2025 đến 14/12/2025"),
    "2025-09-early": ("early September 2025", "đầu tháng 9 năm 2025"),
    "2025-09-mid": ("mid-September 2025", "giữa tháng 9 năm 2025"),
    "2025-09-late": ("late September 2025", "cuối tháng 9 năm 2025"),
    "2025-02-late": ("late February 2025", "cuối tháng 02 năm 2025"),
    "2025-10": ("October 2025", "tháng 10 năm 2025"),
    "2025-Q1": ("Q1 2025", "quý I/2025"),
    "2025-Q4": ("Q4 2025", "quý IV/2025"),
    "2025-H1": ("first half of 2025", "6 tháng đầu năm 2025"),
    "2025-H2": ("second half of 2025", "6 tháng cuối năm 2025"),
    "2025-mid": ("mid-2025", "giữa năm 2025"),
    "2025-end": ("end of 2025", "cuối năm 2025"),
    "2025": ("2025", "năm 2025"),
    "2020/..": ("since 2020", "từ năm 2020"),
}


def test_every_precision_has_words() -> None:
    assert {parse_period(text).precision for text in PERIODS} == set(Precision)


@pytest.mark.parametrize("text", PERIODS)
def test_period_is_as_sharp_as_its_source(text: str) -> None:
    assert (EN.period(text), VI.period(text)) == PERIODS[text]
    assert EN.period(parse_period(text)) == EN.period(text)


def test_no_period_is_a_dash() -> None:
    assert EN.period(None) == VI.period(float("nan")) == MISSING


# Lists and order -----------------------------------------------------------------------------------------------------


def test_join() -> None:
    assert [EN.join(items) for items in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert VI.join(["a", "b", "c"]) == "a, b và c"


ALPHABET = list("aăâbcdđeêghiklmnoôơpqrstuưvxy")
TONES = ["ma", "mà", "mả", "mã", "má", "mạ"]
NAMES = ["An Giang", "Ăn", "Ân", "Bắc Ninh", "Cà Mau", "Cao Bằng", "Cần Thơ", "Dak", "Đà Nẵng", "Đắk Lắk"]
NAMES += ["Điện Biên", "Đồng Nai", "Lai Châu", "Lạng Sơn", "Lào Cai", "Lâm Đồng", "Nghệ An", "Ninh Bình"]
ORDERS = [ALPHABET, TONES, NAMES, ["1", "10", "a", "b"], ["ba", "bà", "bác"], ["ê", "ề", "ể", "ễ", "ế", "ệ", "g"]]


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order[1])
def test_the_order_of_a_vietnamese_dictionary(order: list[str]) -> None:
    shuffled = random.Random(57).sample(order, len(order))
    assert VI.sorted(shuffled) == order
    assert VI.sorted([unicodedata.normalize("NFD", item) for item in shuffled]) == [
        unicodedata.normalize("NFD", item) for item in order
    ]


def test_letters_come_before_tones_and_case_does_not_count() -> None:
    assert sort_key("Bà")[:2] == sort_key("bà")[:2]
    assert sort_key("bác") > sort_key("bạ"), "one letter more outweighs any tone"
    assert sorted(["Đà Nẵng", "Dak Lak", "da"], key=sort_key) == ["da", "Dak Lak", "Đà Nẵng"]


@given(st.text(), st.text())
def test_any_two_texts_have_an_order(one: str, other: str) -> None:
    assert (sort_key(one) == sort_key(other)) is (one == other)
