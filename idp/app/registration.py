"""Wiring of the endpoint where clients register themselves."""

from __future__ import annotations

from flask import Blueprint

from idp.agencies.hosted_documents import HostedDocuments
from idp.agencies.self_registration.change_client import ChangeClient
from idp.agencies.self_registration.client_secret import ClientSecretAfterChange
from idp.agencies.self_registration.end_client import EndClient
from idp.agencies.self_registration.find_token import FindInitialAccessToken
from idp.agencies.self_registration.read_client import ReadClient
from idp.agencies.self_registration.register_client import RegisterClient
from idp.credentials.attempts import network
from idp.house import House
from idp.oidc.call_limit import CallLimit
from idp.oidc.routes.registration import RegistrationDoor


def registration_doors(house: House) -> tuple[Blueprint, ...]:
    """The endpoint, where the settings want one."""
    settings = house.settings.registration
    if not settings.enabled:
        return ()
    count = CallLimit(house.store, settings.calls_per_minute)
    secrets = ClientSecretAfterChange(house.cipher, house.randomness)
    hosted = HostedDocuments.of(house.settings)
    parts = (house.database, house.clock, house.randomness, house.catalogue, secrets, hosted)
    door = RegistrationDoor(
        issuer=house.settings.issuer,
        find_token=FindInitialAccessToken(house.database, house.clock),
        register=RegisterClient(*parts),
        read=ReadClient(house.database),
        change=ChangeClient(*parts),
        end=EndClient(house.database, house.clock, house.catalogue),
        count_caller=lambda caller: count(house.digester.digest("registration", network(caller))),
        count_token=lambda token_id: count(f"initial-access-token:{token_id}"),
    )
    return (door.blueprint(),)
