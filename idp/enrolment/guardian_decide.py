"""A guardian decides for a child, once (PIPA §22의2, Decree §17의2)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import Digester, same
from idp.enrolment.draft import Draft
from idp.enrolment.drafts import DraftExpired, Drafts
from idp.enrolment.guardian_contact import same_name
from idp.enrolment.guardian_record import GuardianDecision
from idp.enrolment.guardian_request import GuardianRequest, GuardianRequests, LinkIsOver
from idp.mail.guardian_letters import GuardianDecided
from idp.mail.post import Message, Post
from idp.mail.recipients import MobileNumber, Recipient, UnusableRecipient
from idp.members.directory import CI
from idp.storage.database import Database
from idp.terms.document import Document
from idp.verification.age import CONSENTS_ALONE, is_adult
from idp.verification.evidence import Evidence

_ACTOR = "guardian"


class Relation(StrEnum):
    """What a guardian says they are to the child. Said, not proven: that takes the register of families."""

    FATHER = "father"
    MOTHER = "mother"
    GUARDIAN = "guardian"


class Unfit(StrEnum):
    """Why whoever was verified cannot decide."""

    UNIDENTIFIED = "unidentified"
    """The method gives no CI or no birth date, so nothing can be compared."""
    THE_CHILD = "the_child"
    MINOR = "minor"
    SOMEBODY_ELSE = "somebody_else"


def why_unfit(request: GuardianRequest, child: Evidence, found: Evidence, clock: Clock) -> Unfit | None:
    """Why `found` is no guardian of `child`'s; None when they may decide (REQ-83). Pure."""
    if found.ci is None or found.birth_date is None or not found.name:
        return Unfit.UNIDENTIFIED
    if child.ci is not None and same(found.ci, child.ci):
        return Unfit.THE_CHILD
    if not is_adult(found.birth_date, clock.now()):
        return Unfit.MINOR
    return None if same_name(found.name, request.name) else Unfit.SOMEBODY_ELSE


@dataclass(frozen=True, slots=True)
class Answer:
    """What a guardian answered, and from where."""

    relation: Relation
    documents: tuple[Document, ...]
    """Those agreed to."""
    address: str
    agent: str
    language: str = "ko"


@dataclass(frozen=True, slots=True)
class DecideAsGuardian:
    """Spends the request and leaves the decision where the child's next page finds it."""

    database: Database
    clock: Clock
    drafts: Drafts
    requests: GuardianRequests
    digester: Digester
    post: Post

    def child(self, request: GuardianRequest) -> tuple[Draft, Evidence]:
        """The child's draft, and who the child is.

        Raises:
            LinkIsOver: the child has given up, asked anew, or begun again as somebody else.
        """
        try:
            draft = self.drafts.of_guardian(request.draft_id)
        except DraftExpired as error:
            raise LinkIsOver("the draft is gone") from error
        if draft.guardian_request != request.id or draft.evidence is None or not draft.child:
            raise LinkIsOver("the draft waits for no such request")
        return draft, Evidence.unpacked(draft.evidence.encode())

    def agree(self, request: GuardianRequest, found: Evidence, answer: Answer) -> Unfit | None:
        """Why they cannot decide, with the request as it was; None once they have agreed.

        Raises:
            LinkIsOver: the child does not wait for it any more.
            BeingDecided: somebody else decided at this moment.
        """
        unfit = why_unfit(request, self.child(request)[1], found, self.clock)
        if unfit is not None:
            return unfit
        by: Mapping[str, str | bool] = {
            "method": found.method,
            "provider": found.provider,
            "simulated": found.simulated,
        }
        with self.requests.claimed(request.id):
            _draft, child = self.child(request)
            self._tell(request, child, Action.GUARDIAN_AGREED, answer.address, by)
            self.requests.agreed(request, self._decision(request, child, found, answer))
        return None

    def refuse(self, request: GuardianRequest, *, address: str) -> None:
        """No. What the child gave is destroyed at once; whoever holds the link may say so, since nothing is given away.

        Raises:
            LinkIsOver: the child does not wait for it any more.
            BeingDecided: somebody else decided at this moment.
        """
        with self.requests.claimed(request.id):
            draft, child = self.child(request)
            self._tell(request, child, Action.GUARDIAN_REFUSED, address, {})
            self.requests.refused(request)
        self.drafts.forget(draft)

    def _tell(
        self,
        request: GuardianRequest,
        child: Evidence,
        action: Action,
        address: str,
        by: Mapping[str, str | bool],
    ) -> None:
        agreed = action is Action.GUARDIAN_AGREED
        letter = GuardianDecided(agreed, f"/join/{request.draft_id}/3" if agreed else "/join/")
        said: dict[str, str | int | bool | None] = {"request": request.id, **by}
        with self.database.transaction() as connection:
            recipient = _reachable(child)
            if recipient is not None:
                self.post(connection, Message(recipient, letter))
            record(connection, Record(self.clock.now(), action, _ACTOR, address=address, detail=said))

    def _decision(self, request: GuardianRequest, child: Evidence, found: Evidence, answer: Answer) -> GuardianDecision:
        return GuardianDecision(
            name=found.name or "",
            birth_date=found.birth_date.isoformat() if found.birth_date is not None else "",
            ci_digest=self.digester.digest(CI, found.ci or ""),
            relation=answer.relation.value,
            contact=request.contact,
            method=found.method,
            provider=found.provider,
            transaction=found.tx_id,
            simulated=found.simulated,
            documents=tuple((each.id, each.version, each.sha256) for each in answer.documents),
            decided_at=self.clock.now().isoformat(),
            address=answer.address,
            agent=answer.agent,
            notified_at=request.notified_at.isoformat(),
            notified_by="email" if request.by_email else "sms",
            request=request.id,
            language=answer.language,
            child_turns_14=_turns_14(child.birth_date),
        )


def _turns_14(birth_date: date | None) -> str:
    if birth_date is None:
        return ""
    year = birth_date.year + CONSENTS_ALONE
    try:
        return birth_date.replace(year=year).isoformat()
    except ValueError:
        # Born on 29 February: a year is complete on 1 March of a common one.
        return date(year, 3, 1).isoformat()


def _reachable(child: Evidence) -> Recipient | None:
    """The number that the child's own verification vouched for; no other may be asked of the child yet."""
    with suppress(UnusableRecipient):
        return MobileNumber(child.phone or "")
    return None
