"""Signing out: here, and at every relying party that took part in the session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from idp.agencies.catalogue import Catalogue
from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.links import store as links
from idp.randomness import Randomness
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signals.catalogue import Channel, EventType
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class SignOut:
    """Ends a browser session and queues a logout token for each relying party in it."""

    database: Database
    clock: Clock
    randomness: Randomness
    catalogue: Catalogue
    sessions: Sessions

    def __call__(self, session_cookie: str | None, *, address: str | None = None) -> Session | None:
        """The session that ended, or None where there was none.

        What must be told is queued before the cookie stops working: should we die in between, the member signs out
        again, and no relying party is forgotten.
        """
        session = self.sessions.find(session_cookie)
        if session is None or session_cookie is None:
            return None
        now = self.clock.now()
        participants = self.sessions.participants(session)
        with self.database.transaction() as connection:
            subjects = {row.agency_id: row.subject for row in links.of_member(connection, session.member_id)}
            told = tell(connection, self.randomness, self._notices(session, participants, subjects, now))
            record(
                connection,
                Record(now, Action.SESSION_ENDED, "member", session.member_id, address=address, detail={"told": told}),
            )
        self.sessions.end(session_cookie)
        return session

    def _notices(
        self, session: Session, participants: frozenset[str], subjects: dict[str, str], at: datetime
    ) -> Iterator[Notice]:
        for party_id in sorted(participants):
            party = self.catalogue.relying_party(party_id)
            if party is None or party.oidc is None or party.oidc.backchannel_logout_uri is None:
                continue
            subject = subjects.get(party.agency.id)
            if subject is None:
                continue
            payload = {"sub": subject, "sid": self.sessions.id_toward(session, party_id)}
            yield Notice(party_id, EventType.BACKCHANNEL_LOGOUT, subject, payload, at, channel=Channel.LOGOUT)
