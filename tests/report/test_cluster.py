"""A month on the workers of a dask scheduler: real processes, one of them killed, and the bytes of a local run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from r57lib import open_view
from r57lib.errors import WrongCall
from r57lib.report.cluster.schedule import WorkerLink, _Month
from r57lib.report.cluster.worker import Storage, difference, require_storage
from r57lib.report.job import jobs_of
from r57lib.report.plan import make_plan
from tests.batching import MONTH, Batch, family, torn, until
from tests.conftest import DATA, ROOT

pytestmark = pytest.mark.server

PATIENT = 120  # seconds, on a machine that does other things as well
DASK = Path(sys.executable).with_name("dask")
BARRIER = """from pathlib import Path; import os, time
Path({folder!r}, f"at-{{os.getpid()}}").touch()
while not Path({folder!r}, "go").exists(): time.sleep(0.02)"""
"""A cell that says which process it runs in, and goes on when it may; it shows nothing."""


class Machines:
    """A scheduler, and workers that come and go."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.all = folder, list[subprocess.Popen[bytes]]()
        file = folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file))
        self.scheduler = self._start("scheduler", *options, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="2")
        until(lambda: file.exists() and file.read_text(encoding="utf-8"), PATIENT)
        self.address: str = json.loads(file.read_text(encoding="utf-8"))["address"]

    def _start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{arguments[0]}-{len(self.all)}.log").open("wb") as log:
            self.all.append(subprocess.Popen(
                [DASK, *arguments, "--no-dashboard"], cwd=self.folder, stdout=log, stderr=log,
                env={**os.environ, **environment},
            ))  # fmt: skip
        return self.all[-1]

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """One more, which does one run at a time."""
        folder = self.folder / f"worker-{len(self.all)}"
        options = ("--no-nanny", "--nthreads", "1", "--local-directory", str(folder))
        return self._start("worker", self.address, *options, **environment)

    def end(self) -> None:
        for each in self.all:
            each.kill()
        for each in self.all:
            each.wait()


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    made = Machines(tmp_path_factory.mktemp("machines"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """A plan with a page of the project's own and two that wait for a sign."""
    folder = tmp_path_factory.mktemp("batch")
    barrier = BARRIER.format(folder=str(folder))
    made = Batch(folder, {"first": [barrier, "print(month)"], "third": [barrier], "data_quality": []})
    shutil.copy(ROOT / "notebooks" / "data_quality.ipynb", folder / "notebooks" / "data_quality.ipynb")
    return made


@pytest.fixture(scope="module")
def local(batch: Batch) -> dict[str, str]:
    """The bytes that the month has when it is run here; its runs wait for nothing."""
    sign = batch.folder / "go"
    sign.touch()
    done = batch.run()
    assert done.returncode == 0, done.stderr
    bytes_ = batch.bytes()
    batch.clear()
    for path in (sign, *batch.folder.glob("at-*")):
        path.unlink()
    return bytes_


def waiting(batch: Batch) -> set[int]:
    """The runs that have begun and not ended."""
    pids = {int(path.name.removeprefix("at-")) for path in batch.folder.glob("at-*")}
    return {pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE}


def test_without_a_scheduler_a_line(batch: Batch) -> None:
    done = batch.run("--scheduler", "tcp://127.0.0.1:9")
    assert done.returncode == 1 and done.stdout == "" and not batch.published.exists()
    assert done.stderr.startswith("r57: error: no scheduler answers at tcp://127.0.0.1:9: ")
    assert done.stderr.count("\n") == 1


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(WrongCall, match="'localhost:8786' is no address of a scheduler; write tcp://HOST:PORT or tls:"):
        WorkerLink("localhost:8786")
    with pytest.raises(WrongCall, match="storage nosuch://x: Protocol not known: nosuch"):
        require_storage(Storage("nosuch://x"))


def test_what_differs_is_named() -> None:
    ours = {"python": "3.11.7", "pandas": "3.1.1", "r57lib": "a" * 64}
    assert difference(ours, ours) == ""
    theirs = {"python": "3.12.1", "r57lib": "b" * 64}
    assert difference(theirs, ours) == "python 3.12.1 (here 3.11.7), pandas is missing (here 3.1.1), another r57lib"


@pytest.mark.parametrize(
    "told", [None, [], {"files": 3}, {"files": {}, "error": "", "seconds": "x", "receipt": "{"}, {"files": {"a": 1}}]
)
def test_a_worker_that_answers_nonsense_has_failed_the_run(batch: Batch, told: object) -> None:
    plan = make_plan(open_view(month=MONTH, data=DATA), batch.folder / "notebooks", only=["first"])
    month, answered = _Month.__new__(_Month), SimpleNamespace(result=lambda: told)
    month._storage = ""
    assert (
        month._result(jobs_of(plan, batch.reports)[0], answered).error == "what came back from its worker is no answer"
    )


def left(storage: Path, name: str, **told: object) -> Path:
    """The folder of a call in a storage, with its sign of life."""
    folder = storage / name
    folder.mkdir(parents=True)
    (folder / "inputs.zip").write_bytes(b"data")
    alive = {"host": socket.gethostname(), "process": os.getpid(), "until": time.time() + 60} | told
    (folder / "alive.json").write_text(json.dumps(alive), encoding="utf-8")
    return folder


def test_the_next_call_removes_what_a_killed_one_left_in_the_storage(tmp_path: Path) -> None:
    """One of this machine whose process is gone, and one of another that gives no sign of life; no other folder."""
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    dead = left(tmp_path, "r57-dead", process=ended.pid), left(tmp_path, "r57-silent", host="other", until=0)
    alive = left(tmp_path, "r57-alive"), left(tmp_path, "r57-far", host="other", process=ended.pid)
    others = left(tmp_path, "backup", process=ended.pid), tmp_path / "r57-other-version"
    others[1].mkdir()
    Storage(f"file://{tmp_path}").drop_dead()
    assert [each.exists() for each in (*dead, *alive, *others)] == [False, False, True, True, True, True]
    Storage(str(tmp_path / "nothing")).drop_dead()


def test_a_worker_with_other_data_or_another_library_is_not_used(batch: Batch, machines: Machines) -> None:
    """The month waits for workers; what it has left in the storage for them is replaced before the first comes."""
    storage, other = batch.folder / "storage", machines.folder / "other"
    left(storage, "r57-killed", host="other", until=0)
    shutil.copytree(ROOT / "r57lib", other / "r57lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.lock", other)
    with (other / "r57lib" / "adoption.py").open("a", encoding="utf-8") as file:
        file.write("# another\n")
    command = batch.start("--scheduler", machines.address, "--storage", str(storage))
    until(lambda: any(map(zipfile.is_zipfile, storage.glob("*/inputs.zip"))), PATIENT)
    (archive,) = storage.glob("*/inputs.zip")
    assert json.loads(archive.with_name("alive.json").read_text(encoding="utf-8"))["process"] == command.pid
    with zipfile.ZipFile(archive.with_name("new"), "w") as strange:
        strange.writestr("data/agencies.csv", "other")
    archive.with_name("new").replace(archive)
    workers = [machines.worker(), machines.worker(PYTHONPATH=str(other))]
    _, said = command.communicate(timeout=PATIENT)
    for each in workers:
        each.kill()
    assert command.returncode == 1 and not batch.published.exists()
    assert " is not used: the data that it was given are others: SHA-256 " in said
    assert " is not used: another r57lib\n" in said
    assert f"r57: error: none of the 2 workers of {machines.address} can be used\n" in said
    assert list(storage.iterdir()) == []


def test_a_run_that_costs_three_workers_has_failed(batch: Batch, machines: Machines, tmp_path: Path) -> None:
    """Their warm process ends them as soon as the run wants one."""
    code = "import os, sys\nif 'r57lib.warm.child' in sys.orig_argv: os.kill(os.getppid(), 9)\n"
    (tmp_path / "sitecustomize.py").write_text(code, encoding="utf-8")
    workers = [machines.worker(PYTHONPATH=str(tmp_path)) for _ in range(3)]
    done = batch.command("--scheduler", machines.address, "--notebook", "first")
    assert done.returncode == 1 and all(each.wait(5) == -signal.SIGKILL for each in workers)
    assert done.stderr.count(" was lost while it was at first.en\n") == 3
    assert f"r57: error: {MONTH} first.en: its worker was lost 3 times while it ran, at last tcp://" in done.stderr
    assert f"{MONTH}: not published" in done.stderr


def test_a_month_survives_the_death_of_a_worker(batch: Batch, machines: Machines, local: dict[str, str]) -> None:
    doomed = machines.worker(), machines.worker()
    command = batch.start("--scheduler", machines.address, "--storage", f"file://{batch.folder / 'storage'}")
    until(lambda: len(waiting(batch)) == 2, PATIENT)
    (run,) = {each.pid for each in family(doomed[0].pid)} & waiting(batch)
    doomed[0].kill()
    until(lambda: run not in waiting(batch))
    (batch.folder / "go").touch()
    _, said = command.communicate(timeout=PATIENT)
    assert command.returncode == 0, said
    assert said.count(" was lost while it was at ") == 1 and said.count("\n") == 5
    assert len(list(batch.folder.glob("at-*"))) == 3
    assert torn(batch.reports) == "" and batch.bytes() == local
    assert list((batch.folder / "storage").iterdir()) == []


def test_output_comes_through_the_scheduler_as_well(batch: Batch, machines: Machines, local: dict[str, str]) -> None:
    """Where no storage is named; on the worker that is left."""
    done = batch.run("--scheduler", machines.address, "--force")
    assert done.returncode == 0, done.stderr
    assert batch.bytes() == local


@pytest.mark.parametrize("ending", ["interrupt", "scheduler"])
def test_an_end_in_mid_run_releases_the_workers(
    batch: Batch, machines: Machines, local: dict[str, str], ending: str
) -> None:
    """On the worker that is left; the published month stays, whoever ends, and the runs that are under way end."""
    for path in (batch.folder / "go", *batch.folder.glob("at-*")):
        path.unlink(missing_ok=True)
    command = batch.start("--scheduler", machines.address, "--force")
    until(lambda: waiting(batch), PATIENT)
    machines.scheduler.kill() if ending == "scheduler" else command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=PATIENT)
    until(lambda: not waiting(batch))
    assert torn(batch.reports) == "" and batch.bytes() == local
    if ending == "scheduler":
        gone = f"r57: error: the scheduler at {machines.address} has gone: the month is as it was, "
        assert command.returncode == 1 and said.splitlines()[-1].startswith(gone)
    else:
        assert command.returncode == 130 and "Traceback" not in said
