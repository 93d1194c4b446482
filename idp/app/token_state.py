"""Access tokens, and the doors where relying parties ask for their state and end them, wired."""

from __future__ import annotations

from flask import Blueprint

from idp.app.clients import Clients
from idp.house import House
from idp.oidc.access_tokens import AccessTokens
from idp.oidc.introspect import Introspect
from idp.oidc.jwt_access_token import SignAccessTokens
from idp.oidc.machine_tokens import MachineTokens
from idp.oidc.revoke import Revoke
from idp.oidc.routes.token_state import TokenStateDoors
from idp.oidc.signed_introspection import SignIntrospection
from idp.oidc.tell_client import TellClient


def access_tokens(house: House) -> AccessTokens:
    """Those that members' sign-ins give."""
    tokens = house.settings.tokens
    sign = SignAccessTokens(house.settings.issuer, house.keyring)
    party = house.catalogue.relying_party
    return AccessTokens(
        house.store,
        house.randomness,
        house.clock,
        sign,
        tokens.access,
        tokens.code,
        lambda party_id: party(party_id) is not None,
    )


def token_state_doors(house: House, known: Clients, tell: TellClient) -> Blueprint:
    """`/oidc/introspect` and `/oidc/revoke`."""
    issuer, tokens = house.settings.issuer, house.settings.tokens
    machine = MachineTokens(house.store, house.randomness, tokens.machine)
    return TokenStateDoors(
        authenticate=known.authenticate,
        certificate=known.certificate,
        introspect=Introspect(issuer, house.store, house.database, house.clock, house.catalogue, tokens.refresh_idle),
        sign=SignIntrospection(issuer, house.clock, house.keyring, tell),
        revoke=Revoke(house.store, house.database, house.clock, access_tokens(house), machine, tokens.refresh_idle),
    ).blueprint()
