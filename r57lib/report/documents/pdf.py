"""Writes a month's document as a tagged PDF that can be kept (PDF/UA-1, PDF/A-2a)."""

from __future__ import annotations

from datetime import UTC, datetime, time

from r57lib.report.documents.document import Document
from r57lib.report.documents.typesetting import typesetter


def pdf(document: Document) -> bytes:
    """The document as a PDF file; raises `ValueError` when it cannot be set."""
    blocks = {"summary": document.summary, "body": document.body, "appendix": document.appendix}
    content = {
        "title": document.title,
        "author": [document.approval.by] if document.approval else [],
        "language": document.language,
        "day": [document.as_of.year, document.as_of.month, document.as_of.day],
        "front": dict(document.front),
    }
    with typesetter(blocks, **content) as typst:
        made: bytes = typst.compile(
            pdf_standards=["a-2a", "ua-1"],
            timestamp=int(datetime.combine(document.as_of, time(), UTC).timestamp()),
        )
    return made
