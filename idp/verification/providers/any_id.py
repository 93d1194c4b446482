"""Any-ID: the browser goes to its window and comes back with a sealed object (ssob); the server exchanges it, with the
tag that it began with, for an identity under ARIA-256-CBC and an HMAC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from idp.clock import epoch_seconds
from idp.crypto.aria import BLOCK, AriaRefused, cbc_opened
from idp.crypto.digests import same
from idp.sections.providers import AnyIdProvider
from idp.verification.evidence import Evidence
from idp.verification.failures import (
    Cancelled,
    Denied,
    Expired,
    ForeignResult,
    Forged,
    LevelTooLow,
    NameMismatch,
    ProviderFailed,
    ProviderUnavailable,
    Replayed,
    StaleResult,
    VerificationFailure,
)
from idp.verification.identity import Identity
from idp.verification.method import Context, Memory, Redirect, Turn
from idp.verification.providers import reading
from idp.verification.providers.adapter import Adapter
from idp.verification.providers.seals import key_of, seal
from idp.verification.providers.wire import json_octets

_WINDOW, _EXCHANGE = "/anyid/login", "/anyid/api/v1/ssob"
_GOOD = "0000"
_LONGEST_RESULT = 8 * 1024

REFUSALS: Mapping[str, type[VerificationFailure]] = {
    "1001": Cancelled,
    "1002": Denied,
    "1003": Expired,
    "2001": ForeignResult,
    "2002": Replayed,
    "2003": StaleResult,
    "2004": NameMismatch,
    "3001": Forged,
    "9001": ProviderFailed,
    "9003": ProviderUnavailable,
}


@dataclass(frozen=True, slots=True)
class AnyId(Adapter):
    """Whatever means the member uses there, of `level` and above."""

    told: AnyIdProvider

    def __post_init__(self) -> None:
        """Check the key.

        Raises:
            ConfigurationError: it is not the Base64 of 32 octets.
        """
        self._key()

    def begin(self, context: Context) -> Turn:
        asked = {
            "srvcNo": self.told.service_number,
            "txId": context.tx_id,
            "tag": context.nonce,
            "lvl": str(self.told.level),
            "redirect_uri": self.return_address(context),
        }
        query = urlencode({**asked, "mac": self._mac("\n".join(asked.values()).encode())})
        return Turn(Redirect(f"{self.wire.base_url}{_WINDOW}?{query}"))

    def poll(self, _context: Context, _memory: Memory) -> Mapping[str, str] | None:
        return None

    def finish(self, context: Context, _memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        if "error" in answer:
            raise self.refused(REFUSALS, answer["error"])
        body = json_octets(
            {
                "srvcNo": self.told.service_number,
                "txId": context.tx_id,
                "tag": context.nonce,
                "ssob": answer.get("ssob", "")[:4000],
                "reqDtim": str(epoch_seconds(self.by.clock.now())),
            }
        )
        reply = self.wire.post_json(_EXCHANGE, body, {"x-anyid-hmac": self._mac(body)})
        said = reading.json_object(reply.octets)
        code = said.text("resultCode", 10)
        if code != _GOOD:
            raise self.refused(REFUSALS, code)
        octets = self._opened(said.text("encData", 2 * _LONGEST_RESULT), said.text("hmac", 100), context.nonce)
        found = reading.json_object(octets)
        if found.text("txId", 100) != context.tx_id or not same(found.text("tag", 100), context.nonce):
            raise ForeignResult
        self.fresh(found.instant("authDtim"))
        if found.whole("lvl", 9) < self.told.level:
            raise LevelTooLow
        self.by.first_use(self.provider, found.text("resultId", 200))
        identity = Identity(
            name=reading.person_name(found.text("name")),
            birth_date=reading.birth_date(found.text("birth", 20)),
            gender=reading.gender(found.maybe("gender", 20)),
            phone=reading.mobile(found.maybe("phone", 40)),
            ci=reading.ci(found.text("ci", 100)),
        )
        return self.evidence(context, identity, octets)

    def _opened(self, enc_data: str, sealed_by: str, tag: str) -> bytes:
        """The plain octets; the seal is over cipher text and tag, and is looked at first."""
        if not same(sealed_by, self._mac(f"{enc_data}\n{tag}".encode())):
            raise Forged("seal does not fit")
        sealed = reading.base64_octets(enc_data, "encData")
        if len(sealed) > _LONGEST_RESULT:
            raise self.wire.failed("result too long")
        try:
            return cbc_opened(self._key(), sealed[:BLOCK], sealed[BLOCK:])
        except AriaRefused as error:
            raise Forged("cipher text unusable") from error

    def _mac(self, octets: bytes) -> str:
        return seal(self.told.hmac_secret.get_secret_value().encode(), octets)

    def _key(self) -> bytes:
        return key_of(self.told.kms_key, "kms_key of Any-ID")
