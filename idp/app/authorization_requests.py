"""How authorization requests reach us, wired: by browser, pushed beforehand, signed."""

from __future__ import annotations

from flask import Blueprint, request

from idp.app.clients import Clients
from idp.app.machine_callers import proven_keys
from idp.credentials.attempts import network
from idp.house import House
from idp.oidc.answered_once import AnsweredOnce
from idp.oidc.asked import AskedBy
from idp.oidc.client_keys import ClientSignatures
from idp.oidc.hosted_request import HostedRequests
from idp.oidc.id_token_hint import ReadHint
from idp.oidc.push import Push
from idp.oidc.pushed import PushedRequests
from idp.oidc.request_object import ReadRequestObject
from idp.oidc.routes.pushed_requests import PushedRequestDoor
from idp.web.browser import address


class AuthorizationRequests:
    """What the authorization endpoint and the one for pushed requests share."""

    def __init__(self, house: House, known: Clients) -> None:
        self._house = house
        self._known = known
        lifetime = house.settings.authorization.pushed_lifetime
        self._pushed = PushedRequests(house.store, house.randomness, house.clock, lifetime)
        self._read_object = ReadRequestObject(house.settings.issuer, ClientSignatures(known.keys), house.clock)
        self.once = AnsweredOnce(house.store, house.clock)

    def asked_by(self) -> AskedBy:
        """What finds the parameters of a request."""
        house = self._house
        hosted = HostedRequests(self._known.fetch, house.store)
        required = house.settings.authorization.require_pushed
        return AskedBy(house.catalogue, self._pushed, self._read_object, hosted, self.once, required)

    def door(self) -> Blueprint:
        """`/oidc/par`."""
        house = self._house
        push = Push(
            house.catalogue,
            ReadHint(house.settings.issuer, house.keyring),
            self._read_object,
            self._pushed,
            self.once,
            house.store,
            house.settings.authorization.pushes_per_minute,
            house.settings.authorization.public_pushes_per_minute,
        )
        return PushedRequestDoor(
            authenticate=self._known.authenticate,
            certificate=self._known.certificate,
            push=push,
            proven_keys=proven_keys(house),
            network=lambda: house.digester.digest("pushes", network(address(request))),
        ).blueprint()
