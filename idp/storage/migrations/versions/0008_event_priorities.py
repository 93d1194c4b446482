"""Which messages leave first, and subjects that are not one member's."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Document

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_LANE = ["relying_party_id", "channel"]
_PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("priority", sa.SmallInteger(), nullable=False, server_default="1"))
    op.add_column("outbox", sa.Column("sub_id", Document))
    _index([*_LANE, "priority", "due_at", "seq"])


def downgrade() -> None:
    _index([*_LANE, "due_at", "seq"])
    op.drop_column("outbox", "sub_id")
    op.drop_column("outbox", "priority")


def _index(columns: list[str]) -> None:
    op.drop_index("ix_outbox_due", "outbox")
    op.create_index("ix_outbox_due", "outbox", columns, sqlite_where=_PENDING, postgresql_where=_PENDING)
