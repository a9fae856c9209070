"""Runs one notebook through papermill and gives it back without the marks of the run."""

from __future__ import annotations

import hashlib
import os
import resource
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from ipykernel.ipkernel import IPythonKernel
from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines
from traitlets import Type
from traitlets.config import Config

from r57lib.data.schema import resources
from r57lib.data.tables import reads_in, saw
from r57lib.disk import write
from r57lib.page.capture import begin
from r57lib.report.job import Job

_PLAIN = "python3"


class Failure(Exception):
    """A run came to nothing; the message says in which cell, and why."""


def execute(job: Job, output: Path, *, forked: bool) -> nbformat.NotebookNode:
    """Execute a run in the job's folder and write the executed notebook to `output`.

    In a forked process the cells run in this very process; otherwise, and for a notebook of another kernel, in an
    ordinary kernel. Cells tagged `interactive` are for dashboards and are left out. Raises `Failure` with the cell and
    the error's last line; the notebook as far as it came then stands at `output`, the error on top.
    """
    import papermill
    from papermill.exceptions import PapermillExecutionError

    source = static_cells(nbformat.reads(_unchanged(job), as_version=4))
    kernel = source.metadata.setdefault("kernelspec", {"name": _PLAIN, "display_name": "Python 3"})["name"]
    source.metadata.kernelspec.setdefault("language", "python")
    with _engine(job, own=kernel == _PLAIN, forked=forked) as options:
        try:
            papermill.execute_notebook(
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
            raise Failure(_reason(error, job.memory_mib)) from None
        except Exception as error:
            if type(error).__name__ not in ("DeadKernelError", "RuntimeError", "NoSuchKernel"):
                raise
            raise Failure(f"the kernel failed: {error}") from None
    notebook: nbformat.NotebookNode = without_run_marks(nbformat.read(output, as_version=4))
    write(output, nbformat.writes(notebook) + "\n")
    return notebook


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
        yield {"engine_name": NAME, "memory_mib": job.memory_mib, "shown": _shown(job)}
        return
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    with TemporaryDirectory(prefix="r57-") as folder, limited_memory(job.memory_mib):
        reads = Path(folder, "reads")
        told = f"__import__('r57lib.data.tables', fromlist=['tables']).write_reads({str(reads)!r})"
        begun = told, f"__import__('r57lib.page.capture', fromlist=['capture']).begin{_shown(job)!r}"
        yield {
            "kernel_manager_class": _socket_manager(folder),
            "resources": {"metadata": {"path": job.folder}},  # papermill's own cwd= is the whole process's
            # Its own log would stand between our lines.
            "extra_arguments": ["--log-level=50", *(f"--IPKernelApp.exec_lines={line}" for line in begun if own)],
        }
        unknown = set() if own else {(job.data_version, table) for table in resources()}
        saw(reads_in(reads) or unknown)


def _shown(job: Job) -> tuple[str, str]:
    """In which language, and from which data's labels, what the cells show is put into words."""
    return job.language, job.parameters["data"]


def _reason(error: Any, memory_mib: int) -> str:
    """The cell and the first line of the error."""
    lines = str(error.evalue).strip().splitlines()
    said = f"{error.ename}: {lines[0]}" if lines else str(error.ename)
    if error.ename == "MemoryError":
        said = f"out of memory: it may use {memory_mib} MiB"
    return f"cell {error.cell_index + 1} failed: {said}"


def _socket_manager(folder: str) -> type[Any]:
    """A manager that talks to its kernel through files of this user: no port to race for or to listen to."""
    from jupyter_client.manager import AsyncKernelManager
    from traitlets import CaselessStrEnum, Unicode

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


def marked(executed: Path, job: Job, error: str) -> str:
    """The notebook of a failed run with the error on top: as far as it came, or as it is where nothing came of it."""
    try:
        notebook = nbformat.read(executed, as_version=4)
    except (OSError, ValueError):
        notebook = nbformat.read(job.notebook, as_version=4)
    top = nbformat.v4.new_markdown_cell(f"**{job.name}**: {error}", id="error")
    notebook.cells.insert(0, top)
    return str(nbformat.writes(notebook)) + "\n"


# --- Papermill's engine that runs the cells in this process: a forked child that is nothing but this notebook ---


NAME = "r57-in-process"
"""The engine's name for papermill."""


class Outputs:
    """The outputs of the cell that runs."""

    def __init__(self) -> None:
        self.cell: Any = None
        self.displayed: dict[str, list[Any]] = {}
        self.clear_at_next = False

    def add(self, kind: str, display_id: str = "", **content: Any) -> None:
        """Append an output."""
        if self.clear_at_next:
            self.clear()
        output = new_output(kind, **content)
        self.cell.outputs.append(output)
        if display_id:
            self.displayed.setdefault(display_id, []).append(output)

    def write(self, name: str, text: str) -> None:
        """Append to what a stream has written; one output holds what it wrote without a break."""
        last = self.cell.outputs[-1] if self.cell.outputs and not self.clear_at_next else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        elif text:
            self.add("stream", name=name, text=text)

    def clear(self, wait: bool = False) -> None:
        """Empty the cell, or have its next output do so."""
        self.clear_at_next = wait
        if not wait:
            self.cell.outputs.clear()


class _Stream:
    encoding, errors, closed = "utf-8", "strict", False

    def __init__(self, name: str, outputs: Outputs) -> None:
        self.name, self.outputs = f"<{name}>", outputs
        self.kind = name

    def write(self, text: str) -> int:
        self.outputs.write(self.kind, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("what a cell writes goes to its notebook, not to a file")


def _content(data: Any, metadata: Any) -> dict[str, Any]:
    """What is shown, as JSON can hold it: as a kernel would send it."""
    clean: Any = json_clean
    encode: Any = encode_images
    return {"data": clean(encode(data)), "metadata": clean(metadata or {})}


class _Publisher(DisplayPublisher):
    outputs: Outputs

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: Any = False,
        **_: Any,
    ) -> None:
        content = _content(data, metadata)
        display_id = str((transient or {}).get("display_id") or "")
        if update:
            for output in self.outputs.displayed.get(display_id, []):
                output.update(content)
        else:
            self.outputs.add("display_data", display_id, **content)

    def clear_output(self, wait: bool = False) -> None:
        self.outputs.clear(wait)


class _Hook(DisplayHook):
    outputs: Outputs

    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.outputs.add("execute_result", execution_count=self.prompt_count, **_content(format_dict, md_dict))

    def finish_displayhook(self) -> None:
        pass


class _Shell(InteractiveShell):
    """IPython with nobody at the terminal: what it shows goes to the outputs of a cell."""

    display_pub_class = Type(_Publisher)
    displayhook_class = Type(_Hook)
    outputs: Outputs

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        self.outputs.add("error", ename=str(etype.__name__), evalue=str(evalue), traceback=list(stb))

    def enable_gui(self, gui: Any = None) -> None:
        pass


def _shell(outputs: Outputs) -> Any:
    """A fresh shell whose `__main__` holds nothing of ours."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    config = Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "neutral"}})
    shell: Any = _Shell.instance(config=config, user_module=main)
    shell.outputs = shell.display_pub.outputs = shell.displayhook.outputs = outputs
    return shell


class InProcess(Engine):  # type: ignore[misc]
    """Runs the cells one after the other and stops at the first that fails."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, memory_mib: int, shown: tuple[str, str], **_: Any
    ) -> None:
        """Run the notebook that papermill manages; what the cells show is written into it.

        Beyond `memory_mib` of memory of its own, a cell gets a `MemoryError`.
        """
        del kernel_name
        outputs = Outputs()
        shell = _shell(outputs)
        begin(*shown)
        nb_man.nb.metadata["language_info"] = dict(IPythonKernel.language_info)
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream("stdout", outputs), _Stream("stderr", outputs)
        try:
            with limited_memory(memory_mib):
                for index, cell in enumerate(nb_man.nb.cells):
                    if cell.cell_type == "code" and cell.source.strip() and not _run(shell, nb_man, cell, index):
                        break
        finally:
            sys.stdout, sys.stderr = streams


def _run(shell: Any, nb_man: Any, cell: Any, index: int) -> bool:
    """Run one cell; whether it came to its end."""
    shell.outputs.cell = cell
    nb_man.cell_start(cell, index)
    result = shell.run_cell(cell.source, store_history=True)
    cell.execution_count = shell.execution_count - 1
    failed = [output for output in cell.outputs if output.output_type == "error"]  # a display may have failed as well
    error = result.error_before_exec or result.error_in_exec
    if error is not None and not failed:  # a wrong call of a magic is only printed
        shell.outputs.add("error", ename=type(error).__name__, evalue=str(error), traceback=[])
    well = bool(result.success) and not failed
    if not well:
        nb_man.cell_exception(cell, index)
    nb_man.cell_complete(cell, index)
    return well


@contextmanager
def limited_memory(mib: int) -> Iterator[None]:
    """Let this process, and each that it starts meanwhile, have no more memory of its own than this."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (mib * 2**20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


papermill_engines.register(NAME, InProcess)
