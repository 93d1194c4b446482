"""The certificate of the present request, from a proxy that we believe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

import structlog
from flask import Request, request

from idp.crypto.client_certificate import READERS, ClientCertificate
from idp.sections import ClientCertificates

_VERIFIED = "SUCCESS"

_log = structlog.get_logger(__name__)

ShownCertificate = Callable[[], ClientCertificate | None]
"""What the connection of the present request showed, if anything."""


def shown_certificate(told: ClientCertificates) -> ShownCertificate:
    """How this deployment learns of certificates."""
    return (lambda: None) if told.header is None else _FromProxy(told, told.header)


@dataclass(frozen=True, slots=True)
class _FromProxy:
    told: ClientCertificates
    header: str

    def __call__(self) -> ClientCertificate | None:
        """None too where somebody else than a proxy of ours says so, or what it says is no certificate."""
        value = request.headers.get(self.header, "")
        if not value:
            return None
        if not self._believed(_peer(request)):
            _log.warning("client_certificate.from_nobody_we_believe")
            return None
        try:
            certificate = READERS[self.told.form](value)
            certificate.public_key()
        except Exception as error:  # noqa: BLE001  # a parser of foreign bytes: whatever it raises, there is no certificate
            _log.warning("client_certificate.unreadable", why=type(error).__name__)
            return None
        verified = self.told.verified_header
        return ClientCertificate(certificate, verified is not None and request.headers.get(verified) == _VERIFIED)

    def _believed(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in ip_network(network) for network in self.told.proxies)


def _peer(present: Request) -> str:
    """Who connected to us, whatever a header says: `ProxyFix` keeps that apart."""
    original = present.environ.get("werkzeug.proxy_fix.orig") or present.environ
    return str(original.get("REMOTE_ADDR") or "")
