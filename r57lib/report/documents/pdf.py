"""Writes a month's document as a tagged PDF that can be kept (PDF/UA-1, PDF/A-2a).

Typst sets it from texts that are data and never markup. The letters are those of Libertinus Serif, which comes with
typst and covers Vietnamese, save in bold italics. A letter that it has not makes the writing fail.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.charts.theme import font_folder
from r57lib.report.documents.blocks import Block, Exhibit, Grid, Picture
from r57lib.report.documents.document import Document

TEMPLATE = Path(__file__).parent / "report.typ"


def pdf(document: Document) -> bytes:
    """The document as a PDF file; raises `ValueError` when it cannot be set."""
    import typst

    with disk.scratch() as folder:
        shutil.copy(TEMPLATE, folder / "report.typ")
        content = {
            "title": document.title,
            "author": [document.approval.by] if document.approval else [],
            "language": document.language,
            "day": [document.as_of.year, document.as_of.month, document.as_of.day],
            "front": dict(document.front),
            "summary": _blocks(document.summary, folder, "summary"),
            "body": _blocks(document.body, folder, "body"),
            "appendix": _blocks(document.appendix, folder, "appendix"),
        }
        (folder / "content.json").write_text(disk.as_json(_composed(content)), encoding="utf-8")
        try:
            made: bytes = typst.compile(
                str(folder / "report.typ"),
                root=str(folder),
                font_paths=[str(font_folder())],
                ignore_system_fonts=True,
                pdf_standards=["a-2a", "ua-1"],
                timestamp=int(datetime.combine(document.as_of, time(), UTC).timestamp()),
            )
        except typst.TypstError as error:
            raise ValueError(f"typst: {error.message}") from None
    return made


def _composed(value: Any) -> Any:
    """Texts with each letter and its marks as one sign, which is what a font has."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {name: _composed(each) for name, each in value.items()}
    return [_composed(each) for each in value] if isinstance(value, list | tuple) else value


def _blocks(blocks: Sequence[Block], folder: Path, place: str) -> list[dict[str, Any]]:
    return [_block(block, folder, f"{place}-{number}") for number, block in enumerate(blocks)]


def _block(block: Block, folder: Path, place: str) -> dict[str, Any]:
    """A block as the template reads it; a picture lies in a file beside."""
    if isinstance(block, Exhibit):
        return {"kind": block.kind, "blocks": _blocks(block.blocks, folder, place)}
    if isinstance(block, Grid):
        parts = ("kind", "label", "title", "header", "rows", "widths", "under", "caption")
        return {name: getattr(block, name) for name in parts} | {"right": [column.right for column in block.columns]}
    fields = asdict(block)
    if isinstance(block, Picture):
        (folder / f"{place}.svg").write_text(fields.pop("svg"), encoding="utf-8")
        return fields | {"file": f"{place}.svg", "width": block.size[0]}
    return fields
