"""The present request, as the house reads it."""

from __future__ import annotations

from flask import request

from idp.oidc.call import Call


def this_call() -> Call:
    """What it brings."""
    headers = request.headers
    return Call(request.method, request.path, headers.get("Authorization"), headers.get("DPoP"))
