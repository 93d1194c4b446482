"""The text that a certificate signs: readable, of one verification, good for three minutes and one answer."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idp.clock import Clock, epoch_seconds
from idp.randomness import Randomness, url_token
from idp.storage.expiring.protocol import ExpiringStore
from idp.verification.certificates.failures import ChallengeExpired, ForeignChallenge
from idp.verification.evidence import Holder
from idp.verification.first_use import FirstUse
from idp.verification.method import ClientSign, Context, Memory, Turn

LIFETIME = timedelta(minutes=3)
_TITLES = {
    (Holder.BUSINESS, True): "중기통합회원 기업 로그인",
    (Holder.BUSINESS, False): "중기통합회원 기업 확인",
    (Holder.PERSON, True): "중기통합회원 개인 로그인",
    (Holder.PERSON, False): "중기통합회원 개인 확인",
}
_SIGN_IN = "sign_in"


@dataclass(frozen=True, slots=True)
class Challenges:
    """Makes and spends them. `accepted` are the policies that the page may offer to sign with."""

    store: ExpiringStore
    clock: Clock
    randomness: Randomness
    accepted: tuple[str, ...] = ()

    def ask(self, context: Context) -> Turn:
        """A new one for a verification."""
        now = self.clock.now()
        ends_at = min(now + LIFETIME, context.ends_at)
        request = context.request
        title = _TITLES[request.holder, request.purpose == _SIGN_IN]
        nonce = url_token(self.randomness)
        readable = "|".join((title, nonce, request.business_number or "", f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"))
        step = ClientSign(
            challenge=base64.b64encode(readable.encode()).decode("ascii"),
            readable=readable,
            holder=request.holder.value,
            accepted=self.accepted,
            ends_at=ends_at.isoformat(),
        )
        return Turn(step, {"readable": readable, "ends_at": epoch_seconds(ends_at)})

    def spend(self, memory: Memory) -> bytes:
        """The octets that must have been signed. Whatever is wrong with the answer, this challenge gets no other.

        Raises:
            ChallengeExpired: three minutes are over.
            Replayed: it was answered before.
        """
        readable = str(memory.get("readable", ""))
        if not readable:
            raise ForeignChallenge("nothing was asked")
        FirstUse(self.store)("certificate-challenge", readable)
        if self.clock.now() >= datetime.fromtimestamp(int(memory["ends_at"]), UTC):
            raise ChallengeExpired
        return readable.encode()
