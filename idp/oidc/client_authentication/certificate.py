"""Clients proven by the certificate of their connection: `tls_client_auth` and `self_signed_tls_client_auth`.
RFC 8705 §2.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from joserfc.jwk import KeySet

from idp.agencies.oidc_registration import TlsSubject
from idp.clock import Clock
from idp.crypto import distinguished_name
from idp.crypto.client_certificate import ClientCertificate
from idp.oidc.client_authentication.client import Registered
from idp.oidc.client_keys import ClientKeySets


@dataclass(frozen=True, slots=True)
class CertificateProof:
    """Whether a certificate proves a client."""

    keys: ClientKeySets
    clock: Clock

    def __call__(self, client: Registered, shown: ClientCertificate) -> str | None:
        """By which method `shown` proves `client`; None where it does not."""
        if not shown.valid_at(self.clock.now()):
            return None
        subject = client.registration.tls_client_auth
        if client.uses("tls_client_auth"):
            # Without an authority behind it anybody may have written any name into it.
            proven = shown.chained and subject is not None and names(shown.x509, subject)
            return "tls_client_auth" if proven else None
        if client.uses("self_signed_tls_client_auth"):
            return "self_signed_tls_client_auth" if self._registered(client, shown) else None
        return None

    def _registered(self, client: Registered, shown: ClientCertificate) -> bool:
        known = self.keys(client.registration)
        if _among(known, shown):
            return True
        renewed = self.keys.anew(client.registration)
        return renewed is not known and _among(renewed, shown)


def _among(keys: KeySet, shown: ClientCertificate) -> bool:
    """Whether `shown` is of one of `keys`; where that comes with a certificate (`x5c`), whether it is that one."""
    for key in keys:
        if not shown.has_key(key.public_key):
            continue
        chain = key.get("x5c")
        if chain is None or (isinstance(chain, list) and chain and _same(chain[0], shown.der)):
            return True
    return False


def _same(encoded: object, der: bytes) -> bool:
    try:
        return isinstance(encoded, str) and base64.b64decode(encoded, validate=True) == der
    except ValueError:
        return False


def names(certificate: x509.Certificate, subject: TlsSubject) -> bool:
    """Whether `certificate` is of whom the client registered. RFC 8705 §2.1.2."""
    try:
        if subject.kind == "subject_dn":
            return distinguished_name.written(subject.value) == distinguished_name.subject_of(certificate)
        return any(_is(subject, name) for name in _alternatives(certificate))
    except (ValueError, distinguished_name.NotAName):
        return False


def _alternatives(certificate: x509.Certificate) -> Iterator[x509.GeneralName]:
    """Raises ValueError where the extension cannot be read."""
    try:
        yield from certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return


def _is(subject: TlsSubject, name: x509.GeneralName) -> bool:
    wanted = subject.value
    if subject.kind == "san_dns":
        return isinstance(name, x509.DNSName) and name.value.lower() == wanted.lower()
    if subject.kind == "san_uri":
        return isinstance(name, x509.UniformResourceIdentifier) and name.value == wanted
    if subject.kind == "san_ip":
        return isinstance(name, x509.IPAddress) and name.value == ipaddress.ip_address(wanted)
    if subject.kind == "san_email":
        return isinstance(name, x509.RFC822Name) and _mailbox(name.value) == _mailbox(wanted)
    return False


def _mailbox(address: str) -> tuple[str, str]:
    local, _, domain = address.rpartition("@")
    return local, domain.lower()
