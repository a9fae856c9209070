"""Warm kernels: one process imports the stack, and forks a fresh kernel for each session.

A kernel that is forked has nothing to import, and shares the memory of what was imported. The warm process runs no cell
and talks to nobody but its owner; whatever a kernel does to itself, the next one starts clean. What must not happen
before a fork (a second thread, which a drawing or a database would start) is looked for each time: then, and wherever a
fork is not to be had, the kernel is an ordinary one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import weakref
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

_log = logging.getLogger("r57.kernels")

_AS_WARM = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),  # imports start no thread
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the debugger warns of frozen modules, once for each warm process
}
_ANSWER_SECONDS = 60
_FAREWELL_SECONDS = 1


class ColdStart(Exception):
    """A kernel cannot be forked; the message says why."""


# --- the owner's side ------------------------------------------------------------------------------------------------


class WarmProcess:
    """The process that forks, as its owner sees it; one that has died is started again if it was of use before."""

    def __init__(self, hook: str = "", arguments: tuple[str, ...] = ()) -> None:
        if not hasattr(os, "pidfd_open"):
            raise ColdStart("this system cannot fork kernels")
        self._hook = (hook, *arguments)
        self._former: list[subprocess.Popen[bytes]] = []
        self._turns = ThreadPoolExecutor(1, "r57-kernels")  # one request at a time: no answer is taken for another
        self._start()

    def _start(self) -> None:
        self.line, theirs = socket.socketpair()
        self.line.settimeout(_ANSWER_SECONDS)
        self._answered = False
        numbers = (str(theirs.fileno()), str(os.getpid()))
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "r57lib.warm", *numbers, *self._hook],
                pass_fds=[theirs.fileno()],
                env={**os.environ, **_AS_WARM},
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # the terminal's Ctrl-C is for the owner, who then ends this process
            )

    def fork(self, request: Mapping[str, Any]) -> Future[Forked]:
        """A new kernel, some day; the future raises `ColdStart` when there is none.

        The request holds `arguments`, `env`, `cwd`; for a function that is to run instead of a kernel its `task`; and
        as `prepare` what the hook is given beside its own arguments.
        """
        return self._turns.submit(self._fork, request)

    def _fork(self, request: Mapping[str, Any]) -> Forked:
        if self._answered and (self.line.fileno() < 0 or self.process.poll() is not None):
            self._leave()
            self._start()
        try:
            self.line.sendall(json.dumps(request).encode() + b"\n")
            answer, descriptors, _, _ = socket.recv_fds(self.line, 65536, 1)
        except TimeoutError:
            self._leave()
            raise ColdStart("the warm process does not answer") from None
        except OSError:
            answer, descriptors = b"", []
        if not answer:
            raise ColdStart("the warm process has ended")
        self._answered = True
        told: dict[str, Any] = json.loads(answer)
        if "refused" in told:
            raise ColdStart(told["refused"])
        return Forked(int(told["pid"]), descriptors[0])

    def _leave(self) -> None:
        """Ask it no more. It lives on as long as its kernels do, which are not to end for a late answer."""
        self.line.close()
        self._former = [each for each in (*self._former, self.process) if each.poll() is None]

    def stop(self) -> None:
        """End the warm process, and with it every kernel that it forked and all that those have started."""
        self._end()
        self._turns.submit(self._forget)
        self._turns.shutdown()
        self._end()
        self.line.close()

    def _end(self) -> None:
        for each in (*self._former, self.process):
            each.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                each.wait(_FAREWELL_SECONDS)
            each.kill()
            each.wait()

    def _forget(self) -> None:
        self._answered = False


_warm: WarmProcess | None = None
_reasons: set[str] = set()


def warm_provisioning(hook: str = "", *arguments: str) -> None:
    """Let every kernel of this process be forked from a warm one, which is started now.

    `hook` is `module:function`; it is called with the arguments in the warm process at its start and before each fork,
    to load data again that have changed.
    """
    global _warm
    stop()
    factory = KernelProvisionerFactory.instance()
    name = "r57-warm"
    factory.provisioners[name] = EntryPoint(name, "r57lib.kernels:WarmProvisioner", factory.GROUP_NAME)
    factory.default_provisioner_name = name
    try:
        _warm = WarmProcess(hook, arguments)
    except (ColdStart, OSError) as error:
        _warn(str(error))


def stop() -> None:
    """End the warm process and its kernels; kernels that start from now on are ordinary ones."""
    global _warm
    former, _warm = _warm, None
    if former is not None:
        former.stop()
    _reasons.clear()


def _warn(reason: str) -> None:
    """Say a reason once: a server that starts a kernel for each visitor would fill its log with it."""
    if reason not in _reasons:
        _log.warning("kernels start the slow way: %s", reason)
        _reasons.add(reason)


class Forked:
    """A forked kernel with the manners of `subprocess.Popen`, as far as a provisioner needs them.

    It is watched through a descriptor of the process, so that no other that gets its number is ever taken for it.
    """

    stdin = stdout = stderr = None

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._descriptor = descriptor
        self._close = weakref.finalize(self, os.close, descriptor)

    def poll(self) -> int | None:
        """Nothing while it runs; afterwards a number that is not 0, for its parent alone knows how it ended."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""
        ended = self._ended(None if timeout is None else 1000 * timeout)
        if ended is None:
            raise subprocess.TimeoutExpired("kernel", timeout or 0)
        return ended

    def send_signal(self, number: int) -> None:
        """Signal it, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _ended(self, milliseconds: float | None) -> int | None:
        if self.returncode is None and ready([self._descriptor], milliseconds):
            self.returncode = 1
            self._close()
        return self.returncode


class WarmProvisioner(LocalProvisioner):
    """Forks a kernel where that can be, and starts an ordinary one where not."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel for the connection file of the command."""
        try:
            kernel = await _forked(_request(cmd, kwargs))
        except ColdStart as reason:
            _warn(str(reason))
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel  # type: ignore[assignment]
        self.pid = self.pgid = kernel.pid  # it said that it leads a group of its own
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Signal a forked kernel's group only while the kernel itself is there to own it."""
        if isinstance(self.process, Forked) and self.process.poll() is not None:
            return
        await super().send_signal(signum)


async def _forked(request: Mapping[str, Any]) -> Forked:
    if _warm is None:
        raise ColdStart("there is no warm process")
    future = _warm.fork(request)
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        future.add_done_callback(_end_unclaimed)
        raise


def _end_unclaimed(future: Future[Forked]) -> None:
    """End a kernel whose caller did not wait for it."""
    if not future.cancelled() and future.exception() is None:
        future.result().kill()


def _request(cmd: list[str], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What the warm process must know; raises `ColdStart` for what a forked kernel cannot be."""
    if cmd[:4] != [sys.executable, "-m", "ipykernel_launcher", "-f"] or len(cmd) < 5:
        raise ColdStart(f"'{' '.join(cmd[:4])}' does not start a kernel of this Python")
    strange = [name for name in ("independent", "stdin", "stdout", "stderr") if kwargs.get(name)]
    if strange:
        raise ColdStart(f"a forked kernel cannot have a {strange[0]} of its own choice")
    env = kwargs.get("env")
    return {
        "arguments": cmd[3:],
        "env": dict(os.environ if env is None else env),
        "cwd": os.fspath(kwargs.get("cwd") or Path.cwd()),
    }


def ready(descriptors: Iterable[int], milliseconds: float | None = None) -> set[int]:
    """Those that can be read or have come to an end; unlike `select.select`, for any number of a descriptor."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(milliseconds)}
