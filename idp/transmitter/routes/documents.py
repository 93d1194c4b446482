"""The transmitter's public documents; receivers read them without credentials."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, render_template, request

from idp.signals.published_schema import MEDIA_TYPE, link_changed_schema, link_changed_uri
from idp.transmitter.ssf_metadata import JWKS_PATH, configuration_path, document, ssf_configuration

_CACHE = "public, max-age=3600"
"""A key is published a day before it signs (`idp.crypto.keyring.LEAD`), so an hour in a cache harms nobody."""


def ssf(issuer: str, jwks: Callable[[], Mapping[str, Any]]) -> Blueprint:
    """`/.well-known/ssf-configuration` and `/ssf/jwks`; `jwks` gives the key set that verifies events. SSF 1.0 §7."""
    blueprint = Blueprint("ssf", __name__)
    configuration = document(ssf_configuration(issuer))

    @blueprint.get(configuration_path(issuer))
    def show_configuration() -> Response:
        return _cached(configuration, "application/json")

    @blueprint.get(JWKS_PATH)
    def show_keys() -> Response:
        return _cached(document(jwks()), "application/jwk-set+json")

    return blueprint


def event_types(schema_base: str) -> Blueprint:
    """What there is at the URI of our own event type, should its host be ours: the JSON Schema for programs, a page for
    whoever reads it in a browser."""
    blueprint = Blueprint("event_types", __name__, template_folder="../templates")
    schema, uri = link_changed_schema(schema_base), link_changed_uri(schema_base)
    path, body = urlsplit(uri).path, json.dumps(schema, ensure_ascii=False, indent=2).encode()
    examples = [json.dumps(each, ensure_ascii=False, indent=2) for each in schema["examples"]]

    @blueprint.get(f"{path}.json")
    def show_schema() -> Response:
        return _cached(body, MEDIA_TYPE)

    @blueprint.get(path)
    def show_event_type() -> Response:
        wanted = request.accept_mimetypes.best_match(["text/html", MEDIA_TYPE, "application/json"], "text/html")
        if wanted == "text/html":
            page = render_template(
                "transmitter/event_type.html", uri=uri, schema=schema, examples=examples, schema_path=f"{path}.json"
            )
            response = make_response(page)
        else:
            response = _cached(body, wanted)
        response.vary.add("Accept")
        return response

    return blueprint


def _cached(body: bytes, kind: str) -> Response:
    response = Response(body, content_type=kind)
    response.headers["Cache-Control"] = _CACHE
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
