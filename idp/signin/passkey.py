"""Signing in by a passkey, and taking the second step by one."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials.passkey_answer import read
from idp.credentials.passkey_ceremonies import Occasion, PasskeyCeremonies
from idp.credentials.passkey_refusals import CounterRegressed, PasskeyRefused, UnknownPasskey
from idp.credentials.passkeys import KeptPasskey, Passkeys
from idp.members import store as members
from idp.sessions.assurance import Authentication, by_passkey
from idp.sessions.session import Session
from idp.sessions.sessions import Sessions
from idp.signals.security_events import TellAgencies, credential_compromise, passkey_type
from idp.signin.start_session import start_anew
from idp.signin.suspended import AccountSuspended
from idp.storage.database import Database


@dataclass(frozen=True, slots=True)
class UsePasskey:
    """Asks an authenticator and weighs what it answers. Every refusal is in the audit under its own code."""

    database: Database
    clock: Clock
    ceremonies: PasskeyCeremonies
    passkeys: Passkeys
    sessions: Sessions
    tell_agencies: TellAgencies

    def ask(self, at: Occasion, member_id: str | None) -> str:
        """What the browser's authenticator is asked, as JSON: for one of the member's, or for whichever is picked."""
        with self.database.reading() as connection:
            allowed = self.passkeys.of_member(connection, member_id) if member_id is not None else []
        return self.ceremonies.authentication(at, allowed)

    def sign_in(self, at: Occasion, answer: str, address: str, former: str | None) -> tuple[str, Session]:
        """The cookie value of the new session, and the session, of the member whose passkey it is.

        Raises:
            PasskeyRefused: one of its leaves says why not.
            AccountSuspended: the member is suspended.
        """
        kept, by = self._weighed(at, answer, address, None)
        with self.database.reading() as connection:
            row = members.find(connection, kept.member_id)
        if row is None or row.status != members.ACTIVE:
            raise UnknownPasskey("no such member any more")
        return start_anew(self.sessions, former, row.id, row.session_epoch, by)

    def second_step(self, at: Occasion, answer: str, address: str, member_id: str) -> Authentication:
        """What it proved of a member who is known already.

        Raises:
            PasskeyRefused: one of its leaves says why not.
        """
        _kept, by = self._weighed(at, answer, address, member_id)
        return by

    def _weighed(
        self, at: Occasion, text: str, address: str, expected: str | None
    ) -> tuple[KeptPasskey, Authentication]:
        kept: KeptPasskey | None = None
        try:
            answer = read(text)
            with self.database.reading() as connection:
                kept = self.passkeys.find(connection, answer.credential_id)
            if kept is not None and expected not in (None, kept.member_id):
                kept = None
            count = self.ceremonies.used(at, answer, kept, discovered=expected is None)
            assert kept is not None  # noqa: S101  # without one the ceremony has refused
            now = self.clock.now()
            with self.database.transaction() as connection:
                row = members.find(connection, kept.member_id)
                if row is not None and row.status == members.SUSPENDED:
                    raise AccountSuspended
                if row is None or row.status != members.ACTIVE:
                    raise UnknownPasskey("no such member any more")
                if not self.passkeys.used(connection, kept.id, count, now):
                    raise CounterRegressed("counter stood still or went back")
                action = Action.SIGN_IN_SUCCEEDED if expected is None else Action.SECOND_STEP_TAKEN
                detail = {"method": "passkey", "passkey": kept.id}
                record(connection, Record(now, action, "member", kept.member_id, address=address, detail=detail))
        except PasskeyRefused as refusal:
            self._refused(refusal, expected or (kept.member_id if kept is not None else None), address)
            if kept is not None and isinstance(refusal, CounterRegressed):
                self._copied(kept)
            raise
        return kept, by_passkey(now, synchronised=kept.synchronised)

    def _refused(self, refusal: PasskeyRefused, member_id: str | None, address: str) -> None:
        entry = Record(
            self.clock.now(),
            Action.PASSKEY_REFUSED,
            "member" if member_id is not None else "visitor",
            member_id,
            address=address,
            detail={"method": "passkey", "failure": refusal.code},
        )
        with self.database.each_alone() as connection:
            record(connection, entry)

    def _copied(self, kept: KeptPasskey) -> None:
        """Somebody else may have the key: agencies that asked hear of it (RISC 1.0 §2.7)."""
        tell_agencies = self.tell_agencies.ready()
        with self.database.transaction() as connection:
            members.lock(connection, kept.member_id)
            said = credential_compromise(self.clock.now(), passkey_type(kept.transports))
            tell_agencies(connection, kept.member_id, (said,))
