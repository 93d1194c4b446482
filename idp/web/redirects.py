"""Sending a browser on."""

from __future__ import annotations

import re

from flask import Response, current_app, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

# A second slash or a backslash would make browsers read a host into it (OWASP Unvalidated Redirects).
_OWN_PATH = re.compile(r"/(?![/\\])[!-~]*\Z")


def see_other(url: str) -> Response:
    """A 303 to `url`, which the caller took from our own paths or from the registry. RFC 9110 §15.4.4, RFC 9700 §4.12.

    Never 302 or 307: after a form post those may carry the member's password on to the next address.
    """
    # Written by hand: Werkzeug's own rewrites what it believes to be unsafe in `url`, and a registered address is
    # compared byte for byte by whoever registered it.
    return Response(status=303, headers={"Location": url, "Cache-Control": "no-store"})


def own_path(url: str) -> str:
    """`url` where it is a path on this host, else the first page."""
    return url if _OWN_PATH.match(url) else "/"


def page_above(path: str) -> str:
    """The nearest address at or above `path` that can be opened: where a form posted to it most likely came from."""
    adapter = current_app.create_url_adapter(request)
    while adapter is not None and path.strip("/"):
        try:
            adapter.match(path, method="GET")
        except (NotFound, MethodNotAllowed):
            path = path.rstrip("/").rpartition("/")[0] or "/"
        except RequestRedirect:
            return path
        else:
            return path
    return "/"
