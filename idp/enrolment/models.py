"""What the law wants kept of a guardian's decision (PIPA §22의2, Decree §17의2)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Table

from idp.storage.columns import Instant, metadata, plain, sensitive

guardian_consents = Table(
    "guardian_consents",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("member_id", String(32), ForeignKey("members.id"), nullable=False, index=True),
    # Under the child's own data key: gone with the child's membership.
    sensitive("record", LargeBinary, nullable=False),
    plain("decided_at", Instant, nullable=False),
    # Digest of the token in the guardian's link.
    plain("link_digest", String(64)),
    plain("turned_14_at", Instant),
    Index("ix_guardian_consents_link_digest", "link_digest", unique=True),
)
