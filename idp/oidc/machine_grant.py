"""`grant_type=client_credentials`: a relying party's server for itself, without any member. RFC 6749 §4.4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.agencies.machine_client import MACHINE_SCOPES
from idp.agencies.relying_party import RelyingParty
from idp.clock import Clock, epoch_seconds
from idp.oidc.binding import access_binding
from idp.oidc.confirmation import Confirmation
from idp.oidc.errors import InvalidScope, UnauthorizedClient
from idp.oidc.machine_tokens import MachineToken, MachineTokens


@dataclass(frozen=True, slots=True)
class MachineGrant:
    """Gives machine tokens."""

    tokens: MachineTokens
    clock: Clock

    def __call__(self, client: RelyingParty, request: Mapping[str, str], proven: Confirmation) -> dict[str, Any]:
        """The token response, its token bound to the keys that are `proven`.

        No refresh token (RFC 6749 §4.4.3), and no ID token, since nobody signed in.

        Raises:
            UnauthorizedClient: the relying party registered no machine client.
            InvalidScope: a scope is asked for that it did not register.
        """
        machine = client.machine
        if machine is None:
            raise UnauthorizedClient("no machine client is registered")
        asked = frozenset(request.get("scope", "").split()) or machine.scopes
        if not asked <= machine.scopes:
            raise InvalidScope("scope exceeds what is registered")
        scopes = tuple(scope for scope in MACHINE_SCOPES if scope in asked)
        oidc = client.oidc if client.oidc is not None and client.oidc.client_id == machine.client_id else None
        bound_to = access_binding(oidc or machine, proven)
        now, lasts = epoch_seconds(self.clock.now()), int(self.tokens.lifetime.total_seconds())
        content = MachineToken(client.id, machine.client_id, machine.credential, scopes, now, now + lasts, bound_to)
        return {
            "access_token": self.tokens.issue(content),
            "token_type": bound_to.token_type,
            "expires_in": lasts,
            "scope": " ".join(scopes),
        }
