"""Clients: as they are found in the catalogue, and once they are proven."""

from __future__ import annotations

from dataclasses import dataclass

from idp.agencies.catalogue import Catalogue
from idp.agencies.machine_client import CLIENT_CREDENTIALS, MachineClient
from idp.agencies.oidc_registration import OidcRegistration
from idp.agencies.relying_party import RelyingParty
from idp.crypto.client_certificate import ClientCertificate
from idp.oidc import profile

_MACHINE_GRANTS = frozenset({CLIENT_CREDENTIALS})


@dataclass(frozen=True, slots=True)
class Registered:
    """One of a relying party's clients, not proven."""

    relying_party: RelyingParty
    registration: OidcRegistration | MachineClient
    grant_types: frozenset[str]

    @property
    def client_id(self) -> str:
        """Its identifier."""
        return self.registration.client_id

    def uses(self, method: str) -> bool:
        """Whether it may authenticate by `method`: as registered, and as its profile allows."""
        registration = self.registration
        if registration.token_endpoint_auth_method != method:
            return False
        if isinstance(registration, MachineClient) or registration.profile is None:
            return True
        return method in profile.of(registration).authentication_methods


@dataclass(frozen=True, slots=True)
class Client:
    """Who called: one of a relying party's clients, with the grants that client registered."""

    relying_party: RelyingParty
    grant_types: frozenset[str]
    client_id: str
    method: str
    """By which of the methods it was proven."""
    certificate: ClientCertificate | None = None
    """The one its connection showed, whether or not it was what proved the client: tokens may be bound to it."""


def find(catalogue: Catalogue, client_id: str) -> Registered | None:
    """The client of that id, of whatever kind."""
    party = catalogue.client(client_id)
    if party is not None and party.oidc is not None:
        return Registered(party, party.oidc, party.oidc.grant_types)
    party = catalogue.machine_client(client_id)
    if party is not None and party.machine is not None:
        return Registered(party, party.machine, _MACHINE_GRANTS)
    return None
