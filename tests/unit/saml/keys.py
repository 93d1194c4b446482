"""Our own keys, outside of any directory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from idp.crypto.signing_key import (
    Algorithm,
    KeyRecord,
    SigningKey,
    Use,
    from_parts,
    generate,
    public_members,
    self_signed,
    thumbprint,
    to_pem,
)
from idp.randomness import SystemRandomness


def saml_key(*, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> SigningKey:
    private = generate("RS256")
    record = KeyRecord(thumbprint(public_members(private)), "saml", "RS256", start, start)
    return from_parts(record, to_pem(private), self_signed(private, "idp", start, SystemRandomness()))


@dataclass
class Keys:
    """A keyring of the keys it is given; the first one signs."""

    keys: list[SigningKey] = field(default_factory=lambda: [saml_key()])

    def signing_key(self, use: Use, alg: Algorithm) -> SigningKey:
        assert (use, alg) == ("saml", "RS256")
        return self.keys[0]

    def published(self, use: Use) -> list[SigningKey]:
        return sorted((key for key in self.keys if key.use == use), key=lambda key: key.kid)


@dataclass
class Now:
    """The machine's time to the second, since python3-saml and xmlsec1 look at no other clock."""

    instant: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def now(self) -> datetime:
        return self.instant
