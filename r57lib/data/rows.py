"""The rows of the tables, typed: what `tables.rows("observations", Observation)` gives.

A class has the columns of its table, for each period its `_start` and `_end`, and `line`. The rows of a derived frame
have theirs beside the measure that makes it, which may extend one of these. What may be empty is told by the type: text
and integers are `None` then (`str | None`), numbers nan and days NaT, which the measures compute with. `pd.isna` knows
all of them, and narrows `str | None` to `str`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a file; `line` counts its header as line 1."""

    line: int


@dataclass(frozen=True, slots=True)
class Fact(Row):
    """One figure or statement of one document, with its provenance."""

    fact_id: str
    corrects: str | None
    source_id: str
    section: str
    evidence: str
    printed_value: str | None
    time_period: str
    time_period_start: pd.Timestamp
    time_period_end: pd.Timestamp
    reported_on: pd.Timestamp
    qualifier: str
    kind: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Source(Row):
    """A document, or the side teasers of one."""

    source_id: str
    document: str
    title: str
    publisher: str
    url: str | None
    language: str
    section: str
    published_on: pd.Timestamp
    reported_on: pd.Timestamp
    reported_on_precision: str
    reported_on_reason: str | None
    confidence: str


@dataclass(frozen=True, slots=True)
class Programme(Row):
    """The programme that the pages follow."""

    programme_id: str
    instrument_id: str
    main_scope_id: str


@dataclass(frozen=True, slots=True)
class Quotation(Row):
    """The hash of a fact's evidence, as it was taken in from its source."""

    quotation_of: str
    source_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Label(Row):
    """Words in both languages."""

    key: str
    en: str
    vi: str


@dataclass(frozen=True, slots=True)
class Snapshot(Fact):
    """A published count of tasks."""

    scope_id: str
    agency_id: str | None
    status: str
    task_count: int
    printed_share: str | None


@dataclass(frozen=True, slots=True)
class Commitment(Fact):
    """What an enterprise promises."""

    commitment_id: str
    enterprise_id: str
    part_of: str | None
    nature: str
    evidence_level: str
    unit: str
    baseline_value: float
    baseline_period: str | None
    baseline_period_start: pd.Timestamp
    baseline_period_end: pd.Timestamp
    baseline_fact_id: str | None
    comparator: str | None
    target_value: float
    target_period: str | None
    target_period_start: pd.Timestamp
    target_period_end: pd.Timestamp


@dataclass(frozen=True, slots=True)
class CommitmentUpdate(Fact):
    """A baseline, an observation or a milestone of a commitment."""

    commitment_id: str
    role: str
    obs_value: float
    evidence_level: str | None


@dataclass(frozen=True, slots=True)
class Proposal(Fact):
    """A request of an enterprise to the State or how many it makes, and what the State has done with it."""

    proposal_id: str
    enterprise_id: str
    ordinal: int | None
    stated_count: int | None
    status: str


@dataclass(frozen=True, slots=True)
class Indicator(Row):
    """What is measured, and by which method."""

    indicator_id: str
    family: str
    side: str
    unit: str
    direction: str
    lower_bound: float
    upper_bound: float
    producer_id: str | None
    figure: str | None
    part: str | None
    headline: int | None


@dataclass(frozen=True, slots=True)
class Observation(Fact):
    """A value of an indicator."""

    indicator_id: str
    scope: str
    province_code: str | None
    obs_value: float
    basis: str
    series_break: str | None
    rank_of: int | None


@dataclass(frozen=True, slots=True)
class Target(Fact):
    """A value that an instrument or a plan sets for an indicator."""

    indicator_id: str
    scope: str
    comparator: str
    target_value: float
    target_period: str
    target_period_start: pd.Timestamp
    target_period_end: pd.Timestamp
    instrument_id: str | None
    responsible_id: str | None


@dataclass(frozen=True, slots=True)
class Event(Fact):
    """What took place, or is expected to."""

    event_id: str
    event_kind: str
    system_id: str | None


@dataclass(frozen=True, slots=True)
class Statement(Fact):
    """What a document says about a subject beyond the counted figures."""

    subject_kind: str
    subject_id: str
    attribute: str
    obs_value: float
    text_value: str | None


FACT_ROWS: Mapping[str, type[Fact]] = {
    "task_snapshots": Snapshot,
    "commitments": Commitment,
    "commitment_updates": CommitmentUpdate,
    "proposals": Proposal,
    "observations": Observation,
    "targets": Target,
    "events": Event,
    "statements": Statement,
}
"""The tables of facts and the rows of each."""


@dataclass(frozen=True, slots=True)
class Instrument(Row):
    """A resolution, plan, decision, notice or law."""

    instrument_id: str
    number: str
    instrument_kind: str
    issuer_id: str
    issued_on: str | None
    issued_on_start: pd.Timestamp
    issued_on_end: pd.Timestamp
    issued_fact_id: str | None
    parent_id: str | None


@dataclass(frozen=True, slots=True)
class InstrumentState(Row):
    """What became of an instrument, and the statement that says so."""

    instrument_id: str
    state: str
    since: str
    since_start: pd.Timestamp
    since_end: pd.Timestamp
    statement_id: str


@dataclass(frozen=True, slots=True)
class System(Row):
    """A system, an alliance or a network."""

    system_id: str
    system_kind: str


@dataclass(frozen=True, slots=True)
class SystemClaim(Row):
    """What is said of one of them, and by whom."""

    system_id: str
    statement_id: str
    claimant_id: str | None


@dataclass(frozen=True, slots=True)
class Province(Row):
    """A province or city since 1 July 2025."""

    province_code: str
    province_kind: str
    latitude: float
    longitude: float
    source_id: str


@dataclass(frozen=True, slots=True)
class ProvinceTile(Row):
    """A unit's place on the map of equal tiles."""

    tile_id: str
    province_code: str
    tile_row: int
    tile_column: int


@dataclass(frozen=True, slots=True)
class KnownFinding(Row):
    """A defect of the sources themselves, read and explained."""

    finding_id: str
    rule: str
    fact_ids: str
    fact_values: str


@dataclass(frozen=True, slots=True)
class Annotation(Row):
    """A comment of an analyst on a figure or a fact; no fact itself."""

    annotation_id: str
    subject: str
    month: str | None
    author: str
    written_on: pd.Timestamp
    en: str
    vi: str


@dataclass(frozen=True, slots=True)
class Task:
    """A version of a task as a ministry's file tells it; texts are empty where its cell is."""

    task_id: str
    title: str
    instrument: str
    lead_agency: str
    coordinating_agencies: str
    assigned_date: pd.Timestamp
    deadline: str
    completed_date: pd.Timestamp
    reported_status: str
    reported_share: str
    note: str
    section: str
    other_columns: str
    row: str
    entry: str
    reported_on: pd.Timestamp
    source_id: str
    due_date: pd.Timestamp
    regular: bool


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A ministry's file that was taken in, and how many of its rows ended in which bin."""

    entry: str
    file: str
    sha256: str
    kind: str
    source_id: str
    reported_on: pd.Timestamp
    rows_read: int
    accepted: int
    repaired: int
    quarantined: int
    non_data: int


@dataclass(frozen=True, slots=True)
class UsageSet:
    """The set of transactions whose aggregates the pages show."""

    set_id: str
    rows: int
    first_day: pd.Timestamp
    reported_on: pd.Timestamp
    synthetic: str
    law: pd.Timestamp
    files: tuple[tuple[str, str], ...]
