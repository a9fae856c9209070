"""Runs one notebook through papermill and gives it back without the marks of the run."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import DeadKernelError
from traitlets import CaselessStrEnum, Unicode

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
        with TemporaryDirectory(prefix="r57-") as sockets:
            papermill.execute_notebook(
                source,
                output,
                parameters=dict(run.parameters),
                resources={"metadata": {"path": str(folder)}},  # papermill's own cwd= is the whole process's
                kernel_name="python3",
                kernel_manager_class=_socket_manager(sockets),
                extra_arguments=["--log-level=50"],  # its own log would stand between our lines
                progress_bar=False,
            )
    except PapermillExecutionError as error:
        lines = str(error.evalue).strip().splitlines()
        reason = f"{error.ename}: {lines[0]}" if lines else error.ename
        raise FailedRun(f"{run.name}: cell {error.cell_index + 1} failed: {reason}") from None
    except (RuntimeError, DeadKernelError) as error:
        raise FailedRun(f"{run.name}: the kernel failed: {error}") from None
    finally:
        source.unlink(missing_ok=True)
    notebook: nbformat.NotebookNode = without_run_marks(nbformat.read(output, as_version=4))
    nbformat.write(notebook, output)
    return notebook


def _socket_manager(folder: str) -> type[AsyncKernelManager]:
    """A manager that talks to its kernel through files of this user: no port to race for or to listen to."""
    sockets = {
        "transport": CaselessStrEnum(["tcp", "ipc"], default_value="ipc", config=True),
        "ip": Unicode(f"{folder}/kernel", config=True),
    }
    return type("SocketKernelManager", (AsyncKernelManager,), sockets)


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
