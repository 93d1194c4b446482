"""Clients' logos, from our own address: who looks at a page of ours is nobody else's to know (REQ-91)."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from idp.agencies import store
from idp.agencies.relying_party import RelyingParty
from idp.errors import NotFound
from idp.storage.database import Database
from idp.web.get_only import get_only

_HEADERS = {
    # The address names the image by its digest: it never holds another.
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class LogoPage:
    """Serves them."""

    database: Database

    def blueprint(self) -> Blueprint:
        """`GET /signin/logo/<relying party>/<digest>`."""
        pages = Blueprint("logo", __name__, url_prefix="/signin/logo")
        pages.add_url_rule("/<relying_party_id>/<digest>", view_func=self.show)
        get_only(pages)
        return pages

    def show(self, relying_party_id: str, digest: str) -> ResponseReturnValue:
        """The image as it was when it was registered."""
        with self.database.reading() as connection:
            logo = store.logo(connection, relying_party_id, digest)
        if logo is None:
            raise NotFound("no such logo")
        return Response(logo.octets, 200, _HEADERS, content_type=logo.kind)


def logo_address(party: RelyingParty) -> str | None:
    """Where the logo of `party` is, if it has one."""
    if party.oidc is None or party.oidc.logo is None:
        return None
    return url_for("logo.show", relying_party_id=party.id, digest=party.oidc.logo)
