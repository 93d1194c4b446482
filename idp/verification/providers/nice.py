"""휴대폰 본인확인 as NICE's integrated authentication v1.0 does it: token → address → the browser goes and comes back
with a handle → result, which only the keys of our own request open.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.crypto.digests import same
from idp.sections.providers import NiceProvider
from idp.verification.evidence import Evidence
from idp.verification.failures import (
    Cancelled,
    Denied,
    Expired,
    ForeignResult,
    Forged,
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
from idp.verification.providers.reading import Said

_API = "/ido/intc/v1.0/auth"
_GOOD = "0000"
_MOST_ROUNDS = 100_000
_IV = _TAG = 16

REFUSALS: Mapping[str, type[VerificationFailure]] = {
    "1003": ProviderFailed,  # token run out
    "1004": ProviderFailed,  # token not valid
    "1007": ProviderFailed,  # our address is not registered there
    "3001": Cancelled,
    "3002": Denied,
    "3003": NameMismatch,
    "3011": Expired,
    "3021": ForeignResult,
    "3032": StaleResult,
    "3033": Replayed,  # a result is handed out once
    "9998": ProviderUnavailable,
    "9999": ProviderFailed,
}


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens one transaction's result, and no other's."""

    seal: bytes = field(repr=False)
    cipher: bytes = field(repr=False)

    @classmethod
    def of(cls, ticket: str, transaction: str, rounds: int) -> Keys:
        """From the ticket, which the browser never sees."""
        octets = hashlib.pbkdf2_hmac("sha256", ticket.encode(), transaction.encode(), rounds, 64)
        text = base64.urlsafe_b64encode(octets).rstrip(b"=")
        return cls(seal=text[48:80], cipher=text[:32])


def opened(keys: Keys, enc_data: str, integrity_value: str) -> bytes:
    """The octets of a result: IV, cipher text and tag under AES-256-GCM, HMAC-SHA256 over their Base64 text.

    Raises:
        Forged: another key made it, or somebody has changed it.
    """
    seal = base64.urlsafe_b64encode(hmac.digest(keys.seal, enc_data.encode(), "sha256")).rstrip(b"=")
    if not hmac.compare_digest(seal, integrity_value.rstrip("=").encode()):
        raise Forged("integrity value does not fit")
    sealed = reading.base64_octets(enc_data, "enc_data")
    if len(sealed) < _IV + _TAG:
        raise Forged("enc_data too short")
    try:
        return AESGCM(keys.cipher).decrypt(sealed[:_IV], sealed[_IV:], None)
    except InvalidTag as error:
        raise Forged("tag does not fit") from error


@dataclass(frozen=True, slots=True)
class Nice(Adapter):
    """One token and one ticket for each verification: their keys then open its result alone."""

    told: NiceProvider

    def begin(self, context: Context) -> Turn:
        basic = f"{self.told.client_id}:{self.told.client_secret.get_secret_value()}".encode()
        token = self._ask(
            "/token",
            {"grant_type": "client_credentials", "request_no": context.nonce},
            f"Basic {base64.urlsafe_b64encode(basic).rstrip(b'=').decode('ascii')}",
        )
        access = token.text("access_token", 4000)
        if not access.isascii() or not access.isprintable():
            raise self.wire.failed("access token unusable")
        said = self._ask(
            "/url",
            {
                "request_no": context.nonce,
                "return_url": self.return_address(context),
                "close_url": self.return_address(context, closed="1"),
                "svc_types": self.told.service_types,
                "method_type": "GET",
            },
            f"Bearer {access}",
        )
        return Turn(
            Redirect(self.wire.address(said, "auth_url")),
            {
                "access": access,
                "ticket": token.text("ticket", 4000),
                "rounds": max(1, token.whole("iterators", _MOST_ROUNDS)),
                "transaction": said.text("transaction_id", 200),
            },
        )

    def poll(self, _context: Context, _memory: Memory) -> Mapping[str, str] | None:
        return None

    def finish(self, context: Context, memory: Memory, answer: Mapping[str, str]) -> Turn | Evidence:
        if answer.get("closed") == "1":
            raise Cancelled
        asked = {
            "request_no": context.nonce,
            "transaction_id": str(memory["transaction"]),
            "web_transaction_id": answer.get("web_transaction_id", "")[:200],
        }
        said = self._ask("/result", asked, f"Bearer {memory['access']}")
        keys = Keys.of(str(memory["ticket"]), str(memory["transaction"]), int(memory["rounds"]))
        octets = opened(keys, said.text("enc_data"), said.text("integrity_value", 200))
        found = reading.json_object(octets)
        request_no = found.text("request_no", 100)
        if not same(request_no, context.nonce):
            raise ForeignResult
        self.fresh(found.instant("auth_dtim"))
        self.by.first_use(self.provider, found.maybe("response_no", 200) or request_no)
        identity = Identity(
            name=reading.person_name(found.text("name")),
            birth_date=reading.birth_date(found.text("birthdate", 20)),
            gender=reading.gender(found.maybe("gender", 20)),
            phone=reading.mobile(found.text("mobile_no", 40)),
            ci=reading.ci(found.text("ci", 100)),
            di=reading.di(found.maybe("di", 100)),
        )
        return self.evidence(context, identity, octets)

    def _ask(self, path: str, content: Mapping[str, object], authorization: str) -> Said:
        reply = self.wire.post_json(f"{_API}{path}", content, {"Authorization": authorization})
        said = reading.json_object(reply.octets)
        code = said.text("result_code", 10)
        if code != _GOOD:
            raise self.refused(REFUSALS, code)
        return said
