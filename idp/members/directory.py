"""Finding members and opening what is known of them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from sqlalchemy import Connection

from idp.crypto.digests import Digester
from idp.crypto.fields import FieldCipher
from idp.members import store
from idp.members.profile import Profile, packed, unpacked
from idp.members.store import MemberRow

LOGIN_ID = "login_id"
PHONE = "phone"
EMAIL = "email"
CI = "ci"
BUSINESS_NUMBER = "business_number"
_PROFILE = "member.profile"
_IDENTIFIER = "member.former_identifier"


@dataclass(frozen=True, slots=True)
class Directory:
    """Looks members up by keyed digest and opens their profiles."""

    cipher: FieldCipher
    digester: Digester

    def login_id_digest(self, login_id: str) -> str:
        """What finds the member of `login_id`; compared without case (requirements C3)."""
        return self.digester.digest(LOGIN_ID, unicodedata.normalize("NFC", login_id).strip().lower())

    def email_digest(self, email: str) -> str:
        """What stands for an address where the address itself must not lie."""
        return self.digester.digest(EMAIL, email.lower())

    def member_id(self, connection: Connection, login_id: str) -> str | None:
        """Who signs in under `login_id`, if anybody does."""
        return store.id_by_login_id(connection, self.login_id_digest(login_id))

    def person_id(self, connection: Connection, ci: str) -> str | None:
        """The live member of this CI; at most one (REQ-36)."""
        return store.id_by_ci(connection, self.digester.digest(CI, ci))

    def enterprise_id(self, connection: Connection, business_number: str) -> str | None:
        """The live member of this 사업자등록번호; at most one (REQ-18)."""
        return store.id_by_business_number(connection, self.digester.digest(BUSINESS_NUMBER, business_number))

    def profile(self, row: MemberRow) -> Profile | None:
        """What is known of a member; None once withdrawn.

        Raises:
            Undecipherable: the profile was sealed under another key.
        """
        if row.data_key is None or row.profile is None:
            return None
        return unpacked(row.kind, self.cipher.open(row.data_key, row.id, _PROFILE, row.profile))

    def sealed(self, data_key: bytes, member_id: str, profile: Profile) -> bytes:
        """What is kept of `profile`."""
        return self.cipher.seal(data_key, member_id, _PROFILE, packed(profile))

    def sealed_identifier(self, data_key: bytes, member_id: str, identifier: str) -> bytes:
        """What is kept of an address or number that the member had, for a message that names them by it."""
        return self.cipher.seal(data_key, member_id, _IDENTIFIER, identifier.encode())

    def identifier(self, row: MemberRow, sealed: bytes) -> str | None:
        """It again; None once withdrawn.

        Raises:
            Undecipherable: it was sealed under another key.
        """
        if row.data_key is None:
            return None
        return self.cipher.open(row.data_key, row.id, _IDENTIFIER, sealed).decode()
