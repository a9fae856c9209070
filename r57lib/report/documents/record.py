"""The last pages of a month's document: what went in, what the checks found, which rules hold."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from r57lib import disk
from r57lib.data.codes import Severity
from r57lib.page.columns import Column, counts, texts
from r57lib.page.display import gathering
from r57lib.page.figure import Figure
from r57lib.page.parts import Part, Planned, Tiles
from r57lib.report.documents.blocks import Block, Bullets, GridMaker, Heading, Text
from r57lib.report.documents.document import Approval, Document, document_of
from r57lib.report.job import Job, versions
from r57lib.report.run import Failure, static_cells
from r57lib.view.citations import finding_sentence
from r57lib.view.view import View

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
        yield grid(words("document.inputs"), self._inputs(view), name="inputs")
        yield from _findings(view)
        yield Heading(2, words("document.assumptions"), listed=False)
        yield Bullets(tuple(words(f"document.assumption.{name}") for name in ASSUMPTIONS))
        versions = {"software": texts(self.versions), "version": texts(self.versions.values())}
        yield grid(words("document.versions"), _headed(view, versions), name="versions")

    def _inputs(self, view: View) -> list[Column]:
        """The rows of each table that the month knows: what becomes known of a later one leaves a document as it is."""
        words, known = view.words, dict(sorted(_known(view).items()))
        none = [None] * len(self.notebooks)
        files = [*(f"data/{name}.csv" for name in known), *(f"notebooks/{name}" for name in self.notebooks)]
        rows = counts(words, [*map(len, known.values()), *none])
        bytes_of = (rows.drop(columns=["line"], errors="ignore").to_csv(index=False) for rows in known.values())
        sums = texts([*map(disk.digest, bytes_of), *self.notebooks.values()])
        return _headed(view, {"file": texts(files), "rows_known": rows, "sha256": sums})


def _known(view: View) -> dict[str, pd.DataFrame]:
    tables = view.everything.cut(view.as_of, month=view.month)
    known = {name: tables[name] for name in view.everything.digests}
    facts = set(tables.facts()["fact_id"])
    known["quotations"] = known["quotations"][known["quotations"]["quotation_of"].isin(facts)]
    found = known["known_findings"]
    known["known_findings"] = found[[facts.issuperset(ids.split(";")) for ids in found["fact_ids"]]]
    return known


def _headed(view: View, columns: Mapping[str, Column]) -> list[Column]:
    return [replace(column, heading=view.words(f"document.column.{name}")) for name, column in columns.items()]


def _findings(view: View) -> Iterator[Block]:
    words, errors = view.words, sum(each.severity is Severity.ERROR for each in view.findings)
    counts = {"errors": words.number(errors), "warnings": words.number(len(view.findings) - errors)}
    yield Heading(2, words("document.findings"), listed=False)
    yield Text("lead", words("document.findings.lead", **counts))
    if view.findings:
        yield Bullets(tuple(
            f"{words(f'severity.{each.severity}')}: {finding_sentence(each, words)}" for each in view.findings
        ))  # fmt: skip


# --- Makes one document of the month, from the notebooks that it holds, in the format that is asked for ---


WRITERS = {"docx": "word:word", "pdf": "pdf:pdf", "pptx": "slides:slides", "xlsx": "workbook:book"}
"""Format -> the module of this package and the function in it that turns a document into bytes."""


def paper_of(job: Job, view: View) -> bytes:
    """The bytes of a document; what draws and sets type is imported here, in a process of its own."""
    module, name = WRITERS[job.formats[0]].split(":")
    writer: Callable[[Document], bytes] = getattr(import_module(f"r57lib.report.documents.{module}"), name)
    return writer(content_of(job, view))


def content_of(job: Job, view: View) -> Document:
    """What a document says, whatever its format."""
    shown = {Path(path).stem: shown_by(Path(path), digest, given) for path, digest, given in job.chapters}
    chapters = {name: parts for name, parts in shown.items() if any(isinstance(part, Figure | Tiles) for part in parts)}
    made = Made({Path(path).name: digest for path, digest, _ in job.chapters}, versions())
    by = job.approval
    approval = Approval(by["by"], date.fromisoformat(by["on"]), by["digest"]) if by else None
    return document_of(view, chapters, lambda grid: made.record(view, grid), approval)


# --- What the notebooks of a month show, as parts and not as a page: their cells run here, and nothing is displayed ---


def shown_by(notebook: Path, digest: str, parameters: Mapping[str, str]) -> list[Part]:
    """The parts that a notebook shows with these parameters, in their order; what it prints is left out.

    Raises `Failure` with the cell when it fails, or is not any more what its SHA-256 says.
    """
    if disk.sha256(notebook) != digest:
        raise Failure(f"{notebook.name} changed during the run; run it again")
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with gathering() as gathered, contextlib.redirect_stdout(io.StringIO()):
        for number, cell in enumerate(static_cells(nbformat.read(notebook, as_version=4)).cells, start=1):
            if cell.cell_type == "code":
                _run(cell, f"{notebook.name}, cell {number}", namespace)
                namespace |= parameters if "parameters" in cell.metadata.get("tags", []) else {}
    return [part for part in gathered if not isinstance(part, Planned)]


def _run(cell: Any, place: str, namespace: dict[str, Any]) -> None:
    try:
        exec(compile(cell.source, f"<{place}>", "exec"), namespace)
    except Exception as error:
        raise Failure(f"{place}: {type(error).__name__}: {error}".splitlines()[0]) from None
