"""How authorization requests reach us, wired: by browser, pushed beforehand."""

from __future__ import annotations

from flask import Blueprint, request

from idp.app.clients import Clients
from idp.app.machine_callers import proven_keys
from idp.credentials.attempts import network
from idp.house import House
from idp.oidc.asked import AskedBy
from idp.oidc.id_token_hint import ReadHint
from idp.oidc.push import Push
from idp.oidc.pushed import PushedRequests
from idp.oidc.routes.pushed_requests import PushedRequestDoor
from idp.web.browser import address


def pushed_requests(house: House) -> PushedRequests:
    """Those that were pushed."""
    return PushedRequests(house.store, house.randomness, house.clock, house.settings.authorization.pushed_lifetime)


def asked_by(house: House) -> AskedBy:
    """What finds the parameters of a request."""
    return AskedBy(house.catalogue, pushed_requests(house), house.settings.authorization.require_pushed)


def pushed_request_door(house: House, known: Clients) -> Blueprint:
    """`/oidc/par`."""
    read_hint = ReadHint(house.settings.issuer, house.keyring)
    per_minute = house.settings.authorization.pushes_per_minute
    return PushedRequestDoor(
        authenticate=known.authenticate,
        certificate=known.certificate,
        push=Push(house.catalogue, read_hint, pushed_requests(house), house.store, per_minute),
        proven_keys=proven_keys(house),
        network=lambda: house.digester.digest("pushes", network(address(request))),
    ).blueprint()
