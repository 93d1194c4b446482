"""Where a message goes and what its receiver wants, as the catalogue knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from idp.crypto.signing_key import Algorithm
from idp.signals.catalogue import Channel
from idp.transmitter.pace import Caps


class Lane(NamedTuple):
    """One relying party and one channel: what waits in one lane never delays another."""

    relying_party_id: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Destination:
    """A registered endpoint. `authorization_header` is sent verbatim, nothing where it is absent. SSF 1.0 §6.1.1."""

    url: str
    audience: str
    authorization_header: str | None = field(repr=False)
    alg: Algorithm
    caps: Caps = field(default_factory=Caps)


class Destinations(Protocol):
    """Knows every relying party's endpoints."""

    def destination(self, relying_party_id: str, channel: Channel) -> Destination | None:
        """Where messages of this lane go now; None while nothing is registered, and then they wait."""
        ...

    def awaits(self, relying_party_id: str, channel: Channel) -> bool:
        """Whether messages without anywhere to go wait for their receiver: to fetch them, or to enable its stream."""
        ...
