"""Hands blocks to typst, which sets them from texts that are data and never markup.

The letters are those of Libertinus Serif, which comes with typst and covers Vietnamese, save in bold italics. A letter
that it has not makes the setting fail.
"""

from __future__ import annotations

import json
import shutil
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from r57lib import disk
from r57lib.charts.theme import font_folder
from r57lib.report.documents.blocks import Block, Exhibit, Grid, Picture

TEMPLATE = Path(__file__).parent / "report.typ"


@contextmanager
def typesetter(blocks: Mapping[str, Sequence[Block]], **content: Any) -> Iterator[Any]:
    """A compiler of typst that sets the template with these blocks and texts; raises `ValueError` when it cannot."""
    import typst

    with disk.scratch() as folder:
        shutil.copy(TEMPLATE, folder / "report.typ")
        content |= {name: _blocks(each, folder, name) for name, each in blocks.items()}
        (folder / "content.json").write_text(disk.as_json(_composed(content)), encoding="utf-8")
        try:
            yield typst.Compiler(
                str(folder / "report.typ"), str(folder), font_paths=[str(font_folder())], ignore_system_fonts=True
            )
        except typst.TypstError as error:
            raise ValueError(f"typst: {error.message}") from None


def heights(blocks: Sequence[Block], language: str, front: Mapping[str, str]) -> list[float]:
    """Millimetres on an upright page from each block's first line to what follows it; last, of the document's end."""
    with typesetter({"measured": blocks}, language=language, front=dict(front)) as typst:
        found: list[float] = json.loads(typst.query("<heights>", field="value", one=True))
    return found


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
