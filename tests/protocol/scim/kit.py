"""Workers that make accounts as a deployment would, and members who chose agencies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import select

from idp.egress import Egress
from idp.house import House
from idp.links.connect import Connect
from idp.links.models import provisionings
from idp.links.store import Link
from idp.provisioning.metrics import Metrics
from idp.provisioning.open_member import OpenMember
from idp.provisioning.provisioner import Provisioner, lease_for
from idp.provisioning.turn import TakeTurn
from idp.settings import Events
from idp.signals.catalogue import LinkReason
from tests.builders import agency, party, register
from tests.fakes import FrozenClock
from tests.protocol.scim.stranger import TOKEN

EVENTS = Events(idle_wait=timedelta(milliseconds=20))
IMPATIENT = EVENTS.model_copy(update={"total_timeout": timedelta(seconds=1)})


def provisioner(house: House, registry: CollectorRegistry | None = None, events: Events = EVENTS) -> Provisioner:
    """A worker's part that makes accounts."""
    return Provisioner(
        clock=house.clock,
        events=events,
        take_turn=TakeTurn(house.database, house.clock, house.randomness, lease_for(events)),
        open_member=OpenMember(house.database, house.directory),
        catalogue=house.catalogue,
        cipher=house.cipher,
        egress=Egress.of(house.settings),
        metrics=Metrics(registry or CollectorRegistry()),
    )


def offering(house: House, url: str, party_id: str = "kamp", **provisioning: Any) -> None:
    """Register an agency that makes accounts by SCIM."""
    access = {} if "scim_token_endpoint" in provisioning else {"scim_token": TOKEN}
    given = {"mode": "scim", "scim_base_url": url, **access, **provisioning}
    scope = "openid profile email phone enterprise"
    register(house, agency(party_id, party(party_id, scope=scope, provisioning=given)))


def choose(house: House, member_id: str, *scopes: str, party_id: str = "kamp") -> Link:
    """The link of an agency that the member ticked when joining."""
    found = house.catalogue.relying_party(party_id)
    assert found is not None
    connect = Connect(house.database, house.clock, house.randomness, house.catalogue)
    return connect(member_id, found, frozenset(scopes) or found.released, reason=LinkReason.JOINING)


def rows(house: House) -> list[Mapping[str, Any]]:
    with house.database.reading() as connection:
        query = select(provisionings).order_by(provisionings.c.requested_at, provisionings.c.id)
        return [dict(row) for row in connection.execute(query).mappings()]


def states(house: House) -> list[str]:
    return [row["state"] for row in rows(house)]


def wait(house: House, by: timedelta) -> None:
    """Let time pass, in a house in which it stands still otherwise."""
    assert isinstance(house.clock, FrozenClock)
    house.clock.advance(by)
