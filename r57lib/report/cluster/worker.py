"""The worker's side of a cluster: does runs as a local batch does them, on a machine that has only the library.

`schedule` calls these functions by their names in the threads of a dask worker. That process never forks: it has
threads, so it starts a clean warm process, and each run is a child of that one. The warm process ends with the worker,
or when nothing was asked of it for a while.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from r57lib.report.cluster.bundle import INPUTS, Storage, at_home, unpack
from r57lib.report.job import Job, library_hash, lock_hash, versions, wanted_files
from r57lib.report.pool import Pool

WORKER_IDLE_SECONDS = 30.0
"""How long a machine keeps its warm process, and its copy of the data, after the last run."""

_loaded = library_hash()  # of what this process works with, whatever lies there later


def installed() -> dict[str, str]:
    """What the bytes of a report depend on beside its inputs, as it is installed here."""
    library = _loaded if library_hash.__wrapped__() == _loaded else "changed since the worker was started"
    return {
        **versions(),
        "distributed": version("distributed"),
        "requirements.lock": lock_hash(),
        "r57lib": library,
    }


def receive(
    wanted: dict[str, str], digest: str, archive: bytes, storage: str, data: str, stems: Sequence[str]
) -> dict[str, str]:
    """Make ready for runs of the inputs with this digest, unless something else is installed here than is `wanted`.

    `data` is the name of the data folder in the archive, `stems` are the notebooks that will be run. Returns what is
    installed. The archive is fetched from the storage where there is one. Raises `FailedRun` when it is not the one
    that was sent.
    """
    found = installed()
    if found == wanted:
        with _turn:
            if digest not in _machines:
                content = Storage(storage).take(INPUTS) if storage else archive
                _machines[digest] = _Machine(digest, content, data, stems)
            _machines[digest].wait()
    return found


def do_run(job: dict[str, Any], digest: str, seconds: int, storage: str, place: str) -> dict[str, Any]:
    """Do a run; its `error`, its `receipt` as text, and its `files`: their bytes, or nothing where they lie in storage.

    `{"absent": True}` where this process knows nothing of the inputs, is about to end, or the run is not wanted any
    more. In the storage the files are under `place`.
    """
    with _at_work(digest) as machine:
        done = machine.run(Job(**job), seconds) if machine is not None else None
    if done is None:
        return {"absent": True}
    told, files = done
    if storage:
        for name, content in files.items():
            Storage(storage).put(f"{place}/{name}", content)
        files = dict.fromkeys(files, b"")
    return told | {"files": files}


# --- what a machine keeps -------------------------------------------------------------------------------------------


class _Machine:
    """A copy of the inputs, and the processes that work from it; `busy` are the runs under way."""

    def __init__(self, digest: str, archive: bytes, data: str, stems: Sequence[str]) -> None:
        worker = _worker()
        self.root = Path(mkdtemp(prefix="r57-", dir=worker.local_directory))
        self.digest, self.folder, self.cache = digest, self.root / "inputs", self.root / "cache"
        self.pool = Pool(self.folder, Path(data), worker.state.nthreads)
        self.pool.expect(stems)
        self.slots, self.busy = set(range(worker.state.nthreads)), 0
        self.timer = threading.Timer(0, self.close)
        try:
            unpack(archive, digest, self.folder)
        except BaseException:
            self.end()
            raise

    def run(self, job: Job, seconds: int) -> tuple[dict[str, Any], dict[str, bytes]] | None:
        """Do a run in a free slot: what came of it, and its files; nothing when it is not wanted any more."""
        with TemporaryDirectory(prefix="run-", dir=self.root) as folder, self._slot() as slot:
            build = Path(folder)
            (build / "receipts").mkdir()
            own = at_home(job, self.folder, build, self.cache)
            result = self.pool.one(own, slot, seconds, _wanted())
            if result is None:
                return None
            receipt = own.receipt.read_text(encoding="utf-8") if own.receipt.exists() else ""
            return {"error": result.error, "receipt": receipt}, dict(_files(job, build))

    @contextmanager
    def _slot(self) -> Iterator[int]:
        with _turn:
            slot = min(self.slots)
            self.slots.remove(slot)
        try:
            yield slot
        finally:
            with _turn:
                self.slots.add(slot)

    def wait(self) -> None:
        """Close after a while, unless there is work."""
        self.timer.cancel()
        self.timer = threading.Timer(WORKER_IDLE_SECONDS, self.close)
        self.timer.daemon = True
        self.timer.start()

    def close(self) -> None:
        """End, unless it was asked for something just now."""
        with _turn:
            if self.busy or threading.current_thread() is not self.timer:
                return
            _machines.pop(self.digest, None)
        self.end()

    def end(self) -> None:
        """End the warm process, and take the copy away."""
        self.pool.__exit__()
        shutil.rmtree(self.root, ignore_errors=True)


_turn = threading.RLock()
_machines: dict[str, _Machine] = {}


@contextmanager
def _at_work(digest: str) -> Iterator[_Machine | None]:
    """The machine for these inputs, which stays meanwhile; nothing where this process has none."""
    with _turn:
        machine = _machines.get(digest)
        if machine is not None:
            machine.busy += 1
    try:
        yield machine
    finally:
        if machine is not None:
            with _turn:
                machine.busy -= 1
                machine.wait()


def _files(job: Job, build: Path) -> Iterator[tuple[str, bytes]]:
    """What a run has left: of one that failed, its notebook as far as it came."""
    for name in sorted({*wanted_files(job), f"{job.name}.ipynb"}):
        with contextlib.suppress(FileNotFoundError):
            yield name, (build / name).read_bytes()


def _wanted() -> Callable[[], bool]:
    """Whether the task that runs in this thread is still asked for: neither cancelled nor its worker about to end."""
    worker = _worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        working = worker.status.name in ("running", "paused")
        return working and task is not None and task.state in ("executing", "long-running", "resumed")

    return wanted


def _worker() -> Any:
    from distributed import get_worker

    return get_worker()
