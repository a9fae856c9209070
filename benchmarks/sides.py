"""The sides of `dashboards.py`: how each server is started, and how its page is read and steered."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE / ".venv"
MARK = "R57_BENCHMARK_SERVER"


class Failed(Exception):
    """A side could not be measured: a sentence for the file, and what only the screen is told."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence)
        self.detail = detail


@dataclass(frozen=True)
class Side:
    """A server and its page; `command` knows the placeholder `{port}`."""

    name: str
    environment: str
    command: tuple[str, ...]
    path: str
    differs: str
    charts: str = ".vega-embed svg.marks, .vega-embed canvas.marks"
    area: str = ".vega-embed"
    listbox: bool = False
    drawn: int = 4

    def argv(self, port: int) -> list[str]:
        """The command line that serves on a port."""
        program, *rest = (part.format(port=port) for part in self.command)
        return [str(ENVIRONMENTS / self.environment / "bin" / program), *rest]


SIDES = (
    Side(
        "voila_plain",
        "voila",
        ("voila", "plain.ipynb", "--no-browser", "--port={port}", "--Voila.ip=127.0.0.1"),
        "/",
        "Stock template and kernel, `alt.JupyterChart` with `enable_offline()`; the title is a markdown cell and does "
        "not change with the language. Its template asks a CDN for an icon font, which fails at once here. A closed "
        "page asks for the end of its kernel and is refused (403, `_xsrf` missing), so former kernels stay.",
    ),
    Side(
        "streamlit",
        "rivals",
        (
            "streamlit", "run", "streamlit_app.py", "--server.headless=true", "--browser.gatherUsageStats=false",
            "--server.address=127.0.0.1", "--server.port={port}", "--server.fileWatcherType=none",
        ),
        "/",
        "One process for all sessions, a thread for each run of the script. Its select is no native one: the clock "
        "starts when the option is pressed. A chart whose data stay the same is not drawn again.",
        area=".vega-embed, [data-testid=stVegaLiteChart]",
        listbox=True,
    ),
    Side(
        "panel",
        "rivals",
        ("panel", "serve", "panel_app.py", "--address=127.0.0.1", "--port={port}"),
        "/panel_app",
        "One process for all sessions, in one event loop. A change makes all panes anew.",
    ),
    Side(
        "marimo",
        "rivals",
        ("marimo", "run", "marimo_app.py", "--headless", "--no-token", "--host=127.0.0.1", "--port={port}"),
        "/",
        "One process for all sessions, a thread for each. Charts are drawn on canvas.",
    ),
    Side(
        "ours",
        "voila",
        ("r57", "serve", "--port={port}", "--sessions=40"),
        "/voila/render/task_completion.ipynb",
        "A process for each session. The page holds more than the others': header, required pace, two more tables, "
        "findings, downloads; the charts' titles are text of the page, the tables are closed until opened. Static "
        "pictures of the charts are there before scripts run; they count as content, not as charts.",
        charts=".r57-chart.r57-live svg.marks",
        area=".r57-chart",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A running server, known by a mark in the environment of each of its processes."""

    url: str
    mark: str

    def processes(self) -> list[int]:
        """Its processes, wherever they hang in the tree: a kernel is often the leader of a session of its own."""
        wanted = f"{MARK}={self.mark}".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
        return found

    def memory(self) -> float:
        """PSS of all its processes in MiB: a page shared by several counts once."""
        return sum(_pss(pid) for pid in self.processes()) / 1024


def _pss(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it ended meanwhile
        return 0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0)


@contextmanager
def serving(side: Side) -> Iterator[Server]:
    """The side's server, listening; ended with all its processes afterwards."""
    port, mark = _free_port(), uuid.uuid4().hex
    server = Server(f"http://127.0.0.1:{port}{side.path}", mark)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            side.argv(port),
            cwd=HERE / "rivals",
            env={**os.environ, MARK: mark, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_listening(process, port, log)
            yield server
        finally:
            _end(process, server)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: IO[bytes], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    log.seek(0)
    raise Failed("the server did not start", log.read().decode(errors="replace")[-800:])


def _end(process: subprocess.Popen[bytes], server: Server) -> None:
    """Ask the server to end, then end what is left of it, each process by its number."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    for pid in server.processes():
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    process.wait(10)
