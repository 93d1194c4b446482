"""사업자 간편인증: the browser meets the provider's page, which asks the representative's app; the server then asks the
provider itself. What the page's script says in the browser is worth nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.clock import epoch_seconds
from idp.crypto.digests import same
from idp.sections.providers import EzAuthProvider
from idp.verification.evidence import Evidence
from idp.verification.failures import (
    Cancelled,
    Denied,
    Expired,
    ForeignResult,
    Forged,
    HolderMismatch,
    NameMismatch,
    ProviderFailed,
    ProviderUnavailable,
    Replayed,
    VerificationFailure,
)
from idp.verification.identity import Identity
from idp.verification.method import Context, Memory, Redirect, Turn, Wait
from idp.verification.providers import reading
from idp.verification.providers.adapter import Adapter
from idp.verification.providers.reading import Said
from idp.verification.providers.seals import seal
from idp.verification.providers.wire import json_octets
from idp.web.source_words import N_

_API = "/ezauth/api/v1"
_GOOD, _IN_PROGRESS = "0", "10"

REFUSALS: Mapping[str, type[VerificationFailure]] = {
    "301": Denied,
    "302": Cancelled,
    "303": Expired,
    "304": NameMismatch,
    "305": HolderMismatch,
    "401": Forged,
    "404": ForeignResult,
    "409": Replayed,
    "500": ProviderFailed,
    "503": ProviderUnavailable,
}


@dataclass(frozen=True, slots=True)
class EzAuth(Adapter):
    """One business at a time, by the app of whoever represents it."""

    told: EzAuthProvider

    def begin(self, context: Context) -> Turn:
        said = self._ask(
            "/transaction",
            {
                "businessNumber": context.request.business_number,
                "requestNo": context.nonce,
                "returnUrl": self.return_address(context),
            },
            _GOOD,
        )
        return Turn(Redirect(self.wire.address(said, "pageUrl")), {"transaction": said.text("transactionId", 100)})

    def poll(self, context: Context, memory: Memory) -> Mapping[str, str] | None:
        return {} if self._standing(context, memory).text("errno", 10) == _GOOD else None

    def finish(self, context: Context, memory: Memory, _answer: Mapping[str, str]) -> Turn | Evidence:
        if self._standing(context, memory).text("errno", 10) == _IN_PROGRESS:
            waiting = N_("대표자의 휴대전화로 인증 요청을 보냈습니다. 앱에서 승인한 다음 아래 버튼을 눌러 주세요.")
            return Turn(Wait(N_("인증 앱에서 승인해 주세요"), waiting, self.tester_page), memory)
        octets = self._octets("/verify", {"transactionId": memory["transaction"], "requestNo": context.nonce})
        said = self._read(octets, _GOOD)
        if said.text("transactionId", 100) != memory["transaction"] or not same(
            said.text("requestNo", 100), context.nonce
        ):
            raise ForeignResult
        self.fresh(said.instant("completedAt"))
        self.by.first_use(self.provider, said.text("resultId", 200))
        identity = Identity(
            name=reading.person_name(said.text("name")),
            business_number=reading.business_number(said.text("businessNumber", 20)),
            company_name=reading.person_name(said.text("companyName")),
        )
        return self.evidence(context, identity, octets)

    def _standing(self, context: Context, memory: Memory) -> Said:
        asked = {"transactionId": memory["transaction"], "requestNo": context.nonce}
        return self._ask("/status", asked, _GOOD, _IN_PROGRESS)

    def _ask(self, path: str, content: Mapping[str, object], *expected: str) -> Said:
        return self._read(self._octets(path, content), *expected)

    def _octets(self, path: str, content: Mapping[str, object]) -> bytes:
        """The answer, whose seal was checked over the octets as they came."""
        body = json_octets({"serviceId": self.told.service_id, **content})
        date = str(epoch_seconds(self.by.clock.now()))
        headers = {"x-ez-date": date, "x-ez-signature": self._mac(f"{path}\n{date}\n".encode() + body)}
        reply = self.wire.post_json(f"{_API}{path}", body, headers)
        sealed_by = reply.headers.get("x-ez-signature", "")
        if not sealed_by:
            raise self.wire.failed("answer without a seal")
        # The date of our request is in it: an answer recorded earlier does not fit this one.
        if not same(sealed_by, self._mac(f"{path}\n{date}\n".encode() + reply.octets)):
            raise Forged("seal does not fit")
        return reply.octets

    def _read(self, octets: bytes, *expected: str) -> Said:
        said = reading.json_object(octets)
        errno = said.text("errno", 10)
        if errno not in expected:
            raise self.refused(REFUSALS, errno)
        return said

    def _mac(self, octets: bytes) -> str:
        return seal(self.told.secret.get_secret_value().encode(), octets)
