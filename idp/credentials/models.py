"""The credentials' tables."""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, String, Table, Text, UniqueConstraint

from idp.storage.columns import Instant, metadata, plain, sensitive

passwords = Table(
    "passwords",
    metadata,
    plain("member_id", String(32), primary_key=True),
    sensitive("hash", Text, nullable=False),
    plain("changed_at", Instant, nullable=False),
)
"""One Argon2id PHC string for each member who has a password."""

certificates = Table(
    "certificates",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("member_id", String(32), ForeignKey("members.id"), nullable=False),
    sensitive("fingerprint", String(64), nullable=False),
    # What the certificate says of its holder, under the member's own data key.
    sensitive("sealed", LargeBinary, nullable=False),
    plain("not_after", Instant),
    plain("registered_at", Instant, nullable=False),
    plain("last_used_at", Instant),
    UniqueConstraint("member_id", "fingerprint"),
)
