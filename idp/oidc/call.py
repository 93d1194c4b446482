"""What a back-channel request brings beside its parameters to show who sends it and which keys they hold."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` begins after the issuer's own address and is decoded."""

    method: str
    path: str
    authorization: str | None = field(default=None, repr=False)
    proof: str | None = field(default=None, repr=False)
    """The `DPoP` header; where there were several, their values with commas between (RFC 9110 §5.3)."""

    @property
    def credentials(self) -> tuple[str, str]:
        """Scheme in lower case and the rest of the `Authorization` header; two empty words where there is none."""
        scheme, _, rest = (self.authorization or "").partition(" ")
        return scheme.lower(), rest.strip()
