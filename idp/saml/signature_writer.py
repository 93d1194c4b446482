"""Our own signatures: enveloped, rsa-sha256, exclusive canonicalisation, over a whole document (core §5.4).

Canonicalisation is libxml2's and the signature OpenSSL's, as in xmlsec; only the element around them is put together
here. xmlsec's templates, key copies and contexts cost as much again as the RSA operation (0.4 ms a signature), and an
answer carries two. Verifying, where strangers choose the input, stays with xmlsec behind `signature_gate`.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from lxml import etree

from idp.saml.names import DS, ENVELOPED, EXCLUSIVE_C14N, RSA_SHA256, SHA256, qualified
from idp.saml.toolkit import Element

_PADDING: Final = padding.PKCS1v15()
_HASH: Final = hashes.SHA256()


class Signer:
    """Signs documents with one key."""

    def __init__(self, key: rsa.RSAPrivateKey, certificate_pem: str) -> None:
        self._key = key
        self._certificate = "".join(certificate_pem.strip().splitlines()[1:-1])

    def sign(self, root: Element, *, at: int) -> None:
        """Put a Signature over the whole of `root` among its children, at place `at`.

        `root` must be a document element and carry an `ID`: an assertion is signed as its own document, then put into
        its response. Place 1, after `Issuer`, in messages (core §3.2.1), 0 in metadata.
        """
        signature = etree.Element(qualified(DS, "Signature"), nsmap={"ds": DS})
        signed_info = etree.SubElement(signature, qualified(DS, "SignedInfo"))
        _child(signed_info, "CanonicalizationMethod", EXCLUSIVE_C14N)
        _child(signed_info, "SignatureMethod", RSA_SHA256)
        _reference(signed_info, root)
        value = self._key.sign(_canonical(signed_info), _PADDING, _HASH)
        _child(signature, "SignatureValue").text = base64.b64encode(value).decode("ascii")
        data = _child(_child(signature, "KeyInfo"), "X509Data")
        _child(data, "X509Certificate").text = self._certificate
        root.insert(at, signature)


def _reference(signed_info: Element, root: Element) -> None:
    # The Signature is not yet in the document: that is what the enveloped-signature transform will restore.
    digest = hashlib.sha256(_canonical(root)).digest()
    reference = etree.SubElement(signed_info, qualified(DS, "Reference"), URI=f"#{root.get('ID')}")
    transforms = _child(reference, "Transforms")
    _child(transforms, "Transform", ENVELOPED)
    # No InclusiveNamespaces for the `xs` in xsi:type, though OpenSAML writes one: pysaml2 moves that declaration
    # from the assertion to each value before it verifies, and a digest that includes it no longer fits.
    _child(transforms, "Transform", EXCLUSIVE_C14N)
    _child(reference, "DigestMethod", SHA256)
    _child(reference, "DigestValue").text = base64.b64encode(digest).decode("ascii")


def _canonical(element: Element) -> bytes:
    octets: bytes = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    return octets


def _child(parent: Element, name: str, algorithm: str | None = None) -> Element:
    child = etree.SubElement(parent, qualified(DS, name))
    if algorithm is not None:
        child.set("Algorithm", algorithm)
    return child
