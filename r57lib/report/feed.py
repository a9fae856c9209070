"""The feed of the months: what was published when, and what was corrected since."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from r57lib.data.periods import parse_day, parse_month
from r57lib.page.navigation import index_name
from r57lib.page.templates import render
from r57lib.report.history import versions_of
from r57lib.view.words import LANGUAGES, Language, Words

FEED_MONTHS = 24
"""So many months stand in the feed, the newest."""

_FEED = uuid.UUID("8c1c1c3e-5f0e-5d59-9d5c-57a257a2570e")
"""The name space of the feed's entries: a month has the same number in every feed of this workbench."""


def feed(months: list[dict[str, Any]], words: Mapping[Language, Words], reports: Path) -> str:
    """The feed of some months by their manifests: Atom, RFC 4287."""
    first, other = (words[language] for language in LANGUAGES)
    news = [_news(manifest, [first, other], reports) for manifest in months]
    text = render(
        "feed.xml",
        words=first,
        other=other,
        id=_FEED.urn,
        updated=max((each["updated"] for each in news), default=_moment("2024-12-22")),
        months=news,
    )
    return text + "\n"


def counts_of(manifest: Mapping[str, Any]) -> tuple[int, int]:
    """How many pages of a month are published, and how many failed."""
    states = [run["status"] for run in manifest["runs"]]
    return states.count("published"), len(states) - states.count("published")


def first_page_of(manifest: Mapping[str, Any], language: Language) -> str:
    """The index of a month in a language, or in the one that it has."""
    languages = manifest["languages"]
    page = index_name(languages, language if language in languages else languages[0])
    return f"{manifest.get('place', manifest['month'])}/{page}"


def _news(manifest: Mapping[str, Any], both: list[Words], reports: Path) -> dict[str, Any]:
    pages, failed = counts_of(manifest)
    month, day = parse_month(manifest["month"]), parse_day(manifest["as_of"])
    versions = versions_of(reports, manifest["month"], manifest.get("outputs"))
    moments = [each.at for each in versions] or [_moment(manifest["as_of"])]
    newest = versions[-1] if versions else None
    corrected = newest.told if newest and newest.kind == "corrected" else {}
    return {
        "id": uuid.uuid5(_FEED, manifest["month"]).urn,
        "titles": [words("feed.title", month=words.month(month)) for words in both],
        "published": moments[0],
        "updated": moments[-1],
        "href": first_page_of(manifest, LANGUAGES[0]),
        "summaries": [
            " ".join([
                words("feed.summary", pages=words.number(pages), failed=words.number(failed), day=words.date(day)),
                *([words("feed.corrected", told="; ".join(told))] if (told := corrected.get(words.language)) else []),
                *([words("document.synthetic")] if manifest.get("synthetic") else []),
            ])
            for words in both
        ],
    }  # fmt: skip


def _moment(day: str) -> str:
    """The beginning of a day in Viet Nam, for a month of which nothing is remembered."""
    return f"{day}T00:00:00+07:00"
