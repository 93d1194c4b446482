"""An enterprise as its agencies' systems hear of it whole: one message releases every account under its 기업 UUID.

An enterprise has one link with an agency, and any number of the agency's accounts behind it, also such as we have
never heard of. The epoch of the tenant toward the agency is the version of that link: it only grows, moves under the
member's lock, and says nothing of what the enterprise does elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from idp.agencies.relying_party import RelyingParty
from idp.links.models import agency_accounts
from idp.members.models import enterprises


@dataclass(frozen=True, slots=True)
class Tenant:
    """The enterprise behind a link."""

    enterprise_uuid: str
    known: Mapping[str, int] = field(default_factory=dict)
    """By relying party, how many of its accounts we knew behind the link."""

    @property
    def sub_id(self) -> Mapping[str, Any]:
        """Everyone of the tenant: what a complex subject leaves undefined is any (SSF 1.0 §3.2, RFC 9493 §3)."""
        return {"format": "complex", "tenant": self.identifier}

    @property
    def identifier(self) -> Mapping[str, str]:
        return {"format": "opaque", "id": self.enterprise_uuid}


def hears_of_tenants(party: RelyingParty) -> bool:
    """Whether the relying party takes messages about a whole enterprise."""
    return party.events is not None and party.events.tenant_events


def tenant_behind(
    connection: Connection, member_id: str, link_id: str, parties: Iterable[RelyingParty]
) -> Tenant | None:
    """The enterprise behind a link; None for a person, and where none of `parties` hears of enterprises. Before the
    accounts are detached."""
    if not any(hears_of_tenants(party) for party in parties):
        return None
    enterprise_uuid = connection.execute(
        select(enterprises.c.enterprise_uuid).where(enterprises.c.member_id == member_id)
    ).scalar()
    if enterprise_uuid is None:
        return None
    counted = connection.execute(
        select(agency_accounts.c.relying_party_id, func.count().label("known"))
        .where(agency_accounts.c.link_id == link_id)
        .group_by(agency_accounts.c.relying_party_id)
    )
    return Tenant(enterprise_uuid, {row.relying_party_id: row.known for row in counted})
