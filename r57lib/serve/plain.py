"""What every answer of the server has: its address is checked, its errors are pages in both languages, it ends."""

from __future__ import annotations

import logging
import secrets
from typing import Any, cast
from urllib.parse import parse_qsl

from jupyter_server.base.handlers import JupyterHandler
from tornado.ioloop import IOLoop

from r57lib.errors import R57Error
from r57lib.serve.dashboard import meant
from r57lib.serve.journal import note
from r57lib.serve.pages import Site, plain_page
from r57lib.view.words import Words

_log = logging.getLogger("r57.serve")
SEND_SECONDS = 60
"""A visitor who has not taken an answer by then is given up: his connection is closed."""


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
        base: str = self.base_url
        inside = self.request.path.removeprefix(base)
        return base if inside == self.request.path else "../" * inside.count("/")

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

    def on_finish(self) -> None:
        """Say who asked for what, where that is to be said."""
        super().on_finish()
        if told := self.noted():
            note(self, **told, status=self.get_status(), ms=round(1000 * self.request.request_time()))

    def noted(self) -> dict[str, Any]:
        """What the log says of this request; nothing of one that is not worth a line."""
        return {"path": self.request.path}

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
