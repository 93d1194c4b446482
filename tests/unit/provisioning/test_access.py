"""Access tokens for agencies' services."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from idp.provisioning.access import Access, Credentials
from idp.provisioning.exchange import Reply, ServiceFailed
from tests.fakes import FrozenClock

CLIENT = Credentials("s3cret of:this+test", "client id", "https://kamp.example/token")


class Endpoint:
    """Answers token requests."""

    def __init__(self, answer: Callable[[int], Reply]) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, str], bytes | None]] = []

    async def __call__(self, _method: str, url: str, headers: Any, body: bytes | None = None) -> Reply:
        self.asked.append((url, dict(headers), body))
        return self.answer(len(self.asked))


def token(number: int, **more: Any) -> Reply:
    return Reply(
        200, None, None, {"access_token": f"token{number}", "token_type": "Bearer", "expires_in": 3600, **more}
    )


def access(endpoint: Endpoint, clock: FrozenClock, credentials: Credentials = CLIENT) -> Access:
    return Access(credentials, endpoint, clock)  # type: ignore[arg-type]


def test_gets_a_token_once_and_again_when_it_is_old(frozen_clock: FrozenClock) -> None:
    """RFC 6749 §4.4.2; both halves are form-encoded before they are joined (§2.3.1)."""
    endpoint = Endpoint(token)
    ours = access(endpoint, frozen_clock)
    assert asyncio.run(ours()) == asyncio.run(ours()) == "Bearer token1"
    frozen_clock.advance(timedelta(minutes=59, seconds=31))
    assert asyncio.run(ours()) == "Bearer token2"
    url, headers, body = endpoint.asked[0]
    assert (url, body) == (CLIENT.token_endpoint, b"grant_type=client_credentials")
    basic = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode()
    assert basic == "client+id:s3cret+of%3Athis%2Btest"


def test_asks_anew_when_a_token_is_not_taken(frozen_clock: FrozenClock) -> None:
    """It may have been withdrawn before its time; a token that was agreed on cannot be had anew."""
    ours = access(Endpoint(token), frozen_clock)
    asyncio.run(ours())
    assert ours.forget()
    assert asyncio.run(ours()) == "Bearer token2"
    assert not access(Endpoint(token), frozen_clock, Credentials("fixed")).forget()


def test_shows_a_token_that_was_agreed_on(frozen_clock: FrozenClock) -> None:
    """RFC 6750 §2.1, without asking anybody."""
    endpoint = Endpoint(token)
    assert asyncio.run(access(endpoint, frozen_clock, Credentials("fixed"))()) == "Bearer fixed"
    assert endpoint.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        Reply(401, None, None, {"error": "invalid_client"}),
        Reply(200, None, None, None),
        token(1, token_type="mac"),
        token(1, token_type=None),
        token(1, access_token="two\r\nlines"),
        token(1, access_token=7),
        token(1, access_token=""),
    ],
)
def test_takes_no_token_that_could_not_be_sent(frozen_clock: FrozenClock, answer: Reply) -> None:
    """Whatever is wrong with our credentials is wrong for every member: the lane waits."""
    with pytest.raises(ServiceFailed, match="no_token"):
        asyncio.run(access(Endpoint(lambda _: answer), frozen_clock)())


@pytest.mark.parametrize("said", [None, 0, -5, True, "3600", 10**30, 1.5])
def test_believes_no_lifetime_that_is_none(frozen_clock: FrozenClock, said: object) -> None:
    """RFC 6749 §5.1: a number of seconds; what is not said is taken to be short, what is endless is not."""
    endpoint = Endpoint(lambda number: token(number, expires_in=said))
    ours = access(endpoint, frozen_clock)
    asyncio.run(ours())
    frozen_clock.advance(timedelta(hours=12))
    assert asyncio.run(ours()) == "Bearer token2"
