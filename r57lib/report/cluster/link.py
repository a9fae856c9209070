"""The line to a scheduler of dask.distributed, and who works for it."""

from __future__ import annotations

import contextlib
import logging
import platform
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import Future
from importlib.metadata import version
from typing import Any

from r57lib.errors import FailedRun, WrongCall
from r57lib.report.cluster.worker import difference

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
            with contextlib.suppress(OSError, TimeoutError):
                return self.client.sync(function, callback_timeout=_ANSWER_SECONDS, **named)
        raise FailedRun(
            f"the scheduler at {self.address} has gone: the month is as it was, and the same call goes on where this "
            "one ended"
        )

    def close(self) -> None:
        """Leave; whatever was asked and not answered is wanted no more."""
        with contextlib.suppress(Exception):
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
