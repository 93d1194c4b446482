"""Requiring a new password of a member whose present one is, or may be, known to somebody else."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.actor import Actor
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials import store as credentials
from idp.errors import Conflict, NotFound
from idp.mail.letters import NewPasswordRequired
from idp.members import store as members
from idp.members.directory import Directory
from idp.members.inform import Inform
from idp.members.profile import PersonProfile
from idp.recovery.set_new_password import EndGrants
from idp.signals.security_events import (
    ChangeType,
    CredentialType,
    Ended,
    Fact,
    Initiator,
    TellAgencies,
    credential_change,
    credential_change_required,
    credential_compromise,
    session_revoked,
)
from idp.signin.password import WAY_BACK
from idp.storage.database import Database


class NoWayBack(Conflict):
    """Neither a verification nor a proven e-mail address would let the member set a new one: they would be shut out."""

    code = "no_way_back"


@dataclass(frozen=True, slots=True)
class RequireNewPassword:
    """Forgets the password. The member sets a new one by 비밀번호 재설정; other ways in stay open to them."""

    database: Database
    clock: Clock
    directory: Directory
    end_grants: EndGrants
    tell_agencies: TellAgencies
    inform: Inform

    def __call__(self, member_id: str, *, actor: Actor, reason: str, leaked: bool = False) -> int:
        """How many messages to relying parties were queued. `leaked`: the password is known to be in wrong hands.

        Raises:
            NotFound: there is no such person, or they have no password.
            NoWayBack: they could not set a new one.
        """
        now, tell_agencies = self.clock.now(), self.tell_agencies.ready()
        facts: list[Fact] = [credential_compromise(now, CredentialType.PASSWORD)] if leaked else []
        facts += [
            credential_change_required(now),
            credential_change(now, CredentialType.PASSWORD, ChangeType.REVOKE, Initiator.ADMIN),
            session_revoked(now, Ended.NEW_PASSWORD_REQUIRED),
        ]
        with self.database.transaction() as connection:
            members.lock(connection, member_id)
            row = members.find(connection, member_id)
            profile = self.directory.profile(row) if row is not None else None
            if not isinstance(profile, PersonProfile):
                raise NotFound("no such person")
            if profile.ci is None and not profile.email_verified:
                raise NoWayBack("neither verified nor with a proven e-mail address")
            if not credentials.forget_password(connection, member_id):
                raise NotFound("no password")
            members.end_sessions(connection, member_id)
            self.end_grants(connection, member_id, now)
            told = tell_agencies(connection, member_id, facts)
            self.inform(connection, row, NewPasswordRequired(now, WAY_BACK))
            detail: dict[str, str | int | bool | None] = {"reason": reason, "leaked": leaked, "told": told}
            record(connection, Record(now, Action.NEW_PASSWORD_REQUIRED, str(actor), member_id, detail=detail))
        return told
