"""What must be right before the server starts: its data, its token, its address. None of it waits for Voila."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from r57lib.data.load import find_data
from r57lib.disk import read_secret
from r57lib.errors import WrongCall
from r57lib.view.view import open_view


def serve(*, host: str, port: int, sessions: int, token_file: str, data: str) -> None:
    """Serve the dashboards until the process is ended.

    Raises `WrongCall` for an address that is taken or not this machine's, and for a token that others can read, and
    `BadData` for data with errors, which stop the start and not the first visitor.
    """
    folder, token = find_data(data or None).absolute(), _token(token_file)
    open_view(data=folder)
    _require_free(host, port)

    from r57lib.serve.app import run_server
    from r57lib.serve.pages import Site

    root = folder.parent if (folder.parent / "notebooks").is_dir() else Path(__file__).resolve().parents[2]
    site = Site(root / "notebooks", folder, root / "reports")
    run_server(site, host=host, port=port, sessions=sessions, token=token)


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


def _token(file: str) -> str:
    """The token in a file that only its owner can read."""
    token = read_secret("token", file).strip() if file else ""
    if file and len(token) < 16:
        raise WrongCall(f"token file '{file}' holds {len(token)} characters; 16 are the least")
    return token
