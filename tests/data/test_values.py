from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r57lib.data.values import agrees, printed_share, reads_as


@pytest.mark.parametrize(
    ("token", "language", "expected"),
    [
        ("73,000+", "en", 73_000),
        ("1,602", "en", 1602),
        ("9,831 tasks", "en", 9831),
        ("16.47%", "en", 16.47),
        ("45,8%", "vi", 45.8),
        ("73.000", "vi", 73_000),
        ("1.234,5", "vi", 1234.5),
        ("2025", "en", 2025),
        ("277.", "en", 277),
        ("4.1 trillion VND", "en", 4.1e12),
        ("4,1 nghìn tỷ đồng", "vi", 4.1e12),
        ("800 tỷ", "vi", 8e11),
        ("6 triệu", "vi", 6e6),
        ("20 nghìn", "vi", 20_000),
        ("USD 500 million", "en", 5e8),
        ("5 bn", "en", 5e9),
        ("two", "en", 2),
        ("Second", "en", 2),
        ("fivefold", "en", 5),
        ("nearly quadruple", "en", 4),
    ],
)
def test_token(token: str, language: str, expected: float) -> None:
    assert reads_as(token, language) == pytest.approx(expected)


@pytest.mark.parametrize("token", ["", "pledged", "phone", "often", "hundreds of"])
def test_words_without_a_number(token: str) -> None:
    assert reads_as(token, "en") is None


@pytest.mark.parametrize(
    ("token", "language"),
    [("1,60", "en"), ("10,5", "en"), ("1,2345", "en"), ("2.30.5", "en"), ("45.8", "vi"), ("1.2345", "vi")],
)
def test_separators_that_do_not_fit_the_language_are_not_guessed(token: str, language: str) -> None:
    assert reads_as(token, language) is None


def test_one_token_reads_differently_in_the_two_languages() -> None:
    assert (reads_as("1.602", "en"), reads_as("1.602", "vi")) == (1.602, 1602)


def test_decimals_are_read_exactly() -> None:
    assert reads_as("0.1 million", "en") == 100_000.0
    assert reads_as("31.36%", "en") == 31.36


@given(st.integers(0, 10**15))
def test_grouped_integers_are_read_in_both_languages(number: int) -> None:
    assert reads_as(f"{number:,}", "en") == reads_as(f"{number:,}".replace(",", "."), "vi") == float(number)


@pytest.mark.parametrize(
    ("value", "printed", "expected"),
    [(277, 277, True), (0.533, 53.3, True), (0.533, 53.4, False), (20_758, 20_759, False), (5e8, 5e8, True)],
)
def test_agrees_with_the_number_or_with_the_percentage(value: float, printed: float, expected: bool) -> None:
    assert agrees(value, printed) is expected


@pytest.mark.parametrize(
    ("text", "share", "half"),
    [("16.47%", 0.1647, 0.00005), ("47%", 0.47, 0.005), ("31,5 %", 0.315, 0.0005), ("80.30%", 0.803, 0.00005)],
)
def test_printed_share_and_half_its_last_digit(text: str, share: float, half: float) -> None:
    assert printed_share(text) == pytest.approx((share, half), abs=1e-15)
