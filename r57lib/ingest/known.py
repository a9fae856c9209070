"""What the tables know of the subjects of a file whose rows are facts: indicators, commitments and provinces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from r57lib.data.tables import Tables, records
from r57lib.ingest.agencies import AgencyBook
from r57lib.ingest.fields import FileKind
from r57lib.ingest.measures import Subject
from r57lib.ingest.names import NameBook, both_names, name_book


@dataclass(frozen=True)
class Known:
    """What the tables know of the subjects of a kind of file, and of the provinces.

    `parts` holds how many of the 63 provinces each of the 34 was made of; `language` is that of the source.
    """

    book: NameBook
    subjects: Mapping[str, Subject]
    agencies: AgencyBook
    parts: Mapping[str, int]
    language: str = "vi"


def known_of(tables: Tables, kind: FileKind, agencies: AgencyBook, language: str = "vi") -> Known | None:
    """What the tables know for a kind of file; nothing for one whose rows are no facts."""
    if kind.by_code:
        return None
    of_indicators = kind.name == "observations"
    subjects = _indicators(tables) if of_indicators else _commitments(tables)
    prefix, code = ("indicator", "E-INDICATOR") if of_indicators else ("commitment", "E-COMMITMENT")
    labels = both_names(tables)
    both = {subject: labels[f"{prefix}.{subject}"] for subject in subjects}
    pairs = [(name, subject) for subject, words in both.items() for name in (subject, *words)]
    book = name_book(pairs, {subject: words[0] for subject, words in both.items()}, code)
    parts = tables["province_predecessors"]["province_code"].value_counts().to_dict()
    return Known(book, subjects, agencies, {str(key): int(count) for key, count in parts.items()}, language)


def _indicators(tables: Tables) -> dict[str, Subject]:
    values: dict[str, list[Any]] = defaultdict(list)
    for row in records(tables["observations"]):
        values[row.indicator_id].append(row)
    targets = tables["targets"].groupby("indicator_id")["target_value"].max()
    return {
        row.indicator_id: Subject(
            row.unit,
            _bound(row.lower_bound),
            _bound(row.upper_bound),
            max([each.obs_value for each in values[row.indicator_id]] + [targets.get(row.indicator_id, 0.0)]),
            frozenset(each.scope for each in values[row.indicator_id]),
            frozenset(each.basis for each in values[row.indicator_id]),
        )
        for row in records(tables["indicators"])
    }


def _commitments(tables: Tables) -> dict[str, Subject]:
    return {
        row.commitment_id: Subject(row.unit, largest=0.0 if pd.isna(row.target_value) else row.target_value)
        for row in records(tables["commitments"])
    }


def _bound(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
