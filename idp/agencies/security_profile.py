"""What a registration must not say once it names a profile: FAPI 2.0 Security Profile and Message Signing (Final).

What the profile then asks of requests is decided where requests are read; here is what can be told from the
registration alone, so that it is refused when it is made and not at its first sign-in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

STRONG_ALGS: Final = frozenset({"PS256", "ES256", "EdDSA"})
"""Signatures that FAPI 2.0 allows, ours and theirs. Security Profile §5.4.1."""
STRONG_METHODS: Final = frozenset({"private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"})
"""Client authentication that FAPI 2.0 allows. Security Profile §5.3.2.1."""

_SIGNED_BY: Final = (
    "token_endpoint_auth_signing_alg",
    "request_object_signing_alg",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
)
_BINDING: Final = ("dpop_bound_access_tokens", "tls_client_certificate_bound_access_tokens")
_KEYS: Final = ("jwks", "jwks_uri")


def default_signing_alg(profile: str | None) -> Literal["RS256", "PS256"]:
    """What we sign with toward a client that names no algorithm. OpenID Connect Registration §2, unless a profile
    forbids that."""
    return "RS256" if profile is None else "PS256"


def contradictions(registration: Mapping[str, Any]) -> tuple[str, ...]:
    """What in `registration` its `profile` forbids, a sentence each; none where it names no profile.

    `registration` holds client metadata under their names in OpenID Connect Registration and RFC 7591; what is absent
    or None says nothing.
    """
    profile = registration.get("profile")
    return () if profile is None else tuple(f"{said} (profile {profile})" for said in _against(registration))


def _against(registration: Mapping[str, Any]) -> Iterator[str]:
    if registration.get("token_endpoint_auth_method") not in STRONG_METHODS:
        yield f"token_endpoint_auth_method must be one of {', '.join(sorted(STRONG_METHODS))}"
    if registration.get("client_secret") or registration.get("secret_digests"):
        yield "client_secret must not be given"
    if not any(registration.get(name) for name in _BINDING):
        yield f"access tokens must be bound: {' or '.join(_BINDING)}"
    if registration["profile"] == "fapi2_message_signing" and not any(registration.get(name) for name in _KEYS):
        yield f"request objects need keys: {' or '.join(_KEYS)}"
    if frozenset(registration.get("response_types") or ("code",)) != {"code"}:
        yield "response_types must be code and nothing else"
    if registration.get("require_pkce") is False:
        yield "require_pkce must not be turned off"
    for name in _SIGNED_BY:
        if registration.get(name) is not None and registration[name] not in STRONG_ALGS:
            yield f"{name} must be one of {', '.join(sorted(STRONG_ALGS))}"
    native = registration.get("application_type") == "native"
    if not native and any(str(uri).startswith("http:") for uri in registration.get("redirect_uris") or ()):
        yield "redirect_uris must be https, except those of a native application"
