"""What the relying parties of one session are told when it ends. Back-Channel Logout 1.0 §2.4; CAEP 1.0 §3.1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.catalogue import Snapshot
from idp.agencies.relying_party import RelyingParty
from idp.links import store as links
from idp.links.state import LinkState
from idp.randomness import Randomness, url_token
from idp.sessions.sid import sid
from idp.signals.catalogue import Channel, EventType
from idp.signals.outbox import Notice
from idp.signals.security_events import Ended, session_revoked
from idp.signin.front_channel_logout import logout_frame
from idp.signin.hearer import Hearer


@dataclass(frozen=True, slots=True)
class EndingSession:
    """A session and who took part in it, read before the transaction that ends it."""

    session_id: str
    member_id: str
    participants: frozenset[str]
    why: Ended
    asked_by: str | None = None
    """The relying party that asked for the end: it is sent no event of its own doing."""


@dataclass(frozen=True, slots=True)
class SessionLogouts:
    """Says that one session ended, by the name each relying party knows it by."""

    issuer: str
    randomness: Randomness

    def __call__(
        self, connection: Connection, snapshot: Snapshot, ending: EndingSession, at: datetime
    ) -> tuple[list[Notice], list[Hearer]]:
        """One logout by `sid` for each relying party that took part and takes them, and one event where its stream
        asked for those, since other sessions there go on; and everybody who took part, told or not.

        Where the link has ended meanwhile, the agency was told of that, and the member is none of its business.
        """
        rows = links.of_member(connection, ending.member_id)
        subjects = {row.agency_id: row.subject for row in rows if row.state != LinkState.UNLINKED.value}
        notices: list[Notice] = []
        hearers: list[Hearer] = []
        for party_id in sorted(ending.participants):
            party = snapshot.relying_parties.get(party_id)
            subject = subjects.get(party.agency.id) if party is not None else None
            if party is None or subject is None:
                continue
            own = sid(ending.session_id, party.id)
            logout = self._logout(party, subject, own, at)
            event = self._event(party, subject, own, ending, at)
            notices += [each for each in (logout, event) if each is not None]
            jti = logout.jti if logout is not None else None
            hearers.append(Hearer(party.id, party.name, jti, logout_frame(party, self.issuer, own)))
        return notices, hearers

    def _logout(self, party: RelyingParty, subject: str, own: str, at: datetime) -> Notice | None:
        """Back-Channel Logout 1.0 §2.4."""
        if party.oidc is None or party.oidc.backchannel_logout_uri is None:
            return None
        payload, jti = {"sub": subject, "sid": own}, url_token(self.randomness, 16)
        return Notice(party.id, EventType.BACKCHANNEL_LOGOUT, subject, payload, at, channel=Channel.LOGOUT, jti=jti)

    def _event(self, party: RelyingParty, subject: str, own: str, ending: EndingSession, at: datetime) -> Notice | None:
        """CAEP 1.0 §3.1."""
        revoked = session_revoked(at, ending.why)
        if not party.requests(revoked.event_type) or party.id == ending.asked_by:
            return None
        # Without the session beside the member, all sessions of the member would be meant (SSF 1.0 §3.3.1).
        whose = {
            "format": "complex",
            "user": {"format": "iss_sub", "iss": self.issuer, "sub": subject},
            "session": {"format": "opaque", "id": own},
        }
        return Notice(party.id, revoked.event_type, subject, revoked.said, at, sub_id=whose)
