"""The figures of the notebook `enterprise_commitments` that quote: statements, requests, clashing claims."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from r57lib.data.codes import Kind
from r57lib.data.tables import records
from r57lib.figures.commitments import NOTEBOOK, by_enterprise, enterprise
from r57lib.figures.compose import compose, dated, figure, readable
from r57lib.measures import commitments
from r57lib.page.parts import Figure
from r57lib.view.citations import finding_sentence
from r57lib.view.view import View


@figure(NOTEBOOK)
def enterprise_statements(view: View) -> Figure:
    """What enterprises report of themselves; claims are marked as claims."""
    words = view.words
    rows = by_enterprise(view, list(records(commitments.statements(view.tables))))
    table = readable(
        view,
        {
            "enterprise": [enterprise(view, row.enterprise_id) for row in rows],
            "statement": [words(f"statement.{row.fact_id}") for row in rows],
            "kind": [words(f"said_as.{row.kind}") for row in rows],
            "time_period": [dated(words, row.time_period) for row in rows],
            "section": [words(f"section.{row.section}") for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    claims = sum(row.kind == Kind.CLAIMED for row in rows)
    values = {"count": words.number(len(rows)), "claims": words.number(claims)}
    title = "title" if rows else "none"
    return compose(
        view, "enterprise_statements", table, facts=[row.fact_ids for row in rows], values=values, title=title
    )


@figure(NOTEBOOK)
def proposals(view: View) -> Figure:
    """Requests of enterprises to the State, which are never counted as commitments."""
    words = view.words
    rows = by_enterprise(view, list(records(commitments.proposals_made(view.tables))))
    table = readable(
        view,
        {
            "enterprise": [enterprise(view, row.enterprise_id) for row in rows],
            "ordinal": [words.number(row.ordinal) for row in rows],
            "proposal": [words(f"proposal.{row.fact_id}") for row in rows],
            "time_period": [dated(words, row.time_period) for row in rows],
            "proposal_status": [words(f"proposal_status.{row.status}") for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    count = len({row.enterprise_id for row in rows})
    named = words("enterprises.one" if count == 1 else "enterprises.many", count=words.number(count))
    values = {"count": words.number(len(rows)), "enterprises": named}
    title = "title" if rows else "none"
    return compose(view, "proposals", table, facts=[row.fact_ids for row in rows], values=values, title=title)


@figure(NOTEBOOK)
def claims_that_clash(view: View) -> Figure:
    """Statements of or about enterprises that do not hold together."""
    words, own = view.words, commitments.facts_of_enterprises(view.tables)
    rows = [row for row in view.findings if row.rule == "statement_mismatch" and own & set(row.fact_ids)]
    table = readable(
        view,
        {
            "finding": [f"{_said(view, row.fact_ids)}. {finding_sentence(row, words)}" for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    title = "title" if rows else "none"
    values = {"count": words.number(len(rows))}
    return compose(view, "claims_that_clash", table, facts=[row.fact_ids for row in rows], values=values, title=title)


def _said(view: View, fact_ids: Iterable[str]) -> str:
    """What some facts say, one after the other."""
    return "; ".join(_quoted(view, fact) for fact in fact_ids)


def _quoted(view: View, fact_id: str) -> str:
    """A statement, a promise, or the value of an update, in the reader's language."""
    words = view.words
    if words.has(f"statement.{fact_id}"):
        return words(f"statement.{fact_id}")
    for table in ("commitments", "commitment_updates"):
        rows = view.tables[table]
        for row in records(rows[rows["fact_id"] == fact_id]):
            name = words(f"commitment.{row.commitment_id}")
            if pd.isna(getattr(row, "obs_value", None)):
                return name
            unit = view.tables["commitments"].set_index("commitment_id")["unit"][row.commitment_id]
            value = words.value(row.obs_value, unit, row.qualifier)
            value = words("commitments.value_at", value=value, period=words.period(row.time_period))
            return words("clash.update", commitment=name, value=value)
    return fact_id
