from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from r57lib.data.periods import Month
from r57lib.data.tables import Tables
from r57lib.measures.agenda import instrument_standings, said_at_events, steps_ahead, steps_taken, systems_said, teased
from tests.builders import Row, build, more, only_row, row

DAY = date(2025, 6, 30)


def told(fact: str, day: str, **cells: object) -> Row:
    """A statement on an instrument that became public on its own day."""
    own = {"subject_kind": "instrument", "subject_id": "t-law", "time_period": day, "reported_on": day}
    return row("statements", fact_id=fact, **own | cells)


def state(name: str, since: str, statement: str) -> Row:
    return row("instrument_states", instrument_id="t-law", state=name, since=since, statement_id=statement)


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    """A law that was drafted, passed and is to begin; a resolution that it carries out; events of before and after."""
    return build(
        tmp_path,
        instruments=more("instruments", row("instruments", instrument_id="t-law", instrument_kind="law",
                                            parent_id="t-resolution")),
        sources=more("sources", row("sources", source_id="t-second", document="t-second")),
        statements=more(
            "statements",
            told("t-draft", "2025-02-01"),
            told("t-passed", "2025-05-20"),
            told("t-begins", "2025-05-20", reported_on="2025-06-15", attribute="in_force"),
            told("t-under", "2025-03-01", subject_kind="commitment", subject_id="t-works.boats", attribute="rests_on",
                 text_value="t-resolution"),
            told("t-heard", "2025-06-01", subject_kind="event", subject_id="t-fair-2025"),
            told("t-teased", "2025-06-01", subject_kind="agency", subject_id="T-MIN", source_id="t-side",
                 section="sidebar"),
        ),
        instrument_states=more(
            "instrument_states",
            state("draft", "2025-02", "t-draft"),
            state("passed", "2025-05-20", "t-passed"),
            state("in_force", "2026-01-01", "t-begins"),
        ),
        events=more(
            "events",
            row("events", fact_id="t-vague", event_id="t-launch", time_period="2025-05", reported_on="2025-06-01"),
            row("events", fact_id="t-sharp", event_id="t-launch", time_period="2025-05-07", reported_on="2025-06-02",
                source_id="t-second"),
            row("events", fact_id="t-next", event_id="t-prize", time_period="2025-11", kind="projected",
                reported_on="2025-06-20"),
            row("events", fact_id="t-heard-later", event_id="t-unheard", time_period="2025-12", kind="projected",
                reported_on="2025-09-01"),
        ),
    )  # fmt: skip


def names(steps: pd.DataFrame) -> list[str]:
    return [f"{step.subject_id} {step.state}".strip() for step in steps.itertuples()]


def test_what_was_done_stands_in_order_and_an_event_once_by_its_sharpest_day(tables: Tables) -> None:
    steps = steps_taken(tables.known(date(2025, 7, 31)), day=date(2025, 7, 31))
    assert names(steps) == ["t-resolution issued", "t-law draft", "t-launch", "t-law passed", "t-fair-2025"]
    launch = only_row(steps, subject_id="t-launch")
    assert (launch["period"], launch["fact_ids"]) == ("2025-05-07", ("t-sharp", "t-vague"))


def test_what_lies_ahead_is_what_was_said_by_that_day(tables: Tables) -> None:
    known = tables.known(DAY)
    assert names(steps_ahead(known, known, day=DAY)) == ["t-prize", "t-law in_force"]
    later = tables.known(date(2025, 9, 30))
    ahead = names(steps_ahead(later, later, day=date(2025, 9, 30)))
    assert ahead == ["t-prize", "t-unheard", "t-usage", "t-works.boats", "t-law in_force"]


@pytest.mark.parametrize(
    ("day", "state", "following"),
    [("2025-03-01", "draft", None), ("2025-06-01", "passed", None), ("2025-06-30", "passed", "in_force"),
     ("2026-01-01", "in_force", None)],
)  # fmt: skip
def test_a_law_goes_from_its_draft_to_its_force(tables: Tables, day: str, state: str, following: str | None) -> None:
    known = tables.known(date.fromisoformat(day))
    law = only_row(instrument_standings(known, day=date.fromisoformat(day)), instrument_id="t-law")
    assert (law["state"], None if pd.isna(law["next_state"]) else law["next_state"]) == (state, following)
    assert law["parent_id"] == "t-resolution"


def test_what_rests_on_an_instrument(tables: Tables) -> None:
    known = tables.known(date(2025, 12, 31))
    standing = only_row(instrument_standings(known, day=date(2025, 12, 31)), instrument_id="t-resolution")
    assert standing["scopes"] == ("t-tasks",) and standing["targets"] == 1
    assert standing["commitments"] == ("t-works.boats",)
    assert {"t-said", "t-aim", "t-under"} <= set(standing["fact_ids"])


def test_an_instrument_that_no_known_statement_dates_is_left_out(tables: Tables) -> None:
    day = date(2025, 1, 15)
    assert list(instrument_standings(tables.known(day), day=day)["instrument_id"]) == []


def test_systems_have_their_claims_and_events(tables: Tables) -> None:
    said = systems_said(tables.known(date(2025, 12, 31)))
    assert set(said["said_id"]) == {"t-said", "t-fair-2025", "t-launch", "t-prize", "t-unheard"}
    assert only_row(said, said_id="t-said")["claimant_id"] == "t-works"
    assert systems_said(tables.known(date(2024, 1, 1))).empty


def test_what_events_and_teasers_say_stands_apart(tables: Tables) -> None:
    known = tables.known(date(2025, 12, 31))
    assert list(said_at_events(known, known)["fact_id"]) == ["t-heard"]
    assert list(teased(known)["fact_id"]) == ["t-teased"]


def test_what_was_only_planned_is_no_deed_once_its_day_has_passed(tables: Tables) -> None:
    steps = steps_taken(tables.known(date(2025, 12, 31)), day=date(2025, 12, 31)).set_index("subject_id")
    assert dict(steps.loc[["t-launch", "t-prize", "t-unheard"], "planned"]) == {
        "t-launch": False, "t-prize": True, "t-unheard": True,
    }  # fmt: skip


def test_an_event_that_follows_the_month_it_speaks_of_has_its_day(tmp_path: Path) -> None:
    about = {
        "subject_kind": "event",
        "subject_id": "t-fair-2025",
        "time_period": "2025-05",
        "reported_on": "2025-06-20",
    }
    fair = row("events", time_period="2025-06-20", reported_on="2025-06-20")
    tables = build(
        tmp_path, statements=more("statements", row("statements", fact_id="t-heard", **about)), events=[fair]
    )
    may = tables.known(date(2025, 7, 1), month=Month(2025, 5))
    assert only_row(said_at_events(may, tables.known(date(2025, 7, 1))))["event_period"] == "2025-06-20"
    assert pd.isna(only_row(said_at_events(may, may))["event_period"])
