"""What a session is worth: `acr`, `amr` and `auth_time`, computed from the authentications it remembers. Pure.

| level | reached by |
|---|---|
| 1 | a password |
| 2 | a password and a second factor; a passkey with user verification; an identification service |
| 3 | 공동인증서, 금융인증서, 기업인증서 |

The three values always speak of the same authentications: a certificate shown an hour ago does not lend its level to
the password typed a moment ago. Where a simulator vouched, the name of the level says so with `:sim`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

_ACR = re.compile(r"urn:onepass:acr:([123])(:sim)?\Z")
LEVELS = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Authentication:
    """One proof of who is there. `level` is what it is worth by itself: 0 where it only adds to a password.

    `method` is a code of ours, `amr` its names on the wire (RFC 8176 §2).
    """

    method: str
    at: datetime
    level: int
    amr: tuple[str, ...]
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Assurance:
    """How strongly, in which ways and when a member proved who they are."""

    level: int
    amr: tuple[str, ...]
    auth_time: datetime
    simulated: bool = False

    @property
    def acr(self) -> str:
        """The level's name."""
        return acr_name(self.level, simulated=self.simulated)


def acr_name(level: int, *, simulated: bool = False) -> str:
    """The `acr` of a level."""
    return f"urn:onepass:acr:{level}{':sim' if simulated else ''}"


def acr_level(name: str) -> int | None:
    """The level that an `acr` value asks for, or None for a value that is none of ours. A demonstration meets its
    levels by simulators, so `…:3` and `…:3:sim` ask for the same; what is answered says which it was."""
    found = _ACR.match(name)
    return int(found[1]) if found else None


def by_password(at: datetime) -> Authentication:
    """Somebody knew the password."""
    return Authentication("password", at, 1, ("pwd",))


def by_one_time_code(at: datetime) -> Authentication:
    """Somebody held the phone with the codes. RFC 6238."""
    return Authentication("totp", at, 0, ("otp",))


def by_recovery_code(at: datetime) -> Authentication:
    """Somebody held one of the codes that were written down for when the phone is lost."""
    return Authentication("recovery_code", at, 0, ("otp",))


def by_passkey(at: datetime, *, synchronised: bool) -> Authentication:
    """Somebody unlocked an authenticator. One whose key travels between devices is no hardware that holds it
    (RFC 8176 §2: `swk`, `hwk`)."""
    return Authentication("passkey", at, 2, ("swk" if synchronised else "hwk", "user", "mfa"))


def assurance(authentications: Iterable[Authentication], since: datetime | None = None) -> Assurance | None:
    """The highest level that the authentications from `since` on reach, or None where they do not say who is there.

    Of equals a real one counts before a simulated one, and a later before an earlier.
    """
    counted = [each for each in authentications if since is None or each.at >= since]
    reached = [Assurance(each.level, each.amr, each.at, each.simulated) for each in counted if each.level > 0]
    reached += [_together(first, second) for first in counted for second in counted if _adds(first, second)]
    return max(reached, key=lambda each: (each.level, not each.simulated, each.auth_time), default=None)


def remembered(former: Iterable[Authentication], *added: Authentication) -> tuple[Authentication, ...]:
    """What a session remembers once `added` happened: of each method the latest."""
    latest = {each.method: each for each in (*former, *added)}
    return tuple(sorted(latest.values(), key=lambda each: each.at))


def _adds(first: Authentication, second: Authentication) -> bool:
    return first.level == 1 and second.level == 0


def _together(first: Authentication, second: Authentication) -> Assurance:
    # The earlier of the two: both of them are no older than what `auth_time` says.
    return Assurance(2, (*first.amr, *second.amr, "mfa"), min(first.at, second.at), first.simulated or second.simulated)
