"""Refresh tokens may be bound to a key, and one just replaced is known for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from idp.storage.columns import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table("grants") as grants:
        grants.add_column(sa.Column("bound_to", _DOCUMENT))
        grants.add_column(sa.Column("previous_digest", sa.String(64)))
        grants.add_column(sa.Column("rotated_at", Instant(timezone=True)))


def downgrade() -> None:
    with op.batch_alter_table("grants") as grants:
        grants.drop_column("rotated_at")
        grants.drop_column("previous_digest")
        grants.drop_column("bound_to")
