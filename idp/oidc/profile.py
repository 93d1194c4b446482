"""What the protocol asks of one client: what it registered, and what its profile adds to that.

The one place that knows what FAPI 2.0 Security Profile and Message Signing (Final) change. Whoever treats clients
differently asks here and never looks at `profile` itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Final

from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.security_profile import STRONG_ALGS, STRONG_METHODS

CLIENT_ALGS: Final = frozenset({"RS256", *STRONG_ALGS})
"""What clients may sign with where neither a profile nor their registration narrows it."""
JWT_MODES: Final = frozenset({"jwt", "query.jwt", "fragment.jwt", "form_post.jwt"})
"""Response modes whose answer is signed. JARM §2.3."""

_FAPI_CODE: Final = timedelta(seconds=60)
_FAPI_REQUEST: Final = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class Profile:
    """What the protocol asks of one client."""

    par_required: bool
    """Authorization requests come by PAR and in no other way. RFC 9126 §5; FAPI Security §5.3.2.2."""
    pkce_required: bool
    """`code_challenge` with S256. RFC 7636; FAPI Security §5.3.2.2."""
    response_types: frozenset[str]
    """Those it may ask for, the words of each sorted. FAPI Security §5.3.2.2: `code`."""
    signed_answer_required: bool
    """Every answer is a JWT (JARM); without `response_mode` it is taken to ask for `jwt`. FAPI Message Signing §5.4."""
    authentication_methods: frozenset[str]
    """How it may authenticate: as registered, and only so. FAPI Security §5.3.2.1."""
    assertion_algs: frozenset[str]
    """Asymmetric algorithms of its client assertions. FAPI Security §5.4.1."""
    issuer_is_only_audience: bool
    """`aud` of a client assertion must be our issuer, one string; else an array and the endpoint's address do too
    (FAPI Security §5.3.2.1; OpenID Connect Core §9)."""
    signed_request_required: bool
    """Authorization requests come as signed request objects. RFC 9101 §10.5; FAPI Message Signing §5.3."""
    request_object_algs: frozenset[str]
    """Algorithms of its request objects; never `none`. FAPI Message Signing §5.3."""
    longest_request_object: timedelta | None
    """Where set, a request object must have `nbf` and `exp`, no more than this apart, and `aud`. FAPI Message Signing
    §5.3.1."""
    sender_constrained: bool
    """Access tokens are bound to a key, by DPoP or mutual TLS; without a proof no token. FAPI Security §5.3.2.1."""
    rotate_refresh_tokens: bool
    """Whether each use of a refresh token brings a new one. FAPI Security §5.3.2.1: no."""
    longest_code: timedelta | None
    """The longest life of a code; None: what is set for all. FAPI Security §5.3.2.1."""


def of(client: OidcRegistration) -> Profile:
    """What is asked of `client`."""
    return _of(
        client.profile,
        client.token_endpoint_auth_method,
        client.token_endpoint_auth_signing_alg,
        client.response_types,
        client.request_object_signing_alg,
        client.require_signed_request_object,
        client.require_pushed_authorization_requests,
        client.require_pkce,
        client.rotate_refresh_tokens,
        client.dpop_bound_access_tokens or client.tls_client_certificate_bound_access_tokens,
    )


@lru_cache(maxsize=1024)  # every request asks, and to look it up costs a tenth of working it out
def _of(
    profile: str | None,
    authentication_method: str,
    assertion_alg: str | None,
    response_types: frozenset[str],
    request_object_alg: str | None,
    signed_request: bool,  # noqa: FBT001
    pushed: bool,  # noqa: FBT001
    pkce: bool,  # noqa: FBT001
    rotate: bool,  # noqa: FBT001
    bound: bool,  # noqa: FBT001
) -> Profile:
    fapi = profile is not None
    signing = profile == "fapi2_message_signing"
    return Profile(
        par_required=fapi or pushed,
        pkce_required=fapi or pkce,
        response_types=frozenset({"code"}) if fapi else response_types,
        signed_answer_required=signing,
        authentication_methods=frozenset({authentication_method}) & (STRONG_METHODS if fapi else _ANY),
        assertion_algs=_allowed(assertion_alg, fapi=fapi),
        issuer_is_only_audience=fapi,
        signed_request_required=signing or signed_request,
        request_object_algs=_allowed(request_object_alg, fapi=fapi),
        longest_request_object=_FAPI_REQUEST if fapi else None,
        sender_constrained=fapi or bound,
        rotate_refresh_tokens=rotate and not fapi,
        longest_code=_FAPI_CODE if fapi else None,
    )


_ANY: Final = STRONG_METHODS | {"client_secret_basic", "client_secret_post", "client_secret_jwt", "none"}


def _allowed(registered: str | None, *, fapi: bool) -> frozenset[str]:
    algs = STRONG_ALGS if fapi else CLIENT_ALGS
    return algs if registered is None else algs & {registered}
