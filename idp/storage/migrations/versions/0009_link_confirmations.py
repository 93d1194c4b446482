"""What relying parties confirmed of links, and the order in which agencies read theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_confirmations",
        sa.Column("link_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name=op.f("fk_link_confirmations_link_id")),
        sa.PrimaryKeyConstraint("link_id", "relying_party_id", name=op.f("pk_link_confirmations")),
    )
    op.create_index("ix_links_of_agency", "links", ["agency_id", "id"])
    op.create_index("ix_links_changed", "links", ["agency_id", "changed_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_links_changed", "links")
    op.drop_index("ix_links_of_agency", "links")
    op.drop_table("link_confirmations")
