"""The block ciphers that browsers lack, against their specifications' vectors and against OpenSSL's."""

from __future__ import annotations

import subprocess

import pytest

from tests.fakes import FixedRandomness
from tests.unit.frontend.conftest import Run
from tests.unit.verification.certificates.test_vectors import SEED_VECTORS

ARIA_SEALED = {16: "d718fbd6ab644c739da95f3be6451778", 24: "26449c1805dbe7aa25a468ce263a9e79"}
ARIA_SEALED |= {32: "f92bd7c79fb72e2f2b8f80c1972d24fc"}
"""By the length of the key. RFC 5794 Appendix A."""


@pytest.mark.parametrize(("key", "plain", "sealed"), SEED_VECTORS)
def test_opens_what_seed_sealed(run: Run, key: str, plain: str, sealed: str) -> None:
    """RFC 4269 Appendix B."""
    assert run([{"call": "seed", "key": key, "block": sealed}]) == [{"gave": plain}]


@pytest.mark.parametrize("length", ARIA_SEALED)
def test_opens_what_aria_sealed(run: Run, length: int) -> None:
    """RFC 5794 Appendix A."""
    call = {"call": "aria", "key": bytes(range(length)).hex(), "block": ARIA_SEALED[length]}
    assert run([call]) == [{"gave": "00112233445566778899aabbccddeeff"}]


@pytest.mark.parametrize("cipher", ["aria-128-ecb", "aria-192-ecb", "aria-256-ecb"])
def test_agrees_with_openssl_on_chance_blocks(run: Run, cipher: str) -> None:
    """Each octet of each S-box comes up: 64 blocks under one key of each length."""
    drawn = FixedRandomness(cipher)
    key, plain = drawn.octets(int(cipher.split("-")[1]) // 8), drawn.octets(1024)
    command = ["openssl", "enc", f"-{cipher}", "-K", key.hex(), "-nopad"]
    sealed = subprocess.run(command, input=plain, capture_output=True, check=True, timeout=20).stdout
    blocks = [sealed[at : at + 16].hex() for at in range(0, 1024, 16)]
    answers = run([{"call": "aria", "key": key.hex(), "block": block} for block in blocks])
    assert "".join(answer["gave"] for answer in answers) == plain.hex()
