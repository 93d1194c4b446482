"""Writing the end of links: of one, or of all of a member's in as many statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.relying_party import RelyingParty
from idp.links import provisionings, store
from idp.links.accounts import detach
from idp.links.history import Cause, remember_all
from idp.links.notices import notices
from idp.links.receipts import EndedLink
from idp.links.state import LinkState
from idp.links.store import Link
from idp.links.tenant import Tenant
from idp.signals.catalogue import EventType
from idp.signals.outbox import Notice, forget_accounts


@dataclass(frozen=True, slots=True)
class Ending:
    """A link about to end, and who hears of it."""

    link: Link
    parties: tuple[RelyingParty, ...]
    tenant: Tenant | None = None

    @property
    def ended(self) -> Link:
        """The link afterwards."""
        return Link(self.link.id, self.link.subject, LinkState.UNLINKED, self.link.version + 1)


@dataclass(frozen=True, slots=True)
class Told:
    """What must be told of a link's end, and the line of the receipt that says so."""

    notices: tuple[Notice, ...]
    line: EndedLink


def end(
    connection: Connection, endings: Sequence[Ending], cause: Cause, at: datetime, *, purged: bool = False
) -> list[Told]:
    """Write the end of each link; what must be told of each. The caller holds the member's lock."""
    if not endings:
        return []
    link_ids = [each.link.id for each in endings]
    store.unlink(connection, link_ids, at)
    store.end_consents(connection, link_ids, at)
    detach(connection, link_ids)
    forget_accounts(connection, link_ids)
    provisionings.end(connection, link_ids, at)
    changes = remember_all(connection, [(each.ended, each.link.state) for each in endings], cause, at)
    told = []
    for ending, change in zip(endings, changes, strict=True):
        said = tuple(notices(change, ending.link.subject, ending.parties, purged=purged, tenant=ending.tenant))
        heard = {each.relying_party_id for each in said if each.event_type is EventType.ACCOUNT_LINK_CHANGED}
        told.append(Told(said, EndedLink(ending.link.id, ending.ended.version, tuple(sorted(heard)))))
    return told
