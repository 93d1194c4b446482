"""Asking an OCSP responder, and believing it only within its authority. RFC 6960, nonce by RFC 9654."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from asn1crypto import keys
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from idp.errors import IdpError
from idp.randomness import Randomness
from idp.verification.certificates.answers_kept import AnswersKept
from idp.verification.certificates.der import LONGEST, NotDer, check
from idp.verification.certificates.failures import CertificateMalformed
from idp.verification.certificates.fetch import Fetch, NoAnswer
from idp.verification.certificates.revocation import SKEW, Silence, Standing
from idp.verification.certificates.signatures import Signature, scheme_of, strong
from idp.verification.certificates.x509_values import UNREADABLE, Certified, name_key, read

_WITHOUT_NEXT = timedelta(minutes=10)
"""How old an answer may be that does not say until when it is good."""

_NONCE_OCTETS = 32
_ANSWER_OCTETS = 200
"""What is kept of an answer: a name, a word and a time."""
_STANDINGS = {
    ocsp.OCSPCertStatus.GOOD: Standing.GOOD,
    ocsp.OCSPCertStatus.REVOKED: Standing.REVOKED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a responder said of one certificate, its signature and its right to say so checked."""

    standing: Standing | None
    good_until: datetime


class AnswerRefused(IdpError):
    """What came back is not a responder's answer to this question."""

    code = "responder_answer_refused"


class ResponderOfAnother(AnswerRefused):
    """Well signed, by somebody to whom this authority gave no certificate (RFC 6960 §4.2.2.2)."""

    code = "responder_of_another_authority"


@dataclass(frozen=True)
class Ocsp:
    """A source of revocation."""

    fetch: Fetch
    randomness: Randomness
    _kept: AnswersKept[Standing] = field(default_factory=AnswersKept, repr=False)

    def __call__(self, certificate: Certified, issuer: Certified, now: datetime) -> Standing | Silence | None:
        known = self._kept.get(certificate.sha256, now)
        if known is not None:
            return known
        silence: Silence | None = None
        for address in _responders(certificate):
            nonce = self.randomness.octets(_NONCE_OCTETS)
            try:
                asked = question(certificate, issuer, nonce)
                answer = read_answer(
                    self.fetch(address, LONGEST, asked, "application/ocsp-request"), certificate, issuer, nonce, now
                )
            except ResponderOfAnother:
                silence = Silence.FOREIGN_RESPONDER
                continue
            except (NoAnswer, AnswerRefused):
                continue
            if answer.standing is not None:
                self._kept.put(certificate.sha256, answer.standing, answer.good_until, _ANSWER_OCTETS)
                return answer.standing
        return silence


def question(certificate: Certified, issuer: Certified, nonce: bytes) -> bytes:
    """The request. SHA-1 names the issuer here and secures nothing; many responders know no other (RFC 5019 §2.1.1)."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        certificate.certificate,
        issuer.certificate,
        hashes.SHA1(),  # noqa: S303
    )
    return builder.add_extension(x509.OCSPNonce(nonce), critical=False).build().public_bytes(Encoding.DER)


def read_answer(octets: bytes, certificate: Certified, issuer: Certified, nonce: bytes, now: datetime) -> Answer:
    """The responder's answer about `certificate`.

    Raises:
        AnswerRefused: it is no answer to this question, or not of a responder of this issuer, or too old.
    """
    try:
        check(octets)
        response = ocsp.load_der_ocsp_response(octets)
        _weigh_status(response)
        _weigh_responder(response, issuer, now)
        _weigh_nonce(response, nonce)
        return _about(response, certificate, issuer, now)
    except AnswerRefused:
        raise
    except (NotDer, CertificateMalformed, *UNREADABLE) as error:
        raise AnswerRefused(type(error).__name__) from None


def _weigh_status(response: ocsp.OCSPResponse) -> None:
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise AnswerRefused("status")


def _weigh_responder(response: ocsp.OCSPResponse, issuer: Certified, now: datetime) -> None:
    """The issuer itself, or whom it named its responder: RFC 6960 §4.2.2.2."""
    scheme = scheme_of(response.signature_algorithm_oid.dotted_string)
    if scheme is None:
        raise AnswerRefused("weak algorithm")
    signature = Signature(scheme, response.tbs_response_bytes, response.signature)
    named = [read(each.public_bytes(Encoding.DER)) for each in response.certificates[:4]]
    for signer in (issuer, *named):
        if _is_named(signer, response) and _may_answer(signer, issuer, now) and signature.fits(signer.key):
            return
    if any(_is_named(each, response) and signature.fits(each.key) and not issuer.issued(each) for each in named):
        raise ResponderOfAnother("responder")
    raise AnswerRefused("responder")


def _is_named(signer: Certified, response: ocsp.OCSPResponse) -> bool:
    if response.responder_name is not None:
        return name_key(response.responder_name) == signer.subject
    return hmac.compare_digest(response.responder_key_hash or b"", _key_hash(signer))


def _may_answer(signer: Certified, issuer: Certified, now: datetime) -> bool:
    if signer.sha256 == issuer.sha256:
        return strong(signer.key)
    return (
        signer.issuer == issuer.subject
        and ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string in (signer.extended_usage or ())
        and signer.not_before <= now <= signer.not_after
        and signer.understood
        and strong(signer.key)
        and issuer.issued(signer)
    )


def _weigh_nonce(response: ocsp.OCSPResponse, nonce: bytes) -> None:
    """A responder that knows nonces must return ours; one that does not is held to the time of its answer."""
    for each in response.extensions:
        if isinstance(each.value, x509.OCSPNonce):
            if not hmac.compare_digest(each.value.nonce, nonce):
                raise AnswerRefused("nonce")
        elif each.critical:
            raise AnswerRefused("critical extension")


def _about(response: ocsp.OCSPResponse, certificate: Certified, issuer: Certified, now: datetime) -> Answer:
    for each in response.responses:
        if each.serial_number != certificate.serial or not _same_issuer(each, issuer):
            continue
        until = each.next_update_utc or each.this_update_utc + _WITHOUT_NEXT
        if each.this_update_utc > now + SKEW or now >= until:
            raise AnswerRefused("time")
        return Answer(_STANDINGS.get(each.certificate_status), until)
    raise AnswerRefused("about another certificate")


def _same_issuer(single: ocsp.OCSPSingleResponse, issuer: Certified) -> bool:
    digest = single.hash_algorithm.name
    name = issuer.certificate.subject.public_bytes()
    return hmac.compare_digest(single.issuer_name_hash, hashlib.new(digest, name).digest()) and hmac.compare_digest(
        single.issuer_key_hash, _key_hash(issuer, digest)
    )


def _key_hash(certified: Certified, digest: str = "sha1") -> bytes:
    """Of the BIT STRING's content, without tag, length and unused bits."""
    info = keys.PublicKeyInfo.load(
        certified.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), strict=True
    )
    return hashlib.new(digest, info["public_key"].contents[1:]).digest()


def _responders(certificate: Certified) -> Iterator[str]:
    for each in certificate.certificate.extensions:
        if isinstance(each.value, x509.AuthorityInformationAccess):
            for access in each.value:
                location = access.access_location
                if access.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
                    location, x509.UniformResourceIdentifier
                ):
                    yield location.value
