"""What an authorization request asks to be answered with: `response_type`. OAuth 2.0 Multiple Response Type Encoding
Practices §3, §5; OpenID Connect Core §3."""

from __future__ import annotations

from collections.abc import Mapping

from idp.oidc.errors import InvalidRequest, OAuthError, UnauthorizedClient, UnsupportedResponseType
from idp.oidc.profile import Profile

SUPPORTED = ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
"""The words of each in alphabetical order. All but the first only for clients that registered them: tokens in addresses
leak (RFC 9700 §2.1.2), and who still needs them says so."""
CODE, ID_TOKEN, TOKEN = "code", "id_token", "token"

_WORDS = {each: frozenset(each.split()) for each in SUPPORTED}


def response_type(parameters: Mapping[str, str], profile: Profile) -> frozenset[str]:
    """The words of the request's `response_type`, in whatever order they came.

    Raises:
        OAuthError: it is missing, unknown, or not for this client.
    """
    given = parameters.get("response_type")
    if given is None:
        raise InvalidRequest("response_type is missing")
    asked = given if given in _WORDS else " ".join(sorted(given.split()))
    words = _WORDS.get(asked)
    if words is None:
        raise UnsupportedResponseType("response_type is not supported")
    refusal = _why_not(asked, words, parameters, profile)
    if refusal is not None:
        raise refusal
    return words


def _why_not(asked: str, words: frozenset[str], parameters: Mapping[str, str], profile: Profile) -> OAuthError | None:
    if asked not in profile.response_types:
        return UnauthorizedClient("response_type is not registered for this client")
    if TOKEN in words and profile.sender_constrained:
        # No proof of a key comes with an authorization request, so that token would be anybody's.
        return UnauthorizedClient("access tokens of this client are bound to a key: ask for a code")
    if ID_TOKEN in words and "nonce" not in parameters:
        return InvalidRequest("nonce is missing")
    return None
