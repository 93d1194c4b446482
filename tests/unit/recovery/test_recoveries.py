"""Recoveries under way: sealed, bound to their browser, finished once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.crypto.fields import FieldCipher
from idp.house import House
from idp.recovery.recoveries import Proof, Recoveries, Recovery, RecoveryExpired
from idp.storage.expiring import ExpiringStore
from tests.fakes import FixedRandomness
from tests.races import RACERS, race

PROOF = Proof("member", 2, "any_id", whole=False)


@pytest.fixture
def cipher(house: House) -> FieldCipher:
    return house.cipher


def recoveries(store: ExpiringStore, cipher: FieldCipher) -> Recoveries:
    return Recoveries(store, cipher, FixedRandomness(), timedelta(minutes=30))


def test_keeps_what_was_typed_and_proven(any_expiring_store: ExpiringStore, cipher: FieldCipher) -> None:
    """Issue 3: a restart of ours loses nothing; on every store."""
    kept = recoveries(any_expiring_store, cipher)
    begun = kept.start("browser", sign_in="pending", login_id="홍길동")
    assert kept.get(begun.id, "browser") == begun
    kept.prove(begun, PROOF)
    assert kept.get(begun.id, "browser").proof == PROOF


def test_lies_sealed(any_expiring_store: ExpiringStore, cipher: FieldCipher) -> None:
    """Architecture §6: what names somebody is not to be read in the store."""
    begun = recoveries(any_expiring_store, cipher).start("browser", sign_in=None, login_id="honggildong")
    octets = any_expiring_store.get(f"recovery:{begun.id}")
    assert octets is not None
    assert b"honggildong" not in octets
    assert "honggildong" not in repr(begun)


@pytest.mark.parametrize("browser", ["another", "", None])
def test_is_unknown_to_every_other_browser(
    any_expiring_store: ExpiringStore, cipher: FieldCipher, browser: str | None
) -> None:
    """REQ-15: bound to the browser it began in."""
    kept = recoveries(any_expiring_store, cipher)
    begun = kept.start("browser", sign_in=None)
    with pytest.raises(RecoveryExpired):
        kept.get(begun.id, browser)


def test_is_finished_by_one_of_sixteen(any_expiring_store: ExpiringStore, cipher: FieldCipher) -> None:
    """Architecture §11.1: one winner."""
    kept = recoveries(any_expiring_store, cipher)
    begun: Recovery = kept.start("browser", sign_in=None, login_id="honggildong")

    def finish(_racer: int) -> bool:
        try:
            kept.spend(begun)
        except RecoveryExpired:
            return False
        return True

    assert race(finish).count(True) == 1
    assert RACERS == 16
