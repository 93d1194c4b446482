"""Asking a guardian, first, again, or another one (REQ-82…84)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import Digester, secret_digest
from idp.enrolment.draft import Draft
from idp.enrolment.drafts import Drafts
from idp.enrolment.guardian_request import GuardianRequest, GuardianRequests
from idp.errors import BadRequest, TooManyAttempts
from idp.mail.guardian_letters import GuardianConsent
from idp.mail.post import Message, Post
from idp.mail.recipients import Channel, Recipient
from idp.randomness import Randomness, url_token
from idp.storage.database import Database
from idp.storage.expiring import ExpiringStore
from idp.verification.evidence import Evidence
from idp.web.masking import mask_name

LETTERS_OF_ONE_CHILD = 5
"""While one request may wait: for mistyped contacts and lost letters, not for pestering."""
LETTERS_TO_ONE_CONTACT = 5
"""Within a day, whoever's children they are: the contact may belong to somebody who has none."""
_PAUSE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class TooManyLetters(TooManyAttempts):
    """The child, or whoever would receive it, has had enough of these letters for now."""

    code = "too_many_guardian_letters"


@dataclass(frozen=True, slots=True)
class AskGuardian:
    """Sends a guardian the link by which they decide. An earlier link of the same child is dead from then on."""

    database: Database
    clock: Clock
    randomness: Randomness
    drafts: Drafts
    requests: GuardianRequests
    store: ExpiringStore
    digester: Digester
    post: Post
    lifetime: timedelta

    def __call__(self, draft: Draft, name: str, contact: Recipient, *, address: str | None = None) -> Draft:
        """The draft, which now waits as long as the request does.

        Raises:
            TooManyLetters: nobody is written to.
            BeingDecided: the guardian asked before decided at this moment.
            BadRequest: the draft is not a verified child's.
        """
        if not draft.child or draft.evidence is None:
            raise BadRequest("only a verified child asks a guardian")
        child = Evidence.unpacked(draft.evidence.encode())
        self._limit(draft, contact)
        with self.requests.claimed(draft.guardian_request or draft.id):
            return self._ask(draft, mask_name(child.name or ""), name, contact, address)

    def _ask(self, draft: Draft, masked_child: str, name: str, contact: Recipient, address: str | None) -> Draft:
        now = self.clock.now()
        token = url_token(self.randomness)
        by_email = contact.channel is Channel.EMAIL
        request = GuardianRequest(
            secret_digest(token), draft.id, name, contact.text, by_email, now, now + self.lifetime
        )
        self.requests.keep(request, former=draft.guardian_request)
        draft = replace(draft, guardian=None, guardian_request=request.id)
        self.drafts.keep(draft, self.lifetime)
        letter = GuardianConsent(masked_child, f"/guardian/{token}", request.valid_until)
        asked: dict[str, str | int | bool | None] = {"request": request.id, "channel": contact.channel.value}
        with self.database.transaction() as connection:
            self.post(connection, Message(contact, letter))
            record(connection, Record(now, Action.GUARDIAN_ASKED, "visitor", address=address, detail=asked))
        return draft

    def _limit(self, draft: Draft, contact: Recipient) -> None:
        if not self.store.add_if_absent(f"guardian-pause:{draft.id}", b"", _PAUSE):
            raise TooManyLetters("a moment ago", retry_after=int(_PAUSE.total_seconds()))
        whom = self.digester.digest("enrolment.guardian_contact", contact.text)
        counts = (
            (f"guardian-letters:{draft.id}", self.lifetime, LETTERS_OF_ONE_CHILD),
            (f"guardian-contact:{whom}", _DAY, LETTERS_TO_ONE_CONTACT),
        )
        for key, window, limit in counts:
            if self.store.increment(key, window) > limit:
                raise TooManyLetters("enough for now", retry_after=int(window.total_seconds()))
