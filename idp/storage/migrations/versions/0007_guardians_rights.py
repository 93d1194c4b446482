"""A guardian's own link to what they agreed to, and when the child turned 14."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("guardian_consents") as table:
        table.add_column(sa.Column("link_digest", sa.String(length=64)))
        table.add_column(sa.Column("turned_14_at", Instant(timezone=True)))
        table.create_index("ix_guardian_consents_link_digest", ["link_digest"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("guardian_consents") as table:
        table.drop_index("ix_guardian_consents_link_digest")
        table.drop_column("turned_14_at")
        table.drop_column("link_digest")
