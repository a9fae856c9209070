"""The line between a live page and its kernel: what may be said on it, and what is heard."""

from __future__ import annotations

import json
from typing import Any, cast
from urllib.parse import parse_qsl

from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from r57lib.serve.journal import note
from r57lib.serve.sessions import Sessions

_TOLD = {"comm_open", "comm_msg", "comm_close", "status", "kernel_info_reply", "comm_info_reply", "shutdown_reply"}
"""What a browser hears of a kernel: no source, no output, no traceback."""
SAID = ("comm_msg", "kernel_info_request")
"""What a page may say: it sets traits of widgets that its notebook made; it opens no comm and runs no code."""

PING = "ping"
"""By this a page asks whether its line is alive."""


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
                self.sessions.touch(self.kernel_id)
                self._note_download(json.loads(ws_message)["content"])
            super().on_message(ws_message)

    @property
    def sessions(self) -> Sessions:
        """The kernels of the server."""
        return cast(Sessions, self.kernel_manager)

    def _note(self, **told: Any) -> None:
        note(self, page=self.sessions.pages.get(self.kernel_id, ""), **told)

    def _note_download(self, content: dict[str, Any]) -> None:
        """Say which table is taken along."""
        data = content.get("data")
        asked = data.get("content") if isinstance(data, dict) else None
        if isinstance(asked, dict) and "figure" in asked:
            self._note(download=f"{asked['figure']}.{asked.get('format')}"[:80])

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Pass on what a page may hear; which versions of what answer is none of it."""
        told = message if isinstance(message, dict) else json.loads(message)
        kind = told["header"]["msg_type"]
        if kind not in _TOLD:
            return None
        if kind == "kernel_info_reply":
            told["content"] = {"status": "ok"}
            message = told
        elif kind == "comm_msg" and "query" in (state := told["content"]["data"].get("state", {})):
            self._note(parameters=dict(parse_qsl(state["query"])))
        return super().write_message(message, binary)


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
