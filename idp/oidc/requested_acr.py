"""The level that an authentication request asks for. OpenID Connect Core §3.1.2.1 (`acr_values`), §5.5.1.1."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.oidc.errors import InvalidRequest
from idp.sessions.assurance import acr_level

_MOST = 12
"""Values that are looked at; there are six, and nobody means more."""


@dataclass(frozen=True, slots=True)
class RequestedAcr:
    """Levels, the most wanted first; where `essential`, no other will do."""

    values: tuple[str, ...] = ()
    essential: bool = False


def requested_acr(parameters: Mapping[str, str], registered: tuple[str, ...]) -> RequestedAcr:
    """What the request asks; `registered` are the client's `default_acr_values`, for a request that asks nothing.

    An essential claim outweighs `acr_values`, which are a wish (§5.5.1.1). Values we do not know ask for nothing; where
    an essential claim names no other, it cannot be met.

    Raises:
        InvalidRequest: `claims` is no JSON object of objects.
    """
    claim = _acr_claim(parameters.get("claims"))
    if claim.essential:
        return claim
    return RequestedAcr(claim.values or _known(parameters.get("acr_values", "").split()) or registered)


def _acr_claim(claims: str | None) -> RequestedAcr:
    if claims is None:
        return RequestedAcr()
    id_token = _object(_parsed(claims).get("id_token"))
    claim = _object(id_token.get("acr"))
    value, values = claim.get("value"), claim.get("values")
    named = [value] if value is not None else values if isinstance(values, list) else []
    # Essential without a value: any level is one, and we always tell it.
    essential = claim.get("essential") is True and bool(named)
    return RequestedAcr(_known(named), essential)


def _parsed(claims: str) -> dict[str, Any]:
    try:
        parsed = json.loads(claims)
    except (ValueError, RecursionError):
        raise InvalidRequest("claims is not JSON") from None
    return _object(parsed)


def _object(value: Any) -> dict[str, Any]:
    """A JSON object; null stands for an empty one (§5.5.1)."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequest("claims holds something else where an object belongs")
    return value


def _known(values: list[Any]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(each for each in values[:_MOST] if isinstance(each, str) and acr_level(each) is not None)
    )
