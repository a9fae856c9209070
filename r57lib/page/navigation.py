"""The notebooks that are there, the links between their pages, and the names that they go by."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from r57lib.data.tables import Tables
from r57lib.disk import read_json
from r57lib.page.bilingual import named_by
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES, Words

NOTEBOOKS = "R57_NOTEBOOKS"
"""In the environment of a run: the folder of its notebook."""


@dataclass(frozen=True)
class Notebook:
    """A notebook as its own file tells it.

    `needs` is the table without a row of which it has nothing to show: its metadata name it, `{"r57": {"needs": ...}}`.
    `live` is one with a cell tagged `interactive`, which makes a dashboard of it; `shows` are the figures that its
    cells ask for, in their order; `named` is its title, short title and question in each language, as it says them;
    `language` the one that it is written in, where its metadata say so; `controls` are its filters.
    """

    name: str
    needs: str = ""
    live: bool = False
    shows: tuple[str, ...] = ()
    named: Mapping[str, Mapping[str, str]] = field(default_factory=dict, compare=False)
    language: str = ""
    controls: tuple[str, ...] = ()

    def waits(self, tables: Tables) -> bool:
        """Whether what it shows was not taken in yet."""
        return self.needs in tables.frames and tables[self.needs].empty


def find_notebooks(folder: Path, plan: Path | None = None) -> list[Notebook]:
    """The notebooks of a folder that can be run: those that a plan names in its order, then the others by name."""
    order = planned_names(plan) if plan else []
    read = (read_notebook(path) for path in sorted(folder.glob("*.ipynb")))
    found = {each.name: each for each in read if each}
    return [found[name] for name in dict.fromkeys([*order, *found]) if name in found]


def planned_names(plan: Path) -> list[str]:
    """The notebooks that a plan names, in its order; none where there is no plan."""
    text = plan.read_text(encoding="utf-8", errors="replace") if plan.is_file() else ""
    return list(dict.fromkeys(re.findall(r"^[^#\n]*\bnotebook:\s*([\w-]+)", text, flags=re.MULTILINE)))


def read_notebook(path: Path) -> Notebook | None:
    """What a file tells; nothing where it is no notebook with a cell of parameters."""
    return _notebook(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1024)
def _notebook(path: Path, changed: int) -> Notebook | None:
    del changed
    told = read_json(path)
    try:
        tags = {tag for cell in told["cells"] for tag in cell["metadata"].get("tags", [])}
        ours = told["metadata"].get("r57", {})
        own = {name: str(ours.get(name, "")) for name in ("needs", "language")}
        named = {str(language): named_by(told, language) for language in LANGUAGES}
        code = "\n".join("".join(cell["source"]) for cell in told["cells"] if cell["cell_type"] == "code")
    except (LookupError, TypeError, AttributeError):
        return None
    shows = tuple(dict.fromkeys(re.findall(r"\bfigures\.(\w+)", code)))
    asked = re.search(r"\bdashboard\.controls\((.*?)\)", code, re.DOTALL)
    controls = tuple(re.findall(r"[\"'](\w+)[\"']", asked[1])) if asked else ()
    if "parameters" not in tags:
        return None
    return Notebook(path.stem, live="interactive" in tags, shows=shows, named=named, controls=controls, **own)


def titled(view: View, folder: Path) -> View:
    """The view with the names of the notebooks of a folder among its words, where the labels have none for them."""
    found = find_notebooks(folder)
    named = {
        str(language): {
            f"page.{each.name}.{kind}": text for each in found for kind, text in each.named[language].items()
        }
        for language in LANGUAGES
    }
    return replace(view, named=named).in_language(view.words.language)


def titled_here(view: View, page: str = "*") -> View:
    """The same with the folder that the notebook of a page lies in, or any, as far as this process can know."""
    around = (os.environ.get(NOTEBOOKS, ""), ".", "notebooks", str(view.everything.folder.parent / "notebooks"))
    there = next((Path(each) for each in around if each and any(Path(each).glob(f"{page}.ipynb"))), None)
    return titled(view, there) if there else view


@dataclass(frozen=True)
class Link:
    """A link of a page's navigation; `word` is the label of its text, for a live page that changes its language."""

    href: str
    text: str
    current: bool = False
    language: str = ""
    word: str = ""


def with_living_links(html: str, language: str, pages: Collection[str]) -> str:
    """A page whose links to pages beside it lead to `pages` alone: others are their text, or nothing after a sentence.

    A part knows where another figure stands, and not whether a report of some notebooks holds that page.
    """

    def held(link: re.Match[str]) -> str:
        if link["page"] in {"index", *pages}:
            return link[0]
        return "" if link["after"] else link["gap"] + link["text"]

    address = rf'href="(?P<page>\w+)\.{language}\.html(#[\w-]*)?"'
    return re.sub(rf'(?s)(?P<gap> ?)<a (?P<after>class="r57-shown-by" )?{address}>(?P<text>.*?)</a>', held, html)


@dataclass(frozen=True)
class Card:
    """A page as the index shows it; `about` is the subject of its finding, with the day of the newest figure."""

    href: str
    title: str
    finding: str
    question: str
    about: str = ""


def card_of(href: str, stem: str, headline: Any, view: View) -> Card:
    """The card of a notebook, `headline` being the figure that stands for it, or nothing."""
    words, known = view.words, [view.facts[fact] for fact in getattr(headline, "fact_ids", ())]
    newest = max((fact for fact in known if fact.kind != "target" and fact.time_period_end.date() <= view.day),
                 key=lambda fact: fact.time_period_end, default=None)  # fmt: skip
    said = {"subject": getattr(headline, "heading", "")}
    about = words("card.about", **said, period=words.period(newest.time_period)) if newest else ""
    finding = getattr(headline, "headline", "")
    return Card(href, page_word(stem, "title", words), finding, page_word(stem, "question", words), about)


def page_word(stem: str, kind: str, words: Words) -> str:
    """Title, short title or question of a notebook; its file's name where nobody has put it into words."""
    if words.has(f"page.{stem}.{kind}"):
        return words(f"page.{stem}.{kind}")
    return "" if kind == "question" else stem.replace("_", " ").capitalize()


UNITS = ("enterprise", "lead_agency", "province")
"""The axes whose place a page may be about: its head bears the name."""


def unit_name(axis: str, code: str, words: Words) -> str:
    """The name of a place on an axis: of an enterprise, an agency, a province."""
    if axis == "lead_agency":
        return words.agency(code)
    key = f"{axis}.{code}"
    return words(key) if words.has(key) else code


def language_name(view: View, language: str) -> str:
    """The name of a language in itself."""
    return view.in_language(language).words("language.name")


def colophon(words: Words) -> str:
    """The last line of a page: what made it."""
    return words("page.colophon", version=version("r57"))


def index_name(languages: Sequence[str], language: str) -> str:
    """The file of the index in a language; the first language of the report has `index.html`."""
    return "index.html" if language == languages[0] else f"index.{language}.html"
