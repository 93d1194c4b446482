"""Sign-outs that a relying party asked for and the member has yet to confirm."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass
from datetime import timedelta

from idp.crypto.digests import same, secret_digest
from idp.randomness import Randomness, url_token
from idp.signin.farewell import Onward
from idp.signin.pending import PageExpired
from idp.storage.expiring.protocol import ExpiringStore

_ID_LENGTH = 22


@dataclass(frozen=True, slots=True)
class PendingSignOut:
    """Who asked, where anybody believable did, and where the browser goes afterwards."""

    asked_by: str | None
    relying_party_name: str | None
    onward: Onward | None


@dataclass(frozen=True, slots=True)
class PendingSignOuts:
    """Keeps them in the expiring store, bound to their browser."""

    store: ExpiringStore
    randomness: Randomness
    lifetime: timedelta

    def put(self, pending: PendingSignOut, browser: str) -> str:
        """Its id."""
        pending_id = url_token(self.randomness, 16)
        onward = pending.onward and astuple(pending.onward)
        content = [secret_digest(browser), pending.asked_by, pending.relying_party_name, onward]
        self.store.put(_key(pending_id), json.dumps(content).encode(), self.lifetime)
        return pending_id

    def get(self, pending_id: str, browser: str | None) -> PendingSignOut:
        """What was put.

        Raises:
            PageExpired: there is none of this id in this browser.
        """
        octets = self.store.get(_key(pending_id)) if len(pending_id) == _ID_LENGTH else None
        if octets is None or browser is None:
            raise PageExpired
        digest, asked_by, name, onward = json.loads(octets)
        if not same(digest, secret_digest(browser)):
            raise PageExpired
        return PendingSignOut(asked_by, name, onward and Onward(*onward))

    def spend(self, pending_id: str) -> None:
        """Confirmed; it cannot be confirmed again."""
        self.store.delete(_key(pending_id))


def _key(pending_id: str) -> str:
    return f"sign-out:{pending_id}"
