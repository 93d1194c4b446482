"""What the relying parties of a member's links are told when every session of the member ends. REQ-68; OpenID Connect
Back-Channel Logout §2.4."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.catalogue import Snapshot
from idp.links import store
from idp.links.state import LinkState
from idp.signals.catalogue import Channel, EventType
from idp.signals.outbox import Notice


def logouts(connection: Connection, snapshot: Snapshot, member_id: str, at: datetime) -> Iterator[Notice]:
    """One logout by `sub` for each relying party that takes them and to which the member is linked. The caller holds
    the member's lock.

    Without a `sid`, so all of the member's sessions there end: which browsers they were in, nobody need know.
    """
    for link in store.of_member_locked(connection, member_id):
        if link.state != LinkState.LINKED.value:
            continue
        for party in snapshot.of_agency(link.agency_id):
            if party.oidc is not None and party.oidc.backchannel_logout_uri is not None:
                yield Notice(
                    party.id,
                    EventType.BACKCHANNEL_LOGOUT,
                    link.subject,
                    {"sub": link.subject},
                    at,
                    channel=Channel.LOGOUT,
                )
