"""Documents and facts as a reader cites them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from r57lib.data.codes import Finding
from r57lib.data.rows import Source
from r57lib.view.view import View
from r57lib.view.words import MISSING, Words, sort_key


@dataclass(frozen=True)
class SourceLine:
    """A document as a reader cites it; `short` is its publisher, with the day where one is printed.

    `reported` says in words when it became public, `reported_on` as an ISO day.
    """

    publisher: str
    title: str
    url: str
    reported: str
    teaser: bool
    short: str
    source_id: str
    reported_on: str


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
            "printed": fact.printed_value or "",
            "about": words.period(fact.time_period),
            "publisher": line.publisher,
            "title": line.title,
            "url": line.url if line.url.startswith("https://") else "",
            "reported": line.reported,
            "section": words(f"section.{fact.section}"),
        }
    return cited


def _source_line(row: Source, words: Words) -> SourceLine:
    printed = row.reported_on_precision == "day"
    reported = words("source.reported" if printed else "source.not_before", day=words.date(row.reported_on))
    publisher, day = words.publisher(row.publisher), words.date(row.reported_on)
    short = words("source.short", publisher=publisher, day=day) if printed else publisher
    told = publisher, row.title, row.url or "", reported, row.section == "sidebar", short
    return SourceLine(*told, row.source_id, f"{row.reported_on:%Y-%m-%d}")


# --- What the checks found, in the reader's words ---


def finding_sentence(finding: Finding, words: Words) -> str:
    """A finding in the reader's language, followed by its explanation where one is known."""
    if not words.has(f"finding.{finding.rule}"):
        return f"{finding.message}."
    values = said_values(finding, words)
    if "qualifiers" in finding.values:
        values["found"] = words.join([text for _, text in rival_values(finding, words)])
    like = finding.values.get("nearest")
    values["hint"] = words("hint.nearest", value=like) if like else ""
    text = words(f"finding.{finding.rule}", **values, message=finding.message)
    text = text.removesuffix(".") if text.endswith("?.") else text  # a hint is a question of its own
    known = finding.values.get("known")
    return f"{text} {words(f'known.{known}')}" if known else text


def rival_values(finding: Finding, words: Words) -> list[tuple[float, str]]:
    """The values that contradict each other, each with its text: `nearly 40%`."""
    share = "found_shares" in finding.values
    found = finding.values["found_shares" if share else "found_numbers"].split(";")
    texts = [words.value(float(each), "share") if share else words.plain(float(each)) for each in found]
    qualifiers = finding.values["qualifiers"].split(";")
    said = [words.qualified(text, each) for text, each in zip(texts, qualifiers, strict=True)]
    return list(zip(map(float, found), said, strict=True))


def said_values(finding: Finding, words: Words) -> dict[str, str]:
    """The values of a finding as a reader says them; of one of several kinds, without it in their names."""
    values = {name: _said(name, value, words) for name, value in finding.values.items()}
    kinds = ("_amount", "_period", "_code", "_text")
    return values | {name.rpartition("_")[0]: text for name, text in values.items() if name.endswith(kinds)}


def _said(name: str, value: str, words: Words) -> str:
    """A value of a finding as a reader says it; what kind it is stands at the end of its name."""
    kind = name.rpartition("_")[2]
    if kind in ("counts", "shares", "numbers"):
        return words.join([_said(kind.removesuffix("s"), part, words) for part in value.split(";")])
    if kind == "labels":
        return ", ".join(words(label) for label in value.split(";"))
    if kind == "amount":
        number, unit, qualifier = value.split()
        return words.value(float(number), unit, qualifier)
    if kind == "code":
        return words(value) if words.has(value) else value.rpartition(".")[2]
    if kind == "text":
        return value or MISSING
    if kind == "day":
        return words.date(pd.Timestamp(value))
    written = {"count": words.number, "share": words.percent, "number": words.plain, "period": words.period}
    if kind in written:
        return written[kind](value if kind == "period" else float(value))
    label = {"family": "indicator", "level": "scope_of", "whole": "status", "what": "restated"}.get(name, name)
    return words(f"{label}.{value}") if words.has(f"{label}.{value}") else value
