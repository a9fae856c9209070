"""Warm kernels as their users meet them: real processes, killed and interrupted for real."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from jupyter_client.manager import AsyncKernelManager, KernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from r57lib.warm import kernels, process
from tests.conftest import DATA, ROOT

pytestmark = pytest.mark.server

SECONDS = 60
Start = Callable[..., "Kernel"]


class Kernel:
    """A kernel and a client of its own."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client = manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)

    @property
    def pid(self) -> int:
        provisioner: Any = self.manager.provisioner
        return int(provisioner.pid)

    @property
    def forked(self) -> bool:
        return kernels._warm is not None and psutil.Process(self.pid).ppid() == kernels._warm.process.pid

    def run(self, code: str) -> str:
        """What a cell prints; its error is the test's."""
        told: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            told.append(content.get("text", "") or "\n".join(content.get("traceback", [])))

        reply = self.client.execute_interactive(code, output_hook=hear, timeout=SECONDS)
        assert reply["content"]["status"] == "ok", "".join(told)
        return "".join(told).strip()

    def alive(self) -> bool:
        return bool(self.manager.is_alive())


@pytest.fixture(scope="module", autouse=True)
def as_before() -> Iterator[None]:
    factory = KernelProvisionerFactory.instance()
    former = factory.default_provisioner_name
    yield
    kernels.stop()
    factory.default_provisioner_name = former


@pytest.fixture
def warm() -> kernels.WarmProcess:
    """The warm process that tests share; a new one after a test that had one of its own."""
    shared: kernels.WarmProcess | None = getattr(warm_shared, "process", None)
    if shared is None or kernels._warm is not shared:
        kernels.warm_provisioning("r57lib.figures.registry:import_stack")
        assert kernels._warm is not None
        shared = warm_shared.process = kernels._warm
    return shared


class warm_shared:
    process: kernels.WarmProcess | None = None


@pytest.fixture
def sockets() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="r57-") as folder:  # pytest's own names are too long for a socket
        yield Path(folder)


@pytest.fixture
def start(sockets: Path) -> Iterator[Start]:
    with starting(sockets) as make:
        yield make


@contextmanager
def starting(sockets: Path) -> Iterator[Start]:
    """Starts kernels, and ends those that are left."""
    started: list[Kernel] = []

    def make(*, transport: str = "ipc", **arguments: Any) -> Kernel:
        manager = KernelManager(kernel_name="python3", transport=transport)
        if transport == "ipc":
            manager.ip = str(sockets / f"kernel-{len(started)}")
        manager.start_kernel(**arguments)
        started.append(Kernel(manager))
        return started[-1]

    yield make
    for kernel in started:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)


def until(true: Callable[[], object], *, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def hook(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> str:
    (folder / "r57_test_hook.py").write_text(f"def call(*arguments):\n    {body}\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return "r57_test_hook:call"


# --- a kernel like any other -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["ipc", "tcp"])
def test_a_kernel_is_forked_and_answers(warm: kernels.WarmProcess, start: Start, transport: str) -> None:
    kernel = start(transport=transport)
    assert kernel.forked
    assert kernel.run("import sys; print('pandas' in sys.modules, 'r57lib.figures' in sys.modules)") == "True True"
    assert kernel.run("print(6 * 7)") == "42"
    assert os.getpgid(kernel.pid) == os.getsid(kernel.pid) == kernel.pid


def test_nothing_of_ours_is_in_the_way(warm: kernels.WarmProcess, start: Start) -> None:
    kernel = start()
    names = "[n for n in globals() if n[0] != '_' and n not in ('In', 'Out', 'get_ipython', 'exit', 'quit', 'open')]"
    assert kernel.run(f"print({names})") == "[]"
    assert kernel.run("import __main__; print(hasattr(__main__, 'WarmProcess'))") == "False"
    assert kernel.run("import threading; print(threading.current_thread() is threading.main_thread())") == "True"
    assert kernel.run("import signal; print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)") == "True"


def test_environment_and_folder_are_those_asked_for(
    warm: kernels.WarmProcess, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("R57_OF_THE_SERVER", "no")
    env = {name: value for name, value in os.environ.items() if name != "R57_OF_THE_SERVER"}
    big = "Ă" * 90_000
    kernel = start(env={**env, "QUERY_STRING": "lead=MOST", "TZ": "Asia/Ho_Chi_Minh", "A": big, "B": big}, cwd=tmp_path)
    assert kernel.forked
    assert kernel.run("import os; print(os.environ['QUERY_STRING'], 'R57_OF_THE_SERVER' in os.environ)") == (
        "lead=MOST False"
    )
    assert kernel.run("print(len(os.environ['A']), 'OPENBLAS_NUM_THREADS' in os.environ)") == (
        f"90000 {'OPENBLAS_NUM_THREADS' in os.environ}"
    )
    assert kernel.run("import time; print(time.tzname[0], os.getcwd())") == f"+07 {tmp_path}"


def test_a_folder_that_is_not_there_is_the_callers_mistake(warm: kernels.WarmProcess, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        KernelManager(kernel_name="python3").start_kernel(cwd=str(tmp_path / "nowhere"))
    until(lambda: not psutil.Process(warm.process.pid).children())


def test_a_kernel_draws(warm: kernels.WarmProcess, start: Start) -> None:
    kernel = start(cwd=str(ROOT))
    code = f"""
import altair as alt, pandas as pd
from r57lib import display, figures, open_view
from r57lib.charts import render
view = open_view(data={str(DATA)!r})
display.show(figures.headlines(view))
assert len(figures.task_status(view)._repr_html_()) > 9000
chart = alt.Chart(pd.DataFrame({{"x": [1, 2]}})).mark_point().encode(x="x:Q")
print("svg:", str(render.static_svg(render.draw(chart.to_dict(), "en"), "x"))[:4])
"""
    assert kernel.run(code).endswith("svg: <svg")


# --- apart -----------------------------------------------------------------------------------------------------------


def test_what_one_kernel_does_the_others_do_not_see(warm: kernels.WarmProcess, start: Start) -> None:
    first, second = start(), start()
    first.run("import os, pandas; pandas.R57 = 1; os.environ['R57'] = '1'; os.chdir('/')")
    seen = "import os, pandas; print(hasattr(pandas, 'R57'), 'R57' in os.environ, os.getcwd())"
    expected = f"False False {Path.cwd()}"
    assert second.run(seen) == start().run(seen) == expected


@pytest.mark.parametrize("end", ["import os; os._exit(3)", "import ctypes; ctypes.string_at(0)"])
def test_a_crash_is_seen_and_stays_alone(warm: kernels.WarmProcess, start: Start, end: str) -> None:
    first, second = start(), start()
    first.client.execute(end)
    until(lambda: not first.alive(), seconds=30)
    assert second.run("print(1)") == start().run("print(1)") == "1"
    assert warm.process.poll() is None


def test_kernels_started_at_once_all_answer_each_with_its_own(warm: kernels.WarmProcess, sockets: Path) -> None:
    async def one(number: int) -> tuple[str, ...]:
        manager = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=str(sockets / f"at-once-{number}"))
        await manager.start_kernel(env={**os.environ, "R57_NUMBER": str(number)})
        client = manager.client()
        client.start_channels()
        try:
            await client.wait_for_ready(timeout=SECONDS)
            code = "import os, random, uuid, numpy; (os.environ['R57_NUMBER'], os.getpid(), random.random(), "
            expression = {"seen": code.split("; ")[1] + "numpy.random.rand(), uuid.uuid4().hex)"}
            reply: Any = await client.execute_interactive(
                code.split(";")[0], user_expressions=expression, output_hook=lambda _: None, timeout=SECONDS
            )
            seen = eval(reply["content"]["user_expressions"]["seen"]["data"]["text/plain"])
            provisioner: Any = manager.provisioner
            assert seen[:2] == (str(number), provisioner.pid)
            assert psutil.Process(provisioner.pid).ppid() == warm.process.pid
            return tuple(seen)
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)

    async def all_of_them() -> list[tuple[str, ...]]:
        return await asyncio.gather(*map(one, range(8)))

    with ThreadPoolExecutor(1) as thread:  # a loop of its own: Playwright keeps one in the tests' thread
        seen = thread.submit(asyncio.run, all_of_them()).result()
    for values in zip(*seen, strict=True):
        assert len(set(values)) == 8


def test_a_kernel_holds_nothing_of_the_warm_process(warm: kernels.WarmProcess, start: Start) -> None:
    start()  # another, whose descriptor the warm process holds at the time of the fork
    pid = start().pid
    held = {link.readlink() for link in Path(f"/proc/{warm.process.pid}/fd").iterdir() if int(link.name) > 2}
    assert any(link.name.startswith("socket:") for link in held)
    assert not held & {link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir() if int(link.name) > 2}


# --- signals and ends ------------------------------------------------------------------------------------------------


def test_interrupt(warm: kernels.WarmProcess, start: Start) -> None:
    kernel = start()
    sleep = "import time; print('begun', flush=True); time.sleep(60)"
    kernel.client.execute(sleep, stop_on_error=False)  # or the cell after it may be dropped, as after any error
    while kernel.client.get_iopub_msg(timeout=SECONDS)["msg_type"] != "stream":
        pass
    kernel.manager.interrupt_kernel()
    reply = kernel.client.get_shell_msg(timeout=SECONDS)["content"]
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert kernel.run("print('still here')") == "still here"


def test_an_interrupt_before_the_first_cell_is_no_end(warm: kernels.WarmProcess, sockets: Path) -> None:
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(sockets / "early"))
    manager.start_kernel()
    manager.interrupt_kernel()
    kernel = Kernel(manager)
    assert kernel.run("print(1)") == "1"
    kernel.client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_restart(warm: kernels.WarmProcess, start: Start) -> None:
    kernel = start()
    kernel.run("x = 1")
    former = kernel.pid
    kernel.manager.restart_kernel()
    kernel.client.wait_for_ready(timeout=SECONDS)
    assert kernel.forked
    assert kernel.pid != former
    assert gone(former)
    assert kernel.run("print('x' in globals())") == "False"


def test_a_kernel_asked_to_end_says_farewell_and_tidies_up(
    warm: kernels.WarmProcess, start: Start, tmp_path: Path
) -> None:
    kernel = start()
    file = tmp_path / "tidy"
    kernel.run(f"import atexit, pathlib; atexit.register(pathlib.Path({str(file)!r}).touch)")
    began = time.monotonic()
    reply = kernel.client.shutdown(reply=True, timeout=SECONDS)
    assert reply["content"]["status"] == "ok"
    until(lambda: not kernel.alive(), seconds=30)
    assert time.monotonic() - began < 8, "as long as ipykernel would wait for its control channel"
    assert file.exists()


def test_a_kernel_that_is_asked_to_end_in_a_cell_says_nothing_of_it(
    warm: kernels.WarmProcess, start: Start, tmp_path: Path
) -> None:
    """As when a server ends while it makes its pages: what was under way finds its sockets closed."""
    del warm
    heard = tmp_path / "heard"
    kernel = start()
    kernel.run(f"import os, sys\nos.dup2(os.open({str(heard)!r}, os.O_CREAT | os.O_WRONLY), 2)")
    busy = tmp_path / "busy"
    kernel.client.execute(f"open({str(busy)!r}, 'w').close()\nimport time\ntime.sleep(1)")
    until(busy.exists)
    pid = kernel.pid
    kernel.manager.shutdown_kernel()
    until(lambda: gone(pid))
    assert heard.read_text(encoding="utf-8") == ""


def test_a_killed_kernel_is_missed(warm: kernels.WarmProcess, start: Start) -> None:
    kernel = start()
    os.kill(kernel.pid, signal.SIGKILL)
    until(lambda: not kernel.alive())


def test_no_zombie_and_no_descriptor_is_left(warm: kernels.WarmProcess, sockets: Path) -> None:
    ours, theirs = Path("/proc/self/fd"), Path(f"/proc/{warm.process.pid}/fd")
    with starting(sockets) as start:
        start()
    until(lambda: not psutil.Process(warm.process.pid).children())
    before = len(list(theirs.glob("*")))
    managers = []
    for number in range(10):
        manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(sockets / f"many-{number}"))
        manager.start_kernel()
        managers.append(manager)
    assert len(psutil.Process(warm.process.pid).children()) == 10
    for manager in managers:
        manager.shutdown_kernel(now=True)
    until(lambda: not psutil.Process(warm.process.pid).children())
    links = [link.readlink().name for link in ours.glob("*") if link.is_symlink()]
    assert not [name for name in links if "pidfd" in name]
    assert len(list(theirs.glob("*"))) <= before


OWNER = """
import sys, time
from jupyter_client import KernelManager
from r57lib.warm import kernels, process
kernels.warm_provisioning()
manager = KernelManager(kernel_name="python3", transport="ipc", ip=sys.argv[1])
manager.start_kernel()
print(kernels._warm.process.pid, manager.provisioner.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_its_owner(sockets: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", OWNER, str(sockets / "k")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as owner:
        assert owner.stdout
        process, kernel = map(int, owner.stdout.readline().split())
        assert psutil.Process(kernel).ppid() == process
        owner.send_signal(number)
    until(lambda: gone(process) and gone(kernel), seconds=30)


# --- where no fork is to be had --------------------------------------------------------------------------------------


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "r57.kernels"]


def test_a_strange_thread_makes_kernels_ordinary(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    body = "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()"
    kernels.warm_provisioning(hook(tmp_path, body, monkeypatch))
    kernel = start()
    assert not kernel.forked
    assert kernel.run("print(1)") == start().run("print(1)") == "1"
    (warning,) = warnings(caplog)
    assert "threads, and must have one" in warning


def test_a_dead_warm_process_is_followed_by_a_new_one(
    warm: kernels.WarmProcess, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    kernel = start()
    former = warm.process.pid
    os.kill(former, signal.SIGKILL)
    until(lambda: not kernel.alive(), seconds=30)
    until(lambda: gone(former))
    assert start().forked
    assert warm.process.pid != former
    assert not warnings(caplog)


def test_a_warm_process_that_hangs_keeps_its_kernels(
    warm: kernels.WarmProcess, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    kernel, former = start(), warm.process.pid
    os.kill(former, signal.SIGSTOP)
    assert not start().forked, "found out at once, and not when a slow answer would be given up"
    assert warnings(caplog) == ["kernels start the slow way: the warm process does not answer"]
    assert start().forked
    assert warm.process.pid != former
    os.kill(former, signal.SIGCONT)  # it forks now what it was asked for long ago, and nobody takes that
    until(lambda: [each.pid for each in psutil.Process(former).children()] == [kernel.pid])
    assert kernel.run("print(1)") == "1"
    kernel.manager.shutdown_kernel(now=True)
    until(lambda: gone(former))


def test_a_warm_process_that_never_came_up_is_not_tried_again(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kernels.warm_provisioning(hook(tmp_path, "import os; os._exit(1)", monkeypatch))
    assert kernels._warm
    process = kernels._warm.process
    assert start().run("print(1)") == start().run("print(1)") == "1"
    assert kernels._warm.process is process
    assert warnings(caplog) == ["kernels start the slow way: the warm process has ended"]


def test_a_warm_process_that_did_not_come_up_again_is_tried_later(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = tmp_path / "full"
    body = "import os; os.path.exists(arguments[0]) and os._exit(1)"
    kernels.warm_provisioning(hook(tmp_path, body, monkeypatch), str(full))
    monkeypatch.setattr(process, "_AGAIN_SECONDS", 1)
    assert start().forked
    full.touch()
    assert not start().forked
    assert not start().forked, "nor was a new one to be had"
    full.unlink()
    until(lambda: start().forked)


def test_a_fork_that_fails_is_the_end_of_nobody(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    full = tmp_path / "full"
    body = (
        "import os, resource; os.path.exists(arguments[0]) and (os.getuid() or os.setuid(65534), "
        "resource.setrlimit(resource.RLIMIT_NPROC, (0, 0)))"
    )
    kernels.warm_provisioning(hook(tmp_path, body, monkeypatch), str(full))
    kernel = start()
    assert kernel.forked
    full.touch()
    assert not start().forked
    (warning,) = warnings(caplog)
    assert "cannot fork: Resource temporarily unavailable" in warning
    assert kernel.forked and kernel.run("print(1)") == "1"


def test_after_the_stop_kernels_are_ordinary(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    kernels.warm_provisioning()
    assert kernels._warm
    pid = kernels._warm.process.pid
    assert start().forked
    kernels.stop()
    assert gone(pid)
    assert start().run("print(1)") == start().run("print(1)") == "1"
    assert warnings(caplog) == ["kernels start the slow way: there is no warm process"]


def test_variables_that_work_at_the_start_alone_need_a_start(
    warm: kernels.WarmProcess, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    cold, forked = start(env={**os.environ, "PYTHONHASHSEED": "7"}), start()
    assert (cold.forked, forked.forked) == (False, True)
    assert cold.run("import os; print(os.environ['PYTHONHASHSEED'])") == "7"
    assert warnings(caplog) == ["kernels start the slow way: PYTHONHASHSEED is not that of the warm process"]
    forked.run("import os")
    assert forked.run("print(sorted(globals()))") == cold.run("print(sorted(globals()))")
    for seen in ("sys.path", "__name__", "signal.getsignal(signal.SIGCHLD)", "os.umask(0o22)"):
        code = f"import os, signal, sys; print({seen})"
        assert forked.run(code) == cold.run(code)


@pytest.mark.parametrize(
    "command",
    [
        ["/usr/bin/python3", "-m", "ipykernel_launcher", "-f", "x.json"],
        [sys.executable, "-m", "xeus", "-f", "x.json"],
        [sys.executable, "-m", "ipykernel_launcher", "-f"],
        [sys.executable, "kernel.py", "x.json"],
        ["R"],
    ],
)
def test_strange_commands_are_not_forked(command: list[str]) -> None:
    with pytest.raises(kernels.ColdStart, match="does not start a kernel of this Python"):
        kernels._request(command, {})


@pytest.mark.parametrize("name", ["independent", "stdout"])
def test_what_a_fork_cannot_give_is_not_forked(name: str) -> None:
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "x.json"]
    assert kernels._request(command, {name: None})
    with pytest.raises(kernels.ColdStart, match=name):
        kernels._request(command, {name: 1})


# --- the hook --------------------------------------------------------------------------------------------------------


def test_the_hook_is_called_before_each_fork(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "data"
    file.write_text("old", encoding="utf-8")
    body = "import pathlib, pandas; pandas.R57 = pathlib.Path(arguments[0]).read_text()"
    kernels.warm_provisioning(hook(tmp_path, body, monkeypatch), str(file))
    see = "import pandas; print(pandas.R57)"
    assert start().run(see) == "old"
    file.write_text("new", encoding="utf-8")
    assert start().run(see) == "new"
    file.unlink()
    kernel = start()
    assert kernel.forked, "an error of the hook is none of the kernel's"
    assert kernel.run(see) == "new"
