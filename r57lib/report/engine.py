"""Papermill's engine that runs the cells in this process: a forked child that is nothing but this notebook.

What a cell shows is kept as a kernel would send it, so that the executed notebook is the same from either.
"""

from __future__ import annotations

import resource
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_output
from papermill.engines import Engine, papermill_engines
from traitlets import Type
from traitlets.config import Config

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
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, *, memory_mib: int, **_: Any) -> None:
        """Run the notebook that papermill manages; what the cells show is written into it.

        Beyond `memory_mib` of memory of its own, a cell gets a `MemoryError`.
        """
        del kernel_name
        outputs = Outputs()
        shell = _shell(outputs)
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
