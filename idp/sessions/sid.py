"""What a relying party calls a session by: `sid` of OpenID Connect, `SessionIndex` of SAML."""

from __future__ import annotations

import hashlib


def sid(session_id: str, relying_party_id: str) -> str:
    """The session's name toward one relying party: the same as long as it lasts, and not to be joined with what another
    relying party sees. `session_id` is random, of 128 bits, and goes to nobody, so that nobody can guess back from it.
    """
    return hashlib.sha256(f"sid:{session_id}:{relying_party_id}".encode()).hexdigest()[:32]
