"""Passwords and tokens stand in files that nobody else can read, never in a command."""

from __future__ import annotations

import os
from pathlib import Path

from r57lib.errors import WrongCall


def read_secret(what: str, file: str) -> str:
    """What stands in a file that only its owner can read; raises `WrongCall` for any other.

    `what` names it in the message: `token`, `password`.
    """
    path = Path(file)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise WrongCall(f"{what} file '{file}' does not exist or cannot be read")
    if path.stat().st_mode & 0o077:
        raise WrongCall(f"{what} file '{file}' can be read by others; chmod 600 {file}")
    secret = path.read_text(encoding="utf-8", errors="replace").strip("\r\n")
    if not secret:
        raise WrongCall(f"{what} file '{file}' is empty")
    return secret
