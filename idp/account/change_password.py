"""비밀번호 변경: a new password, and every other session of the member over."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials import store as credentials
from idp.credentials.password import PasswordHasher
from idp.errors import Conflict, NotFound
from idp.mail.letters import PasswordChanged
from idp.members import store as members
from idp.members.inform import Inform
from idp.signals.security_events import (
    ChangeType,
    CredentialType,
    Ended,
    TellAgencies,
    credential_change,
    session_revoked,
)
from idp.signin.password import WAY_BACK
from idp.storage.database import Database


class PasswordChangedMeanwhile(Conflict):
    """The password that was confirmed is not the member's any more: another window was first."""

    code = "password_changed_meanwhile"


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Sets a password that the policy admits, for a member who has just confirmed the former one."""

    database: Database
    clock: Clock
    hasher: PasswordHasher
    inform: Inform
    tell_agencies: TellAgencies

    def __call__(self, member_id: str, confirmed: str, password: str, *, address: str) -> int:
        """The member's session epoch from now on: sessions of an older one are over. Relying parties are told (REQ-68),
        and so is the member, by every channel on file. `confirmed` is the stored hash that the former password fits.

        Raises:
            PasswordChangedMeanwhile: of two changes at once the other was first.
            NotFound: there is no such member any more.
        """
        hashed = self.hasher.hash(password)
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        with self.database.transaction() as connection:
            held = members.lock(connection, member_id)
            if held is None or held[1] != members.ACTIVE:
                raise NotFound("no such member")
            if credentials.password_hash(connection, member_id) != confirmed:
                raise PasswordChangedMeanwhile
            credentials.set_password(connection, member_id, hashed, now)
            members.end_sessions(connection, member_id)
            changed = credential_change(now, CredentialType.PASSWORD, ChangeType.UPDATE)
            told = tell_agencies(connection, member_id, (session_revoked(now, Ended.PASSWORD), changed))
            row = members.find(connection, member_id)
            assert row is not None  # noqa: S101  # its row is held
            self.inform(connection, row, PasswordChanged(now, WAY_BACK))
            detail = {"told": told}
            record(
                connection, Record(now, Action.PASSWORD_CHANGED, "member", member_id, address=address, detail=detail)
            )
            return row.session_epoch
