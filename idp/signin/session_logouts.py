"""What the relying parties of one session are told when it ends. OpenID Connect Back-Channel Logout §2.4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.catalogue import Snapshot
from idp.links import store as links
from idp.sessions.sessions import Sessions
from idp.signals.catalogue import Channel, EventType
from idp.signals.outbox import Notice


@dataclass(frozen=True, slots=True)
class EndingSession:
    """A session and who took part in it, read before the transaction that ends it."""

    session_id: str
    member_id: str
    participants: frozenset[str]


def session_logouts(
    connection: Connection, sessions: Sessions, snapshot: Snapshot, ending: EndingSession, at: datetime
) -> Iterator[Notice]:
    """One logout by `sid` for each relying party that took part and takes them; other sessions there go on."""
    subjects = {row.agency_id: row.subject for row in links.of_member(connection, ending.member_id)}
    for party_id in sorted(ending.participants):
        party = snapshot.relying_parties.get(party_id)
        if party is None or party.oidc is None or party.oidc.backchannel_logout_uri is None:
            continue
        subject = subjects.get(party.agency.id)
        if subject is None:
            continue
        payload = {"sub": subject, "sid": sessions.sid(ending.session_id, party_id)}
        yield Notice(party_id, EventType.BACKCHANNEL_LOGOUT, subject, payload, at, channel=Channel.LOGOUT)
