"""What a caller may do, by scope, and how many of the calls that take long are answered at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from idp.errors import TooManyAttempts

LINKS_READ: Final = "links.read"
LINKS_MANAGE: Final = "links.manage"
ROSTER_MANAGE: Final = "roster.manage"
SCOPES: Final = (LINKS_READ, LINKS_MANAGE, ROSTER_MANAGE)


_PATIENCE_SECONDS = 30


class Busy(TooManyAttempts):
    """As many lists as may be are being read."""

    code = "busy"


class Uploads:
    """Lists that are being read in this process. One may take minutes, or come an octet at a time, and keeps a thread
    meanwhile: with all of them taken nobody could sign in."""

    def __init__(self, at_once: int) -> None:
        self._free = threading.BoundedSemaphore(at_once)

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Read a list inside.

        Raises:
            Busy: as many as may be are being read.
        """
        if not self._free.acquire(blocking=False):
            raise Busy("other lists are being read", retry_after=_PATIENCE_SECONDS)
        try:
            yield
        finally:
            self._free.release()
