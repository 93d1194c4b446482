"""What was asked of the simulator and how the tester answered, in memory and in bounds."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from simulator.outcome import Outcome
from simulator.people import another

_MOST = 500
_DELAY = timedelta(seconds=10)
_LATE = timedelta(minutes=11)


@dataclass(frozen=True)
class Asked:
    """One request. `holder` is empty until somebody is chosen."""

    id: str
    shape: str
    nonce: str
    """What the asker calls it."""
    began: datetime
    holder: str = ""
    app: str = ""
    return_url: str = ""
    more: Mapping[str, str] = field(default_factory=dict)
    business_number: str = ""
    outcome: Outcome | None = None
    decided: datetime | None = None
    handle: str = ""
    """What the browser carries back."""
    taken: bool = False
    """Whether its result was handed out."""

    @property
    def on_the_phone(self) -> bool:
        """Whether it waits for the phone's owner, rather than in a window."""
        return self.outcome in (None, Outcome.DELAY) and not self.return_url

    @property
    def vouched(self) -> str:
        """Whose result it is."""
        return another(self.holder) if self.outcome is Outcome.OTHER_HOLDER else self.holder

    @property
    def said_nonce(self) -> str:
        """The nonce that the result names."""
        return "of-somebody-else" if self.outcome is Outcome.FOREIGN else self.nonce

    @property
    def completed(self) -> datetime:
        """When the result says to have been made."""
        moved = {Outcome.LATE: -_LATE, Outcome.EARLY: _LATE}
        return (self.decided or self.began) + moved.get(self.outcome or Outcome.APPROVE, timedelta(0))


class Requests:
    """All requests; the oldest are forgotten."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self._asked: OrderedDict[str, Asked] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, shape: str, nonce: str, **more: object) -> Asked:
        """A new request, under a number of the simulator's own."""
        asked = replace(Asked(secrets.token_hex(16), shape, nonce, self.now()), **more)  # type: ignore[arg-type]
        with self._lock:
            self._asked[asked.id] = asked
            while len(self._asked) > _MOST:
                self._asked.popitem(last=False)
        return asked

    def get(self, number: str) -> Asked | None:
        """The request; one that was delayed is approved once its time has come."""
        with self._lock:
            return self._now(self._asked.get(number))

    def change(self, number: str, **more: object) -> Asked | None:
        """The request with other values."""
        with self._lock:
            asked = self._now(self._asked.get(number))
            if asked is None:
                return None
            self._asked[number] = replace(asked, **more)  # type: ignore[arg-type]
            return self._asked[number]

    def decide(self, number: str, holder: str, outcome: Outcome) -> Asked | None:
        """The tester's answer."""
        more = {"holder": holder, "outcome": outcome, "decided": self.now(), "handle": secrets.token_urlsafe(16)}
        return self.change(number, **more)

    def take(self, number: str) -> bool:
        """Whether this is the first to take the result."""
        with self._lock:
            asked = self._asked.get(number)
            if asked is None or asked.taken:
                return False
            self._asked[number] = replace(asked, taken=True)
            return True

    def by_handle(self, handle: str) -> Asked | None:
        """The request whose browser carries `handle`."""
        with self._lock:
            found = next((each for each in self._asked.values() if handle and each.handle == handle), None)
            return self._now(found)

    def newest(self, most: int) -> list[Asked]:
        """The latest requests, newest first."""
        with self._lock:
            return [self._now(each) or each for each in list(reversed(self._asked.values()))[:most]]

    def _now(self, asked: Asked | None) -> Asked | None:
        if asked is None or asked.outcome is not Outcome.DELAY or asked.decided is None:
            return asked
        if self.now() - asked.decided < _DELAY:
            return asked
        self._asked[asked.id] = replace(asked, outcome=Outcome.APPROVE, decided=self.now())
        return self._asked[asked.id]
