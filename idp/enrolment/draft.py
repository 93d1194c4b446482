"""What somebody has done so far on the way to an account."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Journey(StrEnum):
    """Why they came: heading and last page follow from it (requirements C2)."""

    JOIN = "join"
    CONVERT = "convert"


class Kind(StrEnum):
    """What they will be."""

    PERSON = "person"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True)
class Conversion:
    """What the relying party said when it sent somebody to convert an account (REQ-06)."""

    relying_party_id: str
    account: str
    display_name: str
    role: str
    expected: Kind
    strict: bool
    issued_at: float | None = field(default=None, compare=False)
    """When the relying party made the request, in seconds; None in a draft of a release that did not keep it."""

    def begun(self, started_at: datetime) -> datetime:
        """Since when this conversion is under way, its draft having begun at `started_at`."""
        asked = datetime.fromtimestamp(self.issued_at, UTC) if self.issued_at is not None else started_at
        return min(asked, started_at)


@dataclass(frozen=True, slots=True)
class Draft:
    """One enrolment in one tab. Kept sealed on the server; the browser holds nothing but its id.

    `evidence` is what verification proved, packed; `details` what was typed at step 4 and is not proven; the password
    is here as its hash only. `guardian` is the packed decision of a child's guardian.
    """

    id: str
    browser: str
    started_at: datetime
    journey: Journey = Journey.JOIN
    kind: Kind | None = None
    child: bool = False
    kind_confirmed: bool = False
    origin: str | None = None
    """The relying party whose sign-in page they came from."""
    sign_in: str | None = None
    """The started sign-in they go back to."""
    conversion: Conversion | None = None
    choices: Mapping[str, bool] | None = None
    edition: int = 0
    business_number: str | None = None
    evidence: str | None = field(default=None, repr=False)
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What stands in the fields of step 4, right or wrong, so that going back loses nothing (REQ-08); no password."""
    details: Mapping[str, str] | None = field(default=None, repr=False)
    checked_login_id: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)
    agencies: tuple[str, ...] | None = None
    accounts: tuple[str, ...] = ()
    """Roster accounts the member chose to link, by our row ids."""
    tell_former: bool = False
    """Whether chosen agencies may be told under which subject they knew them before."""
    member: str | None = None
    """Whom verification, or the session they came with, showed to be a member already."""
    guardian: str | None = field(default=None, repr=False)
    guardian_request: str | None = None

    def packed(self) -> bytes:
        """As octets, to be sealed."""
        return json.dumps({**asdict(self), "started_at": self.started_at.timestamp()}, ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, octets: bytes) -> Draft:
        """From opened octets."""
        values: dict[str, Any] = json.loads(octets)
        values["started_at"] = datetime.fromtimestamp(values["started_at"], UTC)
        values["journey"] = Journey(values["journey"])
        values["kind"] = Kind(values["kind"]) if values["kind"] is not None else None
        if values["conversion"] is not None:
            said = values["conversion"]
            values["conversion"] = Conversion(**{**said, "expected": Kind(said["expected"])})
        values["agencies"] = tuple(values["agencies"]) if values["agencies"] is not None else None
        values["accounts"] = tuple(values["accounts"])
        return cls(**values)
