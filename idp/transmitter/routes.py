"""The transmitter's public documents; receivers read them without credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response

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


def _cached(body: bytes, kind: str) -> Response:
    response = Response(body, content_type=kind)
    response.headers["Cache-Control"] = _CACHE
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
