"""The OpenAPI document, for everybody: whoever writes a client has no token yet."""

from __future__ import annotations

import json

from flask import Blueprint, Response, request

from idp.agency_api.document import document
from idp.agency_api.routes.table import ROOT


def publish(doors: Blueprint, issuer: str) -> None:
    """Add `openapi.json`; cached for an hour, and spared to whoever has it already."""
    body = json.dumps(document(issuer, ROOT), ensure_ascii=False).encode()

    def openapi() -> Response:
        headers = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
        response = Response(body, 200, headers, content_type="application/json")
        response.add_etag()
        response.make_conditional(request)
        return response

    doors.add_url_rule(f"{ROOT}/openapi.json", "openapi", openapi)
