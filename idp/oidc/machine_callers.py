"""Whose server calls one of our machine interfaces, and whether it may."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.agencies.relying_party import RelyingParty
from idp.crypto.digests import same
from idp.oidc.errors import InsufficientScope, InvalidToken
from idp.oidc.machine_tokens import MachineTokens


@dataclass(frozen=True, slots=True)
class MachineCaller:
    """A relying party's server, authenticated."""

    relying_party: RelyingParty
    client_id: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class MachineCallers:
    """Authenticates by the token in the `Authorization` header and nowhere else (CAEP Interoperability §2.7.3).

    A token lives no longer than the registration it was given for: a removed client, another secret or a scope taken
    back end it within `catalogue_refresh`, on every server.
    """

    catalogue: Catalogue
    tokens: MachineTokens

    def __call__(self, authorization: str | None, *any_of: str) -> MachineCaller:
        """The caller behind the header's value; it holds at least one of the scopes `any_of`.

        Raises:
            InvalidToken: no bearer token, or one that is expired, a member's, or of a registration that changed.
            InsufficientScope: it holds none of `any_of`.
        """
        scheme, _, value = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not value.strip():
            raise InvalidToken
        found = self.tokens.find(value.strip())
        party = self.catalogue.relying_party(found.relying_party_id) if found is not None else None
        machine = party.machine if party is not None else None
        if found is None or party is None or machine is None or machine.client_id != found.client_id:
            raise InvalidToken("the access token is not valid")
        if not same(machine.credential, found.credential):
            raise InvalidToken("the access token is not valid")
        scopes = machine.scopes.intersection(found.scopes)
        if scopes.isdisjoint(any_of):
            raise InsufficientScope(f"needs {' or '.join(any_of)}")
        return MachineCaller(party, found.client_id, scopes)
