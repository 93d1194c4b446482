"""Addresses that none of ours can be: refused before a room looks at them."""

from __future__ import annotations

from flask import Flask, abort, request


def install(app: Flask) -> None:
    """Refuse an address that holds a NUL: PostgreSQL takes none in text, so each id that somebody forged with one would
    otherwise come back as a failure of ours (CWE-158)."""

    @app.before_request
    def refuse_nul() -> None:
        if "\x00" in request.path:
            abort(404)
        if b"%00" in request.query_string:
            abort(400)
