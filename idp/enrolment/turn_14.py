"""The day a child no longer needs a guardian's consent: noted, told, and their own asked for (PIPA §22의2).

From then on the consents of the guardian carry nothing: each is written down as lapsed, and the member counts as having
answered no terms. At their next sign-in they are asked themselves, by the page that asks whoever has terms to renew;
what is optional stays refused until they choose it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.enrolment.guardian_record import GuardianRecords
from idp.mail.guardian_letters import TurnedFourteen
from idp.members import store as members
from idp.members.inform import Inform
from idp.storage.database import Database
from idp.terms import store as terms
from idp.verification.age import korean_date

_AT_ONCE = 200
_BEFORE_ALL = ""
_NOTHING_ANSWERED = 0
_ACTOR, _CHANNEL = "worker", "turned_14"
_SIGN_IN = "/account/"


@dataclass(frozen=True, slots=True)
class NoticeTurned14:
    """Looks through whoever joined with a guardian's consent. Any number may look at once: one of them notes."""

    database: Database
    clock: Clock
    guardians: GuardianRecords
    inform: Inform

    def __call__(self) -> int:
        """How many have turned 14 since the last look."""
        noted, after = 0, _BEFORE_ALL
        while True:
            with self.database.reading() as connection:
                page = self.guardians.of_the_young(connection, after=after, limit=_AT_ONCE)
                grown = [member_id for _id, member_id, sealed in page if self._grown(connection, member_id, sealed)]
            noted += sum(self._note(member_id) for member_id in dict.fromkeys(grown))
            if len(page) < _AT_ONCE:
                return noted
            after = page[-1][0]

    def _grown(self, connection: Connection, member_id: str, sealed: bytes) -> bool:
        row = members.find(connection, member_id)
        if row is None or row.data_key is None:
            # Gone, and the birthday with them.
            return False
        return self.guardians.opened(member_id, row.data_key, sealed).lapsed_by(korean_date(self.clock.now()))

    def _note(self, member_id: str) -> bool:
        now = self.clock.now()
        with self.database.transaction() as connection:
            held = members.lock(connection, member_id)
            if held is None or held[1] != members.ACTIVE:
                return False
            if not self.guardians.note_turned_14(connection, member_id, now):
                return False
            self._lapse(connection, member_id, now)
            members.agreed_to_edition(connection, member_id, _NOTHING_ANSWERED)
            self.inform(connection, members.find(connection, member_id), TurnedFourteen(_SIGN_IN))
            record(connection, Record(now, Action.CHILD_TURNED_14, _ACTOR, member_id))
        return True

    def _lapse(self, connection: Connection, member_id: str, now: datetime) -> None:
        rows = []
        for name, said in terms.last_answers(connection, member_id).items():
            document = terms.version(connection, name, said.version) if said.agreed else None
            if document is not None:
                lapsed = terms.answer_row(
                    member_id,
                    document,
                    agreed=False,
                    at=now,
                    address=None,
                    language=said.language,
                    channel=_CHANNEL,
                    detail={},
                )
                rows.append(lapsed)
        terms.add_answers(connection, rows)
