"""Links between the pages of a month and on the home page, and the names that they go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version

from r57lib.view.view import View
from r57lib.view.words import Words

NOTEBOOKS = (
    "overview",
    "task_completion",
    "enterprise_commitments",
    "digital_adoption",
    "province_profile",
    "data_quality",
)
"""The notebooks of the monthly report, in the order of their pages."""

UNIT_NOTEBOOKS = ("agency_scorecard", "services_usage")
"""Notebooks that a month has no page of as long as what they show was not taken in."""
NEEDS = {"agency_scorecard": "tasks", "services_usage": "usage"}
"""The table without a row of which such a notebook is passed over."""


@dataclass(frozen=True)
class Link:
    """A link of a page's navigation."""

    href: str
    text: str
    current: bool = False
    language: str = ""


@dataclass(frozen=True)
class Card:
    """A page as the index shows it."""

    href: str
    title: str
    finding: str
    question: str


def page_word(stem: str, kind: str, words: Words) -> str:
    """Title, short title or question of a notebook; its file's name where nobody has put it into words."""
    if words.has(f"page.{stem}.{kind}"):
        return words(f"page.{stem}.{kind}")
    return "" if kind == "question" else stem.replace("_", " ").capitalize()


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
