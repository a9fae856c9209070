"""What all formats are made of: the data of a month as known on a day, with the words of both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import pandas as pd

from r57lib.data.cubes import Component, cube_rows, cubes, of_code
from r57lib.data.schema import FACT_TABLES, Field, Resource, resources
from r57lib.data.texts import as_csv, cell_text
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES, Language, Words, words_of


class Limit(NamedTuple):
    """What a format does not hold: the label of the sentence, and what fills it."""

    key: str
    values: Mapping[str, Any] = {}

    def said(self, words: Words) -> str:
        """The sentence in the language of the words."""
        told = {name: words.number(value) if isinstance(value, int) else value for name, value in self.values.items()}
        return words(f"export.limit.{self.key}", **told)


@dataclass(frozen=True)
class Export:
    """The files of an export by name, and what its format does not hold."""

    files: Mapping[str, bytes]
    limits: Sequence[Limit] = ()


@dataclass(frozen=True)
class Edition:
    """The data of a view, to be exported."""

    view: View

    @cached_property
    def words(self) -> dict[Language, Words]:
        """The words of each language."""
        return {each: words_of(self.view.everything["labels"], each) for each in LANGUAGES}

    @property
    def version(self) -> str:
        """The version of the data, by their bytes."""
        return self.view.everything.version

    def title(self, language: Language) -> str:
        """What is exported, in words."""
        words = self.words[language]
        return words("export.title", month=words.month(self.view.month), as_of=words.date(self.view.as_of))

    @cached_property
    def made_up(self) -> set[str]:
        """The sources whose figures are made up."""
        return {name for name, source in self.view.sources.items() if source.confidence == "synthetic"}

    def _made_up(self, sources: Iterable[str]) -> list[Limit]:
        count = sum(source in self.made_up for source in sources)
        return [Limit("made_up", {"count": count})] if count else []

    # --- cubes ---

    @cached_property
    def rows(self) -> dict[str, list[dict[str, str]]]:
        """The rows of each cube by its name."""
        return {cube.name: cube_rows(cube, self.view.tables) for cube in cubes()}

    @property
    def cube_limits(self) -> list[Limit]:
        """What no cube holds."""
        cut = self.view.everything.cut(self.view.as_of, month=self.view.month)
        gone = self.view.tables.replaced or {}
        replaced = sum(len(frame) for name, frame in gone.items() if name.upper() in self.rows)
        odd = sum(row["FREQ"] == "_O" for rows in self.rows.values() for row in rows)
        others = [name for name in FACT_TABLES if name.upper() not in self.rows]
        return [
            *self._made_up(of_code(row["SOURCE"]) for rows in self.rows.values() for row in rows),
            *self._later({cube.table: cut[cube.table] for cube in cubes()}),
            Limit("cubes", {"tables": ", ".join(others)}),
            *([Limit("replaced", {"count": replaced})] if replaced else []),
            *([Limit("periods", {"count": odd})] if odd else []),
        ]

    def code_name(self, codes: str, code: str, language: Language) -> str:
        """The name of a code in a language."""
        words = self.words[language]
        if not code:
            return words("export.country" if codes == "REF_AREA" else "export.not_applicable")
        if codes == "SOURCE":
            source = self.view.sources[code]
            name = f"{source.title} ({words.publisher(source.publisher)})"
            return f"{name} ({words('synthetic.mark')})" if code in self.made_up else name
        return words(f"{_LABELS.get((codes, code)) or _LABELS[codes, '']}.{code}")

    # --- tables ---

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The declared tables with every row that was public, those that corrections took the place of among them.

        A row that rests on one that was not is left out, and a reference to such a one that may be empty is. A document
        of a later day stands where a table without facts names it.
        """
        cut, everything = self.view.everything.cut(self.view.as_of, month=self.view.month), self.view.everything
        known = {(name, field): set(cut[name][field].dropna()) for name in resources() for field in cut[name]}
        known["*", "fact_id"] = set().union(*(known[name, "fact_id"] for name in FACT_TABLES))
        documents = known["sources", "source_id"]
        known["sources", "source_id"] = set(everything["sources"]["source_id"])
        frames = {}
        for resource in resources().values():
            frame = cut[resource.name]
            for field in resource.fields:
                target, _, column = field.references.partition(".")
                frame = _resolved(frame, field, known[target, column]) if target else frame
                if target == "sources":
                    documents = documents.union(*(cell.split(";") for cell in frame[field.name].dropna()))
            frames[resource.name] = frame
        sources = everything["sources"]
        return frames | {"sources": sources[sources["source_id"].isin(documents)].reset_index(drop=True)}

    @property
    def table_limits(self) -> list[Limit]:
        """What no set of tables holds."""
        made_up = self._made_up(source for name in FACT_TABLES for source in self.tables[name]["source_id"])
        return [*made_up, *self._later(self.tables), Limit("tables")]

    def _later(self, kept: Mapping[str, pd.DataFrame]) -> list[Limit]:
        count = sum(len(self.view.everything[name]) - len(frame) for name, frame in kept.items())
        return [Limit("later", {"count": count})] if count else []

    def cells(self, resource: Resource) -> list[list[str]]:
        """The rows of a table as texts."""
        columns = [
            [cell_text(each, value) for value in self.tables[resource.name][each.name]] for each in resource.fields
        ]
        return [list(row) for row in zip(*columns, strict=True)]

    @cached_property
    def csv_files(self) -> dict[str, bytes]:
        """The tables as CSV files, by file name."""
        return {f"{each.name}.csv": as_csv(each.field_names, self.cells(each)) for each in resources().values()}


def _resolved(frame: pd.DataFrame, field: Field, known: set[Any]) -> pd.DataFrame:
    cells = frame[field.name]
    if field.kind == "refs":
        lists = [[] if pd.isna(cell) else [each.strip() for each in cell.split(";")] for cell in cells]
        kept = [[each for each in row if each in known] for row in lists]
        whole = pd.Series([one == other for one, other in zip(lists, kept, strict=True)], index=cells.index)
        fewer = pd.Series([";".join(row) or None for row in kept], index=cells.index, dtype=cells.dtype)
    else:
        whole = cells.isna() | cells.isin(known)
        fewer = cells.where(whole)
    if whole.all():
        return frame
    if field.required:
        return frame[whole.astype(bool)].reset_index(drop=True)
    return frame.assign(**{field.name: cells.where(whole.astype(bool), fewer)})


_LABELS = {
    ("FREQ", ""): "export.freq",
    ("OBS_STATUS", ""): "export.obs_status",
    ("UNIT_MEASURE", ""): "unit",
    ("UNIT_MEASURE", "share"): "export.unit",
    ("INDICATOR", ""): "indicator",
    ("COVERAGE", ""): "scope_of",
    ("REF_AREA", ""): "province",
    ("BASIS", ""): "basis",
    ("KIND", ""): "kind",
    ("INSTRUMENT", ""): "instrument",
    ("AGENCY", ""): "agency",
    ("TASK_SET", ""): "scope",
    ("TASK_STATUS", ""): "status",
    ("SECTION", ""): "section",
    ("QUALIFIER", ""): "qualifier",
    ("COMPARATOR", ""): "export.comparator",
    ("SERIES_BREAK", ""): "export.series_break",
}
"""Where the names of the codes of a list stand, and of the codes that are named otherwise there."""


def concept_key(component: Component) -> str:
    """The label of a component."""
    return f"export.concept.{component.id}"
