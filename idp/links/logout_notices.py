"""Telling a relying party that sessions of a member ended there which nobody named. Back-Channel Logout 1.0 §2.4."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import Connection

from idp.agencies.relying_party import RelyingParty
from idp.sessions import session_index
from idp.sessions.sid import sid
from idp.signals.catalogue import Channel, EventType
from idp.signals.outbox import Notice


def logout_notices(
    party: RelyingParty,
    subject: str,
    at: datetime,
    open_sessions: Iterable[str],
    link: tuple[str, int] | None = None,
) -> Iterator[Notice]:
    """One logout by `sub`, so which browsers they were in nobody need know; or, for a relying party that ends sessions
    by `sid` only (§2.2), one for each of the member's open sessions. Nothing where it takes none. `link`: id and
    version of the link whose end this is."""
    if party.oidc is None or party.oidc.backchannel_logout_uri is None:
        return
    link_id, version = link or (None, None)
    names: list[dict[str, str]] = [{}]
    if party.oidc.backchannel_logout_session_required:
        names = [{"sid": sid(each, party.id)} for each in open_sessions]
    for name in names:
        yield Notice(
            party.id,
            EventType.BACKCHANNEL_LOGOUT,
            subject,
            {"sub": subject, **name},
            at,
            link_id,
            version,
            Channel.LOGOUT,
        )


def open_sessions(connection: Connection, member_id: str, parties: Iterable[RelyingParty]) -> tuple[str, ...]:
    """The ids of a member's open sessions, if any of `parties` must be told of each."""
    if not any(each.oidc is not None and each.oidc.backchannel_logout_session_required for each in parties):
        return ()
    return tuple(sorted(entry.session_id for entry in session_index.of_member(connection, member_id)))
