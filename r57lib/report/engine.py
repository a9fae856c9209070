"""Papermill's engine that runs the cells in this process, which is a forked child and nothing but this notebook.

The kernel is IPython's own, without sockets: what it sends goes straight to nbclient, which makes outputs of it as it
does for any kernel. So a cell means here what it means elsewhere.
"""

from __future__ import annotations

import asyncio
import codecs
import contextvars
import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from types import SimpleNamespace
from typing import Any

import ipykernel_launcher  # type: ignore[import-untyped]
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
from jupyter_client.session import Session
from nbclient.exceptions import DeadKernelError
from papermill.engines import Engine, papermill_engines
from traitlets.config import Config

from r57lib.page.capture import begin
from r57lib.report.client import BoundedClient, TooMuchError, kept_rights, limited_memory

NAME = "r57-in-process"
"""The engine's name for papermill."""

_BUFFERED = 2**16
_PLAIN = ("stream", "execute_input", "execute_reply", "status")
"""Messages that hold nothing of a cell's own but texts."""


class _Session(Session):
    """What the kernel sends is handed on at once, as JSON carries it; what was printed before it goes first."""

    owner = 0
    streams: tuple[_Stream, ...] = ()
    hand_on: Callable[[dict[str, Any]], None]

    def send(
        self,
        stream: Any,
        msg_or_type: Any,
        content: Any = None,
        parent: Any = None,
        ident: Any = None,
        buffers: Any = None,
        track: bool = False,
        header: Any = None,
        metadata: Any = None,
    ) -> Any:
        del stream, ident, track
        named = isinstance(msg_or_type, str)
        msg = self.msg(msg_or_type, content, parent, header, metadata) if named else msg_or_type
        if os.getpid() != self.owner:  # a child that a cell forked
            return msg
        with _turn:
            if msg["msg_type"] != "stream":
                with suppress(TooMuchError):
                    self.flush()
            else:
                msg["content"]["text"] = msg["content"]["text"].encode(errors="replace").decode()  # half a character
            if msg["msg_type"] not in _PLAIN:
                carried = self.deserialize(self.feed_identities(self.serialize(msg))[1])
                msg = msg | carried | {"buffers": [bytes(each) for each in buffers or ()]}
            self.hand_on(msg)
        return msg

    def flush(self) -> None:
        """Send what was printed."""
        for each in self.streams:
            each._flush()


_turn = threading.RLock()
"""Who changes the outputs: the cell, a thread of its own, or who reads the descriptors."""


class _AtOnce(IOPubThread):
    """In place of the thread that would do the sending."""

    io_loop: Any = None

    def __init__(self) -> None:
        pass


class _Stream(OutStream):
    """What a cell prints, kept until something else is to be shown: what is written in one go is one output."""

    number: int
    others: Callable[[], None]

    def __init__(self, session: _Session, name: str) -> None:
        super().__init__(session, _AtOnce(), name, watchfd=False)  # type: ignore[no-untyped-call]
        self.number = {"stdout": 1, "stderr": 2}[name]
        self._kept = 0

    def write(self, string: str) -> int:
        """Keep the text, which comes after what others have written; a forked child leaves it to its descriptor."""
        if os.getpid() != self.session.owner:
            return os.write(self.number, string.encode(errors="replace"))
        with _turn:
            self.others()
            return self.keep(string)

    def keep(self, text: str) -> int:
        """Keep the text after what the other stream has."""
        for each in self.session.streams:
            if each is not self:
                each._flush()
        super().write(text)
        self._kept += len(text)
        if self._kept > _BUFFERED:
            self._flush()
        return len(text)

    def _flush(self) -> None:
        if self._kept:
            self._kept = 0
            super()._flush()  # type: ignore[no-untyped-call]

    def _schedule_flush(self) -> None:
        pass

    def flush(self) -> None:
        """It is seen when the cell has ended, and in its place among what is displayed."""


@contextmanager
def _descriptors(streams: tuple[_Stream, ...]) -> Iterator[None]:
    """Give the streams what other processes and C code write to the descriptors that are theirs elsewhere."""
    known, poll = {}, select.epoll()
    with ExitStack() as stack:
        null = os.open(os.devnull, os.O_WRONLY)
        for stream in streams:
            reader, writer = os.pipe()
            os.set_blocking(reader, False)
            former = os.dup(stream.number)
            os.dup2(writer, stream.number)
            os.close(writer)
            stack.callback(os.close, former)
            stack.callback(os.dup2, former, stream.number)
            poll.register(reader, select.EPOLLIN)
            known[reader] = stream, codecs.getincrementaldecoder("utf-8")("replace")
            stream._original_stdstream_copy = null  # as in a kernel: nobody sees what is written to `fileno()`

        def take() -> None:
            with _turn:
                for reader, event in poll.poll(0):
                    stream, decoder = known[reader]
                    if event & select.EPOLLIN:
                        stream.keep(decoder.decode(os.read(reader, _BUFFERED)))
                    else:
                        poll.unregister(reader)

        def watch() -> None:
            while poll.poll():
                with suppress(TooMuchError):
                    take()

        threading.Thread(target=watch, daemon=True).start()
        for stream in streams:
            stream.others = take
        yield


@cache
def kernel() -> Any:
    """IPython's kernel, made once in the warm process; a run in a child of it is its first and only one."""
    main = sys.modules["__main__"]
    log = logging.getLogger("r57.kernel")
    log.setLevel(logging.CRITICAL)
    config = Config({"HistoryManager": {"enabled": False, "hist_file": ":memory:"}})
    app = IPKernelApp.instance(config=config, log=log)
    made: Any = IPythonKernel.instance(
        parent=app,
        user_ns=None,
        log=log,
        session=_Session(key=b""),
        shell_channel_thread=SimpleNamespace(parent_thread=threading.main_thread()),
        _execute_sleep=0,
    )
    made._abort_queues = lambda *_: None
    app.kernel, app.shell = made, made.shell
    made.shell.extension_manager.load_extension("storemagic")
    sys.modules["__main__"] = main
    return made


class _Line:
    """A kernel's client as nbclient sees it."""

    allow_stdin = False

    def __init__(self, own: Any) -> None:
        self.kernel, self.session = own, own.session
        self.shell_channel = self.iopub_channel = self
        self.replies: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.context = contextvars.copy_context()
        self.request: dict[str, Any] = {}
        self.loop: Any = None

    def execute(self, code: str, **asked: Any) -> str:
        """Note what is to be run, and say its id; raises `DeadKernelError` when a cell has said `exit`."""
        if self.kernel.shell.exit_now:
            raise DeadKernelError("Kernel died")
        content = {"code": code, "silent": False, "user_expressions": {}, "allow_stdin": False, **asked}
        self.request = self.session.msg("execute_request", content)
        return str(self.request["msg_id"])

    def kernel_info(self) -> str:
        """Nothing need be asked."""
        return ""

    async def run(self) -> None:
        """Run it, in the one context that all cells share."""
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
            Kernel.start(self.kernel)  # type: ignore[no-untyped-call]
        try:
            await asyncio.create_task(self._run(), context=self.context)
        except Exception as error:  # without an answer: it could not even be shown
            told = {"status": "error", "ename": type(error).__name__, "evalue": str(error), "traceback": []}
            self.replies.put_nowait({"parent_header": {"msg_id": self.request["msg_id"]}, "content": told})

    async def _run(self) -> None:
        self.kernel.set_parent([], self.request)
        self.kernel.pre_handler_hook()
        try:
            await self.kernel.execute_request(None, [], self.request)
        finally:
            self.kernel.post_handler_hook()
            with suppress(TooMuchError):
                self.session.streams[0].write("")
                self.session.flush()

    async def get_msg(self, timeout: float | None = None) -> dict[str, Any]:
        """The next reply."""
        return await self.replies.get()

    def send(self, msg: dict[str, Any]) -> None:
        """Tell a widget something, as soon as the cell lets go."""
        self.loop.call_soon_threadsafe(self._tell, msg | {"buffers": []})

    def _tell(self, msg: dict[str, Any]) -> None:
        self.kernel.set_parent([], msg)
        self.kernel.shell_handlers[msg["msg_type"]](None, [], msg)

    def is_alive(self) -> bool:
        """Whether there is a kernel."""
        return True


class _Client(BoundedClient):
    """The client, for the kernel in this process."""

    running: tuple[Any, ...] = ("",)

    @contextmanager
    def setup_kernel(self, **_: Any) -> Iterator[None]:
        """Have the kernel for as long as the cells run."""
        own, former = kernel(), (sys.stdout, sys.stderr, sys.modules["__main__"])
        session: _Session = own.session
        session.owner = os.getpid()
        session.hand_on = self._take
        session.streams = streams = (_Stream(session, "stdout"), _Stream(session, "stderr"))
        own.shell.init_environment()
        os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
        sys.modules["__main__"] = own.shell.user_module
        sys.path.insert(0, "")
        sys.argv = [ipykernel_launcher.__file__, "-f", "kernel.json"]
        self.kc = _Line(own)
        with _descriptors(streams):
            sys.stdout, sys.stderr = streams
            own.parent.patch_io()
            try:
                yield
            finally:
                self.running = ("",)
                signal.alarm(0)
                sys.stdout, sys.stderr, sys.modules["__main__"] = former

    def wait_for_reply(self, msg_id: Any, cell: Any = None) -> dict[str, Any]:
        """What a kernel says of itself."""
        return {"content": self.kc.kernel.kernel_info}

    def _take(self, msg: dict[str, Any]) -> None:
        if msg["msg_type"].endswith("_reply"):
            self.kc.replies.put_nowait(msg)
        elif msg["parent_header"].get("msg_id") == self.running[0]:
            self.process_message(msg, *self.running[1:])

    async def _async_poll_output_msg(self, parent_msg_id: str, cell: Any, cell_index: int) -> None:
        self.running = parent_msg_id, cell, cell_index
        await self.kc.run()


class InProcess(Engine):  # type: ignore[misc]
    """Runs the cells one after the other and stops at the first that fails."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, *, memory_mib: int, shown: tuple[Any, ...], **_: Any
    ) -> None:
        """Run the notebook that papermill manages; what the cells show is written into it.

        Beyond `memory_mib` of memory of its own, a cell gets a `MemoryError`.
        """
        del kernel_name
        kernel()
        begin(*shown, kept=True)
        with limited_memory(memory_mib), kept_rights():
            _Client(nb_man).execute()


papermill_engines.register(NAME, InProcess)
