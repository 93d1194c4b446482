"""An OACX hub: `trans`, `authen/request`, `authen/result`, `trans/<token>` once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from joserfc import jws
from joserfc.jwk import ECKey

from simulator.keys import OACX_BRANDS
from simulator.outcome import Outcome
from simulator.requests_at_hand import Asked
from simulator.stage import Stage, said

_API = "/oacx/api/v1.0"
_CODES = {
    None: "OACX_NOT_COMPLETED",
    Outcome.DELAY: "OACX_NOT_COMPLETED",
    Outcome.REFUSE: "OACX_USER_REJECT",
    Outcome.CANCEL: "OACX_USER_CANCEL",
    Outcome.EXPIRE: "OACX_TIMEOUT",
}


@dataclass(frozen=True)
class Oacx:
    """Speaks for several apps."""

    stage: Stage

    def blueprint(self) -> Blueprint:
        api = Blueprint("oacx", __name__, url_prefix=_API)
        api.add_url_rule("/trans", view_func=self.open, methods=["POST"])
        api.add_url_rule("/authen/request", view_func=self.push, methods=["POST"])
        api.add_url_rule("/authen/result", view_func=self.standing, methods=["POST"])
        api.add_url_rule("/trans/<token>", view_func=self.result)
        api.add_url_rule("/provider/list", view_func=lambda: {"providers": [{"id": each} for each in OACX_BRANDS]})
        return api

    def open(self) -> ResponseReturnValue:
        asked = self.stage.requests.add("oacx", "")
        return _good(token=asked.id, txId=f"tx-{asked.id}")

    def push(self) -> ResponseReturnValue:
        content = said()
        asked = self._of(content)
        user, info = (
            each if isinstance(each, dict) else {} for each in (content.get("userInfo"), content.get("contentInfo"))
        )
        if asked is None or content.get("provider") not in OACX_BRANDS:
            return _bad("OACX_INVALID_TOKEN")
        person = self.stage.known(user.get("name", ""), user.get("birthday", ""), user.get("phone", ""))
        if person is None:
            return _bad("OACX_USER_NOT_FOUND")
        self.stage.requests.change(
            asked.id, nonce=info.get("signTarget", ""), holder=person.code, app=OACX_BRANDS[content["provider"]]
        )
        return _good(token=asked.id, cxId=f"cx-{asked.id}")

    def standing(self) -> ResponseReturnValue:
        asked = self._of(said())
        if asked is None:
            return _bad("OACX_INVALID_TOKEN")
        trouble = self.stage.out_of_order(asked)
        if trouble is not None:
            return trouble
        code = _CODES.get(asked.outcome, "OACX_SUCCESS")
        return _good() if code == "OACX_SUCCESS" else _bad(code)

    def result(self, token: str) -> ResponseReturnValue:
        asked = self.stage.requests.get(token)
        if asked is None or _CODES.get(asked.outcome) is not None:
            return _bad("OACX_INVALID_TOKEN")
        if asked.outcome is Outcome.REPLAYED or not self.stage.requests.take(token):
            return _bad("OACX_TOKEN_USED")
        return _good(signedData=signed(self.stage, asked, self._content(asked)))

    def _content(self, asked: Asked) -> Mapping[str, Any]:
        person = self.stage.person(asked.vouched)
        return {
            "jti": f"result-{asked.id}",
            "txId": f"tx-{asked.id}",
            "nonce": asked.said_nonce,
            "completedAt": asked.completed.isoformat(),
            "name": person.name,
            "birthday": person.birthday,
            "gender": person.gender,
            "phone": person.phone,
            "ci": person.ci,
            "di": person.di,
        }

    def _of(self, content: Mapping[str, Any]) -> Asked | None:
        asked = self.stage.requests.get(str(content.get("token", "")))
        return asked if asked is not None and content.get("txId") == f"tx-{asked.id}" else None


def signed(stage: Stage, asked: Asked, content: Mapping[str, Any]) -> str:
    """JWS Compact by our key, or by nobody's where the tester chose a forgery."""
    key = ECKey.generate_key("P-256") if asked.outcome is Outcome.FORGED else stage.keys.signer
    return jws.serialize_compact({"alg": "ES256"}, json.dumps(content).encode(), key)


def _good(**more: str) -> ResponseReturnValue:
    return {"resultCode": "200", "oacxCode": "OACX_SUCCESS", **more}


def _bad(code: str) -> ResponseReturnValue:
    return {"resultCode": "400", "oacxCode": code, "clientMessage": "모의 인증"}
