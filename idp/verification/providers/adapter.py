"""What every adapter stands on: whom it is offered as, the wire, the time, and how an identity becomes evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode, urljoin

import structlog

from idp.clock import Clock
from idp.randomness import Randomness
from idp.verification.certificates.method import CertificateMethod
from idp.verification.evidence import Evidence
from idp.verification.failures import ProviderFailed, StaleResult, VerificationFailure
from idp.verification.first_use import FirstUse
from idp.verification.freshness import FRESH, SKEW
from idp.verification.identity import Identity, evidence_of
from idp.verification.method import Context
from idp.verification.offers import AsOffered, Offer
from idp.verification.providers.push_limit import PushLimit
from idp.verification.providers.wire import Wire

_CODE = re.compile(r"[\w.-]{1,60}\Z", re.ASCII)

_log = structlog.get_logger(__name__)

SigningBy = Callable[[Offer], CertificateMethod]


@dataclass(frozen=True, slots=True)
class Means:
    """What all adapters share."""

    clock: Clock
    randomness: Randomness
    first_use: FirstUse
    pushes: PushLimit
    issuer: str
    """Our public address, below which browsers come back."""
    signing: SigningBy | None = None
    """Makes what weighs a certificate's signature, where authorities are configured."""


@dataclass(frozen=True, slots=True)
class Adapter(AsOffered):
    """One way to prove who somebody is, with a provider behind it."""

    provider: str
    simulated: bool
    wire: Wire
    by: Means

    @property
    def tester_page(self) -> str:
        """Where the simulator's phone is."""
        return urljoin(self.wire.base_url, "/") if self.simulated else ""

    def return_address(self, context: Context, **more: str) -> str:
        """Where the provider sends the browser back to."""
        query = f"?{urlencode(more)}" if more else ""
        return f"{self.by.issuer}{context.path}/return{query}"

    def refused(self, table: Mapping[str, type[VerificationFailure]], code: str) -> VerificationFailure:
        """The failure that a provider's code stands for; one that the table does not know is the provider's own."""
        leaf = table.get(code, ProviderFailed)
        said = code if _CODE.match(code) else "unprintable"
        _log.warning("verification.provider_refused", provider=self.provider, said=said, failure=leaf.code)
        return leaf(f"{self.provider} said {said}")

    def fresh(self, completed_at: datetime) -> None:
        """Hold a result to its time.

        Raises:
            StaleResult: it is too old, or from a future that no two clocks explain.
        """
        if not -SKEW <= self.by.clock.now() - completed_at <= FRESH:
            raise StaleResult

    def evidence(self, context: Context, identity: Identity, raw: bytes) -> Evidence:
        """The evidence of an identity; `raw` is what the provider sent of it."""
        return evidence_of(identity, self, context, self.by.clock.now(), raw)
