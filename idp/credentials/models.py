"""The credentials' tables."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, Table, Text, UniqueConstraint

from idp.storage.columns import Counting, Document, Instant, metadata, plain, sensitive

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

passkeys = Table(
    "passkeys",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("member_id", String(32), ForeignKey("members.id"), nullable=False),
    # Whoever presents it is recognised, here and at nobody else's site (WebAuthn §6.5.1).
    sensitive("credential_id", LargeBinary, nullable=False, unique=True),
    plain("public_key", LargeBinary, nullable=False),
    plain("sign_count", Counting, nullable=False),
    plain("aaguid", String(36), nullable=False),
    plain("synchronised", Boolean, nullable=False),
    plain("transports", Document, nullable=False),
    # What its member calls it, under the member's own data key.
    sensitive("sealed", LargeBinary, nullable=False),
    plain("registered_at", Instant, nullable=False),
    plain("last_used_at", Instant),
    Index("ix_passkeys_member_id", "member_id"),
)

totp_secrets = Table(
    "totp_secrets",
    metadata,
    plain("member_id", String(32), ForeignKey("members.id"), primary_key=True),
    sensitive("sealed", LargeBinary, nullable=False),
    # The last time step whose code was taken: none is good twice (RFC 6238 §5.2).
    plain("last_step", Counting, nullable=False),
    plain("registered_at", Instant, nullable=False),
    plain("last_used_at", Instant),
)
"""One authenticator app for each member who has one; having it is having the second step on."""

recovery_codes = Table(
    "recovery_codes",
    metadata,
    plain("member_id", String(32), ForeignKey("members.id"), primary_key=True),
    sensitive("digest", String(64), primary_key=True),
    plain("made_at", Instant, nullable=False),
)

known_devices = Table(
    "known_devices",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("member_id", String(32), ForeignKey("members.id"), nullable=False),
    # Of the browser's cookie and the member: two members at one browser share nothing here.
    sensitive("digest", String(64), nullable=False),
    sensitive("agent", String(60)),
    plain("first_seen_at", Instant, nullable=False),
    plain("seen_at", Instant, nullable=False),
    plain("spared_until", Instant),
    UniqueConstraint("member_id", "digest"),
)
"""Browsers that a member has signed in with, and until when one is spared the second step."""
