"""What we say about ourselves: the discovery document and the keys, as ready bytes."""

from __future__ import annotations

import json
from typing import Any

from idp.agencies.machine_client import CLIENT_CREDENTIALS, MACHINE_SCOPES
from idp.crypto.keyring import Keyring, SigningKey
from idp.oidc import verified_claims
from idp.oidc.engine import messages
from idp.oidc.scopes import SCOPE_CLAIMS, SUPPORTED
from idp.sessions.assurance import LEVELS, acr_name

_SIGN_IN_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid")
_OWN_CLAIMS = ("member_type", "enterprise_uuid", "verified_claims")


def metadata(issuer: str, *, require_pushed: bool = False) -> dict[str, Any]:
    """Our OpenID Provider metadata: only what works. OpenID Connect Discovery §3, RFC 8414 §2, RFC 9207 §3."""
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oidc/authorize",
        "token_endpoint": f"{issuer}/oidc/token",
        "userinfo_endpoint": f"{issuer}/oidc/userinfo",
        "jwks_uri": f"{issuer}/oidc/jwks",
        "end_session_endpoint": f"{issuer}/oidc/logout",
        "pushed_authorization_request_endpoint": f"{issuer}/oidc/par",
        "require_pushed_authorization_requests": require_pushed,
        "scopes_supported": [*SUPPORTED, *MACHINE_SCOPES],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", CLIENT_CREDENTIALS],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        "code_challenge_methods_supported": ["S256"],
        "claims_supported": sorted(
            {*_SIGN_IN_CLAIMS, *_OWN_CLAIMS, *(name for names in SCOPE_CLAIMS.values() for name in names)}
        ),
        "claim_types_supported": ["normal"],
        # Of `claims` only `acr` and `verified_claims` of UserInfo are acted upon; that is less than this would promise.
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
        **verified_claims.METADATA,
        "acr_values_supported": [acr_name(level) for level in LEVELS],
        "ui_locales_supported": ["ko", "en"],
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
    }


def document(issuer: str, *, require_pushed: bool = False) -> bytes:
    """The discovery document."""
    return messages.provider_metadata(metadata(issuer, require_pushed=require_pushed)).encode()


class PublishedKeys:
    """The JWK Set, composed again only when the published keys change."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._composed: tuple[tuple[SigningKey, ...], bytes] | None = None

    def document(self) -> bytes:
        """The keys that verify our ID tokens. RFC 7517 §5."""
        published = self._keyring.published("oidc")
        composed = self._composed
        if composed is None or composed[0] != published:
            composed = self._composed = published, json.dumps({"keys": [dict(key.jwk) for key in published]}).encode()
        return composed[1]
