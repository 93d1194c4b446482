"""사업자 간편인증: a transaction, a page, status and verification between servers, each answer under an HMAC."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from simulator.keys import EZAUTH_SERVICE
from simulator.outcome import Outcome
from simulator.people import COMPANIES
from simulator.requests_at_hand import Asked
from simulator.stage import Stage, said

_API = "/ezauth/api/v1"
_ERRNO = {
    None: 10,
    Outcome.DELAY: 10,
    Outcome.REFUSE: 301,
    Outcome.CANCEL: 302,
    Outcome.EXPIRE: 303,
}


@dataclass(frozen=True)
class EzAuth:
    """Speaks for businesses."""

    stage: Stage

    def blueprint(self) -> Blueprint:
        api = Blueprint("ezauth", __name__, url_prefix=_API)
        api.add_url_rule("/transaction", view_func=self.open, methods=["POST"])
        api.add_url_rule("/status", view_func=self.standing, methods=["POST"])
        api.add_url_rule("/verify", view_func=self.verify, methods=["POST"])
        return api

    def open(self) -> ResponseReturnValue:
        content = said()
        back, number = str(content.get("returnUrl", "")), str(content.get("businessNumber", ""))
        if not self._signed("/transaction") or not self.stage.may_return_to(back):
            return self._answer("/transaction", {"errno": 401})
        known = next((code for code, each in COMPANIES.items() if each.business_number == number), "")
        if not known:
            return self._answer("/transaction", {"errno": 304})
        asked = self.stage.requests.add(
            "ezauth", str(content.get("requestNo", "")), return_url=back, business_number=number, holder=known
        )
        page = f"{self.stage.url}/windows/{asked.id}"
        return self._answer("/transaction", {"errno": 0, "transactionId": asked.id, "pageUrl": page})

    def standing(self) -> ResponseReturnValue:
        asked = self._of("/status")
        if asked is None:
            return self._answer("/status", {"errno": 404})
        trouble = self.stage.out_of_order(asked)
        if trouble is not None:
            return trouble
        return self._answer("/status", {"errno": _ERRNO.get(asked.outcome, 0)}, asked)

    def verify(self) -> ResponseReturnValue:
        asked = self._of("/verify")
        if asked is None or _ERRNO.get(asked.outcome) is not None:
            return self._answer("/verify", {"errno": 404})
        if asked.outcome is Outcome.REPLAYED or not self.stage.requests.take(asked.id):
            return self._answer("/verify", {"errno": 409})
        company = COMPANIES[asked.vouched]
        person = self.stage.person(company.representative)
        content = {
            "errno": 0,
            "transactionId": asked.id,
            "requestNo": asked.said_nonce,
            "resultId": f"result-{asked.id}",
            "completedAt": asked.completed.isoformat(),
            "name": person.name,
            "businessNumber": company.business_number,
            "companyName": company.name,
            "birth": person.birthday,
            "phone": person.phone,
        }
        return self._answer("/verify", content, asked)

    def _of(self, path: str) -> Asked | None:
        content = said()
        asked = self.stage.requests.get(str(content.get("transactionId", ""))) if self._signed(path) else None
        return asked if asked is not None and asked.nonce == content.get("requestNo") else None

    def _signed(self, path: str) -> bool:
        mac = self._mac(path, request.get_data())
        known = said().get("serviceId") == EZAUTH_SERVICE
        return known and hmac.compare_digest(request.headers.get("x-ez-signature", "").encode(), mac.encode())

    def _answer(self, path: str, content: Mapping[str, Any], asked: Asked | None = None) -> Response:
        octets = json.dumps(content, ensure_ascii=False).encode()
        forged = asked is not None and asked.outcome is Outcome.FORGED
        answer = Response(octets, mimetype="application/json")
        answer.headers["x-ez-signature"] = self._mac(path, octets + b" " if forged else octets)
        return answer

    def _mac(self, path: str, octets: bytes) -> str:
        date = request.headers.get("x-ez-date", "")
        secret = self.stage.keys.ezauth_secret.encode()
        return base64.b64encode(hmac.digest(secret, f"{path}\n{date}\n".encode() + octets, "sha256")).decode("ascii")
