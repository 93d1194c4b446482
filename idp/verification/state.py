"""Where a verification stands, and where it may go from there."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """created → sent → approved → verified → consumed, or an end without evidence."""

    CREATED = "created"
    SENT = "sent"
    """The member has something to do: at the provider, on a phone, in a form."""
    APPROVED = "approved"
    """An answer has come and is being weighed by whoever moved it here, and by nobody else."""
    VERIFIED = "verified"
    CONSUMED = "consumed"
    DENIED = "denied"
    EXPIRED = "expired"
    FAILED = "failed"

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return not MAY_BECOME[self]


_WITHOUT_EVIDENCE = frozenset({State.DENIED, State.EXPIRED, State.FAILED})

MAY_BECOME: Mapping[State, frozenset[State]] = {
    State.CREATED: _WITHOUT_EVIDENCE | {State.SENT},
    State.SENT: _WITHOUT_EVIDENCE | {State.APPROVED},
    # Back to sent: the answer was one step of several, such as a telephone number before the code sent to it.
    State.APPROVED: _WITHOUT_EVIDENCE | {State.SENT, State.VERIFIED},
    State.VERIFIED: frozenset({State.CONSUMED}),
    State.CONSUMED: frozenset(),
    State.DENIED: frozenset(),
    State.EXPIRED: frozenset(),
    State.FAILED: frozenset(),
}
