"""Our levels and SAML's authentication context classes, both ways.

| level | we call it          | SAML calls it                           |
|-------|---------------------|-----------------------------------------|
| 1     | urn:onepass:acr:1   | PasswordProtectedTransport, unspecified |
| 2     | urn:onepass:acr:2   | REFEDS MFA                              |
| 3     | urn:onepass:acr:3   | –                                       |

Levels contain each other: whoever signed in at 3 also meets 1 and 2, and is told what was asked for. The trade: a
provider that asks for exactly PasswordProtectedTransport, as most products do unless told otherwise, also receives
members who hold no password and came with a certificate; answering NoAuthnContext would lock those out everywhere.
What a simulator vouched for is told by no name but its own.
"""

from __future__ import annotations

from typing import Final

from idp.saml.authn_request import RequestedContext
from idp.saml.names import PASSWORD_PROTECTED_TRANSPORT, REFEDS_MFA, UNSPECIFIED_CLASS
from idp.sessions.assurance import LEVELS, Assurance, acr_level, acr_name
from idp.signin.request import WantedLevel

_CLASSES: Final = {PASSWORD_PROTECTED_TRANSPORT: 1, UNSPECIFIED_CLASS: 1, REFEDS_MFA: 2}


def wanted(requested: RequestedContext | None) -> WantedLevel:
    """What a request asks for; whoever calls has asked `meetable` first. Core §3.3.2.2.1.

    `maximum` wants the strongest that is not too strong, and is content with less.
    """
    asked = _known(requested) if requested is not None else {}
    if requested is None or not asked:
        return WantedLevel()
    strongest = max(asked.values())
    match requested.comparison:
        case "better":
            levels = [level for level in LEVELS if level > strongest]
        case "maximum":
            levels = [level for level in reversed(LEVELS) if level <= strongest]
        case _:
            levels = list(asked.values())
    values = tuple(dict.fromkeys(acr_name(level) for level in levels))
    return WantedLevel(values, essential=bool(values) and requested.comparison != "maximum")


def meetable(requested: RequestedContext | None) -> bool:
    """Whether anything that we do could meet the request."""
    return requested is None or bool(wanted(requested).values)


def stated(requested: RequestedContext | None, reached: Assurance) -> str | None:
    """The class to state for a sign-in, or None where it does not meet the request. Core §3.3.2.2.1."""
    level = reached.level
    ours = PASSWORD_PROTECTED_TRANSPORT if level == 1 else acr_name(level)
    if requested is None:
        return reached.acr if reached.simulated else ours
    asked = _known(requested)
    if requested.comparison == "better":
        said = ours if asked and level > max(asked.values()) else None
    else:
        met = next((name for name, needed in asked.items() if needed <= level), None)
        said = ours if met is None and requested.comparison == "maximum" and asked else met
    return reached.acr if said is not None and reached.simulated else said


def understood(requested: RequestedContext | None) -> RequestedContext | None:
    """What of a request must be remembered: the classes we know, each once. The rest decides nothing, and a kilobyte of
    compressed request can name a quarter of a megabyte of it."""
    return None if requested is None else RequestedContext(requested.comparison, tuple(_known(requested)))


def _known(requested: RequestedContext) -> dict[str, int]:
    levels = {name: _CLASSES.get(name) or acr_level(name) for name in requested.classes}
    return {name: level for name, level in levels.items() if level is not None}
