"""Barocert: every request under an HMAC, what names somebody under AES-256-GCM, a result that is verified once.

Its SDKs (1.8.0) are what this follows: `x-bc-auth` is HMAC-SHA256, under SecretKey, over method, Base64 of the body's
SHA-256, date and path, a line each.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.crypto.digests import same
from idp.sections.providers import BarocertProvider
from idp.verification.failures import (
    Cancelled,
    Denied,
    Expired,
    ForeignResult,
    NameMismatch,
    Replayed,
    StaleResult,
    VerificationFailure,
)
from idp.verification.identity import Identity
from idp.verification.method import Context, Memory
from idp.verification.providers import reading
from idp.verification.providers.adapter import Adapter
from idp.verification.providers.app_push import Asked, Vouched
from idp.verification.providers.reading import Said
from idp.verification.providers.seals import key_of, seal
from idp.verification.providers.signed_results import ResultKey
from idp.verification.providers.wire import Reply, json_octets

_VERSION, _TOKEN_VERSION = "2.1", "2.0"
_NONCE = 12
_WAITING, _DONE = 0, 1
_STATES: Mapping[str, type[VerificationFailure]] = {"2": Expired, "3": Denied, "4": Cancelled}
_EXPIRES_IN = 600

REFUSALS: Mapping[str, type[VerificationFailure]] = {
    "-23050401": NameMismatch,
    "-23050402": Replayed,
    "-23050403": StaleResult,
    "-23050404": ForeignResult,
    "-23050405": Expired,
    "-23050406": Denied,
}


@dataclass(frozen=True, slots=True)
class BarocertHub:
    """Speaks to Barocert."""

    told: BarocertProvider
    key: ResultKey | None

    def __post_init__(self) -> None:
        """Check the key.

        Raises:
            ConfigurationError: SecretKey is not the Base64 of 32 octets.
        """
        self._secret()

    def push(self, adapter: Adapter, context: Context, asked: Asked) -> Memory:
        session = self._session(adapter)
        body = json_octets(
            {
                "receiverHP": self._sealed(adapter, asked.phone),
                "receiverName": self._sealed(adapter, asked.name),
                "receiverBirthday": self._sealed(adapter, asked.birth_date.strftime("%Y%m%d")),
                "reqTitle": "본인확인",
                "expireIn": _EXPIRES_IN,
                # What the app signs names our verification, so that a result cannot serve another.
                "token": self._sealed(adapter, context.nonce),
                "appUseYN": False,
            }
        )
        path = f"/{asked.brand}/Identity/{self.told.client_code}"
        said = self._ask(adapter, session, "POST", path, body)
        return {"receipt": said.text("receiptID", 64), "session": session}

    def approved(self, adapter: Adapter, memory: Memory) -> bool:
        said = self._ask(adapter, str(memory["session"]), "GET", self._path(adapter, memory), b"")
        state = said.whole("state", 99)
        if state in (_WAITING, _DONE):
            return state == _DONE
        raise adapter.refused(_STATES, str(state))

    def collect(self, adapter: Adapter, context: Context, memory: Memory) -> Vouched:
        path, session = self._path(adapter, memory), str(memory["session"])
        standing = self._ask(adapter, session, "GET", path, b"")
        adapter.fresh(standing.instant("completeDT"))
        reply = self._reply(adapter, session, "POST", path, b"")
        said = self._read(adapter, reply)
        if said.text("receiptID", 64) != memory["receipt"] or said.whole("state", 99) != _DONE:
            raise ForeignResult
        signed = said.text("signedData")
        token = self.key.opened(signed).text("token", 200) if self.key is not None else signed
        if not same(token, context.nonce):
            raise ForeignResult
        return Vouched(_identity(said), str(memory["receipt"]), reply.octets)

    def _path(self, adapter: Adapter, memory: Memory) -> str:
        receipt = str(memory["receipt"])
        if not receipt.isascii() or not receipt.isalnum():
            raise adapter.wire.failed("receipt unusable")
        return f"/{memory['brand']}/Identity/{self.told.client_code}/{receipt}"

    def _session(self, adapter: Adapter) -> str:
        """A session token for one verification, from Linkhub."""
        body = json_octets({"access_id": self.told.client_code, "scope": ["partner", "401", "402", "403", "404"]})
        path = urlsplit(self.told.token_url).path
        date = self._date(adapter)
        mac = self._mac(f"POST\n{_hashed(body)}\n{date}\n{_TOKEN_VERSION}\n{path}")
        headers = {
            "x-lh-date": date,
            "x-lh-version": _TOKEN_VERSION,
            "Authorization": f"LINKHUB {self.told.link_id} {mac}",
        }
        said = self._read(adapter, adapter.wire.post_json(self.told.token_url, body, headers))
        token = said.text("session_token", 4000)
        if not token.isascii() or not token.isprintable():
            raise adapter.wire.failed("session token unusable")
        return token

    def _ask(self, adapter: Adapter, session: str, verb: str, path: str, body: bytes) -> Said:
        return self._read(adapter, self._reply(adapter, session, verb, path, body))

    def _reply(self, adapter: Adapter, session: str, verb: str, path: str, body: bytes) -> Reply:
        date = self._date(adapter)
        hashed = f"{_hashed(body)}\n" if body else ""
        headers = {
            "Authorization": f"Bearer {session}",
            "x-bc-date": date,
            "x-bc-version": _VERSION,
            "x-bc-auth": self._mac(f"{verb}\n{hashed}{date}\n{path}\n"),
            "x-bc-encryptionmode": "GCM",
        }
        return adapter.wire.get(path, headers) if verb == "GET" else adapter.wire.post_json(path, body, headers)

    def _read(self, adapter: Adapter, reply: Reply) -> Said:
        said = reading.json_object(reply.octets)
        if not reply.good:
            raise adapter.refused(REFUSALS, said.text("code", 40))
        return said

    def _sealed(self, adapter: Adapter, text: str) -> str:
        nonce = adapter.by.randomness.octets(_NONCE)
        return base64.b64encode(nonce + AESGCM(self._secret()).encrypt(nonce, text.encode(), None)).decode("ascii")

    def _mac(self, text: str) -> str:
        return seal(self._secret(), text.encode())

    def _secret(self) -> bytes:
        return key_of(self.told.secret_key, "secret_key of Barocert")

    def _date(self, adapter: Adapter) -> str:
        return adapter.by.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _hashed(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def _identity(said: Said) -> Identity:
    return Identity(
        name=reading.person_name(said.text("receiverName")),
        birth_date=reading.birth_date(said.text("receiverYear", 4) + said.text("receiverDay", 4).zfill(4)),
        gender=reading.gender(said.maybe("receiverGender", 20)),
        phone=reading.mobile(said.text("receiverHP", 40)),
        ci=reading.ci(said.text("ci", 100)),
    )
