"""Ready-made pages: what each dashboard shows before anybody has touched it, made once for each state of the data."""

from __future__ import annotations

import asyncio
import logging
import secrets
from itertools import product
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient, HTTPError

from r57lib.view.words import LANGUAGES
from r57lib.warm import kernels

_log = logging.getLogger("r57.serve")
HEADER = "X-R57-Make"


class ReadyMade:
    """The pages by notebook and by `version/language`; made by asking the server itself, one after the other."""

    def __init__(self, names: list[str], sockets: Path) -> None:
        self.names = names
        self.artist = sockets / "artist"
        self.secret = secrets.token_hex(16)
        self.made_for = ""
        self._bodies: dict[tuple[str, str], str] = {}

    def get(self, name: str, page: str) -> str:
        """What a page shows before its kernel is there, or nothing."""
        return self._bodies.get((name, page), "")

    def keep(self, name: str, page: str, body: str) -> None:
        """Keep what a page showed; what was made from other data goes."""
        version = page.partition("/")[0]
        self._bodies = {key: kept for key, kept in self._bodies.items() if key[1].startswith(f"{version}/")}
        self._bodies[name, page] = body

    def asks(self, header: str | None) -> bool:
        """Whether a request comes from here."""
        return header is not None and secrets.compare_digest(header.encode(), self.secret.encode())

    def refresh(self, version: str, address: str, token: str) -> None:
        """Make all pages for a new version of the data, behind the visitors' backs."""
        if version != self.made_for:
            self.made_for = version
            self._task = asyncio.ensure_future(self._make(address, token))

    async def _make(self, address: str, token: str) -> None:
        headers = {HEADER: self.secret, **({"Authorization": f"token {token}"} if token else {})}
        self.artist.unlink(missing_ok=True)
        artist = await kernels.run_forked("r57lib.charts.render:draw_on", [str(self.artist)])
        try:
            for name, language in product(self.names, LANGUAGES):
                url = f"{address}voila/render/{name}.ipynb?language={language}"
                try:
                    await AsyncHTTPClient().fetch(url, headers=headers, request_timeout=120, connect_timeout=5)
                except (HTTPError, OSError) as error:
                    _log.warning("no ready-made page of %s in %s: %s", name, language, error)
        finally:
            if artist is not None:
                artist.kill()
        _log.info("%d ready-made pages of data %s", len(self._bodies), self.made_for)
