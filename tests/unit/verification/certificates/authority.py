"""Small worlds of authorities, good and bad, by `cryptography`; each case changes one thing of a world that is good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ObjectIdentifier

from idp.verification.certificates.x509_values import ANY_POLICY
from idp.verification.lab.issue import (
    Authority,
    Identity,
    Key,
    Profile,
    certify,
    lab_name,
    p256_key,
    rsa_key,
)
from tests.fakes import FixedRandomness, FrozenClock

NOW = FrozenClock().now()
YEAR = timedelta(days=365)
BUSINESS = "1.2.410.200005.1.1.5"
RANDOM = bytes(range(20))
NUMBER = "1237894566"
randomness = FixedRandomness("corpus")
ROOT, CA, LEAF = rsa_key(), rsa_key(), rsa_key()
ROOT_NAME, CA_NAME, LEAF_NAME = lab_name("Root", "T"), lab_name("CA", "T"), lab_name("Member", "T", "OU")
AUTHORITY = Profile(NOW - YEAR, NOW + YEAR, authority=True, policies=(ANY_POLICY,), marked=False)
MEMBER = Profile(
    NOW - timedelta(days=1),
    NOW + YEAR,
    policies=(BUSINESS,),
    identity=Identity("길동상사", NUMBER, RANDOM),
    marked=False,
)


@dataclass(frozen=True)
class World:
    """A certificate, who stands above it, and which lists are at hand; all in DER."""

    leaf: bytes
    key: Key
    roots: tuple[bytes, ...]
    authorities: tuple[bytes, ...] = ()
    lists: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Made:
    """What a world is made from."""

    root: Profile = AUTHORITY
    ca: Profile = AUTHORITY
    member: Profile = MEMBER
    root_key: Key = ROOT
    ca_key: Key = CA
    leaf_key: Key = LEAF
    revoked: bool = False
    list_from: datetime = NOW - timedelta(days=1)
    list_until: datetime = NOW + timedelta(days=7)
    list_key: Key | None = None
    list_name: x509.Name = CA_NAME
    list_further: tuple[tuple[x509.ExtensionType, bool], ...] = ()
    with_list: bool = True
    spoil: Callable[[bytes], bytes] = field(default=lambda der: der)

    def world(self) -> World:
        root = Authority(
            certify(ROOT_NAME, ROOT_NAME, self.root_key, self.root, randomness, by=self.root_key), self.root_key
        )
        ca = Authority(root.issue(CA_NAME, self.ca_key, self.ca, randomness), self.ca_key)
        leaf = ca.issue(LEAF_NAME, self.leaf_key, self.member, randomness)
        lists = (self.listed(ca, leaf.serial_number),) if self.with_list else ()
        return World(self.spoil(der(leaf)), self.leaf_key, (der(root.certificate),), (der(ca.certificate),), lists)

    def listed(self, ca: Authority, serial: int) -> bytes:
        by = Authority(ca.certificate, self.list_key or ca.key)
        signed = by.revocation_list(
            [serial] if self.revoked else [], self.list_from, self.list_until, 1, self.list_further
        )
        return signed.public_bytes(Encoding.DER)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def flipped(octets: bytes) -> bytes:
    """With one bit of the signature changed."""
    return octets[:-1] + bytes([octets[-1] ^ 1])


def two_algorithms(octets: bytes) -> bytes:
    """Signed by SHA-256, and saying of itself that it is by SHA-1."""
    certificate = asn1_x509.Certificate.load(octets)
    certificate["tbs_certificate"]["signature"] = {"algorithm": "sha1_rsa"}
    return _signed_again(certificate)


def endless_serial(octets: bytes) -> bytes:
    """With a serial number of two thousand octets."""
    certificate = asn1_x509.Certificate.load(octets)
    certificate["tbs_certificate"]["serial_number"] = 1 << 16000
    return _signed_again(certificate)


def _signed_again(certificate: asn1_x509.Certificate) -> bytes:
    signed = certificate["tbs_certificate"].dump(force=True)
    certificate["signature_value"] = CA.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    octets: bytes = certificate.dump(force=True)
    return octets


def longer_chain() -> World:
    """Two authorities below a root that allows one."""
    root = Authority(certify(ROOT_NAME, ROOT_NAME, ROOT, replace(AUTHORITY, path_length=0), randomness, by=ROOT), ROOT)
    upper_name, upper_key = lab_name("Upper", "T"), p256_key()
    upper = Authority(root.issue(upper_name, upper_key, AUTHORITY, randomness), upper_key)
    return _below(root, upper)


def inhibited_chain() -> World:
    """The upper authority forbids those below it to stand for any policy."""
    root = Authority(certify(ROOT_NAME, ROOT_NAME, ROOT, AUTHORITY, randomness, by=ROOT), ROOT)
    upper_name, upper_key = lab_name("Upper", "T"), p256_key()
    inhibits = replace(AUTHORITY, further=((x509.InhibitAnyPolicy(0), True),))
    return _below(root, Authority(root.issue(upper_name, upper_key, inhibits, randomness), upper_key))


def _below(root: Authority, upper: Authority) -> World:
    ca = Authority(upper.issue(CA_NAME, CA, AUTHORITY, randomness), CA)
    leaf = ca.issue(LEAF_NAME, LEAF, MEMBER, randomness)
    listed = ca.revocation_list([], NOW - YEAR / 12, NOW + YEAR, 1).public_bytes(Encoding.DER)
    authorities = (der(upper.certificate), der(ca.certificate))
    return World(der(leaf), LEAF, (der(root.certificate),), authorities, (listed,))


def straight_from_root() -> World:
    """No authority in between."""
    root = Authority(certify(ROOT_NAME, ROOT_NAME, ROOT, AUTHORITY, randomness, by=ROOT), ROOT)
    leaf = root.issue(LEAF_NAME, LEAF, MEMBER, randomness)
    listed = root.revocation_list([], NOW - YEAR / 12, NOW + YEAR, 1).public_bytes(Encoding.DER)
    return World(der(leaf), LEAF, (der(root.certificate),), (), (listed,))


def self_made() -> World:
    """Issued by itself, beside a good world."""
    good = Made().world()
    return replace(good, leaf=der(certify(LEAF_NAME, LEAF_NAME, LEAF, MEMBER, randomness, by=LEAF)))


def impostor() -> World:
    """Issued by somebody who calls himself as our authority does."""
    good, key = Made().world(), rsa_key()
    return replace(good, leaf=der(certify(CA_NAME, LEAF_NAME, LEAF, MEMBER, randomness, by=key)))


def impostor_with_its_key_id() -> World:
    """The same, naming our authority's key as its own."""
    good, key = Made().world(), rsa_key()
    unsigned = (
        x509.CertificateBuilder()
        .issuer_name(CA_NAME)
        .subject_name(LEAF_NAME)
        .public_key(LEAF.public_key())
        .serial_number(7)
        .not_valid_before(MEMBER.not_before)
        .not_valid_after(MEMBER.not_after)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(CA.public_key()), critical=False)
    )
    for each in x509.load_der_x509_certificate(good.leaf).extensions:
        if not isinstance(each.value, x509.AuthorityKeyIdentifier):
            unsigned = unsigned.add_extension(each.value, each.critical)
    return replace(good, leaf=der(unsigned.sign(key, hashes.SHA256())))


P384 = ec.generate_private_key(ec.SECP384R1())
UNKNOWN = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.32473.9"), b"\x05\x00")
