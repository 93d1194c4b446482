"""What the transmitter says of itself. OpenID Shared Signals Framework 1.0 §7."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

WELL_KNOWN = "/.well-known/ssf-configuration"
JWKS_PATH = "/ssf/jwks"
_PUSH = "urn:ietf:rfc:8935"


def ssf_configuration(issuer: str) -> Mapping[str, Any]:
    """The metadata; only what is there. SSF 1.0 §7.1.

    Streams are registered by the operator, so no management endpoint and no authorization scheme is named. Whoever
    links an account is in the agency's stream without being added: `default_subjects` is ALL.
    """
    return {
        "spec_version": "1_0",
        "issuer": issuer,
        "jwks_uri": f"{issuer}{JWKS_PATH}",
        "delivery_methods_supported": [_PUSH],
        "default_subjects": "ALL",
    }


def configuration_path(issuer: str) -> str:
    """Where the metadata lies: the issuer's own path goes behind the well-known one. SSF 1.0 §7.2."""
    return WELL_KNOWN + urlsplit(issuer).path


def document(content: Mapping[str, Any]) -> bytes:
    """JSON as ready bytes."""
    return json.dumps(content, separators=(",", ":")).encode()
