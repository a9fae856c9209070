"""How a part of a page is shown in a notebook: as HTML, and as our extension of JupyterLab takes it."""

from __future__ import annotations

import json
from typing import Any

from r57lib.charts.theme import NUMBER_LOCALES
from r57lib.view.words import Words

FIGURE = "application/vnd.r57.figure+json"
CHART = "application/vnd.r57.chart+json"
"""What JupyterLab shows with our extension: the HTML of a part in our style, and a chart by itself."""


def chart_data(spec: dict[str, Any], title: str, subtitle: str, description: str, language: str) -> dict[str, Any]:
    """A chart as the extension of JupyterLab draws it, its finding and measure above it as text.

    Its specification is JSON within a text: a notebook is copied and written several times, and of a tree each leaf.
    """
    told = {"title": title, "subtitle": subtitle, "description": description, "language": language}
    return {**told, "locale": NUMBER_LOCALES[language], "spec": json.dumps(spec, ensure_ascii=False)}


class Shown:
    """A part of a page as notebooks show it: in our style where our extension is, and as plain HTML elsewhere."""

    words: Words

    def __repr__(self) -> str:
        told = getattr(self, "heading", "") or getattr(self, "page", "")
        return f"<{type(self).__name__}: {told}>" if told else f"<{type(self).__name__}>"

    def _repr_html_(self) -> str:
        raise NotImplementedError

    def lab_data(self) -> dict[str, Any]:
        """What our extension of JupyterLab goes by, beside the HTML."""
        return {FIGURE: {"language": self.words.language}}

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {**self.lab_data(), "text/html": self._repr_html_(), "text/plain": repr(self)}
