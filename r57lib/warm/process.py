"""A warm process imports the stack and forks: who is forked has nothing to import, and shares the memory of it.

The warm process runs no work itself and talks to nobody but its owner; whatever one fork does to itself, the next one
starts clean. What must not happen before a fork (a second thread, which a drawing or a database would start) is looked
for each time: then there is none, and the reason is said.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psutil

_AS_WARM = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),  # imports start no thread
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the debugger warns of frozen modules, once for each warm process
}
_ANSWER_SECONDS = 60
_PROBE_SECONDS = 2
_AGAIN_SECONDS = 60
"""One that was of use and could not be started again is tried so much later."""
_FAREWELL_SECONDS = 1


class ColdStart(Exception):
    """A kernel cannot be forked; the message says why."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class WarmProcess:
    """The process that forks, as its owner sees it; one that has died is started again if it was of use before."""

    def __init__(self, hook: str = "", arguments: tuple[str, ...] = ()) -> None:
        if not (hasattr(os, "fork") and hasattr(os, "pidfd_open")):
            raise ColdStart("this system is not Linux, which forks them")
        self._hook = (hook, *arguments)
        self._former: list[subprocess.Popen[bytes]] = []
        self._again_at = math.inf  # when one that has ended may be started again
        self._turns = ThreadPoolExecutor(1, "r57-kernels")  # one request at a time: no answer is taken for another
        self._start()

    def _start(self) -> None:
        self.line, theirs = socket.socketpair()
        self.line.settimeout(_PROBE_SECONDS)
        numbers = (str(theirs.fileno()), str(os.getpid()))
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "r57lib.warm.child", *numbers, *self._hook],
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

    def prepare(self, about: Sequence[str]) -> None:
        """Have its hook called with these words, as before a fork: whoever forks next finds it done."""
        self._turns.submit(self._asked, {"prepare": about})

    def _fork(self, request: Mapping[str, Any]) -> Forked:
        told, descriptors = self._asked(request)
        return Forked(int(told["pid"]), descriptors[0])

    def _asked(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], list[int]]:
        """Its answer, with the descriptors that it hands over; raises `ColdStart` where it has none."""
        try:
            if time.monotonic() >= self._again_at and (self.line.fileno() < 0 or self.process.poll() is not None):
                self._again_at = time.monotonic() + _AGAIN_SECONDS
                self._leave()
                self._start()
            self.line.sendall(json.dumps(request).encode() + b"\n")
            answer, descriptors = self._answer()
        except TimeoutError:
            self._leave()
            raise ColdStart("the warm process does not answer") from None
        except OSError:
            answer, descriptors = b"", []
        if not answer:
            raise ColdStart("the warm process has ended")
        self._again_at = 0.0
        told: dict[str, Any] = json.loads(answer)
        if "refused" in told:
            raise ColdStart(told["refused"])
        return told, descriptors

    def _answer(self) -> tuple[bytes, list[int]]:
        """What it says; raises `TimeoutError` when that takes too long, and soon where somebody has stopped it."""
        for _ in range(_ANSWER_SECONDS // _PROBE_SECONDS):
            with contextlib.suppress(TimeoutError):
                return socket.recv_fds(self.line, 65536, 1)[:2]
            if psutil.Process(self.process.pid).status() == psutil.STATUS_STOPPED:
                break
        raise TimeoutError

    def _leave(self) -> None:
        """Ask it no more. It lives on as long as its kernels do, which are not to end for a late answer."""
        self.line.close()
        self._former = [each for each in (*self._former, self.process) if each.poll() is None]

    def stop(self) -> None:
        """End the warm process, and with it every kernel that it forked and all that those have started."""
        self._end()
        self._turns.submit(setattr, self, "_again_at", math.inf)
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
        if self.returncode is None and readable_ends([self._descriptor], milliseconds):
            self.returncode = 1
            self._close()
        return self.returncode


def readable_ends(descriptors: Iterable[int], milliseconds: float | None = None) -> set[int]:
    """Those that can be read or have come to an end; unlike `select.select`, for any number of a descriptor."""
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in poll.poll(milliseconds)}
