"""Accounts asked for at agencies, and the secret that proves us to those that make them by SCIM."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_DUE = sa.text("due_at IS NOT NULL")
_OPEN = sa.text("state IN ('requested', 'failed')")


def upgrade() -> None:
    op.add_column("relying_parties", sa.Column("provisioning_secret", sa.LargeBinary()))
    op.create_table(
        "provisionings",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("link_id", sa.String(32), nullable=False),
        sa.Column("relying_party_id", sa.String(64), nullable=False),
        sa.Column("mode", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("action", sa.String(24)),
        sa.Column("requested_at", Instant, nullable=False),
        sa.Column("settled_at", Instant),
        sa.Column("remote", sa.LargeBinary()),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("sends", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("refusals", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("due_at", Instant),
        sa.Column("lease_token", sa.String(43)),
        sa.Column("leased_until", Instant),
        sa.Column("outcome", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_provisionings"),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name="fk_provisionings_link_id"),
        sa.UniqueConstraint("link_id", "relying_party_id", name="uq_provisionings_link_id_relying_party_id"),
    )
    op.create_index(
        "ix_provisionings_due",
        "provisionings",
        ["relying_party_id", "due_at"],
        sqlite_where=_DUE,
        postgresql_where=_DUE,
    )
    op.create_index(
        "ix_provisionings_open",
        "provisionings",
        ["relying_party_id", "state", "requested_at", "id"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_table("provisionings")
    op.drop_column("relying_parties", "provisioning_secret")
