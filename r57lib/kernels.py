"""Warm kernels: one process imports the stack, and forks a fresh kernel for each session.

A kernel that is forked has nothing to import, and shares the memory of what was imported. The warm process runs no cell
and talks to nobody but its owner; whatever a kernel does to itself, the next one starts clean. What must not happen
before a fork (a second thread, which a drawing or a database would start) is looked for each time: then, and wherever a
fork is not to be had, the kernel is an ordinary one.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
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
import time
import traceback
import types
import weakref
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, NoReturn

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

_log = logging.getLogger("r57.kernels")

_KERNEL = (
    "ipykernel.kernelapp", "ipykernel.debugger", "IPython.core.completerlib", "IPython.core.debugger",
    "IPython.core.logger", "IPython.core.oinspect", "IPython.extensions.storemagic", "jedi", "encodings.idna",
    "faulthandler", "runpy", "tornado.platform.asyncio",
)  # fmt: skip
_CHARTS = (
    "pandas", "pandas.core.methods.to_dict", "pandas.core.reshape.reshape", "pandas.io.formats.string", "altair",
    "jsonschema", "narwhals._interchange.dataframe", "narwhals._pandas_like.dataframe",
    "narwhals._pandas_like.namespace", "narwhals.stable.v1._namespace", "vl_convert",
)  # fmt: skip
_OURS = (
    "ipywidgets", "babel.dates", "babel.numbers", "font_source_sans_pro", "jinja2.ext", "r57lib.dashboard",
    "r57lib.display", "r57lib.figures",
)  # fmt: skip
STACK = (*_KERNEL, *_CHARTS, *_OURS)
"""What a kernel has imported by the time that it has started and shown each notebook once."""

_AS_WARM = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),  # imports start no thread
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the debugger warns of frozen modules, once for each warm process
}
_AT_START = ("PYTHON", "LD_")
"""How the names of variables begin that work when a process starts, and never again."""

_ANSWER_SECONDS = 60
_FAREWELL_SECONDS = 1
_DEATH_SIGNAL, _SUBREAPER = 1, 36  # PR_SET_PDEATHSIG and PR_SET_CHILD_SUBREAPER of prctl(2)


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
                [sys.executable, "-m", "r57lib.kernels", *numbers, *self._hook],
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
        if self.returncode is None and _ready([self._descriptor], milliseconds):
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


def _ready(descriptors: Iterable[int], milliseconds: float | None = None) -> set[int]:
    """Those that can be read or have come to an end; unlike `select.select`, for any number of a descriptor."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(milliseconds)}


# --- the warm process ------------------------------------------------------------------------------------------------


def _main(number: int, owner: int, hook: str, arguments: list[str]) -> None:
    """Import everything, then fork kernels as long as the owner is there to ask, or to use those that there are."""
    line, gone = socket.socket(fileno=number), os.pidfd_open(owner)
    if os.getppid() != owner:
        return
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)  # what a kernel leaves behind comes to us, and can be ended
    signal.signal(signal.SIGTERM, _end_at_once)
    if sys.path[0] in ("", str(Path.cwd())):
        del sys.path[0]  # it is this process's folder, and the kernels have their own
    for name in STACK:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print(f"r57: kernels: {error}", file=sys.stderr)
    prepare = _prepare(hook, arguments)
    prepare()
    requests, kernels, asked = line.makefile("rb"), dict[int, int](), True
    while asked or kernels:
        ready = _ready([gone, *kernels, *([number] if asked else [])])
        if gone in ready:
            return _end_all_but(set())
        for descriptor in ready & kernels.keys():
            os.waitpid(kernels.pop(descriptor), 0)
            os.close(descriptor)
            _end_all_but(set(kernels.values()))
        if number in ready:
            text = b""
            with contextlib.suppress(OSError):  # the owner was killed in the middle of a word
                text = requests.readline()
            asked = text.endswith(b"\n")
            if asked:
                request = json.loads(text)
                prepare(*request.get("prepare", ()))
                _serve(line, request, kernels)


def _end_all_but(kept: set[int]) -> None:
    """Kill every other child of ours, and what it started: orphans become children of ours in their turn."""
    while strays := _children() - kept:
        for pid in strays:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _end_at_once(number: int, frame: object) -> NoReturn:
    """The owner's wish: nothing of ours outlives us."""
    del number, frame
    _end_all_but(set())
    os._exit(0)


def _children() -> set[int]:
    """The children of this process, orphans that it was given among them."""
    return {int(pid) for pid in Path("/proc/self/task", str(os.getpid()), "children").read_text().split()}


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
    warm, pid = os.getpid(), os.fork()
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
        app.start()  # type: ignore[no-untyped-call]
        app.control_thread.join(_FAREWELL_SECONDS)  # closing under its last message, ipykernel would wait for 10 s
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    os._exit(0)  # a strange thread does not keep it
