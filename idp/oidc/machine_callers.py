"""Whose server calls one of our machine interfaces, and whether it may."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.crypto.digests import same
from idp.oidc.call import Call
from idp.oidc.errors import InsufficientScope, InvalidToken
from idp.oidc.machine_tokens import MachineTokens
from idp.oidc.possession import SCHEMES, Possession


@dataclass(frozen=True, slots=True)
class MachineCaller:
    """A relying party's server, authenticated."""

    relying_party: RelyingParty
    client_id: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class MachineCallers:
    """Authenticates by the token in the `Authorization` header and nowhere else (CAEP Interoperability §2.7.3), and by
    the keys it is bound to.

    A token lives no longer than the registration it was given for: a removed client, another secret or a scope taken
    back end it within `catalogue_refresh`, on every server.
    """

    catalogue: Catalogue
    tokens: MachineTokens
    possession: Possession

    def __call__(self, call: Call, *any_of: str) -> MachineCaller:
        """Who calls; it holds at least one of the scopes `any_of`.

        Raises:
            InvalidToken: no token, or one that is expired, a member's, or of a registration that changed.
            DpopTokenRefused: one that is bound to a key which is not proven.
            InsufficientScope: it holds none of `any_of`.
        """
        scheme, value = call.credentials
        if scheme not in SCHEMES or not value:
            raise InvalidToken
        found = self.tokens.find(value)
        party = self.catalogue.relying_party(found.relying_party_id) if found is not None else None
        machine = party.machine if party is not None else None
        if found is None or party is None or machine is None or machine.client_id != found.client_id:
            raise InvalidToken("the access token is not valid")
        if not same(machine.credential, found.credential):
            raise InvalidToken("the access token is not valid")
        self.possession(call, value, found.bound_to)
        scopes = machine.scopes.intersection(found.scopes)
        if scopes.isdisjoint(any_of):
            raise InsufficientScope(f"needs {' or '.join(any_of)}")
        return MachineCaller(party, found.client_id, scopes)
