"""Rosters as wholes, so that one can take another's place at once and come back."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

from idp.storage.columns import Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_CURRENT = sa.text("state = 'current'")
_NOT_COUNTING = "'staged', 'previous', 'undone', 'discarded'"


def upgrade() -> None:
    op.create_table(
        "rosters",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("since", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rosters")),
    )
    op.create_index(
        "ix_rosters_current",
        "rosters",
        ["relying_party_id"],
        unique=True,
        sqlite_where=_CURRENT,
        postgresql_where=_CURRENT,
    )
    op.add_column("roster_accounts", sa.Column("roster_id", sa.String(length=32)))
    connection = op.get_bind()
    parties = sa.text("SELECT DISTINCT relying_party_id FROM roster_accounts")
    for (party,) in connection.execute(parties).fetchall():
        values = {"id": hashlib.sha256(party.encode()).hexdigest()[:32], "party": party}
        # What was offered before is the list that counts.
        connection.execute(
            sa.text(
                "INSERT INTO rosters (id, relying_party_id, state, since) SELECT :id, relying_party_id, 'current', "
                "max(offered_at) FROM roster_accounts WHERE relying_party_id = :party GROUP BY relying_party_id"
            ),
            values,
        )
        connection.execute(
            sa.text("UPDATE roster_accounts SET roster_id = :id WHERE relying_party_id = :party"), values
        )
    with op.batch_alter_table("roster_accounts") as table:
        table.alter_column("roster_id", existing_type=sa.String(length=32), nullable=False)
        table.drop_constraint("uq_roster_accounts_relying_party_id_reference_digest", type_="unique")
        table.create_unique_constraint(
            "uq_roster_accounts_roster_id_reference_digest", ["roster_id", "reference_digest"]
        )
        table.create_foreign_key("fk_roster_accounts_roster_id", "rosters", ["roster_id"], ["id"])


def downgrade() -> None:
    op.execute(
        "DELETE FROM roster_accounts WHERE roster_id IN "  # noqa: S608  # fixed words
        f"(SELECT id FROM rosters WHERE state IN ({_NOT_COUNTING}))"
    )
    with op.batch_alter_table("roster_accounts") as table:
        table.drop_constraint("fk_roster_accounts_roster_id", type_="foreignkey")
        table.drop_constraint("uq_roster_accounts_roster_id_reference_digest", type_="unique")
        table.create_unique_constraint(
            "uq_roster_accounts_relying_party_id_reference_digest", ["relying_party_id", "reference_digest"]
        )
        table.drop_column("roster_id")
    op.drop_table("rosters")
