"""SMS by an HTTP gateway. Its operator puts a few lines before whatever their carrier speaks; this is what they get:

    POST <sms.gateway_url>
    Authorization: Bearer <sms.gateway_token>
    Content-Type: application/json; charset=utf-8
    Idempotency-Key: <id>

    {"id": "<id>", "type": "SMS" | "LMS", "from": "<sms.sender>", "to": "01012345678", "text": "…"}

`type` is LMS where the text has more than 90 octets of EUC-KR. `id` is the same at every attempt of one message.

    2xx                      accepted
    409                      accepted before under this id
    400, 404, 410, 413, 422  refused for good: this number or this text
    anything else            tried again; so is 401 and 403, which are about us, and a redirect, which is not followed
"""

from __future__ import annotations

import http.client
import json
import ssl
from urllib.parse import urlsplit

from idp.errors import ConfigurationError
from idp.mail.carrier import Answer, Parcel, Verdict
from idp.mail.render import sms_octets
from idp.settings import Sms
from idp.timed_answer import Deadline, answered

_LONGEST_SMS = 90
_ALREADY_ACCEPTED = 409
_REFUSED = frozenset({400, 404, 410, 413, 422})


class SmsGateway:
    """Hands every SMS to one gateway."""

    def __init__(self, settings: Sms) -> None:
        """Check what the gateway needs.

        Raises:
            ConfigurationError: a setting is missing or cannot be used.
        """
        try:
            parts = urlsplit(settings.gateway_url)
            host, _port = parts.hostname, parts.port
        except ValueError:
            host = None
        if host is None or parts.scheme not in ("http", "https") or parts.username is not None:
            raise ConfigurationError("sms.gateway_url must be an http(s) address when sms.delivery is gateway")
        if not settings.sender.isascii() or not settings.sender.isdigit():
            raise ConfigurationError("sms.sender must be the registered number of the sender, in digits")
        token = settings.gateway_token.get_secret_value()
        if not token.isascii() or not token.isprintable():
            raise ConfigurationError("sms.gateway_token must be printable ASCII")
        self._host, self._url = host, settings.gateway_url
        self._sender = settings.sender
        self._timeout = settings.timeout.total_seconds()
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}
        self._tls = ssl.create_default_context(cafile=settings.gateway_ca_file) if parts.scheme == "https" else None

    def __repr__(self) -> str:
        return f"SmsGateway({self._host})"

    def __call__(self, parcel: Parcel) -> Answer:
        """One attempt."""
        body = {
            "id": parcel.id,
            "type": "SMS" if sms_octets(parcel.text) <= _LONGEST_SMS else "LMS",
            "from": self._sender,
            "to": parcel.recipient,
            "text": parcel.text,
        }
        try:
            return _judged(self._post(parcel.id, json.dumps(body, ensure_ascii=False).encode()))
        except TimeoutError:
            return Answer(Verdict.LATER, "gateway timeout")
        except ssl.SSLError:
            return Answer(Verdict.LATER, "gateway tls")
        except OSError:
            return Answer(Verdict.LATER, "gateway connect")
        except http.client.HTTPException:
            return Answer(Verdict.LATER, "gateway protocol")

    def _post(self, message_id: str, body: bytes) -> int:
        """The status of the answer; its body is not read."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": message_id,
            **self._authorization,
        }
        with answered("POST", self._url, body, headers, Deadline.after(self._timeout), self._tls) as response:
            return response.status


def _judged(status: int) -> Answer:
    if 200 <= status <= 299 or status == _ALREADY_ACCEPTED:
        return Answer(Verdict.SENT, "accepted")
    return Answer(Verdict.REFUSED if status in _REFUSED else Verdict.LATER, f"gateway {status}")
