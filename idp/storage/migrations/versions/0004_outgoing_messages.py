"""The queue of letters still to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INSTANT = Instant(timezone=True)
_PENDING = sa.text("state = 'pending'")


def upgrade() -> None:
    op.create_table(
        "outgoing_messages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=True),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("letter", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("lease_token", sa.String(length=43), nullable=True),
        sa.Column("leased_until", _INSTANT, nullable=True),
        sa.Column("made_at", _INSTANT, nullable=False),
        sa.Column("expires_at", _INSTANT, nullable=True),
        sa.Column("settled_at", _INSTANT, nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_outgoing_messages"),
    )
    for name, columns in (
        ("ix_outgoing_messages_due", ["channel", "due_at"]),
        ("ix_outgoing_messages_member", ["member_id"]),
    ):
        op.create_index(name, "outgoing_messages", columns, sqlite_where=_PENDING, postgresql_where=_PENDING)
    op.create_index("ix_outgoing_messages_settled_at", "outgoing_messages", ["settled_at"])


def downgrade() -> None:
    op.drop_table("outgoing_messages")
