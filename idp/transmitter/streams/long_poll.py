"""Waiting with a receiver that has nothing to fetch yet. RFC 8936 §2.2, `returnImmediately`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from idp.transmitter.streams.poll import Fetched, Poll
from idp.transmitter.streams.poll_request import PollRequest

_NAP = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True)
class LongPoll:
    """Answers as soon as there is something, or when `longest` is over.

    A request that waits keeps a thread of the server. So only `seats` of them wait in one process at the same time, and
    whoever comes beyond that is answered at once; no connection to the database is held meanwhile.
    """

    poll: Poll
    longest: timedelta
    seats: int
    pause: Callable[[float], None]
    _free: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_free", threading.BoundedSemaphore(max(self.seats, 1)))

    def __call__(self, relying_party_id: str, stream_id: str, request: PollRequest) -> Fetched:
        """The next events; see `Poll`.

        Raises:
            NoSuchStream: it is not there, not yours, or not one that is fetched.
        """
        fetched = self.poll(relying_party_id, stream_id, request)
        waits = not (fetched.sets or request.return_immediately or request.max_events == 0)
        if not waits or not fetched.flowing or not self.seats or not self._free.acquire(blocking=False):
            return fetched
        try:
            for _ in range(self.longest // _NAP):
                self.pause(_NAP.total_seconds())
                if self.poll.has_some(relying_party_id):
                    fetched = self.poll(relying_party_id, stream_id, request.answered())
                    if fetched.sets or not fetched.flowing:
                        break
        finally:
            self._free.release()
        return fetched
