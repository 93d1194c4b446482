"""Published vectors: VID, SEED; and key files opened by OpenSSL, which knows none of our code."""

from __future__ import annotations

import subprocess

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import SEED
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key, pkcs12

from idp.verification.certificates.npki import HashContent, Vid, identified, vid_of
from idp.verification.lab.issue import Identity, identify_data
from idp.verification.lab.key_file import Protection, locked, pbes1_key
from idp.verification.lab.make import Lab
from idp.verification.lab.members import MEMBERS, PASSWORD
from tests.fakes import FixedRandomness
from tests.unit.verification.certificates.conftest import OpenMember
from tests.unit.verification.certificates.signing import opened
from tests.unit.verification.certificates.strangers import needs_openssl

R = bytes.fromhex("79EA7568A2D3776604E18BCD3A1B1B85B7DA0872")
SEED_VECTORS = [
    ("00000000000000000000000000000000", "000102030405060708090a0b0c0d0e0f", "5ebac6e0054e166819aff1cc6d346cdb"),
    ("000102030405060708090a0b0c0d0e0f", "00000000000000000000000000000000", "c11f22f20140505084483597e4370f43"),
    ("4706480851e61be85d74bfb3fd956185", "83a2f8a288641fb9a4e9a5cc2f131c7d", "ee54d13ebcae706d226bc3142cd40d4a"),
    ("28dbc3bc49ffd87dcfa509b11d422be7", "b41e6be2eba84a148e2eed84593c5ec7", "9b9b7bfcd1813cb95d0b3618f40f5122"),
]
"""RFC 4269 Appendix B: key, plaintext, ciphertext."""


def test_computes_the_published_vid() -> None:
    """KCAC.TS.SIVID §6.5; korean-identity §1.3."""
    expected = "17692c8dd00ead33791de0a64a937c60799634c64ac56fa57570c0e05252ab35"
    assert vid_of("1234561234567", R).hex() == expected
    assert Vid("sha256", bytes.fromhex(expected)).is_of("1234561234567", R)
    assert not Vid("sha256", bytes.fromhex(expected)).is_of("1234561234568", R)
    assert not Vid("sha256", bytes.fromhex(expected)).is_of("1234561234567", R[:-1])


def test_digests_number_and_r_as_the_specification_writes_them() -> None:
    """SEQUENCE { PrintableString, BIT STRING }: octet by octet."""
    octets = HashContent({"idn": "1234561234567", "randomNum": R}).dump()
    assert octets == b"\x30\x26\x13\x0d" + b"1234561234567" + b"\x03\x15\x00" + R


@pytest.mark.parametrize(("key", "plain", "ciphered"), SEED_VECTORS)
def test_enciphers_by_seed_as_published(key: str, plain: str, ciphered: str) -> None:
    """RFC 4269 Appendix B."""
    encryptor = Cipher(SEED(bytes.fromhex(key)), modes.ECB()).encryptor()  # noqa: S305  # the vectors are of single blocks
    assert (encryptor.update(bytes.fromhex(plain)) + encryptor.finalize()).hex() == ciphered


def test_reads_back_the_names_it_writes() -> None:
    """identifyData, with the digest's parameters left out as real certificates do (§1.3)."""
    found = identified(identify_data(Identity("길동상사", "1237894566", R)).value)
    assert found is not None
    assert found.vid is not None
    assert (found.real_name, found.vid.digest, found.vid.is_of("1237894566", R)) == ("길동상사", "sha256", True)


def test_shows_neither_name_nor_vid_in_representations() -> None:
    """Architecture §11.7."""
    found = identified(identify_data(Identity("길동상사", "1237894566", R)).value)
    assert "길동" not in repr(found)
    assert vid_of("1237894566", R).hex() not in repr(found)
    assert str(vid_of("1237894566", R)) not in repr(found)


@pytest.mark.parametrize("protection", list(Protection))
def test_locks_keys_so_that_only_the_password_opens_them(protection: Protection) -> None:
    """§1.2: each of the ways that are met."""
    plain = core.Sequence(contents=core.Integer(5).dump()).dump()
    octets = locked(plain, b"LabCert!2026", protection, FixedRandomness())
    assert opened(octets, b"LabCert!2026") == plain
    with pytest.raises(ValueError, match="padding"):
        opened(octets, b"labcert!2026")


def test_derives_the_key_of_pbes1_by_rounds_of_sha1() -> None:
    """RFC 8018 §5.1, by hand: two rounds."""
    key, iv = pbes1_key(b"password", b"saltsalt", rounds=2)
    # SHA-1 of SHA-1 of "passwordsaltsalt", and of its last four octets; by `openssl sha1`.
    assert key.hex() == "e3a8dfcf2eea6dc81d2ad154274faae9"
    assert iv.hex() == "32cd4e0b6051f92a1c68b6d8dc544719"


@needs_openssl
@pytest.mark.parametrize("folder", ["business", "business-rsa-3072", "business-p256", "person"])
def test_makes_pfx_that_others_open(lab: Lab, member: OpenMember, folder: str) -> None:
    """RFC 7292: OpenSSL's command line and library find the key, the certificate and the chain, and check the MAC."""
    path = lab.directory / "members" / folder / "certificate.pfx"
    read = ["openssl", "pkcs12", "-in", str(path), "-passin", f"pass:{PASSWORD}", "-nodes"]
    said = subprocess.run(read, capture_output=True, check=True).stdout.decode()
    assert said.count("BEGIN CERTIFICATE") == 2
    key, certificate, _more = pkcs12.load_key_and_certificates(path.read_bytes(), PASSWORD.encode())
    assert certificate == member(folder).certificate
    assert key is not None
    assert key.public_key() == member(folder).key.public_key()
    with pytest.raises(ValueError, match=r"."):
        pkcs12.load_key_and_certificates(path.read_bytes(), b"another password")


@needs_openssl
def test_makes_key_files_that_openssl_opens(lab: Lab, member: OpenMember) -> None:
    """PBES2 with AES is the one that OpenSSL knows; R does not disturb it."""
    path = lab.directory / "members" / "business-pbes2-aes" / "signPri.key"
    read = ["openssl", "pkcs8", "-inform", "DER", "-in", str(path), "-passin", f"pass:{PASSWORD}", "-outform", "DER"]
    der = subprocess.run(read, capture_output=True, check=True).stdout
    assert public(load_der_private_key(der, None)) == public(member("business").key)


def public(key: object) -> bytes:
    octets: bytes = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return octets


def test_makes_certificates_whose_key_and_r_belong_to_them(lab: Lab, member: OpenMember) -> None:
    """Every folder of the lab: the key signs for the certificate, R and number make its VID."""
    for each in MEMBERS:
        signer = member(each.folder)
        assert public(signer.key) == signer.certificate.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        names = signer.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = identified(next(iter(names)).value)
        assert found is not None
        assert found.vid is not None
        assert found.vid.is_of(each.number, signer.random)
