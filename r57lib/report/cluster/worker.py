"""The worker's side of a cluster: does runs as a local batch does them, on a machine that has only the library.

The process of a dask worker never forks: it has threads, so it starts a clean warm process, and each run is a child of
that one. The warm process ends with the plugin that holds the inputs, or when nothing was asked of it for a while.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import socket
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from uuid import uuid4

import psutil

from r57lib.data.store import INGESTED_FOLDER, RECEIPT, ROWS
from r57lib.disk import as_json
from r57lib.errors import FailedRun, WrongCall
from r57lib.page.published import files_in
from r57lib.report.job import Job, library_hash, lock_hash, may_leave, versions
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

    @contextmanager
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
            return str(folder / _NOTEBOOKS / Path(notebook).name) if notebook else ""

        chapters = [[here(path), digest, given] for path, digest, given in job.chapters]
        return replace(job, notebook=here(job.notebook), chapters=chapters, folder=str(folder), build=str(build),
                       cache=str(self._root / "cache"))  # fmt: skip


def _files(job: Job) -> Iterator[tuple[str, bytes]]:
    """What a run has left: of one that failed, its notebook as far as it came."""
    for name in filter(partial(may_leave, job), files_in(Path(job.build))):
        yield name, Path(job.build, name).read_bytes()


# --- what goes there: a month's data and notebooks as one archive, known by its SHA-256 ------------------------------

LARGEST = 64 * 2**20
"""The bytes of an archive that goes through the scheduler; a larger one needs a storage."""

INPUTS = "inputs.zip"
"""The name of the archive in a storage."""

ALIVE = "alive.json"
"""The name of the sign of life of a call in its folder there."""

BEAT_SECONDS = 60.0
"""How often a call gives it."""

_DEAD_SECONDS = 3600.0
_NOTEBOOKS = "notebooks"
_LEFT_OUT = "sample"  # made-up files to try `r57 ingest` with


def packed(jobs: Sequence[Job]) -> bytes:
    """The data folder and the notebooks of these jobs, as a zip.

    Of what ministries sent it holds the rows and the receipts, and not their own files, which no run reads.
    """
    first, out = jobs[0], io.BytesIO()
    data = Path(first.folder, first.parameters["data"])
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _data_files(data):
            archive.writestr(_member(Path(data.name, path.relative_to(data))), path.read_bytes())
        notebooks = {Path(path) for job in jobs for path, _, _ in job.chapters}
        notebooks |= {Path(job.notebook) for job in jobs if job.notebook}
        modules = {path for folder in {each.parent for each in notebooks} for path in folder.glob("*.py")}
        for path in sorted(notebooks | modules):
            archive.writestr(_member(Path(_NOTEBOOKS, path.name)), path.read_bytes())
    return out.getvalue()


def _member(path: Path) -> zipfile.ZipInfo:
    """A name without the day and the rights of its file: the same files give the same archive."""
    member = zipfile.ZipInfo(path.as_posix())
    member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
    return member


def _data_files(data: Path) -> Iterator[Path]:
    for path in sorted(data.rglob("*")):
        parts = path.relative_to(data).parts
        theirs = parts[0] == INGESTED_FOLDER and path.name not in (RECEIPT, ROWS)
        if path.is_file() and parts[0] != _LEFT_OUT and not theirs and not any(each.startswith(".") for each in parts):
            yield path


def unpack(archive: bytes, digest: str, folder: Path) -> None:
    """Lay the files of an archive into a folder; raises `FailedRun` when its bytes are not those of the digest."""
    found = hashlib.sha256(archive).hexdigest()
    if found != digest:
        raise FailedRun(f"the data that it was given are others: SHA-256 {found[:12]}, and {digest[:12]} was sent")
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(folder)


@dataclass(frozen=True)
class Storage:
    """A folder that every machine reaches by the same address: a path, or any other that fsspec knows, as s3://..."""

    address: str

    def put(self, name: str, content: bytes) -> None:
        """Leave bytes under a name."""
        with self._at(name) as (files, path):
            files.makedirs(path.rpartition("/")[0], exist_ok=True)
            files.pipe_file(path, content)

    def take(self, name: str) -> bytes:
        """The bytes under a name."""
        with self._at(name) as (files, path):
            content: bytes = files.cat_file(path)
        return content

    def drop(self, name: str = "") -> None:
        """Remove what lies under a name, or the whole; nothing where there is none."""
        with self._at(name) as (files, path):
            if files.exists(path):
                files.rm(path, recursive=True)

    def sign(self) -> None:
        """Say in the folder of a call that it is alive: on which machine, as which process, and until when surely."""
        told = {"host": socket.gethostname(), "process": os.getpid(), "until": time.time() + _DEAD_SECONDS}
        self.put(ALIVE, as_json(told).encode())

    def drop_dead(self) -> None:
        """Remove the folders of calls that were killed."""
        with self._at("") as (files, path):
            found = files.ls(path, detail=False) if files.exists(path) else []
        for name in (each.rstrip("/").rpartition("/")[2] for each in found):
            if name.startswith("r57-") and self._is_dead(name):
                self.drop(name)

    def _is_dead(self, name: str) -> bool:
        try:
            told = json.loads(self.take(f"{name}/{ALIVE}"))
            here = told["host"] == socket.gethostname()
            return (here and not psutil.pid_exists(told["process"])) or told["until"] < time.time()
        except (FailedRun, ValueError, LookupError, TypeError):  # one of another version, or one that just begins
            return False

    @contextmanager
    def _at(self, name: str) -> Iterator[tuple[Any, str]]:
        """The file system and a path in it; what its driver raises, of whatever kind, becomes a `FailedRun`."""
        try:
            from fsspec.core import url_to_fs

            files, root = url_to_fs(self.address)
            yield files, f"{root.rstrip('/')}/{name}".rstrip("/")
        except Exception as error:
            said = str(error).splitlines()
            raise FailedRun(f"storage {self.address}: {said[0] if said else type(error).__name__}") from None


def require_storage(storage: Storage) -> None:
    """Raise `WrongCall` for an address that nothing can be left at, with the reason."""
    try:
        storage.put(".r57", b"")
        storage.drop(".r57")
    except FailedRun as error:
        raise WrongCall(str(error)) from None
