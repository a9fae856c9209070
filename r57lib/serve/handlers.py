"""What the server answers: its home page, the live pages, published reports and documents, scripts and styles."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from pathlib import Path
from typing import Any, cast

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import Finish, HTTPError, authenticated
from voila.tornado.handler import TornadoVoilaHandler

from r57lib.errors import BadData
from r57lib.page.published import FIGURE_FOLDER, documents_in, published_months
from r57lib.page.templates import render
from r57lib.serve.cells import Cells
from r57lib.serve.dashboard import MAKE
from r57lib.serve.journal import user_of
from r57lib.serve.pages import (
    HEADER,
    ReadyMade,
    home_page,
    page_end,
    page_key,
    page_top,
)
from r57lib.serve.plain import SEND_SECONDS, Plain, WrongAddress, check_query
from r57lib.serve.sessions import FullHouse, Sessions, Visit
from r57lib.view.view import View
from r57lib.view.words import LANGUAGES, Language, Words

_log = logging.getLogger("r57.serve")
AGAIN_SECONDS = 5
"""How long a visitor waits before a full house is asked again."""
VISITOR = "X-R57-Visitor"
"""The header by which a proxy says who asks: believed from this machine, and of whoever has the token."""
LIVE = "X-R57-Live"
"""The header by which a page asks for its kernel; its value is the ready-made page that it shows as it was made."""

LOOK_SECONDS = 1
"""So often we look whether a kernel and its visitor are there still while its cells run."""

_REPORT_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


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

    @allow_unauthenticated
    def get(self, version: str, name: str) -> None:
        """Send one of them; the styles also to who is not let in, for the page that says so."""
        if name.endswith(".css"):
            self._send(version, name)
        else:
            self._send_scripts(version, name)

    @authenticated
    def _send_scripts(self, version: str, name: str) -> None:
        self._send(version, name)

    def _send(self, version: str, name: str) -> None:
        """One of them, compressed where the browser can take it."""
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

    def noted(self) -> dict[str, Any]:
        """Nothing: a page is asked for, and these come with it."""
        return {}


class ReportHandler(Plain):
    """The pages of published reports, and of those that were approved; nothing else of their folders."""

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

    def noted(self) -> dict[str, Any]:
        """The document."""
        return {**super().noted(), "download": self.request.path.rpartition("/")[2]}


class FigureHandler(Plain):
    """The files beside the figures of published months, under the name of the month or of the newest."""

    @authenticated
    def get(self, month: str | None, name: str) -> None:
        """Send one that the manifest of its month names."""
        newest = published_months(self.site.reports)[-1:]
        folder = self.site.reports / (month or "".join(newest))
        path, root = folder / FIGURE_FOLDER / name, self.site.reports.resolve()
        if path.suffix not in _FIGURES or f"{FIGURE_FOLDER}/{name}" not in documents_in(folder):
            raise HTTPError(404)
        if "/" in name or not path.is_file() or path.is_symlink() or root not in path.resolve().parents:
            raise HTTPError(404)
        self.set_header("Content-Type", _FIGURES[path.suffix])
        self.set_header("Content-Security-Policy", f"default-src 'none'; style-src 'unsafe-inline'; {_FRAMES}")
        self.finish(path.read_bytes())

    head = get

    def noted(self) -> dict[str, Any]:
        """The file."""
        return {**super().noted(), "download": self.request.path.rpartition("/")[2]}


_FIGURES = {".csv": "text/csv; charset=utf-8", ".json": "application/json", ".svg": "image/svg+xml"}
_OFFICE = "application/vnd.openxmlformats-officedocument"
_DOCUMENTS = {
    ".docx": f"{_OFFICE}.wordprocessingml.document",
    ".pptx": f"{_OFFICE}.presentationml.presentation",
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

    def noted(self) -> dict[str, Any]:
        """The page and its filters; nothing where the server asks itself."""
        if self.ready.asks(self.request.headers.get(HEADER)):
            return {}
        asked = {name: values[-1].decode("utf-8", "replace") for name, values in self.request.query_arguments.items()}
        page, *figure = (each for each in self.path_args if each)
        told = {"figure": figure[0]} if figure else {}
        return {**super().noted(), "page": Path(page).stem, **told, "parameters": asked}

    @authenticated
    async def get(self, path: str = "", figure: str = "") -> None:
        """Check the address, and answer what it asks for."""
        name = path.removesuffix(".ipynb")
        if name not in self.site.names:
            raise HTTPError(404)
        try:
            asked = check_query(self.request.query)
            language = asked.get("language", "vi") if asked.get("language") in LANGUAGES else "vi"
            view = await asyncio.to_thread(self.site.view, language)
            await self.answer(name, figure, view, asked)
        except BadData as error:
            raise HTTPError(500) from error
        except WrongAddress as error:
            self.refuse(error)
        except FullHouse as full:
            self.set_status(503)
            self.set_header("Retry-After", str(AGAIN_SECONDS))
            kind, again = "crowded" if full.of_one else "full", self.request.uri
            self.finish_plain(kind, count=full.places, again=AGAIN_SECONDS, link="live.full.now", href=again)

    async def answer(self, name: str, figure: str, view: View, asked: dict[str, str]) -> None:
        """The page of an address, or its live half where the page asks for that."""
        del figure
        self.set_header("Content-Type", "text/html; charset=utf-8")
        if LIVE in self.request.headers:
            await self._wake(name, view, self.request.headers[LIVE])
            return
        self.set_header("X-Accel-Buffering", "no")  # a proxy must not hold back the head of a page that is to be made
        self.settings["r57_refresh"](view.everything.version)
        if ready := self.kept(name, view, asked):
            self.finish(page_top(name, self.site, view, ready) + page_end(view))
        else:
            body = await self.made(name, view, asked, page_top(name, self.site, view, ""))
            self.finish(body + page_end(view))

    def kept(self, name: str, view: View, asked: dict[str, str]) -> str:
        """What a page shows, where that is there already."""
        if self.ready.asks(self.request.headers.get(HEADER)):
            return ""
        page = page_key(view.everything.version, view.words.language, asked)
        return self.ready.get(name, page, self.site.changed(name))

    async def made(self, name: str, view: View, asked: dict[str, str], top: str = "") -> str:
        """What a page shows, from a kernel that ends with it; the visitor gets the `top` of the page meanwhile."""
        page = page_key(view.everything.version, view.words.language, asked)
        making = self.ready.asks(self.request.headers.get(HEADER))
        changed = self.site.changed(name)
        with self.sessions.place(self._visitor, extra=making) as visit:
            visit.ready, visit.artist = (MAKE, str(self.ready.artist)) if making else ("", "")
            if top:
                self.write(top)
                await self._sent()
            body, mark, _ = (await self._cells(name, visit, view.words)).partition("<!--r57:live-->")
            await self.sessions.free(visit.kernel_id)
        if mark and (making or not self.ready.get(name, page, changed)):
            self.ready.keep(name, page, changed, body)
        return body

    async def _wake(self, name: str, view: View, shown: str) -> None:
        """The live half of a page: its kernel, and its parts where they are not those of the page that it `shown`."""
        with self.sessions.place(self._visitor) as visit:
            visit.ready = shown if self.ready.get(name, shown, self.site.changed(name)) else ""
            body = await self._cells(name, visit, view.words)
            if "<!--r57:live-->" in body:
                self.sessions.expect(visit.kernel_id, name)
            else:
                self.set_status(500)
                await self.sessions.free(visit.kernel_id)
            self.finish(body)

    @property
    def _visitor(self) -> str:
        """Whose the place is: whom a proxy names, or the address that asks; nobody's from this machine itself."""
        address = str(self.request.remote_ip)
        behind = bool(self.identity_provider.token) or address in _LOOPBACK
        named = (self.request.headers.get(VISITOR, "") or user_of(self)) if behind else ""
        return named or ("" if address in _LOOPBACK else address)

    async def _sent(self) -> None:
        """Send what is written so far; who does not take it is given up."""
        try:
            await asyncio.wait_for(self.flush(), SEND_SECONDS)
        except TimeoutError:
            self.give_up()

    async def _cells(self, name: str, visit: Visit, words: Words) -> str:
        """What the cells show and, after a mark, the numbers of the kernel; while it is made nobody is waited for."""
        body, error = "", None
        try:
            async with self.settings["r57_turns"]:
                if not self.left:
                    body = await self._said(name, visit)
        except Exception as failed:
            error = failed
        if self.left:
            await self.sessions.free(visit.kernel_id)
            raise Finish
        if not body or "<!--r57:failed-->" in body:
            number, fault = secrets.token_hex(4), "its kernel died, or never answered"
            if body or error:
                fault = f"{type(error).__name__}" if error else "its cell's error stands above"
            _log.error("incident %s: %s did not open; %s", number, name, fault, exc_info=error)
            body = render("broken.html", text=words("live.incident", number=number))
        return body

    async def _said(self, name: str, visit: Visit) -> str:
        """What the cells show; nothing where their kernel died, and no more of it where the visitor is gone.

        As Voila's own `get_generator`, which waits for ever when its kernel dies or its template fails.
        """
        page = Cells(
            request_handler=self,
            voila_configuration=self.voila_configuration,
            traitlet_config=self.traitlet_config,
            notebook_path=f"{name}.ipynb",
            template_paths=self.template_paths,
            contents_manager=self.contents_manager,
            kernel_spec_manager=self.kernel_spec_manager,
            base_url=self.base_url,
            page_config={},
        )
        await page.initialize()
        kernel = await self.sessions.start_kernel(
            kernel_name=page.notebook.metadata.kernelspec.name,
            path="",
            env={**os.environ, "QUERY_STRING": self.request.query},
        )
        manager: Any = self.sessions.get_kernel(kernel)
        shown = asyncio.ensure_future(page.shown(kernel, manager))
        while kernel in self.sessions and not (await asyncio.wait({shown}, timeout=LOOK_SECONDS))[0]:
            page.stop_generator = self.left
        if kernel in self.sessions and await manager.is_alive():
            return await shown
        page.stop_generator = True
        shown.cancel()
        await asyncio.wait({shown}, timeout=LOOK_SECONDS)
        return ""


_LOOPBACK = ("127.0.0.1", "::1")
