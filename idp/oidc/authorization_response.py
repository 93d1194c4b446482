"""The authorization response: to which address, in which way, with what. RFC 6749 §4.1.2, RFC 9207 §2, JARM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.registered_url import RegisteredUrl
from idp.clock import Clock, epoch_seconds
from idp.oidc.engine import messages
from idp.oidc.errors import OAuthError
from idp.oidc.response_mode import By, ResponseMode
from idp.oidc.tell_client import TellClient

_SIGNED_FOR = timedelta(minutes=5)
"""Of a signed response. JARM §2.1 recommends at most ten minutes."""


@dataclass(frozen=True, slots=True)
class AuthorizationResponse:
    """What the browser carries to a relying party."""

    uri: RegisteredUrl
    by: By
    members: Mapping[str, str]
    client_name: str
    """For the page of a form post, where scripts are off."""

    @property
    def address(self) -> str:
        """Where a redirect goes; a registered query is kept."""
        return messages.authorization_answer(self.uri.value, self.members, in_fragment=self.by == "fragment")


@dataclass(frozen=True, slots=True)
class Respond:
    """Composes authorization responses."""

    issuer: str
    clock: Clock
    tell: TellClient

    def __call__(
        self,
        client: OidcRegistration,
        uri: RegisteredUrl,
        mode: ResponseMode,
        state: str | None,
        members: Mapping[str, str],
    ) -> AuthorizationResponse:
        """The response with `members`, the `state` exactly as it came, and `iss`; all three within one JWT where the
        mode says so, and then nothing beside it (JARM §2.1, RFC 9207 §2.4).

        Raises:
            NoKeyOfClient: the client registered an encryption and no key of its own that could read it.
        """
        whole = {**members, "iss": self.issuer}
        if state is not None:
            whole["state"] = state
        if mode.signed:
            whole = {"response": self._signed(client, whole)}
        return AuthorizationResponse(uri, mode.by, whole, client.client_name)

    def _signed(self, client: OidcRegistration, members: Mapping[str, str]) -> str:
        expires = epoch_seconds(self.clock.now() + _SIGNED_FOR)
        payload = {**members, "aud": client.client_id, "exp": expires}
        return self.tell(
            client, payload, alg=client.authorization_signed_response_alg, encryption=client.authorization_encryption
        )


def error_members(error: OAuthError) -> dict[str, str]:
    """An error as members of a response. RFC 6749 §4.1.2.1."""
    members = {"error": error.oauth_error}
    if error.description:
        members["error_description"] = error.description
    return members
