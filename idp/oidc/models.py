"""Refresh token families."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, String, Table

from idp.storage.columns import Document, Instant, metadata, plain, sensitive

grants = Table(
    "grants",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("relying_party_id", String(64), nullable=False),
    plain("link_id", String(32), ForeignKey("links.id"), nullable=False),
    plain("link_version", Integer, nullable=False),
    plain("authorization", Document, nullable=False),
    sensitive("secret_digest", String(64), nullable=False),
    plain("made_at", Instant, nullable=False),
    plain("used_at", Instant, nullable=False),
    plain("ends_at", Instant, nullable=False),
    plain("revoked_at", Instant),
    plain("revoked_for", String(32)),
    plain("bound_to", Document),
    sensitive("previous_digest", String(64)),
    plain("rotated_at", Instant),
    Index("ix_grants_link_id", "link_id"),
)
