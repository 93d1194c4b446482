"""Verifications under way: sealed, bound to the browser they began in, moved by one at a time, spent once."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.clock import Clock
from idp.crypto.digests import secret_digest
from idp.crypto.fields import FieldCipher
from idp.errors import Conflict, NotFound, TooManyAttempts
from idp.randomness import Randomness, url_token
from idp.storage.expiring.protocol import Delete, ExpiringStore, Operation, Put
from idp.verification.evidence import Evidence
from idp.verification.method import Context, Memory, Step, step_packed, step_unpacked
from idp.verification.request import VerificationRequest
from idp.verification.state import MAY_BECOME, State
from idp.web.source_words import N_

STARTS = 20
"""Verifications one draft may begin within one lifetime: enough for anybody's mistakes, too few to pester a phone."""

_ID_LENGTH = 22
_TRANSACTION, _EVIDENCE = "verification.transaction", "verification.evidence"


class PageExpired(NotFound):
    """Over, never there, another browser's, replaced or collected before: all look alike from outside."""

    code = "verification_page_expired"


class BoundElsewhere(Conflict):
    """The evidence was made for another purpose or another draft; it stays where it is."""

    code = "verification_bound_elsewhere"


class AlreadyMoved(Conflict):
    """Somebody else moved this verification on in the meantime."""

    code = "verification_already_moved"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One verification under way."""

    id: str
    method: str
    request: VerificationRequest
    browser: str
    """Digest of the browser's mark."""
    nonce: str
    ends_at: datetime
    state: State = State.CREATED
    version: int = 0
    step: Step | None = None
    memory: Memory = field(default_factory=dict, repr=False)
    failure: str | None = None
    """Log code of what ended it."""

    @property
    def path(self) -> str:
        """Where its pages are."""
        return f"/verification/{self.id}"

    @property
    def context(self) -> Context:
        """What a method may know of it."""
        return Context(self.id, self.nonce, self.path, self.request, self.ends_at)


@dataclass(frozen=True, slots=True)
class Transactions:
    """Keeps verifications in the expiring store, under a data key of their own each."""

    store: ExpiringStore
    clock: Clock
    randomness: Randomness
    cipher: FieldCipher
    lifetime: timedelta

    def open(self, method: str, request: VerificationRequest, browser: str) -> Transaction:
        """A new verification.

        Raises:
            TooManyAttempts: this draft began too many.
        """
        if self.store.increment(f"verification-starts:{_binding(request)}", self.lifetime) > STARTS:
            raise TooManyAttempts(
                "verifications of one draft",
                public=N_("본인확인을 너무 여러 번 시작했습니다."),
                retry_after=int(self.lifetime.total_seconds()),
            )
        transaction = Transaction(
            id=url_token(self.randomness, 16),
            method=method,
            request=request,
            browser=secret_digest(browser),
            nonce=url_token(self.randomness, 16),
            ends_at=self.clock.now() + self.lifetime,
        )
        self.store.write(self._put(transaction))
        return transaction

    def get(self, tx_id: str, browser: str | None) -> Transaction:
        """The verification as it stands.

        Raises:
            PageExpired: there is none of this id in this browser. A link sent by somebody else would otherwise let
                the receiver prove their identity into its sender's account.
        """
        octets = self.store.get(_key(tx_id)) if len(tx_id) == _ID_LENGTH else None
        if octets is None or browser is None:
            raise PageExpired
        transaction = _unpacked(tx_id, self._opened(tx_id, _TRANSACTION, octets))
        if not hmac.compare_digest(transaction.browser, secret_digest(browser)):
            raise PageExpired
        return transaction

    def move(self, transaction: Transaction, state: State, **changes: Any) -> Transaction:
        """The verification in its new state: one of all who try from where it stands.

        Raises:
            AlreadyMoved: somebody else was first, or it cannot go there.
        """
        moved = self._claim(transaction, state, **changes)
        self.store.write(self._put(moved))
        return moved

    def verified(self, transaction: Transaction, evidence: Evidence) -> Transaction:
        """Keep `evidence` to be collected. What the same draft proved before for the same purpose is gone.

        Raises:
            AlreadyMoved: somebody else was first.
        """
        moved = self._claim(transaction, State.VERIFIED, memory={})
        latest = f"verification-latest:{_binding(moved.request)}"
        former = self.store.get(latest)
        sealed = self._sealed(moved.id, _EVIDENCE, evidence.packed())
        operations: list[Operation] = [
            self._put(moved),
            Put(_evidence_key(moved.id), sealed, self.lifetime),
            Put(latest, moved.id.encode(), self.lifetime),
        ]
        if former is not None and former.decode() != moved.id:
            operations.append(Delete(_evidence_key(former.decode())))
        self.store.write(*operations)
        return moved

    def collect(self, tx_id: str, browser: str | None, purpose: str, bound_to: str) -> Evidence:
        """The evidence, to one of all who ask.

        Raises:
            PageExpired: there is none for this browser, any more or yet.
            BoundElsewhere: it is for another purpose or draft.
        """
        transaction = self.get(tx_id, browser)
        request = transaction.request
        if (request.purpose, request.bound_to) != (purpose, bound_to):
            raise BoundElsewhere
        # Two verifications that end at the same instant both leave evidence; the later one counts.
        if self.store.get(f"verification-latest:{_binding(request)}") != tx_id.encode():
            raise PageExpired
        octets = self.store.take(_evidence_key(tx_id))
        if octets is None:
            raise PageExpired
        evidence = Evidence.unpacked(self._opened(tx_id, _EVIDENCE, octets))
        # Redis keeps a time of its own; ours decides.
        if self.clock.now() >= evidence.verified_at + self.lifetime:
            raise PageExpired
        self.store.write(self._put(replace(transaction, state=State.CONSUMED, version=transaction.version + 1)))
        return evidence

    def _claim(self, transaction: Transaction, state: State, **changes: Any) -> Transaction:
        if state not in MAY_BECOME[transaction.state]:
            raise AlreadyMoved
        # Whoever claims a version and dies leaves a verification that ends by time; nobody weighs one answer twice.
        move = f"verification-move:{transaction.id}:{transaction.version}"
        if not self.store.add_if_absent(move, b"", 2 * self.lifetime):
            raise AlreadyMoved
        return replace(transaction, state=state, version=transaction.version + 1, **changes)

    def _put(self, transaction: Transaction) -> Put:
        content = {
            "method": transaction.method,
            "request": transaction.request.packed(),
            "browser": transaction.browser,
            "nonce": transaction.nonce,
            "ends_at": transaction.ends_at.timestamp(),
            "state": transaction.state,
            "version": transaction.version,
            "step": None if transaction.step is None else step_packed(transaction.step),
            "memory": dict(transaction.memory),
            "failure": transaction.failure,
        }
        sealed = self._sealed(transaction.id, _TRANSACTION, json.dumps(content, ensure_ascii=False).encode())
        # Kept for as long again after its end, so that whoever comes late reads what happened and where to go.
        return Put(_key(transaction.id), sealed, transaction.ends_at + self.lifetime - self.clock.now())

    def _sealed(self, tx_id: str, purpose: str, octets: bytes) -> bytes:
        key = self.cipher.new_data_key(tx_id)
        return base64.b64encode(key) + b"." + self.cipher.seal(key, tx_id, purpose, octets)

    def _opened(self, tx_id: str, purpose: str, octets: bytes) -> bytes:
        key, _dot, sealed = octets.partition(b".")
        return self.cipher.open(base64.b64decode(key), tx_id, purpose, sealed)


def _unpacked(tx_id: str, octets: bytes) -> Transaction:
    content = json.loads(octets)
    return Transaction(
        id=tx_id,
        method=content["method"],
        request=VerificationRequest.unpacked(content["request"]),
        browser=content["browser"],
        nonce=content["nonce"],
        ends_at=datetime.fromtimestamp(content["ends_at"], UTC),
        state=State(content["state"]),
        version=content["version"],
        step=None if content["step"] is None else step_unpacked(content["step"]),
        memory=content["memory"],
        failure=content["failure"],
    )


def _binding(request: VerificationRequest) -> str:
    return secret_digest(json.dumps([request.purpose, request.bound_to]))


def _key(tx_id: str) -> str:
    return f"verification:{tx_id}"


def _evidence_key(tx_id: str) -> str:
    return f"verification-evidence:{tx_id}"
