"""Letting pages of public clients read our answers, from the origins they registered and no other. Fetch standard
(CORS); OAuth 2.0 for Browser-Based Applications §6.3.

No cookie is read behind these doors and none is ever allowed across origins, so that a page learns nothing that a
server could not ask for too; a stranger's page is refused all the same.
"""

from __future__ import annotations

from flask import Flask, Response, request

from idp.agencies.catalogue import Catalogue

_METHODS = {
    "/oidc/token": "POST",
    "/oidc/userinfo": "GET, POST",
    "/oidc/revoke": "POST",
    "/oidc/par": "POST",
}
"""What a public client calls by itself. Keys and discovery are anybody's."""
_HEADERS = "Authorization, Content-Type, DPoP"
_READABLE = "DPoP-Nonce, WWW-Authenticate"
_REMEMBERED = "600"
"""Seconds that a browser need not ask again."""


def install(app: Flask, catalogue: Catalogue) -> None:
    """Let them, wherever the paths are served."""

    @app.after_request
    def allow(response: Response) -> Response:
        allowed = _METHODS.get(request.path)
        if allowed is None:
            return response
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin is None or origin not in catalogue.snapshot().page_origins:
            return response
        headers = response.headers
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = _READABLE
        if request.method == "OPTIONS":
            headers["Access-Control-Allow-Methods"] = allowed
            headers["Access-Control-Allow-Headers"] = _HEADERS
            headers["Access-Control-Max-Age"] = _REMEMBERED
        return response
