"""Markdown as HTML through the one gate: HTML in it is text, addresses are harmless, pictures lie in the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mistune
from markupsafe import Markup, escape


class _Gate(mistune.HTMLRenderer):  # type: ignore[misc]
    """The renderer: headings below the page's own, and only pictures that need not be fetched."""

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        super().__init__(escape=True)
        self.attachments = attachments
        self.left_out: list[str] = []

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        return f"<h{max(2, level)}>{text}</h{max(2, level)}>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        kinds = self.attachments.get(url.removeprefix("attachment:"), {}) if url.startswith("attachment:") else {}
        kind = next((each for each in kinds if each.startswith("image/")), "")
        if kind:
            url = f"data:{kind};base64,{''.join(str(kinds[kind]).split())}"
        if url.startswith("data:image/"):
            return str(super().image(text, url, title))
        self.left_out.append(f"image ({url})")
        return text

    def block_html(self, html: str) -> str:
        if html.strip().startswith("<!--"):
            return ""
        self.left_out.append("text/html")
        return str(super().block_html(html))

    def inline_html(self, html: str) -> str:
        if html in ("<br>", "<br/>", "<br />"):
            return "<br>"
        if "text/html" not in self.left_out:
            self.left_out.append("text/html")
        return str(super().inline_html(html))

    def block_math(self, text: str) -> str:
        return f'<pre class="r57-latex"><code>{escape(text.strip())}</code></pre>\n'

    def inline_math(self, text: str) -> str:
        return f'<code class="r57-latex">{escape(text)}</code>'

    def table(self, text: str) -> str:
        return f'<div class="r57-scroll"><table class="r57-table">{text}</table></div>'


def marked_up(text: str, attachments: Mapping[str, Any] | None = None) -> tuple[Markup, list[str]]:
    """The HTML of a text, and what of it a page does not show as it is meant."""
    gate = _Gate(attachments or {})
    read = mistune.create_markdown(renderer=gate, plugins=["strikethrough", "table", "url", "math"])
    return Markup(read(text)), gate.left_out
