"""The account at the agency, as its service names it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Remote:
    """`id` and version of a resource. RFC 7643 §3.1."""

    id: str
    etag: str | None

    def at(self, resource: Mapping[str, Any], header: str | None) -> Remote:
        """The same in the version that the service's answer tells."""
        return Remote(self.id, _etag(resource, header))

    def packed(self) -> bytes:
        """As octets to be sealed."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpacked(cls, octets: bytes) -> Remote:
        """From octets we packed."""
        return cls(**json.loads(octets))


def remote_of(resource: Mapping[str, Any], header: str | None) -> Remote | None:
    """What names the account in a service's answer; None where its `id` is none that can be asked for again."""
    identifier = resource.get("id")
    # Dots alone would be a step up the path, and `bulkId` is reserved (RFC 7643 §3.1).
    if not _is_text(identifier) or identifier in (".", "..", "bulkId"):
        return None
    return Remote(identifier, _etag(resource, header))


def _etag(resource: Mapping[str, Any], header: str | None) -> str | None:
    meta = resource.get("meta")
    told = meta.get("version") if isinstance(meta, dict) else None
    etag = header if header is not None else told
    # It goes back in a header.
    return etag if _is_text(etag) and etag.isascii() else None


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()
