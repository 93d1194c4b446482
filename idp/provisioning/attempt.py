"""One visit to an agency's service for one account, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from idp.provisioning.due import Due
from idp.provisioning.remote import Remote
from idp.transmitter.verdict import Answer, Verdict


class Needed(StrEnum):
    """What a person has to do before this can go on."""

    LINK_BY_HAND = "link_by_hand"
    """The service has an account that stands in the way and is not known to be the member's: whose it is, the agency
    must find out, and set its `externalId`."""
    SEVERAL_ACCOUNTS = "several_accounts"
    """More than one account has the member's `externalId`."""
    ACCOUNT_GONE = "account_gone"
    """The account was deleted there, or given to another subject."""
    REFUSED = "refused"
    """The service will not take the account as we describe it."""
    NOT_UPDATED = "not_updated"
    """The account is there, and the service will not take what changed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `remote` where the account is there; `again` where it is to be told what is true now."""

    answer: Answer
    remote: Remote | None = None
    needed: Needed | None = None
    again: bool = False


def done(what: str, remote: Remote, *, again: bool = False) -> Outcome:
    """The account is there."""
    return Outcome(Answer(Verdict.ACCEPTED, what), remote, again=again)


def needs(needed: Needed) -> Outcome:
    """Trying again would not help."""
    return Outcome(Answer(Verdict.MESSAGE_REFUSED, needed.value), needed=needed)


@dataclass(frozen=True, slots=True)
class Attempt:
    """`outcome` is None where nothing was to be sent after all. `sealed` is what is kept of the account's name."""

    row: Due
    outcome: Outcome | None
    started_at: datetime
    milliseconds: int
    sealed: bytes | None = field(default=None, repr=False)

    @property
    def answer(self) -> Answer:
        """For the lane; ask only where there is an outcome."""
        assert self.outcome is not None  # noqa: S101  # see above
        return self.outcome.answer

    @property
    def jti(self) -> str:
        """What tells this row from others of its lane."""
        return self.row.id
