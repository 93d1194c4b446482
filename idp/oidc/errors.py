"""What can go wrong at our OAuth endpoints.

    OAuthError               answered as JSON, or, once the redirect is trusted, to the relying party
    ├── InvalidRequest       invalid_request
    ├── InvalidClient        invalid_client, 401
    ├── InvalidGrant         invalid_grant
    ├── UnauthorizedClient   unauthorized_client
    ├── UnsupportedGrantType unsupported_grant_type
    ├── UnsupportedResponseType
    ├── InvalidRequestObject invalid_request_object, UnsignedRequestObject among them
    ├── InvalidRequestUri    invalid_request_uri
    ├── InvalidScope         invalid_scope
    ├── InvalidToken         invalid_token, 401
    ├── InsufficientScope    insufficient_scope, 403
    ├── InvalidDpopProof     invalid_dpop_proof
    ├── UseDpopNonce         use_dpop_nonce
    └── DpopTokenRefused     invalid_token, invalid_dpop_proof or use_dpop_nonce where a token is used, 401
    UntrustedRequest         shown as a page: no relying party or redirect address can be believed yet

Descriptions stay within what RFC 6749 §5.2 allows: printable ASCII without quote and backslash. They name
parameters, never values.
"""

from __future__ import annotations

from typing import ClassVar, Final

from idp.errors import BadRequest, Refusal

DPOP_ALGORITHMS: Final = ("PS256", "ES256", "EdDSA", "Ed25519")
"""Of proofs. FAPI 2.0 §5.4.1 allows these and no others; `Ed25519` is what RFC 9864 calls EdDSA of that curve."""


class OAuthError(Refusal):
    """A registered OAuth error. RFC 6749 §4.1.2.1 and §5.2."""

    code = "oauth_error"
    error: ClassVar[str] = "invalid_request"

    def __init__(self, description: str = "", *, error: str | None = None) -> None:
        super().__init__(description)
        self.description = description
        self.oauth_error = error or self.error


class InvalidRequest(OAuthError):
    code = "invalid_request"
    error = "invalid_request"


class InvalidClient(OAuthError):
    code = "invalid_client"
    error = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    code = "invalid_grant"
    error = "invalid_grant"


class UnauthorizedClient(OAuthError):
    code = "unauthorized_client"
    error = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    code = "unsupported_grant_type"
    error = "unsupported_grant_type"


class UnsupportedResponseType(OAuthError):
    code = "unsupported_response_type"
    error = "unsupported_response_type"


class InvalidRequestObject(OAuthError):
    """RFC 9101 §7."""

    code = "invalid_request_object"
    error = "invalid_request_object"


class UnsignedRequestObject(InvalidRequestObject):
    """`alg` is `none`."""

    code = "unsigned_request_object"


class InvalidRequestUri(OAuthError):
    """RFC 9101 §7."""

    code = "invalid_request_uri"
    error = "invalid_request_uri"


class InvalidScope(OAuthError):
    code = "invalid_scope"
    error = "invalid_scope"


class InvalidToken(OAuthError):
    """RFC 6750 §3.1."""

    code = "invalid_token"
    error = "invalid_token"
    status = 401


class InsufficientScope(OAuthError):
    """RFC 6750 §3.1."""

    code = "insufficient_scope"
    error = "insufficient_scope"
    status = 403


class InvalidDpopProof(OAuthError):
    """RFC 9449 §5."""

    code = "invalid_dpop_proof"
    error = "invalid_dpop_proof"


class UseDpopNonce(OAuthError):
    """RFC 9449 §8: the same again, with `nonce`."""

    code = "use_dpop_nonce"
    error = "use_dpop_nonce"

    def __init__(self, nonce: str) -> None:
        super().__init__("the proof needs the nonce in DPoP-Nonce")
        self.nonce = nonce


class DpopTokenRefused(OAuthError):
    """An access token that is bound to a key, or was sent as if it were. RFC 9449 §7.1, §9."""

    code = "dpop_token_refused"
    error = "invalid_token"
    status = 401

    def __init__(self, description: str, *, error: str | None = None, nonce: str | None = None) -> None:
        super().__init__(description, error=error)
        self.nonce = nonce


def challenge(error: OAuthError, realm: str) -> dict[str, str]:
    """The headers that go with `error`: `WWW-Authenticate`, `DPoP-Nonce`. RFC 6749 §5.2, RFC 6750 §3, RFC 9449 §8."""
    if isinstance(error, DpopTokenRefused):
        said = f'DPoP realm="{realm}", error="{error.oauth_error}", algs="{" ".join(DPOP_ALGORITHMS)}"'
        return {"WWW-Authenticate": said, **_nonce(error.nonce)}
    if isinstance(error, UseDpopNonce):
        return _nonce(error.nonce)
    if isinstance(error, InvalidClient):
        return {"WWW-Authenticate": f'Basic realm="{realm}"'}
    if isinstance(error, InvalidToken | InsufficientScope):
        # RFC 6750 §3.1: a request without a token is told the scheme and nothing else.
        said = f', error="{error.oauth_error}"' if error.description else ""
        return {"WWW-Authenticate": f'Bearer realm="{realm}"{said}'}
    return {}


def _nonce(nonce: str | None) -> dict[str, str]:
    return {} if nonce is None else {"DPoP-Nonce": nonce}


class UntrustedRequest(BadRequest):
    """Client or redirect address unknown: answering anywhere but here would make us an open redirector."""

    code = "untrusted_authorization_request"
