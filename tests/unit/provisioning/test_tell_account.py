"""Telling an account what changed: the one of this subject, and no other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from idp.provisioning.access import Access, Credentials
from idp.provisioning.attempt import Needed
from idp.provisioning.exchange import Reply
from idp.provisioning.remote import Remote
from idp.provisioning.scim_client import ScimClient
from idp.provisioning.tell_account import TellAccount
from tests.fakes import FrozenClock

PATCH = {"Operations": [{"op": "replace", "value": {"displayName": "홍길동"}}]}


class Versionless:
    """A service without ETags, whose only account is that of `holder` by now."""

    def __init__(self, holder: str) -> None:
        self.holder = holder
        self.asked: list[str] = []

    async def __call__(self, method: str, url: str, _headers: Any, _body: bytes | None = None) -> Reply:
        if "/Users/" not in url:
            return Reply(404, None, None, None)
        self.asked.append(method)
        return Reply(200, None, None, {"id": "1", "externalId": self.holder})


@pytest.mark.parametrize(
    ("holder", "asked", "needed"),
    [("subject", ["GET", "PATCH"], None), ("another", ["GET"], Needed.ACCOUNT_GONE)],
)
def test_tells_nothing_to_an_account_that_is_anothers_by_now(
    frozen_clock: FrozenClock, holder: str, asked: list[str], needed: Needed | None
) -> None:
    """RFC 7644 §3.14: without a version nothing stops a PATCH, and the agency may have given the account away."""
    service: Any = Versionless(holder)
    client = ScimClient("https://kamp.example/v2", Access(Credentials("secret"), service, frozen_clock), service)
    outcome = asyncio.run(TellAccount(client)(Remote("1", None), "subject", PATCH))
    assert (service.asked, outcome.needed) == (asked, needed)
