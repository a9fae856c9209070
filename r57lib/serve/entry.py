"""Who is let in where there is a token and no proxy that has it: the log-in and its end, in both languages."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.login import LoginFormHandler

from r57lib.serve.plain import Plain


class LoginHandler(Plain, LoginFormHandler):
    """The page that asks for the token; Jupyter's handler compares it, and leads to the page that was asked for."""

    def _render(self, message: Any = None) -> None:
        self.set_header("Referrer-Policy", "same-origin")  # with none the form would come from nowhere, and be refused
        self.finish_plain("mistaken" if message else "login", form=self.xsrf_token.decode())


class LogoutHandler(Plain):
    """The end of it."""

    @allow_unauthenticated
    def get(self) -> None:
        """Forget who this browser is."""
        self.identity_provider.clear_login_cookie(self)
        self.finish_plain("logout", link="live.login.again", href="login")
