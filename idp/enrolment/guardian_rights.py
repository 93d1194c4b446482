"""What a guardian may do later: see what they agreed to, withdraw it, have the child's membership deleted.

The link finds the child; who may use it is decided by the CI of whoever verified, for a letter is read by others too.
With the child's fourteenth birthday all of it ends: from then on the member decides (PIPA §22의2, §38).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from idp.audit.actions import Action
from idp.audit.actor import GUARDIAN
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.crypto.digests import Digester, same
from idp.enrolment.guardian_record import GuardianDecision, GuardianRecords
from idp.enrolment.guardian_request import LinkIsOver
from idp.errors import NotFound
from idp.members import store as members
from idp.members.directory import CI, Directory
from idp.members.withdraw import Withdraw
from idp.storage.database import Database
from idp.terms import store as terms
from idp.terms.change_answer import ChangeAnswer
from idp.terms.document import Document
from idp.verification.age import korean_date
from idp.verification.evidence import Evidence

_KIND = "person"
_ACTOR, _CHANNEL = str(GUARDIAN), "guardian"
REASON = "guardian_withdrew_consent"


class Barred(StrEnum):
    """Why whoever verified has no say."""

    SOMEBODY_ELSE = "somebody_else"
    GROWN = "grown"


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a guardian agreed to, as it stands."""

    child: str
    decision: GuardianDecision
    documents: tuple[tuple[Document, bool], ...]
    """Each in the version that was read, and whether it may still be withdrawn by itself."""


@dataclass(frozen=True, slots=True)
class GuardiansRights:
    """Everything by link; the caller has verified whoever holds it, or says nothing."""

    database: Database
    clock: Clock
    digester: Digester
    directory: Directory
    guardians: GuardianRecords
    change_answer: ChangeAnswer
    withdraw: Withdraw

    def child(self, token: str) -> str:
        """The child's id.

        Raises:
            LinkIsOver: there is no such link, or no such member any more.
        """
        return self._opened(token)[0].id

    def why_barred(self, token: str, found: Evidence, *, address: str) -> Barred | None:
        """Why `found` has no say; None, and a record of it, where they have.

        Raises:
            LinkIsOver: there is no such member any more.
        """
        row, decision = self._opened(token)
        ci = self.digester.digest(CI, found.ci) if found.ci is not None else ""
        if not ci or not same(ci, decision.ci_digest):
            return Barred.SOMEBODY_ELSE
        if decision.lapsed_by(korean_date(self.clock.now())):
            return Barred.GROWN
        by: Mapping[str, str | int | bool | None] = {
            "method": found.method,
            "provider": found.provider,
            "simulated": found.simulated,
        }
        with self.database.transaction() as connection:
            now = self.clock.now()
            record(connection, Record(now, Action.GUARDIAN_LOOKED, _ACTOR, row.id, address=address, detail=by))
        return None

    def agreed(self, token: str) -> Agreed:
        """What was agreed to.

        Raises:
            LinkIsOver: there is no such member any more, or they have turned 14.
        """
        row, decision = self._in_force(token)
        profile = self.directory.profile(row)
        with self.database.reading() as connection:
            last = terms.last_answers(connection, row.id)
            read = [terms.version(connection, name, number) for name, number, _digest in decision.documents]
        may = {each.id for each in self.change_answer.documents(_KIND)}
        documents = tuple(
            (each, each.id in may and each.id in last and bool(last[each.id].agreed))
            for each in read
            if each is not None
        )
        return Agreed(profile.display_name if profile is not None else "", decision, documents)

    def withdraw_one(self, token: str, document_id: str, *, address: str, language: str) -> None:
        """Take back consent to an optional document; what is none, or was taken back before, stays as it is.

        Raises:
            LinkIsOver: there is no such member any more, or they have turned 14.
        """
        row, _decision = self._in_force(token)
        with suppress(NotFound):
            self.change_answer(
                row.id,
                _KIND,
                document_id,
                agreed=False,
                address=address,
                language=language,
                channel=_CHANNEL,
                actor=_ACTOR,
            )

    def delete(self, token: str, *, address: str) -> None:
        """Without a guardian's consent a child is no member. Of two presses at once either may do it.

        Raises:
            LinkIsOver: there is no such member any more, or they have turned 14.
        """
        row, _decision = self._in_force(token)
        with suppress(NotFound):
            self.withdraw(row.id, actor=GUARDIAN, address=address, reason=REASON)

    def _in_force(self, token: str) -> tuple[members.MemberRow, GuardianDecision]:
        row, decision = self._opened(token)
        if decision.lapsed_by(korean_date(self.clock.now())):
            raise LinkIsOver("the child has turned 14")
        return row, decision

    def _opened(self, token: str) -> tuple[members.MemberRow, GuardianDecision]:
        with self.database.reading() as connection:
            found = self.guardians.of_link(connection, token)
            row = members.find(connection, found[0]) if found is not None else None
        if found is None or row is None or row.data_key is None or row.status != members.ACTIVE:
            raise LinkIsOver("no such link, or no such member any more")
        return row, self.guardians.opened(row.id, row.data_key, found[1])
