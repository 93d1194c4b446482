"""Telling the agencies that a member is linked with what has become true of the member."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row

from idp.agencies.catalogue import Catalogue, Snapshot
from idp.agencies.relying_party import RelyingParty
from idp.links import store
from idp.links.logout_notices import logout_notices
from idp.links.provisionings import told_anew
from idp.links.state import LinkState
from idp.randomness import Randomness
from idp.sessions import session_index
from idp.signals.catalogue import EventType
from idp.signals.event_types import PERSONAL
from idp.signals.outbox import Notice, tell, withhold
from idp.signals.security_events import Ended, Fact

_UNTIL_FORGOTTEN = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class TellLinkedAgencies:
    """One message for each relying party of those agencies and each fact that its stream asked for.

    That all sessions ended is told by logout token too (`logout_notices`), and written down here, in the one place that
    every such end passes, so that none of them is told of once more by itself. Accounts made by SCIM are told what
    changed of the member. Of one who is disabled nobody is told any more what their claims are: the next sign-in says.
    """

    randomness: Randomness
    catalogue: Catalogue
    snapshot: Snapshot | None = None

    def ready(self) -> TellLinkedAgencies:
        """The same with the catalogue at hand: looking it up may take a second connection."""
        return replace(self, snapshot=self.catalogue.snapshot())

    def __call__(self, connection: Connection, member_id: str, facts: Iterable[Fact]) -> int:
        """How many messages were queued. The caller holds the member's lock."""
        facts = tuple(facts)
        if not facts:
            return 0
        for fact in facts:
            if fact.event_type is EventType.TOKEN_CLAIMS_CHANGE:
                told_anew(connection, member_id, fact.at)
            if fact.event_type is EventType.ACCOUNT_DISABLED:
                # As where a link is suspended; and it would stand in the way of this very message.
                held = [row.id for row in store.of_member_locked(connection, member_id)]
                withhold(connection, held, PERSONAL, fact.at)
        snapshot = self.snapshot or self.catalogue.snapshot()
        ended = _end_sessions(connection, member_id, facts)
        return tell(connection, self.randomness, list(_notices(connection, snapshot, member_id, facts, ended)))


def _end_sessions(connection: Connection, member_id: str, facts: tuple[Fact, ...]) -> tuple[str, ...]:
    """The ids of the member's sessions, if it is they that ended."""
    at = next((fact.at for fact in facts if fact.event_type is EventType.SESSION_REVOKED), None)
    if at is None:
        return ()
    return session_index.end_all(connection, member_id, Ended.EVERYWHERE.value, at + _UNTIL_FORGOTTEN)


def _notices(
    connection: Connection, snapshot: Snapshot, member_id: str, facts: tuple[Fact, ...], ended: tuple[str, ...]
) -> Iterator[Notice]:
    said_of_claims = any(fact.claims for fact in facts)
    for link in store.of_member_locked(connection, member_id):
        if link.state == LinkState.UNLINKED.value:
            continue
        consented = store.consented(connection, link.id) if said_of_claims else {}
        for party in snapshot.of_agency(link.agency_id):
            for fact in facts:
                if fact.event_type is EventType.SESSION_REVOKED and link.state == LinkState.LINKED.value:
                    yield from logout_notices(party, link.subject, fact.at, ended)
                yield from _told(fact, link, party, consented.get(party.id, frozenset()))


def _told(fact: Fact, link: Row[Any], party: RelyingParty, consented: frozenset[str]) -> Iterator[Notice]:
    linked = link.state == LinkState.LINKED.value
    if not party.requests(fact.event_type):
        return
    said = dict(fact.said)
    if fact.event_type not in PERSONAL:
        yield Notice(party.id, fact.event_type, link.subject, said, fact.at)
        return
    names = _released(fact.claims, party, consented) if linked else []
    if not names:
        return
    if fact.event_type is EventType.TOKEN_CLAIMS_CHANGE:
        # Names only: a value would be personal data that outlives the member in a table which has to outlive them.
        said["claims"] = dict.fromkeys(names)
    # By the link, so that it can be withheld when the link is no longer in force.
    yield Notice(party.id, fact.event_type, link.subject, said, fact.at, link.id)


def _released(claims: Mapping[str, str], party: RelyingParty, consented: frozenset[str]) -> list[str]:
    return sorted(name for name, scope in claims.items() if scope in consented & party.released)
