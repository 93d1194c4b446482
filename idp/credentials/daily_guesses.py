"""How many wrong codes of a second step one member's day has room for.

Five guesses in ten minutes are 720 a day. A code has six digits and three are good at a time, so that whoever has the
password and never stops would be in within a year as likely as not. Thirty a day are 3 in 100 for a whole year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.clock import Clock, epoch_seconds
from idp.crypto.digests import Digester
from idp.errors import TooManyAttempts
from idp.storage.expiring import ExpiringStore

_DAY = 24 * 60 * 60
_KOREAN = 9 * 60 * 60
"""Days begin when those of the pages do; Korea has no summer time."""


class GuessesSpent(TooManyAttempts):
    """No code of this member's is taken before the next day, unless they prove in another way who they are."""

    code = "second_step_guesses_spent"


@dataclass(frozen=True, slots=True)
class DailyGuesses:
    """Counts in the expiring store, under keyed digests. Only whoever passed the first step has guesses to spend, and a
    right code sets nothing back: its owner's sign-ins would else pay for a stranger's guesses."""

    store: ExpiringStore
    digester: Digester
    clock: Clock
    most: int

    def check(self, member_id: str) -> bool:
        """Leave to check one code, counted already; whether it is the day's last.

        Raises:
            GuessesSpent: there is none left.
        """
        counted = self._today(member_id)
        spent = self.store.increment(counted, timedelta(seconds=_DAY)) - self._given_back(counted)
        if spent > self.most:
            raise self.closed()
        return spent == self.most

    def right(self, member_id: str) -> None:
        """The code was right: it was no guess."""
        # Outlives what it is taken off: a return that was forgotten first would close the day too early.
        self.store.increment(_given_back_key(self._today(member_id)), timedelta(seconds=2 * _DAY))

    def spent(self, member_id: str) -> bool:
        """Whether there is none left; asking counts nothing."""
        counted = self._today(member_id)
        return int(self.store.get(counted) or 0) - self._given_back(counted) >= self.most

    def forget(self, member_id: str) -> None:
        """Who they are was proven in another way: the day begins anew."""
        counted = self._today(member_id)
        self.store.delete(counted, _given_back_key(counted))

    def closed(self) -> GuessesSpent:
        """The refusal, good until the day ends."""
        return GuessesSpent("wrong codes of a day", retry_after=self._day()[1])

    def ends_at(self) -> datetime:
        """When the next day begins."""
        now = self.clock.now()
        return now.replace(microsecond=0) + timedelta(seconds=self._day()[1])

    def _given_back(self, counted: str) -> int:
        return int(self.store.get(_given_back_key(counted)) or 0)

    def _today(self, member_id: str) -> str:
        return "second-step-day:" + self.digester.digest("second_step.day", f"{member_id} {self._day()[0]}")

    def _day(self) -> tuple[int, int]:
        """Which day it is, and the seconds it has left."""
        day, elapsed = divmod(epoch_seconds(self.clock.now()) + _KOREAN, _DAY)
        return day, _DAY - elapsed


def _given_back_key(counted: str) -> str:
    return counted + ":given-back"
