"""Whether two addresses are the same one. RFC 9449 §4.3 no. 9, RFC 3986 §6.2.2 and §6.2.3."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote, urlsplit

_PORTS = {"https": 443, "http": 80}


def same_address(claimed: str, ours: str) -> bool:
    """Whether `claimed`, without its query and fragment, names what `ours` names."""
    whole = _parts(claimed)
    return whole is not None and whole == _own_parts(ours)


@lru_cache(maxsize=64)
def _own_parts(address: str) -> tuple[str, str, int | None, str] | None:
    return _parts(address)


def _parts(address: str) -> tuple[str, str, int | None, str] | None:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.hostname is None or parts.username is not None:
        return None
    return parts.scheme, parts.hostname, port or _PORTS.get(parts.scheme), unquote(parts.path) or "/"
