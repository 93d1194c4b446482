"""Which keys whoever uses a token must hold: `cnf`. RFC 7800 §3.1, RFC 9449 §6, RFC 8705 §3.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Thumbprints of a DPoP key and of a client certificate; each is demanded where it is there."""

    jkt: str | None = None
    x5t: str | None = None

    def __bool__(self) -> bool:
        return self.jkt is not None or self.x5t is not None

    def claim(self) -> dict[str, str]:
        """The members of `cnf`, as they are signed, told and kept."""
        members = {"jkt": self.jkt, "x5t#S256": self.x5t}
        return {name: value for name, value in members.items() if value is not None}

    @classmethod
    def kept(cls, members: Mapping[str, str] | None) -> Confirmation:
        """From members that we kept."""
        return cls(members.get("jkt"), members.get("x5t#S256")) if members else NOBODYS

    @property
    def token_type(self) -> str:
        """`token_type` of an access token so bound. A bound certificate changes nothing of it (RFC 8705 §3)."""
        return "Bearer" if self.jkt is None else "DPoP"


NOBODYS = Confirmation()
"""Of a bearer token: whoever has it may use it."""
