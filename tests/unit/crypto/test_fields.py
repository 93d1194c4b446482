"""Envelope encryption (architecture: personal data at rest)."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from idp.crypto.fields import FieldCipher, KeyEncryptionKeys, Undecipherable
from idp.errors import ConfigurationError
from idp.randomness import SystemRandomness
from tests.fakes import FixedRandomness

OLD = b"o" * 32
NEW = b"n" * 32


@pytest.fixture
def cipher() -> FieldCipher:
    return FieldCipher(KeyEncryptionKeys(OLD), FixedRandomness())


def test_opens_what_it_sealed(cipher: FieldCipher):
    """The plain case, also for the empty value."""
    key = cipher.new_data_key("member-1")
    for plaintext in ("홍길동".encode(), b""):
        assert cipher.open(key, "member-1", "name", cipher.seal(key, "member-1", "name", plaintext)) == plaintext


def test_hides_the_plaintext_and_repeats_nothing(cipher: FieldCipher):
    """A fresh nonce each time: equal values must not look equal (SP 800-38D §8)."""
    key = cipher.new_data_key("member-1")
    first, second = (cipher.seal(key, "member-1", "name", b"same value") for _ in range(2))
    assert first != second
    assert b"same value" not in first
    assert cipher.new_data_key("member-1") != cipher.new_data_key("member-1")


@pytest.mark.parametrize(("owner", "purpose"), [("member-2", "name"), ("member-1", "phone"), ("member-1n", "ame")])
def test_opens_for_its_owner_and_purpose_only(cipher: FieldCipher, owner: str, purpose: str):
    """A field copied to another row or column must not open there."""
    key = cipher.new_data_key("member-1")
    sealed = cipher.seal(key, "member-1", "name", b"value")
    with pytest.raises(Undecipherable):
        cipher.open(key, owner, purpose, sealed)


def test_refuses_a_data_key_of_another_owner(cipher: FieldCipher):
    """The owner is bound to the wrapped key too, so keys cannot be swapped between members."""
    with pytest.raises(Undecipherable):
        cipher.seal(cipher.new_data_key("member-2"), "member-1", "name", b"value")


def test_refuses_every_changed_byte(cipher: FieldCipher):
    """Authenticated encryption: no bit of key or value can be flipped, header bytes included."""
    key = cipher.new_data_key("m")
    sealed = cipher.seal(key, "m", "name", b"value")
    secret = cipher.seal_secret("header", b"value")
    for at in range(len(sealed)):
        with pytest.raises(Undecipherable):
            cipher.open(key, "m", "name", _flipped(sealed, at))
    for at in range(len(key)):
        with pytest.raises(Undecipherable):
            cipher.open(_flipped(key, at), "m", "name", sealed)
    for at in range(len(secret)):
        with pytest.raises(Undecipherable):
            cipher.open_secret("header", _flipped(secret, at))


@given(st.binary(max_size=80))
def test_refuses_arbitrary_bytes_in_its_own_words(junk: bytes):
    """Whatever lies in the column, the answer is `Undecipherable` and never an error of a library."""
    cipher = FieldCipher(KeyEncryptionKeys(OLD), SystemRandomness())
    key = cipher.new_data_key("m")
    with pytest.raises(Undecipherable):
        cipher.open(key, "m", "name", junk)
    with pytest.raises(Undecipherable):
        cipher.open(junk, "m", "name", cipher.seal(key, "m", "name", b"value"))
    with pytest.raises(Undecipherable):
        cipher.open_secret("header", junk)


def test_leaves_nothing_readable_once_the_data_key_is_destroyed(cipher: FieldCipher):
    """즉시파기: with the wrapped key gone even the key-encryption key opens nothing, nor does a new data key."""
    key = cipher.new_data_key("m")
    sealed = cipher.seal(key, "m", "name", b"value")
    for instead in (b"", cipher.new_data_key("m")):
        with pytest.raises(Undecipherable):
            cipher.open(instead, "m", "name", sealed)


def test_survives_a_new_key_encryption_key():
    """Rotation: what the former key wrapped still opens, and is moved to the new one without touching a field."""
    before = FieldCipher(KeyEncryptionKeys(OLD), FixedRandomness("before"))
    key = before.new_data_key("m")
    sealed = before.seal(key, "m", "name", b"value")
    secret = before.seal_secret("header", b"token")

    during = FieldCipher(KeyEncryptionKeys(NEW, [OLD]), FixedRandomness("during"))
    assert during.open(key, "m", "name", sealed) == b"value"
    assert during.open_secret("header", secret) == b"token"
    assert not key.startswith(during.header())
    moved = during.rewrap(key, "m")
    assert moved.startswith(during.header())

    after = FieldCipher(KeyEncryptionKeys(NEW), FixedRandomness("after"))
    assert after.open(moved, "m", "name", sealed) == b"value"
    with pytest.raises(Undecipherable):
        after.open(key, "m", "name", sealed)
    with pytest.raises(Undecipherable):
        after.open_secret("header", secret)


def test_keeps_secrets_by_purpose(cipher: FieldCipher):
    """One relying party's secret must not open as another's."""
    secret = cipher.seal_secret("client_secret:voucher", b"value")
    assert cipher.open_secret("client_secret:voucher", secret) == b"value"
    with pytest.raises(Undecipherable):
        cipher.open_secret("client_secret:kamp", secret)


def test_never_gives_a_data_key_out_as_a_secret(cipher: FieldCipher):
    """Secrets are under a subkey, so the two kinds cannot be mistaken for each other (RFC 5869)."""
    wrapped = cipher.new_data_key("m")
    with pytest.raises(Undecipherable):
        cipher.open_secret("m", wrapped)


def test_refuses_a_key_of_the_wrong_length():
    """AES-128 by a cut file would pass unseen otherwise."""
    with pytest.raises(ConfigurationError):
        KeyEncryptionKeys(b"k" * 16)
    with pytest.raises(ConfigurationError):
        KeyEncryptionKeys(OLD, [b"k" * 33])


def test_shows_no_key():
    """Both may land in a traceback."""
    keys = KeyEncryptionKeys(OLD)
    assert "oooo" not in repr(keys)
    assert OLD.hex() not in repr(keys)


def _flipped(octets: bytes, at: int) -> bytes:
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
