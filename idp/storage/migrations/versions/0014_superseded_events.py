"""Counting what was superseded without reading the whole outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SUPERSEDED = sa.text("state = 'superseded'")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_superseded",
        "outbox",
        ["relying_party_id", "channel"],
        sqlite_where=_SUPERSEDED,
        postgresql_where=_SUPERSEDED,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_superseded", "outbox")
