"""An executed notebook becomes one page that asks for nothing outside itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.charts.theme import FONT, NUMBER_LOCALES, css_variables
from r57lib.markup import SCRIPTS, page_words, script_json
from r57lib.report.job import Job
from r57lib.view.view import View
from r57lib.view.words import Words

_BUNDLE = "/* r57: the script that draws the charts */"  # filled in last: no template engine need look through 0.9 MB


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
    """Vega, Vega-Lite and Vega-Embed as one script; to build it takes more than a second."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def kept_bundle(folder: Path) -> str:
    """The same, kept in a file of `folder`; one that is not what its name says it is is built again."""
    begin = f"vega-{version('vl-convert-python')}-"
    for path in folder.glob(f"{begin}*.js"):
        if path.name == f"{begin}{disk.sha256(path)}.js":
            return path.read_text(encoding="utf-8")
    bundle = vega_bundle()
    folder.mkdir(parents=True, exist_ok=True)
    disk.write(folder / f"{begin}{disk.digest(bundle)}.js", bundle)
    return bundle


@cache
def exporter() -> Any:
    """The exporter with our template, made once; the one for HTML would parse each page again for what we leave out."""
    from nbconvert.exporters import TemplateExporter

    made = TemplateExporter(
        template_name="r57",
        extra_template_basedirs=[str(Path(__file__).parent / "template")],
        template_extension=".html.j2",
        filters={},
        default_preprocessors=[],  # the stock ones change nothing here, and each has the notebook checked again
        exclude_input=True,
    )
    assert made.template
    return made


def page_of(notebook: Any, job: Job, view: View, bundle: str) -> str:
    """The HTML page of an executed notebook: code hidden, charts alive, a picture of each where scripts are not.

    `bundle` is the script that draws the charts.
    """
    body, _ = exporter().from_notebook_node(notebook, resources=_resources(job, view))
    lines = (line.rstrip() for line in body.splitlines())
    text = "\n".join(line for line in lines if line) + "\n"
    return text.replace(_BUNDLE, bundle, 1)


def _resources(job: Job, view: View) -> dict[str, Any]:
    words = view.words
    units = "".join(f" – {unit_name(name, code, words)}" for name, code in job.unit.items())
    return {
        "language": job.language,
        "title": f"{page_word(job.stem, 'title', words)}{units} – {words.month(view.month)}",
        "css": stylesheet(),
        "skip": words("nav.skip"),
        "nav_label": words("nav.label"),
        "links": _page_links(job, words),
        "languages": _language_links(job, view),
        "colophon": colophon(words),
        "locale": script_json(NUMBER_LOCALES[words.language]),
        "bundle": _BUNDLE,
        "words": script_json(page_words(words)),
        "month": str(view.month),
        "script": page_script(),
    }


@cache
def page_script() -> str:
    """Our own scripts of a page, as one."""
    return "".join((files("r57lib") / "pages" / name).read_text(encoding="utf-8") for name in SCRIPTS)


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


def _page_links(job: Job, words: Words) -> list[Link]:
    home = Link(index_name(job.languages, job.language), words("nav.home"))
    shown = [
        (page, words(f"page.{stem}.short") if words.has(f"page.{stem}.short") else stem) for page, stem in job.pages
    ]
    return [home, *(Link(f"{page}.{job.language}.html", name, page == job.page) for page, name in shown)]


def _language_links(job: Job, view: View) -> list[Link]:
    return [Link(f"{job.page}.{each}.html", language_name(view, each), language=each) for each in job.others]


def language_name(view: View, language: str) -> str:
    """The name of a language in itself."""
    return view.in_language(language).words("language.name")


def colophon(words: Words) -> str:
    """The last line of a page: what made it."""
    return words("page.colophon", version=version("r57"))


def index_name(languages: Sequence[str], language: str) -> str:
    """The file of the index in a language; the first language of the report has `index.html`."""
    return "index.html" if language == languages[0] else f"index.{language}.html"
