"""The worker's side of a cluster: does runs as a local batch does them, on a machine that has only the library.

The process of a dask worker never forks: it has threads, so it starts a clean warm process, and each run is a child of
that one. The warm process ends with the plugin that holds the inputs, or when nothing was asked of it for a while.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from uuid import uuid4

from r57lib.errors import FailedRun
from r57lib.report.cluster.bundle import INPUTS, NOTEBOOKS_FOLDER, Storage, unpack
from r57lib.report.job import Job, library_hash, lock_hash, versions, wanted_files
from r57lib.report.pool import Pool

WORKER_IDLE_SECONDS = 30.0
"""How long a machine keeps its warm process, and its copy of the data, after the last run."""

_HASH = 64  # digits of a SHA-256
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


def difference(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """What is installed there and is not what is installed here; nothing where all is the same.

    >>> difference({"pandas": "3.1.0", "r57lib": "5" * 64}, {"pandas": "3.1.1", "r57lib": "7" * 64})
    'pandas 3.1.0 (here 3.1.1), another r57lib'
    """
    told = {name: theirs.get(name, "is missing") for name in ours if theirs.get(name) != ours[name]}
    return ", ".join(
        f"another {name}" if len(there) == _HASH else f"{name} {there} (here {ours[name][:12]})"
        for name, there in told.items()
    )


class Machine:
    """A copy of the inputs, and the processes that work from it; both are made when they are wanted.

    Raises `FailedRun` where something else is installed than is `wanted`, or the archive is not the one with this
    `digest`. `data` is the name of the data folder in it, `stems` are the notebooks that will be run.
    """

    def __init__(self, folder: str, threads: int, *, digest: str, wanted: Mapping[str, str], archive: bytes,
                 storage: str, data: str, stems: Sequence[str]) -> None:  # fmt: skip
        if differs := difference(installed(), wanted):
            raise FailedRun(differs)
        self._place, self._slots, self._digest = folder, set(range(threads)), digest
        self._archive, self._storage, self._data, self._stems = archive, storage, data, stems
        self._busy, self._turn = 0, threading.RLock()
        self._timer = threading.Timer(0, self.close)
        self._pool: Pool | None = None
        self._open()
        self._wait()

    def _open(self) -> Pool:
        if self._pool is None:
            self._root = Path(mkdtemp(prefix="r57-", dir=self._place))
            try:
                unpack(self._archive or Storage(self._storage).take(INPUTS), self._digest, self._root / "inputs")
            except BaseException:
                shutil.rmtree(self._root, ignore_errors=True)
                raise
            self._pool = Pool(self._root / "inputs", Path(self._data), len(self._slots))
            self._pool.expect(self._stems)
        return self._pool

    def close(self) -> None:
        """End the warm process, and take the copy away."""
        with self._turn:
            self._timer.cancel()
            if self._pool is not None and not (self._busy and threading.current_thread() is self._timer):
                self._pool.__exit__()
                self._pool = None
                shutil.rmtree(self._root, ignore_errors=True)

    def _wait(self) -> None:
        self._timer.cancel()
        self._timer = threading.Timer(WORKER_IDLE_SECONDS, self.close)
        self._timer.daemon = True
        self._timer.start()

    def run(self, job: dict[str, Any], seconds: int, wanted: Callable[[], bool]) -> dict[str, Any]:
        """Do a run: its `error`, its `receipt` as text, how many `seconds` it took, and its `files`.

        These are their bytes, or nothing where they lie in the storage, under `place`.
        """
        with self._at_work() as (pool, slot), TemporaryDirectory(prefix="run-", dir=self._root) as folder:
            build = Path(folder)
            (build / "receipts").mkdir()
            own = self._at_home(Job(**job), build)
            result = pool.one(own, slot, seconds, wanted)
            if result is None:
                raise FailedRun(f"{own.name} is not wanted any more")
            receipt = own.receipt.read_text(encoding="utf-8") if own.receipt.exists() else ""
            files, place = dict(_files(own)), f"{own.name}-{uuid4().hex[:8]}"
        if self._storage:
            for name, content in files.items():
                Storage(self._storage).put(f"{place}/{name}", content)
            files = dict.fromkeys(files, b"")
        return {"error": result.error, "seconds": result.seconds, "receipt": receipt, "files": files, "place": place}

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[tuple[Pool, int]]:
        """The processes, which stay meanwhile, and a slot that nobody else has."""
        with self._turn:
            pool, slot = self._open(), min(self._slots)
            self._slots.remove(slot)
            self._busy += 1
        try:
            yield pool, slot
        finally:
            with self._turn:
                self._slots.add(slot)
                self._busy -= 1
                self._wait()

    def _at_home(self, job: Job, build: Path) -> Job:
        """The same job here, where the archive is laid out; it leaves its files in `build`."""
        folder = self._root / "inputs"

        def here(notebook: str) -> str:
            return str(folder / NOTEBOOKS_FOLDER / Path(notebook).name) if notebook else ""

        chapters = [[here(path), digest, given] for path, digest, given in job.chapters]
        return replace(job, notebook=here(job.notebook), chapters=chapters, folder=str(folder), build=str(build),
                       cache=str(self._root / "cache"))  # fmt: skip


def _files(job: Job) -> Iterator[tuple[str, bytes]]:
    """What a run has left: of one that failed, its notebook as far as it came."""
    for name in sorted({*wanted_files(job), f"{job.name}.ipynb"}):
        with contextlib.suppress(FileNotFoundError):
            yield name, Path(job.build, name).read_bytes()
