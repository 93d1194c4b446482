"""The key that whoever calls proves to hold, by a proof for this one request. RFC 9449 §4.3, §8, §11.1."""

from __future__ import annotations

from dataclasses import dataclass

from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.oidc.call import Call
from idp.oidc.dpop.nonces import Nonces
from idp.oidc.dpop.proof import AHEAD, PAST, read_proof
from idp.oidc.errors import InvalidDpopProof, UseDpopNonce
from idp.storage.expiring.protocol import ExpiringStore

_REMEMBERED = (PAST + AHEAD) * 2
"""Longer than any proof is taken, by whichever of our clocks."""


@dataclass(frozen=True, slots=True)
class ProvenKeys:
    """Reads proofs. Each is good once: whoever overhears one cannot send it a second time."""

    addresses: tuple[str, ...]
    """Where our endpoints are: the issuer, and the host for certificates where there is one."""
    store: ExpiringStore
    clock: Clock
    nonces: Nonces | None
    """None: proofs need none."""

    def __call__(self, call: Call, access_token: str | None = None) -> str | None:
        """The thumbprint (`jkt`) of the key, or None where the request has no proof.

        The address is made of what we are set to be, never of the `Host` header, which the sender writes.

        Raises:
            InvalidDpopProof: the proof proves nothing, or was used before.
            UseDpopNonce: it lacks our nonce.
        """
        if call.proof is None:
            return None
        proof = read_proof(
            call.proof,
            method=call.method,
            addresses=[address + call.path for address in self.addresses],
            now=self.clock.now(),
            access_token=access_token,
        )
        if self.nonces is not None and (proof.nonce is None or not self.nonces.takes(proof.nonce)):
            raise UseDpopNonce(self.nonces.current())
        # One round trip of the callers that prove; bearers have none. A digest, since a `jti` may be of any length.
        mark = f"dpop:{secret_digest(f'{proof.jkt}:{proof.jti}')}"
        if not self.store.add_if_absent(mark, b"", _REMEMBERED):
            raise InvalidDpopProof("the proof was used before")
        return proof.jkt
