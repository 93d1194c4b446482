"""Agencies, relying parties and the history of their registrations."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from idp.storage.columns import Counting, Document, Instant, metadata, plain, sensitive

agencies = Table(
    "agencies",
    metadata,
    plain("id", String(64), primary_key=True),
    plain("name", Text, nullable=False),
    plain("description", Text, nullable=False),
    plain("business_types", Document, nullable=False),
    plain("homepage", Text),
    plain("position", Integer, nullable=False),
    plain("applied_at", Instant, nullable=False),
)

relying_parties = Table(
    "relying_parties",
    metadata,
    plain("id", String(64), primary_key=True),
    plain("agency_id", String(64), ForeignKey("agencies.id"), nullable=False),
    plain("protocol", String(8), nullable=False),
    plain("lookup", String(1024), nullable=False),
    # Registrations hold digests of client secrets.
    sensitive("registration", Document, nullable=False),
    sensitive("events_authorization", LargeBinary),
    sensitive("provisioning_secret", LargeBinary),
    # Only where the client signs with its secret and a digest is not enough.
    sensitive("client_secret", LargeBinary),
    plain("version", Integer, nullable=False),
    plain("applied_at", Instant, nullable=False),
    # Of a client that registered itself and went: its name is never another's.
    plain("ended_at", Instant),
    UniqueConstraint("protocol", "lookup"),
)

relying_party_versions = Table(
    "relying_party_versions",
    metadata,
    plain("seq", Counting, primary_key=True, autoincrement=True),
    plain("relying_party_id", String(64), nullable=False, index=True),
    plain("version", Integer, nullable=False),
    sensitive("registration", Document, nullable=False),
    plain("actor", String(96), nullable=False),
    plain("applied_at", Instant, nullable=False),
    UniqueConstraint("relying_party_id", "version"),
)

initial_access_tokens = Table(
    "initial_access_tokens",
    metadata,
    plain("id", String(32), primary_key=True),
    plain("agency_id", String(64), ForeignKey("agencies.id"), nullable=False),
    sensitive("secret_digest", String(64), nullable=False, unique=True),
    plain("policy", Document, nullable=False),
    plain("uses", Integer, nullable=False),
    plain("used", Integer, nullable=False),
    plain("made_at", Instant, nullable=False),
    plain("made_by", String(96), nullable=False),
    plain("expires_at", Instant, nullable=False),
    plain("revoked_at", Instant),
)

self_registrations = Table(
    "self_registrations",
    metadata,
    plain("relying_party_id", String(64), ForeignKey("relying_parties.id"), primary_key=True),
    plain("allowed_by", String(32), ForeignKey("initial_access_tokens.id"), nullable=False),
    sensitive("access_digest", String(64)),
    plain("issued_at", Instant, nullable=False),
)

logos = Table(
    "logos",
    metadata,
    plain("relying_party_id", String(64), ForeignKey("relying_parties.id"), primary_key=True),
    plain("digest", String(64), nullable=False),
    plain("kind", String(16), nullable=False),
    plain("octets", LargeBinary, nullable=False),
)

event_streams = Table(
    "event_streams",
    metadata,
    # One stream a relying party: whoever makes a second one at the same moment finds the first (SSF 1.0 §8.1.1.1).
    plain("relying_party_id", String(64), ForeignKey("relying_parties.id"), primary_key=True),
    plain("stream_id", String(64), nullable=False, unique=True),
    plain("status", String(8), nullable=False),
    plain("reason", Text),
    # Together what a receiver asked for; all of them empty while it is the registration that says.
    plain("delivery", String(4)),
    plain("endpoint_url", Text),
    sensitive("authorization", LargeBinary),
    plain("requested", Document),
    plain("requested_uris", Document),
    plain("description", Text),
    plain("changed_at", Instant, nullable=False),
)

catalogue_version = Table(
    "catalogue_version",
    metadata,
    plain("id", Integer, primary_key=True, autoincrement=False),
    plain("version", Integer, nullable=False),
)
