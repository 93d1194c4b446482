"""Audit records, and the chain that makes a later change to them visible."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, String, Table

from idp.storage.columns import Counting, Document, Instant, metadata, plain, sensitive

audit_records = Table(
    "audit_records",
    metadata,
    plain("seq", Counting, primary_key=True, autoincrement=True),
    plain("at", Instant, nullable=False),
    plain("action", String(64), nullable=False),
    plain("actor", String(96), nullable=False),
    plain("member_id", String(32)),
    plain("agency_id", String(64)),
    plain("relying_party_id", String(64)),
    sensitive("address", String(45)),
    plain("detail", Document, nullable=False),
    plain("position", Counting, unique=True),
    plain("chain", LargeBinary),
    Index("ix_audit_records_member_id_seq", "member_id", "seq"),
)
