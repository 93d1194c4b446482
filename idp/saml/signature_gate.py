"""The one place that says an XML message is genuine; it returns the element that was signed, and nothing else is read.

Verifying a signature proves that *some* octets were signed. A forger moves the genuine message aside, or lets the
signature select nothing, and the verifier still says yes. So the shape comes first: one Signature, a direct child of
the document element, over that whole element by its unique ID, with no transform that could select less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from idp.saml import toolkit
from idp.saml.certificates import SigningCertificate
from idp.saml.names import DIGEST_METHODS, DS, ENVELOPED, EXCLUSIVE_C14N, SIGNATURE_METHODS, XML, qualified
from idp.saml.refusals import UntrustedSignature
from idp.saml.toolkit import Element

_SIGNATURE = qualified(DS, "Signature")
_TRANSFORMS = (ENVELOPED, EXCLUSIVE_C14N)
_ID_SPELLINGS = ("ID", "Id", "id", qualified(XML, "id"))
_ONCE = (
    "SignedInfo",
    "CanonicalizationMethod",
    "SignatureMethod",
    "SignatureValue",
    "Reference",
    "DigestMethod",
    "DigestValue",
)


def carries_signature(root: Element) -> bool:
    """Whether a Signature stands anywhere in the document, also where none belongs."""
    return next(root.iter(_SIGNATURE), None) is not None


def verified(root: Element, certificates: Sequence[SigningCertificate]) -> Element:
    """The document element, once one of the certificates' keys is shown to have signed all of it.

    Raises:
        UntrustedSignature: the signature is missing, misshapen, or made by somebody else (core §5.4).
    """
    signature = _shaped(root)
    algorithm = _only(signature, "SignatureMethod").get("Algorithm", "")
    if not any(each.fits(algorithm) and toolkit.verifies(signature, root, each.pem) for each in certificates):
        raise UntrustedSignature("no registered key made this signature")
    return root


def _shaped(root: Element) -> Element:
    signatures = list(root.iter(_SIGNATURE))
    if len(signatures) != 1 or signatures[0].getparent() is not root:
        raise UntrustedSignature("there must be one Signature, directly below the document element")
    signature = signatures[0]
    if next(signature.iter(qualified(DS, "Object")), None) is not None:
        raise UntrustedSignature("a Signature with an Object of its own")
    parts = {name: _only(signature, name) for name in _ONCE}
    signed_info = parts["SignedInfo"]
    for name in ("CanonicalizationMethod", "SignatureMethod", "Reference"):
        if parts[name].getparent() is not signed_info:
            raise UntrustedSignature(f"{name} stands outside SignedInfo")
    if parts["Reference"].get("URI") != f"#{_own_id(root)}":
        raise UntrustedSignature("the Reference is not to the document element")
    _require_algorithms(parts)
    return signature


def _require_algorithms(parts: dict[str, Element]) -> None:
    if parts["SignatureMethod"].get("Algorithm") not in SIGNATURE_METHODS:
        raise UntrustedSignature("SignatureMethod is not RSA or ECDSA with SHA-256 or longer")
    if parts["DigestMethod"].get("Algorithm") not in DIGEST_METHODS:
        raise UntrustedSignature("DigestMethod is not SHA-256 or longer")
    if parts["CanonicalizationMethod"].get("Algorithm") != EXCLUSIVE_C14N:
        raise UntrustedSignature("canonicalisation is not exclusive")
    transforms = tuple(each.get("Algorithm") for each in parts["Reference"].iter(qualified(DS, "Transform")))
    if transforms != _TRANSFORMS:
        raise UntrustedSignature("transforms must be enveloped-signature, then exclusive canonicalisation")


def _own_id(root: Element) -> str:
    """The ID of the document element, held by no other element in any spelling a verifier might follow."""
    held = Counter(
        value for element in root.iter() for name in _ID_SPELLINGS if (value := element.get(name)) is not None
    )
    own = root.get("ID")
    if not own or held[own] != 1:
        raise UntrustedSignature("the document element's ID is missing or not unique")
    return own


def _only(signature: Element, name: str) -> Element:
    found = list(signature.iter(qualified(DS, name)))
    if len(found) != 1:
        raise UntrustedSignature(f"{len(found)} {name} in a Signature")
    return found[0]
