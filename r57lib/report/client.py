"""nbclient's client as papermill has it, for a notebook whose outputs go into a page: there is a limit to them."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty
from typing import Any

from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.v4 import new_output
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import Engine, papermill_engines

LIMIT_MIB = 64
"""So large may all outputs of a notebook be together."""
ORDINARY = "r57-kernel"
"""The name for papermill of the engine that has an ordinary kernel."""


class TooMuchError(Exception):
    """A cell shows more than a page can hold."""


class BoundedClient(PapermillNotebookClient):  # type: ignore[misc]
    """Fails the cell whose outputs are too many; those that it has cleared do not count."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.sizes: dict[int, int] = defaultdict(int)

    async def _async_poll_for_reply(self, *given: Any) -> Any:
        """Wait for the reply of a cell, and look for it anew each second.

        What a widget of the client sends meanwhile goes by the same socket, and may take away its sign that a reply is
        there.
        """
        channel, waits = self.kc.shell_channel, self.kc.shell_channel.get_msg

        async def looked(timeout: float | None = None) -> Any:
            while timeout is None:
                with suppress(Empty):
                    return await waits(timeout=1)
            return await waits(timeout=timeout)

        channel.get_msg = looked
        try:
            return await super()._async_poll_for_reply(*given)
        finally:
            del channel.get_msg

    @property
    def too_much(self) -> bool:
        """Whether the limit is passed."""
        return sum(self.sizes.values()) > LIMIT_MIB * 2**20

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        """Make of a message what it means; raises `TooMuchError`."""
        output = super().process_message(msg, cell, cell_index)
        if output is not None and output.output_type != "error":
            before = self.sizes[cell_index] if len(cell.outputs) > 1 else 0
            self.sizes[cell_index] = before + _size(output)
            if self.too_much:
                cell.outputs.clear()
                self.clear_display_id_mapping(cell_index)
                raise TooMuchError(f"the notebook's outputs are larger than {LIMIT_MIB} MiB")
        return output

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: Any, cell_index: int) -> None:
        try:
            await super()._async_poll_output_msg(parent_msg_id, cell, cell_index)
        except TooMuchError:
            self.task_poll_for_reply.cancel()

    def execute_cell(self, cell: Any, cell_index: int) -> None:
        """Run a cell; one that shows too much fails, whatever it made of that."""
        try:
            super().execute_cell(cell, cell_index)
        except (DeadKernelError, CellExecutionError):
            if not self.too_much:
                raise
        except (SystemExit, KeyboardInterrupt):  # of a task beside the cell: it ends the loop
            raise DeadKernelError("Kernel died") from None
        if self.too_much:
            told = {"ename": "TooMuchError", "evalue": f"the notebook's outputs are larger than {LIMIT_MIB} MiB"}
            cell.outputs = [new_output("error", traceback=[], **told)]
            raise CellExecutionError("", **told)


class Ordinary(Engine):  # type: ignore[misc]
    """Runs the cells in an ordinary kernel."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:
        """Run the notebook that papermill manages; `options` are those of nbclient.

        A kernel that dies before its first word is started once more: where sockets are ports, another process may have
        taken one that was free a moment ago.
        """
        named = {each: options[each] for each in ("kernel_manager_class", "resources", "extra_arguments")}
        try:
            BoundedClient(nb_man, kernel_name=kernel_name, **named).execute()
        except RuntimeError as error:
            if "died before replying" not in str(error):
                raise
            BoundedClient(nb_man, kernel_name=kernel_name, **named).execute()


def _size(output: Any) -> int:
    if output.output_type == "stream":
        return len(output.text)
    return sum(len(each if isinstance(each, str) else json.dumps(each)) for each in output.data.values())


@contextmanager
def limited_memory(mib: int) -> Iterator[None]:
    """Let this process, and each that it starts meanwhile, have no more memory of its own than this.

    Windows has no such limit, and macOS does not keep to it.
    """
    try:
        import resource
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (mib * 2**20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


@contextmanager
def kept_rights() -> Iterator[None]:
    """Let new files have the rights that they had before, whatever the cells make of that."""
    os.umask(rights := os.umask(0o077))
    try:
        yield
    finally:
        os.umask(rights)


papermill_engines.register(ORDINARY, Ordinary)
