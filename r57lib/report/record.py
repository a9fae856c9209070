"""The last pages of a month's document: what went in, what the checks found, which rules hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from r57lib.data.codes import Severity
from r57lib.report.document import Block, Bullets, GridMaker, Heading, Text
from r57lib.view.citations import finding_sentence
from r57lib.view.view import View
from r57lib.view.words import MISSING

ASSUMPTIONS = ("cut_off", "unknown", "conflicts", "sets", "teasers", "claims", "forecast")
"""The names of the rules that hold for every figure: labels `document.assumption.*`."""


@dataclass(frozen=True)
class Made:
    """What a document was made from: notebook files and their SHA-256, and versions by name."""

    notebooks: Mapping[str, str]
    versions: Mapping[str, str]

    def record(self, view: View, grid: GridMaker) -> Iterator[Block]:
        """Cut-off, inputs with rows and SHA-256, findings, assumptions, versions."""
        words = view.words
        yield Text("lead", words("document.cut_off", month=words.month(view.month), day=words.date(view.as_of)))
        yield grid(words("document.inputs"), _header(view, "file", "rows", "rows_known", "sha256"), self._inputs(view),
                   numeric=(False, True, True, False), name="inputs")  # fmt: skip
        yield from _findings(view)
        yield Heading(2, words("document.assumptions"))
        yield Bullets(tuple(words(f"document.assumption.{name}") for name in ASSUMPTIONS))
        yield grid(
            words("document.versions"), _header(view, "software", "version"), self.versions.items(), name="versions"
        )

    def _inputs(self, view: View) -> Iterator[Sequence[str]]:
        number, everything = view.words.number, view.everything
        for name, digest in sorted(everything.digests.items()):
            counts: tuple[Any, Any] = (len(everything[name]), len(view.tables[name]))
            yield f"data/{name}.csv", number(counts[0]), number(counts[1]), digest
        for name, digest in self.notebooks.items():
            yield f"notebooks/{name}", MISSING, MISSING, digest


def _header(view: View, *names: str) -> list[str]:
    return [view.words(f"document.column.{name}") for name in names]


def _findings(view: View) -> Iterator[Block]:
    words, errors = view.words, sum(each.severity is Severity.ERROR for each in view.findings)
    counts = {"errors": words.number(errors), "warnings": words.number(len(view.findings) - errors)}
    yield Heading(2, words("document.findings"))
    yield Text("lead", words("document.findings.lead", **counts))
    if view.findings:
        yield Bullets(tuple(
            f"{words(f'severity.{each.severity}')}: {finding_sentence(each, words)}" for each in view.findings
        ))  # fmt: skip
