"""Runs one notebook through papermill and gives it back without the marks of the run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat

from r57lib.errors import FailedRun
from r57lib.report.plan import Run


def execute(run: Run, output: Path, *, folder: Path) -> nbformat.NotebookNode:
    """Execute a run in a kernel whose folder is `folder` and write the executed notebook to `output`.

    Cells tagged `interactive` are for dashboards and are left out. Raises `FailedRun` with the cell and the error's
    last line; the notebook as far as it came then stands at `output`.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    source = output.with_suffix(".source.ipynb")
    nbformat.write(static_cells(nbformat.read(run.notebook, as_version=4)), source)
    try:
        papermill.execute_notebook(
            source, output, parameters=dict(run.parameters), cwd=folder, kernel_name="python3", progress_bar=False
        )
    except PapermillExecutionError as error:
        message = str(error.evalue).strip().splitlines()
        reason = f"{error.ename}: {message[0] if message else ''}"
        raise FailedRun(f"{run.name}: cell {error.cell_index + 1} failed: {reason}") from None
    finally:
        source.unlink(missing_ok=True)
    notebook = without_run_marks(nbformat.read(output, as_version=4))
    nbformat.write(notebook, output)
    return notebook


def static_cells(notebook: Any) -> Any:
    """The notebook without its interactive cells."""
    notebook.cells = [cell for cell in notebook.cells if "interactive" not in cell.metadata.get("tags", [])]
    return notebook


def without_run_marks(notebook: Any) -> Any:
    """The executed notebook without times, paths and random names: the same run gives the same bytes."""
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        for mark in ("papermill", "execution"):
            cell.metadata.pop(mark, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
    return notebook
