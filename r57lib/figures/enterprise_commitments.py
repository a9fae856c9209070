"""The figures of the notebook `enterprise_commitments` that list commitments: evidence, register, deadlines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from r57lib.charts import bars
from r57lib.data.codes import EvidenceLevel, Kind
from r57lib.data.tables import records
from r57lib.figures.cells import dated, keyed, measured, readable
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import commitments
from r57lib.page.parts import Figure
from r57lib.view.citations import finding_sentence
from r57lib.view.view import View
from r57lib.view.words import sort_key

NOTEBOOK = "enterprise_commitments"
_LEVEL_COLOURS = {
    EvidenceLevel.STATED: "muted",
    EvidenceLevel.MOU: "completed_late",
    EvidenceLevel.CONTRACTED: "completed_late",
    EvidenceLevel.DELIVERED: "series_2",
    EvidenceLevel.VERIFIED: "series_1",
}


def enterprise(view: View, enterprise_id: str) -> str:
    """The name of an enterprise."""
    return view.words(f"enterprise.{enterprise_id}")


def short_name(view: View, enterprise_id: str) -> str:
    """The name of an enterprise as the press shortens it, where it does."""
    key = f"enterprise_short.{enterprise_id}"
    return view.words(key) if view.words.has(key) else enterprise(view, enterprise_id)


def by_enterprise(view: View, rows: Iterable[Any]) -> list[Any]:
    """Rows in the order of their enterprises' names in a Vietnamese dictionary."""
    return sorted(rows, key=lambda row: sort_key(enterprise(view, row.enterprise_id)))


def _counted(view: View, count: int) -> str:
    """`1 commitment`, `7 commitments`."""
    return view.words("commitments.one" if count == 1 else "commitments.many", count=view.words.number(count))


def teasers(view: View, rows: Iterable[Any]) -> list[str]:
    """How many promises are quoted from side teasers, and whose: a note, or none."""
    quoted = [row for row in by_enterprise(view, rows) if row.section == "sidebar"]
    names = list(dict.fromkeys(short_name(view, row.enterprise_id) for row in quoted))
    values = {"count": view.words.number(len(quoted)), "enterprises": view.words.join(names)}
    return [view.words("commitments.teasers", **values)] if quoted else []


def _per_enterprise(view: View, rows: Iterable[Any]) -> str:
    """`CT Group (5), VNPT (3)`."""
    counts = pd.Series([short_name(view, row.enterprise_id) for row in rows], dtype="str").value_counts(sort=False)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], sort_key(str(item[0]))))
    named = [view.words("commitments.each", enterprise=name, count=view.words.number(count)) for name, count in ordered]
    return view.words.join(named)


@figure(NOTEBOOK, headline=True)
def evidence_ladder(view: View) -> Figure:
    """How many commitments of each enterprise stand on each level of evidence."""
    words, ladder = view.words, commitments.evidence_counts(view.tables)
    steps = _steps(view, ladder)
    table = readable(
        view,
        {
            "enterprise": [enterprise(view, name) for name in steps.index],
            **{level: [words.number(count) for count in steps[level]] for level in map(str, EvidenceLevel)},
            "total": [words.number(count) for count in steps["total"]],
        },
        steps["fact_ids"],
    )
    if ladder.empty:
        return compose(view, "evidence_ladder", table, facts=[], title="none")
    stated, count = int(steps["stated"].sum()), int(steps["total"].sum())
    title = "all_words" if stated == count else "title" if stated else "documented"
    done = steps[[EvidenceLevel.DELIVERED, EvidenceLevel.VERIFIED]].to_numpy().any()
    notes = [words("figure.evidence_ladder.note")] if done else []
    return compose(
        view,
        "evidence_ladder",
        table,
        facts=steps["fact_ids"],
        values={"stated": words.number(stated), "count": words.number(count), "month": words.month(view.month)},
        title=title,
        draw=lambda texts: bars.count_grid(_grid(view, steps), texts),
        notes=[*notes, *teasers(view, list(records(view.tables["commitments"])))],
    )


def _steps(view: View, ladder: pd.DataFrame) -> pd.DataFrame:
    """One row an enterprise: its count on each level, total and fact_ids; most commitments first."""
    levels = [str(level) for level in EvidenceLevel]
    wide = ladder.pivot(index="enterprise_id", columns="evidence_level", values="count")
    steps = wide.reindex(columns=levels, fill_value=0).fillna(0).astype("int64")  # an empty cell is a count of 0
    steps["total"] = steps.sum(axis=1)
    facts = {
        name: tuple(f for ids in group for f in ids) for name, group in ladder.groupby("enterprise_id")["fact_ids"]
    }
    steps["fact_ids"] = [facts[name] for name in steps.index]
    order = sorted(steps.index, key=lambda name: (-steps["total"][name], sort_key(enterprise(view, name))))
    return steps.loc[order]


def _grid(view: View, steps: pd.DataFrame) -> pd.DataFrame:
    """One row a cell of the ladder."""
    words = view.words
    cells = [
        {
            "row": short_name(view, str(name)),
            "total": _counted(view, int(step["total"])),
            "column": words(f"evidence_step.{level}").replace("|", "\n"),
            "value": int(step[level]),
            "text": words.number(step[level]) if step[level] else "",
            "facts": " ".join(step["fact_ids"]),
        }
        for name, step in steps.iterrows()
        for level in map(str, EvidenceLevel)
    ]
    return pd.DataFrame(cells)


@figure(NOTEBOOK)
def commitment_register(view: View) -> Figure:
    """Every commitment: nature, evidence, target, deadline, newest value."""
    words = view.words
    rows = by_enterprise(view, list(records(commitments.register(view.tables))))
    table = readable(
        view,
        {
            "enterprise": [enterprise(view, row.enterprise_id) for row in rows],
            "commitment": [words(f"commitment.{row.commitment_id}") for row in rows],
            "nature": [words(f"nature.{row.nature}") for row in rows],
            "evidence_level": [words(f"evidence_level.{row.evidence_level}") for row in rows],
            "target": [target(view, row) for row in rows],
            "target_period": [deadline(view, row) for row in rows],
            "latest": [latest_text(view, row) for row in rows],
            "section": [words(f"section.{row.section}") for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    full = sum(pd.notna(row.target_value) and pd.notna(row.target_period_end) for row in rows)
    values = {
        "count": words.number(len(rows)),
        "full": words.number(full),
        "observed": words.number(sum(pd.notna(row.latest_value) for row in rows)),
        "month": words.month(view.month),
    }
    return compose(
        view,
        "commitment_register",
        table,
        facts=[row.fact_ids for row in rows],
        values=values,
        title="none" if not rows else "title" if full else "no_full",
        notes=_year_end(view, rows),
    )


def target(view: View, row: Any) -> str:
    """The promised value, or that there is none."""
    if pd.isna(row.target_value):
        return view.words("commitments.no_number")
    return measured(view.words, row.target_value, row.unit, row.qualifier)


def deadline(view: View, row: Any) -> str:
    """The deadline as printed, or that there is none."""
    return (
        dated(view.words, row.target_period)
        if pd.notna(row.target_period_end)
        else view.words("commitments.no_deadline")
    )


def latest_text(view: View, row: Any) -> str:
    """The newest value with its period, or that nothing has been observed."""
    if pd.isna(row.latest_value):
        return view.words("commitments.no_value")
    value = measured(view.words, row.latest_value, row.unit, row.latest_qualifier)
    return keyed(view.words("commitments.value_at", value=value, period=view.words.period(row.latest_period)), value)


def _year_end(view: View, rows: Iterable[Any]) -> list[str]:
    """How a deadline that is no day is reckoned: a note, or none."""
    vague = any(pd.notna(row.target_period_end) and row.target_period_start < row.target_period_end for row in rows)
    return [view.words("commitments.year_end")] if vague else []


@figure(NOTEBOOK)
def deadlines(view: View) -> Figure:
    """When promises fall due, and how many name no deadline."""
    words, register = view.words, commitments.register(view.tables)
    rows = by_enterprise(
        view, list(records(register.dropna(subset=["target_period_end"]).sort_values("target_period_end")))
    )
    rows.sort(key=lambda row: row.target_period_end)
    undated = list(records(register[register["target_period_end"].isna()]))
    table = readable(
        view,
        {
            "target_period": [dated(words, row.target_period) for row in rows],
            "enterprise": [enterprise(view, row.enterprise_id) for row in rows],
            "commitment": [words(f"commitment.{row.commitment_id}") for row in rows],
            "promised": [dated(words, row.time_period) for row in rows],
            "evidence_level": [words(f"evidence_level.{row.evidence_level}") for row in rows],
        },
        [row.evidence_fact_ids for row in rows],
    )
    due = sum(row.target_period_end <= pd.Timestamp(view.month.last_day) for row in rows)
    values = {
        "count": words.number(len(register)),
        "undated": words.number(len(undated)),
        "due": words.number(due),
        "month": words.month(view.month),
    }
    facts = register["evidence_fact_ids"]
    if not rows:
        title = "undated" if undated else "none"
        return compose(view, "deadlines", table, facts=facts, values=values, title=title)
    notes = [words("commitments.undated", enterprises=_per_enterprise(view, undated))] if undated else []
    end = pd.DataFrame({"day": [pd.Timestamp(view.month.last_day)], "text": [""]})
    return compose(
        view,
        "deadlines",
        table,
        facts=facts,
        values=values,
        draw=lambda texts: bars.spans(_spans(view), texts, colours=_LEVEL_NAMES, breaks=end),
        notes=[*notes, *teasers(view, rows), *_year_end(view, rows)],
    )


_LEVEL_NAMES = {str(level): name for level, name in _LEVEL_COLOURS.items()}


def _spans(view: View) -> pd.DataFrame:
    """One span for the commitments of an enterprise that fall due on one day with one level of evidence."""
    words = view.words
    spans = [
        {
            "row": words("deadlines.row", enterprise=short_name(view, row.enterprise_id),
                         count=_counted(view, row.count), level=words(f"evidence_level.{row.evidence_level}").lower()),
            "start": row.start,
            "end": row.end,
            "part": row.evidence_level,
            "text": words.period(row.target_period),
            "facts": " ".join(row.fact_ids),
        }
        for row in list(records(commitments.commitments_due(view.tables)))
    ]  # fmt: skip
    return pd.DataFrame(spans)


# --- The figures of the notebook `enterprise_commitments` that quote: statements, requests, clashing claims ---


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
