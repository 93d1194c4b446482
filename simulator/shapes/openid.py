"""An OpenID Connect provider: discovery, code with PKCE, ID token, UserInfo; and the same without an ID token, as an
OAuth 2.0 service with a profile.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import ECKey

from simulator.keys import OPENID_CLIENT, PROFILE_CLIENT
from simulator.outcome import Outcome
from simulator.requests_at_hand import Asked
from simulator.stage import Stage

_ERRORS = {Outcome.REFUSE: "consent_required", Outcome.CANCEL: "access_denied", Outcome.EXPIRE: "login_required"}


@dataclass(frozen=True)
class OpenId:
    """Speaks for accounts elsewhere."""

    stage: Stage

    @property
    def issuer(self) -> str:
        return f"{self.stage.url}/openid"

    def blueprint(self) -> Blueprint:
        api = Blueprint("openid", __name__)
        api.add_url_rule("/openid/.well-known/openid-configuration", view_func=self.configuration)
        api.add_url_rule("/openid/jwks", view_func=self.jwks)
        api.add_url_rule("/openid/authorize", view_func=self.openid_window)
        api.add_url_rule("/openid/token", view_func=self.openid_token, methods=["POST"])
        api.add_url_rule("/openid/userinfo", view_func=self.userinfo)
        api.add_url_rule("/profile/oauth2.0/authorize", view_func=self.profile_window)
        api.add_url_rule("/profile/oauth2.0/token", view_func=self.profile_token, methods=["POST"])
        api.add_url_rule("/profile/v1/me", view_func=self.profile)
        return api

    def configuration(self) -> ResponseReturnValue:
        at = self.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token",
            "userinfo_endpoint": f"{at}/userinfo",
            "jwks_uri": f"{at}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def jwks(self) -> ResponseReturnValue:
        return {"keys": [self.stage.keys.signer.as_dict(private=False)]}

    def openid_window(self) -> ResponseReturnValue:
        return self._window("openid", OPENID_CLIENT)

    def profile_window(self) -> ResponseReturnValue:
        return self._window("profile", PROFILE_CLIENT)

    def openid_token(self) -> ResponseReturnValue:
        asked, error = self._spent("openid", OPENID_CLIENT, self.stage.keys.openid_secret)
        if asked is None:
            return error
        return {"access_token": asked.handle, "token_type": "Bearer", "id_token": self._id_token(asked)}

    def profile_token(self) -> ResponseReturnValue:
        asked, error = self._spent("profile", PROFILE_CLIENT, self.stage.keys.profile_secret)
        return error if asked is None else {"access_token": asked.handle, "token_type": "bearer", "expires_in": "3600"}

    def userinfo(self) -> ResponseReturnValue:
        asked = self._bearer()
        person = self.stage.person(asked.holder)
        return {
            "sub": f"sim-{person.code}",
            "name": person.name,
            "birthdate": person.birth_date.isoformat(),
            "gender": person.gender,
            "phone_number": f"+82 {person.phone[1:3]}-{person.phone[3:7]}-{person.phone[7:]}",
            "ci": person.ci,
        }

    def profile(self) -> ResponseReturnValue:
        person = self.stage.person(self._bearer().holder)
        return {
            "resultcode": "00",
            "response": {
                "id": f"sim-{person.code}",
                "name": person.name,
                "birthyear": person.birthday[:4],
                "birthday": f"{person.birthday[4:6]}-{person.birthday[6:]}",
                "gender": "M" if person.gender == "male" else "F",
                "mobile": person.phone,
                "ci": person.ci,
            },
        }

    def _window(self, shape: str, client: str) -> ResponseReturnValue:
        asked, back = request.args, request.args.get("redirect_uri", "")
        if asked.get("client_id") != client or back != f"{self.stage.return_to}/verification/return":
            abort(400)
        more = {name: asked.get(name, "") for name in ("state", "nonce", "code_challenge")}
        begun = self.stage.requests.add(shape, more["nonce"], return_url=back, more=more)
        return redirect(f"{self.stage.url}/windows/{begun.id}", 303)

    def _spent(self, shape: str, client: str, secret: str) -> tuple[Asked | None, ResponseReturnValue]:
        """The request whose code was brought, once, by who began it."""
        form = request.form
        basic = request.authorization
        given = (basic.username, basic.password) if basic else (form.get("client_id"), form.get("client_secret"))
        if given != (client, secret):
            return None, ({"error": "invalid_client"}, 401)
        asked = self.stage.requests.by_handle(form.get("code", ""))
        if asked is None or asked.shape != shape or form.get("redirect_uri") != asked.return_url:
            return None, ({"error": "invalid_grant"}, 400)
        trouble = self.stage.out_of_order(asked)
        if trouble is not None:
            return None, trouble
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
        if not hmac.compare_digest(challenge, asked.more["code_challenge"].encode()):
            return None, ({"error": "invalid_grant"}, 400)
        if asked.outcome is Outcome.REPLAYED or not self.stage.requests.take(asked.id):
            return None, ({"error": "invalid_grant"}, 400)
        return asked, ""

    def _id_token(self, asked: Asked) -> str:
        made = int(asked.completed.timestamp())
        claims: Mapping[str, Any] = {
            "iss": self.issuer,
            "sub": f"sim-{asked.holder}",
            "aud": OPENID_CLIENT,
            "iat": made,
            "exp": made + 300,
            "nonce": asked.said_nonce,
        }
        key = self.stage.keys.signer
        if asked.outcome is Outcome.FORGED:
            key = ECKey.generate_key("P-256")
        return jwt.encode({"alg": "ES256", "kid": self.stage.keys.signer.kid}, dict(claims), key)

    def _bearer(self) -> Asked:
        asked = self.stage.requests.by_handle(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if asked is None or not asked.taken:
            abort(401)
        return asked


def refusal(outcome: Outcome) -> str | None:
    """The error that the browser carries back."""
    return _ERRORS.get(outcome)
