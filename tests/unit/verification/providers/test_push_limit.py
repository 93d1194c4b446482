"""How often apps are asked to ring (issue 4), on every expiring store."""

from __future__ import annotations

import threading

import pytest

from idp.crypto.digests import Digester
from idp.sections.verification import AppPush
from idp.storage.expiring import ExpiringStore
from idp.verification.failures import PushedTooOften, PushedTooOftenFromHere, VerificationFailure
from idp.verification.providers.push_limit import PushLimit

HERE, THERE = "192.0.2.1", "192.0.2.2"
LIMITS = AppPush(pushes_per_phone=5, pushes_per_address=20)


@pytest.fixture
def pushes(any_expiring_store: ExpiringStore) -> PushLimit:
    return PushLimit(any_expiring_store, Digester(b"k" * 32), LIMITS)


def phones(count: int) -> list[str]:
    return [f"010{number:08}" for number in range(count)]


def test_lets_one_address_ring_no_more_phones_than_it_may(pushes: PushLimit) -> None:
    """Each phone once: the limit per phone alone would never notice; other addresses go on."""
    for phone in phones(20):
        pushes(phone, HERE)
    with pytest.raises(PushedTooOftenFromHere):
        pushes("01099999999", HERE)
    pushes("01099999999", THERE)


def test_counts_a_customers_whole_network_together(pushes: PushLimit) -> None:
    """One customer has all 2⁶⁴ addresses of a /64."""
    for number, phone in enumerate(phones(20)):
        pushes(phone, f"2001:db8::{number:x}")
    with pytest.raises(PushedTooOftenFromHere):
        pushes("01099999999", "2001:db8::ffff")


def test_leaves_a_phone_alone_once_the_address_is_limited(pushes: PushLimit) -> None:
    """Whoever is over their own limit keeps nobody from proving a phone."""
    for phone in phones(20):
        pushes(phone, HERE)
    for _ in range(10):
        with pytest.raises(PushedTooOftenFromHere):
            pushes("01099999999", HERE)
    for _ in range(5):
        pushes("01099999999", THERE)


def test_counts_a_phone_over_all_addresses(pushes: PushLimit) -> None:
    """korean-identity §3.6: per phone, by whomever; an unknown address has no limit of its own."""
    for number in range(5):
        pushes("01000000001", "" if number % 2 else f"198.51.100.{number}")
    with pytest.raises(PushedTooOften):
        pushes("01000000001", THERE)


def test_rings_no_more_often_than_told_in_a_race(pushes: PushLimit) -> None:
    """Forty at once from one address, to ten phones."""
    refused: list[str] = []

    def push(phone: str) -> None:
        try:
            pushes(phone, HERE)
        except VerificationFailure as failure:
            refused.append(failure.code)

    threads = [threading.Thread(target=push, args=(phone,)) for phone in phones(10) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["verification_pushed_too_often_from_address"] * 20
