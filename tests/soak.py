"""Kills the publishing of a month again and again, while a reader looks at it: `python -m tests.soak --kills 500`.

Then two years of months, by `year.py`.

One process imports everything and forks each attempt, which is killed at a random instant, or ends itself at a random
step: before or after any file is written, renamed, removed or seen onto the disk; then what had not been seen onto the
disk is lost, as after a power cut. The runs themselves are files of a line, for they are not what is looked at here.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from r57lib import disk, open_view
from r57lib.data.periods import VIET_NAM
from r57lib.report.plan import PlanEntry, Spec, make_plan
from r57lib.report.pool import Result
from r57lib.report.publish import publish
from tests.batching import MONTH, Batch, Quick, family, torn
from tests.conftest import DATA

STEPS = ("fsync", "replace", "rename", "unlink", "link", "mkdir", "rmdir", "symlink", "open")
NAMES = ("first", "second", "third")
NOW = datetime(2026, 4, 1, tzinfo=VIET_NAM)


class Silent:
    """Nobody watches."""

    def begins(self, month: str, stale: int, fresh: int) -> None: ...

    def ends(self, result: Result) -> None: ...


class Attempts:
    """Attempts to publish two states of a month in turn."""

    def __init__(self, folder: Path) -> None:
        batch = Batch(folder, {name: ["print(mark)"] for name in NAMES})
        self.reports = batch.reports
        view = open_view(month=MONTH, language="en", data=DATA)
        spec = Spec(tuple(PlanEntry(name, languages=("en",)) for name in NAMES))
        self.plans = [
            make_plan(view, folder / "notebooks", spec=spec, parameters={"mark": mark}) for mark in ("one", "two")
        ]
        self.clean = [self._clean(state) for state in (0, 1)]

    def _clean(self, state: int) -> dict[str, bytes]:
        self.publish(state)
        return self.bytes()

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.reports / MONTH).iterdir()}

    def publish(self, state: int) -> None:
        with Quick(self.reports, DATA, 1) as pool:
            publish(self.plans[state], self.reports, pool, watch=Silent(), now=NOW)

    def attempt(self, state: int, before: Callable[[], None] = lambda: None) -> int:
        """Begin to publish in a process of its own; its number."""
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            try:
                before()
                self.publish(state)
                os._exit(0)
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
                os._exit(1)
        return pid


def end_at(step: int, reports: Path) -> Callable[[], None]:
    """End this process at its n-th step on the disk, and lose what was not seen onto it."""

    def arm() -> None:
        begun, left, safe = time.time_ns(), [step], set[int]()

        def counted(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
            def acted(*arguments: Any, **options: Any) -> Any:
                left[0] -= 1
                if left[0] <= 0:
                    _cut_power(reports, begun, safe)
                done = act(*arguments, **options)
                if name == "fsync":
                    safe.add(os.fstat(arguments[0]).st_ino)
                return done

            return acted

        for name in STEPS:
            setattr(os, name, counted(name, getattr(os, name)))
        exchange = disk._exchange
        disk._exchange = counted("exchange", exchange)

    return arm


def _cut_power(reports: Path, begun: int, safe: set[int]) -> None:
    for path in reports.rglob("*"):
        stat = path.lstat()
        if path.is_file() and not path.is_symlink() and stat.st_mtime_ns >= begun and stat.st_ino not in safe:
            os.truncate(path, 0)
    os._exit(9)


def read_on(reports: Path, said: Path) -> int:
    """A process that looks at the month all the time, and writes down what is wrong with it."""
    pid = os.fork()
    if pid:
        return pid
    looks = 0
    running = [True]
    signal.signal(signal.SIGTERM, lambda number, frame: running.clear())
    while running:
        wrong = torn(reports)
        looks += 1
        time.sleep(0.005)  # or it would take a core for itself
        if wrong:
            with said.open("a", encoding="utf-8") as file:
                file.write(f"{wrong}\n")
    with said.open("a", encoding="utf-8") as file:
        file.write(f"looks {looks}\n")
    os._exit(0)


def soak(kills: int, seed: int, folder: Path) -> tuple[int, int]:
    """Kill as often as asked; how many attempts came to their end before it, and how often the reader looked.

    Raises `AssertionError` for a month that was not whole, a lock that was left, and bytes that differ.
    """
    chance = random.Random(seed)
    attempts = Attempts(folder)
    begun = time.monotonic()
    attempts.publish(0)
    lasts = time.monotonic() - begun
    said = folder / "reader.txt"
    reader = read_on(attempts.reports, said)
    killed = survived = 0
    try:
        while killed < kills:
            state = (killed + survived) % 2
            if chance.random() < 0.5:
                pid = attempts.attempt(state)
                time.sleep(chance.random() * lasts)
                os.kill(pid, signal.SIGKILL)
            else:
                pid = attempts.attempt(state, end_at(chance.randrange(1, 120), attempts.reports))
            _, status = os.waitpid(pid, 0)
            assert status in (0, signal.SIGKILL, 9 << 8), f"attempt {killed + survived} ended with {status}"
            survived += status == 0
            killed += status != 0
            if chance.random() < 0.3:
                _, status = os.waitpid(attempts.attempt(state), 0)
                assert status == 0 and attempts.bytes() == attempts.clean[state], f"after kill {killed}"
    finally:
        os.kill(reader, signal.SIGTERM)
        os.waitpid(reader, 0)
    lines = said.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1, lines[:5]
    return survived, int(lines[0].split()[1])


def soak_command(kills: int, seed: int, folder: Path) -> tuple[int, int]:
    """Kill the real command, its warm process, or a run, at random instants; as `soak` otherwise.

    Raises `AssertionError` also for a process that outlives the command.
    """
    chance = random.Random(seed)
    batch = Batch(folder, {name: ["print(month, mark)"] for name in NAMES})
    clean = []
    for mark in ("two", "one"):
        begun = time.monotonic()
        done = batch.command("-p", f"mark={mark}")
        assert done.returncode == 0, done.stderr
        lasts = time.monotonic() - begun
        clean.insert(0, batch.bytes())
    said = folder / "reader.txt"
    reader = read_on(batch.reports, said)
    survived = 0
    try:
        for number in range(kills):
            mark = ("two", "one")[number % 2]
            process = batch.start("-p", f"mark={mark}")
            time.sleep(chance.random() * lasts)
            children = family(process.pid)
            victims = [process, *children] if chance.random() < 0.6 else [process]
            with contextlib.suppress(psutil.NoSuchProcess):
                chance.choice(victims).kill()
            process.communicate(timeout=120)
            survived += process.returncode == 0
            gone, alive = psutil.wait_procs(children, timeout=3)
            assert not alive, f"kill {number} left {alive}, {len(gone)} are gone"
            if chance.random() < 0.3:
                done = batch.command("-p", f"mark={mark}")
                assert done.returncode == 0, done.stderr
                assert batch.bytes() == clean[mark == "two"], f"after kill {number}"
    finally:
        os.kill(reader, signal.SIGTERM)
        os.waitpid(reader, 0)
    lines = said.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1, lines[:5]
    return survived, int(lines[0].split()[1])


def main() -> None:
    """Run it, and say what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--commands", type=int, default=100, help="kills of the real command, beside those")
    parser.add_argument("--days", type=int, default=120, help="days of two years that are left alone")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    for name, kill, count in (("steps", soak, given.kills), ("command", soak_command, given.commands)):
        if not count:
            continue
        folder = Path(tempfile.mkdtemp(prefix="r57-soak-"))
        try:
            survived, looks = kill(count, given.seed, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(f"{name}: {count} kills, {survived} survived; {looks} looks at the month, each time whole", flush=True)
    if given.days:
        from tests.year import soak_year

        folder = Path(tempfile.mkdtemp(prefix="r57-year-"))
        try:
            print(soak_year(given.days, given.seed, folder), flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
