"""PFX: certificate and key, with R, in one file. RFC 7292."""

from __future__ import annotations

import hashlib
import hmac

from asn1crypto import core

from idp.randomness import Randomness
from idp.verification.lab.key_file import ROUNDS, pbes2, sequence

_DATA, _ENCRYPTED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_SHROUDED_KEY, _CERTIFICATE = "1.2.840.113549.1.12.10.1.2", "1.2.840.113549.1.12.10.1.3"
_X509, _LOCAL_KEY_ID = "1.2.840.113549.1.9.22.1", "1.2.840.113549.1.9.21"
_SHA256 = "2.16.840.1.101.3.4.2.1"
_FOR_MAC = 3
_BLOCK, _DIGEST = 64, 32


def pfx(plain_key: bytes, certificates: tuple[bytes, ...], password: str, randomness: Randomness) -> bytes:
    """A file whose parts are locked by PBES2 with AES-256, its MAC by SHA-256. The member's certificate comes first."""
    octets = password.encode()
    key_id = hashlib.sha256(certificates[0]).digest()[:20]
    algorithm, ciphered = pbes2(plain_key, octets, randomness, aes=True)
    shrouded = sequence(algorithm, core.OctetString(ciphered).dump())
    keys = sequence(_bag(_SHROUDED_KEY, shrouded, key_id))
    bags = sequence(
        *(
            _bag(_CERTIFICATE, sequence(_oid(_X509), _explicit(core.OctetString(each).dump())), key_id * (index == 0))
            for index, each in enumerate(certificates)
        )
    )
    algorithm, ciphered = pbes2(bags, octets, randomness, aes=True)
    content = sequence(_oid(_DATA), algorithm, b"\x80" + core.OctetString(ciphered).dump()[1:])
    encrypted = sequence(_oid(_ENCRYPTED_DATA), _explicit(sequence(core.Integer(0).dump(), content)))
    safe = sequence(encrypted, sequence(_oid(_DATA), _explicit(core.OctetString(keys).dump())))
    salt = randomness.octets(16)
    mac = hmac.new(mac_key(password, salt), safe, "sha256").digest()
    digest = sequence(sequence(_oid(_SHA256), core.Null().dump()), core.OctetString(mac).dump())
    return sequence(
        core.Integer(3).dump(),
        sequence(_oid(_DATA), _explicit(core.OctetString(safe).dump())),
        sequence(digest, core.OctetString(salt).dump(), core.Integer(ROUNDS).dump()),
    )


def mac_key(password: str, salt: bytes) -> bytes:
    """The key of the MAC: one block of RFC 7292 §B.2 is all that SHA-256 needs."""
    secret = (password + "\0").encode("utf-16-be")
    filled = bytes([_FOR_MAC]) * _BLOCK + _fill(salt) + _fill(secret)
    derived = hashlib.sha256(filled).digest()
    for _ in range(ROUNDS - 1):
        derived = hashlib.sha256(derived).digest()
    return derived[:_DIGEST]


def _fill(octets: bytes) -> bytes:
    length = -(-len(octets) // _BLOCK) * _BLOCK
    return (octets * (length // len(octets) + 1))[:length]


def _bag(kind: str, value: bytes, key_id: bytes) -> bytes:
    if not key_id:
        return sequence(_oid(kind), _explicit(value))
    attribute = sequence(_oid(_LOCAL_KEY_ID), _set(core.OctetString(key_id).dump()))
    return sequence(_oid(kind), _explicit(value), _set(attribute))


def _set(octets: bytes) -> bytes:
    return b"\x31" + sequence(octets)[1:]


def _explicit(octets: bytes) -> bytes:
    return b"\xa0" + sequence(octets)[1:]


def _oid(dotted: str) -> bytes:
    octets: bytes = core.ObjectIdentifier(dotted).dump()
    return octets
