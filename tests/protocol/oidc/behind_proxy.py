"""A deployment behind a proxy that hands on the certificates of connections. RFC 8705 §6.1, RFC 9440."""

from __future__ import annotations

from typing import Any, Final

PROXY, STRANGER = "172.18.0.5", "203.0.113.9"
PROXIED: Final[dict[str, Any]] = {
    "header": "X-Client-Cert",
    "form": "escaped_pem",
    "verified_header": "X-Client-Verify",
    "proxies": ["172.18.0.0/16"],
}
"""`[client_certificates]` that believe that proxy."""
