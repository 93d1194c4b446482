"""Documents in every version they had, and what members answered."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Table, Text

from idp.storage.columns import Counting, Document, Instant, metadata, plain, sensitive

terms_versions = Table(
    "terms_versions",
    metadata,
    plain("document_id", String(64), primary_key=True),
    plain("version", Integer, primary_key=True, autoincrement=False),
    plain("audience", String(12), nullable=False),
    plain("required", Boolean, nullable=False),
    plain("position", Integer, nullable=False),
    plain("purpose", Text, nullable=False),
    plain("texts", Document, nullable=False),
    plain("sha256", String(64), nullable=False),
    # Editions count the times that members must be asked again; a version of a required document starts one.
    plain("edition", Integer, nullable=False),
    plain("applied_at", Instant, nullable=False),
)

terms_answers = Table(
    "terms_answers",
    metadata,
    plain("seq", Counting, primary_key=True, autoincrement=True),
    plain("member_id", String(32), ForeignKey("members.id"), nullable=False),
    plain("document_id", String(64), nullable=False),
    plain("version", Integer, nullable=False),
    plain("sha256", String(64), nullable=False),
    plain("agreed", Boolean, nullable=False),
    plain("at", Instant, nullable=False),
    sensitive("address", String(45)),
    plain("language", String(8), nullable=False),
    plain("channel", String(16), nullable=False),
    plain("detail", Document, nullable=False),
    Index("ix_terms_answers_member_id_seq", "member_id", "seq"),
)
