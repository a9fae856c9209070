"""The server's promises, each tried against the real server."""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psutil
import pytest
from traitlets.config import Config
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from r57lib.disk import digest
from r57lib.serve.pages import Site
from r57lib.serve.sessions import Sessions
from r57lib.view.words import LANGUAGES
from tests.conftest import DATA, R57, ROOT, Command, call_r57, with_bundle
from tests.serving import (
    PAGES,
    TOKEN,
    Server,
    Session,
    all_answered,
    custom,
    free_port,
    hear,
    message,
    narrow,
    project,
    serving,
    states,
    stuck,
    until,
    update,
)

FEW = ("overview", "task_completion")
SECRETS = ("Traceback", "/site-packages/", "r57lib/", ".ipynb_checkpoints", "QUERY_STRING", "import ", "def ", TOKEN)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with three places."""
    root = project(tmp_path_factory.mktemp("small"), *FEW)
    with serving(root, "--sessions", "3", root=root, wait=True) as running:
        yield running


@pytest.fixture
def empty(small: Server) -> Server:
    """The same, with nobody there: who is left is sent away, or would keep a place for twenty seconds."""

    def left() -> bool:
        for kernel in small.kernels():
            with suppress(psutil.NoSuchProcess):
                kernel.kill()
        return is_empty(small)

    until(left, seconds=60)
    return small


@contextmanager
def joined(server: Server, **headers: str) -> Iterator[ClientConnection]:
    """A page that somebody looks at: joined as soon as it is there, or its place would be given back meanwhile."""
    with server.open_page(**headers).join() as line:
        yield line


def is_empty(server: Server) -> bool:
    """No kernel for four seconds, and no socket of one: who is on its way, or has just ended, holds a place, too."""
    sockets = f"r57-serve-*-{server.process.pid}/*/kernel-*"
    return not any(server.kernels() or any(Path(gettempdir()).glob(sockets)) or time.sleep(0.2) for _ in range(20))


# --- 1. no code runs -------------------------------------------------------------------------------------------------

KINDS = [
    "execute_request", "inspect_request", "complete_request", "history_request", "is_complete_request",
    "comm_open", "shutdown_request", "interrupt_request", "debug_request", "input_reply", "connect_request",
    "create_subshell_request", "apply_request", "usage_request", "comm_info_request",
]  # fmt: skip


def v1(told: dict[str, Any]) -> bytes:
    """A message in Jupyter's binary protocol."""
    parts = [told["channel"], *(json.dumps(told[name]) for name in ("header", "parent_header", "metadata", "content"))]
    data = [part.encode() for part in parts]
    offsets = [8 * (len(data) + 2)]
    for part in data:
        offsets.append(offsets[-1] + len(part))
    return struct.pack(f"<{len(offsets) + 1}Q", len(offsets), *offsets) + b"".join(data)


@pytest.mark.parametrize("protocol", ["", "v1.kernel.websocket.jupyter.org"])
def test_no_channel_runs_code_or_opens_a_comm(server: Server, protocol: str, tmp_path: Path) -> None:
    page, marker = server.open_page(), tmp_path / "marker"
    code = f"open({str(marker)!r}, 'w')"
    content = {
        "code": code, "silent": False, "user_expressions": {"a": code}, "comm_id": str(uuid4()), "data": {},
        "target_name": "jupyter.widget", "restart": False, "value": code, "cursor_pos": 1,
    }  # fmt: skip
    with page.join(protocol=protocol) as line:
        for kind in KINDS:
            for channel in ("shell", "control", "stdin", "iopub"):
                told = message(kind, content, channel=channel)
                line.send(v1(told) if protocol else json.dumps(told))
        heard = list(hear(line, seconds=2)) if not protocol else []
    assert not {told["msg_type"] for told in heard} & {
        "execute_reply",
        "execute_result",
        "comm_open",
        "error",
        "stream",
    }
    assert not marker.exists()
    with page.join() as line:  # and the kernel is there still, with its page
        line.send(update(page.control("month"), index=3))
        assert list(states(line, page))


# --- 2, 3. no file is read, and nothing without the token ------------------------------------------------------------

FILES = ("data/labels.csv", "r57lib/disk.py", "notebooks/overview.ipynb", "README.md", "reports/x.csv", ".git/config")
DISGUISES = (
    "{}",
    "./{}",
    "../{}",
    "../../{}",
    "%2e%2e/{}",
    "%2e%2e%2f{}",
    "..%2f{}",
    "//{}",
    "{}/",
    "{}/.",
    "{}%00.html",
)
ROOTS = ("", "voila/files/", "voila/static/", "voila/templates/r57/", "files/", "reports/", "static/r57/")
PATHS = [f"/{root}{disguise.format(file)}" for root in ROOTS for disguise in DISGUISES for file in FILES]
ROUTES = (
    "/", "/voila/render/overview.ipynb", "/static/r57/000000000000/page.css", "/reports/2025-12/index.html",
    "/reports/latest/figures/index.json",
    "/voila/files/x", "/voila/api/contents", "/voila/api/shutdown/x", "/voila/query/x", "/voila/tree", "/tree",
    "/api/kernels", "/api/contents", "/api/terminals", "/metrics", "/lab",
    "/voila/labextensions/x", "/voila/execution/x",
)  # fmt: skip


def inside(body: bytes) -> list[str]:
    """What of our files stands in an answer."""
    signs = {
        "labels": b"key,en,vi", "code": b"from __future__", "notebook": b'"nbformat"', "readme": b"make report",
        "git": b"[core]",
    }  # fmt: skip
    return [name for name, sign in signs.items() if sign in body]


@pytest.mark.parametrize("token", [True, False])
def test_no_path_leads_to_a_file(guarded: Server, token: bool) -> None:
    for path in PATHS:
        answer, body = guarded.ask(path, token=token)
        assert answer.status in (302, 400, 403, 404, 405), path
        assert inside(body) == [], path


def test_no_link_leads_out_of_the_reports(trapped: Server) -> None:
    root = trapped.log_file.parent
    month = root / "reports" / "2025-12"
    month.mkdir()
    (month / "index.html").write_text("<p>a report</p>")
    (month / "overview.html").symlink_to(root / "data" / "labels.csv")
    (root / "reports" / "2025-11").symlink_to(root / "data")
    (month / "enterprise_commitments.fpt.vi.html").write_text("<p>a unit</p>")
    (root / "reports" / "index.html").write_text("<p>months</p>")
    (root / "reports" / "feed.xml").write_text("<feed/>")
    (root / "reports" / ".build").mkdir()
    (root / "reports" / ".build" / "index.html").write_text("<p>not yet</p>")
    (root / "reports" / "latest").symlink_to("2025-12")
    (root / "data" / "index.html").write_text("key,en,vi")
    (month / "secret.csv").write_text("key,en,vi")
    assert trapped.ask("/reports/2025-12/index.html")[1] == b"<p>a report</p>"
    assert trapped.ask("/reports/2025-12/enterprise_commitments.fpt.vi.html")[1] == b"<p>a unit</p>"
    assert trapped.ask("/reports/index.html")[1] == b"<p>months</p>"
    assert trapped.ask("/reports/feed.xml")[1] == b"<feed/>"
    for path in (".build/index.html", "latest/index.html", "monthly.yaml"):
        assert trapped.status(f"/reports/{path}") == 404, path
    for path in ("2025-12/overview.html", "2025-11/index.html", "2025-12/secret.csv", "2025-12/../2025-12/secret.csv"):
        assert trapped.status(f"/reports/{path}") == 404


def test_the_documents_of_a_month_and_of_its_approval_are_sent_and_no_others(trapped: Server) -> None:
    reports = trapped.log_file.parent / "reports"
    month, approval = reports / "2025-09", reports / "approved" / "2025-09" / "0a1b2c"
    month.mkdir()
    approval.mkdir(parents=True)
    (month / "manifest.json").write_text(json.dumps({"outputs": {"agenda.vi.pdf": "", "agenda.vi.docx": ""}}))
    (approval / "approval.json").write_text(json.dumps({"documents": [{"approved": "agenda.vi.approved.pptx"}]}))
    for file in (month / "agenda.vi.pdf", month / "draft.pdf", approval / "agenda.vi.approved.pptx"):
        file.write_bytes(b"a document")
    (month / "agenda.vi.docx").symlink_to(month / "draft.pdf")
    for path in ("2025-09/agenda.vi.pdf", "approved/2025-09/0a1b2c/agenda.vi.approved.pptx"):
        answer, body = trapped.ask(f"/reports/{path}")
        assert (answer.status, body) == (200, b"a document")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{path.rpartition("/")[2]}"'
        assert "html" not in answer.headers["Content-Type"]
    (approval / "index.html").write_text("<p>as it was approved</p>", encoding="utf-8")
    assert trapped.ask("/reports/approved/2025-09/0a1b2c/index.html")[1] == b"<p>as it was approved</p>"
    for path in ("2025-09/draft.pdf", "2025-09/agenda.vi.docx", "approved/2025-09/agenda.vi.pdf", "2025-08/x.pdf"):
        assert trapped.status(f"/reports/{path}") == 404, path


def test_the_files_beside_figures_are_sent_as_their_manifest_names_them(trapped: Server) -> None:
    month = trapped.log_file.parent / "reports" / "2026-01"  # the newest
    (month / "figures").mkdir(parents=True)
    kinds = {
        "csv": "text/csv; charset=utf-8",
        "json": "application/json",
        "svg": "image/svg+xml",
        "vl.json": "application/json",
    }
    names = [*(f"first.tiến-độ.vi.{form}" for form in kinds), "linked.csv", "gone.csv", "strange.html"]
    outputs = dict.fromkeys([f"figures/{name}" for name in names] + ["figures/../../secret.csv"], "")
    (month / "manifest.json").write_text(json.dumps({"outputs": outputs}), encoding="utf-8")
    for name in (*names[:4], "strange.html", "unknown.csv"):
        (month / "figures" / name).write_bytes(b"a file")
    (month / "figures" / "linked.csv").symlink_to(month / "manifest.json")
    (month.parent / "secret.csv").write_text("key,en,vi")
    for form, kind in kinds.items():
        for place in ("2026-01", "latest"):
            answer, body = trapped.ask(f"/reports/{place}/figures/{quote(f'first.tiến-độ.vi.{form}')}")
            assert (answer.status, body, answer.headers["Content-Type"]) == (200, b"a file", kind)
            assert "script" not in answer.headers["Content-Security-Policy"]
    for path in (
        "linked.csv",
        "gone.csv",
        "strange.html",
        "unknown.csv",
        "",
        "..%2Fmanifest.json",
        "..%2F..%2Fsecret.csv",
    ):
        assert trapped.status(f"/reports/2026-01/figures/{path}") == 404, path
    assert (
        trapped.status("/reports/2025-11/figures/first.csv") == trapped.status("/reports/.build/figures/a.csv") == 404
    )
    assert trapped.ask("/reports/latest/figures/first.csv", method="PUT")[0].status in (403, 404, 405)
    shutil.rmtree(month)


@pytest.mark.parametrize("name", ["2026-01-old", "2026-13", "2025-1", "backup"])
def test_a_folder_beside_the_months_is_no_month(trapped: Server, name: str) -> None:
    folder = trapped.log_file.parent / "reports" / name
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    answer, body = trapped.ask("/")
    assert answer.status == 200 and f"reports/{name}/".encode() not in body


@pytest.mark.parametrize("path", ROUTES)
def test_no_route_answers_without_the_token(guarded: Server, path: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer, body = guarded.ask(path, method=method, token=False)
        assert answer.status in (302, 403, 404, 405, 411) and inside(body) == []
        assert answer.status != 302 or answer.headers["Location"].startswith("/login")
    assert guarded.status(path, token=False, Authorization="token wrong") in (302, 403, 404)


def test_the_token_opens_the_page_and_its_channel(guarded: Server) -> None:
    page = guarded.open_page()
    with page.join():
        pass
    guarded_without = Server(guarded.process, guarded.port, guarded.log_file)
    with pytest.raises(InvalidStatus, match="403"), guarded_without.channel(page.kernel):
        pass
    assert TOKEN not in page.html and TOKEN not in guarded.log


def test_the_log_in_and_its_end_are_ours(guarded: Server, browser: Any) -> None:
    """In both languages, and what the browser is given goes to no other site's form."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{guarded.url}/voila/render/overview.ipynb?language=en")
    assert page.locator("h1").all_inner_texts() == ["Đăng nhập", "Sign in"]
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none", "it has its style"
    page.fill("#token", "wrong")
    page.click("button")
    assert page.locator("h1").all_inner_texts() == ["Mã truy cập không đúng", "This is not the token"]
    page.fill("#token", TOKEN)
    page.click("button")
    page.wait_for_selector("html[data-live=asleep]", timeout=60_000)
    assert page.url.endswith("/voila/render/overview.ipynb?language=en")
    cookies = context.cookies()
    assert cookies and all(each["sameSite"] == "Lax" and each["httpOnly"] for each in cookies)
    page.goto(f"{guarded.url}/logout")
    assert page.locator("h1").all_inner_texts() == ["Bạn đã đăng xuất", "You are signed out"]
    page.get_by_role("link", name="Sign in again").click()
    assert page.locator("h1").all_inner_texts() == ["Đăng nhập", "Sign in"]
    context.close()


def test_no_versions_are_told(guarded: Server) -> None:
    with guarded.open_page().join() as line:
        line.send(json.dumps(message("kernel_info_request", {})))
        told = next(each for each in hear(line) if each["msg_type"] == "kernel_info_reply")
        assert told["content"] == {"status": "ok"}


def test_who_asked_for_what_is_a_line_of_the_log(guarded: Server) -> None:
    """A page with its filters, a change, a table that is taken along, what is not there; no script, no style."""
    user, said = {"X_Remote_User": "lan.nguyễn".encode().decode("latin-1")}, len(guarded.log)
    page = guarded.open_page("overview", "?month=2025-10", **user)
    with page.join(**{"X-Remote-User": "lan.nguyen"}) as line:
        line.send(update(page.control("month"), index=months(page).index("2025-12")))
        assert any("answered" in state for _, state in states(line, page))
        line.send(custom(page.state, {"figure": "headlines", "format": "csv", "rows": []}))
    guarded.ask("/reports/2025-12/missing.pdf", **user)
    guarded.ask("/static/r57/000000000000/page.css", **user)
    until(lambda: "missing.pdf" in guarded.log[said:] and "headlines.csv" in guarded.log[said:], seconds=60)
    lines = [json.loads(each) for each in guarded.log[said:].splitlines() if each.startswith('{"user"')]
    mine = [each for each in lines if each["user"] in ("lan.nguyễn", "lan.nguyen")]
    first, woken, changed, taken = (each for each in mine if each.get("page") == "overview")
    assert first["path"] == woken["path"] == "/voila/render/overview.ipynb" and first["status"] == 200
    assert first["parameters"] == {"month": "2025-10"} and woken["parameters"] == {"month": "2025-10"}
    assert changed["parameters"] == {"month": "2025-12"} and changed["user"] == "lan.nguyen"
    assert taken["download"] == "headlines.csv"
    (missing,) = [each for each in mine if each.get("download") == "missing.pdf"]
    assert missing["status"] == 404 and not any("static" in each.get("path", "") for each in mine)
    assert TOKEN not in guarded.log


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--user-header", "X-Remote-User"), "--user-header believes whoever sends it"),
        (("--base-url", "nq57"), "must begin and end with a slash"),
        (("--embed-from", "https://portal.gov.vn/page"), "is no origin"),
        (("--embed-from", "*"), "is no origin"),
    ],
)
def test_what_would_open_the_server_is_a_wrong_call(options: tuple[str, str], reason: str) -> None:
    done = call_r57("serve", "--port", str(free_port()), *options)
    assert done.returncode == 2 and reason in done.stderr


@pytest.mark.server
def test_all_lies_below_the_base(tmp_path: Path) -> None:
    root = project(tmp_path, "overview")
    with serving(root, "--base-url", "/nq57/", root=root) as running:
        answer, home = running.ask("/nq57/")
        assert answer.status == 200 and b'href="voila/render/overview.ipynb' in home
        style = re.search(rb'href="(static/[^"]+page.css)"', home)
        assert style and running.status(f"/nq57/{style[1].decode()}") == 200
        answer, woken = running.ask("/nq57/voila/render/overview.ipynb", X_R57_Live="")
        found = re.search(rb'id="r57-session">(.*?)</script>', woken)
        assert answer.status == 200 and found
        kernel = json.loads(found[1])["kernel"]
        url = f"ws://{running.host}/nq57/api/kernels/{kernel}/channels"
        with connect(url, additional_headers={"Origin": running.url}, open_timeout=30):
            pass
        assert running.ask("/nq57")[0].headers["Location"] == "/nq57/"
        for path in ("/", "/voila/render/overview.ipynb", "/nq57/nothing"):
            answer, body = running.ask(path)
            assert answer.status == 404 and (b'href="/nq57/"' in body or b'href="./"' in body), path


def test_a_figure_alone_is_framed_by_the_origin_that_was_named(guarded: Server, browser: Any) -> None:
    """And by no other; the page itself by none."""
    path = "/embed/task_completion/task-status?month=2025-12&language=en"
    answer, body = guarded.ask(path)
    assert answer.status == 200 and answer.headers["X-Frame-Options"] is None
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors https://portal.gov.vn")
    assert body.count(b'class="r57-section') == 1 and b"<select" not in body
    for wrong in ("/embed/task_completion/nothing", "/embed/nothing/task-status", "/embed/task_completion/"):
        assert guarded.status(wrong) == 404
    assert guarded.status("/embed/task_completion/task_status?month=2025-12&month=2025-11") == 400
    assert guarded.status(path, token=False) == 302
    whole = guarded.ask("/voila/render/task_completion.ipynb")[0].headers
    assert whole["X-Frame-Options"] == "DENY" and "frame-ancestors 'none'" in whole["Content-Security-Policy"]
    context = browser.new_context(extra_http_headers={"Authorization": f"token {TOKEN}"})
    page = context.new_page()
    frame = f'<iframe width="700" height="600" src="{guarded.url}{path}"></iframe>'
    context.grant_permissions(["local-network-access"])  # a portal may lie on the internet; this machine does not
    context.route("https://*.gov.vn/**", lambda route: route.fulfill(body=frame, content_type="text/html"))
    page.goto("https://portal.gov.vn/")
    page.frame_locator("iframe").locator("html[data-charts=drawn] .r57-chart svg").first.wait_for(timeout=60_000)
    assert page.frame_locator("iframe").get_by_role("link", name="Task completion").get_attribute("href")
    page.goto("https://other.gov.vn/")
    page.wait_for_timeout(1000)
    assert page.frame_locator("iframe").locator(".r57-section").count() == 0
    context.close()


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o644)
    for path, reason in ((file, "can be read by others; chmod 600"), (tmp_path / "none", "does not exist")):
        done = call_r57("serve", "--token-file", path)
        assert done.returncode == 2 and reason in done.stderr
    file.chmod(0o600)
    file.write_text("short")
    assert "16 are the least" in call_r57("serve", "--token-file", file).stderr


@pytest.mark.parametrize(
    ("host", "reason"), [("127.0.0.1", "choose another with --port"), ("192.0.2.1", "cannot listen on 192.0.2.1, port")]
)
def test_an_address_that_cannot_be_listened_on_is_named(r57: Command, guarded: Server, host: str, reason: str) -> None:
    done = r57("serve", "--host", host, "--port", str(guarded.port))
    assert done.returncode == 2 and reason in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_others_are_not_let_in_without_a_token(r57: Command, host: str) -> None:
    done = r57("serve", "--host", host, "--port", str(free_port()))
    assert done.returncode == 2 and "--token-file" in done.stderr and "--open-to-everyone" in done.stderr


# --- 4, 5. nothing of the inside gets out ----------------------------------------------------------------------------

TRAP = """
from r57lib import display, figures

def fails(view):
    if str(view.month) < "2025-10":
        raise RuntimeError("a secret: /etc/passwd")
    return figures.headlines(view)

def hangs(view):
    import time
    if str(view.month) == "2025-10":
        time.sleep(600)
    return figures.headlines(view)

display.show(display.Planned("fails", fails), display.Planned("hangs", hangs))
"""


@pytest.fixture(scope="module")
def trapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own project, with a dashboard that fails for months before October 2025, and hangs on October.

    Its data are a link, as where they are replaced in one step; who changes them puts them back.
    """
    root = project(tmp_path_factory.mktemp("trap"), "overview", "data_quality", "task_completion")
    (root / "data").rename(root / "data.old")
    (root / "data").symlink_to("data.old")
    file = root / "notebooks" / "data_quality.ipynb"
    notebook = json.loads(file.read_text(encoding="utf-8"))
    notebook["cells"] = notebook["cells"][:4]
    cell = {"cell_type": "code", "execution_count": None, "id": "trap", "metadata": {}, "outputs": [], "source": TRAP}
    later = {**cell, "id": "later", "source": "import time\ntime.sleep(0.2)"}  # what was printed late is shown by then
    notebook["cells"] += [cell, later]
    file.write_text(json.dumps(notebook), encoding="utf-8")
    with serving(root, root=root) as running:
        yield running


def months(page: Session) -> list[str]:
    """The months of the page's control, in its order."""
    select = re.search(r'<select id="r57-month".*?</select>', page.html, re.DOTALL)
    assert select
    return re.findall(r'<option value="([^"]*)"', select[0])


def test_an_error_of_a_callback_shows_a_number_and_the_log_the_rest(trapped: Server) -> None:
    page = trapped.open_page("data_quality")
    with page.join() as line:
        line.send(update(page.control("month"), index=months(page).index("2025-09")))
        heard = []
        for told in hear(line, seconds=30):
            heard.append(told)
            if "mã sự cố" in json.dumps(told, ensure_ascii=False):
                break
        heard += hear(line, seconds=1)
    text = json.dumps(heard, ensure_ascii=False)
    number = re.search(r"mã sự cố ([0-9a-f]{8})", text)
    assert number
    assert not [secret for secret in ("secret", "passwd", "RuntimeError", "Traceback", "r57lib/") if secret in text]
    assert not {told["msg_type"] for told in heard} & {"error", "stream", "execute_input", "display_data"}
    until(lambda: f"incident {number[1]}" in trapped.log, seconds=30)
    assert "a secret: /etc/passwd" in trapped.log


def test_an_error_of_a_link_is_a_number_too(trapped: Server) -> None:
    page = trapped.open_page("data_quality", "?month=2025-09")
    assert re.search(r"mã sự cố [0-9a-f]{8}", page.html)
    assert "passwd" not in page.html and "RuntimeError" not in page.html and "Traceback" not in page.html


def test_no_page_holds_source_environment_or_paths(server: Server) -> None:
    for name in PAGES:
        html = server.open_page(name).html
        shown = re.sub(r'<script type="application/json" (?:class="r57-spec"|id="r57-words")>.*?</script>', "", html)
        assert [secret for secret in (*SECRETS, str(ROOT)) if secret in shown] == []


def test_no_widget_holds_more_than_the_page(server: Server) -> None:
    """Everything that a kernel gives away when it is asked for all its widgets."""
    page = server.open_page("enterprise_commitments")
    with page.join() as line:
        for index in (2, 0):
            line.send(update(page.control("month"), index=index))
            told = [json.dumps(state, ensure_ascii=False) for _, state in states(line, page)]
            assert [
                secret for secret in ("Traceback", str(ROOT), "SELECT ", "QUERY_STRING") if secret in "".join(told)
            ] == []


# --- 6, 7, 8. fuzz ---------------------------------------------------------------------------------------------------

JUNK: tuple[Any, ...] = (
    None, -1, 10**12, "", "../../etc/passwd", "<script>alert(1)</script>", [], {}, [[[]]], 1.5, True, "x" * 10_000,
    "\x00", {"figure": None}, {"figure": "header", "format": "csv", "rows": []},
    {"figure": "task-status", "format": "exe", "rows": [0]}, {"figure": "../x", "format": "csv", "rows": []},
    {"figure": "task-status", "format": "csv", "rows": [10**9]}, {"figure": "task-status", "format": "csv", "rows": 1},
    {"figure": "task-status", "format": "csv", "rows": [-1]},
)  # fmt: skip
TRAITS = (
    "index", "value", "options", "_options_labels", "description", "layout", "style", "query", "language", "words",
    "notice", "answered", "disabled", "children", "_dom_classes", "locale", "version", "nothing", "comm", "keys",
)  # fmt: skip


@pytest.mark.parametrize("name", ["digital_adoption", "province_profile"])
def test_a_thousand_strange_messages_leave_the_page_working(server: Server, name: str) -> None:
    page, dice = server.open_page(name), random.Random(57)
    widgets = [page.state, page.link["session"]["bar"], *page.link["session"]["controls"].values(), str(uuid4())]
    widgets += page.link["parts"].values()
    with page.join() as line:
        for _ in range(1000):
            widget, trait, value = dice.choice(widgets), dice.choice(TRAITS), dice.choice(JUNK)
            line.send(custom(widget, value) if dice.random() < 0.3 else update(widget, **{trait: value}))
        line.send("{}")
        line.send("[]")
        line.send(json.dumps({"channel": "shell", "header": {}}))
        line.send("[" * 200_000)
        heard = json.dumps(list(hear(line, seconds=4)))
    assert "Traceback" not in heard and "passwd" not in heard.replace("../../etc/passwd", "")
    with page.join() as line:
        line.send(update(page.control("month"), index=2))
        list(states(line, page))
        line.send(update(page.control("month"), index=4))
        found = list(states(line, page))
    assert any("answered" in state for widget, state in found if widget == page.state)


QUERIES = {
    "month=../../": 200, "month=2031-01": 200, "month=%3Cscript%3Ealert(1)%3C/script%3E": 200, "month=": 200,
    "month=2025-13": 200, "language=fr": 200, "teasers=maybe": 200, "month=2025-1": 200,
    "month=" + "9" * 10_000: 400, "month=2025-12&month=2025-11": 400, "month=%00": 400, "month=2025-12%0a": 400,
    "mont=2025-12&mont=1": 400, "%ff=1": 400, "month=%ff": 400, "&&&": 400, "mont=" + "9" * 81: 400,
}  # fmt: skip
PASSED_OVER = (
    "template=base", "template=nonexist&theme=dark", "data=/etc", "__class__=1", "as_of=2025-01-01", "=",
    "utm_source=mail&utm_campaign=thang-12", "fbclid=IwAR" + "x" * 120,
)  # fmt: skip
"""What asks for nothing: a page is sent with the name of a newsletter or a network behind its address."""


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query[:30])
def test_a_strange_address_is_refused_or_answered_with_a_notice(server: Server, query: str) -> None:
    started = time.monotonic()
    answer, body = server.ask(f"/voila/render/overview.ipynb?{query}")
    assert answer.status == QUERIES[query]
    assert b"<script>alert" not in body and b"Traceback" not in body
    if answer.status == 400:
        assert time.monotonic() - started < 20, "it waits for no kernel"
        assert "Không mở được".encode() in body and b"cannot be opened" in body
    elif not query.endswith("="):
        assert "không có trong dữ liệu" in server.open_page("overview", f"?{query}").link["session"]["told"]["notice"]


@pytest.mark.parametrize("query", PASSED_OVER, ids=lambda query: query[:30])
def test_what_is_no_filter_in_an_address_is_passed_over(server: Server, query: str) -> None:
    told = server.open_page("overview", f"?{query}").link["session"]["told"]
    assert (told["notice"], told["query"]) == ("", "")
    assert server.ask(f"/?{query}")[0].status == 200


def test_a_refused_address_starts_no_kernel(server: Server) -> None:
    before = {each.pid for each in server.kernels()}
    for query in ("month=%00", "month=1&month=2"):
        server.ask(f"/voila/render/overview.ipynb?{query}")
    assert {each.pid for each in server.kernels()} <= before


# --- 10, 11. strangers and headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"])
def test_a_foreign_origin_gets_no_channel(server: Server, origin: str) -> None:
    page = server.open_page()
    with pytest.raises(InvalidStatus, match="403"), page.join(Origin=origin):
        pass


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "8.8.8.8", "[2001:db8::1]", "localhost.evil.example"]
)
def test_a_foreign_host_is_refused(server: Server, host: str) -> None:
    for path in ("/", "/voila/render/overview.ipynb", "/static/r57/000000000000/page.css"):
        assert server.status(path, Host=host) == 403


def test_every_answer_has_the_headers(server: Server) -> None:
    for path in (*ROUTES, "/voila/render/overview.ipynb?mont=1"):
        answer, _ = server.ask(path)
        headers = answer.headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] and "Tornado" not in headers["Server"]
        policy = headers["Content-Security-Policy"]
        assert "unsafe-eval" not in policy
        assert "unsafe-inline" not in policy.split("style-src")[0] or path.startswith("/reports/")


def test_the_language_goes_along_before_scripts_run(server: Server) -> None:
    for language in LANGUAGES:
        _, body = server.ask(f"{PAGE}?language={language}")
        nav = re.search(r'<nav class="r57-nav".*?</ul>', body.decode(), re.DOTALL)
        links = re.findall('href="(.*?)"', nav[0]) if nav else []
        assert links and all(link.endswith(f"?language={language}") for link in links), links


# --- 12, 13. many at a time ------------------------------------------------------------------------------------------


PAGE = "/voila/render/overview.ipynb"


def wake(server: Server, path: str = PAGE, **headers: str) -> Any:
    """What a page asks for when a control is touched."""
    return server.ask(path, X_R57_Live="", **headers)


def test_a_page_is_read_without_a_kernel(empty: Server) -> None:
    """However many read: reading takes no place, and neither does what somebody has asked for before."""
    with ThreadPoolExecutor(20) as readers:
        answers = list(readers.map(lambda number: empty.ask(f"/voila/render/{FEW[number % 2]}.ipynb"), range(200)))
        assert {answer.status for answer, _ in answers} == {200} and empty.kernels() == []
    first, again = (empty.ask(f"{PAGE}?month=2025-10&teasers=out") for _ in range(2))
    assert first[0].status == again[0].status == 200
    until(lambda: not empty.kernels(), seconds=30)
    shown = [re.findall(rb'<p class="r57-title">(.*?)</p>', body) for _, body in (first, again)]
    assert shown[0] and shown[0] == shown[1]
    with joined(empty), joined(empty), joined(empty):
        assert wake(empty)[0].status == 503
        assert empty.status(PAGE) == empty.status(f"{PAGE}?teasers=out&month=2025-10") == 200


def test_simultaneous_visitors_never_pass_the_cap(empty: Server) -> None:
    seen: list[int] = []
    with ThreadPoolExecutor(20) as visitors:
        asked = [visitors.submit(wake, empty) for _ in range(20)]
        while not all(each.done() for each in asked):
            seen.append(len(empty.kernels()))
    answers = [each.result() for each in asked]
    counts = {status: sum(answer.status == status for answer, _ in answers) for status in (200, 503)}
    assert counts == {200: 3, 503: 17}
    assert max(seen) <= 3
    full = next((answer, body) for answer, body in answers if answer.status == 503)
    assert full[0].headers["Retry-After"] == "5" and b'http-equiv="refresh"' in full[1]
    assert b"All 3 places" in full[1] and "Cả 3 chỗ".encode() in full[1]


def test_one_visitor_cannot_take_all_places(server: Server) -> None:
    """Whose a place is the proxy says, or else the address from which somebody comes."""
    with ExitStack() as pages:
        for _ in range(5):
            pages.enter_context(joined(server, X_R57_Visitor="lan@10.0.0.1"))
        answer, body = wake(server, X_R57_Visitor="lan@10.0.0.1")
    assert answer.status == 503
    assert "quá nhiều trang".encode() in body and b"which is the most" in body
    assert wake(server, X_R57_Visitor="lan@10.0.0.2")[0].status == 200


def test_who_does_not_read_holds_up_nobody(guarded: Server) -> None:
    """Four, as many as may become live at a time."""
    opened = (narrow(("127.0.0.1", guarded.port)) for _ in range(4))
    with stuck(opened, f"Host: {guarded.host}", f"Authorization: token {TOKEN}"):
        assert all_answered(lambda _: wake(guarded)[0].status, 8, seconds=45)


def test_a_full_house_tries_again_by_itself(empty: Server, browser: Any) -> None:
    with joined(empty), joined(empty):
        with joined(empty):
            waiting = browser.new_page()
            waiting.goto(f"{empty.url}{PAGE}?month=2025-06")
            assert "đủ người dùng" in waiting.locator("h1").first.inner_text()
        waiting.wait_for_selector("html[data-live=asleep]", timeout=60_000)
        waiting.close()


def test_twenty_at_once_are_all_served(server: Server) -> None:
    with ThreadPoolExecutor(20) as visitors:
        pages = list(visitors.map(lambda _: server.open_page("overview"), range(20)))
    assert len({page.kernel for page in pages}) == 20


def test_pages_that_are_left_leave_no_kernel(empty: Server) -> None:
    """Two hundred loads broken off, most of them early; then the server is as it was."""
    before = psutil.Process(empty.process.pid).memory_info().rss
    dice = random.Random(13)
    for _ in range(200):
        with socket.create_connection(("127.0.0.1", empty.port)) as line:
            live = dice.choice(("", "X-R57-Live: none\r\n"))
            page = f"/voila/render/{dice.choice(FEW)}.ipynb"
            line.sendall(f"GET {page} HTTP/1.1\r\nHost: {empty.host}\r\n{live}\r\n".encode())
            if dice.random() < 0.5:
                line.settimeout(dice.random() * 0.3)
                with suppress(TimeoutError):
                    line.recv(65536)
    until(lambda: is_empty(empty), seconds=60)
    assert empty.open_page("overview").kernel
    after = psutil.Process(empty.process.pid).memory_info().rss
    assert after < 1.25 * before
    assert len(list(Path(f"/proc/{empty.process.pid}/fd").iterdir())) < 200


# --- 14, 15. a kernel dies, a kernel hangs ---------------------------------------------------------------------------


def test_a_killed_kernel_is_announced_and_its_place_free(empty: Server) -> None:
    with joined(empty) as line:
        (kernel,) = empty.kernels()
        with joined(empty), joined(empty):
            assert wake(empty)[0].status == 503
            kernel.kill()
            told: list[Any] = []
            with suppress(ConnectionClosed):
                while "dead" not in told:
                    told += [json.loads(line.recv(timeout=30))["content"].get("execution_state")]
            assert "dead" in told
            until(lambda: wake(empty)[0].status == 200, seconds=20)


def test_places_have_their_open_files_or_the_server_does_not_start() -> None:
    """Where they run out, zeromq ends the process."""
    call = f"ulimit -n 600; exec {R57} serve --port {free_port()} --sessions 30"
    done = subprocess.run(["bash", "-c", call], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "30 places need 1020 open files, and this process may have 600: enough for --sessions 12" in done.stderr
    allowed = "import resource as r; limit = r.RLIMIT_NOFILE; r.setrlimit(limit, (256, 4096)); "
    allowed += "from r57lib.serve import app; app._allow_descriptors(30); print(r.getrlimit(limit))"
    assert subprocess.check_output([sys.executable, "-c", allowed], cwd=ROOT, text=True) == "(1020, 4096)\n"


def test_a_kernel_killed_at_its_start_keeps_no_place(empty: Server) -> None:
    """One more than may become live at a time: each is told, and none keeps its place, its turn or what it opened."""
    descriptors = Path(f"/proc/{empty.process.pid}/fd")
    before = len(list(descriptors.iterdir()))
    with ThreadPoolExecutor(1) as visitor:
        for _ in range(5):
            asked = visitor.submit(wake, empty)
            end = time.monotonic() + 30
            while not asked.done() and time.monotonic() < end:
                for kernel in empty.kernels():
                    with suppress(psutil.NoSuchProcess):
                        kernel.kill()
            answer, body = asked.result(0)
            number = re.search("mã sự cố ([0-9a-f]{8})", body.decode())
            assert answer.status == 500 and number
            assert f"incident {number[1]}: overview did not open; its kernel died" in empty.log
    until(lambda: len(list(descriptors.iterdir())) <= before, seconds=60)
    with joined(empty), joined(empty), joined(empty):
        pass


def test_a_start_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    """The kernel is there, and cannot be spoken to: the path of its sockets is longer than the system's longest."""
    folder = tmp_path / ("long" * 30)
    folder.mkdir()

    async def start() -> None:
        sessions = Sessions(connection_dir=str(folder), config=Config({"KernelManager": {"transport": "ipc"}}))
        with sessions.place(""), pytest.raises(Exception, match="too long"):
            await sessions.start_kernel(kernel_name="python3")
        assert not sessions.taken and not sessions._pending_kernels

    with ThreadPoolExecutor(1) as thread:  # in this one a browser of another test may have its loop
        thread.submit(asyncio.run, start()).result()
    assert not list(folder.iterdir())
    assert not [each for each in psutil.Process().children() if str(folder) in " ".join(each.cmdline())]


WRONG = (
    "from IPython.display import display\ndisplay({'application/vnd.jupyter.widget-view+json': {'r57': 1}}, raw=True)"
)


@contextmanager
def another(server: Server, source: str, count: int = 1) -> Iterator[str]:
    """The address of a page with so many cells more, as long as somebody looks at it."""
    notebooks = server.log_file.parent / "notebooks"
    notebook = json.loads((notebooks / "overview.ipynb").read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}
    notebook["cells"] += [{**cell, "id": f"more-{number}"} for number in range(count)]
    file = notebooks / f"another-{uuid4().hex}.ipynb"
    file.write_text(json.dumps(notebook), encoding="utf-8")
    try:
        yield f"/voila/render/{file.name}"
    finally:
        file.unlink()


def test_a_page_that_cannot_be_set_keeps_no_place(empty: Server) -> None:
    """More of them than may become live at a time: no kernel has died, and yet each is told."""
    with another(empty, WRONG) as page:
        for _ in range(5):
            answer, body = wake(empty, page)
            number = re.search("mã sự cố ([0-9a-f]{8})", body.decode())
            assert answer.status == 500 and number
            assert f"incident {number[1]}: {Path(page).stem} did not open; TypeError" in empty.log
    with joined(empty), joined(empty), joined(empty):
        pass


def test_a_figure_of_a_page_that_cannot_be_made_is_not_missing(guarded: Server) -> None:
    with another(guarded, WRONG) as page:
        assert guarded.status(f"/embed/{Path(page).stem}/headlines") == 500


def test_who_leaves_while_the_cells_run_gives_the_place_back(empty: Server) -> None:
    """When the cell that runs has ended, and not the last of them; what is left is no error."""
    said = len(empty.log)
    with another(empty, "import time\ntime.sleep(2)", count=30) as page:
        for live in ("X-R57-Live: none\r\n", ""):
            with socket.create_connection(("127.0.0.1", empty.port)) as line:
                line.sendall(f"GET {page} HTTP/1.1\r\nHost: {empty.host}\r\n{live}\r\n".encode())
                until(empty.kernels, seconds=60)
            until(lambda: not empty.kernels(), seconds=40)
    assert "Traceback" not in empty.log[said:] and "incident" not in empty.log[said:]


def test_a_page_that_hangs_holds_up_no_other(trapped: Server) -> None:
    page, other = trapped.open_page("data_quality"), trapped.open_page("overview")
    with page.join() as line, other.join() as beside:
        line.send(update(page.control("month"), index=months(page).index("2025-10")))
        for index in (1, 2, 3):
            beside.send(update(other.control("month"), index=index))
            assert any("answered" in state for _, state in states(beside, other))
        assert trapped.open_page("overview").kernel
        told = [state for _, state in states(line, page, seconds=0.1)]
        assert not any("answered" in state for state in told), "it hangs still, when all others are answered"
        assert any("answered" in state for _, state in states(line, page, seconds=45)), "given up at last, and told"
        line.send(update(page.control("month"), index=months(page).index("2025-12")))
        assert any("answered" in state for _, state in states(line, page))


# --- 16, 17. data change, the server dies ----------------------------------------------------------------------------


def test_a_session_sees_one_version_of_the_data(trapped: Server) -> None:
    root = trapped.log_file.parent
    labels = Path(shutil.copytree(root / "data", root / "data.new")) / "labels.csv"
    edition = labels.read_text(encoding="utf-8").replace("Task completion", "Tasks in a second edition")
    labels.write_text(edition, encoding="utf-8")
    old = trapped.open_page("task_completion", "?language=en")
    swap(root, "data.new")
    try:
        new = trapped.open_page("task_completion", "?language=en")
        assert old.link["session"]["told"]["version"] != new.link["session"]["told"]["version"]
        assert "second edition" not in old.html and "Tasks in a second edition" in new.html
        with old.join() as line:
            line.send(update(old.control("month"), index=2))
            told = json.dumps([state for _, state in states(line, old)])
            assert "second edition" not in told and "Task completion" in told
    finally:
        swap(root, "data.old")


def swap(root: Path, target: str) -> None:
    """Other data in one step."""
    link = root / "link"
    link.symlink_to(target)
    link.replace(root / "data")


@pytest.mark.server
def test_a_killed_server_leaves_nothing_and_starts_again(tmp_path: Path, short: Path) -> None:
    root = project(tmp_path, "overview")
    with serving(tmp_path, root=root, TMPDIR=str(short)) as running:
        running.open_page("overview")
        family = psutil.Process(running.process.pid).children(recursive=True)
        assert family
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
        until(lambda: not any(_alive(each) for each in family), seconds=60)
    with serving(tmp_path, root=root, TMPDIR=str(short)) as again:
        until(lambda: len(again.kernels()) > 1, seconds=60)  # one draws, and one makes a page that is read without it
        again.kernels()[-1].kill()
        until(lambda: "2 ready-made pages of data" in again.log, seconds=120)
        assert again.open_page("overview").kernel
        assert len(list(short.glob("r57-serve-*"))) == 1, "what the killed server left is cleaned up"
        family = psutil.Process(again.process.pid).children(recursive=True)
        next(each for each in family if "r57lib.warm.child" in each.cmdline()).suspend()  # is slow to end
    assert not [each for each in family if _alive(each)], "one that is only starting would make the folder again"
    assert list(short.glob("r57-serve-*")) == []


@pytest.mark.server
def test_a_server_that_is_ended_while_it_makes_its_pages_says_nothing_of_it(tmp_path: Path) -> None:
    root = project(tmp_path, "overview", "task_completion")
    with serving(tmp_path, root=root) as running:
        started = 0  # the worst instant: the kernel of a page is asked for, and nobody knows it yet
        while running.log.count("is not trusted") <= started:
            started = running.log.count("Kernel started")
            assert running.process.poll() is None and len(running.log) < 10_000
            time.sleep(0.005)
        family = psutil.Process(running.process.pid).children(recursive=True)
        running.process.terminate()
        assert running.process.wait(20) == 0 and "Traceback" not in running.log, running.log
        until(lambda: not any(_alive(each) for each in family), seconds=20)


@pytest.fixture
def short() -> Iterator[Path]:
    """A temporary folder with a short name: the path of a socket has 107 bytes at most."""
    with TemporaryDirectory(prefix="r", dir="/tmp") as folder:
        yield Path(folder)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_sockets_and_connection_files_are_the_owners(server: Server) -> None:
    page = server.open_page()
    folders = [Path(word) for word in re.findall(r"/\S*/voila_\w+", server.log)]
    files = [file for folder in folders for file in folder.iterdir()]
    assert any(page.kernel in file.name for file in files)
    assert folders and not any(stat.S_IMODE(folder.stat().st_mode) & 0o077 for folder in folders)


def test_data_with_an_error_stop_the_start(r57: Command, tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "data" / "targets.csv").write_text("nonsense\n")
    done = r57("serve", "--data", root / "data", "--port", "1")
    assert done.returncode == 1 and "targets.csv" in done.stderr and "Traceback" not in done.stderr


def test_data_that_get_an_error_show_a_page_and_published_reports_stay(trapped: Server) -> None:
    root = trapped.log_file.parent
    (root / "reports" / "2025-10").mkdir()
    (root / "reports" / "2025-10" / "index.html").write_text("<p>a report</p>")
    targets = root / "data" / "targets.csv"
    before = targets.read_bytes()
    targets.write_text("nonsense\n")
    try:
        answer, body = trapped.ask("/voila/render/overview.ipynb")
        assert answer.status == 500 and b"incident" in body and b"targets" not in body
        assert trapped.status("/") == 500
        labels = (root / "data" / "labels.csv").rename(root / "data" / "gone.csv")
        answer, body = trapped.ask("/nowhere")
        assert answer.status == 404 and "Không có trang này".encode() in body, "the last words that could be read"
        labels.rename(root / "data" / "labels.csv")
        assert trapped.status("/reports/2025-10/index.html") == 200
    finally:
        targets.write_bytes(before)


def test_the_drawing_script_is_kept_with_the_reports_where_that_can_be(tmp_path: Path) -> None:
    kept = Site(ROOT / "notebooks", DATA, with_bundle(tmp_path / "reports"))
    (tmp_path / "file").touch()
    not_kept = Site(ROOT / "notebooks", DATA, tmp_path / "file")
    assert kept.assets["vega.js"].content == not_kept.assets["vega.js"].content
    (path,) = (tmp_path / "reports" / ".cache").iterdir()
    assert kept.assets["vega.js"].content == path.read_bytes()

    begin, _, _ = path.name.rpartition("-")
    path.with_name(f"{begin}-{digest('/* ours */')}.js").write_text("/* ours */", encoding="utf-8")
    path.unlink()
    again = Site(ROOT / "notebooks", DATA, tmp_path / "reports")
    assert again.assets["vega.js"].content == b"/* ours */", "read, and not built anew"
