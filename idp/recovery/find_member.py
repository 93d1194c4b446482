"""Whom evidence is of."""

from __future__ import annotations

from dataclasses import dataclass

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.members import store as members
from idp.members.directory import Directory
from idp.members.profile import PersonProfile
from idp.recovery.recoveries import Proof
from idp.storage.database import Database
from idp.verification.evidence import Assurance, Evidence
from idp.verification.kept import RenewKept


@dataclass(frozen=True, slots=True)
class FindMember:
    """Looks verified people up; of people who were not verified it says nothing (REQ-43)."""

    database: Database
    clock: Clock
    directory: Directory
    whole_from: str
    """The assurance from which the 아이디 is shown whole, or `never`."""
    renew_kept: RenewKept

    def __call__(self, evidence: Evidence, address: str) -> Proof:
        """Who was verified, for 아이디 찾기."""
        proof = self._proof(evidence)
        action = Action.LOGIN_ID_FOUND if proof.member_id is not None else Action.RECOVERY_REFUSED
        self._record(action, proof.member_id, evidence, address)
        if proof.member_id is not None:
            self.renew_kept(proof.member_id, evidence, address=address)
        return proof

    def of_login_id(self, evidence: Evidence, login_id: str, address: str) -> Proof | None:
        """Who was verified, where it is the member who signs in under `login_id`. None where that is somebody else, or
        nobody: why, is not to be told apart."""
        proof = self._proof(evidence)
        with self.database.reading() as connection:
            named = self.directory.member_id(connection, login_id)
        if proof.member_id is None or named != proof.member_id:
            self._record(Action.RECOVERY_REFUSED, None, evidence, address)
            return None
        self.renew_kept(proof.member_id, evidence, address=address)
        return proof

    def login_id(self, member_id: str) -> str | None:
        """The 아이디 of a member; None once they have left."""
        with self.database.reading() as connection:
            row = members.find(connection, member_id)
        profile = self.directory.profile(row) if row is not None else None
        return profile.login_id if isinstance(profile, PersonProfile) else None

    def _proof(self, evidence: Evidence) -> Proof:
        with self.database.reading() as connection:
            member_id = self.directory.person_id(connection, evidence.ci) if evidence.ci is not None else None
            row = members.find(connection, member_id) if member_id is not None else None
        whole = self.whole_from != "never" and evidence.assurance >= Assurance(self.whole_from)
        if row is None or row.status != members.ACTIVE:
            return Proof(None, 0, evidence.method, whole)
        return Proof(row.id, row.session_epoch, evidence.method, whole)

    def _record(self, action: Action, member_id: str | None, evidence: Evidence, address: str) -> None:
        detail = {"method": evidence.method}
        with self.database.each_alone() as connection:
            record(connection, Record(self.clock.now(), action, "visitor", member_id, address=address, detail=detail))
