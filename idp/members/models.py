"""Members. What names a person lies sealed in `profile`; what finds one is a keyed digest; both go with the member."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from idp.storage.columns import Instant, metadata, plain, sensitive

members = Table(
    "members",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("kind", String(12), nullable=False),
    plain("status", String(12), nullable=False),
    sensitive("data_key", LargeBinary),
    # Grows when every session of the member must end at once; sessions carry the value they began under.
    plain("session_epoch", Integer, nullable=False, server_default="0"),
    # The edition of the terms that the member last agreed to; behind the one in force, they are asked again.
    plain("terms_edition", Integer, nullable=False, server_default="0"),
    plain("joined_at", Instant, nullable=False),
    plain("withdrawn_at", Instant),
    # When a member who wants to leave will have left, and whether they wish to be recognised on coming back.
    plain("leaves_at", Instant),
    plain("keeps_subjects", Boolean),
    Index(
        "ix_members_leaves_at",
        "leaves_at",
        sqlite_where=text("leaves_at IS NOT NULL"),
        postgresql_where=text("leaves_at IS NOT NULL"),
    ),
)

persons = Table(
    "persons",
    metadata,
    plain("member_id", String(32), ForeignKey("members.id"), primary_key=True),
    sensitive("login_id_digest", String(64), nullable=False, unique=True),
    sensitive("ci_digest", String(64), unique=True),
    sensitive("phone_digest", String(64)),
    sensitive("email_digest", String(64)),
    sensitive("profile", LargeBinary, nullable=False),
    plain("updated_at", Instant, nullable=False),
    Index("ix_persons_phone_digest", "phone_digest"),
    Index("ix_persons_email_digest", "email_digest"),
)

# Of members who left: apart from everything that lives, and gone when its time is over.
retained_records = Table(
    "retained_records",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("category", String(32), nullable=False),
    # Nothing else leads from a person to their record.
    sensitive("receipt_digest", String(64), nullable=False, index=True),
    plain("legal_basis", Text, nullable=False),
    sensitive("data_key", LargeBinary, nullable=False),
    sensitive("sealed", LargeBinary, nullable=False),
    plain("kept_at", Instant, nullable=False),
    plain("expires_at", Instant, nullable=False, index=True),
)

enterprises = Table(
    "enterprises",
    metadata,
    plain("member_id", String(32), ForeignKey("members.id"), primary_key=True),
    plain("enterprise_uuid", String(36), nullable=False, unique=True),
    sensitive("business_number_digest", String(64), nullable=False, unique=True),
    sensitive("login_id_digest", String(64)),
    sensitive("profile", LargeBinary, nullable=False),
    plain("updated_at", Instant, nullable=False),
    Index("ix_enterprises_login_id_digest", "login_id_digest", unique=True),
)
