"""A stream as its receiver reads it, and event types by their URIs. SSF 1.0 §8.1.1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from idp.agencies.event_streams import Delivery, EventStream
from idp.agencies.relying_party import RelyingParty
from idp.signals.catalogue import EventType
from idp.signals.event_types import REQUESTABLE, uri_of
from idp.transmitter.ssf_metadata import POLL, PUSH, STREAMS_PATH
from idp.transmitter.streams.refusals import NoSuchStream

METHODS: Final[Mapping[Delivery, str]] = MappingProxyType({"push": PUSH, "poll": POLL})


@dataclass(frozen=True, slots=True)
class StreamDocuments:
    """Writes streams down."""

    issuer: str
    schema_base: str
    verification_interval: timedelta

    def __call__(self, party: RelyingParty, stream: EventStream) -> dict[str, Any]:
        """The configuration of a relying party's stream.

        The `Authorization` header value goes in and never comes out: whoever can read a stream could else speak to its
        receiver in our name.
        """
        supported = party.stream_terms.supported if party.stream_terms is not None else ()
        document: dict[str, Any] = {
            "stream_id": stream.stream_id,
            "iss": self.issuer,
            "aud": party.audience,
            "delivery": {"method": METHODS[stream.delivery], "endpoint_url": self._endpoint(stream)},
            "events_supported": self.uris(supported),
            "events_delivered": self.uris(stream.delivered),
            "min_verification_interval": int(self.verification_interval.total_seconds()),
        }
        if stream.requested_uris is not None:
            document["events_requested"] = list(stream.requested_uris)
        if stream.description is not None:
            document["description"] = stream.description
        return document

    def poll_url(self, stream_id: str) -> str:
        """Where the events of a stream are fetched; of this stream only. SSF 1.0 §6.1.2."""
        return f"{self.issuer}{STREAMS_PATH}/{stream_id}/poll"

    def uris(self, types: Iterable[EventType]) -> list[str]:
        """The URIs of event types, in the catalogue's order."""
        named = frozenset(types)
        uris = (uri_of(each, self.schema_base) for each in REQUESTABLE if each in named)
        return [uri for uri in uris if uri is not None]

    def types(self, uris: Iterable[str]) -> list[EventType]:
        """The event types behind URIs; those that we do not know are passed over."""
        wanted = frozenset(uris)
        return [each for each in REQUESTABLE if uri_of(each, self.schema_base) in wanted]

    def _endpoint(self, stream: EventStream) -> str | None:
        if stream.delivery == "poll":
            return self.poll_url(stream.stream_id)
        return stream.endpoint_url.value if stream.endpoint_url is not None else None


def named_stream(party: RelyingParty, stream_id: str | None) -> EventStream:
    """The stream of `party`, if that is what `stream_id` names.

    Raises:
        NoSuchStream: it has none, or one of another name.
    """
    stream = party.events
    if stream is None or stream.stream_id != stream_id:
        raise NoSuchStream("no such stream")
    return stream
