"""What the server sends without a kernel: the head and the end of a page, the home page, and pages that say no."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from markupsafe import Markup

from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.data.load import load_tables
from r57lib.data.periods import parse_month
from r57lib.figures import HEADLINES
from r57lib.page.assets import kept_bundle, stylesheet, vega_bundle
from r57lib.page.navigation import NEEDS, NOTEBOOKS, UNIT_NOTEBOOKS, Card, Link, colophon, index_name
from r57lib.page.published import CACHE, published_months
from r57lib.page.templates import SCRIPTS, render, script_json
from r57lib.serve.dashboard import live_words
from r57lib.view.view import View, open_view
from r57lib.view.words import LANGUAGES, Language, Words

RENDER = "voila/render/"
"""Where Voila answers for notebooks."""


_MEDIA = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True)
class Asset:
    """A file of ours that pages ask for, with its bytes as they are and compressed."""

    name: str
    content: bytes
    media: str

    @cached_property
    def version(self) -> str:
        """A name for these bytes: a browser may keep them for ever."""
        return hashlib.sha256(self.content).hexdigest()[:12]

    @cached_property
    def compressed(self) -> bytes:
        """The bytes as gzip."""
        return gzip.compress(self.content, mtime=0)

    @property
    def path(self) -> str:
        """Its address below the server's root."""
        return f"static/r57/{self.version}/{self.name}"


@dataclass
class Site:
    """The notebooks that are served, and the data that they look at."""

    notebooks: Path
    data: Path
    reports: Path

    @property
    def names(self) -> list[str]:
        """The notebooks that are there and have something to show, in the order of the report."""
        there = [name for name in (*NOTEBOOKS, *UNIT_NOTEBOOKS) if (self.notebooks / f"{name}.ipynb").is_file()]
        tables = load_tables(self.data)
        return [name for name in there if name not in NEEDS or not tables[NEEDS[name]].empty]

    def view(self, language: str = "vi") -> View:
        """The newest month of the data as they are now; loaded again only where the files changed."""
        return open_view(language=language, data=self.data)

    @cached_property
    def assets(self) -> dict[str, Asset]:
        """Every script and style of the pages, by name."""
        folder, names = files("r57lib") / "page" / "static", ("live.css", *SCRIPTS, "live.js")
        texts = {"page.css": stylesheet(), "vega.js": self._bundle()}
        texts |= {name: (folder / name).read_text(encoding="utf-8") for name in names}
        return {name: Asset(name, text.encode(), _MEDIA[name.rpartition(".")[2]]) for name, text in texts.items()}

    def _bundle(self) -> str:
        """The script that draws, as the reports keep it; built anew where this process may not write there."""
        with suppress(OSError):
            return kept_bundle(self.reports / CACHE)
        return vega_bundle()

    def addresses(self, up: str) -> dict[str, str]:
        """The address of each script and style, from a page that lies `up` below the root."""
        return {name: up + asset.path for name, asset in self.assets.items()}

    def styles(self, up: str) -> list[str]:
        """The addresses of the styles."""
        return [up + self.assets[name].path for name in ("page.css", "live.css")]


def page_top(name: str, site: Site, view: View, ready: str) -> str:
    """A page up to the place where its live half begins; a skeleton stands in for a view that is not ready-made."""
    words = view.words
    return render(
        "live.html",
        words=words,
        page=name,
        pages=site.names,
        as_of=words.date(view.as_of),
        ready=Markup(ready),
        locale=script_json(NUMBER_LOCALES[words.language]),
        told=script_json(live_words(view)),
        assets=site.addresses("../../"),
        styles=site.styles("../../"),
        scripts=("vega.js", *SCRIPTS, "live.js"),
    )


def page_end(view: View) -> str:
    """The end of a page."""
    words = view.words
    return render("live_end.html", words=words, colophon=colophon(words), version=view.everything.version)


def home_page(site: Site, language: Language) -> str:
    """A card for each dashboard with its headline, and the published reports."""
    view = site.view(language)
    words = view.words
    others = [each for each in LANGUAGES if each != language]
    names = {each: view.in_language(each).words("language.name") for each in LANGUAGES}
    return render(
        "home.html",
        words=words,
        styles=site.styles(""),
        own=f"?language={language}",
        languages=[Link(f"?language={each}", names[each], language=each) for each in others],
        month=words.month(view.month),
        as_of=words.date(view.as_of),
        cards=[_card(name, view) for name in site.names],
        reports=[_report_link(month, words) for month in reversed(published_months(site.reports))],
        colophon=colophon(words),
        version=view.everything.version,
    )


def _card(name: str, view: View) -> Card:
    words = view.words
    finding = getattr(HEADLINES[name](view), "title", "") if name in HEADLINES else ""
    query = f"?language={words.language}" if words.language != LANGUAGES[0] else ""
    return Card(f"{RENDER}{name}.ipynb{query}", words(f"page.{name}.title"), finding, words(f"page.{name}.question"))


def _report_link(month: str, words: Words) -> Link:
    return Link(f"reports/{month}/{index_name(LANGUAGES, words.language)}", words.month(parse_month(month)))


def plain_page(
    words: Iterable[Words],
    kind: str,
    *,
    styles: list[str],
    link: str = "",
    href: str = "",
    again: int = 0,
    **values: Any,
) -> str:
    """A page that says in both languages why there is nothing else: the labels `live.<kind>.title` and `.text`."""
    messages = [
        {
            "language": each.language,
            "title": each(f"live.{kind}.title"),
            "text": each(f"live.{kind}.text", **{name: _said(value, each) for name, value in values.items()}),
            "link": each(link) if link else "",
            "href": href,
        }
        for each in words
    ]
    return render("plain.html", messages=messages, styles=styles, again=again)


def _said(value: Any, words: Words) -> Any:
    """A value of a message; one that depends on the language is a function of its words."""
    return value(words) if callable(value) else value
