"""Authorization requests that were pushed: kept for a moment as digests, answered once. RFC 9126.

pushed:<relying party>:<digest>      what was pushed, for as long as a sign-in may be begun with it
answered:<relying party>:<digest>    that it was answered, for as long as a sign-in begun with it may still end
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.oidc.errors import UntrustedRequest
from idp.randomness import Randomness, url_token
from idp.storage.expiring.protocol import ExpiringStore
from idp.web.source_words import N_

PREFIX = "urn:ietf:params:oauth:request_uri:"
TICKET = "pushed"
"""Under this name a sign-in's protocol state says which pushed request it answers."""

OVER = N_("이미 처리했거나 너무 오래된 로그인 요청입니다. 서비스로 돌아가 다시 로그인해 주세요.")
"""What a member reads whose request can no longer be answered."""

_ENDS_WITHIN = timedelta(hours=2)
"""A member who joins in the middle of a sign-in takes their time. Nothing is answered later, so that what says that it
was answered need not be kept for longer."""


class AnsweredAlready(UntrustedRequest):
    """A pushed request was answered before, or its sign-in took too long."""

    code = "pushed_request_answered"


@dataclass(frozen=True, slots=True)
class Pushed:
    """A request as it was pushed; `ticket` goes with the sign-in and is given back for its answer."""

    parameters: Mapping[str, str]
    ticket: tuple[str, float]


@dataclass(frozen=True, slots=True)
class PushedRequests:
    """Keeps, finds and spends them."""

    store: ExpiringStore
    randomness: Randomness
    clock: Clock
    lifetime: timedelta

    def keep(self, relying_party_id: str, parameters: Mapping[str, str]) -> str:
        """The `request_uri` under which `parameters` are found for `lifetime`. RFC 9126 §2.2."""
        reference = url_token(self.randomness)
        until = (self.clock.now() + _ENDS_WITHIN).timestamp()
        content = json.dumps([dict(parameters), until])
        self.store.put(f"pushed:{_name(relying_party_id, reference)}", content.encode(), self.lifetime)
        return PREFIX + reference

    def find(self, relying_party_id: str, request_uri: str) -> Pushed | None:
        """What this relying party pushed; None where it did not, too long ago, or where it was answered.

        Looking does not spend it: browsers ask twice, and members reload (RFC 9126 §4).
        """
        name = _name(relying_party_id, request_uri.removeprefix(PREFIX))
        kept, answered = self.store.get_many(f"pushed:{name}", f"answered:{name}")
        if kept is None or answered is not None:
            return None
        parameters, until = json.loads(kept)
        return Pushed(parameters, (name, until))

    def spend(self, protocol_state: Mapping[str, Any]) -> None:
        """Let the sign-in of `protocol_state` be answered, unless one of the same pushed request was.

        Raises:
            AnsweredAlready: it was, or it may not be any more.
        """
        ticket = protocol_state.get(TICKET)
        if ticket is None:
            return
        name, until = ticket
        left = timedelta(seconds=until - self.clock.now().timestamp())
        if left <= timedelta(0) or not self.store.add_if_absent(f"answered:{name}", b"", left):
            raise AnsweredAlready("answered before, or too late", public=OVER)


def _name(relying_party_id: str, reference: str) -> str:
    return f"{relying_party_id}:{secret_digest(reference)}"
