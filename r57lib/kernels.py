"""Warm kernels: one process imports the stack, and forks a fresh kernel for each session.

A kernel that is forked has nothing to import, and shares the memory of what was imported. The warm process runs no cell
and talks to nobody but its owner; whatever a kernel does to itself, the next one starts clean. What must not happen
before a fork (a second thread, a drawing, a database) is looked for each time: then, and wherever a fork is not to be
had, the kernel is an ordinary one.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import importlib
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, NoReturn

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

_log = logging.getLogger("r57.kernels")

STACK = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.comm", "comm", "IPython.core.completer", "jedi",
    "debugpy", "pandas", "altair", "jsonschema", "ipywidgets", "jinja2.ext",
    "babel.numbers", "babel.dates", "r57lib.dashboard", "r57lib.figures", "r57lib.display",
)  # fmt: skip
"""What a kernel of ours imports in any case."""

_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}
_START_SECONDS = 60
_FORK_SECONDS = 20
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


class ColdStart(Exception):
    """A kernel cannot be forked; the message says why."""


# --- the owner's side ------------------------------------------------------------------------------------------------


class WarmProcess:
    """The process that forks, as its owner sees it: requests go out one at a time, each gets its answer."""

    def __init__(self, hook: str = "", arguments: tuple[str, ...] = ()) -> None:
        if not hasattr(os, "fork") or not hasattr(os, "pidfd_open"):
            raise ColdStart("this system cannot fork kernels")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [sys.executable, "-m", "r57lib.kernels", str(theirs.fileno()), hook, *arguments]
        with theirs:
            self.process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], env={**os.environ, **_ONE_THREAD}, stdin=subprocess.DEVNULL
            )
        self.socket, self.lock = ours, threading.Lock()
        self.socket.settimeout(_START_SECONDS)

    def fork(self, request: Mapping[str, Any]) -> tuple[int, int]:
        """A new kernel: its process, and a descriptor that becomes readable when it ends. Raises `ColdStart`."""
        with self.lock:
            try:
                self.socket.send(json.dumps(request).encode())
                answer, descriptors, _, _ = socket.recv_fds(self.socket, 65536, 1)
                self.socket.settimeout(_FORK_SECONDS)
            except OSError as error:
                self.stop()
                raise ColdStart(f"the warm process does not answer: {error}") from None
        told: dict[str, Any] = json.loads(answer) if answer else {"refused": "the warm process has ended"}
        if "refused" in told:
            raise ColdStart(told["refused"])
        return int(told["pid"]), descriptors[0]

    def stop(self) -> None:
        """End the warm process, and with it every kernel that it forked."""
        self.socket.close()
        self.process.kill()
        self.process.wait()


_warm: WarmProcess | None = None
_told_cold = False


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
    """End the warm process."""
    global _warm
    if _warm is not None:
        _warm.stop()
        _warm = None


def _warn(reason: str) -> None:
    global _told_cold
    if not _told_cold:
        _log.warning("kernels start the slow way: %s", reason)
        _told_cold = True


class Forked:
    """A forked kernel with the manners of `subprocess.Popen`, as far as a provisioner needs them."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, descriptor: int) -> None:
        self.pid, self.returncode = pid, None
        self._descriptor = descriptor

    def poll(self) -> int | None:
        """Nothing while it runs; a number that is not 0 afterwards, for its parent alone knows how it ended."""
        if self._descriptor >= 0 and select.select([self._descriptor], [], [], 0)[0]:
            self._close()
        return None if self._descriptor >= 0 else 1

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended."""
        if self._descriptor >= 0:
            if not select.select([self._descriptor], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("kernel", timeout or 0)
            self._close()
        return 1

    def send_signal(self, number: int) -> None:
        """Signal this process and no other that may have got its number since."""
        if self._descriptor >= 0:
            try:
                signal.pidfd_send_signal(self._descriptor, number)
            except ProcessLookupError:
                self._close()

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def _close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1


class WarmProvisioner(LocalProvisioner):
    """Forks a kernel where that can be, and starts an ordinary one where not."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork a kernel for the connection file of the command."""
        try:
            request = _request(cmd, kwargs)
            if _warm is None:
                raise ColdStart("there is no warm process")
            pid, descriptor = await asyncio.to_thread(_warm.fork, request)
        except ColdStart as reason:
            _warn(str(reason))
            return await super().launch_kernel(cmd, **kwargs)
        self.process = Forked(pid, descriptor)  # type: ignore[assignment]
        self.pid, self.pgid = pid, pid  # the kernel said that it leads a group of its own
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def send_signal(self, signum: int) -> None:
        """Signal a forked kernel's group only while the kernel itself is there to own it."""
        if isinstance(self.process, Forked) and self.process.poll() is not None:
            return
        await super().send_signal(signum)


def _request(cmd: list[str], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """What the warm process must know; raises `ColdStart` for a kernel that is not Python's own."""
    if cmd[:1] != [sys.executable] and Path(cmd[0]).name not in ("python", "python3"):
        raise ColdStart(f"{cmd[0]} is no Python of ours")
    if "ipykernel_launcher" not in cmd or "-f" not in cmd:
        raise ColdStart("the kernel is not IPython's")
    arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
    return {"arguments": arguments, "env": dict(kwargs.get("env") or os.environ), "cwd": kwargs.get("cwd")}


# --- the warm process ------------------------------------------------------------------------------------------------


def _main(descriptor: int, hook: str, arguments: list[str]) -> None:
    """Import everything, then fork a kernel for each request, until the owner is gone."""
    line = socket.socket(fileno=descriptor)
    _die_with_parent()
    os.setsid()  # the terminal's Ctrl-C is for the owner, who then ends this process
    prepare = _prepare(hook, arguments)
    for name in STACK:
        try:
            importlib.import_module(name)
        except ImportError:
            print(f"r57: kernels: no module {name}", file=sys.stderr)
    prepare()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    while True:
        _reap()
        ready, _, _ = select.select([line], [], [], 1.0)
        if ready:
            data = line.recv(1 << 20)
            if not data:
                return
            _serve(line, json.loads(data), prepare)


def _prepare(hook: str, arguments: list[str]) -> Any:
    """The hook as a function that never raises: data with errors must not stop the kernels that will say so."""
    if not hook:
        return lambda: None
    module, _, name = hook.partition(":")

    def call() -> None:
        try:
            getattr(importlib.import_module(module), name)(*arguments)
        except Exception:
            traceback.print_exc()

    return call


def _serve(line: socket.socket, request: dict[str, Any], prepare: Any) -> None:
    prepare()
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads > 1:
        line.send(json.dumps({"refused": f"the warm process has {threads} threads, and must have one"}).encode())
        return
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        _become_kernel(request, theirs, {ours.fileno(), line.fileno()})
    theirs.close()
    with ours:
        ours.settimeout(_FORK_SECONDS)
        grouped = ours.recv(1) == b"+"
    if not grouped:
        line.send(json.dumps({"refused": "a forked kernel did not start"}).encode())
        return
    descriptor = os.pidfd_open(pid)
    socket.send_fds(line, [json.dumps({"pid": pid}).encode()], [descriptor])
    os.close(descriptor)


def _reap() -> None:
    """Let ended kernels go."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _become_kernel(request: dict[str, Any], told: socket.socket, close: set[int]) -> NoReturn:
    """In the child: leave everything of the warm process behind, and be a kernel until the end."""
    status = 1
    try:
        parent = os.getppid()
        os.setsid()
        _die_with_parent()
        if os.getppid() != parent:
            os._exit(1)
        for number in close:
            os.close(number)
        told.send(b"+")
        told.close()
        _clean(request)
        _run(request["arguments"])
        status = 0
    except SystemExit as end:
        status = int(end.code or 0) if isinstance(end.code, int | None) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _die_with_parent() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_DEATH_SIGNAL, signal.SIGKILL)


def _clean(request: dict[str, Any]) -> None:
    """The environment, folder, signals and random numbers of a new process."""
    import random

    import numpy as np

    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"] or ".")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    random.seed()
    np.random.seed()
    sys.argv = ["ipykernel_launcher", *request["arguments"]]
    sys.path.insert(0, "") if "" not in sys.path else None


def _run(arguments: list[str]) -> None:
    """IPython's kernel, in a `__main__` that holds nothing of ours."""
    import types

    from ipykernel.kernelapp import IPKernelApp

    sys.modules["__main__"] = types.ModuleType("__main__")
    app = IPKernelApp.instance(parent_handle=os.getppid())  # or it takes itself for one started by hand, and says so
    app.initialize(["--HistoryManager.enabled=False", *arguments])  # type: ignore[no-untyped-call]
    app.start()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
