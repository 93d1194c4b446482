"""A certificate as the values that are decided on, read once; whatever cannot be read is refused here. RFC 5280 §4."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtensionOID

from idp.verification.certificates.der import FOREIGN, NotDer, check
from idp.verification.certificates.failures import CertificateMalformed
from idp.verification.certificates.npki import IDENTIFY_DATA, LAB_MARK, Identified, identified
from idp.verification.certificates.signatures import Scheme, Signature, scheme_of
from idp.verification.evidence import Certificate

UNREADABLE = (
    *FOREIGN,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    UnsupportedAlgorithm,
    UserWarning,
)
"""What `cryptography` raises over octets that are not what they should be; it warns of a serial number below one, or of
a country of three letters, which is an exception where warnings are errors."""
ANY_POLICY = "2.5.29.32.0"
_LONGEST = 16 * 1024
_LONGEST_SERIAL = 512
"""Bits. RFC 5280 §4.1.2.2 wants 160; a number of thousands Python refuses to write."""
_WEIGHED = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
    }
)
"""What may be critical. Whoever marks another extension so wants it understood or the certificate refused."""
_NEVER = frozenset({ExtensionOID.NAME_CONSTRAINTS, ExtensionOID.POLICY_MAPPINGS})
"""What no authority of NPKI uses and we do not process; ignoring it would be to believe more than was said."""

NameKey = tuple[tuple[tuple[str, str], ...], ...]
_Value = TypeVar("_Value", bound=x509.ExtensionType)


@dataclass(frozen=True)
class Certified:
    """One certificate. Values of extensions are None where there is no such extension."""

    der: bytes = field(repr=False)
    certificate: x509.Certificate = field(repr=False)
    key: CertificatePublicKeyTypes = field(repr=False)
    subject: NameKey = field(repr=False)
    issuer: NameKey
    not_before: datetime
    not_after: datetime
    scheme: Scheme | None
    is_authority: bool
    path_length: int | None
    usage: x509.KeyUsage | None
    extended_usage: frozenset[str] | None
    policies: frozenset[str] | None
    inhibit_any_policy: int | None
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    identified: Identified | None = field(repr=False)
    understood: bool
    """Whether every extension that must be understood is."""
    lab: bool

    @property
    def serial(self) -> int:
        return self.certificate.serial_number

    @property
    def self_issued(self) -> bool:
        return self.subject == self.issuer

    @cached_property
    def sha256(self) -> str:
        """The fingerprint, in hex."""
        return hashlib.sha256(self.der).hexdigest()

    def issued(self, other: Certified) -> bool:
        """Whether our key signed `other`."""
        if other.scheme is None:
            return False
        return Signature(other.scheme, other.certificate.tbs_certificate_bytes, other.certificate.signature).fits(
            self.key
        )

    def kept(self, policy: str) -> Certificate:
        """What evidence and registrations keep of it; `policy` is what it was accepted as."""
        return Certificate(
            issuer=self.certificate.issuer.rfc4514_string(),
            serial=str(self.serial),
            policy=policy,
            sha256=self.sha256,
            not_after=self.not_after,
        )

    def signs(self, what: str) -> bool:
        """Whether key usage allows `what`, by its name in RFC 5280 §4.2.1.3 as cryptography writes it."""
        return self.usage is not None and bool(getattr(self.usage, what))


def read(der: bytes) -> Certified:
    """The values of one certificate.

    Raises:
        CertificateMalformed: it cannot be read, or contradicts itself.
    """
    try:
        check(der, _LONGEST)
        certificate = x509.load_der_x509_certificate(der)
        _weigh_form(der, certificate)
        return _values(der, certificate)
    except (NotDer, *UNREADABLE) as error:
        raise CertificateMalformed(type(error).__name__) from None


def _weigh_form(der: bytes, certificate: x509.Certificate) -> None:
    if certificate.serial_number.bit_length() > _LONGEST_SERIAL:
        raise ValueError("serial number")
    outer = asn1_x509.Certificate.load(der, strict=True)
    # RFC 5280 §4.1.1.2: what is signed names the algorithm too, and nobody can change it there.
    if outer["signature_algorithm"].dump() != outer["tbs_certificate"]["signature"].dump():
        raise ValueError("two algorithms")


def name_key(name: x509.Name) -> NameKey:
    """A name as it compares: without case, outer blanks and their number within. RFC 5280 §7.1."""
    return tuple(
        tuple(sorted((part.oid.dotted_string, " ".join(_text(part.value).split()).casefold()) for part in rdn))
        for rdn in name.rdns
    )


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def _values(der: bytes, certificate: x509.Certificate) -> Certified:
    extensions = certificate.extensions
    constraints = _value(extensions, x509.BasicConstraints)
    policies = _value(extensions, x509.CertificatePolicies)
    inhibit = _value(extensions, x509.InhibitAnyPolicy)
    extended = _value(extensions, x509.ExtendedKeyUsage)
    subject_key = _value(extensions, x509.SubjectKeyIdentifier)
    authority_key = _value(extensions, x509.AuthorityKeyIdentifier)
    return Certified(
        der=der,
        certificate=certificate,
        key=certificate.public_key(),
        subject=name_key(certificate.subject),
        issuer=name_key(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        scheme=scheme_of(certificate.signature_algorithm_oid.dotted_string),
        is_authority=constraints is not None and constraints.ca,
        path_length=None if constraints is None else constraints.path_length,
        usage=_value(extensions, x509.KeyUsage),
        extended_usage=None if extended is None else frozenset(each.dotted_string for each in extended),
        policies=None if policies is None else _policies(policies),
        inhibit_any_policy=None if inhibit is None else inhibit.skip_certs,
        subject_key_id=None if subject_key is None else subject_key.digest,
        authority_key_id=None if authority_key is None else authority_key.key_identifier,
        identified=_identified(extensions),
        understood=_understood(extensions),
        lab=any(each.oid.dotted_string == LAB_MARK for each in extensions),
    )


def _value(extensions: x509.Extensions, kind: type[_Value]) -> _Value | None:
    return next((each.value for each in extensions if isinstance(each.value, kind)), None)


def _policies(policies: Iterable[x509.PolicyInformation]) -> frozenset[str]:
    listed = [each.policy_identifier.dotted_string for each in policies]
    if len(set(listed)) != len(listed):
        # RFC 5280 §4.2.1.4: a policy must not appear more than once.
        raise ValueError("policy twice")
    return frozenset(listed)


def _understood(extensions: x509.Extensions) -> bool:
    return not any(each.oid in _NEVER or (each.critical and each.oid not in _WEIGHED) for each in extensions)


def _identified(extensions: x509.Extensions) -> Identified | None:
    names = _value(extensions, x509.SubjectAlternativeName) or ()
    found = [
        each.value for each in names if isinstance(each, x509.OtherName) and each.type_id.dotted_string == IDENTIFY_DATA
    ]
    return identified(found[0]) if len(found) == 1 else None
