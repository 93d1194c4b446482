"""Authorization requests that were pushed: kept for a moment by the digest of their reference. RFC 9126.

pushed:<relying party>:<digest>    what was pushed, for as long as a sign-in may be begun with it
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.oidc.answered_once import ENDS_WITHIN, Ticket, mark_of
from idp.randomness import Randomness, url_token
from idp.storage.expiring.protocol import ExpiringStore

PREFIX = "urn:ietf:params:oauth:request_uri:"


@dataclass(frozen=True, slots=True)
class Pushed:
    """A request as it was pushed; `ticket` is spent by its answer."""

    parameters: Mapping[str, str]
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class PushedRequests:
    """Keeps and finds them."""

    store: ExpiringStore
    randomness: Randomness
    clock: Clock
    lifetime: timedelta

    def keep(self, relying_party_id: str, parameters: Mapping[str, str]) -> str:
        """The `request_uri` under which `parameters` are found for `lifetime`. RFC 9126 §2.2."""
        reference = url_token(self.randomness)
        until = (self.clock.now() + ENDS_WITHIN).timestamp()
        content = json.dumps([dict(parameters), until])
        self.store.put(f"pushed:{_name(relying_party_id, reference)}", content.encode(), self.lifetime)
        return PREFIX + reference

    def find(self, relying_party_id: str, request_uri: str) -> Pushed | None:
        """What this relying party pushed; None where it did not, too long ago, or where it was answered."""
        name = _name(relying_party_id, request_uri.removeprefix(PREFIX))
        kept, answered = self.store.get_many(f"pushed:{name}", mark_of(name))
        if kept is None or answered is not None:
            return None
        parameters, until = json.loads(kept)
        return Pushed(parameters, (name, until))


def _name(relying_party_id: str, reference: str) -> str:
    return f"{relying_party_id}:{secret_digest(reference)}"
