"""The figures of the notebook `enterprise_commitments`: what is promised, how well documented, and at what pace.

What enterprises say and ask for is quoted, and never counted as a commitment.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import pandas as pd

from r57lib.charts import bars, lines
from r57lib.charts.base import Chart, Texts
from r57lib.data.codes import EvidenceLevel, Kind, Qualifier
from r57lib.data.rows import Commitment, CommitmentUpdate
from r57lib.data.tables import records
from r57lib.figures.cells import in_column, sentence
from r57lib.figures.compose import compose
from r57lib.figures.registry import figure
from r57lib.measures import commitments
from r57lib.measures.commitments import (
    REFUSALS,
    Due,
    EnterpriseStatement,
    Fallen,
    Grown,
    Paced,
    SingleProposal,
    Standing,
    Step,
    Unpaced,
)
from r57lib.measures.outcomes import RUNNING, DueOutcome
from r57lib.page.columns import (
    Cell,
    amount,
    counts,
    days,
    figures,
    numbers,
    period,
    periods,
    share,
    shares,
    tabulate,
)
from r57lib.page.figure import Figure
from r57lib.view.citations import finding_sentence
from r57lib.view.view import View
from r57lib.view.words import MISSING, sort_key

NOTEBOOK = "enterprise_commitments"
_LEVEL_COLOURS: dict[str, str] = {
    EvidenceLevel.STATED: "muted",
    EvidenceLevel.MOU: "completed_late",
    EvidenceLevel.CONTRACTED: "completed_late",
    EvidenceLevel.DELIVERED: "series_2",
    EvidenceLevel.VERIFIED: "series_1",
}
_OUTCOME_COLOURS: dict[str, str] = {
    DueOutcome.MET: "completed_on_time",
    DueOutcome.MISSED: "overdue",
    DueOutcome.NOT_KNOWN: "muted",
}
_Owned = TypeVar("_Owned", Commitment, Standing, Paced, Grown, SingleProposal, EnterpriseStatement)


def _enterprise(view: View, enterprise_id: str) -> str:
    """The name of an enterprise."""
    return view.words(f"enterprise.{enterprise_id}")


def _short_name(view: View, enterprise_id: str) -> str:
    """The name of an enterprise as the press shortens it, where it does."""
    key = f"enterprise_short.{enterprise_id}"
    return view.words(key) if view.words.has(key) else _enterprise(view, enterprise_id)


def _by_enterprise(view: View, rows: Iterable[_Owned]) -> list[_Owned]:
    """Rows in the order of their enterprises' names in a Vietnamese dictionary."""
    return sorted(rows, key=lambda row: sort_key(_enterprise(view, row.enterprise_id)))


def _counted(view: View, count: int) -> str:
    """`1 commitment`, `7 commitments`."""
    return view.words("commitments.count", count=view.words.number(count))


def _each_once(rows: Iterable[Standing]) -> int:
    """How many commitments these are: a part is counted with its whole."""
    return len({row.whole for row in rows})


def _teasers(view: View, rows: Iterable[Standing], *, label: str = "commitments.teasers") -> list[str]:
    """How many promises are quoted from side teasers, and whose: a note, or none."""
    quoted = [row for row in _by_enterprise(view, rows) if row.section == "sidebar"]
    names = list(dict.fromkeys(_short_name(view, row.enterprise_id) for row in quoted))
    values = {"count": view.words.number(_each_once(quoted)), "enterprises": view.words.join(names)}
    return [view.words(label, **values)] if quoted else []


def _parts(view: View, rows: Iterable[Standing], label: str, attribute: str) -> list[str]:
    """What is counted with a wider commitment, each with the word for one of its attributes: a note, or none."""
    words = view.words
    named = [
        words("commitments.part", commitment=words(f"commitment.{row.commitment_id}"),
              said=words(f"{label}.{getattr(row, attribute)}").lower())
        for row in _by_enterprise(view, rows)
        if row.whole != row.commitment_id
    ]  # fmt: skip
    return [words("commitments.parts", named=words.join(named))] if named else []


def _per_enterprise(view: View, rows: Iterable[Standing]) -> str:
    """`CT Group (5), VNPT (3)`."""
    counts = pd.Series([_short_name(view, row.enterprise_id) for row in rows], dtype="str").value_counts(sort=False)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], sort_key(str(item[0]))))
    named = [view.words("commitments.each", enterprise=name, count=view.words.number(count)) for name, count in ordered]
    return view.words.join(named)


@figure(NOTEBOOK)
def commitment_outcomes(view: View) -> Figure:
    """What fell due in the last twelve months: met, missed, or not known and why.

    `.data`: enterprise, commitment, target (in target_unit), target_period, last_known, evidence_level, due_outcome,
    due_reason, facts.
    """
    words = view.words
    rows = list(records(commitments.fallen_due(view.tables, view.day), Fallen))
    facts = [row.fact_ids for row in rows]
    table = tabulate(
        view,
        {
            "enterprise": [_enterprise(view, row.enterprise_id) for row in rows],
            "commitment": [_named(view, row) for row in rows],
            "target": figures("number", [_target(view, row) for row in rows]),
            "target_period": figures("period", [_deadline(view, row) for row in rows]),
            "last_known": [_last_known(view, row) for row in rows],
            "evidence_level": [words(f"evidence_level.{row.evidence_level}") for row in rows],
            "due_outcome": [words(f"due.{row.said}") for row in rows],
            "due_reason": [_reason(view, row) for row in rows],
        },
        facts,
    )
    named = {row.commitment_id for row in rows}
    wholes = [row for row in rows if row.part_of not in named]
    said = [row.said for row in sorted(wholes, key=lambda row: list(DueOutcome).index(DueOutcome(row.outcome)))]
    values = {
        "count": words.number(len(wholes)),
        "day": words.date(view.day),
        "said": words.join(
            [words(f"due.count.{each}", count=words.number(said.count(each))) for each in dict.fromkeys(said)]
        ),
    }
    reasons = [
        words("due.because", commitment=words(f"commitment.{row.commitment_id}"), outcome=words(f"due.{row.outcome}"),
              reason=_reason(view, row), values=_last_known(view, row))
        for row in rows
        if isinstance(row.reason, str)
    ]  # fmt: skip
    numbered = [row for row in wholes if pd.notna(row.target_value)]  # as many bars as the finding counts
    return compose(
        view,
        "commitment_outcomes",
        table,
        facts=facts,
        values=values,
        title="title" if rows else "none",
        draw=(lambda texts: _outcome_bars(view, numbered, texts)) if numbered else None,
        notes=[*reasons, *_parts(view, rows, "due", "said"), *_no_clash(view, rows), *_teasers(view, rows)],
        method=[words("figure.commitment_outcomes.met"), *_own_words(view, rows)],
    )


def _outcome_bars(view: View, rows: list[Fallen], texts: Texts) -> Chart:
    """The deciding value of each as a share of the promise, which is a tick; colour and words tell the outcome."""
    drawn = pd.DataFrame(
        {
            "row": view.words("due.row", enterprise=_short_name(view, row.enterprise_id),
                              commitment=view.words(f"commitment.{row.commitment_id}")),
            "name": _short_name(view, row.enterprise_id),
            "under": view.words(f"commitment.{row.commitment_id}"),
            "value": row.values[0].value / row.target_value if row.values else 0.0,
            "tick": 1.0,
            "text": sentence(view.words(f"due.{row.said}")),
            "part": row.outcome,
            "facts": " ".join(row.fact_ids),
        }
        for row in rows
    )  # fmt: skip
    return bars.bars(drawn, texts, colours=_OUTCOME_COLOURS, domain=max(1.0, float(drawn["value"].max())))


def _reason(view: View, row: Fallen) -> str:
    """Why an outcome is not known."""
    if row.reason is None:
        return MISSING
    return view.words(f"due.reason.{row.reason}", period=view.words.period(row.values[0].period) if row.values else "")


def _last_known(view: View, row: Fallen) -> str:
    """The values that an outcome rests on: `30,000 stations (December 2025); 22,758 stations (10 December 2025)`.

    What is counted from none has the day from which it is: `20,758 stations (19 February 2025 to 10 December 2025)`.
    """
    words = view.words
    first = words.period(row.baseline_period) if row.baseline_value == 0 and row.unit in RUNNING else ""
    told = [
        words(
            "commitments.value_span" if first else "commitments.value_at",
            value=amount(words, each.value, row.unit, each.qualifier), first=first, period=words.period(each.period),
        )
        for each in row.values
    ]  # fmt: skip
    return "; ".join(told) or MISSING


def _rival(view: View, fact_id: str, unit: str) -> str:
    """`22,758 stations (10 December 2025)`."""
    updates = view.tables["commitment_updates"]
    (row,) = records(updates[updates["fact_id"] == fact_id], CommitmentUpdate)
    return _at(view, amount(view.words, row.obs_value, unit, row.qualifier), row.time_period).text


def _own_words(view: View, rows: list[Fallen]) -> list[str]:
    """Which outcomes rest on the word of the enterprise alone: a note, or none."""
    told = any(row.said != row.outcome for row in rows)
    return [view.words("figure.evidence_ladder.note")] if told else []


def _no_clash(view: View, rows: list[Fallen]) -> list[str]:
    """Why the count of a part and the higher one of its whole do not clash where both are met: a note for each."""
    met = {row.commitment_id: row for row in rows if row.outcome == DueOutcome.MET}
    pairs = [(row, met[row.part_of]) for row in met.values() if row.part_of in met]
    return [
        view.words(
            "commitments.spans", value=_last_known(view, part), more=_last_known(view, whole),
            part=view.words(f"commitment.{part.commitment_id}"), whole=view.words(f"commitment.{whole.commitment_id}"),
        )
        for part, whole in pairs
        if part.values[0].value < whole.values[0].value and part.values[0].day < whole.values[0].day
    ]  # fmt: skip


def _named(view: View, row: Standing) -> str:
    """A commitment, and the wider one that it is a part of."""
    words, name = view.words, view.words(f"commitment.{row.commitment_id}")
    if row.whole == row.commitment_id or row.part_of is None:
        return name
    return words("commitments.within", commitment=name, wider=words(f"commitment.{row.part_of}"))


@figure(NOTEBOOK, headline=True)
def evidence_ladder(view: View) -> Figure:
    """How many commitments of each enterprise stand on each level of evidence; what only teasers quote stands apart.

    `.data`: enterprise, stated, mou, contracted, delivered, verified, total, section, facts.
    """
    words, ladder = view.words, commitments.evidence_counts(view.tables)
    steps = _steps(view, ladder)
    rows = list(records(commitments.register(view.tables), Standing))
    table = tabulate(
        view,
        {
            "enterprise": [_enterprise(view, name) for name, _ in steps.index],
            **{name: counts(words, steps[name]) for name in [*map(str, EvidenceLevel), "total"]},
            "section": [words(f"section.{section}") for _, section in steps.index],
        },
        steps["fact_ids"],
    )
    if ladder.empty:
        return compose(view, "evidence_ladder", table, facts=[], title="none")
    counted = ladder[ladder["section"] == "body"]
    count = int(counted["count"].sum())
    stated = int(counted.loc[counted["evidence_level"] == EvidenceLevel.STATED, "count"].sum())
    title = "teasers" if not count else "all_words" if stated == count else "title" if stated else "documented"
    done = steps[[EvidenceLevel.DELIVERED, EvidenceLevel.VERIFIED]].to_numpy().any()
    return compose(
        view,
        "evidence_ladder",
        table,
        facts=steps["fact_ids"],
        values={
            "stated": words.number(stated),
            "count": words.number(count),
            "month": words.month(view.month),
            "day": words.date(view.day),
        },
        title=f"{title}.one" if count == 1 and title != "title" else title,
        draw=lambda texts: bars.count_grid(_grid(view, steps), texts),
        notes=[
            *_teasers(view, rows, label="commitments.apart"),
            *_parts(view, rows, "evidence_level", "evidence_level"),
        ],
        method=[words("figure.evidence_ladder.note")] if done else [],
    )


def _steps(view: View, ladder: pd.DataFrame) -> pd.DataFrame:
    """One row an enterprise and section: its count on each level, total and fact_ids; most first, teasers last."""
    levels, keys = [str(level) for level in EvidenceLevel], ["enterprise_id", "section"]
    wide = ladder.pivot(index=keys, columns="evidence_level", values="count")
    steps = wide.reindex(columns=levels, fill_value=0).fillna(0).astype("int64")  # an empty cell is a count of 0
    steps["total"] = steps.sum(axis=1)
    facts = {key: tuple(f for ids in group for f in ids) for key, group in ladder.groupby(keys)["fact_ids"]}
    steps["fact_ids"] = [facts[key] for key in steps.index]
    order = sorted(
        steps.index,
        key=lambda key: (key[1] == "sidebar", -steps["total"][key], sort_key(_enterprise(view, key[0]))),
    )
    return steps.loc[order]


def _grid(view: View, steps: pd.DataFrame) -> pd.DataFrame:
    """One row a cell of the ladder."""
    words = view.words
    return pd.DataFrame(
        {
            "row": words(f"ladder.{section}", enterprise=_short_name(view, str(name))),
            "total": _counted(view, int(step["total"])),
            "column": words(f"evidence_step.{level}").replace("|", "\n"),
            "value": int(step[level]),
            "text": words.number(step[level]) if step[level] else "",
            "facts": " ".join(step["fact_ids"]),
        }
        for (name, section), step in zip(steps.index, (row for _, row in steps.iterrows()), strict=True)
        for level in map(str, EvidenceLevel)
    )


@figure(NOTEBOOK)
def commitment_register(view: View) -> Figure:
    """Every commitment: nature, evidence, target, deadline, newest value.

    `.data`: enterprise, commitment, nature, evidence_level, target (in target_unit), target_period, latest (in
    latest_unit), section, facts.
    """
    words = view.words
    rows = _by_enterprise(view, records(commitments.register(view.tables), Standing))
    table = tabulate(
        view,
        {
            "enterprise": [_enterprise(view, row.enterprise_id) for row in rows],
            "commitment": [_named(view, row) for row in rows],
            "nature": [words(f"nature.{row.nature}") for row in rows],
            "evidence_level": [words(f"evidence_level.{row.evidence_level}") for row in rows],
            "target": figures("number", [_target(view, row) for row in rows]),
            "target_period": figures("period", [_deadline(view, row) for row in rows]),
            "latest": figures("number", [_latest(view, row) for row in rows]),
            "section": [words(f"section.{row.section}") for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    full = _each_once(row for row in rows if pd.notna(row.target_value) and pd.notna(row.target_period_end))
    values = {
        "count": words.number(_each_once(rows)),
        "full": words.number(full),
        "observed": words.number(_each_once(row for row in rows if pd.notna(row.latest_value))),
        "month": words.month(view.month),
        "day": words.date(view.day),
    }
    return compose(
        view,
        "commitment_register",
        table,
        facts=[row.fact_ids for row in rows],
        values=values,
        title="none" if not rows else "title" if full else "no_full",
        notes=_teasers(view, rows),
        method=_year_end(view, rows),
    )


def _target(view: View, row: Standing) -> Cell:
    """The promised value, or that there is none."""
    if pd.isna(row.target_value):
        return Cell(None, view.words("commitments.no_number"))
    return amount(view.words, row.target_value, row.unit, row.qualifier)


def _deadline(view: View, row: Standing) -> Cell:
    """The deadline as printed, or that there is none."""
    if pd.isna(row.target_period_end):
        return Cell(None, view.words("commitments.no_deadline"))
    return period(view.words, row.target_period)


def _latest(view: View, row: Standing) -> Cell:
    """The newest value with its period, or that nothing has been observed."""
    if pd.isna(row.latest_value):
        return Cell(None, view.words("commitments.no_value"))
    return _at(view, amount(view.words, row.latest_value, row.unit, row.latest_qualifier), row.latest_period)


def _baseline(view: View, row: Standing) -> Cell:
    return _at(view, amount(view.words, row.baseline_value, row.unit, row.baseline_qualifier), row.baseline_period)


def _at(view: View, value: Cell, when: str | None) -> Cell:
    """`20,758 (24 November 2025)`."""
    said = view.words.period(when)
    return value.within(lambda text: view.words("commitments.value_at", value=text, period=said))


def _year_end(view: View, rows: Iterable[Standing]) -> list[str]:
    """How a deadline that is no day is reckoned: a note, or none."""
    vague = any(pd.notna(row.target_period_end) and row.target_period_start < row.target_period_end for row in rows)
    return [view.words("commitments.year_end")] if vague else []


@figure(NOTEBOOK)
def deadlines(view: View) -> Figure:
    """When promises fall due, and how many name no deadline.

    `.data`: target_period, enterprise, commitment, promised, evidence_level, facts.
    """
    words, day, register = view.words, view.day, commitments.register(view.tables)
    rows = _by_enterprise(view, records(register.dropna(subset=["target_period_end"]), Standing))
    rows.sort(key=lambda row: row.target_period_end)
    undated = list(records(register[register["target_period_end"].isna()], Standing))
    table = tabulate(
        view,
        {
            "target_period": periods(words, [row.target_period for row in rows]),
            "enterprise": [_enterprise(view, row.enterprise_id) for row in rows],
            "commitment": [_named(view, row) for row in rows],
            "promised": periods(words, [row.time_period for row in rows]),
            "evidence_level": [words(f"evidence_level.{row.evidence_level}") for row in rows],
        },
        [row.evidence_fact_ids for row in rows],
    )
    values = {
        "count": words.number(register["whole"].nunique()),
        "undated": words.number(_each_once(undated)),
        "due": words.number(_each_once(row for row in rows if row.target_period_end <= pd.Timestamp(day))),
        "day": words.date(day),
    }
    facts = register["evidence_fact_ids"]
    if not rows:
        title = "undated" if undated else "none"
        return compose(view, "deadlines", table, facts=facts, values=values, title=title)
    notes = [words("commitments.undated", enterprises=_per_enterprise(view, undated))] if undated else []
    end = pd.DataFrame({"day": [pd.Timestamp(day)], "text": [""]})
    return compose(
        view,
        "deadlines",
        table,
        facts=facts,
        values=values,
        draw=lambda texts: bars.spans(_spans(view), texts, colours=_LEVEL_COLOURS, breaks=end),
        notes=[*notes, *_teasers(view, rows)],
        method=_year_end(view, rows),
    )


def _spans(view: View) -> pd.DataFrame:
    """One span for the commitments of an enterprise that fall due on one day with one level of evidence."""
    words = view.words
    return pd.DataFrame(
        {
            "row": words("deadlines.row", enterprise=_short_name(view, row.enterprise_id),
                         count=_counted(view, row.count), level=words(f"evidence_level.{row.evidence_level}").lower()),
            "start": row.start,
            "end": row.end,
            "part": row.evidence_level,
            "text": " ".join(in_column(view, row.target_period).split()).replace("/ ", "/"),  # beside a long name
            "facts": " ".join(row.fact_ids),
        }
        for row in records(commitments.commitments_due(view.tables), Due)
    )  # fmt: skip


@figure(NOTEBOOK)
def enterprise_statements(view: View) -> Figure:
    """What enterprises report of themselves; claims are marked as claims.

    `.data`: enterprise, statement, kind, time_period, section, facts.
    """
    words = view.words
    rows = _by_enterprise(view, records(commitments.statements(view.tables), EnterpriseStatement))
    table = tabulate(
        view,
        {
            "enterprise": [_enterprise(view, row.enterprise_id) for row in rows],
            "statement": [words(f"statement.{row.fact_id}") for row in rows],
            "kind": [words(f"said_as.{row.kind}") for row in rows],
            "time_period": periods(words, [row.time_period for row in rows]),
            "section": [words(f"section.{row.section}") for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    claims = sum(row.kind == Kind.CLAIMED for row in rows)
    values = {"count": words.number(len(rows)), "claims": words.number(claims)}
    title = "title" if rows else "none"
    return compose(
        view, "enterprise_statements", table, facts=[row.fact_ids for row in rows], values=values, title=title,
        closed=True,
    )  # fmt: skip


@figure(NOTEBOOK)
def proposals(view: View) -> Figure:
    """Requests of enterprises to the State and what became of them; they are never counted as commitments.

    `.data`: enterprise, ordinal, proposal, time_period, proposal_status, known_on, facts.
    """
    words = view.words
    rows = _by_enterprise(view, records(commitments.proposals_made(view.tables), SingleProposal))
    table = tabulate(
        view,
        {
            "enterprise": [_enterprise(view, row.enterprise_id) for row in rows],
            "ordinal": counts(words, [row.ordinal for row in rows]),
            "proposal": [words(f"proposal.{row.proposal_id}") for row in rows],
            "time_period": periods(words, [row.time_period for row in rows]),
            "proposal_status": [words(f"proposal_status.{row.status}") for row in rows],
            "known_on": days(words, [row.status_on.date() for row in rows]),
        },
        [row.fact_ids for row in rows],
    )
    count = len({row.enterprise_id for row in rows})
    named = words("enterprises.count", count=words.number(count))
    answered = sum(row.status != "raised" for row in rows)
    values = {"count": words.number(len(rows)), "enterprises": named, "answered": words.number(answered)}
    title = "none" if not rows else "title" if answered else "unanswered"
    facts = [row.fact_ids for row in rows]
    return compose(view, "proposals", table, facts=facts, values=values, title=title, closed=True)


@figure(NOTEBOOK)
def claims_that_clash(view: View) -> Figure:
    """Statements of or about enterprises that do not hold together.

    `.data`: finding, facts.
    """
    words, own = view.words, commitments.facts_of_enterprises(view.tables)
    rows = [row for row in view.findings if row.rule == "statement_mismatch" and own & set(row.fact_ids)]
    table = tabulate(
        view,
        {
            "finding": [
                f"{'; '.join(_quoted(view, fact) for fact in row.fact_ids)}. {finding_sentence(row, words)}"
                for row in rows
            ],
        },
        [row.fact_ids for row in rows],
    )
    title = "title" if rows else "none"
    values, facts = {"count": words.number(len(rows))}, [row.fact_ids for row in rows]
    return compose(view, "claims_that_clash", table, facts=facts, values=values, title=title, closed=True)


def _quoted(view: View, fact_id: str) -> str:
    """A statement, a promise, or the value of an update, in the reader's language."""
    words = view.words
    if words.has(f"statement.{fact_id}"):
        return words(f"statement.{fact_id}")
    promises, updates = view.tables["commitments"], view.tables["commitment_updates"]
    units = promises.set_index("commitment_id")["unit"]
    for promise in records(promises[promises["fact_id"] == fact_id], Commitment):
        return words(f"commitment.{promise.commitment_id}")
    for row in records(updates[updates["fact_id"] == fact_id], CommitmentUpdate):
        known = pd.notna(row.obs_value)
        return _update(view, row, units[row.commitment_id]) if known else words(f"commitment.{row.commitment_id}")
    return fact_id


def _update(view: View, row: CommitmentUpdate, unit: str) -> str:
    """A commitment with the value that an update gives."""
    value = _at(view, amount(view.words, row.obs_value, unit, row.qualifier), row.time_period)
    return view.words("clash.update", commitment=view.words(f"commitment.{row.commitment_id}"), value=value)


@figure(NOTEBOOK)
def commitment_pace(view: View) -> Figure:
    """Share achieved against share of the time passed, where a commitment allows it (question 11).

    `.data`: enterprise, commitment, baseline, target, target_period, latest, achieved (0-1), expected (0-1), spi
    (ratio), rating, facts.
    """
    words = view.words
    rows = list(records(commitments.pace_of_commitments(view.tables, day=view.day), Paced))
    unpaced = list(records(commitments.unpaced_commitments(view.tables, day=view.day), Unpaced))
    table = tabulate(
        view,
        {
            "enterprise": [_enterprise(view, row.enterprise_id) for row in rows],
            "commitment": [_named(view, row) for row in rows],
            "baseline": figures("number", [_baseline(view, row) for row in rows]),
            "target": figures("number", [_target(view, row) for row in rows]),
            "target_period": figures("period", [_deadline(view, row) for row in rows]),
            "latest": figures("number", [_latest(view, row) for row in rows]),
            "achieved": shares(words, [row.achieved for row in rows], 2),
            "expected": shares(words, [row.expected for row in rows], 2),
            "spi": numbers(words, [row.spi for row in rows], 3),
            "rating": [words(f"rating.{row.rating}") for row in rows],
        },
        [row.fact_ids for row in rows],
    )
    behind = _each_once(row for row in rows if row.rating == "behind")
    spis = [words.number(row.spi, 3) for row in sorted(rows, key=lambda row: -row.spi)]  # of many, lowest to highest
    values = {
        "count": words.number(_each_once([*rows, *unpaced])),
        "paced": words.number(_each_once(rows)),
        "behind": words.number(behind),
        "spi": words("range", low=spis[-1], high=spis[0]) if len(spis) > 3 else words.join(spis),
    }
    paced = {row.whole for row in rows}
    refused = [row for row in unpaced if row.whole == row.commitment_id and row.whole not in paced]
    notes = [*_rivals(view, [*rows, *unpaced]), *_refusals(view, refused)]
    if not rows:
        return compose(view, "commitment_pace", table, facts=[], values=values, title="none", method=notes)
    return compose(
        view,
        "commitment_pace",
        table,
        facts=[row.fact_ids for row in rows] + [row.rival_fact_ids for row in [*rows, *unpaced]],
        values=values,
        title="behind" if behind else "one" if len(paced) == 1 else "title",
        draw=lambda texts: lines.paths(_pace_paths(view, rows), texts, points=_pace_points(view, rows)),
        notes=[*notes, *_teasers(view, rows)],
        method=[words("figure.commitment_pace.note")],
    )


def _rivals(view: View, rows: Iterable[Standing]) -> list[str]:
    """The other counts of the newest values, for times that overlap: a note, or none."""
    words = view.words
    named = [
        words("clash.update", commitment=words(f"commitment.{row.commitment_id}"), value=_rival(view, fact, row.unit))
        for row in rows
        for fact in row.rival_fact_ids
    ]
    return [words("commitments.rivals", named=words.join(named))] if named else []


def _refusals(view: View, refused: list[Unpaced]) -> list[str]:
    """How many commitments cannot be paced, by reason: a note, or none."""
    words = view.words
    counts = {reason: sum(row.refusal == reason for row in refused) for reason in REFUSALS}
    reasons = [words(f"refused.{reason}", count=words.number(count)) for reason, count in counts.items() if count]
    values = {"count": words.number(len(refused)), "reasons": words.join(reasons)}
    return [words("commitments.unpaced", **values)] if refused else []


def _pace_paths(view: View, rows: list[Paced]) -> pd.DataFrame:
    """The two ends of each straight line, with the words above it."""
    words = view.words
    return pd.DataFrame(
        {
            "row": row.commitment_id,
            "name": _short_name(view, row.enterprise_id),
            "headline": words("pace.headline", spi=words.number(row.spi, 3), achieved=words.percent(row.achieved, 2),
                              expected=words.percent(row.expected, 2)),
            "detail": words(f"commitment.{row.commitment_id}"),
            "day": day,
            "column": words.date(day),
            "height": value / _highest(row),
            "text": words.plain(100 * value if row.unit == "share" else value),
            "facts": " ".join(row.fact_ids),
            "place": place,
        }
        for row in rows
        for day, value, place in (
            (row.baseline_period_end, row.baseline_value, "start"),
            (row.target_period_end, row.target_value, "right"),
        )
    )  # fmt: skip


def _highest(row: Paced) -> float:
    """The greatest value of a path, which sets its scale."""
    return float(max(row.baseline_value, row.target_value, row.latest_value))


def _pace_points(view: View, rows: list[Paced]) -> pd.DataFrame:
    """The newest observation of each."""
    return pd.DataFrame(
        {
            "row": row.commitment_id,
            "day": row.latest_day,
            "height": row.latest_value / _highest(row),
            "text": _point_text(view, row),
            "facts": " ".join(row.fact_ids),
            # on the side of its point where the text meets neither the line nor the edge
            "place": ("left" if row.spi >= 1 else "end") if row.expected > 0.5 else "start",
        }
        for row in rows
    )


def _point_text(view: View, row: Paced) -> str:
    """The value, with the level of evidence where it documents one."""
    value = view.words.value(row.latest_value, row.unit, row.latest_qualifier)
    if row.latest_fact_id not in row.evidence_fact_ids:
        return value
    return view.words("pace.point", value=value, level=view.words(f"evidence_level.{row.evidence_level}").lower())


@figure(NOTEBOOK)
def implied_growth(view: View) -> Figure:
    """The growth a year that promises in money ask for, with the straight line (question 12).

    `.data`: enterprise, commitment, baseline (in baseline_unit), baseline_kind, target (in target_unit), target_period,
    straight_line, growth_per_year (0-1), growth (0-1), facts.
    """
    words = view.words
    rows = list(records(commitments.growth_asked(view.tables), Grown))
    steps = commitments.linear_path(view.tables)
    table = tabulate(
        view,
        {
            "enterprise": [_enterprise(view, row.enterprise_id) for row in rows],
            "commitment": [words(f"commitment.{row.commitment_id}") for row in rows],
            "baseline": figures("number", [_baseline(view, row) for row in rows]),
            "baseline_kind": [
                words(f"kind.{row.baseline_kind}") if isinstance(row.baseline_kind, str) else MISSING for row in rows
            ],
            "target": figures("number", [_target(view, row) for row in rows]),
            "target_period": figures("period", [_deadline(view, row) for row in rows]),
            "straight_line": [_straight(view, row, steps) for row in rows],
            "growth_per_year": figures("share", [_growth(view, row, row.growth_per_year) for row in rows]),
            "growth": figures("share", [_growth(view, row, row.change) for row in rows]),
        },
        [row.fact_ids for row in rows],
    )
    if not rows:
        return compose(view, "implied_growth", table, facts=[], title="none")
    items = [
        words("growth.item", growth=_growth(view, row, row.growth_per_year, sign=""),
              enterprise=_short_name(view, row.enterprise_id))
        for row in rows[:2]
    ]  # fmt: skip
    return compose(
        view,
        "implied_growth",
        table,
        facts=[row.fact_ids for row in rows],
        values={"growth": words.join(items)},
        draw=lambda texts: lines.paths(_growth_paths(view, rows, steps), texts),
        notes=[*_baseline_notes(view, rows), *_teasers(view, rows)],
    )


def _rounded(row: Grown) -> bool:
    """Whether one of the two ends is printed with a qualifier."""
    return any(isinstance(word, str) and word != Qualifier.EXACT for word in (row.baseline_qualifier, row.qualifier))


def _growth(view: View, row: Grown, rate: float, *, sign: str = "+") -> Cell:
    """A growth rate, and `about` where one of its ends is not exact."""
    words, grown = view.words, share(view.words, rate)
    grown = grown.within(lambda text: sign + text) if rate > 0 else grown
    if not _rounded(row):
        return grown
    about = words("qualifier.about")
    return grown.within(lambda text: words("qualified", qualifier=about, value=text), qualifier=Qualifier.ABOUT)


def _straight(view: View, row: Grown, steps: pd.DataFrame) -> str:
    """`2026: USD 480 million; 2027: USD 640 million; 2028: USD 800 million`."""
    own = steps[(steps["commitment_id"] == row.commitment_id) & (steps["role"] != "baseline")]
    return (
        "; ".join(f"{step.year}: {view.words.value(step.path_value, row.unit)}" for step in records(own, Step))
        or MISSING
    )


def _growth_paths(view: View, rows: list[Grown], steps: pd.DataFrame) -> pd.DataFrame:
    """The straight line of each promise, a point a year."""
    words = view.words
    return pd.DataFrame(
        {
            "row": row.commitment_id,
            "name": _short_name(view, row.enterprise_id),
            "headline": words("growth.headline", growth=_growth(view, row, row.growth_per_year)),
            "detail": words(f"commitment.{row.commitment_id}"),
            "day": pd.Timestamp(step.year, 1, 1),
            "column": words.period(str(step.year)),
            "height": step.path_value / max(row.baseline_value, row.target_value),
            "text": words.value(
                step.path_value,
                row.unit,
                {"baseline": row.baseline_qualifier, "target": row.qualifier}.get(step.role),
            ),
            "facts": " ".join(row.fact_ids),
            "place": "start" if step.role == "baseline" else "left",
        }
        for row in rows
        for step in records(steps[steps["commitment_id"] == row.commitment_id], Step)
    )


def _baseline_notes(view: View, rows: list[Grown]) -> list[str]:
    """Which baselines are projections, and which growth is approximate."""
    words = view.words
    projected = [row for row in _by_enterprise(view, rows) if row.baseline_kind == Kind.PROJECTED]
    rounded = [row for row in _by_enterprise(view, rows) if _rounded(row)]
    notes = {
        "projected": words.join([_short_name(view, row.enterprise_id) for row in projected]),
        "rounded": words.join(
            [  # `nearly USD 320 million (Tan A Dai Thanh)`
                words(
                    "commitments.each",
                    enterprise=words.value(row.baseline_value, row.unit, row.baseline_qualifier),
                    count=_short_name(view, row.enterprise_id),
                )
                for row in rounded
            ]
        ),
    }
    return [words(f"growth.{name}", named=named) for name, named in notes.items() if named]
