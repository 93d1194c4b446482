"""Becoming a member. Callers have verified who it is; here the account is made."""

from __future__ import annotations

import re
import unicodedata
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.credentials import store as credentials
from idp.credentials.password import PasswordHasher
from idp.errors import BadRequest, Conflict
from idp.members import store
from idp.members.business_number import is_business_number
from idp.members.directory import BUSINESS_NUMBER, EMAIL, PHONE, PROFILE, Directory
from idp.members.profile import EnterpriseProfile, PersonProfile, packed
from idp.randomness import Randomness, case_blind_token
from idp.storage.database import Database

_LOGIN_ID = re.compile(r"[a-z0-9_.]{5,20}")


class AlreadyAMember(Conflict):
    """The 아이디, the person or the 사업자등록번호 has an account already (REQ-18, REQ-36)."""

    code = "already_a_member"


@dataclass(frozen=True, slots=True)
class Join:
    """Makes the account of a person or an enterprise; race-safe by the database's unique digests."""

    database: Database
    clock: Clock
    randomness: Randomness
    directory: Directory
    hasher: PasswordHasher

    def person(self, profile: PersonProfile, password: str, *, actor: str) -> str:
        """The new member's id.

        Raises:
            BadRequest: the 아이디 is not one (REQ-21).
            AlreadyAMember: it is taken.
        """
        if not _LOGIN_ID.fullmatch(profile.login_id):
            raise BadRequest("login id is not 5 to 20 of a-z 0-9 _ .")
        hashed = self.hasher.hash(password)
        digest = self.directory.digester.digest
        values = {
            "login_id_digest": self.directory.login_id_digest(profile.login_id),
            "phone_digest": digest(PHONE, profile.phone),
            "email_digest": digest(EMAIL, profile.email.lower()),
        }
        return self._make("person", _normal(profile), values, hashed, actor)

    def enterprise(self, profile: EnterpriseProfile, *, actor: str) -> str:
        """The new member's id.

        Raises:
            BadRequest: the 사업자등록번호 fails its checksum (REQ-17).
            AlreadyAMember: it has an account (REQ-18).
        """
        if not is_business_number(profile.business_number):
            raise BadRequest("business number fails its checksum")
        values = {
            "enterprise_uuid": profile.enterprise_uuid,
            "business_number_digest": self.directory.digester.digest(BUSINESS_NUMBER, profile.business_number),
        }
        return self._make("enterprise", _normal(profile), values, None, actor)

    def new_enterprise_uuid(self) -> str:
        """A 기업 UUID nobody has had before."""
        return str(uuid.UUID(bytes=self.randomness.octets(16), version=4))

    def _make(self, kind: str, profile: Any, digests: dict[str, str], password_hash: str | None, actor: str) -> str:
        now = self.clock.now()
        member_id = case_blind_token(self.randomness)
        data_key = self.directory.cipher.new_data_key(member_id)
        sealed = self.directory.cipher.seal(data_key, member_id, PROFILE, packed(profile))
        values = {"member_id": member_id, **digests, "profile": sealed, "updated_at": now}
        try:
            with self.database.transaction() as connection:
                store.add_member(connection, member_id=member_id, kind=kind, data_key=data_key, at=now)
                self._add(connection, kind, values)
                if password_hash is not None:
                    credentials.set_password(connection, member_id, password_hash, now)
                record(connection, Record(now, Action.MEMBER_JOINED, actor, member_id, detail={"kind": kind}))
        except IntegrityError as error:
            raise AlreadyAMember(f"a {kind} with these details exists") from error
        return member_id

    @staticmethod
    def _add(connection: Connection, kind: str, values: dict[str, Any]) -> None:
        if kind == "person":
            store.add_person(connection, values)
        else:
            store.add_enterprise(connection, values)


def _normal(profile: Any) -> Any:
    """Hangul typed as loose jamo (NFD, macOS) becomes syllables, so that equal names are equal octets."""
    fields = {
        name: unicodedata.normalize("NFC", value) if isinstance(value := getattr(profile, name), str) else value
        for name in profile.__slots__
    }
    return type(profile)(**fields)
