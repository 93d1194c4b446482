"""Agencies' word that they have applied links: one by one, or all at once by digests that are equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from idp.agency_api.digest import Bucket, compare
from idp.audit.actions import Action
from idp.audit.actor import agency_system
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.links import agency_view
from idp.links.confirmations import confirm
from idp.oidc.machine_callers import MachineCaller
from idp.storage.database import Database

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What came of it: links confirmed at our present version, at an older one, and those we cannot place."""

    current: int
    behind: Mapping[str, int]
    """The version we are at."""
    ahead: tuple[str, ...]
    """At a version that we have never been at."""
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConfirmLinks:
    """Notes which versions a relying party has applied."""

    database: Database
    clock: Clock

    def __call__(self, caller: MachineCaller, versions: Mapping[str, int], *, address: str | None = None) -> Confirmed:
        """Take the word of `caller` on up to a thousand links. Said twice, it is noted once."""
        party, now = caller.relying_party, self.clock.now()
        with self.database.transaction() as connection:
            known = {each.id: each for each in agency_view.of_ids(connection, party.agency.id, versions.keys())}
            usable = {
                link_id: version
                for link_id, version in versions.items()
                if link_id in known and version <= known[link_id].version
            }
            news = confirm(connection, party.id, usable, now)
            if news:
                record(connection, self._entry(caller, news, address))
        return Confirmed(
            sum(version == known[link_id].version for link_id, version in usable.items()),
            {
                link_id: known[link_id].version
                for link_id, version in usable.items()
                if version < known[link_id].version
            },
            tuple(link_id for link_id in versions if link_id in known and link_id not in usable),
            tuple(link_id for link_id in versions if link_id not in known),
        )

    def by_digest(
        self, caller: MachineCaller, theirs: Mapping[int, Bucket], *, address: str | None = None
    ) -> tuple[list[int], int]:
        """The buckets that differ, and how many links of those that are equal had not been confirmed before."""
        party = caller.relying_party
        with self.database.reading() as connection:
            found = compare(connection, party.agency.id, party.id, theirs)
        news = 0
        while batch := dict(islice(found.unconfirmed, _AT_ONCE)):
            news += self._note(caller, batch, address)
        return found.differing, news

    def _note(self, caller: MachineCaller, versions: Mapping[str, int], address: str | None) -> int:
        with self.database.transaction() as connection:
            fresh = confirm(connection, caller.relying_party.id, versions, self.clock.now())
            if fresh:
                record(connection, self._entry(caller, fresh, address))
        return fresh

    def _entry(self, caller: MachineCaller, links: int, address: str | None) -> Record:
        party = caller.relying_party
        return Record(
            self.clock.now(),
            Action.LINKS_CONFIRMED,
            str(agency_system(party.id)),
            agency_id=party.agency.id,
            relying_party_id=party.id,
            address=address,
            detail={"links": links, "client_id": caller.client_id},
        )
