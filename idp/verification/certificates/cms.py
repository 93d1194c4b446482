"""CMS SignedData of one signer over one text, as vendors' pages and ours make it. RFC 5652 §5."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

from asn1crypto import cms

from idp.verification.certificates.der import FOREIGN, NotDer, check
from idp.verification.certificates.failures import AnswerMalformed, ForeignChallenge, SignedDataRefused
from idp.verification.certificates.signatures import HASHES, Scheme, Signature

_RSA = {"1.2.840.113549.1.1.1": None, "1.2.840.113549.1.1.11": "sha256"}
_RSA |= {"1.2.840.113549.1.1.12": "sha384", "1.2.840.113549.1.1.13": "sha512"}
_ECDSA = {"1.2.840.10045.4.3.2": "sha256", "1.2.840.10045.4.3.3": "sha384", "1.2.840.10045.4.3.4": "sha512"}
_MOST_CERTIFICATES = 8
_SET = 0x31
"""The tag that signed attributes are hashed under, whatever they are sent under. RFC 5652 §5.4."""


@dataclass(frozen=True, slots=True)
class SignedText:
    """Who says to have signed our text, and how; whether it is so, nobody has looked yet."""

    certificate: bytes = field(repr=False)
    signature: Signature


def read_cms(octets: bytes, text: bytes) -> SignedText:
    """The one signature in `octets`, which is over `text`, sent with it or not.

    Raises:
        AnswerMalformed: not CMS SignedData.
        SignedDataRefused: not of exactly one signer whose certificate is there, with the attributes that bind it.
        ForeignChallenge: over another text.
    """
    try:
        check(octets)
        content = cms.ContentInfo.load(octets, strict=True)
        if content["content_type"].native != "signed_data":
            raise SignedDataRefused("content type")
        return _read(content["content"], text)
    except (NotDer, *FOREIGN) as error:
        raise AnswerMalformed(type(error).__name__) from None


def _read(signed: Any, text: bytes) -> SignedText:
    if len(signed["signer_infos"]) != 1:
        raise SignedDataRefused("number of signers")
    signer = signed["signer_infos"][0]
    inside = signed["encap_content_info"]
    if inside["content_type"].native != "data":
        raise SignedDataRefused("type of what is signed")
    if inside["content"].native is not None and not hmac.compare_digest(bytes(inside["content"].native), text):
        raise ForeignChallenge("content")
    digest = signer["digest_algorithm"]["algorithm"].native
    if digest not in HASHES:
        raise SignedDataRefused("digest")
    _weigh_attributes(_attributes(signer), digest, text)
    covered = bytes([_SET]) + signer["signed_attrs"].dump()[1:]
    signature = Signature(_scheme(signer, digest), covered, bytes(signer["signature"].native))
    return SignedText(_certificate(signed, signer["sid"]), signature)


def _attributes(signer: Any) -> dict[str, Any]:
    """The signed attributes by type, each there once and with one value. RFC 5652 §5.3, §11."""
    attributes: dict[str, Any] = {}
    for each in signer["signed_attrs"]:
        kind = each["type"].native
        if kind in attributes or len(each["values"]) != 1:
            raise SignedDataRefused("an attribute twice")
        attributes[kind] = each["values"][0]
    return attributes


def _weigh_attributes(attributes: dict[str, Any], digest: str, text: bytes) -> None:
    if "content_type" not in attributes or "message_digest" not in attributes:
        # Without them the signature of a text could pass for one over attributes, and the reverse.
        raise SignedDataRefused("attributes that bind the text")
    if attributes["content_type"].native != "data":
        raise SignedDataRefused("type of what is signed")
    if not hmac.compare_digest(attributes["message_digest"].native, hashlib.new(digest, text).digest()):
        raise ForeignChallenge("message digest")


def _scheme(signer: Any, digest: str) -> Scheme:
    oid = signer["signature_algorithm"]["algorithm"].dotted
    if oid in _RSA and _RSA[oid] in {None, digest}:
        return Scheme("rsa", digest)
    if _ECDSA.get(oid) == digest:
        return Scheme("ecdsa", digest)
    raise SignedDataRefused("signature algorithm")


def _certificate(signed: Any, sid: Any) -> bytes:
    """The one certificate that the signer names."""
    certificates = signed["certificates"]
    if not 1 <= len(certificates) <= _MOST_CERTIFICATES:
        raise SignedDataRefused("number of certificates")
    plain = [each.chosen for each in certificates if each.name == "certificate"]
    if sid.name == "issuer_and_serial_number":
        named = sid.chosen
        found = [
            each
            for each in plain
            if each.serial_number == named["serial_number"].native and each.issuer.dump() == named["issuer"].dump()
        ]
    else:
        found = [each for each in plain if each.key_identifier == sid.chosen.native]
    if len(found) != 1:
        raise SignedDataRefused("certificate of the signer")
    return bytes(found[0].dump())
