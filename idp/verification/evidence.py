"""What a verification proved. Made on the server only, from what a provider vouched for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Holder(StrEnum):
    """Whom a method speaks for."""

    PERSON = "person"
    BUSINESS = "business"


class Assurance(StrEnum):
    """How much a method proves: L2 an identification service vouched, L3 a certificate signed."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"


@dataclass(frozen=True, slots=True)
class Certificate:
    """Which certificate signed. `sha256` is the digest of its DER in hex; it finds a registered certificate again."""

    issuer: str
    serial: str
    policy: str
    sha256: str
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """One verification's result. `phone` and `business_number` are digits; `ci` has 88 characters, `di` 64.

    What names somebody is kept out of the representation, which ends up in logs.
    """

    provider: str
    method: str
    assurance: Assurance
    simulated: bool
    tx_id: str
    verified_at: datetime
    holder: Holder
    raw_hash: str
    """SHA-256 of what the provider sent, in hex: enough to compare with the provider's own record in a dispute."""
    name: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    gender: str | None = field(default=None, repr=False)
    """`male` or `female`, the values of OpenID Connect Core §5.1."""
    phone: str | None = field(default=None, repr=False)
    ci: str | None = field(default=None, repr=False)
    di: str | None = field(default=None, repr=False)
    business_number: str | None = field(default=None, repr=False)
    company_name: str | None = field(default=None, repr=False)
    representative_name: str | None = field(default=None, repr=False)
    certificate: Certificate | None = field(default=None, repr=False)

    def packed(self) -> bytes:
        """As octets, to be sealed."""
        return json.dumps(asdict(self), default=_iso, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def unpacked(cls, octets: bytes) -> Evidence:
        """From opened octets."""
        values: dict[str, Any] = json.loads(octets)
        values["assurance"] = Assurance(values["assurance"])
        values["holder"] = Holder(values["holder"])
        values["verified_at"] = datetime.fromisoformat(values["verified_at"])
        if values["birth_date"] is not None:
            values["birth_date"] = date.fromisoformat(values["birth_date"])
        if values["certificate"] is not None:
            not_after = datetime.fromisoformat(values["certificate"]["not_after"])
            values["certificate"] = Certificate(**{**values["certificate"], "not_after": not_after})
        return cls(**values)


def _iso(value: Any) -> str:
    return str(value.isoformat())
