"""Links that are good once, in whatever browser they are opened; we keep the digest of what they carry."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from idp.crypto.digests import secret_digest
from idp.errors import NotFound
from idp.randomness import Randomness, url_token
from idp.storage.expiring import ExpiringStore

_LENGTH = 43


class LinkExpired(NotFound):
    """It was used, is too old, or was never made."""

    code = "one_time_link_expired"


@dataclass(frozen=True, slots=True)
class LinkContent:
    """What stands behind a link: a member, and what must still be true of them when it is used."""

    member_id: str
    epoch: int
    email_digest: str = ""
    device_id: str = ""


@dataclass(frozen=True, slots=True)
class OneTimeLinks:
    """Links of one purpose: one made for another is unknown here."""

    store: ExpiringStore
    randomness: Randomness
    purpose: str
    lifetime: timedelta

    def make(self, content: LinkContent | None) -> str:
        """256 random bits. Without content they open nothing, and cost the same to make."""
        token = url_token(self.randomness)
        octets = json.dumps(asdict(content) if content is not None else None).encode()
        self.store.put(self._key(token), octets, self.lifetime)
        return token

    def look(self, token: str) -> LinkContent:
        """What stands behind the link, which stays good: programs that scan mail open links too.

        Raises:
            LinkExpired: nothing does.
        """
        return _content(self.store.get(self._key(token)) if len(token) == _LENGTH else None)

    def spend(self, token: str) -> LinkContent:
        """What stands behind the link, to exactly one of all who use it.

        Raises:
            LinkExpired: nothing does, or another one was first.
        """
        return _content(self.store.take(self._key(token)) if len(token) == _LENGTH else None)

    def _key(self, token: str) -> str:
        return f"{self.purpose}:{secret_digest(token)}"


def _content(octets: bytes | None) -> LinkContent:
    values = json.loads(octets) if octets is not None else None
    if values is None:
        raise LinkExpired
    return LinkContent(**values)
