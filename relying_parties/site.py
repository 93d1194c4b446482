"""What every sample party is made of: its application, its settings, its memory, and the session of a browser."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from flask import Flask, render_template, session
from flask.typing import ResponseReturnValue
from werkzeug.serving import WSGIRequestHandler, make_server

from relying_parties.records import Records
from relying_parties.settings import Settings

_COOKIE_KEY = "session_token"
_LOOKED_AT = "looked_at_the_end"


@dataclass(frozen=True)
class Site:
    """A relying party's application and what its own routes need."""

    app: Flask
    settings: Settings
    records: Records

    def begin_session(self, token: str) -> None:
        """Put a new session's token into the browser's cookie, and nothing else: what was there before is gone."""
        session.clear()
        session[_COOKIE_KEY] = token

    def session(self) -> sqlite3.Row | None:
        """This browser's last session, ended or not."""
        return self.records.session(session[_COOKIE_KEY]) if _COOKIE_KEY in session else None

    def prolong(self) -> None:
        """Give it its full time again, if it had not ended."""
        if _COOKIE_KEY in session:
            self.records.prolong(session[_COOKIE_KEY])

    def first_look_at_the_end(self) -> bool:
        """Whether this browser has not yet been here since its session ended; true once."""
        if session.get(_LOOKED_AT):
            return False
        session[_LOOKED_AT] = True
        return True

    def sign_out(self) -> sqlite3.Row | None:
        """End this browser's session and return what it was."""
        was = self.session()
        if was is not None:
            self.records.sign_out(session[_COOKIE_KEY])
        session.clear()
        return was

    def trouble(self, message: str, status: int, code: str = "") -> ResponseReturnValue:
        """A page that says what went wrong and what to do."""
        return render_template("trouble.html", message=message, code=code), status

    def serve(self) -> None:
        """Answer on 127.0.0.1 until the process is told to stop."""
        server = make_server(
            "127.0.0.1", self.settings.listening_port, self.app, threaded=True, request_handler=_QuietHandler
        )
        print(f"{self.settings.name} on {self.settings.url}", flush=True)
        server.serve_forever()


class _QuietHandler(WSGIRequestHandler):
    """Logs without the query: on a callback it holds the authorization code."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002
        self.log("info", "%s %s %s", self.command, self.path.partition("?")[0], code)
