"""Where the parameters of an authorization request come from."""

from __future__ import annotations

from typing import Any, cast

import pytest

from idp.house import House
from idp.oidc.answered_once import AnsweredOnce
from idp.oidc.asked import AskedBy
from idp.oidc.client_keys import ClientSignatures
from idp.oidc.errors import InvalidRequestUri
from idp.oidc.hosted_request import HostedRequests
from idp.oidc.pushed import PushedRequests
from idp.oidc.request_object import ReadRequestObject
from tests.builders import agency, party, register

PLAIN = {"client_id": "p", "response_type": "code", "state": "x"}


class NoStore:
    """Whoever asks it fails."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"{name} was asked")


def asked_by(house: House, *, require_pushed: bool = False) -> AskedBy:
    store = cast("Any", NoStore())
    pushed = PushedRequests(store, house.randomness, house.clock, house.settings.authorization.pushed_lifetime)
    read = ReadRequestObject(house.settings.issuer, cast("ClientSignatures", NoStore()), house.clock)
    hosted = HostedRequests(cast("Any", NoStore()), store)
    return AskedBy(house.catalogue, pushed, read, hosted, AnsweredOnce(store, house.clock), require_pushed)


@pytest.mark.parametrize("sent", [PLAIN, {**PLAIN, "client_id": "nobody"}, {}])
def test_costs_a_plain_request_no_round_trip(house: House, sent: dict[str, str]) -> None:
    """docs/performance.md: a request that is neither pushed nor signed asks no store, no key and no host."""
    register(house, agency("a", party("p")))
    assert asked_by(house)(sent).parameters is sent


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"require_pushed_authorization_requests": True}, "pushed"),
        ({"require_signed_request_object": True, "jwks_uri": "https://p.example/jwks"}, "signed"),
    ],
)
def test_refuses_a_plain_request_by_what_is_registered(house: House, fields: dict[str, Any], said: str) -> None:
    """RFC 9126 §6, RFC 9101 §10.5."""
    register(house, agency("a", party("p", **fields)))
    refusal = asked_by(house)(PLAIN).refused
    assert refusal is not None
    assert refusal.oauth_error == "invalid_request"
    assert said in refusal.description


def test_hands_on_no_object_that_was_not_read(house: House) -> None:
    """RFC 9101 §6.3: beside a refusal stands what came with it, and never the object or the reference."""
    register(house, agency("a", party("p")))
    found = asked_by(house)({**PLAIN, "request_uri": "https://p.example/x"})
    assert isinstance(found.refused, InvalidRequestUri)
    assert found.parameters == PLAIN
