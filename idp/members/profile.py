"""What we know of a member, as plain values; sealed before it is kept."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from idp.members.verification_kept import VerificationKept


@dataclass(frozen=True, slots=True)
class PersonProfile:
    """A person (개인회원). `birth_date` is `YYYY-MM-DD`; phone numbers are digits. `ci` is 연계정보, told to nobody.

    The flags say whether a number or address was proven to be the member's, by verification or by a link sent there.
    """

    login_id: str
    name: str
    email: str
    phone: str
    birth_date: str | None = None
    landline: str | None = None
    ci: str | None = None
    phone_verified: bool = False
    email_verified: bool = False
    identity_verified: bool = False
    phone_at_hand: bool = False
    """A code sent to the number came back: the member has the phone, whoever owns it."""
    verification: VerificationKept | None = None

    @property
    def display_name(self) -> str:
        """What pages greet with."""
        return self.name


@dataclass(frozen=True, slots=True)
class EnterpriseProfile:
    """An enterprise (기업회원). `founded_on` is `YYYY-MM-DD`; `business_number` ten digits."""

    enterprise_uuid: str
    business_number: str
    company_name: str
    representative_name: str
    founded_on: str
    email: str
    phone: str | None = None
    login_id: str | None = None
    email_verified: bool = False
    identity_verified: bool = False
    verification: VerificationKept | None = None

    @property
    def display_name(self) -> str:
        """What pages greet with."""
        return self.company_name


Profile = PersonProfile | EnterpriseProfile


def packed(profile: Profile) -> bytes:
    """`profile` as octets to be sealed."""
    return json.dumps(asdict(profile), ensure_ascii=False, separators=(",", ":")).encode()


def unpacked(kind: str, octets: bytes) -> Profile:
    """The profile of a member of `kind` from opened octets."""
    values: dict[str, Any] = json.loads(octets)
    kept = values.get("verification")
    if kept is not None:
        values["verification"] = VerificationKept(**{**kept, "of": tuple(kept["of"])})
    return PersonProfile(**values) if kind == "person" else EnterpriseProfile(**values)
