"""When every system of an agency had been told, kept beside the receipt's line: messages are swept after a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_OPEN = sa.text("told_at IS NULL")


def upgrade() -> None:
    op.add_column("receipt_lines", sa.Column("told_at", Instant(timezone=True)))
    op.create_index(
        "ix_receipt_lines_open", "receipt_lines", ["digest", "link_id"], sqlite_where=_OPEN, postgresql_where=_OPEN
    )


def downgrade() -> None:
    op.drop_index("ix_receipt_lines_open", "receipt_lines")
    op.drop_column("receipt_lines", "told_at")
