"""Any OpenID Connect provider as upstream: discovery, code with PKCE, state and nonce, an ID token weighed whole.
OpenID Connect Core §3.1.3.7, Discovery §4.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from idp.crypto.digests import same
from idp.randomness import url_token
from idp.verification.evidence import Evidence
from idp.verification.failures import ForeignResult, Forged, StaleResult
from idp.verification.freshness import FRESH, SKEW
from idp.verification.method import Context, Memory, Turn
from idp.verification.providers import reading
from idp.verification.providers.reading import Said
from idp.verification.providers.upstream import Upstream

_ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures by a key that only the provider has; `none` and HMAC are what forgers ask for (RFC 8725 §3.1)."""
_USUAL = {
    "name": "name",
    "birth_date": "birthdate",
    "gender": "gender",
    "phone": "phone_number",
    "ci": "ci",
    "di": "di",
}


@dataclass(frozen=True, slots=True)
class OpenId(Upstream):
    """The member signs in there, and the provider says who that is."""

    def begin(self, context: Context) -> Turn:
        found = reading.json_object(self.wire.get("/.well-known/openid-configuration").octets)
        issuer = found.text("issuer", 500)
        if issuer.removesuffix("/") != self.wire.base_url:
            raise self.wire.failed("issuer is another")

        def endpoint(name: str) -> str:
            return self.wire.address(found, name, 500)

        memory: Memory = {
            "issuer": issuer,
            "token": endpoint("token_endpoint"),
            "keys": endpoint("jwks_uri"),
            "userinfo": endpoint("userinfo_endpoint") if found.maybe("userinfo_endpoint", 500) else "",
            "nonce": url_token(self.by.randomness, 16),
            "names_itself": int(found.values.get("authorization_response_iss_parameter_supported") is True),
        }
        return self.leave(
            context,
            endpoint("authorization_endpoint"),
            memory,
            nonce=str(memory["nonce"]),
            prompt="login",
        )

    def finish(self, context: Context, memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        tokens = self.tokens(memory, answer, str(memory["token"]), str(memory["issuer"]))
        compact = tokens.text("id_token")
        claims = self._weighed(compact, memory)
        self.by.first_use(self.provider, compact)
        said = dict(claims)
        access = tokens.maybe("access_token", 8000)
        if memory["userinfo"] and access:
            profile = self.bearer(str(memory["userinfo"]), access)
            # Another subject's profile under our token would be a substitution (Core §5.3.2).
            if profile.text("sub", 255) != claims.get("sub"):
                raise ForeignResult
            said.update(profile.values)
        if said.get("phone_number_verified") is False:
            # The member typed it there, and nobody looked (Core §5.1).
            said.pop(_USUAL["phone"], None)
        return self.evidence(context, self.identity(Said(said), _USUAL), compact.encode())

    def _weighed(self, compact: str, memory: Memory) -> dict[str, Any]:
        """The claims of an ID token that is the provider's, for us, of now and of this sign-in."""
        keys = reading.json_object(self.wire.get(str(memory["keys"])).octets)
        try:
            key_set = KeySet.import_key_set(dict(keys.values))  # type: ignore[arg-type]  # its content is checked there
            claims = jwt.decode(compact, key_set, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise Forged("ID token not signed by its issuer") from error
        said = Said(claims)
        audience = claims.get("aud")
        listed = audience if isinstance(audience, list) else [audience]
        if said.maybe("iss", 500) != memory["issuer"] or self.told.client_id not in listed:
            raise ForeignResult
        if len(listed) > 1 and said.maybe("azp", 500) != self.told.client_id:
            raise ForeignResult
        nonce = said.maybe("nonce", 200) or ""
        if not same(nonce, str(memory["nonce"])):
            raise ForeignResult
        said.text("sub", 255)
        now = self.by.clock.now()
        if self._time(claims, "exp") <= now - SKEW or not -SKEW <= now - self._time(claims, "iat") <= FRESH:
            raise StaleResult
        return claims

    def _time(self, claims: Mapping[str, Any], name: str) -> datetime:
        value = claims.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**11:
            raise self.wire.failed(f"{name} unusable")
        return datetime.fromtimestamp(value, UTC)
