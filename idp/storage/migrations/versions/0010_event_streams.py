"""What receivers make of their streams of events, and the subjects they took out of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Document, Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_streams",
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("stream_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("delivery", sa.String(length=4)),
        sa.Column("endpoint_url", sa.Text()),
        sa.Column("authorization", sa.LargeBinary()),
        sa.Column("requested", Document),
        sa.Column("requested_uris", Document),
        sa.Column("description", sa.Text()),
        sa.Column("changed_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["relying_party_id"], ["relying_parties.id"], name=op.f("fk_event_streams_relying_party_id")
        ),
        sa.PrimaryKeyConstraint("relying_party_id", name=op.f("pk_event_streams")),
        sa.UniqueConstraint("stream_id", name=op.f("uq_event_streams_stream_id")),
    )
    op.create_table(
        "muted_subjects",
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("muted_at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("relying_party_id", "subject", name=op.f("pk_muted_subjects")),
    )


def downgrade() -> None:
    op.drop_table("muted_subjects")
    op.drop_table("event_streams")
