"""금융인증서: a page that signs a text with a laboratory's certificate, and the CMS for the server that asked."""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from simulator.key_files import NotSigning, held
from simulator.keys import FINCERT_ORGANISATION
from simulator.outcome import Outcome
from simulator.requests_at_hand import Asked
from simulator.stage import Stage, said

_CODES = {
    None: "800003",
    Outcome.CANCEL: "800000",
    Outcome.REFUSE: "800001",
    Outcome.EXPIRE: "800002",
    Outcome.REPLAYED: "800004",
}


@dataclass(frozen=True)
class FinCert:
    """Keeps certificates for their holders."""

    stage: Stage

    def blueprint(self) -> Blueprint:
        api = Blueprint("fincert", __name__, url_prefix="/fincert/v1")
        api.add_url_rule("/sign", view_func=self.begin, methods=["POST"])
        api.add_url_rule("/result", view_func=self.result, methods=["POST"])
        return api

    def begin(self) -> ResponseReturnValue:
        content = said()
        inside, back = content.get("content"), str(content.get("returnUrl", ""))
        text = inside.get("plainText") if isinstance(inside, dict) else None
        known = self._known() and self.stage.certificates is not None and self.stage.may_return_to(back)
        if not known or not isinstance(text, str):
            return _bad("900000")
        asked = self.stage.requests.add(
            "fincert", str(content.get("requestNo", "")), return_url=back, more={"text": text}
        )
        return _good(signId=asked.id, pageUrl=f"{self.stage.url}/windows/{asked.id}")

    def result(self) -> ResponseReturnValue:
        content = said()
        asked = self.stage.requests.get(str(content.get("signId", ""))) if self._known() else None
        if asked is None or asked.shape != "fincert" or asked.nonce != content.get("requestNo"):
            return _bad("800003")
        trouble = self.stage.out_of_order(asked)
        if trouble is not None:
            return trouble
        if asked.outcome in _CODES:
            return _bad(_CODES[asked.outcome])
        if not self.stage.requests.take(asked.id):
            return _bad("800004")
        return self._signed(asked)

    def _signed(self, asked: Asked) -> ResponseReturnValue:
        if self.stage.certificates is None:
            return _bad("900000")
        text = "another text" if asked.outcome is Outcome.FOREIGN else asked.more["text"]
        try:
            signer = held(self.stage.certificates / asked.holder)
        except NotSigning:
            return _bad("900000")
        cms = bytearray(signer.signed(text.encode()))
        if asked.outcome is Outcome.FORGED:
            # The signature is what ends it.
            cms[-1] ^= 1
        return _good(
            certSeqNum="1", signedVals=base64.b64encode(bytes(cms)).decode("ascii"), vidRandom=signer.random.hex()
        )

    def _known(self) -> bool:
        key = request.headers.get("x-api-key", "").encode()
        right = hmac.compare_digest(key, self.stage.keys.fincert_key.encode())
        return right and said().get("orgCode") == FINCERT_ORGANISATION


def _good(**more: str) -> ResponseReturnValue:
    return {"resultCode": "000000", **more}


def _bad(code: str) -> ResponseReturnValue:
    return {"resultCode": code}
