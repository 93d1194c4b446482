"""Lanes that are held, narrowed or paced, messages made anew, and bulk work that is written out in pieces."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Document, Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_REFUSED = sa.text("state = 'refused'")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("replaces", sa.String(length=43)))
    op.create_index(
        "ix_outbox_refused",
        "outbox",
        ["relying_party_id", "channel", "seq"],
        sqlite_where=_REFUSED,
        postgresql_where=_REFUSED,
    )
    op.add_column("delivery_attempts", sa.Column("peer", sa.String(length=45)))
    for column in _lane_columns():
        op.add_column("delivery_lanes", column)
    op.create_table(
        "fan_outs",
        sa.Column("id", sa.String(length=43), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32)),
        sa.Column("tenant", sa.String(length=64)),
        sa.Column("detail", Document, nullable=False),
        sa.Column("transactions", Document, nullable=False),
        sa.Column("cursor", sa.String(length=128)),
        sa.Column("links", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("notices", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("touched_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fan_outs")),
    )
    op.create_index("ix_fan_outs_waiting", "fan_outs", ["touched_at"], sqlite_where=_WAITING, postgresql_where=_WAITING)


def downgrade() -> None:
    op.drop_table("fan_outs")
    for column in reversed(_lane_columns()):
        op.drop_column("delivery_lanes", column.name)
    op.drop_column("delivery_attempts", "peer")
    op.drop_index("ix_outbox_refused", "outbox")
    op.drop_column("outbox", "replaces")


def _lane_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("held_since", Instant(timezone=True)),
        sa.Column("held_because", sa.String(length=16)),
        sa.Column("window_since", Instant(timezone=True)),
        sa.Column("window_requests", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("window_failures", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("width", sa.Integer()),
        sa.Column("clean_since", Instant(timezone=True)),
        sa.Column("fault_code", sa.String(length=64)),
        sa.Column("fault_jtis", Document),
        sa.Column("leases", Document),
        sa.Column("next_slot_at", Instant(timezone=True)),
    )
