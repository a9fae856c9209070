"""What the server sends without a kernel: the head and the end of a page, the home page, and pages that say no."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from tornado.httpclient import AsyncHTTPClient, HTTPError

from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.data.load import load_tables
from r57lib.data.periods import parse_month
from r57lib.errors import R57Error
from r57lib.figures.registry import enter_own, headline_of
from r57lib.page.assets import kept_bundle, small_script, stylesheet, vega_bundle
from r57lib.page.navigation import (
    Card,
    Link,
    card_of,
    colophon,
    find_notebooks,
    index_name,
    page_word,
    planned_names,
    read_notebook,
    titled,
)
from r57lib.page.published import CACHE, published_months
from r57lib.page.search import Found, places, search_json
from r57lib.page.templates import SCRIPTS, page_words, render, script_json
from r57lib.serve.dashboard import live_words
from r57lib.view.filters import FILTERS
from r57lib.view.view import View, open_view
from r57lib.view.words import LANGUAGES, Language, Words, words_of
from r57lib.warm import kernels

_log = logging.getLogger("r57.serve")

RENDER = "voila/render/"
"""Where Voila answers for notebooks."""
HEADER = "X-R57-Make"
"""The header of a request of the server's own, which makes a ready-made page."""


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
    _words: list[Words] = field(default_factory=list, repr=False)

    @property
    def names(self) -> list[str]:
        """The notebooks of the plan, in its order, and others with controls; those that have something to show."""
        tables, planned = load_tables(self.data), planned_names(self._plan)
        there = find_notebooks(self.notebooks, self._plan)
        return [each.name for each in there if (each.live or each.name in planned) and not each.waits(tables)]

    @property
    def still(self) -> set[str]:
        """Those without controls: a link leads to their other language."""
        return {each.name for each in find_notebooks(self.notebooks, self._plan) if not each.live}

    @property
    def _plan(self) -> Path:
        return self.reports / "monthly.yaml"

    def changed(self, name: str) -> int:
        """When a notebook was written last, in nanoseconds."""
        return (self.notebooks / f"{name}.ipynb").stat().st_mtime_ns

    def view(self, language: str = "vi") -> View:
        """The newest month of the data as they are now; loaded again only where the files changed."""
        return titled(open_view(language=language, data=self.data), self.notebooks)

    def both_words(self) -> list[Words]:
        """The words of all languages; the last that could be read, where they cannot be read now."""
        with suppress(R57Error, OSError):
            labels = load_tables(self.data)["labels"]
            self._words = [words_of(labels, language) for language in LANGUAGES]
        return self._words

    @cached_property
    def assets(self) -> dict[str, Asset]:
        """Every script and style of the pages, by name."""
        folder, names = files("r57lib") / "page" / "static", ("live.css", *SCRIPTS, "live.js")
        texts = {"page.css": stylesheet(), "vega.js": self._bundle(), "small.js": small_script()}
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


KEPT_PAGES = 60
"""So many pages with filters are kept ready for who asks the same: some 20 MB."""


def page_key(version: str, language: str, asked: Mapping[str, str]) -> str:
    """What a page shows, as one text: the version of the data, its language, and its filters."""
    chosen = sorted((name, value) for name, value in asked.items() if name != "language")
    return f"{version}/{language}" + (f"?{urlencode(chosen)}" if chosen else "")


def page_top(name: str, site: Site, view: View, ready: str) -> str:
    """A page up to the place where its live half begins; a skeleton stands in for a view that is not ready-made."""
    words = view.words
    return render(
        "live.html",
        words=words,
        page=name,
        links=[
            Link(f"../../?language={words.language}", words("live.home"), word="live.home"),
            *(
                Link(
                    f"{each}.ipynb?language={words.language}",
                    page_word(each, "short", words),
                    each == name,
                    word=f"page.{each}.short",
                )
                for each in site.names
            ),
        ],
        page_word=page_word,
        as_of=words.date(view.as_of),
        ready=Markup(ready),
        locale=script_json(NUMBER_LOCALES[words.language]),
        told=script_json(live_words(view)),
        languages=[
            Link(f"?language={each}", view.in_language(each).words("language.name"), language=each)
            for each in LANGUAGES
            if name in site.still and each != words.language
        ],
        assets=site.addresses("../../"),
        styles=site.styles("../../"),
        scripts=("small.js", *SCRIPTS, "live.js"),
    )


def page_end(view: View) -> str:
    """The end of a page."""
    words = view.words
    return render("live_end.html", words=words, colophon=colophon(words), version=view.everything.version)


def home_page(site: Site, language: Language, ready: ReadyMade) -> str:
    """The brief, a card for each dashboard with its headline, and the published reports.

    What the `ready` pages say can be searched for, and the units that a page can be asked about.
    """
    from r57lib.figures import brief

    view = site.view(language)
    words = view.words
    enter_own(site.notebooks)
    others = [each for each in LANGUAGES if each != language]
    names = {each: view.in_language(each).words("language.name") for each in LANGUAGES}
    return render(
        "home.html",
        words=words,
        styles=site.styles(""),
        links=[Link(f"?language={language}", words("live.home"), current=True)],
        languages=[Link(f"?language={each}", names[each], language=each) for each in others],
        month=words.month(view.month),
        as_of=words.date(view.as_of),
        brief=Markup(brief(replace(view, links=f"{RENDER}{{page}}.ipynb?language={{language}}"))._repr_html_()),
        places=search_json([place for name in site.names for place in _places(name, site, view, ready)]),
        locale=script_json(NUMBER_LOCALES[words.language]),
        said=script_json(page_words(words)),
        scripts=[site.addresses("")[name] for name in SCRIPTS],
        cards=[_card(name, view) for name in site.names],
        reports=[
            Link(f"reports/{each}/{index_name(LANGUAGES, language)}", words.month(parse_month(each)))
            for each in reversed(published_months(site.reports))
        ],
        colophon=colophon(words),
        version=view.everything.version,
    )


_UNITS = frozenset(("enterprise", "lead_agency", "province"))  # filters of what a reader looks for by its name


def _places(name: str, site: Site, view: View, ready: ReadyMade) -> Iterator[Found]:
    title, href = page_word(name, "title", view.words), _address(name, view)
    made = ready.get(name, f"{view.everything.version}/{view.words.language}", site.changed(name))
    yield from places(made, title, href)
    told = read_notebook(site.notebooks / f"{name}.ipynb")
    for axis in sorted(_UNITS.intersection(told.controls if told else ())):
        for said, code in FILTERS[axis].choices(view):
            if code:
                yield Found(f"{title} – {said}", "", "", f"{href}{'&' if '?' in href else '?'}{axis}={quote(code)}")


def _address(name: str, view: View) -> str:
    language = view.words.language
    return f"{RENDER}{name}.ipynb" + (f"?language={language}" if language != LANGUAGES[0] else "")


def _card(name: str, view: View) -> Card:
    headline = headline_of(name)
    return card_of(_address(name, view), name, headline(view) if headline else None, view)


def plain_page(
    words: Iterable[Words],
    kind: str,
    *,
    styles: list[str],
    link: str = "",
    href: str = "",
    again: int = 0,
    form: str = "",
    **values: Any,
) -> str:
    """A page that says in both languages why there is nothing else: the labels `live.<kind>.title` and `.text`.

    One that asks for the token has a `form`, which holds this text against forgeries.
    """
    messages = [
        {
            "language": each.language,
            "title": each(f"live.{kind}.title"),
            "text": each(f"live.{kind}.text", **{name: _said(value, each) for name, value in values.items()}),
            "link": each(link) if link else "",
            "href": href,
            "token": each("live.token"),
            "enter": each("live.enter"),
        }
        for each in words
    ]
    return render("plain.html", messages=messages, styles=styles, again=again, form=form)


def _said(value: Any, words: Words) -> Any:
    """A value of a message; one that depends on the language is a function of its words."""
    return value(words) if callable(value) else value


class ReadyMade:
    """What each dashboard shows before anybody has touched it, made once for each state of the data.

    The pages go by notebook and by their `page_key`; those without filters are made by asking the server itself, one
    after the other. Of those that a reader asked for with filters the last ones are kept.
    """

    def __init__(self, names: list[str], sockets: Path) -> None:
        self.names = names
        self.artist = sockets / "artist"
        self.secret = secrets.token_hex(16)
        self.made_for = ""
        self._bodies: dict[tuple[str, str], tuple[int, str]] = {}

    def get(self, name: str, page: str, changed: int) -> str:
        """What a page shows before its kernel is there; nothing where its notebook has been `changed` since."""
        made, body = self._bodies.get((name, page), (changed, ""))
        return body if made == changed else ""

    def keep(self, name: str, page: str, changed: int, body: str) -> None:
        """Keep what a page showed; what was made from other data goes."""
        version = page.partition("/")[0]
        bodies = {key: kept for key, kept in self._bodies.items() if key[1].startswith(f"{version}/")}
        filtered = [key for key in bodies if "?" in key[1]]
        for key in filtered[: max(0, len(filtered) - KEPT_PAGES)]:
            del bodies[key]
        self._bodies = {**bodies, (name, page): (changed, body)}

    def asks(self, header: str | None) -> bool:
        """Whether a request comes from here."""
        return header is not None and secrets.compare_digest(header.encode(), self.secret.encode())

    def refresh(self, version: str, address: str, token: str) -> None:
        """Make all pages for a new version of the data, behind the visitors' backs."""
        if version != self.made_for:
            self.made_for = version
            self._task = asyncio.ensure_future(self._make(address, token))

    async def _make(self, address: str, token: str) -> None:
        headers = {HEADER: self.secret, **({"Authorization": f"token {token}"} if token else {})}
        self.artist.unlink(missing_ok=True)
        artist = await kernels.run_forked("r57lib.charts.render:draw_on", [str(self.artist)])
        try:
            for _, name, language in product(range(2), self.names, LANGUAGES):
                if (name, page_key(self.made_for, language, {})) in self._bodies:
                    continue  # on the second way round only where a kernel has died
                url = f"{address}voila/render/{name}.ipynb?language={language}"
                try:
                    await AsyncHTTPClient().fetch(url, headers=headers, request_timeout=120, connect_timeout=5)
                except (HTTPError, OSError) as error:
                    _log.warning("no ready-made page of %s in %s: %s", name, language, error)
        finally:
            if artist is not None:
                artist.kill()
        _log.info("%d ready-made pages of data %s", len(self._bodies), self.made_for)
