"""Spending assertions, on every store."""

from __future__ import annotations

from typing import Any

import pytest

from idp.agencies.machine_client import MachineClient
from idp.agencies.oidc_registration import ClientKeys
from idp.agencies.registration_secrets import ClientSecrets
from idp.agencies.relying_party import Agency, RelyingParty
from idp.clock import SystemClock
from idp.house import House
from idp.oidc.client_authentication.assertion import ClientAssertions
from idp.oidc.client_authentication.client import Registered
from idp.oidc.client_keys import ClientKeySets, ClientSignatures
from idp.oidc.errors import InvalidClient
from idp.storage.expiring import ExpiringStore
from tests.protocol.oidc.assertions import ASSERTION_TYPE, Signer
from tests.races import RACERS, race

ISSUER = "https://idp.example"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer.ec()


def found(signer: Signer) -> Registered:
    machine = MachineClient("machine", (), frozenset(), "private_key_jwt", None, ClientKeys(jwks=signer.jwks))
    party = RelyingParty("p", Agency("a", "a", "", (), None, 0), 1, "oidc", None, None, None, machine=machine)
    return Registered(party, machine, frozenset())


def test_gives_an_assertion_to_one_of_all_racers(
    any_expiring_store: ExpiringStore, house: House, signer: Signer
) -> None:
    """Architecture §11.1, OpenID Connect Core §9 (`jti`): on Redis, SQLite and PostgreSQL."""
    clock = SystemClock()
    weigh = ClientAssertions(
        ISSUER,
        ClientSignatures(ClientKeySets(None)),  # type: ignore[arg-type]  # nothing is fetched
        ClientSecrets(house.cipher),
        any_expiring_store,
        clock,
    )
    now = int(clock.now().timestamp())
    said: dict[str, Any] = {"iss": "machine", "sub": "machine", "aud": ISSUER, "exp": now + 60, "jti": "one"}
    form = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signer.sign(said)}

    def present(_racer: int) -> str:
        try:
            weigh(form, (), lambda _name: found(signer))
        except InvalidClient as refusal:
            return refusal.description
        return "proven"

    answers = race(present)
    assert sorted(answers) == ["client_assertion was used before"] * (RACERS - 1) + ["proven"]
