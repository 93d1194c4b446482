"""A worker as a deployment would build it, and outbox rows as the house would write them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import select

from idp.clock import Clock, SystemClock
from idp.crypto.keyring import Algorithm, Keyring, Use, create_key, ensure_keys
from idp.egress import Egress
from idp.randomness import SystemRandomness
from idp.settings import Events, Settings
from idp.signals.catalogue import Channel, EventType
from idp.signals.models import delivery_attempts, outbox
from idp.signals.outbox import Notice, tell
from idp.storage.database import Database
from idp.transmitter.claim import Claimed
from idp.transmitter.destinations import Destination
from idp.transmitter.metrics import Metrics
from idp.transmitter.sign import Sign
from idp.transmitter.turn import TakeTurn
from idp.transmitter.worker import Chore, Worker, lease_for
from tests.looping import looping

ISSUER = "http://127.0.0.1:8000"
EVENTS = Events(idle_wait=timedelta(milliseconds=20))


@dataclass
class Addresses:
    """Destinations that a test writes down."""

    known: dict[tuple[str, Channel], Destination] = field(default_factory=dict)
    fetched: set[tuple[str, Channel]] = field(default_factory=set)

    def destination(self, relying_party_id: str, channel: Channel) -> Destination | None:
        return self.known.get((relying_party_id, channel))

    def awaits(self, relying_party_id: str, channel: Channel) -> bool:
        return (relying_party_id, channel) in self.fetched

    def add(self, relying_party_id: str, url: str, channel: Channel = Channel.EVENT, **other: Any) -> None:
        given = Destination(url=url, audience=f"aud-{relying_party_id}", authorization_header=None, alg="ES256")
        self.known[relying_party_id, channel] = replace(given, **other)


@dataclass
class House:
    """One database, one set of keys, and any number of workers on them."""

    database: Database
    keys_dir: Path
    clock: Clock = field(default_factory=SystemClock)
    events: Events = EVENTS
    settings: Settings = field(default_factory=lambda: Settings(environment="demo"))
    addresses: Addresses = field(default_factory=Addresses)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    complete: Callable[[Claimed], Claimed | None] = lambda row: row

    def __post_init__(self) -> None:
        ensure_keys(self.keys_dir, clock=self.clock, randomness=SystemRandomness(), first=_KEYS)
        self.keyring = Keyring(self.keys_dir, self.clock)
        self.metrics = Metrics(self.registry)

    def worker(self, chores: Sequence[Chore] = ()) -> Worker:
        lease = lease_for(self.events)
        sign = Sign(self.keyring, self.clock, ISSUER, self.events.schema_base, self.complete)
        return Worker(
            database=self.database,
            clock=self.clock,
            events=self.events,
            take_turn=TakeTurn(self.database, self.clock, SystemRandomness(), self.addresses, sign, lease),
            egress=Egress.of(self.settings),
            metrics=self.metrics,
            chores=chores,
        )

    def tell(
        self, relying_party_id: str, *subjects: str, channel: Channel = Channel.EVENT, **payload: Any
    ) -> list[str]:
        """One row for each of `subjects`, in that order; their `jti`s."""
        event = EventType.ACCOUNT_LINK_CHANGED if channel is Channel.EVENT else EventType.BACKCHANNEL_LOGOUT
        with self.database.transaction() as connection:
            before = connection.execute(select(outbox.c.seq).order_by(outbox.c.seq.desc()).limit(1)).scalar() or 0
            notices = [
                Notice(
                    relying_party_id,
                    event,
                    subject,
                    payload or ({"sub": subject} if channel is Channel.LOGOUT else {"version": number}),
                    self.clock.now(),
                    channel=channel,
                )
                for number, subject in enumerate(subjects, 1)
            ]
            tell(connection, SystemRandomness(), notices)
            query = select(outbox.c.jti).where(outbox.c.seq > before).order_by(outbox.c.seq)
            return list(connection.execute(query).scalars())

    def rows(self, **where: Any) -> list[Mapping[str, Any]]:
        """Outbox rows, oldest first."""
        query = select(outbox).order_by(outbox.c.seq)
        for name, value in where.items():
            query = query.where(outbox.c[name] == value)
        with self.database.reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def states(self, **where: Any) -> list[str]:
        return [row["state"] for row in self.rows(**where)]

    def attempts(self) -> list[Mapping[str, Any]]:
        with self.database.reading() as connection:
            query = select(delivery_attempts).order_by(delivery_attempts.c.seq)
            return [dict(row) for row in connection.execute(query).mappings()]

    def rotate(self, use: Use, alg: Algorithm) -> None:
        """Let a new key sign from now on, and have every worker of this house see it."""
        create_key(self.keys_dir, use, alg, clock=self.clock, randomness=SystemRandomness(), lead=timedelta())

    @contextmanager
    def working(self, *workers: Worker) -> Iterator[None]:
        """Run `workers` (or one of our own) on threads; stop them and see that none broke."""
        with looping(*(workers or (self.worker(),))):
            yield


_KEYS: tuple[tuple[Use, Algorithm], ...] = (
    ("oidc", "RS256"),
    ("oidc", "ES256"),
    ("events", "RS256"),
    ("events", "ES256"),
)
