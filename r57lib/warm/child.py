"""The warm process: it imports what a kernel needs, has its owner's hook do the rest, and forks when its owner asks.

It is started by `r57lib.warm.process`, runs no cell and talks to nobody but its owner. What it forks is a kernel, or
another piece of work.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from r57lib.warm.process import ColdStart, readable_ends

_KERNEL = (  # what a kernel has imported by the time that it has started
    "ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.completerlib", "IPython.core.debugger",
    "IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic", "jedi", "encodings.idna",
    "faulthandler", "runpy", "tornado.platform.asyncio",
)  # fmt: skip

_AT_START = ("PYTHON", "LD_")
"""How the names of variables begin that work when a process starts, and never again."""

_FAREWELL_SECONDS = 1
_DEATH_SIGNAL, _SUBREAPER = 1, 36  # PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER of prctl(2)


def _main(number: int, owner: int, hook: str, arguments: list[str]) -> None:
    """Import everything, then fork kernels as long as the owner is there to ask, or to use those that there are."""
    line, gone = socket.socket(fileno=number), os.pidfd_open(owner)
    if os.getppid() != owner:
        return
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)  # what a kernel leaves behind comes to us, and can be ended
    signal.signal(signal.SIGTERM, _end_at_once)
    if sys.path[0] in ("", str(Path.cwd())):
        del sys.path[0]  # it is this process's folder, and the kernels have their own
    for name in _KERNEL:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(f"r57: kernels: {error}", file=sys.stderr)
    prepare = _prepare(hook, arguments)
    prepare()
    requests, kernels, asked = line.makefile("rb"), dict[int, int](), True
    while asked or kernels:
        told = readable_ends([gone, *kernels, *([number] if asked else [])])
        if gone in told:
            return _end_all_but(set())
        for descriptor in told & kernels.keys():
            os.waitpid(kernels.pop(descriptor), 0)
            os.close(descriptor)
            _end_all_but(set(kernels.values()))
        if number in told:
            text = b""
            with contextlib.suppress(OSError):  # the owner was killed in the middle of a word
                text = requests.readline()
            asked = text.endswith(b"\n")
            if asked:
                request = json.loads(text)
                prepare(*request.get("prepare", ()))
                if "env" in request:
                    _serve(line, request, kernels)
                else:
                    with contextlib.suppress(OSError):
                        line.sendall(b"{}")


def _end_all_but(kept: set[int]) -> None:
    """Kill every other child of ours, and what it started: orphans become children of ours in their turn."""
    children = Path("/proc/self/task", str(os.getpid()), "children")
    while strays := set(map(int, children.read_text().split())) - kept:
        for pid in strays:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _end_at_once(number: int, frame: object) -> NoReturn:
    """The owner's wish: nothing of ours outlives us."""
    del number, frame
    _end_all_but(set())
    os._exit(0)


def _prepare(hook: str, arguments: list[str]) -> Callable[..., None]:
    """The hook as a function that never raises: data with errors must not stop the kernels that will say so."""
    module, _, name = hook.partition(":")

    def call(*more: Any) -> None:
        try:
            getattr(importlib.import_module(module), name)(*arguments, *more)
        except Exception:
            traceback.print_exc()

    return call if hook else lambda *more: None


def _serve(line: socket.socket, request: dict[str, Any], kernels: dict[int, int]) -> None:
    """Fork a kernel, note it among `kernels` by its descriptor, and tell the owner of it, or why there is none."""
    try:
        pid = _fork(request)
    except ColdStart as reason:
        with contextlib.suppress(OSError):
            line.sendall(json.dumps({"refused": str(reason)}).encode())
        return
    descriptor = os.pidfd_open(pid)
    kernels[descriptor] = pid
    try:
        socket.send_fds(line, [json.dumps({"pid": pid}).encode()], [descriptor])
    except OSError:
        os.kill(pid, signal.SIGKILL)  # nobody waits for it any more


def _fork(request: dict[str, Any]) -> int:
    """The process of a new kernel, which leads a group of its own. Raises `ColdStart`."""
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise ColdStart("the warm process has several threads, and must have one")
    changed = sorted(_at_start(request["env"]).items() ^ _at_start(os.environ).items())
    if changed:
        raise ColdStart(f"{changed[0][0]} is not that of the warm process")
    told, tell = os.pipe()
    gc.collect()
    gc.freeze()  # the kernels' collectors leave our objects alone, and so their pages shared
    warm = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:  # no memory, or too many processes: those that run are to go on
        os.close(told)
        os.close(tell)
        raise ColdStart(f"the warm process cannot fork: {error.strerror}") from None
    if pid == 0:
        _become_kernel(request, tell, warm)
    os.close(tell)
    with os.fdopen(told, "rb") as pipe:
        said = pipe.read()
    if said != b"+":
        os.waitpid(pid, 0)
        raise ColdStart(f"a forked kernel did not start: {said.decode()}")
    return pid


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(_AT_START)}


# --- the forked kernel -----------------------------------------------------------------------------------------------


def _become_kernel(request: dict[str, Any], tell: int, warm: int) -> NoReturn:
    """In the child: leave everything of the warm process behind, and be a kernel until the end."""
    try:
        _leave_home(warm, tell)
        _clean(request)
        os.write(tell, b"+")
    except BaseException as error:
        os.write(tell, str(error).encode())
        os._exit(1)
    os.close(tell)
    status = 1
    try:
        status = _perform(request) if "task" in request else _run(request["arguments"])
    except BaseException:
        traceback.print_exc()
    threading._shutdown()  # type: ignore[attr-defined]  # as at the end of any Python, but for taking all apart
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _leave_home(warm: int, tell: int) -> None:
    """Lead a group of its own, end with the warm process, and hold nothing of its descriptors but `tell`.

    They are turned to the null device rather than closed: what still owns one of them may close it some day, and must
    not hit a socket that has got its number since.
    """
    os.setsid()
    ctypes.CDLL(None, use_errno=True).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != warm:
        os._exit(1)
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for link in list(Path("/proc/self/fd").iterdir()):
        if int(link.name) > 2 and int(link.name) not in (tell, null) and link.exists():
            os.dup2(null, int(link.name), inheritable=False)
    os.close(null)


def _clean(request: dict[str, Any]) -> None:
    """The environment, folder, signals and random numbers of a new process."""
    import numpy as np

    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a kernel has it between its cells: an early interrupt is no end
    np.random.seed()  # Python's own generator does so by itself
    sys.argv = ["ipykernel_launcher", *request["arguments"]]


def _perform(request: dict[str, Any]) -> int:
    """A function instead of a kernel: `task` is `module:function`, called with the arguments."""
    module, _, name = request["task"].partition(":")
    getattr(importlib.import_module(module), name)(*request["arguments"])
    return 0


def _run(arguments: list[str]) -> int:
    """IPython's kernel, in a `__main__` that holds nothing of ours, until it is asked to end."""
    from ipykernel.kernelapp import IPKernelApp

    sys.modules["__main__"] = types.ModuleType("__main__")
    app = IPKernelApp.instance(parent_handle=1)  # a parent, but none to look for: the system ends us with it
    try:
        app.initialize(["--HistoryManager.enabled=False", *arguments])  # type: ignore[no-untyped-call]
        farewell = app.kernel.do_shutdown

        def leave(restart: bool) -> Any:
            app.log.disabled = (
                True  # a cell that is under way finds its sockets closed, and nobody asks for it any more
            )
            return farewell(restart)

        app.kernel.do_shutdown = leave
        app.start()  # type: ignore[no-untyped-call]
        app.control_thread.join(_FAREWELL_SECONDS)  # closing under its last message, ipykernel would wait for 10 s
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    os._exit(0)  # a strange thread does not keep it
