"""The line to a scheduler of dask.distributed: who works for it, and calls of a function on one of them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import platform
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from importlib.metadata import version
from typing import Any
from uuid import uuid4

from r57lib.errors import FailedRun, WrongCall

CONNECT_SECONDS = 5
"""How long a scheduler may take to answer the first time."""

_ANSWER_SECONDS = 10
_FAREWELL_SECONDS = 2
_SCHEMES = ("tcp", "tls")
_PACKAGES = ("dask", "distributed")

# A function that is sent itself ends a worker that has no such module; one that is looked up there is only not found.
_BY_NAME = "__import__('pkgutil').resolve_name(name)(*arguments)"
_HASH = 64  # digits of a SHA-256


class Asked:
    """A call under way on one worker; `answer` is what it returns, some day."""

    def __init__(self, client: Any, worker: str, function: str, arguments: tuple[Any, ...]) -> None:
        self.since = time.monotonic()
        place = {"workers": [worker], "allow_other_workers": False, "pure": False, "key": f"r57-{uuid4().hex}"}
        self._future = client.submit(eval, _BY_NAME, {"name": function, "arguments": arguments}, **place)
        self.answer: Future[Any] = asyncio.run_coroutine_threadsafe(self._told(client), client.loop.asyncio_loop)

    async def _told(self, client: Any) -> Any:
        return await client.gather(self._future, asynchronous=True)

    def seconds(self) -> float:
        """Since it was asked."""
        return time.monotonic() - self.since

    def drop(self) -> None:
        """Want the answer no more; a run that is under way for it is ended."""
        self.answer.cancel()
        with contextlib.suppress(Exception):  # of a scheduler that has gone
            self._future.cancel()


class WorkerLink:
    """A connection, from its making to `close`."""

    def __init__(self, address: str) -> None:
        """Raises `WrongCall` for what is no address, and `FailedRun` when nobody answers there who could be used."""
        scheme, found, rest = address.partition("://")
        if not found or scheme not in _SCHEMES or not rest.rpartition(":")[2].isdecimal():
            raise WrongCall(f"'{address}' is no address of a scheduler; write tcp://HOST:PORT or tls://HOST:PORT")
        self.address = address
        self._client = _connected(address)
        try:
            self._require_same_versions()
        except BaseException:
            self.close()
            raise

    def _require_same_versions(self) -> None:
        """A scheduler reads what it passes on."""
        told = self._call(self._client.scheduler.versions, packages=list(_PACKAGES))
        theirs = {name: told["packages"][name] or "is missing" for name in _PACKAGES}
        theirs["Python"] = ".".join(told["host"]["python"].split(".")[:2])
        ours = {name: version(name) for name in _PACKAGES}
        ours["Python"] = ".".join(platform.python_version_tuple()[:2])
        if differs := difference(theirs, ours):
            raise FailedRun(f"the scheduler at {self.address} cannot be used: {differs}")

    def workers(self) -> dict[str, int]:
        """The threads of each worker that is there, by its address. Raises `FailedRun` when the scheduler has gone."""
        return dict(self._call(self._client.scheduler.ncores))

    def _call(self, function: Any, **named: Any) -> Any:
        if self._client.status == "running":
            with contextlib.suppress(OSError, TimeoutError):
                return self._client.sync(function, callback_timeout=_ANSWER_SECONDS, **named)
        raise FailedRun(
            f"the scheduler at {self.address} has gone: the month is as it was, and the same call goes on where this "
            "one ended"
        )

    def ask(self, worker: str, function: str, *arguments: Any) -> Asked:
        """Call `module:function` in a thread of this worker and of no other."""
        return Asked(self._client, worker, function, arguments)

    def close(self) -> None:
        """Leave; whatever was asked and not answered is wanted no more."""
        with contextlib.suppress(Exception):
            self._client.close(timeout=_FAREWELL_SECONDS)


def difference(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """What is installed there and is not what is installed here; nothing where all is the same.

    >>> difference({"pandas": "3.1.0", "r57lib": "5" * 64}, {"pandas": "3.1.1", "r57lib": "7" * 64})
    'pandas 3.1.0 (here 3.1.1), another r57lib'
    """
    differs = [name for name in ours if theirs.get(name) != ours[name]]
    return ", ".join(_differs(name, theirs.get(name, "is missing"), ours[name]) for name in differs)


def _differs(name: str, there: str, here: str) -> str:
    return f"another {name}" if len(there) == _HASH else f"{name} {there} (here {here[:12]})"


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
