"""Members who want to leave and have some days to think it over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_LEAVING = sa.text("leaves_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("members", sa.Column("leaves_at", Instant(timezone=True)))
    op.add_column("members", sa.Column("keeps_subjects", sa.Boolean()))
    op.create_index("ix_members_leaves_at", "members", ["leaves_at"], sqlite_where=_LEAVING, postgresql_where=_LEAVING)


def downgrade() -> None:
    op.drop_index("ix_members_leaves_at", "members")
    op.drop_column("members", "keeps_subjects")
    op.drop_column("members", "leaves_at")
