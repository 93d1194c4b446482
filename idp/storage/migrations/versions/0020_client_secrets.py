"""The secrets of clients that sign with them, sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("relying_parties", sa.Column("client_secret", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("relying_parties", "client_secret")
