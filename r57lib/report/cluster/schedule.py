"""Does the jobs of a month on the machines of a dask cluster, with the same results as `pool` has on this one.

A plugin holds the data and the notebooks of the month on each worker, and is of use only where the same library and the
same versions are installed. The scheduler gives out the runs, and those of a worker that is lost to others; what a run
leaves comes back, is held against its receipt, and lies in the build folder as if it had been done here.
"""

from __future__ import annotations

import hashlib
import json
import logging
import platform
import threading
import time
import warnings
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from r57lib import disk
from r57lib.data.load import load_tables
from r57lib.errors import FailedRun, WrongCall
from r57lib.report.cluster.worker import (
    BEAT_SECONDS,
    INPUTS,
    LARGEST,
    Storage,
    difference,
    installed,
    packed,
    require_storage,
)
from r57lib.report.job import Job, may_leave, why_stale
from r57lib.report.pool import Result, remarks

_log = logging.getLogger("r57.report")

RETRIES = 2
"""How often a run that raises on a worker is given to another; of lost workers the scheduler's own count holds."""

PATIENCE, PATIENCE_REFUSED = 60.0, 5.0
"""Seconds to wait for a worker where there is none, and where there are only such as cannot be used."""

_LOOK_SECONDS = 0.5
_READY_SECONDS = 120
_SILENT_SECONDS = 2.0


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
    """The jobs of one month: those that wait, and those that the scheduler has, each by its key."""

    def __init__(self, link: WorkerLink, jobs: Sequence[Job], seconds: int, storage: str, most: int) -> None:
        from r57lib.report.cluster.plugin import Inputs, asking

        self._link, self._seconds, self._most = link, seconds, most
        self._storage = f"{storage.rstrip('/')}/r57-{uuid4().hex[:12]}" if storage else ""
        self._waiting, self._sent = deque(jobs), dict[str, tuple[Job, Any]]()
        self._told = SimpleQueue[Any]()
        self._seen, self._refused, self._ready = dict[str, float](), set[str](), set[str]()
        self._places, self._idle_since, self._said = 0, 0.0, False
        archive = packed(jobs)
        digest = hashlib.sha256(archive).hexdigest()
        if self._storage:
            Storage(storage).drop_dead()
            self._beat = -BEAT_SECONDS
            self._sign()
            Storage(self._storage).put(INPUTS, archive)
            archive = b""
        elif len(archive) > LARGEST:
            size = len(archive) // 2**20
            raise FailedRun(f"the data are {size} MiB, too much for the scheduler: name a folder with --storage")
        stems = sorted({job.stem for job in jobs if job.notebook})
        self._task = asking()
        self._inputs = Inputs(digest, wanted=installed(), archive=archive, storage=self._storage,
                              data=jobs[0].parameters["data"], stems=stems)  # fmt: skip

    def results(self) -> Iterator[Result]:
        client = self._link.client
        client.subscribe_topic("all", lambda event: self._told.put(event[1]))
        threading.Thread(target=self._register, daemon=True).start()
        looked = 0.0
        while self._waiting or self._sent:
            if time.monotonic() - looked > _LOOK_SECONDS:
                self._look()
                looked = time.monotonic()
            self._hand_out()
            with suppress(Empty):
                told = self._told.get(timeout=_LOOK_SECONDS)
                if isinstance(told, dict):
                    self._lost(told)
                elif told in self._sent:
                    yield self._result(*self._sent.pop(told))

    def _sign(self) -> None:
        """Say in the storage, now and then, that this call is alive: the next one removes what dead ones left."""
        if self._storage and time.monotonic() - self._beat > BEAT_SECONDS:
            self._beat = time.monotonic()
            Storage(self._storage).sign()

    def leave(self) -> None:
        client, name = self._link.client, self._inputs.name
        with suppress(Exception):  # of a scheduler that has gone
            client.cancel([future for _, future in self._sent.values()])
            client.unsubscribe_topic("all")
            self._link.call(client.scheduler.unregister_worker_plugin, name=name)
        if self._storage:
            with suppress(FailedRun):
                Storage(self._storage).drop()

    def _register(self) -> None:
        """In a thread: a worker that does not answer must not hold up those that do."""
        with suppress(Exception):  # of a scheduler that has gone
            self._link.client.register_plugin(self._inputs)

    def _look(self) -> None:
        """Find out who is there, and wait for a worker that can be used, though not for ever."""
        self._sign()
        there, now = self._link.workers(), time.monotonic()
        self._seen = {address: self._seen.get(address, now) for address in there}
        said = [told for _, told in self._link.call(self._link.client.scheduler.events, topic=self._inputs.name)]
        silent = [address for address, since in self._seen.items() if now - since > _READY_SECONDS]
        said += [{"worker": address, "reason": "it does not answer"} for address in silent]
        known = (each for each in said if isinstance(each, dict) and {"worker", "reason"} <= each.keys())
        for address, reason in ((str(each["worker"]), str(each["reason"])) for each in known):
            if address in there and address not in self._ready | self._refused:
                (self._refused if reason else self._ready).add(address)
                if reason:
                    _log.warning("worker %s is not used: %s", address, reason)
        self._ready &= there.keys()
        self._places = sum(there[address] for address in self._ready)
        if there.keys() - self._refused:
            self._idle_since, self._said = now, False
            return
        self._idle_since = self._idle_since or now
        waited, where = now - self._idle_since, self._link.address
        if waited > (PATIENCE_REFUSED if there else PATIENCE):
            refused = f"none of the {len(there)} workers of {where} can be used"
            none = f"no worker came to {where} within {PATIENCE:.0f} s; start one: dask worker {where}"
            raise FailedRun(refused if there else none)
        if waited > _SILENT_SECONDS and not there and not self._said:
            _log.warning("waiting for a worker at %s", where)
            self._said = True

    def _lost(self, told: dict[str, Any]) -> None:
        """Say what a worker was at that the scheduler has lost."""
        if told.get("action") == "remove-worker":
            runs = [job.name for key, (job, _) in self._sent.items() if key in told["processing-tasks"]]
            if runs:
                _log.warning("worker %s was lost while it was at %s", told["worker"], ", ".join(runs))

    def _hand_out(self) -> None:
        """Give the scheduler as many as there are places: a worker that comes later would get nothing of a queue."""
        name = self._inputs.name
        while self._waiting and len(self._sent) < min(self._places, self._most or self._places):
            job, key = self._waiting.popleft(), f"r57-{uuid4().hex}"
            future = self._link.client.submit(self._task, name, job.as_dict(), self._seconds, key=key, pure=False,
                                              resources={name: 1}, retries=RETRIES)  # fmt: skip
            self._sent[key] = job, future
            future.add_done_callback(lambda done: self._told.put(done.key))

    def _result(self, job: Job, future: Any) -> Result:
        """What came of a run; raises `FailedRun` when it is the scheduler that has gone."""
        from distributed.scheduler import KilledWorker

        try:
            told = future.result()
        except KilledWorker as error:
            times, last = error.allowed_failures + 1, error.last_worker.address
            return Result(job, 0, f"its worker was lost {times} times while it ran, at last {last}")
        except (Exception, CancelledError) as error:
            self._link.workers()
            return Result(job, 0, f"{type(error).__name__}: {error}".splitlines()[0])
        try:
            wrong = self._laid_down(job, told)
            return Result(job, float(told["seconds"]), wrong, () if wrong else remarks(json.loads(told["receipt"])))
        except (LookupError, TypeError, ValueError, AttributeError):
            return Result(job, 0, "what came back from its worker is no answer")

    def _laid_down(self, job: Job, told: dict[str, Any]) -> str:
        """Lay what a run has left into the build folder, its receipt last; why that is no good, or nothing."""
        build = Path(job.build)
        for name, content in told["files"].items():
            if may_leave(job, name):
                (build / name).parent.mkdir(exist_ok=True)
                kept = Storage(self._storage).take(f"{told['place']}/{name}") if self._storage else content
                disk.write(build / name, kept)
        if told["error"]:
            return str(told["error"])
        now = load_tables(Path(job.folder, job.parameters["data"]))
        reason = why_stale(job, now, json.loads(told["receipt"]), build)
        if reason:
            return f"what came back from its worker is not what its receipt says: {reason}"
        disk.write(job.receipt, told["receipt"])
        return ""


# --- the line to the scheduler ---------------------------------------------------------------------------------------

CONNECT_SECONDS = 5
"""How long a scheduler may take to answer the first time."""

_ANSWER_SECONDS = 10
_FAREWELL_SECONDS = 2
_SCHEMES = ("tcp", "tls")
_PACKAGES = ("dask", "distributed")


class WorkerLink:
    """A connection, from its making to `close`."""

    def __init__(self, address: str) -> None:
        """Raises `WrongCall` for what is no address, and `FailedRun` when nobody answers there who could be used."""
        scheme, found, rest = address.partition("://")
        if not found or scheme not in _SCHEMES or not rest.rpartition(":")[2].isdecimal():
            raise WrongCall(f"'{address}' is no address of a scheduler; write tcp://HOST:PORT or tls://HOST:PORT")
        self.address = address
        self.client = _connected(address)
        try:
            self._require_same_versions()
        except BaseException:
            self.close()
            raise

    def _require_same_versions(self) -> None:
        """A scheduler reads what it passes on."""
        told = self.call(self.client.scheduler.versions, packages=list(_PACKAGES))
        theirs = {name: told["packages"][name] or "is missing" for name in _PACKAGES}
        theirs["Python"] = ".".join(told["host"]["python"].split(".")[:2])
        ours = {name: version(name) for name in _PACKAGES}
        ours["Python"] = ".".join(platform.python_version_tuple()[:2])
        if differs := difference(theirs, ours):
            raise FailedRun(f"the scheduler at {self.address} cannot be used: {differs}")

    def workers(self) -> dict[str, int]:
        """The threads of each worker that is there, by its address. Raises `FailedRun` when the scheduler has gone."""
        return dict(self.call(self.client.scheduler.ncores))

    def call(self, function: Any, **named: Any) -> Any:
        """What the scheduler answers. Raises `FailedRun` when it has gone."""
        if self.client.status == "running":
            with suppress(OSError, TimeoutError):
                return self.client.sync(function, callback_timeout=_ANSWER_SECONDS, **named)
        raise FailedRun(
            f"the scheduler at {self.address} has gone: the month is as it was, and the same call goes on where this "
            "one ended"
        )

    def close(self) -> None:
        """Leave; whatever was asked and not answered is wanted no more."""
        with suppress(Exception):
            self.client.close(timeout=_FAREWELL_SECONDS)


def _connected(address: str) -> Any:
    try:
        from distributed import Client, Security
    except ImportError:
        raise WrongCall(
            "--scheduler needs dask.distributed, which is not installed here: pip install -e '.[cluster]'"
        ) from None
    _hush()
    if address.startswith("tls:"):
        _require_certificates(Security)

    def connect() -> Any:
        make: Any = Client
        return make(address, timeout=CONNECT_SECONDS, set_as_default=False)

    try:
        return _within(2 * CONNECT_SECONDS, connect)
    except Exception as error:
        said = str(error).splitlines()
        reason = said[0] if said else type(error).__name__
        raise FailedRun(f"no scheduler answers at {address}: {reason}") from None


def _require_certificates(security: Any) -> None:
    """Raise `WrongCall` where dask is not told with what to prove who we are: its own message is for programmers."""
    names = "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …__TLS__CLIENT__CERT and …__TLS__CLIENT__KEY"
    try:
        reason = "" if security().get_connection_args("client")["ssl_context"] else "none is named"
    except (OSError, ValueError) as error:
        reason = str(error)
    if reason:
        raise WrongCall(f"tls:// needs certificates ({reason}): name files of PEM in {names}")


def _within(seconds: float, make: Callable[[], Any]) -> Any:
    """What a function returns or raises, or a `TimeoutError`: dask waits for ever for what another server says."""
    made: Future[Any] = Future()

    def call() -> None:
        try:
            made.set_result(make())
        except BaseException as error:
            made.set_exception(error)

    threading.Thread(target=call, daemon=True).start()
    try:
        return made.result(seconds)
    except TimeoutError:
        raise TimeoutError("what is there does not speak as one") from None


def _hush() -> None:
    """Let dask keep to itself what we say in a line of our own."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] in ("distributed", "tornado")]
    for name in (*names, "distributed", "tornado", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module="distributed")  # of versions that differ, too: we look ourselves
