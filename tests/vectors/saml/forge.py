"""What a service provider, or somebody posing as one, would send: templates filled and signed."""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from idp.saml import names

HERE = Path(__file__).parent
FORGED = sorted((HERE / "forged").glob("*.xml"))
_xmlsec: Any = xmlsec

ISSUER = "http://127.0.0.1:8000"
SSO = f"{ISSUER}/saml/sso"
ENTITY_ID = "http://127.0.0.1:8103/saml/metadata"
ACS = "http://127.0.0.1:8103/saml/acs"


@dataclass(frozen=True)
class Signatory:
    """A key with its certificate."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    pem: bytes
    certificate_pem: str

    @property
    def certificate_text(self) -> str:
        """The certificate as metadata carries it."""
        return "".join(self.certificate_pem.splitlines()[1:-1])


def signatory(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | None = None, *, expired: bool = False) -> Signatory:
    """A fresh key, RSA unless given; its certificate may be long past its dates."""
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    start = datetime(2001 if expired else 2025, 1, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lab")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365 if expired else 9000))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Signatory(key, pem, certificate.public_bytes(Encoding.PEM).decode())


def written(instant: datetime) -> str:
    """As SAML writes it."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def filled(path: Path, **values: str) -> bytes:
    """A template with its `$words` replaced."""
    defaults = {"sso": SSO, "entity_id": ENTITY_ID, "acs": ACS, "certificate": ""}
    return Template(path.read_text(encoding="utf-8")).substitute(defaults | values).encode()


def signed(document: bytes, signer: Signatory) -> bytes:
    """The document with every empty Signature in it completed by `signer`."""
    root = etree.fromstring(document)
    for signature in root.iter(names.qualified(names.DS, "Signature")):
        context = _xmlsec.SignatureContext()
        # Where rivals share an ID on purpose, the innermost is the one that was signed before somebody wrapped it.
        known: set[str] = set()
        for element in reversed(list(root.iter(etree.Element))):
            attribute = "Id" if element.tag == names.qualified(names.DS, "Object") else "ID"
            if (value := element.get(attribute)) and value not in known:
                known.add(value)
                context.register_id(element, attribute)
        context.key = _xmlsec.Key.from_memory(signer.pem, _xmlsec.KeyFormat.PEM, None)
        context.sign(signature)
    return etree.tostring(root)


def genuine(now: datetime, signer: Signatory, name: str = "request") -> bytes:
    """A signed AuthnRequest as it should be."""
    return signed(filled(HERE / "genuine" / f"{name}.xml", now=written(now)), signer)


def request(now: datetime, *, content: str = "", **attributes: str | None) -> bytes:
    """An unsigned AuthnRequest. An attribute given as None is left out; `content` follows the Issuer."""
    values: dict[str, str | None] = {
        "ID": "_request",
        "Version": "2.0",
        "IssueInstant": written(now),
        "Destination": SSO,
        "issuer": ENTITY_ID,
    }
    values |= attributes
    issuer = values.pop("issuer")
    root = etree.Element(names.qualified(names.SAMLP, "AuthnRequest"), nsmap={"samlp": names.SAMLP, "saml": names.SAML})
    for name, value in values.items():
        if value is not None:
            root.set(name, value)
    if issuer is not None:
        etree.SubElement(root, names.qualified(names.SAML, "Issuer")).text = issuer
    wrapper = f'<x xmlns:samlp="{names.SAMLP}" xmlns:saml="{names.SAML}">{content}</x>'
    root.extend(list(etree.fromstring(wrapper)))
    return etree.tostring(root)


def deflated(xml: bytes) -> bytes:
    """Raw DEFLATE, as the Redirect binding wants it."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(xml) + compressor.flush()


def redirect(
    xml: bytes,
    *,
    relay_state: str | None = None,
    signer: Signatory | None = None,
    algorithm: str = names.RSA_SHA256,
    lower: bool = False,
) -> bytes:
    """A query string for the SSO endpoint; `lower` writes escapes in lower case, as ADFS does."""

    def escaped(value: str) -> str:
        text = quote(value, safe="")
        return "".join(
            each.lower() if lower and text[max(0, at - 2) : at + 1].count("%") else each for at, each in enumerate(text)
        )

    parts = [f"SAMLRequest={escaped(base64.b64encode(deflated(xml)).decode())}"]
    if relay_state is not None:
        parts.append(f"RelayState={escaped(relay_state)}")
    if signer is None:
        return "&".join(parts).encode()
    parts.append(f"SigAlg={escaped(algorithm)}")
    octets = "&".join(parts).encode()
    return octets + b"&Signature=" + escaped(base64.b64encode(_made(octets, signer, algorithm)).decode()).encode()


def _made(octets: bytes, signer: Signatory, algorithm: str) -> bytes:
    kinds = {"1": hashes.SHA1(), "6": hashes.SHA256(), "4": hashes.SHA384(), "2": hashes.SHA512()}  # noqa: S303
    digest: Any = kinds[algorithm[-1]]
    if isinstance(signer.key, rsa.RSAPrivateKey):
        return signer.key.sign(octets, padding.PKCS1v15(), digest)
    half = (signer.key.key_size + 7) // 8
    r, s = decode_dss_signature(signer.key.sign(octets, ec.ECDSA(digest)))
    return r.to_bytes(half, "big") + s.to_bytes(half, "big")


def metadata(*signers: Signatory, consumers: str = "", attributes: str = "", content: str = "", **values: str) -> str:
    """A service provider's metadata; `content` goes into the SPSSODescriptor behind its keys."""
    keys = "".join(
        f"<md:KeyDescriptor{values.get('use', '')}><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n"
        f"{each.certificate_text}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
        for each in signers
    )
    consumers = consumers or f'<md:AssertionConsumerService index="0" Binding="{names.POST}" Location="{ACS}"/>'
    return (
        f'<md:EntityDescriptor xmlns:md="{names.MD}" xmlns:ds="{names.DS}" xmlns:saml="{names.SAML}"'
        f' xmlns:mdui="{names.MDUI}" xmlns:mdattr="{names.MDATTR}"'
        f' entityID="{values.get("entity_id", ENTITY_ID)}"{values.get("entity_attributes", "")}>'
        f"{values.get('extensions', '')}"
        f'<md:SPSSODescriptor protocolSupportEnumeration="{names.SAMLP}" {attributes}>'
        f"{values.get('role_extensions', '')}{keys}{content}{consumers}</md:SPSSODescriptor></md:EntityDescriptor>"
    )
