"""Our metadata: who we are, where requests go, what we sign with and what we can verify. Metadata §2.4.3."""

from __future__ import annotations

import base64
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from idp.clock import Clock
from idp.randomness import Randomness
from idp.saml import names
from idp.saml.identity import Identity
from idp.saml.names import ALG, DS, MD, MDUI, SHIBMD, qualified
from idp.saml.response import document_id
from idp.saml.signing import Signing
from idp.saml.toolkit import Element

VALIDITY: Final = timedelta(days=14)
"""Longer than any provider goes without fetching; a stolen old document ends with it."""
FRESH: Final = timedelta(hours=1)
"""How often the document is made anew while nothing changes, and how long a provider may keep it."""


@dataclass(slots=True)
class IdpMetadata:
    """The signed document as ready octets, made again when a key changes or an hour has passed."""

    identity: Identity
    display_name: str
    signing: Signing
    clock: Clock
    randomness: Randomness
    _made: tuple[datetime, tuple[str, ...], bytes] | None = field(default=None, init=False)
    _making: threading.Lock = field(default_factory=threading.Lock, init=False)

    def __call__(self) -> bytes:
        """The document.

        Raises:
            ConfigurationError: no SAML key signs.
        """
        now = self.clock.now()
        certificates = self.signing.certificates()
        made = self._made
        if made is None or made[1] != certificates or abs(now - made[0]) >= FRESH:
            with self._making:
                self._made = made = (now, certificates, self._document(now, certificates))
        return made[2]

    def _document(self, now: datetime, certificates: tuple[str, ...]) -> bytes:
        root = descriptor(self.identity, self.display_name, certificates, until=now + VALIDITY)
        root.set("ID", document_id(self.randomness))
        self.signing.signer().sign(root, at=0)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def descriptor(identity: Identity, display_name: str, certificates: tuple[str, ...], *, until: datetime) -> Element:
    """The EntityDescriptor, unsigned. It lists nothing we do not do (saml2int SDP-MD04)."""
    nsmap = {"md": MD, "ds": DS, "alg": ALG, "mdui": MDUI, "shibmd": SHIBMD}
    root = etree.Element(qualified(MD, "EntityDescriptor"), nsmap=nsmap)
    root.set("entityID", identity.entity_id)
    root.set("validUntil", until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    root.set("cacheDuration", f"PT{int(FRESH.total_seconds())}S")
    _algorithms(etree.SubElement(root, qualified(MD, "Extensions")))
    role = etree.SubElement(root, qualified(MD, "IDPSSODescriptor"), protocolSupportEnumeration=names.SAMLP)
    extensions = etree.SubElement(role, qualified(MD, "Extensions"))
    etree.SubElement(extensions, qualified(SHIBMD, "Scope"), regexp="false").text = identity.scope
    information = etree.SubElement(extensions, qualified(MDUI, "UIInfo"))
    shown = etree.SubElement(information, qualified(MDUI, "DisplayName"))
    shown.set(qualified(names.XML, "lang"), "ko")
    shown.text = display_name
    for certificate in certificates:
        _key(role, certificate)
    etree.SubElement(role, qualified(MD, "NameIDFormat")).text = names.PERSISTENT
    etree.SubElement(role, qualified(MD, "SingleSignOnService"), Binding=names.REDIRECT, Location=identity.sso_location)
    return root


def _algorithms(extensions: Element) -> None:
    # Without this list a Shibboleth provider signs its requests with SHA-1, which we refuse (IIP-MD09).
    for digest in names.DIGEST_METHODS:
        etree.SubElement(extensions, qualified(ALG, "DigestMethod"), Algorithm=digest)
    for method in names.SIGNATURE_METHODS:
        etree.SubElement(extensions, qualified(ALG, "SigningMethod"), Algorithm=method)


def _key(role: Element, certificate_pem: str) -> None:
    der = x509.load_pem_x509_certificate(certificate_pem.encode()).public_bytes(Encoding.DER)
    key = etree.SubElement(role, qualified(MD, "KeyDescriptor"), use="signing")
    data = etree.SubElement(etree.SubElement(key, qualified(DS, "KeyInfo")), qualified(DS, "X509Data"))
    etree.SubElement(data, qualified(DS, "X509Certificate")).text = base64.b64encode(der).decode("ascii")
