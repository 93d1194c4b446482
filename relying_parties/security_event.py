"""A verified account event, as the rest of a relying party sees it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class SecurityEvent:
    """One verified event."""

    issuer: str
    jti: str
    issued_at: float
    kind: str
    """The URI of its type."""
    payload: dict[str, Any] = field(repr=False)
    subject: str | None
    """The member, if named the way we know members: by this issuer and subject."""
    session: str | None = None
    """The one session of the member that it is about, by the `sid` we know; None where it is about the member."""
    tenant: str | None = None
    """The enterprise, where it is about everyone of one."""

    @property
    def happened_at(self) -> float:
        stamp = moment(self.payload.get("event_timestamp"))
        return self.issued_at if stamp is None else stamp


def moment(value: object) -> float | None:
    """A time in seconds since 1970, when `value` is one: JSON also knows true, and numbers beyond any date."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**53:
        return None
    return float(value)
