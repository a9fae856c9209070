"""Who is told of a month: real servers on the loopback, each told once, and no secret in any message."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from r57lib import disk
from r57lib.errors import WrongCall
from r57lib.report import notify as subject
from r57lib.report.notify import Outcome, make_notice, notify, parse_target
from r57lib.view.words import LANGUAGES, words_of
from tests.builders import read_rows
from tests.conftest import DATA, ROOT
from tests.serving import free_port

LABELS = pd.DataFrame(read_rows(DATA, "labels"))
NOW = datetime(2026, 1, 4, 23, 30, tzinfo=UTC)
GOOD = Outcome("2025-12", "2025-12-31", "published", 1234, (), Path("reports/2025-12"), "f" * 64)
ERRORS = (
    ("overview.vi", "cell 'setup': KeyError: 'gap'"),
    ("data_quality.en", "\x1b[31mValueError\x1b[0m: a\r\nBcc: x"),
)
BAD = Outcome("2025-12", "2025-12-31", "failed", 0, ERRORS, Path("reports/.failed/2025-12"), "e" * 64)
PART = replace(BAD, state="incomplete", published=8, folder=Path("reports/2025-12"))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "SECONDS", 0.3)


def told(reports: Path, *targets: str, outcome: Outcome = GOOD, now: datetime = NOW) -> list[str]:
    return notify([parse_target(each) for each in targets], outcome, reports, LABELS, now=now)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for 127.0.0.1 in one file."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


# --- webhooks --------------------------------------------------------------------------------------------------------


@dataclass
class Web:
    """What a webhook was sent, and how it answers."""

    port: int = 0
    status: int = 200
    sent: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks/T0P-SECRET?key=S3CRET"


def serve_web(web: Web, context: ssl.SSLContext | None = None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            web.sent.append((self.path, dict(self.headers), json.loads(body)))
            if web.status == 0:
                web.gone.wait(10)
                return
            self.send_response(web.status)
            if 300 <= web.status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    web.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    server = serve_web(web)
    yield web
    web.gone.set()
    server.shutdown()
    server.server_close()


def test_a_month_has_an_address_and_its_pdf_is_attached(web: Web, tmp_path: Path) -> None:
    (folder := tmp_path / "mail").mkdir()
    (paper := tmp_path / "report.en.pdf").write_bytes(b"%PDF-1.7 of the month")
    address = "https://r57.example.gov.vn/reports/2025-12/"
    changes = {"vi": ["từ 51% thành 61%"], "en": ["from 51% to\n61%"]}
    outcome = replace(GOOD, state="corrected", address=address, changes=changes, attached=(paper,))
    assert told(tmp_path, str(folder), web.url, outcome=outcome) == []
    mail = read_mail(folder / "r57-2025-12-corrected.eml")
    body = mail.get_body()
    assert body and "What was corrected:\n- from 51% to 61%\n" in body.get_content()
    assert f"The report: {address}\n" in body.get_content() and "Folder" not in body.get_content()
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("report.en.pdf", b"%PDF-1.7 of the month")
    ((_, _, sent),) = web.sent
    assert (sent["address"], sent["state"], sent["changes"]["vi"]) == (address, "corrected", ["từ 51% thành 61%"])


@pytest.mark.parametrize("text", ["r57.example.gov.vn", "ftp://a/b", "https://", "file:///srv/reports"])
def test_what_is_no_address_of_a_web_page_is_refused(text: str) -> None:
    with pytest.raises(WrongCall, match="https://HOST/reports"):
        subject.parse_web(text)


def test_a_month_with_made_up_figures_says_so() -> None:
    told, real = (make_notice(each, LABELS, NOW).messages for each in (replace(GOOD, synthetic=True), GOOD))
    for words in (words_of(LABELS, language) for language in LANGUAGES):
        assert words("document.synthetic") in told[words.language]
        assert words("document.synthetic") not in real[words.language]


def test_webhook_is_sent_all_of_it(web: Web, tmp_path: Path) -> None:
    assert told(tmp_path, web.url, outcome=PART) == []
    ((path, headers, body),) = web.sent
    assert path == "/hooks/T0P-SECRET?key=S3CRET"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert "Authorization" not in headers
    messages = body.pop("messages")
    assert body.pop("text") == f"{messages['vi']}\n\n{messages['en']}"
    assert body == {
        "month": "2025-12", "as_of": "2025-12-31", "state": "incomplete", "published": 8, "folder": "reports/2025-12",
        "failed": [
            {"run": "overview.vi", "reason": "cell 'setup': KeyError: 'gap'"},
            {"run": "data_quality.en", "reason": "ValueError: a  Bcc: x"},
        ],
    }  # fmt: skip


def test_the_same_outcome_is_told_once_and_another_one_too(web: Web, tmp_path: Path) -> None:
    for outcome in (GOOD, GOOD, BAD, BAD, GOOD, replace(GOOD, fingerprint="d" * 64), replace(BAD, month="2025-11")):
        assert told(tmp_path, web.url, web.url, outcome=outcome) == []
    assert [(body["month"], body["state"]) for _, _, body in web.sent] == [
        ("2025-12", "published"),
        ("2025-12", "failed"),
        ("2025-12", "published"),
        ("2025-11", "failed"),
    ]


def test_a_failed_delivery_is_tried_again(web: Web, tmp_path: Path) -> None:
    web.status = 500
    name = f"http://127.0.0.1:{web.port}"
    assert told(tmp_path, web.url) == [f"2025-12: could not tell {name}: HTTP status 500"]
    assert not (tmp_path / ".notified.json").exists()
    web.status = 204
    assert told(tmp_path, web.url) == []
    assert told(tmp_path, web.url) == []
    assert len(web.sent) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_no_delivery(web: Web, tmp_path: Path, status: int) -> None:
    web.status = status
    (line,) = told(tmp_path, web.url)
    assert line.endswith(f"HTTP status {status}; give the address that it leads to")


@pytest.mark.usefixtures("short")
def test_a_server_that_hangs_is_left(web: Web, tmp_path: Path) -> None:
    web.status = 0
    begun = time.monotonic()
    assert told(tmp_path, web.url) == [f"2025-12: could not tell http://127.0.0.1:{web.port}: no answer within 0.3 s"]
    assert time.monotonic() - begun < 8


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.usefixtures("short")
def test_a_mail_server_that_hangs_is_left(tmp_path: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"
        lines = told(tmp_path, f"{place}/?from=a@b.vn&to=c@d.vn,e@f.vn")
    assert lines == [f"2025-12: could not tell {place}: no answer within 0.3 s"]


@pytest.mark.parametrize("scheme", ["http", "smtp"])
def test_a_server_that_drips_is_left_and_the_next_is_told(
    web: Web, tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte at a time it is never silent: there is an end to a delivery as a whole."""
    monkeypatch.setattr(subject, "WHOLE_SECONDS", 0.5)
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            line, _ = server.accept()
            with line:
                for letter in (b"HTTP/1.1 200 OK\r\nX-Slow: " if scheme == "http" else b"220-") + b"s" * 100:
                    if left.wait(0.1):
                        return
                    line.sendall(bytes([letter]))

        threading.Thread(target=drip, daemon=True).start()
        place = f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
        lines = told(tmp_path, f"{place}/?from=a@b.vn&to=c@d.vn" if scheme == "smtp" else place, web.url)
        left.set()
    assert lines == [f"2025-12: could not tell {place}: not delivered within 0.5 s"] and len(web.sent) == 1


def test_nobody_there_keeps_no_other_from_being_told(web: Web, tmp_path: Path) -> None:
    dead = f"127.0.0.1:{free_port()}"
    mail = f"smtp://{dead}/?from=a@b.vn&to=c@d.vn,e@f.vn"
    lines = told(tmp_path, f"https://lan:S3CRET@{dead}/T0P-SECRET", mail, web.url)
    assert lines == [f"2025-12: could not tell {kind}://{dead}: Connection refused" for kind in ("https", "smtp")]
    assert len(web.sent) == 1


@pytest.mark.usefixtures("short")
def test_what_speaks_no_http_is_a_failure(tmp_path: Path) -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def babble() -> None:
        line, _ = server.accept()
        line.recv(65536)
        line.sendall(b"S3CRET what?\r\n\r\n")
        line.close()

    threading.Thread(target=babble, daemon=True).start()
    (line,) = told(tmp_path, f"http://127.0.0.1:{server.getsockname()[1]}/")
    server.close()
    assert line.endswith(": BadStatusLine")


@pytest.mark.usefixtures("trusted")
def test_a_user_in_the_address_becomes_a_header(certificate: Path, tmp_path: Path) -> None:
    web = Web()
    server = serve_web(web, tls(certificate))
    try:
        assert told(tmp_path, f"https://lan:p%40ss%C4%83@127.0.0.1:{web.port}/ă b%20c") == []
    finally:
        server.shutdown()
        server.server_close()
    ((path, headers, _),) = web.sent
    assert path == "/%C4%83%20b%20c"
    assert b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == "lan:p@ssă"
    assert headers["Host"] == f"127.0.0.1:{web.port}"


def test_an_unknown_certificate_is_refused(certificate: Path, tmp_path: Path) -> None:
    web = Web()
    server = serve_web(web, tls(certificate))
    (line,) = told(tmp_path, f"https://lan:S3CRET@127.0.0.1:{web.port}/T0P-SECRET")
    server.shutdown()
    server.server_close()
    assert "certificate verify failed" in line.lower() or "CERTIFICATE_VERIFY_FAILED" in line
    assert web.sent == []
    assert "S3CRET" not in line


# --- mail ------------------------------------------------------------------------------------------------------------


@dataclass
class Post:
    """A mail server that takes down what it hears: `offers` STARTTLS, `secure` from the first byte, `refuses` some."""

    context: ssl.SSLContext | None = None
    offers: bool = False
    secure: bool = False
    refuses: set[str] = field(default_factory=set)
    password: str = ""
    farewell: str = "221 bye\r\n"
    heard: list[str] = field(default_factory=list)
    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        while True:
            try:
                line, _ = self.socket.accept()
                line.settimeout(10)
                self.talk(line)
            except ssl.SSLError:
                continue
            except OSError:
                return

    def talk(self, line: socket.socket) -> None:
        to: list[str] = []
        if self.secure and self.context:
            line = self.context.wrap_socket(line, server_side=True)
        line.sendall(b"220 ready\r\n")
        file = line.makefile("rb")
        while said := file.readline().decode().strip():
            encrypted = "tls " if isinstance(line, ssl.SSLSocket) else ""
            self.heard.append(encrypted + said)
            verb = said.split()[0].upper()
            if verb == "STARTTLS" and self.context:
                line.sendall(b"220 go\r\n")
                line = self.context.wrap_socket(line, server_side=True)
                file = line.makefile("rb")
            elif verb == "DATA":
                line.sendall(b"354 go\r\n")
                data = b"".join(iter(file.readline, b".\r\n"))
                self.raw.append(data)
                mail = message_from_bytes(data, policy=policy.default)
                assert isinstance(mail, EmailMessage)
                self.mails.append((to, mail))
                line.sendall(b"250 taken\r\n")
            else:
                address = said.partition("<")[2].partition(">")[0]
                if verb == "RCPT" and address not in self.refuses:
                    to.append(address)
                line.sendall(self.answer(verb, said, address, bool(encrypted)).encode())
                if verb == "QUIT":
                    break
        file.close()
        line.close()

    def answer(self, verb: str, said: str, address: str, encrypted: bool) -> str:
        if verb == "EHLO":
            more = "250-STARTTLS\r\n" if self.offers and not encrypted else ""
            return f"250-here\r\n{more}250 AUTH PLAIN\r\n"
        if verb == "AUTH":
            right = b64decode(said.split()[2]).decode().split("\0")[2] == self.password
            return "235 in\r\n" if right else f"535 no: {said}\r\n"
        if verb == "RCPT" and address in self.refuses:
            return "550 \x1b[31mno such user\r\n"
        return self.farewell if verb == "QUIT" else "250 fine\r\n"


Server = Callable[..., Post]


@pytest.fixture
def post() -> Iterator[Server]:
    servers: list[Post] = []

    def start(**settings: Any) -> Post:
        servers.append(Post(**settings))
        return servers[-1]

    yield start
    for server in servers:
        server.socket.close()


@pytest.fixture
def password(tmp_path: Path) -> Path:
    path = tmp_path / "mật khẩu"
    path.write_text("S3CRET pass\n")
    path.chmod(0o600)
    return path


def address(server: Post, *, user: str = "", to: str = "lan@most.gov.vn", scheme: str = "smtp", more: str = "") -> str:
    return f"{scheme}://{user}127.0.0.1:{server.port}/?from=r57@most.gov.vn&to={to}{more}"


def test_mail_in_both_languages(post: Server, tmp_path: Path) -> None:
    server = post()
    assert told(tmp_path, address(server, to="lan+r57@most.gov.vn,b@mof.gov.vn"), outcome=PART) == []
    ((to, mail),) = server.mails
    assert to == ["lan+r57@most.gov.vn", "b@mof.gov.vn"]
    assert mail["To"] == "lan+r57@most.gov.vn, b@mof.gov.vn"
    assert mail["From"] == "r57@most.gov.vn"
    assert mail["Subject"] == (
        "Nghị quyết 57: báo cáo tháng 12 năm 2025 đã công bố nhưng còn thiếu trang"
        " / Resolution 57: report for December 2025 published with pages missing"
    )
    assert mail["Date"] == "Mon, 05 Jan 2026 06:30:00 +0700"
    assert mail["Bcc"] is None
    assert server.raw[0].isascii()
    errors = ["- overview.vi: cell 'setup': KeyError: 'gap'", "- data_quality.en: ValueError: a  Bcc: x"]
    assert mail.get_content().splitlines() == [
        "Đã công bố báo cáo tháng 12 năm 2025 về tình hình thực hiện Nghị quyết 57, nhưng còn thiếu các trang bị lỗi.",
        "Số trang đã công bố: 8",
        "Số trang bị lỗi: 2",
        *errors,
        "Số liệu đến ngày 31/12/2025",
        "Thư mục báo cáo: reports/2025-12",
        "",
        "The Resolution 57 report for December 2025 has been published without the pages that failed.",
        "Pages published: 8",
        "Pages that failed: 2",
        *errors,
        "Data as of 31 December 2025",
        "Folder of the report: reports/2025-12",
    ]


def test_a_failed_month_says_that_nothing_has_changed(post: Server, tmp_path: Path) -> None:
    server = post()
    assert told(tmp_path, address(server), outcome=BAD) == []
    assert server.mails[0][1]["Subject"] == (
        "Nghị quyết 57: chưa công bố được báo cáo tháng 12 năm 2025 / "
        "Resolution 57: report for December 2025 not published"
    )
    text = server.mails[0][1].get_content()
    assert text.startswith(
        "Chưa công bố được báo cáo tháng 12 năm 2025 về tình hình thực hiện Nghị quyết 57. Các báo cáo đã"
    )
    assert "Kết quả đã lập được lưu tại: reports/.failed/2025-12" in text
    assert "could not be published. Whatever was published before is unchanged." in text


def test_who_has_refused_is_tried_again_and_the_others_are_not(post: Server, tmp_path: Path) -> None:
    server = post(refuses={"old@most.gov.vn"}, farewell="451 not yet\r\n")
    target = address(server, to="lan@most.gov.vn,old@most.gov.vn")
    refused = f"2025-12: could not tell smtp://127.0.0.1:{server.port}: old@most.gov.vn: 550 no such user"
    assert told(tmp_path, target) == [refused]
    assert told(tmp_path, target) == [refused]
    server.refuses.clear()
    assert told(tmp_path, target) == []
    assert told(tmp_path, target) == []
    assert [to for to, _ in server.mails] == [["lan@most.gov.vn"], ["old@most.gov.vn"]]
    first, second = (mail for _, mail in server.mails)
    assert first["Message-ID"] == second["Message-ID"]


def test_a_mail_that_was_taken_is_told_even_if_the_server_hangs_up(post: Server, tmp_path: Path) -> None:
    server = post(farewell="")
    for _ in range(2):
        assert told(tmp_path, address(server)) == []
    assert len(server.mails) == 1


def test_message_id_is_of_the_outcome(post: Server, tmp_path: Path) -> None:
    server = post()
    for outcome in (GOOD, BAD):
        assert told(tmp_path, address(server), outcome=outcome, now=datetime.now(UTC)) == []
    assert told(tmp_path / "other", address(server), outcome=GOOD) == []
    good, bad, again = (mail["Message-ID"] for _, mail in server.mails)
    assert good == again != bad
    assert good.endswith("@most.gov.vn>")


def test_no_password_without_tls(post: Server, tmp_path: Path, password: Path) -> None:
    server = post(password="S3CRET pass")
    (line,) = told(tmp_path, address(server, user="lan@", more=f"&password-file={password}"))
    assert line.endswith("the server offers no TLS, so the password was not sent; try smtps://")
    assert not [said for said in server.heard if "AUTH" in said]
    assert [said for said in server.heard if said.upper().startswith("EHLO")]
    assert server.mails == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.usefixtures("trusted")
def test_password_over_tls(post: Server, tmp_path: Path, password: Path, certificate: Path, scheme: str) -> None:
    server = post(context=tls(certificate), offers=True, secure=scheme == "smtps", password="S3CRET pass")
    more = f"&password-file={password}".replace(" ", "%20")
    assert told(tmp_path, address(server, user="lan%40most.gov.vn@", scheme=scheme, more=more)) == []
    (said,) = [said for said in server.heard if "AUTH" in said]
    assert said.startswith("tls AUTH PLAIN ")
    assert b64decode(said.split()[3]).decode().split("\0")[1] == "lan@most.gov.vn"
    assert len(server.mails) == 1


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_is_not_repeated(post: Server, tmp_path: Path, password: Path, certificate: Path) -> None:
    server = post(context=tls(certificate), offers=True, password="another")
    (line,) = told(tmp_path, address(server, user="lan@", more=f"&password-file={password}"))
    assert line == f"2025-12: could not tell smtp://127.0.0.1:{server.port}: user or password refused (535)"


def test_a_password_goes_to_no_stranger(post: Server, tmp_path: Path, password: Path, certificate: Path) -> None:
    server = post(context=tls(certificate), offers=True, password="S3CRET pass")
    (line,) = told(tmp_path, address(server, user="lan@", more=f"&password-file={password}"))
    assert "certificate" in line.lower()
    assert not [said for said in server.heard if "AUTH" in said]


def test_without_a_password_any_encryption_will_do(post: Server, tmp_path: Path, certificate: Path) -> None:
    server = post(context=tls(certificate), offers=True)
    assert told(tmp_path, address(server)) == []
    assert [said for said in server.heard if said.upper().startswith("TLS MAIL")]


# --- files -----------------------------------------------------------------------------------------------------------


def read_mail(path: Path) -> EmailMessage:
    mail = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_files(tmp_path: Path) -> None:
    folder = tmp_path / "hòm thư"
    folder.mkdir()
    halves = [folder / f".r57-2025-11-published.eml.{number}.new" for number in (1, 2)]
    for half in halves:
        half.write_text("Subj")
    os.utime(halves[0], (0, 0))
    assert told(tmp_path, str(folder), str(folder / "last.eml")) == []
    assert [half.exists() for half in halves] == [False, True], "another call may be writing the second"
    halves[1].unlink()
    assert {path.name for path in folder.iterdir()} == {"r57-2025-12-published.eml", "last.eml"}
    mail = read_mail(folder / "r57-2025-12-published.eml")
    assert mail["Subject"] == (
        "Nghị quyết 57: công bố báo cáo tháng 12 năm 2025 / Resolution 57: report for December 2025, first publication"
    )
    vi, en = mail.get_content().split("\n\n")
    assert "Số trang đã công bố: 1.234\n" in vi
    assert "Pages published: 1,234\n" in en
    assert (folder / "last.eml").read_bytes() == (folder / "r57-2025-12-published.eml").read_bytes()
    (folder / "last.eml").unlink()
    assert told(tmp_path, str(folder / "last.eml")) == []
    assert not (folder / "last.eml").exists()


def test_mails_of_a_folder_restored_elsewhere_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what earlier versions remembered of one, by its whole path, still counts."""
    first, second = tmp_path / "first", tmp_path / "second"
    (first / "mail").mkdir(parents=True)
    (second / "mail").mkdir(parents=True)
    monkeypatch.chdir(first)
    assert told(first / "reports", "mail/") == [] and len(list((first / "mail").iterdir())) == 1
    shutil.copytree(first / "reports", second / "reports")
    monkeypatch.chdir(second)
    assert told(second / "reports", "mail/") == [] and list((second / "mail").iterdir()) == []
    former = subject.outcome_digest(GOOD, "mail/", str(second / "mail"))
    disk.write(second / "reports" / ".notified.json", disk.as_json({former: "2026-01-01"}))
    assert told(second / "reports", "mail/") == [] and list((second / "mail").iterdir()) == []


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "last.eml").write_text("as it was")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("r57lib.disk.os.fsync", full)
        target = str(folder / "last.eml")
        assert told(tmp_path, target) == [f"2025-12: could not tell {target}: No space left on device"]
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("last.eml", "as it was")]


def test_names_put_nothing_into_headers_and_break_no_mail(tmp_path: Path) -> None:
    hostile = replace(
        BAD, failed=(("a\nTo: x@y", "\udcff\x00 {month} <!channel>\u202e"),), folder=Path("a\r\nCc: z/\udce9")
    )
    labels = LABELS.assign(en=LABELS["en"].where(LABELS["key"] != "notice.subject.failed", "no\r\nBcc: x@y"))
    (folder := tmp_path / "mail").mkdir()
    assert notify([parse_target(str(folder))], hostile, tmp_path, labels, now=NOW) == []
    mail = read_mail(folder / "r57-2025-12-failed.eml")
    assert mail.keys() == [
        "Subject", "From", "Date", "Message-ID", "Auto-Submitted", "Content-Type", "Content-Transfer-Encoding",
        "MIME-Version",
    ]  # fmt: skip
    assert mail["Subject"].endswith("/ no  Bcc: x@y")
    assert "- a To: x@y: {month} <!channel>\n" in mail.get_content()
    assert "What was built is kept in: a  Cc: z/" in mail.get_content()


# --- what is remembered ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spoilt", [b"{", b"[]", b"\xff", b"null"])
def test_a_damaged_memory_counts_as_empty(web: Web, tmp_path: Path, spoilt: bytes) -> None:
    memory = tmp_path / ".notified.json"
    memory.write_bytes(spoilt)
    said = f"{memory} cannot be read and counts as empty; what was told before may be told again"
    assert told(tmp_path, web.url) == [said]
    assert told(tmp_path, web.url) == []
    assert len(web.sent) == 1


def test_the_memory_holds_no_secret(web: Web, tmp_path: Path) -> None:
    assert told(tmp_path, web.url) == []
    text = (tmp_path / ".notified.json").read_text()
    assert list(json.loads(text).values()) == ["2026-01-05T06:30:00+07:00"]
    assert "127.0.0.1" not in text
    assert "S3CRET" not in repr(parse_target(web.url))


def test_a_memory_that_cannot_be_written_is_said(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk, "write", full)
    memory = tmp_path / ".notified.json"
    (line,) = told(tmp_path, web.url)
    assert line == f"{memory}: No space left on device; what was told now will be told again"
    assert len(web.sent) == 1


def test_reports_that_are_no_folder_are_said(web: Web, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    reports.write_text("")
    (line,) = told(reports, web.url)
    assert line.startswith(f"2025-12: nobody was told, for {reports} cannot be written: ")


def test_two_at_once_tell_once(web: Web, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: told(tmp_path, web.url), range(4))) == [[]] * 4
    assert len(web.sent) == 1


# --- wrong targets ---------------------------------------------------------------------------------------------------

WRONG = {
    "": "cannot notify ''; write https://HOST/PATH, smtp://",
    "nowhere/at-all": "cannot notify 'nowhere/at-all'; write https://HOST/PATH, smtp://",
    "nowhere/last.eml": "cannot write 'nowhere/last.eml': there is no folder '",
    "lan:S3CRET@example.vn": "cannot notify '…@example.vn'; write https://HOST/PATH",
    "htps://lan:S3CRET@example.vn/S3CRET": "cannot notify 'htps://…'; did you mean 'https'?; write https://HOST/PATH",
    "lan:S3CRET@https://example.vn": "cannot notify '://…'",
    "https://": "cannot read an address; write https://HOST/PATH",
    "https://lan:S3/CRET@example.vn": "cannot read an address; write https://HOST/PATH, with %40 for @ in a name",
    "https://lan:12/S3CRET@example.vn": "cannot read an address; write https://HOST/PATH",
    "https://example.vn:S3CRET/": "cannot read an address; write https://HOST/PATH",
    "https://example.vn:0/": "cannot read an address; write https://HOST/PATH",
    "https://[::S3CRET/": "cannot read an address; write https://HOST/PATH",
    "https://S3CRET example.vn/": "cannot read an address; write https://HOST/PATH",
    "https://example.vn/S3CRET\r\nX: y": "cannot read an address; write https://HOST/PATH",
    "http://lan:S3CRET@example.vn/": "http://example.vn has a user or a password, which go over https only",
    "smtp://example.vn/": "smtp://example.vn: 'from' is missing; write smtp://[USER@]HOST[:PORT]/?from=A&to=B",
    "smtp://example.vn/?from=a@b.vn": "smtp://example.vn: 'to' is missing; write smtp://",
    "smtp://example.vn/?from=a@b.vn&to=c@d.vn&to=e@f.vn": "smtp://example.vn: 'to' stands there twice",
    "smtp://example.vn/?from=a@b.vn&to=c@d.vn,": "smtp://example.vn: '' is not a mail address; write name@",
    "smtp://example.vn/?from=a@b.vn&to=c@d.vn%0ABcc:x@y.vn": "'c@d.vn Bcc:x@y.vn' is not a mail address",
    "smtp://example.vn/?from=A%20<a@b.vn>&to=c@d.vn": "'A <a@b.vn>' is not a mail address",
    "smtp://example.vn/?form=a@b.vn": "unknown field of a mail target 'form'; did you mean 'from'?",
    "smtp://example.vn/?password=S3CRET": "unknown field of a mail target 'password'; did you mean 'password-file'?",
    "smtp://lan:S3CRET@example.vn/?from=a@b.vn&to=c@d.vn": "everyone can see a password in a command; use",
    "smtps://lan@example.vn/?from=a@b.vn&to=c@d.vn": "smtps://example.vn: a user and a password-file go together",
    "smtps://example.vn/?from=a@b.vn&to=c@d.vn&password-file=x": "a user and a password-file go together; write smtp://",
    "smtps://lan@example.vn/?from=a@b.vn&to=c@d.vn&password-file=x": "password file 'x' does not exist or cannot be",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_target_is_explained_and_no_secret_repeated(text: str) -> None:
    with pytest.raises(WrongCall) as raised:
        parse_target(text)
    message = str(raised.value)
    assert WRONG[text] in message
    assert "CRET" not in message
    assert message.isprintable()
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("mode", "text", "said"),
    [
        (0o640, "S3CRET", "can be read by others; chmod 600 "),
        (0o604, "S3CRET", "can be read by others"),
        (0o600, "\n", "is empty"),
    ],
)
def test_a_password_file_is_its_owners_alone(tmp_path: Path, mode: int, text: str, said: str) -> None:
    (path := tmp_path / "password").write_text(text)
    path.chmod(mode)
    with pytest.raises(WrongCall, match=said) as raised:
        parse_target(f"smtps://lan@example.vn/?from=a@b.vn&to=c@d.vn&password-file={path}")
    assert "S3CRET" not in str(raised.value)


@pytest.mark.server
def test_it_brings_in_no_papermill() -> None:
    code = "import sys, r57lib.report.notify; print({'papermill', 'nbconvert', 'altair'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
