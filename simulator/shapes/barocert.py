"""Barocert: session token, request, status, verification once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from simulator.keys import BAROCERT_BRANDS, CLIENT_CODE, LINK_ID
from simulator.outcome import Outcome
from simulator.requests_at_hand import Asked
from simulator.shapes.oacx import signed
from simulator.stage import KOREA, Stage, said

_STATES = {None: 0, Outcome.DELAY: 0, Outcome.EXPIRE: 2, Outcome.REFUSE: 3, Outcome.CANCEL: 4}
_DONE = 1


@dataclass(frozen=True)
class Barocert:
    """Speaks for several apps."""

    stage: Stage

    def blueprint(self) -> Blueprint:
        api = Blueprint("barocert", __name__)
        one = "/<brand>/Identity/<client>/<receipt>"
        api.add_url_rule("/BAROCERT/Token", view_func=self.token, methods=["POST"])
        api.add_url_rule("/<brand>/Identity/<client>", view_func=self.push, methods=["POST"])
        api.add_url_rule(one, "standing", self.standing, methods=["GET"])
        api.add_url_rule(one, "verify", self.verify, methods=["POST"])
        return api

    def token(self) -> ResponseReturnValue:
        date, version = request.headers.get("x-lh-date", ""), request.headers.get("x-lh-version", "")
        mac = self._mac(f"POST\n{self._hashed()}\n{date}\n{version}\n/BAROCERT/Token")
        if request.headers.get("Authorization") != f"LINKHUB {LINK_ID} {mac}":
            return _bad("-99010007", 401)
        return {"session_token": self._session(), "serviceID": "BAROCERT", "linkID": LINK_ID}

    def push(self, brand: str, client: str) -> ResponseReturnValue:
        if not self._signed() or brand not in BAROCERT_BRANDS or client != CLIENT_CODE:
            return _bad("-23050001", 401)
        content = said()
        try:
            name, birthday, phone, nonce = (
                self._opened(str(content.get(field)))
                for field in ("receiverName", "receiverBirthday", "receiverHP", "token")
            )
        except (ValueError, InvalidTag):
            return _bad("-23050002", 400)
        person = self.stage.known(name, birthday, phone)
        if person is None:
            return _bad("-23050401", 400)
        asked = self.stage.requests.add("barocert", nonce, holder=person.code, app=BAROCERT_BRANDS[brand])
        return {"receiptID": asked.id, "scheme": ""}

    def standing(self, brand: str, client: str, receipt: str) -> ResponseReturnValue:
        asked = self._of(brand, client, receipt)
        if asked is None:
            return _bad("-23050404", 400)
        trouble = self.stage.out_of_order(asked)
        if trouble is not None:
            return trouble
        state = _STATES.get(asked.outcome, _DONE)
        done = asked.completed.astimezone(KOREA).strftime("%Y%m%d%H%M%S") if state == _DONE else ""
        return {"receiptID": receipt, "clientCode": client, "state": state, "completeDT": done}

    def verify(self, brand: str, client: str, receipt: str) -> ResponseReturnValue:
        asked = self._of(brand, client, receipt)
        if asked is None or _STATES.get(asked.outcome, _DONE) != _DONE:
            return _bad("-23050404", 400)
        if asked.outcome is Outcome.REPLAYED or not self.stage.requests.take(receipt):
            return _bad("-23050402", 400)
        person = self.stage.person(asked.vouched)
        return {
            "receiptID": receipt,
            "state": _DONE,
            "signedData": signed(self.stage, asked, {"token": asked.said_nonce}),
            "ci": person.ci,
            "receiverName": person.name,
            "receiverHP": person.phone,
            "receiverYear": person.birthday[:4],
            "receiverDay": person.birthday[4:],
            "receiverGender": "1" if person.gender == "male" else "2",
        }

    def _of(self, brand: str, client: str, receipt: str) -> Asked | None:
        known = self._signed() and brand in BAROCERT_BRANDS and client == CLIENT_CODE
        asked = self.stage.requests.get(receipt) if known else None
        return asked if asked is not None and asked.shape == "barocert" else None

    def _signed(self) -> bool:
        hashed = f"{self._hashed()}\n" if request.get_data() else ""
        date = request.headers.get("x-bc-date", "")
        mac = self._mac(f"{request.method}\n{hashed}{date}\n{request.path}\n")
        return (
            hmac.compare_digest(request.headers.get("x-bc-auth", "").encode(), mac.encode())
            and request.headers.get("Authorization") == f"Bearer {self._session()}"
            and request.headers.get("x-bc-encryptionmode") == "GCM"
        )

    def _hashed(self) -> str:
        return base64.b64encode(hashlib.sha256(request.get_data()).digest()).decode("ascii")

    def _session(self) -> str:
        return self._mac("session")

    def _mac(self, text: str) -> str:
        return base64.b64encode(hmac.digest(self._secret(), text.encode(), "sha256")).decode("ascii")

    def _opened(self, sealed: str) -> str:
        octets = base64.b64decode(sealed)
        return AESGCM(self._secret()).decrypt(octets[:12], octets[12:], None).decode()

    def _secret(self) -> bytes:
        return base64.b64decode(self.stage.keys.barocert_secret)


def _bad(code: str, status: int) -> ResponseReturnValue:
    return {"code": int(code), "message": "모의 인증"}, status
