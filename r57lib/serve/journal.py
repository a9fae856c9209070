"""Who asked for what: a line of JSON for each request, on standard output, which journald dates, keeps and rotates."""

from __future__ import annotations

import json
import sys
from typing import Any

USER = "r57_user_header"
"""The setting that names the header by which a proxy says who asks; without one nothing is noted."""


def user_of(handler: Any) -> str:
    """Who asks, as the proxy says; nobody where no header is believed."""
    header = handler.settings.get(USER, "")
    said = handler.request.headers.get(header, "") if header else ""
    return str(said).encode("latin-1", "replace").decode("utf-8", "replace")


def note(handler: Any, **told: Any) -> None:
    """Write a line about what somebody asked for; none where the server was not told to believe who asks."""
    if handler.settings.get(USER):
        line = json.dumps({"user": user_of(handler), **told}, ensure_ascii=False)
        sys.stdout.buffer.write(line.encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()
