"""The claims that a request asks for one by one, beside those of its scopes. OpenID Connect Core §5.5.

A claim belongs to the scope that releases it (`scopes.SCOPE_CLAIMS`), and its member's consent is to scopes: asked for
alone it is released where that consent covers it, and is left out otherwise, which is no error (§5.5.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from idp.oidc.claims_parameter import object_or_empty, read
from idp.oidc.errors import InvalidRequest
from idp.oidc.scopes import SCOPE_CLAIMS

Place = Literal["userinfo", "id_token"]
Asked = Mapping[Place, Mapping[str, list[Any] | None]]
"""By place and name the values that will do, or None where any will; JSON values."""
_PLACES: tuple[Place, ...] = ("userinfo", "id_token")

_SCOPE_OF = {claim: scope for scope, claims in SCOPE_CLAIMS.items() for claim in claims}
_MOST_VALUES = 12
_BESIDE = frozenset({"verified_claims", "acr"})
"""Read elsewhere, each by rules of its own."""


@dataclass(frozen=True, slots=True)
class AskedClaims:
    """What one request asks for beside its scopes."""

    by_place: Asked = field(default_factory=dict)
    essential_scopes: frozenset[str] = frozenset()
    """What the member must have agreed to for the claims without which the relying party cannot go on."""
    subject: str | None = None
    """Nobody else may be at the browser (§3.1.2.2)."""

    def packed(self) -> Asked | None:
        """As JSON values; None where nothing is asked for."""
        return self.by_place or None


def asked_claims(claims: str | None, registered: frozenset[str]) -> AskedClaims:
    """What `claims` asks of this relying party's scopes; what we do not know of is not asked for.

    Raises:
        InvalidRequest: it is malformed.
    """
    if claims is None:
        return _NOTHING
    request = read(claims)
    by_place: dict[Place, Mapping[str, list[Any] | None]] = {}
    essential: set[str] = set()
    subject = None
    for place in _PLACES:
        asked = {}
        for name, wish in object_or_empty(request.get(place)).items():
            if name in _BESIDE:
                continue
            wanted = object_or_empty(wish)
            if place == "id_token" and name == "sub":
                subject = _text(wanted.get("value"))
            scope = _SCOPE_OF.get(name)
            if scope in registered:
                asked[name] = _values(wanted)
                essential |= {scope} if wanted.get("essential") is True else set()
        if asked:
            by_place[place] = asked
    return AskedClaims(by_place, frozenset(essential), subject)


def covered(packed: Asked | None, scopes: frozenset[str]) -> Asked | None:
    """What of `packed` the member's consent to `scopes` covers."""
    if packed is None:
        return None
    return {
        place: {name: values for name, values in asked.items() if _SCOPE_OF.get(name) in scopes}
        for place, asked in packed.items()
    }


def scopes_of(asked: Mapping[str, Any]) -> frozenset[str]:
    """The scopes that release these claims."""
    return frozenset(_SCOPE_OF[name] for name in asked if name in _SCOPE_OF)


def met(known: Mapping[str, Any], asked: Mapping[str, list[Any] | None]) -> dict[str, Any]:
    """Those of the `known` claims that are asked for; one that may only have other values is left out (§5.5.1)."""
    return {
        name: known[name]
        for name, values in asked.items()
        if name in known and (values is None or known[name] in values)
    }


def _values(wanted: Mapping[str, Any]) -> list[Any] | None:
    """`value` or `values`."""
    if "value" in wanted:
        return [wanted["value"]]
    values = wanted.get("values")
    if values is None:
        return None
    if not isinstance(values, list) or len(values) > _MOST_VALUES:
        raise InvalidRequest("values of a claim is no list, or too long")
    return values


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InvalidRequest("the value of sub is no text")
    return value


_NOTHING = AskedClaims()
