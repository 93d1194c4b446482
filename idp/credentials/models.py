"""The credentials' tables."""

from __future__ import annotations

from sqlalchemy import String, Table, Text

from idp.storage.columns import Instant, metadata, plain, sensitive

passwords = Table(
    "passwords",
    metadata,
    plain("member_id", String(32), primary_key=True),
    sensitive("hash", Text, nullable=False),
    plain("changed_at", Instant, nullable=False),
)
"""One Argon2id PHC string for each member who has a password."""
