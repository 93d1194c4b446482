"""The provider that the stand-ins ask: it keeps sealed results and hands them to the server, never to a browser."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from idp.clock import Clock
from idp.crypto.digests import Digester
from idp.randomness import Randomness, url_token
from idp.storage.expiring.protocol import ExpiringStore, Put
from idp.verification.evidence import Holder
from idp.verification.failures import (
    Cancelled,
    Denied,
    Expired,
    ForeignResult,
    Forged,
    NameMismatch,
    ProviderFailed,
    ProviderUnavailable,
    StaleResult,
    VerificationFailure,
)
from idp.verification.first_use import FirstUse
from idp.verification.freshness import FRESH
from idp.verification.simulated.outcome import Outcome
from idp.verification.simulated.people import COMPANIES, Company, company

NAME = "simulator"
_KEPT = timedelta(minutes=10)
_REFUSALS: Mapping[str, type[VerificationFailure]] = {
    Outcome.REFUSE: Denied,
    Outcome.CANCEL: Cancelled,
    Outcome.EXPIRE: Expired,
    Outcome.OTHER_HOLDER: NameMismatch,
    Outcome.PROVIDER_ERROR: ProviderFailed,
}


@dataclass(frozen=True, slots=True)
class Result:
    """A result whose seal, request, age and first use were checked."""

    holder_code: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class SimulatedProvider:
    """Plays a provider: `send` is what its own pages do, `fetch` and `waiting` are its API."""

    store: ExpiringStore
    clock: Clock
    randomness: Randomness
    digester: Digester

    def send(self, nonce: str, holder: Holder, holder_code: str, outcome: Outcome) -> str:
        """Answer the request `nonce` as the tester chose; the handle that a browser would carry back."""
        handle = url_token(self.randomness, 16)
        if outcome is Outcome.OTHER_HOLDER and holder is Holder.BUSINESS:
            # A business's result says whose it is; that it is another's, the asker must find out.
            holder_code, outcome = _another(holder_code).code, Outcome.APPROVE
        sent = self.clock.now() - (FRESH + timedelta(minutes=1) if outcome is Outcome.LATE else timedelta(0))
        content: dict[str, Any] = {
            "id": url_token(self.randomness, 16),
            "request": "of-somebody-else" if outcome is Outcome.FOREIGN else nonce,
            "at": sent.timestamp(),
            "holder": holder_code,
            "verdict": outcome if outcome in _REFUSALS else Outcome.APPROVE,
        }
        raw = json.dumps(content).encode()
        seal = self._seal(raw if outcome is not Outcome.FORGED else raw + b" ")
        if outcome is Outcome.REPLAYED:
            self._first_use(NAME, content["id"])
        answer = {"down": outcome is Outcome.NO_ANSWER, "raw": base64.b64encode(raw).decode("ascii"), "seal": seal}
        self.store.write(
            Put(_result_key(handle), json.dumps(answer).encode(), _KEPT),
            Put(_waiting_key(nonce), handle.encode(), _KEPT),
        )
        return handle

    def waiting(self, nonce: str) -> str | None:
        """The handle of the answer to a request, once there is one."""
        handle = self.store.get(_waiting_key(nonce))
        return None if handle is None else handle.decode("ascii")

    def fetch(self, handle: str, nonce: str) -> Result:
        """The result behind a handle, weighed as a real one must be.

        Raises:
            VerificationFailure: the leaf that says what is wrong with it, or what it says.
        """
        octets = self.store.get(_result_key(handle))
        if octets is None:
            raise Forged("no such handle")
        answer: dict[str, Any] = json.loads(octets)
        if answer["down"]:
            raise ProviderUnavailable
        raw = base64.b64decode(answer["raw"])
        if not hmac.compare_digest(self._seal(raw), answer["seal"]):
            raise Forged("seal does not fit")
        content: dict[str, Any] = json.loads(raw)
        if not hmac.compare_digest(content["request"], nonce):
            raise ForeignResult
        if self.clock.now() - datetime.fromtimestamp(content["at"], UTC) > FRESH:
            raise StaleResult
        self._first_use(NAME, content["id"])
        if content["verdict"] in _REFUSALS:
            raise _REFUSALS[content["verdict"]]
        return Result(content["holder"], raw)

    def _first_use(self, provider: str, result_id: str) -> None:
        FirstUse(self.store)(provider, result_id)

    def _seal(self, raw: bytes) -> str:
        return self.digester.digest("verification.simulator", raw.decode())


def _another(code: str) -> Company:
    return next(each for each in COMPANIES if company(code) is not each)


def _result_key(handle: str) -> str:
    return f"simulator-result:{handle}"


def _waiting_key(nonce: str) -> str:
    return f"simulator-waiting:{nonce}"
