"""A Python as on Windows, as far as our code can tell: no fork, no fcntl, no limits, no signals of a clock.

Each process that finds this folder in PYTHONPATH becomes one, and so do all that it starts. What other libraries use of
this system stays: on Windows they have code of their own.
"""

from __future__ import annotations

import builtins
import fcntl
import os
import signal
from types import ModuleType
from typing import Any

_imported = builtins.__import__


def _import(name: str, globals: Any = None, *more: Any, **named: Any) -> Any:
    if str((globals or {}).get("__name__", "")).startswith("r57lib"):
        if name in ("fcntl", "resource"):
            raise ImportError(f"No module named '{name}'")
        if name == "msvcrt":
            return msvcrt
    return _imported(name, globals, *more, **named)


def _locking(descriptor: int, mode: int, count: int) -> None:
    fcntl.lockf(descriptor, mode, count, os.lseek(descriptor, 0, os.SEEK_CUR))


msvcrt: Any = ModuleType("msvcrt")
msvcrt.locking, msvcrt.LK_NBLCK = _locking, fcntl.LOCK_EX | fcntl.LOCK_NB
builtins.__import__ = _import
for module, names in (
    (os, ("fork", "forkpty", "killpg", "pidfd_open", "sched_getaffinity", "O_DIRECTORY")),
    (signal, ("alarm", "SIGALRM")),
):
    for each in names:
        delattr(module, each)
