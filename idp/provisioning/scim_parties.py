"""The relying parties whose accounts are made by SCIM, as the catalogue has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from idp.agencies.catalogue import Catalogue
from idp.agencies.registration_secrets import PROVISIONING_SECRET
from idp.agencies.relying_party import RelyingParty, ScimRegistration
from idp.clock import Clock
from idp.crypto.fields import FieldCipher
from idp.errors import IdpError, StoreUnavailable
from idp.provisioning.access import Access, Credentials
from idp.provisioning.exchange import Exchange
from idp.provisioning.scim_client import ScimClient

_log = structlog.get_logger()


class ScimParty(NamedTuple):
    """A relying party whose accounts are made by SCIM, and who speaks with it."""

    party: RelyingParty
    registration: ScimRegistration
    client: ScimClient


@dataclass(slots=True)
class ScimParties:
    """Keeps one client for each registration: what a service can, and the token it gave, are asked for once."""

    catalogue: Catalogue
    cipher: FieldCipher
    clock: Clock
    exchange: Callable[[], Exchange]
    _known: dict[str, ScimParty] = field(default_factory=dict)

    def of(self, relying_party_id: str) -> ScimParty | None:
        """None where no service is registered, or its registration cannot be used; what is due then waits.

        Raises:
            StoreUnavailable: the catalogue cannot be read.
        """
        party = self.catalogue.relying_party(relying_party_id)
        registration = party.provisioning.scim if party is not None else None
        if party is None or registration is None:
            self._known.pop(relying_party_id, None)
            return None
        known = self._known.get(relying_party_id)
        if known is None or known.party.version != party.version:
            try:
                known = self._known[relying_party_id] = ScimParty(party, registration, self._client(registration))
            except StoreUnavailable:
                raise
            except IdpError as error:
                _log.error("provisioning.no_service", relying_party=relying_party_id, code=error.code)
                return None
        return known

    def _client(self, registration: ScimRegistration) -> ScimClient:
        secret = self.cipher.open_secret(PROVISIONING_SECRET, registration.secret).decode()
        endpoint = registration.token_endpoint.value if registration.token_endpoint is not None else None
        exchange = self.exchange()
        access = Access(Credentials(secret, registration.client_id, endpoint), exchange, self.clock)
        return ScimClient(registration.base_url.value, access, exchange)
