"""The outbox counts sendings apart from refusals, and finds what is due without reading its whole lane."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("sends", sa.Integer(), server_default="0", nullable=False))
    op.execute(sa.text("UPDATE outbox SET sends = attempts"))
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["relying_party_id", "channel", "due_at", "seq"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.create_index(
        "ix_outbox_order",
        "outbox",
        ["relying_party_id", "channel", "subject", "seq"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.drop_index("ix_outbox_pending", table_name="outbox")


def downgrade() -> None:
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["relying_party_id", "channel", "seq"],
        sqlite_where=_PENDING,
        postgresql_where=_PENDING,
    )
    op.drop_index("ix_outbox_order", table_name="outbox")
    op.drop_index("ix_outbox_due", table_name="outbox")
    op.drop_column("outbox", "sends")
