"""The queue of what is to be sent. Recipient and content lie sealed, and only for as long as the message waits."""

from __future__ import annotations

from sqlalchemy import Index, Integer, LargeBinary, String, Table, text

from idp.storage.columns import Instant, metadata, plain, sensitive

_PENDING = text("state = 'pending'")

outgoing_messages = Table(
    "outgoing_messages",
    metadata,
    plain("id", String(32), primary_key=True),
    # Whose account it is about, so that what waits can go with the member; no key to a table this room does not know.
    plain("member_id", String(32)),
    plain("channel", String(8), nullable=False),
    plain("letter", String(32), nullable=False),
    plain("language", String(8), nullable=False),
    sensitive("sealed", LargeBinary),
    plain("state", String(12), nullable=False),
    plain("attempts", Integer, nullable=False, server_default="0"),
    plain("due_at", Instant, nullable=False),
    plain("lease_token", String(43)),
    plain("leased_until", Instant),
    plain("made_at", Instant, nullable=False),
    plain("expires_at", Instant),
    plain("settled_at", Instant),
    plain("outcome", String(64)),
    Index("ix_outgoing_messages_due", "channel", "due_at", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("ix_outgoing_messages_member", "member_id", sqlite_where=_PENDING, postgresql_where=_PENDING),
    Index("ix_outgoing_messages_settled_at", "settled_at"),
)
