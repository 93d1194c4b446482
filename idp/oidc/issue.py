"""The tokens of one authorization, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.relying_party import RelyingParty
from idp.oidc.access_tokens import AccessTokens
from idp.oidc.confirmation import NOBODYS, Confirmation
from idp.oidc.errors import UnauthorizedClient
from idp.oidc.id_token import IdTokens


@dataclass(frozen=True, slots=True)
class Issue:
    """What both grants end with."""

    access_tokens: AccessTokens
    id_tokens: IdTokens

    def response(
        self,
        access_token: str,
        id_token: str,
        scopes: tuple[str, ...],
        refresh: str | None,
        bound_to: Confirmation = NOBODYS,
    ) -> dict[str, Any]:
        """The members of a token response. RFC 6749 §5.1, RFC 9449 §5."""
        members: dict[str, Any] = {
            "access_token": access_token,
            "token_type": bound_to.token_type,
            "expires_in": int(self.access_tokens.lifetime.total_seconds()),
            "scope": " ".join(scopes),
            "id_token": id_token,
        }
        if refresh is not None:
            members["refresh_token"] = refresh
        return members


def registration(client: RelyingParty) -> OidcRegistration:
    """The client's OpenID Connect side.

    Raises:
        UnauthorizedClient: it speaks another protocol.
    """
    if client.oidc is None:
        raise UnauthorizedClient("not an OpenID Connect client")
    return client.oidc
