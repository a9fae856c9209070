"""The store of what was taken in is as before or as after, however a process ends."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from r57lib import disk
from r57lib.data.store import RECEIPT, ROWS
from r57lib.data.tables import Tables
from r57lib.ingest.store import read_rows
from tests.sheets import Desk, task, text_of

KILLS = 40
STEPS = ("fsync", "rename", "mkdir", "rmdir", "unlink", "open", "replace")


def whole(desk: Desk) -> None:
    """Every entry has its receipt, its rows and the file as it came; their numbers leave no gap."""
    entries = desk.store.entries()
    assert [entry.name for entry in entries] == [f"{number:04d}" for number in range(1, len(entries) + 1)]
    for entry in entries:
        receipt = json.loads((entry / RECEIPT).read_text(encoding="utf-8"))
        raw = next(path for path in entry.iterdir() if path.name not in (RECEIPT, ROWS))
        assert hashlib.sha256(raw.read_bytes()).hexdigest() == receipt["sha256"] == raw.stem
        assert len(list(read_rows(entry / ROWS))) == receipt["accepted"] + receipt["repaired"]
        assert receipt["rows_read"] == sum(
            receipt[each] for each in ("accepted", "repaired", "quarantined", "non_data")
        )


def end_before(step: int) -> None:
    """End this process before its n-th step on the disk."""
    left = [step]

    def counted(act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] <= 0:
                os._exit(9)
            return act(*arguments, **options)

        return acted

    for name in STEPS:
        setattr(os, name, counted(getattr(os, name)))


def attempt(desk: Desk, path: Path, before: Callable[[], None]) -> int:
    """Begin to take a file in, in a process of its own; its number."""
    pid = os.fork()
    if pid == 0:
        try:
            before()
            os._exit(0 if desk.take(path).state in ("accepted", "unchanged") else 1)
        except BaseException:
            os._exit(2)
    return pid


def rows_of(mark: str) -> str:
    """A file that no other is like."""
    return text_of([task(f"NV-{number}", f"Lần {mark}") for number in range(150)])


def seconds_of(desk: Desk, mark: str) -> float:
    """How long it takes to take a file in."""
    begun = time.monotonic()
    assert desk.take(rows_of(mark)).state == "accepted"
    return time.monotonic() - begun


@pytest.mark.server
def test_kills_leave_the_store_before_or_after(tmp_path: Path, real_tables: Tables) -> None:
    chance = random.Random(57)
    desk = Desk(tmp_path, real_tables)
    desk.take(text_of([task("NV-0")]))
    lasts = min(seconds_of(desk, mark) for mark in "abc")
    killed = survived = 0
    while killed < KILLS:
        path = desk.file(rows_of(str(killed + survived)), f"{killed + survived}.csv")
        had = len(desk.store.entries())
        if chance.random() < 0.5:
            pid = attempt(desk, path, lambda: None)
            time.sleep(chance.random() * lasts * 1.2)
            os.kill(pid, signal.SIGKILL)
        else:
            pid = attempt(desk, path, partial(end_before, chance.randrange(1, 30)))
        _, status = os.waitpid(pid, 0)
        assert status in (0, signal.SIGKILL, 9 << 8), status
        killed, survived = killed + (status != 0), survived + (status == 0)
        assert len(desk.store.entries()) in (had, had + 1)
        whole(desk)
        if chance.random() < 0.2:
            assert desk.take(path).state in ("accepted", "unchanged")
            whole(desk)
            assert not list(desk.store.folder.glob(".build*"))


def test_a_full_disk_keeps_the_store(tmp_path: Path, real_tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path, real_tables)
    desk.take(text_of([task("NV-0")]))

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(disk, "sync_file", full)
    with pytest.raises(OSError, match="No space left"):
        desk.take(text_of([task("NV-1")]))
    whole(desk)
    assert len(desk.store.entries()) == 1 and not (desk.store.folder / ".build").exists()
    monkeypatch.undo()
    assert desk.take(text_of([task("NV-1")])).state == "accepted"
