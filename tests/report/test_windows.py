"""Where the system is not Linux: no fork, no fcntl. Ordinary kernels do the work and say so; the bytes are the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from r57lib.disk import alone
from r57lib.errors import Busy
from tests.batching import Batch
from tests.conftest import DATA, ROOT, run_r57
from tests.serving import project, serving, states, update

pytestmark = pytest.mark.server

WINDOWS = {"PYTHONPATH": os.pathsep.join((str(ROOT / "tests" / "windows"), str(ROOT)))}
SLOW = "this system is not Linux, which forks them"


def on_windows(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A line of Python there."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, **WINDOWS}, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_month_has_the_same_bytes(published: Batch) -> None:
    clean = published.bytes()
    published.clear()
    done = published.command(**WINDOWS)
    assert done.returncode == 0, done.stderr
    said = f"runs start the slow way, some seconds each, with ordinary kernels: {SLOW}"
    assert done.stderr.count(said) == 1
    assert published.bytes() == clean
    assert published.run("--dry-run").stdout.endswith("0 of 2 runs to do\n")


DIES = """
import os, pathlib, sys
mark = pathlib.Path(sys.argv[1])
if mark.exists():
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
mark.touch()
sys.exit("the port is taken")
"""


def test_a_kernel_that_dies_before_its_first_word_is_started_once_more(published: Batch) -> None:
    """Its ports were free when they were chosen, and another process has taken one."""
    spec = published.folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    began = [sys.executable, "-c", DIES, str(published.folder / "mark"), "-m", "ipykernel_launcher"]
    told = {"argv": [*began, "-f", "{connection_file}"], "display_name": "Python 3", "language": "python"}
    spec.write_text(json.dumps(told), encoding="utf-8")
    clean = published.bytes()
    published.clear()
    done = published.command(JUPYTER_PATH=str(published.folder / "jupyter"), **WINDOWS)
    assert done.returncode == 0 and "the port is taken" in done.stderr, done.stderr
    assert published.bytes() == clean


def test_a_run_that_hangs_is_ended_with_what_it_started(published: Batch) -> None:
    published.limits = "{seconds: 20}"
    mark = published.folder / "started"
    hang = f"import subprocess\np = subprocess.Popen(['sleep', '600'])\nopen({str(mark)!r}, 'w').write(str(p.pid))"
    published.write("first", hang, "import time\ntime.sleep(600)")
    done = published.command(**WINDOWS)
    assert done.returncode == 1 and "first.en: ended after 20 s, the limit of a run" in done.stderr
    with suppress(psutil.NoSuchProcess):
        left = psutil.Process(int(mark.read_text(encoding="utf-8")))
        assert left.status() == psutil.STATUS_ZOMBIE  # ended, and nobody there to hear of it


def test_one_writer_at_a_time_who_says_his_name(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    take = "import sys, pathlib; from r57lib.disk import alone\nwith alone(pathlib.Path(sys.argv[1]), 'it'): "
    with subprocess.Popen(
        [sys.executable, "-c", f"{take} print(flush=True); input()", str(lock)],
        env={**os.environ, **WINDOWS}, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as held:  # fmt: skip
        assert held.stdout is not None
        held.stdout.readline()
        second = on_windows(f"{take} print('mine')", lock)
        assert f"it already: process {held.pid} on " in second.stderr and not second.stdout
        held.kill()
    third = on_windows(f"{take} print('mine')", lock)
    assert third.stdout == "mine\n", third.stderr
    with alone(lock, "it"), pytest.raises(Busy, match="it already: process"), alone(lock, "it"):
        raise AssertionError("both have it")  # the same on this system


def test_check_and_a_live_dashboard(tmp_path: Path) -> None:
    assert run_r57("check", "--data", DATA, **WINDOWS).returncode == 0
    root = project(tmp_path, "task_completion")
    with serving(tmp_path, root=root, **WINDOWS) as server:
        page = server.open_page(query="?month=2025-12&language=vi")
        assert "Nghị quyết 57" in page.html and "tháng 12 năm 2025" in page.html
        with page.join() as line:
            line.send(update(page.control("month"), index=0))
            assert [state for widget, state in states(line, page, seconds=40) if "answered" in state]
        assert f"kernels start the slow way: {SLOW}" in server.log
