"""Runs one notebook through papermill and gives it back without the marks of the run."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat

from r57lib.data.load import find_data
from r57lib.data.schema import resources
from r57lib.data.tables import reads_in, saw
from r57lib.disk import scratch, write
from r57lib.page.bilingual import with_ids
from r57lib.page.published import FIGURE_FOLDER
from r57lib.report.job import Job

_PLAIN = "python3"
_APART = re.compile(
    r"\b(os\.(_exit|abort|kill|killpg|exec[lv]p?e?|dup2|closerange)|raise_signal|setrlimit"
    r"|get_connection_\w+|connect_info)\b"
)
"""What cells cannot do in a process of ours: end it, take its descriptors, ask for its sockets."""


class Failure(Exception):
    """A run came to nothing; the message says in which cell, and why."""


def execute(job: Job, output: Path, *, forked: bool) -> nbformat.NotebookNode:
    """Execute a run in the job's folder and write the executed notebook to `output`.

    In a forked process the cells run in this very process; otherwise, and for a notebook of another kernel or one that
    must be apart (`why_apart`), in an ordinary kernel. Cells tagged `interactive` are for dashboards and are left out.
    Raises `Failure` with the cell and the error's last line; the notebook as far as it came then stands at `output`,
    the error on top.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    forked = forked and not why_apart(job)
    source = static_cells(nbformat.reads(_unchanged(job), as_version=4))
    kernel = source.metadata.setdefault("kernelspec", {"name": _PLAIN, "display_name": "Python 3"})["name"]
    source.metadata.kernelspec.setdefault("language", "python")
    with _engine(job, own=kernel == _PLAIN, forked=forked) as options:
        try:
            notebook: nbformat.NotebookNode = papermill.execute_notebook(
                source,
                str(output).replace("{", "{{").replace("}", "}}"),  # papermill takes a path for a template
                parameters=dict(job.parameters),
                kernel_name=kernel,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                progress_bar=False,
                **options,
            )
        except PapermillExecutionError as error:
            raise Failure(_reason(error, job.memory_mib, output)) from None
        except Exception as error:
            if type(error).__name__ not in ("DeadKernelError", "RuntimeError", "NoSuchKernel"):
                raise
            raise Failure(f"the kernel failed: {error}") from None
    write(output, nbformat.writes(without_run_marks(notebook)) + "\n")
    return notebook


def why_apart(job: Job) -> str:
    """What a notebook says for which its cells need a process of their own; mostly nothing."""
    text = Path(job.notebook).read_text(encoding="utf-8") if job.notebook else ""
    if not _APART.search(text):
        return ""
    found = (_APART.search(cell.source) for cell in nbformat.reads(text, as_version=4).cells if _runs(cell))
    return next((each[0] for each in found if each), "")


def _runs(cell: Any) -> bool:
    return cell.cell_type == "code" and not {"interactive", "skip-execution"} & set(cell.metadata.get("tags", []))


def _unchanged(job: Job) -> str:
    """The notebook's text; raises `Failure` when it is not that of the plan any more."""
    content = Path(job.notebook).read_bytes()
    if hashlib.sha256(content).hexdigest() != job.inputs["notebook"]:
        raise Failure("the notebook changed during the run; run it again")
    return content.decode()


@contextmanager
def _engine(job: Job, *, own: bool, forked: bool) -> Iterator[dict[str, Any]]:
    """What papermill is told of the engine: the cells in this process, or in a kernel of their own.

    A kernel that is our `own` writes down which tables it reads; any other may have read them all.
    """
    if own and forked:
        from r57lib.report.engine import NAME

        yield {"engine_name": NAME, "memory_mib": job.memory_mib, "shown": _shown(job)}
        return
    from r57lib.report.client import ORDINARY, limited_memory

    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    with scratch() as folder, limited_memory(job.memory_mib):
        reads = Path(folder, "reads")
        told = f"__import__('r57lib.data.tables', fromlist=['tables']).write_reads({str(reads)!r})"
        begun = told, f"__import__('r57lib.page.capture', fromlist=['capture']).begin(*{_shown(job)!r}, kept=True)"
        yield {
            "engine_name": ORDINARY,
            "kernel_manager_class": _socket_manager(str(folder)),
            "resources": {"metadata": {"path": job.folder}},  # papermill's own cwd= is the whole process's
            # Its own log would stand between our lines.
            "extra_arguments": ["--log-level=50", *(f"--IPKernelApp.exec_lines={line}" for line in begun if own)],
        }
        home = str(find_data(job.parameters["data"]))
        unknown = set() if own else {(home, job.data_version, table) for table in resources()}
        saw(reads_in(reads) or unknown)


def _shown(job: Job) -> tuple[str, str, dict[str, Any]]:
    """In which language, and from which data's labels, what the cells show is put into words, and on which page."""
    data = job.parameters["data"]
    place = {"folder": str(Path(job.build, FIGURE_FOLDER)), "page": job.page, "stem": job.stem, "place": job.unit}
    asked = {"language": job.language, "month": job.month, "as_of": job.parameters["as_of"], "data": data}
    return job.language, data, place | asked


def _reason(error: Any, memory_mib: int, output: Path) -> str:
    """The cell and the first line of the error, or the last that it printed (a wrong call of a magic)."""
    lines = str(error.evalue).strip().splitlines()
    said = f"{error.ename}: {lines[0]}" if lines else str(error.ename)
    cells = nbformat.read(output, as_version=4).cells if output.is_file() else []
    if error.ename == "CellExecutionError" and not lines:
        failed = [cell for cell in cells if cell.metadata.get("papermill", {}).get("exception")]
        printed = [each.text for cell in failed for each in cell.outputs if each.get("name") == "stderr"]
        said = "".join(printed).strip().rpartition("\n")[2] or said
    if error.ename == "MemoryError":
        said = f"out of memory: it may use {memory_mib} MiB"
    return f"cell {own_number(cells, error.cell_index)} failed: {said}"


def own_number(cells: Sequence[Any], index: int) -> int:
    """The number of a cell in the notebook as its author has it: without the parameters that a run puts into it."""
    put_in = sum("injected-parameters" in cell.metadata.get("tags", ()) for cell in cells[: index + 1])
    return index + 1 - put_in


def _socket_manager(folder: str) -> type[Any]:
    """A manager that talks to its kernel through files of this user, where there are such: no port to race for."""
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import CaselessStrEnum, Unicode

    if not hasattr(os, "fork"):  # Windows: there a socket is no file
        return AsyncKernelManager
    sockets = {
        "transport": CaselessStrEnum(["tcp", "ipc"], default_value="ipc", config=True),
        "ip": Unicode(f"{folder}/kernel", config=True),
    }
    return type("SocketKernelManager", (AsyncKernelManager,), sockets)


def static_cells(notebook: Any) -> Any:
    """The notebook without its interactive cells; an old one with ids."""
    with_ids(notebook.cells)
    notebook.nbformat_minor = max(5, notebook.nbformat_minor)
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
        if cell.cell_type == "code":
            cell.outputs = list(_joined(cell.outputs))
    return notebook


def _joined(outputs: list[Any]) -> Iterator[Any]:
    """The outputs, and as one of them what a stream wrote without a break: how often it was sent is by chance."""
    for _, group in groupby(outputs, lambda each: each.name if each.output_type == "stream" else id(each)):
        first, *more = group
        if more:
            first.text = "".join(each.text for each in (first, *more))
        yield first


def marked(executed: Path, job: Job, error: str) -> str:
    """The notebook of a failed run with the error on top: as far as it came, or as it is where nothing came of it."""
    try:
        notebook = nbformat.read(executed, as_version=4)
    except (OSError, ValueError):
        notebook = nbformat.read(job.notebook, as_version=4)
    top = nbformat.v4.new_markdown_cell(f"**{job.name}**: {error}", id="error")
    notebook.cells.insert(0, top)
    return str(nbformat.writes(notebook)) + "\n"
