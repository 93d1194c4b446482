"""Bulk changes are an agency's, and what was made anew of a message is found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_MADE_ANEW = sa.text("replaces IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_outbox_replaces", "outbox", ["replaces"], sqlite_where=_MADE_ANEW, postgresql_where=_MADE_ANEW)
    op.alter_column("fan_outs", "tenant", new_column_name="agency_id")
    op.drop_column("fan_outs", "member_id")


def downgrade() -> None:
    op.add_column("fan_outs", sa.Column("member_id", sa.String(length=32)))
    op.alter_column("fan_outs", "agency_id", new_column_name="tenant")
    op.drop_index("ix_outbox_replaces", "outbox")
