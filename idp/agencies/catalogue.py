"""The catalogue as every request reads it: one frozen snapshot, renewed when its version moves.

Reading a registration from the database on each request would cost more than the signature it is for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.agencies import parse, store
from idp.agencies.relying_party import Agency, RelyingParty
from idp.clock import Clock
from idp.errors import StoreUnavailable
from idp.storage.database import Database

_BETWEEN_MISSES = timedelta(milliseconds=50)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every agency and relying party at one version."""

    version: int
    agencies: Mapping[str, Agency] = field(default_factory=dict)
    relying_parties: Mapping[str, RelyingParty] = field(default_factory=dict)
    by_client_id: Mapping[str, RelyingParty] = field(default_factory=dict)
    by_machine_client_id: Mapping[str, RelyingParty] = field(default_factory=dict)
    by_entity_id: Mapping[str, RelyingParty] = field(default_factory=dict)
    former_names: Mapping[str, str] = field(default_factory=dict)
    """By id, of clients that ended: members read whom they once agreed to."""
    page_origins: frozenset[str] = frozenset()
    """Where the pages of public clients are, as browsers write it."""

    def name_of(self, relying_party_id: str) -> str:
        """What members read of it, also of a client that ended; its id where it was never here."""
        party = self.relying_parties.get(relying_party_id)
        return party.name if party is not None else self.former_names.get(relying_party_id, relying_party_id)

    def of_agency(self, agency_id: str) -> tuple[RelyingParty, ...]:
        """The relying parties of one agency."""
        return tuple(party for party in self.relying_parties.values() if party.agency.id == agency_id)


class Catalogue:
    """Hands out the snapshot; at most `refresh` old."""

    def __init__(self, database: Database, clock: Clock, refresh: timedelta) -> None:
        self._database = database
        self._clock = clock
        self._refresh = refresh
        self._snapshot: Snapshot | None = None
        self._looked_at: datetime | None = None
        self._missed_at: datetime | None = None
        self._renewing = threading.Lock()

    def snapshot(self) -> Snapshot:
        """The catalogue now. While one thread renews it, or the database does not answer, what is at hand stays good.

        Raises:
            StoreUnavailable: there is no snapshot yet and the database does not answer.
        """
        now = self._clock.now()
        current = self._snapshot
        if current is not None and self._looked_at is not None and abs(now - self._looked_at) < self._refresh:
            return current
        if not self._renewing.acquire(blocking=current is None):
            assert current is not None  # noqa: S101  # acquiring without blocking fails only when there is one
            return current
        try:
            return self._renew(now)
        except StoreUnavailable:
            if current is None:
                raise
            return current
        finally:
            self._renewing.release()

    def relying_party(self, relying_party_id: str) -> RelyingParty | None:
        """By our own id."""
        return self.snapshot().relying_parties.get(relying_party_id)

    def client(self, client_id: str) -> RelyingParty | None:
        """By the OpenID Connect `client_id`; one that another server has just registered is found, too."""
        current = self.snapshot()
        found = current.by_client_id.get(client_id)
        elsewhere = client_id in current.by_machine_client_id or client_id in current.by_entity_id
        if found is None and not elsewhere and self._may_look_for_what_is_missing():
            self.look_again()
            found = self.snapshot().by_client_id.get(client_id)
        return found

    def agency_name(self, agency_id: str) -> str:
        """What members read of an agency; its id where it has none yet."""
        agency = self.snapshot().agencies.get(agency_id)
        return agency_id if agency is None else agency.name

    def look_again(self) -> None:
        """Let the next look at the snapshot see every change that is committed now."""
        self._looked_at = None

    def machine_client(self, client_id: str) -> RelyingParty | None:
        """By the `client_id` under which its server acts for itself."""
        return self.snapshot().by_machine_client_id.get(client_id)

    def service_provider(self, entity_id: str) -> RelyingParty | None:
        """By the SAML entityID."""
        return self.snapshot().by_entity_id.get(entity_id)

    def _may_look_for_what_is_missing(self) -> bool:
        """Not each time: whoever invents names would else make us read the version for every request."""
        now = self._clock.now()
        if self._missed_at is not None and abs(now - self._missed_at) < _BETWEEN_MISSES:
            return False
        self._missed_at = now
        return True

    def _renew(self, now: datetime) -> Snapshot:
        with self._database.reading() as connection:
            version = store.version(connection)
            if self._snapshot is None or self._snapshot.version != version:
                # The version is read first: a change between the two reads is seen again at the next look.
                agencies = {agency.id: agency for agency in store.all_agencies(connection)}
                streams = store.all_streams(connection)
                parties = {
                    row["id"]: parse.relying_party(dict(row), agencies[row["agency_id"]], streams.get(row["id"]))
                    for row in store.relying_parties_in_force(connection)
                }
                self._snapshot = Snapshot(
                    version,
                    agencies,
                    parties,
                    {party.oidc.client_id: party for party in parties.values() if party.oidc is not None},
                    {party.machine.client_id: party for party in parties.values() if party.machine is not None},
                    {party.saml.entity_id: party for party in parties.values() if party.saml is not None},
                    store.former_names(connection),
                    _page_origins(parties.values()),
                )
        self._looked_at = now
        return self._snapshot


def _page_origins(parties: Iterable[RelyingParty]) -> frozenset[str]:
    public = [party.oidc for party in parties if party.oidc and party.oidc.token_endpoint_auth_method == "none"]
    return frozenset(uri.page_origin for client in public for uri in client.redirect_uris)
