"""What relying parties' servers call: token, userinfo, keys and discovery. Answers JSON, errors included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from idp.agencies.relying_party import RelyingParty
from idp.oidc.call import Call
from idp.oidc.client_authentication import ClientAuthentication
from idp.oidc.confirmation import Confirmation
from idp.oidc.discovery import PublishedKeys
from idp.oidc.dpop.proven_keys import ProvenKeys
from idp.oidc.engine import messages
from idp.oidc.errors import (
    InvalidRequest,
    InvalidToken,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from idp.oidc.parameters import parameters
from idp.oidc.possession import SCHEMES
from idp.oidc.routes.json_door import ANY_METHOD, FORM, NO_STORE, answers_json, only, posted_form
from idp.oidc.routes.this_call import this_call
from idp.oidc.userinfo import UserInfo
from idp.web import exempt
from idp.web.client_certificate import ShownCertificate

Grant = Callable[[RelyingParty, Mapping[str, str], Confirmation], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class BackChannel:
    """The endpoints; `grants` maps each `grant_type` to what answers it."""

    discovery: bytes
    discovery_paths: tuple[str, ...]
    keys: PublishedKeys
    authenticate: ClientAuthentication
    certificate: ShownCertificate
    grants: Mapping[str, Grant]
    userinfo: UserInfo
    proven_keys: ProvenKeys

    def blueprint(self) -> Blueprint:
        """Token, userinfo, keys and discovery."""
        doors = Blueprint("oidc_back_channel", __name__)
        for path in self.discovery_paths:
            doors.add_url_rule(path, view_func=self.configuration)
        doors.add_url_rule("/oidc/jwks", view_func=self.jwks)
        doors.add_url_rule("/oidc/token", view_func=self.token, methods=ANY_METHOD)
        doors.add_url_rule("/oidc/userinfo", view_func=self.claims, methods=ANY_METHOD)
        answers_json(doors)
        exempt(doors)
        return doors

    def configuration(self) -> ResponseReturnValue:
        """OpenID Connect Discovery §4, RFC 8414 §3."""
        return _public(self.discovery)

    def jwks(self) -> ResponseReturnValue:
        """RFC 7517 §5; cached for an hour, and keys are published long before they sign."""
        return _public(self.keys.document())

    def token(self) -> ResponseReturnValue:
        """RFC 6749 §3.2."""
        form = posted_form()
        client = self.authenticate(request.headers.get("Authorization"), form, certificate=self.certificate())
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise InvalidRequest("grant_type is missing")
        grant = self.grants.get(grant_type)
        if grant is None:
            raise UnsupportedGrantType("grant_type is not supported")
        if grant_type not in client.grant_types:
            raise UnauthorizedClient(f"grant type {grant_type} is not registered")
        shown = client.certificate
        proven = Confirmation(self.proven_keys(this_call()), shown.thumbprint if shown is not None else None)
        answer = grant(client.relying_party, form, proven)
        return Response(messages.token_response(answer), 200, NO_STORE, content_type="application/json")

    def claims(self) -> ResponseReturnValue:
        """OpenID Connect Core §5.3."""
        only("GET", "POST", "HEAD")
        call = this_call()
        answer = self.userinfo(_access_token(call), call)
        return Response(answer.body, 200, NO_STORE, content_type=answer.content_type)


def _access_token(call: Call) -> str:
    """The access token in the header or the form body; never in the query (RFC 9700 §4.3.2).

    Raises:
        InvalidToken: there is none.
        InvalidRequest: it is sent in two ways.
    """
    scheme, in_header = call.credentials
    in_body = None
    if request.method == "POST" and request.mimetype == FORM:
        in_body = parameters(request.get_data()).get("access_token")
    if scheme in SCHEMES and in_header:
        if in_body is not None:
            raise InvalidRequest("the access token is sent in two ways")
        return in_header
    if in_body is None:
        raise InvalidToken
    return in_body


def _public(document: bytes) -> Response:
    headers = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
    return Response(document, 200, headers, content_type="application/json")
