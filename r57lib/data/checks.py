"""What is wrong with data that can be read, as findings: provenance, invariants, and conflicts between sources.

A broken invariant is an error, unless `known_findings.csv` says that the defect stands in the source itself: then it
is a warning that every report shows. Conflicts between sources are warnings always.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from string import Formatter

import pandas as pd

from r57lib.data.codes import Finding, Severity
from r57lib.data.conflicts import check_conflicts
from r57lib.data.integrity import (
    check_baselines,
    check_counted,
    check_figures,
    check_places,
    check_publishers,
    check_same_facts,
    check_series,
    check_targets,
    check_told_days,
)
from r57lib.data.provenance import check_days, check_horizons, check_provenance, check_sources, check_written
from r57lib.data.quotations import check_quotations
from r57lib.data.restatements import check_corrections, check_promised_twice, check_restatements
from r57lib.data.rows import (
    Commitment,
    KnownFinding,
    Label,
    Observation,
    Programme,
    Proposal,
    SystemClaim,
    Target,
)
from r57lib.data.schema import FACT_TABLES
from r57lib.data.tables import Tables, records, remembered, shown_in
from r57lib.data.task_checks import (
    check_task_agencies,
    check_task_codes,
    check_task_history,
    check_task_shares,
    check_task_sums,
)
from r57lib.errors import BadData

_VALUES = ("task_count", "printed_share", "obs_value", "target_value", "stated_count", "text_value")
"""The columns that hold what a fact states; an event has none of them."""

LABELLED = {
    "agencies": ("agency", "agency_id"),
    "instruments": ("instrument", "instrument_id"),
    "task_scopes": ("scope", "scope_id"),
    "enterprises": ("enterprise", "enterprise_id"),
    "commitments": ("commitment", "commitment_id"),
    "proposals": ("proposal", "proposal_id"),
    "indicators": ("indicator", "indicator_id"),
    "events": ("event", "event_id"),
    "statements": ("statement", "fact_id"),
    "systems": ("system", "system_id"),
    "provinces": ("province", "province_code"),
    "province_predecessors": ("predecessor", "predecessor_id"),
    "known_findings": ("known", "finding_id"),
}
"""Tables whose rows a reader sees by name: the beginning of the label and the column that completes it."""

_WARNINGS = {"observation_conflict", "scope_change", "task_agencies", "statement_mismatch", "known_unused"}
_WARNINGS |= {"quotation_new", "rank_tied", "series_break", "target_date", "correction_sum"}
_SEVERITIES = dict.fromkeys(_WARNINGS, Severity.WARNING) | {"restatement": Severity.INFO}
"""Of the rules that are no errors when they are broken."""


@remembered
def check_tables(tables: Tables) -> list[Finding]:
    """Everything that is wrong with the data, errors first; broken files hide no other broken file."""
    if tables.findings:
        return list(tables.findings)
    now = tables.known(date.max) if tables.replaced is None else tables  # corrections in the place of what they correct
    found = [finding for check in _OF_ROWS for finding in check(tables)]
    found += [finding for check in _OF_WHAT_STANDS for finding in check(now)]
    judged = [_judge(finding, tables) for finding in found]
    judged += _unused_known(found, now)
    return sorted(judged, key=lambda item: (list(Severity).index(item.severity), item.table, item.line, item.rule))


@remembered
def conflicting(tables: Tables) -> list[Finding]:
    """What `check_tables` says of sources that disagree, without the other checks, which take ten times as long."""
    now = tables.known(date.max) if tables.replaced is None else tables
    judged = [_judge(finding, tables) for finding in check_conflicts(now)]
    return sorted(judged, key=lambda item: item.line)


def require_sound(tables: Tables) -> list[Finding]:
    """The findings of data without errors; raises `BadData` with the first errors otherwise."""
    findings = check_tables(tables)
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        lines = [f"{item.place}: {item.message}" for item in errors[:5]]
        more = f" (and {len(errors) - 5} more; run r57 check)" if len(errors) > 5 else ""
        raise BadData(f"{tables.folder}: " + "; ".join(lines) + more)
    return findings


def _judge(finding: Finding, tables: Tables) -> Finding:
    """The finding with its severity, and with its explanation once all facts that this speaks of are known."""
    if known := _explanation(finding, tables):
        told = {"known": known.finding_id} if _fact_ids(known.fact_ids) <= _stated(tables).keys() else {}
        return replace(finding, severity=Severity.WARNING, values={**finding.values, **told})
    return replace(finding, severity=_SEVERITIES.get(finding.rule, Severity.ERROR))


def _explanation(finding: Finding, tables: Tables) -> KnownFinding | None:
    for row in _explanations(tables) if finding.fact_ids else ():
        if row.rule == finding.rule and set(finding.fact_ids) <= _fact_ids(row.fact_ids) and _as_explained(row, tables):
            return row
    return None


@remembered
def _explanations(tables: Tables) -> list[KnownFinding]:
    return list(tables.rows("known_findings", KnownFinding))


def _as_explained(row: KnownFinding, tables: Tables) -> bool:
    """Whether the facts still state what the explanation speaks of; those not yet known are not held against it."""
    stated = _stated(tables)
    facts, values = ([item.strip() for item in text.split(";")] for text in (row.fact_ids, row.fact_values))
    return len(facts) == len(values) and all(
        stated.get(fact, value) == value for fact, value in zip(facts, values, strict=True)
    )


@remembered
def _stated(tables: Tables) -> dict[str, str]:
    """What each fact states, as `known_findings.csv` writes it: its number (and printed share), else its words."""
    stated: dict[str, str] = {}
    for name in FACT_TABLES:
        frame = tables[name]
        columns = [frame[column].astype(object).where(frame[column].notna()) for column in _VALUES if column in frame]
        for fact, *cells in zip(frame["fact_id"], *columns, strict=True):
            told = [
                f"{cell:.12g}" if isinstance(cell, float | int) else str(cell)
                for cell in cells
                if cell == cell and cell is not None
            ]
            stated[fact] = " ".join(told).replace(";", ",")
    return stated


def _fact_ids(text: str) -> set[str]:
    return {item.strip() for item in text.split(";")}


def _unused_known(found: Iterable[Finding], tables: Tables) -> list[Finding]:
    """Explanations that explain nothing any more."""
    used = {known.finding_id for finding in found if (known := _explanation(finding, tables))}
    present, rows = _stated(tables).keys(), _explanations(tables)
    explained = [_fact_ids(row.fact_ids) for row in rows if row.finding_id in used]
    return [
        Finding(
            "known_unused", Severity.WARNING, "known_findings", row.line, "finding_id",
            f"'{row.finding_id}' explains a finding that does not occur", {"value": row.finding_id},
        )
        for row in rows
        if row.finding_id not in used and _fact_ids(row.fact_ids) <= present
        if not any(_fact_ids(row.fact_ids) < wider for wider in explained)  # it holds for an earlier month
    ]  # fmt: skip


# Sources and labels ---------------------------------------------------------------------------------------------------


def check_labels(tables: Tables) -> Iterator[Finding]:
    """Everything that a page names has its words in both languages."""
    keys = set(tables["labels"]["key"])
    for label in tables.rows("labels", Label):
        # A finding of a reader's file says in English what is wrong with it, in the words of the check itself.
        if (
            "{" in f"{label.en}{label.vi}"
            and _fields(label.en) - {"message"} != _fields(label.vi)
            and label.en.find("{message}") < 0
        ):
            message = f"'{label.key}' fills in other values in English than in Vietnamese"
            yield Finding.at_row("placeholders", "labels", label, "vi", message, (), value=label.key)
    for table, (prefix, column) in LABELLED.items():
        for row in records(tables[table]):
            key = f"{prefix}.{getattr(row, column)}"
            if key not in keys:
                message = f"labels.csv has no label '{key}'"
                yield Finding.at_row("label_missing", table, row, column, message, (), value=key)


def _fields(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {text}  # a brace without its other half


# Indicators and promises ----------------------------------------------------------------------------------------------


def check_bounds(tables: Tables) -> Iterator[Finding]:
    """Values of indicators lie within their bounds."""
    bounds = {row.indicator_id: row for row in records(tables["indicators"])}
    values: list[tuple[str, str, Observation | Target, float]] = []
    values += (("observations", "obs_value", row, row.obs_value) for row in tables.rows("observations", Observation))
    values += (("targets", "target_value", row, row.target_value) for row in tables.rows("targets", Target))
    for name, column, row, value in values:
        indicator = bounds[row.indicator_id]
        low, high = indicator.lower_bound, indicator.upper_bound
        if value < low or value > high:
            ends = ["−∞" if pd.isna(low) else f"{low:g}", "∞" if pd.isna(high) else f"{high:g}"]
            message = f"{value:g} lies outside {ends[0]} to {ends[1]}"
            yield Finding.at_row("bounds", name, row, column, message, value=f"{value:g}", low=ends[0], high=ends[1])


def check_programme(tables: Tables) -> Iterator[Finding]:
    """The pages follow one programme, whose founding instrument and main set of tasks have a day of issue."""
    rows = list(tables.rows("programmes", Programme))
    if len(rows) != 1:
        message = f"one programme is followed, and {len(rows)} rows stand here"
        yield Finding.in_file("programme", "programmes", 0, "", message, count=str(len(rows)))
        return
    issued = tables["instruments"].set_index("instrument_id")["issued_on_start"].dropna()
    scopes = tables["task_scopes"].set_index("scope_id")["instrument_id"]
    named = {scopes.get(rows[0].main_scope_id): "main_scope_id", rows[0].instrument_id: "instrument_id"}
    for instrument, column in named.items():
        if instrument not in issued.index:
            message = f"no day of issue is known of '{instrument}'"
            yield Finding.at_row("programme_day", "programmes", rows[0], column, message, instrument=str(instrument))


def check_supply(tables: Tables) -> Iterator[Finding]:
    """What is offered end to end is part of what is offered online."""
    frame, ends = tables["observations"], shown_in(tables, "supply", "end_to_end")
    offered = frame[frame["indicator_id"].isin(shown_in(tables, "supply", "online"))]
    for whole in records(offered, Observation):
        same = (frame["scope"] == whole.scope) & (frame["time_period"] == whole.time_period)
        for part in records(frame[same & frame["indicator_id"].isin(ends)], Observation):
            if part.obs_value > whole.obs_value:
                message = f"{part.obs_value:.2%} end to end is more than {whole.obs_value:.2%} online"
                yield Finding.at_row(
                    "supply_order", "observations", part, "obs_value", message, [part.fact_id, whole.fact_id],
                    found_share=str(part.obs_value), limit_share=str(whole.obs_value),
                )  # fmt: skip


def check_deadlines(tables: Tables) -> Iterator[Finding]:
    """A target is due after its baseline and after it was set."""
    for row in tables.rows("targets", Target):
        if row.target_period_end < row.time_period_start:
            yield _late("targets", row, row.time_period)
    for promise in tables.rows("commitments", Commitment):
        begun = promise.baseline_period_start
        start = begun if pd.notna(begun) else promise.time_period_start
        if pd.notna(promise.target_period_end) and promise.target_period_end < start:
            yield _late("commitments", promise, f"{start:%Y-%m-%d}")


def _late(name: str, row: Target | Commitment, start: str) -> Finding:
    message = f"'{row.target_period}' lies before its start, {start}"
    return Finding.at_row("deadline", name, row, "target_period", message, value=str(row.target_period), start=start)


_WIDER = {
    "instruments": ("instrument_id", "parent_id"),
    "enterprises": ("enterprise_id", "parent_id"),
    "commitments": ("commitment_id", "part_of"),
}
"""Tables in which a row may be a part of another: the columns of both names."""


def check_circles(tables: Tables) -> Iterator[Finding]:
    """Nothing is a part of itself, also not by way of others."""
    for name, (own, wider) in _WIDER.items():
        above = tables[name].dropna(subset=[wider]).set_index(own)[wider].to_dict()
        for row in records(tables[name]):
            place, seen = getattr(row, own), set()
            while place in above and place not in seen:
                seen.add(place)
                place = above[place]
            if place in seen and place == getattr(row, own):
                message = f"'{place}' is a part of itself, by way of '{above[place]}'"
                value = {"value": str(place), "wider": str(above[place])}
                yield Finding("circle", Severity.ERROR, name, row.line, wider, message, value)


def check_proposals(tables: Tables) -> Iterator[Finding]:
    """An enterprise that says how many proposals it makes makes as many."""
    frame = tables["proposals"]
    for row in records(frame[frame["stated_count"].notna()], Proposal):
        listed = frame[(frame["enterprise_id"] == row.enterprise_id) & frame["ordinal"].notna()]
        listed = listed.drop_duplicates("proposal_id")  # the later rows of one tell what became of it
        if len(listed) != row.stated_count:
            message = f"{row.enterprise_id}: {row.stated_count} stated, {len(listed)} listed"
            facts = [row.fact_id, *listed["fact_id"]]
            yield Finding.at_row(
                "proposal_count", "proposals", row, "stated_count", message, facts,
                enterprise=row.enterprise_id, found_count=str(len(listed)), printed_count=str(row.stated_count),
            )  # fmt: skip


def check_claimants(tables: Tables) -> Iterator[Finding]:
    """Whoever says something of a system is an agency or an enterprise of the tables."""
    known = {*tables["agencies"]["agency_id"], *tables["enterprises"]["enterprise_id"]}
    for row in tables.rows("system_claims", SystemClaim):
        if row.claimant_id is not None and row.claimant_id not in known:
            message = f"unknown agency or enterprise '{row.claimant_id}'"
            yield Finding.at_row("claimant", "system_claims", row, "claimant_id", message, value=row.claimant_id)


def check_statements(tables: Tables) -> Iterator[Finding]:
    """Claims that a reader has found to contradict each other, while all of them are in the tables."""
    facts = tables.facts().set_index("fact_id")
    known = tables["known_findings"]
    for row in records(known[known["rule"] == "statement_mismatch"], KnownFinding):
        ids = [fact for fact in sorted(_fact_ids(row.fact_ids)) if fact in facts.index]
        if len(ids) == len(_fact_ids(row.fact_ids)):
            place = facts.loc[ids[-1]]
            message = f"{' and '.join(ids)} do not agree"
            yield Finding(
                "statement_mismatch", Severity.WARNING, str(place["table"]), int(str(place["line"])), "evidence",
                message, {"facts": ", ".join(ids)}, tuple(ids),
            )  # fmt: skip


_Checks = tuple[Callable[[Tables], Iterator[Finding]], ...]

_OF_ROWS: _Checks = (
    check_sources,
    check_publishers,
    check_days,
    check_written,
    check_horizons,
    check_provenance,
    check_quotations,
    check_labels,
    check_same_facts,
    check_places,
    check_counted,
    check_figures,
    check_baselines,
    check_bounds,
    check_deadlines,
    check_circles,
    check_corrections,
    check_promised_twice,
    check_task_codes,
)
"""Rules that each row keeps, whether or not it was corrected since."""

_OF_WHAT_STANDS: _Checks = (
    check_restatements,
    check_targets,
    check_series,
    check_told_days,
    check_task_sums,
    check_task_shares,
    check_task_agencies,
    check_task_history,
    check_programme,
    check_supply,
    check_proposals,
    check_claimants,
    check_statements,
    check_conflicts,
)
