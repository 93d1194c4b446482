"""휴대폰 본인확인: token, address of a window, an encrypted result once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from simulator.keys import NICE_CLIENT
from simulator.outcome import Outcome
from simulator.requests_at_hand import Asked
from simulator.stage import KOREA, Stage, said

_API = "/ido/intc/v1.0/auth"
_ROUNDS = 1000
_CODES = {
    Outcome.REFUSE: "3002",
    Outcome.CANCEL: "3001",
    Outcome.EXPIRE: "3011",
    Outcome.OTHER_HOLDER: "3003",
}


@dataclass(frozen=True)
class Nice:
    """Speaks for the phone companies."""

    stage: Stage

    def blueprint(self) -> Blueprint:
        api = Blueprint("nice", __name__, url_prefix=_API)
        for name, view in (("token", self.token), ("url", self.window), ("result", self.result)):
            api.add_url_rule(f"/{name}", name, view, methods=["POST"])
        return api

    def token(self) -> ResponseReturnValue:
        pair = f"{NICE_CLIENT}:{self.stage.keys.nice_secret}".encode()
        basic = base64.urlsafe_b64encode(pair).rstrip(b"=").decode("ascii")
        if request.headers.get("Authorization") != f"Basic {basic}":
            return _bad("1001")
        number = secrets.token_urlsafe(16)
        expires = int(self.stage.now().timestamp() * 1000) + 86_400_000
        return _good(access_token=self._access(number), expires_in=expires, iterators=_ROUNDS, ticket=f"t-{number}")

    def window(self) -> ResponseReturnValue:
        content, ticket = said(), self._ticket()
        back = str(content.get("return_url", ""))
        if ticket is None:
            return _bad("1004")
        if not self.stage.may_return_to(back):
            return _bad("2001")
        asked = self.stage.requests.add(
            "nice",
            str(content.get("request_no", "")),
            return_url=back,
            more={"ticket": ticket, "close_url": str(content.get("close_url", ""))},
        )
        return _good(auth_url=f"{self.stage.url}/windows/{asked.id}", transaction_id=asked.id, request_no=asked.nonce)

    def result(self) -> ResponseReturnValue:
        content = said()
        asked = self.stage.requests.by_handle(str(content.get("web_transaction_id", "")))
        if self._ticket() is None:
            return _bad("1004")
        if asked is None or (asked.id, asked.nonce) != (content.get("transaction_id"), content.get("request_no")):
            return _bad("3021")
        trouble = self.stage.out_of_order(asked)
        if trouble is not None:
            return trouble
        if asked.outcome in _CODES:
            return _bad(_CODES[asked.outcome])
        if asked.outcome is Outcome.REPLAYED or not self.stage.requests.take(asked.id):
            return _bad("3033")
        return _good(**self._sealed(asked))

    def _sealed(self, asked: Asked) -> dict[str, str]:
        person = self.stage.person(asked.holder)
        octets = hashlib.pbkdf2_hmac("sha256", asked.more["ticket"].encode(), asked.id.encode(), _ROUNDS, 64)
        text = base64.urlsafe_b64encode(octets).rstrip(b"=")
        content = {
            "request_no": asked.said_nonce,
            "response_no": f"result-{asked.id}",
            "auth_dtim": asked.completed.astimezone(KOREA).strftime("%Y%m%d%H%M%S"),
            "name": person.name,
            "birthdate": person.birthday,
            "gender": "1" if person.gender == "male" else "0",
            "national_info": "0",
            "ci": person.ci,
            "di": person.di,
            "mobile_co": "1",
            "mobile_no": person.phone,
        }
        iv = secrets.token_bytes(16)
        sealed = iv + AESGCM(text[:32]).encrypt(iv, json.dumps(content, ensure_ascii=False).encode(), None)
        enc_data = base64.urlsafe_b64encode(sealed).rstrip(b"=")
        seal = text[48:80] if asked.outcome is not Outcome.FORGED else bytes(32)
        mac = base64.urlsafe_b64encode(hmac.digest(seal, enc_data, "sha256")).rstrip(b"=")
        return {"enc_data": enc_data.decode("ascii"), "integrity_value": mac.decode("ascii")}

    def _access(self, number: str) -> str:
        mac = hmac.digest(self.stage.keys.nice_secret.encode(), number.encode(), "sha256").hex()
        return f"{number}.{mac}"

    def _ticket(self) -> str | None:
        """The ticket that was given out with the access token in the request."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        number = given.partition(".")[0]
        return f"t-{number}" if hmac.compare_digest(given.encode(), self._access(number).encode()) else None


def _good(**more: object) -> ResponseReturnValue:
    return {"result_code": "0000", "result_message": "응답성공", **more}


def _bad(code: str) -> ResponseReturnValue:
    return {"result_code": code, "result_message": "모의 인증"}
