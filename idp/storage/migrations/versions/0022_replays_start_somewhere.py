"""What was delivered is found from a moment on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_SETTLED = sa.text("state IN ('delivered', 'refused')")


def upgrade() -> None:
    columns = ["relying_party_id", "occurred_at", "seq"]
    op.create_index("ix_outbox_settled", "outbox", columns, sqlite_where=_SETTLED, postgresql_where=_SETTLED)


def downgrade() -> None:
    op.drop_index("ix_outbox_settled", "outbox")
