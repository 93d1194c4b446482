"""Recoveries under way, each bound to the browser it began in."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from idp.crypto.digests import same, secret_digest
from idp.crypto.fields import FieldCipher
from idp.errors import NotFound
from idp.randomness import Randomness, url_token
from idp.storage.expiring import ExpiringStore

_ID_LENGTH = 22
_PURPOSE = "recovery"


class RecoveryExpired(NotFound):
    """The recovery is over, was never there, or belongs to another browser; all three look alike from outside."""

    code = "recovery_expired"


@dataclass(frozen=True, slots=True)
class Proof:
    """Who was verified. `member_id` is None where that person has no account; `epoch` is that of the member's sessions
    at that moment: what a password was changed after proves nothing any more."""

    member_id: str | None
    epoch: int
    method: str
    whole: bool
    """Whether it was strong enough for the 아이디 to be shown whole."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """One recovery in one tab. `login_id` is what was typed, whether or not anybody has it."""

    id: str
    browser: str
    sign_in: str | None
    """The started sign-in they came from."""
    login_id: str | None = field(default=None, repr=False)
    proof: Proof | None = None

    def packed(self) -> bytes:
        """As octets, to be sealed."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, octets: bytes) -> Recovery:
        """From opened octets."""
        values: dict[str, Any] = json.loads(octets)
        proof = values.pop("proof")
        return cls(**values, proof=Proof(**proof) if proof is not None else None)


@dataclass(frozen=True, slots=True)
class Recoveries:
    """Keeps them sealed in the expiring store; the browser holds nothing but an id."""

    store: ExpiringStore
    cipher: FieldCipher
    randomness: Randomness
    lifetime: timedelta

    def start(self, browser: str, *, sign_in: str | None, login_id: str | None = None) -> Recovery:
        """A new recovery in this browser."""
        recovery = Recovery(url_token(self.randomness, 16), secret_digest(browser), sign_in, login_id)
        self._keep(recovery)
        return recovery

    def get(self, recovery_id: str, browser: str | None) -> Recovery:
        """The recovery.

        Raises:
            RecoveryExpired: there is none of this id in this browser.
        """
        octets = self.store.get(_key(recovery_id)) if len(recovery_id) == _ID_LENGTH else None
        if octets is None or browser is None:
            raise RecoveryExpired("no such recovery in this browser")
        recovery = Recovery.unpacked(self.cipher.open_secret(_PURPOSE, octets))
        if not same(recovery.browser, secret_digest(browser)):
            raise RecoveryExpired("no such recovery in this browser")
        return recovery

    def prove(self, recovery: Recovery, proof: Proof) -> None:
        """Write down who was verified."""
        self._keep(replace(recovery, proof=proof))

    def spend(self, recovery: Recovery) -> None:
        """Take the recovery out of the store: of any number who finish it at once one goes on.

        Raises:
            RecoveryExpired: another one was first.
        """
        if self.store.take(_key(recovery.id)) is None:
            raise RecoveryExpired("already finished")

    def _keep(self, recovery: Recovery) -> None:
        self.store.put(_key(recovery.id), self.cipher.seal_secret(_PURPOSE, recovery.packed()), self.lifetime)


def _key(recovery_id: str) -> str:
    return f"recovery:{recovery_id}"
