"""From a number back to its source: the evidence of a fact, and the figures that use it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from r57lib.data.corrections import replaced_by
from r57lib.data.load import find_data, find_project, load_tables
from r57lib.data.periods import month_of
from r57lib.data.rows import Fact, Source, Task
from r57lib.data.schema import FACT_TABLES, resources
from r57lib.data.store import is_taken_in
from r57lib.data.tables import Tables, by_number, documents, records
from r57lib.disk import as_json, read_json, write
from r57lib.errors import WrongCall, did_you_mean
from r57lib.page.navigation import find_notebooks
from r57lib.page.published import CACHE
from r57lib.report.job import library_hash, own_modules
from r57lib.view.view import View, open_view
from r57lib.view.words import words_of

_Uses = list[tuple[str, str, frozenset[str]]]
"""Notebook, heading and facts of every figure of a month's report. The heading is a label, where it is one."""


@dataclass(frozen=True, slots=True)
class TracedFact(Fact):
    """A fact, whatever its table."""

    table: str


@dataclass(frozen=True, slots=True)
class TaskVersion(Task):
    """A version of a task, with the file that it stood in."""

    file: str
    sha256: str


def trace(key: str, *, data: str, language: str) -> Iterator[str]:
    """What is known of a fact, of all facts of a source, indicator, commitment and so on, or of a task, line by line.

    Raises `WrongCall`, with the nearest match, for a key that nothing is called by.
    """
    folder = find_data(data or None)
    tables = load_tables(folder)
    index = FigureIndex(tables, find_project(folder))
    if not index.months:  # data of which there is an index were found sound when it was made
        open_view(language=language, data=folder)
    words, as_of, newest = words_of(tables["labels"], language), tables.newest_reported_on, tables.newest_month
    versions = list(records(_versions_of(tables, key), TaskVersion))
    for version in versions:
        yield from _told_of_version(version, documents(tables))
    for fact in [] if versions else records(_facts_of(tables, key), TracedFact):
        yield from _told_of_fact(fact, tables)
        first = max(month_of(fact.time_period_end.date()), tables.oldest_month)  # that can hold it
        for month in sorted({min(first, newest), newest}):
            for notebook, heading, facts in index.uses(View(tables, month, as_of, words)):
                if fact.fact_id in facts:
                    yield f"  figure: {month} {notebook}: {words(heading) if words.has(heading) else heading}"


def _versions_of(tables: Tables, key: str) -> pd.DataFrame:
    """Every version of a task of the register by its code, oldest first, each with the file and the row it stood in."""
    versions = tables["tasks"]
    own = versions[versions["task_id"].str.casefold() == key.casefold()]
    files = tables["ingested"][["entry", "file", "sha256"]]
    return own.merge(files, on="entry", validate="many_to_one").sort_values(["reported_on", "entry"])


def _told_of_version(version: TaskVersion, sources: Mapping[str, Source]) -> Iterator[str]:
    yield f"{version.task_id}  ({version.file} row {version.row}, ingested/{version.entry})"
    for name in ("title", "lead_agency", "coordinating_agencies", "assigned_date", "deadline", "completed_date"):
        value = getattr(version, name)
        if value and value == value:  # a missing day is unlike itself
            yield f"  {name}: {value:%Y-%m-%d}" if name.endswith("_date") else f"  {name}: {value}"
    yield f"  source: {version.source_id}, {sources[version.source_id].title}"
    yield f"  reported on: {version.reported_on:%Y-%m-%d}; SHA-256 of the file: {version.sha256}"


def _facts_of(tables: Tables, key: str) -> pd.DataFrame:
    """The facts that `key` names: one fact by its number, or all facts of a source, indicator, commitment and so on."""
    facts = tables.facts()
    names = facts["fact_id"].str.casefold()
    if (names == key.casefold()).any():
        return facts[names == key.casefold()]
    found: set[str] = set()
    for table in FACT_TABLES:
        ids = [column.name for column in resources()[table].fields if column.kind in ("id", "ref")]
        hits = (tables[table][ids].astype("str") == key).any(axis=1)
        found.update(tables[table].loc[hits, "fact_id"])
    if not found:
        what = "fact, source, indicator, commitment, task set or task"
        called = {"source": "sources", "task": "tasks", "indicator": "indicators", "commitment": "commitments"}
        known = set(facts["fact_id"]).union(*(tables[table][f"{each}_id"] for each, table in called.items()))
        raise WrongCall(f"no {what} is called '{key}'{did_you_mean(key, known)}")
    return facts[facts["fact_id"].isin(found)]


def _told_of_fact(fact: TracedFact, tables: Tables) -> Iterator[str]:
    source = documents(tables)[fact.source_id]
    entry, _, row = fact.fact_id.removeprefix("I").partition("-")
    place = (
        f"ingested/{entry}, row {row} of its sheet"
        if is_taken_in(fact.fact_id)
        else f"{fact.table}.csv line {fact.line}"
    )
    yield f"{fact.fact_id}  ({place})"
    own = tables[fact.table].set_index("fact_id").loc[fact.fact_id]
    for column in resources()[fact.table].fields:
        value = own.get(column.name)
        if column.name not in tables.facts() and pd.notna(value):
            yield f"  {column.name}: {f'{value:.15g}' if isinstance(value, float) else value}"
    yield f"  about: {fact.time_period}; {fact.kind}, {fact.qualifier}"
    yield f'  evidence: "{fact.evidence}" ({fact.section})'
    yield f"  source: {source.publisher}, {source.title}"
    if source.url:
        yield f"  address: {source.url}"
    yield f"  public on: {fact.reported_on:%Y-%m-%d} ({source.reported_on_precision})"
    if source.reported_on_reason:
        yield f"  why that day: {source.reported_on_reason}"
    after = replaced_by(fact.table, tables[fact.table])
    for before, later in after.items():
        if fact.fact_id in (before, later):
            said, other = ("corrects", before) if fact.fact_id == later else ("corrected by", later)
            told = by_number(tables)[other]
            printed = f" ({told.printed_value})" if told.printed_value else ""
            yield f"  {said}: {other}{printed}, public on {told.reported_on:%Y-%m-%d}"
    if fact.note:
        yield f"  note: {fact.note}"


class FigureIndex:
    """Which facts each figure uses, month by month: kept in a file as long as data, library and pages are the same.

    Figures stand as a reader meets them: by the notebooks of the plan, then by their cells, last those that no notebook
    asks for. A file that is broken, or of other data, is made anew; where none can be written, nothing is kept.
    """

    def __init__(self, tables: Tables, project: Path) -> None:
        self.file = project / "reports" / CACHE / "figures.json"
        notebooks = find_notebooks(project / "notebooks", project / "reports" / "monthly.yaml")
        self.shown = list(dict.fromkeys(name for each in notebooks for name in each.shows))
        self.notebooks = project / "notebooks"
        own = own_modules(self.notebooks)
        self.made_of = {"data": tables.version, "library": library_hash(), "shown": self.shown, "own": own}
        self.months: dict[str, _Uses] = {}
        kept = read_json(self.file)
        with suppress(TypeError, ValueError, LookupError, AttributeError):
            if kept["made_of"] == self.made_of:
                self.months = {
                    month: [(notebook, heading, frozenset(facts)) for notebook, heading, facts in uses]
                    for month, uses in kept["months"].items()
                }

    def uses(self, view: View) -> _Uses:
        """Of every figure in the report of a view's month, as known on its day."""
        key = f"{view.month} as of {view.as_of}"
        if key not in self.months:
            self.months[key] = _uses(view, self.shown, self.notebooks)
            told = {month: [[*use[:2], sorted(use[2])] for use in uses] for month, uses in self.months.items()}
            with suppress(OSError):
                self.file.parent.mkdir(exist_ok=True)
                write(self.file, as_json({"made_of": self.made_of, "months": told}))
        return self.months[key]


def _uses(view: View, shown: Sequence[str], notebooks: Path) -> _Uses:
    from r57lib.figures.registry import all_figures, enter_own  # with altair: an index that is there does without

    enter_own(notebooks)
    known, made = all_figures(), []
    for name in dict.fromkeys([*(each for each in shown if each in known), *known]):
        notebook, make = known[name]
        try:
            part = make(view)
        except Exception:
            if make.__module__.startswith("r57lib."):
                raise
            continue  # an analyst's own that needs more than a view, or fails: its page will say so
        labels = [f"figure.{name}.heading", f"{name}.heading"]
        heading = next((key for key in labels if view.words.labels.get(key) == part.heading), part.heading or name)
        made.append((notebook, heading, frozenset(part.fact_ids)))
    return made
