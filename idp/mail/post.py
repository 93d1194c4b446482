"""Putting a letter into the queue, inside the transaction of what it tells about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import get_args

from pydantic import TypeAdapter
from sqlalchemy import Connection

# Not typing's: before Python 3.12 pydantic cannot read that one.
from typing_extensions import TypedDict

from idp.clock import Clock
from idp.crypto.fields import FieldCipher
from idp.errors import IdpError
from idp.mail import store
from idp.mail.letters import AnyLetter, Language, Withdrawn, useless_after
from idp.mail.recipients import Recipient
from idp.randomness import Randomness, case_blind_token

_FORMS: dict[str, TypeAdapter[AnyLetter]] = {kind.letter.value: TypeAdapter(kind) for kind in get_args(AnyLetter)}
LETTER_NAMES = frozenset(_FORMS)
"""What this release can write; a queue may hold letters of a newer one."""


class _Content(TypedDict):
    recipient: str
    fields: str


_CONTENT = TypeAdapter(_Content)


class UnreadableMessage(IdpError):
    """A queued message does not open, or another release wrote it."""

    code = "unreadable_message"


@dataclass(frozen=True, slots=True)
class Message:
    """One letter for one recipient, in the language they read; None: in that of whoever is being served."""

    recipient: Recipient = field(repr=False)
    letter: AnyLetter
    language: Language | None = None
    member_id: str | None = None

    def __post_init__(self) -> None:
        if self.recipient.channel not in self.letter.channels:
            raise ValueError(f"{self.letter.letter}: not written for {self.recipient.channel}")


@dataclass(frozen=True, slots=True)
class Post:
    """Queues messages. Nothing is sent here: the worker sends what the transaction has committed."""

    clock: Clock
    randomness: Randomness
    cipher: FieldCipher
    language: Callable[[], str] = lambda: Language.KO
    """What is read by whoever is being served at this moment; supplied from above, where pages know it."""

    def __call__(self, connection: Connection, message: Message) -> str:
        """The id of the queued message; it stands or falls with the transaction.

        The receipt of a withdrawal is queued as nobody's, so that it outlives the member whose letters are forgotten,
        in whatever order its caller does the two.
        """
        now = self.clock.now()
        message_id = case_blind_token(self.randomness, 16)
        letter = message.letter
        store.add(
            connection,
            {
                "id": message_id,
                "member_id": None if isinstance(letter, Withdrawn) else message.member_id,
                "channel": message.recipient.channel.value,
                "letter": letter.letter.value,
                "language": Language(message.language or self.language()).value,
                "sealed": self.cipher.seal_secret(sealed_for(message_id), _packed(message)),
                "due_at": now,
                "made_at": now,
                "expires_at": useless_after(letter),
            },
        )
        return message_id


def forget_member(connection: Connection, member_id: str) -> int:
    """Delete what still waits to be sent to a member who leaves; how many. The receipt of leaving is not among it."""
    return store.forget(connection, member_id)


def opened(cipher: FieldCipher, message_id: str, letter: str, sealed: bytes) -> tuple[str, AnyLetter]:
    """Recipient and letter of a queued message.

    Raises:
        UnreadableMessage: its key is gone, or its fields are not those this release knows.
    """
    try:
        content = _CONTENT.validate_json(cipher.open_secret(sealed_for(message_id), sealed))
        return content["recipient"], _FORMS[letter].validate_json(content["fields"])
    except (IdpError, ValueError, KeyError) as error:
        # The cause is dropped: pydantic quotes what it was given.
        raise UnreadableMessage(type(error).__name__) from None


def _packed(message: Message) -> bytes:
    fields = _FORMS[message.letter.letter.value].dump_json(message.letter).decode()
    return _CONTENT.dump_json({"recipient": message.recipient.text, "fields": fields})


def sealed_for(message_id: str) -> str:
    """Bound to the row, so that nobody who can write the table sends one member's link to another's address."""
    return f"outgoing message {message_id}"
