"""Whether we live, whether we can serve, and how we do: `/healthz`, `/readyz`, `/metrics`."""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from sqlalchemy import text

from idp.errors import IdpError
from idp.house import House
from idp.web import exempt


def health(house: House) -> Blueprint:
    """The three addresses; they say nothing of members."""
    doors = Blueprint("health", __name__)

    @doors.get("/healthz")
    def alive() -> Response:
        return _text("ok\n")

    @doors.get("/readyz")
    def ready() -> Response:
        try:
            with house.database.reading() as connection:
                connection.execute(text("SELECT 1"))
            house.store.ping()
            house.catalogue.snapshot()
            house.keyring.signing_key("oidc", "RS256")
        except IdpError as error:
            return _text(f"{error.code}\n", 503)
        return _text("ok\n")

    @doors.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)

    exempt(doors)
    return doors


def _text(body: str, status: int = 200) -> Response:
    return Response(body, status, content_type="text/plain; charset=utf-8")
