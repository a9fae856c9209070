"""Makes one document of the month, from the notebooks that it holds, in the format that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

from r57lib.page.parts import Figure, Tiles
from r57lib.report.document import Approval, Document, document_of
from r57lib.report.job import Job, versions
from r57lib.report.parts import shown_by
from r57lib.report.record import Made
from r57lib.view.view import View

WRITERS = {"docx": "word:word", "pdf": "pdf:pdf", "xlsx": "book:book"}
"""Format -> the module of this package and the function in it that turns a document into bytes."""


def paper_of(job: Job, view: View) -> bytes:
    """The bytes of a document; what draws and sets type is imported here, in a process of its own."""
    module, name = WRITERS[job.formats[0]].split(":")
    writer: Callable[[Document], bytes] = getattr(import_module(f"r57lib.report.{module}"), name)
    return writer(content_of(job, view))


def content_of(job: Job, view: View) -> Document:
    """What a document says, whatever its format."""
    shown = {Path(path).stem: shown_by(Path(path), digest, given) for path, digest, given in job.chapters}
    chapters = {name: parts for name, parts in shown.items() if any(isinstance(part, Figure | Tiles) for part in parts)}
    made = Made({Path(path).name: digest for path, digest, _ in job.chapters}, versions())
    return document_of(view, chapters, lambda grid: made.record(view, grid), _approval(job))


def _approval(job: Job) -> Approval | None:
    if not job.approval:
        return None
    return Approval(job.approval["by"], date.fromisoformat(job.approval["on"]), job.approval["digest"])
