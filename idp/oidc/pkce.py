"""Proof Key for Code Exchange, S256 only."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(value: str) -> bool:
    """Whether `value` can be the S256 challenge of some verifier. RFC 7636 §4.2."""
    return _CHALLENGE.fullmatch(value) is not None


def proves(verifier: str, challenge: str) -> bool:
    """Whether `verifier` is the one behind `challenge`. RFC 7636 §4.6."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.encode("ascii"))
