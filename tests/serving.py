"""The real server as its visitors and their enemies meet it: a process on a port of its own."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
from websockets.sync.client import ClientConnection, connect

from tests.conftest import DATA, R57, ROOT, with_bundle

TOKEN = "a-token-of-more-than-sixteen-letters"
PAGES = (
    "overview",
    "task_completion",
    "enterprise_commitments",
    "digital_adoption",
    "province_profile",
    "agenda",
    "data_quality",
)


@dataclass
class Server:
    """A running `r57 serve`."""

    process: subprocess.Popen[bytes]
    port: int
    log_file: Path
    token: str = ""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8")

    def ask(self, path: str, *, method: str = "GET", token: bool = True, **headers: str) -> tuple[HTTPResponse, bytes]:
        """One request, its path sent as it stands."""
        line = HTTPConnection("127.0.0.1", self.port, timeout=90)
        try:
            line.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            if token and self.token:
                line.putheader("Authorization", f"token {self.token}")
            for name, value in headers.items():
                line.putheader(name.replace("_", "-"), value)
            line.endheaders()
            answer = line.getresponse()
            return answer, answer.read()
        finally:
            line.close()

    def status(self, path: str, **arguments: Any) -> int:
        return self.ask(path, **arguments)[0].status

    def open_page(self, name: str = "task_completion", query: str = "", **headers: str) -> Session:
        """A page as a browser would load it, and then wake it; gives the numbers of its kernel and widgets.

        Where the house is full it comes again, as a browser does: who has just left holds a place for seconds.
        """
        path = f"/voila/render/{name}.ipynb{query}"
        answer, page = self.ask(path, **headers)
        assert answer.status == 200, page[:300]
        end = time.monotonic() + 30
        while (told := self.ask(path, X_R57_Live="", **headers))[0].status == 503 and time.monotonic() < end:
            time.sleep(1)
        answer, body = told
        assert answer.status == 200, body[:300]
        found = re.search(rb'id="r57-session">(.*?)</script>', body)
        assert found, body[-800:]
        return Session(self, json.loads(found[1]), page.decode())

    def channel(self, kernel: str, *, protocol: str = "", **headers: str) -> ClientConnection:
        """A websocket to a kernel, as a page opens it."""
        sent = {"Origin": self.url, **headers}
        if self.token:
            sent["Authorization"] = f"token {self.token}"
        address = f"ws://{self.host}/api/kernels/{kernel}/channels?session_id={uuid4()}"
        subprotocols: Any = [protocol] if protocol else None
        return connect(address, additional_headers=sent, subprotocols=subprotocols, max_size=None, open_timeout=30)

    def kernels(self) -> list[psutil.Process]:
        """The kernels that run: what the warm process has forked, or what was started the ordinary way."""
        try:
            own = psutil.Process(self.process.pid).children()
        except psutil.NoSuchProcess:
            return []
        forked = [child for warm in own for child in _children(warm)]
        return [each for each in (*own, *forked) if _is_kernel(each, forked)]


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children())
    except psutil.NoSuchProcess:
        return []


def _is_kernel(process: psutil.Process, forked: list[psutil.Process]) -> bool:
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and (process in forked or "ipykernel_launcher" in " ".join(process.cmdline()))
    except psutil.NoSuchProcess:
        return False


@dataclass
class Session:
    """A loaded page: its kernel's number, its widgets' numbers, its HTML."""

    server: Server
    link: dict[str, Any]
    html: str

    @property
    def kernel(self) -> str:
        return str(self.link["kernel"])

    @property
    def state(self) -> str:
        return str(self.link["session"]["state"])

    def control(self, name: str) -> str:
        return str(self.link["session"]["controls"][name])

    def join(self, **arguments: Any) -> ClientConnection:
        return self.server.channel(self.kernel, **arguments)


def message(kind: str, content: dict[str, Any], *, channel: str = "shell") -> dict[str, Any]:
    header = {"msg_id": str(uuid4()), "msg_type": kind, "version": "5.3", "username": "", "session": "s", "date": ""}
    return {
        "channel": channel, "header": header, "parent_header": {}, "metadata": {}, "content": content, "buffers": [],
    }  # fmt: skip


def update(widget: str, **state: Any) -> str:
    data = {"method": "update", "state": state, "buffer_paths": []}
    return json.dumps(message("comm_msg", {"comm_id": widget, "data": data}))


def custom(widget: str, content: Any) -> str:
    return json.dumps(message("comm_msg", {"comm_id": widget, "data": {"method": "custom", "content": content}}))


def hear(line: ClientConnection, *, seconds: float = 20.0) -> Iterator[dict[str, Any]]:
    """What a kernel says until it is quiet for so long."""
    while True:
        try:
            yield json.loads(line.recv(timeout=seconds))
        except TimeoutError:
            return


def states(line: ClientConnection, session: Session, *, seconds: float = 20.0) -> Iterator[tuple[str, dict[str, Any]]]:
    """What changes of widgets a kernel tells, widget by widget, up to the end of one answer."""
    for told in hear(line, seconds=seconds):
        data = told["content"].get("data", {})
        if told["msg_type"] == "comm_msg" and data.get("method") == "update":
            yield told["content"]["comm_id"], data["state"]
            if told["content"]["comm_id"] == session.state and "answered" in data["state"]:
                return
        elif told["msg_type"] == "comm_msg" and data.get("method") == "custom":
            yield told["content"]["comm_id"], data["content"]


def free_port() -> int:
    """One that nobody has, below those that the system hands out: another test could be given it before it is used."""
    while True:
        port = random.SystemRandom().randint(10_000, 32_000)
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def serving(
    folder: Path, *options: str, root: Path = ROOT, token: str = "", wait: bool = False, **environment: str
) -> Iterator[Server]:
    """A server over the data and notebooks of `root`; `wait`: until its ready-made pages are there."""
    port, log_file = free_port(), folder / f"serve-{uuid4().hex[:6]}.log"
    if token:
        file = folder / "token"
        file.write_text(token)
        file.chmod(0o600)
        options = (*options, "--token-file", str(file))
    command = [R57, "serve", "--port", str(port), "--data", str(root / "data"), *options]
    mine = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}  # kernels look for it
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            command, cwd=root, stdout=log, stderr=log, env={**mine, **environment}, start_new_session=True
        )
    server = Server(process, port, log_file, token)
    try:
        until(lambda: process.poll() is not None or listens(port), seconds=120)
        assert process.poll() is None, server.log
        if wait:
            until(lambda: " ready-made pages of data " in server.log, seconds=400)
            until(lambda: not server.kernels(), seconds=60)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


class Wire:
    """A network between a browser and a server, which can fail: cut, with every line broken; or stalled, in silence."""

    def __init__(self, server: Server) -> None:
        self.server, self.port = server, 0
        self._listener: socket.socket | None = None
        self._ends: set[socket.socket] = set()
        self._dead: set[socket.socket] = set()
        self._stalled = False
        self.mend()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        """Lines can be opened; those that were broken or fell silent stay so."""
        self._stalled = False
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Break every line, and let none be opened."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Lose what is sent, without a word to either end; the lines that there are now stay lost."""
        self._stalled = True
        self._dead |= self._ends

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                browser, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server.port))
                self._ends |= {browser, server}
                if self._stalled:
                    self._dead |= {browser, server}
                for ends in ((browser, server), (server, browser)):
                    threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if source not in self._dead:
                    target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        self._ends -= {source}
        source.close()


LARGE = "/voila/render/large.ipynb"


@contextmanager
def stuck(opened: Iterator[socket.socket], *headers: str) -> Iterator[None]:
    """Visitors who ask for much, and stop reading at its first byte: what is sent to them stays with the sender."""
    with ExitStack() as lines:
        asked = [lines.enter_context(line) for line in opened]
        for line in asked:
            line.sendall("\r\n".join((f"GET {LARGE} HTTP/1.1", *headers, "X-R57-Live: none", "", "")).encode())
        for line in asked:
            assert line.recv(9) == b"HTTP/1.1 ", "the answer has begun"
        yield


def all_answered(ask: Any, count: int, *, seconds: float) -> bool:
    """Whether so many who ask at the same time are all answered, within less than a stuck visitor is waited for."""
    pool = ThreadPoolExecutor(count)
    try:
        asked = [pool.submit(ask, number) for number in range(count)]
        return all(each.result() == 200 for each in as_completed(asked, seconds))
    except TimeoutError:
        return False
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def narrow(address: tuple[str, int], source: str = "127.0.0.1") -> socket.socket:
    """A connection that takes in next to nothing unless it is read."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(90)
    line.bind((source, 0))
    line.connect(address)
    return line


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(done: Any, *, seconds: float) -> None:
    """Wait for something to become true; fails when it does not."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


def project(folder: Path, *names: str, data: Path = DATA) -> Path:
    """A project of its own: copies of the data and of the notebooks named, or of all, to be spoiled."""
    shutil.copytree(data, folder / "data")
    (folder / "notebooks").mkdir()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        if not names or path.stem in names:
            shutil.copy(path, folder / "notebooks")
    with_bundle(folder / "reports")
    return folder
