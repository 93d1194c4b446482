"""ARIA-256 against the vectors of its specification, and against OpenSSL."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings, strategies as st

from idp.crypto.aria import AriaRefused, block_encrypted, cbc_opened
from tests.programs import needs

KEY = bytes(range(32))
IV = bytes.fromhex("0f1e2d3c4b5a69788796a5b4c3d2e1f0")


def test_encrypts_the_vector_of_the_specification() -> None:
    """RFC 5794 §A.3."""
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert block_encrypted(KEY, plain).hex() == "f92bd7c79fb72e2f2b8f80c1972d24fc"


@needs("openssl")
@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 300])
def test_opens_what_openssl_has_sealed(length: int) -> None:
    """Somebody else's code agrees."""
    plain = bytes(number % 251 for number in range(length))
    command = ["openssl", "enc", "-e", "-aria-256-cbc", "-K", KEY.hex(), "-iv", IV.hex()]
    sealed = subprocess.run(command, input=plain, capture_output=True, check=True, timeout=10).stdout
    assert cbc_opened(KEY, IV, sealed) == plain


@pytest.mark.parametrize(
    ("key", "iv", "octets"),
    [(KEY[:16], IV, bytes(16)), (KEY, IV[:8], bytes(16)), (KEY, IV, b""), (KEY, IV, bytes(15)), (KEY, IV, bytes(33))],
)
def test_refuses_what_cannot_be_opened(key: bytes, iv: bytes, octets: bytes) -> None:
    """Lengths first."""
    with pytest.raises(AriaRefused):
        cbc_opened(key, iv, octets)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=96))
def test_opens_or_refuses_whatever_it_is_given(octets: bytes) -> None:
    """Issue: hypothesis over every parser of foreign bytes."""
    try:
        opened = cbc_opened(KEY, IV, octets)
    except AriaRefused:
        return
    assert len(octets) - 16 <= len(opened) < len(octets)
