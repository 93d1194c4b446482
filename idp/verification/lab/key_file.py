"""signPri.key: a private key with R beside it, locked by a password in each of the ways that are met. PKCS #8, PKCS #5.

1.2.410.200004.1.15        PBES1 with SEED-CBC and SHA-1, the classic
1.2.410.200004.1.4         the same key, and an IV that never changes: the oldest
1.2.840.113549.1.5.13      PBES2: PBKDF2, then SEED-CBC or AES-256-CBC
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from asn1crypto import core, keys
from cryptography.hazmat.decrepit.ciphers.algorithms import SEED
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.padding import PKCS7

from idp.randomness import Randomness
from idp.verification.certificates.npki import RANDOM_NUMBER

ROUNDS = 2048
_PBES1, _SEED_CBC, _PBES2 = "1.2.410.200004.1.15", "1.2.410.200004.1.4", "1.2.840.113549.1.5.13"
_PBKDF2, _HMAC_SHA256, _AES256_CBC = "1.2.840.113549.1.5.12", "1.2.840.113549.2.9", "2.16.840.1.101.3.4.1.42"
_OLD_IV = b"0123456789012345"


class Protection(StrEnum):
    """How a key file is locked."""

    PBES1_SEED = "pbes1-seed"
    OLD_SEED = "old-seed"
    PBES2_SEED = "pbes2-seed"
    PBES2_AES = "pbes2-aes"


def with_random(private_key: bytes, random: bytes) -> bytes:
    """A PKCS #8 key with R among its attributes, as NPKI keeps it."""
    info = keys.PrivateKeyInfo.load(private_key)
    random_set = core.SetOf([core.OctetBitString(random)], spec=core.OctetBitString)
    attribute = sequence(core.ObjectIdentifier(RANDOM_NUMBER).dump(), random_set.dump())
    attributes = core.Sequence(contents=attribute).dump()
    body = (info[name].dump() for name in ("version", "private_key_algorithm", "private_key"))
    # [0] IMPLICIT: the tag of the set, replaced.
    return sequence(*body, b"\xa0" + attributes[1:])


def locked(plain: bytes, password: bytes, protection: Protection, randomness: Randomness) -> bytes:
    """EncryptedPrivateKeyInfo."""
    salt = randomness.octets(8)
    if protection in {Protection.PBES1_SEED, Protection.OLD_SEED}:
        key, iv = pbes1_key(password, salt)
        oid = _PBES1
        if protection is Protection.OLD_SEED:
            oid, iv = _SEED_CBC, _OLD_IV
        parameters = sequence(core.OctetString(salt).dump(), core.Integer(ROUNDS).dump())
        return sequence(_algorithm(oid, parameters), core.OctetString(cbc(SEED(key), iv, plain)).dump())
    algorithm, ciphered = pbes2(plain, password, randomness, aes=protection is Protection.PBES2_AES)
    return sequence(algorithm, core.OctetString(ciphered).dump())


def pbes2(plain: bytes, password: bytes, randomness: Randomness, *, aes: bool) -> tuple[bytes, bytes]:
    """The AlgorithmIdentifier and the octets that it locked. RFC 8018 §6.2."""
    salt, iv = randomness.octets(16), randomness.octets(16)
    length = 32 if aes else 16
    key = hashlib.pbkdf2_hmac("sha256", password, salt, ROUNDS, length)
    prf = _algorithm(_HMAC_SHA256, core.Null().dump())
    derivation = sequence(core.OctetString(salt).dump(), core.Integer(ROUNDS).dump(), prf)
    scheme = _algorithm(_AES256_CBC if aes else _SEED_CBC, core.OctetString(iv).dump())
    algorithm = _algorithm(_PBES2, sequence(_algorithm(_PBKDF2, derivation), scheme))
    return algorithm, cbc(AES(key) if aes else SEED(key), iv, plain)


def pbes1_key(password: bytes, salt: bytes, rounds: int = ROUNDS) -> tuple[bytes, bytes]:
    """Key and IV from PBKDF1 (RFC 8018 §5.1), the IV by a hash of what the key leaves over."""
    derived = hashlib.sha1(password + salt, usedforsecurity=False).digest()
    for _ in range(rounds - 1):
        derived = hashlib.sha1(derived, usedforsecurity=False).digest()
    return derived[:16], hashlib.sha1(derived[16:20], usedforsecurity=False).digest()[:16]


def cbc(algorithm: CipherAlgorithm, iv: bytes, plain: bytes) -> bytes:
    """`plain`, padded and encrypted."""
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithm, modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE of values already in DER."""
    octets: bytes = core.Sequence(contents=b"".join(parts)).dump()
    return octets


def _algorithm(oid: str, parameters: bytes) -> bytes:
    return sequence(core.ObjectIdentifier(oid).dump(), parameters)
