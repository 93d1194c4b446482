"""Authorization codes: kept as digests, spent by one atomic act."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from idp.crypto.digests import secret_digest
from idp.oidc.authorization import Authorization
from idp.randomness import Randomness, url_token
from idp.storage.expiring.protocol import ExpiringStore, Operation, Put


@dataclass(frozen=True, slots=True)
class CodeContent:
    """What a code stands for."""

    authorization: Authorization
    redirect_uri: str
    code_challenge: str | None
    """None where the client need not use PKCE, and did not."""
    nonce: str | None
    expires_at: float
    session_id: str
    member_epoch: int
    jkt: str | None = None
    """The thumbprint of the key that whoever redeems it must prove. RFC 9449 §10."""


@dataclass(frozen=True, slots=True)
class Codes:
    """Makes codes and spends them."""

    store: ExpiringStore
    randomness: Randomness
    lifetime: timedelta

    def issue(self, content: CodeContent, *beside: Operation) -> str:
        """A new code; `beside` is written in the same round trip."""
        code = url_token(self.randomness)
        packed = json.dumps(
            [
                content.authorization.packed(),
                content.redirect_uri,
                content.code_challenge,
                content.nonce,
                content.expires_at,
                content.session_id,
                content.member_epoch,
                content.jkt,
            ]
        )
        key = _key(content.authorization.relying_party_id, code)
        self.store.write(Put(key, packed.encode(), self.lifetime), *beside)
        return code

    def spend(self, relying_party_id: str, code: str) -> CodeContent | None:
        """What the code stands for, to exactly one caller. The key names the relying party, so nobody can spend, or
        burn, a code that was given to another one."""
        octets = self.store.take(_key(relying_party_id, code))
        if octets is None:
            return None
        authorization, *rest = json.loads(octets)
        return CodeContent(Authorization.unpacked(authorization), *rest)


def handle_given(relying_party_id: str, code: str) -> str:
    """The handle of the access token and the grant that a code gives to a relying party.

    It follows from both, so whoever presents a spent code can be answered by revoking what it gave, without keeping
    spent codes (RFC 9700 §4.5); and another relying party, presenting the same code, names a handle nobody has.
    """
    return secret_digest(f"{relying_party_id}:{code}")[:32]


def _key(relying_party_id: str, code: str) -> str:
    return f"code:{relying_party_id}:{secret_digest(code)}"
