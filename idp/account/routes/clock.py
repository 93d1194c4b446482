"""How long the session has left, and more of it (REQ-66, REQ-67, C10)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from idp.account.routes.frame import PAGES, Frame
from idp.members import store as members
from idp.sessions.sessions import Sessions
from idp.storage.database import Database
from idp.web.redirects import see_other

_OWN_PAGE = re.compile(r"/account/[a-z0-9_/-]*\Z")


@dataclass(frozen=True, slots=True)
class SessionClock:
    """The countdown's two questions. Looking at the clock winds nothing: a page left open must not keep its session."""

    frame: Frame
    database: Database
    sessions: Sessions

    def show(self) -> ResponseReturnValue:
        """The seconds left, for a page's script; 401 when the session is over."""
        return self._told(self.left())

    def extend(self) -> ResponseReturnValue:
        """연장. The idle time starts anew; the absolute limit stands."""
        wants_page = request.accept_mimetypes.best != "application/json"
        if wants_page:
            self.frame.visitor("profile")
            back = request.form.get("back", "")
            return see_other(back if _OWN_PAGE.match(back) else PAGES["profile"])
        self.sessions.find(self.frame.browser.session_cookie())
        return self._told(self.left())

    def left(self) -> int | None:
        """The seconds the session at this browser has left; None when it is over, or the member ended all of theirs."""
        looked = self.sessions.look(self.frame.browser.session_cookie())
        if looked is None:
            return None
        session, rest = looked
        with self.database.reading() as connection:
            row = members.find(connection, session.member_id)
        if row is None or row.status != members.ACTIVE or row.session_epoch != session.member_epoch:
            return None
        return max(0, rest // timedelta(seconds=1))

    def final(self) -> bool:
        """Whether 연장 would give nothing more: what is left goes to the absolute limit."""
        looked = self.sessions.look(self.frame.browser.session_cookie())
        return looked is not None and looked[0].ends_at - self.frame.clock.now() <= self.sessions.idle

    def _told(self, left: int | None) -> Response:
        said = {"left": left, "final": self.final()} if left is not None else {"left": 0, "final": True}
        response = jsonify(said)
        response.status_code = 401 if left is None else 200
        response.headers["Cache-Control"] = "no-store"
        return response
