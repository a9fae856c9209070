"""A figure alone, `/embed/<page>/<figure>?<filters>`, for the pages of others: of those origins that were named."""

from __future__ import annotations

import re

from markupsafe import Markup
from tornado.web import HTTPError

from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.page.navigation import page_word
from r57lib.page.templates import SCRIPTS, page_words, render, script_json
from r57lib.serve.handlers import PageHandler
from r57lib.serve.pages import RENDER
from r57lib.view.view import View

ORIGINS = "r57_embed_from"
"""The setting that names the origins."""
_UP = "../../"
_END = re.compile(r'</div>\s*(?=<div class="r57-(?:part|shown|said)"|<script type="application/json" id="r57-told")')


class EmbedHandler(PageHandler):
    """A figure of a page, as the page shows it with the same filters, without its controls."""

    def set_default_headers(self) -> None:
        """The headers of every answer, but for who may frame it."""
        super().set_default_headers()
        policy = self.settings["headers"]["Content-Security-Policy"]
        framed = f"frame-ancestors {' '.join(self.settings[ORIGINS])}"
        self.set_header("Content-Security-Policy", policy.replace("frame-ancestors 'none'", framed))
        self.clear_header("X-Frame-Options")  # it knows no list, and what reads the policy does not read it

    async def answer(self, name: str, figure: str, view: View, asked: dict[str, str]) -> None:
        """The figure, by its name or the name of its section."""
        body = self.kept(name, view, asked) or await self.made(name, view, asked)
        shown = part_of(body, figure.replace("-", "_"))
        if shown is None:
            raise HTTPError(404 if self.kept(name, view, asked) else 500)  # a page that could not be made is not kept
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self._page(name, shown, view))

    def _page(self, name: str, shown: str, view: View) -> str:
        words = view.words
        linked = re.sub(r'href="(?=[\w-]+\.ipynb)', f'target="_blank" href="{_UP}{RENDER}', shown)
        return render(
            "embed.html",
            words=words,
            title=page_word(name, "title", words),
            href=f"{_UP}{RENDER}{name}.ipynb" + (f"?{self.request.query}" if self.request.query else ""),
            figure=Markup(linked),
            as_of=words.date(view.as_of),
            locale=script_json(NUMBER_LOCALES[words.language]),
            said=script_json(page_words(words)),
            styles=self.site.styles(_UP),
            scripts=[self.site.addresses(_UP)[script] for script in ("vega.js", *SCRIPTS)],
        )


def part_of(body: str, name: str) -> str | None:
    """The HTML of a part of a page; none where the page has no such part."""
    start = f'<div class="r57-part" data-part="{name}">'
    _, found, rest = body.partition(start)
    end = _END.search(rest)
    return rest[: end.start()] if found and end else None
