"""The level in a request's parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idp.oidc.errors import InvalidRequest
from idp.oidc.requested_acr import RequestedAcr, requested_acr

ONE, TWO, THREE = (f"urn:onepass:acr:{level}" for level in (1, 2, 3))


def claims(acr: Any) -> str:
    return json.dumps({"id_token": {"acr": acr}})


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({}, RequestedAcr((ONE,))),
        ({"acr_values": f"{THREE} {TWO} {THREE}"}, RequestedAcr((THREE, TWO))),
        ({"acr_values": "0 phr"}, RequestedAcr((ONE,))),
        ({"claims": claims({"essential": True, "value": TWO})}, RequestedAcr((TWO,), True)),
        ({"claims": claims({"essential": True, "values": [THREE, TWO]})}, RequestedAcr((THREE, TWO), True)),
        ({"claims": claims({"essential": True, "values": ["phr"]})}, RequestedAcr((), True)),
        ({"claims": claims({"essential": True})}, RequestedAcr((ONE,))),
        ({"claims": claims({"values": [TWO]})}, RequestedAcr((TWO,))),
        ({"claims": claims(None), "acr_values": TWO}, RequestedAcr((TWO,))),
        ({"claims": claims({"essential": True, "value": THREE}), "acr_values": ONE}, RequestedAcr((THREE,), True)),
        ({"claims": json.dumps({"userinfo": {"name": None}})}, RequestedAcr((ONE,))),
        ({"claims": claims({"essential": "true", "value": TWO})}, RequestedAcr((TWO,))),
        ({"claims": claims({"essential": True, "values": [7, None, TWO]})}, RequestedAcr((TWO,), True)),
    ],
)
def test_reads_wishes_and_demands(parameters: dict[str, str], wanted: RequestedAcr) -> None:
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
    many = claims({"essential": True, "values": [f"urn:x:{number}" for number in range(500)]})
    assert requested_acr({"claims": many}, ()) == RequestedAcr((), True)
