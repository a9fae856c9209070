"""Markdown as HTML through the one gate: HTML in it is text, addresses are harmless, pictures lie in the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from typing import Any
from xml.etree import ElementTree

import mistune
from markupsafe import Markup, escape

_WITHIN = re.compile(r"\$(?!\$)([^$]+)\$|\\\((.+)\\\)", re.DOTALL)
_ON_ITS_OWN = re.compile(r"\$\$([^$]+)\$\$|\\\[(.+)\\\]|(\\begin\{(\w+\*?)\}.*\\end\{\4\})", re.DOTALL)
_FORMULAS = re.compile(r"(\$\$[^$]+\$\$|\$[^$]+\$|\\\(.+?\\\)|\\\[.+?\\\])", re.DOTALL)
_LONGEST_FORMULA = 10_000
_MATHML = re.compile(
    r"math|m(enclose|frac|i|n|o|over|padded|phantom|root|row|space|sqrt|style|sub|subsup|sup|table|td|text|tr|under"
    r"|underover)|none"
)
_NOT_OURS = {"href", "style", "class", "mathcolor", "mathbackground"}


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
        return formula(f"$${text}$$")

    def inline_math(self, text: str) -> str:
        return formula(f"${text}$")

    def table(self, text: str) -> str:
        return f'<div class="r57-scroll"><table class="r57-table">{text}</table></div>'


def formula(latex: str) -> Markup:
    """A formula, with the signs around it, or a text with such in it, as MathML; its source where it cannot be read.

    What of it names an address, a style, a class or a colour is left away.
    """
    source = latex.strip()
    if (math := _math(source)) is not None:
        return _written(math)
    texts, between = _FORMULAS.split(source)[::2], [_math(each) for each in _FORMULAS.findall(source)]
    maths = [_written(each) for each in between if each is not None]
    if maths and len(maths) == len(between):
        return Markup().join(escape(text) + math for text, math in zip(texts, [*maths, Markup()], strict=True))
    if _WITHIN.fullmatch(source):
        return Markup('<code class="r57-latex">{}</code>').format(source)
    return Markup('<pre class="r57-latex"><code>{}</code></pre>\n').format(source)


def _written(math: ElementTree.Element) -> Markup:
    for each in math.iter():
        for name in _NOT_OURS.intersection(each.keys()):
            del each.attrib[name]
    return Markup(ElementTree.tostring(math, encoding="unicode", short_empty_elements=False))


def _math(source: str) -> ElementTree.Element | None:
    within = _WITHIN.fullmatch(source)
    found = within or _ON_ITS_OWN.fullmatch(source)
    text = next(filter(None, found.groups()), "") if found else ""
    if not text or len(text) > _LONGEST_FORMULA:
        return None
    from latex2mathml.converter import convert_to_element  # which reads a table of signs: most pages have no formula

    try:
        math: ElementTree.Element = convert_to_element(text, display="inline" if within else "block")
    except Exception:  # each command has errors of its own, and a deep nesting ends in one of Python's
        return None
    for each in math.iter():
        each.text = unescape(each.text or "")  # it writes signs as entities
        if not _MATHML.fullmatch(each.tag) or each.text.startswith("\\"):  # a command that it does not know
            return None
    return math


def marked_up(text: str, attachments: Mapping[str, Any] | None = None) -> tuple[Markup, list[str]]:
    """The HTML of a text, and what of it a page does not show as it is meant."""
    gate = _Gate(attachments or {})
    read = mistune.create_markdown(renderer=gate, plugins=["strikethrough", "table", "url", "math"])
    return Markup(read(text)), gate.left_out
