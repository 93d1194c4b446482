"""Writing the end of links: of one, or of all of a member's by the same few statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.relying_party import RelyingParty
from idp.links import provisionings
from idp.links.accounts import DETACH
from idp.links.history import Cause, remember_all
from idp.links.notices import notices
from idp.links.receipts import EndedLink
from idp.links.state import LinkState
from idp.links.store import END_CONSENTS, UNLINK, Link
from idp.links.tenant import Tenant
from idp.signals.catalogue import EventType
from idp.signals.event_types import PERSONAL
from idp.signals.outbox import WITHHOLD, Notice, forget_accounts
from idp.storage.prepared import PreparedTogether

_END = PreparedTogether(UNLINK, WITHHOLD, END_CONSENTS, DETACH, provisionings.END)


@dataclass(frozen=True, slots=True)
class Ending:
    """A link about to end, and who hears of it."""

    link: Link
    parties: tuple[RelyingParty, ...]
    tenant: Tenant | None = None
    open_sessions: tuple[str, ...] = ()

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
    _END.run(connection, {"link_ids": link_ids, "kinds": PERSONAL, "at": at})
    forget_accounts(connection, link_ids)
    changes = remember_all(connection, [(each.ended, each.link.state) for each in endings], cause, at)
    told = []
    for ending, change in zip(endings, changes, strict=True):
        said = tuple(
            notices(
                change,
                ending.link.subject,
                ending.parties,
                purged=purged,
                tenant=ending.tenant,
                open_sessions=ending.open_sessions,
            )
        )
        heard = {each.relying_party_id for each in said if each.event_type is EventType.ACCOUNT_LINK_CHANGED}
        told.append(Told(said, EndedLink(ending.link.id, ending.ended.version, tuple(sorted(heard)))))
    return told
