"""Any-ID: a window that hands the browser a sealed object; servers exchange it under ARIA-256-CBC and an HMAC."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import subprocess
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from simulator.keys import ANYID_SERVICE
from simulator.outcome import Outcome
from simulator.requests_at_hand import Asked
from simulator.stage import KOREA, Stage, said

_CODES = {
    Outcome.REFUSE: "1002",
    Outcome.CANCEL: "1001",
    Outcome.EXPIRE: "1003",
    Outcome.OTHER_HOLDER: "2004",
}


@dataclass(frozen=True)
class AnyId:
    """Speaks for whatever means a member uses there."""

    stage: Stage

    def blueprint(self) -> Blueprint:
        api = Blueprint("any_id", __name__, url_prefix="/anyid")
        api.add_url_rule("/login", view_func=self.window)
        api.add_url_rule("/api/v1/ssob", view_func=self.exchange, methods=["POST"])
        return api

    def window(self) -> ResponseReturnValue:
        asked = [request.args.get(name, "") for name in ("srvcNo", "txId", "tag", "lvl", "redirect_uri")]
        mac = self._mac("\n".join(asked).encode())
        right = asked[0] == ANYID_SERVICE and hmac.compare_digest(request.args.get("mac", "").encode(), mac.encode())
        if not right or not self.stage.may_return_to(asked[4]):
            abort(400)
        begun = self.stage.requests.add("any_id", asked[2], return_url=asked[4], more={"txId": asked[1]})
        return redirect(f"{self.stage.url}/windows/{begun.id}", 303)

    def exchange(self) -> ResponseReturnValue:
        content = said()
        mac = self._mac(request.get_data())
        if not hmac.compare_digest(request.headers.get("x-anyid-hmac", "").encode(), mac.encode()):
            return {"resultCode": "3001"}
        asked = self.stage.requests.by_handle(str(content.get("ssob", "")))
        if asked is None or (asked.nonce, asked.more["txId"]) != (content.get("tag"), content.get("txId")):
            return {"resultCode": "2001"}
        trouble = self.stage.out_of_order(asked)
        if trouble is not None:
            return trouble
        if asked.outcome in _CODES:
            return {"resultCode": _CODES[asked.outcome]}
        if asked.outcome is Outcome.REPLAYED or not self.stage.requests.take(asked.id):
            return {"resultCode": "2002"}
        return self._sealed(asked)

    def _sealed(self, asked: Asked) -> ResponseReturnValue:
        person = self.stage.person(asked.holder)
        content = {
            "txId": asked.more["txId"],
            "tag": asked.said_nonce,
            "resultId": f"result-{asked.id}",
            "authDtim": asked.completed.astimezone(KOREA).strftime("%Y%m%d%H%M%S"),
            "lvl": 3,
            "method": "MID",
            "name": person.name,
            "birth": person.birthday,
            "gender": "M" if person.gender == "male" else "F",
            "phone": person.phone,
            "ci": person.ci,
        }
        iv = secrets.token_bytes(16)
        key = base64.b64decode(self.stage.keys.anyid_kms_key)
        try:
            sealed = iv + aria_256_cbc(key, iv, json.dumps(content, ensure_ascii=False).encode())
        except (OSError, subprocess.SubprocessError):
            # A machine whose openssl has no ARIA, such as one with LibreSSL.
            return {"resultCode": "9003"}
        enc_data = base64.b64encode(sealed).decode("ascii")
        forged = "x" if asked.outcome is Outcome.FORGED else ""
        return {
            "resultCode": "0000",
            "encData": enc_data,
            "hmac": self._mac(f"{enc_data}\n{asked.nonce}{forged}".encode()),
        }

    def _mac(self, octets: bytes) -> str:
        secret = self.stage.keys.anyid_hmac.encode()
        return base64.b64encode(hmac.digest(secret, octets, "sha256")).decode("ascii")


def aria_256_cbc(key: bytes, iv: bytes, octets: bytes) -> bytes:
    """By OpenSSL's program: no Python library has ARIA, and the other side's own code should meet somebody else's.

    The key is on its command line, where this machine's users can read it: it is a demonstration's.
    """
    command = ["openssl", "enc", "-e", "-aria-256-cbc", "-K", key.hex(), "-iv", iv.hex()]
    return subprocess.run(  # noqa: S603 - a fixed program, hexadecimal arguments, no shell
        command, input=octets, capture_output=True, check=True, timeout=10
    ).stdout
