from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from r57lib.data.periods import Month, Precision, month_of, parse_day, parse_month, parse_period

FORMS = {
    "2025-09-30": ("2025-09-30", "2025-09-30", Precision.DAY),
    "2024-02-29": ("2024-02-29", "2024-02-29", Precision.DAY),
    "2025-12-12/2025-12-14": ("2025-12-12", "2025-12-14", Precision.RANGE),
    "2025-12-12/2025-12-12": ("2025-12-12", "2025-12-12", Precision.RANGE),
    "2025-09-early": ("2025-09-01", "2025-09-10", Precision.THIRD),
    "2025-09-mid": ("2025-09-11", "2025-09-20", Precision.THIRD),
    "2025-09-late": ("2025-09-21", "2025-09-30", Precision.THIRD),
    "2025-02-late": ("2025-02-21", "2025-02-28", Precision.THIRD),
    "2025-09": ("2025-09-01", "2025-09-30", Precision.MONTH),
    "2024-02": ("2024-02-01", "2024-02-29", Precision.MONTH),
    "2025-Q1": ("2025-01-01", "2025-03-31", Precision.QUARTER),
    "2025-Q2": ("2025-04-01", "2025-06-30", Precision.QUARTER),
    "2025-Q3": ("2025-07-01", "2025-09-30", Precision.QUARTER),
    "2025-Q4": ("2025-10-01", "2025-12-31", Precision.QUARTER),
    "2025-H1": ("2025-01-01", "2025-06-30", Precision.HALF),
    "2025-H2": ("2025-07-01", "2025-12-31", Precision.HALF),
    "2025-mid": ("2025-06-01", "2025-07-31", Precision.MID_YEAR),
    "2025-end": ("2025-12-01", "2025-12-31", Precision.YEAR_END),
    "2025": ("2025-01-01", "2025-12-31", Precision.YEAR),
    "2020/..": ("2020-01-01", "2020-01-01", Precision.SINCE),
    "2020-05/..": ("2020-05-01", "2020-05-01", Precision.SINCE),
}

WRONG = [
    *("", " ", "2025-13", "2025-00", "2025-9", "2025-Q5", "2025-Q0", "2025-H3", "20250930", "0000", "25", "2025-"),
    *("2025-09-30 ", " 2025", "2025-09-30T00:00", "30/09/2025", "2025-q3", "2025-LATE", "2025-late", "2025-09-end"),
    *("/..", "/", "2025/", "/2025", "../2025", "late September", "2025-09-030", "-2025", "２０２５", "2025-09-３0"),
    *("2020/../..", "2020/2021/..", "2020/2021/2022", "2020/../2021"),
]


def test_every_precision_has_a_form() -> None:
    assert {precision for _, _, precision in FORMS.values()} == set(Precision)


@pytest.mark.parametrize("text", FORMS)
def test_form(text: str) -> None:
    period = parse_period(text)
    assert (period.start.isoformat(), period.end.isoformat(), period.precision) == FORMS[text]
    assert str(period) == period.text == text


@pytest.mark.parametrize("text", WRONG)
def test_wrong_form_shows_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a period; write one of 2025-09-30, 2025-09, 2025-09-late, 2025-Q3"):
        parse_period(text)


@pytest.mark.parametrize(("text", "days"), [("2025-02-30", 28), ("2024-02-30", 29), ("2025-09-31", 30)])
def test_wrong_day_says_how_long_the_month_is(text: str, days: int) -> None:
    with pytest.raises(ValueError, match=rf"'{text}' is not a day: {text[:7]} has {days} days"):
        parse_period(text)


def test_day_zero_is_no_day() -> None:
    with pytest.raises(ValueError, match="'2025-09-00' is not a day"):
        parse_period("2025-09-00")


def test_range_may_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="'2025-12-14/2025-12-12' ends before it begins"):
        parse_period("2025-12-14/2025-12-12")


YEARS = st.integers(1, 9999).map("{:04}".format)
MONTHS = st.builds("{}-{:02}".format, YEARS, st.integers(1, 12))
DAYS = st.dates().map(date.isoformat)
SINGLE = st.one_of(
    YEARS,
    MONTHS,
    DAYS,
    st.builds("{}-{}".format, YEARS, st.sampled_from(["Q1", "Q2", "Q3", "Q4", "H1", "H2", "mid", "end"])),
    st.builds("{}-{}".format, MONTHS, st.sampled_from(["early", "mid", "late"])),
)
RANGES = st.tuples(st.dates(), st.dates()).map(lambda days: f"{min(days)}/{max(days)}")


@given(st.one_of(SINGLE, RANGES, SINGLE.map("{}/..".format)))
def test_start_is_not_after_end_and_the_words_are_kept(text: str) -> None:
    period = parse_period(text)
    assert period.start <= period.end
    assert period.text == text
    assert period.start.year == int(text[:4])


@given(st.dates())
def test_a_day_is_read_exactly(day: date) -> None:
    assert (parse_period(day.isoformat()).start, parse_period(day.isoformat()).end) == (day, day)
    assert parse_day(day.isoformat()) == day


@given(st.text(alphabet="0123456789-/.QHearlymidtn", max_size=12))
def test_any_text_is_a_period_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        period = parse_period(text)
        assert period.start <= period.end
        assert period.text == text


def test_thirds_cover_a_month_without_a_gap() -> None:
    early, mid, late = (parse_period(f"2025-02-{part}") for part in ("early", "mid", "late"))
    whole = parse_period("2025-02")
    assert (early.start, late.end) == (whole.start, whole.end)
    assert (mid.start - early.end).days == (late.start - mid.end).days == 1


def test_month() -> None:
    month = parse_month("2024-02")
    assert (month, str(month)) == (Month(2024, 2), "2024-02")
    assert (month.first_day, month.last_day) == (date(2024, 2, 1), date(2024, 2, 29))
    assert (month.previous, Month(2025, 1).previous) == (Month(2024, 1), Month(2024, 12))
    assert month_of(date(2025, 12, 31)) == Month(2025, 12)
    assert sorted([Month(2025, 1), Month(2024, 12), Month(2025, 10)])[0] == Month(2024, 12)


@pytest.mark.parametrize(
    "text", ["", "2025", "2025-13", "2025-00", "2025-9", "12/2025", "2025-12-01", "0999-01", "２０２５-12"]
)
def test_wrong_month_shows_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="is not a month; write it as 2025-12"):
        parse_month(text)


@pytest.mark.parametrize(
    "text", ["", "2025-02-30", "2025-13-01", "20251130", "30-11-2025", "2025-11-3", "0000-01-01", "２０２５-11-30"]
)
def test_wrong_day_shows_the_form(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a day.*; write it as 2025-11-30"):
        parse_day(text)
