"""The files of deploy/: the real nginx with the real site in front of the real server, and the unit of systemd."""

from __future__ import annotations

import base64
import configparser
import gzip
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.conftest import R57, ROOT, call_r57
from tests.serving import TOKEN, Server, all_answered, free_port, hear, message, narrow, stuck, until

DEPLOY = ROOT / "deploy"
SITE = (DEPLOY / "nginx-r57.conf").read_text(encoding="utf-8")
UNIT = (DEPLOY / "r57.service").read_text(encoding="utf-8")
NGINX = os.environ.get("R57_NGINX", "/usr/sbin/nginx")
NAME = "r57.localhost"  # a browser finds it on this machine without asking anybody
USER, PASSWORD = "lan.nguyen", "mật khẩu"
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
ONCE = (
    "Strict-Transport-Security", "Content-Security-Policy", "X-Frame-Options", "Referrer-Policy",
    "X-Content-Type-Options", "Cache-Control",
)  # fmt: skip
CHANNEL = "/api/kernels/00000000-0000-0000-0000-000000000000/channels"
ROUTES = (
    "/", "/?language=en", "/voila/render/overview.ipynb", "/voila/render/missing.ipynb",
    "/static/r57/000000000000/page.css",
    "/reports/2025-12/missing.html", CHANNEL, "/login", "/logout",
    "/again.html", "/nothing",
)  # fmt: skip
NOBODYS = {"/again.html": 404, CHANNEL: 403}
"""What not even the log-in is asked for: a page of nginx's own, and a websocket without an Origin."""


# --- nginx on loopback --------------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What nginx answered."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def once(self) -> bool:
        """Whether every security header is there, and none twice."""
        return [len(self.headers.get_all(name, [])) for name in ONCE] == [1] * len(ONCE)


@dataclass
class Gate:
    """A running nginx with our site."""

    folder: Path
    tls: int
    plain: int
    upstream: int

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.tls}"

    @property
    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "etc/tls.crt"))

    def line(self, *, source: str = "127.0.0.1", secure: bool = True, name: str = NAME) -> socket.socket:
        """A connection from an address of this machine."""
        port = self.tls if secure else self.plain
        plain = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(source, 0))
        return self.context.wrap_socket(plain, server_hostname=name) if secure else plain

    @contextmanager
    def request(
        self, path: str, *, method: str = "GET", user: bool = True, body: bytes = b"", **more: str
    ) -> Iterator[Any]:
        """One request, whose answer is read by the caller; `source`, or headers with `_` for `-`."""
        connection = HTTPConnection(NAME)
        connection.sock = self.line(source=more.pop("source", "127.0.0.1"))
        with connection.sock:
            headers = {"Host": f"{NAME}:{self.tls}", **({"Authorization": BASIC} if user else {})}
            headers |= {name.replace("_", "-"): value for name, value in more.items()}
            connection.request(method, path, body=body or None, headers=headers)
            yield connection.getresponse()

    def ask(self, path: str, **arguments: Any) -> Answer:
        with self.request(path, **arguments) as answer:
            return Answer(answer.status, answer.headers, answer.read())

    def channel(self, kernel: str, *, origin: str | None = "", user: bool = True, **more: str) -> ClientConnection:
        """A websocket; by default as our own page opens it."""
        headers = {"Authorization": BASIC} if user else {}
        return connect(
            f"wss://{NAME}:{self.tls}/api/kernels/{kernel}/channels?session_id={kernel}",
            sock=socket.create_connection(("127.0.0.1", self.tls), source_address=(more.get("source", "127.0.0.1"), 0)),
            ssl=self.context, server_hostname=NAME, origin=self.url if origin == "" else origin,  # type: ignore[arg-type]
            additional_headers=headers, open_timeout=30, max_size=None, proxy=None,
        )  # fmt: skip

    def refusal(self, kernel: str, **arguments: Any) -> int:
        """The status of a websocket that is refused; 101 for one that opens."""
        try:
            with self.channel(kernel, **arguments):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code


Change = tuple[str, str]


def filled(folder: Path, gate: Gate, changes: tuple[Change, ...] = ()) -> str:
    """The site with this machine's names, folders and ports; a placeholder that is not there any more is an error."""
    places: list[Change] = [
        ("https://r57.example.gov.vn", gate.url),
        ("r57.example.gov.vn", NAME),
        ("127.0.0.1:8866", f"127.0.0.1:{gate.upstream}"),
        ("/etc/r57/", f"{folder}/etc/"),
        ("/var/lib/nginx/r57", f"{folder}/cache"),
        ("/srv/r57/app", str(ROOT)),
        ("listen 443", f"listen 127.0.0.1:{gate.tls}"),
        ("listen 80", f"listen 127.0.0.1:{gate.plain}"),
        ("listen [::]:443", f"listen [::1]:{gate.tls}" if _ipv6() else "# "),
        ("listen [::]:80", f"listen [::1]:{gate.plain}" if _ipv6() else "# "),
    ]
    text = SITE
    for old, new in (*changes, *places):
        assert old in text, old
        text = text.replace(old, new)
    return text


def _ipv6() -> bool:
    with suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def openssl(*arguments: str) -> str:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def etc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an administrator lays into /etc/r57."""
    folder = tmp_path_factory.mktemp("etc")
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}",
        "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(folder / "tls.key"), "-out", str(folder / "tls.crt"),
    )  # fmt: skip
    (folder / "htpasswd").write_text(f"{USER}:{openssl('passwd', '-6', PASSWORD)}", encoding="utf-8")
    (folder / "nginx-token.conf").write_text(f'proxy_set_header Authorization "token {TOKEN}";\n')
    (folder / "nginx-token.conf").chmod(0o600)
    return folder


Start = Callable[..., Gate]


@contextmanager
def _gate(folder: Path, etc: Path, upstream: int, changes: tuple[Change, ...]) -> Iterator[Gate]:
    gate = Gate(folder, free_port(), free_port(), upstream)
    shutil.copytree(etc, folder / "etc")
    (folder / "site.conf").write_text(filled(folder, gate, changes), encoding="utf-8")
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Beside the site: what Debian's nginx.conf sets for all sites.
    (folder / "nginx.conf").write_text(
        f"""daemon off; pid {folder}/pid; worker_processes 2; {"user root;" if os.getuid() == 0 else ""}
        events {{ worker_connections 768; }}
        http {{
            access_log {folder}/access.log; default_type application/octet-stream; types {{ text/html html; }}
            {temporary} sendfile on; tcp_nopush on; gzip on;
            ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_prefer_server_ciphers on;
            include {folder}/site.conf;
        }}""",
        encoding="utf-8",
    )
    command = [NGINX, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    said = tried.stderr + (folder / "error.log").read_text()
    assert not re.search(r"\[(warn|error|alert|crit|emerg)\]", said), said
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: process.poll() is not None or _listens(gate.tls), seconds=20)
        assert process.poll() is None, (folder / "error.log").read_text()
        yield gate
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def start(tmp_path: Path, etc: Path) -> Iterator[Start]:
    """Starts nginx in front of a port, with changes of the site where a test needs them."""
    with ExitStack() as stack:
        yield lambda upstream, *changes: stack.enter_context(_gate(tmp_path / "nginx", etc, upstream, changes))


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    (tmp_path / "nginx").mkdir()


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory, etc: Path, guarded: Server) -> Iterator[Gate]:
    """The site as it stands in front of the real server."""
    with _gate(tmp_path_factory.mktemp("gate"), etc, guarded.port, ()) as running:
        yield running


# --- a server that tells what it heard ------------------------------------------------------------------------------


STUB_SECONDS = 20
"""How long an answer stays half, unless it is told to go on."""


@dataclass
class Stub:
    """Stands in for the server where a test must see what reaches it, or must choose when it answers."""

    port: int = 0
    heard: list[tuple[str, HTTPMessage]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    def __getitem__(self, name: str) -> list[str]:
        """A header of the last request."""
        return self.heard[-1][1].get_all(name, [])


@pytest.fixture
def stub() -> Iterator[Stub]:
    told = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            told.heard.append((self.path, self.headers))
            if self.headers.get("Upgrade") == "websocket":
                self.send_response(101)
                for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
                    self.send_header(name, value)
                self.end_headers()
                self.close_connection = True
                told.go_on.wait(STUB_SECONDS)
            elif self.path.startswith("/voila/render/"):
                self.answer({"Transfer-Encoding": "chunked", "Content-Type": "text/html"})
                self.wfile.write(b"5\r\nfirst\r\n")
                told.go_on.wait(STUB_SECONDS)
                self.wfile.write(b"6\r\nsecond\r\n0\r\n\r\n")
            elif self.path.startswith("/static/"):
                body = gzip.compress(b"body { color: black }")
                self.answer(
                    {
                        "Content-Encoding": "gzip",
                        "Content-Length": str(len(body)),
                        "Cache-Control": "private, max-age=31536000, immutable",
                        "Vary": "Accept-Encoding",
                    }
                )
                self.wfile.write(body)
            else:
                body = b"<p>a report</p>" * 500
                self.answer({"Content-Length": str(len(body)), "Content-Type": "text/html"})
                self.wfile.write(body)

        def answer(self, headers: dict[str, str]) -> None:
            self.send_response(200)
            for name, value in {**headers, "Set-Cookie": "username=secret"}.items():
                self.send_header(name, value)
            self.end_headers()

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    told.port = listener.server_port
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    yield told
    told.go_on.set()
    listener.shutdown()
    listener.server_close()


# --- who comes in ---------------------------------------------------------------------------------------------------


def test_http_leads_to_https(gate: Gate) -> None:
    with closing(HTTPConnection("127.0.0.1", gate.plain, timeout=20)) as connection:
        connection.request("GET", "/voila/render/overview.ipynb?language=en", headers={"Host": NAME})
        answer = connection.getresponse()
    assert answer.status == 301
    assert answer.headers["Location"] == f"{gate.url}/voila/render/overview.ipynb?language=en"


@pytest.mark.parametrize("path", ROUTES)
def test_nothing_without_a_log_in(gate: Gate, path: str) -> None:
    for authorization in ({}, {"Authorization": BASIC[:-4]}, {"Authorization": f"token {TOKEN}"}):
        answer = gate.ask(path, user=False, **authorization)
        if path in NOBODYS:
            assert answer.status == NOBODYS[path]
        else:
            assert answer.status == 401 and answer.headers["WWW-Authenticate"] == 'Basic realm="Resolution 57"'
        assert answer.once and b"r57" not in answer.body
    assert gate.ask(path + "?token=" + TOKEN, user=False).status == NOBODYS.get(path, 401)


def test_no_websocket_without_a_log_in(gate: Gate) -> None:
    assert gate.refusal("00000000-0000-0000-0000-000000000000", user=False) == 401


def test_foreign_names_get_no_answer(gate: Gate) -> None:
    for secure in (True, False):
        for host in ("evil.example", "127.0.0.1", f"{NAME}.evil.example", ""):
            with gate.line(secure=secure) as line:
                line.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nAuthorization: {BASIC}\r\n\r\n".encode())
                with suppress(ConnectionResetError, ssl.SSLEOFError):
                    assert line.recv(1000) == b"" if host else line.recv(1000).startswith(b"HTTP/1.1 400")
    for name in ("evil.example", "127.0.0.1"):  # and TLS shows a stranger no certificate
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
            gate.line(name=name)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(gate: Gate) -> None:
    context = gate.context
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", gate.tls)) as line, pytest.raises(ssl.SSLError):
        context.wrap_socket(line, server_hostname=NAME)


def test_the_server_is_only_read(gate: Gate, guarded: Server) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        for path in ("/", "/voila/render/overview.ipynb", "/login"):
            answer = gate.ask(path, method=method)
            assert answer.status == 405 and b"<h1>405" in answer.body and answer.once, (method, path)


def test_large_requests_are_refused(gate: Gate) -> None:
    assert gate.ask("/", body=b"x" * 2000).status == 413
    assert gate.ask("/", X_Long="x" * 9000).status == 400
    assert gate.ask("/?" + "x" * 9000).status == 414


# --- what the server hears, and what the visitor --------------------------------------------------------------------


def test_the_server_hears_its_token_and_nothing_of_the_visitors(stub: Stub, start: Start) -> None:
    gate = start(stub.port)
    secrets = {"Cookie": "a=b", "X_R57_Make": "x", "Upgrade": "websocket", "Connection": "Upgrade"}
    answer = gate.ask("/", Origin=gate.url, Accept_Encoding="br", **secrets)
    assert answer.status == 200 and answer.headers["Set-Cookie"] is None and answer.once
    assert stub["Authorization"] == [f"token {TOKEN}"]
    assert stub["Host"] == [f"127.0.0.1:{stub.port}"]
    assert stub["Origin"] == [f"http://127.0.0.1:{stub.port}"]
    assert stub["Accept-Encoding"] == ["br"]
    assert stub["Cookie"] == stub["X-R57-Make"] == stub["Upgrade"] == []
    gate.ask("/", Origin="https://evil.example")
    assert stub["Origin"] == ["https://evil.example"]


def test_no_visitor_sees_the_token(gate: Gate) -> None:
    for path in ROUTES:
        answer = gate.ask(path)
        assert TOKEN not in str(answer.headers) + answer.body.decode() and answer.headers["Set-Cookie"] is None, path


@pytest.mark.parametrize("path", ROUTES)
def test_security_headers_once_on_every_route(gate: Gate, path: str) -> None:
    for _ in range(2):
        answer = gate.ask(path)
        assert answer.once, answer.headers
    served = ("/", "/?language=en", "/voila/render/overview.ipynb")
    assert answer.status == (200 if path in served else NOBODYS.get(path, 404))


def test_the_servers_log_in_is_not_to_be_had(gate: Gate) -> None:
    for path in ("/login", "/logout", "/login/", "/%6cogin", "//login", "/login?next=/"):
        answer = gate.ask(path)
        assert answer.status == 404 and b"password" not in answer.body and b"<form" not in answer.body, path


# --- pages and websockets -------------------------------------------------------------------------------------------


def page_of(gate: Gate, path: str = "/voila/render/overview.ipynb") -> tuple[str, str]:
    """The live half of a page, and the number of its kernel."""
    answer = gate.ask(path, X_R57_Live="")
    assert answer.status == 200, answer.body[:300]
    found = re.search(rb'id="r57-session">(.*?)</script>', answer.body)
    assert found, answer.body[-800:]
    return answer.body.decode(), json.loads(found[1])["kernel"]


def test_home_shows_the_pages(gate: Gate) -> None:
    home = gate.ask("/")
    assert home.status == 200 and b"voila/render/overview.ipynb" in home.body


def test_a_page_is_passed_on_as_it_comes(stub: Stub, start: Start) -> None:
    """The server's own X-Accel-Buffering is not there: it is the site that passes on without waiting."""
    gate = start(stub.port)
    begun = time.monotonic()
    with gate.request("/voila/render/overview.ipynb") as answer:
        assert answer.read(5) == b"first" and time.monotonic() - begun < STUB_SECONDS / 2
        stub.go_on.set()
        assert answer.read() == b"second"


def test_the_first_half_of_a_real_page_comes_before_its_end(gate: Gate) -> None:
    with gate.request("/voila/render/task_completion.ipynb?month=2025-09") as answer:
        first = answer.read1(65536)
        begun = time.monotonic()
        rest = answer.read()
        waited = time.monotonic() - begun
    assert b"<title" in first and b"r57-told" not in first
    assert b"r57-told" in rest and rest.rstrip().endswith(b"</html>")
    assert waited > 0.02


def test_a_page_is_compressed_once_by_the_server(gate: Gate) -> None:
    answer = gate.ask("/voila/render/overview.ipynb", Accept_Encoding="gzip")
    assert answer.headers.get_all("Content-Encoding") == ["gzip"]
    assert b"</html>" in gzip.decompress(answer.body)


def test_a_websocket_of_our_page_reaches_its_kernel(gate: Gate) -> None:
    _, kernel = page_of(gate)
    with gate.channel(kernel) as line:
        assert line.response is not None
        headers = line.response.headers
        assert headers.get_all("Strict-Transport-Security") and not headers.get_all("Set-Cookie")
        line.send(json.dumps(message("kernel_info_request", {})))
        assert any(told["msg_type"] == "kernel_info_reply" for told in hear(line, seconds=30))


def test_a_websocket_of_another_site_is_refused(gate: Gate) -> None:
    _, kernel = page_of(gate)
    for origin in (
        "https://evil.example", f"https://{NAME}", gate.url.replace("https", "http"), f"{gate.url}.evil.example",
        "null",
        f"http://127.0.0.1:{gate.upstream}", None,
    ):  # fmt: skip
        assert gate.refusal(kernel, origin=origin) == 403, origin
    assert gate.refusal(kernel) == 101


def test_one_visitor_cannot_take_all_places(gate: Gate) -> None:
    def asked(source: str) -> int:
        return gate.ask("/voila/render/overview.ipynb", X_R57_Live="", source=source, X_R57_Visitor="me").status

    assert [asked("127.0.0.3") for _ in range(6)] == [200] * 5 + [503]
    assert asked("127.0.0.4") == 200


def test_who_does_not_read_holds_up_nobody(gate: Gate) -> None:
    """Four from one address, as many as may become live at a time."""

    def ask(number: int) -> int:
        return gate.ask("/voila/render/overview.ipynb", X_R57_Live="", source=f"127.0.0.{11 + number % 2}").status

    lines = (narrow(("127.0.0.1", gate.tls), "127.0.0.2") for _ in range(4))
    opened = (gate.context.wrap_socket(line, server_hostname=NAME) for line in lines)
    with stuck(opened, f"Host: {NAME}:{gate.tls}", f"Authorization: {BASIC}"):
        assert all_answered(ask, 8, seconds=45)


def test_chromium_walks_a_page(gate: Gate, browser: Any) -> None:
    credentials = {"username": USER, "password": PASSWORD}
    context = browser.new_context(http_credentials=credentials, ignore_https_errors=True)
    try:
        page, faults = context.new_page(), []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
        page.goto(gate.url)
        page.click("a[href*='task_completion.ipynb']")
        page.wait_for_selector("html[data-live=asleep][data-charts=drawn]", timeout=60_000)
        page.select_option(".r57-controls select[name=month]", index=2)
        page.wait_for_selector("html[data-round]", timeout=60_000)
        assert faults == []
    finally:
        context.close()


# --- the cache, and what is compressed ------------------------------------------------------------------------------


def test_static_files_come_from_the_cache_compressed_and_for_ever(guarded: Server, start: Start) -> None:
    gate = start(guarded.port)
    path = "/" + re.findall(r"static/r57/[0-9a-f]{12}/page\.css", gate.ask("/").body.decode())[0]
    first, second = (gate.ask(path, Accept_Encoding="gzip") for _ in range(2))
    assert (first.headers["X-Cache"], second.headers["X-Cache"]) == ("MISS", "HIT")
    for answer in (first, second):
        assert answer.status == 200 and answer.once
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert answer.headers["Content-Encoding"] == "gzip" and len(answer.body) < len(gzip.decompress(answer.body))
    plain = gate.ask(path)
    assert plain.headers["Content-Encoding"] is None and plain.body == gzip.decompress(first.body)
    assert gate.ask(path, user=False).status == 401, "the cache is behind the log-in"
    head = gate.ask(path, method="HEAD")
    assert head.status == 200 and head.body == b""


def test_only_static_files_are_kept(stub: Stub, start: Start) -> None:
    gate = start(stub.port)
    stub.go_on.set()
    path = "/static/r57/0123456789ab/page.css"
    for query in ("", "", "?a", "?b"):
        assert gate.ask(path + query).body == b"body { color: black }"
    assert len(stub.heard) == 1, "a query makes no copy"
    for path in ("/", "/voila/render/overview.ipynb", "/reports/2025-12/index.html"):
        for _ in range(2):
            assert gate.ask(path).headers["X-Cache"] is None
        assert [heard for heard, _ in stub.heard].count(path) == 2


def test_reports_are_compressed_by_nginx(stub: Stub, start: Start) -> None:
    gate = start(stub.port)
    answer = gate.ask("/reports/2025-12/index.html", Accept_Encoding="gzip")
    assert stub["Accept-Encoding"] == []
    assert answer.headers["Content-Encoding"] == "gzip" and b"a report" in gzip.decompress(answer.body)
    assert gate.ask("/", Accept_Encoding="gzip").headers["Content-Encoding"] is None, "nginx compresses nothing else"


# --- limits ---------------------------------------------------------------------------------------------------------


def flood(gate: Gate, path: str, **headers: str) -> int:
    """How many requests get through on one connection before one is refused."""
    connection = HTTPConnection(NAME)
    connection.sock = gate.line()
    with connection.sock:
        for count in range(900):
            connection.request("GET", path, headers={"Host": f"{NAME}:{gate.tls}", **headers})
            heard = connection.getresponse()
            answer = Answer(heard.status, heard.headers, heard.read())
            if answer.status == 429:
                assert answer.once and answer.headers["Retry-After"] == "5"
                return count
    raise AssertionError("no limit")


def test_a_flood_from_one_address_is_stopped_and_others_are_served(stub: Stub, start: Start) -> None:
    gate = start(stub.port)
    stub.go_on.set()
    assert flood(gate, "/voila/render/overview.ipynb", Authorization=BASIC) >= 20
    assert gate.ask("/").status == 200, "files are still to be had"
    assert gate.ask("/voila/render/overview.ipynb", source="127.0.0.2").status == 200
    assert flood(gate, "/") >= 100, "an office has room, and guesses at passwords are limited too"
    assert gate.ask("/", source="127.0.0.2").status == 200


def test_connections_from_one_address_are_limited_websockets_among_them(stub: Stub, start: Start) -> None:
    gate = start(stub.port, ("limit_conn r57_lines 150;", "limit_conn r57_lines 3;"))
    request = (
        f"GET /api/kernels/x/channels HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: {BASIC}\r\nOrigin: {gate.url}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA\r\n\r\n"
    )
    with ExitStack() as stack:
        for _ in range(3):
            line = stack.enter_context(gate.line())
            line.sendall(request.encode())
            assert line.recv(1000).startswith(b"HTTP/1.1 101")
        assert gate.ask("/").status == 429
        assert gate.ask("/", source="127.0.0.2").status == 200


# --- the server is away ---------------------------------------------------------------------------------------------


def test_while_the_server_starts_again_a_page_tries_again(start: Start) -> None:
    gate = start(free_port())
    for path in ("/", "/voila/render/overview.ipynb", "/reports/2025-12/index.html"):
        answer = gate.ask(path)
        assert answer.status == 502 and answer.headers["Retry-After"] == "5" and answer.once
        assert answer.headers["Content-Type"].startswith("text/html")
        page = answer.body.decode()
        assert page.index("Máy chủ đang khởi động lại</h1>") < page.index("The server is starting again</h2>")
        assert '<html lang="vi">' in page and 'http-equiv="refresh" content="5"' in page
        assert not re.search(r"<script|https?://|src=", page), "nothing else is asked for"
    assert gate.ask("/", user=False).status == 401


# --- the files themselves -------------------------------------------------------------------------------------------


def without_reason(text: str) -> list[str]:
    """The lines that have no comment, neither on them nor right above."""
    lines = text.splitlines()
    plain = [re.sub(r'"[^"]*"', '""', line) for line in lines]
    return [
        line.strip()
        for above, line, shown in zip(["", *lines], lines, plain, strict=False)
        if line.strip() not in ("", "}")
        and not re.fullmatch(r"\[\w+\]", line)
        and "#" not in shown
        and not above.strip().startswith("# ")
    ]


@pytest.mark.parametrize("name", ["nginx-r57.conf", "r57.service"])
def test_each_line_has_its_reason(name: str) -> None:
    assert without_reason((DEPLOY / name).read_text(encoding="utf-8")) == []


def unit() -> dict[str, dict[str, list[str]]]:
    """The unit's sections; a directive may stand in it more than once."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in UNIT.splitlines():
        if named := re.fullmatch(r"\[(\w+)\]", line):
            section = sections.setdefault(named[1], {})
        elif line and not line.startswith("#"):
            name, _, value = line.partition("=")
            section.setdefault(name, []).append(value)
    return sections


KNOWN = {
    "Unit": {"Description", "Documentation", "After", "StartLimitIntervalSec"},
    "Service": {
        "Type", "User", "Group", "WorkingDirectory", "ExecStart", "Restart", "RestartSec", "RestartPreventExitStatus",
        "KillMode", "TimeoutStopSec", "OOMPolicy", "MemoryMax", "MemorySwapMax", "TasksMax", "LimitNOFILE", "LimitCORE",
        "CPUWeight", "ProtectSystem", "ProtectHome", "PrivateTmp", "RuntimeDirectory", "RuntimeDirectoryMode",
        "Environment", "UMask", "PrivateDevices", "ProtectProc", "ProtectKernelTunables", "ProtectKernelModules",
        "ProtectKernelLogs", "ProtectControlGroups", "ProtectClock", "ProtectHostname", "PrivateIPC", "RemoveIPC",
        "PrivateUsers", "NoNewPrivileges", "CapabilityBoundingSet", "AmbientCapabilities", "RestrictAddressFamilies",
        "IPAddressDeny", "IPAddressAllow", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID",
        "LockPersonality", "SystemCallArchitectures", "SystemCallFilter", "SystemCallErrorNumber", "KeyringMode",
    },
    "Install": {"WantedBy"},
}  # fmt: skip


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(UNIT)
    assert {name: set(section) for name, section in unit().items()} == KNOWN
    assert parser.sections() == list(KNOWN)
    if systemd := shutil.which("systemd-analyze"):
        text = UNIT.replace("/srv/r57/app/.venv/bin/r57", str(R57)).replace("/srv/r57/app", str(ROOT))
        (tmp_path / "r57.service").write_text(text, encoding="utf-8")
        done = subprocess.run(
            [systemd, "verify", str(tmp_path / "r57.service")], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_calls_the_server_as_it_is() -> None:
    (call,) = unit()["Service"]["ExecStart"]
    known = set(re.findall(r"--[a-z-]+", call_r57("serve", "--help").stdout))
    used = set(re.findall(r"--[a-z-]+", call))
    assert used <= known and {"--token-file", "--sessions", "--data"} <= used
    assert "--host 127.0.0.1 --port 8866" in call and "server 127.0.0.1:8866;" in SITE


def test_the_unit_has_room_for_its_sessions() -> None:
    service = unit()["Service"]
    found = re.search(r"--sessions (\d+)", service["ExecStart"][0])
    assert found
    sessions = int(found[1])
    assert int(service["MemoryMax"][0].removesuffix("G")) * 1024 >= 512 + 175 * sessions
    assert int(service["TasksMax"][0]) >= 64 + 24 * sessions
    assert int(service["LimitNOFILE"][0]) >= 1024 + 20 * sessions


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("User", "r57"), ("KillMode", "mixed"), ("OOMPolicy", "continue"), ("Restart", "on-failure"),
        ("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("ProtectHome", "yes"), ("PrivateTmp", "yes"),
        ("CapabilityBoundingSet", ""), ("IPAddressDeny", "any"), ("IPAddressAllow", "localhost"), ("UMask", "0077"),
        ("RuntimeDirectoryMode", "0700"), ("RestrictAddressFamilies", "AF_INET AF_UNIX AF_NETLINK"),
    ],
)  # fmt: skip
def test_the_unit_keeps_its_guards(name: str, value: str) -> None:
    assert unit()["Service"][name] == [value]
