"""Every table's columns, kinds and code lists, declared once.

The data dictionary (`data/README.md`), the Frictionless descriptor (`data/datapackage.json`), the reader and its
messages all come from these declarations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from r57lib.data.codes import EvidenceLevel, Kind, Qualifier, Section, Status

ColumnKind = Literal["id", "text", "code", "ref", "refs", "number", "integer", "percent", "period", "date", "url"]

UNITS = ("share", "index", "rank", "count", "ratio", "vnd", "usd", "person", "station", "drone", "enterprise", "text")
SCOPES = ("national", "ministries", "localities", "province", "viettel")


@dataclass(frozen=True)
class Column:
    """One column: `required` means never empty, `unique` that no value stands twice.

    `codes` closes the list of values; `references` names the `table.column` where the value (or, for `refs`, each value
    between semicolons) must stand.
    """

    name: str
    kind: ColumnKind
    description: str
    required: bool = True
    unique: bool = False
    codes: tuple[str, ...] = ()
    references: str = ""


@dataclass(frozen=True)
class Table:
    """One CSV file of `data/`, sorted by its key; no two rows share all of the columns that `distinct` names."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    distinct: tuple[str, ...] = ()

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in the order of the file."""
        return [column.name for column in self.columns]

    @property
    def has_facts(self) -> bool:
        """Whether each row is a fact with its provenance."""
        return "fact_id" in self.column_names


def _codes(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


def _fact() -> Column:
    return Column("fact_id", "id", "The fact's own number; no two facts of the whole folder share one.", unique=True)


def _provenance() -> tuple[Column, ...]:
    return (
        Column("source_id", "ref", "The document that prints the fact.", references="sources.source_id"),
        Column("section", "code", "Body of the article, or a side teaser of another one.", codes=_codes(Section)),
        Column("evidence", "text", "A fragment of the source, 15 words at most, in its own language."),
        Column("printed_value", "text", "The value as the fragment prints it.", required=False),
        Column("time_period", "period", "What the fact is about, as sharply as the source says it."),
        Column("reported_on", "date", "The day it became public, or the earliest day that its content allows."),
        Column("qualifier", "code", "How exactly the source prints the value.", codes=_codes(Qualifier)),
        Column("kind", "code", "Result, expectation or promise.", codes=_codes(Kind)),
        Column("note", "text", "What a reader of the fact must know.", required=False),
    )


def _table(name: str, description: str, key: str, *columns: Column, facts: bool = False, distinct: str = "") -> Table:
    body = (_fact(), *columns, *_provenance()) if facts else columns
    return Table(name, description, tuple(key.split()), body, tuple(distinct.split()))


_SCOPE = Column("scope", "code", "Whom the figure covers.", codes=SCOPES)
_PROVINCE = Column(
    "province_code",
    "ref",
    "The province, where the scope is one.",
    required=False,
    references="provinces.province_code",
)
_ENTERPRISE = Column("enterprise_id", "ref", "The enterprise.", references="enterprises.enterprise_id")
_COMMITMENT = Column("commitment_id", "ref", "The commitment.", references="commitments.commitment_id")
_INDICATOR = Column("indicator_id", "ref", "The indicator.", references="indicators.indicator_id")
_UNIT = Column("unit", "code", "Unit of the value; a share lies between 0 and 1.", codes=UNITS)

_DECLARED = (
    _table(
        "sources",
        "Documents, one row a document and section.",
        "source_id",
        Column("source_id", "id", "Name of the source.", unique=True),
        Column("document", "id", "The document; its body and its side teasers share it."),
        Column("title", "text", "Title or plain description of the document."),
        Column("publisher", "text", "Who published it."),
        Column("url", "url", "Public address, where one is known.", required=False),
        Column("language", "id", "Language of the document, ISO 639-1."),
        Column("section", "code", "Body or side teasers.", codes=_codes(Section)),
        Column("published_on", "date", "The day that the document prints.", required=False),
        Column("reported_on", "date", "The day it became public, or the earliest that its content allows."),
        Column(
            "reported_on_precision",
            "code",
            "`day` where the day is known; `not_before` where only the content dates it.",
            codes=("day", "not_before"),
        ),
        Column("reported_on_reason", "text", "Why that day, where the document prints none.", required=False),
        Column(
            "confidence",
            "code",
            "How the document was read; `synthetic` where its figures are made up, for trials.",
            codes=("seed", "high", "medium", "synthetic"),
        ),
    ),
    _table(
        "agencies",
        "Ministries and bodies of State and Party.",
        "agency_id",
        Column("agency_id", "id", "Short code.", unique=True),
        Column("agency_kind", "code", "Kind of body.", codes=("government", "ministry", "party", "committee", "other")),
    ),
    _table(
        "agency_aliases",
        "Other ways in which ministries write the name of an agency, and the names of bodies that it took over.",
        "agency_id alias",
        Column("agency_id", "ref", "The agency.", references="agencies.agency_id"),
        Column("alias", "text", "Short form, spelling or former name.", unique=True),
        Column(
            "valid_until",
            "date",
            "The last day on which it was in use, where it is the name of a body that the agency took over.",
            required=False,
        ),
        Column(
            "source_ids",
            "refs",
            "Documents that print it, between semicolons.",
            required=False,
            references="sources.source_id",
        ),
    ),
    _table(
        "instruments",
        "Resolutions, plans, decisions and laws. A number alone is not a key: 'Resolution 71' is three documents.",
        "instrument_id",
        Column("instrument_id", "id", "Number, issuer's suffix and date.", unique=True),
        Column("number", "text", "Number as printed, with the issuer's suffix."),
        Column(
            "instrument_kind",
            "code",
            "Kind of document.",
            codes=("resolution", "plan", "decision", "directive", "law", "draft_law", "notice"),
        ),
        Column("issuer_id", "ref", "The body that issued it.", references="agencies.agency_id"),
        Column("issued_on", "period", "When it was issued, as sharply as a source says it.", required=False),
        Column("issued_fact_id", "ref", "The fact that dates it.", required=False, references="statements.fact_id"),
        Column(
            "parent_id",
            "ref",
            "The instrument that it carries out.",
            required=False,
            references="instruments.instrument_id",
        ),
    ),
    _table(
        "task_scopes",
        "Sets of tasks that are counted together. Counts of different scopes never form one series.",
        "scope_id",
        Column("scope_id", "id", "Name of the set of tasks.", unique=True),
        Column(
            "instrument_id",
            "ref",
            "The instrument that assigns them.",
            required=False,
            references="instruments.instrument_id",
        ),
        Column("programme", "code", "Whether all of them serve Resolution 57.", codes=("yes", "no")),
    ),
    _table(
        "task_snapshots",
        "Published counts of tasks: one row a count.",
        "fact_id",
        Column("scope_id", "ref", "The set of tasks.", references="task_scopes.scope_id"),
        Column(
            "agency_id",
            "ref",
            "Lead agency, where the count is split.",
            required=False,
            references="agencies.agency_id",
        ),
        Column("status", "code", "What is counted.", codes=_codes(Status)),
        Column("task_count", "integer", "Number of tasks."),
        Column("printed_share", "percent", "The share that the source prints beside the count.", required=False),
        facts=True,
        distinct="scope_id agency_id status time_period source_id reported_on",
    ),
    _table(
        "enterprises",
        "Enterprises, their units and alliances.",
        "enterprise_id",
        Column("enterprise_id", "id", "Short code.", unique=True),
        Column("parent_id", "ref", "Parent group.", required=False, references="enterprises.enterprise_id"),
        Column(
            "enterprise_kind",
            "code",
            "Kind of enterprise.",
            codes=("private", "state", "unit", "alliance"),
        ),
    ),
    _table(
        "commitments",
        "What an enterprise promises: target, deadline and how far it is documented.",
        "fact_id",
        Column("commitment_id", "id", "Name of the commitment.", unique=True),
        _ENTERPRISE,
        Column(
            "nature",
            "code",
            "How binding the words are.",
            codes=("pledge", "target", "plan", "order", "assigned", "aspiration"),
        ),
        Column("evidence_level", "code", "How far it was documented when it was made.", codes=_codes(EvidenceLevel)),
        _UNIT,
        Column("baseline_value", "number", "Value at the start.", required=False),
        Column("baseline_period", "period", "When the baseline held.", required=False),
        Column("target_value", "number", "Promised value; empty where the promise has no number.", required=False),
        Column("target_period", "period", "Deadline as printed; empty where none is.", required=False),
        facts=True,
    ),
    _table(
        "commitment_updates",
        "Baselines, observations and milestones of commitments. Append only.",
        "fact_id",
        _COMMITMENT,
        Column("role", "code", "What the value is to the commitment.", codes=("baseline", "observation", "milestone")),
        Column("obs_value", "number", "The value; empty where the source gives none.", required=False),
        Column(
            "evidence_level",
            "code",
            "The level that this documents, where it raises the commitment's.",
            required=False,
            codes=_codes(EvidenceLevel),
        ),
        facts=True,
    ),
    _table(
        "proposals",
        "Requests of enterprises to the State. Never counted as commitments.",
        "fact_id",
        _ENTERPRISE,
        Column("ordinal", "integer", "Its number in the list; empty for the list as a whole.", required=False),
        Column("stated_count", "integer", "How many the enterprise says there are.", required=False),
        Column("status", "code", "What the State did.", codes=("raised", "under_study", "adopted", "rejected")),
        facts=True,
    ),
    _table(
        "indicators",
        "What is measured and by which method: one row a definition and producer.",
        "indicator_id",
        Column("indicator_id", "id", "Name of the indicator.", unique=True),
        Column("family", "id", "The label under which the press compares it; rival definitions share it."),
        Column("side", "code", "What it speaks of.", codes=("supply", "demand", "outcome", "rank")),
        _UNIT,
        Column("direction", "code", "Which way is better.", codes=("up", "down")),
        Column("lower_bound", "number", "Least possible value.", required=False),
        Column("upper_bound", "number", "Greatest possible value.", required=False),
        Column("producer_id", "ref", "The body whose method it is.", required=False, references="agencies.agency_id"),
    ),
    _table(
        "observations",
        "Values of indicators. Append only: a correction is a new row with a later day.",
        "fact_id",
        _INDICATOR,
        _SCOPE,
        _PROVINCE,
        Column("obs_value", "number", "The value, in the unit of the indicator."),
        Column(
            "basis",
            "code",
            "What the value adds up: a state at a day, one month, the year so far, a year.",
            codes=("point", "month", "year_to_date", "year"),
        ),
        Column(
            "series_break",
            "code",
            "`yes` where it does not continue the value before it.",
            required=False,
            codes=("yes",),
        ),
        Column("rank_of", "integer", "How many are ranked.", required=False),
        facts=True,
    ),
    _table(
        "targets",
        "Values that an instrument or a plan sets for an indicator.",
        "fact_id",
        _INDICATOR,
        _SCOPE,
        Column("comparator", "code", "How the value is to be reached.", codes=(">=", "<=", "=")),
        Column("target_value", "number", "The value, in the unit of the indicator."),
        Column("target_period", "period", "By when."),
        Column(
            "instrument_id",
            "ref",
            "The instrument that sets it.",
            required=False,
            references="instruments.instrument_id",
        ),
        facts=True,
    ),
    _table(
        "events",
        "What took place, or is expected to.",
        "fact_id",
        Column("event_id", "id", "Name of the event."),
        facts=True,
    ),
    _table(
        "statements",
        "What a document says about a subject beyond the counted figures: titles, roles, profiles, claims.",
        "fact_id",
        Column(
            "subject_kind",
            "code",
            "Kind of the subject.",
            codes=(
                "instrument",
                "enterprise",
                "commitment",
                "event",
                "indicator",
                "agency",
                "person",
                "country",
                "project",
            ),
        ),
        Column("subject_id", "id", "The subject."),
        Column("attribute", "id", "What is said about it."),
        Column("obs_value", "number", "The value, where it is a number.", required=False),
        Column("text_value", "text", "The value, where it is words or a date.", required=False),
        facts=True,
    ),
    _table(
        "provinces",
        "The 34 provinces and cities since 1 July 2025.",
        "province_code",
        Column("province_code", "id", "Official two-digit code.", unique=True),
        Column("province_kind", "code", "City under central rule, or province.", codes=("city", "province")),
        Column("latitude", "number", "Latitude of a centre point, degrees."),
        Column("longitude", "number", "Longitude of a centre point, degrees."),
        Column("source_id", "ref", "Where the unit was read.", references="sources.source_id"),
    ),
    _table(
        "province_predecessors",
        "The 63 units before 1 July 2025 and where each went.",
        "province_code predecessor_id",
        Column("province_code", "ref", "Unit since 1 July 2025.", references="provinces.province_code"),
        Column("predecessor_id", "id", "Unit before.", unique=True),
    ),
    _table(
        "province_tiles",
        "Our arrangement of the 34 units as a map of equal tiles, north to south, with the two archipelagos of the "
        "East Sea. A tile stands near its unit's centre point; it shows neither area nor borders.",
        "tile_id",
        Column("tile_id", "id", "Code of the unit, or name of an archipelago that is part of one.", unique=True),
        Column("province_code", "ref", "The unit that the tile shows.", references="provinces.province_code"),
        Column("tile_row", "integer", "Row of the grid, 1 in the north."),
        Column("tile_column", "integer", "Column of the grid, 1 in the west."),
        distinct="tile_row tile_column",
    ),
    _table(
        "known_findings",
        "Defects and conflicts of the sources themselves, read and explained. A broken rule that stands here is a "
        "warning; one that does not is an error.",
        "finding_id",
        Column("finding_id", "id", "Name; its explanation is the label `known.<finding_id>`.", unique=True),
        Column("rule", "id", "The rule that the sources break."),
        Column("fact_ids", "refs", "The facts that break it, between semicolons.", references="*.fact_id"),
    ),
    _table(
        "labels",
        "All words that a reader sees, in English and Vietnamese.",
        "key",
        Column("key", "id", "Name of the label.", unique=True),
        Column("en", "text", "English."),
        Column("vi", "text", "Vietnamese, NFC."),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _DECLARED}
FACT_TABLES: tuple[str, ...] = tuple(table.name for table in _DECLARED if table.has_facts)
