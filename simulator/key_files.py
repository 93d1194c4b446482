"""Certificates of a laboratory, as somebody in whose cloud they lie opens them: signCert.der, signPri.key, a password.

The key file is PKCS #8 under PBES1 or PBES2 with SEED, or PBES2 with AES-256 (korean identity rules §1.2); R lies in it
as an attribute.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from asn1crypto import core, keys
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import SEED
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, pkcs7

PASSWORD = "LabCert!2026"
"""Of every key file of a laboratory; it is printed where the files are made."""
_PBES1, _OLD, _PBES2 = "1.2.410.200004.1.15", "1.2.410.200004.1.4", "1.2.840.113549.1.5.13"
_AES_256 = "2.16.840.1.101.3.4.1.42"
_RANDOM = "1.2.410.200004.10.1.1.3"


class NotSigning(Exception):
    """These files cannot be signed with."""


@dataclass(frozen=True)
class Held:
    """One certificate with its key."""

    certificate: x509.Certificate
    key: RSAPrivateKey = field(repr=False)
    random: bytes = field(repr=False)

    def signed(self, text: bytes) -> bytes:
        """CMS SignedData over `text`, with the text in it. RFC 5652 §5."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(text).add_signer(self.certificate, self.key, SHA256())
        return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities])


def names(folder: Path) -> list[str]:
    """The folders in which a certificate lies."""
    return sorted(each.parent.name for each in folder.glob("*/signCert.der"))


def held(folder: Path) -> Held:
    """The certificate in `folder`.

    Raises:
        NotSigning: it has no RSA key that the laboratory's password opens.
    """
    try:
        plain = _opened((folder / "signPri.key").read_bytes(), PASSWORD.encode())
        key = load_der_private_key(plain, None)
        attributes = {each["type"].dotted: each["values"] for each in keys.PrivateKeyInfo.load(plain)["attributes"]}
        random = bytes(core.OctetBitString.load(attributes[_RANDOM][0].dump()).native)
        certificate = x509.load_der_x509_certificate((folder / "signCert.der").read_bytes())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotSigning(type(error).__name__) from error
    if not isinstance(key, RSAPrivateKey):
        raise NotSigning("not RSA")
    return Held(certificate, key, random)


def _opened(octets: bytes, password: bytes) -> bytes:
    file = core.Sequence.load(octets)
    oid, told, sealed = file[0][0].dotted, file[0][1], bytes(file[1].native)
    if oid == _PBES2:
        derivation, scheme = told[0][1], told[1]
        algorithm = AES if scheme[0].dotted == _AES_256 else SEED
        length = 32 if algorithm is AES else 16
        salt, rounds = derivation[0].native, derivation[1].native
        key = hashlib.pbkdf2_hmac("sha256", password, salt, rounds, length)
        return _unsealed(algorithm(key), scheme[1].native, sealed)
    if oid not in (_PBES1, _OLD):
        raise NotSigning("lock")
    derived = password + told[0].native
    for _ in range(told[1].native):
        derived = hashlib.sha1(derived, usedforsecurity=False).digest()
    made = hashlib.sha1(derived[16:20], usedforsecurity=False).digest()[:16]
    return _unsealed(SEED(derived[:16]), made if oid == _PBES1 else b"0123456789012345", sealed)


def _unsealed(algorithm: AES | SEED, iv: bytes, octets: bytes) -> bytes:
    decryptor = Cipher(algorithm, modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(octets) + decryptor.finalize()) + unpadder.finalize()
