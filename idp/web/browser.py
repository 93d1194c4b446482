"""What a browser shows us of itself: its session, the mark that binds started sign-ins to it, a remembered 아이디, what
it is known again by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Request, Response, request, session

from idp.randomness import Randomness, url_token

_REMEMBERED_FOR = timedelta(days=365)
_BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class Browser:
    """Reads and writes our cookies on the present request and its response."""

    randomness: Randomness
    secure: bool
    device_lifetime: timedelta = timedelta(days=400)
    """How long a browser is known again (RFC 6265bis §5.5: browsers keep no cookie longer)."""

    @property
    def session_cookie_name(self) -> str:
        """`__Host-` keeps a neighbouring host of our domain from planting one (RFC 6265bis §4.1.3.2)."""
        return "__Host-idp_session" if self.secure else "idp_session"

    @property
    def _login_id_cookie_name(self) -> str:
        return "__Host-idp_login_id" if self.secure else "idp_login_id"

    @property
    def _device_cookie_name(self) -> str:
        return "__Host-idp_device" if self.secure else "idp_device"

    def session_cookie(self) -> str | None:
        """The value of the session cookie, unchecked."""
        return request.cookies.get(self.session_cookie_name)

    def mark(self) -> str:
        """The random mark of this browser, made when it has none; kept in the signed form cookie."""
        mark = self.marked()
        if mark is None:
            mark = session[_BROWSER] = url_token(self.randomness, 16)
        return mark

    def marked(self) -> str | None:
        """The mark, if this browser has one."""
        mark = session.get(_BROWSER)
        return mark if isinstance(mark, str) else None

    def signed_in(self, response: Response, cookie: str) -> None:
        """Give the browser its session. It goes when the browser is closed; the server's limits decide before that."""
        response.set_cookie(self.session_cookie_name, cookie, path="/", **self._flags())

    def signed_out(self, response: Response) -> None:
        """Take the session cookie away."""
        response.delete_cookie(self.session_cookie_name, path="/", **self._flags())

    def device(self) -> str | None:
        """The value by which this browser is known again, unchecked."""
        return request.cookies.get(self._device_cookie_name)

    def know_device(self, response: Response, handle: str) -> None:
        """Let the browser keep it, for as long as browsers keep anything."""
        response.set_cookie(self._device_cookie_name, handle, path="/", max_age=self.device_lifetime, **self._flags())

    def remembered_login_id(self) -> str:
        """The 아이디 that this browser's member asked us to remember, or nothing (REQ-38)."""
        return request.cookies.get(self._login_id_cookie_name, "")[:20]

    def remember_login_id(self, response: Response, login_id: str | None) -> None:
        """Remember an 아이디 on this browser, or forget it."""
        if login_id:
            response.set_cookie(
                self._login_id_cookie_name, login_id, path="/", max_age=_REMEMBERED_FOR, **self._flags()
            )
        elif self._login_id_cookie_name in request.cookies:
            response.delete_cookie(self._login_id_cookie_name, path="/", **self._flags())

    def _flags(self) -> dict[str, Any]:
        return {"secure": self.secure, "httponly": True, "samesite": "Lax"}


def address(incoming: Request) -> str:
    """The network address that the request came from, as far as our own proxies vouch for it."""
    return incoming.remote_addr or "unknown"
