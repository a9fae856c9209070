"""An executed notebook becomes one page that asks for nothing outside itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from r57lib.display import NUMBER_LOCALES, SCRIPTS, page_words, render, script_json
from r57lib.figures import HEADLINES
from r57lib.i18n import Language, Words
from r57lib.report.plan import Plan, Run
from r57lib.theme import FONT, css_variables
from r57lib.view import View


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


@cache
def stylesheet() -> str:
    """The style of every page, in light and dark by the system's wish."""
    rules = (files("r57lib") / "pages" / "page.css").read_text(encoding="utf-8")
    light = f":root{{--r57-font:{FONT};{css_variables(0)}}}"
    dark = f"@media (prefers-color-scheme: dark){{:root{{{css_variables(1)}}}}}"
    return f"{light}\n{dark}\n{rules}"


@cache
def vega_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def page_of(notebook: Any, run: Run, plan: Plan) -> str:
    """The HTML page of an executed notebook: code hidden, charts alive, a picture of each where scripts are not."""
    from nbconvert.exporters import HTMLExporter

    exporter = HTMLExporter(template_name="r57", extra_template_basedirs=[str(Path(__file__).parent / "template")])
    exporter.exclude_input = True
    words = plan.view.in_language(run.language).words
    body, _ = exporter.from_notebook_node(notebook, resources=_resources(run, plan, words))
    lines = (line.rstrip() for line in body.splitlines())
    return "\n".join(line for line in lines if line) + "\n"


def _resources(run: Run, plan: Plan, words: Words) -> dict[str, Any]:
    return {
        "language": run.language,
        "title": f"{words(f'page.{run.notebook.stem}.title')} – {words.month(plan.view.month)}",
        "css": stylesheet(),
        "skip": words("nav.skip"),
        "nav_label": words("nav.label"),
        "links": _page_links(run, plan, words),
        "languages": _language_links(run.notebook.stem, run.language, plan),
        "colophon": colophon(words),
        "locale": script_json(NUMBER_LOCALES[run.language]),
        "bundle": vega_bundle(),
        "words": script_json(page_words(words)),
        "month": str(plan.view.month),
        "script": "".join((files("r57lib") / "pages" / name).read_text(encoding="utf-8") for name in SCRIPTS),
    }


def _page_links(run: Run, plan: Plan, words: Words) -> list[Link]:
    own = [each for each in plan.runs if each.language == run.language]
    home = Link(index_name(plan, run.language), words("nav.home"))
    return [home, *(Link(f"{r.name}.html", words(f"page.{r.notebook.stem}.short"), r.name == run.name) for r in own)]


def _language_links(stem: str, language: Language, plan: Plan) -> list[Link]:
    others = [each for each in plan.languages if each != language]
    return [Link(f"{stem}.{each}.html", _language_name(plan.view, each), language=each) for each in others]


def _language_name(view: View, language: Language) -> str:
    return view.in_language(language).words("language.name")


def colophon(words: Words) -> str:
    """The last line of a page: what made it."""
    return words("page.colophon", version=version("r57"))


def index_name(plan: Plan, language: Language) -> str:
    """The file of the index in a language; the first language of the report has `index.html`."""
    return "index.html" if language == plan.languages[0] else f"index.{language}.html"


def index_page(plan: Plan, language: Language) -> str:
    """The first page of a month in one language: a card a notebook, with its first finding."""
    view = plan.view.in_language(language)
    words = view.words
    others = [each for each in plan.languages if each != language]
    return render(
        "index.html",
        words=words,
        title=words("page.index.title"),
        css=_raw(stylesheet()),
        home=index_name(plan, language),
        month=words.month(view.month),
        as_of=words.date(view.as_of),
        languages=[Link(index_name(plan, each), _language_name(view, each), language=each) for each in others],
        cards=[_card(run, view) for run in plan.runs if run.language == language],
        colophon=colophon(words),
    )


def _raw(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _card(run: Run, view: View) -> Card:
    stem, words = run.notebook.stem, view.words
    finding = getattr(HEADLINES[stem](view), "title", "") if stem in HEADLINES else ""
    return Card(f"{run.name}.html", words(f"page.{stem}.title"), finding, words(f"page.{stem}.question"))
