"""The authorities that the operator trusts: a folder of certificates, the self-issued ones being where trust begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from idp.errors import ConfigurationError
from idp.verification.certificates.failures import CertificateMalformed
from idp.verification.certificates.x509_values import Certified, read

_NAMES = {".der", ".cer", ".crt", ".pem"}
_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Authorities:
    """Roots, and the authorities below them."""

    anchors: tuple[Certified, ...]
    intermediates: tuple[Certified, ...]

    @property
    def all(self) -> tuple[Certified, ...]:
        return (*self.anchors, *self.intermediates)

    @property
    def lab(self) -> bool:
        """Whether any of them is a lab's, which anybody may have issued anything with."""
        return any(each.lab for each in self.all)

    def of_name(self, certificate: Certified) -> tuple[Certified, ...]:
        """Those that bear the name of the issuer of `certificate`."""
        return tuple(each for each in self.all if each.subject == certificate.issuer)


def read_authorities(folder: Path, *, production: bool) -> Authorities:
    """The authorities of a folder. Its other files are left alone.

    Raises:
        ConfigurationError: the folder or a certificate in it cannot be used; production refuses those of a lab.
    """
    found = {each.sha256: each for each in _in(folder)}.values()
    anchors = tuple(each for each in found if each.self_issued)
    if not anchors:
        raise ConfigurationError(f"{folder}: no self-issued certificate of an authority: put the root there too")
    authorities = Authorities(anchors, tuple(each for each in found if not each.self_issued))
    if production and authorities.lab:
        raise ConfigurationError(f"{folder}: certificates of a lab, with which anybody may be anybody, in production")
    return authorities


def _in(folder: Path) -> Iterator[Certified]:
    try:
        files = sorted(each for each in folder.iterdir() if each.suffix.lower() in _NAMES)
    except OSError as error:
        raise ConfigurationError(f"{folder}: {error.strerror}") from error
    for path in files:
        for der in _certificates(path):
            try:
                authority = read(der)
            except CertificateMalformed as error:
                raise ConfigurationError(f"{path}: not a certificate that can be read ({error.detail})") from error
            if not authority.is_authority:
                raise ConfigurationError(f"{path}: not the certificate of an authority")
            yield authority


def _certificates(path: Path) -> Iterator[bytes]:
    try:
        octets = path.read_bytes() if path.stat().st_size <= _LARGEST else b""
        if b"-----BEGIN" in octets:
            yield from (each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(octets))
        else:
            yield octets
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
