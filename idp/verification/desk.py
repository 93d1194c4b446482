"""The desk where other rooms begin a verification and collect its evidence, and where pages move it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from idp.audit.actions import Action
from idp.audit.record import Record, record
from idp.clock import Clock
from idp.errors import BadRequest
from idp.storage.database import Database
from idp.verification.evidence import Evidence, Holder
from idp.verification.failures import Cancelled, Expired, ProviderFailed, VerificationFailure
from idp.verification.method import Method, Turn
from idp.verification.offers import OfferedMethod
from idp.verification.request import VerificationRequest
from idp.verification.state import MAY_BECOME, State
from idp.verification.transactions import AlreadyMoved, Transaction, Transactions
from idp.verification.weigh import why_not

_log = structlog.get_logger(__name__)

VISITOR = "visitor"
"""Who acts, in the audit: somebody not known yet."""


class MethodNotOffered(BadRequest):
    """No enabled method has this code for this kind of holder."""

    code = "verification_method_not_offered"


@dataclass(frozen=True, slots=True)
class VerificationDesk:
    """Offers `enabled`, in their order. What proves possession of a phone answers requests that name one, and no other:
    a browser that names its code where identity is asked gets nothing."""

    database: Database
    clock: Clock
    transactions: Transactions
    enabled: tuple[Method, ...]
    possession: tuple[Method, ...] = ()

    def methods(self, holder: Holder) -> tuple[OfferedMethod, ...]:
        """What a person, or a business, may choose from (REQ-14)."""
        return tuple(
            OfferedMethod(method.code, method.label, method.note, method.simulated)
            for method in self.enabled
            if method.holder is holder
        )

    def begin(self, method_code: str, request: VerificationRequest, browser: str, *, address: str | None = None) -> str:
        """Where the browser goes to be verified, on our own host. A provider that is down is told about there.

        Raises:
            MethodNotOffered: the method is not enabled, or not for this holder.
            TooManyAttempts: this draft began too many verifications.
        """
        method = self._method(method_code, request)
        request = replace(request, asked_from=request.asked_from or address or "")
        transaction = self.transactions.open(method_code, request, browser)

        def start() -> Transaction:
            turn = method.begin(transaction.context)
            return self.transactions.move(transaction, State.SENT, step=turn.step, memory=turn.memory)

        self._guarded(transaction, address, start)
        return transaction.path

    def collect(self, tx_id: str, browser: str | None, purpose: str, bound_to: str) -> Evidence:
        """The evidence, once.

        Raises:
            PageExpired: there is none for this browser: not yet, or not any more.
            BoundElsewhere: it was made for another purpose or another draft.
        """
        return self.transactions.collect(tx_id, browser, purpose, bound_to)

    def look(self, tx_id: str, browser: str | None, *, address: str | None = None) -> Transaction:
        """The verification as it stands; one that ran out of time has ended.

        Raises:
            PageExpired: there is none of this id in this browser.
        """
        transaction = self.transactions.get(tx_id, browser)
        if self.clock.now() < transaction.ends_at:
            return transaction
        if transaction.state is State.APPROVED:
            # Whoever weighs the answer may still be at it; only to whoever looks is it over.
            return replace(transaction, state=State.EXPIRED, failure=Expired.code)
        under_way = State.EXPIRED in MAY_BECOME[transaction.state]
        return self._fail(transaction, Expired(), address) if under_way else transaction

    def method_of(self, transaction: Transaction) -> Method:
        """The method it runs by.

        Raises:
            MethodNotOffered: it was disabled meanwhile.
        """
        return self._method(transaction.method, transaction.request)

    def poll(self, transaction: Transaction, *, address: str | None = None) -> Transaction:
        """Ask the provider, and weigh what it says; unchanged while it says nothing."""
        if transaction.state is not State.SENT:
            return transaction
        method = self.method_of(transaction)

        def ask() -> Transaction:
            answer = method.poll(transaction.context, transaction.memory)
            return transaction if answer is None else self.answer(transaction, answer, address=address)

        return self._guarded(transaction, address, ask)

    def answer(self, transaction: Transaction, answer: Mapping[str, str], *, address: str | None = None) -> Transaction:
        """Weigh an answer: evidence, another step, or an end without evidence. One that comes late or a second time is
        not weighed; the verification stays as it is."""
        if transaction.state is not State.SENT:
            return _not_weighed(transaction, Expired.code if transaction.state is State.EXPIRED else AlreadyMoved.code)
        method = self.method_of(transaction)
        try:
            approved = self.transactions.move(transaction, State.APPROVED)
        except AlreadyMoved as moved:
            return _not_weighed(transaction, moved.code)
        return self._guarded(approved, address, lambda: self._finish(method, approved, answer, address))

    def cancel(self, transaction: Transaction, *, address: str | None = None) -> Transaction:
        """The member turns back."""
        return self._fail(transaction, Cancelled(), address)

    def _finish(
        self, method: Method, transaction: Transaction, answer: Mapping[str, str], address: str | None
    ) -> Transaction:
        found = method.finish(transaction.context, transaction.memory, answer)
        if isinstance(found, Turn):
            return self.transactions.move(transaction, State.SENT, step=found.step, memory=found.memory)
        failure = why_not(found, transaction, method, self.clock.now(), self.transactions.lifetime)
        if failure is not None:
            raise failure
        # Before the evidence, which may live in another store: there is never evidence that the audit does not know.
        self._record(Action.VERIFICATION_SUCCEEDED, transaction, method, address)
        return self.transactions.verified(transaction, found)

    def _guarded(self, transaction: Transaction, address: str | None, act: Callable[[], Transaction]) -> Transaction:
        """What `act` makes of the verification; any failure of it ends the verification."""
        try:
            return act()
        except AlreadyMoved:
            return transaction
        except VerificationFailure as failure:
            return self._fail(transaction, failure, address)
        except Exception:
            # An answer that was given may be spent at the provider: it is never weighed a second time.
            self._fail(transaction, ProviderFailed(), address)
            raise

    def _fail(self, transaction: Transaction, failure: VerificationFailure, address: str | None) -> Transaction:
        try:
            ended = self.transactions.move(transaction, failure.ends_in, failure=failure.code, step=None, memory={})
        except AlreadyMoved:
            return transaction
        known = (*self.enabled, *self.possession)
        method = next((method for method in known if method.code == transaction.method), None)
        self._record(Action.VERIFICATION_FAILED, ended, method, address)
        return ended

    def _method(self, code: str, request: VerificationRequest) -> Method:
        for method in self.enabled if request.phone is None else self.possession:
            if method.code == code and method.holder is request.holder:
                return method
        raise MethodNotOffered

    def _record(self, action: Action, transaction: Transaction, method: Method | None, address: str | None) -> None:
        detail: dict[str, str | int | bool | None] = {
            "method": transaction.method,
            "provider": method.provider if method is not None else None,
            "simulated": method.simulated if method is not None else None,
            "purpose": transaction.request.purpose,
        }
        if transaction.failure is not None:
            detail["failure"] = transaction.failure
        entry = Record(self.clock.now(), action, VISITOR, address=address, detail=detail)
        with self.database.transaction() as connection:
            record(connection, entry)


def _not_weighed(transaction: Transaction, code: str) -> Transaction:
    _log.info("verification.answer_not_weighed", code=code, method=transaction.method, state=transaction.state.value)
    return transaction
