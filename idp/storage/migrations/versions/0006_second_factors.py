"""Passkeys, authenticator apps, recovery codes, and the browsers a member has signed in with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Counting, Document, Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INSTANT = Instant(timezone=True)


def _member() -> sa.Column[str]:
    return sa.Column("member_id", sa.String(length=32), nullable=False)


def _of_members(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=f"fk_{table}_member_id")


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.String(length=32), nullable=False),
        _member(),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", Counting, nullable=False),
        sa.Column("aaguid", sa.String(length=36), nullable=False),
        sa.Column("synchronised", sa.Boolean(), nullable=False),
        sa.Column("transports", Document, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT),
        _of_members("passkeys"),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
    )
    op.create_index("ix_passkeys_member_id", "passkeys", ["member_id"])
    op.create_table(
        "totp_secrets",
        _member(),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", Counting, nullable=False),
        sa.Column("registered_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT),
        _of_members("totp_secrets"),
        sa.PrimaryKeyConstraint("member_id", name="pk_totp_secrets"),
    )
    op.create_table(
        "recovery_codes",
        _member(),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", _INSTANT, nullable=False),
        _of_members("recovery_codes"),
        sa.PrimaryKeyConstraint("member_id", "digest", name="pk_recovery_codes"),
    )
    op.create_table(
        "known_devices",
        sa.Column("id", sa.String(length=32), nullable=False),
        _member(),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=60)),
        sa.Column("first_seen_at", _INSTANT, nullable=False),
        sa.Column("seen_at", _INSTANT, nullable=False),
        sa.Column("spared_until", _INSTANT),
        _of_members("known_devices"),
        sa.PrimaryKeyConstraint("id", name="pk_known_devices"),
        sa.UniqueConstraint("member_id", "digest", name="uq_known_devices_member_id_digest"),
    )


def downgrade() -> None:
    for table in ("known_devices", "recovery_codes", "totp_secrets", "passkeys"):
        op.drop_table(table)
