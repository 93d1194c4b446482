"""Sending what is due: claim in one short transaction, send without any, record in another."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from idp.clock import Clock
from idp.crypto.fields import FieldCipher
from idp.errors import StoreUnavailable
from idp.mail import store
from idp.mail.carrier import Answer, Carrier, Verdict
from idp.mail.file_outbox import FileOutbox
from idp.mail.post import LETTER_NAMES, UnreadableMessage, opened
from idp.mail.recipients import Channel
from idp.mail.render import Render
from idp.mail.schedule import next_try
from idp.mail.sms_gateway import SmsGateway
from idp.mail.smtp import Smtp
from idp.mail.store import Claimed
from idp.randomness import Randomness, url_token
from idp.settings import Settings
from idp.storage.database import Database

_log = structlog.get_logger()
_SENDERS = 8
_MARGIN = timedelta(seconds=15)
_RECORDINGS = 4
_PAUSE_WITHOUT_DATABASE = 1.0
_KEPT = timedelta(days=30)


def lease_for(timeout: timedelta) -> timedelta:
    """How long a claimed message is ours: the sending, and a margin to write down how it went."""
    return timeout + _MARGIN


@dataclass(slots=True)
class Deliver:
    """Sends one channel's messages. A call only claims and hands over to a sender of its own, so a server that hangs
    holds up neither its caller nor the other channel.
    """

    channel: Channel
    carrier: Carrier
    lease: timedelta
    render: Render
    database: Database
    clock: Clock
    randomness: Randomness
    cipher: FieldCipher
    _under_way: set[Future[None]] = field(default_factory=set)
    _senders: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_SENDERS, "letters"))

    def __call__(self) -> int:
        """How many messages were taken to be sent.

        Raises:
            StoreUnavailable: the database did not answer; the next call may find it again.
        """
        for ended in [future for future in self._under_way if future.done()]:
            self._under_way.discard(ended)
            ended.result()
        claimed = self._claim(_SENDERS - len(self._under_way))
        self._under_way |= {self._senders.submit(self._deliver, message) for message in claimed}
        return len(claimed)

    def finish(self) -> None:
        """Wait for what is under way."""
        while self._under_way:
            self._under_way.pop().result()

    def close(self) -> None:
        """Finish, and send nothing more."""
        self._senders.shutdown(wait=True)

    def _claim(self, room: int) -> Sequence[Claimed]:
        now = self.clock.now()
        if room < 1:
            return []
        # Looked for without a lock first: on SQLite a claim would take the write lock five times a second for nothing.
        with self.database.reading() as connection:
            if not store.has_work(connection, self.channel, LETTER_NAMES, now):
                return []
        token = url_token(self.randomness, 16)
        with self.database.transaction() as connection:
            return store.claim(
                connection, self.channel, LETTER_NAMES, now=now, limit=room, lease=self.lease, token=token
            )

    def _deliver(self, message: Claimed) -> None:
        answer = self._attempt(message)
        for left in reversed(range(_RECORDINGS)):
            try:
                self._record(message, answer)
            except StoreUnavailable as error:
                _log.warning("mail.not_recorded", message=message.id, detail=error.detail, left=left)
                if left:
                    time.sleep(_PAUSE_WITHOUT_DATABASE)
            else:
                return

    def _attempt(self, message: Claimed) -> Answer:
        try:
            recipient, letter = opened(self.cipher, message.id, message.letter, message.sealed)
            return self.carrier(self.render(message, recipient, letter))
        except UnreadableMessage:
            return Answer(Verdict.LATER, "unreadable")
        except Exception as error:  # noqa: BLE001  # one message that breaks must not stop the others
            # Its kind only: what broke has the recipient and the letter in its hands, and may quote them.
            _log.error("mail.attempt_broke", message=message.id, letter=message.letter, error=type(error).__name__)
            return Answer(Verdict.LATER, "fault")

    def _record(self, message: Claimed, answer: Answer) -> None:
        now = self.clock.now()
        due_at = next_try(message.attempts + 1, now, message.expires_at) if answer.verdict is Verdict.LATER else None
        with self.database.transaction() as connection:
            if answer.verdict is Verdict.SENT:
                store.sent(connection, message, answer.outcome, now)
            elif due_at is None:
                store.failed(connection, message, answer.outcome, now)
            else:
                store.put_off(connection, message, answer.outcome, due_at)
        told = {
            "message": message.id,
            "letter": message.letter,
            "channel": message.channel.value,
            "outcome": answer.outcome,
            "attempt": message.attempts + 1,
        }
        if answer.verdict is Verdict.SENT:
            _log.info("mail.sent", **told)
        else:
            _log.warning("mail.given_up" if due_at is None else "mail.put_off", **told)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Every channel's sending, as the worker runs it."""

    channels: Sequence[Deliver]
    database: Database
    clock: Clock

    def discard_settled(self) -> int:
        """Delete rows settled long ago; how many. They say that something was sent, not what nor to whom."""
        with self.database.transaction() as connection:
            return store.discard_settled(connection, self.clock.now() - _KEPT)

    def close(self) -> None:
        """Finish what is under way."""
        for channel in self.channels:
            channel.close()


def delivery(
    settings: Settings, *, database: Database, clock: Clock, randomness: Randomness, cipher: FieldCipher
) -> Delivery:
    """What sends the letters of a deployment.

    Raises:
        ConfigurationError: a way out is chosen and not completely described.
    """
    render = Render.of(settings)
    ways: dict[Channel, tuple[Carrier, timedelta]] = {
        Channel.EMAIL: (_mail_carrier(settings), settings.mail.timeout),
        Channel.SMS: (_sms_carrier(settings), settings.sms.timeout),
    }
    return Delivery(
        [
            Deliver(channel, carrier, lease_for(timeout), render, database, clock, randomness, cipher)
            for channel, (carrier, timeout) in ways.items()
        ],
        database,
        clock,
    )


def _mail_carrier(settings: Settings) -> Carrier:
    if settings.mail.delivery == "smtp":
        return Smtp(settings.mail, settings.brand)
    return FileOutbox(settings.mail.outbox_dir)


def _sms_carrier(settings: Settings) -> Carrier:
    return SmsGateway(settings.sms) if settings.sms.delivery == "gateway" else FileOutbox(settings.mail.outbox_dir)
