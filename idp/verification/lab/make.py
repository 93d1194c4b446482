"""`make_lab`: authorities, members' files and revocation lists in one directory; `renew`, its lists signed anew.

<directory>/authorities/     root.der, ca.der: what `certificates.roots` names
<directory>/crls/            root.crl, ca.crl: what `idp certificates import-crl` takes; a week long
<directory>/members/<name>/  signCert.der, signPri.key, certificate.pfx
<directory>/private/         the keys of the authorities
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from idp.errors import ConfigurationError
from idp.randomness import Randomness
from idp.verification.certificates.x509_values import ANY_POLICY
from idp.verification.lab.issue import (
    A_YEAR,
    Authority,
    Identity,
    Key,
    Profile,
    certify,
    lab_name,
    p256_key,
    rsa_key,
)
from idp.verification.lab.key_file import locked, with_random
from idp.verification.lab.members import MEMBERS, PASSWORD, KeyKind, LabMember
from idp.verification.lab.pfx import pfx

_LISTS_LAST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Lab:
    """Where a lab's files are, and its authorities."""

    directory: Path
    root: Authority
    ca: Authority

    @property
    def authorities(self) -> Path:
        return self.directory / "authorities"

    @property
    def lists(self) -> tuple[Path, ...]:
        return tuple(self.directory / "crls" / f"{name}.crl" for name in ("root", "ca"))

    def certificate(self, member: str) -> bytes:
        """signCert.der of a member, in DER."""
        return (self.directory / "members" / member / "signCert.der").read_bytes()


def make_lab(directory: Path, now: datetime, randomness: Randomness, *, responder: str = "") -> Lab:
    """A new lab. `responder` is the OCSP address that its certificates name.

    Raises:
        ConfigurationError: there is something in the directory.
    """
    if directory.exists() and any(directory.iterdir()):
        raise ConfigurationError(f"{directory} is not empty: a lab is made once")
    ten_years = Profile(now - timedelta(days=1000), now + 10 * A_YEAR, authority=True, policies=(ANY_POLICY,))
    root_key, ca_key = rsa_key(), rsa_key()
    root_name = lab_name("Lab Root CA", "LAB", "Korea Certification Authority Central")
    root = Authority(certify(root_name, root_name, root_key, ten_years, randomness, by=root_key), root_key)
    ca_name = lab_name("LABsignCA Class 1", "LABsign", "AccreditedCA")
    issuing = Profile(ten_years.not_before, ten_years.not_after, authority=True, path_length=0, policies=(ANY_POLICY,))
    lab = Lab(directory, root, Authority(root.issue(ca_name, ca_key, issuing, randomness), ca_key))
    for name, authority in (("root", lab.root), ("ca", lab.ca)):
        _write(lab.authorities / f"{name}.der", authority.certificate.public_bytes(Encoding.DER))
        private = authority.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(directory / "private" / f"{name}.pem", private, secret=True)
    made: dict[str, tuple[Key, x509.Certificate, bytes]] = {}
    for member in MEMBERS:
        issued = made.get(member.same_as) or _issued(lab.ca, member, now, randomness, responder)
        made[member.folder] = issued
        _write_member(lab, member, issued, randomness)
    renew(lab, now)
    return lab


def open_lab(directory: Path) -> Lab:
    """The lab of a directory.

    Raises:
        ConfigurationError: there is none.
    """
    try:
        root, ca = (_authority(directory, name) for name in ("root", "ca"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{directory}: no lab that can be read: {error}") from error
    return Lab(directory, root, ca)


def renew(lab: Lab, now: datetime) -> None:
    """Sign its revocation lists anew: they are good for a week."""
    revoked = [
        x509.load_der_x509_certificate(lab.certificate(member.folder)).serial_number
        for member in MEMBERS
        if member.revoked
    ]
    for path, authority, serials in zip(lab.lists, (lab.root, lab.ca), ([], revoked), strict=True):
        signed = authority.revocation_list(serials, now, now + _LISTS_LAST, int(now.timestamp()))
        _write(path, signed.public_bytes(Encoding.DER))


def _key_of(kind: KeyKind) -> Key:
    match kind:
        case KeyKind.RSA:
            return rsa_key()
        case KeyKind.RSA_3072:
            return rsa_key(3072)
        case KeyKind.P256:
            return p256_key()


def _issued(
    ca: Authority, member: LabMember, now: datetime, randomness: Randomness, responder: str
) -> tuple[Key, x509.Certificate, bytes]:
    key = _key_of(member.key)
    random = randomness.octets(20)
    serial = str(int.from_bytes(randomness.octets(8), "big"))
    name = lab_name(f"{member.real_name}(){serial}", "LABsign", "LAB", "corporation4EC")
    profile = Profile(
        now + member.starts,
        now + member.starts + member.lasts,
        policies=(member.policy,),
        identity=Identity(member.real_name, member.number, random),
        responder=responder,
    )
    return key, ca.issue(name, key, profile, randomness), random


def _write_member(
    lab: Lab, member: LabMember, issued: tuple[Key, x509.Certificate, bytes], randomness: Randomness
) -> None:
    key, certificate, random = issued
    folder = lab.directory / "members" / member.folder
    plain = with_random(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), random)
    chain = tuple(each.public_bytes(Encoding.DER) for each in (certificate, lab.ca.certificate))
    _write(folder / "signCert.der", chain[0])
    _write(folder / "signPri.key", locked(plain, PASSWORD.encode(), member.protection, randomness))
    _write(folder / "certificate.pfx", pfx(plain, chain, PASSWORD, randomness))


def _authority(directory: Path, name: str) -> Authority:
    certificate = x509.load_der_x509_certificate((directory / "authorities" / f"{name}.der").read_bytes())
    key = load_pem_private_key((directory / "private" / f"{name}.pem").read_bytes(), None)
    if not isinstance(key, Key):
        raise ValueError("kind of key")  # noqa: TRY004  # a file that is wrong, not an argument
    return Authority(certificate, key)


def _write(path: Path, octets: bytes, *, secret: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
