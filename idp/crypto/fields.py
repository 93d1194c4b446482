"""Envelope encryption: each owner has a random data key, kept wrapped by the key-encryption key.

    key-encryption key ──wraps──> data key of one owner ──seals──> each field, bound to owner and purpose
                       ──HKDF──> a subkey ──seals──> the service's own secrets

Destroying a wrapped data key makes everything under it unreadable, so no data key is ever cached. A backup from before
still holds it, wrapped: what opens that one is destroyed by rotating the key-encryption key (`kek_files`).

    wrapped = 0x01 · KEK id (8) · nonce (12) · ciphertext (32) · tag (16)
    sealed  = 0x01 · nonce (12) · ciphertext · tag (16)
    secret  = 0x01 · KEK id (8) · nonce (12) · ciphertext · tag (16)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from idp.errors import ConfigurationError, IdpError
from idp.randomness import Randomness

_VERSION = b"\x01"
_KEY = 32
_ID = 8
_NONCE = 12
_TAG = 16


class Undecipherable(IdpError):
    """A sealed value does not open: another owner's, another purpose's, changed, or its key is gone."""

    code = "undecipherable"


class KeyEncryptionKeys:
    """The key that wraps today and those that wrapped before, each known by an id made from itself."""

    def __init__(self, current: bytes, former: Sequence[bytes] = ()) -> None:
        """Name every key.

        Raises:
            ConfigurationError: a key is not of 32 bytes.
        """
        if any(len(key) != _KEY for key in (current, *former)):
            raise ConfigurationError("a key-encryption key must be 32 bytes")
        self.current_id = key_id(current)
        known = {key_id(key): key for key in (*former, current)}
        self.wrapping: Mapping[bytes, AESGCM] = {name: AESGCM(key) for name, key in known.items()}
        self.secrets: Mapping[bytes, AESGCM] = {
            name: AESGCM(_subkey(key, b"service secrets")) for name, key in known.items()
        }

    def __repr__(self) -> str:
        return f"KeyEncryptionKeys(current={self.current_id.hex()}, known={len(self.wrapping)})"


class FieldCipher:
    """Seals and opens fields with AES-256-GCM. NIST SP 800-38D §8.2.2 (random 96-bit nonces)."""

    def __init__(self, keys: KeyEncryptionKeys | Callable[[], KeyEncryptionKeys], randomness: Randomness) -> None:
        """With `keys` themselves, or what gives them as they are at the moment."""
        self._keys = keys if callable(keys) else lambda: keys
        self._randomness = randomness

    def new_data_key(self, owner: str) -> bytes:
        """A fresh data key for `owner`, wrapped; the only form in which it may be kept."""
        return self._wrap(self._randomness.octets(_KEY), owner)

    def rewrap(self, wrapped: bytes, owner: str) -> bytes:
        """The same data key under the current key-encryption key; nothing it sealed has to be touched.

        Raises:
            Undecipherable: it is not a data key of this owner under a key we still have.
        """
        return self._wrap(self._unwrap(wrapped, owner), owner)

    def header(self) -> bytes:
        """What every data key and secret begins with that the key-encryption key in use wrapped; another means that
        it is to be wrapped anew."""
        return _VERSION + self._keys().current_id

    def seal(self, wrapped: bytes, owner: str, purpose: str, plaintext: bytes) -> bytes:
        """`plaintext` under the owner's data key; it opens only for the same owner and purpose.

        Raises:
            Undecipherable: the data key does not open.
        """
        nonce = self._randomness.octets(_NONCE)
        cipher = AESGCM(self._unwrap(wrapped, owner))
        return _VERSION + nonce + cipher.encrypt(nonce, plaintext, _bound(_VERSION, b"field", owner, purpose))

    def open(self, wrapped: bytes, owner: str, purpose: str, sealed: bytes) -> bytes:
        """What was sealed.

        Raises:
            Undecipherable: key, owner, purpose or value is not the one it was sealed with.
        """
        cipher = AESGCM(self._unwrap(wrapped, owner))
        return _opened(cipher, sealed, _VERSION, _bound(_VERSION, b"field", owner, purpose))

    def seal_secret(self, purpose: str, plaintext: bytes) -> bytes:
        """A secret of the service itself, such as a header it must send to a relying party."""
        keys = self._keys()
        header = _VERSION + keys.current_id
        nonce = self._randomness.octets(_NONCE)
        sealing = keys.secrets[keys.current_id]
        return header + nonce + sealing.encrypt(nonce, plaintext, _bound(header, b"secret", purpose))

    def open_secret(self, purpose: str, sealed: bytes) -> bytes:
        """What `seal_secret` sealed, also under a former key.

        Raises:
            Undecipherable: its key is gone, the purpose is another, or it was changed.
        """
        header, cipher = _chosen(self._keys().secrets, sealed)
        return _opened(cipher, sealed, header, _bound(header, b"secret", purpose))

    def _wrap(self, data_key: bytes, owner: str) -> bytes:
        keys = self._keys()
        header = _VERSION + keys.current_id
        nonce = self._randomness.octets(_NONCE)
        return header + nonce + keys.wrapping[keys.current_id].encrypt(nonce, data_key, _bound(header, b"key", owner))

    def _unwrap(self, wrapped: bytes, owner: str) -> bytes:
        header, cipher = _chosen(self._keys().wrapping, wrapped)
        return _opened(cipher, wrapped, header, _bound(header, b"key", owner))


def _chosen(ciphers: Mapping[bytes, AESGCM], sealed: bytes) -> tuple[bytes, AESGCM]:
    header = sealed[: 1 + _ID]
    cipher = ciphers.get(header[1:])
    if cipher is None:
        raise Undecipherable("no such key-encryption key, or no sealed value")
    return header, cipher


def _opened(cipher: AESGCM, sealed: bytes, header: bytes, bound: bytes) -> bytes:
    body = len(header) + _NONCE
    if not sealed.startswith(_VERSION) or len(sealed) < body + _TAG:
        raise Undecipherable("not a sealed value")
    try:
        return cipher.decrypt(sealed[len(header) : body], sealed[body:], bound)
    except InvalidTag:
        # The cause is dropped: it says nothing more, and a chain invites logging what hangs on its frames.
        raise Undecipherable("the tag does not fit") from None


def _bound(header: bytes, kind: bytes, *names: str) -> bytes:
    """Associated data. Each part carries its length, so that ("ab", "c") never equals ("a", "bc")."""
    parts = (header, kind, *(name.encode() for name in names))
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def header_of(name: str) -> bytes:
    """What begins every value that the key known by `name`, in hex, wrapped or sealed.

    Raises:
        ConfigurationError: no key can be known by that.
    """
    try:
        octets = bytes.fromhex(name)
    except ValueError:
        octets = b""
    if len(octets) != _ID:
        raise ConfigurationError("a key-encryption key is known by 16 hexadecimal digits")
    return _VERSION + octets


def key_id(key: bytes) -> bytes:
    """What a key-encryption key is known by: made from itself, and telling nothing of it."""
    return hashlib.sha256(b"key-encryption key id\x00" + key).digest()[:_ID]


def _subkey(key: bytes, use: bytes) -> bytes:
    """One key, one job: what seals secrets can never unwrap a data key. RFC 5869."""
    return HKDF(algorithm=hashes.SHA256(), length=_KEY, salt=None, info=use).derive(key)
