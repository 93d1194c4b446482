"""What the transmitter says of itself. OpenID Shared Signals Framework 1.0 §7."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

WELL_KNOWN = "/.well-known/ssf-configuration"
JWKS_PATH = "/ssf/jwks"
STREAMS_PATH = "/ssf/streams"
STATUS_PATH = "/ssf/status"
ADD_SUBJECT_PATH = "/ssf/subjects/add"
REMOVE_SUBJECT_PATH = "/ssf/subjects/remove"
VERIFICATION_PATH = "/ssf/verify"
PUSH, POLL = "urn:ietf:rfc:8935", "urn:ietf:rfc:8936"


def ssf_configuration(issuer: str) -> Mapping[str, Any]:
    """The metadata; only what is there. SSF 1.0 §7.1, CAEP Interoperability Profile 1.0 §2.3.

    Receivers prove themselves by access tokens of our own token endpoint (RFC 6749 §4.4). Whoever links an account is
    in the agency's stream without being added: `default_subjects` is ALL.
    """
    return {
        "spec_version": "1_0",
        "issuer": issuer,
        "jwks_uri": f"{issuer}{JWKS_PATH}",
        "delivery_methods_supported": [PUSH, POLL],
        "configuration_endpoint": f"{issuer}{STREAMS_PATH}",
        "status_endpoint": f"{issuer}{STATUS_PATH}",
        "add_subject_endpoint": f"{issuer}{ADD_SUBJECT_PATH}",
        "remove_subject_endpoint": f"{issuer}{REMOVE_SUBJECT_PATH}",
        "verification_endpoint": f"{issuer}{VERIFICATION_PATH}",
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6749"}],
        "default_subjects": "ALL",
    }


def configuration_path(issuer: str) -> str:
    """Where the metadata lies: the issuer's own path goes behind the well-known one. SSF 1.0 §7.2."""
    return WELL_KNOWN + urlsplit(issuer).path


def document(content: Mapping[str, Any]) -> bytes:
    """JSON as ready bytes."""
    return json.dumps(content, separators=(",", ":")).encode()
