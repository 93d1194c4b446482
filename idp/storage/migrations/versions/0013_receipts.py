"""What members keep of a link's end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Document, Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=12), nullable=False),
        sa.Column("made_at", Instant(timezone=True), nullable=False),
        sa.Column("expires_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_expires_at"), "receipts", ["expires_at"])
    op.create_table(
        "receipt_lines",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parties", Document, nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["receipts.digest"], name=op.f("fk_receipt_lines_digest_receipts")),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_receipt_lines_link_id_links")),
        sa.PrimaryKeyConstraint("digest", "link_id", name=op.f("pk_receipt_lines")),
    )


def downgrade() -> None:
    op.drop_table("receipt_lines")
    op.drop_table("receipts")
