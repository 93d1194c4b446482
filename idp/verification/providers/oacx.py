"""An OACX hub: `trans` → `authen/request` → `authen/result` → `trans/<token>`, which is read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.crypto.digests import same
from idp.sections.providers import OacxProvider
from idp.verification.failures import (
    Cancelled,
    Denied,
    Expired,
    ForeignResult,
    NameMismatch,
    ProviderFailed,
    ProviderUnavailable,
    Replayed,
    VerificationFailure,
)
from idp.verification.identity import Identity
from idp.verification.method import Context, Memory
from idp.verification.providers import reading
from idp.verification.providers.adapter import Adapter
from idp.verification.providers.app_push import Asked, Vouched
from idp.verification.providers.reading import Said
from idp.verification.providers.signed_results import ResultKey

_API = "/oacx/api/v1.0"
_GOOD, _WAITING = "OACX_SUCCESS", "OACX_NOT_COMPLETED"

REFUSALS: Mapping[str, type[VerificationFailure]] = {
    "OACX_USER_REJECT": Denied,
    "OACX_USER_CANCEL": Cancelled,
    "OACX_TIMEOUT": Expired,
    "OACX_EXPIRED": Expired,
    "OACX_INVALID_USERINFO": NameMismatch,
    "OACX_USER_NOT_FOUND": NameMismatch,
    "OACX_TOKEN_USED": Replayed,
    "OACX_INVALID_TOKEN": ForeignResult,
    "OACX_PROVIDER_ERROR": ProviderFailed,
    "OACX_PROVIDER_UNAVAILABLE": ProviderUnavailable,
}


@dataclass(frozen=True, slots=True)
class OacxHub:
    """Speaks to one hub."""

    told: OacxProvider
    key: ResultKey

    def push(self, adapter: Adapter, context: Context, asked: Asked) -> Memory:
        opened = self._said(adapter, "/trans", {})
        token, tx_id = opened.text("token", 2000), opened.text("txId", 200)
        sent = self._said(
            adapter,
            "/authen/request",
            {
                "provider": asked.brand,
                "token": token,
                "txId": tx_id,
                "userInfo": {
                    "name": asked.name,
                    "phone": asked.phone,
                    "birthday": asked.birth_date.strftime("%Y%m%d"),
                },
                # What the app signs names our verification, so that a result cannot serve another.
                "contentInfo": {
                    "signType": self.told.sign_type,
                    "signTargetTycd": "nonce",
                    "signTarget": context.nonce,
                },
            },
        )
        return {"token": sent.maybe("token", 2000) or token, "tx_id": tx_id, "cx_id": sent.text("cxId", 200)}

    def approved(self, adapter: Adapter, memory: Memory) -> bool:
        asked = {
            "provider": memory["brand"],
            "token": memory["token"],
            "txId": memory["tx_id"],
            "cxId": memory["cx_id"],
        }
        said = self._read(adapter, adapter.wire.post_json(f"{_API}/authen/result", asked, {}).octets, _GOOD, _WAITING)
        return said.text("oacxCode", 60) == _GOOD

    def collect(self, adapter: Adapter, context: Context, memory: Memory) -> Vouched:
        token = str(memory["token"])
        if not token.replace("-", "").replace("_", "").replace(".", "").isalnum() or not token.isascii():
            raise adapter.wire.failed("token unusable")
        octets = adapter.wire.get(f"{_API}/trans/{token}").octets
        signed = self.key.opened(self._read(adapter, octets, _GOOD).text("signedData"))
        if signed.text("txId", 200) != memory["tx_id"] or not same(signed.text("nonce", 200), context.nonce):
            raise ForeignResult
        adapter.fresh(signed.instant("completedAt"))
        return Vouched(_identity(signed), signed.text("jti", 200), octets)

    def _said(self, adapter: Adapter, path: str, content: Mapping[str, object]) -> Said:
        return self._read(adapter, adapter.wire.post_json(f"{_API}{path}", content, {}).octets, _GOOD)

    def _read(self, adapter: Adapter, octets: bytes, *expected: str) -> Said:
        said = reading.json_object(octets)
        code = said.text("oacxCode", 60)
        if code not in expected:
            raise adapter.refused(REFUSALS, code)
        return said


def _identity(said: Said) -> Identity:
    return Identity(
        name=reading.person_name(said.text("name")),
        birth_date=reading.birth_date(said.text("birthday", 20)),
        gender=reading.gender(said.maybe("gender", 20)),
        phone=reading.mobile(said.text("phone", 40)),
        ci=reading.ci(said.text("ci", 100)),
        di=reading.di(said.maybe("di", 100)),
    )
