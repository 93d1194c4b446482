"""A session that ended is remembered for a while, and who has been told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Document

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("browser_sessions") as sessions:
        sessions.add_column(sa.Column("ended_because", sa.String(length=24)))
        sessions.add_column(sa.Column("told", Document))


def downgrade() -> None:
    with op.batch_alter_table("browser_sessions") as sessions:
        sessions.drop_column("told")
        sessions.drop_column("ended_because")
