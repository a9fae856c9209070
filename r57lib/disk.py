"""What reaches the disk: files whole or not at all, folders that change places, and one writer at a time."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from r57lib.errors import Busy, WrongCall

try:
    import fcntl
except ImportError:  # Windows: it has locks of its own
    import msvcrt

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # of renameat2(2)
_NOT_TO_BE_HAD = (errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV)
_NO_LINKS = (errno.ENOSYS, errno.EPERM, errno.EACCES, errno.EOPNOTSUPP)
_BEYOND_WORDS = 2**30  # where Windows locks a byte: what is locked cannot be read, and the holder's name is to be
_LOOK_AGAIN_SECONDS = 0.1


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(value: Any) -> str:
    """JSON with one form for one value."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def read_json(path: Path) -> Any:
    """The value in a JSON file; nothing where there is no such file, or none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write(path: Path, content: str | bytes) -> None:
    """Put a file in its place, whole and on the disk, or leave what was there; a text is written as UTF-8."""
    write_all({path: content})


def write_all(contents: Mapping[Path, str | bytes]) -> None:
    """As `write`, for files that belong together: they take their places in this order when all are on the disk."""
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}.new") for path in contents}  # two may write the same
    try:
        for path, content in contents.items():
            with beside[path].open("wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
                file.flush()
                os.fsync(file.fileno())
        for path, new in beside.items():
            new.replace(path)
    except OSError as error:
        for new in beside.values():
            with contextlib.suppress(OSError):
                new.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from None


def link(path: str | Path, beside: str | Path) -> None:
    """Give the bytes of a file another name, or a copy where a system has no two names for one."""
    try:
        os.link(path, beside)
    except OSError:
        shutil.copy2(path, beside)


def sync_file(path: Path) -> None:
    """See the bytes of a file onto the disk."""
    with path.open("rb+") as file:  # Windows refuses it for a file that is open for reading
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """See the names in a folder onto the disk, where a system can be asked to."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_in_place(built: Path, target: Path) -> None:
    """Let a built folder take the place of `target`; what stood there is `built` afterwards, or is gone.

    A reader finds the old folder or the new one at every instant, where the system can exchange two names. Where it
    cannot, `<built>.old` is the old one between two renames, and `settle` puts it back after a crash. A folder that
    cannot be renamed, as one of a lower layer of an overlay, is copied beside and taken away.
    """
    sync_folder(built)
    if not target.exists():
        _move(built, target)
    elif not _exchange(built, target):
        old = built.with_name(f"{built.name}.old")
        _move(target, old)
        _move(built, target)
        shutil.rmtree(old)
    sync_folder(target.parent)
    sync_folder(built.parent)


def settle(built: Path, target: Path) -> None:
    """Put back what a crash between two renames, or while a folder was taken away, has left."""
    old = built.with_name(f"{built.name}.old")
    if _leaving(old).exists():  # the old one is whole, and what is left of the other is not
        shutil.rmtree(target, ignore_errors=True)
        _leaving(old).unlink()
    if old.is_dir():
        if target.exists():
            shutil.rmtree(old)
        else:
            _move(old, target)


def _leaving(copy: Path) -> Path:
    """The sign that a folder is taken away because this copy of it is whole."""
    return copy.with_name(f"{copy.name}.leaving")


def _move(folder: Path, to: Path) -> None:
    """Give a folder another name; where the system copies rather than renames it, by a copy beside."""
    try:
        folder.rename(to)
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
    beside = to.with_name(f".{to.name}.copy")
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(folder, beside, symlinks=True)
    for path in beside.rglob("*"):
        if path.is_file() and not path.is_symlink():
            sync_file(path)
    sync_folder(beside)
    beside.rename(to)
    _leaving(to).touch()
    shutil.rmtree(folder)
    _leaving(to).unlink()


def take_away(folder: Path, aside: Path) -> None:
    """Remove a folder, out of a reader's way in one step where the system can rename it."""
    shutil.rmtree(aside, ignore_errors=True)
    try:
        folder.rename(aside)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        aside = folder
    shutil.rmtree(aside)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; whether this system can."""
    if "fcntl" not in globals():
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_TO_BE_HAD:
        return False
    raise OSError(number, os.strerror(number), str(other))


def point(link: Path, target: str) -> bool:
    """Let a symbolic link point to another name, in one step; whether it does: on some shares there are none."""
    if link.is_symlink() and link.readlink() == Path(target):
        return True
    beside = link.with_name(f".{link.name}.new")
    beside.unlink(missing_ok=True)
    try:
        beside.symlink_to(target)
    except OSError as error:
        if os.name == "posix" and error.errno not in _NO_LINKS:
            raise
        return False
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(link)  # from when there were none
    beside.replace(link)
    sync_folder(link.parent)
    return True


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of this user alone for as long as it is needed; what killed processes of theirs left is removed."""
    import psutil

    for old in Path(tempfile.gettempdir()).glob("r57-*-*"):
        owner = old.name.rpartition("-")[2]
        with contextlib.suppress(OSError):  # another call may be at the same
            own = not hasattr(os, "getuid") or old.lstat().st_uid == os.getuid()
            dead = owner.isdecimal() and not psutil.pid_exists(int(owner))
            if own and dead and old.is_dir() and not old.is_symlink():
                shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="r57-", suffix=f"-{os.getpid()}", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def alone(path: Path, what: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file at `path`; the system lets go of it when its holder ends, however it ends.

    Raises `Busy`, which names the holder, when another has it and `wait` is not asked for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            _lock(file, wait=wait)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                raise
            file.seek(0)
            raise Busy(f"{what} already: {file.read().strip() or 'another process'} holds {path}") from None
        try:
            file.truncate(0)
            os.write(file.fileno(), f"process {os.getpid()} on {socket.gethostname()}".encode())
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from None
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                file.truncate(0)


def _lock(file: IO[str], *, wait: bool) -> None:
    """Lock an open file until it is closed; raises `OSError` when another has it and `wait` is not asked for."""
    if "fcntl" in globals():
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return
    file.seek(_BEYOND_WORDS)
    while True:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
            return
        except OSError:
            if not wait:
                raise
        time.sleep(_LOOK_AGAIN_SECONDS)


def digest(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


# --- Passwords and tokens stand in files that nobody else can read, never in a command ---


def read_secret(what: str, file: str) -> str:
    """What stands in a file that only its owner can read; raises `WrongCall` for any other.

    `what` names it in the message: `token`, `password`.
    """
    path = Path(file)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise WrongCall(f"{what} file '{file}' does not exist or cannot be read")
    if os.name == "posix" and path.stat().st_mode & 0o077:  # elsewhere the bits say nothing of who can read it
        raise WrongCall(f"{what} file '{file}' can be read by others; chmod 600 {file}")
    secret = path.read_text(encoding="utf-8", errors="replace").strip("\r\n")
    if not secret:
        raise WrongCall(f"{what} file '{file}' is empty")
    return secret
