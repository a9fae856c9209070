"""Runs jobs side by side, each in a process of its own, and ends those that take too long."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import psutil

from r57lib.disk import read_json, scratch, write
from r57lib.report.job import Job, is_receipt
from r57lib.warm.process import ColdStart, Forked, WarmProcess

_log = logging.getLogger("r57.report")
_GLANCE_SECONDS = 0.01
_AT_ONCE = 2  # artists to begin with, and none more than notebooks: of a month with one run more would be idle


@dataclass(frozen=True)
class Result:
    """How a job ended: without an `error`, its files and its receipt are there; `remarks` stand in its line."""

    job: Job
    seconds: float
    error: str = ""
    remarks: tuple[str, ...] = ()


class Hands(Protocol):
    """Who does the jobs of a month: processes of this machine, or a cluster."""

    def results(self, jobs: Sequence[Job], seconds: int) -> Iterator[Result]:
        """Each result as soon as it is there; of a job that is well, files and receipt lie in its build folder."""

    def together(self, task: str, calls: Sequence[list[Any]], job: Job, seconds: int) -> None:
        """Call a function several times at once, where that can be; otherwise do nothing."""


@dataclass
class _Started:
    job: Job
    slot: int
    process: Forked | subprocess.Popen[bytes]
    since: float

    def seconds(self) -> float:
        return time.monotonic() - self.since


class Pool:
    """Processes forked from a warm one, or ordinary ones where a fork is not to be had, which is said once."""

    def __init__(self, folder: Path, data: Path, jobs: int) -> None:
        self.jobs = jobs
        self._open = contextlib.ExitStack()
        self._sockets = self._open.enter_context(scratch())
        self._artists: dict[int, Future[Forked]] = {}
        self._arguments = (str(folder), str(data))
        self._notebooks = ""
        self._months = list[tuple[str, str]]()
        self._warm: WarmProcess | None = None
        self._cold = ""
        self._turn = threading.Lock()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._warm is not None:
            self._warm.stop()
        self._open.close()

    def results(self, jobs: Sequence[Job], seconds: int) -> Iterator[Result]:
        """Each result as soon as it is there.

        A job that takes longer than `seconds` is ended with all that it started. Whatever way this is left, no
        process of it stays behind.
        """
        if not self._notebooks:
            self.expect(job.stem for job in jobs)
        waiting, running, leaving = deque(jobs), list[_Started](), list[_Started]()
        try:
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    free = min(set(range(self.jobs)) - {each.slot for each in running})
                    running.append(self._start(waiting.popleft(), free))
                    if not waiting:
                        self._next_after(jobs[-1])
                leaving = [each for each in leaving if each.process.poll() is None]
                for each in [each for each in running if _ended(each, seconds)]:
                    running.remove(each)
                    leaving.append(each)
                    yield _result(each, seconds)
                time.sleep(_GLANCE_SECONDS)
        finally:
            for each in (*running, *leaving):
                _end(each.process)

    def expect(self, stems: Iterable[str], months: Iterable[tuple[str, str]] = (), *, sure: bool = False) -> None:
        """Say which notebooks will be run, so that their code is ready, and of which months, each with its day.

        Where it is `sure` that a run will come, all that it needs gets ready from now on.
        """
        self._notebooks = ",".join(sorted(set(stems)))
        self._months = list(months)
        if sure:
            with contextlib.suppress(ColdStart):  # the first run says so
                self._started().prepare(self._months[0])

    def _next_after(self, job: Job) -> None:
        """While the last runs of a month go on, make the next one ready."""
        for (month, _), following in pairwise(self._months):
            if month == job.month and self._warm is not None:
                self._warm.prepare(following)

    def _started(self) -> WarmProcess:
        """The warm process; while it gets ready, those who draw do so, too."""
        if self._warm is None:
            self._warm = WarmProcess("r57lib.report.worker:warm_runs", (*self._arguments, self._notebooks))
            for slot in range(min(self.jobs, _AT_ONCE, self._notebooks.count(",") + 1)):
                self._hire(slot)
        return self._warm

    def one(self, job: Job, slot: int, seconds: int, wanted: Callable[[], bool]) -> Result | None:
        """The result of a single job, for a caller with threads, each with a slot of its own.

        Nothing when the job is not `wanted` any more; its process has ended then, too.
        """
        with self._turn:
            started = self._start(job, slot)
        try:
            while not _ended(started, seconds):
                if not wanted():
                    return None
                time.sleep(_GLANCE_SECONDS)
            return _result(started, seconds)
        finally:
            _end(started.process)

    def together(self, task: str, calls: Sequence[list[Any]], job: Job, seconds: int) -> None:
        """Call a function in as many forked processes as there are calls, and wait for them.

        Nothing happens where there is no warm process; what has come of it, the caller finds out by what is there.
        """
        if self._warm is None or self._cold:
            return
        end = time.monotonic() + seconds
        with contextlib.suppress(ColdStart):
            started = [self._task(task, call, job.folder, _about(job)).result() for call in calls]
            for each in started:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    each.wait(max(0, end - time.monotonic()))
                _end(each)

    def _start(self, job: Job, slot: int) -> _Started:
        job.receipt.unlink(missing_ok=True)
        try:
            return _Started(job, slot, self._fork(job, slot), time.monotonic())
        except ColdStart as reason:
            if not self._cold:
                _log.warning("runs start the slow way, some seconds each, with ordinary kernels: %s", reason)
            self._cold = str(reason)
        return _Started(job, slot, _ordinary(job), time.monotonic())

    def _fork(self, job: Job, slot: int) -> Forked:
        self._started()
        artist = self._artist(slot)
        return self._task("r57lib.report.worker:work", [job.as_dict(), True, artist], job.folder, _about(job)).result()

    def _artist(self, slot: int) -> str:
        """The socket of the process that draws for the runs of a slot."""
        there = self._artists.get(slot)
        if there is None or there.exception() or there.result().poll() is not None:
            self._hire(slot)
        return self._easel(slot)

    def _hire(self, slot: int) -> None:
        path = self._easel(slot)
        Path(path).unlink(missing_ok=True)
        self._artists[slot] = self._task("r57lib.charts.render:draw_on", [path], str(self._sockets), [])

    def _easel(self, slot: int) -> str:
        return str(self._sockets / f"artist-{slot}")

    def _task(self, task: str, arguments: list[Any], cwd: str, about: list[str]) -> Future[Forked]:
        assert self._warm is not None
        request = {"task": task, "arguments": arguments, "prepare": about, "env": dict(os.environ), "cwd": cwd}
        return self._warm.fork(request)


def _about(job: Job) -> list[str]:
    """What the warm process is to have ready for the runs of a month."""
    return [job.month, job.parameters["as_of"]]


def _ordinary(job: Job) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "r57lib.report.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin:
        process.stdin.write(json.dumps(job.as_dict()).encode())
    return process


def _ended(started: _Started, seconds: int) -> bool:
    """A receipt is the last that a run leaves: to take its process apart takes longer than to start the next."""
    return started.job.receipt.exists() or started.process.poll() is not None or started.seconds() > seconds


def _result(started: _Started, seconds: int) -> Result:
    """What the receipt says; a process that ended without one was ended."""
    job, took = started.job, started.seconds()
    if started.process.poll() is None and not job.receipt.exists():
        _end(started.process)
        return Result(job, took, f"ended after {seconds} s, the limit of a run")
    told = read_json(job.receipt)
    if not isinstance(told, dict):
        write(job.receipt, "")  # a full disk or a lost one: no other run would fare better
        return Result(job, took, "its process was killed before it was done (out of memory, or by somebody)")
    if "error" not in told and not is_receipt(told):  # its notebook may write where it likes
        write(job.receipt, "")
        return Result(job, took, "what it left is no receipt of a run")
    return Result(job, took, str(told.get("error", "")), remarks(told))


def remarks(told: Mapping[str, Any]) -> tuple[str, ...]:
    """What a receipt says beside the files: that the run was apart, and what no page shows."""
    said = [told.get("kernel", ""), *(left if isinstance(left := told.get("left_out"), list) else [])]
    return tuple(each for each in said if each and isinstance(each, str))


def _end(process: Forked | subprocess.Popen[bytes]) -> None:
    """End a process and its group; the warm process ends what has left the group."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, 9)
            else:
                for each in psutil.Process(process.pid).children(recursive=True):
                    each.kill()
                process.kill()
    process.wait()
