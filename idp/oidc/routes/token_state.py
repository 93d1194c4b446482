"""Where relying parties' servers ask what a token stands for, and end one. RFC 7662, RFC 7009."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from idp.oidc.client_authentication import Client, ClientAuthentication
from idp.oidc.introspect import Introspect
from idp.oidc.revoke import Revoke
from idp.oidc.routes.json_door import ANY_METHOD, NO_STORE, answers_json, posted_form
from idp.oidc.signed_introspection import SignIntrospection
from idp.web import exempt
from idp.web.client_certificate import ShownCertificate

_INTROSPECTION: Final = "/oidc/introspect"
_REVOCATION: Final = "/oidc/revoke"
_SIGNED: Final = "application/token-introspection+jwt"


@dataclass(frozen=True, slots=True)
class TokenStateDoors:
    """The two endpoints."""

    authenticate: ClientAuthentication
    certificate: ShownCertificate
    introspect: Introspect
    sign: SignIntrospection
    revoke: Revoke

    def blueprint(self) -> Blueprint:
        """Introspection and revocation."""
        doors = Blueprint("oidc_token_state", __name__)
        doors.add_url_rule(_INTROSPECTION, view_func=self.tell, methods=ANY_METHOD)
        doors.add_url_rule(_REVOCATION, view_func=self.end, methods=ANY_METHOD)
        answers_json(doors)
        exempt(doors)
        return doors

    def tell(self) -> ResponseReturnValue:
        """RFC 7662 §2; signed where that is asked for (RFC 9701 §4)."""
        client, form = self._caller(_INTROSPECTION)
        told = self.introspect(client, form)
        if request.accept_mimetypes.best_match(["application/json", _SIGNED]) == _SIGNED:
            return Response(self.sign(client, told), 200, NO_STORE, content_type=_SIGNED)
        return Response(json.dumps(told), 200, NO_STORE, content_type="application/json")

    def end(self) -> ResponseReturnValue:
        """RFC 7009 §2."""
        client, form = self._caller(_REVOCATION)
        self.revoke(client, form)
        answer = Response(b"", 200, NO_STORE)
        answer.headers.pop("Content-Type")
        return answer

    def _caller(self, path: str) -> tuple[Client, dict[str, str]]:
        form = posted_form()
        shown = self.certificate()
        return self.authenticate(request.headers.get("Authorization"), form, path=path, certificate=shown), form
