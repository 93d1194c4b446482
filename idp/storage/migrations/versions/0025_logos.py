"""Clients' logos, shown from our own address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "logos",
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["relying_party_id"], ["relying_parties.id"], name=op.f("fk_logos_relying_party_id")),
        sa.PrimaryKeyConstraint("relying_party_id", name=op.f("pk_logos")),
    )


def downgrade() -> None:
    op.drop_table("logos")
