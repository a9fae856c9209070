"""The routes of the server. Those that are not here do not exist."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from typing import Any, cast
from urllib.parse import parse_qsl

from jupyter_server.base.handlers import JupyterHandler
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.web import Finish, HTTPError, authenticated
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from r57lib.errors import BadData, R57Error
from r57lib.page.published import documents_in
from r57lib.page.templates import render
from r57lib.serve.dashboard import MAKE, meant
from r57lib.serve.pages import (
    HEADER,
    RENDER,
    ReadyMade,
    Site,
    home_page,
    page_end,
    page_key,
    page_top,
    plain_page,
)
from r57lib.serve.sessions import FullHouse, Sessions, Visit
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES, Language, Words

_log = logging.getLogger("r57.serve")
AGAIN_SECONDS = 5
"""How long a visitor waits before a full house is asked again."""
SEND_SECONDS = 60
"""A visitor who has not taken an answer by then is given up: his connection is closed."""
VISITOR = "X-R57-Visitor"
"""The header by which a proxy says who asks: believed from this machine, and of whoever has the token."""
LIVE = "X-R57-Live"
"""The header by which a page asks for its kernel; its value is the ready-made page that it shows as it was made."""

_HEARTBEAT = "<script>window.voila_heartbeat()</script>\n"
"""What Voila sends when a cell takes long; to our pages any byte will do."""

_REPORT_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_TOLD = {"comm_open", "comm_msg", "comm_close", "status", "kernel_info_reply", "comm_info_reply", "shutdown_reply"}
"""What a browser hears of a kernel: no source, no output, no traceback."""
SAID = ("comm_msg", "kernel_info_request")
"""What a page may say: it sets traits of widgets that its notebook made; it opens no comm and runs no code."""

PING = "ping"
"""By this a page asks whether its line is alive."""


# --- The address of a page: which questions it may ask. What a filter makes of a value is checked in its kernel ---

LONGEST = 80
"""No value of a filter is longer."""


class WrongAddress(R57Error, ValueError):
    """An address that is not answered; `reason` is the end of the label `live.refused.*`, with its `values`."""

    def __init__(self, reason: str, **values: str) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


def check_query(query: str) -> dict[str, str]:
    """What an address asks of filters; raises `WrongAddress` for one that is repeated, or a value that none can have.

    Names that are nearly those of filters are among them: their notice is told in the kernel.
    """
    if len(query) > 10 * LONGEST:
        raise WrongAddress("long")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError:
        raise WrongAddress("characters") from None
    asked: dict[str, str] = {}
    for name, value in pairs:
        if not (name + value).isprintable():
            raise WrongAddress("characters")
        if name in asked:
            raise WrongAddress("repeated", name=name)
        if meant(name):
            if len(value) > LONGEST:
                raise WrongAddress("long")
            asked[name] = value
    return asked


# --- The handlers ---


class Plain(JupyterHandler):
    """A handler whose errors are pages in both languages, without a word about the inside."""

    def initialize(self, site: Site | None = None, **kwargs: Any) -> None:
        """Take the site; Voila's own arguments go on to Voila."""
        super().initialize(**kwargs)
        self.site: Site = site or self.settings["r57_site"]

    @property
    def up(self) -> str:
        """The way from this address to the root, for links that also work behind a proxy."""
        return "../" * (self.request.path.count("/") - 1)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A page that says what happened; the log has the rest under the same number."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        kinds = {401: "denied", 403: "denied", 404: "missing", 405: "missing"}
        kind = kinds.get(status_code, "broken")
        number = secrets.token_hex(4)
        if kind == "broken":
            _log.error("incident %s at %s", number, self.request.path, exc_info=error)
        values = {"number": number} if kind == "broken" else {}
        href = self.up or "./"
        link = "live.home" if kind == "missing" else ""
        self.finish_plain(kind, link=link, href=href, **values)

    def finish(self, chunk: Any = None) -> Any:
        """End the answer; a visitor who does not take it holds no memory for ever."""
        done = super().finish(chunk)
        timer = IOLoop.current().call_later(SEND_SECONDS, self.give_up)
        done.add_done_callback(lambda _: IOLoop.current().remove_timeout(timer))
        return done

    def give_up(self) -> None:
        """Close the connection."""
        cast(Any, self.request.connection).stream.close()

    def finish_plain(self, kind: str, **values: Any) -> None:
        """Answer with a page in both languages."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(plain_page(self.both_words(), kind, styles=self.site.styles(self.up), **values))

    def both_words(self) -> list[Words]:
        """The words of both languages, from labels alone: data with errors must not silence an error page."""
        return self.site.both_words()

    def refuse(self, error: WrongAddress) -> None:
        """Say which part of the address is not known."""

        def reason(words: Words) -> str:
            return words(f"live.refused.{error.reason}", **error.values)

        self.set_status(400)
        self.finish_plain("refused", reason=reason, link="live.refused.open", href=self.request.path)


class HomeHandler(Plain):
    """The page of cards."""

    @authenticated
    async def get(self) -> None:
        """Show it in the language of the address."""
        try:
            asked = check_query(self.request.query)
        except WrongAddress as error:
            self.refuse(error)
            return
        language: Language = "en" if asked.get("language") == "en" else "vi"
        page = await asyncio.to_thread(home_page, self.site, language, cast(ReadyMade, self.settings["r57_ready"]))
        self.finish(page)

    head = get


class AssetHandler(Plain):
    """Our scripts and styles, named by their bytes, for ever."""

    @authenticated
    def get(self, version: str, name: str) -> None:
        """Send one of them, compressed where the browser can take it."""
        asset = self.site.assets.get(name)
        if asset is None or asset.version != version:
            raise HTTPError(404)
        self.set_header("Content-Type", asset.media)
        self.set_header("Cache-Control", "private, max-age=31536000, immutable")
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(asset.compressed)
        else:
            self.finish(asset.content)

    head = get


class ReportHandler(Plain):
    """The pages of published reports; nothing else of their folder."""

    @authenticated
    def get(self, month: str | None, name: str) -> None:
        """Send a page of a month, or of all; its scripts stand within it, so it has a policy of its own."""
        page = self.site.reports / (month or "") / name
        folder = self.site.reports.resolve()
        if not page.is_file() or page.is_symlink() or folder not in page.resolve().parents:
            raise HTTPError(404)
        kind = "application/atom+xml" if page.suffix == ".xml" else "text/html"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.set_header("Content-Security-Policy", f"{_REPORT_POLICY}; {_FRAMES}")
        self.finish(page.read_bytes())

    head = get


class DocumentHandler(Plain):
    """The documents of published months and of approvals, to be taken along."""

    @authenticated
    def get(self, approved: str | None, month: str, digest: str | None, name: str) -> None:
        """Send one that its manifest or its approval names."""
        folder = self.site.reports / (approved or "") / month / (digest or "")
        path, root = folder / name, self.site.reports.resolve()
        if name not in documents_in(folder) or path.is_symlink() or root not in path.resolve().parents:
            raise HTTPError(404)
        self.set_header("Content-Type", _DOCUMENTS[path.suffix])
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.finish(path.read_bytes())

    head = get


_OFFICE = "application/vnd.openxmlformats-officedocument"
_DOCUMENTS = {
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".pdf": "application/pdf",
    ".xlsx": f"{_OFFICE}.spreadsheetml.sheet",
}
_FRAMES = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class PageHandler(Plain, TornadoVoilaHandler):  # type: ignore[misc]
    """A notebook as a page that is read without a kernel, and the kernel of one whose reader touches a control."""

    left = False

    def on_connection_close(self) -> None:
        """The visitor is gone; what fails from now on is no error."""
        super().on_connection_close()
        self.left = True

    @property
    def sessions(self) -> Sessions:
        """The kernels of the server."""
        return cast(Sessions, self.kernel_manager)

    @property
    def ready(self) -> ReadyMade:
        """The ready-made pages."""
        return cast(ReadyMade, self.settings["r57_ready"])

    @authenticated
    async def get(self, path: str = "") -> None:
        """Check the address, and answer with the page, or with its live half where the page asks for that."""
        name = path.removesuffix(".ipynb")
        if name not in self.site.names:
            raise HTTPError(404)
        try:
            asked = check_query(self.request.query)
            language = asked.get("language", "vi") if asked.get("language") in LANGUAGES else "vi"
            view = await asyncio.to_thread(self.site.view, language)
            if LIVE in self.request.headers:
                await self._wake(name, view, self.request.headers[LIVE])
            else:
                await self._show(name, view, asked)
        except BadData as error:
            raise HTTPError(500) from error
        except WrongAddress as error:
            self.refuse(error)
        except FullHouse as full:
            self.set_status(503)
            self.set_header("Retry-After", str(AGAIN_SECONDS))
            kind, again = "crowded" if full.of_one else "full", self.request.uri
            self.finish_plain(kind, count=full.places, again=AGAIN_SECONDS, link="live.full.now", href=again)

    async def _show(self, name: str, view: View, asked: dict[str, str]) -> None:
        """The page of an address: at once where it is there already, else from a kernel that ends with it."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")  # a proxy must not hold back the head of a page that is to be made
        self.settings["r57_refresh"](view.everything.version)
        page = page_key(view.everything.version, view.words.language, asked)
        making = self.ready.asks(self.request.headers.get(HEADER))
        changed = self.site.changed(name)
        ready = "" if making else self.ready.get(name, page, changed)
        if ready:
            self.finish(page_top(name, self.site, view, ready) + page_end(view))
            return
        with self.sessions.place(self._visitor, extra=making) as visit:
            visit.ready, visit.artist = (MAKE, str(self.ready.artist)) if making else ("", "")
            self.write(page_top(name, self.site, view, ""))
            await self._sent()
            body, mark, _ = (await self._cells(name, visit, view.words)).partition("<!--r57:live-->")
            await self.sessions.free(visit.kernel_id)
        if mark and (making or not self.ready.get(name, page, changed)):
            self.ready.keep(name, page, changed, body)
        self.finish(body + page_end(view))

    async def _wake(self, name: str, view: View, shown: str) -> None:
        """The live half of a page: its kernel, and its parts where they are not those of the page that it `shown`."""
        with self.sessions.place(self._visitor) as visit:
            visit.ready = shown if self.ready.get(name, shown, self.site.changed(name)) else ""
            body = await self._cells(name, visit, view.words)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            if "<!--r57:live-->" in body:
                self.sessions.expect(visit.kernel_id)
            else:
                self.set_status(500)
                await self.sessions.free(visit.kernel_id)
            self.finish(body)

    @property
    def _visitor(self) -> str:
        """Whose the place is: whom a proxy names, or the address that asks; nobody's from this machine itself."""
        address = str(self.request.remote_ip)
        behind = bool(self.identity_provider.token) or address in _LOOPBACK
        named = self.request.headers.get(VISITOR, "") if behind else ""
        return named or ("" if address in _LOOPBACK else address)

    async def _sent(self) -> None:
        """Send what is written so far; who does not take it is given up."""
        try:
            await asyncio.wait_for(self.flush(), SEND_SECONDS)
        except TimeoutError:
            self.give_up()

    async def _cells(self, name: str, visit: Visit, words: Words) -> str:
        """What the cells show and, after a mark, the numbers of the kernel; while it is made nobody is waited for."""
        try:
            async with self.settings["r57_turns"]:
                if self.left:
                    raise StreamClosedError
                texts = [text async for text in self.get_generator(path=f"{name}.ipynb") if text != _HEARTBEAT]
        except Exception:
            await self.sessions.free(visit.kernel_id)
            if self.left:
                raise Finish from None
            raise
        body = "".join(texts)
        if "<!--r57:failed-->" in body:
            number = secrets.token_hex(4)
            _log.error("incident %s: %s did not open; its cell's error stands above", number, name)
            body = render("broken.html", text=words("live.incident", number=number))
        return body


_LOOPBACK = ("127.0.0.1", "::1")


class ChannelHandler(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The line between a page and its kernel, which carries widgets' messages and no others."""

    def skip_check_origin(self) -> bool:
        """A token proves who asks, not from which page: a foreign origin is refused with it as well."""
        return False

    def select_subprotocol(self, subprotocols: Any) -> None:
        """Plain JSON: one form to check."""

    def on_message(self, ws_message: Any) -> None:
        """Pass on what a page may say; anything else is dropped before it is taken apart, but for `ping`."""
        if ws_message == PING:
            super().write_message("{}")
        elif isinstance(ws_message, str) and (kind := said_by_a_page(ws_message)):
            if kind == "comm_msg":
                cast(Sessions, self.kernel_manager).touch(self.kernel_id)
            super().on_message(ws_message)

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Pass on what a page may hear."""
        told = message if isinstance(message, dict) else json.loads(message)
        return super().write_message(message, binary) if told["header"]["msg_type"] in _TOLD else None


def said_by_a_page(text: str) -> str:
    """The type of a message that a page may send; nothing for any other, one nested too deep to be read among them."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    parts = ("header", "parent_header", "metadata", "content")
    fits = (
        isinstance(told, dict)
        and all(isinstance(told.get(part), dict) for part in parts)
        and told["header"].get("msg_type") in SAID
        and told.get("channel") == "shell"
        and told.get("buffers", []) == []
    )
    return str(told["header"]["msg_type"]) if fits else ""


REPORT_PAGE = r"reports/(?:(\d{4}-\d{2})/)?((?:[A-Za-z0-9_-]+\.)+html|feed\.xml)"
DOCUMENT = r"reports/(?:(approved)/)?(\d{4}-\d{2})/(?:([0-9a-f]+)/)?((?:[A-Za-z0-9_-]+\.)+(?:docx|pdf|xlsx))"
ASSET = r"static/r57/([0-9a-f]{12})/([a-z_.]+)"
PAGE = rf"{RENDER}([\w-]+\.ipynb)"
KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


def routes(voila: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Every route; `voila` is what Voila gives its own handler of pages."""
    return [
        (r"/", HomeHandler),
        (rf"/{PAGE}", PageHandler, voila),
        (rf"/{ASSET}", AssetHandler),
        (rf"/{REPORT_PAGE}", ReportHandler),
        (rf"/{DOCUMENT}", DocumentHandler),
        (rf"/api/kernels/{KERNEL}/channels", ChannelHandler),
        (r"/.*", Missing),
    ]


class Missing(Plain):
    """Every other address."""

    @authenticated
    def get(self) -> None:
        """There is nothing here."""
        raise HTTPError(404)
