from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

import nbformat
import pytest

from r57lib import figures, open_view
from r57lib.data.checks import check_tables
from r57lib.data.codes import EvidenceLevel
from r57lib.data.schema import FACT_TABLES
from r57lib.errors import WrongCall
from r57lib.page.figure import Figure
from r57lib.page.parts import Nothing
from r57lib.view.filters import FILTERS, apply_filters, default_of, label_of
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES
from tests.conftest import DATA, ROOT


@pytest.fixture(scope="module")
def view() -> View:
    return open_view(month="2025-12", language="en", data=DATA)


def values(name: str, view: View) -> list[str]:
    return [value for _, value in FILTERS[name].choices(view)]


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_has_named_choices_and_its_default_among_them(name: str, view: View) -> None:
    for language in LANGUAGES:
        in_language = view.in_language(language)
        choices = FILTERS[name].choices(in_language)
        assert all(label for label, _ in choices)
        assert len({label for label, _ in choices}) == len({value for _, value in choices}) == len(choices)
        assert default_of(name, in_language) in [value for _, value in choices]
        assert label_of(name, in_language.words)


@pytest.mark.parametrize("name", FILTERS)
def test_the_default_changes_nothing(name: str, view: View) -> None:
    left = apply_filters(view, {name: default_of(name, view)})
    assert left.month == view.month and left.words.language == view.words.language
    assert len(left.everything.facts()) == len(view.everything.facts())


NARROWING = [name for name, each in FILTERS.items() if each.tables and each.every]


@pytest.fixture(scope="module", params=NARROWING)
def narrowed(request: pytest.FixtureRequest, view: View) -> tuple[str, list[View]]:
    """A filter, and what each of its values leaves."""
    name: str = request.param
    return name, [apply_filters(view, {name: value}) for value in values(name, view)[1:]]


FEW = 12
"""Of a filter with many more values, so many are looked at where each takes long: from all over its list."""


def some(views: list[View]) -> list[View]:
    return views[:: -(-len(views) // FEW)]


def test_a_value_leaves_a_part_of_its_own_tables_only(narrowed: tuple[str, list[View]], view: View) -> None:
    name, views = narrowed
    for left in views:
        for table in FACT_TABLES:
            before, after = set(view.everything[table]["fact_id"]), set(left.everything[table]["fact_id"])
            assert after <= before
            assert after == before or table in FILTERS[name].tables
        assert len(left.everything.facts()) < len(view.everything.facts())


@pytest.mark.whole
def test_narrowing_makes_no_error_and_no_new_finding(narrowed: tuple[str, list[View]], view: View) -> None:
    known = {(finding.rule, finding.fact_ids) for finding in check_tables(view.tables)}
    for left in some(narrowed[1]):
        assert {(finding.rule, finding.fact_ids) for finding in left.findings} <= known


@cache
def controls_of(notebook: str) -> set[str]:
    """The filters that the page of a notebook offers."""
    cells = nbformat.read(ROOT / "notebooks" / f"{notebook}.ipynb", as_version=4).cells
    (call,) = [cell.source for cell in cells if "dashboard.controls(" in cell.source]
    return set(re.findall(r'"(\w+)"', call))


@pytest.mark.whole
def test_every_figure_can_be_made_from_what_is_left(narrowed: tuple[str, list[View]]) -> None:
    """On each page that has the filter; and what it shows comes from the facts that are left."""
    name, views = narrowed
    own = [make for notebook, make in figures.FIGURES.values() if name in controls_of(notebook)]
    assert own
    for left in some(views):
        facts = set(left.everything.facts()["fact_id"])
        for make in own:
            made = make(left)
            if isinstance(made, Figure):
                assert made.html(still=False) and set(made.fact_ids) <= facts


def test_enterprises_keep_their_own_promises(view: View) -> None:
    left = apply_filters(view, {"enterprise": "viettel"}).tables
    assert set(left["commitments"]["enterprise_id"]) == {"viettel"}
    assert left["commitment_updates"]["commitment_id"].str.startswith("viettel.").all()


def test_instruments_keep_their_sets_of_tasks(view: View) -> None:
    left = apply_filters(view, {"instrument": "71/NQ-CP:2025-04-01"}).tables
    assert set(left["task_snapshots"]["scope_id"]) == {"r71"}


def test_evidence_is_a_ladder(view: View) -> None:
    """Each step keeps at most what the step below keeps, by the evidence known on the view's day."""
    kept = []
    for level in list(EvidenceLevel)[1:]:
        left = apply_filters(view, {"evidence_level": str(level)}).everything
        kept.append(set(left["commitments"]["commitment_id"]))
    assert all(upper <= lower for lower, upper in pairwise(kept))
    assert kept[0] and kept[0] < set(view.everything["commitments"]["commitment_id"])


def test_teasers_are_left_out_everywhere(view: View) -> None:
    left = apply_filters(view, {"teasers": "out"}).everything
    assert set(left.facts()["section"]) == {"body"}
    assert set(left["commitment_updates"]["commitment_id"]) <= set(left["commitments"]["commitment_id"])


def test_a_province_keeps_all_facts_and_names_what_the_page_is_about(view: View) -> None:
    left = apply_filters(view, {"province": "24"})
    assert left.choice("province") == "24" and not left.narrowed and left.everything is view.everything
    assert len(values("province", view)) == 35
    with pytest.raises(WrongCall, match="unknown province '2'"):
        apply_filters(view, {"province": "2"})


def test_months_run_from_the_resolution_to_the_newest(view: View) -> None:
    months = values("month", view)
    assert months[0] == str(view.everything.newest_month)
    assert months[-1] == "2024-12"
    assert months == sorted(months, reverse=True)
    older = replace(view, month=view.everything.oldest_month)
    assert values("month", older)[-1] == str(view.everything.oldest_month)


def test_the_filters_add_up(view: View) -> None:
    left = apply_filters(view, {"enterprise": "viettel", "teasers": "out", "month": "2025-10", "language": "vi"})
    assert str(left.month) == "2025-10" and left.words.language == "vi"
    assert set(left.everything["commitments"]["enterprise_id"]) <= {"viettel"}


def test_an_enterprise_that_promised_nothing_has_its_page_and_is_not_offered() -> None:
    view = open_view(data=DATA)
    silent = set(view.everything["enterprises"]["enterprise_id"]) - set(FILTERS["enterprise"].codes(view))
    assert silent
    for code in silent:
        assert apply_filters(view, {"enterprise": code}).choice("enterprise") == code


def test_a_figure_of_documents_stays_when_a_filter_narrows_the_page(view: View) -> None:
    """It rests on no fact of its own; one whose facts are all gone has nothing left to show."""
    left = apply_filters(view, {"teasers": "out"})
    assert left.narrowed and isinstance(figures.sources_used(left), Figure)
    bare = apply_filters(view, {"indicator": "rd_share_gdp"})
    assert bare.narrowed and isinstance(figures.supply(bare), Nothing)


def test_every_set_of_tasks_that_was_counted_can_be_chosen() -> None:
    view = open_view(month="2026-01", language="en")
    chosen = [code for _, code in FILTERS["instrument"].choices(view) if code]
    left = {
        code: set(apply_filters(view, {"instrument": code}).tables["task_snapshots"]["scope_id"]) for code in chosen
    }
    assert set().union(*left.values()) == set(view.everything["task_snapshots"]["scope_id"])
    assert all(len(scopes) == 1 for scopes in left.values())
    conference = apply_filters(view, {"instrument": "csc_conference"})
    assert "1,227 of 1,298 tasks completed (94.53%)" in figures.task_status(conference).title
