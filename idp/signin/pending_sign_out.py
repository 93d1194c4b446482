"""Sign-outs that a relying party asked for and the member has yet to confirm."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import timedelta

from idp.agencies.registered_url import RegisteredUrl
from idp.crypto.digests import secret_digest
from idp.randomness import Randomness, url_token
from idp.signin.pending import PageExpired
from idp.storage.expiring.protocol import ExpiringStore

_ID_LENGTH = 22


@dataclass(frozen=True, slots=True)
class PendingSignOuts:
    """Keeps them in the expiring store, bound to their browser."""

    store: ExpiringStore
    randomness: Randomness
    lifetime: timedelta

    def put(self, relying_party_name: str | None, continues_at: RegisteredUrl | None, browser: str) -> str:
        """Its id; after confirmation the browser goes to `continues_at`."""
        pending_id = url_token(self.randomness, 16)
        content = [secret_digest(browser), relying_party_name, continues_at.value if continues_at else None]
        self.store.put(_key(pending_id), json.dumps(content).encode(), self.lifetime)
        return pending_id

    def get(self, pending_id: str, browser: str | None) -> tuple[str | None, str | None]:
        """Who asked, and where the browser goes afterwards.

        Raises:
            PageExpired: there is none of this id in this browser.
        """
        octets = self.store.get(_key(pending_id)) if len(pending_id) == _ID_LENGTH else None
        if octets is None or browser is None:
            raise PageExpired
        digest, name, continues_at = json.loads(octets)
        if not hmac.compare_digest(digest, secret_digest(browser)):
            raise PageExpired
        return name, continues_at

    def spend(self, pending_id: str) -> None:
        """Confirmed; it cannot be confirmed again."""
        self.store.delete(_key(pending_id))


def _key(pending_id: str) -> str:
    return f"sign-out:{pending_id}"
