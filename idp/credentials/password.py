"""Passwords as Argon2id PHC strings, by libsodium. RFC 9106; OWASP Password Storage Cheat Sheet."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import nacl.exceptions
import nacl.pwhash.argon2id

from idp.errors import TooManyAttempts

_LONGEST = 1024


class Overloaded(TooManyAttempts):
    """More passwords wait to be checked than can be in time; nobody's fault, and trying again soon helps."""

    code = "passwords_overloaded"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash takes. libsodium runs one lane (p=1) always."""

    memory_kib: int
    passes: int

    def __post_init__(self) -> None:
        if self.memory_kib < 8 or self.passes < 1:
            raise ValueError("Argon2id needs 8 KiB and one pass at least")

    @property
    def prefix(self) -> str:
        """How every PHC string of this cost begins."""
        return f"$argon2id$v=19$m={self.memory_kib},t={self.passes},p=1$"


OWASP = Cost(memory_kib=19 * 1024, passes=2)
CHEAPEST = Cost(memory_kib=8, passes=1)
"""For tests only."""


class PasswordHasher:
    """Makes and checks hashes, so many at a time and no more: a login storm must not eat the machine's memory."""

    patience: ClassVar[float] = 10.0
    """Seconds a check waits for its turn; longer, and the browser has given up anyway."""

    def __init__(self, cost: Cost = OWASP, *, at_once: int = 4) -> None:
        """Prepare the decoy. Memory stays below `at_once` × the cost's; libsodium lets other threads run meanwhile."""
        self._cost = cost
        self._turns = threading.BoundedSemaphore(at_once)
        self._decoy = self.hash("")

    def hash(self, password: str) -> str:
        """A PHC string for a password; a new salt, drawn by libsodium, each time.

        Raises:
            Overloaded: no turn came in time.
        """
        with self._turn():
            made = nacl.pwhash.argon2id.str(_octets(password), self._cost.passes, self._cost.memory_kib * 1024)
        return made.decode("ascii")

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether this is the password that `stored` was made from.

        With none stored the answer is no, in the time a real check takes: an unknown 아이디 must not show (REQ-39).

        Raises:
            Overloaded: no turn came in time.
        """
        checkable = stored is not None and len(password) <= _LONGEST
        against = stored if stored is not None and checkable else self._decoy
        with self._turn():
            try:
                right = nacl.pwhash.argon2id.verify(against.encode(), _octets(password[:_LONGEST]))
            except nacl.exceptions.CryptoError:
                right = False
        return right and checkable

    def outdated(self, stored: str) -> bool:
        """Whether `stored` was made at another cost; after a right password, hash it anew (`store.renew_hash`)."""
        return not stored.startswith(self._cost.prefix)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self.patience):
            raise Overloaded("password checks are queueing", retry_after=5)
        try:
            yield
        finally:
            self._turns.release()


def _octets(password: str) -> bytes:
    """One spelling for what looks the same on every keyboard. RFC 8265 §4.2.1 (OpaqueString: NFC)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
