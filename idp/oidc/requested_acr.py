"""The level that an authentication request asks for. OpenID Connect Core §3.1.2.1 (`acr_values`), §5.5.1.1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.oidc.claims_parameter import object_or_empty, read
from idp.sessions.assurance import acr_level
from idp.signin.request import WantedLevel

_MOST = 12
"""Values that are looked at; there are six, and nobody means more."""


def requested_acr(parameters: Mapping[str, str], registered: tuple[str, ...]) -> WantedLevel:
    """What the request asks; `registered` are the client's `default_acr_values`, for a request that asks nothing.

    An essential claim outweighs `acr_values`, which are a wish (§5.5.1.1). Values we do not know ask for nothing; where
    an essential claim names no other, it cannot be met.

    Raises:
        InvalidRequest: `claims` is no JSON object of objects.
    """
    claim = _acr_claim(parameters.get("claims"))
    if claim.essential:
        return claim
    return WantedLevel(claim.values or _known(parameters.get("acr_values", "").split()) or registered)


def _acr_claim(claims: str | None) -> WantedLevel:
    claim = object_or_empty(object_or_empty(read(claims).get("id_token")).get("acr"))
    value, values = claim.get("value"), claim.get("values")
    named = [value] if value is not None else values if isinstance(values, list) else []
    # Essential without a value: any level is one, and we always tell it.
    essential = claim.get("essential") is True and bool(named)
    return WantedLevel(_known(named), essential)


def _known(values: list[Any]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(each for each in values[:_MOST] if isinstance(each, str) and acr_level(each) is not None)
    )
