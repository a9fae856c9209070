"""The routes of the server. Those that are not here do not exist."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from typing import Any, cast
from urllib.parse import parse_qsl

from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError, authenticated
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from r57lib.data.load import load_tables
from r57lib.errors import BadData, R57Error
from r57lib.page.templates import render
from r57lib.serve.dashboard import MAKE, meant
from r57lib.serve.pages import HEADER, RENDER, ReadyMade, Site, home_page, page_end, page_top, plain_page
from r57lib.serve.sessions import FullHouse, Sessions, Visit
from r57lib.view.words import LANGUAGES, Language, Words, words_of

_log = logging.getLogger("r57.serve")
AGAIN_SECONDS = 5
"""How long a visitor waits before a full house is asked again."""

_HEARTBEAT = "<script>window.voila_heartbeat()</script>\n"
"""What Voila sends when a cell takes long; to our pages any byte will do."""

_REPORT_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_TOLD = {"comm_open", "comm_msg", "comm_close", "status", "kernel_info_reply", "comm_info_reply", "shutdown_reply"}
"""What a browser hears of a kernel: no source, no output, no traceback."""
SAID = ("comm_msg", "kernel_info_request")
"""What a page may say: it sets traits of widgets that its notebook made; it opens no comm and runs no code."""


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

    def finish_plain(self, kind: str, **values: Any) -> None:
        """Answer with a page in both languages."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(plain_page(self.both_words(), kind, styles=self.site.styles(self.up), **values))

    def both_words(self) -> list[Words]:
        """The words of both languages, from labels alone: data with errors must not silence an error page."""
        labels = load_tables(self.site.data)["labels"]
        return [words_of(labels, language) for language in LANGUAGES]

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


_FRAMES = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class PageHandler(Plain, TornadoVoilaHandler):  # type: ignore[misc]
    """A notebook as a live page: what needs no kernel first, then what Voila makes of its cells."""

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
        """Check the address, take a place, and answer in two halves."""
        name = path.removesuffix(".ipynb")
        if name not in self.site.names:
            raise HTTPError(404)
        try:
            asked = check_query(self.request.query)
            making = self.ready.asks(self.request.headers.get(HEADER))
            with self.sessions.place(extra=making) as visit:
                await self._answer(name, asked, visit, making=making)
        except WrongAddress as error:
            self.refuse(error)
        except FullHouse:
            self.set_status(503)
            self.set_header("Retry-After", str(AGAIN_SECONDS))
            again = self.request.uri
            self.finish_plain("full", count=self.sessions.places, again=AGAIN_SECONDS, link="live.full.now", href=again)

    async def _answer(self, name: str, asked: dict[str, str], visit: Visit, *, making: bool) -> None:
        language = asked.get("language", "vi") if asked.get("language") in LANGUAGES else "vi"
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("X-Accel-Buffering", "no")  # a proxy must not hold back the first half
        try:
            view = await asyncio.to_thread(self.site.view, language)
        except BadData as error:
            raise HTTPError(500) from error
        page = f"{view.everything.version}/{language}" if not set(asked) - {"language"} else ""
        changed = self.site.changed(name)
        ready = self.ready.get(name, page, changed)
        visit.ready = MAKE if making else page if ready else ""
        visit.artist = str(self.ready.artist) if making else ""
        self.settings["r57_refresh"](view.everything.version)
        self.write(page_top(name, self.site, view, ready))
        try:
            await self.flush()
            async with self.settings["r57_turns"]:
                body = await self._live_half(f"{name}.ipynb", view.words)
            if making:
                self.ready.keep(name, page, changed, body)
                await self.sessions.free(visit.kernel_id)
            self.finish(page_end(view))
            self.sessions.expect(visit.kernel_id)
        except Exception:
            await self.sessions.free(visit.kernel_id)
            if not self.left:
                raise

    async def _live_half(self, path: str, words: Words) -> str:
        """Send what the cells show as they run; gives it back when all went well."""
        body: list[str] = []
        done = False
        async for text in self.get_generator(path=path):
            if text == _HEARTBEAT:
                text = "\n"
            done = done or "<!--r57:live-->" in text
            if "<!--r57:failed-->" in text:
                number = secrets.token_hex(4)
                _log.error("incident %s: %s did not open; its cell's error stands above", number, path)
                text = render("broken.html", text=words("live.incident", number=number))
                body.clear()
            elif not done:
                body.append(text)
            self.write(text)
            await self.flush()
        return "".join(body)


class ChannelHandler(VoilaKernelWebsocketHandler):  # type: ignore[misc]
    """The line between a page and its kernel, which carries widgets' messages and no others."""

    def skip_check_origin(self) -> bool:
        """A token proves who asks, not from which page: a foreign origin is refused with it as well."""
        return False

    def select_subprotocol(self, subprotocols: Any) -> None:
        """Plain JSON: one form to check."""

    def on_message(self, ws_message: Any) -> None:
        """Pass on what a page may say; anything else is dropped before it is taken apart."""
        if isinstance(ws_message, str) and _is_said_by_a_page(ws_message):
            super().on_message(ws_message)

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Pass on what a page may hear."""
        told = message if isinstance(message, dict) else json.loads(message)
        return super().write_message(message, binary) if told["header"]["msg_type"] in _TOLD else None


def _is_said_by_a_page(text: str) -> bool:
    try:
        told = json.loads(text)
    except ValueError:
        return False
    parts = ("header", "parent_header", "metadata", "content")
    return (
        isinstance(told, dict)
        and all(isinstance(told.get(part), dict) for part in parts)
        and told["header"].get("msg_type") in SAID
        and told.get("channel") == "shell"
        and told.get("buffers", []) == []
    )


REPORT_PAGE = r"reports/(?:(\d{4}-\d{2})/)?((?:[A-Za-z0-9_-]+\.)+html|feed\.xml)"
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
        (rf"/api/kernels/{KERNEL}/channels", ChannelHandler),
        (r"/.*", Missing),
    ]


class Missing(Plain):
    """Every other address."""

    @authenticated
    def get(self) -> None:
        """There is nothing here."""
        raise HTTPError(404)
