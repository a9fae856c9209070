"""Warm kernels with real processes: each test starts, forks and kills some."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pytest
from jupyter_client import AsyncKernelManager
from jupyter_client.provisioning.factory import KernelProvisionerFactory

from r57lib import kernels
from tests.conftest import ROOT
from tests.serving import until


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    before = KernelProvisionerFactory.instance().default_provisioner_name
    kernels.warm_provisioning()
    yield
    kernels.stop()
    KernelProvisionerFactory.instance().default_provisioner_name = before


@asynccontextmanager
async def kernel(**options: Any) -> AsyncIterator[tuple[Any, Callable[[str], Awaitable[str]]]]:
    """A kernel, and a function that runs code in it and gives what it prints."""
    with TemporaryDirectory(prefix="r57k", dir="/tmp") as folder:
        manager = AsyncKernelManager(transport="ipc", ip=f"{folder}/k", connection_file=f"{folder}/c.json")
        await manager.start_kernel(**options)
        client = manager.client()
        client.start_channels()
        await client.wait_for_ready(timeout=60)

        async def run(code: str) -> str:
            printed: list[str] = []

            def hear(told: Any) -> None:
                content = told["content"]
                printed.append(content.get("text") or content.get("ename") or "")

            await client.execute_interactive(code, output_hook=hear, timeout=60)
            return "".join(printed).strip()

        try:
            yield manager, run
        finally:
            client.stop_channels()
            await manager.shutdown_kernel(now=True)


def is_forked(manager: Any) -> bool:
    return isinstance(manager.provisioner.process, kernels.Forked)


def test_a_forked_kernel_is_a_fresh_one_with_the_stack_there(tmp_path: Path) -> None:
    async def check() -> None:
        environment = {**os.environ, "QUERY_STRING": "month=2025-12"}
        async with kernel(env=environment, cwd=str(tmp_path)) as (manager, run):
            assert is_forked(manager)
            assert (
                await run("import sys, os; print({'pandas', 'altair', 'r57lib.figures'} <= set(sys.modules))") == "True"
            )
            assert await run("print(os.environ['QUERY_STRING'], os.getcwd())") == f"month=2025-12 {tmp_path}"
            assert await run("print([name for name in dir() if 'r57' in name or 'kernels' in name])") == "[]"
            assert await run("print(__name__, os.getpid() == os.getpgid(0))") == "__main__ True"
            assert await run("print(os.environ.get('OPENBLAS_NUM_THREADS'))") == str(
                os.environ.get("OPENBLAS_NUM_THREADS")
            )
            await run("from r57lib import figures, open_view")
            assert await run("print(len(figures.task_status(open_view())._repr_html_()) > 9000)") == "True"
            assert await run("1 / 0") == "ZeroDivisionError"

    asyncio.run(check())


def test_kernels_do_not_touch_each_other() -> None:
    async def check() -> None:
        async with kernel() as (_, one), kernel() as (_, other):
            await one("import os, r57lib.model; r57lib.model.spoiled = os.environ['SPOILED'] = 'yes'; os.chdir('/')")
            assert (
                await other("import os, r57lib.model; print(hasattr(r57lib.model, 'spoiled'), os.getcwd())")
                == f"False {Path.cwd()}"
            )
            randoms = "import random, numpy; print(random.random(), numpy.random.rand())"
            assert await one(randoms) != await other(randoms)
        async with kernel() as (_, later):
            assert (
                await later("import os, r57lib.model; print(hasattr(r57lib.model, 'spoiled'), 'SPOILED' in os.environ)")
                == "False False"
            )

    asyncio.run(check())


def test_no_descriptor_of_the_warm_process_is_left_open() -> None:
    """Neither its line to the owner nor another kernel's."""

    async def check() -> None:
        async with kernel() as (manager, _):
            line = Path(f"/proc/{kernels._warm.process.pid}/fd/{_line(kernels._warm.process)}").readlink()
            links = [each.readlink() for each in Path(f"/proc/{manager.provisioner.pid}/fd").iterdir()]
            assert line not in links

    asyncio.run(check())


def _line(process: Any) -> str:
    """The descriptor by which the warm process hears its owner: an argument of its command."""
    return psutil.Process(process.pid).cmdline()[3]


def test_many_at_once_each_get_their_own() -> None:
    async def one() -> int:
        async with kernel() as (manager, run):
            assert is_forked(manager)
            return int(await run("import os; print(os.getpid())"))

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(one() for _ in range(8)))

    assert len(set(asyncio.run(all_at_once()))) == 8
    warm_one = psutil.Process(kernels._warm.process.pid)
    until(lambda: warm_one.children() == [], seconds=5)  # and no dead one is left unburied


def test_interrupt_restart_and_death() -> None:
    async def check() -> None:
        async with kernel() as (manager, run):
            sleeping = asyncio.ensure_future(run("import time; time.sleep(60)"))
            await asyncio.sleep(0.5)
            await manager.interrupt_kernel()
            assert await asyncio.wait_for(sleeping, 10) == "KeyboardInterrupt"
            first = manager.provisioner.pid
            await run("left = 1")
            await manager.restart_kernel(now=True)
            await asyncio.sleep(1)
            assert is_forked(manager) and manager.provisioner.pid != first
            assert await run("print('left' in dir())") == "False"
            assert await manager.is_alive()
            os.kill(manager.provisioner.pid, signal.SIGKILL)
            await asyncio.sleep(0.5)
            assert not await manager.is_alive()

    asyncio.run(check())


@pytest.mark.parametrize("end", ["import os; os._exit(3)", "import ctypes; ctypes.string_at(0)"])
def test_a_crash_stays_within_its_kernel(end: str) -> None:
    async def check() -> None:
        async with kernel() as (manager, run):
            ending = asyncio.ensure_future(run(end))
            await asyncio.sleep(1.5)
            assert not await manager.is_alive()
            ending.cancel()
        async with kernel() as (manager, run):
            assert is_forked(manager) and await run("print(1)") == "1"

    asyncio.run(check())


HOOK = """
    import pathlib, threading
    seen = []
    def look(file, mode=""):
        seen.append(pathlib.Path(file).read_text())
        if mode == "thread":
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        if mode == "fails":
            raise RuntimeError("a hook that fails")
"""


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "hooked.py").write_text(textwrap.dedent(HOOK))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    kernels._told_cold = False
    (tmp_path / "data").write_text("one")
    yield tmp_path / "data"
    kernels.warm_provisioning()


def test_the_hook_runs_before_each_fork(hook: Path) -> None:
    async def seen() -> str:
        async with kernel() as (_, run):
            return await run("import hooked; print(hooked.seen[-1])")

    kernels.warm_provisioning("hooked:look", str(hook))
    assert asyncio.run(seen()) == "one"
    hook.write_text("two")
    assert asyncio.run(seen()) == "two"


def test_a_hook_that_fails_stops_no_kernel(hook: Path) -> None:
    async def check() -> None:
        async with kernel() as (manager, run):
            assert is_forked(manager) and await run("print(1)") == "1"

    kernels.warm_provisioning("hooked:look", str(hook), "fails")
    asyncio.run(check())


def test_a_strange_thread_means_an_ordinary_kernel(hook: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def check() -> None:
        for _ in range(2):
            async with kernel() as (manager, run):
                assert not is_forked(manager) and await run("print(1)") == "1"

    kernels.warm_provisioning("hooked:look", str(hook), "thread")
    with caplog.at_level(logging.WARNING):
        asyncio.run(check())
    told = [record.message for record in caplog.records if record.name == "r57.kernels"]
    assert len(told) == 1 and "threads, and must have one" in told[0]


def test_a_dead_warm_process_means_an_ordinary_kernel(hook: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def check() -> None:
        kernels._warm.process.kill()
        async with kernel() as (manager, run):
            assert not is_forked(manager) and await run("print(1)") == "1"

    kernels.warm_provisioning()
    with caplog.at_level(logging.WARNING):
        asyncio.run(check())
    assert "kernels start the slow way" in caplog.text


OWNER = """
    import asyncio, sys
    from jupyter_client import AsyncKernelManager
    from r57lib import kernels

    async def main():
        kernels.warm_provisioning()
        manager = AsyncKernelManager(transport="ipc", ip=sys.argv[1] + "/k", connection_file=sys.argv[1] + "/c.json")
        await manager.start_kernel()
        print(kernels._warm.process.pid, manager.provisioner.pid, flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
"""


def test_nothing_outlives_its_owner() -> None:
    with TemporaryDirectory(prefix="r57k", dir="/tmp") as folder:
        command = [sys.executable, "-c", textwrap.dedent(OWNER), folder]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
            assert owner.stdout is not None
            family = [int(pid) for pid in owner.stdout.readline().split()]
            assert len(family) == 2 and all(psutil.pid_exists(pid) for pid in family)
            owner.kill()
        until(lambda: not any(psutil.pid_exists(pid) for pid in family), seconds=10)
