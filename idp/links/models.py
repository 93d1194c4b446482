"""Links, their steps, what their members agreed to release, the agencies' own accounts behind them and asked for."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Table, UniqueConstraint, text

from idp.storage.columns import Counting, Document, Instant, metadata, plain, sensitive

links = Table(
    "links",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("member_id", String(32), ForeignKey("members.id"), nullable=False),
    plain("agency_id", String(64), ForeignKey("agencies.id"), nullable=False),
    # The member's name toward this agency in every protocol; random, so that no two agencies can compare notes.
    plain("subject", String(32), nullable=False, unique=True),
    plain("state", String(12), nullable=False),
    plain("version", Integer, nullable=False),
    plain("linked_at", Instant),
    plain("changed_at", Instant, nullable=False),
    UniqueConstraint("member_id", "agency_id"),
    # An agency reads its links page by page: all of them by id, those that changed lately by when.
    Index("ix_links_of_agency", "agency_id", "id"),
    Index("ix_links_changed", "agency_id", "changed_at", "id"),
)

link_changes = Table(
    "link_changes",
    metadata,
    plain("seq", Counting, primary_key=True, autoincrement=True),
    plain("link_id", String(32), ForeignKey("links.id"), nullable=False),
    plain("version", Integer, nullable=False),
    plain("previous", String(12)),
    plain("current", String(12), nullable=False),
    plain("reason", String(32), nullable=False),
    plain("actor", String(96), nullable=False),
    plain("at", Instant, nullable=False),
    UniqueConstraint("link_id", "version"),
)

consents = Table(
    "consents",
    metadata,
    plain("seq", Counting, primary_key=True, autoincrement=True),
    plain("link_id", String(32), ForeignKey("links.id"), nullable=False),
    plain("relying_party_id", String(64), nullable=False),
    plain("scopes", Document, nullable=False),
    plain("given_at", Instant, nullable=False),
    plain("ended_at", Instant),
    Index(
        "ix_consents_in_force",
        "link_id",
        "relying_party_id",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
)

agency_accounts = Table(
    "agency_accounts",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("link_id", String(32), ForeignKey("links.id"), nullable=False),
    plain("relying_party_id", String(64), nullable=False),
    # An agency's account id often is the person's e-mail or 아이디, so it is kept as such data are.
    sensitive("reference_digest", String(64), nullable=False),
    sensitive("sealed", LargeBinary, nullable=False),
    plain("added_at", Instant, nullable=False),
    Index("ix_agency_accounts_link_id", "link_id"),
    UniqueConstraint("relying_party_id", "reference_digest"),
)

rosters = Table(
    "rosters",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("relying_party_id", String(64), nullable=False),
    plain("state", String(12), nullable=False),
    plain("since", Instant, nullable=False),
    Index(
        "ix_rosters_current",
        "relying_party_id",
        unique=True,
        sqlite_where=text("state = 'current'"),
        postgresql_where=text("state = 'current'"),
    ),
)

roster_accounts = Table(
    "roster_accounts",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("roster_id", String(32), ForeignKey("rosters.id"), nullable=False),
    plain("relying_party_id", String(64), nullable=False),
    sensitive("reference_digest", String(64), nullable=False),
    plain("holder_kind", String(12), nullable=False),
    sensitive("holder_digest", String(64), nullable=False),
    sensitive("sealed", LargeBinary, nullable=False),
    plain("offered_at", Instant, nullable=False),
    UniqueConstraint("roster_id", "reference_digest"),
    Index("ix_roster_accounts_holder", "holder_kind", "holder_digest"),
)

# What each relying party is known to have applied: an answer of 202 to an event says only that it was received.
link_confirmations = Table(
    "link_confirmations",
    metadata,
    plain("link_id", String(32), ForeignKey("links.id"), primary_key=True),
    plain("relying_party_id", String(64), primary_key=True),
    plain("version", Integer, nullable=False),
    plain("confirmed_at", Instant, nullable=False),
)

provisionings = Table(
    "provisionings",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("link_id", String(32), ForeignKey("links.id"), nullable=False),
    plain("relying_party_id", String(64), nullable=False),
    plain("mode", String(12), nullable=False),
    plain("state", String(12), nullable=False),
    # What a person has to do, where it failed.
    plain("action", String(24)),
    plain("requested_at", Instant, nullable=False),
    plain("settled_at", Instant),
    # The account's id there, which often is an e-mail address, and its ETag; under the member's data key.
    sensitive("remote", LargeBinary),
    # Counts what the agency should be told, so that a change during a request is not lost.
    plain("revision", Integer, nullable=False, server_default="0"),
    plain("sends", Integer, nullable=False, server_default="0"),
    plain("refusals", Integer, nullable=False, server_default="0"),
    # Absent where there is nothing to send.
    plain("due_at", Instant),
    plain("lease_token", String(43)),
    plain("leased_until", Instant),
    plain("outcome", String(64)),
    UniqueConstraint("link_id", "relying_party_id"),
    Index(
        "ix_provisionings_due",
        "relying_party_id",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
    # What is not done yet: for whoever counts and lists it.
    Index(
        "ix_provisionings_open",
        "relying_party_id",
        "state",
        "requested_at",
        "id",
        sqlite_where=text("state IN ('requested', 'failed')"),
        postgresql_where=text("state IN ('requested', 'failed')"),
    ),
)

# What a member keeps of an end: who knows the token sees what each agency has heard. No row names anybody.
receipts = Table(
    "receipts",
    metadata,
    sensitive("digest", String(64), primary_key=True),
    plain("cause", String(12), nullable=False),
    plain("made_at", Instant, nullable=False),
    plain("expires_at", Instant, nullable=False, index=True),
)

receipt_lines = Table(
    "receipt_lines",
    metadata,
    sensitive("digest", String(64), ForeignKey("receipts.digest"), primary_key=True),
    plain("link_id", String(32), ForeignKey("links.id"), primary_key=True),
    plain("version", Integer, nullable=False),
    plain("parties", Document, nullable=False),
    # When all of them had been told: their messages are swept before the receipt is over.
    plain("told_at", Instant),
    Index(
        "ix_receipt_lines_open",
        "digest",
        "link_id",
        sqlite_where=text("told_at IS NULL"),
        postgresql_where=text("told_at IS NULL"),
    ),
)

# Who left and wishes to be recognised on coming back; the digest is made for this table alone.
former_subjects = Table(
    "former_subjects",
    metadata,
    plain("seq", Counting, primary_key=True, autoincrement=True),
    sensitive("holder_digest", String(64), nullable=False, index=True),
    plain("agency_id", String(64), nullable=False),
    plain("subject", String(32), nullable=False),
    plain("expires_at", Instant, nullable=False, index=True),
)
