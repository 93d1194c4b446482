"""Keeping a guardian's decision with the child's membership, and giving the guardian a way back to it (PIPA §38)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.enrolment.guardian_record import GuardianDecision, GuardianRecords
from idp.mail.guardian_letters import GuardianRights
from idp.mail.letters import Language
from idp.mail.post import Message, Post
from idp.mail.recipients import EmailAddress, MobileNumber, Recipient, UnusableRecipient
from idp.randomness import Randomness, url_token


@dataclass(frozen=True, slots=True)
class GiveLink:
    """Inside the transaction that makes the child a member. The token is known to the letter alone."""

    randomness: Randomness
    guardians: GuardianRecords
    post: Post

    def __call__(self, connection: Connection, member_id: str, data_key: bytes, decision: str, at: datetime) -> None:
        """Keep `decision`, and write to where the guardian was asked."""
        token = url_token(self.randomness)
        self.guardians.keep(connection, member_id, data_key, decision, at, link=token)
        said = GuardianDecision.unpacked(decision)
        recipient = _reached(said)
        if recipient is not None:
            letter = GuardianRights(f"/guardian/rights/{token}")
            self.post(connection, Message(recipient, letter, Language(said.language), member_id))


def _reached(decision: GuardianDecision) -> Recipient | None:
    kind = EmailAddress if decision.notified_by == "email" else MobileNumber
    with suppress(UnusableRecipient):
        return kind(decision.contact)
    return None
