"""Sending a browser on."""

from __future__ import annotations

from flask import Response


def see_other(url: str) -> Response:
    """A 303 to `url`, which the caller took from our own paths or from the registry. RFC 9110 §15.4.4, RFC 9700 §4.12.

    Never 302 or 307: after a form post those may carry the member's password on to the next address.
    """
    # Written by hand: Werkzeug's own rewrites what it believes to be unsafe in `url`, and a registered address is
    # compared byte for byte by whoever registered it.
    return Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})
