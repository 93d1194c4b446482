"""The first tables: catalogue, members, links, grants, outbox, audit, what expires."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from idp.storage.columns import Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_INSTANT = Instant(timezone=True)
_COUNTING = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
_PENDING = sa.text("state = 'pending'")
_IN_FORCE = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "agencies",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("business_types", _DOCUMENT, nullable=False),
        sa.Column("homepage", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("applied_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agencies"),
    )
    op.create_table(
        "audit_records",
        sa.Column("seq", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("agency_id", sa.String(length=64), nullable=True),
        sa.Column("relying_party_id", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("detail", _DOCUMENT, nullable=False),
        sa.Column("position", _COUNTING, nullable=True),
        sa.Column("chain", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_records"),
        sa.UniqueConstraint("position", name="uq_audit_records_position"),
    )
    op.create_index("ix_audit_records_member_id_seq", "audit_records", ["member_id", "seq"], unique=False)
    op.create_table(
        "catalogue_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_catalogue_version"),
    )
    op.create_table(
        "delivery_attempts",
        sa.Column("seq", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("jti", sa.String(length=43), nullable=False),
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kid", sa.String(length=64), nullable=True),
        sa.Column("message_sha256", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_delivery_attempts"),
    )
    op.create_index("ix_delivery_attempts_jti", "delivery_attempts", ["jti"], unique=False)
    op.create_table(
        "delivery_lanes",
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("consecutive_failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", _INSTANT, nullable=True),
        sa.Column("last_success_at", _INSTANT, nullable=True),
        sa.Column("last_failure_at", _INSTANT, nullable=True),
        sa.Column("last_failure", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("relying_party_id", "channel", name="pk_delivery_lanes"),
    )
    op.create_table(
        "expiring",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=True),
        sa.Column("tally", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_expiring"),
    )
    op.create_index("ix_expiring_expires_at", "expiring", ["expires_at"], unique=False)
    op.create_table(
        "expiring_members",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("member", sa.String(), nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", "member", name="pk_expiring_members"),
    )
    op.create_index("ix_expiring_members_expires_at", "expiring_members", ["expires_at"], unique=False)
    op.create_table(
        "members",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False),
        sa.Column("joined_at", _INSTANT, nullable=False),
        sa.Column("withdrawn_at", _INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_members"),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("jti", sa.String(length=43), nullable=False),
        sa.Column("txn", sa.String(length=43), nullable=False),
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("event_type", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=True),
        sa.Column("link_version", sa.Integer(), nullable=True),
        sa.Column("payload", _DOCUMENT, nullable=False),
        sa.Column("occurred_at", _INSTANT, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("lease_token", sa.String(length=43), nullable=True),
        sa.Column("leased_until", _INSTANT, nullable=True),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sa.UniqueConstraint("jti", name="uq_outbox_jti"),
    )
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["relying_party_id", "channel", "seq"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.create_index("ix_outbox_link_id", "outbox", ["link_id"], unique=False)
    op.create_table(
        "passwords",
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("member_id", name="pk_passwords"),
    )
    op.create_table(
        "relying_party_versions",
        sa.Column("seq", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("registration", _DOCUMENT, nullable=False),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("applied_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_relying_party_versions"),
        sa.UniqueConstraint("relying_party_id", "version", name="uq_relying_party_versions_relying_party_id_version"),
    )
    op.create_index(
        "ix_relying_party_versions_relying_party_id", "relying_party_versions", ["relying_party_id"], unique=False
    )
    op.create_table(
        "enterprises",
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("enterprise_uuid", sa.String(length=36), nullable=False),
        sa.Column("business_number_digest", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_enterprises_member_id"),
        sa.PrimaryKeyConstraint("member_id", name="pk_enterprises"),
        sa.UniqueConstraint("business_number_digest", name="uq_enterprises_business_number_digest"),
        sa.UniqueConstraint("enterprise_uuid", name="uq_enterprises_enterprise_uuid"),
    )
    op.create_table(
        "links",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("linked_at", _INSTANT, nullable=True),
        sa.Column("changed_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name="fk_links_agency_id"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_links_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("member_id", "agency_id", name="uq_links_member_id_agency_id"),
        sa.UniqueConstraint("subject", name="uq_links_subject"),
    )
    op.create_table(
        "persons",
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("login_id_digest", sa.String(length=64), nullable=False),
        sa.Column("ci_digest", sa.String(length=64), nullable=True),
        sa.Column("phone_digest", sa.String(length=64), nullable=True),
        sa.Column("email_digest", sa.String(length=64), nullable=True),
        sa.Column("profile", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_persons_member_id"),
        sa.PrimaryKeyConstraint("member_id", name="pk_persons"),
        sa.UniqueConstraint("ci_digest", name="uq_persons_ci_digest"),
        sa.UniqueConstraint("login_id_digest", name="uq_persons_login_id_digest"),
    )
    op.create_index("ix_persons_email_digest", "persons", ["email_digest"], unique=False)
    op.create_index("ix_persons_phone_digest", "persons", ["phone_digest"], unique=False)
    op.create_table(
        "relying_parties",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("protocol", sa.String(length=8), nullable=False),
        sa.Column("lookup", sa.String(length=1024), nullable=False),
        sa.Column("registration", _DOCUMENT, nullable=False),
        sa.Column("events_authorization", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("applied_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name="fk_relying_parties_agency_id"),
        sa.PrimaryKeyConstraint("id", name="pk_relying_parties"),
        sa.UniqueConstraint("protocol", "lookup", name="uq_relying_parties_protocol_lookup"),
    )
    op.create_table(
        "consents",
        sa.Column("seq", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("scopes", _DOCUMENT, nullable=False),
        sa.Column("given_at", _INSTANT, nullable=False),
        sa.Column("ended_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name="fk_consents_link_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_consents"),
    )
    op.create_index(
        "ix_consents_in_force",
        "consents",
        ["link_id", "relying_party_id"],
        unique=True,
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=False),
        sa.Column("link_version", sa.Integer(), nullable=False),
        sa.Column("authorization", _DOCUMENT, nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("used_at", _INSTANT, nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("revoked_at", _INSTANT, nullable=True),
        sa.Column("revoked_for", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name="fk_grants_link_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_link_id", "grants", ["link_id"], unique=False)
    op.create_table(
        "link_changes",
        sa.Column("seq", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(length=12), nullable=True),
        sa.Column("current", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name="fk_link_changes_link_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_link_changes"),
        sa.UniqueConstraint("link_id", "version", name="uq_link_changes_link_id_version"),
    )


def downgrade() -> None:
    op.drop_table("link_changes")
    op.drop_table("grants")
    op.drop_table("consents")
    op.drop_table("relying_parties")
    op.drop_table("persons")
    op.drop_table("links")
    op.drop_table("enterprises")
    op.drop_table("relying_party_versions")
    op.drop_table("passwords")
    op.drop_table("outbox")
    op.drop_table("members")
    op.drop_table("expiring_members")
    op.drop_table("expiring")
    op.drop_table("delivery_lanes")
    op.drop_table("delivery_attempts")
    op.drop_table("catalogue_version")
    op.drop_table("audit_records")
    op.drop_table("agencies")
