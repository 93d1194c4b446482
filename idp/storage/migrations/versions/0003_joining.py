"""What joining needs: terms and answers, certificates, agency accounts and rosters, guardians' decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from idp.storage.columns import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_INSTANT = Instant(timezone=True)
_COUNTING = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "roster_accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("reference_digest", sa.String(length=64), nullable=False),
        sa.Column("holder_kind", sa.String(length=12), nullable=False),
        sa.Column("holder_digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("offered_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roster_accounts"),
        sa.UniqueConstraint(
            "relying_party_id", "reference_digest", name="uq_roster_accounts_relying_party_id_reference_digest"
        ),
    )
    op.create_index("ix_roster_accounts_holder", "roster_accounts", ["holder_kind", "holder_digest"], unique=False)
    op.create_table(
        "terms_versions",
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("texts", _DOCUMENT, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("applied_at", _INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("document_id", "version", name="pk_terms_versions"),
    )
    op.create_table(
        "certificates",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("not_after", _INSTANT, nullable=True),
        sa.Column("registered_at", _INSTANT, nullable=False),
        sa.Column("last_used_at", _INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_certificates_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
        sa.UniqueConstraint("member_id", "fingerprint", name="uq_certificates_member_id_fingerprint"),
    )
    op.create_table(
        "guardian_consents",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("decided_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_guardian_consents_member_id"),
        sa.PrimaryKeyConstraint("id", name="pk_guardian_consents"),
    )
    op.create_index("ix_guardian_consents_member_id", "guardian_consents", ["member_id"], unique=False)
    op.create_table(
        "terms_answers",
        sa.Column("seq", _COUNTING, autoincrement=True, nullable=False),
        sa.Column("member_id", sa.String(length=32), nullable=False),
        sa.Column("document_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("address", sa.String(length=45), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("detail", _DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_terms_answers_member_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_terms_answers"),
    )
    op.create_index("ix_terms_answers_member_id_seq", "terms_answers", ["member_id", "seq"], unique=False)
    op.create_table(
        "agency_accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("link_id", sa.String(length=32), nullable=False),
        sa.Column("relying_party_id", sa.String(length=64), nullable=False),
        sa.Column("reference_digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["links.id"], name="fk_agency_accounts_link_id"),
        sa.PrimaryKeyConstraint("id", name="pk_agency_accounts"),
        sa.UniqueConstraint(
            "relying_party_id", "reference_digest", name="uq_agency_accounts_relying_party_id_reference_digest"
        ),
    )
    op.create_index("ix_agency_accounts_link_id", "agency_accounts", ["link_id"], unique=False)
    op.add_column("enterprises", sa.Column("login_id_digest", sa.String(length=64), nullable=True))
    op.create_index("ix_enterprises_login_id_digest", "enterprises", ["login_id_digest"], unique=True)
    op.add_column("members", sa.Column("terms_edition", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("members", "terms_edition")
    op.drop_index("ix_enterprises_login_id_digest", table_name="enterprises")
    op.drop_column("enterprises", "login_id_digest")
    op.drop_index("ix_agency_accounts_link_id", table_name="agency_accounts")
    op.drop_table("agency_accounts")
    op.drop_index("ix_terms_answers_member_id_seq", table_name="terms_answers")
    op.drop_table("terms_answers")
    op.drop_index("ix_guardian_consents_member_id", table_name="guardian_consents")
    op.drop_table("guardian_consents")
    op.drop_table("certificates")
    op.drop_table("terms_versions")
    op.drop_index("ix_roster_accounts_holder", table_name="roster_accounts")
    op.drop_table("roster_accounts")
