"""Each fact against its source and its own quotation: what is printed, how exactly, in which unit, of which day."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import pandas as pd

from r57lib.data.codes import Finding, Kind, Qualifier
from r57lib.data.periods import parse_month, parse_period
from r57lib.data.phrases import (
    Places,
    day_in,
    falls_on,
    fits_kind,
    has_qualifier,
    is_expected,
    places_of,
    printed_number,
    qualifiers_said,
    total_said,
    unit_said,
    years_in,
)
from r57lib.data.rows import (
    FACT_ROWS,
    Annotation,
    Commitment,
    CommitmentUpdate,
    Fact,
    Observation,
    Snapshot,
    Source,
    Target,
)
from r57lib.data.store import is_taken_in
from r57lib.data.tables import Tables, documents, records
from r57lib.data.values import agrees

EVIDENCE_WORDS = 15
DERIVED = "Derived:"
"""How the note of a value begins its account of a value that no document prints."""

REASON_YEARS = 30
"""No document here speaks of what is further away than that: Resolution 57 of 2024 looks ahead to 2045."""
SILENT_DAYS = 366
"""A day that lies further than that after all earlier ones is a slip of the pen, which would move every cut-off."""
HORIZON_ROWS = 3
"""So many targets of one date make another date of the same document look like a slip."""
_IS_DAY = re.compile(r"\d{4}-\d\d(-\d\d)?")

_VALUES = ("task_count", "obs_value", "target_value", "stated_count", "ordinal")
"""The columns that hold what a fact prints; an event has none of them."""
_PROMISED = (Kind.TARGET, Kind.PROJECTED, Kind.ORDERED)
_KINDS = {
    "task_snapshots": (Kind.REPORTED,),
    "observations": (Kind.REPORTED, Kind.PROJECTED),
    "commitment_updates": (Kind.REPORTED, Kind.PROJECTED, Kind.CLAIMED),
    "targets": (Kind.TARGET,),
    "commitments": _PROMISED,
}
"""What the facts of a table can be; a target among the results would count as one."""


def check_sources(tables: Tables) -> Iterator[Finding]:
    """A document that prints its day is public from that day on; one that does not has a reason for its own."""
    for row in tables.rows("sources", Source):
        printed = pd.notna(row.published_on)
        if printed and row.published_on > row.reported_on:
            message = f"{row.published_on:%Y-%m-%d} is after the day it was known, {row.reported_on:%Y-%m-%d}"
            yield Finding.at_row(
                "published_after", "sources", row, "published_on", message, (), day_period=_day(row.published_on)
            )
        wrong = {
            "without a printed day": row.reported_on_precision == "day" and not printed,
            "where the document prints its day": row.reported_on_precision != "day" and printed,
            "without a reason": not printed and not row.reported_on_reason,
        }
        for said in (words for words, holds in wrong.items() if holds):
            message = f"'{row.reported_on_precision}' stands {said}"
            yield Finding.at_row("source_day", "sources", row, "reported_on_precision", message, ())


def check_days(tables: Tables) -> Iterator[Finding]:
    """No day of publication stands alone in a far future: the newest one is what every page is cut at."""
    frames = {name: tables[name] for name in ("sources", *FACT_ROWS)}
    known = pd.concat([frame["reported_on"] for frame in frames.values()]).drop_duplicates().sort_values()
    recent = known[known >= known.median()]
    far = recent[recent.diff().dt.days > SILENT_DAYS]
    for name, frame in frames.items() if len(far) else ():
        kind: type[Source | Fact] = Source if name == "sources" else FACT_ROWS[name]
        for row in records(frame[frame["reported_on"] >= far.iloc[0]], kind):
            day, values = _day(row.reported_on), {"day_period": _day(row.reported_on), "days": str(SILENT_DAYS)}
            message = f"{day} lies more than {SILENT_DAYS} days after all that was known before"
            facts = (row.fact_id,) if isinstance(row, Fact) else ()
            yield Finding.at_row("day_far", name, row, "reported_on", message, facts, **values)


def check_written(tables: Tables) -> Iterator[Finding]:
    """No comment is older than its month, or than all that is known; nor is it of a far future.

    What is cut at a day says nothing of comments: they may be written later.
    """
    for row in tables.rows("annotations", Annotation) if tables.replaced is None else ():
        known = pd.concat([tables[name]["reported_on"] for name in FACT_ROWS])
        first = pd.Timestamp(parse_month(row.month).first_day) if row.month else known.min()
        last = known.max() + pd.Timedelta(days=SILENT_DAYS)
        if not first <= row.written_on <= last:
            days = {"day": row.written_on, "first": first, "last": last}
            values = {f"{name}_period": _day(day) for name, day in days.items()}
            message = f"'{_day(row.written_on)}' is no day for this comment: it lies from {_day(first)} to {_day(last)}"
            yield Finding.at_row("annotation_day", "annotations", row, "written_on", message, **values)


def check_horizons(tables: Tables) -> Iterator[Finding]:
    """Of what one document promises without naming the year, nothing is due alone at another date than all the rest."""
    groups: dict[tuple[str, str, str], list[Target | Commitment]] = defaultdict(list)
    for target in tables.rows("targets", Target):
        groups["targets", target.source_id, ""].append(target)
    for promise in tables.rows("commitments", Commitment):
        groups["commitments", promise.source_id, promise.enterprise_id].append(promise)
    for (name, _, _), group in groups.items():
        told = [row for row in group if row.target_period and not years_in(row.evidence)]
        dates = Counter(row.target_period for row in told).most_common()
        if len(dates) == 2 and dates[0][1] >= HORIZON_ROWS and dates[1][1] == 1:
            (usual, _), (odd, _) = dates
            (row,) = (row for row in told if row.target_period == odd)
            message = f"'{odd}' stands alone: all others of its source are due '{usual}'"
            yield Finding.at_row("target_date", name, row, "target_period", message, value=str(odd), other=str(usual))


def check_provenance(tables: Tables) -> Iterator[Finding]:
    """Each fact agrees with its source and its quotation, and no result is older than what it tells."""
    sources = documents(tables)
    units = dict(zip(tables["indicators"]["indicator_id"], tables["indicators"]["unit"], strict=True))
    units |= dict(zip(tables["commitments"]["commitment_id"], tables["commitments"]["unit"], strict=True))
    for name, kind in FACT_ROWS.items():
        for row in tables.rows(name, kind):
            source = sources[row.source_id]
            yield from _with_source(name, row, source)
            yield from _with_days(name, row)
            unit = units.get(getattr(row, "indicator_id", "") or getattr(row, "commitment_id", ""), "")
            places = places_of(row.printed_value, row.evidence) if row.printed_value else ()
            number, percent = printed_number(row.printed_value or "", places, source.language)
            yield from _with_evidence(name, row, number, percent=None if is_taken_in(row.fact_id) else percent)
            if not is_taken_in(row.fact_id):  # a sheet is quoted by its cells: no words stand around the number
                yield from _with_words(name, row, unit, places if number is not None else ())


def _with_source(name: str, row: Fact, source: Source) -> Iterator[Finding]:
    if row.section != source.section:
        message = f"'{row.section}' where source '{row.source_id}' is '{source.section}'"
        yield Finding.at_row("section", name, row, "section", message, value=row.section, source=row.source_id)
    if row.reported_on < source.reported_on:
        message = f"{_day(row.reported_on)} is before source '{row.source_id}' became public"
        yield Finding.at_row("reported_before_source", name, row, "reported_on", message, source=row.source_id)
    if row.kind == Kind.REPORTED and row.time_period_start > row.reported_on:
        message = f"'{row.time_period}' lies after the day it was reported, {_day(row.reported_on)}"
        yield Finding.at_row("reported_before_period", name, row, "time_period", message, value=row.time_period)


def _with_days(name: str, row: Fact) -> Iterator[Finding]:
    for column in ("time_period", "target_period", "baseline_period"):
        text = getattr(row, column, None)
        if text is None:
            continue
        start, end = getattr(row, f"{column}_start"), getattr(row, f"{column}_end")
        known = row.reported_on.year
        if end.year > known + REASON_YEARS or start.year < known - REASON_YEARS:
            message = (
                f"'{text}' lies more than {REASON_YEARS} years from the day it was reported, {_day(row.reported_on)}"
            )
            yield Finding.at_row("day_unlikely", name, row, column, message, value=text, years=str(REASON_YEARS))
    # A year of the quotation that is not that of the fact is a slip, unless the fact is about words and not a value.
    if isinstance(row, Target | Commitment):
        column, years = "target_period", years_in(row.evidence)
    elif isinstance(row, Observation | Snapshot | CommitmentUpdate):
        column, years = "time_period", years_in(row.evidence)
    else:
        return
    period = getattr(row, column)
    if years and period is not None:
        first, last = getattr(row, f"{column}_start").year, getattr(row, f"{column}_end").year
        if not any(first <= year <= last for year in years):
            named = ", ".join(map(str, sorted(years)))
            message = f"'{period}' is of no year that the evidence names: {named}"
            yield Finding.at_row("period_year", name, row, column, message, value=period, years=named)


def _with_evidence(name: str, row: Fact, number: float | None, *, percent: bool | None) -> Iterator[Finding]:
    words = len(row.evidence.split())
    if words > EVIDENCE_WORDS:
        message = f"has {words} words; keep a fragment of {EVIDENCE_WORDS} at most"
        yield Finding.at_row(
            "evidence_length", name, row, "evidence", message, found=str(words), limit=str(EVIDENCE_WORDS)
        )
    if row.printed_value is None:
        if percent is not None and DERIVED not in (row.note or ""):
            message = (
                f"is empty; give the value as printed, or say in the note from what it is derived ('{DERIVED} ...')"
            )
            yield Finding.at_row("printed_missing", name, row, "printed_value", message)
        return
    printed_texts = {"printed_value": row.printed_value, "printed_share": getattr(row, "printed_share", None)}
    for each, text in printed_texts.items():
        if text and not places_of(text, row.evidence):
            message = f"'{text}' does not stand in the evidence '{row.evidence}'"
            yield Finding.at_row("evidence_value", name, row, each, message, value=text)
    column = _value_column(row)
    if column and number is not None:
        value = float(getattr(row, column))
        if not agrees(value, number, percent=percent):
            message = f"{value:.12g} does not agree with '{row.printed_value}' of the evidence"
            values = {"found": f"{value:.12g}", "printed": row.printed_value}
            yield Finding.at_row("printed_value", name, row, column, message, **values)


def _with_words(name: str, row: Fact, unit: str, places: Places) -> Iterator[Finding]:
    kinds = _KINDS.get(name)
    if kinds and row.kind not in kinds:
        message = f"'{row.kind}' is no kind of fact that {name}.csv holds: {', '.join(kinds)}"
        yield Finding.at_row("kind", name, row, "kind", message, value=row.kind, printed=row.printed_value or "")
    token = row.printed_value
    if token is None:
        return
    if day := day_in(token):
        told = getattr(row, "text_value", None) or ""
        span = parse_period(told if _IS_DAY.fullmatch(told) else row.time_period)
        if not falls_on(day, span.start, span.end):
            message = f"'{token}' does not fall into '{span}'"
            yield Finding.at_row("printed_day", name, row, "time_period", message, value=span.text, printed=token)
    if day or not places:
        return
    said = qualifiers_said(token, places)
    if row.qualifier not in said and not (said == {Qualifier.EXACT} and has_qualifier(row.qualifier, row.evidence)):
        printed = ", ".join(sorted(said))
        message = f"'{row.qualifier}', where the evidence prints '{token}' as {printed}"
        yield Finding.at_row("qualifier", name, row, "qualifier", message, value=row.qualifier, printed=token)
    if not fits_kind(row.kind, token, places, row.evidence):
        message = f"'{row.kind}' does not fit the words before '{token}'"
        yield Finding.at_row("kind", name, row, "kind", message, value=row.kind, printed=token)
    elif (
        row.kind == Kind.PROJECTED and name in ("observations", "commitment_updates") and not is_expected(row.evidence)
    ):
        message = f"'{row.kind}', where the evidence has no word of an expectation"
        yield Finding.at_row("kind", name, row, "kind", message, value=row.kind, printed=token)
    noun, column = unit_said(token, places), _value_column(row)
    if column and unit and noun and noun != unit:
        message = f"'{token}' is printed as {noun}, and kept as {unit}"
        yield Finding.at_row("unit_noun", name, row, column, message, value=token, said=noun, kept=unit)
    if isinstance(row, Observation) and (row.rank_of is not None or unit == "rank"):
        total = total_said(places)
        if total != row.rank_of and (total is None or not 1900 <= total <= 2100):
            message = f"is {row.rank_of or 'not given'}, where the evidence prints {total or 'no total'}"
            values = {"found": str(row.rank_of or "–"), "printed": str(total or "–")}
            yield Finding.at_row("rank_total", name, row, "rank_of", message, **values)


def _value_column(row: Fact) -> str:
    return next((each for each in _VALUES if pd.notna(getattr(row, each, None))), "")


def _day(day: pd.Timestamp) -> str:
    return f"{day:%Y-%m-%d}"
