"""What the relying parties of one session are told when it ends. Back-Channel Logout 1.0 §2.4; CAEP 1.0 §3.1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.catalogue import Snapshot
from idp.agencies.relying_party import RelyingParty
from idp.links import store as links
from idp.links.state import LinkState
from idp.randomness import Randomness, url_token
from idp.sessions.sessions import Sessions
from idp.signals.catalogue import Channel, EventType
from idp.signals.outbox import Notice
from idp.signals.security_events import Ended, session_revoked
from idp.signin.front_channel_logout import logout_address


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
class Hearer:
    """A relying party that took part in a session that ended, and how it hears of that."""

    party_id: str
    name: str
    jti: str | None
    """Of the logout token that it is sent, if it takes any."""
    frame: str | None
    """What the member's browser is to open, if it asked for that: the same end, told with the session's own cookies."""


@dataclass(frozen=True, slots=True)
class SessionLogouts:
    """Says that one session ended, by the name each relying party knows it by."""

    issuer: str
    sessions: Sessions
    randomness: Randomness

    def notices(
        self, connection: Connection, snapshot: Snapshot, ending: EndingSession, at: datetime
    ) -> Iterator[Notice]:
        """One logout by `sid` for each relying party that took part and takes them, and one event where its stream
        asked for those; other sessions there go on."""
        revoked = session_revoked(at, ending.why)
        rows = links.of_member(connection, ending.member_id)
        subjects = {row.agency_id: row.subject for row in rows}
        # Where the link has ended meanwhile, the agency was told of that, and the member is none of its business.
        linked = {row.agency_id for row in rows if row.state != LinkState.UNLINKED.value}
        for party in _registered(snapshot, ending):
            subject = subjects.get(party.agency.id)
            if subject is None:
                continue
            sid = self.sessions.sid(ending.session_id, party.id)
            if party.oidc is not None and party.oidc.backchannel_logout_uri is not None:
                payload, jti = {"sub": subject, "sid": sid}, url_token(self.randomness, 16)
                yield Notice(
                    party.id, EventType.BACKCHANNEL_LOGOUT, subject, payload, at, channel=Channel.LOGOUT, jti=jti
                )
            hears = party.requests(revoked.event_type) and party.agency.id in linked
            if hears and party.id != ending.asked_by:
                # Without the session beside the member, all sessions of the member would be meant (SSF 1.0 §3.3.1).
                whose = {
                    "format": "complex",
                    "user": {"format": "iss_sub", "iss": self.issuer, "sub": subject},
                    "session": {"format": "opaque", "id": sid},
                }
                yield Notice(party.id, revoked.event_type, subject, revoked.said, at, sub_id=whose)

    def hearers(self, snapshot: Snapshot, ending: EndingSession, said: Iterable[Notice]) -> Iterator[Hearer]:
        """Every relying party that took part, those that cannot be told among them."""
        tokens = {each.relying_party_id: each.jti for each in said if each.channel is Channel.LOGOUT}
        for party in _registered(snapshot, ending):
            uri = party.oidc.frontchannel_logout_uri if party.oidc is not None else None
            sid = self.sessions.sid(ending.session_id, party.id)
            frame = logout_address(uri, self.issuer, sid) if uri is not None else None
            yield Hearer(party.id, party.name, tokens.get(party.id), frame)


def _registered(snapshot: Snapshot, ending: EndingSession) -> Iterator[RelyingParty]:
    found = (snapshot.relying_parties.get(party_id) for party_id in sorted(ending.participants))
    return (party for party in found if party is not None)
