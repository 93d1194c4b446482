"""The second step by a code: of the member's app, or one they wrote down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.attempts import AttemptLimits
from idp.credentials.daily_guesses import DailyGuesses, GuessesSpent
from idp.credentials.one_time_codes import OneTimeCodes
from idp.credentials.recovery_codes import RecoveryCodes
from idp.errors import Refusal
from idp.mail.letters import AccountLocked
from idp.members import store as members
from idp.members.inform import Inform
from idp.sessions.assurance import Authentication, by_one_time_code, by_recovery_code
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signin.password import WAY_BACK
from idp.storage.database import Database


class WrongCode(Refusal):
    """Not a code of this member's, or one that was used before; the two look alike."""

    code = "wrong_second_step"
    status = 401


@dataclass(frozen=True, slots=True)
class TakeCode:
    """Takes a code of the member's app, or one of their recovery codes, behind the limits on guessing: for a while, as
    with passwords (REQ-40), and for a day."""

    database: Database
    clock: Clock
    limits: AttemptLimits
    daily: DailyGuesses
    codes: OneTimeCodes
    recovery: RecoveryCodes
    inform: Inform

    def __call__(self, member_id: str, typed: str, address: str) -> Authentication:
        """What it proved. One code proves once, to one of any number who post it.

        Raises:
            WrongCode: it is none of this member's, or used.
            GuessesSpent: the day's are used up; a right code is refused as well.
            TooManyAttempts: the account or the address has used up its guesses.
        """
        if self.daily.spent(member_id):
            # Before the shorter limit, which would speak of minutes.
            raise self.daily.closed()
        # No 아이디 has a colon: passwords and codes of one account are counted apart.
        attempt = self.limits.check(f"second-step:{member_id}", address)
        last = self.daily.check(member_id)
        now = self.clock.now()
        with self.database.transaction() as connection:
            row = members.find(connection, member_id)
            data_key = row.data_key if row is not None and row.status == members.ACTIVE else None
            taken: Authentication | None = None
            if data_key is not None and self.codes.spend(connection, member_id, data_key, typed, now):
                taken = by_one_time_code(now)
            elif data_key is not None and self.recovery.spend(connection, member_id, typed):
                taken = by_recovery_code(now)
            if taken is not None:
                detail = {"method": taken.method}
                entry = Record(now, Action.SECOND_STEP_TAKEN, "member", member_id, address=address, detail=detail)
                record(connection, entry)
        if taken is None:
            until = now + self.limits.limits.lock if self.limits.failed(attempt) else None
            self._failed(member_id, address, until=self.daily.ends_at() if last else until, last=last)
            raise WrongCode
        self.limits.succeeded(attempt)
        self.daily.right(member_id)
        return taken

    def _failed(self, member_id: str, address: str, *, until: datetime | None, last: bool) -> None:
        """Write it down; where no code is taken before `until`, tell the member once."""
        now = self.clock.now()
        action = Action.SIGN_IN_LOCKED if until is not None else Action.SECOND_STEP_FAILED
        detail: dict[str, str | int | bool | None] = {"method": "totp"}
        if last:
            action = Action.SECOND_STEP_CLOSED
            detail["failure"] = GuessesSpent.code
        with self.database.transaction() as connection:
            record(connection, Record(now, action, "member", member_id, address=address, detail=detail))
            if until is not None:
                # Whoever guesses here knows the password.
                letter = AccountLocked(now, WAY_BACK, until)
                self.inform(connection, members.find(connection, member_id), letter)


@dataclass(frozen=True, slots=True)
class AddProof:
    """Adds a proof to a session of the member's, under a new cookie (session fixation)."""

    sessions: Sessions

    def __call__(self, former: str, session: Session, by: Authentication) -> tuple[str, Session]:
        """The new cookie value, and the session as it is now.

        Raises:
            SessionOver: it ended meanwhile.
        """
        return self.sessions.add(former, session, by)
