"""The doors of receivers: their streams of events."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Blueprint

from idp.app.machine_callers import machine_callers
from idp.egress import Egress
from idp.house import House
from idp.oidc.call_limit import CallLimit
from idp.transmitter.personal_parts import PersonalParts
from idp.transmitter.routes.documents import event_types, ssf
from idp.transmitter.routes.management import Management
from idp.transmitter.routes.polling import Polling
from idp.transmitter.sign import Sign
from idp.transmitter.streams.configure import ConfigureStream
from idp.transmitter.streams.long_poll import LongPoll
from idp.transmitter.streams.poll import Poll
from idp.transmitter.streams.properties import ReceiversProperties
from idp.transmitter.streams.status import Status
from idp.transmitter.streams.stream_document import StreamDocuments
from idp.transmitter.streams.subjects import Subjects
from idp.transmitter.streams.verify import Verify
from idp.transmitter.streams.waiting import DropDisabled
from idp.transmitter.worker import lease_for


def event_stream_doors(house: House) -> Iterator[Blueprint]:
    """The transmitter's documents and the management of streams."""
    settings = house.settings
    events = settings.events
    callers = machine_callers(house)
    documents = StreamDocuments(settings.issuer, events.schema_base, events.verification_interval)
    properties = ReceiversProperties(documents, house.cipher, Egress.of(settings))
    drop_disabled = DropDisabled(house.database, house.clock)
    yield ssf(settings.issuer, lambda: house.keyring.jwks("events"))
    yield event_types(events.schema_base)
    yield Management(
        callers=callers,
        limit=CallLimit(house.store, settings.agency_api.calls_per_minute),
        configure=ConfigureStream(house.database, house.clock, house.randomness, documents, properties, drop_disabled),
        status_of=Status(house.database, house.clock, house.randomness, drop_disabled),
        subjects=Subjects(house.database, house.clock, settings.issuer),
        verify=Verify(house.database, house.store, house.clock, house.randomness, events.verification_interval),
    ).blueprint()
    complete = PersonalParts(house.database, house.catalogue, house.directory)
    sign = Sign(house.keyring, house.clock, settings.issuer, events.schema_base, complete)
    poll = Poll(house.database, house.clock, house.randomness, sign, lease_for(events), events.poll_batch)
    yield Polling(callers, LongPoll(poll, events.long_poll, events.long_polls, time.sleep)).blueprint()
