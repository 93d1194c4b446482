"""Every query on the catalogue's tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from idp.agencies.event_streams import DELETED, StreamStatus
from idp.agencies.logo import Logo
from idp.agencies.models import (
    agencies,
    catalogue_version,
    event_streams,
    logos,
    relying_parties,
    relying_party_versions,
    self_registrations,
)
from idp.agencies.relying_party import Agency

_GIVEN = ("delivery", "endpoint_url", "authorization", "requested", "requested_uris")
_VERSION = select(catalogue_version.c.version)


def version(connection: Connection) -> int:
    """The catalogue's version; 0 before the first registration."""
    return int(connection.execute(_VERSION).scalar() or 0)


def bump_version(connection: Connection) -> None:
    """Make every server's copy of the catalogue stale."""
    if connection.execute(update(catalogue_version).values(version=catalogue_version.c.version + 1)).rowcount == 0:
        connection.execute(insert(catalogue_version).values(id=1, version=1))


def all_agencies(connection: Connection) -> list[Agency]:
    """Every agency, in the catalogue's order."""
    rows = connection.execute(select(agencies).order_by(agencies.c.position, agencies.c.id)).mappings()
    return [agency_from(row) for row in rows]


def agency_from(row: RowMapping) -> Agency:
    return Agency(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        business_types=tuple(row["business_types"]),
        homepage=row["homepage"],
        position=row["position"],
    )


def all_relying_parties(connection: Connection) -> list[RowMapping]:
    """Every registration as it is kept."""
    return list(connection.execute(select(relying_parties).order_by(relying_parties.c.id)).mappings())


def relying_parties_in_force(connection: Connection) -> list[RowMapping]:
    """The same, without clients that ended: there may be many more of them."""
    query = select(relying_parties).where(relying_parties.c.ended_at.is_(None)).order_by(relying_parties.c.id)
    return list(connection.execute(query).mappings())


def former_names(connection: Connection) -> dict[str, str]:
    """By id, what members read of clients that ended."""
    name = relying_parties.c.registration["client_name"].as_string().label("name")
    query = select(relying_parties.c.id, name).where(relying_parties.c.ended_at.is_not(None))
    return {row.id: row.name for row in connection.execute(query)}


def registered_themselves(connection: Connection) -> frozenset[str]:
    """The clients that registered themselves, those that ended included."""
    return frozenset(connection.execute(select(self_registrations.c.relying_party_id)).scalars())


def one_relying_party(
    connection: Connection, relying_party_id: str, *, hold: bool = False
) -> tuple[dict[str, Any], Agency] | None:
    """One registration as it is kept, and its agency; to `hold`, held until the transaction ends."""
    query = select(relying_parties).where(relying_parties.c.id == relying_party_id)
    row = connection.execute(query.with_for_update() if hold else query).mappings().first()
    if row is None:
        return None
    agency = connection.execute(select(agencies).where(agencies.c.id == row["agency_id"])).mappings().one()
    return dict(row), agency_from(agency)


def all_streams(connection: Connection) -> dict[str, dict[str, Any]]:
    """By relying party, what receivers made of their streams."""
    return {row["relying_party_id"]: dict(row) for row in connection.execute(select(event_streams)).mappings()}


def one_stream(connection: Connection, relying_party_id: str) -> dict[str, Any] | None:
    """The same of one relying party."""
    query = select(event_streams).where(event_streams.c.relying_party_id == relying_party_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def add_stream(connection: Connection, values: Mapping[str, Any]) -> None:
    """Raises IntegrityError where the relying party has one."""
    connection.execute(insert(event_streams).values(**values))


def change_stream(connection: Connection, relying_party_id: str, values: Mapping[str, Any]) -> None:
    connection.execute(
        update(event_streams).where(event_streams.c.relying_party_id == relying_party_id).values(**values)
    )


def delete_stream(connection: Connection, relying_party_id: str, at: datetime) -> None:
    """Keep of a stream that there was one, and nothing that its receiver gave."""
    gone = dict.fromkeys((*_GIVEN, "description", "reason"))
    change_stream(connection, relying_party_id, {**gone, "status": DELETED, "changed_at": at})


def streams_that_keep_nothing(connection: Connection) -> list[str]:
    """The relying parties whose receivers disabled or deleted their streams."""
    stopped = event_streams.c.status.in_((StreamStatus.DISABLED.value, DELETED))
    return list(connection.execute(select(event_streams.c.relying_party_id).where(stopped)).scalars())


def forget_receivers_delivery(connection: Connection, relying_party_id: str) -> None:
    """From now on delivery and events are the registration's word; the status stays, that of a deleted stream not."""
    of = event_streams.c.relying_party_id == relying_party_id
    connection.execute(delete(event_streams).where(of, event_streams.c.status == DELETED))
    change_stream(connection, relying_party_id, dict.fromkeys(_GIVEN))


def put_logo(connection: Connection, relying_party_id: str, logo: Logo | None) -> None:
    """Keep `logo` in the place of the one before; with None there is none."""
    connection.execute(delete(logos).where(logos.c.relying_party_id == relying_party_id))
    if logo is not None:
        values = {"digest": logo.digest, "kind": logo.kind, "octets": logo.octets}
        connection.execute(insert(logos).values(relying_party_id=relying_party_id, **values))


def logo(connection: Connection, relying_party_id: str, digest: str) -> Logo | None:
    """The logo that is known by `digest`, while it is that of the relying party."""
    of = (logos.c.relying_party_id == relying_party_id) & (logos.c.digest == digest)
    row = connection.execute(select(logos.c.kind, logos.c.octets).where(of)).first()
    return None if row is None else Logo(row.kind, row.octets)


def next_position(connection: Connection) -> int:
    """Where an agency added now stands in the list."""
    return int(connection.execute(select(func.coalesce(func.max(agencies.c.position), 0))).scalar_one()) + 1


def put_agency(connection: Connection, values: Mapping[str, Any], *, exists: bool) -> None:
    """Add or change one agency."""
    if exists:
        connection.execute(update(agencies).where(agencies.c.id == values["id"]).values(**values))
    else:
        connection.execute(insert(agencies).values(**values))


def holder_of(connection: Connection, protocol: str, lookup: str) -> str | None:
    """The relying party registered under a client_id or entityID."""
    wanted = (relying_parties.c.protocol == protocol) & (relying_parties.c.lookup == lookup)
    found: str | None = connection.execute(select(relying_parties.c.id).where(wanted)).scalar()
    return found


def put_relying_party(
    connection: Connection, values: Mapping[str, Any], *, exists: bool, actor: str, at: datetime
) -> None:
    """Add or change one registration and keep its history."""
    if exists:
        connection.execute(update(relying_parties).where(relying_parties.c.id == values["id"]).values(**values))
    else:
        connection.execute(insert(relying_parties).values(**values))
    connection.execute(
        insert(relying_party_versions).values(
            relying_party_id=values["id"],
            version=values["version"],
            registration=values["registration"],
            actor=actor,
            applied_at=at,
        )
    )
