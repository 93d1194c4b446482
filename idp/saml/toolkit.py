"""python3-saml and xmlsec, and nothing else imports them: parsing, schemas, XML signatures.

What comes out of `verifies` is only "these referenced bytes were signed by that key": python3-saml says so even of a
forgery wrapped around a genuine message. Ask `signature_gate`, never this file, whether a message is genuine.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import onelogin.saml2
import xmlsec
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils
from onelogin.saml2.xml_utils import OneLogin_Saml2_XML

from idp.saml.names import XS
from idp.saml.refusals import UnreadableMessage

Element = etree._Element
_xmlsec: Any = xmlsec  # the stubs it ships lack half of its names
Schema = Literal["protocol", "assertion", "metadata"]

MESSAGE_LIMIT = 256 * 1024
"""Octets of one protocol message after inflation; far above it parsers hang (50 000 attributes: 30 s)."""


def parse(octets: bytes, *, limit: int = MESSAGE_LIMIT) -> Element:
    """The document element of an untrusted document: no DOCTYPE, no entities, no comments or processing instructions.

    Parse once and keep the tree: two readings of the same bytes are two meanings.

    Raises:
        UnreadableMessage: too large, not well-formed, or with a document type.
    """
    if len(octets) > limit:
        raise UnreadableMessage(f"document over {limit} octets")
    try:
        root: Element = OneLogin_Saml2_XML.to_etree(octets)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableMessage(f"not XML we read: {type(error).__name__}") from error
    return root


def require_schema(root: Element, schema: Schema) -> None:
    """Hold a document to its OASIS schema.

    Raises:
        UnreadableMessage: it does not conform.
    """
    if not _schema(schema).validate(root):
        raise UnreadableMessage(f"not valid against the SAML 2.0 {schema} schema")


@cache
def _schema(name: Schema) -> etree.XMLSchema:
    # Compiling costs 1–6 ms; the files are the ones python3-saml ships, so nothing is fetched.
    shipped = Path(onelogin.saml2.__file__).parent / "schemas"
    return etree.XMLSchema(etree.parse(str(shipped / f"saml-schema-{name}-2.0.xsd")))


class Signer:
    """Signs elements with one RSA key; loading the key costs as much as many signatures, so keep this."""

    def __init__(self, private_pem: bytes, certificate_pem: str) -> None:
        self._key = _xmlsec.Key.from_memory(private_pem, _xmlsec.KeyFormat.PEM, None)
        self._key.load_cert_from_memory(certificate_pem.encode("ascii"), _xmlsec.KeyFormat.PEM)

    def sign(self, root: Element, *, after: int) -> None:
        """Put an enveloped rsa-sha256 Signature over the whole of `root` among its children, at place `after`.

        `root` must be the document element and carry an `ID`: an assertion is signed as its own document, then put
        into its response (core §5.4.2 makes the position: after `Issuer`, or first in metadata).
        """
        signature = _xmlsec.template.create(root, _xmlsec.Transform.EXCL_C14N, _xmlsec.Transform.RSA_SHA256, ns="ds")
        root.insert(after, signature)
        reference = _xmlsec.template.add_reference(signature, _xmlsec.Transform.SHA256, uri=f"#{root.get('ID')}")
        _xmlsec.template.add_transform(reference, _xmlsec.Transform.ENVELOPED)
        canonical = _xmlsec.template.add_transform(reference, _xmlsec.Transform.EXCL_C14N)
        if XS in root.nsmap.values():
            # `xs` is used only inside the values of xsi:type, where exclusive c14n does not see it.
            _xmlsec.template.transform_add_c14n_inclusive_namespaces(canonical, ["xs"])
        _xmlsec.template.add_x509_data(_xmlsec.template.ensure_key_info(signature))
        context = _xmlsec.SignatureContext()
        context.register_id(root, "ID")
        context.key = self._key
        context.sign(signature)


def verifies(signature: Element, root: Element, certificate_pem: str) -> bool:
    """Whether what the Signature references was signed by the certificate's key; its dates and issuer do not matter.

    KeyInfo is ignored: a key that travels with the message proves nothing. Called by `signature_gate` alone.
    """
    _xmlsec.tree.add_ids(root, ["ID"])
    answer: Any = OneLogin_Saml2_Utils.validate_node_sign(signature, root, cert=certificate_pem)
    return answer is True
