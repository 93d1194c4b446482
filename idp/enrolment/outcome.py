"""What came of an enrolment, for its last page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from idp.enrolment.draft import Journey, Kind


@dataclass(frozen=True, slots=True)
class Finished:
    """A new member, how they came, and where they go on."""

    member_id: str
    journey: Journey
    kind: Kind
    sign_in: str | None
    returns_to: str | None
    """The relying party they came from, by id."""

    def packed(self) -> bytes:
        """As octets."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpacked(cls, octets: bytes) -> Finished:
        """From octets we packed."""
        values: dict[str, Any] = json.loads(octets)
        return cls(**{**values, "journey": Journey(values["journey"]), "kind": Kind(values["kind"])})
