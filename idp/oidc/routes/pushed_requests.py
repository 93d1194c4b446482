"""The pushed authorization request endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from idp.oidc.client_authentication import ClientAuthentication
from idp.oidc.dpop.proven_keys import ProvenKeys
from idp.oidc.push import Push
from idp.oidc.routes.json_door import ANY_METHOD, NO_STORE, answers_json, posted_form
from idp.oidc.routes.this_call import this_call
from idp.web import exempt
from idp.web.client_certificate import ShownCertificate

_PATH = "/oidc/par"
_LARGEST = 64 * 1024
"""Octets of a request that is kept; the longest request object and everything beside it fit in."""


@dataclass(frozen=True, slots=True)
class PushedRequestDoor:
    """The endpoint; `network` stands for where the present request came from."""

    authenticate: ClientAuthentication
    certificate: ShownCertificate
    push: Push
    proven_keys: ProvenKeys
    network: Callable[[], str]

    def blueprint(self) -> Blueprint:
        """RFC 9126 §2."""
        doors = Blueprint("oidc_pushed_requests", __name__)
        doors.add_url_rule(_PATH, view_func=self.take, methods=ANY_METHOD)
        answers_json(doors)
        exempt(doors)
        return doors

    def take(self) -> ResponseReturnValue:
        """RFC 9126 §2.2; a DPoP proof binds the code to its key (RFC 9449 §10.1)."""
        request.max_content_length = _LARGEST
        form = posted_form()
        client = self.authenticate(
            request.headers.get("Authorization"), form, path=_PATH, certificate=self.certificate()
        )
        kept = self.push(client, form, network=self.network(), jkt=self.proven_keys(this_call()))
        return Response(json.dumps(kept), 201, NO_STORE, content_type="application/json")
