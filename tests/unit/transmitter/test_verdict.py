"""What answers mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp.signals.catalogue import Channel
from idp.transmitter.verdict import Answer, Verdict, judge, unanswered

_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def _judged(status: int, *, body: bytes = b"", after: str | None = None, channel: Channel = Channel.EVENT) -> Answer:
    return judge(channel, status, after, body, _NOW)


@pytest.mark.parametrize("status", [202, 200, 204])
def test_takes_these_as_accepted(status: int):
    """RFC 8935 §2.2 says 202; receivers say 200 and 204 as well."""
    assert _judged(status).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("status", [301, 302, 307, 401, 403, 404, 410, 413, 429, 500, 502, 503])
def test_blames_the_endpoint(status: int):
    """A redirect, a wrong credential, a missing page or a crash says nothing against the message."""
    assert _judged(status).verdict is Verdict.ENDPOINT_FAILED


def test_blames_the_message_only_when_the_receiver_names_an_error():
    """RFC 8935 §2.3."""
    assert _judged(400, body=b'{"err":"invalid_request","description":"d"}') == Answer(
        Verdict.MESSAGE_REFUSED, "err_invalid_request", 400
    )


@pytest.mark.parametrize(
    "code", ["invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied"]
)
def test_blames_the_endpoint_where_the_two_sides_do_not_agree(code: str):
    """RFC 8935 §2.4, account events §3.4: a wrong key or audience refuses every message alike; the lane rests and no
    message loses a try to it."""
    judged = _judged(400, body=f'{{"err":"{code}"}}'.encode())
    assert (judged.verdict, judged.outcome) == (Verdict.ENDPOINT_FAILED, f"err_{code}")
    assert judged.wait == timedelta(seconds=60)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"err":1}', b"\xff", b"[" * 4096])
def test_blames_the_endpoint_for_a_bare_400(body: bytes):
    """A proxy answers 400 too; no message is lost to one."""
    assert _judged(400, body=body).verdict is Verdict.ENDPOINT_FAILED


@pytest.mark.parametrize("words", ["Hong Gildong", "a" * 49, "\\u0000", "홍길동", "honggildong", "x_0001"])
def test_does_not_repeat_a_receivers_words(words: str):
    """What it writes may hold personal data, and figures are kept by it: only a code of RFC 8935 §2.4 is repeated."""
    assert _judged(400, body=f'{{"err":"{words}"}}'.encode()).outcome == "err_other"


def test_takes_200_and_400_of_a_logout_as_they_are_meant():
    """Back-Channel Logout 1.0 §2.8: 200 is success, 400 refuses the token; 202 means nothing there."""
    assert _judged(200, channel=Channel.LOGOUT).verdict is Verdict.ACCEPTED
    assert _judged(400, channel=Channel.LOGOUT).verdict is Verdict.MESSAGE_REFUSED
    assert _judged(202, channel=Channel.LOGOUT).verdict is Verdict.ENDPOINT_FAILED


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("0", timedelta(seconds=1)),
        ("999999", timedelta(hours=1)),
        ("Mon, 02 Mar 2026 09:02:00 GMT", timedelta(minutes=2)),
        ("Mon, 02 Mar 2020 09:02:00 GMT", timedelta(seconds=1)),
        ("soon", timedelta(seconds=60)),
        ("-5", timedelta(seconds=60)),
        ("9" * 5000, timedelta(seconds=60)),
        (None, timedelta(seconds=60)),
    ],
)
def test_waits_as_long_as_asked_within_reason(header: str | None, wait: timedelta):
    """RFC 9110 §10.2.3, held within one second and one hour; 429 without a usable one waits a minute."""
    assert _judged(429, after=header).wait == wait


def test_leaves_an_endpoint_alone_for_a_minute_after_it_hung():
    """A receiver that takes requests and does not answer is overloaded."""
    assert unanswered("timeout").wait == timedelta(seconds=60)
    assert unanswered("connect").wait is None
