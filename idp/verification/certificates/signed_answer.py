"""What a page posts back: CMS, or a signature beside its certificate; and R. Read within bounds, kept nowhere."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from idp.verification.certificates.cms import SignedText, read_cms
from idp.verification.certificates.der import LONGEST
from idp.verification.certificates.failures import AlgorithmWeak, AnswerMalformed
from idp.verification.certificates.signatures import Signature, native_scheme
from idp.verification.certificates.x509_values import read

FIELDS = ("cms", "signature", "certificate", "r")
LONGEST_FIELD = 64 * 1024
"""Characters of one field."""

_LONGEST_SIGNATURE = 1024
_R_OCTETS = range(8, 65)
"""R has 160 bits; what some authorities made longer is not refused for it."""


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """The answer, read. `random` is R: with a VID it would tell a 주민등록번호 to whoever tries them all, so it goes no
    further than the comparison and into no representation."""

    signed: SignedText
    random: bytes | None = field(repr=False)


def read_answer(answer: Mapping[str, str], text: bytes) -> SignedAnswer:
    """The answer to the challenge `text`.

    Raises:
        CertificateFailure: it cannot be read, or is of another form or over another text.
    """
    random = _random(answer.get("r", ""))
    if answer.get("cms"):
        return SignedAnswer(read_cms(_octets(answer["cms"], LONGEST), text), random)
    certificate = _octets(answer.get("certificate", ""), LONGEST)
    scheme = native_scheme(read(certificate).key)
    if scheme is None:
        raise AlgorithmWeak("kind of key")
    signature = Signature(scheme, text, _octets(answer.get("signature", ""), _LONGEST_SIGNATURE))
    return SignedAnswer(SignedText(certificate, signature), random)


def _octets(text: str, longest: int) -> bytes:
    if not 0 < len(text) <= LONGEST_FIELD:
        raise AnswerMalformed("length")
    try:
        octets = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise AnswerMalformed("base64") from None
    if not 0 < len(octets) <= longest:
        raise AnswerMalformed("length")
    return octets


def _random(text: str) -> bytes | None:
    """R, or None where the page had none to send. What is wrong with it is not said: the words could hold it."""
    if not text:
        return None
    if len(text) > 2 * _R_OCTETS.stop:
        raise AnswerMalformed("r")
    try:
        random = bytes.fromhex(text)
    except ValueError:
        random = b""
    if len(random) not in _R_OCTETS:
        raise AnswerMalformed("r")
    return random
