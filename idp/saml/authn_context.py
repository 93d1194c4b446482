"""Our levels and SAML's authentication context classes, both ways.

| level | we call it          | SAML calls it                          |
|-------|---------------------|----------------------------------------|
| 1     | urn:onepass:acr:1   | PasswordProtectedTransport, unspecified |
| 2     | urn:onepass:acr:2   | –                                      |
| 3     | urn:onepass:acr:3   | –                                      |

Levels contain each other: whoever signed in at 3 also meets 1 and 2, and is told what was asked for. The trade: a
provider that asks for exactly PasswordProtectedTransport, as most products do unless told otherwise, also receives
members who hold no password and came with a certificate; answering NoAuthnContext would lock those out everywhere.
"""

from __future__ import annotations

from typing import Final

from idp.saml.authn_request import RequestedContext
from idp.saml.names import PASSWORD_PROTECTED_TRANSPORT, UNSPECIFIED_CLASS

_OURS: Final = {1: "urn:onepass:acr:1", 2: "urn:onepass:acr:2", 3: "urn:onepass:acr:3"}
_LEVELS: Final = {name: level for level, name in _OURS.items()} | {
    PASSWORD_PROTECTED_TRANSPORT: 1,
    UNSPECIFIED_CLASS: 1,
}


def acr_values(requested: RequestedContext | None) -> tuple[str, ...] | None:
    """What to ask of the sign-in, most wanted first; empty: anything will do; None: nothing we do meets the request."""
    if requested is None:
        return ()
    asked = _known(requested)
    match requested.comparison:
        case "better":
            levels = [level for level in _OURS if asked and level > max(asked.values())]
        case "maximum" if asked:
            return ()
        case _:
            levels = list(asked.values())
    return tuple(dict.fromkeys(_OURS[level] for level in levels)) or None


def stated(requested: RequestedContext | None, acr: str) -> str | None:
    """The class to state for a sign-in at `acr`, or None where it does not meet the request. Core §3.3.2.2.1."""
    level = _LEVELS.get(acr, 0)
    ours = PASSWORD_PROTECTED_TRANSPORT if level == 1 else _OURS.get(level)
    if requested is None:
        return ours
    asked = _known(requested)
    if requested.comparison == "better":
        return ours if asked and level > max(asked.values()) else None
    met = next((name for name, needed in asked.items() if needed <= level), None)
    return ours if met is None and requested.comparison == "maximum" and asked else met


def understood(requested: RequestedContext | None) -> RequestedContext | None:
    """What of a request must be remembered: the classes we know, each once. The rest decides nothing, and a kilobyte of
    compressed request can name a quarter of a megabyte of it."""
    return None if requested is None else RequestedContext(requested.comparison, tuple(_known(requested)))


def _known(requested: RequestedContext) -> dict[str, int]:
    return {name: _LEVELS[name] for name in requested.classes if name in _LEVELS}
