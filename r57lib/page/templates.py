"""The escaping templates of `r57lib/page/templates` and what they share: every text from data passes through them.

Nothing else writes HTML.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from r57lib.view.words import Words

SCRIPTS = ("chart.js", "table.js", "link.js", "facts.js", "search.js", "paper.js", "page.js")
"""The scripts of a page, in the order in which they run."""


@cache
def _templates() -> Environment:
    loader = PackageLoader("r57lib", "page/templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def render(template: str, **values: Any) -> str:
    """A template of `r57lib/page/templates` with every value escaped."""
    return _templates().get_template(template).render(**values)


def compile_templates() -> None:
    """Have every template ready: a process that is forked later need not compile it again."""
    for name in _templates().list_templates(extensions=["html"]):
        _templates().get_template(name)


def script_json(value: Any) -> Markup:
    """JSON that cannot leave the script element it stands in."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def page_words(words: Words) -> dict[str, str]:
    """The texts of the tools of a page: what its scripts show."""
    return {key: text for key, text in words.labels.items() if key.startswith("tool.")}
