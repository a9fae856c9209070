"""An executed notebook becomes one page that asks for nothing outside itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from markupsafe import Markup

from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.disk import read_json
from r57lib.page.assets import inflate_script, packed_small, packed_text, page_script, stylesheet
from r57lib.page.display import head
from r57lib.page.navigation import Link, colophon, index_name, language_name, page_word, unit_name, with_living_links
from r57lib.page.own import OwnPage
from r57lib.page.templates import page_words, render, script_json
from r57lib.report.job import Job
from r57lib.report.plan import OWN_PARAMETERS
from r57lib.view.view import View
from r57lib.view.words import Words

_VEGA = "<!-- r57: what draws the charts -->"  # filled in last: no template engine need look through it


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


def page_of(notebook: Any, job: Job, view: View, whole: Callable[[], str]) -> tuple[str, OwnPage]:
    """The HTML page of an executed notebook, and its translation, which knows what it does not show.

    The code is hidden, charts are alive, with a picture of each where scripts are not. `whole` gives the script that
    draws what the small Vega cannot.
    """
    own = OwnPage.of(read_json(Path(job.notebook))["cells"], view.words)
    top, shown = list[Markup](), list[Markup]()
    for cell in notebook.cells:
        (top if cell.id in own.heads else shown).append(own.cell(cell))
    place = next((place for place, html in enumerate(shown, 1) if '<header class="r57-header">' in html), 0)
    if not place:
        given = {name: value for name, value in job.parameters.items() if name not in OWN_PARAMETERS}
        top.insert(0, Markup(head(view, page=job.stem, parameters=given)._repr_html_()))
    shown[place:place] = [_units(job, view.words), *top]
    body, _ = exporter().from_notebook_node(notebook, resources={**_resources(job, view), "shown": shown})
    body = with_living_links(body, job.language, {page for page, _ in job.pages})
    text = "\n".join(line.rstrip() for line in body.splitlines()) + "\n"
    return _with_vega(text, whole), own


_SPEC = re.compile(r'(<script type="application/json" class="r57-spec"[^>]*>)(.*)(?=</script>)')


def _with_vega(page: str, whole: Callable[[], str]) -> str:
    """A page with the Vega that it needs, and with its charts packed, a line each; without charts none."""
    charts = [each[2] for each in _SPEC.finditer(page)]
    needed = ""
    if charts:
        vega = packed_text(whole()) if 'class="r57-spec" data-vega="whole"' in page else packed_small()
        texts = {"r57-charts": packed_text("\n".join(charts)), "r57-vega": vega}
        held = [f'<script type="text/plain" id="{name}">{text}</script>\n' for name, text in texts.items()]
        needed = "".join([*held, f"<script>{inflate_script()}</script>"])
    return _SPEC.sub(r"\1", page).replace(_VEGA, needed, 1)


def _resources(job: Job, view: View) -> dict[str, Any]:
    words = view.words
    units = "".join(f" – {unit_name(name, code, words)}" for name, code in job.unit.items())
    return {
        "language": job.language,
        "title": f"{page_word(job.stem, 'title', words)}{units} – {words.month(view.month)}",
        "css": stylesheet(),
        "skip": words("nav.skip"),
        "nav": render(
            "nav.html",
            label=words("nav.label"),
            links=_page_links(job, words),
            languages=[
                Link(f"{job.page}.{each}.html", language_name(view, each), language=each) for each in job.others
            ],
        ),
        "colophon": colophon(words),
        "locale": script_json(NUMBER_LOCALES[words.language]),
        "vega": _VEGA,
        "words": script_json(page_words(words)),
        "month": str(view.month),
        "script": page_script(),
    }


def _units(job: Job, words: Words) -> Markup:
    """Links to the pages of the places before and after, where the page is about one."""
    links = [
        {"href": f"{page}.{job.language}.html", "text": unit_name(axis, code, words), "rel": name}
        for name, (page, axis, code) in job.beside.items()
    ]
    return Markup(render("units.html", links=links, label=words("nav.units")) if links else "")


def _page_links(job: Job, words: Words) -> list[Link]:
    home = Link(index_name(job.languages, job.language), words("nav.home"))
    shown = [
        (page, words(f"page.{stem}.short") if words.has(f"page.{stem}.short") else stem) for page, stem in job.pages
    ]
    return [home, *(Link(f"{page}.{job.language}.html", name, page == job.page) for page, name in shown)]
