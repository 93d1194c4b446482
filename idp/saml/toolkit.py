"""python3-saml and xmlsec; nothing else imports them: parsing, schemas, verifying.

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

from idp.saml.refusals import UnreadableMessage

Element = etree._Element
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


def verifies(signature: Element, root: Element, certificate_pem: str) -> bool:
    """Whether what the Signature references was signed by the certificate's key; its dates and issuer do not matter.

    KeyInfo is ignored: a key that travels with the message proves nothing. Called by `signature_gate` alone.
    """
    xmlsec.tree.add_ids(root, ["ID"])
    answer: Any = OneLogin_Saml2_Utils.validate_node_sign(signature, root, cert=certificate_pem)
    return answer is True
