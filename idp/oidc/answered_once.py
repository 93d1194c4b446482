"""What may be answered once: a pushed request, a signed object with a `jti`. Spent by the answer, not by looking.

answered:<relying party>:<what it was>    that it was answered, for as long as it could be presented again
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.clock import Clock
from idp.oidc.errors import UntrustedRequest
from idp.storage.expiring.protocol import ExpiringStore
from idp.web.source_words import N_

TICKET = "ticket"
"""Under this name a sign-in's protocol state says what it answers."""
ENDS_WITHIN = timedelta(hours=2)
"""A member who joins in the middle of a sign-in takes their time. Nothing is answered later, so that what says that it
was answered need not be kept for longer."""
OVER = N_("이미 처리했거나 너무 오래된 로그인 요청입니다. 서비스로 돌아가 다시 로그인해 주세요.")
"""What a member reads whose request can no longer be answered."""

Ticket = tuple[str, float]
"""What is answered, and until when it can be, in seconds since 1970."""


class AnsweredAlready(UntrustedRequest):
    """It was answered before, or its sign-in took too long."""

    code = "answered_already"


@dataclass(frozen=True, slots=True)
class AnsweredOnce:
    """Remembers what was answered."""

    store: ExpiringStore
    clock: Clock

    def was(self, ticket: Ticket) -> bool:
        """Whether it was answered. Looking spends nothing: browsers ask twice, and members reload (RFC 9126 §4)."""
        return self.store.get(mark_of(ticket[0])) is not None

    def spend(self, ticket: Ticket) -> bool:
        """Whether it may be answered now; to one of all who ask, and to nobody when its time is over."""
        name, until = ticket
        left = timedelta(seconds=until - self.clock.now().timestamp())
        return left > timedelta(0) and self.store.add_if_absent(mark_of(name), b"", left)

    def answer(self, protocol_state: Mapping[str, Any]) -> None:
        """Let the sign-in of `protocol_state` be answered.

        Raises:
            AnsweredAlready: what it answers was answered before, or may not be any more.
        """
        ticket = protocol_state.get(TICKET)
        if ticket is not None and not self.spend((ticket[0], ticket[1])):
            raise AnsweredAlready("answered before, or too late", public=OVER)


def mark_of(name: str) -> str:
    """The key that says so."""
    return f"answered:{name}"
