"""Habits of every text in `labels.csv`: numbers, days and names are written one way, in each language."""

from __future__ import annotations

import re
import shutil
import string
from pathlib import Path

import pytest

from r57lib import figures, open_view
from r57lib.errors import WrongCall
from r57lib.view.words import Words
from tests.builders import read_rows
from tests.conftest import DATA

LABELS = read_rows(DATA, "labels")
_FORMS_OF_SENDERS = re.compile(r"^ingest\.E-(DATE-ORDER|DEADLINE|PERIOD)")
"""Labels that name forms in which a sender may write a day."""
_SHARES = {"rate", "share", "value", "of_all", "of_open", "supply", "usage", "before", "dated"}
"""Values that are shares or whole texts, and no counts."""


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
    assert breaking("en", r"(?<!Bank of )(?<!TechFest )(?<!UAV )Vietnam(?!ese)") == []


def test_an_english_noun_and_its_verb_follow_a_count_of_one() -> None:
    words = Words("en", {label["key"]: label["en"] for label in LABELS})
    nouns = "task|commitment|place|update|proposal|event|promise|request|fact|finding|document|file|field|indicator"
    not_after = "".join(f"(?<!{word} )" for word in ("of", "Of", "to", "than", "All", "the", "same"))
    plural = rf"{not_after}\b1 ((\w+ )?({nouns})s\b|(of (the )?1 \w+ )?(are|have|were)\b)"
    wrong = []
    for key, text in words.labels.items():
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        said = words(key, **{name: "40%" if name in _SHARES else "1" for name in names}) if names else ""
        wrong += [f"{key}: {hit[0]}" for hit in re.finditer(plural, said)]
    allowed = ("changes.firsts", "source.many", "figure.province_", "live.full", "figure.agency_league", "figure.fan",
               "figure.scorecard_rank", "figure.burn_up")  # fmt: skip
    assert [each for each in wrong if not each.startswith(allowed)] == []


def test_numbers_of_instruments_have_their_suffix() -> None:
    for language, resolution, plan in (("vi", "Nghị quyết", "Kế hoạch"), ("en", "Resolution", "Plan")):
        assert breaking(language, rf"{resolution} (số |No\. )?71(?!/NQ-CP)|{plan} (số |No\. )?02(?!-KH/BCĐTW)") == []


def test_a_finished_task_is_never_called_overdue() -> None:
    assert breaking("vi", "[Hh]oàn thành quá hạn") == []


def test_ministry_of_science_and_technology_is_abbreviated_one_way() -> None:
    assert breaking("vi", "KHCN|KH-CN|KH và CN") == []


def test_a_range_of_ways_to_write_two_numbers_is_one() -> None:
    assert breaking("vi", r"\{\w+\} trên \{\w+\}") == []


def test_a_folder_made_with_an_earlier_library_gets_the_words_that_it_lacks(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(DATA, tmp_path / "data"))
    file = folder / "labels.csv"
    kept = [line for line in file.read_text(encoding="utf-8").splitlines(True) if not line.startswith("brief.")]
    file.write_text("".join(kept), encoding="utf-8")
    assert figures.brief(open_view(data=folder, language="vi")).heading == "Tóm tắt"
    with pytest.raises(WrongCall, match=r"no label 'brief\.headin'"):
        open_view(data=folder).words("brief.headin")
