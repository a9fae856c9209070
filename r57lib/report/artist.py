"""Draws charts for one run after another: the engine that draws takes longer to start than a page has charts to draw.

An artist is a process that knows nothing but the specification that it is sent. Where it does not answer, the run draws
for itself, and the picture is the same.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from r57lib import display

_SECONDS = 30


def serve(path: str) -> None:
    """Draw what comes to the socket at `path`, until the process is ended."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        while True:
            connection, _ = listener.accept()
            with connection:
                _answer(connection)


def _answer(connection: socket.socket) -> None:
    """One request: a specification and a language as JSON; the answer is a drawing, or nothing."""
    connection.settimeout(_SECONDS)
    try:
        connection.sendall(_drawn(_all(connection)))
    except (OSError, ValueError):  # who asked draws for itself
        return


@lru_cache(maxsize=4096)
def _drawn(question: bytes) -> bytes:
    """A chart that is the same in several pages or months is drawn once."""
    return display.draw(*json.loads(question)).encode()


def _all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(2**20), b""))


def drawing_at(path: str) -> Callable[[dict[str, Any], str], str]:
    """`display.draw`, done by the artist at a socket."""
    draw = display.draw

    def drawn(specification: dict[str, Any], language: str) -> str:
        return _asked(path, [specification, language]) or draw(specification, language)

    return drawn if path and Path(path).is_socket() else draw


def _asked(path: str, question: Any) -> str:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_SECONDS)
            connection.connect(path)
            connection.sendall(json.dumps(question).encode())
            connection.shutdown(socket.SHUT_WR)
            return _all(connection).decode()
    except OSError:
        return ""
