"""Machine tokens in every kind of expiring store."""

from __future__ import annotations

from datetime import timedelta

from idp.oidc.handle import taken_apart
from idp.oidc.machine_tokens import MachineToken, MachineTokens
from idp.randomness import SystemRandomness
from idp.storage.expiring import ExpiringStore

CONTENT = MachineToken("voucher", "voucher-machine", "credential", ("ssf.manage", "ssf.read"), 1, 2)
LASTING = timedelta(minutes=1)


def test_finds_what_it_gave(any_expiring_store: ExpiringStore) -> None:
    """RFC 6749 §4.4: opaque, each another one, standing for what it was given for."""
    tokens = MachineTokens(any_expiring_store, SystemRandomness(), LASTING)
    first, second = tokens.issue(CONTENT), tokens.issue(CONTENT)
    assert first != second
    assert tokens.find(first) == tokens.find(second) == CONTENT


def test_keeps_a_digest_and_no_token(any_expiring_store: ExpiringStore) -> None:
    """Architecture §6: whoever reads the store cannot call anybody's interface."""
    value = MachineTokens(any_expiring_store, SystemRandomness(), LASTING).issue(CONTENT)
    taken = taken_apart(value)
    assert taken is not None
    kept = any_expiring_store.get(f"machine:{taken.handle}")
    assert kept is not None
    assert taken.secret.encode() not in kept
    assert value.encode() not in kept
    assert any_expiring_store.get(f"access:{taken.handle}") is None
