"""What this machine is, and the floors below which no provider on it can go: measured in the same run as all else."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import nacl.pwhash.argon2id
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

_ROUNDS = 5
_BYTES = b"x" * 600


def facts() -> list[str]:
    """Processor, cores, interpreter."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    cores, busy = os.cpu_count(), os.getloadavg()[0]
    return [f"{model}, {cores} cores", f"CPython {platform.python_version()}", f"load before the run {busy:.1f}"]


def floors() -> dict[str, float]:
    """Processor milliseconds of one act, the median of several rounds."""
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ec_key = ec.generate_private_key(ec.SECP256R1())
    sha, padded = hashes.SHA256(), padding.PKCS1v15()
    ecdsa = ec.ECDSA(sha)
    stored = nacl.pwhash.argon2id.str(b"password", 2, 19 * 2**20)
    return {
        "RS256 sign": _milliseconds(lambda: rsa_key.sign(_BYTES, padded, sha), 60),
        "ES256 sign": _milliseconds(lambda: ec_key.sign(_BYTES, ecdsa), 500),
        "Argon2id 19 MiB t=2": _milliseconds(lambda: nacl.pwhash.argon2id.verify(stored, b"password"), 6),
    }


def _milliseconds(act: Callable[[], object], times: int) -> float:
    rounds = []
    for _ in range(_ROUNDS):
        before = time.process_time()
        for _ in range(times):
            act()
        rounds.append(1000 * (time.process_time() - before) / times)
    return statistics.median(rounds)
