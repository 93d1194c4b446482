"""The level in a request's parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idp.oidc.errors import InvalidRequest
from idp.oidc.requested_acr import requested_acr
from idp.signin.request import WantedLevel

ONE, TWO, THREE = (f"urn:onepass:acr:{level}" for level in (1, 2, 3))


def claims(acr: Any) -> str:
    return json.dumps({"id_token": {"acr": acr}})


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({}, WantedLevel((ONE,))),
        ({"acr_values": f"{THREE} {TWO} {THREE}"}, WantedLevel((THREE, TWO))),
        ({"acr_values": "0 phr"}, WantedLevel((ONE,))),
        ({"claims": claims({"essential": True, "value": TWO})}, WantedLevel((TWO,), True)),
        ({"claims": claims({"essential": True, "values": [THREE, TWO]})}, WantedLevel((THREE, TWO), True)),
        ({"claims": claims({"essential": True, "values": ["phr"]})}, WantedLevel((), True)),
        ({"claims": claims({"essential": True})}, WantedLevel((ONE,))),
        ({"claims": claims({"values": [TWO]})}, WantedLevel((TWO,))),
        ({"claims": claims(None), "acr_values": TWO}, WantedLevel((TWO,))),
        ({"claims": claims({"essential": True, "value": THREE}), "acr_values": ONE}, WantedLevel((THREE,), True)),
        ({"claims": json.dumps({"userinfo": {"name": None}})}, WantedLevel((ONE,))),
        ({"claims": claims({"essential": "true", "value": TWO})}, WantedLevel((TWO,))),
        ({"claims": claims({"essential": True, "values": [7, None, TWO]})}, WantedLevel((TWO,), True)),
    ],
)
def test_reads_wishes_and_demands(parameters: dict[str, str], wanted: WantedLevel) -> None:
    """OpenID Connect Core §3.1.2.1, §5.5.1.1; Dynamic Registration §2 (`default_acr_values`)."""
    assert requested_acr(parameters, (ONE,)) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", '{"id_token": []}', '{"id_token": {"acr": "x"}}', "[" * 16_000, '{"id_token": {"acr": [1]}}'],
)
def test_refuses_what_is_no_claims_request(text: str) -> None:
    """OpenID Connect Core §5.5: `claims` is a JSON object of objects."""
    with pytest.raises(InvalidRequest):
        requested_acr({"claims": text}, ())


def test_keeps_no_more_than_it_knows() -> None:
    """Anybody may ask, and what they asked waits for half an hour."""
    many = claims({"essential": True, "values": [f"urn:x:{number}" for number in range(300)]})
    assert requested_acr({"claims": many}, ()) == WantedLevel((), True)
