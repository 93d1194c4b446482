"""SMS over a real connection to a real, if small, gateway."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from idp.errors import ConfigurationError
from idp.mail.carrier import Answer, Parcel, Verdict
from idp.mail.recipients import Channel
from idp.mail.sms_gateway import SmsGateway
from idp.settings import Sms
from tests.unit.mail import gateway as gateways
from tests.unit.mail.gateway import Gateway
from tests.unit.mail.samples import NOW


def parcel(text: str = "[중기원패스] 인증번호 482913") -> Parcel:
    return Parcel("abcdefghijklmnopqrstuvwxyz", Channel.SMS, "verification_code", "ko", NOW, "01012341234", text)


def sms(url: str, **changes: Any) -> SmsGateway:
    settings: dict[str, Any] = {
        "delivery": "gateway",
        "gateway_url": url,
        "gateway_token": SecretStr("gateway-secret"),
        "sender": "0212345678",
        "timeout": timedelta(seconds=5),
    }
    return SmsGateway(Sms(**(settings | changes)))


def test_posts_what_its_door_says(gateway: Gateway):
    """The contract in the file's own docstring."""
    assert sms(gateway.url)(parcel()) == Answer(Verdict.SENT, "accepted")
    [request] = gateway.requests
    assert request["path"] == "/v1/messages?account=1"
    assert request["headers"]["Authorization"] == "Bearer gateway-secret"
    assert request["headers"]["Idempotency-Key"] == "abcdefghijklmnopqrstuvwxyz"
    assert request["headers"]["Content-Type"] == "application/json; charset=utf-8"
    assert request["body"] == {
        "id": "abcdefghijklmnopqrstuvwxyz",
        "type": "SMS",
        "from": "0212345678",
        "to": "01012341234",
        "text": "[중기원패스] 인증번호 482913",
    }


@pytest.mark.parametrize(("text", "kind"), [("가" * 45, "SMS"), ("가" * 45 + "a", "LMS"), ("a" * 90, "SMS")])
def test_says_which_kind_of_message_it_is(gateway: Gateway, text: str, kind: str):
    """Carriers cut an SMS after 90 octets of EUC-KR."""
    sms(gateway.url)(parcel(text))
    assert gateway.requests[0]["body"]["type"] == kind


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.SENT),
        (204, Verdict.SENT),
        (409, Verdict.SENT),
        (400, Verdict.REFUSED),
        (422, Verdict.REFUSED),
        (401, Verdict.LATER),
        (403, Verdict.LATER),
        (408, Verdict.LATER),
        (429, Verdict.LATER),
        (500, Verdict.LATER),
        (503, Verdict.LATER),
        (302, Verdict.LATER),
        (307, Verdict.LATER),
    ],
)
def test_tells_a_refusal_from_a_bad_day(gateway: Gateway, status: int, verdict: Verdict):
    """Refused for good is this message only; what is about us or the gateway is tried again."""
    gateway.statuses = [status]
    assert sms(gateway.url)(parcel()).verdict is verdict
    assert len(gateway.requests) == 1


def test_follows_no_redirect(gateway: Gateway):
    """A redirect would take the number, the code and the token where nobody configured."""
    gateway.statuses = [307, 200]
    assert sms(gateway.url)(parcel()) == Answer(Verdict.LATER, "gateway 307")
    assert [request["path"] for request in gateway.requests] == ["/v1/messages?account=1"]


@pytest.mark.parametrize("status", [-1, -2], ids=["silent", "octet by octet"])
def test_does_not_wait_for_ever(gateway: Gateway, status: int):
    """A gateway that hangs holds a sender for `sms.timeout` and no longer (CWE-400)."""
    gateway.statuses = [status]
    started = time.monotonic()
    answer = sms(gateway.url, timeout=timedelta(seconds=0.3))(parcel())
    assert answer == Answer(Verdict.LATER, "gateway timeout")
    assert time.monotonic() - started < 2


def test_tries_again_when_nobody_answers(gateway: Gateway):
    """A gateway that hangs up, or is not there, is no refusal."""
    gateway.statuses = [0]
    assert sms(gateway.url)(parcel()).verdict is Verdict.LATER
    with gateways.running(Gateway()) as gone:
        send = sms(gone.url)
    assert send(parcel()) == Answer(Verdict.LATER, "gateway connect")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"gateway_url": ""}, "gateway_url"),
        ({"gateway_url": "ftp://gateway.example/"}, "gateway_url"),
        ({"gateway_url": "https://user:secret@gateway.example/"}, "gateway_url"),
        ({"gateway_url": "https://gateway.example:x/"}, "gateway_url"),
        ({"sender": ""}, "sender"),
        ({"sender": "02-1234-5678"}, "sender"),
        ({"gateway_token": SecretStr("a\r\nX-Other: b")}, "gateway_token"),
    ],
)
def test_says_what_an_operator_must_mend(changes: dict[str, Any], named: str):
    """Found out at start, not with the first SMS; and without repeating a secret."""
    with pytest.raises(ConfigurationError, match=named) as refused:
        sms("https://gateway.example/", **changes)
    assert "secret" not in str(refused.value)


def test_does_not_show_its_token():
    """Nothing secret in a repr."""
    assert "secret" not in repr(sms("https://gateway.example/"))
