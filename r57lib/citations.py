"""Documents and facts as a reader cites them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from r57lib.i18n import Words, sort_key
from r57lib.view import View


@dataclass(frozen=True)
class SourceLine:
    """A document as a reader cites it."""

    publisher: str
    title: str
    url: str
    reported: str
    teaser: bool


def document_lines(view: View, source_ids: Iterable[str]) -> tuple[SourceLine, ...]:
    """Some documents as a reader cites them, each once, in the reader's order."""
    ids = dict.fromkeys(source_ids)
    lines = [_source_line(view.sources[source_id], view.words) for source_id in ids]
    return tuple(sorted(lines, key=lambda line: (sort_key(line.publisher), line.title)))


def citations(view: View, fact_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """What a reader is shown of each fact: what its source says, in which document, and when that became public."""
    words, cited = view.words, dict[str, dict[str, str]]()
    for fact_id in dict.fromkeys(fact_ids):
        fact = view.facts[fact_id]
        line = _source_line(view.sources[fact.source_id], words)
        cited[fact_id] = {
            "quote": fact.evidence,
            "printed": "" if pd.isna(fact.printed_value) else fact.printed_value,
            "about": words.period(fact.time_period),
            "publisher": line.publisher,
            "title": line.title,
            "url": line.url if line.url.startswith("https://") else "",
            "reported": line.reported,
            "section": words(f"section.{fact.section}"),
        }
    return cited


def _source_line(row: Any, words: Words) -> SourceLine:
    printed = row.reported_on_precision == "day"
    reported = words("source.reported" if printed else "source.not_before", day=words.date(row.reported_on))
    url = "" if pd.isna(row.url) else row.url
    return SourceLine(row.publisher, row.title, url, reported, row.section == "sidebar")
