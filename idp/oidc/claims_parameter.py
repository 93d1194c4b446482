"""The request parameter `claims`. OpenID Connect Core §5.5."""

from __future__ import annotations

import json
from typing import Any

from idp.oidc.errors import InvalidRequest


def read(claims: str | None) -> dict[str, Any]:
    """What it asks for; nothing where it was not sent.

    Raises:
        InvalidRequest: it is no JSON object.
    """
    if claims is None:
        return {}
    try:
        parsed = json.loads(claims)
    except (ValueError, RecursionError):
        raise InvalidRequest("claims is not JSON") from None
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
