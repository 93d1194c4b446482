"""The request parameter `claims`. OpenID Connect Core §5.5."""

from __future__ import annotations

import math
from typing import Any

from idp import strict_json
from idp.oidc.errors import InvalidRequest

_LONGEST = 4096
"""Octets: what we keep of it waits while its member is asked."""
_DEEPEST = 16
"""Levels; the examples of Identity Assurance, the deepest there are, have eight."""


def read(claims: str | None) -> dict[str, Any]:
    """What it asks for; nothing where it was not sent.

    Raises:
        InvalidRequest: it is no JSON object, too long or too deep, or holds what no claim can be.
    """
    if claims is None:
        return {}
    octets = claims.encode()
    if len(octets) > _LONGEST:
        raise InvalidRequest(f"claims is longer than {_LONGEST} octets")
    try:
        parsed = strict_json.read(octets)
    except ValueError:
        raise InvalidRequest("claims is not JSON of one meaning") from None
    if not _keepable(parsed):
        raise InvalidRequest("claims is nested too deeply, or holds what no claim can be")
    return object_or_empty(parsed)


def object_or_empty(value: Any) -> dict[str, Any]:
    """A JSON object; null stands for an empty one (§5.5.1).

    Raises:
        InvalidRequest: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequest("claims holds something else where an object belongs")
    return value


def _keepable(asked: Any) -> bool:
    """Whether it can wait for its answer: JSON lets through numbers and characters that a database refuses, and depths
    at which a copy fails."""
    level: list[Any] = [asked]
    for _ in range(_DEEPEST):
        if not all(_is_plain(each) for each in level):
            return False
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each if isinstance(each, list) else (*each, *each.values()))
        ]
    return not level


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return not any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value)
    return not isinstance(value, float) or math.isfinite(value)
