"""A link as an agency reads it, and the finding of pages of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from idp.agencies.relying_party import RelyingParty
from idp.agency_api.cursor import Cursors
from idp.agency_api.difference import LINK_ID
from idp.agency_api.digest import bucket_of
from idp.agency_api.refusals import UnknownLink
from idp.clock import Clock
from idp.links import agency_view
from idp.links.accounts import AgencyAccounts
from idp.links.agency_view import OVERLAP, AgencyLink
from idp.links.confirmations import confirmed
from idp.storage.database import Database

MOST = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """A page of links, and where the next one begins; `changes_since` is from when to ask for changes next time."""

    links: list[dict[str, Any]]
    next_cursor: str | None
    changes_since: str


@dataclass(frozen=True, slots=True)
class Links:
    """Reads the links of a relying party's agency."""

    database: Database
    clock: Clock
    accounts: AgencyAccounts
    cursors: Cursors

    def one(self, party: RelyingParty, link_id: str) -> dict[str, Any]:
        """The link of this id.

        Raises:
            UnknownLink: the agency has none.
        """
        if not LINK_ID.fullmatch(link_id):
            raise UnknownLink("link_id")
        with self.database.reading() as connection:
            found = agency_view.one(connection, party.agency.id, link_id)
            if found is None:
                raise UnknownLink("link_id")
            return self._documents(connection, party, [found])[0]

    def everything(self, party: RelyingParty, cursor: str | None, limit: int, buckets: frozenset[int]) -> Page:
        """All links by id, or only those of some buckets.

        Raises:
            InvalidCursor: it was not given for this list.
        """
        of = "links " + ",".join(map(str, sorted(buckets)))
        after, began = ("", self._began()) if cursor is None else self.cursors.read(party.id, of, cursor, 2)
        with self.database.reading() as connection:
            found = self._page(connection, party, after, limit + 1, buckets)
            documents = self._documents(connection, party, found[:limit])
        more = self.cursors.make(party.id, of, found[limit - 1].id, began) if len(found) > limit else None
        return Page(documents, more, began)

    def changed(self, party: RelyingParty, since: datetime, cursor: str | None, limit: int) -> Page:
        """The links that changed at `since` or later, the earliest first.

        Raises:
            InvalidCursor: it was not given for this list.
        """
        of, after, began = f"changes {since.isoformat()}", None, self._began()
        if cursor is not None:
            at, link_id, began = self.cursors.read(party.id, of, cursor, 3)
            after = (datetime.fromisoformat(at), link_id)
        with self.database.reading() as connection:
            found = agency_view.changed(connection, party.agency.id, since, after=after, limit=limit + 1)
            documents = self._documents(connection, party, found[:limit])
        more = None
        if len(found) > limit:
            last = found[limit - 1]
            more = self.cursors.make(party.id, of, last.changed_at.isoformat(), last.id, began)
        return Page(documents, more, began)

    def _began(self) -> str:
        """From when on changes must be asked for by whoever begins to read now. Every page of one reading says the
        same: what changes meanwhile may have been passed by."""
        return rfc3339(self.clock.now() - OVERLAP)

    def _page(
        self, connection: Connection, party: RelyingParty, after: str, limit: int, buckets: frozenset[int]
    ) -> list[AgencyLink]:
        if not buckets:
            return agency_view.page(connection, party.agency.id, after=after, limit=limit)
        ids: list[str] = []
        for link_id, _version, _state in agency_view.versions(connection, party.agency.id, after=after):
            if bucket_of(link_id) in buckets:
                ids.append(link_id)
                if len(ids) == limit:
                    break
        return agency_view.of_ids(connection, party.agency.id, ids)

    def _documents(
        self, connection: Connection, party: RelyingParty, links: Sequence[AgencyLink]
    ) -> list[dict[str, Any]]:
        ids = [each.id for each in links]
        owners = {each.id: (each.member_id, each.data_key) for each in links if each.data_key is not None}
        accounts = self.accounts.behind_each(connection, owners, party.id)
        known = confirmed(connection, party.id, ids)
        return [
            {
                **state(each),
                "agency_accounts": [account.reference for account in accounts.get(each.id, ())],
                "confirmed_version": known[each.id].version if each.id in known else None,
            }
            for each in links
        ]


def state(link: AgencyLink) -> dict[str, Any]:
    """How a link stands."""
    return {
        "link_id": link.id,
        "subject": link.subject,
        "member_type": link.member_kind,
        "tenant": link.tenant,
        "status": link.state.value,
        "version": link.version,
        "changed_at": rfc3339(link.changed_at),
    }


def rfc3339(instant: datetime) -> str:
    """As a text, in UTC. RFC 3339 §5.6."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
