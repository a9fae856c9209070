"""What an analyst's own cells show, as parts of a page: whatever stands in JupyterLab stands there too, or is named.

An object of ours, a table or a chart comes as `capture` has made it ready; everything else is translated here from what
the kernel has sent. No HTML of a cell's own reaches a page: it is named as left out.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from r57lib.page.bilingual import head_of, said_in, title_cells, with_ids
from r57lib.page.capture import PART
from r57lib.page.markdown import formula, marked_up
from r57lib.page.templates import render
from r57lib.view.words import Words

_PICTURES = ("image/svg+xml", "image/png", "image/jpeg", "image/gif", "image/webp")
_TEXTS = ("text/markdown", "text/latex", "application/json", "text/plain")
_RICH = re.compile(r"application/vnd\.|application/(javascript|pdf)|text/html|audio/|video/")
"""What JupyterLab would rather show than the text beside it."""
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}")
_WARNING = re.compile(r"^\S+:\d+: (\w*Warning: .*)(\n  .*)?", re.MULTILINE)
"""A warning, with the place and the line of code that it comes from."""
_NOTHING_SAID = re.compile(r"<[^<>]*>")
_ROOM = "<!--r57:files-->"
LAB = "lab"
"""The tag of a cell of Markdown that is for JupyterLab alone."""


@dataclass
class OwnPage:
    """The translation of one page.

    `numbers` are the places of the cells in the notebook by their ids, as JupyterLab shows them; `heads` the cells that
    name it. `left_out` gathers a line for each output that is not shown, `files` what is said of those beside a figure.
    """

    words: Words
    numbers: dict[str, int]
    heads: frozenset[str]
    left_out: list[str] = field(default_factory=list)
    files: list[Mapping[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, cells: Sequence[Mapping[str, Any]], words: Words) -> OwnPage:
        """The translation of the cells of a notebook as it is stored."""
        numbers = {str(cell["id"]): place for place, cell in enumerate(with_ids(cells), 1)}
        return cls(words, numbers, frozenset(str(cell["id"]) for cell in title_cells(cells)))

    def cell(self, cell: Any) -> Markup:
        """All that a cell shows, in its order."""
        if cell.cell_type == "markdown":
            return self.note(cell)
        if cell.cell_type != "code":
            return self._leave_out(f"{cell.cell_type} cell", cell) if cell.source.strip() else Markup()
        return Markup().join(self.output(output, cell) for output in cell.outputs)

    def note(self, cell: Any) -> Markup:
        """The words of a cell of Markdown in the language of the page."""
        tags = cell.metadata.get("tags", [])
        if LAB in tags or self.other & set(tags):
            return Markup()
        text = cell.source if self.words.language in tags else said_in(cell.source, self.words.language)
        if cell.get("id") in self.heads:
            _, _, text = head_of(text)
        return self._block("markdown", self._marked_up(text, cell), cell) if text.strip() else Markup()

    @property
    def other(self) -> set[str]:
        """The tag of the other language."""
        return {"vi", "en"} - {self.words.language}

    def output(self, output: Any, cell: Any) -> Markup:
        """One output of a cell."""
        if output.output_type == "stream":
            text = _printed(_WARNING.sub(r"\1", output.text) if output.name == "stderr" else output.text)
            return self._block("text", text, cell) if text.strip() else Markup()
        if output.output_type == "error":
            return Markup()  # the run has failed
        data = output.data
        if PART in data:
            told = data[PART]
            for kind in told.get("told", ()):  # its part says so itself
                self._leave_out(kind, cell)
            html = self._with_files(Markup(_joined(told.get("html") or data.get("text/html", ""))), told.get("files"))
            return Markup().join([html, *(self._leave_out(kind, cell) for kind in told.get("left_out", ()))])
        return Markup().join(self._shown(data, output.get("metadata", {}), cell))

    def _with_files(self, html: Markup, told: Mapping[str, Any] | None) -> Markup:
        """A part with the links to its files, where its template leaves room for them."""
        if not told:
            return html
        self.files.append(told)
        return Markup(str(html).replace(_ROOM, render("files.html", words=self.words, **told), 1))

    def _shown(self, data: Mapping[str, Any], about: Mapping[str, Any], cell: Any) -> Iterator[Markup]:
        """The richest form that a page can have, and the name of what JupyterLab shows instead of a mere text."""
        kind = next((each for each in (*_PICTURES, *_TEXTS) if each in data), "")
        content = data.get(kind, "")
        rich = sorted(each for each in data if _RICH.match(each))
        if kind in _PICTURES:
            yield self._block("picture", _picture(kind, content), cell, alt=self._alt(about.get(kind, {}), cell))
            return
        if kind == "text/markdown":
            yield self._block("markdown", self._marked_up(_joined(content), cell), cell)
        elif kind == "text/latex":
            yield self._block("latex", formula(_joined(content)), cell)
        elif kind == "application/json" and not rich:
            yield self._block("text", json.dumps(content, ensure_ascii=False, indent=2), cell)
        elif "text/plain" in data and not (rich and _NOTHING_SAID.fullmatch(_joined(data["text/plain"]))):
            yield self._block("text", _printed(_joined(data["text/plain"])), cell)
        if kind in ("text/markdown", "text/latex"):
            return
        for each in rich[:1] if rich else () if kind else sorted(data)[:1] or ("nothing",):
            yield self._leave_out(each, cell)

    def _marked_up(self, text: str, cell: Any) -> Markup:
        html, left_out = marked_up(text, cell.get("attachments", {}))
        return Markup().join([html, *(self._leave_out(each, cell) for each in left_out)])

    def _alt(self, about: Any, cell: Any) -> str:
        given = about.get("alt") if isinstance(about, dict) else None
        return str(given or self.words("own.picture", cell=self.number(cell)))

    def number(self, cell: Any) -> int:
        """The place of a cell in the notebook, counted as JupyterLab shows them."""
        return self.numbers.get(cell.get("id", ""), 0)

    def _leave_out(self, kind: str, cell: Any) -> Markup:
        self.left_out.append(f"cell {self.number(cell)}: an output of type {kind} is not shown")
        text = self.words("own.left_out", cell=self.number(cell), kind=kind)
        return Markup(render("own.html", kind="left_out", content=text, alt="", place=""))

    def _block(self, kind: str, content: Any, cell: Any, *, alt: str = "") -> Markup:
        return Markup(render("own.html", kind=kind, content=content, alt=alt, place=cell.get("id", "")))


def _joined(text: Any) -> str:
    return "".join(text) if isinstance(text, list) else str(text)


def _printed(text: str) -> str:
    """A text as a terminal leaves it: without colours, of a line that is written over its last state, no addresses."""
    plain = _COLOURS.sub("", text).rstrip()
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in plain.split("\n"))
    return _ADDRESS.sub("0x…", "\n".join(lines))


def _picture(kind: str, content: Any) -> str:
    """The address of a picture that lies in the page itself; no script in it runs there."""
    text = _joined(content)
    if kind == "image/svg+xml":
        text = base64.b64encode(text.encode()).decode("ascii")
    return f"data:{kind};base64,{''.join(text.split())}"
