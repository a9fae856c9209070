"""What must be right before the server starts: its data and its address. None of it waits for Voila."""

from __future__ import annotations

import errno
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address

from r57lib.data.load import find_data, find_project
from r57lib.errors import WrongCall
from r57lib.view.view import open_view


@dataclass(frozen=True)
class Door:
    """Where the server listens, and whom it lets in."""

    host: str
    port: int
    sessions: int
    token: str = ""
    to_everyone: bool = False
    base: str = "/"
    user_header: str = ""
    embed_from: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise `WrongCall` for what cannot be, or would let in whom nobody meant."""
        if not re.fullmatch(r"/([\w.~-]+/)*", self.base, flags=re.ASCII):
            raise WrongCall(f"--base-url '{self.base}' must begin and end with a slash, as /nq57/")
        if self.user_header and not self.token:
            raise WrongCall(
                "--user-header believes whoever sends it: give --token-file too, and the token to the proxy alone"
            )
        if not re.fullmatch(r"[A-Za-z0-9-]*", self.user_header):
            raise WrongCall(f"--user-header '{self.user_header}' is no name of a header, such as X-Remote-User")
        for origin in self.embed_from:
            if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?", origin):
                raise WrongCall(f"--embed-from '{origin}' is no origin, such as https://portal.gov.vn, without a path")
        _require_free(self.host, self.port)
        if not (self.token or self.to_everyone or is_loopback(self.host)):
            raise WrongCall(
                f"whoever reaches {self.host} could read every page: give --token-file, or say --open-to-everyone; "
                "a proxy on this machine needs no other address than 127.0.0.1"
            )


def serve(door: Door, *, data: str) -> None:
    """Serve the dashboards until the process is ended.

    Raises `WrongCall` for an address that is taken or not this machine's, or that others reach without a token, and
    `BadData` for data with errors, which stop the start and not the first visitor.
    """
    folder = find_data(data or None)
    open_view(data=folder)
    door.check()

    from r57lib.serve.app import run_server
    from r57lib.serve.pages import Site

    site = Site(find_project(folder) / "notebooks", folder, folder.resolve().parent / "reports")
    run_server(site, door)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _require_free(host: str, port: int) -> None:
    """Raise `WrongCall` for an address that cannot be listened on, before anything is started for it."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
    except OSError as error:
        advice = "; choose another with --port" if error.errno == errno.EADDRINUSE else ""
        raise WrongCall(f"cannot listen on {host}, port {port}: {error.strerror}{advice}") from None
