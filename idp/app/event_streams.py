"""The doors of receivers: their streams of events."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint

from idp.house import House
from idp.oidc.machine_callers import MachineCallers
from idp.oidc.machine_tokens import MachineTokens
from idp.transmitter.connector import Egress
from idp.transmitter.routes.documents import event_types, ssf
from idp.transmitter.routes.management import Management
from idp.transmitter.streams.configure import ConfigureStream
from idp.transmitter.streams.properties import ReceiversProperties
from idp.transmitter.streams.status import Status
from idp.transmitter.streams.stream_document import StreamDocuments
from idp.transmitter.streams.subjects import Subjects
from idp.transmitter.streams.verify import Verify
from idp.transmitter.streams.waiting import DropDisabled


def event_stream_doors(house: House) -> Iterator[Blueprint]:
    """The transmitter's documents and the management of streams."""
    settings = house.settings
    events = settings.events
    callers = MachineCallers(house.catalogue, MachineTokens(house.store, house.randomness, settings.tokens.machine))
    documents = StreamDocuments(settings.issuer, events.schema_base, events.verification_interval)
    properties = ReceiversProperties(documents, house.cipher, Egress.of(settings))
    drop_disabled = DropDisabled(house.database, house.clock, house.catalogue)
    yield ssf(settings.issuer, lambda: house.keyring.jwks("events"))
    yield event_types(events.schema_base)
    yield Management(
        callers=callers,
        configure=ConfigureStream(house.database, house.clock, house.randomness, documents, properties, drop_disabled),
        status_of=Status(house.database, house.clock, house.randomness, drop_disabled),
        subjects=Subjects(house.database, house.clock, settings.issuer),
        verify=Verify(house.database, house.store, house.clock, house.randomness, events.verification_interval),
    ).blueprint()
