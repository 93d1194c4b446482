"""Writing a new member, inside the transaction of whoever lets them in."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.credentials import store as credentials
from idp.errors import BadRequest, Conflict
from idp.members import store
from idp.members.business_number import is_business_number
from idp.members.directory import BUSINESS_NUMBER, CI, PHONE, Directory
from idp.members.profile import EnterpriseProfile, PersonProfile, Profile
from idp.randomness import Randomness, case_blind_token

_LOGIN_ID = re.compile(r"[a-z0-9_.]{5,20}")
_Kind = TypeVar("_Kind", PersonProfile, EnterpriseProfile)
Taken = Literal["login_id", "person", "business_number"]


class AlreadyAMember(Conflict):
    """The 아이디, the person or the 사업자등록번호 has an account already (REQ-18, REQ-36); `taken` says which."""

    code = "already_a_member"

    def __init__(self, taken: Taken) -> None:
        super().__init__(f"{taken} has an account already")
        self.taken: Taken = taken


def is_login_id(value: str) -> bool:
    """Whether `value` can be a 아이디 (REQ-21)."""
    return _LOGIN_ID.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Admit:
    """Makes members; of any number who race for one 아이디, person or 사업자등록번호 the database lets one in."""

    randomness: Randomness
    directory: Directory

    def person(
        self, connection: Connection, profile: PersonProfile, password_hash: str, *, at: datetime, actor: str
    ) -> str:
        """The new member's id. The caller has verified who it is.

        Raises:
            BadRequest: the 아이디 is not one (REQ-21).
            AlreadyAMember: it, or the person, has an account.
        """
        if not is_login_id(profile.login_id):
            raise BadRequest("login id is not 5 to 20 of a-z 0-9 _ .")
        profile = _composed(profile)
        digest = self.directory.digester.digest
        values = {
            "login_id_digest": self.directory.login_id_digest(profile.login_id),
            "ci_digest": digest(CI, profile.ci) if profile.ci is not None else None,
            "phone_digest": digest(PHONE, profile.phone),
            "email_digest": self.directory.email_digest(profile.email),
        }
        return self._make(connection, "person", profile, values, password_hash, at, actor, store.add_person)

    def enterprise(
        self,
        connection: Connection,
        profile: EnterpriseProfile,
        password_hash: str | None,
        *,
        at: datetime,
        actor: str,
    ) -> str:
        """The new member's id. The caller has verified the enterprise.

        Raises:
            BadRequest: the 사업자등록번호 is not one (REQ-17), or the 아이디 is not.
            AlreadyAMember: the enterprise has an account (REQ-18), or the 아이디 is taken.
        """
        if not is_business_number(profile.business_number):
            raise BadRequest("business number fails its checksum")
        if profile.login_id is not None and not is_login_id(profile.login_id):
            raise BadRequest("login id is not 5 to 20 of a-z 0-9 _ .")
        profile = _composed(profile)
        login_id = profile.login_id
        values = {
            "enterprise_uuid": profile.enterprise_uuid,
            "business_number_digest": self.directory.digester.digest(BUSINESS_NUMBER, profile.business_number),
            "login_id_digest": self.directory.login_id_digest(login_id) if login_id is not None else None,
        }
        return self._make(connection, "enterprise", profile, values, password_hash, at, actor, store.add_enterprise)

    def new_enterprise_uuid(self) -> str:
        """A 기업 UUID nobody has had before."""
        return str(uuid.UUID(bytes=self.randomness.octets(16), version=4))

    def _make(
        self,
        connection: Connection,
        kind: str,
        profile: Profile,
        digests: dict[str, str | None],
        password_hash: str | None,
        at: datetime,
        actor: str,
        add: Callable[[Connection, dict[str, Any]], None],
    ) -> str:
        member_id = case_blind_token(self.randomness)
        data_key = self.directory.cipher.new_data_key(member_id)
        sealed = self.directory.sealed(data_key, member_id, profile)
        store.add_member(connection, member_id=member_id, kind=kind, data_key=data_key, at=at)
        try:
            add(connection, {"member_id": member_id, **digests, "profile": sealed, "updated_at": at})
        except IntegrityError as error:
            raise AlreadyAMember(_taken(error)) from error
        if password_hash is not None:
            credentials.set_password(connection, member_id, password_hash, at)
        record(connection, Record(at, Action.MEMBER_JOINED, actor, member_id, detail={"kind": kind}))
        return member_id


def _taken(error: IntegrityError) -> Taken:
    said = str(error.orig)
    if "ci_digest" in said:
        return "person"
    return "business_number" if "business_number_digest" in said else "login_id"


def _composed(profile: _Kind) -> _Kind:
    """Hangul typed as loose jamo (NFD, macOS) becomes syllables, so that equal names are equal octets."""
    values: dict[str, Any] = {name: getattr(profile, name) for name in profile.__slots__}
    composed = {name: unicodedata.normalize("NFC", text) for name, text in values.items() if isinstance(text, str)}
    return type(profile)(**{**values, **composed})
