"""What the machines of a cluster work from: a month's data and notebooks as one archive, known by its SHA-256."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r57lib.data.store import INGESTED_FOLDER, RECEIPT, ROWS
from r57lib.errors import FailedRun, WrongCall
from r57lib.report.job import Job

LARGEST = 64 * 2**20
"""The bytes of an archive that goes through the scheduler; a larger one needs a storage."""

INPUTS = "inputs.zip"
"""The name of the archive in a storage."""

NOTEBOOKS_FOLDER = "notebooks"
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
        for path in sorted(_notebooks(jobs)):
            archive.writestr(_member(Path(NOTEBOOKS_FOLDER, path.name)), path.read_bytes())
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


def _notebooks(jobs: Iterable[Job]) -> set[Path]:
    chapters = {Path(path) for job in jobs for path, _, _ in job.chapters}
    return chapters | {Path(job.notebook) for job in jobs if job.notebook}


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
