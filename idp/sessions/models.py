"""Where each browser session is kept, so that a member's can be listed and an end that nobody announced is noticed."""

from __future__ import annotations

from sqlalchemy import Index, Integer, String, Table

from idp.storage.columns import Document, Instant, metadata, plain, sensitive

browser_sessions = Table(
    "browser_sessions",
    metadata,
    # Not a foreign key: a member's row may go before the last look at a session of theirs.
    plain("session_id", String(32), primary_key=True),
    plain("member_id", String(32), nullable=False),
    plain("member_epoch", Integer, nullable=False),
    # The digest of the cookie: the session itself lies in the expiring store under it.
    sensitive("place", String(64), nullable=False),
    plain("ends_at", Instant, nullable=False),
    plain("look_at", Instant, nullable=False),
    # Set when it ends. The row stays until no code of the session's can be redeemed and no relying party joins late.
    plain("ended_because", String(24)),
    # The relying parties that have been told, each once.
    plain("told", Document),
    Index("ix_browser_sessions_member_id", "member_id"),
    Index("ix_browser_sessions_look_at", "look_at"),
)
