"""What must be right before the server starts: its data and its address. None of it waits for Voila."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from ipaddress import ip_address

from r57lib.data.load import find_data, find_project
from r57lib.errors import WrongCall
from r57lib.view.view import open_view


def serve(*, host: str, port: int, sessions: int, token: str, data: str, to_everyone: bool = False) -> None:
    """Serve the dashboards until the process is ended.

    Raises `WrongCall` for an address that is taken or not this machine's, or that others reach without a token, and
    `BadData` for data with errors, which stop the start and not the first visitor.
    """
    folder = find_data(data or None)
    open_view(data=folder)
    _require_free(host, port)
    if not (token or to_everyone or is_loopback(host)):
        raise WrongCall(
            f"whoever reaches {host} could read every page: give --token-file, or say --open-to-everyone; "
            "a proxy on this machine needs no other address than 127.0.0.1"
        )

    from r57lib.serve.app import run_server
    from r57lib.serve.pages import Site

    site = Site(find_project(folder) / "notebooks", folder, folder.resolve().parent / "reports")
    run_server(site, host=host, port=port, sessions=sessions, token=token)


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
