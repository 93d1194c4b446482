"""Clients that register themselves, and the tokens by which they may."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Document, Instant

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("relying_parties", sa.Column("ended_at", Instant()))
    op.create_table(
        "initial_access_tokens",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("agency_id", sa.String(length=64), nullable=False),
        sa.Column("secret_digest", sa.String(length=64), nullable=False),
        sa.Column("policy", Document, nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("made_by", sa.String(length=96), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant()),
        sa.ForeignKeyConstraint(["agency_id"], ["agencies.id"], name=op.f("fk_initial_access_tokens_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initial_access_tokens")),
        sa.UniqueConstraint("secret_digest", name=op.f("uq_initial_access_tokens_secret_digest")),
    )
    op.create_table(
        "self_registrations",
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("allowed_by", sa.String(length=32), nullable=False),
        sa.Column("access_digest", sa.String(length=64)),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["relying_party_id"], ["relying_parties.id"], name=op.f("fk_self_registrations_relying_party_id")
        ),
        sa.ForeignKeyConstraint(
            ["allowed_by"], ["initial_access_tokens.id"], name=op.f("fk_self_registrations_allowed_by")
        ),
        sa.PrimaryKeyConstraint("relying_party_id", name=op.f("pk_self_registrations")),
    )


def downgrade() -> None:
    op.drop_table("self_registrations")
    op.drop_table("initial_access_tokens")
    op.drop_column("relying_parties", "ended_at")
