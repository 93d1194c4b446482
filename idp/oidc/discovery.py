"""What we say about ourselves: the discovery document and the keys, as ready bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from idp.agencies.machine_client import CLIENT_CREDENTIALS, MACHINE_SCOPES
from idp.agencies.oidc_registration import IMPLICIT
from idp.crypto.keyring import Keyring, SigningKey
from idp.oidc import response_mode, response_type, verified_claims
from idp.oidc.client_authentication import ASSERTION_ALGS, AUTHENTICATION_METHODS
from idp.oidc.engine import messages
from idp.oidc.errors import DPOP_ALGORITHMS
from idp.oidc.profile import CLIENT_ALGS
from idp.oidc.scopes import SCOPE_CLAIMS, SUPPORTED
from idp.oidc.tell_client import ENCRYPTION_ALGS, ENCRYPTION_ENCS, SIGNING_ALGS
from idp.sections import ClientCertificates
from idp.sessions.assurance import LEVELS, acr_name

_SIGN_IN_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "c_hash", "sid")
_OWN_CLAIMS = ("member_type", "enterprise_uuid", "verified_claims")

_NO_CERTIFICATES = ClientCertificates()
_FOR_SERVERS = (
    "token_endpoint",
    "userinfo_endpoint",
    "pushed_authorization_request_endpoint",
    "introspection_endpoint",
    "revocation_endpoint",
)


def discovery_paths(issuer: str) -> tuple[str, str]:
    """Where the document lies: behind the issuer's own path, which a proxy takes off, and before it. OpenID Connect
    Discovery §4, RFC 8414 §3."""
    return "/.well-known/openid-configuration", f"/.well-known/oauth-authorization-server{urlsplit(issuer).path}"


def metadata(
    issuer: str,
    *,
    require_pushed: bool = False,
    registration: bool = False,
    certificates: ClientCertificates = _NO_CERTIFICATES,
) -> dict[str, Any]:
    """Our OpenID Provider metadata: only what works. OpenID Connect Discovery §3, RFC 8414 §2, RFC 9207 §3."""
    said = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oidc/authorize",
        "token_endpoint": f"{issuer}/oidc/token",
        "userinfo_endpoint": f"{issuer}/oidc/userinfo",
        "jwks_uri": f"{issuer}/oidc/jwks",
        "end_session_endpoint": f"{issuer}/oidc/logout",
        **({"registration_endpoint": f"{issuer}/oidc/register"} if registration else {}),
        "pushed_authorization_request_endpoint": f"{issuer}/oidc/par",
        "require_pushed_authorization_requests": require_pushed,
        "scopes_supported": [*SUPPORTED, *MACHINE_SCOPES],
        "response_types_supported": list(response_type.SUPPORTED),
        "response_modes_supported": list(response_mode.SUPPORTED),
        "grant_types_supported": ["authorization_code", IMPLICIT, "refresh_token", CLIENT_CREDENTIALS],
        "subject_types_supported": ["pairwise"],
        **_signed_and_encrypted("id_token", "userinfo", "authorization", "introspection"),
        "token_endpoint_auth_methods_supported": [*AUTHENTICATION_METHODS, *certificates.methods],
        "token_endpoint_auth_signing_alg_values_supported": [*ASSERTION_ALGS],
        "introspection_endpoint": f"{issuer}/oidc/introspect",
        "introspection_endpoint_auth_methods_supported": [
            method for method in (*AUTHENTICATION_METHODS, *certificates.methods) if method != "none"
        ],
        "introspection_endpoint_auth_signing_alg_values_supported": [*ASSERTION_ALGS],
        "revocation_endpoint": f"{issuer}/oidc/revoke",
        "revocation_endpoint_auth_methods_supported": [*AUTHENTICATION_METHODS, *certificates.methods],
        "revocation_endpoint_auth_signing_alg_values_supported": [*ASSERTION_ALGS],
        "tls_client_certificate_bound_access_tokens": certificates.header is not None,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
        "claims_supported": sorted(
            {*_SIGN_IN_CLAIMS, *_OWN_CLAIMS, *(name for names in SCOPE_CLAIMS.values() for name in names)}
        ),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "request_object_signing_alg_values_supported": sorted(CLIENT_ALGS),
        "authorization_response_iss_parameter_supported": True,
        **verified_claims.METADATA,
        "acr_values_supported": [acr_name(level) for level in LEVELS],
        "ui_locales_supported": ["ko", "en"],
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
    }
    return said | _aliases(said, issuer, certificates.address)


def _signed_and_encrypted(*what: str) -> dict[str, list[str]]:
    """What can be chosen for each JWT that clients are told. Discovery §3, JARM §4."""
    return {
        f"{each}_{name}_values_supported": list(values)
        for each in what
        for name, values in (
            ("signing_alg", SIGNING_ALGS),
            ("encryption_alg", ENCRYPTION_ALGS),
            ("encryption_enc", ENCRYPTION_ENCS),
        )
    }


def _aliases(said: Mapping[str, Any], issuer: str, address: str | None) -> dict[str, Any]:
    """Where those who show a certificate call. RFC 8705 §5; browsers are not among them."""
    if address is None:
        return {}
    return {
        "mtls_endpoint_aliases": {
            name: said[name].replace(issuer, address, 1) for name in _FOR_SERVERS if isinstance(said.get(name), str)
        }
    }


def document(
    issuer: str,
    *,
    require_pushed: bool = False,
    registration: bool = False,
    certificates: ClientCertificates = _NO_CERTIFICATES,
) -> bytes:
    """The discovery document, and the authorization server's metadata, which are the same facts. RFC 8414 §3."""
    said = metadata(issuer, require_pushed=require_pushed, registration=registration, certificates=certificates)
    return messages.provider_metadata(said).encode()


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
