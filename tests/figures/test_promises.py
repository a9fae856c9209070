"""The page of enterprises: what fell due, what is counted, what became of requests."""

from __future__ import annotations

from pathlib import Path

import pytest

from r57lib import figures
from r57lib.page.display import head
from r57lib.page.figure import Figure
from r57lib.view.filters import apply_filters
from r57lib.view.view import View, open_view
from tests.builders import copy_data, read_rows, write_table


def made(name: str, view: View) -> Figure:
    figure = getattr(figures, name)(view)
    assert isinstance(figure, Figure)
    return figure


def edited(folder: Path, table: str, *added: dict[str, str], **cells: str) -> Path:
    """A copy of the data with rows added to a table, and cells set in all of its rows of CT Group but the last."""
    data = copy_data(folder)
    rows = read_rows(data, table)
    for each in [row for row in rows if row["enterprise_id"] == "ct_group"][:-1]:
        each.update(cells)
    write_table(data, table, sorted([*rows, *added], key=lambda row: row["fact_id"]))
    return data


def test_what_fell_due_by_the_day_of_the_report() -> None:
    figure = made("commitment_outcomes", open_view(month="2026-01", language="en"))
    (bars,) = figure.chart.to_dict()["datasets"].values()
    assert len(bars) == 3 and len(figure.table) == 5, "as many bars as the finding counts; parts stand in the table"
    assert figure.title == (
        "3 commitments fell due in the twelve months to 31 January 2026: "
        "2 met on the enterprise’s own word and 1 not shown to be met"
    )
    assert figure.notes[0].startswith("30,000 5G stations operating by end of 2025: not known, sources disagree")
    assert "22,758 stations (10 December 2025)" in figure.notes[0]
    table = figure.table.set_index("Commitment")
    own = "met by own account"
    assert list(table["Outcome"]) == [own, own, "not known", "met", own], "the ministry confirms one"
    assert "Our rating (pace)" not in table, "its day has passed"


def test_two_counts_over_different_times_are_no_contradiction() -> None:
    assert (
        "“20,000 new 5G stations in 2025”: 20,758 stations (19 February 2025 to 10 December 2025); “23,500 5G stations "
        "rolled out in 2025”: 23,500 stations (December 2025). They count different times, so they do not contradict "
        "each other."
    ) in made("commitment_outcomes", open_view(month="2026-01", language="en")).notes


@pytest.mark.parametrize(("as_of", "paced"), [("2025-12-30", 1), ("2025-12-31", 0)])
def test_a_pace_is_shown_while_the_day_is_ahead(as_of: str, paced: int) -> None:
    """At 10 December 2025 the 20,000 stations stood at an SPI of 1.112."""
    pace = made("commitment_pace", open_view(month="2025-12", as_of=as_of, language="en"))
    assert (
        len(pace.table) == paced and ("1.112" in pace.title) is bool(paced) and (pace.chart is not None) is bool(paced)
    )


@pytest.mark.parametrize(("month", "as_of", "due"), [("2025-12", "2025-12-30", 0), ("2025-12", "2025-12-31", 3),
                                                     ("2026-01", "2025-12-30", 0)])  # fmt: skip
def test_due_is_counted_from_the_day_of_the_report(month: str, as_of: str, due: int) -> None:
    view = open_view(month=month, as_of=as_of, language="en")
    assert (made("commitment_outcomes", view).title.startswith("3 commitments fell due")) is (due == 3)
    assert f"; {due} have fallen due by {view.day:%-d %B %Y}" in made("deadlines", view).title


@pytest.mark.parametrize(("language", "one", "all_of_one"), [
    ("en", "1 of 8 commitments up to 31 January 2026 is backed only by words", "The only commitment counted up to 31"),
    ("vi", "Tính đến 31/01/2026, 1/8 cam kết mới chỉ dừng ở tuyên bố", "Tính đến 31/01/2026, cam kết duy nhất"),
])  # fmt: skip
def test_one_commitment_is_and_many_are(tmp_path: Path, language: str, one: str, all_of_one: str) -> None:
    view = open_view(month="2026-01", language=language, data=edited(tmp_path, "commitments", evidence_level="mou"))
    assert made("evidence_ladder", apply_filters(view, {"enterprise": "ct_group"})).title == one
    assert made("evidence_ladder", apply_filters(view, {"enterprise": "cmc"})).title.startswith(all_of_one)


def test_teasers_and_parts_are_in_no_headline() -> None:
    view = open_view(month="2025-12", language="en")
    count = len(view.tables["commitments"].query("section == 'body' and part_of.isna()"))
    ladder = made("evidence_ladder", view)
    assert ladder.title == f"{count - 1} of {count} commitments up to 31 December 2025 are backed only by words"
    assert (
        ladder.table["Part"].tolist()[-1] == "side teaser of another article" and ladder.table["Total"].iloc[-1] == "3"
    )
    assert figures.headlines(view).tiles[-1].value.text == f"1 of {count}"
    kinds = made("new_entries", view).table["Kind"].value_counts()
    assert kinds["Proposal"] == 7, "no list as a whole"
    assert not {"F065", "F076", "F078", "F098", "F115", "F117", "F118"} & set(made("new_entries", view).fact_ids)


def test_a_request_keeps_its_state_and_the_day_on_which_it_was_known(tmp_path: Path) -> None:
    (asked,) = [row for row in read_rows(copy_data(tmp_path / "real"), "proposals") if row["fact_id"] == "F100"]
    later = {"fact_id": "t-adopted", "status": "adopted", "reported_on": "2026-02-03", "time_period": "2026-01-20"}
    data = edited(tmp_path, "proposals", asked | later)
    before, after = (made("proposals", open_view(month="2026-01", as_of=day, language="en", data=data))
                     for day in ("2026-02-02", "2026-02-03"))  # fmt: skip
    assert before.title.startswith("11 requests by 3 enterprises: no answer of the State is known")
    assert after.title.startswith("11 requests by 3 enterprises, of which answered: 1")
    answered = after.table.set_index("Request").loc["National Cyber Defense Alliance"]
    assert (answered["Status"], answered["Known on"]) == ("Adopted", "3 February 2026")
    assert answered["Facts"] == "F100, t-adopted"


@pytest.mark.whole
@pytest.mark.parametrize("month", ["2025-03", "2025-09", "2026-01"])
def test_the_page_of_an_enterprise_that_has_said_nothing_yet_says_from_when_on(month: str) -> None:
    """A page without a figure is never blank."""
    every = open_view(month=month, language="en")
    names = [name for name, (notebook, _) in figures.FIGURES.items() if notebook == "enterprise_commitments"]
    notes = {}
    for enterprise in every.everything["enterprises"]["enterprise_id"]:
        view = apply_filters(every, {"enterprise": enterprise})
        notes[enterprise] = head(view, page="enterprise_commitments", parameters={}).note
        assert bool(notes[enterprise]) is not any(getattr(figures, name)(view).fact_ids for name in names)
    first = "No commitment, statement or request of FPT is known up to {}; the first one is of December 2025."
    assert notes["fpt"] == (first.format(every.words.month(every.month)) if month < "2025-12" else "")
    silent = apply_filters(open_view(month=month, as_of="2025-06-30", language="en"), {"enterprise": "cmc"})
    assert head(silent, page="", parameters={}).note.startswith(
        "No commitment, statement or request of CMC is known up"
    )
    assert "the first" not in head(silent, page="", parameters={}).note


def test_a_mark_of_the_growth_that_is_asked_says_its_year() -> None:
    drawn = made("implied_growth", open_view(month="2026-01", language="en")).chart.to_dict()["datasets"].values()
    told = {(row["name"], row["column"], row["text"]) for rows in drawn for row in rows if "place" in row}
    assert ("Tan A Dai Thanh", "2025", "nearly USD 320 million") in told and len(told) == 6
