"""Habits of every text in `labels.csv`: numbers, days and names are written one way, in each language."""

from __future__ import annotations

import re

import pytest

from tests.builders import read_rows
from tests.conftest import DATA

LABELS = read_rows(DATA, "labels")
_FORMS_OF_SENDERS = re.compile(r"^ingest\.E-(DATE-ORDER|DEADLINE|PERIOD)")
"""Labels that name forms in which a sender may write a day."""


def breaking(language: str, wrong: str, *, but: str = "^$") -> list[str]:
    """The labels of a language in which something wrong stands."""
    found = {label["key"]: re.search(wrong, label[language]) for label in LABELS}
    return [f"{key}: {hit[0]}" for key, hit in found.items() if hit and not re.search(but, key)]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_no_space_stands_before_a_percent_sign(language: str) -> None:
    assert breaking(language, r"[\d}]\s+%") == []


def test_days_have_two_digits_below_ten_and_so_have_january_and_february() -> None:
    day = r"\b(\d/\d{1,2}/\d{4}|\d\d/(0[3-9]|[12])/\d{4})\b"
    assert breaking("vi", day) == []
    assert re.search(day, "5/3/2026") and re.search(day, "05/03/2026") and not re.search(day, "05/3/2026, 28/12/2025")


def test_a_day_or_a_month_is_never_without_its_year() -> None:
    month = r"(?<![\d/])\d{1,2}/\d{1,2}(?![\d/])|[Tt]háng \d+(?! (cùng )?năm|-)(?=\D|$)"
    assert breaking("vi", month, but=_FORMS_OF_SENDERS.pattern) == []
    assert re.search(month, "Từ ngày 28/8 đến") and re.search(month, "tháng 9/2025")


def test_viet_nam_has_one_spelling_in_english() -> None:
    assert breaking("en", r"(?<!Bank of )(?<!TechFest )Vietnam(?!ese)") == []
