"""What the notebooks of a month show, as parts and not as a page: their cells run here, and nothing is displayed."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from r57lib import disk
from r57lib.page.display import gathering
from r57lib.page.parts import Part, Planned
from r57lib.report.run import Failure, static_cells


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
