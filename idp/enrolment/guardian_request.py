"""A child's request to a guardian: what is asked, where it lies, and how what came of it finds the child.

    child ── ask ──▶ request (sealed, under the digest of its link's token) ── claim, one of all ──▶ decision ──▶ draft
                        │                                                                │
                        └── asked anew: claimed too, and another one made                └── no: the draft is gone

The guardian sits at another browser and never writes the draft: what the child does there at the same moment would be
lost, or would undo the decision. The child's next page reads it instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.crypto.fields import FieldCipher
from idp.enrolment.guardian_record import GuardianDecision
from idp.errors import Conflict, NotFound
from idp.storage.expiring import ExpiringStore
from idp.storage.expiring.protocol import Delete, Operation, Put

_TOKEN_LENGTH = 43
_REQUEST, _DECISION = "enrolment.guardian_request", "enrolment.guardian_decision"
_REFUSED = b"refused"
# Longer than any transaction of ours.
_AT_WORK = timedelta(minutes=1)


class LinkIsOver(NotFound):
    """Nobody can decide by this link: decided, asked anew, too late, or never ours. All look alike from outside."""

    code = "guardian_link_over"


class BeingDecided(Conflict):
    """Somebody else claimed the request: decides at this moment, has decided, or asks anew."""

    code = "guardian_request_claimed"


@dataclass(frozen=True, slots=True)
class GuardianRequest:
    """What a child asked. Name and contact are all that may be had of a guardian before they consent (REQ-84)."""

    id: str
    """Digest of the link's token; names the request wherever it is mentioned."""
    draft_id: str
    name: str = field(repr=False)
    contact: str = field(repr=False)
    by_email: bool
    notified_at: datetime
    valid_until: datetime

    def packed(self) -> bytes:
        """As octets, to be sealed."""
        times = {"notified_at": self.notified_at.timestamp(), "valid_until": self.valid_until.timestamp()}
        return json.dumps({**asdict(self), **times}, ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, octets: bytes) -> GuardianRequest:
        """From opened octets."""
        values: dict[str, Any] = json.loads(octets)
        for name in ("notified_at", "valid_until"):
            values[name] = datetime.fromtimestamp(values[name], UTC)
        return cls(**values)


@dataclass(frozen=True, slots=True)
class GuardianRequests:
    """Keeps requests and what came of them, no longer than `valid_until`."""

    store: ExpiringStore
    cipher: FieldCipher
    clock: Clock

    def keep(self, request: GuardianRequest, *, former: str | None = None) -> None:
        """Put the request where its link finds it, in place of the `former` one."""
        sealed = self.cipher.seal_secret(_REQUEST, request.packed())
        operations: list[Operation] = [Put(_key(request.id), sealed, request.valid_until - self.clock.now())]
        if former is not None:
            operations.append(Delete(_key(former)))
        self.store.write(*operations)

    def of_link(self, token: str) -> GuardianRequest:
        """The request behind a link.

        Raises:
            LinkIsOver: there is none any more.
        """
        found = self.get(secret_digest(token)) if len(token) == _TOKEN_LENGTH else None
        if found is None:
            raise LinkIsOver("no such request")
        return found

    def get(self, request_id: str) -> GuardianRequest | None:
        """The request of this id, while nobody has decided."""
        octets = self.store.get(_key(request_id))
        if octets is None:
            return None
        request = GuardianRequest.unpacked(self.cipher.open_secret(_REQUEST, octets))
        # Redis keeps a time of its own; ours decides.
        return request if self.clock.now() < request.valid_until else None

    @contextmanager
    def claimed(self, request_id: str) -> Iterator[None]:
        """For one of all who decide or ask anew; free again when that fails, or when we are killed, a minute later.

        Raises:
            BeingDecided: somebody else was first.
        """
        if not self.store.add_if_absent(_claim_key(request_id), b"", _AT_WORK):
            raise BeingDecided("claimed")
        if self.store.get(_decision_key(request_id)) is not None:
            raise BeingDecided("decided")
        try:
            yield
        except BaseException:
            self.store.delete(_claim_key(request_id))
            raise

    def agreed(self, request: GuardianRequest, decision: GuardianDecision) -> None:
        """Leave the decision for the child's next page."""
        sealed = self.cipher.seal_secret(_DECISION, decision.packed().encode())
        rest = request.valid_until - self.clock.now()
        self.store.write(Put(_decision_key(request.id), sealed, rest), Delete(_key(request.id)))

    def refused(self, request: GuardianRequest) -> None:
        """Leave no more than the fact, for the child's and the guardian's pages."""
        rest = request.valid_until - self.clock.now()
        self.store.write(
            Put(_decision_key(request.id), _REFUSED, rest),
            Put(_refused_key(request.draft_id), _REFUSED, rest),
            Delete(_key(request.id)),
        )

    def decision(self, request_id: str) -> GuardianDecision | None:
        """What the guardian agreed to; None while there is no decision, and when it was no."""
        octets = self.store.get(_decision_key(request_id))
        if octets is None or octets == _REFUSED:
            return None
        return GuardianDecision.unpacked(self.cipher.open_secret(_DECISION, octets).decode())

    def outcome(self, token: str) -> bool | None:
        """What was decided by a link: yes, no, or nothing yet."""
        octets = self.store.get(_decision_key(secret_digest(token))) if len(token) == _TOKEN_LENGTH else None
        return None if octets is None else octets != _REFUSED

    def was_refused(self, draft_id: str) -> bool:
        """Whether the guardian of a draft that is gone said no."""
        return self.store.get(_refused_key(draft_id)) is not None


def _key(request_id: str) -> str:
    return f"guardian:{request_id}"


def _claim_key(request_id: str) -> str:
    return f"guardian-claim:{request_id}"


def _decision_key(request_id: str) -> str:
    return f"guardian-decision:{request_id}"


def _refused_key(draft_id: str) -> str:
    return f"guardian-refused:{draft_id}"
