"""The pages that lead to others: the index of a month, the index of all months, and the feed.

They are made of manifests alone, and of the data for the findings; the same inputs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.data.periods import parse_day, parse_month
from r57lib.disk import read_json
from r57lib.page.assets import page_script, stylesheet
from r57lib.page.navigation import (
    Card,
    Link,
    card_of,
    colophon,
    index_name,
    language_name,
    page_word,
    unit_name,
    with_living_links,
)
from r57lib.page.published import ALERTS, APPROVED, FIGURE_INDEX, published_months, superseded_of
from r57lib.page.search import Found, places, search_json
from r57lib.page.templates import page_words, render, script_json
from r57lib.report.feed import FEED_MONTHS, counts_of, feed, first_page_of
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES, Language, Words, sort_key, words_of


@dataclass(frozen=True)
class IndexCell:
    """A cell of a matrix: a link, or a text where there is no page."""

    text: str
    href: str = ""
    language: str = ""


@dataclass(frozen=True)
class IndexRow:
    """A place on the axes, and its pages."""

    cells: tuple[IndexCell, ...]


@dataclass(frozen=True)
class Matrix:
    """The pages that a notebook has along its axes."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[IndexRow, ...]


_Runs = Iterable[Mapping[str, Any]]


def month_index(
    view: View,
    runs: _Runs,
    language: Language,
    languages: Sequence[Language],
    said: Mapping[str, Any] | None = None,
    folder: Path | None = None,
) -> str:
    """The first page of a month in one language: a card a notebook, the matrices, and what changed.

    `runs` are those of the manifest and its documents; a failed one has no link, and is named with its error on top.
    `said` is what the month says of itself (`front.state_of`): by whom and on which day it is approved, and where the
    approved documents lie. What stands on the pages that are in `folder` can be searched for, and the list of the files
    beside their figures is led to.
    """
    from r57lib.figures import brief, changes  # with altair: the pages over all months do without

    view = view.in_language(language)
    words, entries, said = view.words, list(runs), said or {}
    approval = said.get("approval", {})
    runs = [run for run in entries if run["notebook"]]
    there = [run for run in runs if run["status"] == "published"]
    others = [each for each in languages if each != language]
    pages = {run["notebook"] for run in there if run["language"] == language and not run["unit"]}
    page = render(
        "index.html",
        **_frame(words),
        title=f"{words('page.index.title')} – {words.month(view.month)}",
        links=[
            Link(f"{said.get('shelf', '..')}/{index_name(LANGUAGES, language)}", words("nav.months")),
            Link(index_name(languages, language), words("nav.home"), current=True),
        ],
        month=words.month(view.month),
        as_of=words.date(view.as_of),
        languages=[Link(index_name(languages, each), language_name(view, each), language=each) for each in others],
        cards=[_card(run, view) for run in there if run["language"] == language and not run["unit"]],
        matrices=[
            _matrix(name, runs, view, language, languages)
            for name in dict.fromkeys(run["notebook"] for run in runs if run["unit"])
        ],
        failed=[(run["run"], run.get("error", "")) for run in entries if run["status"] != "published"],
        documents=[
            _paper(run, view, approval) for run in entries if not run["notebook"] and run["status"] == "published"
        ],
        state=_state(said, words),
        kept=_kept(said, words, languages),
        corrected=[_corrected(each, words) for each in said.get("corrected", ())],
        brief=Markup(brief(view)._repr_html_()),
        data=FIGURE_INDEX if folder and (folder / FIGURE_INDEX).is_file() else "",
        places=search_json([*_places(there, view, folder)]) if folder else "",
        changed=Markup(changes(view)._repr_html_()),
    )
    return with_living_links(page, language, pages)


def _places(runs: _Runs, view: View, folder: Path) -> Iterator[Found]:
    for run in (run for run in runs if run["language"] == view.words.language):
        path = folder / f"{run['run']}.html"
        units = (unit_name(axis, code, view.words) for axis, code in run["unit"].items())
        title = " – ".join([page_word(run["notebook"], "title", view.words), *units])
        if path.is_file():
            yield from places(path.read_text(encoding="utf-8"), title, path.name)


def _frame(words: Words) -> dict[str, Any]:
    """What every page of this kind holds."""
    return {
        "words": words,
        "css": Markup(stylesheet()),
        "colophon": colophon(words),
        "locale": script_json(NUMBER_LOCALES[words.language]),
        "said": script_json(page_words(words)),
        "script": Markup(page_script()),
    }


def _card(run: Mapping[str, Any], view: View) -> Card:
    from r57lib.figures import HEADLINES

    stem = run["notebook"]
    return card_of(f"{run['run']}.html", stem, HEADLINES[stem](view) if stem in HEADLINES else None, view)


def _paper(run: Mapping[str, Any], view: View, approval: Mapping[str, Any]) -> Link:
    """A document of the month with its pages and its size; the approved one where there is one."""
    words, form = view.words, run["run"].rpartition(".")[2].upper()
    href = f"{approval['folder']}/{approval['documents'][run['run']]}" if approval else run["run"]
    text = f"{language_name(view, run['language'])}, {form}"
    if "bytes" in run:
        size = words.number(run["bytes"] / 1000) if run["bytes"] < 1e6 else words.number(run["bytes"] / 1e6, 1)
        text = words(f"index.size.{'kb' if run['bytes'] < 1e6 else 'mb'}", document=text, size=size)
    if run.get("pages"):
        text = words("index.paged", document=text, pages=words.number(run["pages"]))
    return Link(href, text, language=run["language"])


def _state(said: Mapping[str, Any], words: Words) -> str:
    """Draft, or by whom it is approved and on which day, or that another version was."""
    name = next((each for each in ("approval", "superseded") if each in said), "")
    if not name:
        return words("index.draft")
    found = said[name]
    label = {"approval": "index.approved", "superseded": "index.superseded"}[name]
    return words(label, by=found["by"], day=words.date(parse_day(found["on"])))


def _kept(said: Mapping[str, Any], words: Words, languages: Sequence[Language]) -> Link | None:
    """The approved version of a month that is another by now."""
    found = said.get("superseded", {})
    if not found.get("pages"):
        return None
    page = index_name(languages, words.language)
    page = page if page in found["pages"] else found["pages"][0]
    return Link(f"{found['folder']}/{page}", words("index.kept"))


def _corrected(each: Mapping[str, Any], words: Words) -> dict[str, Any]:
    day = words("index.corrected", day=words.date(parse_day(each["on"])))
    return {"day": day, "told": each["told"][words.language]}


def _matrix(name: str, runs: _Runs, view: View, language: Language, languages: Sequence[Language]) -> Matrix:
    words = view.words
    pages: dict[tuple[str, ...], dict[str, IndexCell]] = {}
    axes: tuple[str, ...] = ()
    for run in (run for run in runs if run["unit"] and run["notebook"] == name):
        axes = tuple(run["unit"])
        place = tuple(unit_name(axis, code, words) for axis, code in run["unit"].items())
        pages.setdefault(place, {})[run["language"]] = _cell(
            run, view, place[-1] if run["language"] == language else ""
        )
    named = [words(f"parameter.{axis}") if words.has(f"parameter.{axis}") else axis for axis in axes]
    others = [each for each in languages if each != language]
    rows = [
        IndexRow((*map(IndexCell, place[:-1]), *(found.get(each, IndexCell("–")) for each in (language, *others))))
        for place, found in sorted(pages.items(), key=lambda item: [sort_key(text) for text in item[0]])
    ]
    columns = (*named, *(language_name(view, each) for each in others))
    return Matrix(name, words("index.matrix", title=page_word(name, "title", words)), columns, tuple(rows))


def _cell(run: Mapping[str, Any], view: View, text: str) -> IndexCell:
    shown = text or language_name(view, run["language"])
    if run["status"] != "published":
        return IndexCell(f"{shown} ({view.words('index.failed')})")
    return IndexCell(shown, f"{run['run']}.html", "" if text else run["language"])


# --- all months ------------------------------------------------------------------------------------------------------


def shelf(reports: Path, labels: pd.DataFrame) -> dict[str, str]:
    """The pages over all months by file name: `index.html`, `index.en.html` and `feed.xml`.

    A folder counts that is called like a month and has a manifest that can be read.
    """
    found = [read_json(reports / month / "manifest.json") for month in reversed(published_months(reports))]
    months = [manifest for manifest in found if isinstance(manifest, dict) and manifest]
    kept = _approved_only(reports, {manifest["month"] for manifest in months})
    words = {language: words_of(labels, language) for language in LANGUAGES}
    stands = (read_json(reports / ALERTS) or {}).get("standing", {})
    pages = {index_name(LANGUAGES, each): _months_index([*months, *kept], words, each, stands) for each in LANGUAGES}
    return pages | {"feed.xml": feed(months[:FEED_MONTHS], words, reports)}


def _approved_only(reports: Path, there: Collection[str]) -> list[dict[str, Any]]:
    """The approved versions of months that are published no more, the newest first: each as its manifest and place."""
    found = []
    for path in sorted((reports / APPROVED).glob("????-??"), reverse=True):
        said = superseded_of(reports, path.name)
        manifest = read_json(path / Path(said["folder"]).name / "manifest.json") if said.get("pages") else None
        if path.name not in there and isinstance(manifest, dict):
            found.append(manifest | {"approval": said, "place": said["folder"].removeprefix("../")})
    return found


def _months_index(
    months: list[dict[str, Any]], words: Mapping[Language, Words], language: Language, stands: Mapping[str, Any]
) -> str:
    own = words[language]
    others = [each for each in LANGUAGES if each != language]
    return render(
        "months.html",
        **_frame(own),
        links=[Link(index_name(LANGUAGES, language), own("nav.months"), current=True)],
        languages=[Link(index_name(LANGUAGES, each), words[each]("language.name"), language=each) for each in others],
        months=[_month(manifest, own, language) for manifest in months],
        warnings=[each[language] for _, each in sorted(stands.items())],
    )


def _month(manifest: Mapping[str, Any], words: Words, language: Language) -> dict[str, Any]:
    """A month as a row of the index."""
    pages, failed = counts_of(manifest)
    whole = _state(manifest, words) if {"approval", "superseded"} & manifest.keys() else words("index.whole")
    return {
        "month": manifest["month"],
        "name": words.month(parse_month(manifest["month"])),
        "href": first_page_of(manifest, language),
        "as_of": manifest["as_of"],
        "day": words.date(parse_day(manifest["as_of"])),
        "pages": pages,
        "state": words("index.incomplete", count=words.number(failed)) if failed else whole,
    }
