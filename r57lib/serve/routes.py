"""The routes of the server. Those that are not here do not exist."""

from __future__ import annotations

import re
from typing import Any

from tornado.web import HTTPError, RedirectHandler, authenticated

from r57lib.page.published import FIGURE_FOLDER
from r57lib.serve.channel import ChannelHandler
from r57lib.serve.embed import EmbedHandler
from r57lib.serve.entry import LoginHandler, LogoutHandler
from r57lib.serve.handlers import AssetHandler, DocumentHandler, FigureHandler, HomeHandler, PageHandler, ReportHandler
from r57lib.serve.pages import RENDER
from r57lib.serve.plain import Plain

REPORT_PAGE = r"reports/(?:((?:approved/)?\d{4}-\d{2}(?:/[0-9a-f]+)?)/)?((?:[A-Za-z0-9_-]+\.)+html|feed\.xml)"
DOCUMENT = r"reports/(?:(approved)/)?(\d{4}-\d{2})/(?:([0-9a-f]+)/)?((?:[A-Za-z0-9_-]+\.)+(?:docx|pdf|pptx|xlsx))"
BESIDE = rf"reports/(?:((?:approved/)?\d{{4}}-\d{{2}}(?:/[0-9a-f]{{1,64}})?)|latest)/{FIGURE_FOLDER}/([^/]+)"
ASSET = r"static/r57/([0-9a-f]{12})/([a-z_.]+)"
PAGE = rf"{RENDER}([\w-]+\.ipynb)"
ALONE = r"embed/([\w-]+)/([\w-]+)"
KERNEL = r"(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)"


def routes(base: str, voila: dict[str, Any], *, token: bool, framed: bool) -> list[tuple[Any, ...]]:
    """Every route below `base`; `voila` is what Voila gives its own handler of pages.

    There is a log-in where there is a `token`, and figures alone where others' pages may have them `framed`.
    """
    root, base = base, re.escape(base)
    return [
        *([(rf"{base}login", LoginHandler), (rf"{base}logout", LogoutHandler)] if token else []),
        (rf"{base}", HomeHandler),
        (rf"{base}{PAGE}", PageHandler, voila),
        *([(rf"{base}{ALONE}", EmbedHandler, voila)] if framed else []),
        (rf"{base}{ASSET}", AssetHandler),
        (rf"{base}{REPORT_PAGE}", ReportHandler),
        (rf"{base}{DOCUMENT}", DocumentHandler),
        (rf"{base}{BESIDE}", FigureHandler),
        (rf"{base}api/kernels/{KERNEL}/channels", ChannelHandler),
        *([(base[:-1], RedirectHandler, {"url": root, "permanent": False})] if root != "/" else []),
        (r"/.*", Missing),
    ]


class Missing(Plain):
    """Every other address."""

    @authenticated
    def get(self) -> None:
        """There is nothing here."""
        raise HTTPError(404)
