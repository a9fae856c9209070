"""Comments of analysts: under the figure, with their author, in both languages, from their day on; never a fact."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from r57lib import figures, open_view
from r57lib.data.load import load_tables
from r57lib.errors import BadData, WrongCall
from tests.conftest import DATA

SAID = {
    "vi": "Số liệu tháng 9 <chưa> đối chiếu.",
    "en": "September is <not> reconciled yet.",
    "author": "Nguyễn Văn An",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def notes(folder: Path, language: str = "en", **when: str) -> list[str]:
    view = open_view(data=folder, language=language, **{"month": "2025-12", **when})
    return [note for note in figures.on_time_rates(view).notes if SAID[language] in note]


def test_a_comment_stands_under_its_figure_in_both_languages(folder: Path) -> None:
    view = open_view(month="2025-12", data=folder)
    assert view.annotate("on_time_rates", **SAID, written_on="2025-12-30") == "N001"
    assert view.annotate("on_time_rates", **SAID, written_on="2025-12-30") == "N001", "the cell was run twice"
    assert notes(folder) == [f"Comment by Nguyễn Văn An, 30 December 2025: {SAID['en']}"]
    assert notes(folder, "vi") == [f"Nhận xét của Nguyễn Văn An, 30/12/2025: {SAID['vi']}"]
    page = figures.on_time_rates(open_view(month="2025-12", data=folder, language="en")).html()
    assert "September is &lt;not&gt; reconciled yet." in page
    assert len(load_tables(folder).facts()) == len(load_tables(DATA).facts())


def test_the_first_comment_of_a_file_without_a_last_newline_is_read_back(folder: Path) -> None:
    file = folder / "annotations.csv"
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    open_view(month="2025-12", data=folder).annotate("on_time_rates", **SAID, written_on="2025-12-30")
    assert notes(folder)


def test_it_belongs_to_its_month_and_its_day(folder: Path) -> None:
    open_view(month="2025-12", data=folder).annotate("on_time_rates", **SAID, written_on="2025-12-30")
    assert not notes(folder, month="2026-01")
    assert not notes(folder, as_of="2025-12-29")
    assert notes(folder, as_of="2025-12-30")


def test_one_written_after_the_newest_fact_is_shown_where_no_day_was_asked_for(folder: Path) -> None:
    open_view(month="2025-12", data=folder).annotate("on_time_rates", **SAID, written_on="2026-11-30")
    assert notes(folder)
    assert not notes(folder, as_of="2026-01-31")
    early = open_view(month="2025-01", as_of="2025-02-28", data=folder)
    assert not [each for each in early.findings if each.table == "annotations"], "it is late for those facts alone"


def test_one_on_a_fact_stands_under_each_figure_that_rests_on_it(folder: Path) -> None:
    view = open_view(month="2025-12", data=folder, language="en")
    view.annotate("F003", **SAID, written_on="2025-12-30")
    view = open_view(month="2025-12", data=folder, language="en")
    for figure in (figures.on_time_rates(view), figures.published_counts(view)):
        assert any(SAID["en"] in note for note in figure.notes)
    assert not any(SAID["en"] in note for note in figures.gii_rank(view).notes)


@pytest.mark.parametrize(
    ("subject", "change", "kind", "said"),
    [
        ("on_time_rate", {}, BadData, "did you mean 'on_time_rates'"),
        ("F9999", {}, BadData, "'F9999' is neither a figure nor a fact"),
        ("on_time_rates", {"written_on": "2025-11-30"}, BadData, "it lies from 2025-12-01 to "),
        ("on_time_rates", {"written_on": "2031-01-01"}, BadData, "it lies from 2025-12-01 to "),
        ("on_time_rates", {"author": ""}, WrongCall, "author"),
        ("on_time_rates", {"vi": " "}, WrongCall, "vi"),
        ("on_time_rates", {"en": "a\u200bb"}, BadData, "U\\+200B"),
    ],
)
def test_what_nobody_signs_or_can_read_is_refused(
    folder: Path, subject: str, change: dict[str, str], kind: type[Exception], said: str
) -> None:
    before = (folder / "annotations.csv").read_bytes()
    with pytest.raises(kind, match=said):
        open_view(month="2025-12", data=folder).annotate(subject, **{"written_on": "2025-12-30"} | SAID | change)
    assert (folder / "annotations.csv").read_bytes() == before
