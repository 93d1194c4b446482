"""What a member's browser does: opens a key file, signs a text, posts it. Made apart from what made the key file."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asn1crypto import cms, core, keys
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import SEED
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key

from idp.verification.certificates.npki import RANDOM_NUMBER
from idp.verification.lab.issue import Key
from idp.verification.lab.members import PASSWORD


@dataclass(frozen=True)
class Signer:
    """A certificate, its key, and R."""

    certificate: x509.Certificate
    key: Key
    random: bytes

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    def raw(self, text: bytes) -> bytes:
        """A signature with nothing around it."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(text, ec.ECDSA(hashes.SHA256()))

    def answer(self, text: str, **instead: str) -> dict[str, str]:
        """What our page posts."""
        posted = {"cms": base64.b64encode(signed_data(self, text.encode())).decode(), "r": self.random.hex()}
        return posted | instead

    def raw_answer(self, text: str, **instead: str) -> dict[str, str]:
        """The other shape: a signature beside its certificate."""
        signature = base64.b64encode(self.raw(text.encode())).decode()
        return {
            "signature": signature,
            "certificate": base64.b64encode(self.der).decode(),
            "r": self.random.hex(),
        } | instead


def open_member(folder: Path, password: str = PASSWORD) -> Signer:
    """The signer of signCert.der and signPri.key."""
    plain = opened((folder / "signPri.key").read_bytes(), password.encode())
    info = keys.PrivateKeyInfo.load(plain)
    attributes = {each["type"].dotted: each["values"] for each in info["attributes"]}
    random = core.OctetBitString.load(attributes[RANDOM_NUMBER][0].dump()).native
    key = load_der_private_key(plain, None)
    assert isinstance(key, Key)
    return Signer(x509.load_der_x509_certificate((folder / "signCert.der").read_bytes()), key, random)


def opened(octets: bytes, password: bytes) -> bytes:
    """The PKCS #8 inside a key file (korean-identity §1.2)."""
    file = core.Sequence.load(octets)
    algorithm, ciphered = file[0], file[1].native
    oid, parameters = algorithm[0].dotted, algorithm[1]
    if oid in {"1.2.410.200004.1.15", "1.2.410.200004.1.4"}:
        derived = password + parameters[0].native
        for _ in range(parameters[1].native):
            derived = hashlib.sha1(derived, usedforsecurity=False).digest()
        iv = (
            hashlib.sha1(derived[16:20], usedforsecurity=False).digest()[:16]
            if oid.endswith(".15")
            else b"0123456789012345"
        )
        return _decrypted(SEED(derived[:16]), iv, ciphered)
    assert oid == "1.2.840.113549.1.5.13"
    derivation, scheme = parameters[0][1], parameters[1]
    assert derivation[2][0].dotted == "1.2.840.113549.2.9"
    aes = scheme[0].dotted == "2.16.840.1.101.3.4.1.42"
    length = 32 if aes else 16
    key = hashlib.pbkdf2_hmac("sha256", password, derivation[0].native, derivation[1].native, length)
    return _decrypted(AES(key) if aes else SEED(key), scheme[1].native, ciphered)


def _decrypted(algorithm: AES | SEED, iv: bytes, octets: bytes) -> bytes:
    decryptor = Cipher(algorithm, modes.CBC(iv)).decryptor()
    unpadder = PKCS7(128).unpadder()
    return unpadder.update(decryptor.update(octets) + decryptor.finalize()) + unpadder.finalize()


def signed_data(
    signer: Signer,
    text: bytes,
    *,
    enclosed: bool = True,
    attributes: bool = True,
    content_type: str = "data",
    twice: str = "",
    signers: int = 1,
    certificates: tuple[bytes, ...] | None = None,
    digest: str = "sha256",
) -> bytes:
    """CMS of one signer, and every way to spoil its form (RFC 5652 §5)."""
    said = [
        cms.CMSAttribute({"type": "content_type", "values": [content_type]}),
        cms.CMSAttribute(
            {"type": "signing_time", "values": [cms.Time({"utc_time": datetime(2026, 3, 2, tzinfo=UTC)})]}
        ),
        cms.CMSAttribute({"type": "message_digest", "values": [hashlib.new(digest, text).digest()]}),
    ]
    said += [each for each in said if each["type"].native == twice]
    said = [each for each in said if not (twice.startswith("no-") and each["type"].native == twice.removeprefix("no-"))]
    covered = cms.CMSAttributes(said).dump() if attributes else text
    rsa_key = isinstance(signer.key, rsa.RSAPrivateKey)
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {
                            "issuer": cms.Certificate.load(signer.der).issuer,
                            "serial_number": signer.certificate.serial_number,
                        }
                    )
                }
            ),
            "digest_algorithm": {"algorithm": digest},
            "signed_attrs": said if attributes else None,
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15" if rsa_key else "sha256_ecdsa"},
            "signature": signer.raw(covered),
        }
    )
    ders = (signer.der,) if certificates is None else certificates
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": digest}],
            "encap_content_info": {"content_type": "data", "content": text} if enclosed else {"content_type": "data"},
            "certificates": [cms.CertificateChoices.load(each) for each in ders],
            "signer_infos": [info] * signers,
        }
    )
    octets: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return octets
