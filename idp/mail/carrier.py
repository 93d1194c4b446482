"""What a way out is given and what it answers; each of them is one file beside this."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from idp.mail.recipients import Channel


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message ready to go. `id` is the same at every attempt, so that its receiver can recognise a repeat."""

    id: str
    channel: Channel
    letter: str
    language: str
    made_at: datetime
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    subject: str = field(default="", repr=False)
    html: str = field(default="", repr=False)


class Verdict(StrEnum):
    """What becomes of a message."""

    SENT = "sent"
    LATER = "later"
    REFUSED = "refused"
    """The other side will not take this message, however often it is tried."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one attempt ended. `outcome` is a short word of ours: what servers say may quote the recipient."""

    verdict: Verdict
    outcome: str


class Carrier(Protocol):
    """A way out of the house."""

    def __call__(self, parcel: Parcel) -> Answer:
        """Send it once; blocks, for a bounded time. Raises only for what nobody foresaw."""
        ...
