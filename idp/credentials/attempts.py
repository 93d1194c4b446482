"""How often a password may be guessed: per account (REQ-40) and per network address.

    check ── reserves one guess or refuses ──> the password is checked ──wrong──> failed
                                                                       ──right──> succeeded gives the guess back

A guess is counted before the password is looked at. Counting afterwards would let fifty parallel guesses all be checked
before the first of them was known to be wrong.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from dataclasses import dataclass, field

from idp.clock import Clock, epoch_seconds
from idp.crypto.digests import Digester
from idp.errors import TooManyAttempts
from idp.settings import SignIn
from idp.storage.expiring import ExpiringStore


class AccountLocked(TooManyAttempts):
    """Too many wrong passwords for one 아이디, whether or not there is such a member."""

    code = "account_locked"


class AddressLimited(TooManyAttempts):
    """Too many wrong passwords from one network address."""

    code = "address_limited"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A guess that was allowed and counted; only `AttemptLimits.check` makes one."""

    account: str = field(repr=False)
    address: str = field(repr=False)
    last: bool
    """It was the last one the account had left."""


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """Counts guesses in the expiring store, under keyed digests: the store never learns who was guessed at."""

    store: ExpiringStore
    digester: Digester
    limits: SignIn
    clock: Clock

    def check(self, login_id: str, address: str) -> Attempt:
        """Leave to check one password, counted already.

        Raises:
            AccountLocked: the account's guesses are used up. Further ones do not prolong the lock.
            AddressLimited: the address's are; the account's are then left alone.
        """
        seconds = max(1, int(self.limits.lock.total_seconds()))
        by_address, elapsed = self._address_key(address, seconds)
        made = self.store.increment(by_address, self.limits.lock)
        if (
            made > self.limits.attempts_per_address
            and made - self._given_back(by_address) > self.limits.attempts_per_address
        ):
            raise AddressLimited("from one network address", retry_after=seconds - elapsed)
        by_account = self._account_key(login_id)
        guesses = self.store.increment(by_account, self.limits.lock)
        if guesses > self.limits.attempts_per_account:
            raise AccountLocked("for one account", retry_after=seconds)
        return Attempt(by_account, by_address, last=guesses == self.limits.attempts_per_account)

    def failed(self, attempt: Attempt) -> bool:
        """Whether this wrong password locked the account; true once a lock, so that the member is told once."""
        if not attempt.last:
            return False
        # A right password in the meantime has set the count back.
        return int(self.store.get(attempt.account) or 0) >= self.limits.attempts_per_account

    def succeeded(self, attempt: Attempt) -> None:
        """Forget the account's guesses and give the address back its one: a whole office may sign in from there."""
        self.store.delete(attempt.account)
        self.store.increment(_given_back_key(attempt.address), 2 * self.limits.lock)

    def clear(self, login_id: str) -> None:
        """Forget the account's guesses: who they are was proven in another way."""
        self.store.delete(self._account_key(login_id))

    def _account_key(self, login_id: str) -> str:
        return "attempts:account:" + self.digester.digest("attempts.account", one_spelling(login_id))

    def _given_back(self, by_address: str) -> int:
        return int(self.store.get(_given_back_key(by_address)) or 0)

    def _address_key(self, address: str, seconds: int) -> tuple[str, int]:
        """The counter of this address in the present window, and how long that window has been open.

        Windows are fixed, so that guesses and what was given back of them are forgotten together; a count of returns
        that outlived the count of guesses would be an allowance to guess more.
        """
        window, elapsed = divmod(epoch_seconds(self.clock.now()), seconds)
        return "attempts:address:" + self.digester.digest("attempts.address", f"{network(address)} {window}"), elapsed


def _given_back_key(by_address: str) -> str:
    return by_address + ":given-back"


def one_spelling(login_id: str) -> str:
    """Spellings of one account must share its counter, or each would bring five guesses more."""
    return unicodedata.normalize("NFKC", login_id[:256]).strip().casefold()


def network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: one customer has all 2⁶⁴ of those."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
