"""A queue of letters with workers around it, and carriers that answer as a test tells them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from idp.crypto.fields import FieldCipher, KeyEncryptionKeys
from idp.mail.carrier import Answer, Carrier, Parcel, Verdict
from idp.mail.deliver import Deliver, lease_for
from idp.mail.letters import AnyLetter, PasswordChanged, Purpose, VerificationCode
from idp.mail.models import outgoing_messages
from idp.mail.post import Message, Post
from idp.mail.recipients import Channel
from idp.mail.render import Render
from idp.settings import Settings
from idp.storage.database import Database
from tests.fakes import FixedRandomness, FrozenClock
from tests.unit.mail.samples import EMAIL, NOW

SETTINGS = Settings(issuer="https://onepass.example")
LEASE = lease_for(timedelta(seconds=30))
SENT = Answer(Verdict.SENT, "accepted")
LATER = Answer(Verdict.LATER, "smtp connect")
REFUSED = Answer(Verdict.REFUSED, "smtp rcpt 550")
CHANGED = PasswordChanged(NOW, "/recovery")


@dataclass
class ScriptedCarrier:
    """Takes parcels, and answers as told: the last answer for good."""

    answers: list[Answer] = field(default_factory=lambda: [SENT])
    parcels: list[Parcel] = field(default_factory=list)
    meanwhile: Callable[[Parcel], None] = lambda _parcel: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, parcel: Parcel) -> Answer:
        with self._lock:
            self.parcels.append(parcel)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.meanwhile(parcel)
        return answer


@dataclass
class MailHouse:
    """Everything around one queue."""

    database: Database
    clock: FrozenClock = field(default_factory=FrozenClock)
    randomness: FixedRandomness = field(default_factory=FixedRandomness)
    workers: list[Deliver] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cipher = FieldCipher(KeyEncryptionKeys(b"k" * 32), self.randomness)
        self.post = Post(self.clock, self.randomness, self.cipher)

    def queue(self, letter: AnyLetter = CHANGED, member_id: str | None = "member", **options: Any) -> str:
        recipient = options.pop("recipient", EMAIL)
        with self.database.transaction() as connection:
            return self.post(connection, Message(recipient, letter, member_id=member_id, **options))

    def code(self, minutes: int = 5) -> str:
        return self.queue(VerificationCode("482913", Purpose.JOIN, self.clock.now() + timedelta(minutes=minutes)))

    def worker(self, carrier: Carrier, channel: Channel = Channel.EMAIL) -> Deliver:
        made = Deliver(
            channel, carrier, LEASE, Render.of(SETTINGS), self.database, self.clock, self.randomness, self.cipher
        )
        self.workers.append(made)
        return made

    def deliver(self, carrier: Carrier, channel: Channel = Channel.EMAIL) -> int:
        """One look of a worker of its own, to its end."""
        worker = self.worker(carrier, channel)
        taken = worker()
        worker.finish()
        return taken

    def row(self, message_id: str) -> Any:
        with self.database.reading() as connection:
            return connection.execute(
                select(outgoing_messages).where(outgoing_messages.c.id == message_id)
            ).one_or_none()
