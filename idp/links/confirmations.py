"""Which version of a link each relying party is known to have applied: accepted (202) is not yet confirmed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from idp.links.models import link_confirmations


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The newest version that a relying party confirmed, and when it first did."""

    version: int
    confirmed_at: datetime


def confirm(connection: Connection, relying_party_id: str, versions: Mapping[str, int], at: datetime) -> int:
    """Note that a relying party has applied these links, by id, at these versions; how many of them are news.

    A version only grows: a late confirmation of an older one changes nothing. The caller has seen to it that the links
    are the agency's and have been at these versions. In the order of ids, so that no two callers wait for each other.
    """
    rows = [
        {"link_id": link_id, "relying_party_id": relying_party_id, "version": version, "confirmed_at": at}
        for link_id, version in sorted(versions.items())
    ]
    # No look at what is known before: a plan for so many ids, made while the table was small, is kept while it grows.
    return len(connection.execute(_upsert(connection), rows).fetchall()) if rows else 0


def confirmed(connection: Connection, relying_party_id: str, link_ids: Collection[str]) -> dict[str, Confirmation]:
    """What the relying party has confirmed of these links; those it never confirmed are missing. A thousand at most."""
    found = connection.execute(
        select(link_confirmations.c.link_id, link_confirmations.c.version, link_confirmations.c.confirmed_at).where(
            link_confirmations.c.relying_party_id == relying_party_id, link_confirmations.c.link_id.in_(link_ids)
        )
    )
    return {row.link_id: Confirmation(row.version, row.confirmed_at) for row in found}


def _upsert(connection: Connection) -> Any:
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    adding = dialect.insert(link_confirmations)
    return adding.on_conflict_do_update(
        index_elements=[link_confirmations.c.link_id, link_confirmations.c.relying_party_id],
        set_={"version": adding.excluded.version, "confirmed_at": adding.excluded.confirmed_at},
        where=link_confirmations.c.version < adding.excluded.version,
    ).returning(link_confirmations.c.link_id)
