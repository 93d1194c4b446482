"""The outbox, what was tried, how each relying party's endpoint is doing, and bulk work still to be written out.

A row carries everything its message needs, because the member may be gone by the time it is signed.
"""

from __future__ import annotations

from sqlalchemy import Index, Integer, SmallInteger, String, Table, Text, case, text

from idp.storage.columns import Counting, Document, Instant, metadata, plain, sensitive

outbox = Table(
    "outbox",
    metadata,
    plain("seq", Counting, primary_key=True, autoincrement=True),
    plain("jti", String(43), nullable=False, unique=True),
    plain("txn", String(43), nullable=False),
    plain("relying_party_id", String(64), nullable=False),
    plain("channel", String(8), nullable=False),
    plain("event_type", String(200), nullable=False),
    plain("priority", SmallInteger, nullable=False, server_default="1"),
    plain("subject", String(64), nullable=False),
    plain("sub_id", Document),
    plain("link_id", String(32)),
    plain("link_version", Integer),
    # An agency's own account id may stand in it, for the agency that gave it.
    sensitive("payload", Document, nullable=False),
    plain("occurred_at", Instant, nullable=False),
    plain("state", String(12), nullable=False),
    # Every sending counts in `sends`, only a refusal of the message in `attempts`: an endpoint that is down burns none.
    plain("sends", Integer, nullable=False, server_default="0"),
    plain("attempts", Integer, nullable=False, server_default="0"),
    plain("due_at", Instant, nullable=False),
    plain("lease_token", String(43)),
    plain("leased_until", Instant),
    plain("settled_at", Instant),
    plain("outcome", String(64)),
    # The message that this one was made anew from.
    plain("replaces", String(43)),
    # What a lane sends next: a claim reads from the start of its lane and stops, however long the lane is.
    Index(
        "ix_outbox_due",
        "relying_party_id",
        "channel",
        "priority",
        "due_at",
        "seq",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    # Whether an earlier message of the same subject still waits.
    Index(
        "ix_outbox_order",
        "relying_party_id",
        "channel",
        "subject",
        "seq",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    # What waits for a person.
    Index(
        "ix_outbox_refused",
        "relying_party_id",
        "channel",
        "seq",
        sqlite_where=text("state = 'refused'"),
        postgresql_where=text("state = 'refused'"),
    ),
    # What a relying party that was restored from a backup has lost since.
    Index(
        "ix_outbox_settled",
        "relying_party_id",
        "occurred_at",
        "seq",
        sqlite_where=text("state IN ('delivered', 'refused')"),
        postgresql_where=text("state IN ('delivered', 'refused')"),
    ),
    # How many were never sent because a newer one took their place: a figure to watch.
    Index(
        "ix_outbox_superseded",
        "relying_party_id",
        "channel",
        sqlite_where=text("state = 'superseded'"),
        postgresql_where=text("state = 'superseded'"),
    ),
    Index("ix_outbox_link_id", "link_id"),
    # What was made anew of a message.
    Index(
        "ix_outbox_replaces",
        "replaces",
        sqlite_where=text("replaces IS NOT NULL"),
        postgresql_where=text("replaces IS NOT NULL"),
    ),
)

WAITS_SINCE = case((outbox.c.replaces.is_not(None), outbox.c.due_at), else_=outbox.c.occurred_at)
"""Since when a message waits: one made anew says when its cause was, and waits since its turn came."""

muted_subjects = Table(
    "muted_subjects",
    metadata,
    # A receiver took the subject out of its stream: it wants nothing of them but what it must know.
    plain("relying_party_id", String(64), primary_key=True),
    plain("subject", String(64), primary_key=True),
    plain("muted_at", Instant, nullable=False),
)

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    plain("seq", Counting, primary_key=True, autoincrement=True),
    plain("jti", String(43), nullable=False, index=True),
    plain("relying_party_id", String(64), nullable=False),
    plain("at", Instant, nullable=False),
    plain("number", Integer, nullable=False),
    plain("kid", String(64)),
    plain("message_sha256", String(64)),
    plain("status", Integer),
    plain("outcome", String(64), nullable=False),
    plain("detail", Text),
    plain("milliseconds", Integer),
    # The receiver's address, as it was connected to.
    plain("peer", String(45)),
)

delivery_lanes = Table(
    "delivery_lanes",
    metadata,
    plain("relying_party_id", String(64), primary_key=True),
    plain("channel", String(8), primary_key=True),
    plain("consecutive_failures", Integer, nullable=False, server_default="0"),
    plain("retry_at", Instant),
    plain("last_success_at", Instant),
    plain("last_failure_at", Instant),
    plain("last_failure", String(64)),
    # Nothing is sent while it is held, and everything is kept.
    plain("held_since", Instant),
    plain("held_because", String(16)),
    # How often it failed of late, and, since that was often, how many requests it is sent at once.
    plain("window_since", Instant),
    plain("window_requests", Integer, nullable=False, server_default="0"),
    plain("window_failures", Integer, nullable=False, server_default="0"),
    plain("width", Integer),
    plain("clean_since", Instant),
    # One configuration error and the messages it was said of.
    plain("fault_code", String(64)),
    plain("fault_jtis", Document),
    # How many rows each claim still has out, and until when; by lease token.
    plain("leases", Document),
    # Where a rate is registered: when a sender that kept to it exactly would send next.
    plain("next_slot_at", Instant),
)

fan_outs = Table(
    "fan_outs",
    metadata,
    plain("id", String(43), primary_key=True),
    # Which expander knows what it means.
    plain("cause", String(32), nullable=False),
    plain("reason", String(32), nullable=False),
    plain("agency_id", String(64)),
    plain("detail", Document, nullable=False),
    # By relying party, so that what one act causes shares a `txn` however many transactions write it out.
    plain("transactions", Document, nullable=False),
    plain("cursor", String(128)),
    plain("links", Integer, nullable=False, server_default="0"),
    plain("notices", Integer, nullable=False, server_default="0"),
    plain("state", String(12), nullable=False),
    plain("created_at", Instant, nullable=False),
    plain("touched_at", Instant, nullable=False),
    Index(
        "ix_fan_outs_waiting",
        "touched_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)
