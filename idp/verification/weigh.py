"""Whether a method's evidence answers what was asked. Pure; the last gate, the same for every method."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta

from idp.verification.evidence import Evidence, Holder
from idp.verification.failures import (
    BusinessMismatch,
    ForeignResult,
    HolderMismatch,
    NameMismatch,
    NotIdentified,
    PersonMismatch,
    ProviderFailed,
    StaleResult,
    VerificationFailure,
)
from idp.verification.freshness import SKEW
from idp.verification.method import Method
from idp.verification.request import VerificationRequest
from idp.verification.transactions import Transaction


def why_not(
    evidence: Evidence, transaction: Transaction, method: Method, now: datetime, lifetime: timedelta
) -> type[VerificationFailure] | None:
    """The failure that `evidence` amounts to, or None when it is good."""
    if evidence.tx_id != transaction.id:
        return ForeignResult
    if not now - lifetime < evidence.verified_at <= now + SKEW:
        return StaleResult
    if (evidence.method, evidence.simulated) != (method.code, method.simulated):
        return ProviderFailed
    return _who(evidence, transaction.request)


def _who(evidence: Evidence, request: VerificationRequest) -> type[VerificationFailure] | None:
    if evidence.holder is not request.holder:
        return HolderMismatch
    if request.phone is not None:
        return None if _equal(evidence.phone, request.phone) else PersonMismatch
    if request.holder is Holder.BUSINESS:
        return None if _equal(evidence.business_number, request.business_number) else BusinessMismatch
    return _person(evidence, request)


def _person(evidence: Evidence, request: VerificationRequest) -> type[VerificationFailure] | None:
    if not evidence.name:
        return ProviderFailed
    if evidence.ci is None:
        # A name alone, as a person's certificate proves, would let one person join as often as they like.
        if request.expects_name is None:
            return NotIdentified
        return None if _equal(evidence.name, request.expects_name) else NameMismatch
    if request.expects_ci is not None and not _equal(evidence.ci, request.expects_ci):
        return PersonMismatch
    return None


def _equal(found: str | None, wanted: str | None) -> bool:
    return bool(found and wanted) and hmac.compare_digest((found or "").encode(), (wanted or "").encode())
