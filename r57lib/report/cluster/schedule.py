"""Does the jobs of a month on the machines of a dask cluster, with the same results as `pool` has on this one.

A worker is given the data and the notebooks of the month as they are here, and is used only where the same library and
the same versions are installed. A run that was on a worker that is lost is given to another; what a run leaves comes
back, is held against its receipt, and lies in the build folder as if it had been done here.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from r57lib import disk
from r57lib.errors import FailedRun, R57Error
from r57lib.report.cluster.bundle import INPUTS, LARGEST, Storage, packed, require_storage
from r57lib.report.cluster.link import Asked, WorkerLink, difference
from r57lib.report.cluster.worker import installed
from r57lib.report.job import Job, wanted_files, why_stale
from r57lib.report.pool import Result

_log = logging.getLogger("r57.report")

TRIES = 3
"""How many workers may be lost while they do the same run."""

PATIENCE, PATIENCE_REFUSED = 60.0, 5.0
"""Seconds to wait for a worker where there is none, and where there are only such as cannot be used."""

_RECEIVE, _PERFORM = "r57lib.report.cluster.worker:receive", "r57lib.report.cluster.worker:do_run"
_LOOK_SECONDS = 0.5
_READY_SECONDS = 120
_GRACE_SECONDS = 60
_SILENT_SECONDS = 2.0


@dataclass
class _Sent:
    job: Job
    asked: Asked
    place: str


@dataclass
class _Worker:
    """A worker as we know it: it is `greeted`, then `ready` or `refused`; `runs` are those that it is at."""

    address: str
    threads: int
    greeted: Asked | None = None
    ready: bool = False
    refused: bool = False
    runs: list[_Sent] = field(default_factory=list)


class Cluster:
    """The workers of a scheduler; `most` runs at a time, or one for each of their threads where it is 0."""

    def __init__(self, scheduler: str, storage: str, most: int) -> None:
        self._scheduler, self._storage, self._most = scheduler, storage, most

    def __enter__(self) -> Cluster:
        """Connect; raises `WrongCall` or `FailedRun` where that comes to nothing."""
        if self._storage:
            require_storage(Storage(self._storage))
        self._link = WorkerLink(self._scheduler)
        return self

    def __exit__(self, *_: object) -> None:
        self._link.close()

    def results(self, jobs: Sequence[Job], seconds: int) -> Iterator[Result]:
        """Each result as soon as it is there.

        Raises `FailedRun` when the scheduler is lost or no worker comes. Whatever way this is left, the runs that
        are under way are ended.
        """
        if jobs:
            month = _Month(self._link, jobs, seconds, self._storage, self._most)
            try:
                yield from month.results()
            finally:
                month.leave()

    def together(self, task: str, calls: Sequence[list[Any]], job: Job, seconds: int) -> None:
        """Nothing: the first pages of a month are written here."""


class _Month:
    """The jobs of one month, and who is at which of them."""

    def __init__(self, link: WorkerLink, jobs: Sequence[Job], seconds: int, storage: str, most: int) -> None:
        self._link, self._seconds, self._most = link, seconds, most
        self._archive = packed(jobs)
        self._digest = hashlib.sha256(self._archive).hexdigest()
        self._data, self._stems = jobs[0].parameters["data"], sorted({job.stem for job in jobs if job.notebook})
        self._storage = f"{storage.rstrip('/')}/r57-{uuid4().hex[:12]}" if storage else ""
        self._waiting, self._over = deque(jobs), list[Result]()
        self._workers = dict[str, _Worker]()
        self._losses = Counter[str]()
        self._wanted = installed()
        self._looked, self._idle_since, self._said = 0.0, 0.0, False
        if self._storage:
            Storage(self._storage).put(INPUTS, self._archive)
            self._archive = b""
        elif len(self._archive) > LARGEST:
            size = len(self._archive) // 2**20
            raise FailedRun(f"the data are {size} MiB, too much for the scheduler: name a folder with --storage")

    def results(self) -> Iterator[Result]:
        while self._waiting or self._runs():
            if time.monotonic() - self._looked > _LOOK_SECONDS:
                self._look()
            self._hand_out()
            self._collect()
            while self._over:
                yield self._over.pop()

    def leave(self) -> None:
        for worker in self._workers.values():
            for asked in (worker.greeted, *(each.asked for each in worker.runs)):
                if asked is not None:
                    asked.drop()
        if self._storage:
            with suppress(FailedRun):
                Storage(self._storage).drop()

    def _runs(self) -> list[_Sent]:
        return [each for worker in self._workers.values() for each in worker.runs]

    # --- who is there

    def _look(self) -> None:
        """Find out who has come, who has gone, and who does not answer."""
        there = self._link.workers()
        for address in self._workers.keys() - there.keys():
            gone = self._workers.pop(address)
            if gone.runs:
                _log.warning(
                    "worker %s was lost while it was at %s", address, ", ".join(each.job.name for each in gone.runs)
                )
            self._take_back(gone)
        for address in there.keys() - self._workers.keys():
            self._workers[address] = _Worker(address, there[address])
            self._greet(self._workers[address])
        for worker in self._workers.values():
            slow = [each for each in worker.runs if each.asked.seconds() > self._seconds + _GRACE_SECONDS]
            if slow or (worker.greeted is not None and worker.greeted.seconds() > _READY_SECONDS):
                self._refuse(worker, "it does not answer")
        self._require_hope()
        self._looked = time.monotonic()

    def _greet(self, worker: _Worker) -> None:
        about = (self._wanted, self._digest, self._archive, self._storage, self._data, self._stems)
        worker.greeted, worker.ready = self._link.ask(worker.address, _RECEIVE, *about), False

    def _refuse(self, worker: _Worker, reason: str) -> None:
        if not worker.refused:
            _log.warning("worker %s is not used: %s", worker.address, reason)
        worker.refused, worker.ready = True, False
        if worker.greeted is not None:
            worker.greeted.drop()
            worker.greeted = None
        self._take_back(worker)

    def _take_back(self, worker: _Worker) -> None:
        """Let others do what it was at, but for a run that has cost several their lives."""
        for each in worker.runs:
            self._again(each, worker)
        worker.runs = []

    def _again(self, sent: _Sent, worker: _Worker) -> None:
        name, took = sent.job.name, sent.asked.seconds()
        sent.asked.drop()
        self._losses[name] += 1
        if self._losses[name] < TRIES:
            self._waiting.append(sent.job)
        else:
            error = f"its worker was lost {TRIES} times while it ran, at last {worker.address}"
            self._over.append(Result(sent.job, took, error))

    def _require_hope(self) -> None:
        """Wait for a worker that can be used, and not for ever."""
        now = time.monotonic()
        if any(not worker.refused for worker in self._workers.values()):
            self._idle_since, self._said = now, False
            return
        self._idle_since = self._idle_since or now
        waited, where = now - self._idle_since, self._link.address
        if waited > (PATIENCE_REFUSED if self._workers else PATIENCE):
            refused = f"none of the {len(self._workers)} workers of {where} can be used"
            none = f"no worker came to {where} within {PATIENCE:.0f} s; start one: dask worker {where}"
            raise FailedRun(refused if self._workers else none)
        if waited > _SILENT_SECONDS and not self._workers and not self._said:
            _log.warning("waiting for a worker at %s", where)
            self._said = True

    # --- giving and taking

    def _hand_out(self) -> None:
        """Give what waits to whoever is free.

        A run whose worker was lost waits until one has nothing else to do: were it to blame, no other would be lost
        with it.
        """
        while self._waiting and (not self._most or len(self._runs()) < self._most):
            job = next((job for job in self._waiting if not self._losses[job.name]), self._waiting[0])
            free = [worker for worker in self._workers.values() if self._may(worker, job)]
            if not free:
                return
            worker = min(free, key=lambda each: len(each.runs) / each.threads)
            self._waiting.remove(job)
            place = f"{job.name}-{self._losses[job.name]}"
            about = (job.as_dict(), self._digest, self._seconds, self._storage, place)
            worker.runs.append(_Sent(job, self._link.ask(worker.address, _PERFORM, *about), place))

    def _may(self, worker: _Worker, job: Job) -> bool:
        suspect = self._losses[job.name] or any(self._losses[each.job.name] for each in worker.runs)
        return worker.ready and len(worker.runs) < (1 if suspect else worker.threads)

    def _collect(self) -> None:
        """Wait for answers, no longer than until it is time to look again."""
        workers = list(self._workers.values())
        asked = [each.asked for each in self._runs()] + [each.greeted for each in workers if each.greeted is not None]
        left = self._looked + _LOOK_SECONDS - time.monotonic()
        if asked:
            wait([each.answer for each in asked], timeout=max(0, left), return_when=FIRST_COMPLETED)
        else:
            time.sleep(max(0, left))
        for worker in workers:
            if worker.greeted is not None and worker.greeted.answer.done():
                self._greeted(worker, worker.greeted)
            for each in [each for each in worker.runs if each.asked.answer.done()]:
                if each in worker.runs:  # it may have been taken back with another
                    self._ended(worker, each)

    def _greeted(self, worker: _Worker, greeted: Asked) -> None:
        worker.greeted = None
        try:
            differs = difference(greeted.answer.result(), self._wanted)
        except BaseException as error:
            differs = self._why(error)
        greeted.drop()
        worker.ready = not differs
        if differs:
            self._refuse(worker, differs)

    def _ended(self, worker: _Worker, sent: _Sent) -> None:
        try:
            told = sent.asked.answer.result()
        except BaseException as error:
            self._refuse(worker, self._why(error))
            return
        worker.runs.remove(sent)
        if "absent" in told:
            self._again(sent, worker)
            self._greet(worker)
            return
        took = sent.asked.seconds()
        sent.asked.drop()
        self._over.append(Result(sent.job, took, self._laid_down(sent, told)))

    def _why(self, error: BaseException) -> str:
        """The first line of what went wrong there; raises `FailedRun` when it is the scheduler that has gone."""
        self._link.workers()
        said = str(error).splitlines()[:1]
        return ": ".join(said if isinstance(error, R57Error) else [type(error).__name__, *said])

    def _laid_down(self, sent: _Sent, told: dict[str, Any]) -> str:
        """Lay what a run has left into the build folder, its receipt last; why that is no good, or nothing."""
        job, build = sent.job, Path(sent.job.build)
        for name, content in told["files"].items():
            if name in {*wanted_files(job), f"{job.name}.ipynb"}:
                kept = Storage(self._storage).take(f"{sent.place}/{name}") if self._storage else content
                disk.write(build / name, kept)
        if told["error"]:
            return str(told["error"])
        reason = why_stale(job, json.loads(told["receipt"]), build)
        if reason:
            return f"what came back from its worker is not what its receipt says: {reason}"
        disk.write(job.receipt, told["receipt"])
        return ""
