"""What is kept of members who left, and under which subjects they were known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Counting, Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retained_records",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("receipt_digest", sa.String(length=64), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", Instant(timezone=True), nullable=False),
        sa.Column("expires_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retained_records")),
    )
    op.create_index(op.f("ix_retained_records_receipt_digest"), "retained_records", ["receipt_digest"])
    op.create_index(op.f("ix_retained_records_expires_at"), "retained_records", ["expires_at"])
    op.create_table(
        "former_subjects",
        sa.Column("seq", Counting, autoincrement=True, nullable=False),
        sa.Column("holder_digest", sa.String(length=64), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("expires_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_former_subjects")),
    )
    op.create_index(op.f("ix_former_subjects_holder_digest"), "former_subjects", ["holder_digest"])
    op.create_index(op.f("ix_former_subjects_expires_at"), "former_subjects", ["expires_at"])


def downgrade() -> None:
    op.drop_table("former_subjects")
    op.drop_table("retained_records")
