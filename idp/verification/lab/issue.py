"""Certificates and revocation lists as NPKI authorities make them, with every fault that a test may want."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from idp.randomness import Randomness
from idp.verification.certificates.npki import IDENTIFY_DATA, LAB_MARK, VID, IdentifyData, UserInfo, VidValue, vid_of

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
A_YEAR = timedelta(days=365)


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """A new RSA key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def p256_key() -> ec.EllipticCurvePrivateKey:
    """A new key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a certificate is of, as its identifyData says. `number` is what VID is made of."""

    real_name: str
    number: str
    random: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a certificate says beside its names and key."""

    not_before: datetime
    not_after: datetime
    authority: bool = False
    path_length: int | None = None
    policies: tuple[str, ...] = ()
    identity: Identity | None = None
    digital_signature: bool = True
    content_commitment: bool = True
    distribution_points: tuple[str, ...] = ()
    responder: str = ""
    marked: bool = True
    further: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    """More extensions, and whether each is critical."""


@dataclass(frozen=True, slots=True)
class Authority:
    """Somebody who issues."""

    certificate: x509.Certificate
    key: Key = field(repr=False)

    def issue(
        self,
        subject: x509.Name,
        key: Key,
        profile: Profile,
        randomness: Randomness,
    ) -> x509.Certificate:
        """A certificate by this authority."""
        return certify(self.certificate.subject, subject, key, profile, randomness, by=self.key)

    def revocation_list(
        self,
        revoked: Iterable[int],
        at: datetime,
        until: datetime,
        number: int,
        further: Iterable[tuple[x509.ExtensionType, bool]] = (),
    ) -> x509.CertificateRevocationList:
        """A list of serial numbers. RFC 5280 §5."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(at)
            .next_update(until)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.certificate.public_key()),  # type: ignore[arg-type]
                critical=False,
            )
        )
        for extension, critical in further:
            builder = builder.add_extension(extension, critical=critical)
        for serial in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            builder = builder.add_revoked_certificate(
                entry.add_extension(x509.CRLReason(x509.ReasonFlags.cessation_of_operation), critical=False).build()
            )
        return builder.sign(self.key, hashes.SHA256())


def certify(
    issuer: x509.Name,
    subject: x509.Name,
    key: Key,
    profile: Profile,
    randomness: Randomness,
    *,
    by: Key,
) -> x509.Certificate:
    """A certificate for `key`, signed by `by`."""
    builder = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(randomness.octets(15), "big") | 1)
        .not_valid_before(profile.not_before)
        .not_valid_after(profile.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    for extension, critical in _extensions(profile):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(by, hashes.SHA256())


def lab_name(common: str, organisation: str, *units: str) -> x509.Name:
    """A name in NPKI's order."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "KR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            *(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in units),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _extensions(profile: Profile) -> Iterable[tuple[x509.ExtensionType, bool]]:
    if profile.authority:
        yield x509.BasicConstraints(ca=True, path_length=profile.path_length), True
    yield _usage(profile), True
    if profile.policies:
        policies = [x509.PolicyInformation(x509.ObjectIdentifier(each), None) for each in profile.policies]
        yield x509.CertificatePolicies(policies), not profile.authority
    if profile.identity is not None:
        yield x509.SubjectAlternativeName([identify_data(profile.identity)]), False
    if profile.distribution_points:
        points = [
            x509.DistributionPoint([x509.UniformResourceIdentifier(each)], None, None, None)
            for each in profile.distribution_points
        ]
        yield x509.CRLDistributionPoints(points), False
    if profile.responder:
        ocsp = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(profile.responder)
        )
        yield x509.AuthorityInformationAccess([ocsp]), False
    if profile.marked:
        yield x509.UnrecognizedExtension(x509.ObjectIdentifier(LAB_MARK), b"\x05\x00"), False
    yield from profile.further


def _usage(profile: Profile) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=profile.digital_signature and not profile.authority,
        content_commitment=profile.content_commitment and not profile.authority,
        # Without any bit a usage cannot be written.
        key_encipherment=not profile.authority and not (profile.digital_signature or profile.content_commitment),
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=profile.authority,
        crl_sign=profile.authority,
        encipher_only=False,
        decipher_only=False,
    )


def identify_data(identity: Identity) -> x509.OtherName:
    """The alternative name that holds realName and VID. KCAC.TS.SIVID §6.4."""
    vid = VidValue({"hashAlg": {"algorithm": "sha256"}, "virtualID": vid_of(identity.number, identity.random)})
    info = UserInfo({"type": VID, "value": vid})
    data = IdentifyData({"realName": identity.real_name, "userInfo": [info]})
    return x509.OtherName(x509.ObjectIdentifier(IDENTIFY_DATA), data.dump())
