"""Where each browser session is kept, so that its end is noticed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_INSTANT = Instant(timezone=True)


def upgrade() -> None:
    op.create_table(
        "browser_sessions",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("member_epoch", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("ends_at", _INSTANT, nullable=False),
        sa.Column("look_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("session_id", name="pk_browser_sessions"),
    )
    op.create_index("ix_browser_sessions_member_id", "browser_sessions", ["member_id"])
    op.create_index("ix_browser_sessions_look_at", "browser_sessions", ["look_at"])


def downgrade() -> None:
    op.drop_table("browser_sessions")
