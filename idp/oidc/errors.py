"""What can go wrong at our OAuth endpoints.

    OAuthError               answered as JSON, or, once the redirect is trusted, to the relying party
    ├── InvalidRequest       invalid_request
    ├── InvalidClient        invalid_client, 401
    ├── InvalidGrant         invalid_grant
    ├── UnauthorizedClient   unauthorized_client
    ├── UnsupportedGrantType unsupported_grant_type
    ├── UnsupportedResponseType
    ├── InvalidScope         invalid_scope
    ├── InvalidToken         invalid_token, 401
    └── InsufficientScope    insufficient_scope, 403
    UntrustedRequest         shown as a page: no relying party or redirect address can be believed yet

Descriptions stay within what RFC 6749 §5.2 allows: printable ASCII without quote and backslash. They name
parameters, never values.
"""

from __future__ import annotations

from typing import ClassVar

from idp.errors import BadRequest, Refusal


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


def challenge(error: OAuthError, realm: str) -> dict[str, str]:
    """The `WWW-Authenticate` header that goes with `error`, if any. RFC 6749 §5.2, RFC 6750 §3."""
    if isinstance(error, InvalidClient):
        return {"WWW-Authenticate": f'Basic realm="{realm}"'}
    if isinstance(error, InvalidToken | InsufficientScope):
        # RFC 6750 §3.1: a request without a token is told the scheme and nothing else.
        said = f', error="{error.oauth_error}"' if error.description else ""
        return {"WWW-Authenticate": f'Bearer realm="{realm}"{said}'}
    return {}


class UntrustedRequest(BadRequest):
    """Client or redirect address unknown: answering anywhere but here would make us an open redirector."""

    code = "untrusted_authorization_request"
